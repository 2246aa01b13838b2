//! Rows of the `churn` table: lost sales of a week by listing and cause, departures of a block by listing, shop or platform and cause.

use super::Cause;
use crate::market::Bazaar;
use crate::merchant::Merchants;
use crate::metric::{DEPARTED, Totals};
use sim_core::rows::ChurnRow;

/// Rows of the lost sales of the week so far of hosted merchants, by listing; nothing where losses are not attributed.
#[must_use]
pub fn lost_sales(market: &Bazaar, tick: u32, merchants: &Merchants) -> Vec<ChurnRow> {
    let catalog = &market.catalog;
    let lost = merchants.week_losses.iter().enumerate().filter(|(_, lost)| **lost > 0);
    // a restart, or shards that are placed again, leave behind what is known of merchants that are hosted elsewhere
    let hosted = lost.filter(|(at, _)| market.owns(merchants, at / Cause::COUNT));
    hosted
        .map(|(at, &lost)| (at, lost, &catalog.listings[at / Cause::COUNT]))
        .map(|(at, lost, listing)| ChurnRow {
            tick,
            platform: catalog.platforms[listing.platform as usize].clone(),
            category: catalog.categories[listing.category as usize].clone(),
            merchant: i64::from(listing.merchant),
            listing: (at / Cause::COUNT) as i64,
            cause: Cause::ALL[at % Cause::COUNT].name().into(),
            lost_sales: i64::from(lost),
            departed: 0,
        })
        .collect()
}

/// Rows of the departures of a tick that are booked on hosted merchants: by listing and cause where the item is known, then by
/// merchant and cause where only the shop is.
#[must_use]
pub fn departures(market: &Bazaar, tick: u32, merchants: &Merchants) -> Vec<ChurnRow> {
    let row = |at: usize, is_item: bool, cause: usize, departed: u32| {
        let listing = &market.catalog.listings[at];
        ChurnRow {
            tick,
            platform: market.catalog.platforms[listing.platform as usize].clone(),
            category: if is_item { market.catalog.categories[listing.category as usize].clone() } else { "".into() },
            merchant: i64::from(listing.merchant),
            listing: if is_item { at as i64 } else { -1 },
            cause: Cause::ALL[cause].name().into(),
            lost_sales: 0,
            departed: i64::from(departed),
        }
    };
    let (mut items, mut shops) = (Vec::new(), Vec::new());
    let counts = merchants.departed.chunks_exact(DEPARTED).enumerate().filter(|(at, _)| market.owns(merchants, *at));
    for (at, counts) in counts {
        for (k, &departed) in counts.iter().enumerate().filter(|(_, departed)| **departed > 0) {
            let is_item = k < Cause::COUNT;
            if is_item { &mut items } else { &mut shops }.push(row(at, is_item, k % Cause::COUNT, departed));
        }
    }
    shops.sort_by_key(|row| row.merchant);
    items.extend(shops);
    items
}

/// Rows of the departures of a tick that cannot be booked on a shop, by platform and cause.
#[must_use]
pub fn departures_nowhere(market: &Bazaar, tick: u32, totals: &Totals) -> Vec<ChurnRow> {
    let platforms = market.catalog.platforms.iter().zip(totals.unplaced.chunks_exact(Cause::COUNT));
    let all = platforms.flat_map(|(platform, counts)| Cause::ALL.into_iter().zip(counts).map(move |(cause, n)| (platform, cause, *n)));
    all.filter(|(_, _, departed)| *departed > 0)
        .map(|(platform, cause, departed)| ChurnRow {
            tick,
            platform: platform.clone(),
            category: "".into(),
            merchant: -1,
            listing: -1,
            cause: cause.name().into(),
            lost_sales: 0,
            departed,
        })
        .collect()
}
