//! A page: recall, ranking by the platform's estimate of the match, examination. The hot kernel of the market.
//!
//! Guarantees the same page for the same keys: candidates are drawn by (shopper, tick, mission, platform), the error of an
//! estimate by (shopper, listing, week), so that two arms show different pages only where a platform ranks differently.

use crate::catalog::Catalog;
use crate::params::{ChoiceParams, PlatformParams, RECALLED, SHOWN, TASTE};
use crate::view::{Offer, Shelves};
use sim_core::draw::{Purpose, Seed, below, mix};
use sim_core::math::sqrt_f32;
use wide::i16x8;

/// Ticks for which the error of an estimate lasts.
pub(crate) const NOISE_TICKS: u32 = 7;

/// An offer on a page, as the shopper sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) listing: u32,
    pub(crate) estimate: f32,
    pub(crate) true_match: f32,
}

/// Offers in the order of the page.
pub(crate) struct Page {
    pub(crate) shown: [Shown; SHOWN],
    pub(crate) len: usize,
    candidates: Candidates,
}

/// Columns of the recalled candidates; kept between pages so that they are not cleared.
struct Candidates {
    listings: [u32; RECALLED],
    true_match: [f32; RECALLED],
    estimate: [f32; RECALLED],
    score: [f32; RECALLED],
    keys: [i32; RECALLED],
    order: [u8; RECALLED],
}

/// What a page depends on.
pub(crate) struct PageRequest<'a> {
    pub(crate) seed: Seed,
    pub(crate) catalog: &'a Catalog,
    pub(crate) offers: &'a [Offer],
    pub(crate) shelves: &'a Shelves,
    pub(crate) choice: &'a ChoiceParams,
    pub(crate) platform: &'a PlatformParams,
    pub(crate) platform_id: usize,
    pub(crate) category: usize,
    /// Correlation of estimated and true match.
    pub(crate) accuracy: f32,
    /// Match per unit of the integer product.
    pub(crate) match_scale: f32,
    pub(crate) shopper: u64,
    pub(crate) taste: [i16; TASTE],
    /// Price sensitivity over mu.
    pub(crate) sensitivity: f32,
    pub(crate) tick: u32,
    pub(crate) mission: u32,
}

/// Integer inner product of taste and traits: one multiply-add of eight 16-bit lanes, exact in any order.
#[inline]
fn product(taste: i16x8, traits: [i16; TASTE]) -> i32 {
    taste.dot(i16x8::new(traits)).reduce_add()
}

/// Approximately normal noise of mean 0 and variance 1 from 64 bits: a sum of four uniforms (Irwin and Hall 1927).
#[inline]
fn noise(bits: u64) -> f32 {
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    (sum as i32 - 131_070) as f32 * (1.0 / 37_836.6)
}

impl PageRequest<'_> {
    /// Fills the page.
    pub(crate) fn fill(&self, page: &mut Page) {
        let Candidates { listings, true_match, estimate, score, keys, order } = &mut page.candidates;
        let count = self.recall(listings);
        let taste = i16x8::new(self.taste);
        let rank_price = self.platform.rank_price * self.sensitivity;
        let rank_quality = self.platform.rank_quality;
        for j in 0..count {
            let offer = &self.offers[listings[j] as usize];
            true_match[j] = product(taste, offer.traits) as f32 * self.match_scale;
            score[j] = rank_quality * offer.quality - rank_price * offer.price_term;
        }
        if self.accuracy < 1.0 {
            self.blur(listings, count, true_match, estimate);
        } else {
            estimate[..count].copy_from_slice(&true_match[..count]);
        }
        let rank_taste = self.platform.rank_taste * self.choice.taste;
        for j in 0..count {
            score[j] += rank_taste * estimate[j];
        }
        rank(score, count, keys, order);
        page.len = 0;
        let limit = self.platform.shown as usize;
        for &j in &order[..count] {
            let (j, listing) = (j as usize, listings[j as usize]);
            if self.platform.distinct && page.shown[..page.len].iter().any(|s| s.listing == listing) {
                continue;
            }
            page.shown[page.len] = Shown { listing, estimate: estimate[j], true_match: true_match[j] };
            page.len += 1;
            if page.len == limit {
                break;
            }
        }
    }

    /// Candidates with replacement from the cell, uniform or by popularity; the whole cell when the platform recalls all.
    fn recall(&self, listings: &mut [u32; RECALLED]) -> usize {
        let cell = self.catalog.cell(self.platform_id, self.category);
        let size = cell.end - cell.start;
        if self.platform.recall == 0 {
            let mut count = 0;
            for listing in cell.filter(|&l| self.offers[l as usize].listed).take(RECALLED) {
                listings[count] = listing;
                count += 1;
            }
            return count;
        }
        let count = self.platform.recall as usize;
        let key = u64::from(self.mission) << 8 | (self.platform_id as u64) << 4;
        for (block, chunk) in listings[..count].chunks_mut(8).enumerate() {
            let words = self.seed.words(Purpose::Recall, self.shopper, u64::from(self.tick), key | block as u64);
            for (i, listing) in chunk.iter_mut().enumerate() {
                let bits = words.bits(i);
                *listing = cell.start + below(bits, size);
                if self.shelves.weighted[self.platform_id] {
                    let (threshold, alias) = self.shelves.aliases[*listing as usize];
                    let rest = bits.wrapping_mul(size); // the fraction of the place: uniform within it
                    *listing = if rest < threshold { *listing } else { alias };
                }
            }
        }
        count
    }

    /// estimate = rho x true match + sqrt(1 - rho^2) x noise, the noise drawn by (shopper, listing, week).
    fn blur(&self, listings: &[u32; RECALLED], count: usize, true_match: &[f32; RECALLED], estimate: &mut [f32; RECALLED]) {
        let week = u64::from(self.tick / NOISE_TICKS);
        let key = self.seed.words(Purpose::MatchNoise, self.shopper, week, 0).0[0];
        let error = sqrt_f32((1.0 - self.accuracy * self.accuracy).max(0.0));
        for j in 0..count {
            estimate[j] = self.accuracy * true_match[j] + error * noise(mix(key, u64::from(listings[j])));
        }
    }
}

/// Writes the indices of the scores, best first, by counting how many are better: no branches.
#[inline]
fn rank(score: &[f32; RECALLED], count: usize, keys: &mut [i32; RECALLED], order: &mut [u8; RECALLED]) {
    // an integer that sorts like the score and is unique: the low bits hold the place
    let padded = count.next_multiple_of(8);
    keys[count..padded].fill(i32::MIN);
    for j in 0..count {
        let bits = score[j].to_bits() as i32;
        let sortable = bits ^ ((bits >> 31) as u32 >> 1) as i32;
        keys[j] = (sortable & !63) | (63 - j as i32);
    }
    for j in 0..count {
        let mine = keys[j];
        let mut better = 0i32;
        for &key in &keys[..padded] {
            better += i32::from(key > mine);
        }
        order[better as usize] = j as u8;
    }
}

impl Page {
    pub(crate) fn empty() -> Page {
        let candidates = Candidates {
            listings: [0; RECALLED],
            true_match: [0.0; RECALLED],
            estimate: [0.0; RECALLED],
            score: [0.0; RECALLED],
            keys: [0; RECALLED],
            order: [0; RECALLED],
        };
        Page { shown: [Shown { listing: 0, estimate: 0.0, true_match: 0.0 }; SHOWN], len: 0, candidates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranking_by_counting_agrees_with_a_sort(values in prop::collection::vec(-50.0f32..50.0, 1..=RECALLED)) {
            let mut score = [0.0; RECALLED];
            score[..values.len()].copy_from_slice(&values);
            let (mut keys, mut order) = ([7; RECALLED], [0u8; RECALLED]);
            rank(&score, values.len(), &mut keys, &mut order);
            let ranked: Vec<f32> = order[..values.len()].iter().map(|&j| values[j as usize]).collect();
            let mut seen = order[..values.len()].to_vec();
            seen.sort_unstable();
            prop_assert!(seen.iter().enumerate().all(|(i, &j)| i == j as usize), "a permutation");
            for pair in ranked.windows(2) {
                prop_assert!(pair[0] >= pair[1] - pair[1].abs() * 2e-5, "{} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn noise_has_mean_zero_and_variance_one() {
        let draws: Vec<f32> = (0..100_000).map(|i| noise(mix(12345, i))).collect();
        let mean = draws.iter().sum::<f32>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.013 && (variance - 1.0).abs() < 0.015, "mean {mean}, variance {variance}");
    }
}
