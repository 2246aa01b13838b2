//! Deciding again when a price has changed since the choice: an order can only drop out, never change to another offer.

use crate::params::Params;
use crate::view::price_term;
use sim_core::math::exp_f32;

/// How a shopper weighs the price of a line.
#[derive(Clone, Copy)]
pub(crate) struct Scales {
    pub(crate) category: usize,
    /// Price sensitivity over mu.
    pub(crate) sensitivity: f32,
    /// Reference price of the category in price-utility units; infinite where there is none.
    pub(crate) reference: f32,
    /// Probability with which the line was chosen.
    pub(crate) probability: f32,
    /// Utility that has come since the choice, over mu.
    pub(crate) nudge: f32,
}

impl Scales {
    /// Whether the line is kept when its price moves: with the ratio of the choice probabilities at the new and at the old price.
    /// Prices are in money units, `u` is uniform.
    pub(crate) fn still_wanted(&self, params: &Params, [before, now]: [u32; 2], u: f32) -> bool {
        debug_assert!((0.0..=1.001).contains(&self.probability), "chosen with probability {}", self.probability);
        let weighed = |price| {
            let term = price_term(params, self.category, price);
            term + (term - self.reference).max(0.0) * params.choice.loss_aversion
        };
        let ratio = exp_f32(self.nudge - self.sensitivity * (weighed(now) - weighed(before)));
        u * (1.0 - self.probability + self.probability * ratio) < ratio
    }
}
