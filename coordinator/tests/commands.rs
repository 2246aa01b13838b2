//! Each command says what it is for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use serde_json::Value;
use support::{bazaar, fails, scenario, stdout, tiny};

#[test]
fn help_names_every_command_and_every_exit_code() {
    let said = stdout(bazaar().arg("--help"));
    for word in ["run", "validate", "schema", "init", "explain", "inspect", "verify", "calibrate", "bench", "Exit codes", "130"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let said = stdout(bazaar().args(["run", "--help"]));
    for flag in ["--out", "--force", "--seed", "--shoppers", "--replications", "--set", "--arm", "--threads", "--quiet", "--json", "--log"]
    {
        assert!(said.contains(flag), "{flag}: {said}");
    }
    fails(&mut bazaar(), 2);
}

#[test]
fn a_run_prints_the_comparison_the_spend_and_a_query() {
    let dir = tempfile::tempdir().unwrap();
    let said = stdout(tiny("run".as_ref(), &[]).current_dir(dir.path()));
    for part in [
        "north: efficiency-war less price-war, 2 replications",
        "95 % interval",
        "of 2",
        "Strategy spend: ",
        "2025-03-03 to 2025-04-01 (30 days)",
        "bazaar inspect run",
        "FROM 'run/tables/platform_ticks/*.parquet'",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = stdout(bazaar().arg("inspect").arg(dir.path().join("run")));
    for part in
        ["price-war, mean of 2", "efficiency-war less price-war", "platform_profit", "mechanism", "word-of-mouth", "capability_ticks"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = stdout(bazaar().arg("inspect").arg(dir.path().join("run")).args(["platform_ticks", "--rows", "2"]));
    assert!(said.contains("platform_ticks: 360 rows") && said.contains("row 1") && !said.contains("row 2"), "{said}");
    assert!(fails(bazaar().arg("inspect").arg(dir.path().join("run")).arg("order"), 2).contains("no table `order`"));
}

#[test]
fn one_replication_has_no_interval_and_one_arm_no_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let said = stdout(&mut tiny(&dir.path().join("pair"), &["--replications", "1"]));
    assert!(said.contains("no interval") && said.contains("of 1"), "{said}");
    let said = stdout(&mut tiny(&dir.path().join("alone"), &["--arm", "price-war"]));
    assert!(said.contains("price-war, 2 replications") && !said.contains("difference"), "{said}");
    assert!(!dir.path().join("alone/tables/comparison").exists());
}

#[test]
fn json_is_one_object_with_everything() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let document: Value = serde_json::from_str(&stdout(&mut tiny(&out, &["--json"]))).unwrap();
    assert_eq!(document["directory"], out.display().to_string());
    assert_eq!(document["arms"], serde_json::json!(["price-war", "efficiency-war"]));
    assert!(document["units"].as_str().unwrap().contains("yuan"));
    let number = |path: &str| document.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {path}"));
    let (one, other) = (number("/kpis/efficiency-war/north/gmv"), number("/kpis/price-war/north/gmv"));
    let difference = number("/comparisons/0/differences/north/gmv/difference");
    assert!((one - other - difference).abs() <= 1e-9 * one.abs(), "{one} - {other} is not {difference}");
    assert!(number("/comparisons/0/differences/north/gmv/interval/0") <= difference);
    assert!(document["spend"]["equal"].is_boolean());
    assert_eq!(document["cells"].as_array().unwrap().len(), 4);
    assert_eq!(document["cells"][0]["digest"], support::digests(&out)[0]["digest"]);
    assert!(number("/timings/stages/shop") > 0.0 && number("/timings/missions") > 0.0);
}

#[test]
fn runs_without_a_place_are_numbered() {
    let dir = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        let mut run = bazaar();
        run.arg("run").arg(scenario("regression/tiny.yaml")).current_dir(dir.path());
        run.args(["--shoppers", "100", "--replications", "1", "--arm", "baseline", "--quiet"]);
        assert!(stdout(&mut run).contains(&format!("runs/tiny-{number}/tables")));
    }
}

#[test]
fn a_valid_scenario_has_a_forecast() {
    let said = stdout(bazaar().arg("validate").arg(scenario("regression/tiny.yaml")).args(["--shoppers", "4000"]));
    for part in [
        "tiny is valid",
        "4,000 for 10,000,000 people",
        "price-war, efficiency-war x 2 replications",
        "memory",
        "listings",
        "output",
        "time",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn the_schema_goes_to_the_terminal_or_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("schema.json");
    stdout(bazaar().args(["schema", "--output"]).arg(&file));
    let printed = stdout(bazaar().arg("schema"));
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(printed, scenarios::schema_json());
}

#[test]
fn init_writes_a_scenario_that_is_valid_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let said = stdout(bazaar().arg("init").current_dir(dir.path()));
    assert!(said.contains("bazaar validate scenario.yaml"), "{said}");
    stdout(bazaar().args(["validate", "scenario.yaml"]).current_dir(dir.path()));
    fs::write(dir.path().join("scenario.yaml"), "mine").unwrap();
    assert!(fails(bazaar().arg("init").current_dir(dir.path()), 2).contains("--force"));
    assert_eq!(fs::read_to_string(dir.path().join("scenario.yaml")).unwrap(), "mine");
    stdout(bazaar().args(["init", "--force"]).current_dir(dir.path()));
    assert_ne!(fs::read_to_string(dir.path().join("scenario.yaml")).unwrap(), "mine");
}

#[test]
fn fields_are_explained() {
    let said = stdout(bazaar().args(["explain", "platforms.jd.take_rate"]));
    assert!(said.contains("range") && said.contains("share"), "{said}");
    assert!(stdout(bazaar().arg("explain")).contains("calendar"));
    assert!(fails(bazaar().args(["explain", "platfroms"]), 2).contains("did you mean `platforms`?"));
}

#[test]
fn bench_outside_the_sources_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(fails(bazaar().arg("bench").current_dir(dir.path()), 1).contains("bench/yardstick"));
}
