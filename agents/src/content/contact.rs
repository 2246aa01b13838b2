//! With whom a mission may come into contact: tables by platform and segment, computed once a tick from the plan.
//!
//! A contact is content that is noticed. Its probability per mission is payers x effect x Hill(adstock) x creatives for each group
//! and channel; the sum over the table is the expected number of contacts of a mission.

use super::campaign;
use super::params::BrandParams;
use super::plan::{Buy, ContentState, creative_factor, performance};
use super::sellers;
use crate::ads::bid::Bid;
use crate::catalog::Catalog;
use crate::params::Params;
use crate::platform::PlatformState;

/// Content of a group on a channel, as a mission may meet it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Contacts expected up to and with this entry.
    pub(crate) upto: f32,
    /// Merchant group.
    pub(crate) group: u16,
    /// Channel; the number of channels stands for brand impressions.
    pub(crate) channel: u8,
    /// Share of contacts with a merchant of the category that is shopped for.
    pub(crate) precision: f32,
    /// Share of shoppers that are reached.
    pub(crate) reach: f32,
}

/// All tables of a tick. Empty where there is no content.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    segments: usize,
    tables: Vec<Vec<Entry>>,
    /// Whether content money buys clicks of anybody's.
    search: bool,
    /// By merchant: platforms on which it sells, as bits.
    pub(crate) presence: Vec<u8>,
}

impl Contacts {
    /// The tables of `tick`.
    #[must_use]
    pub fn new(
        catalog: &Catalog,
        params: &Params,
        tick: u32,
        state: &ContentState,
        platforms: &[PlatformState],
        listed: &[bool],
        bids: &[Bid],
    ) -> Contacts {
        if !state.is_on() {
            return Contacts::default();
        }
        let segments = catalog.segments.len();
        let cells = (0..platforms.len()).flat_map(|p| (0..segments).map(move |s| (p, s)));
        let all = entries(catalog, params, tick, state, platforms);
        let table = |(p, s): (usize, usize)| {
            let mut sum = 0.0f32;
            let here = all.iter().filter(|(on, entry)| {
                let reaches = params.content.channels.get(entry.channel as usize).is_none_or(|c| c.segments[s]);
                on.is_none_or(|on| on == p) && reaches && entry.upto > 0.0
            });
            here.map(|(_, entry)| {
                sum += entry.upto;
                Entry { upto: sum, ..*entry }
            })
            .collect()
        };
        Contacts {
            segments,
            search: bids.iter().any(|bid| bid.search() > 0),
            tables: cells.map(table).collect(),
            presence: sellers::presence(catalog, listed),
        }
    }

    /// Whether anybody buys clicks with content money.
    #[inline]
    pub(crate) fn has_search(&self) -> bool {
        self.search
    }

    /// The table of a platform and segment; empty where nothing is met.
    #[inline]
    pub(crate) fn table(&self, platform: usize, segment: usize) -> &[Entry] {
        self.tables.get(platform * self.segments + segment).map_or(&[], |table| table)
    }
}

/// Entries of all groups, with the platform whose missions meet them (`None`: all); `upto` is still the entry's own expectation.
fn entries(
    catalog: &Catalog,
    params: &Params,
    tick: u32,
    state: &ContentState,
    platforms: &[PlatformState],
) -> Vec<(Option<usize>, Entry)> {
    let channels = &params.content.channels;
    let mut all = Vec::new();
    for (group, content) in state.groups.iter().enumerate() {
        let Some(programme) = &catalog.groups[group].content else { continue };
        for (at, (channel, buy)) in channels.iter().zip(&content.buys).enumerate() {
            let quality = performance(platforms, channel.platform);
            let response = channel.hill.at(buy.adstock) * creative_factor(programme, tick, content, quality);
            let entry = Entry {
                upto: (buy.payers as f64 * channel.effect * response) as f32,
                group: group as u16,
                channel: at as u8,
                precision: campaign::precision(channel.precision, programme.campaign.as_ref(), content.known, quality) as f32,
                reach: 1.0,
            };
            all.push((channel.platform, entry));
        }
        if let Some(brand) = &programme.brand {
            all.push((brand.platform, reserved(brand, &content.brand, group, channels.len())));
        }
    }
    all
}

fn reserved(brand: &BrandParams, buy: &Buy, group: usize, channel: usize) -> Entry {
    let expected = if buy.audience > 0.0 { buy.impressions as f64 / buy.audience * brand.attention } else { 0.0 };
    // only those who are reached meet it, and they meet all of it
    let reach = brand.reach.max(1e-6);
    Entry { upto: (expected / reach) as f32, group: group as u16, channel: channel as u8, precision: 0.0, reach: reach as f32 }
}
