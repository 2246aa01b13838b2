//! Field experiments with service tools, replayed inside the main job: a random half of the merchants keeps the tool, the effect lies in
//! the band that the experiments found.

mod support;

use agents::market::Bazaar;
use agents::service::trial::{holders, mean_assistance, withdraw};
use scenarios::Built;
use sim_core::tick::World;
use support::{built_file, step};

/// Ticks of the warm-up and of learning before a trial.
const BEFORE: u32 = 42;
/// Everybody has the tool, so that there are many to treat; the season is cut short after it.
const SET: [&str; 9] = [
    "population.shoppers=24_000",
    "catalog.merchants.established-shops.service.tool.adopters=100 %",
    "catalog.merchants.data-driven-shops.service.tool.adopters=100 %",
    "catalog.merchants.small-shops.service.tool.adopters=100 %",
    "catalog.merchants.discounters.service.tool.adopters=100 %",
    "catalog.merchants.white-label-factories.service.tool.adopters=100 %",
    "catalog.merchants.repricing-robots.service.tool.adopters=100 %",
    "catalog.merchants.live-stores.service.tool.adopters=100 %",
    "catalog.merchants.live-testers.service.tool.adopters=100 %",
];

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

/// Lifts of sales and of the return rate of the treated over the others, for shelf and live listings.
fn lifts(built: &Built, ticks: u32, skip: u32, live: bool) -> (f64, f64) {
    let market = &built.market;
    let mut world = built.world();
    for _ in 0..BEFORE {
        step(market, &mut world);
    }
    let all = holders(market, &world.merchants, BEFORE);
    // every other holder is treated: ids carry no order that matters, groups are mixed in both halves
    let treated: Vec<u32> = all.iter().copied().step_by(2).collect();
    let others: Vec<u32> = all.iter().copied().skip(1).step_by(2).collect();
    let saved = market.save(&world).expect("plain data");
    let copy = |without: &[u32]| {
        let mut copy = market.load(&saved).expect("undamaged");
        withdraw(&mut copy.merchants, without);
        copy
    };
    let part = |without: &[u32], of: &[u32]| {
        let counts = |l: usize| market.catalog.listings[l].live == live && of.binary_search(&market.catalog.listings[l].merchant).is_ok();
        outcome(market, copy(without), ticks, skip, counts)
    };
    let [with, without] = [(&others, &treated), (&all, &treated)].map(|(without, of)| part(without, of));
    let [control_with, control_without] = [(&others, &others), (&all, &others)].map(|(without, of)| part(without, of));
    let sales = with[0] / without[0] / (control_with[0] / control_without[0]) - 1.0;
    let rate = |sums: [f64; 3]| sums[2] / sums[1];
    let returns = rate(with) / rate(without) / (rate(control_with) / rate(control_without)) - 1.0;
    (sales, returns)
}

#[test]
fn an_assistant_before_the_sale_lifts_sales_within_the_band_of_the_field() {
    let (sales, _) = lifts(&built_file("double-11-2025.yaml", &SET), 21, 0, false);
    assert!((0.0..=0.20).contains(&sales), "{sales}");
}

#[test]
fn an_assistant_in_live_streams_lifts_sales_within_the_band_of_the_field_and_hardly_moves_returns() {
    // returns are noisy: one market of this size has a standard error of about 0.03
    let seeds = ["seed=20251111", "seed=1", "seed=2", "seed=3"];
    let found = seeds.map(|seed| lifts(&built_file("double-11-2025.yaml", &[&SET[..], &[seed]].concat()), 42, 14, true));
    let [sales, returns] = [|x: &(f64, f64)| x.0, |x: &(f64, f64)| x.1].map(|of| found.iter().map(of).sum::<f64>() / seeds.len() as f64);
    assert!((0.0..=0.06).contains(&sales), "sales {sales}: {found:?}");
    // the field found -12.6 %: this market falls short of it, a known miss of the moments file
    assert!((-0.20..=0.04).contains(&returns), "returns {returns}: {found:?}");
}

#[test]
fn people_with_the_tool_resolve_more_issues_an_hour_within_the_band_of_the_field() {
    let built = built_file("double-11-2025.yaml", &["population.shoppers=2_000"]);
    let world = built.world();
    let gain = mean_assistance(&built.market, &world.merchants, built.market.warm_up + 45);
    assert!((0.08..=0.20).contains(&gain), "{gain}");
}
