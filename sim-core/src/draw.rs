//! Keyed random draws: a draw is addressed by what it is about, never by when it is taken.
//!
//! Guarantees that equal keys give equal words on every thread, worker and retry, and that two arms of an experiment share
//! their draws. No generator is stored or passed between agents.

use crate::philox::philox4x64;
use rand::TryRng;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What a draw decides. The numbers are part of the determinism contract: never renumber, only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// How many missions a shopper sets out on in a tick.
    Visit = 1,
    /// Category, platform, comparison, examination and choice of a mission.
    Mission = 2,
    /// Keys of what a mission draws many times: candidates, clicks, questions, contacts; by (shopper, tick, mission).
    MissionKeys = 3,
    /// Error of a platform's estimate of a match, by (shopper, listing, week).
    MatchNoise = 4,
    /// What follows an order: cancellation, delivery, return, contact.
    After = 5,
    /// Who holds a coupon in a week.
    Coupon = 6,
    /// Priority of a claim on a scarce resource.
    Priority = 7,
    /// Word of mouth: whether, to whom.
    WordOfMouth = 8,
    /// Static draws of a shopper.
    Shopper = 9,
    /// Static draws of a merchant.
    Merchant = 10,
    /// Static draws of a product.
    Product = 11,
    /// Static draws of a listing.
    Listing = 12,
    /// Long-range links of the social graph.
    Graph = 13,
    /// Which shoppers are sampled for event tables.
    Sample = 14,
    /// Seeds of replications.
    Replication = 15,
    /// Representative values of a segment's visit rate.
    VisitRate = 16,
    /// Whether a listing takes part in a promotion.
    Participation = 18,
    /// Price levels of categories.
    PriceLevel = 19,
    /// Needs that are put off, taken up again, or bought ahead, by (shopper, tick, mission).
    Anticipation = 30,
    /// Who joins a platform's members at a purchase, and on which day of the year a membership ends.
    Membership = 31,
    /// Which way of spending an adaptive platform takes after a review.
    Strategy = 60,
    /// Which listings an experiment of `calibrate` treats in a tick.
    Probe = 64,
    /// Trial prices and relenting of a price policy, by (listing, tick).
    Reprice = 40,
    /// Entry, exit and choice of platforms, by (merchant, tick).
    Presence = 41,
    /// Whether a line that was kept in a cart is still wanted at the price of the check-out.
    Cart = 70,
    /// Day on which the balance of a presale is paid.
    PresaleDay = 71,
    /// Whether a shopper asks for the refund of a protected price.
    Protection = 72,
    /// Which merchants adopt whole-site promotion in a night.
    AdTool = 82,
    /// Which items whole-site promotion tries, by (listing, tick).
    AdPick = 83,
    /// Contacts of a mission with content, and what looking at offers leaves, by (shopper, tick, mission).
    Content = 90,
    /// Which shoppers the brand impressions of a merchant group reach, by (shopper, week, group).
    BrandReach = 91,
    /// Whom a mission looks for by name.
    BrandSearch = 92,
    /// Error of an allocator's estimate of a channel, by (group, eight weeks, channel); the fraction of the clicks that search money pays,
    /// by (merchant and platform, tick).
    Allocation = 93,
    /// Whether an assistant is asked for a mission, and what it restocks, by (shopper, tick, mission).
    Assistant = 100,
    /// Who takes up an assistant, gives it up, or tells a neighbour of it, by (block of shoppers, tick, assistant).
    Adoption = 101,
    /// Skills of merchants' service, and who takes up a service tool, by merchant.
    ServiceDesk = 103,
}

/// The seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed(pub u64);

impl Seed {
    /// The words of one key: `purpose`, an agent and two more coordinates (usually tick and index).
    #[inline(always)]
    #[must_use]
    pub fn words(self, purpose: Purpose, agent: u64, tick: u64, index: u64) -> Words {
        Words(philox4x64([self.0, purpose as u64], [index, tick, agent, 0]))
    }

    /// The seed of replication `replication` of an experiment; replication 0 has the seed of the file.
    #[must_use]
    pub fn replication(self, replication: u32) -> Seed {
        if replication == 0 {
            return self;
        }
        Seed(self.words(Purpose::Replication, u64::from(replication), 0, 0).0[0])
    }

    /// A generator for `rand_distr` over the words of one key, as many as it needs.
    #[must_use]
    pub fn stream(self, purpose: Purpose, agent: u64, index: u64) -> KeyedStream {
        KeyedStream { seed: self, purpose, agent, index, block: 0, words: [0; 4], used: 4 }
    }
}

/// Eight 32-bit words of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub [u64; 4]);

impl Words {
    /// Word `i` of 8.
    #[inline(always)]
    #[must_use]
    pub fn bits(self, i: usize) -> u32 {
        (self.0[i / 2] >> (32 * (i % 2))) as u32
    }

    /// Uniform in 0 <= u < 1 with 24 bits, from word `i`.
    #[inline(always)]
    #[must_use]
    pub fn uniform(self, i: usize) -> f32 {
        unit_f32(self.bits(i))
    }
}

/// Uniform in 0 <= u < 1 with 24 bits.
#[inline(always)]
#[must_use]
pub fn unit_f32(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Uniform in 0 <= u < 1 with 53 bits.
#[inline]
#[must_use]
pub fn unit_f64(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// Uniform in 0 .. n (bias below n / 2^32).
#[inline(always)]
#[must_use]
pub fn below(bits: u32, n: u32) -> u32 {
    ((u64::from(bits) * u64::from(n)) >> 32) as u32
}

/// Mixes a key from [`Seed::words`] with the number of a thing into 64 bits: a counter-based draw for loops where a whole
/// Philox block for each thing is too slow. Finaliser of SplitMix64 (Steele, Lea, Flood 2014).
#[inline(always)]
#[must_use]
pub fn mix(key: u64, thing: u64) -> u64 {
    let mut z = key ^ thing.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A generator over the words of one key.
#[derive(Clone, Debug)]
pub struct KeyedStream {
    seed: Seed,
    purpose: Purpose,
    agent: u64,
    index: u64,
    block: u64,
    words: [u64; 4],
    used: usize,
}

impl TryRng for KeyedStream {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        if self.used == 4 {
            self.words = self.seed.words(self.purpose, self.agent, self.block, self.index).0;
            self.block += 1;
            self.used = 0;
        }
        self.used += 1;
        Ok(self.words[self.used - 1])
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_stream_reads_the_words_of_its_key_in_order() {
        let seed = Seed(7);
        let mut stream = seed.stream(Purpose::Product, 3, 5);
        let first = seed.words(Purpose::Product, 3, 0, 5).0;
        let second = seed.words(Purpose::Product, 3, 1, 5).0;
        let read: Vec<u64> = (0..8).map(|_| stream.next_u64()).collect();
        assert_eq!(read, [first, second].concat());
    }

    #[test]
    fn replication_zero_keeps_the_seed_and_others_differ() {
        assert_eq!(Seed(9).replication(0), Seed(9));
        let seeds: std::collections::BTreeSet<u64> = (0..1000).map(|r| Seed(9).replication(r).0).collect();
        assert_eq!(seeds.len(), 1000);
    }

    #[test]
    fn draws_are_uniform_enough_for_a_chi_squared_test() {
        let mut counts = [0u32; 64];
        for agent in 0..64_000 {
            counts[below(Seed(1).words(Purpose::Visit, agent, 3, 0).bits(5), 64) as usize] += 1;
        }
        let chi: f64 = counts.iter().map(|&c| f64::from(c) - 1000.0).map(|off| off * off / 1000.0).sum();
        assert!(chi < 103.4, "99.9 % quantile of chi squared with 63 degrees of freedom, found {chi}");
    }
}
