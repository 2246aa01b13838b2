//! Whole-site promotion: who adopts the tool, and which items its AI promotes.
//!
//! Items are chosen by Thompson sampling (Thompson 1933; Chapelle and Li 2011) on GMV per click, raised by the item's trend: what is
//! little known is tried by the width of its draw, and new items come first until they have had their clicks. An estimate with the
//! accuracy rho adds an error of sqrt(1 - rho^2) to the draw.

use crate::ads::bidding::Prospects;
use crate::params::WholeSiteParams;
use sim_core::draw::{Purpose, Seed};
use sim_core::math;

/// Standard deviation of the relative error of the potential without any accuracy.
const BLIND_ERROR: f64 = 0.5;
/// Rank of a new item: above any that is known.
const FIRST: f64 = 1e12;

/// Probability of adopting in a week where `share` of those who may have adopted (Bass 1969).
pub(crate) fn hazard(tool: &WholeSiteParams, share: f64) -> f64 {
    (tool.hazard + tool.imitation * share).clamp(0.0, 1.0)
}

/// Whether a merchant adopts in a night; `week` 0 is the start.
pub(crate) fn adopts(seed: Seed, merchant: u32, night: u32, probability: f64) -> bool {
    probability > 0.0 && f64::from(seed.words(Purpose::AdTool, u64::from(merchant), u64::from(night), 0).uniform(0)) < probability
}

/// Growth potential of an item in a night, as drawn: higher comes first.
pub(crate) fn potential(tool: &WholeSiteParams, p: &Prospects, clicks: f64, accuracy: f64, seed: Seed, listing: u32, tick: u32) -> f64 {
    let words = seed.words(Purpose::AdPick, u64::from(listing), u64::from(tick), 0);
    let z = |i: usize| normal([0, 1, 2].map(|k| f64::from(words.uniform(i + k))));
    if clicks < tool.cold_start {
        return FIRST - clicks;
    }
    let spread = math::sqrt(p.conversion * (1.0 - p.conversion).max(0.0) / (clicks + 1.0));
    let conversion = (p.conversion + spread * z(0)).max(0.0);
    let blur = 1.0 + BLIND_ERROR * math::sqrt((1.0 - accuracy * accuracy).max(0.0)) * z(3);
    conversion * p.order_value * (1.0 + p.trend).max(0.1) * blur.max(0.0)
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

    const TOOL: WholeSiteParams = WholeSiteParams { roi: 8.0, adopted: 0.1, hazard: 0.02, imitation: 0.3, items: 0.5, cold_start: 20.0 };

    fn prospects(conversion: f64) -> Prospects {
        let (new_shoppers, favourites) = (0.0, 0.0);
        Prospects { conversion, new_shoppers, favourites, order_value: 10_000.0, returned: 0.0, trend: 0.0, going_rate: 50.0 }
    }

    /// Share of nights in which the better of two items is picked.
    fn better_is_picked(clicks: f64, accuracy: f64) -> f64 {
        let drawn = |conversion, listing, tick| potential(&TOOL, &prospects(conversion), clicks, accuracy, Seed(5), listing, tick);
        let wins = (0..2000).filter(|&tick| drawn(0.12, 1, tick) > drawn(0.1, 2, tick)).count();
        wins as f64 / 2000.0
    }

    #[test]
    fn adoption_spreads_by_example() {
        let hazards = [0.0, 0.5, 1.0].map(|share| math::round_i64(hazard(&TOOL, share) * 100.0));
        assert_eq!(hazards, [2, 17, 32]);
        let adopted = |p| (0..10_000).filter(|&m| adopts(Seed(3), m, 7, p)).count();
        assert!(adopted(0.0) == 0 && adopted(0.2).abs_diff(2000) < 150 && adopted(1.0) == 10_000);
    }

    #[test]
    fn new_items_come_first_and_then_what_is_known_to_sell() {
        let of = |clicks, conversion| potential(&TOOL, &prospects(conversion), clicks, 1.0, Seed(5), 1, 9);
        assert!(of(3.0, 0.01) > of(10.0, 0.5) && of(10.0, 0.01) > of(1e6, 0.5));
        let (little, much) = (better_is_picked(25.0, 1.0), better_is_picked(20_000.0, 1.0));
        assert!(little > 0.5 && little < 0.75 && much > 0.99, "{little} with few clicks, {much} with many");
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
