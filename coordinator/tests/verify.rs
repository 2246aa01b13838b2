//! `verify` accepts what a run wrote and nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use results::manifest::SCENARIO;
use results::{CellRecord, Execution, Existing, Manifest, Outcome, RunInfo, RunWriter, WriterOptions};
use support::{bazaar, fails, files, stdout, tiny};

fn verify(run: &Path, options: &[&str]) -> std::process::Command {
    let mut command = bazaar();
    command.arg("verify").arg(run).arg("--quiet").args(options);
    command
}

fn finished_run(dir: &Path) -> PathBuf {
    let run = dir.join("run");
    stdout(&mut tiny(&run, &["--replications", "1"]));
    run
}

#[test]
fn a_fresh_run_repeats_itself_and_every_change_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let run = finished_run(dir.path());
    let said = stdout(&mut verify(&run, &[]));
    assert!(said.contains("2 cells with 60 digests equal"), "{said}");

    let table = files(&run).into_iter().find(|file| file.starts_with("tables/orders")).unwrap();
    let path = run.join(&table);
    let whole = fs::read(&path).unwrap();
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    fs::write(&path, &altered).unwrap();
    let said = fails(&mut verify(&run, &["--files-only"]), 3);
    assert!(said.contains(&format!("{} was changed", table.display())), "{said}");

    fs::remove_file(&path).unwrap();
    assert!(fails(&mut verify(&run, &["--files-only"]), 3).contains("is missing"));
    fs::write(&path, &whole).unwrap();

    let extra = run.join("tables/orders/more.parquet");
    fs::write(&extra, "no table").unwrap();
    assert!(fails(&mut verify(&run, &["--files-only"]), 3).contains("more.parquet is not in the manifest"));
    fs::remove_file(&extra).unwrap();

    let scenario = run.join(SCENARIO);
    let yaml = fs::read_to_string(&scenario).unwrap();
    fs::write(&scenario, yaml.replace("seed: 7", "seed: 8")).unwrap();
    assert!(fails(&mut verify(&run, &[]), 3).contains("scenario.yaml was changed"));
    fs::write(&scenario, yaml).unwrap();
    stdout(&mut verify(&run, &["--files-only"]));

    let manifest = run.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("\"gmv\": ", "\"gmv\": 1", 1)).unwrap();
    assert!(fails(&mut verify(&run, &["--files-only"]), 3).contains("was changed after the run"));
    fs::write(&manifest, "{").unwrap();
    assert!(fails(&mut verify(&run, &[]), 3).contains("not a valid manifest"));
}

/// A run with the scenario of `run` that states `version` and `build` and, from tick 3 on, other digests.
fn forged(run: &Path, dir: &Path, version: &str, build: &str) -> PathBuf {
    let honest = Manifest::read(run).unwrap();
    let mut cells: Vec<CellRecord> = honest.cells.clone();
    for digest in cells[1].tick_digests.iter_mut().skip(3) {
        *digest = "0".repeat(32);
    }
    let info = RunInfo { program_version: version.to_owned(), start: NaiveDate::from_ymd_opt(2025, 3, 3).unwrap(), ..honest.run };
    let options = WriterOptions { run: info, block: 16, tables: ["platform_ticks"].into(), existing: Existing::Refuse };
    let out = dir.join(format!("forged-{version}-{build}"));
    let mut writer = RunWriter::create(&out, options).unwrap();
    writer.write_text(SCENARIO, &fs::read_to_string(run.join(SCENARIO)).unwrap()).unwrap();
    let execution = Execution { wall_seconds: 1.0, threads: 1, workers: 1, lost_workers: vec![], build: build.to_owned() };
    let outcome = Outcome { arms: honest.arms, replications: 1, cells, kpis: Vec::new(), execution };
    writer.finish(outcome).unwrap();
    out
}

#[test]
fn the_first_difference_is_named_and_another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let run = finished_run(dir.path());
    let (version, build) = (env!("CARGO_PKG_VERSION"), Manifest::read(&run).unwrap().execution.build);
    let said = fails(&mut verify(&forged(&run, dir.path(), version, &build), &[]), 70);
    assert!(said.contains("arm efficiency-war, replication 0") && said.contains("differs at tick 3"), "{said}");
    let said = fails(&mut verify(&forged(&run, dir.path(), version, "0123456789abcdef"), &[]), 78);
    assert!(said.contains("the build 0123456789abcdef") && said.contains(&build), "{said}");
    let other = forged(&run, dir.path(), "0.0.1", &build);
    assert!(fails(&mut verify(&other, &[]), 78).contains("version 0.0.1"));
    stdout(&mut verify(&other, &["--files-only"]));
}

#[test]
fn a_run_takes_its_edge_list_along() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("graphs")).unwrap();
    fs::copy(support::scenario("regression/tiny.yaml"), home.join("tiny.yaml")).unwrap();
    let edges: String = (0..499).map(|shopper| format!("{shopper},{}\n", shopper + 1)).collect();
    for name in ["chain.csv", "graphs/chain.csv"] {
        fs::write(home.join(name), &edges).unwrap();
    }
    for (number, name) in ["chain.csv", "graphs/chain.csv"].into_iter().enumerate() {
        let mut run = bazaar();
        run.arg("run").arg(home.join("tiny.yaml")).arg("--out").arg(dir.path().join(number.to_string()));
        run.args(["--shoppers", "500", "--replications", "1", "--arm", "baseline", "--quiet"]);
        stdout(run.arg("--set").arg(format!("population.social.graph={{edges: {name}}}")));
    }
    fs::remove_dir_all(home).unwrap();
    for number in ["0", "1"] {
        stdout(&mut verify(&dir.path().join(number), &[]));
    }
}

#[test]
fn a_directory_without_a_manifest_is_not_verified() {
    let dir = tempfile::tempdir().unwrap();
    assert!(fails(&mut verify(dir.path(), &[]), 1).contains("no manifest.json"));
}
