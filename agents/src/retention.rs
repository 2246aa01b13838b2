//! Retention: at the end of each activity block, who bought on a platform in the block before and not in this one, why, and from whom.

use crate::loss::{cause_of_departure, lines_under_way, place_of_departure};
use crate::market::Bazaar;
use crate::metric::Metric;
use crate::params::RATE_LEVELS;
use crate::shard::ShopperShard;
use crate::shopper::ACTIVITY_BLOCK;
use crate::view::View;
use sim_core::tick::Tally;

/// Counts retention by platform and segment after the last orders of a block.
pub(crate) fn count(market: &Bazaar, tick: u32, view: &View, shard: &ShopperShard, tally: &mut Tally<Bazaar>) {
    if !(tick + 1).is_multiple_of(ACTIVITY_BLOCK) {
        return;
    }
    let memory = &market.params(view).memory;
    let lines = if market.attribution { lines_under_way(market, shard) } else { Vec::new() };
    for (index, (row, class)) in shard.state.rows.iter().zip(&shard.state.rate).enumerate() {
        let (now, before) = row.active_blocks(tick);
        let segment = *class as usize / RATE_LEVELS;
        for platform in (0..market.catalog.platforms.len()).filter(|p| before >> p & 1 == 1) {
            let churned = now >> platform & 1 == 0;
            tally.totals.add_to(platform, segment, Metric::BlockShoppers, 1);
            tally.totals.add_to(platform, segment, Metric::Churned, i64::from(churned));
            if churned && market.attribution {
                let mut row = *row;
                row.touch(tick, memory);
                let cause = cause_of_departure(market, view, &row, segment, platform, now);
                tally.totals.add_to(platform, segment, cause.departures(), 1);
                place_of_departure(market, &row, platform, lines[index][platform]).count(platform, cause, tally);
            }
        }
    }
}
