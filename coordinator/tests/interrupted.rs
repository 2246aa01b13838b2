//! A run that is stopped leaves nothing that looks finished.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use results::RunReader;
use support::{bazaar, files, scenario};

/// A run that takes far longer than the test, stopped when its first table file has its final name.
fn begun(out: &Path) -> Child {
    let mut run = bazaar();
    run.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(out);
    run.args(["--shoppers", "20000", "--replications", "40", "--set", "outputs.block=1", "--threads", "1"]);
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    said.read_line(&mut first).unwrap();
    assert!(first.contains("tiny: "), "{first}");
    let tables = out.join("tables");
    while files(&tables).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    child.stderr = Some(said.into_inner());
    child
}

fn assert_unfinished(out: &Path) {
    assert!(!out.join("manifest.json").exists());
    let reader = RunReader::open(out).unwrap();
    let tables: Vec<String> = reader.tables().map(str::to_owned).collect();
    assert!(!tables.is_empty());
    for table in tables {
        assert!(reader.batches(&table).unwrap().all(|batch| batch.is_ok()), "{table} does not open");
    }
}

#[test]
fn a_killed_run_has_no_manifest_and_no_half_written_table() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("killed");
    let mut child = begun(&out);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_unfinished(&out);
    let said = support::stdout(bazaar().arg("inspect").arg(&out));
    assert!(said.contains("the run did not finish") && said.contains("TABLE"), "{said}");
}

#[test]
fn ctrl_c_stops_at_a_tick_and_says_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("stopped");
    let mut child = begun(&out);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("interrupted") && said.contains("no manifest"), "{said}");
    assert_unfinished(&out);
}
