//! Q-learning with the own and the lowest rival's last price as the state and exploration that fades: the algorithm of Calvano,
//! Calzolari, Denicolo and Pastorello (2020), in which independent learners come to ask more than the competitive price.

use super::grid::{largest, nearest};
use super::memory::Trial;
use super::outlook::Outlook;
use serde::{Deserialize, Serialize};
use sim_core::math;

/// Parameters of learning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Learning {
    /// Weight of a new experience.
    pub(super) alpha: f64,
    /// Weight of the future for each revision.
    pub(super) discount: f64,
    /// Decay of exploration.
    pub(super) decay: f64,
    /// Factor on expected profits in the first table.
    pub(super) initial: f64,
}

/// Values by (own price, rival's price, next own price), and where the learner stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct QTable {
    /// `values[(own * n + rival) * n + action]`, money units a page; empty before the first revision.
    values: Vec<f32>,
    /// State in which the price in force was chosen.
    state: Option<u32>,
    revisions: u32,
    latest: f32,
}

impl QTable {
    /// Learns from what the price in force brought, and picks the next.
    pub(super) fn price(&mut self, outlook: &Outlook, trial: Trial, prices: &[f64], learning: Learning) -> f64 {
        let n = prices.len();
        if self.values.len() != n * n * n {
            self.begin(outlook, prices, learning);
        }
        // a menu cost or the band may have held the price: what counts is the price that was in force
        let own = nearest(prices, outlook.old);
        let rival = nearest(prices, outlook.rival.unwrap_or(outlook.old));
        let next = own * n + rival;
        let values = &self.values[next * n..(next + 1) * n];
        let best = largest(values.iter().map(|v| f64::from(*v)));
        let future = f64::from(values[best]);
        if let Some(state) = self.state.filter(|_| trial.pages > 0.0) {
            let value = &mut self.values[state as usize * n + own];
            let target = trial.cash_per_page() + learning.discount * future;
            *value = (f64::from(*value) + learning.alpha * (target - f64::from(*value))) as f32;
            self.latest = *value;
        }
        self.state = Some(next as u32);
        let exploration = math::exp(-learning.decay * f64::from(self.revisions));
        self.revisions += 1;
        if f64::from(outlook.uniforms[0]) < exploration {
            return prices[((outlook.uniforms[1] * n as f32) as usize).min(n - 1)];
        }
        prices[largest(self.values[next * n..(next + 1) * n].iter().map(|v| f64::from(*v)))]
    }

    /// Every state starts with the profit that logit demand lets expect from each price for ever.
    fn begin(&mut self, outlook: &Outlook, prices: &[f64], learning: Learning) {
        let n = prices.len();
        let worth = |price: f64| {
            let sales = (outlook.share * outlook.demand.lift(outlook.old, price, outlook.share)).min(1.0);
            learning.initial * sales * (price - outlook.plain_cost) * outlook.kept / (1.0 - learning.discount)
        };
        let row: Vec<f32> = prices.iter().map(|&price| worth(price) as f32).collect();
        self.values = (0..n * n).flat_map(|_| row.iter().copied()).collect();
        self.state = None;
    }

    pub(super) fn latest(&self) -> f64 {
        f64::from(self.latest) + f64::from(self.revisions)
    }
}

#[cfg(test)]
mod tests {
    use super::super::logit_market::Duopoly;
    use super::*;
    use crate::policy::PricingPolicy;

    #[test]
    fn a_value_moves_toward_reward_and_future_and_no_other_does() {
        let mut table = QTable { values: vec![0.0; 8], state: Some(2), revisions: 1_000_000, latest: 0.0 };
        table.values[6..8].copy_from_slice(&[3.0, 5.0]); // state (own 1, rival 1)
        let outlook = Outlook { old: 2.0, rival: Some(2.0), ..Outlook::example() };
        let trial = Trial { orders: 1.0, cash: 40.0, pages: 10.0 };
        let learning = Learning { alpha: 0.5, discount: 0.8, decay: 1.0, initial: 1.0 };
        assert_eq!(table.price(&outlook, trial, &[1.0, 2.0], learning), 2.0, "the better price of the new state");
        // reward 4 a page, future 5: half way from 0 to 4 + 0.8 x 5, at state 2 and the action in force, 1
        assert_eq!(table.values, [0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 3.0, 5.0]);
        assert_eq!(table.state, Some(3));
    }

    #[test]
    fn exploration_fades_and_draws_from_the_whole_grid() {
        let learning = Learning { alpha: 0.0, discount: 0.9, decay: 0.1, initial: 0.0 };
        let mut table = QTable::default();
        let prices = [1.0, 2.0, 3.0, 4.0];
        let mut at = |draw: f32, revisions: u32| {
            table.revisions = revisions;
            table.price(&Outlook { uniforms: [draw, 0.6], ..Outlook::example() }, Trial::default(), &prices, learning)
        };
        assert_eq!(at(0.99, 0), 3.0);
        assert_eq!((at(0.36, 10), at(0.37, 10)), (3.0, 1.0), "e^-1 is 0.368");
    }

    /// Baseline duopoly of Calvano et al. (2020): a - c = 1, mu = 1/4, 15 prices, alpha 0.15, discount 0.95.
    #[test]
    fn two_q_learners_ask_more_than_nash_and_less_than_a_cartel() {
        let probe = Duopoly::new(PricingPolicy::Fixed, PricingPolicy::Fixed);
        let (nash, cartel) = (probe.nash(), probe.collusion());
        let grid: Vec<f64> = (0..15).map(|i| (nash + (cartel - nash) * (-0.1 + 1.2 * f64::from(i) / 14.0)) / probe.cost()).collect();
        let policy = PricingPolicy::QLearning { alpha: 0.15, discount: 0.95, decay: 2e-5, initial: 1.0, grid, interval: 1 };
        let mut market = Duopoly::new(policy.clone(), policy);
        for _ in 0..600_000 {
            market.step();
        }
        let mut profit = 0.0;
        for _ in 0..1000 {
            let prices = market.step();
            profit += (market.profit(0, prices) + market.profit(1, prices)) / 2000.0;
        }
        let [competitive, collusive] = [nash, cartel].map(|p| market.profit(0, [p, p]));
        let gain = (profit - competitive) / (collusive - competitive);
        assert!((0.3..1.0).contains(&gain), "a profit gain of {gain}; Calvano et al. find 0.7 to 0.9");
    }
}
