//! What cannot be done is refused in words, with the right exit code, and without touching anything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{bazaar, fails, files, scenario, stdout, text, tiny};

const SHORT: [&str; 4] = ["--replications", "1", "--arm", "baseline"];

#[test]
fn a_directory_with_a_run_is_replaced_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    stdout(&mut tiny(&out, &SHORT));
    let before = fs::read(out.join("manifest.json")).unwrap();
    let said = fails(&mut tiny(&out, &SHORT), 1);
    assert!(said.contains("already holds a run") && said.contains("--force"), "{said}");
    assert_eq!(fs::read(out.join("manifest.json")).unwrap(), before);
    stdout(&mut tiny(&out, &[&SHORT[..], &["--force", "--seed", "9"]].concat()));
    assert_ne!(fs::read(out.join("manifest.json")).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the old run is gone");
}

#[test]
fn a_directory_with_anything_else_is_never_touched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "three years").unwrap();
    for options in [&[][..], &["--force"]] {
        let said = fails(&mut tiny(dir.path(), &[&SHORT[..], options].concat()), 1);
        assert!(said.contains("not a Bazaar run"), "{said}");
    }
    assert_eq!(files(dir.path()), [Path::new("thesis.txt")]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(fails(&mut tiny(&file, &SHORT), 1).contains("is a file, not a directory"));
    let below = file.join("run");
    assert!(fails(&mut tiny(&below, &SHORT), 1).contains("file"));
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_an_error_and_leaves_no_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let run = tiny(&out, &[&SHORT[..], &["--set", "outputs.sample=100 %"]].concat());
    let mut limited = Command::new("sh");
    // Files of at most 100 blocks, and an error instead of a signal for a longer one.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
    let said = fails(&mut limited, 1);
    assert!(said.contains("cannot write") && said.contains("no manifest"), "{said}");
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn bad_input_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    for (options, expected) in [
        (&["--set", "platforms.north.take_rat=5 %"][..], "did you mean `take_rate`?"),
        (&["--set", "platforms.north.take_rate"], "without `=`"),
        (&["--arm", "price-wars"], "did you mean `price-war`?"),
        (&["--seed=-1"], "--seed"),
        (&["--set", "population.shoppers=3"], "shoppers"),
        (&["--replications", "0"], "replications"),
        (&["--threads", "0"], "--threads"),
        (&["--log", "a=b=c"], "no log level"),
        (&["--set", "catalog.merchants={}"], "merchants"),
    ] {
        let said = fails(&mut tiny(&out, options), 2);
        assert!(said.contains(expected), "{options:?}: {said}");
        assert!(!out.exists());
    }
    let said = fails(bazaar().args(["run", "no-such.yaml"]).current_dir(dir.path()), 2);
    assert!(said.contains("no-such.yaml"), "{said}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "not even a folder for runs");
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let mut child = bazaar().args(["explain", "population"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn broken_scenarios_are_located() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("broken.yaml");
    let yaml = fs::read_to_string(scenario("regression/tiny.yaml")).unwrap();
    fs::write(&file, yaml.replacen("take_rate: 5 %", "take_rate: much", 1)).unwrap();
    for command in ["validate", "run"] {
        let said = fails(bazaar().arg(command).arg(&file).current_dir(dir.path()), 2);
        assert!(said.contains("broken.yaml:") && said.contains("platforms.north.take_rate"), "{said}");
    }
    assert_eq!(files(dir.path()), [Path::new("broken.yaml")]);
}
