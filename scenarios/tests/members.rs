//! One run on several members that host a part each: the same digest tick by tick as in one process, also when the world is
//! put together from its pieces on another number of members.

use agents::market::Bazaar;
use agents::metric::{Mechanism, Totals};
use agents::piece::Pieces;
use scenarios::{Built, Override, build, load};
use sim_core::digest::Digest;
use sim_core::exchange::Local;
use sim_core::peers::{Peers, Threads};
use sim_core::placement::Placement;
use sim_core::tick::{World, run_tick};
use std::path::Path;

const SQUEEZE: &str = "library/merchant-squeeze.yaml";
const DOUBLE_11: &str = "library/double-11-2025.yaml";
const TINY: &str = "regression/tiny.yaml";

/// Hundreds of shards, few pieces and little money: claims of many meet at the last of each.
const SCARCE: [&str; 5] = [
    "population.shard_size=64",
    "population.shoppers=13000",
    "catalog.merchants.brands.stock={once: {units: 3}}",
    "platforms.north.promotions={war-chest: {kind: {instant-discount: {discount: 12 %}}, budget: strategy}, tight: {kind: {instant-discount: {discount: 9 %}}, budget: {per-day: 1000 yuan}}}",
    "population.social.messages_per_order=5 %",
];

/// Service, loss attribution and assistants.
const SERVICE: [&str; 5] = [
    "population.loss_attribution=true",
    "population.inquiries={share: 40 %, insight: 50 %, rating: 0.3}",
    "catalog.merchants.brands.service={agents: 2, wage: 1 yuan, tool: {cost: 1 yuan, acts: true, reach: 20 %}}",
    "catalog.merchants.shops.service={agents: 1, tool: {adopters: 50 %, failure: 30 %, learning: 4d, acts: true}}",
    "assistants={app: {owner: north, users: 10 %, innovation: 2, imitation: 20, restocks: 50 %, restocks_from: 2025-03-10}}",
];

fn built(file: &str, arm: &str, set: &[&str]) -> Built {
    let overrides: Vec<Override> = set.iter().map(|text| Override::parse(text).expect("an override")).collect();
    let project =
        load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file), &overrides).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    let loaded = project.arm(arm).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    build(&loaded, project.directory(), 0).expect("a world")
}

/// The digests of each tick in one process, and what fired.
fn alone(built: &Built) -> (Vec<Digest>, Totals) {
    let mut world = built.world();
    let mut all = None;
    let digests = (0..built.market.ticks()).map(|_| {
        let ticked = run_tick(&built.market, &mut world, &mut Local, |_| {}).expect("local");
        match &mut all {
            None => all = Some(ticked.totals),
            Some(sum) => sim_core::exchange::Sum::add(sum, &ticked.totals),
        }
        world.digest
    });
    let digests = digests.collect();
    (digests, all.expect("a run has ticks"))
}

/// Runs `ticks` ticks on the members of `worlds`; the digests, which all members agree on, and the worlds after.
fn together(built: &Built, worlds: Vec<World<Bazaar>>, ticks: u32) -> (Vec<Digest>, Vec<World<Bazaar>>) {
    let members = worlds.len() as u32;
    let run = |placement: Placement, transport: Threads, mut world: World<Bazaar>| {
        let mut peers = Peers::new(transport, placement, built.market.plan.count(), built.market.hosted_listings(members));
        let digests: Vec<Digest> = (0..ticks)
            .map(|_| {
                run_tick(&built.market, &mut world, &mut peers, |_| {}).expect("threads");
                world.digest
            })
            .collect();
        (digests, world)
    };
    let mut done: Vec<(Vec<Digest>, World<Bazaar>)> = std::thread::scope(|scope| {
        let all = Placement::all(members).zip(Threads::new(members)).zip(worlds);
        let running: Vec<_> = all.map(|((placement, transport), world)| scope.spawn(move || run(placement, transport, world))).collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(done.iter().all(|(digests, _)| *digests == done[0].0), "members differ");
    let digests = std::mem::take(&mut done[0].0);
    (digests, done.into_iter().map(|(_, world)| world).collect())
}

fn worlds(built: &Built, members: u32) -> Vec<World<Bazaar>> {
    Placement::all(members).map(|placement| built.world_at(placement)).collect()
}

fn same_on_all(built: &Built, members: &[u32]) -> Totals {
    let (expected, totals) = alone(built);
    for &members in members {
        let (digests, _) = together(built, worlds(built, members), built.market.ticks());
        let differing = digests.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(differing, None, "the first tick that differs on {members} members");
    }
    totals
}

#[test]
fn members_do_not_move_the_digest() {
    for arm in ["price-war", "efficiency-war"] {
        same_on_all(&built(TINY, arm, &[]), &[1, 2, 3, 5]);
    }
}

#[test]
fn the_last_piece_and_the_last_yuan_go_to_the_same_shoppers_on_any_members() {
    let totals = same_on_all(&built(TINY, "baseline", &SCARCE), &[2, 3, 5]);
    for mechanism in [Mechanism::StockRefusal, Mechanism::BudgetRefusal, Mechanism::WordOfMouth] {
        assert!(totals.mechanisms.get(mechanism as usize).fired > 20, "{} must be put to work", mechanism.name());
    }
}

#[test]
fn more_members_than_shards_leave_some_without() {
    same_on_all(&built(TINY, "price-war", &["population.shard_size=1000", "population.shoppers=1900"]), &[5]);
}

#[test]
fn the_main_job_is_the_same_on_three_members() {
    let small = ["population.shoppers=2000", "population.shard_size=512"];
    same_on_all(&built(DOUBLE_11, "baseline", &small), &[3]);
}

#[test]
fn merchants_enter_leave_and_choose_the_same_on_any_members() {
    let built = built(SQUEEZE, "merchants-pay", &["population.shoppers=2000", "population.shard_size=160"]);
    let totals = same_on_all(&built, &[3]);
    for mechanism in [Mechanism::MerchantExit, Mechanism::MerchantEntry, Mechanism::MerchantPlatforms] {
        assert!(totals.mechanisms.get(mechanism as usize).fired > 0, "{} must be put to work", mechanism.name());
    }
}

#[test]
fn a_world_goes_on_from_its_pieces_on_another_number_of_members() {
    goes_on(&built(TINY, "price-war", &[]));
    goes_on(&built(TINY, "baseline", &SERVICE));
}

#[test]
fn service_and_assistants_are_the_same_on_any_members() {
    let totals = same_on_all(&built(TINY, "baseline", &SERVICE), &[2, 3]);
    for mechanism in [Mechanism::LossAttribution, Mechanism::Inquiry, Mechanism::ToolAction, Mechanism::AssistantImitation] {
        assert!(totals.mechanisms.get(mechanism as usize).fired > 0, "{} must be put to work", mechanism.name());
    }
}

/// Runs on two members, is saved and placed again thrice.
fn goes_on(built: &Built) {
    let (expected, _) = alone(built);
    let (mut digests, mut hosted) = (Vec::new(), worlds(built, 2));
    for (ticks, next) in [(7, 3), (6, 1), (5, 5), (12, 2)] {
        let (more, after) = together(built, hosted, ticks);
        digests.extend(more);
        hosted = placed_again(built, &after, next);
    }
    assert_eq!(digests, expected);
}

/// Saves all members, and places the pieces on `members`.
fn placed_again(built: &Built, worlds: &[World<Bazaar>], members: u32) -> Vec<World<Bazaar>> {
    let market = &built.market;
    let shards: Vec<Vec<u8>> = worlds.iter().flat_map(|w| &w.shoppers).map(|shard| market.shard_piece(shard).expect("plain")).collect();
    let merchants: Vec<Vec<u8>> = worlds.iter().map(|world| market.merchant_piece(world).expect("plain")).collect();
    let place = |placement: Placement| {
        let hosted = placement.hosts(market.plan.count());
        let pieces = Pieces {
            replicated: market.replicated_piece(&worlds[0]).expect("plain"),
            shards: shards[hosted.start as usize..hosted.end as usize].to_vec(),
            merchants: merchants.clone(),
        };
        market.restored(market.world(Vec::new(), &built.expected_sales), placement, &pieces).expect("undamaged pieces")
    };
    Placement::all(members).map(place).collect()
}
