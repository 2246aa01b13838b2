//! The night of content: what each merchant group spends on which channel in the next tick, and what its content is worth.
//!
//! Plans are made for a merchant of the group and hold for all of its members that sell where the channel is. Replicated: they
//! follow from parameters, platform states, who sells where, and the traffic that was seen. Guarantees that no budget is overspent
//! and that no channel delivers beyond its capacity. Nothing is bought before the first traffic has been seen.

use super::allocator::{Curve, equal_marginal};
use super::campaign;
use super::creative::{self, Creatives};
use super::params::{Allocator, BrandParams, ChannelParams, ContentParams, ContentProgramme, CreativeParams, PhaseKind, PhaseParams};
use super::response::carry_over;
use super::returns::{Found, Plan};
use crate::catalog::Catalog;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{CONTENT, Params};
use crate::platform::PlatformState;
use serde::{Deserialize, Serialize};

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
    /// Split at which merchants have offered search money that came back to them.
    pub offered_at: Vec<f64>,
    /// What clicks have brought, by channel that is sold at auction.
    pub found: Vec<Found>,
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
    /// Search money that has come back and is offered by all of them together, money units.
    pub offer: i64,
    /// Share of it that is granted.
    pub granted: f64,
    /// What is sold at auction: what each of them may pay for clicks in the next tick, money units.
    pub ahead: i64,
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
            found: vec![Found::default(); if programme.is_some() { channels } else { 0 }],
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
    let night = Night { market, tick, params, content: &params.content, platforms, presence };
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
    night.ration_brands(&everybody, &mut state.groups, totals);
    for (group, programme) in programmes(market) {
        let content = &mut state.groups[group];
        night.deliver(programme, content);
        let campaign = programme.campaign.as_ref();
        content.known = campaign::known_audience(content.known, campaign::phase(campaign, tick).map(|(_, p)| p), content.pressure());
        night.lend(programme, content);
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

impl GroupContent {
    /// Impressions of a merchant per mission of their audience, over all channels.
    fn pressure(&self) -> f64 {
        self.buys.iter().map(per_mission).sum()
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

pub(super) struct Night<'a> {
    pub(super) market: &'a Bazaar,
    pub(super) tick: u32,
    pub(super) params: &'a Params,
    pub(super) content: &'a ContentParams,
    pub(super) platforms: &'a [PlatformState],
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

    /// What a group asks for: creatives first, the rest of the money split over channels.
    fn ask(&self, group: usize, programme: &ContentProgramme, content: &mut GroupContent, audiences: &[f64], on: &On, totals: &mut Totals) {
        let phase = campaign::phase(programme.campaign.as_ref(), self.tick);
        let extra = phase.map_or(0, |(place, phase)| campaign::pace(phase, self.tick, content.phase_spent[place]));
        let money = programme.budget + extra;
        let makes = makes(programme, self.tick);
        let cost = Creatives::cost(makes, money);
        content.creatives.advance(makes, cost, content.pressure());
        content.offered_at.clone_from(&content.shares);
        if let Some((_, phase)) = phase {
            totals.fired(mechanism(phase.kind), 1, extra);
        }
        for (at, (channel, &audience)) in self.content.channels.iter().zip(audiences).enumerate() {
            let buy = &mut content.buys[at];
            content.found[at].see(totals.content.of(group, at));
            buy.offer = if phase.is_some() { totals.content.of(group, at).offered } else { 0 };
            buy.granted = 1.0;
            buy.payers = on[channel.platform.unwrap_or(self.platforms.len())];
            buy.audience = audience;
        }
        self.split(group, programme, phase, content, money - cost, totals);
        self.ask_channels(content, money - cost);
    }

    /// What search costs was given the night before; the rest of the money is split over the other channels.
    fn ask_channels(&self, content: &mut GroupContent, money: i64) {
        let sold =
            |auctioned: bool| self.content.channels.iter().enumerate().filter(move |(_, c)| c.auctioned == auctioned).map(|(at, _)| at);
        let given: i64 = sold(true).map(|at| content.buys[at].ahead).sum();
        let others: f64 = sold(false).map(|at| content.shares[at]).sum();
        let rest = (money - given).max(0);
        for (at, channel) in self.content.channels.iter().enumerate() {
            let buy = &mut content.buys[at];
            if channel.auctioned {
                (buy.spend, buy.impressions) = (buy.ahead, 0);
                continue;
            }
            let wanted = if others > 0.0 { (rest as f64 * (content.shares[at] / others)) as i64 } else { 0 };
            buy.spend = if buy.audience > 0.0 && buy.payers > 0 { wanted } else { 0 };
            buy.impressions = buy.bought(channel.cpm);
        }
    }

    /// Sets what search may cost in the next tick, so that it is in the purses when the day begins. Where a phase begins, at the split
    /// that is written.
    fn lend(&self, programme: &ContentProgramme, content: &mut GroupContent) {
        let next = self.tick + 1;
        let [now, then] = [self.tick, next].map(|tick| campaign::phase(programme.campaign.as_ref(), tick));
        let extra = then.map_or(0, |(place, phase)| campaign::pace(phase, next, content.phase_spent[place]));
        let money = programme.budget + extra;
        let money = money - Creatives::cost(makes(programme, next), money);
        let written = then.map_or(&programme.shares, |(_, phase)| &phase.shares);
        let begins = now.map(|(place, _)| place) != then.map(|(place, _)| place);
        for (at, _) in self.content.channels.iter().enumerate().filter(|(_, channel)| channel.auctioned) {
            let share = if begins { written[at] } else { content.shares[at] };
            let buy = &mut content.buys[at];
            buy.ahead = if buy.audience > 0.0 && buy.payers > 0 { (money as f64 * share) as i64 } else { 0 };
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
        let asked = Plan { group, programme, allocator, shares, money };
        let curves: Vec<Curve> = (0..content.buys.len()).map(|c| self.curve(&asked, c, content)).collect();
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

    /// Reserves brand impressions: no more than reach and frequency hold.
    fn reserve(&self, brand: &BrandParams, content: &mut GroupContent, audience: f64, on: &On) {
        let payers = on[brand.platform.unwrap_or(self.platforms.len())];
        let buy = &mut content.brand;
        (buy.payers, buy.audience) = (payers, audience);
        let most = (brand.reach * audience * brand.cap * brand.cpm / 1000.0) as i64;
        buy.spend = if payers > 0 && audience > 0.0 { brand.budget.min(most) } else { 0 };
        buy.impressions = impressions(payers, buy.spend, brand.cpm);
    }

    /// Brand impressions beyond what the pages hold: everybody gets the same part of what they reserve.
    fn ration_brands(&self, audiences: &[f64], groups: &mut [GroupContent], totals: &mut Totals) {
        let brand = |group: usize| self.market.catalog.groups[group].content.as_ref().and_then(|programme| programme.brand.as_ref());
        for place in (0..self.platforms.len()).map(Some).chain([None]) {
            let here = |group: &usize| brand(*group).is_some_and(|brand| brand.platform == place);
            let asked: i64 = (0..groups.len()).filter(here).map(|group| groups[group].brand.impressions).sum();
            let room = self.content.brand_capacity(place) * audiences[place.unwrap_or(self.platforms.len())];
            if asked as f64 <= room {
                continue;
            }
            for group in (0..groups.len()).filter(here) {
                let Some(brand) = brand(group) else { continue };
                groups[group].brand.shrink(room / asked as f64, brand.cpm);
                totals.fired(Mechanism::ChannelCapacity, 1, 0);
            }
        }
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

impl Buy {
    /// Only this share of it is granted.
    fn shrink(&mut self, granted: f64, cpm: f64) {
        self.spend = (self.spend as f64 * granted) as i64;
        self.granted = granted;
        self.impressions = self.bought(cpm);
    }

    /// Impressions that its merchants buy, with search money that has come back to them too.
    fn bought(&self, cpm: f64) -> i64 {
        impressions(self.payers, self.spend, cpm) + impressions(1, (self.offer as f64 * self.granted) as i64, cpm)
    }
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
    for buy in groups.iter_mut().filter_map(|g| g.buys.get_mut(channel)).filter(|b| b.impressions > 0) {
        buy.shrink(granted, rules.cpm);
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
