//! What platforms do, by direction: strategies, stages of AI, staff, energy, logistics capacity, financing and exit. One digest with
//! all of it switched on.

mod support;

use agents::metric::{Mechanism, Metric};
use sim_core::digest::Digest;
use sim_core::ids::Tick;
use sim_core::parallel::Pool;
use support::{DOUBLE_11, PLATFORMS, built, built_from, run, step};

/// Everything that this file tests, switched on at once.
const ALL: [&str; 12] = [
    "platforms.north.strategy={adaptive: {budget: 100 m yuan, from: 2025-03-05, over: [price-war, efficiency-war, experience-war, balanced], review: 3d, learning: {exp3: {exploration: 30 %}}}}",
    "platforms.east.strategy={experience-war: {budget: 60 m yuan, from: 2025-03-05}}",
    "platforms.north.service.staff={replace: {}}",
    "platforms.south.service.staff={augment: {}}",
    "platforms.north.logistics.capacity=3 million",
    "platforms.south.raise={behind: 2, announcement: 10, most: 0.5, lag: 5d}",
    "platforms.east.exit={losing_ticks: 12}",
    "platforms.south.ai.talent_programme={spend: 100 k yuan}",
    "ai_market.finite_pool=true",
    "ai_market.compute_price=0.5",
    "ai_market.energy={kwh: 150000, efficiency_gain: 30 %}",
    "ai_market.functions.service.stages={emergence: 0.15, autonomous: 0.25, self_iteration: 0.28, acceptance: 50 %, authority: 20 %, self_rate: 1, self_limit: 2}",
];

/// Sum of a metric of `north` over the run.
fn north(set: &[&str], metric: Metric) -> i64 {
    let mut sum = 0;
    run(&built(set), |_, _, totals, _| sum += totals.sum(0, metric));
    sum
}

fn fired(set: &[&str], mechanism: Mechanism) -> i64 {
    let mut times = 0;
    run(&built(set), |_, _, totals, _| times += totals.mechanisms.get(mechanism as usize).fired);
    times
}

fn digest(set: &[&str], threads: usize) -> Digest {
    Pool::new(threads).expect("threads").run(|| run(&built(set), |_, _, _, _| {}).digest)
}

#[test]
fn threads_shards_and_restarts_do_not_move_the_digest_with_everything_on() {
    let expected = digest(&ALL, 1);
    assert_eq!(digest(&ALL, 3), expected);
    let mut cut = ALL.to_vec();
    cut.push("population.shard_size=104");
    assert_eq!(digest(&cut, 2), expected);
    let built = built(&ALL);
    let mut world = built.world();
    for _ in 0..17 {
        step(&built.market, &mut world);
    }
    let mut restored = built.market.load(&built.market.save(&world).expect("plain data")).expect("an undamaged snapshot");
    while restored.tick < Tick(built.market.ticks()) {
        step(&built.market, &mut restored);
    }
    assert_eq!(restored.digest, expected);
}

#[test]
fn every_mechanism_that_is_switched_on_fires() {
    let built = built(&ALL);
    let configured = agents::configured::configured(&built.market);
    let mut fired = vec![0; Mechanism::COUNT];
    run(&built, |_, _, totals, _| {
        for (sum, mechanism) in fired.iter_mut().zip(Mechanism::ALL) {
            *sum += totals.mechanisms.get(*mechanism as usize).fired;
        }
    });
    let asleep: Vec<_> = configured.iter().filter(|m| fired[**m as usize] == 0).map(|m| m.name()).collect();
    assert!(asleep.is_empty(), "{asleep:?}");
}

#[test]
fn experience_money_is_spent_to_the_budget_and_satisfies() {
    let war = "platforms.north.strategy={experience-war: {budget: 100 m yuan, from: 2025-03-05}}";
    let satisfaction = |set: &[&str]| {
        let world = run(&built(set), |_, _, _, _| {});
        let rows = world.shoppers.iter().flat_map(|shard| &shard.state.rows);
        rows.map(|row| i64::from(row.satisfaction[0])).sum::<i64>()
    };
    let (without, with) = (satisfaction(&[]), satisfaction(&[war]));
    assert!(with > without + without.abs() / 100, "satisfaction {without} without, {with} with");
    let built = built(&[war]);
    let mut days = Vec::new();
    let world = run(&built, |_, world, _, _| days.push(world.view.promised_days[0]));
    let state = &world.view.state.platforms[0];
    let budget = built.market.epochs[0].platforms[0].strategy.budget().expect("a budget").budget;
    assert!(state.spent_experience <= budget && budget - state.spent_experience <= budget / 200, "{} of {budget}", state.spent_experience);
    assert!(days[20] < days[0] - 0.2, "delivery becomes faster: {days:?}");
    let contacts = |metric| north(&[war], metric);
    let level = 1.0 - contacts(Metric::Unresolved) as f64 / contacts(Metric::Contacts) as f64;
    let before = 1.0 - north(&[], Metric::Unresolved) as f64 / north(&[], Metric::Contacts) as f64;
    assert!(level > before, "resolved: {before} before, {level} with staff");
}

#[test]
fn an_adaptive_platform_spends_its_budget_and_finds_what_pays() {
    // experience money buys nothing here (a small market does not take up all promotion money: a price war leaves 6 % of it), and shoppers follow deals
    let rules = "platforms.north.promotions={war-chest: {kind: {instant-discount: {discount: 12 %}}, cap: 40 yuan, budget: strategy}}";
    let set = [
        "platforms.north.strategy={adaptive: {budget: 150 m yuan, over: [price-war, experience-war], review: 2d}}",
        "platforms.north.experience={service_half: 100000 yuan, delivery_half: 100000 yuan, checks_half: 100000 yuan}",
        rules,
        "calendar.end=2025-05-10",
        "population.choice.deal=8",
    ];
    let built = built(&set);
    let world = run(&built, |_, _, _, _| {});
    let state = &world.view.state.platforms[0];
    let budget = built.market.epochs[0].platforms[0].strategy.budget().expect("a budget").budget;
    let spent = state.strategy_spent();
    assert!(spent <= budget && budget - spent <= budget * 6 / 100, "{spent} of {budget}");
    assert!(state.bandit.plays[0] > state.bandit.plays[1], "only promotions work here: {:?}", state.bandit.plays);
}

#[test]
fn new_strategies_spend_what_the_old_ones_spend_in_the_main_job() {
    for strategy in ["experience-war: {", "adaptive: {review: 7d, "] {
        let war = format!("platforms.taobao-tmall.strategy={{{strategy}budget: 30 bn yuan, from: 2025-09-15}}}}");
        let built = built_from(DOUBLE_11, "baseline", &[&war, "population.shoppers=10000", "calendar.warm_up=7d"]);
        let world = run(&built, |_, _, _, _| {});
        let budget = built.market.epochs[0].platforms[0].strategy.budget().expect("a budget").budget;
        let spent = world.view.state.platforms[0].strategy_spent();
        assert!(spent <= budget && budget - spent <= budget / 200, "{strategy}: {spent} of {budget}");
    }
}

#[test]
fn budgets_rise_when_a_platform_falls_behind_and_stay_within_their_cap() {
    let war = "platforms.north.strategy={efficiency-war: {budget: 50 m yuan, from: 2025-03-05}}";
    let spent = |set: &[&str]| run(&built(set), |_, _, _, _| {}).view.state.platforms[0].strategy_spent();
    let plain = spent(&[war]);
    let risen = spent(&[war, "platforms.north.raise={announcement: 50, most: 0.4, lag: 2d}"]);
    assert!(risen > plain + plain / 20 && risen <= plain + plain * 2 / 5 + 10, "{plain} without, {risen} with");
    assert_eq!(north(&[war], Metric::Raised), 0);
}

#[test]
fn talent_becomes_dearer_with_demand_and_a_finite_pool_clears() {
    let wage = |set: &[&str]| run(&built(set), |_, _, _, _| {}).view.state.platforms[0].wage;
    let war = "platforms.north.strategy={efficiency-war: {budget: 90 m yuan, from: 2025-03-05}}";
    let (calm, war_wage) = (wage(&[]), wage(&[war]));
    assert!(calm < war_wage, "{calm} {war_wage}");
    assert!(wage(&[war, "ai_market.talent_pool=1 m yuan"]) > war_wage);
    let finite = [war, "ai_market.talent_pool=500 k yuan", "ai_market.wage_elasticity=0.1", "ai_market.finite_pool=true"];
    let built = built(&finite);
    run(&built, |tick, world, _, _| {
        let real = |units: i64| units as f64 * built.market.epochs[0].ai.m_yuan_per_unit;
        let paid: f64 = world.view.state.platforms.iter().flat_map(|s| s.talent_spend).map(real).sum();
        let hired = paid / world.view.state.platforms[0].wage;
        assert!(hired <= 0.5 + 1e-9, "{hired} m yuan of talent hired from a pool of 0.5 in tick {tick}");
    });
    let capability = |set: &[&str]| run(&self::built(set), |_, _, _, _| {}).view.state.platforms[0].capability[0];
    assert!(capability(&finite) < capability(&[war]), "less talent for a yuan builds less");
    let programme = "platforms.north.ai.talent_programme={spend: 500 k yuan}";
    assert!(capability(&[programme]) > capability(&[]), "own talent builds");
}

#[test]
fn stages_hold_performance_back_until_they_are_reached() {
    let sales = |stages: &str| {
        let set = format!("ai_market.functions.matching.stages={stages}");
        run(&built(&[&set]), |_, _, _, _| {}).view.state.platforms[0].accuracy()
    };
    let (pilot, assisted, alone) = (
        sales("{emergence: 0.8, autonomous: 0.85, self_iteration: 0.9, early_use: 10 %}"),
        sales("{emergence: 0.3, autonomous: 0.85, self_iteration: 0.9, acceptance: 60 %}"),
        sales("{}"),
    );
    assert!(pilot < assisted && assisted < alone, "{pilot} {assisted} {alone}");
    let authority = "ai_market.functions.service.stages={authority: 50 %}";
    assert!(north(&[authority], Metric::AnsweredByAi) > north(&[], Metric::AnsweredByAi), "agents act without hand-off");
    assert!(fired(&[authority], Mechanism::AiAutonomy) > 0 && fired(&[], Mechanism::AiAutonomy) == 0);
}

#[test]
fn self_iteration_grows_capability_without_spend_within_its_bound() {
    let idle = ["platforms.north.ai.spend=0 yuan", "platforms.south.ai.spend=0 yuan", "platforms.east.ai.spend=0 yuan"];
    let stages = "ai_market.functions.matching.stages={self_rate: 50, self_limit: 2}";
    let capability = |more: &[&str]| {
        let set: Vec<&str> = idle.iter().chain(more).copied().collect();
        run(&built(&set), |_, _, _, _| {}).view.state.platforms[0].capability[0]
    };
    let (without, with) = (capability(&[]), capability(&[stages]));
    let bound = without * 1.01f64 * (2.0f64 / 365.0 * 30.0 * 1.1).exp();
    assert!(with > without * 1.01 && with < bound, "{without} without, {with} with, at most {bound}");
}

#[test]
fn replaced_staff_answers_less_the_more_ai_can_and_service_gets_worse() {
    let people = |q: &str, staff: &str| {
        let set = [format!("platforms.north.ai.initial.service={q}"), format!("platforms.north.service.staff={staff}")];
        let set: Vec<&str> = set.iter().map(String::as_str).chain(["population.shoppers=20000"]).collect();
        let (mut contacts, mut persons, mut unresolved, mut cost) = (0, 0, 0, 0);
        run(&built(&set), |_, _, totals, _| {
            contacts += totals.sum(0, Metric::Contacts);
            persons += totals.sum(0, Metric::Contacts) - totals.sum(0, Metric::AnsweredByAi);
            unresolved += totals.sum(0, Metric::Unresolved);
            cost += totals.sum(0, Metric::ServiceCost);
        });
        let of = |part: i64| part as f64 / contacts as f64;
        (of(persons), of(unresolved), of(cost))
    };
    let (weak, strong) = (people("0.2", "{replace: {}}"), people("0.8", "{replace: {}}"));
    assert!(strong.0 < weak.0 - 0.2, "people answer {} at weak, {} at strong AI", weak.0, strong.0);
    let (kept, helped) = (people("0.8", "as-needed"), people("0.8", "{augment: {}}"));
    assert!(strong.0 < kept.0 && strong.1 > kept.1 && strong.2 < kept.2, "fewer people, more left undone, cheaper");
    assert!((helped.0 - kept.0).abs() < 0.02, "as many people: {helped:?} {kept:?}");
    assert!(helped.1 < kept.1 && helped.2 < kept.2, "less left undone, cheaper: {helped:?} {kept:?}");
}

#[test]
fn energy_follows_compute_and_a_price_cut_closes_the_gap() {
    let energy = "ai_market.energy={kwh: 150000}";
    let war = "platforms.north.strategy={efficiency-war: {budget: 50 m yuan, from: 2025-03-05}}";
    assert_eq!(north(&[], Metric::Energy), 0);
    assert!(north(&[energy, war], Metric::Energy) > 2 * north(&[energy], Metric::Energy));
    let cut = "ai_market.compute_price=0.1";
    assert!(north(&[energy, cut], Metric::Energy) > 9 * north(&[energy], Metric::Energy), "the same yuan buys more compute");
    // the follower builds more for a yuan of the little it spends, and more spills over
    let gap = |set: &[&str]| {
        let world = run(&built(set), |_, _, _, _| {});
        let [leader, follower] = [0, 2].map(|p: usize| world.view.state.platforms[p].capability[0]);
        (follower / leader, follower)
    };
    let (before, after) = (gap(&[]), gap(&[cut, "ai_market.spillover=60 %"]));
    assert!(after.0 > before.0 && after.1 > before.1, "follower over leader: {before:?} before, {after:?} after");
}

#[test]
fn parcels_wait_at_capacity_and_none_is_lost() {
    let plain = built(&[]);
    let mut sold = Vec::new();
    run(&plain, |_, _, totals, _| sold.push(totals.sum(0, Metric::Shipped)));
    let mean = sold.iter().sum::<i64>() / sold.len() as i64;
    // parcels of the real market: 2.5 a line, 5,000 people a shopper
    let capacity = format!("platforms.north.logistics.capacity={}", mean * 25 * 5_000 / 10);
    let built = built(&[&capacity]);
    let most = built.market.epochs[0].platforms[0].capacity;
    let (mut shipped, mut dispatched, mut peak) = (0, 0, 0.0f64);
    let world = run(&built, |tick, world, totals, _| {
        shipped += totals.sum(0, Metric::Shipped);
        dispatched += totals.sum(0, Metric::Dispatched);
        assert!(totals.sum(0, Metric::Dispatched) <= most, "tick {tick}");
        let state = &world.view.state.platforms[0];
        assert_eq!(shipped, dispatched + state.backlog, "tick {tick}");
        let wait = state.backlog as f64 / most as f64;
        peak = peak.max(wait);
        let travel = 3.0 - 1.0 * state.performance[agents::params::LOGISTICS];
        assert!((world.view.promised_days[0] - travel - wait).abs() < 1e-9, "tick {tick}");
    });
    assert!(peak > 0.3, "the test needs a peak: {peak} days");
    assert!(world.view.state.platforms[1].backlog == 0);
}

#[test]
fn a_bankrupt_platform_is_left_by_all_and_the_last_one_stays() {
    let exit = ["platforms.north.exit={capital: 2 m yuan}", "platforms.north.fixed_cost=20 m yuan"];
    let mut gone = None;
    let world = run(&built(&exit), |tick, world, totals, _| {
        if gone.is_some_and(|first| tick > first) {
            assert_eq!(
                totals.sum(0, Metric::Visits) + totals.sum(0, Metric::FixedCost) + totals.sum(0, Metric::AiCompute),
                0,
                "tick {tick}"
            );
        }
        gone = gone.or(world.view.state.platforms[0].exited);
    });
    let first = gone.expect("it fails");
    assert!(first < 10, "{first}");
    assert!(PLATFORMS.skip(1).all(|p| world.view.state.platforms[p].trades()));
    let all = ["north", "south", "east"].map(|p| format!("platforms.{p}.exit={{losing_ticks: 1}}"));
    let costs = ["north", "south", "east"].map(|p| format!("platforms.{p}.fixed_cost=100 m yuan"));
    let set: Vec<&str> = all.iter().chain(&costs).map(String::as_str).collect();
    let world = run(&built(&set), |_, _, _, _| {});
    assert_eq!(PLATFORMS.filter(|&p| world.view.state.platforms[p].trades()).count(), 1);
}

#[test]
fn nobody_sells_on_pays_to_or_looks_at_a_platform_that_left() {
    let exit = ["platforms.north.exit={capital: 2 m yuan}", "platforms.north.fixed_cost=20 m yuan"];
    let mut after = 0;
    run(&built(&exit), |tick, world, totals, _| {
        let Some(left) = world.view.state.platforms[0].exited else { return };
        let sold = |metric| totals.sum(0, metric);
        if tick > left + 1 {
            after += 1;
            assert_eq!([Metric::ActiveListings, Metric::ListingFees, Metric::PriceChanges, Metric::Orders].map(sold), [0; 4]);
        }
        assert!(!world.view.trades[0]);
        assert!(world.view.asked.iter().zip(&world.view.offers).all(|(asked, offer)| *asked == u32::MAX || offer.listed));
    });
    assert!(after > 3, "it left early enough to be watched");
}
