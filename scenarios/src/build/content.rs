//! Content compiled: channels, lifts of the funnel, and the programmes of merchant groups.

use super::params::Units;
use crate::funnel::Funnel;
use crate::model::{self, Allocator, ChannelKind, CreativeMode, MerchantGroup, Named, Scenario};
use agents::content::params::{
    self, BrandParams, CampaignParams, ChannelParams, ContentParams, ContentProgramme, CreativeParams, MindParams, PhaseKind, PhaseParams,
};
use agents::content::response::{Hill, left_of};
use agents::content::stage::{PLACES, Stage};
use sim_core::units::{Amount, Date, Share};

/// Strength of a full slot of the evoked set.
const FULL_STRENGTH: f64 = 255.0;

/// Channels, the funnel, and what stages do.
pub(super) fn compile(scenario: &Scenario) -> ContentParams {
    let units = Units { scenario };
    let funnel = Funnel::new(scenario);
    let channels = scenario.channels.iter().enumerate();
    ContentParams {
        channels: channels.map(|(at, (name, channel))| compile_channel(&units, &funnel, at, name, channel)).collect(),
        brand_lift: funnel.lift(scenario.channels.len()),
        brand_capacity: scenario.platforms.values().map(|platform| platform.brand.capacity).collect(),
        mind: mind(scenario, &funnel),
    }
}

fn compile_channel(units: &Units, funnel: &Funnel, at: usize, name: &str, channel: &model::Channel) -> ChannelParams {
    let scenario = units.scenario;
    let reaches = |segment: &String| channel.audience.is_empty() || channel.audience.contains(segment);
    ChannelParams {
        name: name.into(),
        platform: channel.platform.as_ref().and_then(|p| scenario.platforms.get_index_of(p)),
        auctioned: is_auctioned(scenario, channel),
        segments: scenario.population.segments.keys().map(reaches).collect(),
        capacity: channel.capacity,
        cpm: price(units, channel.cpm),
        hill: Hill { half: channel.half_saturation, exponent: channel.exponent },
        left: left_of(channel.half_life.0 / scenario.calendar.tick.0),
        effect: channel.effect.0,
        precision: channel.precision.0,
        retargeting: channel.retargeting.0,
        click_through: channel.click_through.0,
        lift: funnel.lift(at),
        worth: funnel.worth(at),
    }
}

/// Whether money of a channel goes to the ad auction: search, where the platform sells slots.
pub(crate) fn is_auctioned(scenario: &Scenario, channel: &model::Channel) -> bool {
    let sells =
        |platform: &String| scenario.platforms.get(platform).is_some_and(|p| p.ads.as_ref().is_some_and(|ads| !ads.slots.is_empty()));
    channel.kind == ChannelKind::Search && channel.platform.as_ref().is_some_and(sells)
}

/// Whether a group puts content money into an ad auction.
pub(super) fn buys_search(scenario: &Scenario, group: &MerchantGroup) -> bool {
    let auctioned = |split: &Named<Share>| {
        let bought = split.iter().filter(|(_, share)| share.0 > 0.0);
        bought.filter_map(|(name, _)| scenario.channels.get(name)).any(|channel| is_auctioned(scenario, channel))
    };
    let phases = group.campaign.iter().flat_map(|c| {
        let own =
            [c.accumulate.as_ref().map(|p| &p.channels), c.seed.as_ref().map(|p| &p.channels), c.break_out.as_ref().map(|p| &p.channels)];
        own.into_iter().flatten()
    });
    group.content.as_ref().is_some_and(|content| auctioned(&content.channels) || phases.into_iter().any(auctioned))
}

/// A price of a thousand impressions in money units, fractions kept.
fn price(units: &Units, cpm: Amount) -> f64 {
    cpm.micros() as f64 * 1e-6 * f64::from(units.scenario.money_unit)
}

fn mind(scenario: &Scenario, funnel: &Funnel) -> MindParams {
    let mind = &scenario.mind;
    let mut weights = [1.0; PLACES];
    for stage in Stage::ALL {
        weights[stage as usize] = mind.weights.get(stage.name()).copied().unwrap_or(1.0) as f32;
    }
    MindParams {
        weights,
        brand_search: mind.brand_search.0 as f32,
        contact_strength: (mind.contact_strength.0 * FULL_STRENGTH) as u8,
        look: funnel.look(),
    }
}

/// The content programme of a merchant group, if it has any.
pub(super) fn programme(units: &Units, group: &MerchantGroup) -> Option<ContentProgramme> {
    let channels = units.scenario.channels.len();
    if group.content.is_none() && group.brand.is_none() {
        return None;
    }
    let content = group.content.as_ref();
    let makes = content.map_or(CREATIVES_OF_NOBODY, |c| creatives(units, &c.creatives));
    Some(ContentProgramme {
        budget: content.map_or(0, |c| units.per_tick(units.of_merchant(c.budget))),
        shares: content.map_or(vec![0.0; channels], |c| shares(units.scenario, &c.channels)),
        allocator: content.map_or(params::Allocator::Fixed, |c| allocator(&c.allocator)),
        review: content.map_or(1, |c| units.ticks(c.review.0)),
        creatives: makes,
        brand: group.brand.as_ref().map(|b| brand(units, b)),
        campaign: content.zip(group.campaign.as_ref()).map(|(content, c)| campaign(units, content, c)),
    })
}

const CREATIVES_OF_NOBODY: CreativeParams =
    CreativeParams { aigc: false, cost: 0, per_tick: 0.0, wear_out: 0.0, artificial: 0.0, fit: 0.0 };

fn shares(scenario: &Scenario, split: &Named<Share>) -> Vec<f64> {
    scenario.channels.keys().map(|name| split.get(name).map_or(0.0, |share| share.0)).collect()
}

fn allocator(allocator: &Allocator) -> params::Allocator {
    match *allocator {
        Allocator::Fixed => params::Allocator::Fixed,
        Allocator::EqualMarginalReturn => params::Allocator::EqualMarginalReturn,
        Allocator::Ai { noise } => params::Allocator::Ai { noise },
    }
}

fn creatives(units: &Units, creatives: &model::Creatives) -> CreativeParams {
    CreativeParams {
        aigc: creatives.mode == CreativeMode::Aigc,
        cost: units.of_merchant(creatives.cost),
        per_tick: creatives.per_week / 7.0 * units.scenario.calendar.tick.0,
        wear_out: creatives.wear_out,
        artificial: creatives.artificial.0,
        fit: creatives.fit.0,
    }
}

fn brand(units: &Units, brand: &model::Brand) -> BrandParams {
    BrandParams {
        budget: units.per_tick(units.of_merchant(brand.budget)),
        platform: brand.platform.as_ref().and_then(|p| units.scenario.platforms.get_index_of(p)),
        cpm: price(units, brand.cpm),
        reach: brand.reach.0,
        cap: brand.frequency_cap,
        attention: brand.attention.0,
    }
}

/// The phases of a campaign; what rounding leaves of a phase goes to the next, so that their money adds up to the budget.
fn campaign(units: &Units, content: &model::Content, campaign: &model::Campaign) -> CampaignParams {
    let first = super::calendar::warm_up(units.scenario);
    let calendar = &units.scenario.calendar;
    let days = |from: Date, to: Date| (calendar.tick_of(from) + first, calendar.tick_of(to) + calendar.ticks_per_day() - 1 + first);
    let split = |own: &Named<Share>| shares(units.scenario, if own.is_empty() { &content.channels } else { own });
    let (usual, review) = (allocator(&content.allocator), units.ticks(content.review.0));
    let (all, mut share_before) = (units.of_merchant(campaign.budget) as f64, 0.0);
    let mut money = |share: Share| {
        let before = share_before;
        share_before += share.0;
        (all * share_before).round() as i64 - (all * before).round() as i64
    };
    let mut phase = |kind, (from, to), share: Share, channels: &Named<Share>| PhaseParams {
        kind,
        from,
        to,
        budget: money(share),
        shares: split(channels),
        precision: 0.0,
        creatives: None,
        allocator: usual,
        review,
    };
    let accumulate = campaign.accumulate.as_ref().map(|p| {
        let plain = phase(PhaseKind::Accumulate, days(p.from, p.to), p.share, &p.channels);
        PhaseParams { precision: p.precision.0, ..plain }
    });
    let seed = campaign.seed.as_ref().map(|p| {
        let plain = phase(PhaseKind::Seed, days(p.from, p.to), p.share, &p.channels);
        PhaseParams { creatives: p.creatives.as_ref().map(|c| creatives(units, c)), ..plain }
    });
    let break_out = campaign.break_out.as_ref().map(|p| {
        let plain = phase(PhaseKind::BreakOut, days(p.from, p.to), p.share, &p.channels);
        let own = p.allocator.as_ref().map_or(usual, allocator);
        PhaseParams { allocator: own, review: units.ticks(p.review.0), ..plain }
    });
    CampaignParams { phases: [accumulate, seed, break_out].into_iter().flatten().collect() }
}
