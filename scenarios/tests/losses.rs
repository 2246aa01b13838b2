//! Loss attribution in the engine: causes add up, name what was broken, and move nothing.

mod support;

use agents::loss::{Cause, departures, departures_nowhere, lost_sales};
use agents::metric::Metric;
use support::{built, run};

const ON: &str = "population.loss_attribution=true";

/// Lost sales of a platform by cause, and shares of them.
fn causes(set: &[&str], platform: usize) -> [f64; Cause::COUNT] {
    let all: Vec<&str> = set.iter().copied().chain([ON]).collect();
    let (mut by_cause, mut lost) = ([0i64; Cause::COUNT], 0);
    run(&built(&all), |_, _, totals, _| {
        for (sum, cause) in by_cause.iter_mut().zip(Cause::ALL) {
            *sum += totals.sum(platform, cause.sales());
        }
        lost += totals.sum(platform, Metric::LostSales);
    });
    assert_eq!(by_cause.iter().sum::<i64>(), lost, "every lost sale has one cause");
    assert!(lost > 500);
    by_cause.map(|n| n as f64 / lost as f64)
}

fn share(set: &[&str], platform: usize, cause: Cause) -> f64 {
    causes(set, platform)[cause as usize]
}

#[test]
fn the_rows_of_churn_add_up_to_lost_sales_and_departures() {
    // a warm-up that ends within a week: none of its days is in a row
    let built = built(&[ON, "calendar.warm_up=5d", "calendar.end=2025-04-28"]);
    let (mut lost, mut departed, mut in_rows, mut gone, mut placed) = (0, 0, 0, 0, 0);
    let last = built.market.ticks() - 1;
    run(&built, |tick, world, totals, _| {
        if tick < built.market.warm_up {
            return;
        }
        lost += (0..3).map(|p| totals.sum(p, Metric::LostSales)).sum::<i64>();
        departed += (0..3).map(|p| totals.sum(p, Metric::Churned)).sum::<i64>();
        if (tick + 1) % 7 == 0 || tick == last {
            let mut rows = lost_sales(&built.market, tick, &world.merchants);
            rows.extend(departures(&built.market, tick, &world.merchants));
            placed += rows.iter().map(|row| row.departed).sum::<i64>();
            rows.extend(departures_nowhere(&built.market, tick, totals));
            in_rows += rows.iter().map(|row| row.lost_sales).sum::<i64>();
            gone += rows.iter().map(|row| row.departed).sum::<i64>();
            for row in rows.iter().filter(|row| row.listing >= 0) {
                let listing = &built.market.catalog.listings[row.listing as usize];
                assert_eq!(i64::from(listing.merchant), row.merchant);
                assert_eq!(built.market.catalog.platforms[listing.platform as usize], row.platform);
            }
        }
    });
    assert!(lost > 2_000 && departed > 100, "{lost} {departed}");
    assert_eq!((in_rows, gone), (lost, departed));
    assert!(placed > departed / 2, "{placed} of {departed} departures are booked on a shop");
}

#[test]
fn attribution_moves_nothing() {
    let orders = |set: &[&str]| {
        let mut sums = Vec::new();
        let world = run(&built(set), |_, _, totals, _| {
            sums.push([Metric::Orders, Metric::Gmv, Metric::MerchantCash, Metric::Contacts].map(|m| totals.sum(0, m)));
        });
        (sums, world.view.state.prices.clone(), world.shoppers.iter().map(|s| s.state.row_sum).collect::<Vec<_>>())
    };
    assert_eq!(orders(&[]), orders(&[ON]));
}

#[test]
fn causes_name_what_is_broken() {
    let plain = causes(&[], 0);
    let slow = share(&["platforms.north.logistics.days=9"], 0, Cause::Delivery);
    assert!(slow > plain[Cause::Delivery as usize] + 0.1, "delivery {} -> {slow}", plain[Cause::Delivery as usize]);
    let rude = share(
        &["platforms.north.service.resolved_person=5 %", "platforms.north.service.resolved_ai=0", "population.choice.service=1.5"],
        0,
        Cause::Service,
    );
    assert!(rude > plain[Cause::Service as usize] + 0.1, "service {} -> {rude}", plain[Cause::Service as usize]);
    let blind = share(&["platforms.north.ai.initial.matching=0.31"], 0, Cause::Match);
    assert!(blind > plain[Cause::Match as usize], "match {} -> {blind}", plain[Cause::Match as usize]);
    let thin = share(&["platforms.north.ranking.shown=1", "platforms.north.ads.slots=[0]"], 0, Cause::Assortment);
    assert!(thin > plain[Cause::Assortment as usize] + 0.1, "assortment {} -> {thin}", plain[Cause::Assortment as usize]);
    let scarce = share(&["catalog.merchants.brands.stock={once: {units: 2}}"], 0, Cause::StockOut);
    assert!(scarce > plain[Cause::StockOut as usize], "stock-out {} -> {scarce}", plain[Cause::StockOut as usize]);
    let tired = share(&["population.choice.outside_fatigue=3", "population.memory.fatigue_gain_deal=3"], 0, Cause::Fatigue);
    assert!(tired > plain[Cause::Fatigue as usize] + 0.02, "fatigue {} -> {tired}", plain[Cause::Fatigue as usize]);
}

#[test]
fn causes_of_leaving_name_what_is_broken_where_nobody_compares() {
    let at = |days: u32| {
        let slow = format!("platforms.north.logistics.days={days}");
        share(&["population.segments.careful.multi_homing=0", "population.segments.hurried.multi_homing=0", &slow], 0, Cause::Delivery)
    };
    let (fast, slow) = (at(2), at(9));
    assert!(slow > fast + 0.05, "delivery: {fast} at two days, {slow} at nine");
}

#[test]
fn deals_elsewhere_are_told_from_prices() {
    let none = [
        "platforms.east.promotions={}",
        "platforms.east.strategy=steady",
        "platforms.south.promotions={}",
        "platforms.south.strategy=steady",
    ];
    let deal = "platforms.east.promotions={sale: {kind: {instant-discount: {discount: 40 %}}, platform_share: 100 %, budget: {per-day: 100 m yuan}}}";
    let quiet = share(&none, 0, Cause::RivalDeal);
    let loud = share(&[&none[1..], &[deal]].concat(), 0, Cause::RivalDeal);
    assert!(loud > quiet + 0.01, "{quiet} without deals elsewhere, {loud} with");
}

#[test]
fn departures_have_causes_too() {
    let departed = |set: &[&str], cause: Cause| {
        let all: Vec<&str> = set.iter().copied().chain([ON, "calendar.end=2025-05-25"]).collect();
        let (mut by_cause, mut all_causes) = (0, 0);
        run(&built(&all), |_, _, totals, _| {
            by_cause += totals.sum(0, cause.departures());
            all_causes += totals.sum(0, Metric::Churned);
        });
        assert!(all_causes > 100, "{all_causes}");
        by_cause as f64 / all_causes as f64
    };
    let plain = departed(&[], Cause::Delivery);
    let slow = departed(&["platforms.north.logistics.days=9"], Cause::Delivery);
    assert!(slow > plain + 0.1, "{plain} leave for delivery, {slow} when it is slow");
}

/// The cause that costs `north` most sales, with its lead over the next in shares of all.
fn leader(set: &[&str]) -> (Cause, f64) {
    let shares = causes(set, 0);
    let mut order: Vec<usize> = (0..Cause::COUNT).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
    (Cause::ALL[order[0]], shares[order[0]] - shares[order[1]])
}

#[test]
fn prices_dominate_where_shoppers_see_little_else() {
    let dear = [
        "population.choice.taste=0.1",
        "population.choice.quality=0",
        "population.choice.delivery=0",
        "population.choice.service=0",
        "catalog.merchants.brands.price_factor=2",
        "catalog.merchants.streamers.price_factor=2",
        "catalog.merchants.shops.price_factor=2",
    ];
    let (cause, lead) = leader(&dear);
    assert!(cause == Cause::Price && lead > 0.1, "{cause:?} leads by {lead}");
}

#[test]
fn quality_dominates_where_goods_differ_in_it_most() {
    let poor =
        ["population.choice.taste=0.1", "population.choice.quality=8", "population.choice.delivery=0", "population.choice.service=0"];
    let rich = ["careful", "hurried"].map(|segment| format!("population.segments.{segment}.price_sensitivity=0.5"));
    let plenty = ["brands", "shops", "streamers"].map(|group| format!("catalog.merchants.{group}.stock=unlimited"));
    let poor: Vec<&str> = poor.into_iter().chain(plenty.iter().chain(&rich).map(String::as_str)).collect();
    let (cause, lead) = leader(&poor);
    assert!(cause == Cause::Quality && lead > 0.1, "{cause:?} leads by {lead}");
}

#[test]
fn no_need_dominates_where_nothing_would_have_been_bought() {
    let (cause, lead) = leader(&["population.choice.outside=9"]);
    assert!(cause == Cause::NoNeed && lead > 0.3, "{cause:?} leads by {lead}");
}

#[test]
fn without_promotions_no_sale_is_lost_to_a_deal_at_any_loss_aversion() {
    // of arms that need a promotion only one is left, for which nobody has the money
    let idle = "platforms.north.promotions={war-chest: {kind: {instant-discount: {discount: 12 %}}, budget: strategy}}";
    let none = ["south", "east"].map(|p| [format!("platforms.{p}.promotions={{}}"), format!("platforms.{p}.strategy=steady")]);
    for loss_aversion in ["0", "0.5", "2.5"] {
        let aversion = format!("population.choice.loss_aversion={loss_aversion}");
        let set: Vec<&str> = none.iter().flatten().map(String::as_str).chain([&*aversion, idle]).collect();
        for platform in 0..3 {
            let lost = share(&set, platform, Cause::RivalDeal);
            assert_eq!(lost, 0.0, "at a loss aversion of {loss_aversion}, platform {platform}");
        }
    }
}

#[test]
fn answers_of_shops_are_a_cause_where_platforms_serve_alike() {
    let desk = |group: &str, resolved: u32| {
        format!("catalog.merchants.{group}.service={{agents: 4, load: 20 %, resolved: {resolved} %, spread: 0}}")
    };
    let lost = |rating: u32, brands: u32| {
        let others = ["shops", "factories", "streamers", "newcomers", "climbers", "learners"].map(|group| desk(group, 100));
        let inquiries = format!("population.inquiries={{share: 1 %, rating: {rating}}}");
        let brands = desk("brands", brands);
        let set: Vec<&str> = others.iter().map(String::as_str).chain([&*inquiries, &*brands, "population.choice.service=0"]).collect();
        share(&set, 0, Cause::Service)
    };
    let (unseen, alike, rude) = (lost(0, 5), lost(2, 100), lost(2, 5));
    assert_eq!(unseen, 0.0, "nobody sees how shops answer");
    assert!(rude > alike + 0.02, "{alike} where all answer well, {rude} where brands do not");
}
