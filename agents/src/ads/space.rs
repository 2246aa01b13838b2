//! The paid space of a page: candidates become entrants of the auction, and winners take their positions.
//!
//! The platform predicts who clicks from what it estimates of the match: E[match | estimate] = rho x estimate, so that a weak
//! estimate predicts little and a sharp one tells pages apart.

use super::auction::{Awards, Board, CERTAIN, Entrant, Rules};
use super::bid::Bid;
use crate::params::AdParams;
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

impl AdSpace<'_> {
    pub(crate) fn board(&self) -> Board {
        Board::new(self.params.slots.len())
    }

    /// Enters the bid of a candidate; `utility` is what is known of its utility beside the platform and the match.
    #[inline(always)]
    pub(crate) fn enter(&self, board: &mut Board, place: usize, listing: u32, bid: Bid, utility: f32, estimate: f32) {
        let spread = self.taste * self.accuracy;
        let fit = spread * estimate;
        let odds = exp_f32((self.appeal + utility + fit).clamp(-SATURATED, SATURATED)) * self.params.click_odds;
        let quality = squashed(odds / (1.0 + odds), self.params.squash);
        let amount = if bid.is_smart() { fitted(bid.amount(), fit, spread) } else { bid.amount() };
        board.enter(Entrant { place: place as u8, listing, bid: amount, quality }, self.params.reserve);
    }

    pub(crate) fn award(&self, board: &Board) -> Awards {
        let AdParams { auction, reserve, examined_ppm, .. } = self.params;
        board.award(&Rules { auction: *auction, reserve: *reserve, examined_ppm })
    }
}

/// Predicted click-through rate to the power of `squash`, ppm.
#[inline(always)]
fn squashed(rate: f32, squash: f32) -> u32 {
    let weight = if squash >= 1.0 { rate } else { exp_f32(squash * ln_f32(rate.max(1e-9))) };
    ((weight * CERTAIN as f32) as u32).clamp(1, CERTAIN)
}

/// The bid for a page where the match is worth `fit` utils; its mean over matches is the bid, because exp(s z - s^2 / 2) has mean 1.
#[inline(always)]
fn fitted(bid: u32, fit: f32, spread: f32) -> u32 {
    let factor = exp_f32((fit - 0.5 * spread * spread).clamp(-SATURATED, SATURATED)).clamp(1.0 / SMART_RANGE, SMART_RANGE);
    ((bid as f32 * factor + 0.5) as u32).clamp(1, Bid::LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squashing_flattens_what_a_good_click_rate_is_worth() {
        assert_eq!([0.04, 0.25].map(|p| squashed(p, 1.0)), [40_000, 250_000]);
        let half = [0.04, 0.25].map(|p| squashed(p, 0.5));
        assert!(half[0].abs_diff(200_000) < 200 && half[1].abs_diff(500_000) < 500, "{half:?}");
        assert_eq!([0.04, 0.25].map(|p| squashed(p, 0.0)), [CERTAIN; 2]);
    }

    #[test]
    fn a_fitted_bid_follows_the_match_and_keeps_its_mean() {
        assert!(fitted(100, 1.0, 0.8) > 150 && fitted(100, -1.0, 0.8) < 50);
        assert_eq!(fitted(100, 0.0, 0.0), 100, "without accuracy every page is the same");
        let bids: Vec<f64> = (0..=400)
            .map(|i| f64::from(i) * 0.02 - 4.0)
            .map(|z| {
                let density = sim_core::math::exp(-z * z / 2.0) * 0.02 / 2.506_628;
                density * f64::from(fitted(1000, 0.5 * z as f32, 0.5))
            })
            .collect();
        assert!((bids.iter().sum::<f64>() - 1000.0).abs() < 5.0);
    }
}
