//! Advertising: slots that fit the page, bids that are bids, boosts that end; and targets that lose money, which are allowed and warned of.

use super::{Check, at};
use crate::model::{AdBudget, Ads, Advertiser, Bidding, Category, MerchantGroup, Platform, Scenario};
use crate::problem::Problem;
use crate::tree::Node;
use agents::PricingPolicy;
use agents::params::AD_SLOTS;

impl Check<'_> {
    pub(super) fn advertising(&mut self) {
        let scenario = self.scenario;
        for (name, platform) in &scenario.platforms {
            if let Some(ads) = &platform.ads {
                self.slots(name, platform, ads);
            }
        }
        for (name, group) in &scenario.catalog.merchants {
            if let Some(advertiser) = &group.ads {
                self.advertiser(name, group, advertiser);
            }
        }
    }

    fn slots(&mut self, name: &str, platform: &Platform, ads: &Ads) {
        let here = |field: &str| at!["platforms", name, "ads", field];
        let shown = platform.ranking.shown;
        let rising = ads.slots.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || ads.slots.len() > AD_SLOTS {
            let problem = Problem::new("slots that cannot be sold").found(format!("{:?}", ads.slots));
            self.report(here("slots"), problem.expected(format!("at most {AD_SLOTS} rising positions, such as `[0, 3, 6]`")));
        } else if let Some(slot) = ads.slots.iter().find(|slot| **slot >= shown) {
            let problem = Problem::new("a slot below the end of the page").found(format!("position {slot} of a page of {shown}"));
            self.report(here("slots"), problem.expected(format!("positions from 0 to {}", shown - 1)));
        }
        if ads.reserve.to_units(self.scenario.money_unit) == 0 {
            let problem = Problem::new("clicks may cost nothing").found(format!("a reserve of {}", ads.reserve));
            self.report(here("reserve"), problem.expected("at least one money unit"));
        }
        if let Some(guarantee) = &ads.guarantee
            && guarantee.period.0 < self.scenario.calendar.tick.0
        {
            let problem = Problem::new("a guarantee is settled more often than clicks are counted");
            self.report(at!["platforms", name, "ads", "guarantee", "period"], problem.expected("at least a tick"));
        }
    }

    fn advertiser(&mut self, name: &str, group: &MerchantGroup, advertiser: &Advertiser) {
        let sells = |platform: &String| group.platforms.get(platform).is_some_and(|share| share.0 > 0.0);
        if !self.scenario.platforms.iter().any(|(platform, rules)| rules.ads.is_some() && sells(platform)) {
            let problem = Problem::new(format!("`{name}` advertises where no platform sells slots"));
            self.report_name(at!["catalog", "merchants", name, "ads"], problem.help("add `ads: {}` to a platform of the group"));
        }
        let zero = |value: i64| value == 0;
        let unit = self.scenario.money_unit;
        match &advertiser.bidding {
            Bidding::Manual { bid } if zero(bid.to_units(unit)) => {
                let at = at!["catalog", "merchants", name, "ads", "bidding", "manual", "bid"];
                self.report(at, Problem::new("a bid of nothing").expected("at least one money unit"));
            }
            Bidding::TargetCpa { cost } if zero(cost.to_units(unit)) => {
                let at = at!["catalog", "merchants", name, "ads", "bidding", "target-cpa", "cost"];
                self.report(at, Problem::new("an order that may cost nothing").expected("at least one money unit"));
            }
            _ => {}
        }
        let Some(boost) = &advertiser.boost else { return };
        let here = |field: &str| at!["catalog", "merchants", name, "ads", "boost", field];
        self.in_calendar(here("from"), boost.from);
        self.in_calendar(here("to"), boost.to);
        if boost.to < boost.from {
            let problem = Problem::new("the boost ends before it begins").found(format!("`{}`", boost.to));
            self.report(here("to"), problem.expected(format!("{} or later", boost.from)));
        }
        if boost.relax.0 >= 1.0 {
            let problem = Problem::new("a boost that relaxes the target to nothing").found("100 %");
            self.report(here("relax"), problem.expected("below 100 %"));
        }
    }
}

/// Targets below break-even: each is a legal choice that loses money on every ad order.
pub(super) fn warnings(scenario: &Scenario, tree: &Node) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, group) in &scenario.catalog.merchants {
        let Some(advertiser) = group.ads.as_ref().filter(|ads| !matches!(ads.budget, AdBudget::Sales(share) if share.0 == 0.0)) else {
            continue;
        };
        let here = at!["catalog", "merchants", name, "ads"];
        let bidding = |policy: &str| at!["catalog", "merchants", name, "ads", "bidding", policy, "roi"];
        let (path, roi, after_returns) = match &advertiser.bidding {
            Bidding::TargetRoi { roi } => (bidding("target-roi"), *roi, true),
            Bidding::NetTargetRoi { roi } => (bidding("net-target-roi"), *roi, false),
            _ => (here, f64::INFINITY, true),
        };
        let tool =
            advertiser.whole_site.as_ref().map(|tool| (at!["catalog", "merchants", name, "ads", "whole_site", "roi"], tool.roi, true));
        for (path, roi, after_returns) in [(path, roi, after_returns)].into_iter().chain(tool) {
            let least = break_even_roi(scenario, group, after_returns);
            if roi < least {
                let problem = Problem::new(format!("the target ROI of `{name}` is below break-even: every ad order loses money"));
                let formula = if after_returns { "1 / (margin x (1 - return rate))" } else { "1 / margin" };
                let problem = problem.found(format!("`{roi}`")).expected(format!("at least the break-even ROI {least:.2} = {formula}"));
                let place = tree.place_of(&path).clone();
                found.push(problem.at(&place).path(path));
            }
        }
    }
    found
}

/// Break-even ROI of a group in the mean of its categories and platforms: 1 / (margin x (1 - return rate)); where the target counts net
/// GMV, returns are left out. Infinite without a margin.
fn break_even_roi(scenario: &Scenario, group: &MerchantGroup, after_returns: bool) -> f64 {
    let mine = |name: &String| group.categories.is_empty() || group.categories.contains(name);
    let categories: Vec<(&String, &Category)> = scenario.catalog.categories.iter().filter(|(name, _)| mine(name)).collect();
    let all: f64 = categories.iter().map(|(_, c)| c.share).sum();
    let platforms: Vec<_> = scenario.platforms.iter().filter(|(_, rules)| rules.ads.is_some()).collect();
    let weight = |platform: &String| group.platforms.get(platform).map_or(0.0, |share| share.0);
    let weights: f64 = platforms.iter().map(|(name, _)| weight(name)).sum();
    let kept: f64 = platforms.iter().map(|(name, rules)| weight(name) / weights * kept(group, name, rules)).sum();
    let (mut margin, mut returned) = (0.0, 0.0);
    for (_, category) in categories {
        let part = category.share / all;
        margin += part
            * match group.pricing {
                PricingPolicy::CostPlus { markup, .. } => kept * markup / (1.0 + markup),
                _ => kept - category.cost.0 * group.cost_factor,
            };
        returned += part * (category.returns_shelf.0 * (1.0 - group.live.0) + category.returns_live.0 * group.live.0);
    }
    let returned = if after_returns { returned } else { 0.0 };
    if margin > 0.0 { 1.0 / (margin * (1.0 - returned)) } else { f64::INFINITY }
}

/// Share of the price that is left after commission and fee.
fn kept(group: &MerchantGroup, name: &str, platform: &Platform) -> f64 {
    let own = group.first_party_of.as_deref() == Some(name);
    1.0 - platform.payment_fee.0 - if own { 0.0 } else { platform.take_rate.0 }
}
