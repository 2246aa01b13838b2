//! Customer service in the engine: desks, authority, questions before the sale, tools of merchants, by direction; field experiments
//! replayed. One digest with all of it on.

mod support;

use agents::metric::{Mechanism, Metric};
use sim_core::digest::Digest;
use sim_core::parallel::Pool;
use support::{TINY, built, built_from, run, step};

const ASKS: &str = "population.inquiries={share: 30 %, insight: 60 %, reassurance: 0.2, rating: 0.2}";
const ATTRIBUTION: &str = "population.loss_attribution=true";
const GROUPS: [&str; 6] = ["brands", "shops", "factories", "streamers", "newcomers", "south-own"];

/// Sums of metrics of `north`.
fn north<const N: usize>(set: &[&str], metrics: [Metric; N]) -> [i64; N] {
    let mut sums = [0; N];
    run(&built(set), |_, _, totals, _| {
        for (sum, metric) in sums.iter_mut().zip(metrics) {
            *sum += totals.sum(0, metric);
        }
    });
    sums
}

/// Service of some merchant groups; `tool` in the words of the file.
fn desks(groups: &[&str], tool: &str) -> Vec<String> {
    let desk = |group: &&str| format!("catalog.merchants.{group}.service={{agents: 2, wage: 1 yuan, resolved: 50 %{tool}}}");
    groups.iter().map(desk).collect()
}

fn with<'a>(base: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    base.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

const TOOL: &str = ", tool: {cost: 1 yuan, resolved: 90 %, learning: 3d, failure: 20 %, reach: 30 %, reach_cost: 0.1 yuan, acts: true}";
/// Shops with a score that counts, and nothing else that an answer does.
const SCORES: &str = "population.inquiries={share: 10 %, rating: 3}";
const PLATFORM: &str = "platforms.north.service={contacts: 15 %, cost_person: 6 yuan, cost_ai: 0.6 yuan, minutes_ai: 0.2, resolved_person: 85 %, resolved_ai: 70 %, desk: {agents: 500, wage: 100 yuan}, authority: {limit: 150 yuan, compensation: 2 %}, proactive: {reach: 50 %, below: 0.2, cost: 0.3 yuan}, disputes: 30 %, dispute_cost: 20 yuan}";

fn digest(set: &[&str], threads: usize) -> Digest {
    Pool::new(threads).expect("threads").run(|| run(&built(set), |_, _, _, _| {}).digest)
}

#[test]
fn threads_shards_and_restarts_do_not_move_the_digest_with_service_on() {
    let tools = desks(&GROUPS, TOOL);
    let all = with(&[ASKS, ATTRIBUTION, PLATFORM], &tools);
    let expected = digest(&all, 1);
    assert_eq!(digest(&all, 3), expected);
    assert_eq!(digest(&[&all[..], &["population.shard_size=104"]].concat(), 2), expected);
    let built = built(&all);
    let mut world = built.world();
    for tick in 0..built.market.ticks() {
        if tick == 16 {
            world = built.market.load(&built.market.save(&world).expect("plain data")).expect("an undamaged snapshot");
        }
        step(&built.market, &mut world);
    }
    assert_eq!(world.digest, expected);
}

#[test]
fn every_mechanism_of_service_that_is_configured_fires() {
    let tools = desks(&GROUPS, TOOL);
    let built = built(&with(&[ASKS, ATTRIBUTION, PLATFORM], &tools));
    let mut fired = vec![0; Mechanism::COUNT];
    run(&built, |_, _, totals, _| {
        for (sum, mechanism) in fired.iter_mut().zip(Mechanism::ALL) {
            *sum += totals.mechanisms.get(*mechanism as usize).fired;
        }
    });
    let mine = ["inquiry", "desk", "tool", "queue", "authority", "proactive", "dispute"];
    let configured: Vec<_> =
        agents::configured::configured(&built.market).into_iter().filter(|m| mine.iter().any(|word| m.name().contains(word))).collect();
    assert_eq!(configured.len(), 9, "{configured:?}");
    for mechanism in configured {
        assert!(fired[mechanism as usize] > 0, "{} sleeps", mechanism.name());
    }
}

#[test]
fn a_higher_authority_limit_means_fewer_hand_offs() {
    let hand_offs = |limit: u32| {
        let set = format!("platforms.north.service.authority={{limit: {limit} yuan}}");
        let [contacts, by_ai] = north(
            &[&set, "platforms.north.service.resolved_ai=90 %", "platforms.north.ai.initial.service=0.8"],
            [Metric::Contacts, Metric::AnsweredByAi],
        );
        1.0 - by_ai as f64 / contacts as f64
    };
    let (none, some, most) = (hand_offs(0), hand_offs(100), hand_offs(10_000));
    assert!(none == 1.0 && none > some + 0.05 && some > most + 0.05, "{none} {some} {most}");
}

#[test]
fn a_low_hand_off_threshold_hands_over_less_and_leaves_more_unresolved() {
    let at = |threshold: u32| {
        let set = format!("platforms.north.service.authority={{limit: 10000 yuan, threshold: {threshold} %}}");
        let [contacts, by_ai, unresolved] =
            north(&[&set], [Metric::Contacts, Metric::AnsweredByAi, Metric::Unresolved]).map(|sum| sum as f64);
        (1.0 - by_ai / contacts, unresolved / contacts)
    };
    let (bold, careful) = (at(20), at(90));
    assert!(bold.0 < careful.0 - 0.3 && bold.1 > careful.1 + 0.1, "{bold:?} {careful:?}");
}

#[test]
fn more_people_at_the_desk_shorten_waits_and_resolve_more_for_their_wages() {
    let at = |agents: u32| {
        let set = format!("platforms.north.service.desk={{agents: {agents}, wage: 200 yuan}}");
        let [contacts, given_up, seconds, unresolved, cost] =
            north(&[&set], [Metric::Contacts, Metric::GivenUp, Metric::ResponseSeconds, Metric::Unresolved, Metric::ServiceCost])
                .map(|sum| sum as f64);
        (seconds / (contacts - given_up), unresolved / contacts, cost)
    };
    let (few, some, many) = (at(100), at(260), at(1000));
    assert!(few.0 > some.0 * 1.2 && some.0 > many.0 * 1.2, "{few:?} {some:?} {many:?}");
    assert!(few.1 > some.1 + 0.02 && some.1 >= many.1, "{few:?} {some:?} {many:?}");
    assert!(few.2 < some.2 && some.2 < many.2, "{few:?} {some:?} {many:?}");
}

#[test]
fn unresolved_contacts_become_disputes_at_their_rate() {
    let [unresolved, disputes] = north(
        &["platforms.north.service.disputes=40 %", "platforms.north.service.resolved_person=30 %"],
        [Metric::Unresolved, Metric::Disputes],
    );
    let rate = disputes as f64 / unresolved as f64;
    assert!((rate - 0.4).abs() < 0.1, "{rate}, three standard errors of about 250 contacts are 0.09");
}

#[test]
fn a_proactive_desk_keeps_shoppers_satisfied_at_a_cost() {
    let proactive = "platforms.north.service.proactive={reach: 100 %, below: 0.5, repair: 80 %, cost: 2 yuan}";
    let seen = |set: &[&str]| {
        let all: Vec<&str> = set.iter().copied().chain(["calendar.end=2025-05-25", "population.choice.satisfaction=4"]).collect();
        let (mut churned, mut cost) = (0, 0);
        let world = run(&built(&all), |_, _, totals, _| {
            churned += totals.sum(0, Metric::Churned);
            cost += totals.sum(0, Metric::ServiceCost);
        });
        let rows = world.shoppers.iter().flat_map(|shard| &shard.state.rows);
        (churned, cost, rows.map(|row| i64::from(row.satisfaction[0])).sum::<i64>())
    };
    let (passive, active) = (seen(&[]), seen(&[proactive]));
    assert!(active.0 < passive.0, "departed: {} passive, {} proactive", passive.0, active.0);
    assert!(active.1 > passive.1 + 1_000 && active.2 > passive.2, "{passive:?} {active:?}");
}

#[test]
fn a_message_wins_back_lines_that_would_be_given_up_at_check_out() {
    let volatile = [
        "population.shoppers=8000",
        "catalog.merchants.shops.pricing={nudge: {step: 0.1}}",
        "catalog.merchants.brands.pricing={nudge: {step: 0.1}}",
        "catalog.merchants.streamers.pricing={nudge: {step: 0.1}}",
    ];
    let with = |carts: u32, nudge: f64| {
        let proactive = format!("platforms.north.service.proactive={{carts: {carts} %, nudge: {nudge}, cost: 0.5 yuan}}");
        let set: Vec<&str> = volatile.iter().copied().chain([proactive.as_str()]).collect();
        north(&set, [Metric::AbandonedLines, Metric::CartMessages, Metric::RecoveredLines, Metric::ServiceCost])
    };
    let (none, some, all) = (with(0, 0.5), with(50, 0.5), with(100, 3.0));
    assert!(none[0] > 40 && none[1] == 0 && none[2] == 0, "the test needs lines that are given up: {none:?}");
    assert!(some[1] > 0 && some[2] > 0 && some[2] < some[1], "a message recovers some of those it reaches: {some:?}");
    assert!(some[0] < none[0] && all[0] * 2 < none[0], "{none:?} {some:?} {all:?}");
    assert!(all[2] * 4 > all[1] * 3 && all[3] > none[3], "{none:?} {all:?}");
}

/// Orders, questions with addresses, orders after them, cost of service to merchants, and lost sales, on all platforms.
fn outcome(set: &[&str]) -> [f64; 5] {
    let mut sums = [0i64; 5];
    run(&built(set), |_, _, totals, _| {
        for p in 0..3 {
            let of = |metric| totals.sum(p, metric);
            sums[0] += of(Metric::Orders);
            sums[1] += of(Metric::Inquiries) + of(Metric::Addressed);
            sums[2] += of(Metric::InquiryOrders);
            sums[3] += of(Metric::MerchantService);
            sums[4] += of(Metric::LostSales);
        }
    });
    sums.map(|sum| sum as f64)
}

#[test]
fn good_answers_convert_and_nobody_asks_where_inquiries_are_off() {
    let bad: Vec<String> = GROUPS.iter().map(|g| format!("catalog.merchants.{g}.service={{agents: 2, resolved: 5 %}}")).collect();
    let good: Vec<String> =
        GROUPS.iter().map(|g| format!("catalog.merchants.{g}.service={{agents: 4, load: 20 %, resolved: 100 %, spread: 0}}")).collect();
    let conversion = |desks: &[String]| {
        let [_, asked, orders, ..] =
            outcome(&with(&[ASKS, "population.inquiries.insight=0", "population.inquiries.reassurance=1.5"], desks));
        assert!(asked > 500.0, "{asked}");
        orders / asked
    };
    let (badly, well) = (conversion(&bad), conversion(&good));
    assert!(well > badly + 0.01, "{badly} {well}");
    assert_eq!(outcome(&[])[1], 0.0);
}

#[test]
fn who_has_asked_decides_again_by_the_probability_after_the_answer() {
    let well = |g: &&str| format!("catalog.merchants.{g}.service={{agents: 4, load: 20 %, resolved: 100 %, spread: 0}}");
    let desks: Vec<String> = GROUPS.iter().map(well).collect();
    let set = with(&["population.inquiries={share: 100 %, reassurance: 3}"], &desks);
    let (mut asked, mut refused, mut dropped) = (0, 0, 0);
    // every decision asserts that its probability is one
    run(&built_from(TINY, "price-war", &set), |_, _, totals, _| {
        for p in 0..3 {
            asked += totals.sum(p, Metric::Inquiries);
            refused += totals.sum(p, Metric::RefusedSubsidies);
            dropped += totals.sum(p, Metric::Dropped) + totals.sum(p, Metric::AbandonedLines);
        }
    });
    assert!(asked > 1000 && refused > 100 && dropped > 0, "{asked} questions, {refused} refused subsidies, {dropped} lines dropped");
}

#[test]
fn answers_that_tell_the_truth_lower_returns() {
    let well = |g: &&str| format!("catalog.merchants.{g}.service={{agents: 4, load: 20 %, resolved: 100 %, spread: 0}}");
    let desks: Vec<String> = GROUPS.iter().map(well).collect();
    let rate = |insight: u32| {
        let inquiries = format!("population.inquiries={{share: 100 %, insight: {insight} %}}");
        let (mut back, mut came) = (0, 0);
        run(
            &built(&with(
                &[&inquiries, "population.shoppers=6000", "population.choice.inspection=0", "platforms.north.logistics.return_gap=2"],
                &desks,
            )),
            |_, _, totals, _| {
                back += totals.sum(0, Metric::ReturnedShelf) + totals.sum(0, Metric::ReturnedLive);
                came += totals.sum(0, Metric::DeliveredShelf) + totals.sum(0, Metric::DeliveredLive);
            },
        );
        back as f64 / came as f64
    };
    let (blind, told) = (rate(0), rate(100));
    assert!(told < blind * 0.98, "{blind} of the lines come back, {told} with true answers");
}

#[test]
fn answers_heard_by_all_lower_the_returns_of_live_streams() {
    let streams = ["catalog.merchants.streamers.service={agents: 4, load: 20 %, resolved: 100 %, spread: 0}".to_owned()];
    let returns = |broadcast: u32| {
        let inquiries = format!("population.inquiries={{share: 1 %, broadcast: {broadcast} %}}");
        let set = [&*inquiries, "population.shoppers=6000", "platforms.north.logistics.return_gap=2"];
        let [back, came] = north(&with(&set, &streams), [Metric::ReturnedLive, Metric::DeliveredLive]);
        back as f64 / came as f64
    };
    let (silent, heard) = (returns(0), returns(100));
    assert!(heard < silent * 0.97, "{silent} of the lines come back, {heard} with answers");
}

#[test]
fn the_proactive_mode_of_a_tool_lowers_loss_at_a_cost() {
    let tool = |reach: u32| desks(&GROUPS, &format!(", tool: {{resolved: 100 %, reach: {reach} %, reach_cost: 0.2 yuan}}"));
    let set = [ASKS, ATTRIBUTION, "population.inquiries.insight=0", "population.inquiries.reassurance=0.6"];
    let at = |reach: u32, seed: &str| outcome(&with(&[&set[..], &[seed]].concat(), &tool(reach)));
    let runs = ["seed=1", "seed=2", "seed=3", "seed=4", "seed=5"].map(|seed| [at(0, seed), at(100, seed)]);
    let [passive, active] = [0, 1].map(|mode| [4, 3].map(|kpi| runs.iter().map(|run| run[mode][kpi]).sum::<f64>()));
    assert!(active[0] < passive[0] && active[1] > passive[1], "lost sales and cost: {passive:?} passive, {active:?} proactive");
}

#[test]
fn merchants_with_the_tool_act_on_what_loses_their_sales() {
    let acts = desks(&["shops", "brands"], ", tool: {resolved: 0, gain: 0, acts: true, price_step: 5 %}");
    let idle = desks(&["shops", "brands"], ", tool: {resolved: 0, gain: 0, acts: false}");
    let end = |desks: &[String]| {
        let fixed = ["catalog.merchants.shops.pricing=fixed", "catalog.merchants.shops.price_factor=1.5", ASKS, ATTRIBUTION];
        let built = built(&with(&fixed, desks));
        let world = run(&built, |_, _, _, _| {});
        let shops = built.market.catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group") as u16;
        let of_shops = |l: &agents::catalog::Listing| built.market.catalog.merchants[l.merchant as usize].group == shops;
        let prices = world.view.state.prices.iter().zip(&built.market.catalog.listings).filter(|(_, l)| of_shops(l));
        prices.map(|(price, l)| f64::from(*price) / f64::from(l.first_price)).fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0))
    };
    let ((advised, n), (alone, _)) = (end(&acts), end(&idle));
    assert!(alone == n && advised < n - 0.05, "prices over first prices: {advised} of {n} with advice, {alone} without");
}

/// Sales of the merchants of `shops`, `factories` and `streamers` by half, with the tool on the halves that are told to have it.
fn halves(first: bool, second: bool, set: &[&str]) -> [f64; 2] {
    let desk = |on: bool| {
        desks(&[""], if on { ", tool: {resolved: 100 %, gain: 30 %}" } else { "" })[0]
            .split_once('=')
            .map(|(_, v)| v.to_owned())
            .expect("a value")
    };
    let groups: Vec<String> = ["a", "b"]
        .iter()
        .zip([first, second])
        .map(|(half, on)| {
            format!("catalog.merchants.half-{half}={{count: 60, products: 2, platforms: {{north: 100 %}}, live: 50 %, pricing: fixed, service: {}}}", desk(on))
        })
        .collect();
    let set: Vec<&str> = set.iter().copied().chain([SCORES, "population.shoppers=6000"]).chain(groups.iter().map(String::as_str)).collect();
    let built = built(&set);
    let group_of = |l: &agents::catalog::Listing| {
        built.market.catalog.groups[built.market.catalog.merchants[l.merchant as usize].group as usize].name.clone()
    };
    let mut sales = [0.0; 2];
    run(&built, |_, _, _, tallies| {
        for (listing, orders) in built.market.catalog.listings.iter().zip(&tallies.orders) {
            match &*group_of(listing) {
                "half-a" => sales[0] += *orders as f64,
                "half-b" => sales[1] += *orders as f64,
                _ => {}
            }
        }
    });
    sales
}

#[test]
fn a_tool_that_all_adopt_loses_its_edge() {
    let none = halves(false, false, &[]);
    let one = halves(true, false, &[]);
    let all = halves(true, true, &[]);
    let (alone, common) = (one[0] / none[0] - 1.0, all[0] / none[0] - 1.0);
    let edge = one[0] / none[0] - one[1] / none[1];
    assert!(edge > 0.02, "the half with the tool gains on the other: {edge}");
    assert!(alone > common, "{alone} for the first to have it, {common} when all do");
}

#[test]
fn an_authority_without_a_limit_binds_nothing_and_a_threshold_binds_ai_that_replaces_people() {
    let by_ai = |set: &[&str]| {
        let [contacts, by_ai] = north(set, [Metric::Contacts, Metric::AnsweredByAi]).map(|sum| sum as f64);
        by_ai / contacts
    };
    let half = by_ai(&["platforms.north.service.authority={threshold: 50 %}"]);
    assert!((half - 0.5).abs() < 0.08, "AI keeps half of the contacts: {half}");
    let replace = "platforms.north.service.staff={replace: {deflect: 100 %, loss: 0}}";
    let (free, bound) = (by_ai(&[replace]), by_ai(&[replace, "platforms.north.service.authority={threshold: 90 %}"]));
    assert!(free > 0.3 && (bound - 0.1).abs() < 0.05, "{free} without a threshold, {bound} with one");
}

#[test]
fn callers_who_give_up_cost_nothing_and_have_no_response() {
    let set = ["platforms.north.service.desk={agents: 60, patience_minutes: 3}", "platforms.north.service.cost_person=7 yuan"];
    let [contacts, by_ai, given_up, unresolved, seconds, cost] = north(
        &set,
        [Metric::Contacts, Metric::AnsweredByAi, Metric::GivenUp, Metric::Unresolved, Metric::ResponseSeconds, Metric::ServiceCost],
    );
    assert!(given_up * 5 > contacts && given_up < unresolved, "{given_up} of {contacts} contacts are given up, {unresolved} unresolved");
    assert_eq!(cost, (contacts - by_ai - given_up) * 700 + by_ai * 60, "answered contacts are paid for, others are not");
    let mean = seconds as f64 / (contacts - given_up) as f64;
    assert!(mean > 12.0 && mean <= 180.0, "nobody who is answered has waited beyond the end of patience: {mean} s");
}

#[test]
fn replaced_people_leave_the_desk_with_their_wages_and_callers_give_up_more() {
    let at = |staff: &str| {
        let staff = format!("platforms.north.service.staff={staff}");
        let set = [&*staff, "platforms.north.service.desk={agents: 250, wage: 400 yuan}", "platforms.north.service.cost_person=0 yuan"];
        let set = [&set[..], &["platforms.north.service.cost_ai=0 yuan", "platforms.north.ai.initial.service=0.8"]].concat();
        let [cost, unresolved, contacts] = north(&set, [Metric::ServiceCost, Metric::Unresolved, Metric::Contacts]).map(|sum| sum as f64);
        (cost, unresolved / contacts)
    };
    let (stay, augment) = (at("as-needed"), at("{augment: {gain: 30 %}}"));
    let replace = at("{replace: {deflect: 40 %, loss: 30 %}}");
    assert_eq!(stay.0, augment.0, "assisted people stay");
    assert!(replace.0 < 0.8 * stay.0, "wages {} as needed, {} replaced", stay.0, replace.0);
    assert!(replace.1 > stay.1 + 0.05, "unresolved {} as needed, {} replaced", stay.1, replace.1);
}

#[test]
fn a_tool_that_replaces_people_saves_wages_and_answers_worse() {
    let at = |staff: &str| {
        let desk = |g: &&str| {
            format!(
                "catalog.merchants.{g}.service={{agents: 6, load: 90 %, wage: 2 yuan, resolved: 60 %, tool: {{resolved: 90 %, gain: 0, staff: {staff}}}}}"
            )
        };
        let tools: Vec<String> = GROUPS.iter().map(desk).collect();
        let built = built(&with(&[ASKS, "platforms.north.ai.initial.service=0.8"], &tools));
        let mut cost = 0;
        let world = run(&built, |_, _, totals, _| cost += (0..3).map(|p| totals.sum(p, Metric::MerchantService)).sum::<i64>());
        let well: u64 = world.view.state.service.iter().map(|score| u64::from(score & 255)).sum();
        (cost as f64, well as f64)
    };
    let (augment, replace) = (at("augment"), at("replace"));
    assert!(replace.0 < 0.8 * augment.0, "wages {} and {}", augment.0, replace.0);
    assert!(replace.1 < augment.1, "answers {} and {}", augment.1, replace.1);
}

#[test]
fn compensation_makes_shoppers_content_and_a_call_in_time_prevents_disputes() {
    let seen = |set: &[&str]| {
        let all = [set, &["platforms.north.service.disputes=50 %", "platforms.north.service.resolved_person=50 %"]].concat();
        let (mut disputes, mut unresolved) = (0, 0);
        let world = run(&built(&all), |_, _, totals, _| {
            disputes += totals.sum(0, Metric::Disputes);
            unresolved += totals.sum(0, Metric::Unresolved);
        });
        let rows = world.shoppers.iter().flat_map(|shard| &shard.state.rows);
        (disputes, unresolved, rows.map(|row| i64::from(row.satisfaction[0])).sum::<i64>())
    };
    let with = |share: u32| {
        seen(&[&format!("platforms.north.service.authority={{compensation: {share} %}}"), "platforms.north.ai.initial.service=0.8"])
    };
    let (none, most) = (with(0), with(80));
    assert!(most.2 > none.2, "satisfaction {} without compensation, {} with", none.2, most.2);
    let (waits, calls) = (seen(&[]), seen(&["platforms.north.service.proactive={reach: 100 %, below: 1, repair: 80 %}"]));
    assert!(waits.0 > 50 && calls.0 * 2 < waits.0 && calls.1 * 2 < waits.1, "{waits:?} passive, {calls:?} proactive");
}

/// Groups with a desk, and tools that only act.
fn acting(resolved: u32) -> Vec<String> {
    let desk = |group: &&str| {
        let resolved = if *group == "shops" { resolved } else { 95 };
        format!(
            "catalog.merchants.{group}.service={{agents: 2, load: 95 %, patience: 0.3, resolved: {resolved} %, spread: 0, wage: 1 yuan, tool: {{resolved: 0, gain: 0, acts: true, price_step: 0}}}}"
        )
    };
    GROUPS.iter().map(desk).collect()
}

#[test]
fn a_shop_hires_where_its_own_answers_lose_sales_and_not_where_its_platform_serves_badly() {
    let hired = |set: &[&str], resolved: u32| {
        let fixed = ["population.inquiries={share: 10 %, rating: 4}", ATTRIBUTION];
        let world = run(&built(&with(&[&fixed, set].concat(), &acting(resolved))), |_, _, _, _| {});
        world.merchants.desks.iter().map(|desk| u32::from(desk.extra)).sum::<u32>()
    };
    assert!(hired(&["population.choice.service=0"], 20) >= 3, "shops that answer badly hire");
    let rude = ["platforms.north.service.resolved_person=5 %", "platforms.north.service.resolved_ai=0", "population.choice.service=4"];
    let (own, platform) = (hired(&rude, 20), hired(&rude, 95));
    assert!(platform < own, "{own} hired where shops answer badly, {platform} where only the platform does");
}

#[test]
fn a_tool_orders_more_of_what_sells_out() {
    let stockouts = |acts: bool| {
        let tool = desks(&["shops"], &format!(", tool: {{resolved: 0, gain: 0, acts: {acts}, price_step: 0}}"));
        let thin = "catalog.merchants.shops.stock={reorder-up-to: {reorder_days: 1, level_days: 2, lead_time: 6}}";
        let pricing = "catalog.merchants.shops.pricing=fixed";
        let built = built(&with(&[ASKS, ATTRIBUTION, thin, pricing, "population.shoppers=6000"], &tool));
        let shops = built.market.catalog.groups.iter().position(|g| &*g.name == "shops").expect("a group") as u16;
        let of_shops = |l: &agents::catalog::Listing| built.market.catalog.merchants[l.merchant as usize].group == shops;
        let mut refused = 0;
        run(&built, |_, _, _, tallies| {
            let here = tallies.stockouts.iter().zip(&built.market.catalog.listings).filter(|(_, l)| of_shops(l));
            refused += here.map(|(n, _)| n).sum::<i64>();
        });
        refused
    };
    let (idle, acts) = (stockouts(false), stockouts(true));
    assert!(idle > 100 && acts * 10 < idle * 9, "{idle} orders refused for stock, {acts} where the tool orders more");
}

#[test]
fn rows_of_merchants_add_up_to_those_of_platforms_across_a_warm_up_that_ends_within_a_week() {
    let tools = desks(&GROUPS, TOOL);
    let more = [ASKS, ATTRIBUTION, PLATFORM, "calendar.warm_up=5d"];
    let built = built(&with(&more, &tools));
    let last = built.market.ticks() - 1;
    let metrics = [
        Metric::Shipped,
        Metric::ShippedGmv,
        Metric::AdSpend,
        Metric::AdClicks,
        Metric::Inquiries,
        Metric::Addressed,
        Metric::InquiryOrders,
        Metric::MerchantService,
        Metric::Contacts,
        Metric::SelfResolved,
        Metric::Unresolved,
        Metric::GivenUp,
        Metric::Disputes,
        Metric::ResponseSeconds,
    ];
    let (mut platforms, mut merchants) = ([0i64; 14], [0i64; 14]);
    let (mut handed_off, mut by_people, mut skilled, mut held) = (0, 0, 0, 0);
    run(&built, |tick, world, totals, _| {
        if tick < built.market.warm_up {
            return;
        }
        for (sum, metric) in platforms.iter_mut().zip(metrics) {
            *sum += (0..3).map(|p| totals.sum(p, metric)).sum::<i64>();
        }
        by_people += (0..3).map(|p| totals.sum(p, Metric::Contacts) - totals.sum(p, Metric::AnsweredByAi)).sum::<i64>();
        if (tick + 1) % 7 != 0 && tick != last {
            return;
        }
        for row in agents::record::merchant_ticks(&built.market, tick, world) {
            let numbers = [
                row.orders,
                row.shipped_gmv,
                row.ad_spend,
                row.clicks,
                row.inquiries,
                row.addressed_shoppers,
                row.inquiry_orders,
                row.service_cost,
                row.contacts,
                row.self_resolved,
                row.unresolved_contacts,
                row.abandoned_contacts,
                row.disputes,
                row.response_seconds,
            ];
            merchants.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
            handed_off += row.handed_off;
            assert_eq!(row.skill.is_nan(), row.service_score.is_nan());
            skilled += i64::from((0.0..=1.0).contains(&row.skill) && row.service_people > 0);
            held += i64::from(row.service_tool);
        }
    });
    assert!(platforms[..11].iter().all(|sum| *sum > 0), "{platforms:?}");
    assert_eq!(merchants, platforms, "{metrics:?}");
    assert_eq!(handed_off, by_people);
    assert!(skilled > 100 && held > 20, "{skilled} rows of desks, {held} of tools");
}
