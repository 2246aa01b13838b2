//! Advertising: slots that fit the page, bids that are bids, boosts that end; and targets that lose money, which are allowed and warned of.

use super::{Check, at};
use crate::model::{AdBudget, Ads, Advertiser, Bidding, Category, MerchantGroup, Platform, Scenario};
use crate::path::Path;
use crate::problem::Problem;
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
            Bidding::MultiObjective { orders, new_shoppers, favourites, .. }
                if [orders, new_shoppers, favourites].iter().all(|worth| zero(worth.to_units(unit))) =>
            {
                let at = at!["catalog", "merchants", name, "ads", "bidding", "multi-objective"];
                self.report_name(at, Problem::new("nothing is worth a bid").expected("`orders`, `new_shoppers` or `favourites` above 0"));
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

/// What is legal and hardly meant: targets that lose money, bids that never take part, tools that nobody takes up, guarantees that
/// nobody can claim.
pub(super) fn warnings(scenario: &Scenario) -> Vec<(Path, Problem)> {
    let mut found = Vec::new();
    for (name, group) in &scenario.catalog.merchants {
        let Some(advertiser) = group.ads.as_ref().filter(|ads| spends(ads)) else { continue };
        found.extend(losing_targets(scenario, name, group, advertiser));
        found.extend(bid_below_reserve(scenario, name, group, advertiser));
        found.extend(tool_without_adopters(name, advertiser));
    }
    for (name, platform) in &scenario.platforms {
        found.extend(idle_guarantee(scenario, name, platform));
    }
    found
}

fn spends(advertiser: &Advertiser) -> bool {
    match advertiser.budget {
        AdBudget::Sales(share) => share.0 > 0.0,
        AdBudget::PerDay(amount) => amount.micros() > 0,
    }
}

fn ads_path(name: &str, fields: &[&str]) -> Path {
    let mut path = at!["catalog", "merchants", name, "ads"];
    fields.iter().for_each(|field| path.key(field));
    path
}

/// Targets at which every ad order loses money. A target cost per order is one over the ROI of an order of mean price.
fn losing_targets(scenario: &Scenario, name: &str, group: &MerchantGroup, advertiser: &Advertiser) -> Vec<(Path, Problem)> {
    let value = |cost: f64| mean_price(scenario, group) / cost;
    let target = match &advertiser.bidding {
        Bidding::TargetRoi { roi } => Some((["bidding", "target-roi", "roi"], *roi, true, None)),
        Bidding::NetTargetRoi { roi } => Some((["bidding", "net-target-roi", "roi"], *roi, false, None)),
        Bidding::TargetCpa { cost } => {
            let yuan = cost.micros() as f64 * 1e-6;
            Some((["bidding", "target-cpa", "cost"], value(yuan), true, Some(yuan)))
        }
        Bidding::Manual { .. } | Bidding::MaximiseVolume | Bidding::MultiObjective { .. } => None,
    };
    let target = target.map(|(fields, roi, after_returns, cost)| (ads_path(name, &fields), roi, after_returns, cost));
    let tool = advertiser.whole_site.as_ref().map(|tool| (ads_path(name, &["whole_site", "roi"]), tool.roi, true, None));
    let mut found = Vec::new();
    for (path, roi, after_returns, cost) in target.into_iter().chain(tool) {
        let least = break_even_roi(scenario, group, after_returns);
        if roi >= least {
            continue;
        }
        let formula = if after_returns { "1 / (margin x (1 - return rate))" } else { "1 / margin" };
        let problem = match cost {
            None => Problem::new(format!("the target ROI of `{name}` is below break-even: every ad order loses money"))
                .found(format!("`{roi}`")),
            Some(cost) => {
                let problem = Problem::new(format!("the target cost per order of `{name}` is beyond break-even: ad orders lose money"));
                problem.found(format!("{cost} yuan, an ROI of {roi:.2} at the mean price of {:.2} yuan", roi * cost))
            }
        };
        found.push((path, problem.expected(format!("at least the break-even ROI {least:.2} = {formula}"))));
    }
    found
}

/// A manual bid that no platform of the group lets take part.
fn bid_below_reserve(scenario: &Scenario, name: &str, group: &MerchantGroup, advertiser: &Advertiser) -> Option<(Path, Problem)> {
    let Bidding::Manual { bid } = &advertiser.bidding else { return None };
    let sells = |platform: &&String| group.platforms.get(*platform).is_some_and(|share| share.0 > 0.0);
    let platforms = scenario.platforms.iter().filter(|(platform, _)| sells(platform));
    let reserves = platforms.filter_map(|(_, rules)| rules.ads.as_ref()).filter(|ads| !ads.slots.is_empty()).map(|ads| ads.reserve);
    let least = reserves.min_by_key(|reserve| reserve.micros())?;
    let problem = Problem::new(format!("the bid of `{name}` is below every reserve: it never takes part")).found(format!("{bid}"));
    (bid.micros() < least.micros()).then(|| (ads_path(name, &["bidding", "manual", "bid"]), problem.expected(format!("at least {least}"))))
}

fn tool_without_adopters(name: &str, advertiser: &Advertiser) -> Option<(Path, Problem)> {
    let tool = advertiser.whole_site.as_ref().filter(|tool| tool.adopted.0 == 0.0 && tool.hazard.0 == 0.0)?;
    let problem =
        Problem::new(format!("no merchant of `{name}` takes up whole-site promotion by itself")).found("`adopted` and `hazard` of 0");
    let help = if tool.imitation.0 > 0.0 { "some must begin, here or in another group" } else { "set `adopted` or `hazard` above 0" };
    Some((ads_path(name, &["whole_site"]), problem.help(help)))
}

fn idle_guarantee(scenario: &Scenario, name: &str, platform: &Platform) -> Option<(Path, Problem)> {
    platform.ads.as_ref()?.guarantee.as_ref()?;
    let aims = |ads: &Advertiser| {
        let target = matches!(ads.bidding, Bidding::TargetRoi { .. } | Bidding::TargetCpa { .. } | Bidding::NetTargetRoi { .. });
        target || ads.whole_site.is_some()
    };
    let here = |group: &&MerchantGroup| group.platforms.get(name).is_some_and(|share| share.0 > 0.0);
    let mut groups = scenario.catalog.merchants.values().filter(here);
    if groups.any(|group| group.ads.as_ref().is_some_and(aims)) {
        return None;
    }
    let problem = Problem::new(format!("nobody bids for a target on `{name}`: its cost guarantee pays nobody"));
    Some((at!["platforms", name, "ads", "guarantee"], problem.help("give a group a target (ROI, net ROI, cost per order, whole-site)")))
}

/// Mean list price of the goods of a group over its categories, yuan.
fn mean_price(scenario: &Scenario, group: &MerchantGroup) -> f64 {
    let mine = |name: &String| group.categories.is_empty() || group.categories.contains(name);
    let categories: Vec<&Category> = scenario.catalog.categories.iter().filter(|(name, _)| mine(name)).map(|(_, c)| c).collect();
    let all: f64 = categories.iter().map(|c| c.share).sum();
    group.price_factor.mean() * categories.iter().map(|c| c.share / all * c.price.mean()).sum::<f64>()
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
