//! What is typical of a category: the median price, match, quality and fatigue of the offers that came closest to being bought.
//!
//! A median is followed by counting how many lost sales of a tick lie above and below it, and moving it by the imbalance
//! (stochastic approximation of a quantile, Robbins and Monro 1951): integers are exchanged, and nothing is sorted.

use crate::catalog::Catalog;
use crate::params::Params;
use crate::view::price_term;
use serde::{Deserialize, Serialize};

/// Terms that a category has a median of.
pub const TERMS: usize = 4;
/// Index of the price on the shelf, price-utility units.
pub(crate) const PRICE: usize = 0;
/// Index of the perceived match, standard deviations.
pub(crate) const MATCH: usize = 1;
/// Index of quality, utils over mu.
pub(crate) const QUALITY: usize = 2;
/// Index of the fatigue of the shopper, weighed, in units of fatigue.
pub(crate) const FATIGUE: usize = 3;
/// Share of the spread by which a median moves when all lost sales of a tick lie on one side.
const GAIN: f32 = 0.2;
/// Lost sales that move a median by half of its largest move: few are no proof.
const FEW: f32 = 20.0;
/// Spread of fatigue, for want of a distribution.
const FATIGUE_SPREAD: f32 = 0.1;

/// A median that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// Where it is.
    pub at: f32,
    /// Mean distance of what it is the median of: the unit of its moves.
    pub spread: f32,
}

/// Medians at the start, by category and term: those of the listings; nobody is tired yet.
pub(crate) fn first_medians(catalog: &Catalog, params: &Params) -> Vec<Median> {
    let mut medians = Vec::new();
    for c in 0..catalog.categories.len() {
        let listings = || catalog.listings.iter().filter(|l| l.category as usize == c);
        medians.push(median(listings().map(|l| price_term(params, c, l.first_price)).collect()));
        medians.push(Median { at: 0.0, spread: 1.0 });
        medians.push(median(listings().map(|l| params.choice.quality * l.quality).collect()));
        medians.push(Median { at: 0.0, spread: FATIGUE_SPREAD });
    }
    medians
}

fn median(mut values: Vec<f32>) -> Median {
    values.sort_unstable_by(f32::total_cmp);
    let Some(&at) = values.get(values.len() / 2) else { return Median { at: 0.0, spread: 0.0 } };
    let spread = values.iter().map(|v| (v - at).abs()).sum::<f32>() / values.len() as f32;
    Median { at, spread }
}

/// Moves the medians by what was counted: for each, lost sales above it less those below, and lost sales.
pub(crate) fn follow(medians: &mut [Median], counts: &[i64]) {
    for (median, count) in medians.iter_mut().zip(counts.chunks_exact(2)) {
        let [net, all] = [count[0] as f32, count[1] as f32];
        if all > 0.0 {
            median.at += GAIN * median.spread * net / (all + FEW);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::draw::{Purpose, Seed};

    #[test]
    fn a_median_is_found_from_afar_and_kept() {
        let mut medians = [Median { at: 9.0, spread: 1.0 }];
        let mut late = Vec::new();
        for tick in 0..400 {
            let mut counts = [0i64; 2];
            for i in 0..100 {
                // median of the square of a uniform: 1/4
                let u = Seed(3).words(Purpose::Sample, i, tick, 0).uniform(0);
                counts[0] += i64::from(u * u > medians[0].at) - i64::from(u * u < medians[0].at);
                counts[1] += 1;
            }
            follow(&mut medians, &counts);
            if tick > 200 {
                late.push(medians[0].at);
            }
        }
        let mean = late.iter().sum::<f32>() / late.len() as f32;
        assert!((mean - 0.25).abs() < 0.02, "{mean}");
    }

    #[test]
    fn nothing_lost_moves_nothing() {
        let mut medians = [Median { at: 0.5, spread: 1.0 }];
        follow(&mut medians, &[0, 0]);
        assert_eq!(medians[0].at, 0.5);
    }
}
