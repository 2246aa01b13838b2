//! What shoppers have in mind: slots of the evoked sets by merchant and stage, and their strength.

use super::stage::{STAGES, Stage};
use crate::catalog::Catalog;
use crate::shopper::Shopper;
use serde::{Deserialize, Serialize};

/// Counts of a census: integers, so that shards add up in any order. Columns grow to the merchants that are met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MindCensus {
    /// By merchant: shoppers at each stage, aware first.
    pub stages: Vec<[i64; STAGES]>,
    /// By merchant: summed strength of its slots.
    pub strength: Vec<i64>,
}

impl MindCensus {
    /// Counts the slots of a shopper.
    pub fn count(&mut self, row: &Shopper) {
        for (merchant, stage, strength) in row.evoked_slots().filter(|(_, stage, _)| *stage > 0) {
            let at = merchant as usize;
            if self.stages.len() <= at {
                self.grow(at + 1);
            }
            self.stages[at][stage as usize - 1] += 1;
            self.strength[at] += i64::from(strength);
        }
    }

    fn grow(&mut self, merchants: usize) {
        self.stages.resize(merchants, [0; STAGES]);
        self.strength.resize(merchants, 0);
    }

    /// Adds another part of the census.
    pub fn add(&mut self, other: &MindCensus) {
        if self.stages.len() < other.stages.len() {
            self.grow(other.stages.len());
        }
        for (mine, more) in self.stages.iter_mut().zip(&other.stages) {
            mine.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
        self.strength.iter_mut().zip(&other.strength).for_each(|(a, b)| *a += b);
    }

    /// Shoppers at each stage of a merchant.
    #[must_use]
    pub fn of(&self, merchant: usize) -> [i64; STAGES] {
        self.stages.get(merchant).copied().unwrap_or_default()
    }

    /// Share of all strength that the merchants who pass hold, each by its factor; not a number before anybody is in mind.
    #[must_use]
    pub fn mindshare(&self, factor: impl Fn(usize) -> f64) -> f64 {
        let all: i64 = self.strength.iter().sum();
        let held: f64 = self.strength.iter().enumerate().filter(|(_, s)| **s > 0).map(|(m, &s)| s as f64 * factor(m)).sum();
        if all > 0 { held / all as f64 } else { f64::NAN }
    }

    /// Slots at a stage, over the merchants that pass.
    #[must_use]
    pub fn at(&self, stage: Stage, passes: impl Fn(usize) -> bool) -> i64 {
        self.stages.iter().enumerate().filter(|(m, _)| passes(*m)).map(|(_, s)| s[stage as usize - 1]).sum()
    }
}

/// Platforms on which each merchant sells, as bits.
#[must_use]
pub fn presence(catalog: &Catalog, listed: &[bool]) -> Vec<u8> {
    super::sellers::presence(catalog, listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_census_adds_up_in_any_order() {
        let mut row = Shopper::new([0; 8], 4096, [0; 4], [0; 4]);
        row.evoke(3, 50, Stage::Aware as u8);
        row.evoke(70_000, 20, Stage::Act as u8);
        let (mut one, mut two) = (MindCensus::default(), MindCensus::default());
        one.count(&row);
        row.raise(3, Stage::Ask);
        two.count(&row);
        let (mut a, mut b) = (one.clone(), two.clone());
        a.add(&two);
        b.add(&one);
        assert_eq!(a, b);
        assert_eq!(a.of(3), [1, 0, 1, 0, 0]);
        assert_eq!((a.at(Stage::Act, |_| true), a.of(4)), (2, [0; 5]));
        assert!((a.mindshare(|m| f64::from(u8::from(m == 3))) - 100.0 / 140.0).abs() < 1e-12);
    }
}
