//! Promotions as the market shows them: who holds which coupon, the price on the shelf, what a platform can advertise.
//!
//! Rules on listings come first and are the same for all shoppers; what one shopper pays is decided in [`crate::stacking`].

use crate::catalog::{Catalog, Listing, NO_LISTING};
use crate::instrument::{Audience, Instrument, Promotion, RULES, Stacking, Stage};
use crate::params::PlatformParams;
use crate::platform::RuleState;
use crate::view::Offer;
use sim_core::draw::{Purpose, Seed};
use std::collections::VecDeque;

/// Stands for the price of a listing that nobody sells now.
pub const UNLISTED: u32 = u32::MAX;
/// Takes part in every rule that it is invited to.
pub const JOINS_ALL: u16 = u16::MAX;
/// Ticks for which a coupon is held: everybody draws anew in each week.
pub const COUPON_TICKS: u32 = 7;
/// Words of a block of coupon draws.
const BLOCK: usize = 8;

/// List prices of what is sold in this tick, and those of the ticks before.
#[derive(Clone, Copy)]
pub struct Quotes<'a> {
    /// By listing, money units; [`UNLISTED`] where it is not sold.
    pub prices: &'a [u32],
    /// Earlier ticks, latest first.
    pub earlier: &'a VecDeque<Vec<u32>>,
}

impl Quotes<'_> {
    /// Prices `lag` ticks ago, or the oldest that are known.
    fn ago(&self, lag: u32) -> &[u32] {
        match lag as usize {
            0 => self.prices,
            lag => self.earlier.get(lag - 1).or(self.earlier.back()).map_or(self.prices, Vec::as_slice),
        }
    }

    /// Lowest list price of the same product on other platforms, as a rule sees it.
    #[must_use]
    pub fn lowest_elsewhere(&self, rule: &Promotion, listing: &Listing) -> Option<i64> {
        let Instrument::GapToLowest { lag, .. } = rule.instrument else { return None };
        let prices = self.ago(lag);
        let sold = listing.twins.iter().filter(|&&t| t != NO_LISTING && self.prices[t as usize] != UNLISTED);
        sold.map(|&t| i64::from(prices[t as usize])).min()
    }
}

/// Rules that a listing is invited to, as bits by rule.
#[must_use]
pub fn invited(listing: &Listing, rules: &[Promotion]) -> u16 {
    let inviting = rules.iter().enumerate().filter(|(_, rule)| rule.invites(listing));
    inviting.fold(0, |bits, (r, _)| bits | 1 << r)
}

/// Which of the `coupons` (bits by rule) a shopper holds this week.
#[must_use]
pub fn coupons_held(seed: Seed, shopper: u64, tick: u32, platform: usize, rules: &[Promotion], coupons: u16) -> u16 {
    let mut held = 0;
    for block in 0..rules.len().div_ceil(BLOCK) {
        let wanted = coupons >> (block * BLOCK) & 0xff;
        if wanted == 0 {
            continue;
        }
        let words = seed.words(Purpose::Coupon, shopper, u64::from(tick / COUPON_TICKS), (platform + block * 16) as u64);
        for (i, rule) in rules[block * BLOCK..].iter().take(BLOCK).enumerate() {
            if let Instrument::Coupon { reach, .. } = rule.instrument {
                held |= u16::from(words.uniform(i) < reach) << (block * BLOCK + i);
            }
        }
    }
    held & coupons
}

/// Price on the shelf: list price after the rules that are the same for all shoppers, in stacking order. `note` hears of each
/// discount: rule, money units.
pub fn shelf_price(
    listing: &Listing,
    joins: u16,
    quotes: Quotes,
    list_price: u32,
    platform: (&[Promotion], &Stacking),
    states: &[RuleState],
    mut note: impl FnMut(u8, i64),
) -> u32 {
    let (rules, stacking) = platform;
    let mut price = i64::from(list_price);
    for &r in &stacking.shelf {
        let (rule, state) = (&rules[r as usize], &states[r as usize]);
        if state.open && joins >> r & 1 == 1 {
            let lowest = quotes.lowest_elsewhere(rule, listing);
            let discount = rule.discount(price, i64::from(list_price), state.depth_ppm, lowest);
            if discount > 0 {
                note(r, discount);
                price -= discount;
            }
        }
    }
    price as u32
}

/// Mean share of the price that a platform's promotions take off, weighted by popularity: what it can advertise. Coupons count
/// by their reach, thresholds of a cart by their share of the threshold, of rules that exclude each other the largest. To
/// `Audience::All` it advertises what everybody of the segment gets; to another audience what this one gets beyond it. Without a
/// segment, only rules for all segments count.
#[expect(clippy::too_many_arguments, reason = "two calls, in the night")]
#[must_use]
pub fn advertised_deal(
    catalog: &Catalog,
    platform: usize,
    params: &PlatformParams,
    states: &[RuleState],
    quotes: Quotes,
    offers: &[Offer],
    carts: bool,
    (audience, segment): (Audience, Option<usize>),
) -> f32 {
    if params.promotions.is_empty() || states.iter().all(|s| !s.open || s.depth_ppm == 0) {
        return 0.0;
    }
    let categories = catalog.categories.len();
    let indexed = params.promotions.iter().zip(states).enumerate();
    let stacked = params.stacking.line_bits | params.stacking.checkout_bits;
    let addressed = |rule: &Promotion| rule.audience == audience && segment.map_or(rule.all_segments, |s| rule.segments[s]);
    let open: Vec<usize> =
        indexed.filter(|(r, (rule, state))| state.open && addressed(rule) && stacked >> r & 1 == 1).map(|(r, _)| r).collect();
    let (mut off, mut all) = (0.0f64, 0.0f64);
    let carried = catalog.cells[platform * categories..(platform + 1) * categories].iter().flat_map(Clone::clone);
    for id in carried.map(|id| id as usize).filter(|&id| quotes.prices[id] != UNLISTED) {
        let (listing, offer) = (&catalog.listings[id], &offers[id]);
        let weight = f64::from(listing.popularity);
        let list = f64::from(quotes.prices[id]);
        let joined = open.iter().filter(|&&r| offer.joins >> r & 1 == 1);
        let expected = |&r: &usize| {
            let (rule, depth) = (&params.promotions[r], states[r].depth_ppm);
            let lowest = quotes.lowest_elsewhere(rule, listing);
            expected_discount(rule, i64::from(offer.shelf), i64::from(quotes.prices[id]), depth, lowest, carts)
        };
        // of an exclusive group the best counts; a rule outside of groups is a group of its own
        let mut extras = [0.0f64; RULES];
        for r in joined {
            let group = params.stacking.exclusive[*r];
            let slot = &mut extras[if group == 0 { *r } else { group.trailing_zeros() as usize }];
            *slot = slot.max(expected(r));
        }
        let extra: f64 = extras.iter().sum();
        let on_shelf = if audience == Audience::All { list - f64::from(offer.shelf) } else { 0.0 };
        off += weight * (on_shelf + extra) / list;
        all += weight;
    }
    (off / all.max(1e-9)) as f32
}

/// What a rule takes off a list price for somebody who uses it, as a merchant reckons, money units.
pub(crate) fn for_user(rule: &Promotion, price: i64, depth_ppm: u32, lowest: Option<i64>, carts: bool) -> i64 {
    match rule.stage() {
        Stage::Shelf | Stage::Line => rule.discount(price, price, depth_ppm, lowest),
        Stage::Checkout => expected_discount(rule, price, price, depth_ppm, lowest, carts) as i64,
        Stage::Aside => rule.deposit(price).1,
    }
}

/// Expected discount of a rule for shoppers on a shelf price.
fn expected_discount(rule: &Promotion, shelf: i64, list_price: i64, depth_ppm: u32, lowest: Option<i64>, carts: bool) -> f64 {
    match rule.instrument {
        Instrument::Coupon { reach, .. } => f64::from(reach) * rule.discount(shelf, list_price, depth_ppm, lowest) as f64,
        Instrument::ThresholdDiscount { threshold, discount } | Instrument::CrossShopDiscount { threshold, discount } => {
            if carts {
                let share = discount as f64 / threshold as f64 * f64::from(depth_ppm) * 1e-6;
                (share * shelf as f64).min(rule.cap as f64).min(shelf as f64 / 2.0)
            } else {
                rule.checkout_discount(shelf, depth_ppm).min(rule.cap) as f64
            }
        }
        _ => rule.discount(shelf, list_price, depth_ppm, lowest) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RIVALS;
    use crate::params::SEGMENTS;

    fn listing() -> Listing {
        Listing {
            merchant: 0,
            platform: 0,
            category: 0,
            live: false,
            first_party: false,
            traits: [0; 8],
            quality: 0.5,
            unit_cost: 10,
            first_price: 100,
            popularity: 1.0,
            twins: [1, NO_LISTING, NO_LISTING],
            rivals: [NO_LISTING; RIVALS],
            participation: 0.3,
            home: true,
        }
    }

    fn rule(instrument: Instrument) -> Promotion {
        Promotion {
            instrument,
            platform_ppm: 1_000_000,
            categories: vec![true],
            segments: [true; SEGMENTS],
            audience: Audience::All,
            all_segments: true,
            participation: 1.0,
            cap: i64::MAX,
            checkout_cap: i64::MAX,
            budget_per_tick: None,
            window: (0, 9),
            clawback: true,
            stacking: 0,
            exclusive: None,
        }
    }

    const OPEN: RuleState = RuleState { depth_ppm: 1_000_000, available: i64::MAX, open: true };

    fn shelf(rules: &[Promotion], states: &[RuleState], prices: [u32; 2], joins: u16) -> u32 {
        let earlier = VecDeque::new();
        let quotes = Quotes { prices: &prices, earlier: &earlier };
        let joins = joins & invited(&listing(), rules);
        shelf_price(&listing(), joins, quotes, 1000, (rules, &Stacking::new(rules)), states, |_, _| {})
    }

    #[test]
    fn a_rule_that_is_closed_or_not_for_the_listing_gives_nothing() {
        let mut rules = [rule(Instrument::InstantDiscount { discount_ppm: 200_000 })];
        let closed = RuleState { open: false, ..OPEN };
        assert_eq!(shelf(&rules, &[closed], [1000, 700], JOINS_ALL), 1000);
        rules[0].participation = 0.2;
        assert_eq!(shelf(&rules, &[OPEN], [1000, 700], JOINS_ALL), 1000);
        rules[0].participation = 1.0;
        rules[0].cap = 30;
        assert_eq!(shelf(&rules, &[OPEN], [1000, 700], JOINS_ALL), 970);
    }

    #[test]
    fn a_merchant_who_does_not_join_gives_nothing_and_a_twin_that_is_not_sold_undercuts_nobody() {
        let gap = Instrument::GapToLowest { share_ppm: 1_000_000, below_ppm: 0, lag: 0, floor_ppm: 0 };
        let rules = [rule(Instrument::InstantDiscount { discount_ppm: 200_000 }), rule(gap)];
        assert_eq!([0b00, 0b01, 0b10, 0b11].map(|joins| shelf(&rules, &[OPEN; 2], [1000, 700], joins)), [1000, 800, 700, 700]);
        assert_eq!(shelf(&rules, &[OPEN; 2], [1000, UNLISTED], 0b10), 1000);
    }

    #[test]
    fn stacking_goes_before_the_order_of_the_file() {
        let gap = Instrument::GapToLowest { share_ppm: 1_000_000, below_ppm: 0, lag: 0, floor_ppm: 0 };
        let mut rules = [rule(Instrument::InstantDiscount { discount_ppm: 200_000 }), rule(gap)];
        rules[0].stacking = 1;
        // to 700 first, then a fifth off
        assert_eq!(shelf(&rules, &[OPEN; 2], [1000, 700], JOINS_ALL), 560);
    }
}
