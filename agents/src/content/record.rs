//! Observation of content: rows from what a tick and a census left. Never draws, never writes to the world.

use super::census::{MindCensus, presence};
use super::params::ContentProgramme;
use super::plan::{self, Buy, GroupContent};
use super::stage::{STAGES, Stage, aipl};
use crate::record::Observation;
use sim_core::rows::{ChannelTick, FunnelTick, MerchantFunnelTick};
use std::sync::Arc;

impl Observation<'_> {
    /// Share of all strength in evoked sets that the merchants of a platform hold, each divided among the platforms it sells on.
    pub(crate) fn mindshare(&self, platform: usize) -> f64 {
        self.census.map_or(f64::NAN, |census| {
            let on = self.presence();
            census.mind.mindshare(|m| part(on[m], platform))
        })
    }

    /// Slots at the stage ask whose merchant sells on a platform.
    pub(crate) fn ask_shoppers(&self, platform: usize) -> f64 {
        self.census.map_or(f64::NAN, |census| {
            let on = self.presence();
            census.mind.at(Stage::Ask, |m| on[m] >> platform & 1 == 1) as f64
        })
    }

    fn presence(&self) -> Vec<u8> {
        presence(&self.market.catalog, &self.view.state.listed)
    }

    /// Rows by merchant group and platform, and over all platforms; none without a census.
    #[must_use]
    pub fn funnel_ticks(&self) -> Vec<FunnelTick> {
        let Some(census) = self.census else { return Vec::new() };
        let catalog = &self.market.catalog;
        let on = self.presence();
        let places = || (0..catalog.platforms.len()).map(Some).chain([None]);
        let pairs = (0..catalog.groups.len()).flat_map(|g| places().map(move |p| (g, p)));
        pairs
            .map(|(group, platform)| {
                let here = |m: usize| {
                    let sells = platform.is_none_or(|p| on[m] >> p & 1 == 1);
                    catalog.merchants[m].group as usize == group && sells
                };
                let held = |m: usize| if here(m) { platform.map_or(1.0, |p| part(on[m], p)) } else { 0.0 };
                let counts = stages(&census.mind, here);
                let ([aware, appeal, ask, act, advocate], [awareness, interest, purchase, loyalty]) = (counts, aipl(counts));
                FunnelTick {
                    tick: self.tick,
                    group: catalog.groups[group].name.clone(),
                    platform: platform.map_or_else(|| Arc::from("all"), |p| catalog.platforms[p].clone()),
                    merchants: (0..on.len()).filter(|&m| here(m) && on[m] != 0).count() as i64,
                    aware,
                    appeal,
                    ask,
                    act,
                    advocate,
                    awareness,
                    interest,
                    purchase,
                    loyalty,
                    mindshare: census.mind.mindshare(held),
                }
            })
            .collect()
    }

    /// Rows by merchant in anybody's mind; none without a census.
    #[must_use]
    pub fn merchant_funnel(&self) -> Vec<MerchantFunnelTick> {
        let Some(census) = self.census else { return Vec::new() };
        let catalog = &self.market.catalog;
        let known = (0..census.mind.stages.len()).filter(|&m| census.mind.strength[m] > 0);
        let all: i64 = census.mind.strength.iter().sum();
        let row = |m: usize| {
            let counts = census.mind.of(m);
            let ([aware, appeal, ask, act, advocate], [awareness, interest, purchase, loyalty]) = (counts, aipl(counts));
            let group = catalog.groups[catalog.merchants[m].group as usize].name.clone();
            let mindshare = census.mind.strength[m] as f64 / all as f64;
            MerchantFunnelTick {
                tick: self.tick,
                merchant: m as u32,
                group,
                aware,
                appeal,
                ask,
                act,
                advocate,
                awareness,
                interest,
                purchase,
                loyalty,
                mindshare,
            }
        };
        known.map(row).collect()
    }

    /// Rows by merchant group with a programme, and channel.
    #[must_use]
    pub fn channel_ticks(&self) -> Vec<ChannelTick> {
        let catalog = &self.market.catalog;
        let groups = self.view.state.content.groups.iter().enumerate();
        groups
            .filter_map(|(g, content)| Some((g, content, catalog.groups[g].content.as_ref()?)))
            .flat_map(|(g, c, p)| self.channels(g, c, p))
            .collect()
    }

    fn channels(&self, group: usize, content: &GroupContent, programme: &ContentProgramme) -> Vec<ChannelTick> {
        let catalog = &self.market.catalog;
        let channels = &self.params.content.channels;
        let engine_tick = self.tick + self.market.warm_up;
        let freshness = content.creatives.freshness(plan::makes(programme, engine_tick));
        let row = |at: usize, name: Arc<str>, platform: Option<usize>, buy: &Buy, share: f64, reserved: f64| {
            let sums = self.totals.content.of(group, at);
            let seen = sums.impressions as f64 / (buy.payers as f64 * buy.audience).max(1.0);
            let reach = reach(seen, reserved);
            ChannelTick {
                tick: self.tick,
                group: catalog.groups[group].name.clone(),
                channel: name,
                platform: platform.map_or_else(|| Arc::from("off-site"), |p| catalog.platforms[p].clone()),
                impressions: sums.impressions,
                contacts: sums.contacts,
                spend: sums.spend,
                share,
                adstock: buy.adstock,
                freshness,
                reach,
                frequency: if reach > 0.0 { seen / reach } else { f64::NAN },
            }
        };
        let plain = channels.iter().zip(&content.buys).zip(&content.shares).enumerate();
        let mut rows: Vec<ChannelTick> =
            plain.map(|(at, ((c, buy), &share))| row(at, c.name.clone(), c.platform, buy, share, 1.0)).collect();
        if let Some(brand) = &programme.brand {
            rows.push(row(channels.len(), Arc::from("brand"), brand.platform, &content.brand, 1.0, brand.reach));
        }
        rows
    }
}

/// Share of missions that see any of `seen` impressions per mission, shown at random to the share `reserved` of them.
fn reach(seen: f64, reserved: f64) -> f64 {
    if reserved > 0.0 { reserved * (1.0 - sim_core::math::exp(-seen / reserved)) } else { 0.0 }
}

/// Part of a merchant that a platform has: one over the number of platforms on which it sells.
fn part(on: u8, platform: usize) -> f64 {
    if on >> platform & 1 == 1 { 1.0 / f64::from(on.count_ones()) } else { 0.0 }
}

fn stages(mind: &MindCensus, here: impl Fn(usize) -> bool) -> [i64; STAGES] {
    let mut sums = [0; STAGES];
    for (_, counts) in mind.stages.iter().enumerate().filter(|(m, _)| here(*m)) {
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_and_frequency_make_the_impressions() {
        let (few, many) = (reach(0.01, 0.2), reach(4.0, 0.2));
        assert!((few - 0.01).abs() < 0.001 && (many - 0.2).abs() < 1e-6, "{few} {many}");
        assert_eq!((reach(0.0, 0.2), reach(1.0, 0.0)), (0.0, 0.0));
    }
}
