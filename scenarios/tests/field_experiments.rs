//! Field experiments with service tools, replayed inside the main job: the same shoppers with and without the tool at their shops; the
//! effect lies in the band that the experiments found.

mod support;

use agents::market::Bazaar;
use agents::service::ToolUse;
use agents::service::trial::{assign, candidates, mean_assistance};
use scenarios::Built;
use sim_core::tick::World;
use support::{built_file, step};

/// Ticks of the warm-up and of learning before a trial.
const BEFORE: u32 = 42;
const SET: [&str; 1] = ["population.shoppers=24_000"];

/// (orders, GMV, GMV returned) of the listings that count, in so many ticks from `skip` on.
fn outcome(market: &Bazaar, mut world: World<Bazaar>, ticks: u32, skip: u32, counts: impl Fn(usize) -> bool) -> [f64; 3] {
    let mut sums = [0i64; 3];
    for tick in 0..ticks {
        let tallies = step(market, &mut world).listings;
        for l in (0..market.catalog.listings.len()).filter(|&l| tick >= skip && counts(l)) {
            sums = [sums[0] + tallies.orders[l], sums[1] + tallies.gmv[l], sums[2] + tallies.refunds[l]];
        }
    }
    sums.map(|sum| sum as f64)
}

/// Lifts of sales and of the return rate of the shops that could have the tool: all of them with it, over none of them.
fn lifts(built: &Built, ticks: u32, skip: u32, live: bool) -> (f64, f64) {
    let market = &built.market;
    let mut world = built.world();
    for _ in 0..BEFORE {
        step(market, &mut world);
    }
    let shops = candidates(market, &world.merchants);
    let saved = market.save(&world).expect("plain data");
    let [with, without] = [ToolUse::HandedOut, ToolUse::GivenUp].map(|tool| {
        let mut copy = market.load(&saved).expect("undamaged");
        assign(&mut copy.merchants, &shops, tool);
        let counts =
            |l: usize| market.catalog.listings[l].live == live && shops.binary_search(&market.catalog.listings[l].merchant).is_ok();
        outcome(market, copy, ticks, skip, counts)
    });
    let rate = |sums: [f64; 3]| sums[2] / sums[1];
    (with[0] / without[0] - 1.0, rate(with) / rate(without) - 1.0)
}

#[test]
fn an_assistant_before_the_sale_lifts_sales_within_the_band_of_the_field() {
    let (sales, _) = lifts(&built_file("double-11-2025.yaml", &SET), 21, 0, false);
    assert!((0.0..=0.20).contains(&sales), "{sales}");
}

#[test]
fn an_assistant_in_live_streams_lifts_sales_and_prevents_returns_within_the_bands_of_the_field() {
    let (sales, returns) = lifts(&built_file("double-11-2025.yaml", &SET), 42, 14, true);
    assert!((0.0..=0.06).contains(&sales), "sales {sales}");
    assert!((-0.20..=-0.03).contains(&returns), "returns {returns}");
}

#[test]
fn people_with_the_tool_resolve_more_issues_an_hour_within_the_band_of_the_field() {
    let built = built_file("double-11-2025.yaml", &["population.shoppers=2_000"]);
    let world = built.world();
    let gain = mean_assistance(&built.market, &world.merchants, built.market.warm_up + 45);
    assert!((0.08..=0.20).contains(&gain), "{gain}");
}
