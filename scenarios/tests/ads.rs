//! Advertising in the engine: money, budgets, windows, targets and tools, against what economics signs.

mod support;

use agents::ads::bid::Bid;
use agents::configured::configured;
use agents::metric::{Mechanism, Metric};
use agents::params::Bidding;
use agents::record::merchant_ticks;
use scenarios::{Built, load_text};
use sim_core::ledger::Account;
use std::collections::BTreeSet;
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

/// The listings of a group of the small market.
fn listings_of(built: &Built, group: &str) -> Vec<usize> {
    let catalog = &built.market.catalog;
    let group = catalog.groups.iter().position(|g| &*g.name == group).expect("a group of the file");
    let mine = |l: &usize| catalog.merchants[catalog.listings[*l].merchant as usize].group as usize == group;
    (0..catalog.listings.len()).filter(mine).collect()
}

#[test]
fn a_boost_raises_spend_and_impressions_and_ends_on_time() {
    let window = 11..=15; // ticks of 14 to 18 March
    // spend, impressions and bids of the group before, in and after the window, and what the boost paid
    let seen = |set: &[&str]| {
        let built = built(set);
        let mine = listings_of(&built, "streamers");
        let (mut sums, mut boosts) = ([[0i64; 3]; 3], [0i64; 3]);
        let mut bids = 0; // those of the tick
        run(&built, |tick, world, totals, tallies| {
            let at = usize::from(tick >= *window.start()) + usize::from(tick > *window.end());
            let spend: i64 = mine.iter().map(|&l| world.merchants.ads.items[l].paid).sum();
            let impressions: i64 = mine.iter().map(|&l| tallies.ads.impressions[l]).sum();
            for (sum, now) in sums[at].iter_mut().zip([spend, impressions, bids]) {
                *sum += now;
            }
            boosts[at] += (0..3).map(|p| totals.sum(p, Metric::BoostSpend)).sum::<i64>();
            bids = mine.iter().map(|&l| i64::from(world.view.state.bids[l].amount())).sum();
        });
        (sums.map(|sums| sums.map(|sum| sum as f64)), boosts)
    };
    let (boosted, paid) = seen(&["catalog.merchants.streamers.ads.boost.relax=40 %"]);
    let (plain, never) = seen(&["catalog.merchants.streamers.ads.boost.budget=0"]);
    assert!(paid[0] == 0 && paid[1] > 0 && paid[2] == 0, "a boost pays in its window alone: {paid:?}");
    assert_eq!(never, [0; 3]);
    assert_eq!(boosted[0], plain[0], "nothing differs before it");
    let ratios: Vec<[f64; 3]> = (0..3).map(|at| [0, 1, 2].map(|i| boosted[at][i] / plain[at][i])).collect();
    let [spend, impressions, bids] = ratios[1];
    assert!(spend > 1.3 && impressions > 1.1 && bids > 1.3, "with a boost over without, in its window: {ratios:?}");
    // what was carried is spent: campaigns take part with fewer of their offers
    let [spend, impressions, bids] = ratios[2];
    assert!([spend, impressions].iter().all(|ratio| (0.75..1.25).contains(ratio)) && bids < 1.1, "all come back after it: {ratios:?}");
}

#[test]
fn a_tool_and_a_boost_can_be_sold_on_one_platform_alone() {
    let everywhere = built(&[]);
    let north =
        built(&["catalog.merchants.shops.ads.whole_site.platforms=[north]", "catalog.merchants.streamers.ads.boost.platforms=[north]"]);
    let used = |built: &Built| {
        let catalog = &built.market.catalog;
        let mut used = [[0i64; 3]; 3];
        run(built, |_, world, totals, _| {
            for (p, used) in used.iter_mut().enumerate() {
                used[0] += totals.sum(p, Metric::BoostSpend);
                used[1] += totals.sum(p, Metric::AdAdopters);
            }
            for (listing, bid) in catalog.listings.iter().zip(&world.view.state.bids) {
                used[listing.platform as usize][2] += i64::from(bid.is_smart() && bid.amount() > 0);
            }
        });
        used
    };
    let ([_, south, east], [first, second, third]) = (used(&everywhere), used(&north));
    assert!(south[0] > 0 && east[1] > 0 && east[2] > 0, "the test needs both on other platforms: {south:?}, {east:?}");
    assert!(first.iter().all(|count| *count > 0), "{first:?}");
    assert_eq!([second, third], [[0; 3]; 2], "boost, adopters and bids of the tool elsewhere");
}

#[test]
fn a_click_is_remembered_by_the_cart_and_the_presale_that_the_offer_is_put_into() {
    let built = built(&["outputs.sample=100 %"]);
    let (mut counted, mut gmv) = (0, 0);
    // shipped ad orders in the rows: at once, out of a cart, out of a presale
    let mut rows = [0i64; 3];
    let mut sold = 0;
    run(&built, |_, world, totals, _| {
        counted += (0..3).map(|p| totals.sum(p, Metric::AdOrders)).sum::<i64>();
        gmv += (0..3).map(|p| totals.sum(p, Metric::AdGmv)).sum::<i64>();
        for row in world.shoppers.iter_mut().flat_map(|shard| shard.take_events().orders) {
            if row.from_ad == 1 && &*row.outcome == "shipped" {
                // numbers of check-outs without a mission: carts from 32 on, presales from 48 on
                rows[usize::from(row.mission >= 32) + usize::from(row.mission >= 48)] += 1;
                sold += row.list_price - row.merchant_discount;
            }
        }
    });
    assert_eq!((rows.iter().sum::<i64>(), sold), (counted, gmv), "the rows of ad orders are the ad orders");
    assert!(rows[1] > 20 && rows[2] > 0, "at once, by cart, by presale: {rows:?}");
}

#[test]
fn what_is_known_of_merchants_and_items_adds_up_to_the_platforms() {
    let built = built(&["catalog.merchants.shops.content={budget: 60 yuan, channels: {north-search: 100 %}}"]);
    let market = &built.market;
    let metrics = [Metric::AdSpend, Metric::OverDelivery, Metric::AdRefunds, Metric::BoostSpend, Metric::SearchSpend];
    let (mut totals_of, mut rows_of, mut items) = ([0i64; 5], [0i64; 5], 0);
    let mut promoted = 0;
    run(&built, |tick, world, totals, _| {
        for (sum, metric) in totals_of.iter_mut().zip(metrics) {
            *sum += (0..3).map(|p| totals.sum(p, metric)).sum::<i64>();
        }
        items += world.merchants.ads.items.iter().map(|item| item.paid).sum::<i64>();
        promoted += world.merchants.ads.items.iter().filter(|item| item.promoted).count();
        if (tick + 1).is_multiple_of(7) || tick + 1 == market.ticks() {
            for row in merchant_ticks(market, tick, world) {
                let now = [row.ad_spend, row.over_delivery, row.ad_refunds, row.boost_spend, row.search_spend];
                rows_of.iter_mut().zip(now).for_each(|(sum, now)| *sum += now);
            }
        }
    });
    assert_eq!((rows_of, items), (totals_of, totals_of[0]), "rows of merchants, items");
    assert!(totals_of.iter().all(|sum| *sum > 0) && promoted > 0, "{totals_of:?}, {promoted} promoted");
}

/// A tick of the small market at the same bids under three auctions: clicks and their price on the first platform.
#[test]
fn the_same_clicks_cost_least_under_vcg_and_most_at_the_own_bid() {
    let [vcg, gsp, first] = ["vcg", "gsp", "first-price"].map(|rule| built(&[&format!("platforms.north.ads.auction={rule}")]));
    let mut world = gsp.world();
    let mut sums = [[0i64; 2]; 3];
    for tick in 0..25 {
        if tick >= 10 {
            let bytes = gsp.market.save(&world).expect("plain data");
            for (sums, built) in sums.iter_mut().zip([&vcg, &gsp, &first]) {
                let mut fork = built.market.load(&bytes).expect("a snapshot of the same catalogue");
                let totals = step(&built.market, &mut fork).totals;
                sums[0] += totals.sum(0, Metric::AdClicks);
                sums[1] += totals.sum(0, Metric::AdCharges);
            }
        }
        step(&gsp.market, &mut world);
    }
    let [vcg, gsp, first] = sums;
    assert!(vcg[0] > 500 && vcg[0] == gsp[0] && gsp[0] == first[0], "the same offers win: {vcg:?} {gsp:?} {first:?}");
    assert!(vcg[1] < gsp[1] && gsp[1] < first[1], "clicks and what they cost: {vcg:?} {gsp:?} {first:?}");
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
    let full = results(tool)[2];
    assert!(half > 1.1 * full, "over all sales {half} where half of the items are promoted for a ROI of 10, {full} where all are");
}

/// What brands get that advertise so beside shops with a target, after two weeks: ad orders, those of new shoppers, favourites, price of
/// clicks, budget.
fn outcomes(ads: &str) -> [f64; 5] {
    let ads = format!("catalog.merchants.brands.ads={{{ads}}}");
    let fixed = ["catalog.merchants.brands.pricing=fixed", "catalog.merchants.brands.stock=unlimited", "population.shoppers=6000"];
    let built = shops_with_the_tool("0 %", &[&fixed[..], &[&ads]].concat());
    let mine = listings_of(&built, "brands");
    let merchants: BTreeSet<u32> = mine.iter().map(|&l| built.market.catalog.listings[l].merchant).collect();
    let (mut sums, mut budget) = ([0i64; 5], 0);
    run(&built, |tick, world, _, tallies| {
        if tick >= 14 {
            let ads = &tallies.ads;
            for &l in &mine {
                let now = [ads.orders[l], ads.new_shoppers[l], ads.favourites[l], ads.charges[l]];
                sums.iter_mut().zip(now).for_each(|(sum, now)| *sum += now);
            }
            sums[4] += budget;
        }
        let campaigns = &world.merchants.ads.campaigns;
        budget = merchants.iter().flat_map(|&m| &campaigns[m as usize * 3..][..3]).map(|campaign| campaign.budget).sum();
    });
    sums.map(|sum| sum as f64)
}

#[test]
fn each_weight_of_several_objectives_moves_its_outcome() {
    let with = |weights: &str| outcomes(&format!("budget: {{sales: 50 %}}, pacing: none, bidding: {{multi-objective: {{{weights}}}}}"));
    let base = with("orders: 3 yuan");
    let raised = ["orders: 9 yuan", "orders: 3 yuan, new_shoppers: 8 yuan", "orders: 3 yuan, favourites: 8 yuan"].map(with);
    for (outcome, raised) in raised.iter().enumerate() {
        assert!(base[outcome] > 100.0 && raised[outcome] > 1.1 * base[outcome], "outcome {outcome}: {base:?}, {raised:?} by its weight");
    }
}

#[test]
fn maximise_volume_and_both_ways_of_pacing_spend_the_budget_and_no_more() {
    let used = |ads: &str| {
        let [.., charges, budget] = outcomes(&format!("budget: {{sales: 2 %}}, {ads}"));
        charges / budget
    };
    let manual = |pacing: &str| used(&format!("bidding: {{manual: {{bid: 6 yuan}}}}, pacing: {pacing}"));
    let [unpaced, dual, pid] = ["none", "{dual: {}}", "{pid: {}}"].map(manual);
    let volume = used("bidding: maximise-volume");
    let used = format!("{unpaced:.2} of the budget without pacing, {dual:.2} dual, {pid:.2} pid, {volume:.2} for volume");
    assert!(unpaced > 1.2, "the test needs bids that exceed the budget: {used}");
    assert!([dual, pid].iter().all(|share| (0.8..1.1).contains(share)) && (0.8..1.25).contains(&volume), "{used}");
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
