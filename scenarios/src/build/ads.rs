//! Advertising compiled: slots with the attention that they get, budgets and bids in money units.

use super::params::{Units, ppm};
use crate::model::{self, AdBudget, Auction, Bidding, Pacing, Scenario};
use agents::params as compiled;
use agents::params::{AdParams, AdvertiserParams, BoostParams, GuaranteeParams, SoldOn, WholeSiteParams, Worth};
use sim_core::units::{Amount, Days, Share};

/// The paid space of a platform.
pub(super) fn space(units: &Units, ads: &model::Ads) -> AdParams {
    AdParams {
        auction: match ads.auction {
            Auction::Gsp => compiled::Auction::Gsp,
            Auction::Vcg => compiled::Auction::Vcg,
            Auction::FirstPrice => compiled::Auction::FirstPrice,
        },
        slots: ads.slots.iter().map(|&slot| slot as u8).collect(),
        examined_ppm: ads.slots.iter().map(|&slot| examined_ppm(units.scenario, slot)).collect(),
        reserve: as_bid(units.intensive(ads.reserve)),
        squash: ads.quality as f32,
        click_odds: ads.click as f32,
        own_estimate: units.scenario.ai_market.functions.contains_key(compiled::FUNCTIONS[compiled::ADS]),
        guarantee: ads.guarantee.as_ref().map(|g| GuaranteeParams {
            tolerance: g.tolerance.0,
            period: ticks(units.scenario, g.period),
            least_orders: g.least_orders.into(),
        }),
    }
}

/// Share of missions that reach a position: patience to its power, in the mean of the segments.
fn examined_ppm(scenario: &Scenario, position: u32) -> u32 {
    let segments = scenario.population.segments.values();
    let reach: f64 = segments.map(|s| (0..position).fold(s.share.0, |reach, _| reach * s.patience.0)).sum();
    ppm(Share(reach.clamp(1e-6, 1.0)))
}

/// How a group advertises.
pub(super) fn advertiser(units: &Units, warm_up: u32, ads: &model::Advertiser) -> AdvertiserParams {
    let money = |amount: Amount| units.intensive(amount) as f64;
    AdvertiserParams {
        bidding: match &ads.bidding {
            Bidding::Manual { bid } => compiled::Bidding::Manual { bid: money(*bid) },
            Bidding::MaximiseVolume => compiled::Bidding::MaximiseVolume,
            Bidding::TargetRoi { roi } => compiled::Bidding::TargetRoi { roi: *roi },
            Bidding::TargetCpa { cost } => compiled::Bidding::TargetCpa { cost: money(*cost) },
            Bidding::NetTargetRoi { roi } => compiled::Bidding::NetTargetRoi { roi: *roi },
            Bidding::MultiObjective { orders, new_shoppers, favourites, growth } => compiled::Bidding::MultiObjective(Worth {
                orders: money(*orders),
                new_shoppers: money(*new_shoppers),
                favourites: money(*favourites),
                growth: *growth,
            }),
        },
        budget: match &ads.budget {
            AdBudget::PerDay(amount) => compiled::AdBudget::PerTick(units.per_tick(units.of_merchant(*amount))),
            AdBudget::Sales(share) => compiled::AdBudget::SalesShare(share.0),
        },
        pacing: pacing(&ads.pacing),
        whole_site: ads.whole_site.as_ref().map(|tool| WholeSiteParams {
            roi: tool.roi,
            adopted: tool.adopted.0,
            hazard: tool.hazard.0,
            imitation: tool.imitation.0,
            items: tool.items.0,
            cold_start: tool.cold_start,
            platforms: sold_on(units.scenario, &tool.platforms),
        }),
        boost: ads.boost.as_ref().filter(|boost| boost.budget.micros() > 0).map(|boost| boosted(units, warm_up, boost)),
        pass_on: ads.pass_on.0,
    }
}

/// A group that advertises only with the search money of its content: as many clicks as that buys.
pub(super) fn of_search(scenario: &Scenario, group: &model::MerchantGroup) -> Option<AdvertiserParams> {
    super::content::buys_search(scenario, group).then(|| AdvertiserParams {
        bidding: compiled::Bidding::MaximiseVolume,
        budget: compiled::AdBudget::PerTick(0),
        pacing: pacing(&Pacing::default()),
        whole_site: None,
        boost: None,
        pass_on: 0.0,
    })
}

/// Where a tool is sold; no names: everywhere.
fn sold_on(scenario: &Scenario, names: &[String]) -> SoldOn {
    if names.is_empty() { SoldOn::ALL } else { SoldOn::platforms(names.iter().filter_map(|name| scenario.platforms.get_index_of(name))) }
}

fn pacing(pacing: &Pacing) -> compiled::Pacing {
    match *pacing {
        Pacing::None => compiled::Pacing::None,
        Pacing::Dual { step } => compiled::Pacing::Dual { step },
        Pacing::Pid { proportional, integral, derivative } => compiled::Pacing::Pid { gains: [proportional, integral, derivative] },
    }
}

fn boosted(units: &Units, warm_up: u32, boost: &model::Boost) -> BoostParams {
    let calendar = &units.scenario.calendar;
    let days = (boost.to.days_since(boost.from) + 1).max(0) as u32;
    BoostParams {
        from: calendar.tick_of(boost.from) + warm_up,
        ticks: days * calendar.ticks_per_day(),
        budget: units.per_tick(units.of_merchant(boost.budget)),
        relax: boost.relax.0,
        platforms: sold_on(units.scenario, &boost.platforms),
    }
}

fn ticks(scenario: &Scenario, days: Days) -> u32 {
    ((days.0 / scenario.calendar.tick.0).round() as u32).max(1)
}

fn as_bid(units: i64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX).clamp(1, 1 << 30)
}
