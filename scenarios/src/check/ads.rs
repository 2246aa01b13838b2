//! Advertising: slots that fit the page, bids that are bids, boosts that end; and what is allowed and warned of: targets that lose money,
//! prices that nobody can bid.

use super::{Check, at, percent};
use crate::model::{AdBudget, Ads, Advertiser, Bidding, Category, MerchantGroup, Platform, Scenario};
use crate::path::Path;
use crate::problem::Problem;
use agents::PricingPolicy;
use agents::params::{AD_SLOTS, DEAREST_BID};
use sim_core::math;
use sim_core::units::Distribution;

/// Standard deviations beyond which next to no price lies.
const DEAR_SIGMAS: f64 = 2.0;

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
        if let Some(tool) = &advertiser.whole_site {
            self.sold_on(name, group, "whole_site", &tool.platforms);
        }
        let Some(boost) = &advertiser.boost else { return };
        self.sold_on(name, group, "boost", &boost.platforms);
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

impl Check<'_> {
    /// Platforms of a tool: known ones, that sell slots, and on which the group sells.
    fn sold_on(&mut self, name: &str, group: &MerchantGroup, tool: &str, platforms: &[String]) {
        for (i, platform) in platforms.iter().enumerate() {
            let path = at!["catalog", "merchants", name, "ads", tool, "platforms", i];
            let Some(rules) = self.scenario.platforms.get(platform) else {
                self.refers(path, "platform", platform, &self.scenario.platforms);
                continue;
            };
            let problem = if rules.ads.is_none() {
                Problem::new(format!("`{platform}` sells no slots")).help(format!("add `ads: {{}}` to it, or leave it out of `{tool}`"))
            } else if group.platforms.get(platform).is_none_or(|share| share.0 == 0.0) {
                let problem = Problem::new(format!("`{name}` does not sell on `{platform}`"));
                problem.help(format!("add it to the `platforms` of the group, or leave it out of `{tool}`"))
            } else {
                continue;
            };
            self.report(path, problem);
        }
    }
}

/// What is legal and hardly meant: targets that lose money, bids and reserves that nobody can bid, guarantees that nobody can claim.
pub(super) fn warnings(scenario: &Scenario) -> Vec<(Path, Problem)> {
    let mut found = Vec::new();
    for (name, group) in &scenario.catalog.merchants {
        let Some(advertiser) = group.ads.as_ref().filter(|ads| spends(ads)) else { continue };
        found.extend(losing_targets(scenario, name, group, advertiser));
        found.extend(bid_below_reserve(scenario, name, group, advertiser));
        found.extend(bid_beyond_prices(scenario, name, group, advertiser));
    }
    for (name, platform) in &scenario.platforms {
        found.extend(idle_guarantee(scenario, name, platform));
        found.extend(reserve_beyond_bids(scenario, name, platform));
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

/// A target in terms of ROI.
struct Aim<'a> {
    path: Path,
    roi: f64,
    /// Whether returns are yet to be taken off.
    after_returns: bool,
    /// Yuan, of a target cost per order: one over the ROI of an order of mean price.
    cost: Option<f64>,
    /// Platforms on which it holds; none: all.
    platforms: &'a [String],
}

impl Aim<'_> {
    /// Those of a group: of its bidding, and of whole-site promotion.
    fn of<'a>(scenario: &Scenario, name: &str, group: &MerchantGroup, advertiser: &'a Advertiser) -> Vec<Aim<'a>> {
        let aim =
            |fields: &[&str], roi, after_returns| Aim { path: ads_path(name, fields), roi, after_returns, cost: None, platforms: &[] };
        let target = match &advertiser.bidding {
            Bidding::TargetRoi { roi } => Some(aim(&["bidding", "target-roi", "roi"], *roi, true)),
            Bidding::NetTargetRoi { roi } => Some(aim(&["bidding", "net-target-roi", "roi"], *roi, false)),
            Bidding::TargetCpa { cost } => {
                let yuan = cost.micros() as f64 * 1e-6;
                let aim = aim(&["bidding", "target-cpa", "cost"], mean_price(scenario, group) / yuan, true);
                Some(Aim { cost: Some(yuan), ..aim })
            }
            Bidding::Manual { .. } | Bidding::MaximiseVolume | Bidding::MultiObjective { .. } => None,
        };
        let tool = advertiser.whole_site.as_ref();
        let tool = tool.map(|tool| Aim { platforms: &tool.platforms, ..aim(&["whole_site", "roi"], tool.roi, true) });
        target.into_iter().chain(tool).collect()
    }

    fn formula(&self) -> &'static str {
        if self.after_returns { "1 / (margin x (1 - return rate))" } else { "1 / margin" }
    }

    /// The warning of a target below the break-even ROI.
    fn losing(&self, name: &str, least: f64) -> Problem {
        let roi = self.roi;
        let problem = match self.cost {
            None => Problem::new(format!("the target ROI of `{name}` is below break-even: every ad order loses money"))
                .found(format!("`{roi}`")),
            Some(cost) => {
                let problem = Problem::new(format!("the target cost per order of `{name}` is beyond break-even: ad orders lose money"));
                problem.found(format!("{cost} yuan, an ROI of {roi:.2} at the mean price of {:.2} yuan", roi * cost))
            }
        };
        if least.is_infinite() {
            return problem.help("no target is enough: nothing of the price is left after goods, commission and fee");
        }
        problem.expected(format!("at least the break-even ROI {least:.2} = {}", self.formula()))
    }

    /// The warning of a boost that relaxes the target below the break-even ROI.
    fn relaxed(&self, name: &str, relax: f64, least: f64) -> Problem {
        let relaxed = self.roi * (1.0 - relax);
        let problem =
            Problem::new(format!("the boost of `{name}` relaxes its target below break-even: ad orders of these days lose money"));
        let problem = problem.found(format!("{}: an ROI of {:.2} becomes {relaxed:.2}", percent(relax), self.roi));
        let most = (1.0 - least / self.roi).max(0.0);
        problem.expected(format!("at most {:.0} %, for a break-even ROI of {least:.2} = {}", (most * 100.0).floor(), self.formula()))
    }
}

/// Targets at which every ad order loses money, as they are or relaxed by a boost.
fn losing_targets(scenario: &Scenario, name: &str, group: &MerchantGroup, advertiser: &Advertiser) -> Vec<(Path, Problem)> {
    let boost = advertiser.boost.as_ref().filter(|boost| boost.budget.micros() > 0);
    let mut found = Vec::new();
    for aim in Aim::of(scenario, name, group, advertiser) {
        let least = break_even_roi(scenario, group, aim.platforms, aim.after_returns);
        if aim.roi < least {
            found.push((aim.path.clone(), aim.losing(name, least)));
        } else if let Some(boost) = boost {
            let both = |platform: &&String| aim.platforms.is_empty() || aim.platforms.contains(platform);
            let mut platforms: Vec<String> = boost.platforms.iter().filter(both).cloned().collect();
            if boost.platforms.is_empty() {
                platforms.extend(aim.platforms.iter().cloned());
            } else if platforms.is_empty() {
                continue; // sold on other platforms than the tool
            }
            let least = break_even_roi(scenario, group, &platforms, aim.after_returns);
            if aim.roi * (1.0 - boost.relax.0) < least {
                found.push((ads_path(name, &["boost", "relax"]), aim.relaxed(name, boost.relax.0, least)));
            }
        }
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

/// A manual bid that is cut for most of the group's products.
fn bid_beyond_prices(scenario: &Scenario, name: &str, group: &MerchantGroup, advertiser: &Advertiser) -> Option<(Path, Problem)> {
    let Bidding::Manual { bid } = &advertiser.bidding else { return None };
    let yuan = bid.micros() as f64 * 1e-6;
    let cut = |category: &Category| DEAREST_BID * median(&category.price) * median(&group.price_factor) < yuan;
    let shares = categories_of(scenario, group).map(|(_, category)| (category.share, cut(category)));
    let (all, beyond) = shares.fold((0.0, 0.0), |(all, beyond), (share, cut)| (all + share, beyond + if cut { share } else { 0.0 }));
    let problem = Problem::new(format!("the bid of `{name}` is beyond half the price of most of its products: there it is cut to that"));
    let problem = problem.found(format!("{bid}, where the mean price is {:.2} yuan", mean_price(scenario, group)));
    (beyond > 0.5 * all)
        .then(|| (ads_path(name, &["bidding", "manual", "bid"]), problem.help("bid what a click is worth: margin x orders per click")))
}

/// A reserve that no bid reaches, for bids are at most half of a price.
fn reserve_beyond_bids(scenario: &Scenario, name: &str, platform: &Platform) -> Option<(Path, Problem)> {
    let ads = platform.ads.as_ref().filter(|ads| !ads.slots.is_empty())?;
    let here = |group: &&MerchantGroup| {
        let sells = group.platforms.get(name).is_some_and(|share| share.0 > 0.0);
        sells && group.ads.as_ref().is_some_and(spends)
    };
    let groups = scenario.catalog.merchants.values().filter(here);
    let dearest = groups.flat_map(|group| {
        let factor = dear(&group.price_factor);
        categories_of(scenario, group).map(move |(_, category)| DEAREST_BID * dear(&category.price) * factor)
    });
    let most = dearest.reduce(f64::max)?;
    let problem = Problem::new(format!("hardly any bid reaches the reserve of `{name}`: its slots are not sold"));
    let problem = problem.found(ads.reserve.to_string()).expected(format!("below {most:.2} yuan, half the price of the dearest products"));
    (ads.reserve.micros() as f64 * 1e-6 > most).then(|| (at!["platforms", name, "ads", "reserve"], problem))
}

/// Half of the products cost less.
fn median(price: &Distribution) -> f64 {
    if let Distribution::Lognormal { median, .. } = *price { median } else { price.mean() }
}

/// Next to nothing costs more.
fn dear(price: &Distribution) -> f64 {
    match *price {
        Distribution::Lognormal { median, sigma } => median * math::exp(DEAR_SIGMAS * sigma),
        Distribution::Normal { mean, sd } => mean + DEAR_SIGMAS * sd,
        _ => price.support().1,
    }
}

fn idle_guarantee(scenario: &Scenario, name: &str, platform: &Platform) -> Option<(Path, Problem)> {
    platform.ads.as_ref()?.guarantee.as_ref()?;
    let aims = |ads: &Advertiser| {
        let target = matches!(ads.bidding, Bidding::TargetRoi { .. } | Bidding::TargetCpa { .. } | Bidding::NetTargetRoi { .. });
        target || ads.whole_site.as_ref().is_some_and(|tool| tool.platforms.is_empty() || tool.platforms.iter().any(|p| p == name))
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
    let all: f64 = categories_of(scenario, group).map(|(_, c)| c.share).sum();
    group.price_factor.mean() * categories_of(scenario, group).map(|(_, c)| c.share / all * c.price.mean()).sum::<f64>()
}

fn categories_of<'a>(scenario: &'a Scenario, group: &'a MerchantGroup) -> impl Iterator<Item = (&'a String, &'a Category)> {
    let mine = move |name: &String| group.categories.is_empty() || group.categories.contains(name);
    scenario.catalog.categories.iter().filter(move |(name, _)| mine(name))
}

/// Break-even ROI of a group in the mean of its categories and of these platforms (none: of all that sell slots): 1 / (margin x (1 - return rate)); where the target counts net
/// GMV, returns are left out. Infinite without a margin.
fn break_even_roi(scenario: &Scenario, group: &MerchantGroup, on: &[String], after_returns: bool) -> f64 {
    let categories: Vec<(&String, &Category)> = categories_of(scenario, group).collect();
    let all: f64 = categories.iter().map(|(_, c)| c.share).sum();
    let counts = |name: &String| on.is_empty() || on.contains(name);
    let platforms: Vec<_> = scenario.platforms.iter().filter(|(name, rules)| rules.ads.is_some() && counts(name)).collect();
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
