//! Advertising in the engine: money, budgets, windows, targets and tools, against what economics signs.

mod support;

use agents::ads::bid::Bid;
use agents::configured::configured;
use agents::metric::{Mechanism, Metric};
use agents::params::Bidding;
use scenarios::{Built, load_text};
use sim_core::ledger::Account;
use std::path::Path;
use support::{TINY, built, built_file, overrides, run, step, sums};

/// No platform sells slots.
const WITHOUT: [&str; 3] = ["platforms.north.ads.slots=[]", "platforms.south.ads.slots=[]", "platforms.east.ads.slots=[]"];

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
            *budget = campaign.purse + campaign.search + campaign.extra;
        }
        assert_eq!(free, sum(Metric::OverDelivery));
        capped += free;
    });
    assert!(capped > 0, "the test needs a budget that is exceeded");
}

/// Over-delivery over ad spend in the main job, after two weeks in which campaigns have settled.
fn over_delivery(shoppers: &str) -> f64 {
    let built = built_file("double-11-2025.yaml", &[shoppers]);
    let mut world = built.world();
    let (mut free, mut paid) = (0, 0);
    for tick in 0..35 {
        let totals = step(&built.market, &mut world).totals;
        if tick >= 14 {
            free += (0..4).map(|p| totals.sum(p, Metric::OverDelivery)).sum::<i64>();
            paid += (0..4).map(|p| totals.sum(p, Metric::AdSpend)).sum::<i64>();
        }
    }
    free as f64 / paid as f64
}

#[test]
fn over_delivery_is_small_at_every_size_of_the_simulation() {
    let (small, large) = (over_delivery("population.shoppers=4000"), over_delivery("population.shoppers=24000"));
    assert!(small < 0.1 && large < 0.1, "{small:.3} of ad spend at 4,000 shoppers, {large:.3} at 24,000");
    assert!((small - large).abs() < 0.05, "{small:.3} of ad spend at 4,000 shoppers, {large:.3} at 24,000");
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

#[test]
fn neither_boosts_nor_search_money_nor_bids_without_a_target_are_guaranteed_and_a_boost_moves_no_target() {
    let built = built(&[
        "catalog.merchants.shops.content={budget: 2 yuan, channels: {north-search: 100 %}}",
        "catalog.merchants.shops.campaign.budget=0 yuan",
        "catalog.merchants.shops.ads.whole_site.hazard=30 %",
        "catalog.merchants.streamers.platforms={north: 100 %}",
    ]);
    let catalog = &built.market.catalog;
    // campaigns on the platform that gives a guarantee, as they were
    let mut before = built.world().merchants.ads.campaigns;
    let [mut covered, mut boosted, mut searched, mut untargeted] = [0; 4];
    run(&built, |tick, world, _, _| {
        let now = &world.merchants.ads.campaigns;
        for (m, merchant) in catalog.merchants.iter().enumerate() {
            let Some(group) = &catalog.groups[merchant.group as usize].ads else { continue };
            let (was, is) = (&before[m * 3], &now[m * 3]);
            let boosts = group.boost.is_some_and(|b| tick >= b.from && tick - b.from < b.ticks);
            let aims = !matches!(group.bidding, Bidding::Manual { .. } | Bidding::MaximiseVolume | Bidding::MultiObjective(_));
            let rises = is.period[0] > was.period[0];
            if boosts {
                assert!(!rises && is.trim == was.trim, "{was:?} {is:?} in a boost");
                boosted += i32::from(is.trim != 1.0);
            }
            if was.search_budget > 0 && rises {
                assert!(is.period[0] - was.period[0] <= was.purse, "{was:?} {is:?}: more than its own money");
                searched += 1;
            }
            if !aims && !world.merchants.ads.adopted[m] {
                assert_eq!(is.period, [0; 3], "no target");
                untargeted += 1;
            }
            covered += i32::from(rises);
        }
        before.clone_from(now);
    });
    let seen = [covered, boosted, searched, untargeted];
    assert!(seen.iter().all(|count| *count > 10), "campaigns and days covered, boosted, searched, without a target: {seen:?}");
}

/// What shops get that bid as written, alone, after four weeks in which campaigns have settled: ROAS, ROAS
/// net of returns, GMV of all sales over spend, spend per ad order in yuan, and price of a click.
fn results(ads: &str) -> [f64; 5] {
    let ads = format!("catalog.merchants.shops.ads={{budget: {{sales: 50 %}}, {ads}}}");
    let built = shops_with_the_tool("0 %", &["calendar.end=2025-04-30", "population.shoppers=6000", &ads]);
    let catalog = &built.market.catalog;
    let shops = catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group") as u16;
    let mine: Vec<usize> =
        (0..catalog.listings.len()).filter(|&l| catalog.merchants[catalog.listings[l].merchant as usize].group == shops).collect();
    let mut sums = [0i64; 6];
    run(&built, |tick, _, _, tallies| {
        for &l in mine.iter().filter(|_| tick >= 28) {
            let ads = &tallies.ads;
            let now = [ads.gmv[l], ads.charges[l], ads.orders[l], ads.clicks[l], tallies.gmv[l], tallies.refunds[l]];
            sums.iter_mut().zip(now).for_each(|(sum, now)| *sum += now);
        }
    });
    let [gmv, charges, orders, clicks, all, refunds] = sums.map(|sum| sum as f64);
    [gmv / charges, gmv * (1.0 - refunds / all) / charges, all / charges, charges / orders / 100.0, charges / clicks]
}

#[test]
fn targets_are_met_in_the_market() {
    let near = |found: f64, target: f64| assert!((found / target - 1.0).abs() < 0.2, "{found} where the target is {target}");
    let [low, high] = ["3", "6"].map(|roi| results(&format!("bidding: {{target-roi: {{roi: {roi}}}}}")));
    near(low[0], 3.0);
    near(high[0], 6.0);
    // all shops ask the same: their clicks become cheaper, not fewer
    assert!(high[4] < 0.7 * low[4], "fen a click: {} at an ROI of 3, {} at 6", low[4], high[4]);
    near(results("bidding: {net-target-roi: {roi: 4}}")[1], 4.0);
    near(results("bidding: {target-cpa: {cost: 9 yuan}}")[3], 9.0);
    let tool = "bidding: {target-roi: {roi: 6}}, whole_site: {roi: 10, adopted: 100 %}";
    near(results(tool)[2], 10.0);
    // the target is that of the promoted half: what the other half sells comes on top
    let half = results("bidding: {target-roi: {roi: 6}}, whole_site: {roi: 10, adopted: 100 %, items: 50 %}")[2];
    assert!(half > 12.0, "{half} over all sales where half of the items are promoted for a ROI of 10");
}

/// A market of shops alone that bid for one ROI, with so many of them on whole-site promotion; nobody adopts later.
fn shops_with_the_tool(adopted: &str, more: &[&str]) -> Built {
    let tool = format!("catalog.merchants.shops.ads.whole_site={{roi: 8, adopted: {adopted}}}");
    let mut set = vec![
        "population.shoppers=12000",
        "catalog.merchants.shops.count=80",
        "catalog.merchants.shops.stock=unlimited",
        "catalog.merchants.shops.pricing=fixed",
        "catalog.merchants.shops.ads.budget={sales: 20 %}",
        "platforms.north.ads.guarantee.least_orders=100000",
        tool.as_str(),
    ];
    let silent =
        ["brands", "factories", "streamers", "newcomers", "climbers"].map(|g| format!("catalog.merchants.{g}.ads.budget={{sales: 0}}"));
    set.extend(silent.iter().map(String::as_str));
    set.extend(more);
    built(&set)
}

#[test]
fn a_tool_adopted_by_all_loses_its_edge() {
    let few = shops_with_the_tool("30 %", &[]).world().merchants.ads.adopted.clone();
    // ad orders and clicks of those who adopt first: with nobody on the tool, with them alone, with everybody
    let early = |adopted: &str, more: &[&str]| {
        let built = shops_with_the_tool(adopted, more);
        let catalog = &built.market.catalog;
        let mut sums = [0i64; 2];
        run(&built, |tick, _, _, tallies| {
            let mine = (0..catalog.listings.len()).filter(|&l| tick >= 5 && few[catalog.listings[l].merchant as usize]);
            mine.for_each(|l| sums = [sums[0] + tallies.ads.orders[l], sums[1] + tallies.ads.clicks[l]]);
        });
        sums.map(|sum| sum as f64)
    };
    let [without, first, all] = ["0 %", "30 %", "100 %"].map(|adopted| early(adopted, &[])[0]);
    assert!(without > 300.0, "the test needs ad orders, found {without}");
    assert!(
        first > 1.05 * without && all < first,
        "ad orders of the first adopters: {without} before, {first} alone, {all} when all have it"
    );
    // what AI adds: bids that fit the page buy clicks that convert; without any accuracy there is nothing to fit
    let blind = [
        "ai_market.functions.ads={q0: 0, q_max: 0.9, scale: 100, exponent: 0.5}",
        "platforms.north.ai.initial={matching: 0.5, service: 0.3, logistics: 0.2}",
    ];
    let gain = |more: &[&str]| {
        let [before, after] = ["0 %", "30 %"].map(|adopted| early(adopted, more)).map(|[orders, clicks]| orders / clicks);
        after / before
    };
    let (sharp, blind) = (gain(&["platforms.north.ai.initial={matching: 0.5, service: 0.3, logistics: 0.2, ads: 0.89}"]), gain(&blind));
    assert!(sharp > blind + 0.05, "conversion with the tool over that without: {sharp:.3} where AI is sharp, {blind:.3} where it is blind");
}

#[test]
fn sharper_ai_sells_slots_to_offers_that_fit_better() {
    let conversion = |q: &str| {
        let initial = format!("platforms.north.ai.initial={{matching: 0.5, service: 0.3, logistics: 0.2, ads: {q}}}");
        let [orders, impressions] = sums(&shops_with_the_tool("100 %", &[&initial]), [Metric::AdOrders, Metric::AdImpressions]);
        orders / impressions
    };
    let (blunt, sharp) = (conversion("0.31"), conversion("0.89"));
    assert!(sharp > 1.03 * blunt, "orders per impression: {blunt:.4} at 0.31, {sharp:.4} at 0.89");
}

#[test]
fn a_merchant_that_counts_its_clicks_asks_more() {
    let level = |pass_on: u32| {
        let set = [
            format!("catalog.merchants.shops.ads.pass_on={pass_on} %"),
            "catalog.merchants.shops.pricing={best-response: {interval: 2}}".to_owned(),
            "catalog.merchants.shops.stock=unlimited".to_owned(),
            "catalog.merchants.shops.ads.bidding={target-roi: {roi: 3}}".to_owned(),
            "catalog.merchants.shops.ads.budget={sales: 30 %}".to_owned(),
        ];
        let built = built(&set.each_ref().map(String::as_str));
        let catalog = &built.market.catalog;
        let shops = catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group") as u16;
        let mut passed = 0;
        let world = run(&built, |_, _, totals, _| passed += totals.mechanisms.get(Mechanism::AdCostPassedOn as usize).fired);
        let of_shops =
            catalog.listings.iter().zip(&world.view.state.prices).filter(|(l, _)| catalog.merchants[l.merchant as usize].group == shops);
        let (mut sum, mut count) = (0.0, 0.0);
        of_shops.for_each(|(l, price)| (sum, count) = (sum + f64::from(*price) / f64::from(l.unit_cost), count + 1.0));
        (sum / count, passed)
    };
    let ((plain, none), (passed, fired)) = (level(0), level(100));
    assert!(none == 0 && fired > 0);
    assert!(passed > 1.02 * plain, "price over unit cost: {plain:.3} as if clicks were free, {passed:.3} with their cost");
}

#[test]
fn a_target_below_break_even_is_warned_of_with_the_number() {
    let warned = |set: &str| {
        let project = load_text(Path::new("scenario.yaml"), TINY, &overrides(&[set])).expect("a valid scenario");
        project.warnings(120, false)
    };
    let text = warned("catalog.merchants.streamers.ads.bidding={target-roi: {roi: 1.5}}");
    assert!(text.contains("warning:") && text.contains("below break-even") && text.contains("streamers"), "{text}");
    // the price is cost x 1.6 after fees, half of the goods come back from streams
    assert!(text.contains("at least the break-even ROI"), "{text}");
    assert_eq!(warned("catalog.merchants.streamers.ads.bidding={target-roi: {roi: 40}}"), "");
}

/// The experiment behind the field's estimates: spend of some advertisers rises for a day, their sales are compared on the same draws.
/// Band: short-run elasticities, mean 0.12 of 751 (Sethuraman, Tellis, Briesch 2011).
#[test]
fn sales_answer_to_ad_spend_within_the_band_of_field_estimates() {
    let built = built_file("double-11-2025.yaml", &["population.shoppers=20000"]);
    let market = &built.market;
    let treated =
        |tick: u32| (0..market.catalog.listings.len()).filter(move |&l| (market.catalog.listings[l].merchant + tick).is_multiple_of(12));
    let mut world = built.world();
    // orders and price of clicks of the treated, at their bids and at bids a third higher
    let mut sums = [[0i64; 2]; 2];
    for tick in 0..60 {
        if tick >= 34 && tick % 2 == 0 {
            let bytes = market.save(&world).expect("plain data");
            for (sums, factor) in sums.iter_mut().zip([1.0, 4.0 / 3.0]) {
                let mut fork = market.load(&bytes).expect("an undamaged snapshot");
                for l in treated(tick) {
                    let bid = fork.view.state.bids[l];
                    let amount = (f64::from(bid.amount()) * factor) as u32;
                    fork.view.state.bids[l] = if bid.is_smart() { Bid::smart(amount) } else { Bid::flat(amount) };
                    fork.view.offers[l].bid = fork.view.state.bids[l];
                }
                let ticked = step(market, &mut fork);
                for l in treated(tick) {
                    sums[0] += ticked.listings.orders[l];
                    sums[1] += ticked.listings.ads.charges[l];
                }
            }
        }
        step(market, &mut world);
    }
    let rise = |i: usize| (sums[1][i] as f64 / sums[0][i] as f64).ln();
    let elasticity = rise(0) / rise(1);
    assert!(sums[0][0] > 1500, "the test needs orders, found {sums:?}");
    assert!((0.05..0.2).contains(&elasticity), "{elasticity:.3}: {sums:?}");
}
