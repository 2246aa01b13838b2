//! What an announced sale does to needs: they are put off before it, taken up again once it is on, and bought ahead in it.
//!
//! Guarantees that needs are conserved: every mission that is put off is pent up with its shopper until it is taken up again.
//! Draws are keyed by shopper, tick and mission, so that two arms put off the same needs.

use crate::metric::{Mechanism, Metric, Totals};
use crate::mission::Need;
use crate::params::RATE_LEVELS;
use crate::shard::ShardState;
use crate::shopper::Shopper;
use crate::visit::Tour;
use sim_core::draw::{Purpose, mix, unit_f32};

/// Most pent-up needs that are taken up in a tick; also the number of the first of these missions.
pub(crate) const RELEASED: u32 = 8;
/// Number of the mission that buys ahead of mission 0; that of mission k follows k later.
pub(crate) const AHEAD: u32 = 16;
/// Key of the draws of a shopper's release in a tick, beyond the numbers of all missions.
const RELEASE_KEY: u64 = 1 << 32;

impl Tour<'_> {
    /// Whether pent-up needs are taken up in this tick: nothing is waited for.
    pub(crate) fn releases(&self) -> bool {
        self.day.proximity == 0.0 && self.params.memory.release > 0.0
    }

    /// How many pent-up needs a shopper takes up: each with the hazard of release.
    pub(crate) fn released(&self, shopper: u64, pent_up: u8) -> u32 {
        let key = self.seed.words(Purpose::Anticipation, shopper, u64::from(self.tick), RELEASE_KEY).0[0];
        let taken_up = (0..u64::from(pent_up)).filter(|&need| unit_f32((mix(key, need) >> 32) as u32) < self.params.memory.release);
        (taken_up.count() as u32).min(RELEASED)
    }

    /// Puts a need off if a sale is near enough to be waited for: with probability deferral x proximity x credit, the credit of
    /// the platform whose deals the shopper trusts most.
    ///
    /// Proximity falls in a straight line from the eve of the sale to its announcement: waiting costs in proportion to the days
    /// left, and patience for it is spread evenly.
    pub(crate) fn puts_off(&self, state: &ShardState, index: usize, need: Need, category: usize) -> bool {
        let kind = &self.params.segments[state.rate[index] as usize / RATE_LEVELS];
        if self.day.proximity == 0.0 || kind.deferral == 0.0 || !self.params.categories[category].deferrable {
            return false;
        }
        let words = self.seed.words(Purpose::Anticipation, state.shopper(index), u64::from(self.tick), u64::from(need.number));
        let trusted = trust(&state.rows[index], self.params.platforms.len());
        need.is_ordinary() && state.pent_up[index] < u8::MAX && words.uniform(0) < kind.deferral * self.day.proximity * trusted
    }

    /// Books a need that is put off or taken up again; `platform` is where its mission would begin or begins.
    pub(crate) fn note(&self, state: &mut ShardState, index: usize, platform: usize, segment: usize, need: Need, totals: &mut Totals) {
        if need.is_ordinary() {
            state.pent_up[index] += 1;
            totals.add_to(platform, segment, Metric::Deferred, 1);
            totals.fired(Mechanism::Deferral, 1, 0);
        } else if need.is_released() {
            state.pent_up[index] -= 1;
            totals.add_to(platform, segment, Metric::Released, 1);
            totals.fired(Mechanism::PentUpNeed, 1, 0);
        } else {
            totals.add_to(platform, segment, Metric::Ahead, 1);
            totals.fired(Mechanism::BuyingAhead, 1, 0);
        }
    }

    /// Whether a purchase in an announced sale is followed by a mission to buy ahead: storable goods only, the more likely the
    /// more was saved (`saved`: share of the list price) and the more deal-prone the shopper is.
    pub(crate) fn buys_ahead(&self, state: &ShardState, index: usize, need: Need, category: usize, saved: f32) -> bool {
        let slope = self.params.choice.buy_ahead;
        if !self.day.sale || slope == 0.0 || saved <= 0.0 || need.is_ahead() || !self.params.categories[category].storable {
            return false;
        }
        let kind = &self.params.segments[state.rate[index] as usize / RATE_LEVELS];
        let words = self.seed.words(Purpose::Anticipation, state.shopper(index), u64::from(self.tick), u64::from(need.number));
        words.uniform(1) < slope * kind.deal_proneness * saved
    }
}

/// Credit of the deals of the platform that a shopper trusts most, 0 to 1.
fn trust(row: &Shopper, platforms: usize) -> f32 {
    (0..platforms).map(|p| row.credit(p)).fold(0.0, f32::max)
}
