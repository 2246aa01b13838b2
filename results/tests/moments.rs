//! Estimators on rows that are made by hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use results::moments::{Measured, Series, dip_share, markdown, summary, terminal};
use sim_core::rows::PlatformTick;
use support::platform_tick;

/// 28 days of two platforms: `red` sells twice as much as `blue`; days 14 to 20 sell `lift` times as much.
fn series(lift: f64, after: f64) -> Series {
    let mut series = Series::new(1);
    for tick in 0..28 {
        let factor = match tick {
            14..21 => lift,
            21..28 => after,
            _ => 1.0,
        };
        series.extend([("red", 2), ("blue", 1)].map(|(platform, size)| row(platform, tick, (1_000.0 * factor) as i64 * size)));
    }
    series
}

fn row(platform: &str, tick: u32, orders: i64) -> PlatformTick {
    PlatformTick {
        missions: 2 * orders,
        orders,
        shipped_orders: orders,
        parcels: 2.5 * orders as f64,
        gmv: 100 * orders,
        shipped_gmv: 80 * orders,
        refunds: 10 * orders,
        net_gmv: 70 * orders,
        commission: 7 * orders,
        delivered_shelf: orders,
        returned_shelf: orders / 10,
        delivered_live: orders,
        returned_live: orders / 2,
        multi_homing_share: if tick % 7 == 6 { f64::from(tick) / 100.0 } else { f64::NAN },
        ..platform_tick(platform, tick)
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn each_estimator_is_what_its_definition_says() {
    let run = series(1.2, 1.0);
    let (all, ordinary) = (run.all(), 0..14);
    assert_eq!(all, 0..28);
    close(run.gmv_share(&ordinary, "red"), 2.0 / 3.0);
    close(run.gmv_share(&ordinary, "red") + run.gmv_share(&ordinary, "blue"), 1.0);
    close(run.parcels_per_shopper_year(&ordinary, 15_000), 2.5 * 3_000.0 * 365.0 / 15_000.0);
    close(run.net_over_gross_gmv(&all), 0.7);
    close(run.mean_parcels(&(7..21), &ordinary), 1.1);
    close(run.peak_parcels(&(7..21), &ordinary), 1.2);
    close(run.gmv_share_before(&(7..21), 14), 1.0 / 2.2);
    close(run.return_rate_shelf(&all), 0.1);
    close(run.return_rate_live(&all), 0.5);
    close(run.conversion_per_mission(&ordinary), 0.5);
    close(run.take_rate(&all, "red"), 0.07);
    close(run.multi_homing(21), 0.20);
    close(run.multi_homing(20), 0.13);
    assert!(run.multi_homing(3).is_nan(), "no census yet");
}

#[test]
fn a_day_of_several_ticks_peaks_as_a_day() {
    let mut hourly = Series::new(2);
    for tick in 0..8 {
        hourly.extend([row("red", tick, if tick == 5 { 300 } else { 100 })]);
    }
    close(hourly.peak_parcels(&(4..8), &(0..4)), 2.0);
    close(hourly.mean_parcels(&(4..8), &(0..4)), 1.5);
}

#[test]
fn what_is_borrowed_is_what_is_missing_over_what_was_added() {
    let (run, without) = (series(1.5, 0.95), series(1.0, 1.0));
    close(dip_share(&run, &without, &(14..21), 1), 0.1);
    // of a longer period only its last week counts: four days of +0.5 and three of -0.05, then four of -0.05
    close(dip_share(&run, &without, &(14..24), 1), 0.2 / 1.85);
    assert!(dip_share(&without, &without, &(14..21), 1).is_nan(), "nothing was added");
}

fn measured(name: &str, band: [f64; 2], values: &[f64]) -> Measured {
    let empty = Measured {
        group: "facts".to_owned(),
        name: name.to_owned(),
        target: Some(0.5),
        band: Some(band),
        simulated: None,
        standard_error: None,
        values: Vec::new(),
        is_in: None,
        known_miss: false,
        not_measured: None,
        source: "a paper".to_owned(),
        note: None,
    };
    empty.with_values(values)
}

#[test]
fn a_mean_has_the_error_of_its_replications() {
    let found = measured("one", [0.4, 0.6], &[0.4, 0.5, 0.6, f64::NAN]);
    close(found.simulated.expect("a mean"), 0.5);
    close(found.standard_error.expect("three values"), 0.1 / 3f64.sqrt());
    assert_eq!((found.is_in, found.values.len()), (Some(true), 4));
    assert_eq!(measured("alone", [0.4, 0.6], &[0.7]).standard_error, None);
}

#[test]
fn a_miss_is_shown_like_a_hit() {
    let mut missing = measured("missing", [0.4, 0.6], &[]);
    missing.not_measured = Some("no such thing".to_owned());
    let moments = [measured("hit", [0.4, 0.6], &[0.5]), measured("miss", [0.4, 0.6], &[0.7]), missing];
    assert_eq!(moments.each_ref().map(Measured::verdict), ["in", "OUT", "not measured"]);
    assert_eq!(summary(&moments), "Of 3 moments with a band, 1 are in, 1 out, 1 not measured.");
    for text in [terminal(&moments), markdown(&moments)] {
        for part in ["hit", "miss", "OUT", "missing", "no such thing", "0.7000", "0.4 to 0.6"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.lines().next().is_some_and(|line| line.ends_with("facts")), "{text}");
    }
    assert!(terminal(&moments).lines().all(|line| line.chars().count() <= 100));
}
