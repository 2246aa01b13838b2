//! The program on a small scenario, for the tests of this crate.
#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// The root of the sources.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace").to_owned()
}

/// A shipped scenario.
pub(crate) fn scenario(name: &str) -> PathBuf {
    root().join("scenarios").join(name)
}

/// The program.
pub(crate) fn bazaar() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bazaar"));
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE").env("NO_COLOR", "1");
    command
}

/// The small scenario in one process with these options, run once in a test program: what disturbed runs are compared with.
pub(crate) fn undisturbed(options: &[&str]) -> &'static Path {
    static RUN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, out) = RUN.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let out = dir.path().join("run");
        stdout(bazaar().arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out).args(options).arg("--quiet"));
        (dir, out)
    });
    out
}

/// Runs the tiny scenario with 500 shoppers in irregular shards into `out`.
pub(crate) fn tiny(out: &Path, options: &[&str]) -> Command {
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(out);
    command.args(["--shoppers", "500", "--set", "population.shard_size=72", "--quiet"]).args(options);
    command
}

/// Runs a command that must succeed; its standard output.
pub(crate) fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command that must end with `code`; its standard error.
pub(crate) fn fails(command: &mut Command, code: i32) -> String {
    let output: Output = command.output().expect("the program starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The manifest of a run.
pub(crate) fn manifest(run: &Path) -> Value {
    let text = fs::read_to_string(run.join("manifest.json")).expect("the run has a manifest");
    serde_json::from_str(&text).expect("a manifest is JSON")
}

/// The digests of every tick of every cell, and the arms and replications they belong to.
pub(crate) fn digests(run: &Path) -> Value {
    manifest(run)["cells"].clone()
}

/// Every file below `dir`, relative to it, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() { pending.push(path) } else { found.push(path.strip_prefix(dir).expect("below").to_owned()) }
        }
    }
    found.sort();
    found
}

/// Every file of two runs has the same bytes; of the manifest only how it was carried out may differ.
pub(crate) fn same_bytes(one: &Path, other: &Path) {
    assert_eq!(files(one), files(other));
    for file in files(one) {
        if file == Path::new("manifest.json") {
            let (one, other) = (manifest(one), manifest(other));
            for field in ["run", "arms", "replications", "cells", "documents", "files", "kpis", "manifest_sha256"] {
                assert_eq!(one[field], other[field], "{field} of the manifest");
            }
        } else {
            let read = |run: &Path| fs::read(run.join(&file)).expect("the file can be read");
            assert!(read(one) == read(other), "{} differs", file.display());
        }
    }
}
