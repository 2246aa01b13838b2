//! Multi-armed bandits over a grid of prices: Exp3 (Auer, Cesa-Bianchi, Freund, Schapire 2002) and UCB1 (Auer, Cesa-Bianchi,
//! Fischer 2002). Rewards are cash per page over the best seen so far, cut to 0..1.

use super::grid::{largest, nearest};
use super::memory::Trial;
use super::outlook::Outlook;
use crate::policy::BanditRule;
use serde::{Deserialize, Serialize};
use sim_core::math;

/// What is known of each price.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Arms {
    /// Log weights of Exp3, the largest 0.
    weights: Vec<f64>,
    /// Revisions with each price in force.
    pulls: Vec<u32>,
    /// Sum of cash per page of each price.
    sums: Vec<f64>,
    /// Best cash per page so far.
    best: f64,
    /// Price that was drawn last and its probability.
    drawn: Option<(u32, f64)>,
    latest: f64,
}

impl Arms {
    /// Learns from what the price in force brought, and picks the next.
    pub(super) fn price(&mut self, outlook: &Outlook, trial: Trial, prices: &[f64], rule: BanditRule) -> f64 {
        let n = prices.len();
        if self.weights.len() != n {
            *self = Arms { weights: vec![0.0; n], pulls: vec![0; n], sums: vec![0.0; n], ..Arms::default() };
        }
        if trial.pages > 0.0 && self.drawn.is_some() {
            self.learn(nearest(prices, outlook.old), trial.cash_per_page(), rule);
        }
        let (arm, chance) = match rule {
            BanditRule::Exp3 { gamma } => self.draw(gamma, f64::from(outlook.uniforms[0])),
            BanditRule::Ucb { width } => (self.highest_bound(width), 1.0),
        };
        self.drawn = Some((arm as u32, chance));
        prices[arm]
    }

    fn learn(&mut self, arm: usize, cash: f64, rule: BanditRule) {
        self.best = self.best.max(cash);
        self.pulls[arm] += 1;
        self.sums[arm] += cash;
        self.latest = cash;
        if let (BanditRule::Exp3 { gamma }, Some((drawn, chance))) = (rule, self.drawn)
            && drawn as usize == arm
        {
            self.weights[arm] += gamma / self.weights.len() as f64 * self.reward(cash) / chance;
            let top = self.weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            self.weights.iter_mut().for_each(|w| *w = (*w - top).max(-700.0));
        }
    }

    fn reward(&self, cash: f64) -> f64 {
        if self.best > 0.0 { (cash / self.best).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// A price drawn by its weight, mixed with any price at probability `gamma`; and the probability it had.
    fn draw(&self, gamma: f64, u: f64) -> (usize, f64) {
        let n = self.weights.len();
        let total: f64 = self.weights.iter().map(|w| math::exp(*w)).sum();
        let chance = |arm: usize| (1.0 - gamma) * math::exp(self.weights[arm]) / total + gamma / n as f64;
        let mut left = u;
        for arm in 0..n - 1 {
            if left < chance(arm) {
                return (arm, chance(arm));
            }
            left -= chance(arm);
        }
        (n - 1, chance(n - 1))
    }

    /// The first price that was never tried, else the one with the highest mean reward + width x sqrt(ln rounds / tries).
    fn highest_bound(&self, width: f64) -> usize {
        if let Some(untried) = self.pulls.iter().position(|&pulls| pulls == 0) {
            return untried;
        }
        let rounds = math::ln(f64::from(self.pulls.iter().sum::<u32>()));
        let bound = |arm: usize| {
            let pulls = f64::from(self.pulls[arm]);
            self.reward(self.sums[arm] / pulls) + width * math::sqrt(rounds / pulls)
        };
        largest((0..self.pulls.len()).map(bound))
    }

    pub(super) fn latest(&self) -> f64 {
        self.latest + self.drawn.map_or(0.0, |(arm, chance)| f64::from(arm) + chance)
    }
}

#[cfg(test)]
mod tests {
    use super::super::logit_market::Duopoly;
    use super::*;
    use crate::policy::PricingPolicy;

    fn arms(weights: &[f64], pulls: &[u32], sums: &[f64], best: f64) -> Arms {
        Arms { weights: weights.to_vec(), pulls: pulls.to_vec(), sums: sums.to_vec(), best, drawn: Some((0, 0.5)), latest: 0.0 }
    }

    #[test]
    fn exp3_draws_by_weight_and_corrects_for_the_chance() {
        let mut arms = arms(&[0.0, 0.0], &[0; 2], &[0.0; 2], 10.0);
        arms.learn(0, 5.0, BanditRule::Exp3 { gamma: 0.4 });
        // reward 0.5, drawn with probability 0.5: weight rises by 0.4 / 2 x 1
        assert_eq!(arms.weights.iter().map(|w| (w * 1e9 + 0.5) as i64).collect::<Vec<_>>(), [0, -199_999_999]);
        let (arm, chance) = arms.draw(0.4, 0.0);
        let expected = 0.6 / (1.0 + math::exp(-0.2)) + 0.2;
        assert!(arm == 0 && (chance - expected).abs() < 1e-12);
        assert_eq!(arms.draw(0.4, 0.999).0, 1);
    }

    #[test]
    fn ucb_tries_all_then_trusts_the_bound() {
        assert_eq!(arms(&[0.0; 3], &[1, 0, 0], &[1.0, 0.0, 0.0], 1.0).highest_bound(1.0), 1);
        let known = arms(&[0.0; 3], &[100, 100, 1], &[90.0, 50.0, 0.2], 1.0);
        assert_eq!((known.highest_bound(0.0), known.highest_bound(2.0)), (0, 2));
    }

    #[test]
    fn a_single_seller_finds_the_monopoly_price_by_either_rule() {
        let best = Duopoly::alone(PricingPolicy::Fixed).monopoly();
        let cost = Duopoly::alone(PricingPolicy::Fixed).cost();
        let grid: Vec<f64> = (0..9).map(|i| (cost + (best - cost) * (0.4 + 0.15 * f64::from(i))) / cost).collect();
        for (rule, rounds) in [(BanditRule::Ucb { width: 0.3 }, 3000), (BanditRule::Exp3 { gamma: 0.1 }, 20_000)] {
            let mut market = Duopoly::alone(PricingPolicy::Bandit { rule, grid: grid.clone(), interval: 1 });
            let mut seen = [0; 9];
            for round in 0..rounds {
                let price = market.step()[0];
                if round * 2 > rounds {
                    seen[nearest(&grid.iter().map(|m| m * cost).collect::<Vec<_>>(), price)] += 1;
                }
            }
            let favourite = largest(seen.iter().map(|&n| f64::from(n)));
            assert!((3..=5).contains(&favourite), "{rule:?}: {seen:?}, the monopoly price is number 4");
        }
    }
}
