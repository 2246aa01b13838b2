//! Search money of content budgets: it buys clicks in the ad auction, and a click is a contact of its channel.
//!
//! Guarantees that no click is paid twice: what content money pays is ad spend, counted by channel beside it. What a plan gives for a
//! day is in the merchant's purse on the next.

use crate::ads::click::AdView;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::shard::ShardState;
use crate::view::View;
use crate::visit::Tour;
use sim_core::draw::{Purpose, mix, unit_f32};

/// Key of the draws of clicks, beyond the numbers of all missions and the key of looking.
const CLICK_KEY: u64 = 1 << 33;

/// What a merchant of a group may pay for clicks on a platform out of the content plan, money units.
pub(crate) fn money(market: &Bazaar, view: &View, group: usize, platform: usize) -> i64 {
    let Some(at) = market.params(view).content.auctioned_on(platform) else { return 0 };
    view.state.content.groups.get(group).and_then(|content| content.buys.get(at)).map_or(0, |buy| buy.spend)
}

/// Books what content money has paid for clicks.
pub(crate) fn note(market: &Bazaar, view: &View, group: usize, platform: usize, paid: i64, added: &mut Totals) {
    let Some(at) = market.params(view).content.auctioned_on(platform) else { return };
    added.content.at(group, at).spend += paid;
    added.add_to(platform, 0, Metric::SearchSpend, paid);
    added.fired(Mechanism::CampaignSearch, 1, paid);
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
            let (merchant, platform) =
                (self.view.offers[listing as usize].merchant, self.catalog.listings[listing as usize].platform as usize);
            let group = self.catalog.merchants[merchant as usize].group;
            let Some(channel) = self.view.contacts.search_channel(group, platform) else { continue };
            let id = state.shopper(index);
            let key = self.seed.words(Purpose::Content, id, u64::from(self.tick), CLICK_KEY | u64::from(mission)).0[0];
            let u = unit_f32(mix(key, u64::from(merchant)) as u32);
            self.arrive(&mut state.rows[index], (platform, segment), (group as usize, channel), merchant, u, totals);
        }
    }
}
