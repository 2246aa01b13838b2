//! Shopper assistants in the engine: who takes them up, what they look at, what they buy alone. One digest with all of it on.

mod support;

use agents::market::Bazaar;
use agents::metric::{Mechanism, Metric};
use agents::params::MATCHING;
use sim_core::digest::Digest;
use sim_core::ids::Tick;
use sim_core::parallel::Pool;
use sim_core::rows::MissionRow;
use sim_core::tick::World;
use support::{built, run, step, sums};

/// Everything that this file tests, switched on at once.
const ALL: &str = "assistants={app: {owner: north, users: 10 %, innovation: 2, imitation: 10, disadoption: 1, pull: 1, ad_discount: 60 %, restocks: 50 %, restocks_from: 2025-03-10}, general: {innovation: 4, imitation: 20, disadoption: 2, platforms: 2, ad_discount: 80 %}}";
const ATTRIBUTION: &str = "population.loss_attribution=true";

/// Sum of a metric over platforms and ticks.
fn sum(set: &[&str], metric: Metric) -> i64 {
    let mut sum = 0;
    run(&built(set), |_, _, totals, _| sum += (0..3).map(|p| totals.sum(p, metric)).sum::<i64>());
    sum
}

fn digest(set: &[&str], threads: usize) -> Digest {
    Pool::new(threads).expect("threads").run(|| run(&built(set), |_, _, _, _| {}).digest)
}

/// Share of shoppers who use assistant 0.
fn users(world: &World<Bazaar>) -> f64 {
    let rows = || world.shoppers.iter().flat_map(|shard| &shard.state.rows);
    rows().filter(|row| row.assistants() & 1 == 1).count() as f64 / rows().count() as f64
}

#[test]
fn threads_shards_and_restarts_do_not_move_the_digest_with_assistants_and_attribution() {
    let expected = digest(&[ALL, ATTRIBUTION], 1);
    assert_eq!(digest(&[ALL, ATTRIBUTION], 3), expected);
    assert_eq!(digest(&[ALL, ATTRIBUTION, "population.shard_size=104"], 2), expected);
    let built = built(&[ALL, ATTRIBUTION]);
    let mut world = built.world();
    for tick in 0..built.market.ticks() {
        if tick == 17 {
            world = built.market.load(&built.market.save(&world).expect("plain data")).expect("an undamaged snapshot");
        }
        step(&built.market, &mut world);
        for shard in &world.shoppers {
            assert_eq!(shard.recomputed_row_sum(), shard.state.row_sum, "after tick {tick}");
        }
    }
    assert_eq!((world.digest, world.tick), (expected, Tick(built.market.ticks())));
}

#[test]
fn every_mechanism_of_assistants_that_is_configured_fires() {
    let built = built(&[ALL, ATTRIBUTION]);
    let configured = agents::configured::configured(&built.market);
    let mut fired = vec![0; Mechanism::COUNT];
    run(&built, |_, _, totals, _| {
        for (sum, mechanism) in fired.iter_mut().zip(Mechanism::ALL) {
            *sum += totals.mechanisms.get(*mechanism as usize).fired;
        }
    });
    let mine = configured.iter().filter(|m| m.name().contains("assistant") || m.name().contains("auto") || m.name().contains("loss"));
    let mine: Vec<_> = mine.collect();
    assert_eq!(mine.len(), 7, "{mine:?}");
    for mechanism in mine {
        assert!(fired[*mechanism as usize] > 0, "{} sleeps", mechanism.name());
    }
}

/// Adoption after a time of years in the model of Bass (1969).
fn bass(p: f64, q: f64, years: f64) -> f64 {
    let left = (-(p + q) * years).exp();
    (1.0 - left) / (1.0 + q / p * left)
}

#[test]
fn adoption_follows_the_curve_of_bass_on_complete_and_random_graphs() {
    let quiet = ["population.segments.careful.visit_rate=0.001", "population.segments.hurried.visit_rate=0.001"];
    let (p, q) = (0.6, 9.0);
    let assistant = format!("assistants={{app: {{innovation: {p}, imitation: {q}, asked: 0}}}}");
    // on a random graph of 18 neighbours those of users are users already more often than others: it lags behind
    for (graph, error) in [("none", 0.04), ("{small-world: {neighbours: 2, long_range: 16}}", 0.12)] {
        let graph = format!("population.social.graph={graph}");
        let more = ["population.shoppers=6000", "calendar.end=2025-10-20", "population.social.messages_per_order=0", &graph, &assistant];
        let set: Vec<&str> = quiet.iter().copied().chain(more).collect();
        let mut seen = Vec::new();
        run(&built(&set), |tick, world, _, _| {
            if tick % 35 == 34 {
                seen.push((users(world), bass(p, q, f64::from(tick + 1) / 365.0)));
            }
        });
        assert!(seen.iter().all(|(found, expected)| (found - expected).abs() < error), "{graph}: {seen:?}");
        assert!(seen.last().is_some_and(|(found, _)| *found > 0.88), "{graph}: {seen:?}");
    }
}

#[test]
fn who_gives_up_keeps_adoption_below_everybody() {
    let share = |disadoption: f64| {
        let assistant = format!("assistants={{app: {{users: 50 %, innovation: 1, imitation: 5, disadoption: {disadoption}}}}}");
        users(&run(&built(&[&assistant]), |_, _, _, _| {}))
    };
    let (none, some, much) = (share(0.0), share(3.0), share(30.0));
    assert!(none > some + 0.05 && some > much + 0.1, "{none} {some} {much}");
}

/// Share of the offers chosen that stood first on their page, and of those that stood below the sixth.
fn positions(set: &[&str]) -> (f64, f64) {
    let all: Vec<&str> = set.iter().copied().chain(["outputs.sample=100 %", "platforms.north.ranking.shown=12"]).collect();
    let mut built = built(&all);
    built.market.sample = u32::MAX;
    let mut chosen: Vec<MissionRow> = Vec::new();
    run(&built, |_, world, _, _| {
        for shard in &mut world.shoppers {
            chosen.extend(shard.take_events().missions.into_iter().filter(|row| row.chosen == 1 && &*row.platform == "north"));
        }
    });
    let share = |wanted: &dyn Fn(u32) -> bool| chosen.iter().filter(|r| wanted(r.position)).count() as f64 / chosen.len() as f64;
    (share(&|at| at == 0), share(&|at| at > 5))
}

#[test]
fn position_bias_falls_as_the_share_of_assistants_rises() {
    let with = |users: u32| {
        let assistant = format!("assistants={{general: {{users: {users} %, asked: 100 %, offers: 12, ad_discount: 100 %}}}}");
        // without paid slots, so that a place is a rank at every share
        positions(&[&assistant, "platforms.north.ai.initial.matching=0.35", "platforms.north.ads.slots=[]"])
    };
    let (none, half, all) = (with(1), with(50), with(100));
    assert!(none.0 > half.0 && half.0 > all.0, "first places: {none:?} {half:?} {all:?}");
    assert!(none.1 < half.1 && half.1 < all.1, "low places: {none:?} {half:?} {all:?}");
}

#[test]
fn a_neutral_assistant_of_small_width_beats_the_order_of_the_page() {
    let first = |ad_discount: u32| {
        let assistant =
            format!("assistants={{general: {{users: 100 %, asked: 100 %, search_cost: 1, offers: 2, ad_discount: {ad_discount} %}}}}");
        positions(&[&assistant, "platforms.north.ranking={recall: 16, taste: 0, price: 0, quality: 0}"]).0
    };
    let (obeys, ignores) = (first(0), first(100));
    assert!(ignores < obeys - 0.1, "{obeys} of the choices stand first if it obeys, {ignores} if it does not");
}

#[test]
fn an_assistant_widens_the_search_and_its_owner_gains_visits() {
    let visits = |set: &[&str]| sum(set, Metric::Visits);
    let plain = visits(&[]);
    let compares = visits(&["assistants={general: {users: 100 %, asked: 100 %, platforms: 3}}"]);
    assert!(compares > plain * 3 / 2, "{plain} visits without, {compares} with");
    let north = |set: &[&str]| {
        let mut missions = 0;
        run(&built(set), |_, _, totals, _| missions += totals.sum(0, Metric::Missions));
        missions
    };
    let pulled = north(&["assistants={app: {owner: north, users: 100 %, asked: 100 %, pull: 2}}"]);
    assert!(pulled > north(&[]) * 5 / 4, "the owner's app begins at home");
    assert_eq!(sum(&["assistants={general: {users: 100 %, asked: 0}}"], Metric::Visits), plain, "who does not ask is not helped");
}

#[test]
fn an_assistant_that_discounts_ads_takes_clicks_and_spend_from_advertising() {
    let with = |ad_discount: u32| {
        let assistant = format!("assistants={{general: {{users: 100 %, asked: 100 %, ad_discount: {ad_discount} %}}}}");
        sums(&built(&[&assistant]), [Metric::AdImpressions, Metric::AdClicks, Metric::AdSpend, Metric::Missions])
    };
    let (obeys, half, ignores) = (with(0), with(50), with(100));
    assert!(obeys[1] > 500.0, "the test needs clicks, found {obeys:?}");
    for metric in 0..3 {
        let share = half[metric] / obeys[metric];
        assert!((0.35..0.75).contains(&share), "half of the missions look past paid slots: {obeys:?} {half:?}");
    }
    assert_eq!(ignores[..3], [0.0; 3], "nobody looks at paid slots");
}

#[test]
fn an_assistant_buys_alone_from_its_day_on_what_runs_out() {
    let alone = |from: &str| {
        let assistant = format!("assistants={{app: {{users: 100 %, restocks: 100 %{from}, owner: north}}}}");
        let mut by_tick = Vec::new();
        run(&built(&[&assistant]), |_, _, totals, _| by_tick.push((0..3).map(|p| totals.sum(p, Metric::AutonomousOrders)).sum::<i64>()));
        by_tick
    };
    let from_day_10 = alone(", restocks_from: 2025-03-13");
    assert!(from_day_10[..10].iter().all(|n| *n == 0) && from_day_10[10..].iter().sum::<i64>() > 50, "{from_day_10:?}");
    let stage = "ai_market.functions.matching.stages={emergence: 0.2, autonomous: 0.9, self_iteration: 1}";
    let assistant = "assistants={app: {users: 100 %, restocks: 100 %, owner: north}}";
    assert_eq!(sum(&[assistant, stage], Metric::AutonomousOrders), 0, "matching does not act alone");
    let stage = "ai_market.functions.matching.stages={emergence: 0.1, autonomous: 0.2, self_iteration: 1}";
    assert!(sum(&[assistant, stage], Metric::AutonomousOrders) > 50, "matching acts alone");
}

#[test]
fn each_assistant_restocks_in_its_turn_wherever_it_stands_in_the_file() {
    let restocked = |first: &str, second: &str| {
        let both = format!(
            "assistants={{app: {{users: 100 %, restocks: {first}, restocks_from: 2025-03-04}}, device: {{users: 100 %, restocks: {second}, restocks_from: 2025-03-04}}}}"
        );
        let mut sums = [0; 2];
        run(&built(&["population.shoppers=6000", &both]), |_, _, totals, _| {
            sums.iter_mut().zip(&totals.assistants).for_each(|(sum, a)| *sum += a.restocked);
        });
        sums.map(|sum| sum as f64)
    };
    let alike = restocked("40 %", "40 %");
    assert!(alike[0] > 100.0 && (alike[0] / alike[1] - 1.0).abs() < 0.25, "{alike:?}");
    let (rising, falling) = (restocked("10 %", "60 %"), restocked("60 %", "10 %"));
    assert!(rising[1] > 3.0 * rising[0] && falling[0] > 3.0 * falling[1], "{rising:?} {falling:?}");
}

#[test]
fn autonomy_begins_when_the_stage_is_reached() {
    let set = [
        "assistants={app: {users: 100 %, restocks: 100 %, owner: north}}",
        "ai_market.functions.matching.stages={emergence: 0.1, autonomous: 0.52, self_iteration: 1}",
        "platforms.north.ai.spend=30 m yuan",
    ];
    let (mut before, mut after, mut from) = (0, 0, None);
    let mut reached = false;
    run(&built(&set), |tick, world, totals, _| {
        let alone: i64 = (0..3).map(|p| totals.sum(p, Metric::AutonomousOrders)).sum();
        // the stage that was published for this tick
        if reached {
            after += alone
        } else {
            before += alone
        }
        reached = world.view.state.platforms[0].acts_alone(MATCHING);
        if reached && from.is_none() {
            from = Some(tick + 1);
        }
    });
    let from = from.expect("the stage is reached inside the run");
    assert!((3..25).contains(&from), "the stage is reached before tick {from}");
    assert!(before == 0 && after > 50, "{before} bought alone before it, {after} after it");
}

#[test]
fn in_the_takeover_the_stage_is_reached_inside_the_year() {
    let built = support::built_file("assistant-takeover.yaml", &["population.shoppers=400", "calendar.warm_up=7d"]);
    let jd = built.market.catalog.platforms.iter().position(|p| &**p == "jd").expect("a platform");
    let mut stages = Vec::new();
    run(&built, |_, world, _, _| stages.push(world.view.state.platforms[jd].acts_alone(MATCHING)));
    let from = stages.iter().position(|acts| *acts).expect("the stage is reached");
    let share = from as f64 / stages.len() as f64;
    assert!((0.1..0.7).contains(&share), "the stage is reached after {share} of the run");
}
