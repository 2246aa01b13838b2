//! A disk that is full: of a real file system while a checkpoint, its manifest or tables are written. The last checkpoint
//! stays, a run that cannot go on says why, and when there is room it goes on to the history of the undisturbed one.
#![cfg(all(target_os = "linux", debug_assertions))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{bazaar, same_bytes, scenario, stdout, text};

/// One cell whose tables are written once, at its end.
const SHORT: [&str; 12] = [
    "--shoppers",
    "500",
    "--set",
    "population.shard_size=72",
    "--set",
    "outputs.sample=100 %",
    "--set",
    "outputs.block=1000",
    "--replications",
    "1",
    "--arm",
    "price-war",
];

/// What both scripts share: a small file system, processes, and how to wait for one that has stopped itself.
const TOOLS: &str = r#"
export BAZAAR_TOKEN=of-the-test NO_COLOR=1
mount -t tmpfs -o size=32m tmpfs "$DISK"
coordinate() {
    "$BAZAAR" coordinator "$SCENARIO" --out "$DISK/run" --listen 127.0.0.1:0 --workers 2 --checkpoint-ticks 6 --lease 30 "$@" 2>"$LOG" &
    coordinator=$!
    until address=$(sed -n 's/^coordinator listens on //p' "$LOG") && [[ -n $address ]]; do kill -0 "$coordinator"; sleep 0.01; done
}
work() { BAZAAR_FAULT=$1 "$BAZAAR" worker --connect "$address" --threads 1 2>/dev/null & worker=$!; }
stopped() { until [[ $(sed 's/.*) //' "/proc/$1/stat") == T* ]]; do sleep 0.01; done; }
fill() { head -c 64m /dev/zero >>"$DISK/ballast" 2>/dev/null || true; }
"#;

/// A checkpoint finds no room; then there is room again, and the run never ended.
const CHECKPOINT: &str = r#"
coordinate "$@"
work saving:2:stop; writer=$worker
work applied:13:stop; other=$worker
stopped "$writer"; fill; kill -CONT "$writer"
stopped "$other"; rm "$DISK/ballast"; kill -CONT "$other"
wait "$coordinator"
cp -r "$DISK/run" "$KEPT"
"#;

/// The manifest of a checkpoint finds no room, then the tables do not; the run ends and is resumed when there is room.
const TABLES: &str = r#"
BAZAAR_FAULT=committing:2:stop coordinate "$@"
work none:1:stop; work Rows-computed:1:stop
stopped "$coordinator"; fill; kill -CONT "$coordinator"
stopped "$worker"; fill; kill -CONT "$worker"
status=0; wait "$coordinator" || status=$?
echo "ended with $status" >>"$LOG"
find "$DISK/run/.run/ckpt" -name '*.manifest.json' -printf 'kept %f\n' >>"$LOG"
rm "$DISK/ballast"
"$BAZAAR" resume "$DISK/run" --workers 3 --quiet >/dev/null
cp -r "$DISK/run" "$KEPT"
"#;

fn undisturbed() -> &'static Path {
    support::undisturbed(&SHORT)
}

/// Whether this system lets anybody mount a file system of their own.
fn has_namespaces() -> bool {
    Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|output| output.status.success())
}

/// Runs a script on a small disk of its own; what the coordinator said, and where the finished run was kept.
fn on_a_small_disk(dir: &Path, script: &str) -> (String, PathBuf) {
    let (disk, kept, log) = (dir.join("disk"), dir.join("kept"), dir.join("log"));
    std::fs::create_dir(&disk).unwrap();
    let mut command = Command::new("unshare");
    command.args(["-rm", "timeout", "60", "bash", "-euo", "pipefail", "-c", &format!("{TOOLS}{script}"), "script"]).args(SHORT);
    command.env("BAZAAR", env!("CARGO_BIN_EXE_bazaar")).env("SCENARIO", scenario("regression/tiny.yaml"));
    let output = command.env("DISK", disk).env("KEPT", &kept).env("LOG", &log).output().unwrap();
    let said = std::fs::read_to_string(log).unwrap_or_default();
    assert!(output.status.success(), "{}{}: {said}", output.status, text(&output.stderr));
    (said, kept)
}

#[test]
fn a_checkpoint_without_room_keeps_the_last_one_and_the_run_goes_on() {
    if !has_namespaces() {
        return files_of_limited_size_are_no_disaster();
    }
    let dir = tempfile::tempdir().unwrap();
    let (said, kept) = on_a_small_disk(dir.path(), CHECKPOINT);
    // which file meets the end of the disk first, a part or the manifest, is a matter of bytes
    assert!(said.contains("the last one stays") && said.contains("No space left"), "{said}");
    same_bytes(undisturbed(), &kept);
}

#[test]
fn tables_without_room_end_the_run_and_it_goes_on_when_there_is_room() {
    if !has_namespaces() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (said, kept) = on_a_small_disk(dir.path(), TABLES);
    assert!(said.contains("the manifest of a checkpoint cannot be written, the last one stays"), "{said}");
    assert!(said.contains("ended with 1") && said.contains(".parquet") && said.contains("No space left"), "{said}");
    assert_eq!(said.matches("kept c0000-t000006-").count(), 1, "the last good checkpoint: {said}");
    same_bytes(undisturbed(), &kept);
}

#[test]
fn files_of_limited_size_are_no_disaster() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 60; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_bazaar"));
    limited.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out).args(SHORT).env("NO_COLOR", "1");
    let ended = limited.args(["--quiet", "--workers", "2", "--checkpoint-ticks", "6"]).output().unwrap();
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("bazaar resume") && !said.contains("panicked"), "{said}");
    stdout(bazaar().arg("resume").arg(&out).args(["--workers", "2", "--quiet"]));
    same_bytes(undisturbed(), &out);
}
