//! Merchants pay for their content: channels and brand impressions to the platform or, off-site, to others; creatives to others.
//!
//! Every payment goes through the ledger and is counted on the books of the platform it concerns; what is off-site is on those of
//! the merchant's first platform.

use super::params::ChannelParams;
use super::plan::{self, Buy, GroupContent};
use super::search;
use crate::market::Bazaar;
use crate::merchant::Merchants;
use crate::metric::{Mechanism, Metric, Totals};
use crate::view::View;
use sim_core::ledger::Account;
use sim_core::money::Money;

/// Charges a merchant for the content of the tick.
pub(crate) fn pay(market: &Bazaar, tick: u32, view: &View, merchants: &mut Merchants, id: u32, added: &mut Totals) {
    let merchant = &market.catalog.merchants[id as usize];
    let Some(content) = view.state.content.groups.get(merchant.group as usize).filter(|c| !c.buys.is_empty()) else { return };
    let on = view.contacts.presence[id as usize];
    if on == 0 {
        return;
    }
    let programme = market.catalog.groups[merchant.group as usize].content.as_ref().expect("a group with content has a programme");
    let home = market.catalog.listings[merchant.listings[0] as usize].platform as usize;
    let mut purse = Purse {
        id,
        group: merchant.group as usize,
        first_party_of: merchant.first_party_of,
        home,
        on,
        platforms: market.catalog.platforms.len(),
        merchants,
        added,
    };
    let channels = &market.params(view).content.channels;
    // what is auctioned is paid by the click
    for (at, (channel, buy)) in channels.iter().zip(&content.buys).enumerate().filter(|(_, (channel, _))| !channel.auctioned) {
        purse.buy(buy, channel.platform, at, Metric::ContentSpend);
    }
    purse.spend_returned(channels, content);
    if let Some(brand) = &programme.brand {
        purse.buy(&content.brand, brand.platform, channels.len(), Metric::BrandSpend);
    }
    if content.creatives.cost > 0 {
        purse.pay(home, Account::External, Metric::CreativeCost, content.creatives.cost);
        let made = if plan::makes(programme, tick).aigc { Mechanism::AigcCreatives } else { Mechanism::HumanCreatives };
        purse.added.fired(made, 1, content.creatives.cost);
    }
}

struct Purse<'a> {
    id: u32,
    group: usize,
    first_party_of: Option<u8>,
    home: usize,
    /// Platforms on which the merchant sells, as bits.
    on: u8,
    /// Platforms of the market.
    platforms: usize,
    merchants: &'a mut Merchants,
    added: &'a mut Totals,
}

impl Purse<'_> {
    /// Pays the merchant's part of what its group buys; a merchant that does not sell on the platform buys nothing there.
    fn buy(&mut self, buy: &Buy, platform: Option<usize>, channel: usize, metric: Metric) {
        if buy.spend == 0 || platform.is_some_and(|p| self.on >> p & 1 == 0) {
            return;
        }
        match platform {
            Some(p) => {
                self.pay(p, Account::Platform, metric, buy.spend);
                self.added.add_to(p, 0, Metric::ContentRevenue, buy.spend);
            }
            None => self.pay(self.home, Account::External, metric, buy.spend),
        }
        self.added.content.at(self.group, channel).spend += buy.spend;
    }

    /// Pays for what the merchant has offered of the search money that came back to it, as far as it was granted.
    fn spend_returned(&mut self, channels: &[ChannelParams], content: &GroupContent) {
        if content.buys.iter().all(|buy| buy.offer == 0) {
            return;
        }
        let platforms = self.platforms;
        let returned: i64 = self.merchants.ads.of(self.id, platforms).iter().map(|campaign| campaign.returned).sum();
        let mut paid = 0;
        for (at, (channel, buy)) in channels.iter().zip(&content.buys).enumerate().filter(|(_, (_, buy))| buy.offer > 0) {
            let offered = search::offered(channels, &content.offered_at, self.on, returned, at);
            let part = ((offered as f64 * buy.granted) as i64).min(returned - paid);
            self.buy(&Buy { spend: part, ..*buy }, channel.platform, at, Metric::ContentSpend);
            paid += part;
        }
        search::settle(self.merchants.ads.of_mut(self.id, platforms), paid);
    }

    fn pay(&mut self, platform: usize, to: Account, metric: Metric, amount: i64) {
        let own = self.first_party_of.map(usize::from) == Some(platform);
        let owner = if own { Metric::FirstPartyCash } else { Metric::ThirdPartyCash };
        self.added.ledger.transfer(platform, Account::Merchant, to, Money(amount));
        for (metric, amount) in [(metric, amount), (Metric::MerchantCash, -amount), (owner, -amount)] {
            self.added.add_to(platform, 0, metric, amount);
        }
        self.merchants.cash[self.id as usize] -= amount;
        self.merchants.standing[self.id as usize].reviewed_cash[platform] -= amount;
    }
}
