//! A page: recall, ranking by the platform's estimate of the match, examination. The hot kernel of the market.
//!
//! Guarantees the same page for the same keys: candidates are drawn by (shopper, tick, mission, platform), the error of an
//! estimate by (shopper, listing, week), so that two arms show different pages only where a platform ranks differently.

use crate::ads::auction::{Award, Awards};
use crate::ads::bid::Bid;
use crate::ads::space::AdSpace;
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
    /// Whether the slot is paid for.
    pub(crate) paid: bool,
    /// Price of a click, money units.
    pub(crate) cost_per_click: u32,
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
    /// Paid space, if there is any.
    pub(crate) ads: Option<AdSpace<'a>>,
}

/// Integer inner product of taste and traits: one multiply-add of eight 16-bit lanes, exact in any order.
#[inline(always)]
fn product(taste: i16x8, traits: [i8; TASTE]) -> i32 {
    taste.dot(i16x8::new(traits.map(i16::from))).reduce_add()
}

/// 32 mixed bits of a 64-bit key and the number of a thing, in operations that every vector unit has. Finaliser of MurmurHash3
/// (Appleby 2008), the second half of the key between its rounds.
#[inline(always)]
fn mix_lane(key: [u32; 2], thing: u32) -> u32 {
    let mut h = thing.wrapping_mul(0x9E37_79B1) ^ key[0];
    h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
    h = (h ^ (h >> 13) ^ key[1]).wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

/// Approximately normal noise of mean 0 and variance 1 from 32 bits: a sum of four uniforms (Irwin and Hall 1927).
#[inline(always)]
fn noise(bits: u32) -> f32 {
    let sum = (bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24);
    (sum as i32 - 510) as f32 * (1.0 / 147.800_5)
}

impl PageRequest<'_> {
    /// Fills the page.
    #[inline(always)]
    pub(crate) fn fill(&self, page: &mut Page) {
        let Candidates { listings, true_match, estimate, score, keys, order } = &mut page.candidates;
        let count = self.recall(listings);
        let taste = i16x8::new(self.taste);
        let rank_price = self.platform.rank_price * self.sensitivity;
        let rank_quality = self.platform.rank_quality;
        for ((&listing, m), score) in listings[..count].iter().zip(&mut true_match[..count]).zip(&mut score[..count]) {
            let offer = &self.offers[listing as usize];
            *m = product(taste, offer.traits) as f32 * self.match_scale;
            *score = rank_quality * offer.quality - rank_price * offer.price_term;
        }
        if self.accuracy < 1.0 {
            self.blur(&listings[..count], &true_match[..count], &mut estimate[..count]);
        } else {
            estimate[..count].copy_from_slice(&true_match[..count]);
        }
        let rank_taste = self.platform.rank_taste * self.choice.taste;
        for (score, e) in score[..count].iter_mut().zip(&estimate[..count]) {
            *score += rank_taste * e;
        }
        rank(score, count, keys, order);
        page.len = 0;
        if let Some(ads) = &self.ads {
            let awards = self.auction(ads, &page.candidates, count);
            if !awards.as_slice().is_empty() {
                return self.lay_out(page, count, &ads.params.slots, awards.as_slice());
            }
        }
        let Candidates { listings, true_match, estimate, order, .. } = &page.candidates;
        let limit = self.platform.shown as usize;
        for &j in &order[..count] {
            let (j, listing) = (j as usize, listings[j as usize]);
            if self.platform.distinct && page.shown[..page.len].iter().any(|s| s.listing == listing) {
                continue;
            }
            page.shown[page.len] = Shown { listing, estimate: estimate[j], true_match: true_match[j], paid: false, cost_per_click: 0 };
            page.len += 1;
            if page.len == limit {
                break;
            }
        }
    }

    /// Candidates with replacement from the cell, uniform or by popularity; the whole cell when the platform recalls all.
    #[inline(always)]
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
        let page = u64::from(self.mission) << 8 | self.platform_id as u64;
        let key = self.seed.words(Purpose::Recall, self.shopper, u64::from(self.tick), page).0[0];
        for (pair, chunk) in listings[..count].chunks_mut(2).enumerate() {
            let mixed = mix(key, pair as u64);
            for (listing, bits) in chunk.iter_mut().zip([mixed as u32, (mixed >> 32) as u32]) {
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

    /// Holds the auction among the candidates.
    #[inline(always)]
    fn auction(&self, ads: &AdSpace, candidates: &Candidates, count: usize) -> Awards {
        let mut board = ads.board();
        let key =
            ads.params.own_estimate.then(|| self.seed.words(Purpose::AdNoise, self.shopper, u64::from(self.tick / NOISE_TICKS), 0).0[0]);
        let error = sqrt_f32((1.0 - ads.accuracy * ads.accuracy).max(0.0));
        for (j, &listing) in candidates.listings[..count].iter().enumerate() {
            let offer = &self.offers[listing as usize];
            if offer.bid == Bid::NONE {
                continue;
            }
            let estimate = match key {
                Some(key) => ads.accuracy * candidates.true_match[j] + error * noise(mix_lane([key as u32, (key >> 32) as u32], listing)),
                None => candidates.estimate[j],
            };
            let utility = offer.quality - self.sensitivity * offer.price_term;
            ads.enter(&mut board, j, listing, offer.bid, utility, estimate);
        }
        ads.award(&board)
    }

    /// Fills the page with winners at their positions and ranked offers between them; slots that nobody wins are ranked offers too.
    #[inline(always)]
    fn lay_out(&self, page: &mut Page, count: usize, slots: &[u8], awards: &[Award]) {
        let Candidates { listings, true_match, estimate, order, .. } = &page.candidates;
        let (mut next, mut organic) = (0, 0);
        while page.len < self.platform.shown as usize {
            let is_slot = next < awards.len() && (page.len >= slots[next] as usize || organic == count);
            let (j, paid) = if is_slot {
                next += 1;
                (awards[next - 1].place as usize, true)
            } else if organic < count {
                organic += 1;
                (order[organic - 1] as usize, false)
            } else {
                break;
            };
            let listing = listings[j];
            let repeats = || self.platform.distinct && page.shown[..page.len].iter().any(|s| s.listing == listing);
            if !paid && (awards.iter().any(|a| a.listing == listing) || repeats()) {
                continue;
            }
            let cost_per_click = if paid { awards[next - 1].cost } else { 0 };
            page.shown[page.len] = Shown { listing, estimate: estimate[j], true_match: true_match[j], paid, cost_per_click };
            page.len += 1;
        }
    }

    /// estimate = rho x true match + sqrt(1 - rho^2) x noise, the noise drawn by (shopper, listing, week).
    #[inline(always)]
    fn blur(&self, listings: &[u32], true_match: &[f32], estimate: &mut [f32]) {
        let week = u64::from(self.tick / NOISE_TICKS);
        let key = self.seed.words(Purpose::MatchNoise, self.shopper, week, 0).0[0];
        let key = [key as u32, (key >> 32) as u32];
        let error = sqrt_f32((1.0 - self.accuracy * self.accuracy).max(0.0));
        for ((estimate, &m), &listing) in estimate.iter_mut().zip(true_match).zip(listings) {
            *estimate = self.accuracy * m + error * noise(mix_lane(key, listing));
        }
    }
}

/// Writes the indices of the scores, best first, by counting how many are better: no branches.
#[inline(always)]
fn rank(score: &[f32; RECALLED], count: usize, keys: &mut [i32; RECALLED], order: &mut [u8; RECALLED]) {
    // an integer that sorts like the score and is unique: the low bits hold the place
    let padded = count.next_multiple_of(8);
    keys[count..padded].fill(i32::MIN);
    for (j, (key, score)) in keys[..count].iter_mut().zip(&score[..count]).enumerate() {
        let bits = score.to_bits() as i32;
        let sortable = bits ^ ((bits >> 31) as u32 >> 1) as i32;
        *key = (sortable & !63) | (63 - j as i32);
    }
    for j in 0..count {
        let mine = keys[j];
        let mut better = [0i32; 8];
        for eight in keys[..padded].chunks_exact(8) {
            for (better, &key) in better.iter_mut().zip(eight) {
                *better += i32::from(key > mine);
            }
        }
        order[better.iter().sum::<i32>() as usize] = j as u8;
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
        let nothing = Shown { listing: 0, estimate: 0.0, true_match: 0.0, paid: false, cost_per_click: 0 };
        Page { shown: [nothing; SHOWN], len: 0, candidates }
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
        let draws: Vec<f32> = (0..100_000).map(|i| noise(mix_lane([12345, 678], i))).collect();
        let mean = draws.iter().sum::<f32>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.013 && (variance - 1.0).abs() < 0.015, "mean {mean}, variance {variance}");
    }
}
