//! Merchants: what they own, and their night: stock, prices, fixed cost.

use crate::catalog::{Catalog, NO_LISTING};
use crate::market::Bazaar;
use crate::metric::{Listings, Metric, Totals};
use crate::policy::StockPolicy;
use crate::pricing::{self, Shop};
use crate::stock;
use crate::view::View;
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use sim_core::ledger::Account;
use sim_core::money::Money;

/// Weight of a tick in the mean of sales: a memory of two weeks.
const SALES_GAIN: f32 = 1.0 / 14.0;
/// Ticks of a weekly row.
pub const WEEK_TICKS: u32 = 7;
/// Weight of a tick in recent sales: a memory of three days.
const RECENT_GAIN: f32 = 1.0 / 3.0;

/// A changed list price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quote {
    /// Listing.
    pub listing: u32,
    /// New list price, money units.
    pub price: u32,
}

/// What a merchant knows of a listing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListingState {
    /// Pieces; -1 is unlimited.
    pub stock: i64,
    /// Deliveries under way: (tick, pieces).
    pub on_order: Vec<(u32, i64)>,
    /// Mean orders a tick.
    pub mean_sales: f32,
    /// Recent orders a tick.
    pub recent_sales: f32,
    /// Sums of the week so far: orders, GMV, refunds, cash, stockouts.
    pub week: [i64; 5],
}

/// The merchants hosted by a process, with all listings by id (those of other merchants stay as they were).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Merchants {
    /// Hosted merchants.
    pub owned: std::ops::Range<u32>,
    /// By listing.
    pub listings: Vec<ListingState>,
    /// Cash by merchant since the start, money units.
    pub cash: Vec<i64>,
}

impl Merchants {
    /// All merchants at the start.
    #[must_use]
    pub fn new(catalog: &Catalog, expected_sales: &[f32]) -> Merchants {
        let listings = catalog
            .listings
            .iter()
            .zip(expected_sales)
            .map(|(listing, &sales)| {
                let group = &catalog.groups[catalog.merchants[listing.merchant as usize].group as usize];
                ListingState {
                    stock: stock::first(&group.stock, sales),
                    on_order: Vec::new(),
                    mean_sales: sales,
                    recent_sales: sales,
                    week: [0; 5],
                }
            })
            .collect();
        Merchants { owned: 0..catalog.merchants.len() as u32, listings, cash: vec![0; catalog.merchants.len()] }
    }
}

/// The night of all hosted merchants: new quotes, and what is added to the totals.
pub(crate) fn adapt(
    market: &Bazaar,
    tick: u32,
    view: &View,
    merchants: &mut Merchants,
    tallies: &Listings,
    totals: &Totals,
) -> (Vec<Quote>, Totals) {
    let params = market.params(view);
    let mut added = market.empty_totals();
    let mut quotes = Vec::new();
    let night = pricing::Night::new(market, params, view, totals, tick);
    for id in merchants.owned.clone() {
        let merchant = &market.catalog.merchants[id as usize];
        let group = &market.catalog.groups[merchant.group as usize];
        for &listing in &merchant.listings {
            let at = listing as usize;
            let state = &mut merchants.listings[at];
            if tick.is_multiple_of(WEEK_TICKS) {
                state.week = [0; 5];
            }
            sold(state, tallies, at);
            merchants.cash[id as usize] += tallies.cash[at];
            if stock::replenish(&group.stock, tick, state, tallies.orders[at]) {
                added.fired(crate::metric::Mechanism::Restock, 1, 0);
            }
            let shop = Shop {
                listing: &market.catalog.listings[at],
                id: listing,
                state,
                orders: tallies.orders[at],
                first_party: market.catalog.is_first_party(&market.catalog.listings[at]),
            };
            let old = view.state.prices[at];
            let price = pricing::reprice(&group.pricing, &night, &shop, old);
            if pricing::revises(&group.pricing, tick, listing) {
                added.fired(pricing::mechanism(&group.pricing), 1, i64::from(price.abs_diff(old)));
            }
            if price != old {
                quotes.push(Quote { listing, price });
            }
            added.listings = added.listings.wrapping_add(hash(tallies, at, state, price));
        }
        pay_fixed_cost(market, merchants, id, &mut added);
    }
    (quotes, added)
}

fn sold(state: &mut ListingState, tallies: &Listings, at: usize) {
    let orders = tallies.orders[at];
    state.mean_sales += (orders as f32 - state.mean_sales) * SALES_GAIN;
    state.recent_sales += (orders as f32 - state.recent_sales) * RECENT_GAIN;
    let sums = [orders, tallies.gmv[at], tallies.refunds[at], tallies.cash[at], tallies.stockouts[at]];
    for (week, sum) in state.week.iter_mut().zip(sums) {
        *week += sum;
    }
}

/// A merchant's fixed cost is borne by its platforms' books in proportion to its listings there.
fn pay_fixed_cost(market: &Bazaar, merchants: &mut Merchants, id: u32, added: &mut Totals) {
    let merchant = &market.catalog.merchants[id as usize];
    let cost = market.catalog.groups[merchant.group as usize].fixed_cost;
    if cost == 0 {
        return;
    }
    merchants.cash[id as usize] -= cost;
    let all = merchant.listings.len() as i64;
    let (mut seen, mut paid) = (0, 0);
    // listings are sorted by platform
    for here in
        merchant.listings.chunk_by(|&a, &b| market.catalog.listings[a as usize].platform == market.catalog.listings[b as usize].platform)
    {
        let listing = &market.catalog.listings[here[0] as usize];
        seen += here.len() as i64;
        let part = cost * seen / all - paid;
        paid += part;
        let platform = listing.platform as usize;
        let owner = if market.catalog.is_first_party(listing) { Metric::FirstPartyCash } else { Metric::ThirdPartyCash };
        added.ledger.transfer(platform, Account::Merchant, Account::External, Money(part));
        added.add_to(platform, 0, Metric::MerchantFixed, part);
        added.add_to(platform, 0, Metric::MerchantCash, -part);
        added.add_to(platform, 0, owner, -part);
    }
}

fn hash(tallies: &Listings, at: usize, state: &ListingState, price: u32) -> u64 {
    let on_order: i64 = state.on_order.iter().map(|(_, pieces)| pieces).sum();
    let numbers = [
        tallies.orders[at],
        tallies.gmv[at],
        tallies.cash[at],
        tallies.refunds[at],
        tallies.stockouts[at],
        state.stock,
        on_order,
        i64::from(price),
    ];
    let mut bytes = [0u8; 64];
    for (slot, number) in bytes.chunks_mut(8).zip(numbers) {
        slot.copy_from_slice(&number.to_le_bytes());
    }
    hash_of(at as u64, &bytes)
}

/// Whether any listing can be sold out.
#[must_use]
pub fn has_finite_stock(catalog: &Catalog) -> bool {
    catalog.groups.iter().any(|g| g.stock != StockPolicy::Unlimited)
}

/// Comparable listings of other merchants: the nearest unit cost in the category, on any platform, other products.
///
/// `by_cost` holds the listings of the category sorted by (unit cost, id); `place` is the listing's place in it.
#[must_use]
pub fn rivals(catalog: &[crate::catalog::Listing], by_cost: &[u32], place: usize) -> [u32; crate::catalog::RIVALS] {
    let own = catalog[by_cost[place] as usize].merchant;
    let mut found = [NO_LISTING; crate::catalog::RIVALS];
    let mut count = 0;
    for step in 1..by_cost.len() {
        for at in [place.checked_sub(step), place.checked_add(step)].into_iter().flatten() {
            if let Some(&other) = by_cost.get(at)
                && catalog[other as usize].merchant != own
                && count < found.len()
            {
                found[count] = other;
                count += 1;
            }
        }
        if count == found.len() || step > 64 {
            break;
        }
    }
    found
}
