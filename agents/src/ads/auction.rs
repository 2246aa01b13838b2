//! The auction of a page: who gets the paid slots, and what a click costs. Integers throughout.
//!
//! Candidates are ranked by score = bid x quality, ties (scores within 8 ppm) by place on the page. A merchant enters its best candidate
//! alone, as platforms show one ad of a shop on a page: its other listings neither take a slot nor set its price. Guarantees reserve <=
//! price <= bid, a price in whole money units (rounded up), and at most one slot for a merchant.

use super::bid::Bid;
use crate::params::{AD_SLOTS, Auction, RECALLED};
use crate::ranking::{LANES, OUT, Taken, key, next_best, place};
use crate::view::Offer;

/// Quality of a certain click, ppm.
pub const CERTAIN: u32 = 1_000_000;
/// A slot that is won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Award {
    /// Place of the winner among the candidates.
    pub place: u32,
    /// Listing.
    pub listing: u32,
    /// Price of a click, money units.
    pub cost: u32,
}

/// The slots of a page, best first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Awards {
    won: [Award; AD_SLOTS],
    len: u8,
}

impl Awards {
    /// The slots that are won, in order.
    #[inline(always)]
    #[must_use]
    pub fn as_slice(&self) -> &[Award] {
        &self.won[..self.len as usize]
    }
}

/// What an auction sells, and how.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Pricing rule.
    pub auction: Auction,
    /// Least price of a click, money units, at least 1.
    pub reserve: u32,
    /// Probability that each slot is examined, ppm, not increasing; as many as there are slots, at most [`AD_SLOTS`].
    pub examined_ppm: &'a [u32],
}

/// Who takes part: columns by place. A listing may stand at several places.
#[derive(Clone, Copy, Debug)]
pub struct Bidders<'a> {
    /// Places that are taken; what the columns hold beyond does not matter.
    pub count: usize,
    /// Listings.
    pub listings: &'a [u32; RECALLED],
    /// What is known of a listing, in the order of listings: here, whose it is.
    pub offers: &'a [Offer],
    /// Bids for a click, money units, at most [`Bid::LARGEST`]; 0 does not take part.
    pub bids: &'a [u32; RECALLED],
    /// Predicted click-through rates after squashing, ppm, 1 to [`CERTAIN`].
    pub quality: &'a [u32; RECALLED],
}

/// The best bidders, each of another merchant: one more than there are slots, because the first loser sets a price.
struct Board {
    places: [u8; AD_SLOTS + 1],
    /// bid x quality: expected payment for an impression in millionths of a money unit; 0 behind the last bidder.
    scores: [u64; AD_SLOTS + 2],
    len: usize,
}

/// Sells the slots of a page to `awards`, in place of what they held. `keys` is scratch, whatever it holds.
///
/// # Panics
/// If there are more slots or candidates than there may be.
#[inline(always)]
pub fn sell(bidders: Bidders, rules: &Rules, keys: &mut [i32; RECALLED], awards: &mut Awards) {
    let Bidders { count, listings, bids, quality, .. } = bidders;
    let slots = rules.examined_ppm.len();
    assert!(slots <= AD_SLOTS && count <= RECALLED, "{slots} paid slots, {count} candidates");
    let board = Board::of(bidders, slots, rules.reserve.max(1), keys);
    awards.len = 0;
    for k in 0..board.len.min(slots) {
        let place = board.places[k] as usize;
        awards.won[k] = Award { place: place as u32, listing: listings[place], cost: board.cost(k, bids[place], quality[place], rules) };
        awards.len += 1;
    }
}

impl Board {
    /// The best of each merchant: the largest key below the last, as often as needed.
    #[inline(always)]
    fn of(bidders: Bidders, slots: usize, reserve: u32, keys: &mut [i32; RECALLED]) -> Board {
        let Bidders { count, listings, offers, bids, quality } = bidders;
        for (place, (slot, (&bid, &quality))) in keys[..count].iter_mut().zip(bids.iter().zip(quality)).enumerate() {
            let key = key(bid as i32 as f32 * quality as i32 as f32, place);
            // by a mask: as a branch, it would go either way and keep the loop out of vectors
            let stays = -i32::from(bid >= reserve);
            *slot = key & stays | OUT & !stays;
        }
        let padded = count.next_multiple_of(LANES);
        keys[count..padded].fill(OUT);
        let mut board = Board { places: [0; AD_SLOTS + 1], scores: [0; AD_SLOTS + 2], len: 0 };
        let (mut taken, mut last) = (Taken::<{ AD_SLOTS + 1 }>::none(), i32::MAX);
        while board.len <= slots {
            last = next_best(&keys[..padded], last);
            if last == OUT {
                break;
            }
            let place = place(last);
            // only of the best: a column of merchants would be filled for all
            let merchant = offers[listings[place] as usize].merchant;
            if taken.has(merchant) {
                continue;
            }
            board.places[board.len] = place as u8;
            board.scores[board.len] = u64::from(bids[place]) * u64::from(quality[place]);
            board.len += 1;
            taken.add(merchant);
        }
        board
    }

    #[inline(always)]
    fn cost(&self, k: usize, bid: u32, quality: u32, rules: &Rules) -> u32 {
        let cost = match rules.auction {
            Auction::FirstPrice => bid,
            Auction::Gsp => least_bid(self.scores[k + 1], quality),
            Auction::Vcg => self.externality(k, quality, rules),
        };
        cost.max(rules.reserve).min(bid)
    }

    /// Payment for a click in slot `k` that makes the true value the best bid (Myerson 1981): for each slot from k down, the rise
    /// of attention over the next slot at the least bid that wins it; without reserve, what the lower bidders lose. Rises of attention
    /// add up to at most a million and a score is at most the largest bid times a million, so that 64 bits hold the sum.
    fn externality(&self, k: usize, quality: u32, rules: &Rules) -> u32 {
        const _: () = assert!((Bid::LARGEST as u64).checked_mul(CERTAIN as u64 * CERTAIN as u64).is_some());
        let weights = rules.examined_ppm;
        let quality = u64::from(quality);
        let floor = u64::from(rules.reserve) * quality;
        let next = |j: usize| weights.get(j + 1).map_or(0, |&w| w);
        let sum: u64 = (k..weights.len()).map(|j| u64::from(weights[j] - next(j)) * self.scores[j + 1].max(floor)).sum();
        let share = u64::from(weights[k].max(1)) * quality;
        u32::try_from(sum.div_ceil(share)).unwrap_or(u32::MAX)
    }
}

/// The least bid with which a quality reaches a score.
#[inline(always)]
fn least_bid(score: u64, quality: u32) -> u32 {
    u32::try_from(score.div_ceil(u64::from(quality.max(1)))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: Offer = Offer { listed: true, ..Offer::BLANK };
    const WEIGHTS: [u32; 4] = [1_000_000, 700_000, 400_000, 100_000];

    #[derive(Clone, Copy, Debug)]
    struct Entrant {
        listing: u32,
        merchant: u32,
        bid: u32,
        quality: u32,
    }

    impl Entrant {
        fn score(&self) -> u64 {
            u64::from(self.bid) * u64::from(self.quality)
        }
    }

    /// A few merchants, most with several listings.
    fn entrants() -> impl Strategy<Value = Vec<Entrant>> {
        prop::collection::vec((0u32..5, 1u32..500, 1u32..=CERTAIN), 1..16).prop_map(|bids| {
            let entrant = |(i, (merchant, bid, quality))| Entrant { listing: i as u32, merchant, bid, quality };
            bids.into_iter().enumerate().map(entrant).collect()
        })
    }

    /// A listing of each merchant.
    fn strangers() -> impl Strategy<Value = Vec<Entrant>> {
        entrants().prop_map(|all| all.into_iter().map(|e| Entrant { merchant: e.listing, ..e }).collect())
    }

    fn rules(auction: Auction, reserve: u32, slots: usize) -> Rules<'static> {
        Rules { auction, reserve, examined_ppm: &WEIGHTS[..slots] }
    }

    fn hold(entrants: &[Entrant], rules: &Rules) -> Awards {
        let column = |of: fn(&Entrant) -> u32| std::array::from_fn(|place| entrants.get(place).map_or(0, of));
        let (listings, bids, quality) = (column(|e| e.listing), column(|e| e.bid), column(|e| e.quality));
        let mut offers = vec![OFFER; RECALLED];
        entrants.iter().for_each(|e| offers[e.listing as usize].merchant = e.merchant);
        let bidders = Bidders { count: entrants.len(), listings: &listings, offers: &offers, bids: &bids, quality: &quality };
        let mut awards = Awards::default();
        sell(bidders, rules, &mut [0; RECALLED], &mut awards);
        awards
    }

    /// The best of each merchant above the reserve, best first, by a sort.
    fn ranked(entrants: &[Entrant], reserve: u32) -> Vec<Entrant> {
        let mut all: Vec<Entrant> = entrants.iter().copied().filter(|e| e.bid >= reserve).collect();
        all.sort_by_key(|e| std::cmp::Reverse(key(e.bid as f32 * e.quality as f32, e.listing as usize)));
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|e| seen.insert(e.merchant));
        all
    }

    /// Without the other listings of a merchant.
    fn alone(entrants: &[Entrant], winner: Entrant) -> Vec<Entrant> {
        entrants.iter().copied().filter(|e| e.merchant != winner.merchant || e.listing == winner.listing).collect()
    }

    /// The smallest bid of a merchant that still wins slot `k`, found by trying them all.
    fn least_that_keeps(entrants: &[Entrant], winner: Entrant, k: usize, rules: &Rules) -> u32 {
        let wins = |bid: u32| {
            let others = alone(entrants, winner).into_iter().map(|e| if e.listing == winner.listing { Entrant { bid, ..e } } else { e });
            let after = ranked(&others.collect::<Vec<_>>(), rules.reserve);
            after.iter().take(k + 1).any(|e| e.listing == winner.listing)
        };
        (rules.reserve..=winner.bid).find(|&bid| wins(bid)).expect("its own bid wins")
    }

    /// Utility of a merchant per page in millionths, over all its listings: value (that of `worth`) less cost, weighted by attention and
    /// quality.
    fn utility(bids: &[Entrant], merchant: u32, worth: &[Entrant], rules: &Rules) -> i128 {
        let won = |(award, &weight): (&Award, &u32)| {
            let mine = &worth[award.listing as usize];
            let gain = i128::from(mine.bid) - i128::from(award.cost);
            if mine.merchant == merchant { i128::from(weight) * i128::from(mine.quality) * gain } else { 0 }
        };
        hold(bids, rules).as_slice().iter().zip(rules.examined_ppm).map(won).sum()
    }

    proptest! {
        #[test]
        fn slots_go_to_the_highest_scores_and_prices_stay_between_reserve_and_bid(
            entrants in entrants(), reserve in 1u32..200, slots in 1usize..=4,
        ) {
            for auction in [Auction::Gsp, Auction::Vcg, Auction::FirstPrice] {
                let rules = rules(auction, reserve, slots);
                let awards = hold(&entrants, &rules);
                let expected: Vec<u32> = ranked(&entrants, reserve).iter().take(slots).map(|e| e.listing).collect();
                let found: Vec<u32> = awards.as_slice().iter().map(|a| a.listing).collect();
                prop_assert_eq!(found, expected);
                for award in awards.as_slice() {
                    prop_assert!((reserve..=entrants[award.listing as usize].bid).contains(&award.cost), "{:?}", award);
                }
            }
        }

        #[test]
        fn gsp_charges_the_least_bid_that_keeps_the_slot(entrants in entrants(), reserve in 1u32..100, slots in 1usize..=4) {
            let rules = rules(Auction::Gsp, reserve, slots);
            let order = ranked(&entrants, reserve);
            for (k, award) in hold(&entrants, &rules).as_slice().iter().enumerate() {
                let least = least_that_keeps(&entrants, order[k], k, &rules);
                // scores within 8 ppm are a tie, which goes to the lower listing: it keeps the slot at a unit less than equals the rival,
                // the higher one at a unit more
                prop_assert!(award.cost.abs_diff(least) <= 1, "{} against {least}", award.cost);
            }
        }

        #[test]
        fn vcg_pays_no_bidder_to_misstate_its_value(
            worth in strangers(), reserve in 1u32..100, slots in 1usize..=4, lie in 1u32..500,
        ) {
            let rules = rules(Auction::Vcg, reserve, slots);
            let mut bids = worth.clone();
            bids[0].bid = lie;
            let [honest, other] = [&worth, &bids].map(|bids| utility(bids, worth[0].merchant, &worth, &rules));
            // prices are rounded up to the unit: that much is lost at most
            let unit = 1_000_000 * i128::from(worth[0].quality);
            prop_assert!(other <= honest + unit, "bidding {lie} at a value of {}: {other} against {honest}", worth[0].bid);
        }

        #[test]
        fn vcg_pays_no_merchant_to_misstate_the_values_of_its_listings(
            worth in entrants(), slots in 1usize..=4, lies in prop::collection::vec(0u32..500, 16),
        ) {
            // a reserve per click asks more of a listing that is clicked more often: without one, but for the unit
            let rules = rules(Auction::Vcg, 1, slots);
            let merchant = worth[0].merchant;
            let lied = worth.iter().zip(&lies).map(|(e, &lie)| if e.merchant == merchant { Entrant { bid: lie, ..*e } } else { *e });
            let bids: Vec<Entrant> = lied.collect();
            let [honest, other] = [&worth, &bids].map(|bids| utility(bids, merchant, &worth, &rules));
            let two_units = 2 * 1_000_000 * i128::from(CERTAIN);
            prop_assert!(other <= honest + two_units, "{other} against {honest}");
        }

        #[test]
        fn a_merchant_never_sets_its_own_price(entrants in entrants(), reserve in 1u32..100, slots in 1usize..=4) {
            for auction in [Auction::Gsp, Auction::Vcg, Auction::FirstPrice] {
                let rules = rules(auction, reserve, slots);
                let awards = hold(&entrants, &rules);
                for award in awards.as_slice() {
                    let rest = alone(&entrants, entrants[award.listing as usize]);
                    let without = hold(&rest, &rules);
                    let again = without.as_slice().iter().find(|a| a.listing == award.listing).map(|a| a.cost);
                    prop_assert_eq!(again, Some(award.cost), "{:?} costs {} with the merchant's other listings", auction, award.cost);
                }
            }
        }

        #[test]
        fn vcg_without_reserve_charges_what_the_others_lose(entrants in entrants(), slots in 1usize..=4) {
            let rules = rules(Auction::Vcg, 1, slots);
            let welfare = |without: Option<u32>, but: u32| -> u128 {
                let left: Vec<Entrant> = entrants.iter().copied().filter(|e| Some(e.merchant) != without).collect();
                ranked(&left, 1).iter().zip(rules.examined_ppm)
                    .filter(|(e, _)| e.merchant != but)
                    .map(|(e, &w)| u128::from(e.score()) * u128::from(w)).sum()
            };
            for (award, &weight) in hold(&entrants, &rules).as_slice().iter().zip(rules.examined_ppm) {
                let winner = entrants[award.listing as usize];
                let lost = welfare(Some(winner.merchant), winner.merchant) - welfare(None, winner.merchant);
                let exact = lost as f64 / f64::from(weight) / f64::from(winner.quality);
                // the reserve of one unit stands in for missing bidders
                let cost = f64::from(award.cost);
                prop_assert!(cost + 1e-9 >= exact.min(f64::from(winner.bid)) && cost <= exact + 2.0, "{cost} for {exact}");
            }
        }

        #[test]
        fn a_click_costs_least_under_vcg_and_most_under_first_price(entrants in entrants(), slots in 1usize..=4) {
            let cost = |auction| hold(&entrants, &rules(auction, 1, slots));
            let (vcg, gsp, first) = (cost(Auction::Vcg), cost(Auction::Gsp), cost(Auction::FirstPrice));
            for ((v, g), f) in vcg.as_slice().iter().zip(gsp.as_slice()).zip(first.as_slice()) {
                prop_assert!(v.cost <= g.cost && g.cost <= f.cost, "{v:?} {g:?} {f:?}");
            }
        }
    }

    #[test]
    fn a_repeated_listing_takes_one_slot() {
        let entrant = Entrant { listing: 7, merchant: 1, bid: 50, quality: CERTAIN };
        let rival = Entrant { listing: 8, merchant: 2, bid: 20, quality: CERTAIN };
        let awards = hold(&[entrant, rival, entrant], &rules(Auction::Gsp, 1, 3));
        assert_eq!(awards.as_slice().iter().map(|a| (a.listing, a.cost)).collect::<Vec<_>>(), [(7, 20), (8, 1)]);
    }

    #[test]
    fn who_advertises_alone_pays_the_reserve_however_many_its_listings() {
        let shop: Vec<Entrant> =
            (0..40).map(|listing| Entrant { listing, merchant: 3, bid: 300, quality: CERTAIN - 1000 * listing }).collect();
        for auction in [Auction::Gsp, Auction::Vcg] {
            let awards = hold(&shop, &rules(auction, 10, 4));
            assert_eq!(awards.as_slice().iter().map(|a| (a.listing, a.cost)).collect::<Vec<_>>(), [(0, 10)], "{auction:?}");
        }
    }

    #[test]
    fn a_better_match_pays_less_for_the_same_slot() {
        let entrant = |listing, quality| Entrant { listing, merchant: listing, bid: 100, quality };
        let bids = |quality| [entrant(0, quality), entrant(1, 200_000)];
        let cost = |quality| hold(&bids(quality), &rules(Auction::Gsp, 1, 1)).as_slice()[0].cost;
        assert_eq!((cost(200_000), cost(400_000), cost(800_000)), (100, 50, 25));
    }
}
