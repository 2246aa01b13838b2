//! Discounts on a line: which rules apply, in which order, and who pays.
//!
//! Guarantees that a price never falls below half of what it was before a rule, that shares are rounded down to the money
//! unit, and that list price = paid + platform parts + merchant parts. Rules on listings (instant discount, gap-to-lowest)
//! stack first, then rules on shoppers (threshold discount, coupon), each class in the order of the scenario.

use crate::catalog::{Catalog, Listing, NO_LISTING};
use crate::order::RulePart;
use crate::params::{Instrument, PlatformParams, Promotion};
use crate::platform::RuleState;
use crate::view::Offer;
use sim_core::draw::{Purpose, Seed};
use sim_core::money::{Money, PPM};

/// Most promotions of a platform.
pub const RULES: usize = 8;
/// Stands for the price of a listing that nobody sells now.
pub const UNLISTED: u32 = u32::MAX;
/// Takes part in every rule that it is invited to.
pub const JOINS_ALL: u16 = u16::MAX;
/// Ticks for which a coupon is held: everybody draws anew in each week.
pub const COUPON_TICKS: u32 = 7;

impl Promotion {
    /// Whether the rule is the same for all shoppers, so that it is part of the price on the shelf.
    #[must_use]
    pub fn on_listing(&self) -> bool {
        matches!(self.instrument, Instrument::InstantDiscount { .. } | Instrument::GapToLowest { .. })
    }

    /// Whether the platform invites the listing: the rule's share of listings, keyed.
    #[inline]
    pub(crate) fn invites(&self, listing: &Listing) -> bool {
        self.categories[listing.category as usize] && listing.participation < self.participation
    }

    /// Whether the listing is invited and its merchant joins; `joins` holds the merchant's decisions as bits by rule.
    #[inline]
    fn covers(&self, index: usize, listing: &Listing, joins: u16) -> bool {
        joins >> index & 1 == 1 && self.invites(listing)
    }

    /// Discount on a running price, money units.
    pub(crate) fn discount(&self, price: i64, depth_ppm: u32, lowest: Option<i64>) -> i64 {
        let deep = |ppm: u32| (u64::from(ppm) * u64::from(depth_ppm) / PPM).min(PPM) as u32;
        let raw = match self.instrument {
            Instrument::Coupon { discount_ppm, .. } | Instrument::InstantDiscount { discount_ppm } => {
                Money(price).share(deep(discount_ppm)).0
            }
            Instrument::GapToLowest { share_ppm, below_ppm } => lowest.map_or(0, |lowest| {
                let target = lowest - Money(lowest).share(deep(below_ppm)).0;
                Money((price - target).max(0)).share(deep(share_ppm)).0
            }),
            Instrument::ThresholdDiscount { threshold, discount } => Money(price / threshold * discount).share(depth_ppm).0,
        };
        raw.min(self.cap).min(price / 2)
    }
}

/// What decides about the rules of a page or a line, beside the listing.
#[derive(Clone, Copy)]
pub struct Offerings<'a> {
    /// Rules of the platform.
    pub rules: &'a [Promotion],
    /// Their state in this tick.
    pub states: &'a [RuleState],
    /// Segment of the shopper.
    pub segment: usize,
    /// Coupons that the shopper holds, by rule.
    pub held: u8,
    /// Rules that the merchant of the listing joins, by rule.
    pub joins: u16,
}

impl Offerings<'_> {
    /// The same for a listing whose merchant joins these rules.
    #[inline]
    #[must_use]
    pub fn joined(self, joins: u16) -> Self {
        Offerings { joins, ..self }
    }
}

/// Coupons that a shopper holds this week, as bits by rule.
#[must_use]
pub fn coupons_held(seed: Seed, shopper: u64, tick: u32, platform: usize, rules: &[Promotion]) -> u8 {
    let mut held = 0;
    for (i, rule) in rules.iter().enumerate() {
        if let Instrument::Coupon { reach, .. } = rule.instrument {
            let words = seed.words(Purpose::Coupon, shopper, u64::from(tick / COUPON_TICKS), platform as u64);
            held |= u8::from(words.uniform(i % 8) < reach) << i;
        }
    }
    held
}

/// Lowest list price of the same product on the other platforms that sell it now.
#[must_use]
pub fn lowest_elsewhere(listing: &Listing, prices: &[u32]) -> Option<i64> {
    let asked = listing.twins.iter().filter(|&&t| t != NO_LISTING).map(|&t| prices[t as usize]);
    asked.filter(|&price| price != UNLISTED).min().map(i64::from)
}

/// Price on the shelf: list price after the rules that are the same for all shoppers and that the merchant joins.
#[must_use]
pub fn shelf_price(listing: &Listing, prices: &[u32], list_price: u32, rules: &[Promotion], states: &[RuleState], joins: u16) -> u32 {
    let mut price = i64::from(list_price);
    for (i, (rule, state)) in rules.iter().zip(states).enumerate() {
        if rule.on_listing() && state.open && rule.covers(i, listing, joins) {
            price -= rule.discount(price, state.depth_ppm, lowest_elsewhere(listing, prices));
        }
    }
    price as u32
}

/// Price for one shopper: the shelf price after threshold discounts and coupons.
#[inline]
#[must_use]
pub fn effective_price(offerings: Offerings, listing: &Listing, shelf: u32) -> u32 {
    let mut price = i64::from(shelf);
    for (i, (rule, state)) in offerings.rules.iter().zip(offerings.states).enumerate() {
        if !rule.on_listing() && state.open && applies(rule, i, &offerings) && rule.covers(i, listing, offerings.joins) {
            price -= rule.discount(price, state.depth_ppm, None);
        }
    }
    price as u32
}

fn applies(rule: &Promotion, index: usize, offerings: &Offerings) -> bool {
    rule.segments[offerings.segment] && (!matches!(rule.instrument, Instrument::Coupon { .. }) || offerings.held >> index & 1 == 1)
}

/// The parts of all rules on a line, appended to `parts`; returns what the shopper pays.
pub fn rule_parts(offerings: Offerings, listing: &Listing, prices: &[u32], list_price: u32, parts: &mut Vec<RulePart>) -> u32 {
    let mut price = i64::from(list_price);
    let indexed = || offerings.rules.iter().zip(offerings.states).enumerate();
    for on_listing in [true, false] {
        for (i, (rule, state)) in indexed().filter(|(_, (rule, _))| rule.on_listing() == on_listing) {
            if !state.open || !rule.covers(i, listing, offerings.joins) || !(on_listing || applies(rule, i, &offerings)) {
                continue;
            }
            let lowest = if on_listing { lowest_elsewhere(listing, prices) } else { None };
            let discount = rule.discount(price, state.depth_ppm, lowest);
            if discount > 0 {
                let platform = Money(discount).share(rule.platform_ppm).0;
                parts.push(RulePart { rule: i as u8, platform: platform as u32, merchant: (discount - platform) as u32 });
                price -= discount;
            }
        }
    }
    price as u32
}

/// Mean share of the price that a platform's promotions take off, weighted by popularity: what it can advertise.
#[must_use]
pub fn advertised_deal(
    catalog: &Catalog,
    platform: usize,
    params: &PlatformParams,
    states: &[RuleState],
    prices: &[u32],
    offers: &[Offer],
) -> f32 {
    if params.promotions.is_empty() || states.iter().all(|s| !s.open || s.depth_ppm == 0) {
        return 0.0;
    }
    let categories = catalog.categories.len();
    let (mut off, mut all) = (0.0f64, 0.0f64);
    for cell in &catalog.cells[platform * categories..(platform + 1) * categories] {
        for id in cell.start as usize..cell.end as usize {
            let listing = &catalog.listings[id];
            if prices[id] == UNLISTED {
                continue;
            }
            let weight = f64::from(listing.popularity);
            let list = f64::from(prices[id]);
            let shelf = offers[id].shelf;
            let indexed = params.promotions.iter().zip(states).enumerate();
            let expected = indexed.filter(|(i, (r, s))| s.open && !r.on_listing() && r.covers(*i, listing, offers[id].joins));
            let extra: f64 = expected
                .map(|(_, (rule, state))| {
                    let reach = if let Instrument::Coupon { reach, .. } = rule.instrument { f64::from(reach) } else { 1.0 };
                    reach * rule.discount(i64::from(shelf), state.depth_ppm, None) as f64
                })
                .sum();
            off += weight * (list - f64::from(shelf) + extra) / list;
            all += weight;
        }
    }
    (off / all.max(1e-9)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RIVALS;
    use crate::params::SEGMENTS;
    use proptest::prelude::*;

    fn listing() -> Listing {
        Listing {
            merchant: 0,
            platform: 0,
            category: 0,
            live: false,
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

    fn rule(instrument: Instrument, platform_ppm: u32) -> Promotion {
        Promotion {
            instrument,
            platform_ppm,
            categories: vec![true],
            segments: [true; SEGMENTS],
            participation: 1.0,
            cap: i64::MAX,
            budget_per_tick: None,
            window: (0, 9),
            clawback: true,
        }
    }

    const OPEN: RuleState = RuleState { depth_ppm: 1_000_000, available: i64::MAX, open: true };

    #[test]
    fn rules_stack_listing_first_and_each_has_its_funder() {
        let rules = [
            rule(Instrument::Coupon { discount_ppm: 100_000, reach: 1.0 }, 1_000_000),
            rule(Instrument::InstantDiscount { discount_ppm: 200_000 }, 250_000),
            rule(Instrument::GapToLowest { share_ppm: 1_000_000, below_ppm: 0 }, 1_000_000),
            rule(Instrument::ThresholdDiscount { threshold: 300, discount: 50 }, 1_000_000),
        ];
        let offerings = Offerings { rules: &rules, states: &[OPEN; 4], segment: 0, held: 1, joins: JOINS_ALL };
        let mut parts = Vec::new();
        // 1000 -200 (instant) = 800, lowest elsewhere 700 -> -100, coupon 10 % of 700 = 70 -> 630, 2 full thresholds -> -100
        let paid = rule_parts(offerings, &listing(), &[1000, 700], 1000, &mut parts);
        assert_eq!(paid, 530);
        let found: Vec<_> = parts.iter().map(|p| (p.rule, p.platform, p.merchant)).collect();
        assert_eq!(found, [(1, 50, 150), (2, 100, 0), (0, 70, 0), (3, 100, 0)]);
        assert_eq!(shelf_price(&listing(), &[1000, 700], 1000, &rules, &[OPEN; 4], JOINS_ALL), 700);
        assert_eq!(effective_price(offerings, &listing(), 700), 530);
    }

    #[test]
    fn a_rule_that_is_closed_or_not_for_the_listing_gives_nothing() {
        let mut rules = [rule(Instrument::InstantDiscount { discount_ppm: 200_000 }, 1_000_000)];
        let closed = RuleState { open: false, ..OPEN };
        assert_eq!(shelf_price(&listing(), &[1000, 700], 1000, &rules, &[closed], JOINS_ALL), 1000);
        rules[0].participation = 0.2;
        assert_eq!(shelf_price(&listing(), &[1000, 700], 1000, &rules, &[OPEN], JOINS_ALL), 1000);
        rules[0].participation = 1.0;
        rules[0].cap = 30;
        assert_eq!(shelf_price(&listing(), &[1000, 700], 1000, &rules, &[OPEN], JOINS_ALL), 970);
    }

    #[test]
    fn a_merchant_who_does_not_join_gives_nothing_and_a_twin_that_is_not_sold_undercuts_nobody() {
        let rules = [
            rule(Instrument::InstantDiscount { discount_ppm: 200_000 }, 1_000_000),
            rule(Instrument::GapToLowest { share_ppm: 1_000_000, below_ppm: 0 }, 1_000_000),
        ];
        let shelf = |prices: [u32; 2], joins| shelf_price(&listing(), &prices, 1000, &rules, &[OPEN; 2], joins);
        assert_eq!([0b00, 0b01, 0b10, 0b11].map(|joins| shelf([1000, 700], joins)), [1000, 800, 700, 700]);
        assert_eq!(shelf([1000, UNLISTED], 0b10), 1000);
        let coupon = [rule(Instrument::Coupon { discount_ppm: 100_000, reach: 1.0 }, 0)];
        let offerings = |joins| Offerings { rules: &coupon, states: &[OPEN], segment: 0, held: 1, joins };
        assert_eq!([0, 1].map(|joins| effective_price(offerings(joins), &listing(), 1000)), [1000, 900]);
    }

    proptest! {
        #[test]
        fn every_fen_of_a_discount_has_a_funder(
            price in 1u32..2_000_000, other in 1u32..2_000_000, depths in prop::array::uniform4(0u32..3_000_000),
            shares in prop::array::uniform4(0u32..=1_000_000), held in 0u8..16
        ) {
            let rules = [
                rule(Instrument::InstantDiscount { discount_ppm: 333_333 }, shares[0]),
                rule(Instrument::GapToLowest { share_ppm: 700_000, below_ppm: 20_000 }, shares[1]),
                rule(Instrument::ThresholdDiscount { threshold: 30_000, discount: 5_000 }, shares[2]),
                rule(Instrument::Coupon { discount_ppm: 77_777, reach: 0.5 }, shares[3]),
            ];
            let states = depths.map(|depth_ppm| RuleState { depth_ppm, ..OPEN });
            let offerings = Offerings { rules: &rules, states: &states, segment: 0, held, joins: JOINS_ALL };
            let mut parts = Vec::new();
            let paid = rule_parts(offerings, &listing(), &[price, other], price, &mut parts);
            let given: u32 = parts.iter().map(|p| p.platform + p.merchant).sum();
            prop_assert_eq!(paid + given, price);
            prop_assert!(u64::from(paid) * 16 + 16 >= u64::from(price), "four rules leave at least a sixteenth");
            let shelf = shelf_price(&listing(), &[price, other], price, &rules, &states, JOINS_ALL);
            prop_assert_eq!(effective_price(offerings, &listing(), shelf), paid);
        }
    }
}
