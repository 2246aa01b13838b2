//! `run --json`: everything that a run found out, as one JSON object.
//!
//! Owns its shape. Values are in model units of the real market: yuan, people's orders. Leaves out rows: they are in the
//! tables.

use std::collections::BTreeMap;
use std::time::Duration;

use results::{Comparison, Extrapolation, KPIS, PairedDifference};
use serde::Serialize;

use crate::engine::STAGES;
use crate::experiment::{Finished, Timings};
use crate::mechanisms::json_text;
use crate::plan::{Plan, VERSION};
use crate::spend::Spend;

const UNITS: &str = "extrapolated to the real market by `scale` people per shopper: money in yuan, counts as counted in the \
                     real market; shares and ratios as they are; time in seconds";

#[derive(Serialize)]
struct Document {
    directory: String,
    name: String,
    program_version: &'static str,
    scenario_hash: String,
    seed: u64,
    shoppers: u64,
    people: u64,
    scale: f64,
    units: &'static str,
    horizon: Horizon,
    focal: Option<String>,
    arms: Vec<String>,
    replications: u32,
    /// By arm, platform and KPI: mean over replications.
    kpis: BTreeMap<String, BTreeMap<String, BTreeMap<&'static str, Option<f64>>>>,
    comparisons: Vec<Differences>,
    spend: Option<SpendEquality>,
    cells: Vec<CellDigest>,
    tables: Vec<TableSize>,
    timings: Seconds,
}

#[derive(Serialize)]
struct Horizon {
    start: String,
    end: String,
    ticks: u32,
}

#[derive(Serialize)]
struct Differences {
    arm: String,
    versus: String,
    confidence: f64,
    /// By platform and KPI.
    differences: BTreeMap<String, BTreeMap<&'static str, Difference>>,
}

#[derive(Serialize)]
struct Difference {
    mean: Option<f64>,
    versus_mean: Option<f64>,
    difference: Option<f64>,
    standard_error: Option<f64>,
    interval: Option<[f64; 2]>,
    higher: u32,
    pairs: u32,
}

#[derive(Serialize)]
struct SpendEquality {
    /// By arm, yuan.
    spend: BTreeMap<String, f64>,
    relative_difference: f64,
    tolerance: f64,
    equal: bool,
}

#[derive(Serialize)]
struct CellDigest {
    arm: String,
    replication: u32,
    digest: String,
}

#[derive(Serialize)]
struct TableSize {
    table: String,
    rows: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Seconds {
    threads: usize,
    total: f64,
    build: f64,
    ticks: f64,
    rows: f64,
    stages: BTreeMap<&'static str, f64>,
    /// Simulated missions, not extrapolated, warm-up included.
    missions: u64,
}

/// The object, with a line break at its end.
pub(crate) fn of_run(plan: &Plan, finished: &Finished, threads: usize) -> String {
    let scenario = &plan.project.baseline().scenario;
    let run = &finished.manifest.run;
    let extrapolation = plan.extrapolation();
    json_text(&Document {
        directory: finished.dir.display().to_string(),
        name: run.name.clone(),
        program_version: VERSION,
        scenario_hash: run.scenario_hash.clone(),
        seed: run.seed,
        shoppers: run.shoppers,
        people: run.people,
        scale: run.scale,
        units: UNITS,
        horizon: Horizon { start: scenario.calendar.start.to_string(), end: scenario.calendar.end.to_string(), ticks: run.ticks },
        focal: plan.focal().map(str::to_owned),
        arms: finished.manifest.arms.clone(),
        replications: plan.replications,
        kpis: kpis(plan, finished),
        comparisons: finished.comparisons.iter().map(|found| differences(found, extrapolation)).collect(),
        spend: Spend::of(plan, &finished.cells).map(spend_equality),
        cells: digests(finished),
        tables: tables(finished),
        timings: seconds(&finished.timings, threads, finished.missions),
    })
}

fn kpis(plan: &Plan, finished: &Finished) -> BTreeMap<String, BTreeMap<String, BTreeMap<&'static str, Option<f64>>>> {
    let mut by_arm = BTreeMap::new();
    for (arm, _) in &plan.arms {
        let cells: Vec<_> = finished.cells.iter().filter(|cell| cell.arm == *arm).collect();
        let platforms = cells.first().into_iter().flat_map(|cell| cell.summary.platforms());
        let of_platform = |platform: &str| {
            let mean = |kpi: &'static results::Kpi| {
                let values: Vec<f64> = cells.iter().filter_map(|cell| cell.summary.value(platform, kpi)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                (kpi.name, finite(plan.extrapolation().apply(kpi.unit, mean)))
            };
            (platform.to_owned(), KPIS.iter().map(mean).collect())
        };
        by_arm.insert(arm.clone(), platforms.map(of_platform).collect());
    }
    by_arm
}

fn differences(found: &Comparison, extrapolation: Extrapolation) -> Differences {
    let mut by_platform: BTreeMap<String, BTreeMap<&'static str, Difference>> = BTreeMap::new();
    for difference in &found.differences {
        let of_platform = by_platform.entry(difference.platform.to_string()).or_default();
        of_platform.insert(difference.kpi.name, one_difference(difference, extrapolation));
    }
    Differences {
        arm: found.arm.clone(),
        versus: found.versus.clone(),
        confidence: results::comparison::CONFIDENCE,
        differences: by_platform,
    }
}

fn one_difference(found: &PairedDifference, extrapolation: Extrapolation) -> Difference {
    let real = |value: f64| extrapolation.apply(found.kpi.unit, value);
    Difference {
        mean: finite(real(found.mean)),
        versus_mean: finite(real(found.versus_mean)),
        difference: finite(real(found.difference)),
        standard_error: found.standard_error.map(real),
        interval: found.interval.map(|(low, high)| [real(low), real(high)]),
        higher: found.higher,
        pairs: found.pairs,
    }
}

fn spend_equality(spend: Spend) -> SpendEquality {
    let equal = spend.is_equal();
    SpendEquality { spend: spend.arms.into(), relative_difference: spend.difference, tolerance: spend.tolerance, equal }
}

fn digests(finished: &Finished) -> Vec<CellDigest> {
    let cells = finished.manifest.cells.iter();
    cells.map(|cell| CellDigest { arm: cell.arm.clone(), replication: cell.replication, digest: cell.digest.clone() }).collect()
}

fn tables(finished: &Finished) -> Vec<TableSize> {
    let manifest = &finished.manifest;
    let bytes = |table: &str| manifest.files.iter().filter(|file| file.table == table).map(|file| file.bytes).sum();
    let size = |table: &str| TableSize { table: table.to_owned(), rows: manifest.rows(table), bytes: bytes(table) };
    manifest.tables().into_iter().map(size).collect()
}

fn seconds(timings: &Timings, threads: usize, missions: u64) -> Seconds {
    let stages = STAGES.iter().zip(&timings.stages).map(|((_, name), time)| (*name, time.as_secs_f64()));
    let of = |time: Duration| time.as_secs_f64();
    Seconds {
        threads,
        total: of(timings.total),
        build: of(timings.build),
        ticks: of(timings.ticks),
        rows: of(timings.rows),
        stages: stages.collect(),
        missions,
    }
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}
