//! KPIs over a horizon, and paired differences between arms.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use results::kpi::kpi;
use results::{CellSummary, Comparison, Existing, Extrapolation, KpiSummary, RunReader, RunWriter, Selection, report};
use support::{options, outcome, platform_tick};

const REAL: Extrapolation = Extrapolation { scale: 1_000.0, money_unit: 100 };

fn cell(arm: &str, replication: u32, gmv: i64, orders: i64) -> CellSummary {
    let mut summary = KpiSummary::default();
    for (platform, gmv) in [("Taobao", gmv), ("JD", 2_000)] {
        let mut row = platform_tick(platform, 0);
        (row.gmv, row.orders, row.missions, row.satisfaction) = (gmv, orders, 100, 0.25);
        summary.add(&row);
    }
    CellSummary { arm: arm.to_owned(), replication, summary }
}

fn five_pairs() -> Vec<CellSummary> {
    // Differences 1, 2, 3, 4, 5: mean 3, variance 2.5.
    let pair = |index: u32| {
        let step = i64::from(index);
        [cell("price", index, 1_000 + 10 * step, 10), cell("ai", index, 999 + 9 * step, 10)]
    };
    (0..5).flat_map(pair).collect()
}

#[test]
fn ratios_are_recomputed_from_sums() {
    let mut summary = KpiSummary::default();
    for (tick, missions, orders, gmv) in [(0, 10, 5, 500), (1, 90, 9, 1_500)] {
        let mut row = platform_tick("Taobao", tick);
        (row.missions, row.orders, row.gmv) = (missions, orders, gmv);
        (row.shipped_gmv, row.refunds, row.net_gmv, row.commission) = (gmv, gmv / 5, gmv - gmv / 5, gmv / 10);
        (row.subsidy, row.clawback) = (30, 10);
        (row.returned_orders, row.returned_live, row.delivered_shelf, row.delivered_live) = (2, 2, 6, 4);
        (row.merchant_gross_margin, row.satisfaction) = (if tick == 0 { 0.5 } else { 0.25 }, f64::NAN);
        (row.price_index, row.active_shoppers) = (1.0 - 0.5 * f64::from(tick), if tick == 0 { 7.0 } else { f64::NAN });
        (row.contacts, row.service_response_time) = (orders, f64::from(tick));
        (row.parcels, row.conversion_rate) = (2.5, 0.9);
        summary.add(&row);
        let mut rival = platform_tick("JD", tick);
        rival.gmv = 3_000;
        summary.add(&rival);
    }
    let value = |name: &str| summary.value("Taobao", kpi(name).unwrap());
    for (name, expected) in [
        ("gmv", 2_000.0),
        ("conversion_rate", 0.14),
        ("average_order_value", 2_000.0 / 14.0),
        ("take_rate", 200.0 / 1_600.0),
        ("subsidy_rate", 40.0 / 2_000.0),
        ("return_rate", 0.2),
        ("return_rate_live", 0.5),
        ("return_rate_shelf", 0.0),
        ("gmv_share", 0.25),
        ("hhi", 0.625),
        ("merchant_gross_margin", (400.0 * 0.5 + 1_200.0 * 0.25) / 1_600.0),
        ("service_response_time", 9.0 / 14.0),
        ("price_index", 0.75),
        ("active_shoppers", 7.0),
        ("parcels", 5.0),
    ] {
        let found = value(name).unwrap_or(f64::NAN);
        assert!((found - expected).abs() < 1e-12, "{name}: {found}, expected {expected}");
    }
    assert_eq!(value("satisfaction"), None, "no census, no value");
    assert_eq!(value("delivery_days"), None);
    assert_eq!(summary.value("nobody", kpi("gmv").unwrap()), None);
    assert_eq!(summary.value("JD", kpi("conversion_rate").unwrap()), None, "a ratio without denominator");
}

#[test]
fn the_interval_is_that_computed_by_hand() {
    let comparison = Comparison::of(&five_pairs(), "price", "ai").unwrap();
    let gmv = comparison.difference("Taobao", "gmv").unwrap();
    let error = (2.5_f64 / 5.0).sqrt();
    assert_eq!((gmv.pairs, gmv.higher, gmv.difference), (5, 5, 3.0));
    assert_eq!((gmv.mean, gmv.versus_mean), (1_020.0, 1_017.0));
    assert!((gmv.standard_error.unwrap() - error).abs() < 1e-12);
    let (low, high) = gmv.interval.unwrap();
    assert!((low - (3.0 - 2.776_445_105 * error)).abs() < 1e-6 && (high - (3.0 + 2.776_445_105 * error)).abs() < 1e-6);
    let same = comparison.difference("JD", "gmv").unwrap();
    assert_eq!((same.difference, same.interval, same.higher), (0.0, Some((0.0, 0.0)), 0));
}

#[test]
fn one_pair_has_no_interval() {
    let cells = [cell("price", 0, 1_100, 10), cell("ai", 0, 1_000, 10), cell("price", 1, 1, 1)];
    let comparison = Comparison::of(&cells, "price", "ai").unwrap();
    let gmv = comparison.difference("Taobao", "gmv").unwrap();
    assert_eq!((gmv.pairs, gmv.standard_error, gmv.interval, gmv.difference), (1, None, None, 100.0));
    let table = report::comparison_table(&comparison, "Taobao", Selection::Headline, REAL);
    assert!(table.contains("no interval") && table.contains("1 of 1"), "{table}");
}

#[test]
fn unknown_arms_are_named() {
    let error = Comparison::of(&five_pairs(), "price", "subsidy").unwrap_err().to_string();
    assert!(error.contains("`subsidy`") && error.contains("ai, price"), "{error}");
}

#[test]
fn tables_are_readable_at_a_hundred_columns() {
    let cells = five_pairs();
    let comparison = Comparison::of(&cells, "price", "ai").unwrap();
    for selection in [Selection::Headline, Selection::All] {
        let table = report::comparison_table(&comparison, "Taobao", selection, REAL);
        let kpis = report::kpi_table(&cells, "price", selection, REAL);
        for line in table.lines().chain(kpis.lines()) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
    let table = report::comparison_table(&comparison, "Taobao", Selection::Headline, REAL);
    let line = table.lines().find(|line| line.trim_start().starts_with("gmv ")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words.join(" "), "gmv 10.2 k yuan 10.2 k yuan +30.0 yuan [+10.4, +49.6] 5 of 5");
    assert!(table.starts_with("Taobao: price less ai, 5 replications, extrapolated by 1000 people per shopper"), "{table}");
    let kpis = report::kpi_table(&cells, "price", Selection::Headline, REAL);
    assert!(kpis.contains("Taobao") && kpis.contains("JD") && kpis.contains("10.2 k yuan"), "{kpis}");
    assert_eq!(report::kpi_table(&cells, "nobody", Selection::All, REAL), "");
}

#[test]
fn the_comparison_is_a_table_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(3, 2, Existing::Refuse)).unwrap();
    let comparison = Comparison::of(&five_pairs(), "price", "ai").unwrap();
    let rows = comparison.rows(2);
    writer.write_across(rows.iter().map(|row| ("price", row))).unwrap();
    let manifest = writer.finish(outcome()).unwrap();
    assert_eq!(manifest.rows("comparison"), rows.len() as u64);
    let batch = RunReader::open(&dir).unwrap().batches("comparison").unwrap().next().unwrap().unwrap();
    let replication: &arrow_array::UInt32Array = results::reader::column(&batch, "replication").unwrap();
    assert_eq!(arrow_array::Array::null_count(replication), rows.len());
    let difference: &arrow_array::Float64Array = results::reader::column(&batch, "difference").unwrap();
    assert_eq!(difference.value(0), 3.0);
}

#[test]
fn a_summary_goes_through_json_unchanged() {
    let cell = cell("price", 3, i64::MAX, 7);
    let text = serde_json::to_string(&cell).unwrap();
    assert_eq!(serde_json::from_str::<CellSummary>(&text).unwrap(), cell);
    let kpis = cell.kpis();
    assert_eq!(kpis.platforms["Taobao"]["satisfaction"], Some(0.25));
    assert_eq!(kpis.platforms["Taobao"]["take_rate"], None);
}

proptest! {
    #[test]
    fn exchanging_the_arms_negates_every_difference(
        values in prop::collection::vec((0_i64..1_000_000_000, 0_i64..5_000, 0_i64..1_000_000_000, 0_i64..5_000), 1..8)
    ) {
        let cells: Vec<_> = (0..).zip(&values).flat_map(|(index, &(gmv, orders, other_gmv, other_orders))| {
            [cell("a", index, gmv, orders), cell("b", index, other_gmv, other_orders)]
        }).collect();
        let forth = Comparison::of(&cells, "a", "b").unwrap();
        let back = Comparison::of(&cells, "b", "a").unwrap();
        prop_assert_eq!(forth.differences.len(), back.differences.len());
        for (one, other) in forth.differences.iter().zip(&back.differences) {
            prop_assert_eq!(one.kpi.name, other.kpi.name);
            prop_assert_eq!(one.pairs, other.pairs);
            prop_assert!(one.higher + other.higher <= one.pairs);
            prop_assert_eq!(one.standard_error, other.standard_error);
            if one.pairs > 0 {
                prop_assert_eq!(one.difference, -other.difference);
                prop_assert_eq!((one.mean, one.versus_mean), (other.versus_mean, other.mean));
                prop_assert_eq!(one.interval, other.interval.map(|(low, high)| (-high, -low)));
            }
        }
    }
}
