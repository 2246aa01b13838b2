//! What shoppers do with paid offers: impressions, clicks and what follows, counted by listing.
//!
//! An impression is a paid offer that is examined. Its shopper clicks with the probability of the logit between clicking and leaving,
//! e / (1 + e), e = odds of buying it instead of leaving x `click_odds`; who buys has clicked. The draw is keyed by (shopper, tick,
//! mission, listing), so that two arms share it.

use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, add_at, select};
use crate::shard::ShopperShard;
use crate::visit::{Option_, Tour, places};
use serde::{Deserialize, Serialize};
use sim_core::draw::{mix, unit_f32};
use sim_core::exchange::{Owned, Sum};
use sim_core::money::add_columns;
use sim_core::tick::Tally;

/// What happened to a paid offer on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdView {
    listing: u32,
    /// Price of a click, money units.
    cost: u32,
    platform: u8,
    segment: u8,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Impression,
    Click,
    Kept,
}

impl AdView {
    fn of(option: &Option_, segment: usize, what: What) -> AdView {
        AdView { listing: option.listing, cost: option.cost_per_click, platform: option.platform, segment: segment as u8, what }
    }

    /// The listing, if it was clicked.
    pub(crate) fn clicked(&self) -> Option<u32> {
        (self.what == What::Click).then_some(self.listing)
    }
}

/// Tallies of advertising by listing; empty columns where nobody advertises.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AdTallies {
    /// Paid offers examined.
    #[serde(with = "sim_core::columns")]
    pub impressions: Vec<i64>,
    /// Clicks.
    #[serde(with = "sim_core::columns")]
    pub clicks: Vec<i64>,
    /// What they cost, money units, budgets left aside.
    #[serde(with = "sim_core::columns")]
    pub charges: Vec<i64>,
    /// Shipped orders after a click, at once or by way of a cart or a presale.
    #[serde(with = "sim_core::columns")]
    pub orders: Vec<i64>,
    /// Their GMV, money units.
    #[serde(with = "sim_core::columns")]
    pub gmv: Vec<i64>,
    /// Those by shoppers who did not have the merchant in mind.
    #[serde(with = "sim_core::columns")]
    pub new_shoppers: Vec<i64>,
    /// Lines put into a cart and kept after a click.
    #[serde(with = "sim_core::columns")]
    pub favourites: Vec<i64>,
}

const COLUMNS: usize = 7;

impl AdTallies {
    /// Zeros.
    #[must_use]
    pub fn new(listings: usize) -> AdTallies {
        AdTallies::from_columns(std::array::from_fn(|_| vec![0; listings]))
    }

    fn from_columns([impressions, clicks, charges, orders, gmv, new_shoppers, favourites]: [Vec<i64>; COLUMNS]) -> AdTallies {
        AdTallies { impressions, clicks, charges, orders, gmv, new_shoppers, favourites }
    }

    fn columns(&self) -> [&Vec<i64>; COLUMNS] {
        let AdTallies { impressions, clicks, charges, orders, gmv, new_shoppers, favourites } = self;
        [impressions, clicks, charges, orders, gmv, new_shoppers, favourites]
    }

    fn columns_mut(&mut self) -> [&mut Vec<i64>; COLUMNS] {
        let AdTallies { impressions, clicks, charges, orders, gmv, new_shoppers, favourites } = self;
        [impressions, clicks, charges, orders, gmv, new_shoppers, favourites]
    }
}

impl Sum for AdTallies {
    fn add(&mut self, other: &AdTallies) {
        for (into, from) in self.columns_mut().into_iter().zip(other.columns()) {
            add_columns(into, from);
        }
    }
}

impl Owned for AdTallies {
    fn select(&self, places: &[u32]) -> AdTallies {
        AdTallies::from_columns(self.columns().map(|column| select(column, places)))
    }

    fn add_at(&mut self, places: &[u32], part: &AdTallies) {
        for (into, from) in self.columns_mut().into_iter().zip(part.columns()) {
            add_at(into, places, from);
        }
    }
}

impl Tour<'_> {
    /// Notes impressions and clicks of a mission. `key` is that of its clicks, `weights` are those of the choice, `leaving` that of
    /// leaving.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    #[inline(always)]
    pub(crate) fn note_ads(
        &self,
        views: &mut Vec<AdView>,
        key: u64,
        segment: usize,
        options: &[Option_],
        weights: &[f32],
        leaving: f32,
        chosen: Option<usize>,
    ) {
        let mut paid = places(options, |o| o.is_paid() & o.examined);
        while paid != 0 {
            let i = paid.trailing_zeros() as usize;
            paid &= paid - 1;
            let option = &options[i];
            let odds = self.params.platforms[option.platform as usize].ads.as_ref().map_or(0.0, |ads| ads.click_odds);
            let u = unit_f32((mix(key, u64::from(option.listing)) >> 32) as u32);
            let clicks = chosen == Some(i) || clicks(weights[i] * odds, leaving, u);
            let what = if clicks { What::Click } else { What::Impression };
            views.push(AdView::of(option, segment, what));
        }
    }

    /// Notes that a clicked line is kept in a cart.
    pub(crate) fn note_favourite(&self, views: &mut Vec<AdView>, option: &Option_, segment: usize) {
        if option.is_paid() {
            views.push(AdView::of(option, segment, What::Kept));
        }
    }
}

/// Whether a shopper clicks: odds `weight` to `leaving`.
#[inline(always)]
fn clicks(weight: f32, leaving: f32, u: f32) -> bool {
    u * (weight + leaving) < weight
}

/// Counts a shipped order after a click.
pub(crate) fn note_order(tally: &mut Tally<Bazaar>, at: usize, platform: usize, segment: usize, gmv: i64) {
    tally.listings.ads.orders[at] += 1;
    tally.listings.ads.gmv[at] += gmv;
    tally.totals.add_to(platform, segment, Metric::AdOrders, 1);
    tally.totals.add_to(platform, segment, Metric::AdGmv, gmv);
}

/// Counts what a shard noted while shopping.
pub(crate) fn count(shard: &mut ShopperShard, tally: &mut Tally<Bazaar>) {
    let ads = &mut tally.listings.ads;
    let totals = &mut tally.totals;
    for seen in shard.ad_views.drain(..) {
        let at = seen.listing as usize;
        let (platform, segment) = (seen.platform as usize, seen.segment as usize);
        if seen.what == What::Kept {
            ads.favourites[at] += 1;
            continue;
        }
        ads.impressions[at] += 1;
        totals.add_to(platform, segment, Metric::AdImpressions, 1);
        if seen.what == What::Click {
            ads.clicks[at] += 1;
            ads.charges[at] += i64::from(seen.cost);
            totals.add_to(platform, segment, Metric::AdClicks, 1);
            totals.add_to(platform, segment, Metric::AdCharges, i64::from(seen.cost));
            totals.fired(Mechanism::AdClick, 1, i64::from(seen.cost));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_come_with_their_odds_whatever_overflows() {
        let rate = |weight, leaving| (0..1000).filter(|&i| clicks(weight, leaving, i as f32 / 1000.0)).count();
        assert_eq!((rate(1.0, 3.0), rate(3.0, 1.0), rate(0.0, 1.0), rate(1.0, 0.0)), (250, 750, 0, 1000));
        assert_eq!(rate(0.0, 0.0), 0, "nothing to click on");
    }
}
