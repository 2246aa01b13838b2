//! What a scenario is held to is measured, and a miss is told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{bazaar, fails, scenario, stdout, tiny};

const MOMENTS: &str = "\
ordinary: {from: 2025-03-03, to: 2025-03-12}
groups:
  facts:
    share: {estimator: {gmv-share: {platform: north}}, target: 0.4, band: [0, 1], source: invented}
    conversion: {estimator: {conversion-per-mission: {}}, target: 2, band: [1.9, 2.1], source: invented}
    live: {estimator: {return-rate: {mode: live}}, source: invented}
    advertising: {estimator: {not-measured: {reason: no advertising}}, target: 0.1, band: [0, 1], source: invented}
  experiments:
    elasticity: {estimator: {own-price-elasticity: {change: 20 %, listings: 10 %}}, band: [-20, 0], source: invented}
    nothing: {estimator: {promotion-lift: {discount: 0 %, listings: 10 %}}, band: [1, 1.0001], source: invented}
    lift: {estimator: {promotion-lift: {discount: 50 %, listings: 10 %}}, band: [1.1, 100], source: invented}
    memory: {estimator: {price-paid-after-promotion: {on: 2025-03-06, discount: 0 %, listings: 50 %, days: 3}}, source: invented}
    bids: {estimator: {ad-elasticity: {change: 50 %, merchants: 30 %}}, source: invented}
    dip:
      estimator:
        post-promotion-dip:
          during: {from: 2025-03-16, to: 2025-03-18}
          week: 1
          without: [calendar.festivals.spring-sale.phases.peak.visits=1]
      source: invented
";

fn calibrate(dir: &Path, moments: &str, options: &[&str]) -> Command {
    let file = dir.join("tiny.moments.yaml");
    fs::write(&file, moments).unwrap();
    let mut command = bazaar();
    command.arg("calibrate").arg(scenario("regression/tiny.yaml")).arg("--moments").arg(file);
    command.args(["--shoppers", "500", "--set", "population.shard_size=72", "--quiet"]).args(options);
    command
}

fn moment<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["moments"].as_array().unwrap().iter().find(|moment| moment["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn moments_are_those_of_the_run_and_do_not_depend_on_threads() {
    let dir = tempfile::tempdir().unwrap();
    let one = stdout(&mut calibrate(dir.path(), MOMENTS, &["--json", "--threads", "1"]));
    let two = stdout(&mut calibrate(dir.path(), MOMENTS, &["--json", "--threads", "2"]));
    assert_eq!(one, two);
    let document: Value = serde_json::from_str(&one).unwrap();
    assert_eq!((document["replications"].as_u64(), document["shoppers"].as_u64()), (Some(2), Some(500)));
    let run: Value =
        serde_json::from_str(&stdout(&mut tiny(&dir.path().join("run"), &["--json", "--arm", "baseline", "--replications", "1"]))).unwrap();
    let live = run["kpis"]["baseline"].as_object().unwrap().values();
    let sum = |name: &str| live.clone().map(|kpis| kpis[name].as_f64().unwrap()).sum::<f64>();
    let found = moment(&document, "live")["values"][0].as_f64().unwrap();
    assert!((found - sum("returned_live") / sum("delivered_live")).abs() < 1e-12, "{found}");
    assert_eq!(moment(&document, "advertising")["not_measured"], "no advertising");
}

#[test]
fn a_treatment_that_changes_nothing_has_no_effect_and_a_real_one_has_the_right_sign() {
    let dir = tempfile::tempdir().unwrap();
    let document: Value = serde_json::from_str(&stdout(&mut calibrate(dir.path(), MOMENTS, &["--json"]))).unwrap();
    let values = |name: &str| moment(&document, name)["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    assert_eq!(values("nothing"), [1.0, 1.0]);
    assert_eq!(values("memory"), [0.0, 0.0]);
    assert!(values("elasticity").iter().all(|value| *value < -0.5), "{:?}", values("elasticity"));
    assert!(values("lift").iter().all(|value| *value > 1.1), "{:?}", values("lift"));
    assert!(values("bids").iter().all(|value| (-1.0..2.0).contains(value)), "{:?}", values("bids"));
    assert!(values("dip").iter().all(|value| value.is_finite()));
}

#[test]
fn a_miss_is_told_and_fails_only_under_strict() {
    let dir = tempfile::tempdir().unwrap();
    let said = stdout(&mut calibrate(dir.path(), MOMENTS, &["--replications", "1"]));
    for part in ["share", "OUT", "not measured: no advertising", "Of 6 moments with a band, 4 are in, 1 out, 1 not measured."] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = fails(&mut calibrate(dir.path(), MOMENTS, &["--replications", "1", "--strict", "--markdown"]), 3);
    assert!(said.contains("out of the band: conversion"), "{said}");
    let known = MOMENTS.replace("band: [1.9, 2.1],", "band: [1.9, 2.1], known_miss: true,");
    let said = stdout(&mut calibrate(dir.path(), &known, &["--replications", "1", "--strict", "--markdown"]));
    assert!(said.contains("**OUT, known**"), "{said}");
}

#[test]
fn a_broken_moments_file_is_refused_at_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let said = fails(&mut calibrate(dir.path(), &MOMENTS.replace("gmv-share:", "gmv-shares:"), &[]), 2);
    assert!(said.contains("did you mean `gmv-share`?") && said.contains("tiny.moments.yaml:4:"), "{said}");
    let said = fails(&mut calibrate(dir.path(), &MOMENTS.replace("change: 50 %", "change: 0 %"), &[]), 2);
    assert!(said.contains("`change` must lie above 0"), "{said}");
    let said = fails(bazaar().arg("calibrate").arg(scenario("regression/tiny.yaml")), 2);
    assert!(said.contains("tiny.moments.yaml") && said.contains("no such file"), "{said}");
}
