//! Shoppers' habits at the level of a market: waiting for a sale, buying ahead and the dip after it, membership, churn, segments.

mod support;

use agents::market::Bazaar;
use agents::metric::{Mechanism, Metric, Totals};
use sim_core::ledger::Account;
use sim_core::tick::World;
use support::{built, step};

const PLATFORMS: usize = 3;
/// Days of the sale in the file: Mar 16 to 18.
const SALE: std::ops::RangeInclusive<usize> = 13..=15;

/// Runs to the end: the totals of each tick, and the world.
fn run(set: &[&str]) -> (Vec<Totals>, World<Bazaar>) {
    let built = built(set);
    let mut world = built.world();
    let ticks = 0..built.market.ticks();
    let totals = ticks.map(|_| step(&built.market, &mut world).totals).collect();
    (totals, world)
}

fn all(totals: &Totals, metric: Metric) -> i64 {
    (0..PLATFORMS).map(|p| totals.sum(p, metric)).sum()
}

fn sum(days: &[Totals], metric: Metric) -> i64 {
    days.iter().map(|day| all(day, metric)).sum()
}

const WAITING: [&str; 2] = ["population.segments.careful.deferral=60 %", "population.segments.hurried.deferral=60 %"];
const IMPATIENT: [&str; 2] = ["population.segments.careful.deferral=0 %", "population.segments.hurried.deferral=0 %"];

#[test]
fn who_waits_for_a_sale_buys_less_before_it_and_more_in_it() {
    let crowd = ["population.shoppers=8000", "population.choice.buy_ahead=0"];
    let (waiting, _) = run(&[WAITING, crowd].concat());
    let (impatient, _) = run(&[IMPATIENT, crowd].concat());
    let eve = *SALE.start() - 3..*SALE.start();
    let (before, without) = (sum(&waiting[eve.clone()], Metric::Orders), sum(&impatient[eve], Metric::Orders));
    assert!(before as f64 <= 0.9 * without as f64, "{before} orders on the last days before the sale, {without} if nobody waits");
    let (during, plain) = (sum(&waiting[SALE], Metric::Orders), sum(&impatient[SALE], Metric::Orders));
    assert!(during as f64 >= 1.05 * plain as f64, "{during} orders in the sale, {plain} if nobody waits");
}

#[test]
fn needs_are_put_off_and_never_lost() {
    let (days, world) = run(&WAITING);
    let (deferred, released) = (sum(&days, Metric::Deferred), sum(&days, Metric::Released));
    let pent_up: i64 = world.shoppers.iter().flat_map(|s| &s.state.pent_up).map(|&n| i64::from(n)).sum();
    assert!(deferred > 300 && released > 0, "the test needs needs that wait: {deferred} deferred, {released} released");
    assert_eq!(deferred, released + pent_up);
    let mut waiting = 0;
    for (tick, day) in days.iter().enumerate() {
        if !SALE.contains(&tick) && tick < *SALE.end() {
            assert!(all(day, Metric::Released) == 0 || waiting == 0, "tick {tick}: nobody takes up a need while waiting");
        }
        waiting += all(day, Metric::Deferred);
        assert!(all(day, Metric::Deferred) == 0 || tick < *SALE.start(), "tick {tick}: nobody waits once the sale is on");
    }
}

#[test]
fn a_sale_that_is_not_announced_changes_no_need() {
    let silent = "calendar.festivals.spring-sale.phases.peak={from: 2025-03-16, to: 2025-03-18, visits: 1.5, budget_weight: 4, categories: {clothes: 1.3}}";
    let (days, _) = run(&[silent]);
    for metric in [Metric::Deferred, Metric::Released, Metric::Ahead] {
        assert_eq!(sum(&days, metric), 0, "{}", metric.name());
    }
}

#[test]
fn members_pay_fees_and_shop_more_where_they_are_members() {
    let joins = ["platforms.north.membership={fee: 20 yuan, benefit: 10 %, join: 50 %}", "population.shoppers=4000"];
    let (with, world) = run(&joins);
    let (without, _) = run(&[&joins[..], &["population.choice.membership=0"]].concat());
    let missions = |days: &[Totals]| days.iter().map(|d| d.sum(0, Metric::Missions)).sum::<i64>();
    assert!(missions(&with) as f64 > 1.05 * missions(&without) as f64, "{} missions, {}", missions(&with), missions(&without));
    let joined: i64 = with.iter().map(|d| d.sum(0, Metric::Joined)).sum();
    let lapsed: i64 = with.iter().map(|d| d.sum(0, Metric::Lapsed)).sum();
    let fees: i64 = with.iter().map(|d| d.sum(0, Metric::MembershipFees)).sum();
    let booked: i64 = with.iter().map(|d| d.ledger.flow(0, Account::Shopper, Account::Platform).0).sum();
    assert!(joined > 100 && lapsed > 0, "{joined} joined, {lapsed} lapsed");
    assert_eq!(fees, booked);
    let before = built(&joins).world().shoppers.iter().flat_map(|s| s.state.rows.clone()).filter(|r| r.is_member(0)).count() as i64;
    let after = world.shoppers.iter().flat_map(|s| &s.state.rows).filter(|r| r.is_member(0)).count() as i64;
    assert_eq!(after, before + joined - lapsed);
}

#[test]
fn a_dearer_membership_is_joined_by_fewer() {
    let joined = |fee: u32| {
        let set = format!("platforms.north.membership={{fee: {fee} yuan, benefit: 10 %, join: 50 %}}");
        sum(&run(&[&set]).0, Metric::Joined)
    };
    let (cheap, dear) = (joined(20), joined(800));
    assert!(2 * cheap > 3 * dear, "{cheap} join for 20 yuan, {dear} for 800");
}

#[test]
fn every_member_is_asked_once_a_year() {
    let quiet = ["platforms.north.membership={fee: 365 yuan, join: 0 %}", "calendar.end=2026-03-02", "calendar.festivals={}", "shocks=[]"];
    let (days, world) = run(&[&quiet[..], &["population.shoppers=400", "population.segments.careful.members={north: 100 %}"]].concat());
    assert_eq!(days.len(), 365);
    let (fees, lapsed) = (sum(&days, Metric::MembershipFees), sum(&days, Metric::Lapsed));
    let careful = world.shoppers.iter().flat_map(|s| &s.state.rate).filter(|&&class| class < 32).count() as i64;
    let renewed = days.iter().map(|d| d.of(0, 0, Metric::MembershipFees)).sum::<i64>() / 36_500;
    assert_eq!(renewed + days.iter().map(|d| d.of(0, 0, Metric::Lapsed)).sum::<i64>(), careful, "fees {fees}, lapsed {lapsed}");
}

#[test]
fn churn_is_counted_at_the_end_of_a_block_against_the_block_before() {
    let (days, _) = run(&["calendar.end=2025-04-27", "population.shoppers=4000"]);
    let end = days.last().expect("a day");
    assert_eq!(days.len(), 56);
    for (tick, day) in days[..55].iter().enumerate() {
        assert_eq!(all(day, Metric::BlockShoppers), 0, "tick {tick}");
    }
    for p in 0..PLATFORMS {
        let (base, churned) = (end.sum(p, Metric::BlockShoppers), end.sum(p, Metric::Churned));
        assert!(base > 200 && (base / 50..base).contains(&churned), "platform {p}: {churned} of {base}");
    }
}

#[test]
fn retention_falls_when_a_platform_turns_bad() {
    let churn = |set: &[&str]| {
        let (days, _) = run(&[&["calendar.end=2025-04-27", "population.shoppers=4000"], set].concat());
        let end = days.last().expect("a day");
        end.sum(0, Metric::Churned) as f64 / end.sum(0, Metric::BlockShoppers) as f64
    };
    let bad = "shocks=[{name: decline, on: 2025-03-31, set: {platforms.north.logistics.days: 18, platforms.north.service.contacts: 90 %, platforms.north.service.resolved_person: 0 %}}]";
    let (steady, declined) = (churn(&[]), churn(&[bad]));
    assert!(declined > steady + 0.03, "churn of {declined:.3} after the decline, {steady:.3} without");
}

#[test]
fn a_rush_cancels_more() {
    let cancelled = |set: &str| sum(&run(&[set]).0[SALE], Metric::Cancelled);
    let [rash, calm] = ["40 %", "15 %"].map(|share| cancelled(&format!("platforms.north.logistics.cancelled_festival={share}")));
    assert!(rash > calm + 20, "{rash} cancelled in the rush, {calm} otherwise");
}

#[test]
fn returns_peak_after_the_sale() {
    let (with, _) = run(&["population.shoppers=4000"]);
    let (without, _) = run(&["population.shoppers=4000", "calendar.festivals={}"]);
    let returned = |days: &[Totals]| (sum(days, Metric::ReturnedShelf) + sum(days, Metric::ReturnedLive)) as f64;
    let lift = |range: std::ops::RangeInclusive<usize>| returned(&with[range.clone()]) / returned(&without[range]);
    // lines of the sale come back after some days of delivery and four more
    let (sale, wave) = (lift(SALE), lift(17..=19));
    assert!(wave > 1.2 && wave > sale + 0.15, "returns times {sale:.2} in the sale, times {wave:.2} on the days after it");
}

#[test]
fn who_likes_streams_buys_in_them_and_who_minds_fatigue_leaves() {
    let live = |preference: &str| {
        let set = [format!("population.segments.careful.live_preference={preference}"), "population.shoppers=4000".to_owned()];
        let (days, _) = run(&[&set[0], &set[1]]);
        let of = |metric| days.iter().map(|d| (0..PLATFORMS).map(|p| d.of(p, 0, metric)).sum::<i64>()).sum::<i64>() as f64;
        of(Metric::DeliveredLive) / (of(Metric::DeliveredLive) + of(Metric::DeliveredShelf))
    };
    assert!(live("1") > 1.2 * live("0"));
    let orders = |sensitivity: &str| {
        let set = format!("population.segments.careful.fatigue_sensitivity={sensitivity}");
        run(&[&set]).0.iter().map(|d| (0..PLATFORMS).map(|p| d.of(p, 0, Metric::Orders)).sum::<i64>()).sum::<i64>()
    };
    assert!(orders("8") < orders("0"));
}

#[test]
fn buying_ahead_borrows_from_the_first_week_after_the_sale_and_hardly_from_the_second() {
    let food = |set: &[&str]| {
        let plain = [
            "population.shoppers=60000",
            "population.cart={}",
            "population.memory.stock_days=7",
            "catalog.categories.food.share=1",
            // merchants who do not answer to the sale
            "catalog.merchants.streamers.stock=unlimited",
            "catalog.merchants.shops.stock=unlimited",
            "catalog.merchants.brands.participation=always",
            "catalog.merchants.factories.platform_choice.rate=0 %",
            "catalog.merchants.old-timers.exit=never",
            "catalog.merchants.newcomers.entry.dormant=0 %",
            "catalog.merchants.newcomers.pricing=fixed",
            "catalog.merchants.climbers.pricing=fixed",
            "catalog.merchants.learners.pricing=fixed",
            "catalog.merchants.gamblers.pricing=fixed",
            // nor advertise in proportion to it
            "platforms.north.ads.slots=[]",
            "platforms.south.ads.slots=[]",
            "platforms.east.ads.slots=[]",
        ];
        let built = built(&[&plain[..], &IMPATIENT, set].concat());
        let listings = built.market.catalog.listings.iter().enumerate();
        let food: Vec<usize> = listings.filter(|(_, l)| l.category == 1).map(|(id, _)| id).collect();
        let mut world = built.world();
        let mut day = |_| step(&built.market, &mut world).listings;
        (0..built.market.ticks()).map(&mut day).map(|sold| food.iter().map(|&l| sold.orders[l]).sum::<i64>()).collect::<Vec<_>>()
    };
    let (with, without) = (food(&["population.choice.buy_ahead=10"]), food(&["population.choice.buy_ahead=0"]));
    let more = |days: std::ops::RangeInclusive<usize>| (with[days.clone()].iter().sum::<i64>() - without[days].iter().sum::<i64>()) as f64;
    let lift = more(SALE);
    let (first, second) = (-more(16..=22) / lift, -more(23..=29) / lift);
    assert!(
        // whom the sale made a customer buys on: week 2 may sell more than without it, it must not sell less
        (0.06..0.25).contains(&first) && second < first / 2.0,
        "borrowed {first:.3} of the lift in week 1, {second:.3} in week 2"
    );
}

#[test]
fn every_habit_that_the_small_market_configures_fires() {
    let configured = agents::configured::configured(&built(&[]).market);
    let (days, _) = run(&[]);
    let habits = [
        Mechanism::Deferral,
        Mechanism::PentUpNeed,
        Mechanism::BuyingAhead,
        Mechanism::FestivalCancellation,
        Mechanism::LivePreference,
        Mechanism::MembershipJoin,
        Mechanism::MembershipRenewal,
        Mechanism::MembershipChoice,
    ];
    for mechanism in habits {
        assert!(configured.contains(&mechanism), "{} is not configured", mechanism.name());
        assert!(days.iter().any(|d| d.mechanisms.get(mechanism as usize).fired > 0), "{} sleeps", mechanism.name());
    }
}

#[test]
fn rules_for_members_are_a_reason_to_join() {
    let joined = |discount: &str| {
        let rule = format!(
            "platforms.north.promotions.members={{kind: {{coupon: {{discount: {discount}, reach: 100 %}}}}, audience: members, budget: {{per-day: 50 m yuan}}}}"
        );
        let plain = "platforms.north.membership={fee: 400 yuan, benefit: 0 %, join: 50 %}";
        run(&[plain, &rule]).0.iter().map(|day| day.sum(0, Metric::Joined)).sum::<i64>()
    };
    let (none, small, large) = (joined("0 %"), joined("3 %"), joined("12 %"));
    assert!(none == 0 && small < large && large > 50, "{none} join for nothing, {small} for 3 %, {large} for 12 %");
}
