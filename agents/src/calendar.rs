//! Seasons compiled by tick: how often each rate class visits, and which categories.

use crate::params::{Missions, RATE_LEVELS, SEGMENTS};
use sim_core::math;

/// Most missions of a shopper in a tick.
pub const MISSIONS: usize = 8;
/// Visit draws have 31 bits, so that a threshold of 2^31 is never reached.
const NEVER: f64 = 2_147_483_648.0;

/// One tick of the calendar.
#[derive(Clone, Debug)]
pub struct Day {
    /// Multiplier of the visit rate.
    pub visits: f64,
    /// Multiplier of the visit rate by category.
    pub categories: Vec<f64>,
    /// Weight in the pacing of strategy budgets.
    pub budget_weight: f64,
    /// Proximity of the next announced sale, 0 (none is waited for) to 1 (its eve); 0 while a sale is on.
    pub proximity: f32,
    /// Whether an announced sale is on.
    pub sale: bool,
}

/// What shoppers need of a tick, compiled.
#[derive(Clone, Debug)]
pub struct VisitTables {
    /// By rate class: a 31-bit uniform at or above entry k means more than k missions.
    pub more_than: Vec<[u32; MISSIONS]>,
    /// By segment: cumulative category thresholds of a 32-bit uniform.
    pub category: Vec<Vec<u32>>,
    /// The same among the categories whose needs can wait.
    pub deferrable: Vec<Vec<u32>>,
}

impl VisitTables {
    /// Compiles a day. `rates` are missions per day by class, `baskets` relative category weights by segment, whose sum at
    /// category multipliers of 1 is the plain visit rate; `waits` are the categories whose needs can wait.
    #[must_use]
    pub fn new(missions: Missions, day: &Day, tick_days: f64, rates: &[f64], baskets: &[Vec<f64>], waits: &[bool]) -> VisitTables {
        let mut category = Vec::with_capacity(baskets.len());
        let mut deferrable = Vec::with_capacity(baskets.len());
        let mut lift = [1.0; SEGMENTS];
        for (segment, basket) in baskets.iter().enumerate() {
            let weights: Vec<f64> = basket.iter().zip(&day.categories).map(|(b, m)| b * m).collect();
            let total: f64 = weights.iter().sum();
            let ordinary = basket.iter().sum::<f64>();
            lift[segment] = if ordinary > 0.0 { total / ordinary } else { 0.0 };
            category.push(cumulative(&weights, total));
            let waiting: Vec<f64> = weights.iter().zip(waits).map(|(w, &waits)| if waits { *w } else { 0.0 }).collect();
            deferrable.push(cumulative(&waiting, waiting.iter().sum()));
        }
        let more_than = rates
            .iter()
            .enumerate()
            .map(|(class, rate)| thresholds(missions, rate * day.visits * lift[class / RATE_LEVELS] * tick_days))
            .collect();
        VisitTables { more_than, category, deferrable }
    }
}

fn cumulative(weights: &[f64], total: f64) -> Vec<u32> {
    let mut sum = 0.0;
    weights
        .iter()
        .map(|w| {
            sum += w;
            (sum / total.max(1e-300) * 4_294_967_296.0).min(4_294_967_295.0) as u32
        })
        .collect()
}

fn thresholds(missions: Missions, mean: f64) -> [u32; MISSIONS] {
    let to_bits = |p: f64| (p * NEVER).clamp(0.0, NEVER) as u32;
    match missions {
        Missions::Bernoulli => {
            let mut table = [NEVER as u32; MISSIONS];
            table[0] = to_bits(1.0 - mean.min(1.0));
            table
        }
        Missions::Poisson => {
            let (mut term, mut sum) = (math::exp(-mean), 0.0);
            std::array::from_fn(|k| {
                sum += term;
                term *= mean / (k + 1) as f64;
                to_bits(sum)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_thresholds_have_the_mean() {
        for rate in [0.0, 0.5, 3.0] {
            let mean: f64 = thresholds(Missions::Poisson, rate).iter().map(|t| 1.0 - f64::from(*t) / NEVER).sum();
            assert!((mean - rate).abs() < 4e-3 * rate.max(1e-6), "missions beyond eight are cut: {mean} of {rate}");
        }
        assert_eq!(thresholds(Missions::Bernoulli, 0.25)[0], 3 << 29);
    }
}
