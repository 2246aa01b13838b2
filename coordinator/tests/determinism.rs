//! The same scenario and seed give the same run, whatever carries it out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::{digests, files, same_bytes, stdout, tiny};

#[test]
fn threads_change_neither_digests_nor_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let run = |threads: &str| {
        let out = dir.path().join(threads);
        stdout(&mut tiny(&out, &["--threads", threads, "--set", "outputs.sample=50 %"]));
        out
    };
    let one = run("1");
    for threads in ["2", "5"] {
        let other = run(threads);
        assert_eq!(digests(&one), digests(&other));
        same_bytes(&one, &other);
    }
}

#[test]
fn processors_without_fused_arithmetic_give_the_same_run() {
    let dir = tempfile::tempdir().unwrap();
    let (plain, poor) = (dir.path().join("plain"), dir.path().join("poor"));
    stdout(&mut tiny(&plain, &[]));
    stdout(tiny(&poor, &[]).env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-AVX2"));
    same_bytes(&plain, &poor);
}

#[test]
fn what_is_written_does_not_change_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    let (loud, silent) = (dir.path().join("loud"), dir.path().join("silent"));
    stdout(&mut tiny(&loud, &["--set", "outputs.sample=100 %"]));
    let off = "outputs.tables={platform_ticks: false, segment_ticks: false, capability_ticks: false, ledger_ticks: false, \
               merchant_ticks: false, listing_ticks: false, orders: false, missions: false, shopper_panel: false, \
               assistant_ticks: false, churn: false, channel_ticks: false, funnel_ticks: false, merchant_funnel: false}";
    stdout(&mut tiny(&silent, &["--set", off, "--set", "outputs.census=30"]));
    assert_eq!(digests(&loud), digests(&silent));
    assert_eq!(files(&silent.join("tables")), [Path::new("comparison/comparison.parquet")]);
}

#[test]
fn another_seed_is_another_history() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    stdout(&mut tiny(&one, &["--arm", "baseline", "--replications", "1"]));
    stdout(&mut tiny(&other, &["--arm", "baseline", "--replications", "1", "--seed", "8"]));
    assert_ne!(digests(&one)[0]["tick_digests"][0], digests(&other)[0]["tick_digests"][0]);
}

#[test]
fn an_arm_is_the_same_alone_and_beside_others() {
    let dir = tempfile::tempdir().unwrap();
    let (both, alone) = (dir.path().join("both"), dir.path().join("alone"));
    stdout(&mut tiny(&both, &[]));
    stdout(&mut tiny(&alone, &["--arm", "efficiency-war"]));
    let of_arm = |run: &Path| -> Vec<_> {
        let cells = digests(run);
        cells.as_array().unwrap().iter().filter(|cell| cell["arm"] == "efficiency-war").cloned().collect()
    };
    assert_eq!(of_arm(&both).len(), 2);
    assert_eq!(of_arm(&both), of_arm(&alone));
}
