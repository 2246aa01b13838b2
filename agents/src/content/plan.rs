//! The night of content: what each merchant group spends on which channel in the next tick, and what its content is worth.
//!
//! Plans are made for a merchant of the group and hold for all of its members that sell where the channel is. Replicated: they
//! follow from parameters, platform states, who sells where, and the traffic that was seen. Guarantees that no budget is overspent
//! and that no channel delivers beyond its capacity. Nothing is bought before the first traffic has been seen.

use super::allocator::{Curve, equal_marginal, estimated};
use super::campaign;
use super::creative::{self, Creatives};
use super::params::{Allocator, BrandParams, ChannelParams, ContentParams, ContentProgramme, CreativeParams, PhaseKind, PhaseParams};
use super::response::carry_over;
use crate::catalog::Catalog;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{CONTENT, Params};
use crate::platform::PlatformState;
use serde::{Deserialize, Serialize};
use sim_core::draw::{Purpose, Seed};

/// Weight of a tick in mean traffic: a memory of a week.
const TRAFFIC_GAIN: f64 = 1.0 / 7.0;

/// What survives between ticks. Empty where no group has a programme.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ContentState {
    /// Missions a tick by platform and segment, mean of a week; empty before the first tick.
    pub traffic: Vec<f64>,
    /// By merchant group.
    pub groups: Vec<GroupContent>,
}

/// The content of a merchant group in a tick.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GroupContent {
    /// Split over channels.
    pub shares: Vec<f64>,
    /// By channel.
    pub buys: Vec<Buy>,
    /// Reserved brand impressions.
    pub brand: Buy,
    /// Creatives.
    pub creatives: Creatives,
    /// What is known of the audience, 0 to 1.
    pub known: f64,
    /// Money of a merchant spent by phase of the campaign.
    pub phase_spent: Vec<i64>,
}

/// What is bought on a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Buy {
    /// Merchants who pay.
    pub payers: i64,
    /// What each of them pays in the tick, money units.
    pub spend: i64,
    /// Impressions of all of them.
    pub impressions: i64,
    /// Adstocked impressions per mission of one of them.
    pub adstock: f64,
    /// Missions a tick of the audience, as expected.
    pub audience: f64,
    /// What is sold at auction: what each of them may pay for clicks in this tick, from the plan of the tick before, money units.
    pub funded: i64,
}

impl ContentState {
    /// Before the first tick.
    #[must_use]
    pub fn new(catalog: &Catalog, channels: usize) -> ContentState {
        if catalog.groups.iter().all(|g| g.content.is_none()) {
            return ContentState::default();
        }
        let group = |programme: Option<&ContentProgramme>| GroupContent {
            shares: programme.map_or(Vec::new(), |p| p.shares.clone()),
            buys: vec![Buy::default(); if programme.is_some() { channels } else { 0 }],
            phase_spent: vec![0; programme.and_then(|p| p.campaign.as_ref()).map_or(0, |c| c.phases.len())],
            ..GroupContent::default()
        };
        ContentState { traffic: Vec::new(), groups: catalog.groups.iter().map(|g| group(g.content.as_ref())).collect() }
    }

    /// Whether any group has a programme.
    #[inline]
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Missions a tick on a platform (everywhere: `None`) of the segments that are reached.
    fn audience(&self, platform: Option<usize>, reaches: impl Fn(usize) -> bool, segments: usize) -> f64 {
        let here = |cell: &usize| platform.is_none_or(|p| p == cell / segments) && reaches(cell % segments);
        (0..self.traffic.len()).filter(here).map(|cell| self.traffic[cell]).sum()
    }
}

/// Plans the content of `tick`, when the totals of the tick before are known and `presence` says who sells where.
pub(crate) fn plan(
    market: &Bazaar,
    tick: u32,
    params: &Params,
    platforms: &[PlatformState],
    presence: &[u8],
    state: &mut ContentState,
    totals: &mut Totals,
) {
    if !state.is_on() {
        return;
    }
    see_traffic(state, totals);
    let night = Night { market, tick, content: &params.content, platforms, presence };
    let segments = market.catalog.segments.len();
    let audiences: Vec<f64> = params.content.channels.iter().map(|c| state.audience(c.platform, |s| c.segments[s], segments)).collect();
    let everybody: Vec<f64> =
        (0..=platforms.len()).map(|p| state.audience((p < platforms.len()).then_some(p), |_| true, segments)).collect();
    for (group, programme) in programmes(market) {
        let on = night.sellers(group);
        let content = &mut state.groups[group];
        night.ask(group, programme, content, &audiences, &on, totals);
        if let Some(brand) = &programme.brand {
            night.reserve(brand, content, everybody[brand.platform.unwrap_or(platforms.len())], &on);
        }
    }
    for (channel, rules) in params.content.channels.iter().enumerate() {
        ration(rules, audiences[channel], channel, &mut state.groups, totals);
    }
    for (group, programme) in programmes(market) {
        night.deliver(programme, &mut state.groups[group]);
    }
}

/// Books the impressions of the tick that ends.
pub(crate) fn deliver(state: &ContentState, totals: &mut Totals) {
    for (group, content) in state.groups.iter().enumerate().filter(|(_, content)| !content.buys.is_empty()) {
        for (channel, buy) in content.buys.iter().chain([&content.brand]).enumerate() {
            totals.content.at(group, channel).impressions += buy.impressions;
        }
    }
}

fn programmes(market: &Bazaar) -> impl Iterator<Item = (usize, &ContentProgramme)> {
    market.catalog.groups.iter().enumerate().filter_map(|(at, group)| Some((at, group.content.as_ref()?)))
}

fn see_traffic(state: &mut ContentState, totals: &Totals) {
    let seen = totals.by_segment(Metric::Missions);
    if state.traffic.is_empty() {
        state.traffic = seen.map(|missions| missions as f64).collect();
    } else {
        state.traffic.iter_mut().zip(seen).for_each(|(mean, missions)| *mean += (missions as f64 - *mean) * TRAFFIC_GAIN);
    }
}

struct Night<'a> {
    market: &'a Bazaar,
    tick: u32,
    content: &'a ContentParams,
    platforms: &'a [PlatformState],
    presence: &'a [u8],
}

/// Merchants of a group that sell on each platform, and anywhere (last).
type On = Vec<i64>;

impl Night<'_> {
    fn sellers(&self, group: usize) -> On {
        let mut on = vec![0; self.platforms.len() + 1];
        for bits in self.market.sellers.of(group, None).iter().map(|&m| self.presence[m as usize]) {
            for (p, count) in on.iter_mut().enumerate() {
                *count += i64::from(if p < self.platforms.len() { bits >> p & 1 == 1 } else { bits != 0 });
            }
        }
        on
    }

    /// Performance of the `content` function for a channel: that of its platform; off-site the best there is.
    fn performance(&self, platform: Option<usize>) -> f64 {
        performance(self.platforms, platform)
    }

    /// What a group asks for: creatives first, the rest of the money split over channels.
    fn ask(&self, group: usize, programme: &ContentProgramme, content: &mut GroupContent, audiences: &[f64], on: &On, totals: &mut Totals) {
        let phase = campaign::phase(programme.campaign.as_ref(), self.tick);
        let extra = phase.map_or(0, |(place, phase)| campaign::pace(phase, self.tick, content.phase_spent[place]));
        let money = programme.budget + extra;
        let makes = makes(programme, self.tick);
        let cost = Creatives::cost(makes, money);
        let pressure: f64 = content.buys.iter().filter(|b| b.payers > 0 && b.audience > 0.0).map(per_mission).sum();
        content.creatives.advance(makes, cost, pressure);
        content.known = campaign::known_audience(content.known, phase.map(|(_, p)| p));
        if let Some((_, phase)) = phase {
            totals.fired(mechanism(phase.kind), 1, extra);
        }
        for (buy, (channel, &audience)) in content.buys.iter_mut().zip(self.content.channels.iter().zip(audiences)) {
            buy.payers = on[channel.platform.unwrap_or(self.platforms.len())];
            buy.audience = audience;
        }
        self.split(group, programme, phase, content, money - cost, totals);
        for (buy, (channel, share)) in content.buys.iter_mut().zip(self.content.channels.iter().zip(&content.shares)) {
            let wanted = ((money - cost) as f64 * share) as i64;
            buy.funded = if channel.auctioned { buy.spend } else { 0 };
            buy.spend = if buy.audience > 0.0 && buy.payers > 0 { wanted } else { 0 };
            buy.impressions = if channel.auctioned { 0 } else { impressions(buy.payers, buy.spend, channel.cpm) };
        }
    }

    /// Revises the split over channels: where a phase begins or ends, and every review.
    fn split(
        &self,
        group: usize,
        programme: &ContentProgramme,
        phase: Option<(usize, &PhaseParams)>,
        content: &mut GroupContent,
        money: i64,
        totals: &mut Totals,
    ) {
        let (shares, allocator, review) = match phase {
            Some((_, phase)) => (&phase.shares, phase.allocator, phase.review),
            None => (&programme.shares, programme.allocator, programme.review),
        };
        let (Allocator::EqualMarginalReturn | Allocator::Ai { .. }) = allocator else {
            content.shares.clone_from(shares);
            return;
        };
        let place = |tick: u32| campaign::phase(programme.campaign.as_ref(), tick).map(|(place, _)| place);
        let begins = self.tick.checked_sub(1).is_some_and(|before| place(before) != phase.map(|(place, _)| place));
        if money <= 0 || content.buys.iter().all(|b| b.audience == 0.0) || !(begins || self.tick.is_multiple_of(review)) {
            return;
        }
        let curves: Vec<Curve> = (0..content.buys.len()).map(|c| self.curve(group, c, shares[c], allocator, content)).collect();
        let split = equal_marginal(&curves, money as f64);
        if split.iter().sum::<f64>() > 0.0 {
            content.shares = split;
            totals.fired(
                if allocator == Allocator::EqualMarginalReturn { Mechanism::EqualMarginal } else { Mechanism::AiAllocator },
                1,
                money,
            );
        }
    }

    /// What a channel returns to steady money of a merchant; a channel that the scenario gives no share is not among them.
    fn curve(&self, group: usize, channel: usize, share: f64, allocator: Allocator, content: &GroupContent) -> Curve {
        let (rules, buy) = (&self.content.channels[channel], &content.buys[channel]);
        let usable = share > 0.0 && buy.audience > 0.0 && buy.payers > 0;
        let room = rules.capacity * buy.audience * rules.cpm / 1000.0 / buy.payers.max(1) as f64;
        let curve = Curve {
            worth: if usable { rules.worth * rules.effect * buy.audience } else { 0.0 },
            per_money: 1000.0 / rules.cpm / buy.audience.max(1.0),
            left: rules.left,
            hill: rules.hill,
            limit: room,
        };
        let Allocator::Ai { noise } = allocator else { return curve };
        let bits = allocation_bits(self.market.seed, group, self.tick, channel);
        estimated(curve, noise * (1.0 - self.performance(rules.platform)), bits)
    }

    /// Reserves brand impressions: no more than reach and frequency hold.
    fn reserve(&self, brand: &BrandParams, content: &mut GroupContent, audience: f64, on: &On) {
        let payers = on[brand.platform.unwrap_or(self.platforms.len())];
        let buy = &mut content.brand;
        (buy.payers, buy.audience) = (payers, audience);
        let most = (brand.reach * audience * brand.cap * brand.cpm / 1000.0) as i64;
        buy.spend = if payers > 0 && audience > 0.0 { brand.budget.min(most) } else { 0 };
        buy.impressions = impressions(payers, buy.spend, brand.cpm);
    }

    /// What was granted is delivered: adstock, and what the campaign has spent.
    fn deliver(&self, programme: &ContentProgramme, content: &mut GroupContent) {
        for (buy, channel) in content.buys.iter_mut().zip(&self.content.channels) {
            buy.adstock = carry_over(buy.adstock, channel.left, per_mission(buy));
        }
        content.brand.adstock = per_mission(&content.brand);
        if let Some((place, _)) = campaign::phase(programme.campaign.as_ref(), self.tick) {
            let spent: i64 = content.buys.iter().map(|b| b.spend).sum::<i64>() + content.creatives.cost;
            content.phase_spent[place] += (spent - programme.budget).max(0);
        }
    }
}

fn mechanism(kind: PhaseKind) -> Mechanism {
    match kind {
        PhaseKind::Accumulate => Mechanism::CampaignAccumulate,
        PhaseKind::Seed => Mechanism::CampaignSeed,
        PhaseKind::BreakOut => Mechanism::CampaignBreakOut,
    }
}

/// Random bits of an estimate.
fn allocation_bits(seed: Seed, group: usize, tick: u32, channel: usize) -> u32 {
    seed.words(Purpose::Allocation, group as u64, u64::from(tick), channel as u64).bits(0)
}

/// Performance of the `content` function for a channel of this platform; off-site the best there is.
pub(crate) fn performance(platforms: &[PlatformState], platform: Option<usize>) -> f64 {
    match platform {
        Some(p) => platforms[p].in_use[CONTENT],
        None => platforms.iter().map(|p| p.in_use[CONTENT]).fold(0.0, f64::max),
    }
}

/// Impressions of a tick per mission of the audience, of one merchant.
fn per_mission(buy: &Buy) -> f64 {
    let missions = buy.payers as f64 * buy.audience;
    if missions > 0.0 { buy.impressions as f64 / missions } else { 0.0 }
}

/// Impressions that so many merchants buy.
fn impressions(payers: i64, spend: i64, cpm: f64) -> i64 {
    (payers as f64 * spend as f64 * 1000.0 / cpm) as i64
}

/// A channel that is asked for more than it holds grants everybody the same share of the money.
fn ration(rules: &ChannelParams, audience: f64, channel: usize, groups: &mut [GroupContent], totals: &mut Totals) {
    let asked: i64 = groups.iter().filter_map(|g| g.buys.get(channel)).map(|b| b.impressions).sum();
    let room = rules.capacity * audience;
    if asked as f64 <= room {
        return;
    }
    let granted = room / asked as f64;
    for buy in groups.iter_mut().filter_map(|g| g.buys.get_mut(channel)).filter(|b| b.spend > 0) {
        buy.spend = (buy.spend as f64 * granted) as i64;
        buy.impressions = impressions(buy.payers, buy.spend, rules.cpm);
        totals.fired(Mechanism::ChannelCapacity, 1, 0);
    }
}

/// How creatives are made in a tick: as the phase of the campaign says, else as the programme does.
pub(crate) fn makes(programme: &ContentProgramme, tick: u32) -> &CreativeParams {
    let phase = campaign::phase(programme.campaign.as_ref(), tick);
    phase.and_then(|(_, p)| p.creatives.as_ref()).unwrap_or(&programme.creatives)
}

/// Factor of wear, fit and looks on a channel's response.
pub(crate) fn creative_factor(programme: &ContentProgramme, tick: u32, content: &GroupContent, performance: f64) -> f64 {
    let makes = makes(programme, tick);
    content.creatives.freshness(makes) * creative::fit(makes, performance)
}
