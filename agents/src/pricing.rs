//! Pricing policies: what a merchant asks tomorrow. Floats live inside one decision and are rounded to the money unit.
//!
//! Sources: cost-plus and target-margin follow retail practice; best response is the Nash-Bertrand condition of multinomial
//! logit (Anderson, de Palma, Thisse 1992); matching takes the lowest rival with a lag.

use crate::catalog::{Listing, NO_LISTING};
use crate::market::Bazaar;
use crate::merchant::ListingState;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{Params, PlatformParams};
use crate::policy::PricingPolicy;
use crate::view::View;
use sim_core::math;

/// Largest factor between a price and the listing's first price, either way.
const BAND: f64 = 5.0;
/// Largest relative step of a best reply in one revision.
const BEST_REPLY_STEP: f64 = 0.2;

/// What all merchants know at night.
pub(crate) struct Night<'a> {
    view: &'a View,
    params: &'a Params,
    tick: u32,
    /// Orders of the tick on all platforms.
    sold: i64,
    listings: i64,
    /// Pages shown by platform and category, estimated from the platform's visits and the category's share.
    cell_visits: Vec<f64>,
    mean_sensitivity: f64,
    categories: usize,
}

/// What a merchant knows of one listing.
pub(crate) struct Shop<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) id: u32,
    pub(crate) state: &'a ListingState,
    pub(crate) orders: i64,
    pub(crate) first_party: bool,
}

impl<'a> Night<'a> {
    pub(crate) fn new(market: &'a Bazaar, params: &'a Params, view: &'a View, totals: &Totals, tick: u32) -> Night<'a> {
        let platforms = params.platforms.len();
        let sold = (0..platforms).map(|p| totals.sum(p, Metric::Shipped)).sum();
        let cell_visits = (0..platforms)
            .flat_map(|p| {
                let visits = totals.sum(p, Metric::Visits) as f64;
                market.category_share.iter().map(move |share| visits * share)
            })
            .collect();
        Night {
            view,
            params,
            tick,
            sold,
            listings: market.catalog.listings.len() as i64,
            cell_visits,
            mean_sensitivity: market.mean_sensitivity / f64::from(params.choice.mu),
            categories: market.category_share.len(),
        }
    }

    fn break_even(&self, shop: &Shop) -> f64 {
        let p = shop.listing.platform as usize;
        let delivery = self.view.state.platforms[p].delivery_cost(&self.params.platforms[p]);
        break_even(&self.params.platforms[p], shop.listing.unit_cost, delivery, shop.first_party)
    }

    fn lowest_rival(&self, shop: &Shop, lag: u32) -> Option<f64> {
        let prices = match lag {
            0 | 1 => &self.view.state.prices,
            _ => self.view.state.earlier.get(lag as usize - 2).or(self.view.state.earlier.back()).unwrap_or(&self.view.state.prices),
        };
        shop.listing.rivals.iter().filter(|&&r| r != NO_LISTING).map(|&r| prices[r as usize]).min().map(f64::from)
    }

    /// Nash-Bertrand reply with logit demand: p - c = 1 / (slope x (1 - own share)).
    fn best_reply(&self, shop: &Shop, old: u32) -> f64 {
        let cell = shop.listing.platform as usize * self.categories + shop.listing.category as usize;
        let share = (f64::from(shop.state.mean_sales) / self.cell_visits[cell].max(1.0)).min(0.9);
        let cost = self.break_even(shop).max(1.0);
        let target = if self.params.choice.log_price {
            let elasticity = (self.mean_sensitivity * (1.0 - share)).max(1.2);
            cost * elasticity / (elasticity - 1.0)
        } else {
            cost + f64::from(self.params.choice.price_scale) / (self.mean_sensitivity * (1.0 - share))
        };
        let old = f64::from(old);
        target.clamp(old * (1.0 - BEST_REPLY_STEP), old * (1.0 + BEST_REPLY_STEP))
    }
}

/// The price at which nothing is left: unit cost and the merchant's part of `delivery` (money units a line), grossed up for
/// commission and payment fee.
#[must_use]
pub fn break_even(platform: &PlatformParams, unit_cost: u32, delivery: i64, first_party: bool) -> f64 {
    let take = if first_party { 0 } else { platform.take_rate_ppm } + platform.payment_fee_ppm;
    let borne = delivery as f64 * (1.0 - f64::from(platform.delivery_platform_ppm) * 1e-6);
    (f64::from(unit_cost) + borne) / (1.0 - f64::from(take) * 1e-6)
}

/// Whether the policy looks at its price in this night.
pub(crate) fn revises(policy: &PricingPolicy, tick: u32, listing: u32) -> bool {
    match *policy {
        PricingPolicy::Fixed => false,
        PricingPolicy::Nudge { .. } => true,
        PricingPolicy::CostPlus { interval, .. }
        | PricingPolicy::Match { interval, .. }
        | PricingPolicy::BestResponse { interval }
        | PricingPolicy::TargetMargin { interval, .. } => (tick + listing).is_multiple_of(interval.max(1)),
    }
}

/// The price after the night.
pub(crate) fn reprice(policy: &PricingPolicy, night: &Night, shop: &Shop, old: u32) -> u32 {
    if !revises(policy, night.tick, shop.id) {
        return old;
    }
    let price = match *policy {
        PricingPolicy::Fixed => return old,
        PricingPolicy::Nudge { step } => return nudge(night, shop, old, step),
        PricingPolicy::CostPlus { markup, .. } => night.break_even(shop) * (1.0 + markup),
        PricingPolicy::Match { lag, floor_margin, .. } => {
            let floor = night.break_even(shop) / (1.0 - floor_margin);
            night.lowest_rival(shop, lag).map_or(f64::from(old), |lowest| lowest.max(floor))
        }
        PricingPolicy::BestResponse { .. } => night.best_reply(shop, old),
        PricingPolicy::TargetMargin { margin, step, .. } => {
            let up = shop.state.recent_sales > shop.state.mean_sales;
            let wish = f64::from(old) * if up { 1.0 + step } else { 1.0 - step };
            wish.max(night.break_even(shop) / (1.0 - margin))
        }
    };
    let first = f64::from(shop.listing.first_price);
    math::round_i64(price.clamp(first / BAND, first * BAND)).clamp(1, i64::from(u32::MAX / 2)) as u32
}

fn nudge(night: &Night, shop: &Shop, old: u32, step: f64) -> u32 {
    let by = ((u64::from(old) * math::round_i64(step * 1e6) as u64 + 500_000) / 1_000_000) as u32;
    if shop.orders * night.listings > night.sold { old.saturating_add(by).min(u32::MAX / 2) } else { (old - by).max(1) }
}

/// The mechanism under which a revision is booked; a fixed price is never revised.
pub(crate) fn mechanism(policy: &PricingPolicy) -> Mechanism {
    match policy {
        PricingPolicy::Fixed | PricingPolicy::CostPlus { .. } => Mechanism::RepriceCostPlus,
        PricingPolicy::Match { .. } => Mechanism::RepriceMatch,
        PricingPolicy::BestResponse { .. } => Mechanism::RepriceBestResponse,
        PricingPolicy::TargetMargin { .. } => Mechanism::RepriceTargetMargin,
        PricingPolicy::Nudge { .. } => Mechanism::RepriceNudge,
    }
}
