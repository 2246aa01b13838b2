//! Rows of the `churn` table: lost sales of a week by listing and cause, departures of a block by platform and cause.

use super::Cause;
use crate::market::Bazaar;
use crate::merchant::Merchants;
use crate::metric::Totals;
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

/// Rows of the departures of a tick, by platform and cause.
#[must_use]
pub fn departures(market: &Bazaar, tick: u32, totals: &Totals) -> Vec<ChurnRow> {
    let platforms = market.catalog.platforms.iter().enumerate();
    let all = platforms.flat_map(|(p, platform)| Cause::ALL.map(|cause| (platform, cause, totals.sum(p, cause.departures()))));
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
