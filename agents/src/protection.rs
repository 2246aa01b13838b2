//! Price protection: who bought before the price fell gets the difference.
//!
//! Guarantees that the refund is exactly what the shelf price of the purchase exceeds the lowest one of the days after by, at
//! most what was paid, paid by the funders of the rule, and that no budget is overspent: each refund is a claim like any other.

use crate::deposit::merchant_cash;
use crate::instrument::{Instrument, NO_RULE};
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric};
use crate::order::{Line, OpenLine};
use crate::params::RATE_LEVELS;
use crate::shard::ShopperShard;
use crate::view::View;
use sim_core::draw::{Purpose, mix};
use sim_core::grant::{CutOffs, Rank};
use sim_core::ledger::Account;
use sim_core::money::Money;
use sim_core::tick::{Tally, Wishes};

/// Mission number in the rank of a refund: no order has it.
const RANK_MISSION: u16 = u16::MAX;

/// A refund that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refund {
    shopper: u32,
    pub(crate) listing: u32,
    pub(crate) rule: u8,
    pub(crate) platform_part: i64,
    merchant_part: i64,
    pub(crate) rank: Rank,
}

/// Puts the price of a shipped line under protection for `ticks`, at the shelf price of this tick.
pub(crate) fn watch(view: &View, tick: u32, ticks: u32, shard: &mut ShopperShard, line: &Line, paid: i64) {
    assert!(line.protection != NO_RULE && ticks > 0, "a rule protects the line");
    let protected = OpenLine {
        listing: line.listing,
        paid: view.offers[line.listing as usize].shelf,
        clawback: paid as u32,
        clawback_strategy: u32::from(line.protection) | ticks << 8,
        commission: 0,
        shopper: line.shopper as u16,
        experience: 0,
        flags: OpenLine::PROTECTED,
    };
    shard.state.open_line(tick, tick + ticks, protected);
}

/// What falls due: the refund, and the claim on the budget of its rule.
pub(crate) fn fall_due(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, wishes: &mut Wishes<Bazaar>) {
    shard.refunds.clear();
    let bucket = tick as usize % shard.state.open.len();
    if !shard.state.open[bucket].iter().any(|line| line.has(OpenLine::PROTECTED)) {
        return;
    }
    let params = market.params(view);
    let priority_key = market.seed.words(Purpose::Priority, 0, u64::from(tick), 0).0[1];
    let mut due: Vec<OpenLine> = shard.state.open[bucket].iter().copied().filter(|line| line.has(OpenLine::PROTECTED)).collect();
    due.sort_unstable_by_key(|line| (line.shopper, line.listing, line.paid, line.clawback, line.clawback_strategy));
    let mut number = 0;
    for (i, line) in due.iter().enumerate() {
        number = if i > 0 && due[i - 1].shopper == line.shopper { number + 1 } else { 0 };
        let platform = market.catalog.listings[line.listing as usize].platform as usize;
        let (rule, ticks) = (line.clawback_strategy as u8, line.clawback_strategy >> 8);
        let promotion = &params.platforms[platform].promotions[rule as usize];
        let Instrument::PriceProtection { claims, .. } = promotion.instrument else { continue };
        let fall = i64::from(line.paid) - i64::from(view.lowest_shelf(line.listing, ticks));
        let refund = fall.min(i64::from(line.clawback)).min(promotion.cap);
        let shopper = shard.state.shopper(line.shopper as usize);
        let asks = || market.seed.words(Purpose::Protection, shopper, u64::from(tick), u64::from(line.listing)).uniform(0) < claims;
        if refund <= 0 || !asks() {
            continue;
        }
        let platform_part = Money(refund).share(promotion.platform_ppm).0;
        wishes.budgets.claimed[market.money_slot(platform, rule, promotion)] += platform_part;
        let rank = Rank { priority: mix(priority_key ^ shopper, number), shopper, mission: RANK_MISSION, line: number as u16 };
        let merchant_part = refund - platform_part;
        shard.refunds.push(Refund { shopper: u32::from(line.shopper), listing: line.listing, rule, platform_part, merchant_part, rank });
    }
}

/// Pays the refunds that the budgets grant.
pub(crate) fn pay(market: &Bazaar, view: &View, shard: &mut ShopperShard, cuts: &CutOffs, tally: &mut Tally<Bazaar>) {
    let params = market.params(view);
    for refund in std::mem::take(&mut shard.refunds) {
        let platform = market.catalog.listings[refund.listing as usize].platform as usize;
        let segment = shard.state.rate[refund.shopper as usize] as usize / RATE_LEVELS;
        let promotion = &params.platforms[platform].promotions[refund.rule as usize];
        if refund.platform_part > 0 && !cuts.grants(market.rule_resource(platform, refund.rule, promotion), refund.rank) {
            tally.totals.add_to(platform, segment, Metric::RefusedSubsidies, 1);
            continue;
        }
        let mut give = |from, to, amount| tally.totals.ledger.transfer(platform, from, to, Money(amount));
        give(Account::Platform, Account::Subsidy, refund.platform_part);
        give(Account::Subsidy, Account::Shopper, refund.platform_part);
        give(Account::Merchant, Account::Shopper, refund.merchant_part);
        let all = refund.platform_part + refund.merchant_part;
        tally.totals.add_to(platform, segment, Metric::ProtectionRefunds, all);
        tally.totals.add_to(platform, segment, Metric::ProtectionSubsidy, refund.platform_part);
        tally.totals.fired(Mechanism::PriceProtection, 1, all);
        merchant_cash(market, refund.listing, segment, -refund.merchant_part, tally);
    }
}
