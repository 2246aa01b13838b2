//! Dependencies point one way: sim-core <- agents <- scenarios <- coordinator, and sim-core <- results <- coordinator.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;

/// The crates and what each may use of the others.
const EDGES: [(&str, &[&str]); 5] = [
    ("sim-core", &[]),
    ("agents", &["sim-core"]),
    ("scenarios", &["agents", "sim-core"]),
    ("results", &["sim-core"]),
    ("coordinator", &["agents", "results", "scenarios", "sim-core"]),
];

/// Only these may know how tables are stored.
const PARQUET: [&str; 2] = ["results", "coordinator"];

/// Names of the dependencies in every section of a manifest, those of tests left out where `production` is set.
fn dependencies(manifest: &str, production: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut counts = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let is_list = section.ends_with("dependencies") && !section.starts_with("workspace");
            counts = is_list && !(production && section.contains("dev-"));
            if let Some((_, name)) = section.split_once("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if counts && let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty() && !name.starts_with('#')) {
            names.insert(name.trim_matches('"').to_owned());
        }
    }
    names
}

fn manifest(name: &str) -> String {
    fs::read_to_string(support::root().join(name).join("Cargo.toml")).expect("every crate has a manifest")
}

#[test]
fn crates_use_only_those_below_them() {
    for (name, allowed) in EDGES {
        let used = dependencies(&manifest(name), false);
        for (other, _) in EDGES.iter().filter(|(other, _)| used.contains(*other)) {
            assert!(allowed.contains(other), "{name} may not use {other}");
        }
        assert!(name != "agents" || used.contains("sim-core"), "the manifests are read");
    }
}

#[test]
fn only_results_and_the_program_know_parquet() {
    for (name, _) in EDGES.iter().filter(|(name, _)| !PARQUET.contains(name)) {
        let used = dependencies(&manifest(name), false);
        let storage = used.iter().find(|used| used.starts_with("parquet") || used.starts_with("arrow"));
        assert_eq!(storage, None, "{name}");
    }
}

#[test]
fn the_workspace_has_no_other_crates() {
    let manifest = fs::read_to_string(support::root().join("Cargo.toml")).unwrap();
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).expect("the workspace lists its members");
    let members: BTreeSet<&str> = members.split('"').skip(1).step_by(2).collect();
    assert_eq!(members, EDGES.iter().map(|(name, _)| *name).collect());
}

#[test]
fn pure_crates_draw_no_threads_clocks_or_files() {
    for name in ["sim-core", "agents"] {
        let used = dependencies(&manifest(name), true);
        for forbidden in ["tokio", "tonic", "clap", "tracing", "indicatif", "tempfile", "object_store"] {
            assert!(!used.contains(forbidden), "{name} may not use {forbidden}");
        }
    }
}

#[test]
fn every_way_to_name_a_dependency_is_read() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\n# parquet is not one\nagents.workspace = true\nresults = { path = \"..\" }\n\
                    [dependencies.scenarios]\npath = \"..\"\n[target.'cfg(unix)'.dependencies]\nlibm = \"1\"\n\
                    [dev-dependencies]\ntempfile = \"3\"\n";
    let all = dependencies(manifest, false);
    for name in ["agents", "results", "scenarios", "libm", "tempfile"] {
        assert!(all.contains(name), "{name}: {all:?}");
    }
    assert!(!all.contains("parquet") && !dependencies(manifest, true).contains("tempfile"));
}
