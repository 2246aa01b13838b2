//! The paid space of a page: candidates become entrants of the auction, and winners take their positions.
//!
//! The platform predicts who clicks from what it estimates of the match: E[match | estimate] = rho x estimate, so that a weak
//! estimate predicts little and a sharp one tells pages apart.

use super::auction::{Awards, Bidders, CERTAIN, Rules, sell};
use super::bid::Bid;
use crate::params::{AdParams, RECALLED};
use crate::view::Offer;
use sim_core::math::{exp_f32, ln_f32};

/// Largest factor between the bid of the AI for a page and its mean, either way.
const SMART_RANGE: f32 = 8.0;
/// Utilities beyond this say the same.
const SATURATED: f32 = 20.0;

/// The paid space of a platform, as one shopper meets it.
#[derive(Clone, Copy)]
pub(crate) struct AdSpace<'a> {
    pub(crate) params: &'a AdParams,
    /// rho of the estimate.
    pub(crate) accuracy: f32,
    /// Utility of the platform less that of leaving.
    pub(crate) appeal: f32,
    /// Utility per standard deviation of match.
    pub(crate) taste: f32,
}

/// Columns of the candidates that the auction works on; kept between pages.
pub(crate) struct Entries {
    /// Estimate of the match; then what it is worth, utils.
    pub(crate) fit: [f32; RECALLED],
    /// What is known of the utility beside the platform and the match.
    pub(crate) utility: [f32; RECALLED],
    pub(crate) bids: [Bid; RECALLED],
    amounts: [u32; RECALLED],
    quality: [u32; RECALLED],
    keys: [i32; RECALLED],
}

impl Entries {
    pub(crate) fn empty() -> Entries {
        let (zeros, none) = ([0.0; RECALLED], [0; RECALLED]);
        Entries { fit: zeros, utility: zeros, bids: [Bid::NONE; RECALLED], amounts: none, quality: none, keys: [0; RECALLED] }
    }
}

impl AdSpace<'_> {
    /// Holds the auction; `entries` are filled in but for what is predicted here.
    #[inline(always)]
    pub(crate) fn auction(&self, entries: &mut Entries, offers: &[Offer], listings: &[u32; RECALLED], count: usize, awards: &mut Awards) {
        let spread = self.taste * self.accuracy;
        let AdParams { auction, slots, examined_ppm, reserve, squash, click_odds, .. } = self.params;
        let Entries { fit, utility, bids, amounts, quality, keys } = entries;
        let columns = fit[..count].iter_mut().zip(&utility[..count]).zip(&bids[..count]);
        for (((fit, utility), bid), (amount, quality)) in columns.zip(amounts[..count].iter_mut().zip(&mut quality[..count])) {
            *fit *= spread;
            let odds = exp_f32((self.appeal + utility + *fit).clamp(-SATURATED, SATURATED)) * click_odds;
            *quality = in_ppm(odds / (1.0 + odds));
            let fitted = fitted(bid.amount(), fitting(*fit, spread));
            *amount = if bid.is_smart() { fitted } else { bid.amount() };
        }
        if *squash < 1.0 {
            for quality in &mut quality[..count] {
                *quality = squashed(*quality, *squash);
            }
        }
        debug_assert_eq!(slots.len(), examined_ppm.len());
        let bidders = Bidders { count, listings, offers, bids: amounts, quality };
        sell(bidders, &Rules { auction: *auction, reserve: *reserve, examined_ppm }, keys, awards);
    }
}

/// A rate in ppm, 1 to [`CERTAIN`].
#[inline(always)]
fn in_ppm(rate: f32) -> u32 {
    to_int(rate * CERTAIN as f32).clamp(1, CERTAIN)
}

/// The integer nearest to a number from 0 to 2^23 - 1: adding 2^23 leaves it in the low bits, in every vector unit.
#[inline(always)]
fn to_int(x: f32) -> u32 {
    const INTEGER: f32 = 8_388_608.0;
    (x + INTEGER).to_bits() & 0x7F_FFFF
}

/// Predicted click-through rate to the power of `squash`, ppm.
#[inline(always)]
fn squashed(rate_ppm: u32, squash: f32) -> u32 {
    in_ppm(exp_f32(squash * ln_f32(rate_ppm as f32 / CERTAIN as f32)))
}

/// Factor on the bid for a page where the match is worth `fit` utils; its mean over matches is 1, as that of exp(s z - s^2 / 2).
#[inline(always)]
fn fitting(fit: f32, spread: f32) -> f32 {
    exp_f32((fit - 0.5 * spread * spread).clamp(-SATURATED, SATURATED)).clamp(1.0 / SMART_RANGE, SMART_RANGE)
}

/// A mean bid times its factor, at least a money unit.
#[inline(always)]
fn fitted(bid: u32, factor: f32) -> u32 {
    to_int((bid as i32 as f32 * factor).min(Bid::LARGEST as f32)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squashing_flattens_what_a_good_click_rate_is_worth() {
        assert_eq!([0.0, 0.04, 0.25, 1.0].map(in_ppm), [1, 40_000, 250_000, CERTAIN]);
        let half = [40_000, 250_000].map(|p| squashed(p, 0.5));
        assert!(half[0].abs_diff(200_000) < 200 && half[1].abs_diff(500_000) < 500, "{half:?}");
        assert_eq!([40_000, 250_000].map(|p| squashed(p, 0.0)), [CERTAIN; 2]);
    }

    #[test]
    fn a_fitted_bid_follows_the_match_and_keeps_its_mean() {
        let of = |fit, spread| fitted(1000, fitting(fit, spread));
        assert!(of(1.0, 0.8) > 1500 && of(-1.0, 0.8) < 500);
        assert_eq!(of(0.0, 0.0), 1000, "without accuracy every page is the same");
        let density = |z: f64| sim_core::math::exp(-z * z / 2.0) * 0.02 / 2.506_628;
        let mean: f64 = (0..=400).map(|i| f64::from(i) * 0.02 - 4.0).map(|z| density(z) * f64::from(of(0.5 * z as f32, 0.5))).sum();
        assert!((mean - 1000.0).abs() < 5.0, "{mean}");
    }
}
