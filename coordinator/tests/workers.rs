//! A run on several processes is the run of one process, byte by byte.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;

use support::{bazaar, digests, fails, files, same_bytes, scenario, stdout, tiny};

/// Every table on, rows of half the shoppers, blocks that end between checkpoints.
const ALL_TABLES: [&str; 6] = ["--set", "outputs.sample=50 %", "--set", "outputs.tables={listing_ticks: true}", "--set", "outputs.block=7"];

#[test]
fn workers_change_neither_digests_nor_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let run = |name: &str, options: &[&str]| -> PathBuf {
        let out = dir.path().join(name);
        stdout(tiny(&out, &ALL_TABLES).args(options));
        out
    };
    let alone = run("alone", &[]);
    for workers in ["1", "2", "3", "5"] {
        let together = run(workers, &["--workers", workers, "--checkpoint-ticks", "5"]);
        assert_eq!(digests(&alone), digests(&together), "{workers} workers");
        same_bytes(&alone, &together);
    }
    assert_eq!(support::manifest(&dir.path().join("3"))["execution"]["workers"], 3);
    let said = stdout(bazaar().args(["verify", "--quiet"]).arg(dir.path().join("5")));
    assert!(said.contains("digests equal"), "{said}");
}

#[test]
fn word_of_mouth_the_last_piece_and_the_last_yuan_cross_processes() {
    let dir = tempfile::tempdir().unwrap();
    let scarce = [
        "--set",
        "population.shard_size=64",
        "--set",
        "catalog.merchants.brands.stock={once: {units: 3}}",
        "--set",
        "population.social.messages_per_order=5 %",
        "--replications",
        "1",
    ];
    let (alone, together) = (dir.path().join("alone"), dir.path().join("together"));
    stdout(tiny(&alone, &scarce).args(["--arm", "price-war"]));
    stdout(tiny(&together, &scarce).args(["--arm", "price-war", "--workers", "3"]));
    same_bytes(&alone, &together);
}

#[test]
fn nothing_of_the_run_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    stdout(&mut tiny(&out, &["--workers", "2", "--replications", "1"]));
    let hidden = files(&out).into_iter().find(|file| file.starts_with(".run") || file.ends_with("run.json"));
    assert_eq!(hidden, None);
    let said = fails(bazaar().arg("resume").arg(&out), 2);
    assert!(said.contains("is a finished run"), "{said}");
}

#[test]
fn a_lease_shorter_than_three_beats_is_refused() {
    let said = fails(bazaar().arg("run").arg(scenario("regression/tiny.yaml")).args(["--workers", "2", "--lease", "1"]), 2);
    assert!(said.contains("less than three times the beat"), "{said}");
}
