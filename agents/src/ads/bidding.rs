//! Bidding policies: what a click of a listing is worth to its merchant, and how results are moved to a target.
//!
//! Rates are shrunk twice: a listing's toward its campaign's, a campaign's toward the platform's. A target is met on average by
//! bidding rate x value / target; because a click costs less than its bid, a factor (`trim`) follows what was achieved.

use super::books::{AdMarket, Sums};
use crate::params::{AdvertiserParams, Bidding, Worth};
use sim_core::math;

/// Clicks that a campaign's own rate must show to weigh as much as the platform's; a listing's against the campaign's.
const CAMPAIGN_WEIGHT: f64 = 20.0;
const LISTING_WEIGHT: f64 = 10.0;
/// Weight of a tick's miss in the trim.
const TRIM_GAIN: f64 = 0.1;
/// Share of the trim's distance from 1, in logs, that a tick without results takes back.
const FORGOTTEN: f64 = 0.05;
/// Bounds of the trim.
const TRIM: (f64, f64) = (0.2, 10.0);
/// Clicks in memory below which a result says nothing.
const FEW_CLICKS: f64 = 5.0;
/// Factor on the reserve that opens the bids of `maximise-volume` where nobody has paid for a click yet.
const OPENING: f64 = 2.0;

/// What a bid depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prospects {
    /// Ad orders per click.
    pub(crate) conversion: f64,
    /// Of these, by shoppers who did not have the merchant in mind; lines kept per click.
    pub(crate) new_shoppers: f64,
    pub(crate) favourites: f64,
    /// GMV of an order, money units.
    pub(crate) order_value: f64,
    /// Share of GMV that comes back.
    pub(crate) returned: f64,
    /// Sales of three days over those of two weeks, less 1.
    pub(crate) trend: f64,
    /// Mean price of a click on the platform, or what stands in for it, money units.
    pub(crate) going_rate: f64,
}

impl Prospects {
    /// Of a listing in its campaign; `trend` and `order_value` are known to the merchant.
    pub(crate) fn new(market: &AdMarket, reserve: u32, campaign: &Sums, item: &Sums, order_value: f64, trend: f64) -> Prospects {
        let rate = |hits: fn(&Sums) -> f64, prior: f64| {
            let all = (hits(campaign) + CAMPAIGN_WEIGHT * prior) / (campaign.clicks + CAMPAIGN_WEIGHT);
            (hits(item) + LISTING_WEIGHT * all) / (item.clicks + LISTING_WEIGHT)
        };
        Prospects {
            conversion: rate(|s| s.orders, market.conversion()),
            new_shoppers: rate(|s| s.new_shoppers, market.conversion()),
            favourites: rate(|s| s.favourites, 0.0),
            order_value,
            returned: campaign.returned(),
            trend,
            going_rate: market.cost_per_click().unwrap_or(OPENING * f64::from(reserve)),
        }
    }
}

/// A result that a campaign is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// GMV of ad orders over spend.
    Roi(f64),
    /// The same less returns.
    NetRoi(f64),
    /// GMV of all orders, paid and organic, of promoted items over spend.
    WholeSite(f64),
    /// Spend per ad order, money units.
    Cpa(f64),
}

impl Target {
    /// The target of a merchant; an adopter of whole-site promotion has that of the tool.
    pub(crate) fn of(group: &AdvertiserParams, adopted: bool) -> Option<Target> {
        if let Some(tool) = group.whole_site.filter(|_| adopted) {
            return Some(Target::WholeSite(tool.roi));
        }
        match group.bidding {
            Bidding::TargetRoi { roi } => Some(Target::Roi(roi)),
            Bidding::NetTargetRoi { roi } => Some(Target::NetRoi(roi)),
            Bidding::TargetCpa { cost } => Some(Target::Cpa(cost)),
            Bidding::Manual { .. } | Bidding::MaximiseVolume | Bidding::MultiObjective(_) => None,
        }
    }

    /// Cost that the target allows for what was achieved, money units.
    pub(crate) fn allowed(self, sums: &Sums) -> f64 {
        match self {
            Target::Roi(roi) => sums.gmv / roi,
            Target::NetRoi(roi) => sums.gmv * (1.0 - sums.returned()) / roi,
            Target::WholeSite(roi) => sums.promoted_gmv / roi,
            Target::Cpa(cost) => sums.orders * cost,
        }
    }

    /// Cost that counts against the target, money units.
    fn cost(self, sums: &Sums) -> f64 {
        if let Target::WholeSite(_) = self { sums.promoted_spend } else { sums.spend }
    }
}

/// What a merchant bids for a click before pacing, money units.
pub(crate) fn bid(group: &AdvertiserParams, adopted: bool, p: &Prospects, trim: f64) -> f64 {
    if let Some(target) = Target::of(group, adopted) {
        let per_click = match target {
            Target::Roi(roi) | Target::WholeSite(roi) => p.conversion * p.order_value / roi,
            Target::NetRoi(roi) => p.conversion * p.order_value * (1.0 - p.returned) / roi,
            Target::Cpa(cost) => p.conversion * cost,
        };
        return per_click * trim;
    }
    match group.bidding {
        Bidding::Manual { bid } => bid,
        Bidding::MultiObjective(worth) => objective(worth, p),
        _ => p.going_rate,
    }
}

fn objective(worth: Worth, p: &Prospects) -> f64 {
    let value = worth.orders * p.conversion + worth.new_shoppers * p.new_shoppers + worth.favourites * p.favourites;
    value * (1.0 + worth.growth * p.trend).max(0.0)
}

/// The trim after a tick: up where the result beats the target, down where it misses it. Without results it is forgotten, so that a
/// campaign that has bid itself out of the market comes back.
pub(crate) fn trimmed(trim: f64, target: Target, sums: &Sums) -> f64 {
    if sums.clicks < FEW_CLICKS {
        return math::exp(math::ln(trim) * (1.0 - FORGOTTEN));
    }
    let cost = target.cost(sums);
    if cost <= 0.0 {
        return trim;
    }
    let miss = math::ln((target.allowed(sums) / cost).clamp(0.25, 4.0));
    (trim * math::exp(TRIM_GAIN * miss)).clamp(TRIM.0, TRIM.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{AdBudget, Pacing, SoldOn, WholeSiteParams};

    fn group(bidding: Bidding) -> AdvertiserParams {
        AdvertiserParams { bidding, budget: AdBudget::PerTick(1000), pacing: Pacing::None, whole_site: None, boost: None, pass_on: 0.0 }
    }

    fn prospects() -> Prospects {
        Prospects {
            conversion: 0.1,
            new_shoppers: 0.04,
            favourites: 0.2,
            order_value: 10_000.0,
            returned: 0.25,
            trend: 0.5,
            going_rate: 90.0,
        }
    }

    #[test]
    fn each_policy_bids_what_a_click_is_worth_to_it() {
        let worth = |orders, new_shoppers, favourites, growth| Bidding::MultiObjective(Worth { orders, new_shoppers, favourites, growth });
        for (bidding, expected) in [
            (Bidding::Manual { bid: 150.0 }, 150.0),
            (Bidding::MaximiseVolume, 90.0),
            (Bidding::TargetRoi { roi: 5.0 }, 200.0),
            (Bidding::NetTargetRoi { roi: 5.0 }, 150.0),
            (Bidding::TargetCpa { cost: 1200.0 }, 120.0),
            (worth(1000.0, 0.0, 0.0, 0.0), 100.0),
            (worth(1000.0, 500.0, 100.0, 0.0), 140.0),
            (worth(1000.0, 500.0, 100.0, 1.0), 210.0),
        ] {
            let found = bid(&group(bidding), false, &prospects(), 1.0);
            assert!((found - expected).abs() < 1e-9, "{bidding:?} bids {found}");
        }
    }

    #[test]
    fn an_adopter_bids_for_the_target_of_the_tool() {
        let platforms = SoldOn::ALL;
        let tool = WholeSiteParams { roi: 8.0, adopted: 0.0, hazard: 0.0, imitation: 0.0, items: 1.0, cold_start: 0.0, platforms };
        let group = AdvertiserParams { whole_site: Some(tool), ..group(Bidding::Manual { bid: 40.0 }) };
        assert_eq!([true, false].map(|adopted| bid(&group, adopted, &prospects(), 1.0)), [125.0, 40.0]);
    }

    #[test]
    fn trimming_brings_the_result_to_the_target() {
        // clicks cost half of what is bid: the trim must double the bid
        let mut trim = 1.0;
        for _ in 0..200 {
            let spend = 100.0 * trim * 0.5;
            trim = trimmed(trim, Target::Roi(4.0), &Sums { clicks: 100.0, gmv: 400.0, spend, ..Sums::default() });
        }
        assert!((trim - 2.0).abs() < 0.01, "{trim}");
    }

    #[test]
    fn a_campaign_that_bid_itself_out_of_the_market_comes_back() {
        let silent = Sums { clicks: 3.0, ..Sums::default() };
        let after = |trim: f64| (0..60).fold(trim, |trim, _| trimmed(trim, Target::Roi(4.0), &silent));
        assert!(after(0.2) > 0.9 && after(10.0) < 1.2, "{} {}", after(0.2), after(10.0));
        assert_eq!(trimmed(1.0, Target::Roi(4.0), &silent), 1.0);
    }

    #[test]
    fn whole_site_promotion_is_judged_by_what_it_promotes() {
        // items that are not promoted sell as much again: they say nothing of the tool
        let sums = Sums { clicks: 50.0, sold: 2000.0, spend: 150.0, promoted_gmv: 1000.0, promoted_spend: 100.0, ..Sums::default() };
        assert_eq!(Target::WholeSite(10.0).allowed(&sums), 100.0);
        assert!((trimmed(1.3, Target::WholeSite(10.0), &sums) - 1.3).abs() < 1e-12, "on target");
    }

    #[test]
    fn rates_of_few_clicks_stay_near_those_of_the_platform() {
        let market = AdMarket { clicks: 1e6, orders: 1e5, ..AdMarket::default() };
        let of = |clicks, orders| {
            let sums = Sums { clicks, orders, ..Sums::default() };
            Prospects::new(&market, 10, &sums, &sums, 1.0, 0.0).conversion
        };
        assert!((of(0.0, 0.0) - 0.1).abs() < 1e-3);
        assert!(of(2.0, 1.0) < 0.25 && of(2.0, 1.0) > 0.1);
        assert!((of(1e5, 3e4) - 0.3).abs() < 1e-3);
    }
}
