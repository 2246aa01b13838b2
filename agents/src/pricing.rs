//! Pricing: what a merchant asks tomorrow. Floats live inside one decision and are rounded to the money unit.
//!
//! Owns when a price is looked at, what a policy sees, and what a change must be worth; each policy has a file of its own.

mod bandit;
mod best_response;
mod gradient;
mod grid;
#[cfg(test)]
mod logit_market;
mod memory;
mod outlook;
mod q_learning;
mod simple;
mod undercut;

pub use memory::Memory;
pub(crate) use outlook::{Demand, Night, Shop, seen_after};

use crate::merchant::WEEK_TICKS;
use crate::metric::Mechanism;
use crate::params::PlatformParams;
use crate::policy::PricingPolicy;
use outlook::Outlook;
use sim_core::math;

/// Largest factor between a price and the listing's first price, either way.
const BAND: f64 = 5.0;

/// The price at which nothing is left: unit cost and the merchant's part of `delivery` (money units a line), grossed up for
/// commission and payment fee.
#[must_use]
pub fn break_even(platform: &PlatformParams, unit_cost: u32, delivery: i64, first_party: bool) -> f64 {
    (f64::from(unit_cost) + borne(platform, delivery)) / kept_of_list(platform, first_party)
}

/// The merchant's part of a delivery, money units a line.
pub(crate) fn borne(platform: &PlatformParams, delivery: i64) -> f64 {
    delivery as f64 * (1.0 - f64::from(platform.delivery_platform_ppm) * 1e-6)
}

/// Share of the list price that is left after commission and payment fee, without discounts.
pub(crate) fn kept_of_list(platform: &PlatformParams, first_party: bool) -> f64 {
    let take = if first_party { 0 } else { platform.take_rate_ppm } + platform.payment_fee_ppm;
    1.0 - f64::from(take) * 1e-6
}

/// Whether the policy looks at its price in this night.
pub(crate) fn revises(policy: &PricingPolicy, tick: u32, listing: u32) -> bool {
    match *policy {
        PricingPolicy::Fixed => false,
        PricingPolicy::Nudge { .. } => true,
        PricingPolicy::CostPlus { interval, .. }
        | PricingPolicy::Match { interval, .. }
        | PricingPolicy::BestResponse { interval }
        | PricingPolicy::TargetMargin { interval, .. }
        | PricingPolicy::Undercut { interval, .. }
        | PricingPolicy::Gradient { interval, .. }
        | PricingPolicy::QLearning { interval, .. }
        | PricingPolicy::Bandit { interval, .. } => (tick + listing).is_multiple_of(interval.max(1)),
    }
}

/// The price that the policy wants after a night in which it revises; `memory` learns.
pub(crate) fn reprice(policy: &PricingPolicy, night: &Night, shop: &Shop, memory: &mut Memory, old: u32) -> u32 {
    if let PricingPolicy::Nudge { step } = *policy {
        return simple::nudge(night, shop, old, step);
    }
    let outlook = night.outlook(policy, shop, old);
    let price = wish(policy, &outlook, memory);
    let first = f64::from(shop.listing.first_price);
    math::round_i64(price.clamp(first / BAND, first * BAND)).clamp(1, i64::from(u32::MAX / 2)) as u32
}

/// The price that a policy wishes for, before it is rounded and kept within the band.
fn wish(policy: &PricingPolicy, outlook: &Outlook, memory: &mut Memory) -> f64 {
    match policy {
        PricingPolicy::Fixed | PricingPolicy::Nudge { .. } => outlook.old,
        PricingPolicy::CostPlus { markup, .. } => simple::cost_plus(outlook, *markup),
        PricingPolicy::Match { floor_margin, .. } => simple::matching(outlook, *floor_margin),
        PricingPolicy::TargetMargin { margin, step, .. } => simple::target_margin(outlook, *margin, *step),
        PricingPolicy::BestResponse { .. } => best_response::price(outlook),
        PricingPolicy::Undercut { step, floor_margin, relent_margin, relent, .. } => {
            undercut::price(outlook, *step, *floor_margin, *relent_margin, *relent)
        }
        PricingPolicy::Gradient { step, memory: span, .. } => {
            let (slope, trial) = memory.slope();
            slope.price(outlook, trial, *step, *span)
        }
        PricingPolicy::QLearning { alpha, discount, decay, initial, grid, .. } => {
            let prices = grid::prices(grid, outlook);
            let learning = q_learning::Learning { alpha: *alpha, discount: *discount, decay: *decay, initial: *initial };
            let (table, trial) = memory.table();
            table.price(outlook, trial, prices.as_slice(), learning)
        }
        PricingPolicy::Bandit { rule, grid, .. } => {
            let prices = grid::prices(grid, outlook);
            let (arms, trial) = memory.arms();
            arms.price(outlook, trial, prices.as_slice(), *rule)
        }
    }
}

/// Whether a change is worth its menu cost: a week's mean sales at the difference must pay it.
pub(crate) fn is_worth(menu_cost: i64, old: u32, new: u32, mean_sales: f32) -> bool {
    f64::from(old.abs_diff(new)) * f64::from(mean_sales) * f64::from(WEEK_TICKS) >= menu_cost as f64
}

/// The mechanism under which a revision is booked; a fixed price is never revised.
pub(crate) fn mechanism(policy: &PricingPolicy) -> Mechanism {
    match policy {
        PricingPolicy::Fixed | PricingPolicy::CostPlus { .. } => Mechanism::RepriceCostPlus,
        PricingPolicy::Match { .. } => Mechanism::RepriceMatch,
        PricingPolicy::BestResponse { .. } => Mechanism::RepriceBestResponse,
        PricingPolicy::TargetMargin { .. } => Mechanism::RepriceTargetMargin,
        PricingPolicy::Nudge { .. } => Mechanism::RepriceNudge,
        PricingPolicy::Undercut { .. } => Mechanism::RepriceUndercut,
        PricingPolicy::Gradient { .. } => Mechanism::RepriceGradient,
        PricingPolicy::QLearning { .. } => Mechanism::RepriceQLearning,
        PricingPolicy::Bandit { .. } => Mechanism::RepriceBandit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_a_week_of_sales_does_not_pay_is_not_made() {
        assert!(is_worth(0, 100, 100, 0.0), "without a menu cost nothing is held back");
        assert!(!is_worth(200, 1000, 1010, 2.0), "14 sales at 10 are 140");
        assert!(is_worth(140, 1000, 1010, 2.0) && is_worth(140, 1010, 1000, 2.0));
    }
}
