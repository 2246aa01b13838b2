//! A question before the purchase: who asks, what the answer tells, and what it does to the choice.
//!
//! Who is unsure asks: with probability `share` x 4 P (1 - P), P the probability of buying. A good answer moves the match as it is
//! perceived toward the truth and reassures; the choice is then decided again by one keyed draw, so that its probabilities are
//! those of the logit with the new utility: an offer that was left is bought with (w' - w) / T', one that was chosen is kept with
//! (w' / T') / (w / T).

use crate::metric::{Mechanism, Metric, Totals};
use crate::shard::Asked;
use crate::visit::{Option_, Tour, heaviest};
use sim_core::draw::{mix, unit_f32};
use sim_core::math::exp_f32;

/// A byte of a share.
const BYTE: f32 = 1.0 / 255.0;

/// Service of a shop as everybody sees it: the share of questions that it answers well, and of the unsure whom it addresses.
#[must_use]
pub(crate) fn packed(answers: f64, reach: f64) -> u16 {
    let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0 + 0.5) as u16;
    byte(answers) | byte(reach) << 8
}

/// Share of questions that a shop answers well.
#[inline(always)]
pub(crate) fn answers(service: u16) -> f32 {
    f32::from(service & 255) * BYTE
}

/// Share of the unsure whom a shop addresses.
#[inline(always)]
fn reach(service: u16) -> f32 {
    f32::from(service >> 8) * BYTE
}

/// A mission before it ends.
pub(crate) struct Considered<'a> {
    pub(crate) segment: usize,
    /// Key of the question.
    pub(crate) key: u64,
    pub(crate) options: &'a mut [Option_],
    pub(crate) weights: &'a mut [f32],
    /// Weights of all examined options and of leaving.
    pub(crate) total: f32,
    pub(crate) outside: f32,
    pub(crate) chosen: Option<usize>,
}

impl Tour<'_> {
    /// What is chosen in the end.
    pub(crate) fn inquire(&self, mission: &mut Considered, asked: &mut Vec<Asked>, totals: &mut Totals) -> Option<usize> {
        let chosen = mission.chosen;
        let inquiry = &self.params.inquiry;
        let Some(at) = chosen.or_else(|| heaviest(mission.options, mission.weights, 0..mission.options.len())) else { return chosen };
        let buys = 1.0 - mission.outside / mission.total;
        let unsure = 4.0 * buys * (1.0 - buys);
        let option = mission.options[at];
        let service = self.view.state.service[option.listing as usize];
        let (key, answer_key) = (mix(mission.key, 0), mix(mission.key, 1));
        let asks = unit_f32(key as u32) < inquiry.share * unsure;
        let reached = !asks && unit_f32((key >> 32) as u32) < reach(service) * unsure;
        if !asks && !reached {
            return chosen;
        }
        let platform = option.platform as usize;
        totals.add_to(platform, mission.segment, if asks { Metric::Inquiries } else { Metric::Addressed }, 1);
        totals.fired(if asks { Mechanism::Inquiry } else { Mechanism::ProactiveInquiry }, 1, 0);
        let is_good = unit_f32(answer_key as u32) < answers(service);
        let chosen = if is_good { self.answered(mission, at, unit_f32((answer_key >> 32) as u32)) } else { chosen };
        let bought = chosen == Some(at);
        totals.add_to(platform, mission.segment, Metric::InquiryOrders, i64::from(bought));
        asked.push(Asked { listing: option.listing, reached, bought });
        chosen
    }

    /// The choice after a good answer about an option; `u` is uniform.
    fn answered(&self, mission: &mut Considered, at: usize, u: f32) -> Option<usize> {
        let inquiry = &self.params.inquiry;
        let option = &mut mission.options[at];
        let learned = inquiry.insight * (option.true_match - option.perceived);
        let gain = self.params.choice.taste * learned + inquiry.reassurance;
        option.perceived += learned;
        option.utility += gain;
        let before = mission.weights[at];
        let after = before * exp_f32(gain.clamp(-30.0, 30.0));
        let total = mission.total + after - before;
        mission.weights[at] = after;
        match mission.chosen {
            Some(chosen) => (u * before * total < after * mission.total).then_some(chosen),
            None => (u * total < after - before).then_some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_survive_their_bytes() {
        let service = packed(0.8, 0.25);
        assert!((answers(service) - 0.8).abs() < 0.003 && (reach(service) - 0.25).abs() < 0.003);
        assert_eq!((packed(0.0, 0.0), packed(2.0, -1.0)), (0, 255));
    }
}
