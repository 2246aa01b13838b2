//! Processes that kill themselves at a point of their work: a worker in each phase of a tick and of a checkpoint, two at the
//! same point, a coordinator in each of its states. The run ends with the history of the undisturbed one.
#![cfg(all(target_os = "linux", debug_assertions))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::path::Path;

use cluster::{Cluster, SMALL};
use support::same_bytes;

/// One arm, one replication, and scarce pieces that shards of all workers want: phases that only scarcity has take place.
const SHORT: [&str; 8] = [
    "--replications",
    "1",
    "--arm",
    "price-war",
    "--set",
    "catalog.merchants.brands.stock={once: {units: 3}}",
    "--set",
    "population.social.messages_per_order=5 %",
];

/// Points of a worker's tick, checkpoint and restart, each with the passage at which the fault strikes.
const OF_WORKERS: [(&str, u64); 28] = [
    ("joined", 1),
    ("placing", 1),
    ("placed", 1),
    ("Demand-computed", 7),
    ("Demand-published", 2),
    ("Demand-fetched", 20),
    ("Overdrawn-computed", 1),
    ("Overdrawn-published", 2),
    ("Overdrawn-fetched", 2),
    ("Claims-computed", 1),
    ("Claims-published", 2),
    ("Claims-fetched", 1),
    ("Settled-computed", 13),
    ("Settled-published", 6),
    ("Settled-fetched", 9),
    ("Adapted-computed", 11),
    ("Adapted-published", 17),
    ("Adapted-fetched", 3),
    ("Census-published", 2),
    ("Census-fetched", 1),
    ("tick-computed", 14),
    ("Rows-computed", 1),
    ("Rows-published", 2),
    ("Rows-fetched", 1),
    ("block-written", 1),
    ("applied", 8),
    ("saving", 2),
    ("saved", 3),
];

/// Points of the coordinator's states.
const OF_COORDINATORS: [(&str, u64); 18] = [
    ("beginning", 1),
    ("listening", 1),
    ("heard-joined", 2),
    ("fenced", 1),
    ("assigned", 1),
    ("heard-ready", 1),
    ("heard-ready", 2),
    ("heard-applied", 1),
    ("heard-applied", 31),
    ("save-ordered", 2),
    ("heard-saved", 1),
    ("heard-saved", 3),
    ("committing", 2),
    ("committed", 1),
    ("committed", 3),
    ("publishing", 4),
    ("concluding", 1),
    ("concluded", 1),
];

/// The run in one process.
fn undisturbed() -> &'static Path {
    support::undisturbed(&[&SMALL[..], &SHORT].concat())
}

fn ends_well(mut cluster: Cluster, point: &str) {
    let (code, said) = cluster.end();
    assert_eq!(code, Some(0), "{point}: {said}");
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn a_worker_killed_in_any_phase_changes_nothing() {
    for (point, passage) in OF_WORKERS {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = Cluster::new(&dir.path().join("run"), 2, &SHORT);
        cluster.join_with_fault(&format!("{point}:{passage}:kill"));
        cluster.join(1);
        if matches!(point, "joined") {
            // it never became a member: another one takes its place
            cluster.join(1);
        }
        assert_eq!(cluster.end_of(0), None, "{point}: a signal ended it");
        ends_well(cluster, point);
    }
}

#[test]
fn two_workers_killed_at_the_same_point_change_nothing() {
    for point in ["Demand-published:9:kill", "Settled-computed:4:kill", "saving:2:kill", "saved:1:kill", "placed:1:kill"] {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = Cluster::new(&dir.path().join("run"), 3, &SHORT);
        cluster.join_with_fault(point);
        cluster.join_with_fault(point);
        cluster.join(1);
        assert_eq!((cluster.end_of(0), cluster.end_of(1)), (None, None), "{point}: a signal ended both");
        ends_well(cluster, point);
    }
}

#[test]
fn a_worker_that_sleeps_in_any_phase_is_fenced_and_changes_nothing() {
    for point in ["Demand-published:5:stop", "Settled-computed:8:stop", "Adapted-fetched:3:stop", "saving:1:stop", "saved:2:stop"] {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = Cluster::new(&dir.path().join("run"), 2, &SHORT);
        cluster.join_with_fault(point);
        cluster.join(1);
        cluster.losses(1);
        cluster.signal(0, "CONT");
        assert_eq!(cluster.end_of(0), Some(75), "{point}: it does not count any more");
        ends_well(cluster, point);
    }
}

#[test]
fn a_coordinator_killed_while_it_recovers_or_places_shards_again_is_replaced() {
    for (point, worker) in [
        ("fenced:2:kill", Some("Settled-published:9:kill")),
        ("assigned:2:kill", Some("saving:2:kill")),
        ("heard-lost:1:kill", Some("Demand-computed:20:kill")),
        ("fenced:2:kill", None),
        ("assigned:2:kill", None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = Cluster::with_fault(&dir.path().join("run"), 2, &SHORT, point);
        cluster.join(1);
        match worker {
            Some(fault) => cluster.join_with_fault(fault),
            // a third one comes, and shards are placed again at the next checkpoint
            None => cluster.join(2),
        }
        assert_eq!(cluster.await_coordinator(), None, "{point}: a signal ended it");
        cluster.replace_coordinator(1);
        cluster.join(1);
        ends_well(cluster, point);
    }
}

#[test]
fn a_coordinator_killed_in_any_state_is_replaced() {
    for (point, passage) in OF_COORDINATORS {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = Cluster::with_fault(&dir.path().join("run"), 2, &SHORT, &format!("{point}:{passage}:kill"));
        if point != "beginning" {
            cluster.join(2);
        }
        assert_eq!(cluster.await_coordinator(), None, "{point}: a signal ended it");
        cluster.replace_coordinator(1);
        cluster.join(1);
        ends_well(cluster, point);
    }
}
