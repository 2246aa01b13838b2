//! What a merchant knows when it looks at a price: its costs, what its discounts leave, its rivals, its share of the pages.

use crate::catalog::{Listing, NO_LISTING};
use crate::market::Bazaar;
use crate::merchant::ListingState;
use crate::metric::{Metric, Totals};
use crate::params::Params;
use crate::policy::PricingPolicy;
use crate::promotion::UNLISTED;
use crate::view::View;
use sim_core::draw::Purpose;
use sim_core::math;

/// Largest share of the pages that is believed.
const MOST_SHARE: f64 = 0.9;
/// Least elasticity that is believed of a seller without rivals for attention.
const LEAST_ELASTICITY: f64 = 1.2;
/// Largest believed factor between sales at a new price and at the old one.
const MOST_LIFT: f64 = 10.0;

/// What all merchants know at night.
pub(crate) struct Night<'a> {
    pub(crate) market: &'a Bazaar,
    pub(crate) view: &'a View,
    pub(crate) params: &'a Params,
    pub(crate) tick: u32,
    /// Orders of the tick on all platforms.
    sold: i64,
    listings: i64,
    /// Pages shown in the tick by platform and category, estimated from the platform's visits and the category's share.
    pages: Vec<f32>,
    /// The same, mean of two weeks.
    mean_pages: Vec<f32>,
    pub(crate) demand: Demand,
    categories: usize,
}

/// What a merchant knows of one listing.
pub(crate) struct Shop<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) id: u32,
    pub(crate) state: &'a ListingState,
    pub(crate) orders: i64,
    pub(crate) first_party: bool,
    /// Mean orders a tick of all listings of the merchant on the platform.
    pub(crate) joint_sales: f32,
    /// Advertising that the merchant counts as a cost of an order, money units.
    pub(crate) ad_cost: f64,
}

/// How demand answers to prices in the mean of the market; sensitivity is in utils per unit of price utility, over mu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Demand {
    /// Utility falls in the log of the price: `sensitivity` is the elasticity of a listing with a small share.
    Log { sensitivity: f64 },
    /// Utility falls in the price over `scale` money units.
    Linear { sensitivity: f64, scale: f64 },
}

impl Demand {
    /// Fall of utility from price `from` to price `to`.
    pub(crate) fn fall(self, from: f64, to: f64) -> f64 {
        match self {
            Demand::Log { sensitivity } => sensitivity * math::ln(to.max(1e-9) / from.max(1e-9)),
            Demand::Linear { sensitivity, scale } => sensitivity * (to - from) / scale,
        }
    }

    /// Sales at price `to` over sales at price `from`, for a listing that sells on `share` of the pages when it asks `from`.
    pub(crate) fn lift(self, from: f64, to: f64, share: f64) -> f64 {
        let weight = math::exp(-self.fall(from, to).clamp(-20.0, 20.0));
        (weight / (1.0 - share + share * weight)).min(MOST_LIFT)
    }

    /// Own-price elasticity at a price and a small share; negative.
    pub(crate) fn elasticity(self, price: f64) -> f64 {
        match self {
            Demand::Log { sensitivity } => -sensitivity,
            Demand::Linear { sensitivity, scale } => -sensitivity * price / scale,
        }
    }

    /// Absolute margin of a seller with a negligible share: the least that a single-product price holds in equilibrium.
    pub(crate) fn lone_margin(self, cost: f64) -> f64 {
        match self {
            Demand::Log { sensitivity } => cost / (sensitivity.max(LEAST_ELASTICITY) - 1.0),
            Demand::Linear { sensitivity, scale } => scale / sensitivity,
        }
    }
}

/// What a policy sees of one listing.
#[derive(Clone, Debug)]
pub(crate) struct Outlook {
    /// List price in force.
    pub(crate) old: f64,
    /// List price at which nothing is left after commission, fee, delivery, the own discounts of the last week and the advertising that
    /// is passed on.
    pub(crate) cost: f64,
    /// The same without discounts.
    pub(crate) plain_cost: f64,
    /// Share of the list price that the merchant keeps before goods and delivery.
    pub(crate) kept: f64,
    /// Share of the list price that is left after the own discounts.
    pub(crate) paid_share: f64,
    /// Lowest rival price that the policy sees.
    pub(crate) rival: Option<f64>,
    /// Whether sales of three days beat those of two weeks.
    pub(crate) sales_rise: bool,
    /// Sales of the listing over the pages of its cell.
    pub(crate) share: f64,
    /// The same for all listings of the merchant there.
    pub(crate) joint_share: f64,
    /// How demand answers.
    pub(crate) demand: Demand,
    /// Draws of the listing in this night.
    pub(crate) uniforms: [f32; 2],
}

impl<'a> Night<'a> {
    /// `mean_pages` is brought up to the night.
    pub(crate) fn new(
        market: &'a Bazaar,
        params: &'a Params,
        view: &'a View,
        totals: &Totals,
        mean_pages: &mut Vec<f32>,
        tick: u32,
    ) -> Night<'a> {
        let platforms = params.platforms.len();
        let visits = (0..platforms).map(|p| totals.sum(p, Metric::Visits) as f64);
        let pages: Vec<f32> = visits.flat_map(|visits| market.category_share.iter().map(move |share| (visits * share) as f32)).collect();
        if mean_pages.is_empty() {
            mean_pages.clone_from(&pages);
        }
        for (mean, now) in mean_pages.iter_mut().zip(&pages) {
            *mean += (now - *mean) * crate::merchant::SALES_GAIN;
        }
        let sensitivity = market.mean_sensitivity / f64::from(params.choice.mu);
        let demand = if params.choice.log_price {
            Demand::Log { sensitivity }
        } else {
            Demand::Linear { sensitivity, scale: f64::from(params.choice.price_scale) }
        };
        Night {
            market,
            view,
            params,
            tick,
            sold: (0..platforms).map(|p| totals.sum(p, Metric::Shipped)).sum(),
            listings: market.catalog.listings.len() as i64,
            pages,
            mean_pages: mean_pages.clone(),
            demand,
            categories: market.category_share.len(),
        }
    }

    fn cell(&self, listing: &Listing) -> usize {
        listing.platform as usize * self.categories + listing.category as usize
    }

    /// Pages of the listing's cell in the tick.
    pub(crate) fn pages_of(&self, listing: &Listing) -> f64 {
        f64::from(self.pages[self.cell(listing)])
    }

    /// What the policy sees of the listing.
    pub(crate) fn outlook(&self, policy: &PricingPolicy, shop: &Shop, old: u32) -> Outlook {
        let platform = shop.listing.platform as usize;
        let rules = &self.params.platforms[platform];
        let delivery = self.view.state.platforms[platform].delivery_cost(rules);
        let goods = f64::from(shop.listing.unit_cost) + super::borne(rules, delivery);
        let without_discounts = super::kept_of_list(rules, shop.first_party);
        let kept = if shop.state.kept > 0.0 { f64::from(shop.state.kept) } else { without_discounts };
        // orders are counted when they ship: some of the choices on a page are cancelled before
        let chosen = f64::from(1.0 - rules.cancelled).max(0.05) * f64::from(self.mean_pages[self.cell(shop.listing)]).max(1.0);
        let words = self.market.seed.words(Purpose::Reprice, u64::from(shop.id), u64::from(self.tick), 0);
        Outlook {
            old: f64::from(old),
            cost: ((goods + shop.ad_cost) / kept).max(1.0),
            plain_cost: (goods / without_discounts).max(1.0),
            kept,
            paid_share: f64::from(shop.state.paid_share),
            rival: self.lowest_rival(shop, seen_after(policy)),
            sales_rise: shop.state.recent_sales > shop.state.mean_sales,
            share: (f64::from(shop.state.mean_sales) / chosen).min(MOST_SHARE),
            joint_share: (f64::from(shop.joint_sales) / chosen).min(MOST_SHARE),
            demand: self.demand,
            uniforms: [words.uniform(0), words.uniform(1)],
        }
    }

    /// The lowest price of a rival that sells now, as it was `lag` ticks ago.
    fn lowest_rival(&self, shop: &Shop, lag: u32) -> Option<f64> {
        let prices = match lag {
            0 | 1 => &self.view.state.prices,
            _ => self.view.state.earlier.get(lag as usize - 2).or(self.view.state.earlier.back()).unwrap_or(&self.view.state.prices),
        };
        let sold = shop.listing.rivals.iter().filter(|&&r| r != NO_LISTING && self.view.asked[r as usize] != UNLISTED);
        sold.map(|&r| prices[r as usize]).min().map(f64::from)
    }

    pub(crate) fn sells_more_than_the_mean(&self, shop: &Shop) -> bool {
        shop.orders * self.listings > self.sold
    }
}

/// Age of the rival prices that a policy sees, ticks; those of the evening are one tick old when the reply is asked.
pub(crate) fn seen_after(policy: &PricingPolicy) -> u32 {
    match *policy {
        PricingPolicy::Match { lag, .. } | PricingPolicy::Undercut { lag, .. } => lag,
        _ => 1,
    }
}

#[cfg(test)]
impl Outlook {
    /// A listing in the middle of everything.
    pub(crate) fn example() -> Outlook {
        Outlook {
            old: 100.0,
            cost: 60.0,
            plain_cost: 60.0,
            kept: 1.0,
            paid_share: 1.0,
            rival: Some(100.0),
            sales_rise: false,
            share: 0.1,
            joint_share: 0.1,
            demand: Demand::Log { sensitivity: 3.0 },
            uniforms: [0.5; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lift_is_the_ratio_of_logit_shares() {
        let demand = Demand::Linear { sensitivity: 2.0, scale: 10.0 };
        // weights 3 at price 100 against 7 for the rest; 5 dearer: 3 / e
        let weight = 3.0 / math::exp(1.0);
        let expected = (weight / (weight + 7.0)) / 0.3;
        assert!((demand.lift(100.0, 105.0, 0.3) - expected).abs() < 1e-12);
        let log = Demand::Log { sensitivity: 2.5 };
        assert!((log.lift(100.0, 80.0, 0.0) - math::pow(0.8, -2.5)).abs() < 1e-9);
        assert_eq!(log.elasticity(70.0), -2.5);
        assert_eq!((log.lone_margin(60.0), demand.lone_margin(60.0)), (40.0, 5.0));
    }
}
