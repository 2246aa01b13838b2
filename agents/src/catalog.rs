//! What never changes in a run: listings, cells, merchants, names.
//!
//! Listings of one (platform, category) cell are consecutive, so that recall draws a place in a range.

use crate::params::{GroupParams, TASTE};
use std::ops::Range;
use std::sync::Arc;

/// No listing.
pub const NO_LISTING: u32 = u32::MAX;
/// Rivals that a merchant watches for a listing.
pub const RIVALS: usize = 4;

/// A product on a platform.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Merchant that sells it.
    pub merchant: u32,
    /// Platform index.
    pub platform: u8,
    /// Category index.
    pub category: u16,
    /// Sold in live streams.
    pub live: bool,
    /// Sold by a merchant that its platform owns; on other platforms such a merchant is a third party.
    pub first_party: bool,
    /// Trait vector of the product.
    pub traits: [i8; TASTE],
    /// Quality of the product, 0 to 1.
    pub quality: f32,
    /// Unit cost of a line, money units.
    pub unit_cost: u32,
    /// List price at tick 0.
    pub first_price: u32,
    /// Weight of recall.
    pub popularity: f32,
    /// The same product on the other platforms.
    pub twins: [u32; 3],
    /// Comparable listings of other merchants (same category, nearest unit cost).
    pub rivals: [u32; RIVALS],
    /// Keyed uniform that decides on invitations to promotions.
    pub participation: f32,
    /// Whether the merchant sells here when it starts; otherwise it may come to.
    pub home: bool,
}

/// A merchant.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Index of its group.
    pub group: u16,
    /// Its listings.
    pub listings: Vec<u32>,
    /// Platform that owns it, if first party.
    pub first_party_of: Option<u8>,
    /// Whether it waits outside the market at the start.
    pub dormant: bool,
}

/// Everything static about supply.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Platform names.
    pub platforms: Vec<Arc<str>>,
    /// Category names.
    pub categories: Vec<Arc<str>>,
    /// Segment names.
    pub segments: Vec<Arc<str>>,
    /// Merchant groups.
    pub groups: Vec<GroupParams>,
    /// Merchants by id.
    pub merchants: Vec<Merchant>,
    /// Listings by id.
    pub listings: Vec<Listing>,
    /// `cells[platform * categories + category]`: the listings of the cell.
    pub cells: Vec<Range<u32>>,
}

impl Catalog {
    /// Whether a listing is sold at the start.
    #[must_use]
    pub fn listed_at_start(&self, listing: &Listing) -> bool {
        listing.home && !self.merchants[listing.merchant as usize].dormant
    }

    /// The listings of a cell.
    #[inline]
    #[must_use]
    pub fn cell(&self, platform: usize, category: usize) -> Range<u32> {
        self.cells[platform * self.categories.len() + category].clone()
    }

    /// Alias tables of all cells (Walker 1977, Vose 1991): a place in the cell and a threshold decide in constant time. The
    /// table of a cell without weight recalls anything; nobody asks it.
    #[must_use]
    pub fn alias_tables(&self, weight: impl Fn(usize) -> f64) -> Vec<(u32, u32)> {
        let mut tables = vec![(u32::MAX, 0); self.listings.len()];
        for cell in &self.cells {
            let members = cell.start as usize..cell.end as usize;
            let weights: Vec<f64> = members.clone().map(&weight).collect();
            if weights.iter().all(|w| *w == 0.0) {
                continue;
            }
            for (slot, (threshold, alias)) in tables[members].iter_mut().zip(alias_table(&weights)) {
                *slot = (threshold, cell.start + alias);
            }
        }
        tables
    }
}

fn alias_table(weights: &[f64]) -> Vec<(u32, u32)> {
    let total: f64 = weights.iter().sum();
    let n = weights.len();
    let mut scaled: Vec<f64> = weights.iter().map(|w| w / total * n as f64).collect();
    let mut table: Vec<(u32, u32)> = (0..n as u32).map(|i| (u32::MAX, i)).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| scaled[i] < 1.0);
    while let (Some(s), Some(&l)) = (small.pop(), large.last()) {
        table[s] = ((scaled[s] * 4_294_967_295.0) as u32, l as u32);
        scaled[l] -= 1.0 - scaled[s];
        if scaled[l] < 1.0 {
            large.pop();
            small.push(l);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_table_has_the_given_weights() {
        let weights = [5.0, 1.0, 0.5, 3.0, 0.01];
        let mut mass = [0.0; 5];
        for (i, (threshold, alias)) in alias_table(&weights).into_iter().enumerate() {
            let keep = f64::from(threshold) / f64::from(u32::MAX);
            mass[i] += keep / 5.0;
            mass[alias as usize] += (1.0 - keep) / 5.0;
        }
        for (m, w) in mass.iter().zip(weights) {
            assert!((m - w / 9.51).abs() < 1e-6, "{mass:?}");
        }
    }

    #[test]
    fn what_has_no_weight_is_never_drawn() {
        for (i, (threshold, alias)) in alias_table(&[0.0, 2.0, 0.0, 1.0, 0.0]).into_iter().enumerate() {
            assert!(i % 2 == 1 || threshold == 0, "place {i} keeps {threshold}");
            assert_eq!(alias % 2, 1, "place {i} falls to {alias}");
        }
    }
}
