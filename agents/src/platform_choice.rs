//! Which platforms a mission looks at: a nested logit with learned inclusive values.

use crate::assistant::Helper;
use crate::params::PLATFORMS;
use crate::shopper::{Q10, Q12, Q14, Shopper};
use crate::visit::Tour;
use sim_core::draw::Words;
use sim_core::math::{exp_f32, larger};

impl Tour<'_> {
    /// Platform first visited and all visited, as bits; `None` where nobody sells the category.
    #[inline(always)]
    pub(crate) fn platforms(
        &self,
        row: &Shopper,
        segment: usize,
        category: usize,
        helper: Option<Helper>,
        words: Words,
    ) -> Option<(usize, u8)> {
        let kind = &self.params.segments[segment];
        let choice = &self.params.choice;
        let mut utilities = [f32::NEG_INFINITY; PLATFORMS];
        for (p, slot) in utilities[..self.params.platforms.len()].iter_mut().enumerate() {
            if !self.view.trades[p] || !self.view.shelves.sells[p * self.catalog.categories.len() + category] {
                continue;
            }
            let deal = self.view.deals[p][segment];
            let credit = row.credit(p);
            let utility = kind.loyalty[p]
                + choice.inclusive_value * f32::from(row.inclusive[p]) * (1.0 / Q10)
                + choice.habit * f32::from(row.habit[p]) * (1.0 / Q12)
                + choice.satisfaction * f32::from(row.satisfaction[p]) * (1.0 / Q14)
                + choice.deal * kind.deal_proneness * deal * credit
                - choice.fatigue * kind.fatigue_sensitivity * f32::from(row.fatigue[p]) * (1.0 / Q12) * deal;
            *slot = if row.is_member(p) { utility + choice.membership } else { utility };
        }
        if let Some((owner, pull)) = helper.and_then(|h| h.params.owner.map(|owner| (owner as usize, h.params.pull))) {
            utilities[owner] += pull;
        }
        let best = utilities[..self.params.platforms.len()].iter().copied().fold(f32::NEG_INFINITY, larger);
        if best == f32::NEG_INFINITY {
            return None;
        }
        let mut weights = [0.0; PLATFORMS];
        for (weight, u) in weights.iter_mut().zip(utilities) {
            *weight = if u == f32::NEG_INFINITY { 0.0 } else { exp_f32(u - best) };
        }
        let mut draw = |u: f32| {
            let total: f32 = weights.iter().sum();
            let at = pick(&weights, u * total).or_else(|| weights.iter().rposition(|w| *w > 0.0)).filter(|_| total > 0.0)?;
            weights[at] = 0.0;
            Some(at)
        };
        let first = draw(words.uniform(2))?;
        let mut visited = 1u8 << first;
        let compare = words.uniform(3);
        let least = helper.map_or(1, |h| h.params.platforms);
        if compare < kind.multi_homing || least > 1 {
            visited |= draw(words.uniform(4)).map_or(0, |p| 1 << p);
            if compare < kind.multi_homing * kind.multi_homing || least > 2 {
                visited |= draw(words.uniform(5)).map_or(0, |p| 1 << p);
            }
        }
        Some((first, visited))
    }
}

/// Index into `weights` drawn by `left` (uniform times total); `None` where the rest is drawn.
#[inline(always)]
fn pick(weights: &[f32], mut left: f32) -> Option<usize> {
    for (i, &w) in weights.iter().enumerate() {
        if left < w {
            return Some(i);
        }
        left -= w;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pick_follows_the_weights() {
        let picks: Vec<_> = [0.0, 0.99, 1.0, 2.9, 3.0].map(|left| pick(&[1.0, 0.0, 2.0], left)).to_vec();
        assert_eq!(picks, [Some(0), Some(0), Some(2), Some(2), None]);
    }
}
