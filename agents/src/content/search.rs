//! Search money of content budgets: it buys clicks in the ad auction, and a click that it pays is a contact of its channel.
//!
//! Guarantees that no click is paid twice: what content money pays is ad spend, counted by channel beside it. What a plan gives for a
//! day is in the merchant's purse on that day. Unspent money of a phase comes back to the merchant, who offers it to the other channels
//! of the phase on the next day.

use super::campaign;
use super::params::{CampaignParams, ChannelParams, ContentParams};
use crate::ads::bid::Bid;
use crate::ads::books::Campaign;
use crate::ads::click::AdView;
use crate::ads::purse::{Lent, Term};
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::shard::ShardState;
use crate::view::View;
use crate::visit::Tour;
use sim_core::draw::{Purpose, mix, unit_f32};

/// Key of the draws of clicks, beyond the numbers of all missions and the key of looking.
const CLICK_KEY: u64 = 1 << 33;
/// Key of who pays a click, beyond the numbers of all listings and merchants.
const PAYER_KEY: u64 = 1 << 32;

/// What the content plan lends a merchant of a group for clicks on a platform on `next`, the day that comes.
pub(crate) fn lent(market: &Bazaar, view: &View, next: u32, group: usize, platform: usize) -> Lent {
    let none = Lent { given: 0, term: Term::Week, ended: false };
    let content = &market.params(view).content;
    let Some(at) = content.auctioned_on(platform) else { return none };
    let Some(programme) = &market.catalog.groups[group].content else { return none };
    let given = view.state.content.groups.get(group).and_then(|content| content.buys.get(at)).map_or(0, |buy| buy.ahead);
    Lent { given, ..of_phase(content, programme.campaign.as_ref(), next) }
}

/// For how long search money of `next` is held.
fn of_phase(content: &ContentParams, campaign: Option<&CampaignParams>, next: u32) -> Lent {
    let place = |tick: u32| campaign::phase(campaign, tick).map(|(place, _)| place);
    let before = next.checked_sub(1).and_then(place);
    let term = campaign::phase(campaign, next).map_or(Term::Week, |(_, phase)| Term::Phase {
        left: i64::from(phase.to - next + 1),
        elsewhere: content.channels.iter().zip(&phase.shares).any(|(channel, share)| !channel.auctioned && *share > 0.0),
    });
    Lent { given: 0, term, ended: before.is_some() && before != place(next) }
}

/// Books what content money has paid for clicks: their price, and its part of the impressions.
pub(crate) fn note(
    market: &Bazaar,
    view: &View,
    group: usize,
    platform: usize,
    (paid, charges, impressions): (i64, i64, i64),
    added: &mut Totals,
) {
    let Some(at) = market.params(view).content.auctioned_on(platform) else { return };
    let sum = added.content.at(group, at);
    sum.spend += paid;
    sum.impressions += (i128::from(impressions) * i128::from(paid) / i128::from(charges.max(1))) as i64;
    added.add_to(platform, 0, Metric::SearchSpend, paid);
    added.fired(Mechanism::CampaignSearch, 1, paid);
}

/// Share of its clicks that search money pays tomorrow, of [`Bid::ALL_SEARCH`]; the fraction is drawn, so that little money counts too.
pub(crate) fn share(market: &Bazaar, place: usize, tick: u32, campaign: &Campaign) -> u8 {
    let searched = campaign.searched();
    if searched == 0.0 {
        return 0;
    }
    let u = market.seed.words(Purpose::Allocation, place as u64, u64::from(tick), PAYER_KEY).uniform(0);
    (searched * f64::from(Bid::ALL_SEARCH) + f64::from(u)) as u8
}

/// The part of `returned` search money that a merchant that sells on the platforms `on` (as bits) offers to a channel, at this split.
pub(crate) fn offered(channels: &[ChannelParams], shares: &[f64], on: u8, returned: i64, at: usize) -> i64 {
    let open = |c: usize| !channels[c].auctioned && channels[c].platform.is_none_or(|p| on >> p & 1 == 1);
    let all: f64 = (0..channels.len()).filter(|&c| open(c)).map(|c| shares[c]).sum();
    if returned > 0 && open(at) && all > 0.0 { (returned as f64 * shares[at] / all) as i64 } else { 0 }
}

/// Offers the search money that has come back to a merchant to the other channels of its phase, for `next`.
pub(crate) fn offer(market: &Bazaar, view: &View, next: u32, campaigns: &[Campaign], id: u32, added: &mut Totals) {
    let group = market.catalog.merchants[id as usize].group as usize;
    let programme = market.catalog.groups[group].content.as_ref();
    if campaign::phase(programme.and_then(|p| p.campaign.as_ref()), next).is_none() {
        return;
    }
    let returned: i64 = campaigns.iter().map(|campaign| campaign.returned).sum();
    let Some(content) = view.state.content.groups.get(group).filter(|_| returned > 0) else { return };
    let channels = &market.params(view).content.channels;
    for at in 0..content.shares.len() {
        let offer = offered(channels, &content.shares, view.contacts.presence[id as usize], returned, at);
        added.content.at(group, at).offered += offer;
    }
}

/// Takes what other channels have cost out of the search money that has come back.
pub(crate) fn settle(campaigns: &mut [Campaign], mut paid: i64) {
    for campaign in campaigns {
        let part = paid.min(campaign.returned);
        campaign.returned -= part;
        paid -= part;
    }
}

impl Tour<'_> {
    /// Clicks that content money has bought are contacts of its channel.
    #[cold]
    pub(crate) fn meet_by_click(
        &self,
        state: &mut ShardState,
        index: usize,
        segment: usize,
        mission: u32,
        views: &[AdView],
        totals: &mut Totals,
    ) {
        for listing in views.iter().filter_map(AdView::clicked) {
            let offer = &self.view.offers[listing as usize];
            let (merchant, platform) = (offer.merchant, self.catalog.listings[listing as usize].platform as usize);
            let Some(channel) = self.params.content.auctioned_on(platform).filter(|_| offer.bid.search() > 0) else { continue };
            let id = state.shopper(index);
            let key = self.seed.words(Purpose::Content, id, u64::from(self.tick), CLICK_KEY | u64::from(mission)).0[0];
            let pays = mix(key, PAYER_KEY | u64::from(listing)) >> 32;
            if pays * u64::from(Bid::ALL_SEARCH) >= u64::from(offer.bid.search()) << 32 {
                continue;
            }
            let group = self.catalog.merchants[merchant as usize].group as usize;
            let u = unit_f32(mix(key, u64::from(merchant)) as u32);
            self.arrive(&mut state.rows[index], (platform, segment), (group, channel), merchant, u, totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_come_back_is_paid_by_those_who_have_it() {
        let of = |returned| Campaign { returned, ..Campaign::NEW };
        let mut campaigns = [of(5), of(0), of(8)];
        settle(&mut campaigns, 9);
        assert_eq!(campaigns.map(|campaign| campaign.returned), [0, 0, 4]);
    }
}
