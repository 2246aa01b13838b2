//! How a budget is split over channels: by fixed shares, at equal marginal returns, or at returns as an AI estimates them.
//!
//! Returns are those of a steady spend. For S-shaped responses (Hill exponent above 1) a channel gets nothing or enough to pass its
//! threshold.

use super::response::{Hill, steady};
use sim_core::math;

/// Steps into which a budget is cut.
const STEPS: usize = 64;

/// What steady spend on a channel returns, orders a tick: worth x Hill(steady adstock).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Worth of full response.
    pub worth: f64,
    /// Impressions per mission for a money unit a tick.
    pub per_money: f64,
    /// Share of adstock that a tick leaves.
    pub left: f64,
    /// Response.
    pub hill: Hill,
    /// Most money a tick that its capacity takes.
    pub limit: f64,
}

impl Curve {
    /// Return of a steady spend, money units a tick.
    #[must_use]
    pub fn value(&self, money: f64) -> f64 {
        self.worth * self.hill.at(steady(self.left, money.min(self.limit) * self.per_money))
    }
}

/// Return of a budget at a split.
#[must_use]
pub fn value(curves: &[Curve], shares: &[f64], budget: f64) -> f64 {
    curves.iter().zip(shares).map(|(curve, share)| curve.value(budget * share)).sum()
}

/// The split of a budget with the highest return, in steps of 1/64; for concave responses that at which the last yuan returns the
/// same in every channel. Adds up to 1 unless nothing returns anything. Exact by dynamic programming (Bellman 1957), so that
/// S-shaped responses are no trap.
#[must_use]
pub fn equal_marginal(curves: &[Curve], budget: f64) -> Vec<f64> {
    let step = budget / STEPS as f64;
    // best[money]: highest return of the channels so far; takes[channel][money]: what the channel has of it
    let mut best = [0.0f64; STEPS + 1];
    let mut takes = vec![[0usize; STEPS + 1]; curves.len()];
    for (curve, takes) in curves.iter().zip(&mut takes) {
        let returns: [f64; STEPS + 1] = std::array::from_fn(|n| curve.value(step * n as f64));
        let before = best;
        for (money, (best, takes)) in best.iter_mut().zip(takes).enumerate() {
            for n in 1..=money {
                let value = before[money - n] + returns[n];
                if value > *best {
                    (*best, *takes) = (value, n);
                }
            }
        }
    }
    let mut shares = vec![0.0; curves.len()];
    let mut money = STEPS;
    for (share, takes) in shares.iter_mut().zip(&takes).rev() {
        *share = takes[money] as f64;
        money -= takes[money];
    }
    let taken = (STEPS - money).max(1) as f64;
    shares.iter_mut().for_each(|share| *share /= taken);
    shares
}

/// A curve as an AI sees it: its worth times a log-normal error of this standard deviation, from 32 random bits.
#[must_use]
pub fn estimated(curve: Curve, noise: f64, bits: u32) -> Curve {
    // approximately normal: a sum of four uniforms (Irwin and Hall 1927)
    let sum: u32 = bits.to_le_bytes().into_iter().map(u32::from).sum();
    let error = (f64::from(sum) - 510.0) / 147.800_5;
    Curve { worth: curve.worth * math::exp(noise * error), ..curve }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim_core::draw::{Purpose, Seed};

    fn curve() -> impl Strategy<Value = Curve> {
        (0.2f64..5.0, 0.001f64..0.1, 0.3f64..20.0, 0.7f64..2.5).prop_map(|(worth, per_money, half, exponent)| Curve {
            worth,
            per_money,
            left: 0.9,
            hill: Hill { half, exponent },
            limit: f64::INFINITY,
        })
    }

    /// The best split on a fine grid, by trying all.
    fn brute_force(curves: &[Curve; 3], budget: f64) -> f64 {
        const FINE: usize = 80;
        let mut best = 0.0f64;
        for a in 0..=FINE {
            for b in 0..=FINE - a {
                let shares = [a, b, FINE - a - b].map(|n| n as f64 / FINE as f64);
                best = best.max(value(curves, &shares, budget));
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn equal_marginal_returns_come_close_to_the_best_of_all_splits(a in curve(), b in curve(), c in curve(), budget in 10.0f64..1000.0) {
            let curves = [a, b, c];
            let shares = equal_marginal(&curves, budget);
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let (found, best) = (value(&curves, &shares, budget), brute_force(&curves, budget));
            prop_assert!(found >= best * 0.99, "{} of {} at {:?}: the two grids differ", found, best, shares);
        }
    }

    #[test]
    fn the_last_yuan_returns_the_same_everywhere() {
        let base = Curve { worth: 1.0, per_money: 0.01, left: 0.9, hill: Hill { half: 2.0, exponent: 1.0 }, limit: f64::INFINITY };
        let curves = [base, Curve { worth: 2.0, ..base }, Curve { hill: Hill { half: 5.0, exponent: 1.0 }, ..base }];
        let (budget, shares) = (200.0, equal_marginal(&curves, 200.0));
        let slope = |c: &Curve, share: f64| c.worth * c.hill.slope(steady(c.left, budget * share * c.per_money));
        let slopes: Vec<f64> = curves.iter().zip(&shares).map(|(c, &s)| slope(c, s)).collect();
        for s in &slopes {
            assert!((s / slopes[0] - 1.0).abs() < 0.06, "{slopes:?} at {shares:?}");
        }
    }

    #[test]
    fn a_channel_without_room_gets_no_more_than_it_can_take() {
        let base = Curve { worth: 1.0, per_money: 0.01, left: 0.9, hill: Hill { half: 2.0, exponent: 1.0 }, limit: f64::INFINITY };
        let shares = equal_marginal(&[Curve { worth: 9.0, limit: 25.0, ..base }, base], 100.0);
        assert!((shares[0] - 0.25).abs() < 0.02, "{shares:?}");
    }

    #[test]
    fn an_ai_allocator_beats_fixed_shares_at_low_noise_and_not_at_high_noise() {
        let base = Curve { worth: 1.0, per_money: 0.01, left: 0.9, hill: Hill { half: 3.0, exponent: 1.3 }, limit: f64::INFINITY };
        let curves = [base, Curve { worth: 1.6, ..base }, Curve { worth: 0.7, ..base }, Curve { per_money: 0.02, ..base }];
        let fixed = value(&curves, &[0.25; 4], 150.0);
        let with = |noise: f64| {
            let split = |trial: u64| {
                let bits = |c: usize| Seed(5).words(Purpose::Allocation, trial, 0, c as u64).bits(0);
                let seen: Vec<Curve> = curves.iter().enumerate().map(|(c, curve)| estimated(*curve, noise, bits(c))).collect();
                value(&curves, &equal_marginal(&seen, 150.0), 150.0)
            };
            (0..200).map(split).sum::<f64>() / 200.0
        };
        let (sharp, blind) = (with(0.1), with(2.0));
        assert!(sharp > fixed * 1.02, "{sharp} against {fixed}");
        assert!(blind < fixed, "{blind} against {fixed}");
    }
}
