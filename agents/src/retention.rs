//! Retention: at the end of each activity block, who bought on a platform in the block before and not in this one.

use crate::metric::{Metric, Totals};
use crate::params::RATE_LEVELS;
use crate::shard::ShopperShard;
use crate::shopper::ACTIVITY_BLOCK;

/// Counts retention by platform and segment after the last orders of a block.
pub(crate) fn count(tick: u32, platforms: usize, shard: &ShopperShard, totals: &mut Totals) {
    if !(tick + 1).is_multiple_of(ACTIVITY_BLOCK) {
        return;
    }
    for (row, class) in shard.state.rows.iter().zip(&shard.state.rate) {
        let (now, before) = row.active_blocks(tick);
        let segment = *class as usize / RATE_LEVELS;
        for platform in (0..platforms).filter(|p| before >> p & 1 == 1) {
            totals.add_to(platform, segment, Metric::BlockShoppers, 1);
            totals.add_to(platform, segment, Metric::Churned, i64::from(now >> platform & 1 == 0));
        }
    }
}
