//! Worlds of scenarios, and runs of them, for the tests of this crate.
#![allow(dead_code, reason = "each test file uses a part")]

use agents::market::Bazaar;
use agents::metric::{Listings, Metric, Totals};
use scenarios::{Built, Override, build, load, load_text};
use sim_core::exchange::Local;
use sim_core::tick::{Ticked, World, run_tick};
use std::path::Path;

/// The small market in which everything is on: platforms north, south, east.
pub(crate) const TINY: &str = include_str!("../../regression/tiny.yaml");
/// The main job.
pub(crate) const DOUBLE_11: &str = include_str!("../../library/double-11-2025.yaml");
/// Places of the platforms of the small market.
pub(crate) const PLATFORMS: std::ops::Range<usize> = 0..3;

/// The small market, without an arm, with values set as on the command line.
pub(crate) fn built(set: &[&str]) -> Built {
    built_from(TINY, "baseline", set)
}

/// An arm of a scenario, with values set as on the command line.
pub(crate) fn built_from(text: &str, arm: &str, set: &[&str]) -> Built {
    let project = load_text(Path::new("scenario.yaml"), text, &overrides(set)).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    let loaded = project.arm(arm).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    build(&loaded, project.directory(), 0).expect("a world")
}

/// A scenario of the library, without an arm.
pub(crate) fn built_file(name: &str, set: &[&str]) -> Built {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library").join(name);
    let project = load(&file, &overrides(set)).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    build(&project.baseline().clone(), project.directory(), 0).expect("a world")
}

/// Values as on the command line.
pub(crate) fn overrides(set: &[&str]) -> Vec<Override> {
    set.iter().map(|text| Override::parse(text).unwrap_or_else(|p| panic!("{}", p.render(120, false)))).collect()
}

/// One tick.
pub(crate) fn step(market: &Bazaar, world: &mut World<Bazaar>) -> Ticked<Bazaar> {
    run_tick(market, world, &mut Local, |_| {}).expect("the local exchange does not fail")
}

/// Runs to the end; calls `see` after each tick.
pub(crate) fn run(built: &Built, mut see: impl FnMut(u32, &mut World<Bazaar>, &Totals, &Listings)) -> World<Bazaar> {
    let mut world = built.world();
    for tick in 0..built.market.ticks() {
        let ticked = step(&built.market, &mut world);
        see(tick, &mut world, &ticked.totals, &ticked.listings);
    }
    world
}

/// Sums of metrics over a run, by platforms and all of them.
pub(crate) fn sums<const N: usize>(built: &Built, metrics: [Metric; N]) -> [f64; N] {
    let mut sums = [0i64; N];
    let platforms = built.market.catalog.platforms.len();
    run(built, |_, _, totals, _| {
        for (sum, metric) in sums.iter_mut().zip(metrics) {
            *sum += (0..platforms).map(|p| totals.sum(p, metric)).sum::<i64>();
        }
    });
    sums.map(|sum| sum as f64)
}
