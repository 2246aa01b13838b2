//! Every mechanism that the main job configures has an entry in the switch-off table, and its patches do switch it off.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;

use agents::configured::configured;
use agents::metric::Mechanism;
use results::kpi::{Unit, kpi};
use scenarios::{BASELINE, Override, Project};
use serde_json::Value;
use support::{root, scenario};

const MAIN_JOB: &str = "library/double-11-2025.yaml";

fn entries() -> Vec<Value> {
    let text = fs::read_to_string(root().join(".ci/switch-off.yaml")).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("- "));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn patches(entry: &Value, key: &str) -> Vec<String> {
    entry[key].as_array().into_iter().flatten().map(|patch| patch.as_str().unwrap().to_owned()).collect()
}

/// Whether values of a KPI of several platforms may be added up.
fn adds_up(unit: Unit) -> bool {
    match unit {
        Unit::Money | Unit::Count(_) => true,
        Unit::Number(what) => ["merchants", "listings", "changes", "campaigns"].contains(&what),
        Unit::MoneyPer(_) | Unit::Share | Unit::PerThousandMoney(_) | Unit::Days | Unit::Minutes => false,
    }
}

/// The main job with so few shoppers that building it takes no time.
fn project(patches: &[String]) -> Project {
    let few = ["population.shoppers=1_000".to_owned()];
    let overrides: Vec<Override> = few.iter().chain(patches).map(|patch| Override::parse(patch).unwrap()).collect();
    scenarios::load(&scenario(MAIN_JOB), &overrides).unwrap_or_else(|problems| panic!("{patches:?}: {}", problems.render(120, false)))
}

fn configured_in(project: &Project, arm: &str) -> BTreeSet<&'static str> {
    let built = scenarios::build(&project.arm(arm).unwrap(), project.directory(), 0).unwrap();
    configured(&built.market).into_iter().map(Mechanism::name).collect()
}

#[test]
fn every_mechanism_that_the_main_job_configures_has_an_entry() {
    let entries = entries();
    let named: BTreeSet<&str> = entries.iter().map(|entry| entry["mechanism"].as_str().unwrap()).collect();
    assert_eq!(named.len(), entries.len(), "an entry stands twice");
    let main_job = project(&[]);
    for arm in main_job.arm_names() {
        let missing: Vec<_> = configured_in(&main_job, arm).into_iter().filter(|name| !named.contains(name)).collect();
        assert!(missing.is_empty(), "arm {arm}: add to .ci/switch-off.yaml how to switch off {missing:?}, and the KPI that it moves");
    }
}

#[test]
fn every_kpi_of_an_entry_exists_and_is_summed_over_platforms_only_where_that_means_something() {
    let main_job = project(&[]);
    let platforms = &main_job.baseline().scenario.platforms;
    for entry in entries() {
        let name = &entry["mechanism"];
        let named = [Some((&entry["kpi"], &entry["platform"])), entry.get("own").map(|own| (&own[0], &own[1]))];
        for (what, where_) in named.into_iter().flatten() {
            let (what, where_) = (what.as_str().unwrap(), where_.as_str().unwrap());
            let known = kpi(what).unwrap_or_else(|| panic!("{name}: there is no KPI {what}"));
            assert!(where_ == "all" || platforms.contains_key(where_), "{name}: {where_}");
            assert!(where_ != "all" || adds_up(known.unit), "{name}: {what} of several platforms has no sum");
        }
    }
}

#[test]
fn the_patches_of_an_entry_switch_its_mechanism_off() {
    for entry in entries() {
        let name = entry["mechanism"].as_str().unwrap();
        assert!(Mechanism::ALL.iter().any(|mechanism| mechanism.name() == name), "there is no mechanism `{name}`");
        if entry["exempt"].is_string() {
            continue;
        }
        let arm = entry["arm"].as_str().unwrap_or(BASELINE);
        let base = project(&patches(&entry, "base"));
        assert!(configured_in(&base, arm).contains(name), "{name}: the main job does not configure it");
        let off = project(&[patches(&entry, "base"), patches(&entry, "set")].concat());
        let off_arm = entry["off_arm"].as_str().unwrap_or(arm);
        assert_eq!(configured_in(&off, off_arm).contains(name), entry["stays"].is_string(), "{name}: {entry}");
    }
}
