//! Shoppers meet content: contacts of a mission, what looking at an offer leaves, and who is looked for by name.
//!
//! Draws are keyed by (shopper, tick, mission), the reach of brand impressions by (shopper, group, week): two arms share them.

use super::contact::Entry;
use super::params::Lift;
use super::stage::Stage;
use crate::catalog::NO_LISTING;
use crate::metric::{Mechanism, Metric, Totals};
use crate::shard::ShardState;
use crate::shopper::{EVOKED, Shopper};
use crate::visit::{Option_, Tour, places};
use sim_core::draw::{Purpose, below, mix, unit_f32};

/// Most listings that stand first on a page: those looked for by name, and one to which a contact was followed.
pub(crate) const SOUGHT: usize = EVOKED + 1;
/// Most contacts of a mission: nobody notices more.
const MOST: usize = 4;
/// Most contacts that are drawn for it: reserved impressions are drawn for all, and met by those whom they reach.
const DRAWN: usize = 32;
/// Draws of a merchant of a group that is sold on the platform, before a contact is lost.
const TRIES: u64 = 4;
/// Ticks for which the shoppers reached by brand impressions stay the same.
const REACH_TICKS: u32 = 7;
/// Key of the draws of looking, beyond the numbers of all missions.
const LOOK_KEY: u64 = 1 << 32;
/// Key of the product to which a contact is followed, beyond the numbers of all missions and the keys of looking and of clicks.
const FOLLOW_KEY: u64 = 1 << 34;

impl Tour<'_> {
    /// The contacts of a mission that begins on `platform`, before its pages are shown.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    #[inline]
    pub(crate) fn meet(
        &self,
        state: &mut ShardState,
        index: usize,
        platform: usize,
        segment: usize,
        category: usize,
        key: u64,
        totals: &mut Totals,
    ) -> Option<u32> {
        let table = self.view.contacts.table(platform, segment);
        let last = table.last()?;
        let id = state.shopper(index);
        let count = ((last.upto + unit_f32(mix(key, 0) as u32)) as usize).min(DRAWN);
        let (draws, details) = (mix(key, 1), mix(key, 2));
        let (mut met, mut followed) = (0, None);
        for k in 0..count {
            let at = unit_f32((mix(draws, k as u64) >> 32) as u32) * last.upto;
            let entry = &table[table.partition_point(|e| e.upto <= at).min(table.len() - 1)];
            if met < MOST && self.reaches(entry, id) {
                met += 1;
                let here = (platform, segment, category);
                followed = self.contact(state, index, here, entry, mix(details, k as u64), totals).or(followed);
            }
        }
        followed
    }

    /// Whether a shopper is among those whom an entry reaches this week.
    fn reaches(&self, entry: &Entry, shopper: u64) -> bool {
        let week = u64::from(self.tick / REACH_TICKS);
        let draw = || self.seed.words(Purpose::BrandReach, shopper, week, u64::from(entry.group)).uniform(0);
        entry.reach >= 1.0 || draw() < entry.reach
    }

    /// One contact: a merchant of the group, and the step that it leads to; returns the merchant if it is followed to its product.
    fn contact(
        &self,
        state: &mut ShardState,
        index: usize,
        (platform, segment, category): (usize, usize, usize),
        entry: &Entry,
        key: u64,
        totals: &mut Totals,
    ) -> Option<u32> {
        let fits = unit_f32(key as u32) < entry.precision;
        let sellers = self.market.sellers.of(entry.group as usize, fits.then_some(category));
        let pick = |k| sellers[below((mix(key, 16 + k) >> 32) as u32, sellers.len() as u32) as usize];
        let rules = self.params.content.channels.get(entry.channel as usize);
        let here = rules.is_none_or(|c| c.platform.is_some());
        let sold = |m: &u32| {
            let on = self.view.contacts.presence[*m as usize];
            if here { on >> platform & 1 == 1 } else { on != 0 }
        };
        let again = rules.is_some_and(|c| f64::from(unit_f32(mix(key, 2) as u32)) < c.retargeting);
        let in_mind = if again { self.in_mind(&state.rows[index], entry.group, mix(key, 3)).filter(sold) } else { None };
        let merchant = in_mind.or_else(|| (0..TRIES).map(pick).find(sold))?;
        let source = (entry.group as usize, entry.channel as usize);
        self.arrive(&mut state.rows[index], (platform, segment), source, merchant, unit_f32(mix(key, 1) as u32), totals);
        let clicks = rules.is_some_and(|c| f64::from(unit_f32(mix(key, 4) as u32)) < c.click_through);
        Some(merchant).filter(|&m| clicks && self.market.sellers.category(m) == category)
    }

    /// A contact with a merchant by a channel (or by brand impressions) of its group, and the step that it leads to; `u` is uniform.
    pub(super) fn arrive(
        &self,
        row: &mut Shopper,
        (platform, segment): (usize, usize),
        (group, channel): (usize, usize),
        merchant: u32,
        u: f32,
        totals: &mut Totals,
    ) {
        let rules = self.params.content.channels.get(channel);
        let before = row.stage_of(merchant);
        let after = lifted(rules.map_or(&self.params.content.brand_lift, |c| &c.lift), before, u);
        totals.add_to(platform, segment, Metric::ContentContacts, 1);
        totals.content.at(group, channel).contacts += 1;
        totals.fired(if rules.is_some() { Mechanism::ContentChannel } else { Mechanism::BrandAdvertising }, 1, 0);
        if after > 0 {
            row.evoke(merchant, self.params.content.mind.contact_strength, after);
            self.note_step(platform, segment, before, row.stage_of(merchant), totals);
        }
    }

    /// A merchant of a group in the evoked set, each as likely.
    fn in_mind(&self, row: &Shopper, group: u16, key: u64) -> Option<u32> {
        let known = || row.evoked_slots().filter(|s| s.1 > 0 && self.catalog.merchants[s.0 as usize].group == group).map(|s| s.0);
        known().nth(below(key as u32, known().count() as u32) as usize)
    }

    /// Looking at the offers of merchants in the evoked set moves aware and appeal on to ask.
    #[inline]
    pub(crate) fn look(
        &self,
        state: &mut ShardState,
        index: usize,
        segment: usize,
        mission: u32,
        options: &[Option_],
        totals: &mut Totals,
    ) {
        let look = &self.params.content.mind.look;
        if !self.view.state.content.is_on() || state.rows[index].evokes_nobody() {
            return;
        }
        let mut drawn = None;
        let mut known = places(options, |o| o.examined & (o.is_evoked | o.is_paid()));
        while known != 0 {
            let option = &options[known.trailing_zeros() as usize];
            known &= known - 1;
            let merchant = self.view.offers[option.listing as usize].merchant;
            let before = state.rows[index].stage_of(merchant);
            let chance = look[before as usize];
            if chance > 0.0 && before < Stage::Ask as u8 {
                let words = || self.seed.words(Purpose::Content, state.shopper(index), u64::from(self.tick), LOOK_KEY | u64::from(mission));
                let key = *drawn.get_or_insert_with(|| words().0[0]);
                if unit_f32(mix(key, u64::from(merchant)) as u32) < chance {
                    state.rows[index].raise(merchant, Stage::Ask);
                    self.note_step(option.platform as usize, segment, before, Stage::Ask as u8, totals);
                }
            }
        }
    }

    fn note_step(&self, platform: usize, segment: usize, before: u8, after: u8, totals: &mut Totals) {
        if after > before {
            totals.fired(Mechanism::FunnelStep, 1, 0);
            if after == Stage::Ask as u8 {
                totals.add_to(platform, segment, Metric::Asked, 1);
            }
        }
    }

    /// Listings that stand first on the page of a mission: that to which a contact was followed, and those that it looks for by
    /// name, of evoked merchants of the category from ask on.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    #[inline]
    pub(crate) fn sought(
        &self,
        row: &Shopper,
        shopper: u64,
        platform: usize,
        category: usize,
        mission: u32,
        followed: Option<u32>,
        segment: usize,
        totals: &mut Totals,
    ) -> [u32; SOUGHT] {
        let mut sought = [NO_LISTING; SOUGHT];
        if let Some(merchant) = followed {
            let words = self.seed.words(Purpose::Content, shopper, u64::from(self.tick), FOLLOW_KEY | u64::from(mission));
            sought[EVOKED] = self.listing_of(merchant, platform, words.bits(0));
            totals.fired(Mechanism::ContentClick, i64::from(sought[EVOKED] != NO_LISTING), 0);
        }
        let search = self.params.content.mind.brand_search;
        if search == 0.0 || row.evokes_nobody() {
            return sought;
        }
        for (slot, (merchant, stage, _)) in sought.iter_mut().zip(row.evoked_slots()) {
            if stage < Stage::Ask as u8 || self.market.sellers.category(merchant) != category {
                continue;
            }
            let key = self.seed.words(Purpose::BrandSearch, shopper, u64::from(self.tick), u64::from(mission)).0[0];
            let key = mix(key, u64::from(merchant));
            if unit_f32(key as u32) < search {
                *slot = self.listing_of(merchant, platform, (key >> 32) as u32);
            }
        }
        if sought[..EVOKED] != [NO_LISTING; EVOKED] {
            totals.fired(Mechanism::BrandSearch, 1, 0);
            totals.add_to(platform, segment, Metric::BrandSearches, 1);
        }
        sought
    }

    /// A listing of a merchant that is sold on a platform, each as likely; none where there is none.
    fn listing_of(&self, merchant: u32, platform: usize, bits: u32) -> u32 {
        let here = || {
            let all = self.catalog.merchants[merchant as usize].listings.iter().copied();
            all.filter(|&l| self.catalog.listings[l as usize].platform as usize == platform && self.view.offers[l as usize].listed)
        };
        let count = here().count() as u32;
        here().nth(below(bits, count.max(1)) as usize).unwrap_or(NO_LISTING)
    }
}

/// The stage to which a contact leads from `before`: the highest first, each with its probability; as before if none.
fn lifted(lift: &Lift, before: u8, mut u: f32) -> u8 {
    for after in (before as usize + 1..lift.len()).rev() {
        let chance = lift[before as usize][after];
        if u < chance {
            return after as u8;
        }
        u -= chance;
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_leads_where_the_funnel_does_and_no_further() {
        let mut lift = [[0.0; 6]; 6];
        (lift[0][1], lift[1][2], lift[1][3]) = (0.5, 0.3, 0.2);
        assert_eq!([0.0, 0.49, 0.5].map(|u| lifted(&lift, 0, u)), [1, 1, 0]);
        assert_eq!([0.1, 0.2, 0.49, 0.51].map(|u| lifted(&lift, 1, u)), [3, 2, 2, 1]);
        assert_eq!(lifted(&lift, 5, 0.0), 5);
    }
}
