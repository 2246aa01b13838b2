//! Real processes that die, sleep, come late and leave: the run ends with the history of the undisturbed one, and no row is
//! lost or doubled. Each schedule is drawn from a seed, has an exact budget of faults, and leases of a second.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use cluster::{Cluster, signal, small, worker};
use support::{bazaar, fails, files, same_bytes, scenario, stdout};

/// Ticks of the engine of a cell of the scenario, and cells.
const TICKS: u64 = 30;
const CELLS: u64 = 4;

/// The run in one process.
fn undisturbed() -> &'static Path {
    static RUN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, out) = RUN.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("run");
        stdout(small(bazaar().arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out)).arg("--quiet"));
        (dir, out)
    });
    out
}

/// A stream of numbers from a seed (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        for shift in [13i32, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        self.0 % sides
    }

    /// A tick of the run, early enough that something is left.
    fn tick(&mut self) -> u64 {
        2 + self.roll(CELLS * TICKS - 20)
    }
}

/// Runs each seed on `wanted` workers with what `disturb` does to them.
fn survives(seeds: std::ops::Range<u64>, wanted: usize, disturb: impl Fn(&mut Dice, &mut Cluster)) {
    for seed in seeds {
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut cluster = Cluster::new(&dir.path().join("run"), wanted, &[]);
        cluster.join(wanted);
        disturb(&mut dice, &mut cluster);
        let (code, said) = cluster.end();
        assert_eq!(code, Some(0), "seed {seed}: {said}");
        same_bytes(undisturbed(), &cluster.out);
    }
}

#[test]
fn a_killed_worker_changes_nothing() {
    survives(1..7, 3, |dice, cluster| {
        let (victim, tick) = (dice.roll(3) as usize, dice.tick());
        cluster.reach(tick, TICKS);
        cluster.signal(victim, "KILL");
    });
}

#[test]
fn two_workers_killed_at_once_or_one_after_the_other_change_nothing() {
    survives(11..15, 3, |dice, cluster| {
        let mut ticks = [dice.tick(), dice.tick()];
        ticks.sort_unstable();
        cluster.reach(ticks[0], TICKS);
        cluster.signal(0, "KILL");
        if dice.roll(2) == 0 {
            cluster.reach(ticks[1], TICKS);
        }
        cluster.signal(1, "KILL");
    });
}

#[test]
fn a_killed_coordinator_is_replaced_and_its_workers_say_try_again() {
    survives(21..25, 2, |dice, cluster| {
        let tick = dice.tick();
        cluster.reach(tick, TICKS);
        let again = 1 + dice.roll(3) as usize;
        cluster.replace_coordinator(again);
        assert_eq!((cluster.end_of(0), cluster.end_of(1)), (Some(75), Some(75)));
        cluster.join(again);
    });
}

#[test]
fn a_worker_that_slept_beyond_its_lease_is_fenced() {
    survives(31..34, 2, |dice, cluster| {
        let (sleeper, tick) = (dice.roll(2) as usize, dice.tick());
        cluster.reach(tick, TICKS);
        cluster.signal(sleeper, "STOP");
        cluster.losses(1);
        cluster.signal(sleeper, "CONT");
        assert_eq!(cluster.end_of(sleeper), Some(75), "it does not count any more");
    });
}

#[test]
fn a_run_goes_from_two_workers_to_three_to_one() {
    survives(41..44, 2, |dice, cluster| {
        let (first, second) = (2 + dice.roll(40), 50 + dice.roll(40));
        cluster.reach(first, TICKS);
        cluster.join(1);
        cluster.until(|metrics| metrics.matches("bazaar_tick{").count() == 3);
        cluster.reach(second, TICKS);
        for leaver in [0, 2] {
            cluster.signal(leaver, "TERM");
            assert_eq!(cluster.end_of(leaver), Some(75), "its shards are handed over");
        }
    });
}

#[test]
fn without_workers_the_wait_is_bounded_and_the_dead_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &["--wait", "1.5"]);
    cluster.join(2);
    cluster.reach(10, TICKS);
    cluster.signal(0, "KILL");
    cluster.signal(1, "KILL");
    let (code, said) = cluster.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("0 of 1 workers joined within 1.5 s") && said.matches(" lost after tick ").count() >= 2, "{said}");
    stdout(bazaar().arg("resume").arg(&cluster.out).args(["--workers", "3", "--quiet"]));
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn a_checkpoint_with_one_flipped_bit_is_refused_by_name_and_the_one_before_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &[]);
    cluster.join(2);
    cluster.reach(20, TICKS);
    cluster.kill_coordinator();
    let store = cluster.out.join(".run");
    let shards = files(&store).into_iter().filter(|file| file.to_string_lossy().ends_with("s0000003.bin"));
    let newest = shards.max().unwrap();
    let mut bytes = fs::read(store.join(&newest)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(store.join(&newest), bytes).unwrap();
    let done = bazaar().arg("resume").arg(&cluster.out).args(["--workers", "2"]).output().unwrap();
    let said = support::text(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.contains(&*newest.to_string_lossy()) && said.contains("is damaged"), "{newest:?}: {said}");
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn workers_end_with_the_process_that_started_them() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out);
    let run = command.args(["--workers", "2", "--quiet", "--replications", "40"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.unwrap();
    while !out.join(".run/gen/000002.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    let children = children_of(run.id());
    assert_eq!(children.len(), 2);
    run.kill().unwrap();
    run.wait().unwrap();
    while children.iter().any(|child| is_alive(*child)) {
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_leaves_a_run_that_can_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out);
    let run = small(&mut command).args(["--workers", "2", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.unwrap();
    while !out.join(".run/gen/000002.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    signal(run.id(), "INT");
    assert_eq!(run.wait().unwrap().code(), Some(130));
    stdout(bazaar().arg("resume").arg(&out).args(["--quiet", "--workers", "3"]));
    same_bytes(undisturbed(), &out);
}

#[test]
fn whoever_does_not_belong_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(&dir.path().join("run"), 1, &[]);
    let said = fails(worker(&cluster.address).env("BAZAAR_TOKEN", "another"), 78);
    assert!(said.contains("another token"), "{said}");
    let mut other = worker(&cluster.address);
    let said = fails(other.arg(scenario("regression/tiny.yaml")).args(["--shoppers", "600"]), 78);
    assert!(said.contains("the coordinator has the scenario hash") && said.contains("the worker has"), "{said}");
    let said = fails(bazaar().args(["worker", "--listen", "0.0.0.0:0"]), 2);
    assert!(said.contains("not loopback") && said.contains("--insecure"), "{said}");
}

#[test]
fn strangers_harm_nothing() {
    survives(51..52, 2, |_, cluster| {
        cluster.reach(5, TICKS);
        let mut strangers: Vec<TcpStream> = (0..200).filter_map(|_| TcpStream::connect(&cluster.address).ok()).collect();
        for (i, stranger) in strangers.iter_mut().enumerate() {
            // garbage, half a greeting, and a frame that announces 16 MiB
            let said: &[u8] =
                [&b"\x00\xff\x17garbage"[..], b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\0\0\0\0\0\x01"]
                    [i % 3];
            let _ = stranger.write_all(said);
        }
        cluster.reach(60, TICKS);
    });
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|process| parent_of(*process) == Some(parent)).collect()
}

/// Fields 3 and 4 of `stat`, behind the name in brackets: state and parent.
fn state_of(process: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn parent_of(process: u32) -> Option<u32> {
    state_of(process).map(|(_, parent)| parent)
}

fn is_alive(process: u32) -> bool {
    state_of(process).is_some_and(|(state, _)| state != "Z")
}
