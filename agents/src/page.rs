//! A page: recall, ranking by the platform's estimate of the match, paid slots. The hot kernel of the market.
//!
//! Guarantees the same page for the same keys: candidates are drawn by (shopper, tick, mission, platform), the error of an
//! estimate by (shopper, listing, week), so that two arms show different pages only where a platform ranks differently.

use crate::ads::auction::{Award, Awards};
use crate::ads::space::{AdSpace, Entries};
use crate::catalog::{Catalog, NO_LISTING};
use crate::content::meet::SOUGHT;
use crate::params::{AD_SLOTS, ChoiceParams, PlatformParams, RECALLED, SHOWN, TASTE};
use crate::ranking::{LANES, OUT, Taken, place, rank};
use crate::view::{Offer, Shelves};
use sim_core::draw::{below, mix};
use sim_core::math::sqrt_f32;
use wide::i16x8;

/// Score of what is sought: beyond any other.
const FIRST: f32 = 1e4;
/// An offer on a page, as the shopper sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) listing: u32,
    pub(crate) estimate: f32,
    pub(crate) true_match: f32,
    /// Price of a click, money units; 0 where the slot is not paid for.
    pub(crate) cost_per_click: u32,
}

/// Offers in the order of the page, as far as they were asked for.
pub(crate) struct Page {
    pub(crate) shown: [Shown; SHOWN],
    pub(crate) len: usize,
    /// Paid slots that were sold.
    pub(crate) sold: usize,
    candidates: Candidates,
}

/// Columns of the recalled candidates; kept between pages so that they are not cleared.
struct Candidates {
    listings: [u32; RECALLED],
    quality: [f32; RECALLED],
    price_term: [f32; RECALLED],
    /// Parts of the integer inner product of taste and traits, exact in any order.
    products: [i32; RECALLED],
    true_match: [f32; RECALLED],
    estimate: [f32; RECALLED],
    score: [f32; RECALLED],
    keys: [i32; RECALLED],
    entries: Entries,
}

/// What a page depends on.
pub(crate) struct PageRequest<'a> {
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
    pub(crate) taste: [i16; TASTE],
    /// Price sensitivity over mu.
    pub(crate) sensitivity: f32,
    /// Key of the candidates, by (shopper, tick, mission).
    pub(crate) recall_key: u64,
    /// Keys of the errors of the estimates of ranking and of advertising, by (shopper, week).
    pub(crate) noise: [u64; 2],
    /// Listings that stand first: looked for by name, or followed from content.
    pub(crate) sought: [u32; SOUGHT],
    /// Paid space, if there is any.
    pub(crate) ads: Option<AdSpace<'a>>,
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
    /// Fills the first `wanted` places of the page, or as many as there are offers for.
    #[inline(always)]
    pub(crate) fn fill(&self, wanted: usize, page: &mut Page) {
        let Candidates { listings, quality, price_term, products, true_match, estimate, score, keys, entries } = &mut page.candidates;
        let count = self.recall(listings);
        if self.sought != [NO_LISTING; SOUGHT] {
            self.recall_sought(&mut listings[..count]);
        }
        let taste = i16x8::new(self.taste);
        let rank_price = self.platform.rank_price * self.sensitivity;
        let rank_quality = self.platform.rank_quality;
        let gathered = quality[..count].iter_mut().zip(&mut price_term[..count]);
        let gathered = gathered.zip(products[..count].iter_mut().zip(&mut entries.bids[..count]));
        for (&listing, ((quality, price_term), (product, bid))) in listings[..count].iter().zip(gathered) {
            let offer = &self.offers[listing as usize];
            (*quality, *price_term, *bid) = (offer.quality, offer.price_term, offer.bid);
            *product = taste.dot(i16x8::new(offer.traits.map(i16::from))).to_array().into_iter().sum();
        }
        let terms = quality[..count].iter().zip(&price_term[..count]).zip(&products[..count]);
        let columns = true_match[..count].iter_mut().zip(&mut score[..count]).zip(&mut entries.utility[..count]);
        for (((quality, price_term), &product), ((m, score), utility)) in terms.zip(columns) {
            *m = product as f32 * self.match_scale;
            *score = rank_quality * quality - rank_price * price_term;
            *utility = quality - self.sensitivity * price_term;
        }
        let (recalled, true_match, estimate) = (&listings[..count], &true_match[..count], &mut estimate[..count]);
        if self.accuracy < 1.0 {
            blur(self.accuracy, self.noise[0], recalled, true_match, estimate);
        } else {
            estimate.copy_from_slice(true_match);
        }
        let rank_taste = self.platform.rank_taste * self.choice.taste;
        for (score, e) in score[..count].iter_mut().zip(&*estimate) {
            *score += rank_taste * e;
        }
        if self.sought != [NO_LISTING; SOUGHT] {
            self.show_first(recalled, &mut score[..count]);
        }
        rank(&score[..count], keys);
        let (mut awards, mut slots) = (Awards::default(), &[][..]);
        // not a closure: one that is not inlined is compiled without the wider vectors
        if let Some(ads) = &self.ads {
            let fit = &mut entries.fit[..count];
            if ads.params.own_estimate {
                blur(ads.accuracy, self.noise[1], recalled, true_match, fit);
            } else {
                fit.copy_from_slice(estimate);
            }
            ads.auction(entries, self.offers, listings, count, &mut awards);
            slots = &ads.params.slots;
        }
        self.lay_out(wanted, slots, awards.as_slice(), count, page);
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
        let key = mix(self.recall_key, self.platform_id as u64);
        let key = [key as u32, (key >> 32) as u32];
        let mut rests = [0; RECALLED];
        for (place, (listing, rest)) in listings[..count].iter_mut().zip(&mut rests).enumerate() {
            let bits = mix_lane(key, place as u32);
            *listing = cell.start + below(bits, size);
            *rest = bits.wrapping_mul(size); // the fraction of the place: uniform within it
        }
        if self.shelves.weighted[self.platform_id] {
            for (listing, &rest) in listings[..count].iter_mut().zip(&rests) {
                let (threshold, alias) = self.shelves.aliases[*listing as usize];
                // many go either way: a branch would be guessed wrong
                *listing = std::hint::select_unpredictable(rest < threshold, *listing, alias);
            }
        }
        count
    }

    /// What is sought takes the last places of the candidates, unless it is among them.
    #[cold]
    fn recall_sought(&self, listings: &mut [u32]) {
        let mut last = listings.len();
        for &sought in self.sought.iter().filter(|l| **l != NO_LISTING) {
            if last > 0 && !listings.contains(&sought) {
                last -= 1;
                listings[last] = sought;
            }
        }
    }

    /// What is sought comes first on the page.
    #[cold]
    fn show_first(&self, listings: &[u32], score: &mut [f32]) {
        for (score, _) in score.iter_mut().zip(listings).filter(|(_, l)| self.sought.contains(l)) {
            *score += FIRST;
        }
    }

    /// Fills the page with winners at their positions and ranked offers between them; slots that nobody wins are ranked offers too.
    #[inline(always)]
    fn lay_out(&self, wanted: usize, slots: &[u8], awards: &[Award], count: usize, page: &mut Page) {
        let Candidates { listings, true_match, estimate, keys, .. } = &mut page.candidates;
        let padded = count.next_multiple_of(LANES);
        let mut taken = Taken::<{ AD_SLOTS + SHOWN }>::none();
        for award in awards {
            keys[award.place as usize] = OUT;
            taken.add(award.listing);
        }
        let (listings, keys) = (&listings[..padded], &keys[..padded]);
        (page.len, page.sold) = (0, awards.len());
        let (mut next, mut last) = (0, i32::MAX);
        while page.len < wanted {
            let is_slot = next < awards.len() && page.len >= slots[next] as usize;
            let best = if is_slot { OUT } else { taken.next_best(keys, listings, last) };
            let (j, cost_per_click) = if best != OUT {
                let j = place(best);
                last = best;
                if self.platform.distinct {
                    taken.add(listings[j]);
                }
                (j, 0)
            } else if next < awards.len() {
                next += 1;
                (awards[next - 1].place as usize, awards[next - 1].cost)
            } else {
                break;
            };
            page.shown[page.len] = Shown { listing: listings[j], estimate: estimate[j], true_match: true_match[j], cost_per_click };
            page.len += 1;
        }
    }
}

/// estimate = rho x true match + sqrt(1 - rho^2) x noise, the noise drawn by the key and the listing.
#[inline(always)]
fn blur(accuracy: f32, key: u64, listings: &[u32], true_match: &[f32], estimate: &mut [f32]) {
    let key = [key as u32, (key >> 32) as u32];
    let error = sqrt_f32((1.0 - accuracy * accuracy).max(0.0));
    for ((estimate, &m), &listing) in estimate.iter_mut().zip(true_match).zip(listings) {
        *estimate = accuracy * m + error * noise(mix_lane(key, listing));
    }
}

impl Page {
    pub(crate) fn empty() -> Page {
        let candidates = Candidates {
            listings: [0; RECALLED],
            quality: [0.0; RECALLED],
            price_term: [0.0; RECALLED],
            products: [0; RECALLED],
            true_match: [0.0; RECALLED],
            estimate: [0.0; RECALLED],
            score: [0.0; RECALLED],
            keys: [OUT; RECALLED],
            entries: Entries::empty(),
        };
        let nothing = Shown { listing: 0, estimate: 0.0, true_match: 0.0, cost_per_click: 0 };
        Page { shown: [nothing; SHOWN], len: 0, sold: 0, candidates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_zero_and_variance_one() {
        let draws: Vec<f32> = (0..100_000).map(|i| noise(mix_lane([12345, 678], i))).collect();
        let mean = draws.iter().sum::<f32>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.013 && (variance - 1.0).abs() < 0.015, "mean {mean}, variance {variance}");
    }
}
