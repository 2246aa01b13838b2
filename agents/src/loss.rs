//! Loss attribution: each lost sale and each departed shopper gets exactly one cause.
//!
//! A sale is lost where a visit ends without a choice on that platform, and where a chosen line is not sold after all: refused for
//! stock, dropped with its subsidy, given up at the check-out. Guarantees that causes add up to lost sales, asserted each tick in
//! release builds. Nothing here draws, and nothing here moves a choice: merchants whose service tool acts on the counts do.

mod attribution;
mod departure;
mod medians;
mod table;
mod yardstick;

pub use medians::{Median, TERMS};
pub use table::{departures, departures_nowhere, lost_sales};
pub use yardstick::Yardstick;

pub(crate) use attribution::Ended;
pub(crate) use departure::{cause_of_departure, lines_under_way, place_of_departure};
pub(crate) use medians::{first_medians, follow};

use crate::market::Bazaar;
use crate::metric::{Listings, Mechanism, Metric, Totals};
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use std::ops::Range;

/// Why a sale or a shopper was lost. The order is that in which ties are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// Dearer than it would have to be.
    Price,
    /// Too little on the shelf, or no longer on it.
    Assortment,
    /// It does not suit.
    Match,
    /// Service of the platform.
    Service,
    /// The promise of delivery.
    Delivery,
    /// Quality of the goods.
    Quality,
    /// Tired of promotions.
    Fatigue,
    /// A discount elsewhere.
    RivalDeal,
    /// Sold out.
    StockOut,
    /// Nothing that could be changed.
    NoNeed,
}

impl Cause {
    /// How many.
    pub const COUNT: usize = 10;
    /// All in order.
    pub const ALL: [Cause; Cause::COUNT] = [
        Cause::Price,
        Cause::Assortment,
        Cause::Match,
        Cause::Service,
        Cause::Delivery,
        Cause::Quality,
        Cause::Fatigue,
        Cause::RivalDeal,
        Cause::StockOut,
        Cause::NoNeed,
    ];

    /// Name as in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Price => "price",
            Cause::Assortment => "assortment",
            Cause::Match => "match",
            Cause::Service => "service",
            Cause::Delivery => "delivery",
            Cause::Quality => "quality",
            Cause::Fatigue => "fatigue",
            Cause::RivalDeal => "rival-deal",
            Cause::StockOut => "stock-out",
            Cause::NoNeed => "no-need",
        }
    }

    /// Counter of sales lost to it.
    #[must_use]
    pub fn sales(self) -> Metric {
        Metric::ALL[Metric::LostPrice as usize + self as usize]
    }

    /// Counter of shoppers who departed because of it.
    #[must_use]
    pub fn departures(self) -> Metric {
        Metric::ALL[Metric::DepartedPrice as usize + self as usize]
    }
}

/// A lost sale of a tick: the listing that came closest, and why it was not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) listing: u32,
    pub(crate) cause: Cause,
}

/// Counts a lost sale of a platform and segment.
pub(crate) fn count(platform: usize, segment: usize, cause: Cause, totals: &mut Totals) {
    totals.add_to(platform, segment, Metric::LostSales, 1);
    totals.add_to(platform, segment, cause.sales(), 1);
    totals.fired(Mechanism::LossAttribution, 1, 0);
}

/// Adds a lost sale to the tally of its listing.
pub(crate) fn tally(loss: Loss, listings: &mut Listings) {
    listings.losses[loss.listing as usize * Cause::COUNT + loss.cause as usize] += 1;
}

/// Adds the tallies of a tick to the sums of the week; returns a wrapping sum of the hashes of what hosted merchants lost.
pub(crate) fn close_day(tick: u32, owned: &Range<u32>, market: &Bazaar, tallies: &Listings, week: &mut [u32]) -> u64 {
    if tallies.losses.is_empty() {
        return 0;
    }
    if market.begins_week(tick) {
        week.fill(0);
    }
    let mut hash = 0u64;
    for (at, (&lost, sum)) in tallies.losses.iter().zip(week).enumerate().filter(|(_, (lost, _))| **lost > 0) {
        if owned.contains(&market.catalog.listings[at / Cause::COUNT].merchant) {
            *sum += lost;
            hash = hash.wrapping_add(hash_of(1 << 41 | at as u64, &lost.to_le_bytes()));
        }
    }
    hash
}

/// The largest of the gains of the causes, the first of equals; nothing where none reaches `least`.
fn largest(gains: &[(Cause, f32)], least: f32) -> Option<Cause> {
    let mut found = (f32::NEG_INFINITY, Cause::NoNeed);
    for &(cause, gain) in gains {
        found = std::hint::select_unpredictable(gain > found.0, (gain, cause), found);
    }
    (found.0 >= least).then_some(found.1)
}

/// Checks that causes add up to what was lost. Panics on a difference: a bug.
pub(crate) fn audit(platforms: usize, totals: &Totals) {
    for p in 0..platforms {
        let of = |metric| totals.sum(p, metric);
        let lost = of(Metric::LostSales);
        let causes: i64 = Cause::ALL.iter().map(|cause| of(cause.sales())).sum();
        assert_eq!(causes, lost, "causes of lost sales of platform {p}");
        let unsold = of(Metric::Stockouts) + of(Metric::Dropped) + of(Metric::AbandonedLines);
        assert_eq!(of(Metric::Visits) - of(Metric::Chosen) + unsold, lost, "lost sales of platform {p}");
        let departed: i64 = Cause::ALL.iter().map(|cause| of(cause.departures())).sum();
        assert_eq!(departed, of(Metric::Churned), "causes of departures of platform {p}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_counters() {
        for (i, cause) in Cause::ALL.iter().enumerate() {
            assert_eq!(*cause as usize, i);
            assert_eq!(cause.sales() as usize, Metric::LostPrice as usize + i);
            assert!(cause.sales().name().ends_with(cause.name()), "{}", cause.sales().name());
            assert!(cause.departures().name().ends_with(cause.name()), "{}", cause.departures().name());
        }
    }

    #[test]
    fn the_first_of_equal_causes_wins_and_small_gains_count_for_nothing() {
        let gains = [(Cause::Price, 0.02), (Cause::Match, 0.05), (Cause::Quality, 0.05)];
        assert_eq!(largest(&gains, 0.01), Some(Cause::Match));
        assert_eq!(largest(&gains, 0.06), None);
    }
}
