//! Paid membership: who joins, who renews, who lets it lapse, and the fee in the books.
//!
//! A membership runs to the shopper's day of the year, which follows from the shopper's id, so that a tick looks at one in 365
//! shoppers. Who joins in between pays for the rest of the year.

use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{MembershipParams, Params, RATE_LEVELS};
use crate::shard::ShopperShard;
use crate::shopper::Q12;
use crate::view::View;
use sim_core::draw::{Purpose, Seed, below};
use sim_core::ledger::Account;
use sim_core::money::Money;

/// Key of a platform's first renewal day, beyond the keys of joining.
const DAY_KEY: u64 = 1 << 32;

/// A shopper who has just bought.
pub(crate) struct Applicant {
    pub(crate) index: usize,
    pub(crate) segment: usize,
    pub(crate) platform: usize,
    /// Paid for the line, money units.
    pub(crate) spending: i64,
}

/// Renews or ends the memberships whose year is over: an active member renews.
pub(crate) fn renew(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, totals: &mut Totals) {
    let params = market.params(view);
    for (platform, rules) in params.platforms.iter().enumerate() {
        let Some(membership) = rules.membership.filter(|_| view.state.platforms[platform].exited.is_none()) else { continue };
        let year = membership.year_ticks;
        // the day is one tick later from a shopper to the next
        let first = (year - ticks_left(market.seed, year, platform, shard.state.first, tick)) % year;
        for index in (first as usize..shard.state.rows.len()).step_by(year as usize) {
            if !shard.state.rows[index].is_member(platform) {
                continue;
            }
            let segment = shard.state.rate[index] as usize / RATE_LEVELS;
            let row = shard.row(index, tick, &params.memory);
            if row.active_platforms(tick) >> platform & 1 == 1 {
                charge(platform, segment, membership.fee, totals);
                totals.fired(Mechanism::MembershipRenewal, 1, membership.fee);
            } else {
                row.set_member(platform, false);
                totals.add_to(platform, segment, Metric::Lapsed, 1);
            }
        }
    }
}

/// Ticks to a shopper's next renewal day; 0 on the day itself.
fn ticks_left(seed: Seed, year_ticks: u32, platform: usize, shopper: u64, tick: u32) -> u32 {
    let year = u64::from(year_ticks);
    let start = below(seed.words(Purpose::Membership, 0, 0, DAY_KEY + platform as u64).bits(0), year_ticks);
    ((shopper + u64::from(start) + year - u64::from(tick) % year) % year) as u32
}

/// A purchase makes a shopper think of joining: worth it if a year's expected saving beats the fee, done with probability `join`.
///
/// Expected orders of a year follow from habit, which is a smoothed count of one's orders on the platform; the expected saving is
/// `benefit`, the share that members save by rules for them and by the rest, of what was just paid.
pub(crate) fn consider_joining(
    market: &Bazaar,
    params: &Params,
    membership: MembershipParams,
    tick: u32,
    shard: &mut ShopperShard,
    shopper: Applicant,
    totals: &mut Totals,
) {
    let id = shard.state.shopper(shopper.index);
    let row = &mut shard.state.rows[shopper.index];
    if row.is_member(shopper.platform) {
        return;
    }
    let orders = yearly_orders(params, membership, row.habit[shopper.platform]);
    let saving = membership.benefit * shopper.spending as f32 * orders;
    let draw = || market.seed.words(Purpose::Membership, id, u64::from(tick), shopper.platform as u64).uniform(0);
    if saving <= membership.fee as f32 || draw() >= membership.join {
        return;
    }
    row.set_member(shopper.platform, true);
    let left = match ticks_left(market.seed, membership.year_ticks, shopper.platform, id, tick) {
        0 => membership.year_ticks, // renewals of the day are over
        left => left,
    };
    let fee = membership.fee * i64::from(left) / i64::from(membership.year_ticks);
    charge(shopper.platform, shopper.segment, fee, totals);
    totals.add_to(shopper.platform, shopper.segment, Metric::Joined, 1);
    totals.fired(Mechanism::MembershipJoin, 1, fee);
}

/// Orders of a year at the present habit: in the steady state habit = gain x orders per tick / (1 - share left after a tick).
fn yearly_orders(params: &Params, membership: MembershipParams, habit: u16) -> f32 {
    let memory = &params.memory;
    let lost = 1.0 - memory.habit_left.get(1).copied().unwrap_or(0.0);
    if memory.habit_gain > 0.0 { f32::from(habit) / Q12 * lost / memory.habit_gain * membership.year_ticks as f32 } else { 0.0 }
}

fn charge(platform: usize, segment: usize, fee: i64, totals: &mut Totals) {
    totals.ledger.transfer(platform, Account::Shopper, Account::Platform, Money(fee));
    totals.add_to(platform, segment, Metric::MembershipFees, fee);
    totals.add_to(platform, segment, Metric::ConsumerSurplus, -fee);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_membership_year_has_one_renewal_day_and_counts_down_to_it(shopper in 0u64..1 << 40, start in 0u32..60_000, platform in 0usize..4) {
            let left: Vec<u32> = (start..start + 365).map(|tick| ticks_left(Seed(7), 365, platform, shopper, tick)).collect();
            prop_assert_eq!(left.iter().filter(|&&left| left == 0).count(), 1);
            let falls = left.windows(2).all(|w| w[1] == (w[0] + 364) % 365);
            prop_assert!(falls, "{:?}", left);
            prop_assert_eq!((left[0] + 1) % 365, ticks_left(Seed(7), 365, platform, shopper + 1, start), "a stride of one shopper is one day");
        }
    }
}
