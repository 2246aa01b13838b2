//! Whole-site promotion: who adopts the tool, and which items its AI promotes.
//!
//! Items are chosen by Thompson sampling (Thompson 1933; Chapelle and Li 2011) on GMV per click, raised by the item's trend: what is
//! little known is tried by the width of its draw. Half of the places are kept for new items, by lot, until they have had their clicks: a shop
//! whose items are all new still promotes what promises most. An estimate with the accuracy rho adds an error of sqrt(1 - rho^2) to
//! the draw.

use crate::ads::bidding::Prospects;
use crate::params::WholeSiteParams;
use sim_core::draw::{Purpose, Seed};
use sim_core::math;

/// Standard deviation of the relative error of the potential without any accuracy.
const BLIND_ERROR: f64 = 0.5;
/// Share of the promoted places, in the mean of nights, that are kept for new items while there are any.
const TRIALS: f64 = 0.5;

/// Probability of adopting in a week where `share` of those who may have adopted (Bass 1969).
pub(crate) fn hazard(tool: &WholeSiteParams, share: f64) -> f64 {
    (tool.hazard + tool.imitation * share).clamp(0.0, 1.0)
}

/// Whether a merchant adopts in a night; `week` 0 is the start.
pub(crate) fn adopts(seed: Seed, merchant: u32, night: u32, probability: f64) -> bool {
    probability > 0.0 && f64::from(seed.words(Purpose::AdTool, u64::from(merchant), u64::from(night), 0).uniform(0)) < probability
}

/// An item that may be promoted in a night.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) listing: u32,
    /// Growth potential as drawn: higher comes first.
    potential: f64,
    /// Whether it is too little known to be judged.
    is_new: bool,
    /// Lot among new items: lower comes first.
    lot: f32,
}

/// A night in which items are picked.
pub(crate) struct Night<'a> {
    pub(crate) tool: &'a WholeSiteParams,
    /// rho of the platform's estimate.
    pub(crate) accuracy: f64,
    pub(crate) seed: Seed,
    pub(crate) tick: u32,
}

impl Night<'_> {
    /// A listing with its prospects and the clicks that are remembered of it.
    pub(crate) fn item(&self, listing: u32, p: &Prospects, clicks: f64) -> Item {
        let words = self.seed.words(Purpose::AdPick, u64::from(listing), u64::from(self.tick), 0);
        let z = |i: usize| normal([0, 1, 2].map(|k| f64::from(words.uniform(i + k))));
        let spread = math::sqrt(p.conversion * (1.0 - p.conversion).max(0.0) / (clicks + 1.0));
        let conversion = (p.conversion + spread * z(0)).max(0.0);
        let blur = 1.0 + BLIND_ERROR * math::sqrt((1.0 - self.accuracy * self.accuracy).max(0.0)) * z(3);
        let potential = conversion * p.order_value * (1.0 + p.trend).max(0.1) * blur.max(0.0);
        Item { listing, potential, is_new: clicks < self.tool.cold_start, lot: words.uniform(6) }
    }

    /// Puts the items to promote first and returns how many they are; `first` is the first listing of the campaign.
    pub(crate) fn choose(&self, first: u32, items: &mut [Item]) -> usize {
        let chosen = promoted(self.tool, items.len());
        let u = self.seed.words(Purpose::AdPick, u64::from(first), u64::from(self.tick), 1).uniform(0);
        let trials = (chosen as f64 * TRIALS + f64::from(u)) as usize;
        items.sort_unstable_by(|a, b| b.is_new.cmp(&a.is_new).then(a.lot.total_cmp(&b.lot)).then(a.listing.cmp(&b.listing)));
        let tried = items.iter().filter(|item| item.is_new).count().min(trials);
        items[tried..].sort_unstable_by(|a, b| b.potential.total_cmp(&a.potential).then(a.listing.cmp(&b.listing)));
        chosen
    }
}

/// Approximately normal from three uniforms (Irwin and Hall 1927): mean 0, variance 1.
fn normal(uniforms: [f64; 3]) -> f64 {
    (uniforms.iter().sum::<f64>() - 1.5) * 2.0
}

/// Items of a merchant on a platform that are promoted at a time.
pub(crate) fn promoted(tool: &WholeSiteParams, items: usize) -> usize {
    (math::round_i64(tool.items * items as f64).max(1) as usize).min(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::SoldOn;

    const TOOL: WholeSiteParams =
        WholeSiteParams { roi: 8.0, adopted: 0.1, hazard: 0.02, imitation: 0.3, items: 0.5, cold_start: 20.0, platforms: SoldOn::ALL };

    fn prospects(conversion: f64) -> Prospects {
        let (new_shoppers, favourites) = (0.0, 0.0);
        Prospects { conversion, new_shoppers, favourites, order_value: 10_000.0, returned: 0.0, trend: 0.0, going_rate: 50.0 }
    }

    fn night(tool: &WholeSiteParams, accuracy: f64, tick: u32) -> Night<'_> {
        Night { tool, accuracy, seed: Seed(5), tick }
    }

    /// Share of nights in which the better of two items is picked, both known or both new.
    fn better_is_picked(clicks: f64, accuracy: f64) -> f64 {
        let wins = |tick: &u32| {
            let night = night(&TOOL, accuracy, *tick);
            night.item(1, &prospects(0.12), clicks).potential > night.item(2, &prospects(0.1), clicks).potential
        };
        (0..2000).filter(wins).count() as f64 / 2000.0
    }

    /// Share of nights in which each item is promoted.
    fn shares(tool: &WholeSiteParams, items: &[(f64, f64)]) -> Vec<f64> {
        let mut counts = vec![0; items.len()];
        for tick in 0..2000 {
            let night = night(tool, 1.0, tick);
            let mut all: Vec<Item> =
                items.iter().zip(0..).map(|(&(conversion, clicks), listing)| night.item(listing, &prospects(conversion), clicks)).collect();
            let chosen = night.choose(0, &mut all);
            all[..chosen].iter().for_each(|item| counts[item.listing as usize] += 1);
        }
        counts.into_iter().map(|count| f64::from(count) / 2000.0).collect()
    }

    #[test]
    fn adoption_spreads_by_example() {
        let hazards = [0.0, 0.5, 1.0].map(|share| math::round_i64(hazard(&TOOL, share) * 100.0));
        assert_eq!(hazards, [2, 17, 32]);
        let adopted = |p| (0..10_000).filter(|&m| adopts(Seed(3), m, 7, p)).count();
        assert!(adopted(0.0) == 0 && adopted(0.2).abs_diff(2000) < 150 && adopted(1.0) == 10_000);
    }

    #[test]
    fn what_is_known_to_sell_is_picked_the_surer_the_more_is_known() {
        let (little, much) = (better_is_picked(25.0, 1.0), better_is_picked(20_000.0, 1.0));
        assert!(little > 0.5 && little < 0.75 && much > 0.99, "{little} with few clicks, {much} with many");
    }

    #[test]
    fn half_of_the_places_go_to_new_items_by_lot_and_the_others_to_what_sells() {
        let two_of_four = WholeSiteParams { items: 0.5, ..TOOL };
        // one that sells well, one that does not, two that nobody has clicked on and that promise little
        let found = shares(&two_of_four, &[(0.3, 1e6), (0.01, 1e6), (0.002, 0.0), (0.002, 0.0)]);
        assert!(found[0] > 0.9 && found[1] < 0.1, "{found:?}");
        assert!(found[2..].iter().all(|share| (0.4..0.6).contains(share)), "new items take turns: {found:?}");
        let one_of_two = shares(&WholeSiteParams { items: 0.4, ..TOOL }, &[(0.3, 1e6), (0.002, 0.0)]);
        assert!((one_of_two[1] - 0.5).abs() < 0.05, "a single place every other night: {one_of_two:?}");
    }

    #[test]
    fn a_shop_of_new_items_still_promotes_what_promises_most() {
        let found = shares(&WholeSiteParams { items: 0.5, ..TOOL }, &[(0.3, 15.0), (0.01, 3.0), (0.01, 1.0), (0.01, 0.0)]);
        assert!(found[0] > 0.55 && found[1..].iter().all(|share| *share < found[0] - 0.1), "{found:?}");
    }

    #[test]
    fn a_blind_estimate_picks_worse() {
        let (blind, sharp) = (better_is_picked(20_000.0, 0.0), better_is_picked(20_000.0, 0.95));
        assert!(blind < sharp - 0.1, "{blind} without accuracy, {sharp} with");
    }

    #[test]
    fn at_least_one_item_is_promoted() {
        assert_eq!([1, 2, 3, 4, 12].map(|items| promoted(&TOOL, items)), [1, 1, 2, 2, 6]);
    }
}
