//! A bandit over strategies: at each review it books what the period brought and chooses how the next one spends.
//!
//! Rewards are scaled by the range seen so far. The draws of a review are keyed by platform and tick. What pays late (AI under a
//! build lag) is credited to the period in which it pays, whoever spends then: the bandit is as short-sighted as a weekly review.

use crate::params::{AdaptiveParams, Bandit, Objective};
use serde::{Deserialize, Serialize};
use sim_core::math;

/// What a bandit remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BanditState {
    /// Way of spending in this period, an index into those to choose from.
    pub arm: usize,
    /// Periods by arm.
    pub plays: Vec<u32>,
    /// Sum of raw rewards by arm.
    pub sums: Vec<f64>,
    /// Exponential weights by arm.
    pub weights: Vec<f64>,
    /// Probability with which the arm of this period was drawn.
    pub probability: f64,
    /// Smallest and largest raw reward.
    pub range: (f64, f64),
    /// Own shipped GMV, that of the market, and own result in this period, money units.
    pub period: [i64; 3],
}

impl BanditState {
    /// Ends a period and chooses for the next: `u` is a uniform draw keyed by platform and tick.
    pub(crate) fn review(&mut self, params: &AdaptiveParams, u: f64) {
        let arms = params.over.len();
        if self.plays.len() == arms {
            self.book(params);
        } else {
            (self.plays, self.sums, self.weights) = (vec![0; arms], vec![0.0; arms], vec![1.0; arms]);
        }
        self.period = [0; 3];
        self.arm = match params.bandit {
            Bandit::Ucb(bonus) => self.ucb(bonus, u),
            Bandit::Exp3(exploration) => self.exp3(exploration, u),
        };
    }

    fn book(&mut self, params: &AdaptiveParams) {
        let [own, market, result] = self.period.map(|units| units as f64);
        let gained = match params.objective {
            Objective::Share => own,
            Objective::Result => result,
        };
        let reward = if market > 0.0 { gained / market } else { 0.0 };
        let first = self.plays.iter().all(|n| *n == 0);
        self.range = if first { (reward, reward) } else { (self.range.0.min(reward), self.range.1.max(reward)) };
        self.plays[self.arm] += 1;
        self.sums[self.arm] += reward;
        if let Bandit::Exp3(exploration) = params.bandit {
            let scaled = self.scaled(reward) / self.probability.max(1e-9);
            self.weights[self.arm] *= math::exp(exploration * scaled / params.over.len() as f64);
            let largest = self.weights.iter().copied().fold(0.0, f64::max);
            self.weights.iter_mut().for_each(|w| *w /= largest);
        }
    }

    fn scaled(&self, reward: f64) -> f64 {
        let (low, high) = self.range;
        if high > low { (reward - low) / (high - low) } else { 0.5 }
    }

    fn ucb(&mut self, bonus: f64, u: f64) -> usize {
        let untried: Vec<usize> = (0..self.plays.len()).filter(|&arm| self.plays[arm] == 0).collect();
        if !untried.is_empty() {
            return untried[((u * untried.len() as f64) as usize).min(untried.len() - 1)];
        }
        let reviews = math::ln(f64::from(self.plays.iter().sum::<u32>()));
        let index = |arm: usize| {
            let plays = f64::from(self.plays[arm]);
            self.scaled(self.sums[arm] / plays) + bonus * math::sqrt(2.0 * reviews / plays)
        };
        (1..self.plays.len()).fold(0, |best, arm| if index(arm) > index(best) { arm } else { best })
    }

    fn exp3(&mut self, exploration: f64, u: f64) -> usize {
        let arms = self.weights.len();
        let all: f64 = self.weights.iter().sum();
        let mut left = u;
        for arm in 0..arms {
            self.probability = (1.0 - exploration) * self.weights[arm] / all + exploration / arms as f64;
            left -= self.probability;
            if left < 0.0 || arm + 1 == arms {
                return arm;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::WarParams;
    use sim_core::draw::{Purpose, Seed};

    /// Plays against a market in which one arm pays; returns how often each was chosen in the last half.
    fn plays(bandit: Bandit, paying: usize, periods: u64) -> [u32; 3] {
        let over = vec![WarParams::Price, WarParams::Efficiency, WarParams::Experience];
        let params = AdaptiveParams { over, review: 7, objective: Objective::Share, bandit };
        let (mut state, mut chosen) = (BanditState::default(), [0; 3]);
        for period in 0..periods {
            let words = Seed(1).words(Purpose::Strategy, 0, period, 0);
            state.review(&params, f64::from(words.uniform(0)));
            let luck = i64::from(words.bits(1) % 20);
            state.period = [if state.arm == paying { 320 } else { 290 } + luck, 1000, 0];
            chosen[state.arm] += u32::from(period >= periods / 2);
        }
        chosen
    }

    #[test]
    fn both_bandits_end_up_on_the_arm_that_pays() {
        for paying in 0..3 {
            for bandit in [Bandit::Ucb(0.3), Bandit::Exp3(0.2)] {
                let chosen = plays(bandit, paying, 200);
                assert!(chosen[paying] > 60, "{bandit:?}: {chosen:?} of 100 with arm {paying} paying");
            }
        }
    }

    #[test]
    fn every_arm_is_tried_first() {
        assert!(plays(Bandit::Ucb(0.0), 0, 6).iter().sum::<u32>() == 3);
    }
}
