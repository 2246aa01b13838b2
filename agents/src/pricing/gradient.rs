//! Hill climbing on an elasticity learned from the own past: the price is tried a little above and below its centre in turn, a
//! weighted least-squares fit of log sales on log price with exponential forgetting gives the elasticity, and the centre moves
//! along the slope of profit (Kiefer and Wolfowitz 1952 for the two-sided trial; Ljung and Soderstrom 1983 for the fit).

use super::memory::Trial;
use super::outlook::Outlook;
use serde::{Deserialize, Serialize};
use sim_core::math;

/// Weight of the market's mean elasticity beside own observations: as much as one sale at each of 1.3 and 0.7 of the centre.
const PRIOR: f64 = 0.2;
/// Range of believed elasticities.
const ELASTICITY: (f64, f64) = (-20.0, 0.0);

/// Weighted moments of ln(price / first price seen) and ln(sales per page), newest weights first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Slope {
    /// First price seen; 0 before.
    origin: f64,
    /// Price around which trials are made.
    centre: f64,
    upward: bool,
    weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Slope {
    /// The next trial price. `step` bounds the move of the centre and is twice the trial's distance; `span` is the memory in
    /// revisions.
    pub(super) fn price(&mut self, outlook: &Outlook, trial: Trial, step: f64, span: f64) -> f64 {
        if self.origin == 0.0 {
            (self.origin, self.centre) = (outlook.old, outlook.old);
        }
        if trial.pages > 0.0 {
            self.observe(outlook.old, trial, span);
        }
        let margin = (self.centre - outlook.cost) / self.centre;
        // d profit / d ln price over revenue: 1 + elasticity x margin
        let slope = 1.0 + self.elasticity(outlook) * margin;
        self.centre *= math::exp(step * slope.clamp(-1.0, 1.0));
        self.upward = !self.upward;
        let by = 0.5 * step * if self.upward { 1.0 } else { -1.0 };
        self.centre * math::exp(by)
    }

    fn observe(&mut self, price: f64, trial: Trial, span: f64) {
        let left = 1.0 - 1.0 / span.max(2.0);
        for moment in [&mut self.weight, &mut self.x, &mut self.y, &mut self.xx, &mut self.xy] {
            *moment *= left;
        }
        // the variance of a log count is about one over the count
        let weight = trial.orders + 0.5;
        let x = math::ln(price / self.origin);
        let y = math::ln(weight / trial.pages);
        self.weight += weight;
        self.x += weight * x;
        self.y += weight * y;
        self.xx += weight * x * x;
        self.xy += weight * x * y;
    }

    /// Fitted elasticity, drawn toward the market's.
    fn elasticity(&self, outlook: &Outlook) -> f64 {
        let weight = self.weight.max(1e-12);
        let spread = (self.xx - self.x * self.x / weight).max(0.0);
        let common = self.xy - self.x * self.y / weight;
        let prior = outlook.demand.elasticity(self.centre);
        ((common + PRIOR * prior) / (spread + PRIOR)).clamp(ELASTICITY.0, ELASTICITY.1)
    }

    pub(super) fn latest(&self) -> f64 {
        self.centre + self.xy
    }
}

#[cfg(test)]
mod tests {
    use super::super::logit_market::Duopoly;
    use super::super::outlook::Demand;
    use super::*;
    use crate::policy::PricingPolicy;

    #[test]
    fn the_elasticity_of_clean_data_is_found_whatever_the_market_says() {
        let mut slope = Slope::default();
        let outlook = Outlook { cost: 60.0, demand: Demand::Log { sensitivity: 2.0 }, ..Outlook::example() };
        let mut price = 100.0;
        for _ in 0..400 {
            let orders = 1e4 * math::pow(price / 100.0, -4.0);
            let trial = Trial { orders, cash: 0.0, pages: 1e5 };
            price = slope.price(&Outlook { old: price, ..outlook.clone() }, trial, 0.05, 50.0);
        }
        assert!((slope.elasticity(&outlook) + 4.0).abs() < 0.05, "{}", slope.elasticity(&outlook));
        // the best price is cost x e / (e - 1) = 80
        assert!((slope.centre - 80.0).abs() < 0.5, "{}", slope.centre);
    }

    #[test]
    fn a_single_seller_climbs_to_the_monopoly_price() {
        let policy = PricingPolicy::Gradient { step: 0.04, memory: 60.0, interval: 1 };
        let mut market = Duopoly::alone(policy);
        let prices: Vec<f64> = (0..600).map(|_| market.step()[0]).collect();
        let mean = prices[400..].iter().sum::<f64>() / 200.0;
        let best = market.monopoly();
        assert!((mean / best - 1.0).abs() < 0.03, "{mean}, monopoly price {best}");
    }
}
