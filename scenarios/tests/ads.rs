//! Advertising in the engine: money, budgets, windows, targets and tools, against what economics signs.

use agents::configured::configured;
use agents::market::Bazaar;
use agents::metric::{Listings, Mechanism, Metric, Totals};
use scenarios::{Built, Override, build, load_text};
use sim_core::exchange::Local;
use sim_core::ledger::Account;
use sim_core::tick::{World, run_tick};
use std::path::Path;

/// No platform sells slots.
const WITHOUT: [&str; 3] = ["platforms.north.ads.slots=[]", "platforms.south.ads.slots=[]", "platforms.east.ads.slots=[]"];
const TINY: &str = include_str!("../regression/tiny.yaml");

fn built(set: &[&str]) -> Built {
    let overrides: Vec<Override> = set.iter().map(|text| Override::parse(text).expect("an override")).collect();
    let project = load_text(Path::new("scenario.yaml"), TINY, &overrides).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    build(&project.baseline().clone(), project.directory(), 0).expect("a world")
}

fn run(built: &Built, mut see: impl FnMut(u32, &World<Bazaar>, &Totals, &Listings)) -> World<Bazaar> {
    let mut world = built.world();
    for tick in 0..built.market.ticks() {
        let ticked = run_tick(&built.market, &mut world, &mut Local, |_| {}).expect("the local exchange does not fail");
        see(tick, &world, &ticked.totals, &ticked.listings);
    }
    world
}

/// Sums of metrics over the run, all platforms.
fn sums<const N: usize>(built: &Built, metrics: [Metric; N]) -> [f64; N] {
    let mut sums = [0.0; N];
    run(built, |_, _, totals, _| {
        for (sum, metric) in sums.iter_mut().zip(metrics) {
            *sum += (0..3).map(|p| totals.sum(p, metric)).sum::<i64>() as f64;
        }
    });
    sums
}

#[test]
fn every_part_of_advertising_that_the_small_market_configures_fires() {
    let built = built(&[]);
    let mine = |m: &Mechanism| *m as usize >= Mechanism::AdAuction as usize && *m as usize <= Mechanism::CostGuarantee as usize;
    let wanted: Vec<Mechanism> = configured(&built.market).into_iter().filter(mine).collect();
    assert!(wanted.len() >= 13, "{wanted:?}");
    let mut fired = [0; Mechanism::COUNT];
    run(&built, |_, _, totals, _| {
        for &mechanism in Mechanism::ALL.iter().filter(|m| mine(m)) {
            fired[mechanism as usize] += totals.mechanisms.get(mechanism as usize).fired;
        }
    });
    for mechanism in wanted.into_iter().chain([Mechanism::OverDelivery, Mechanism::CostGuarantee]) {
        assert!(fired[mechanism as usize] > 0, "{} sleeps", mechanism.name());
    }
}

#[test]
fn what_merchants_pay_is_what_clicks_cost_less_over_delivery_and_no_campaign_exceeds_its_budget() {
    let built = built(&[]);
    let catalog = &built.market.catalog;
    let mut budgets = vec![0; catalog.merchants.len() * 3];
    let mut capped = 0;
    run(&built, |_, world, totals, tallies| {
        let charges: i64 = tallies.ads.charges.iter().sum();
        let sum = |metric| (0..3).map(|p| totals.sum(p, metric)).sum::<i64>();
        assert_eq!(charges, sum(Metric::AdSpend) + sum(Metric::OverDelivery));
        let flow: i64 = (0..3).map(|p| totals.ledger.flow(p, Account::Merchant, Account::Ad).0).sum();
        assert_eq!(flow, sum(Metric::AdSpend));
        let mut free = 0;
        for (place, budget) in budgets.iter_mut().enumerate() {
            let (merchant, platform) = (place / 3, place % 3);
            let here = catalog.merchants[merchant].listings.iter().filter(|&&l| catalog.listings[l as usize].platform as usize == platform);
            let wanted: i64 = here.map(|&l| tallies.ads.charges[l as usize]).sum();
            free += (wanted - *budget).max(0);
            let campaign = &world.merchants.ads.campaigns[place];
            *budget = campaign.budget + campaign.extra;
        }
        assert_eq!(free, sum(Metric::OverDelivery));
        capped += free;
    });
    assert!(capped > 0, "the test needs a budget that is exceeded");
}

#[test]
fn a_market_without_slots_has_no_clicks_and_pays_for_none() {
    let [clicks, spend] = sums(&built(&WITHOUT), [Metric::AdClicks, Metric::AdSpend]);
    assert_eq!((clicks, spend), (0.0, 0.0));
}

#[test]
fn a_click_costs_more_where_traffic_is_contested() {
    let cost = |merchants: &str| {
        let few =
            ["shops", "factories", "streamers", "brands", "newcomers"].map(|g| format!("catalog.merchants.{g}.ads.budget={{sales: 0}}"));
        let mut set: Vec<&str> = if merchants == "few" { few.iter().map(String::as_str).collect() } else { Vec::new() };
        set.push("platforms.north.ads.guarantee={least_orders: 100000}");
        let [spend, clicks, over] = sums(&built(&set), [Metric::AdSpend, Metric::AdClicks, Metric::OverDelivery]);
        assert!(clicks > 50.0, "the test needs clicks, found {clicks}");
        (spend + over) / clicks
    };
    let (contested, empty) = (cost("all"), cost("few"));
    assert!(contested > 1.5 * empty, "{contested:.1} fen with everybody, {empty:.1} with few");
}

#[test]
fn a_boost_raises_spend_and_impressions_and_ends_on_time() {
    let window = 11..=15; // ticks of 14 to 18 March
    let seen = |set: &[&str]| {
        let built = built(set);
        let catalog = &built.market.catalog;
        let group = catalog.groups.iter().position(|g| &*g.name == "streamers").expect("a group of the file");
        let mine: Vec<usize> = (0..catalog.listings.len())
            .filter(|&l| catalog.merchants[catalog.listings[l].merchant as usize].group as usize == group)
            .collect();
        let (mut inside, mut outside) = ([0i64; 2], 0i64);
        run(&built, |tick, _, totals, tallies| {
            let boost: i64 = (0..3).map(|p| totals.sum(p, Metric::BoostSpend)).sum();
            if window.contains(&tick) {
                inside[0] += boost;
                inside[1] += mine.iter().map(|&l| tallies.ads.impressions[l]).sum::<i64>();
            } else {
                outside += boost;
            }
        });
        (inside, outside)
    };
    let (boosted, late) = seen(&[]);
    let (plain, _) = seen(&["catalog.merchants.streamers.ads.boost.budget=0"]);
    assert_eq!(late, 0, "a boost pays outside its window");
    assert!(boosted[0] > 0 && plain[0] == 0);
    assert!(boosted[1] as f64 > 1.1 * plain[1] as f64, "{} impressions with a boost, {} without", boosted[1], plain[1]);
}

#[test]
fn adoption_of_the_tool_spreads_and_stays() {
    let adopters = |hazard: &str, imitation: &str| {
        let set = [
            format!("catalog.merchants.shops.ads.whole_site.hazard={hazard}"),
            format!("catalog.merchants.shops.ads.whole_site.imitation={imitation}"),
        ];
        let built = built(&[&set[0], &set[1]]);
        let mut last = 0;
        let world = run(&built, |_, world, _, _| {
            let now = world.merchants.ads.adopted.iter().filter(|a| **a).count();
            assert!(now >= last, "an adopter forgot its tool");
            last = now;
        });
        world.merchants.ads.adopted.iter().filter(|a| **a).count()
    };
    let (none, slow, fast) = (adopters("0 %", "0 %"), adopters("10 %", "0 %"), adopters("10 %", "80 %"));
    assert!(none < slow && slow < fast, "{none}, {slow}, {fast}");
}

#[test]
fn the_guarantee_pays_back_and_the_platform_bears_it() {
    let [refunds, spend] = sums(&built(&[]), [Metric::AdRefunds, Metric::AdSpend]);
    assert!(refunds > 0.0 && refunds < spend, "{refunds} of {spend}");
    let [none] = sums(&built(&["platforms.north.ads.guarantee.least_orders=100000"]), [Metric::AdRefunds]);
    assert_eq!(none, 0.0);
}
