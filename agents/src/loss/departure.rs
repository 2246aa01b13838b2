//! The cause of a departure, and the shop it is booked on: a shopper who bought on a platform in the last activity block and not in
//! this one.
//!
//! Who is active elsewhere is compared with that platform, by the terms of platform choice; who is active nowhere is asked which
//! term of the platform, at the median of the platforms, would most raise the probability of buying there.

use super::attribution::LEAST_RISE;
use super::{Cause, Yardstick, largest};
use crate::catalog::NO_LISTING;
use crate::content::stage::Stage;
use crate::market::Bazaar;
use crate::params::PLATFORMS;
use crate::shard::ShopperShard;
use crate::shopper::{Q10, Q12, Q14, RECENT, Shopper};
use crate::view::View;
use sim_core::math::exp_f32;
use sim_core::tick::Tally;

/// Where a departure is booked: as much as the state of the shopper tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The item that was bought last.
    Item(u32),
    /// A shop, known by its first listing on the platform.
    Shop(u32),
    /// Nobody in particular.
    Nowhere,
}

impl Place {
    /// Counts a departure from a platform.
    pub(crate) fn count(self, platform: usize, cause: Cause, tally: &mut Tally<Bazaar>) {
        match self {
            Place::Item(listing) => tally.listings.depart(listing as usize, 0, cause, 1),
            Place::Shop(listing) => tally.listings.depart(listing as usize, 1, cause, 1),
            Place::Nowhere => tally.totals.unplaced[platform * Cause::COUNT + cause as usize] += 1,
        }
    }
}

/// A listing of each shopper's lines under way (to the shopper, back, or with a protected price), by platform; [`NO_LISTING`] where
/// there is none, the one with the largest number where there are several.
pub(crate) fn lines_under_way(market: &Bazaar, shard: &ShopperShard) -> Vec<[u32; PLATFORMS]> {
    let mut last = vec![[NO_LISTING; PLATFORMS]; shard.state.rows.len()];
    for line in shard.state.open.iter().flatten() {
        let slot = &mut last[line.shopper as usize][market.catalog.listings[line.listing as usize].platform as usize];
        *slot = if *slot == NO_LISTING { line.listing } else { (*slot).max(line.listing) };
    }
    last
}

/// Where a departure from a platform is booked: the item of a line under way; else the strongest merchant in mind from whom the shopper
/// has bought (stage A4 or A5) and who sells there, and its item if a category that the shopper remembers tells which.
pub(crate) fn place_of_departure(market: &Bazaar, row: &Shopper, platform: usize, under_way: u32) -> Place {
    if under_way != NO_LISTING {
        return Place::Item(under_way);
    }
    let catalog = &market.catalog;
    let sold_here = |merchant: u32| {
        let listings = &catalog.merchants[merchant as usize].listings;
        listings.iter().copied().filter(|&l| catalog.listings[l as usize].platform as usize == platform)
    };
    let known = row.evoked_slots().filter(|&(merchant, stage, _)| stage >= Stage::Act as u8 && sold_here(merchant).next().is_some());
    // the first of equals
    let Some((merchant, ..)) = known.reduce(|best, next| if next.2 > best.2 { next } else { best }) else { return Place::Nowhere };
    let remembers = |l: &u32| {
        let category = catalog.listings[*l as usize].category as usize;
        (0..RECENT).any(|place| row.remembered(place).is_some_and(|(c, _)| c == category))
    };
    let mut all = sold_here(merchant);
    let first = all.next().expect("the merchant sells here");
    let mut remembered = sold_here(merchant).filter(remembers);
    match (all.next(), remembered.next(), remembered.next()) {
        (None, ..) => Place::Item(first),
        (Some(_), Some(item), None) => Place::Item(item),
        _ => Place::Shop(first),
    }
}

/// Why a shopper of a segment left platform `left`; `now` are the platforms with orders in this block, as bits.
pub(crate) fn cause_of_departure(market: &Bazaar, view: &View, row: &Shopper, segment: usize, left: usize, now: u8) -> Cause {
    let terms = Terms { market, view, yard: &view.yardstick, row, segment };
    // the platform that now pays most, by what was learned of it; the first of equals
    let other = (0..PLATFORMS).filter(|p| now >> p & 1 == 1).reduce(|a, b| if row.inclusive[b] > row.inclusive[a] { b } else { a });
    match other {
        Some(other) => terms.against(left, other),
        None => terms.against_leaving(left),
    }
}

struct Terms<'a> {
    market: &'a Bazaar,
    view: &'a View,
    yard: &'a Yardstick,
    row: &'a Shopper,
    segment: usize,
}

impl Terms<'_> {
    fn sensitivity(&self) -> f32 {
        f32::from(self.row.sensitivity) * (1.0 / Q12) / self.market.params(self.view).choice.mu
    }

    fn against(&self, left: usize, other: usize) -> Cause {
        let params = self.market.params(self.view);
        let (choice, kind, yard, row) = (&params.choice, &params.segments[self.segment], self.yard, self.row);
        let gap = |of: &[f32; PLATFORMS]| choice.inclusive_value * (of[other] - of[left]);
        let satisfaction = |p: usize| choice.satisfaction * f32::from(row.satisfaction[p]) * (1.0 / Q14);
        let deal = |p: usize| choice.deal * kind.deal_proneness * self.view.deals[p][self.segment] * row.credit(p);
        let tired = |p: usize| {
            choice.fatigue * kind.fatigue_sensitivity * f32::from(row.fatigue[p]) * (1.0 / Q12) * self.view.deals[p][self.segment]
        };
        let gaps = [
            (Cause::Price, self.sensitivity() * gap(&yard.cheapness.of)),
            (Cause::Assortment, gap(&yard.assortment.of)),
            (Cause::Match, gap(&yard.matching.of)),
            (Cause::Service, gap(&yard.service.of) + satisfaction(other) - satisfaction(left)),
            (Cause::Delivery, gap(&yard.delivery.of)),
            (Cause::Quality, gap(&yard.quality.of)),
            (Cause::Fatigue, tired(left) - tired(other)),
            (Cause::RivalDeal, deal(other) - deal(left)),
        ];
        largest(&gaps, f32::MIN_POSITIVE).unwrap_or(Cause::NoNeed)
    }

    fn against_leaving(&self, left: usize) -> Cause {
        let params = self.market.params(self.view);
        let (choice, kind, yard, row) = (&params.choice, &params.segments[self.segment], self.yard, self.row);
        let value = f32::from(row.inclusive[left]) * (1.0 / Q10);
        let stays = |value: f32| 1.0 - exp_f32(-value.clamp(0.0, 30.0));
        let rise = |gain: f32| stays(value + gain) - stays(value);
        let tired = choice.outside_fatigue * kind.fatigue_sensitivity * row.total_fatigue();
        let gains = [
            (Cause::Price, rise(self.sensitivity() * (yard.cheapness.median - yard.cheapness.of[left]))),
            (Cause::Assortment, rise(yard.assortment.median - yard.assortment.of[left])),
            (Cause::Match, rise(yard.matching.median - yard.matching.of[left])),
            (Cause::Service, rise(yard.service.median - yard.service.of[left])),
            (Cause::Delivery, rise(yard.delivery.median - yard.delivery.of[left])),
            (Cause::Quality, rise(yard.quality.median - yard.quality.of[left])),
            (Cause::Fatigue, rise(tired)),
        ];
        largest(&gains, LEAST_RISE).unwrap_or(Cause::NoNeed)
    }
}
