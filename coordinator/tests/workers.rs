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

/// One arm and replication of the small scenario in shards of 64, in one process and on 1, 2, 3 and 5 workers: all the same.
/// Returns how often each of `mechanisms` fired.
fn is_the_same_on_workers(options: &[&str], mechanisms: [&str; 2]) -> [i64; 2] {
    let dir = tempfile::tempdir().unwrap();
    let run = |name: &str, workers: &[&str]| {
        let out = dir.path().join(name);
        let shards = ["--set", "population.shard_size=64", "--replications", "1", "--arm", "price-war"];
        stdout(tiny(&out, &shards).args(options).args(workers));
        out
    };
    let alone = run("alone", &[]);
    for workers in ["1", "2", "3", "5"] {
        same_bytes(&alone, &run(workers, &["--workers", workers]));
    }
    let table: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(alone.join("mechanisms.json")).unwrap()).unwrap();
    let all = table["arms"][0]["mechanisms"].as_array().unwrap();
    mechanisms.map(|name| all.iter().find(|mechanism| mechanism["name"] == name).unwrap()["fired"].as_i64().unwrap())
}

#[test]
fn word_of_mouth_crosses_processes() {
    let [told, _] = is_the_same_on_workers(&["--set", "population.shoppers=2000"], ["word-of-mouth", "mission"]);
    assert!(told > 200, "they talk, in 32 shards: {told}");
}

#[test]
fn hundreds_of_shards_agree_on_who_gets_the_last_piece_and_the_last_yuan() {
    let scarce = [
        "--set",
        "population.shoppers=13056",
        "--set",
        "catalog.merchants.brands.stock={once: {units: 3}}",
        "--set",
        "platforms.north.promotions.members.budget={per-day: 20 k yuan}",
    ];
    let [pieces, yuan] = is_the_same_on_workers(&scarce, ["stock-refusal", "budget-refusal"]);
    assert!(pieces > 100 && yuan > 100, "both run out, in 204 shards: {pieces} and {yuan} refusals");
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
