//! Merchants in the engine: who sells, on which terms, where, and at which price, against what economics signs.

mod support;

use agents::configured::configured;
use agents::metric::{Mechanism, Metric};
use agents::presence::Status;
use support::{built, built_from, run};

fn sum_of(set: &[&str], metric: Metric) -> i64 {
    let mut sum = 0;
    run(&built(set), |_, _, totals, _| sum += (0..3).map(|p| totals.sum(p, metric)).sum::<i64>());
    sum
}

#[test]
fn every_decision_of_merchants_that_the_small_market_configures_is_made() {
    let built = built(&[]);
    let of_merchants = |m: &Mechanism| {
        let name = m.name();
        name.starts_with("pricing-")
            || name.starts_with("merchant-")
            || name.contains("listing-fee")
            || name.contains("newsvendor")
            || name.contains("menu-cost")
            || name.contains("promotion-participation")
            || name == "restock"
    };
    let wanted: Vec<Mechanism> = configured(&built.market).into_iter().filter(of_merchants).collect();
    assert!(wanted.len() >= 16, "{wanted:?}");
    let mut fired = vec![0; wanted.len()];
    run(&built, |_, _, totals, _| {
        for (count, mechanism) in fired.iter_mut().zip(&wanted) {
            *count += totals.mechanisms.get(*mechanism as usize).fired;
        }
    });
    for (mechanism, count) in wanted.iter().zip(&fired) {
        assert!(*count > 0, "{} sleeps", mechanism.name());
    }
}

#[test]
fn what_is_not_on_sale_is_never_sold_and_who_left_stays_away() {
    let built = built(&[]);
    let catalog = &built.market.catalog;
    let mut listed = built.world().view.state.listed.clone();
    let (mut closed, mut gone) = (0, vec![false; catalog.merchants.len()]);
    run(&built, |_, world, totals, tallies| {
        for (l, on) in listed.iter().enumerate().filter(|(_, on)| !**on) {
            assert_eq!(tallies.orders[l], 0, "listing {l} is not on sale ({on})");
            closed += 1;
        }
        listed.clone_from(&world.view.state.listed);
        for (m, standing) in world.merchants.standing.iter().enumerate() {
            let sells = catalog.merchants[m].listings.iter().any(|&l| listed[l as usize]);
            assert_eq!(sells, standing.status == Status::Active, "merchant {m} is {:?}", standing.status);
            assert!(!gone[m] || standing.status == Status::Exited, "merchant {m} came back");
            gone[m] |= standing.status == Status::Exited;
        }
        let active: i64 = (0..3).map(|p| totals.sum(p, Metric::ActiveListings)).sum();
        assert_eq!(active, listed.iter().filter(|on| **on).count() as i64);
    });
    assert!(closed > 100 && gone.contains(&true), "the test needs closed listings and merchants who leave");
}

#[test]
fn exits_follow_from_losses_and_no_exit_happens_where_it_is_switched_off() {
    let exits = |cost: &str, exit: &str| {
        let set = [format!("catalog.merchants.old-timers.fixed_cost={cost}"), format!("catalog.merchants.old-timers.exit={exit}")];
        sum_of(&[&set[0], &set[1]], Metric::ExitedMerchants)
    };
    assert_eq!(exits("500 yuan", "never"), 0);
    let (cheap, dear) = (exits("0 yuan", "insolvent"), exits("500 yuan", "insolvent"));
    assert!(cheap < dear && dear == 8, "{cheap} exits without fixed cost, {dear} of 8 with 500 yuan a day");
}

#[test]
fn entry_rises_with_profit() {
    let entries = |cost: &str| {
        let set = [format!("catalog.merchants.newcomers.fixed_cost={cost}"), "catalog.merchants.newcomers.count=60".into()];
        sum_of(&[&set[0], &set[1]], Metric::EnteredMerchants)
    };
    let (rich, poor, ruinous) = (entries("0 yuan"), entries("60 yuan"), entries("5000 yuan"));
    assert!(rich > poor && poor >= ruinous && ruinous == 0, "{rich}, {poor}, {ruinous}");
    assert_eq!(sum_of(&["catalog.merchants.newcomers.entry.dormant=0 %"], Metric::EnteredMerchants), 0);
}

#[test]
fn a_platform_that_takes_less_gains_listings() {
    let listings = |take: &str| {
        let set = [format!("platforms.north.take_rate={take}"), "catalog.merchants.factories.count=60".into()];
        let world = run(&built(&[&set[0], &set[1]]), |_, _, _, _| {});
        let catalog = &built(&[&set[0], &set[1]]).market.catalog;
        let on_north = |l: &usize| catalog.listings[*l].platform == 0 && world.view.state.listed[*l];
        (0..catalog.listings.len()).filter(on_north).count()
    };
    let (cheap, dear) = (listings("2 %"), listings("40 %"));
    assert!(cheap > dear + 10, "{cheap} listings at 2 %, {dear} at 40 %");
}

#[test]
fn a_menu_cost_makes_prices_sticky_and_is_paid() {
    let changes = |cost: &str| sum_of(&[&format!("catalog.merchants.brands.menu_cost={cost}")], Metric::PriceChanges);
    let (free, dear) = (changes("0 yuan"), changes("100 yuan"));
    assert!(dear < free * 9 / 10, "{free} changes for nothing, {dear} at 100 yuan");
    let fixed = |cost: &str| sum_of(&[&format!("catalog.merchants.brands.menu_cost={cost}")], Metric::MerchantFixed);
    assert!(fixed("15 yuan") > fixed("0 yuan"));
}

#[test]
fn merchants_who_do_not_join_fund_nothing_and_the_profitable_fund_less() {
    let funded = |policy: &str| {
        let groups =
            ["brands", "shops", "factories", "streamers", "old-timers", "newcomers", "climbers", "learners", "gamblers", "south-own"];
        let set: Vec<String> = groups.iter().map(|g| format!("catalog.merchants.{g}.participation={policy}")).collect();
        sum_of(&set.iter().map(String::as_str).collect::<Vec<_>>(), Metric::MerchantDiscount)
    };
    let (all, some, none) = (funded("always"), funded("{profitable: {hurdle: 0.05}}"), funded("never"));
    assert!(all > some && some > 0 && none == 0, "always {all}, profitable {some}, never {none}");
}

#[test]
fn a_newsvendor_runs_out_less_where_a_lost_sale_costs_more() {
    let stockouts = |ratio: &str| {
        sum_of(
            &[&format!("catalog.merchants.streamers.stock={{newsvendor: {{critical_ratio: {ratio}, review: 3, lead_time: 2}}}}")],
            Metric::Stockouts,
        )
    };
    let (low, high) = (stockouts("0.3"), stockouts("0.99"));
    assert!(high < low, "{low} at a ratio of 0.3, {high} at 0.99");
}

/// A textbook duopoly: two merchants, one page that shows both, linear utility, no memory.
const DUOPOLY: &str = "
bazaar: 1
name: duopoly
seed: 5
money_unit: 10000
calendar: {start: 2025-01-01, end: 2025-05-30}
population:
  people: 40_000
  shoppers: 40_000
  missions: bernoulli
  segments: {everybody: {share: 100 %, visit_rate: 0.5, price_sensitivity: 1}}
  choice: {mu: 0.25, quality: 2, outside: 0, price_utility: linear, price_scale: 1 yuan}
catalog:
  categories: {goods: {price: 1.8, cost: 1}}
  merchants:
    one: {count: 1, platforms: {market: 100 %}, quality: 1, cost_factor: 0.55556, pricing: {best-response: {interval: 2}}}
    two: {count: 1, platforms: {market: 100 %}, quality: 1, cost_factor: 0.55556, pricing: {best-response: {interval: 3}}}
platforms:
  market: {ranking: {recall: 0, shown: 8}}
";

/// Symmetric Bertrand-Nash price of `sellers` single-product sellers: p = c + mu / (1 - s).
fn nash(sellers: f64) -> f64 {
    let gap = |p: f64| {
        let weight = sim_core::math::exp((2.0 - p) / 0.25);
        p - 1.0 - 0.25 / (1.0 - weight / (1.0 + sellers * weight))
    };
    let (mut low, mut high) = (1.0, 3.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if gap(middle) < 0.0 { low = middle } else { high = middle }
    }
    low
}

/// Mean price of each listing over the last 60 days, in yuan.
fn late_prices(set: &[&str]) -> Vec<f64> {
    let built = built_from(DUOPOLY, "baseline", set);
    let listings = built.market.catalog.listings.len();
    let (mut sums, mut days) = (vec![0.0; listings], 0.0);
    run(&built, |_, world, _, _| {
        if world.tick.0 + 60 > built.market.ticks() {
            days += 1.0;
            sums.iter_mut().zip(&world.view.state.prices).for_each(|(sum, price)| *sum += f64::from(*price) / 10_000.0);
        }
    });
    sums.iter().map(|sum| sum / days).collect()
}

#[test]
fn best_replies_in_the_engine_meet_at_the_nash_price_of_the_textbook() {
    // shares of 20,000 pages are known to 0.4 %: prices to 0.25 x 0.004 / (1 - s)^2
    for price in late_prices(&[]) {
        assert!((price - nash(2.0)).abs() < 0.01, "{price}, Nash {}", nash(2.0));
    }
}

#[test]
fn a_merchant_of_two_products_asks_more_than_two_merchants() {
    let prices = late_prices(&["catalog.merchants.one.products=2"]);
    let (joint, rival) = ((prices[0] + prices[1]) / 2.0, prices[2]);
    assert!(joint > rival + 0.05, "two products of one owner {prices:?}");
    assert!(rival > nash(3.0), "softer competition than among three: {rival}, Nash of three {}", nash(3.0));
}
