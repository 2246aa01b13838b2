//! Each price instrument in a small market: what it must do, to the fen where it promises that.

use agents::market::Bazaar;
use agents::metric::{Metric, Totals};
use scenarios::{Built, Override, build, load_text};
use sim_core::exchange::Local;
use sim_core::tick::{Ticked, World, run_tick};
use std::path::Path;

/// Two platforms, fixed prices, no returns, nothing learned; `EAST` are the promotions of the first, `MORE` is anything.
const MARKET: &str = "
bazaar: 1
name: instruments
seed: 5
calendar: {start: 2025-11-01, end: 2025-11-24}
population:
  people: 4_000
  shoppers: 4_000
  segments:
    all: {share: 100 %, price_sensitivity: 3, visit_rate: 0.6, members: {east: 30 %}}
  choice: {price_utility: log, outside: 3.5, inspection: 100 %, taste: 1}
  cart: CART
catalog:
  categories:
    goods: {price: {lognormal: {median: 120, sigma: 0.4}}, cost: 50 %}
  merchants:
    shops: {count: 60, products: 2, platforms: {east: 100 %, west: 60 %}, pricing: fixed}
platforms:
  east:
    take_rate: 5 %
    logistics: {cost: 5 yuan, delivery_fee: {fee: FEE, free_above: 100 yuan}, cancelled: CANCELLED}
    membership: {fee: 88 yuan, join: 0 %}
    promotions: {EAST}
  west: {take_rate: 5 %}
";

const CART: &str = "{lines: 4, waiting_cost: 0.5 yuan, max_days: 6}";
const NO_CART: &str = "{}";
const BUDGET: &str = "budget: {per-day: 100 m yuan}";

struct Setting {
    promotions: String,
    cart: &'static str,
    fee: &'static str,
    cancelled: &'static str,
    set: &'static [&'static str],
}

impl Setting {
    fn of(promotions: &str) -> Setting {
        Setting { promotions: promotions.replace("BUDGET", BUDGET), cart: NO_CART, fee: "0 yuan", cancelled: "0 %", set: &[] }
    }

    fn built(&self) -> Built {
        let text = MARKET
            .replace("CART", self.cart)
            .replace("FEE", self.fee)
            .replace("CANCELLED", self.cancelled)
            .replace("{EAST}", &format!("{{{}}}", self.promotions));
        let overrides: Vec<Override> = self.set.iter().map(|text| Override::parse(text).expect("an override")).collect();
        let project = load_text(Path::new("scenario.yaml"), &text, &overrides).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
        build(project.baseline(), project.directory(), 0).expect("a world")
    }

    /// Runs to the end; sums of the metrics on the first platform. `see` hears of each tick.
    fn run(&self, mut see: impl FnMut(u32, &Bazaar, &World<Bazaar>, &Ticked<Bazaar>)) -> Sums {
        let built = self.built();
        let mut world = built.world();
        let mut sums = Sums::default();
        for tick in 0..built.market.ticks() {
            let ticked = run_tick(&built.market, &mut world, &mut Local, |_| {}).expect("the local exchange does not fail");
            sums.add(&ticked.totals);
            see(tick, &built.market, &world, &ticked);
        }
        sums
    }

    fn sums(&self) -> Sums {
        self.run(|_, _, _, _| {})
    }
}

#[derive(Clone, Debug, Default)]
struct Sums(Vec<i64>);

impl Sums {
    fn add(&mut self, totals: &Totals) {
        self.0.resize(Metric::COUNT, 0);
        for (sum, metric) in self.0.iter_mut().zip(Metric::ALL) {
            *sum += totals.sum(0, *metric);
        }
    }

    fn of(&self, metric: Metric) -> i64 {
        self.0[metric as usize]
    }

    fn ratio(&self, a: Metric, b: Metric) -> f64 {
        self.of(a) as f64 / self.of(b) as f64
    }
}

#[test]
fn every_discount_lowers_what_is_paid_and_raises_orders() {
    let none = Setting::of("").sums();
    let per_line = none.ratio(Metric::Paid, Metric::Shipped);
    for kind in [
        "instant-discount: {discount: 15 %}",
        "coupon: {discount: 15 %, reach: 60 %}",
        "threshold-discount: {threshold: 80 yuan, discount: 15 yuan}",
        "cross-shop-discount: {threshold: 80 yuan, discount: 15 yuan}",
        "gap-to-lowest: {share: 100 %, below: 15 %}",
        "presale: {deposit: {share: 10 %}, expansion: 2.5, pay_from: 2025-11-20, pay_to: 2025-11-21}",
    ] {
        let window = if kind.starts_with("presale") { ", from: 2025-11-02, to: 2025-11-19" } else { "" };
        let some = Setting::of(&format!("rule: {{kind: {{{kind}}}, platform_share: 40 %, BUDGET{window}}}")).sums();
        assert!(some.of(Metric::Orders) > none.of(Metric::Orders) * 101 / 100, "{kind}: {some:?}");
        assert!(some.ratio(Metric::Paid, Metric::Shipped) < per_line * 0.98, "{kind}: {some:?}");
        let given = some.of(Metric::Subsidy) + some.of(Metric::MerchantDiscount);
        let share = some.of(Metric::Subsidy) as f64 / given as f64;
        assert!((share - 0.4).abs() < 0.01, "{kind}: the platform paid {share}");
    }
}

#[test]
fn newcomers_and_members_get_what_is_theirs() {
    let rule = |audience: &str| format!("rule: {{kind: {{instant-discount: {{discount: 20 %}}}}, audience: {audience}, BUDGET}}");
    let all = Setting::of(&rule("all")).sums().of(Metric::Subsidy);
    let new = Setting::of(&rule("new")).run(|tick, _, _, ticked| {
        assert!(tick > 0 || ticked.totals.sum(0, Metric::Subsidy) > 0, "everybody is new on the first day");
    });
    assert!(new.of(Metric::Subsidy) > 0 && new.of(Metric::Subsidy) < all / 3, "{} of {all}", new.of(Metric::Subsidy));
    let members = Setting::of(&rule("members")).sums().of(Metric::Subsidy);
    assert!(members > 0 && members < all * 6 / 10, "a third of the shoppers are members: {members} of {all}");
}

#[test]
fn carts_fill_a_cross_shop_threshold_with_several_lines() {
    let rule = "rule: {kind: {cross-shop-discount: {threshold: 300 yuan, discount: 50 yuan}}, BUDGET}";
    let alone = Setting::of(rule).sums();
    let mut waiting = 0;
    let together = Setting { cart: CART, ..Setting::of(rule) }.run(|_, _, world, _| {
        let carts = world.shoppers.iter().map(|shard| shard.state.carts.len());
        waiting += carts.sum::<usize>();
    });
    let none = Setting { cart: CART, ..Setting::of("") }.sums();
    assert_eq!(alone.of(Metric::Checkouts), alone.of(Metric::Orders));
    assert_eq!(none.of(Metric::KeptLines), 0, "without a threshold nothing is worth waiting for");
    assert!(waiting > 0 && together.of(Metric::KeptLines) > together.of(Metric::Orders) / 10, "{together:?}");
    let basket = |sums: &Sums| sums.ratio(Metric::Gmv, Metric::Checkouts);
    assert!(basket(&together) > 1.05 * basket(&alone), "{} against {}", basket(&together), basket(&alone));
    assert!(together.of(Metric::Subsidy) > 2 * alone.of(Metric::Subsidy), "thresholds are filled together: {together:?}");
}

#[test]
fn dearer_time_empties_carts() {
    let rule = "rule: {kind: {cross-shop-discount: {threshold: 300 yuan, discount: 50 yuan}}, BUDGET}";
    let kept = |cart| Setting { cart, ..Setting::of(rule) }.sums().of(Metric::KeptLines);
    let patient = kept("{lines: 4, waiting_cost: 0 yuan, max_days: 6}");
    let hurried = kept("{lines: 4, waiting_cost: 4 yuan, max_days: 6}");
    assert!(patient > hurried && kept("{lines: 4, waiting_cost: 60 yuan, max_days: 6}") == 0, "{patient} {hurried}");
}

#[test]
fn price_protection_refunds_exactly_the_difference() {
    // prices fall by 20 % on the sixth day; who bought on days 1 to 5 has 5 days of protection
    let promotions = "fall: {kind: {instant-discount: {discount: 20 %}}, from: 2025-11-06, BUDGET}, \
        protection: {kind: {price-protection: {days: 5, claims: 100 %}}, platform_share: 30 %, to: 2025-11-05, BUDGET}";
    let (mut due, mut by_platform) = (0, 0);
    let sums = Setting::of(promotions).run(|tick, market, world, ticked| {
        let prices = &world.view.state.prices;
        for (id, orders) in ticked.listings.orders.iter().enumerate() {
            if tick < 5 && market.catalog.listings[id].platform == 0 {
                let fall = i64::from(prices[id]) / 5;
                due += orders * fall;
                by_platform += orders * (fall * 3 / 10);
            }
        }
    });
    assert!(due > 100_000);
    assert_eq!((sums.of(Metric::ProtectionRefunds), sums.of(Metric::ProtectionSubsidy)), (due, by_platform));
}

#[test]
fn protection_never_pays_more_than_its_budget() {
    let promotions = "fall: {kind: {instant-discount: {discount: 20 %}}, from: 2025-11-06, BUDGET}, \
        protection: {kind: {price-protection: {days: 5, claims: 100 %}}, to: 2025-11-05, budget: {per-day: 100 yuan}}";
    let mut most = 0;
    let sums = Setting::of(promotions).run(|_, _, _, ticked| most = most.max(ticked.totals.sum(0, Metric::ProtectionSubsidy)));
    assert!(most > 5_000 && most <= 10_000 && sums.of(Metric::RefusedSubsidies) > 0, "{most}");
}

#[test]
fn a_presale_ships_on_the_day_of_the_balance_and_keeps_forfeited_deposits() {
    let promotions = "early: {kind: {presale: {deposit: {share: 20 %}, expansion: 2, pay_from: 2025-11-12, pay_to: 2025-11-12}}, \
        platform_share: 0 %, from: 2025-11-03, to: 2025-11-11, BUDGET}";
    let setting = Setting { cancelled: "25 %", ..Setting::of(promotions) };
    let mut shipped = Vec::new();
    let sums = setting.run(|_, _, _, ticked| shipped.push(ticked.totals.sum(0, Metric::Shipped)));
    assert!(
        shipped[0] > 0 && shipped[2..11].iter().all(|&s| s == 0),
        "nothing is bought at once while a deposit counts twice: {shipped:?}"
    );
    assert!(shipped[11] > 5 * shipped[0], "{shipped:?}");
    let (paid, forfeited) = (sums.of(Metric::PresaleDeposits), sums.of(Metric::DepositsForfeited));
    let share = forfeited as f64 / paid as f64;
    assert!((share - 0.25).abs() < 0.03, "a quarter is cancelled, {share} of the deposits is forfeited");
    assert_eq!(sums.of(Metric::DepositsRefunded), 0);
}

#[test]
fn a_delivery_fee_is_paid_below_its_limit_and_a_subsidy_halves_it() {
    let free = Setting::of("").sums();
    let fee = Setting { fee: "6 yuan", ..Setting::of("") }.sums();
    let half = "freight: {kind: {delivery-subsidy: {share: 50 %}}, BUDGET}";
    let subsidised = Setting { fee: "6 yuan", ..Setting::of(half) }.sums();
    assert!(fee.of(Metric::Orders) < free.of(Metric::Orders) && fee.of(Metric::DeliveryFees) > 0);
    assert!(fee.of(Metric::DeliveryFees) < 600 * fee.of(Metric::Shipped), "dear lines are delivered for nothing");
    assert_eq!(subsidised.of(Metric::Subsidy), subsidised.of(Metric::DeliveryFees));
    assert!(subsidised.of(Metric::Orders) > fee.of(Metric::Orders));
}

#[test]
fn relief_moves_commission_to_merchants_and_no_price() {
    let none = Setting::of("").sums();
    let relief = Setting::of("relief: {kind: {commission-relief: {share: 40 %}}, BUDGET}").sums();
    assert_eq!(relief.of(Metric::Paid), none.of(Metric::Paid));
    assert_eq!(relief.of(Metric::MerchantCash), none.of(Metric::MerchantCash) + relief.of(Metric::Relief));
    let share = relief.ratio(Metric::Relief, Metric::Commission);
    assert!((share - 0.4).abs() < 0.002, "rounded down to the fen: {share}");
}

#[test]
fn a_floor_and_a_lag_hold_price_matching_back() {
    let given = |more: &str| {
        let rule = format!("rule: {{kind: {{gap-to-lowest: {{share: 100 %, below: 40 %{more}}}}}, BUDGET}}");
        Setting::of(&rule).sums().ratio(Metric::Subsidy, Metric::ShippedGmv)
    };
    assert!(given(", floor: 90 %") < 0.5 * given(""), "a floor of 90 % leaves at most 10 %");
    assert_eq!(given(", lag: 3d"), given(""), "prices that stand still are the same with a lag");
}

#[test]
fn of_an_exclusive_group_the_best_is_used_and_never_two() {
    let rules = |exclusive: &str| {
        format!(
            "a: {{kind: {{instant-discount: {{discount: 10 %}}}}, {exclusive} BUDGET}}, \
             b: {{kind: {{coupon: {{discount: 20 %, reach: 100 %}}}}, {exclusive} BUDGET}}"
        )
    };
    let off = |rules: &str| Setting::of(rules).sums().ratio(Metric::Subsidy, Metric::ShippedGmv);
    assert!((off(&rules("exclusive: either,")) - 0.2).abs() < 0.001);
    assert!((off(&rules("")) - 0.28).abs() < 0.001);
}

#[test]
fn a_presale_that_cannot_keep_its_promise_keeps_no_deposit() {
    let sums = |expansion: &str| {
        let rule = "early: {kind: {presale: {deposit: {share: 20 %}, expansion: TIMES, pay_from: 2025-11-12, pay_to: 2025-11-12}}, \
            from: 2025-11-03, to: 2025-11-11, budget: {per-day: 200 yuan}}";
        Setting::of(&rule.replace("TIMES", expansion)).sums()
    };
    let modest = sums("1.5");
    assert!(modest.of(Metric::RefusedSubsidies) > 100, "{modest:?}");
    assert_eq!(modest.of(Metric::Dropped), 0, "a balance of 80 % is paid where 90 % were expected in all");
    let bold = sums("3");
    assert!(bold.of(Metric::Dropped) > 100 && bold.of(Metric::DepositsRefunded) > 0, "{bold:?}");
    assert_eq!([&modest, &bold].map(|sums| sums.of(Metric::DepositsForfeited)), [0, 0]);
}

#[test]
fn a_delivery_fee_breaks_no_promise_of_a_deal() {
    let promise = "honest: {kind: {coupon: {discount: 10 %, reach: 100 %}}, BUDGET}";
    let learns = &["population.memory.deal_credit_gain=0.2"];
    Setting { fee: "9 yuan", set: learns, ..Setting::of(promise) }.run(|tick, market, world, _| {
        if tick + 1 == market.ticks() {
            let rows = world.shoppers.iter().flat_map(|shard| &shard.state.rows);
            let least = rows.map(|row| row.credit[0]).min().expect("shoppers");
            assert!(f32::from(least) > 0.9 * 16_384.0, "everybody got the whole coupon, credit fell to {least}");
        }
    });
}

#[test]
fn rules_that_exclude_each_other_are_advertised_once_and_rules_for_a_segment_to_it_alone() {
    let deals = |promotions: &str, set: &'static [&'static str]| {
        let built = Setting { set, ..Setting::of(promotions) }.built();
        let mut world = built.world();
        run_tick(&built.market, &mut world, &mut Local, |_| {}).expect("the local exchange does not fail");
        world.view.deals[0]
    };
    let coupon = "kind: {coupon: {discount: 20 %, reach: 100 %}}, BUDGET";
    let one = deals(&format!("a: {{{coupon}}}"), &[]);
    assert!((one[0] - 0.2).abs() < 1e-3, "{one:?}");
    assert_eq!(deals(&format!("a: {{{coupon}, exclusive: g}}, b: {{{coupon}, exclusive: g}}"), &[]), one);
    assert!(deals(&format!("a: {{{coupon}}}, b: {{{coupon}}}"), &[])[0] > one[0]);
    let two = &["population.segments.all.share=60 %", "population.segments.rest={share: 40 %, price_sensitivity: 3}"];
    let targeted = deals(&format!("a: {{{coupon}, segments: [rest]}}"), two);
    assert_eq!(targeted[..2], [0.0, one[0]]);
}

#[test]
fn what_returns_take_back_is_what_was_given_to_the_fen() {
    let promotions = "cross: {kind: {cross-shop-discount: {threshold: 300 yuan, discount: 50 yuan}}, BUDGET}, \
        coupon: {kind: {coupon: {discount: 7 %, reach: 50 %}}, platform_share: 30 %, BUDGET}";
    let set = &["catalog.categories.goods.returns_shelf=50 %", "platforms.east.logistics.days=1", "outputs.sample=100 %"];
    let built = Setting { cart: CART, set, ..Setting::of(promotions) }.built();
    let (mut world, mut booked, mut written, mut partial) = (built.world(), [0i64; 2], [0i64; 2], 0);
    for tick in 0..built.market.ticks() {
        let ticked = run_tick(&built.market, &mut world, &mut Local, |_| {}).expect("the local exchange does not fail");
        booked[0] += ticked.totals.sum(0, Metric::Clawback);
        booked[1] += ticked.totals.sum(0, Metric::Refunds);
        assert!(tick >= built.market.warm_up, "no warm-up, so that every order is written");
    }
    let orders: Vec<_> = world.shoppers.iter_mut().flat_map(|shard| shard.take_events().orders).collect();
    let come_back = |o: &&sim_core::rows::OrderRow| o.will_return == 1 && o.return_tick < built.market.ticks() && &*o.platform == "east";
    for order in orders.iter().filter(come_back) {
        written[0] += order.subsidy;
        written[1] += order.paid + order.subsidy;
        let together = |o: &&sim_core::rows::OrderRow| (o.tick, o.shopper, o.mission) == (order.tick, order.shopper, order.mission);
        partial += i32::from(orders.iter().filter(together).any(|o| o.will_return == 0));
    }
    assert!(partial > 20, "{partial} lines came back while others of the check-out stayed");
    assert!(written[0] > 100_000, "{written:?}");
    assert_eq!(booked, written);
}
