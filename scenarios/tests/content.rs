//! Content in the engine: money, budgets, capacity, 5A counts, and what each part moves.

mod support;

use agents::configured::configured;
use agents::content::plan::ContentState;
use agents::content::stage::STAGES;
use agents::market::Bazaar;
use agents::metric::{Mechanism, Metric, Totals};
use agents::record::Census;
use scenarios::{Built, build, load_text};
use sim_core::ledger::Account;
use sim_core::tick::World;
use std::path::Path;
use support::{PLATFORMS, TINY, built, overrides, step, sums};

fn run(built: &Built, mut see: impl FnMut(&World<Bazaar>, &ContentState, &Totals)) -> World<Bazaar> {
    let mut world = built.world();
    for _ in 0..built.market.ticks() {
        let plan = world.view.state.content.clone();
        let ticked = step(&built.market, &mut world);
        see(&world, &plan, &ticked.totals);
    }
    world
}

fn sum_of(set: &[&str], metric: Metric) -> i64 {
    let mut sum = 0;
    run(&built(set), |_, _, totals| sum += PLATFORMS.map(|p| totals.sum(p, metric)).sum::<i64>());
    sum
}

fn census(set: &[&str]) -> Census {
    let built = built(set);
    let mut world = run(&built, |_, _, _| {});
    let last = world.tick.0 - 1;
    Census::take(&built.market, &mut world, last)
}

/// Slots at each stage over all merchants.
fn stages(census: &Census) -> [i64; STAGES] {
    census.mind.stages.iter().fold([0; STAGES], |sum, s| std::array::from_fn(|i| sum[i] + s[i]))
}

/// Nobody spends on content, and nobody is looked for by name.
const NO_CONTENT: [&str; 5] = [
    "catalog.merchants.brands.content.budget=0 yuan",
    "catalog.merchants.brands.brand.budget=0 yuan",
    "catalog.merchants.shops.content.budget=0 yuan",
    "catalog.merchants.shops.campaign.budget=0 yuan",
    "mind.brand_search=0",
];

/// The funnel without the way from seeding to ask.
const SEEDS_LESS: &str = "funnel=[{from: north-feed, to: aware}, {from: south-video, to: aware}, {from: portal, to: aware}, \
    {from: brand, to: aware}, {from: seeding, to: aware}, {from: north-search, to: aware}, {from: aware, to: act}]";

#[test]
fn every_mechanism_of_content_that_the_small_market_configures_fires() {
    let built = built(&[]);
    let first = Mechanism::ContentChannel as usize;
    let wanted: Vec<Mechanism> =
        configured(&built.market).into_iter().filter(|m| (first..=Mechanism::BrandSearch as usize).contains(&(*m as usize))).collect();
    assert_eq!(wanted.len(), 12, "{wanted:?}");
    let mut fired = vec![0; wanted.len()];
    run(&built, |_, _, totals| {
        for (count, mechanism) in fired.iter_mut().zip(&wanted) {
            *count += totals.mechanisms.get(*mechanism as usize).fired;
        }
    });
    for (mechanism, count) in wanted.iter().zip(&fired) {
        assert!(*count > 0, "{} sleeps", mechanism.name());
    }
}

#[test]
fn without_programmes_nobody_pays_and_nobody_is_contacted() {
    for metric in [Metric::ContentSpend, Metric::BrandSpend, Metric::CreativeCost, Metric::ContentContacts, Metric::BrandSearches] {
        assert_eq!(sum_of(&NO_CONTENT, metric), 0, "{}", metric.name());
        assert!(sum_of(&[], metric) > 0, "{}", metric.name());
    }
}

#[test]
fn content_is_paid_through_the_ledger_by_those_who_plan_it() {
    let mut revenue = 0;
    run(&built(&[]), |_, _, totals| {
        for p in PLATFORMS {
            let spend = totals.sum(p, Metric::ContentSpend) + totals.sum(p, Metric::BrandSpend);
            assert!(totals.sum(p, Metric::ContentRevenue) <= spend, "a platform gets no more than is spent");
            let known = totals.sum(p, Metric::Commission) + totals.sum(p, Metric::ListingFees) + totals.sum(p, Metric::ContentRevenue);
            let paid = totals.ledger.flow(p, Account::Merchant, Account::Platform).0
                - totals.ledger.flow(p, Account::Platform, Account::Merchant).0;
            assert!(known <= paid + totals.sum(p, Metric::Relief).max(0), "platform {p}: {known} of {paid}");
            revenue += totals.sum(p, Metric::ContentRevenue);
        }
    });
    assert!(revenue > 0);
}

#[test]
fn budgets_of_content_brand_and_campaign_are_never_exceeded() {
    let built = built(&[]);
    let groups = &built.market.catalog.groups;
    let mut campaign_spends = false;
    run(&built, |world, plan, _| {
        for (group, content) in groups.iter().zip(&plan.groups) {
            let Some(programme) = &group.content else { continue };
            let spent: i64 = content.buys.iter().map(|b| b.spend).sum::<i64>() + content.creatives.cost;
            let phases = programme.campaign.iter().flat_map(|c| &c.phases);
            let most: i64 = phases.map(|p| p.budget).sum();
            assert!(spent <= programme.budget + most, "{}: {spent}", group.name);
            assert!(content.brand.spend <= programme.brand.map_or(0, |b| b.budget), "{}", group.name);
        }
        for (group, content) in groups.iter().zip(&world.view.state.content.groups) {
            for (phase, spent) in group.content.iter().flat_map(|p| &p.campaign).flat_map(|c| &c.phases).zip(&content.phase_spent) {
                assert!(*spent <= phase.budget, "{}: {spent} of {}", group.name, phase.budget);
                campaign_spends |= *spent > phase.budget * 9 / 10;
            }
        }
    });
    assert!(campaign_spends, "the campaign is carried out");
}

#[test]
fn no_channel_delivers_beyond_its_capacity() {
    let built = built(&["channels.north-feed.capacity=1"]);
    let rules = &built.market.epochs[0].content.channels[0];
    let mut full = 0;
    run(&built, |_, plan, _| {
        let buys = || plan.groups.iter().filter_map(|g| g.buys.first());
        let delivered: i64 = buys().map(|b| b.impressions).sum();
        let room = buys().map(|b| b.audience).fold(0.0, f64::max) * rules.capacity;
        assert!(delivered as f64 <= room + 1.0, "{delivered} of {room}");
        full += i32::from(delivered as f64 > 0.9 * room && room > 0.0);
    });
    assert!(full > 5, "the channel is full on {full} days");
}

#[test]
fn stages_add_up_to_shoppers_in_evoked_sets() {
    let built = built(&[]);
    let mut world = run(&built, |_, _, _| {});
    let last = world.tick.0 - 1;
    let census = Census::take(&built.market, &mut world, last);
    // who has bought nothing and met nothing has an empty set; rows are as of their last touch, and fade alike
    let slots: i64 = world
        .shoppers
        .iter()
        .flat_map(|shard| &shard.state.rows)
        .map(|row| {
            let mut row = *row;
            row.touch(last, &built.market.params(&world.view).memory);
            row.evoked_slots().filter(|slot| slot.2 > 0).count() as i64
        })
        .sum();
    let stages = stages(&census);
    assert_eq!(stages.iter().sum::<i64>(), slots);
    assert!(stages.iter().all(|count| *count > 0), "{stages:?}");
}

#[test]
fn content_fills_minds_and_seeding_fills_ask() {
    let (with, without) = (stages(&census(&[])), stages(&census(&NO_CONTENT)));
    assert!(with[0] > without[0] + 1000 && with[1] > without[1] + 30 && with[2] > without[2] + 5, "{with:?} {without:?}");
    let unseeded = stages(&census(&[SEEDS_LESS]));
    assert!(unseeded[2] < with[2], "{} without seeding and looks, {} with", unseeded[2], with[2]);
}

#[test]
fn who_looks_at_offers_comes_to_ask_where_no_channel_leads_there() {
    let asked = |look: u32| {
        let channels = ["north-feed", "south-video", "portal", "brand", "seeding", "north-search"];
        let steps: String = channels.iter().map(|channel| format!("{{from: {channel}, to: aware}}, ")).collect();
        let funnel = format!("funnel=[{steps}{{from: look, to: ask, rate: {look} %}}, {{from: aware, to: ask}}, {{from: ask, to: act}}]");
        sum_of(&[&funnel], Metric::Asked)
    };
    let (some, many) = (asked(20), asked(80));
    assert!(some > 50 && many > some * 3 / 2, "{some} steps to ask at a fifth of the looks, {many} at four fifths");
}

/// Orders of the climbers, a small group, over three replications; they alone buy content, on the feed.
fn orders_of_climbers(set: &[&str]) -> i64 {
    let alone = [
        NO_CONTENT[0],
        NO_CONTENT[2],
        NO_CONTENT[3],
        "channels.north-feed.effect=20 %",
        "channels.north-feed.precision=100 %",
        "channels.north-feed.retargeting=0 %",
        "catalog.merchants.climbers.content={budget: 200 yuan, channels: {north-feed: 100 %}}",
    ];
    let all: Vec<&str> = alone.iter().chain(set).copied().collect();
    let project = load_text(Path::new("scenario.yaml"), TINY, &overrides(&all)).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    let replication = |number| {
        let built = build(&project.baseline().clone(), project.directory(), number).expect("a world");
        let catalog = &built.market.catalog;
        let climbers = catalog.groups.iter().position(|g| &*g.name == "climbers").expect("a group of the small market");
        let of = |l: &usize| catalog.merchants[catalog.listings[*l].merchant as usize].group as usize == climbers;
        let mut orders = 0;
        let mut world = built.world();
        for _ in 0..built.market.ticks() {
            let ticked = step(&built.market, &mut world);
            orders += (0..catalog.listings.len()).filter(of).map(|l| ticked.listings.orders[l]).sum::<i64>();
        }
        orders
    };
    (0..3).map(replication).sum()
}

#[test]
fn content_sells_for_those_who_buy_it_and_click_through_sells_at_once() {
    let none = orders_of_climbers(&["catalog.merchants.climbers.content.budget=0 yuan"]);
    let seen = orders_of_climbers(&["channels.north-feed.click_through=0 %"]);
    let followed = orders_of_climbers(&["channels.north-feed.click_through=100 %"]);
    assert!(none < seen && seen * 11 / 10 < followed, "{none} orders without content, {seen} with it, {followed} with clicks");
}

/// Two channels of a kind, but that contacts of the feed are with merchants of the category and are followed to the product.
const ONE_SELLS: [&str; 5] = [
    "channels.north-feed={kind: feed, platform: north, capacity: 1000, cpm: 30 yuan, half_saturation: 200, half_life: 1d, effect: 100 %, precision: 100 %, click_through: 100 %}",
    "channels.seeding={kind: influencer-seeding, platform: north, capacity: 1000, cpm: 30 yuan, half_saturation: 200, half_life: 1d, effect: 100 %}",
    "funnel=[{from: north-feed, to: aware}, {from: seeding, to: aware}, {from: south-video, to: aware}, {from: portal, to: aware}, \
        {from: brand, to: aware}, {from: north-search, to: aware}, {from: aware, to: act}]",
    "catalog.merchants.climbers.content.channels={north-feed: 50 %, seeding: 50 %}",
    "catalog.merchants.climbers.content.review=1d",
];

#[test]
fn money_moves_to_the_channel_that_sells_and_sales_rise() {
    let with = |allocator: &str| {
        let allocator = format!("catalog.merchants.climbers.content.allocator={allocator}");
        orders_of_climbers(&[&ONE_SELLS[..], &[&allocator]].concat())
    };
    let (fixed, equal, ai) = (with("fixed"), with("equal-marginal-return"), with("{ai: {noise: 0.2}}"));
    assert!(equal > fixed * 102 / 100 && ai > fixed * 102 / 100, "{fixed} orders at fixed shares, {equal} at equal returns, {ai} with AI");
    let climbers =
        ["catalog.merchants.climbers.content={budget: 200 yuan, channels: {north-feed: 100 %}, allocator: equal-marginal-return}"];
    let built = built(&[&climbers[..], &ONE_SELLS].concat());
    let catalog = &built.market.catalog;
    let place = catalog.groups.iter().position(|g| &*g.name == "climbers").expect("a group");
    let world = run(&built, |_, _, _| {});
    let shares = &world.view.state.content.groups[place].shares;
    assert!(shares[0] > 0.7, "{shares:?}");
}

#[test]
fn creatives_wear_out_and_fresh_ones_are_noticed_more() {
    let contacts = |per_week: &str| sum_of(&["catalog.merchants.brands.content.creatives.cost=0 yuan", per_week], Metric::ContentContacts);
    let few = contacts("catalog.merchants.brands.content.creatives.per_week=0.2");
    let many = contacts("catalog.merchants.brands.content.creatives.per_week=20");
    assert!(many > few * 21 / 20, "{few} contacts with few creatives, {many} with many");
}

#[test]
fn content_ai_makes_generated_creatives_work() {
    let contacts = |q: &str| {
        let function = format!("ai_market.functions.content={{q0: {q}, q_max: 0.99, scale: 100, exponent: 0.5}}");
        let north = format!("platforms.north.ai.initial={{matching: 0.5, content: {q}}}");
        let set = [function.as_str(), north.as_str(), NO_CONTENT[0], NO_CONTENT[1]];
        sum_of(&set, Metric::ContentContacts)
    };
    let (poor, good) = (contacts("0"), contacts("0.9"));
    assert!(good > poor * 11 / 10, "{poor} contacts at q = 0, {good} at 0.9");
}

/// First and last day of the phase of [`SEARCH`].
const FIRST_DAY: usize = 13;
const LAST_DAY: usize = 17;

/// Shops put all their content money into search on a platform that sells slots.
const SEARCH: [&str; 4] = [
    "catalog.merchants.shops.content={budget: 60 yuan, channels: {north-search: 100 %}}",
    "catalog.merchants.shops.campaign={budget: 1500 yuan, break_out: {from: 2025-03-16, to: 2025-03-20, share: 100 %}}",
    "catalog.merchants.shops.stock=unlimited",
    "catalog.merchants.shops.ads.budget={sales: 1 %}",
];

#[test]
fn search_money_buys_clicks_at_auction_and_is_ad_spend() {
    // clicks of the shops, and what they pay for them
    let paid = |set: &[&str]| {
        let built = built(set);
        let catalog = &built.market.catalog;
        let of_shops =
            |l: &usize| &*catalog.groups[catalog.merchants[catalog.listings[*l].merchant as usize].group as usize].name == "shops";
        let mine: Vec<usize> = (0..catalog.listings.len()).filter(of_shops).collect();
        let (mut clicks, mut charges, mut search, mut all) = (0, 0, 0, 0);
        support::run(&built, |_, _, totals, tallies| {
            clicks += mine.iter().map(|&l| tallies.ads.clicks[l]).sum::<i64>();
            charges += mine.iter().map(|&l| tallies.ads.charges[l]).sum::<i64>();
            search += totals.sum(0, Metric::SearchSpend);
            all += totals.sum(0, Metric::AdSpend);
        });
        [clicks, charges, search, all].map(|sum| sum as f64)
    };
    let with = paid(&SEARCH);
    let budget = ["catalog.merchants.shops.content.budget=0 yuan", "catalog.merchants.shops.campaign.budget=0 yuan"];
    let without = paid(&[&SEARCH[..], &budget].concat());
    assert!(with[2] > 0.0 && without[2] == 0.0, "{with:?} {without:?}");
    assert!(with[0] > 1.2 * without[0] && with[1] > 1.2 * without[1], "clicks and their price: {without:?} without, {with:?} with");
    assert!(with[2] <= with[3], "what content money pays for clicks is ad spend");
}

#[test]
fn a_click_that_search_money_buys_is_a_contact_and_no_merchant_exceeds_what_its_plan_gave() {
    let built = built(&SEARCH);
    let catalog = &built.market.catalog;
    let shops = catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group");
    let search = built.market.epochs[0].content.channels.iter().position(|c| &*c.name == "north-search").expect("a channel");
    assert!(built.market.epochs[0].content.channels[search].auctioned);
    let merchants = catalog.merchants.iter().filter(|m| m.group as usize == shops).count() as i64;
    let (mut given, mut paid, mut contacts, mut impressions) = (0, 0, 0, 0);
    run(&built, |_, plan, totals| {
        given += plan.groups[shops].buys[search].spend * merchants;
        let sum = totals.content.of(shops, search);
        (paid, contacts, impressions) = (paid + sum.spend, contacts + sum.contacts, impressions + sum.impressions);
        assert_eq!(totals.sum(0, Metric::SearchSpend), sum.spend, "nobody else searches");
    });
    assert!(paid > 0 && paid <= given, "{paid} of {given}");
    assert!(contacts > 20 && impressions > contacts, "{contacts} clicks of {impressions} impressions");
}

/// Search money of the shops alone: what is given, paid, lapsed and held, contacts by tick, and what came back and was spent on the feed.
struct Search {
    given: i64,
    paid: Vec<i64>,
    contacts: Vec<i64>,
    lapsed: i64,
    held: i64,
    elsewhere: i64,
}

fn search(set: &[&str]) -> Search {
    let built = built(&[&SEARCH[..], set].concat());
    let catalog = &built.market.catalog;
    let shops = catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group");
    let of = |name: &str| built.market.epochs[0].content.channels.iter().position(|c| &*c.name == name).expect("a channel");
    let (feed, search) = (of("north-feed"), of("north-search"));
    let mut found = Search { given: 0, paid: Vec::new(), contacts: Vec::new(), lapsed: 0, held: 0, elsewhere: 0 };
    let world = run(&built, |_, plan, totals| {
        let [feed_buy, buy] = [feed, search].map(|at| plan.groups[shops].buys[at]);
        let sum = totals.content.of(shops, search);
        found.given += buy.ahead * buy.payers;
        found.paid.push(sum.spend);
        found.contacts.push(sum.contacts);
        found.lapsed += totals.sum(0, Metric::SearchLapsed);
        found.elsewhere += totals.content.of(shops, feed).spend - feed_buy.spend * feed_buy.payers;
    });
    found.held = world.merchants.ads.campaigns.iter().map(|campaign| campaign.search + campaign.returned).sum();
    found
}

#[test]
fn search_money_is_spent_held_or_lapses_to_the_unit_and_on_its_own_days() {
    let set = ["catalog.merchants.shops.content.budget=0 yuan", "catalog.merchants.shops.campaign.budget=6000 yuan"];
    let Search { given, paid, contacts, lapsed, held, .. } = search(&set);
    let spent: i64 = paid.iter().sum();
    assert_eq!(spent + lapsed + held, given, "{spent} spent, {lapsed} lapsed, {held} held");
    assert!(spent > 0 && lapsed > 0, "the test needs money that is spent and money that lapses: {spent} {lapsed}");
    let days: Vec<usize> = (0..paid.len()).filter(|&day| paid[day] > 0).collect();
    assert_eq!((days[0], days[days.len() - 1]), (FIRST_DAY, LAST_DAY), "from the first day of the phase to the last: {paid:?}");
    assert!((0..paid.len()).all(|day| contacts[day] == 0 || (FIRST_DAY..=LAST_DAY).contains(&day)), "{contacts:?}");
}

#[test]
fn search_money_that_finds_no_clicks_is_spent_on_the_other_channels_of_its_phase() {
    let set = [
        "catalog.merchants.shops.content.budget=0 yuan",
        "catalog.merchants.shops.campaign.budget=600 yuan",
        "catalog.merchants.shops.campaign.break_out.channels={north-feed: 50 %, north-search: 50 %}",
        "channels.north-feed.capacity=1000",
    ];
    let Search { given, paid, lapsed, held, elsewhere, .. } = search(&set);
    let spent: i64 = paid.iter().sum();
    assert_eq!(spent + elsewhere + lapsed + held, given, "{spent} spent, {elsewhere} elsewhere, {lapsed} lapsed, {held} held");
    assert!(elsewhere > given / 4, "{elsewhere} of {given} came back in time");
    assert!(lapsed < given / 4, "{lapsed} of {given} lapsed");
}

#[test]
fn contacts_of_search_are_in_proportion_to_its_money() {
    let of = |budget: &str| {
        let budget = format!("catalog.merchants.shops.content.budget={budget}");
        let Search { paid, contacts, .. } = search(&[&budget, "catalog.merchants.shops.campaign.budget=0 yuan"]);
        [paid, contacts].map(|days| days.iter().sum::<i64>() as f64)
    };
    let [none, least, some, much] = ["0 yuan", "0.01 yuan", "15 yuan", "60 yuan"].map(of);
    assert_eq!(none, [0.0, 0.0]);
    assert!(least[1] < 0.02 * some[1], "{least:?} for next to nothing, {some:?} for fifteen");
    assert!(some[1] > 50.0 && much[1] > 1.5 * some[1], "{some:?} for fifteen, {much:?} for sixty");
    let [cheap, dear] = [some, much].map(|[paid, contacts]| paid / contacts);
    assert!((0.6..1.7).contains(&(dear / cheap)), "a contact costs what a click does: {cheap} and {dear}");
}

#[test]
fn the_money_of_phases_adds_up_to_that_of_the_campaign() {
    let shares = ["accumulate.share=33.3 %", "seed.share=33.3 %", "break_out.share=33.4 %", "budget=10.01 yuan"];
    let set = shares.map(|share| format!("catalog.merchants.shops.campaign.{share}"));
    let built = built(&set.each_ref().map(String::as_str));
    let campaign = built.market.catalog.groups.iter().find_map(|g| g.content.as_ref()?.campaign.as_ref()).expect("a campaign");
    let budgets: Vec<i64> = campaign.phases.iter().map(|phase| phase.budget).collect();
    assert_eq!(budgets, [333, 334, 334]);
}

#[test]
fn audiences_are_selected_by_the_money_of_their_phase() {
    // what is known of the audience of the shops when their accumulation ends
    let known = |share: &str| {
        let accumulate = format!("catalog.merchants.shops.campaign.accumulate.share={share} %");
        let rest = format!("catalog.merchants.shops.campaign.seed.share={} %", 60 - share.parse::<i32>().expect("a number"));
        let built = built(&["catalog.merchants.shops.content.budget=0 yuan", &accumulate, &rest]);
        let shops = built.market.catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group");
        let mut most = 0.0f64;
        run(&built, |world, _, _| most = most.max(world.view.state.content.groups[shops].known));
        most
    };
    let [none, some, much] = ["0", "5", "20"].map(known);
    assert_eq!(none, 0.0);
    assert!(
        0.0 < some && 1.5 * some < much && much < 1.0,
        "{some} of the audience is known for a twentieth of the money, {much} for a fifth"
    );
}

#[test]
fn brand_impressions_are_rationed_over_all_merchants_and_nobody_pays_for_what_is_not_shown() {
    let delivered = |capacity: &str| {
        let set = ["catalog.merchants.brands.brand.budget=1000 yuan", "catalog.merchants.brands.brand.frequency_cap=9", capacity];
        let built = built(&set);
        let brands = built.market.catalog.groups.iter().position(|g| &*g.name == "brands").expect("a group");
        let channels = built.market.epochs[0].content.channels.len();
        let (mut impressions, mut spend, mut most) = (0, 0, 0.0f64);
        run(&built, |_, plan, totals| {
            let sum = totals.content.of(brands, channels);
            (impressions, spend) = (impressions + sum.impressions, spend + sum.spend);
            let missions = plan.groups[brands].brand.audience;
            most = most.max(sum.impressions as f64 / missions.max(1.0));
        });
        (impressions as f64, spend as f64, most)
    };
    let (few, dear, most) = delivered("platforms.north.brand.capacity=2");
    let (many, dearer, _) = delivered("platforms.north.brand.capacity=6");
    assert!(most <= 2.001, "{most} impressions per mission");
    assert!((2.9..3.1).contains(&(many / few)) && (2.9..3.1).contains(&(dearer / dear)), "{few} for {dear}, {many} for {dearer}");
}

#[test]
fn a_group_without_ads_of_its_own_still_buys_search_at_auction() {
    let set = ["catalog.merchants.learners.content={budget: 100 yuan, channels: {north-search: 100 %}}"];
    let [mine] = sums(&built(&set), [Metric::SearchSpend]);
    let [plain] = sums(&built(&[]), [Metric::SearchSpend]);
    assert!(mine > plain, "{mine} with the learners, {plain} without");
}

#[test]
fn brand_impressions_stop_at_reach_and_frequency() {
    let spend = |cap: &str| {
        let set = ["platforms.north.brand.capacity=100", "catalog.merchants.brands.brand.budget=1000 yuan", cap];
        sum_of(&set, Metric::BrandSpend)
    };
    let (once, thrice) = (spend("catalog.merchants.brands.brand.frequency_cap=1"), spend("catalog.merchants.brands.brand.frequency_cap=3"));
    assert!((2.9..3.1).contains(&(thrice as f64 / once as f64)), "{once} at one, {thrice} at three");
}
