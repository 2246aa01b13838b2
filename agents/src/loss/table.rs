//! Rows of the `churn` table: lost sales of a week by listing and cause, departures of a block by platform and cause.

use super::Cause;
use crate::market::Bazaar;
use crate::metric::Totals;
use sim_core::rows::ChurnRow;
use sim_core::tick::World;

/// Rows of the week so far and of the departures that `totals` holds; nothing where losses are not attributed.
#[must_use]
pub fn churn_rows(market: &Bazaar, tick: u32, world: &World<Bazaar>, totals: &Totals) -> Vec<ChurnRow> {
    let catalog = &market.catalog;
    let mut rows = Vec::new();
    for (at, &lost) in world.merchants.week_losses.iter().enumerate().filter(|(_, lost)| **lost > 0) {
        let (id, cause) = (at / Cause::COUNT, Cause::ALL[at % Cause::COUNT]);
        let listing = &catalog.listings[id];
        rows.push(ChurnRow {
            tick,
            platform: catalog.platforms[listing.platform as usize].clone(),
            category: catalog.categories[listing.category as usize].clone(),
            merchant: i64::from(listing.merchant),
            listing: id as i64,
            cause: cause.name().into(),
            lost_sales: i64::from(lost),
            departed: 0,
        });
    }
    for (p, platform) in catalog.platforms.iter().enumerate() {
        for cause in Cause::ALL {
            let departed = totals.sum(p, cause.departures());
            if departed > 0 {
                let (platform, category) = (platform.clone(), "".into());
                rows.push(ChurnRow {
                    tick,
                    platform,
                    category,
                    merchant: -1,
                    listing: -1,
                    cause: cause.name().into(),
                    lost_sales: 0,
                    departed,
                });
            }
        }
    }
    rows
}
