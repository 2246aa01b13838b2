//! The night of a merchant's desk: questions are counted, people and the tool are paid, what the tool advises is done.
//!
//! Guarantees that every wage and fee goes through the ledger, and that a merchant without service has none of this.

use super::action::{cut, dominant, order_more};
use super::inquiry::answers;
use super::shop::{Alone, Score, Talent, ToolUse, replaces, service, within};
use crate::loss::Cause;
use crate::market::Bazaar;
use crate::merchant::{Desk, Merchants, Quote, WEEK_TICKS};
use crate::metric::{ASKED, Mechanism, Metric, Totals};
use crate::params::{MerchantServiceParams, PLATFORMS, SERVICE, ToolParams};
use crate::presence::Status;
use crate::pricing::break_even;
use sim_core::ledger::Account;

/// Ticks between two scores of a shop.
const SCORE_TICKS: u32 = 3;

/// What a merchant's tool finds at the end of a week.
pub(crate) struct Advice<'a> {
    tool: &'a ToolParams,
    /// The cause that dominates the whole shop.
    shop: Option<Cause>,
}

/// Service of all shops at the start, by listing.
pub(crate) fn first(market: &Bazaar) -> Vec<u16> {
    let params = &market.epochs[0];
    let of = |listing: &crate::catalog::Listing| {
        let desk = desk_of(market, listing.merchant)?;
        let performance = params.platforms[listing.platform as usize].ai.initial[SERVICE];
        let (talent, state) = (Talent::new(market.seed, listing.merchant), super::ShopDesk::default());
        let offers = market.catalog.merchants[listing.merchant as usize].listings.iter();
        let within = within(talent.tool(desk, &state, 0), offers.map(|&l| market.catalog.listings[l as usize].first_price));
        Some(service(desk, &talent, &state, 0, performance, within).of(listing.first_price))
    };
    market.catalog.listings.iter().map(|listing| of(listing).unwrap_or(0)).collect()
}

pub(super) fn desk_of(market: &Bazaar, merchant: u32) -> Option<&MerchantServiceParams> {
    market.catalog.groups[market.catalog.merchants[merchant as usize].group as usize].service.as_ref()
}

impl Desk<'_> {
    /// Counts the questions of a day, pays people and tool; what the tool advises, on the last day of a week.
    pub(crate) fn serve(&self, merchants: &mut Merchants, id: u32, added: &mut Totals) -> Option<Advice<'_>> {
        let params = desk_of(self.market, id).filter(|_| !merchants.desks.is_empty())?;
        if self.market.begins_week(self.tick) {
            merchants.desks[id as usize].week_cost = 0;
        }
        if merchants.standing[id as usize].status != Status::Active {
            return None;
        }
        let merchant = &self.market.catalog.merchants[id as usize];
        let asked = |kind: usize| merchant.listings.iter().map(|&l| i64::from(self.tallies.asked[l as usize * ASKED + kind])).sum::<i64>();
        let (questions, reached) = (asked(0) + asked(1), asked(1));
        let talent = Talent::new(self.market.seed, id);
        let desk = &mut merchants.desks[id as usize];
        desk.count(questions);
        let tool = talent.tool(params, desk, self.tick);
        let wages = i64::from(desk.people(params)) * params.wage;
        let fee = tool.map_or(0, |tool| tool.cost + reached * tool.reach_cost);
        added.fired(Mechanism::MerchantDesk, i64::from(params.agents > 0), wages);
        if wages + fee > 0 {
            let home = &self.market.catalog.listings[merchant.listings[0] as usize];
            self.charge(home, Account::External, Metric::MerchantService, wages + fee, added);
            merchants.cash[id as usize] -= wages + fee;
        }
        let desk = &mut merchants.desks[id as usize];
        desk.week_cost += wages + fee;
        desk.freed = tool.filter(|tool| replaces(tool)).map_or(0, |tool| {
            // one desk for all platforms: it is staffed for the first
            let home = self.market.catalog.listings[merchant.listings[0] as usize].platform as usize;
            let alone = Alone::new(&talent, Some(tool), self.tick, self.view.state.platforms[home].in_use[SERVICE]);
            alone.freed(params, within(Some(tool), self.prices(&merchant.listings)))
        });
        let tool = tool?;
        added.fired(Mechanism::ServiceTool, 1, fee);
        if talent.gives_up(tool, self.tick) {
            desk.tool = ToolUse::GivenUp;
        }
        if !tool.acts || talent.learned(tool, self.tick) == 0.0 || !(self.tick + 1).is_multiple_of(WEEK_TICKS) {
            return None;
        }
        let shop = self.worst(merchants, &merchant.listings);
        let answers_badly = self.answers_badly(merchants, &merchant.listings);
        let desk = &mut merchants.desks[id as usize];
        let most = params.agents.min(u32::from(u16::MAX)) as u16;
        let wanted = shop == Some(Cause::Service) && answers_badly;
        desk.extra = if wanted { (desk.extra + 1).min(most) } else { desk.extra.saturating_sub(1) };
        added.fired(Mechanism::ToolAction, i64::from(wanted), 0);
        Some(Advice { tool, shop })
    }

    /// Prices of some listings.
    fn prices(&self, listings: &[u32]) -> impl Iterator<Item = u32> {
        listings.iter().map(|&l| self.view.state.prices[l as usize])
    }

    /// Whether it is how the shop answers, and not the service of its platforms, that loses sales to service: people at its own desk
    /// change only the former.
    fn answers_badly(&self, merchants: &Merchants, listings: &[u32]) -> bool {
        let (yard, rating) = (&self.view.yardstick, self.market.params(self.view).inquiry.rating);
        if merchants.week_losses.is_empty() || yard.shops.is_empty() {
            return false;
        }
        let (mut shop, mut platforms) = (0.0f32, 0.0f32);
        for &l in listings {
            let (at, listing) = (l as usize, &self.market.catalog.listings[l as usize]);
            let lost = merchants.week_losses[at * Cause::COUNT + Cause::Service as usize] as f32;
            shop += lost * (yard.shops[listing.category as usize] - rating * answers(self.view.state.service[at]));
            platforms += lost * (yard.service.median - yard.service.of[listing.platform as usize]);
        }
        shop > 0.0 && shop > platforms
    }

    /// The cause that dominates the lost sales of some listings.
    fn worst(&self, merchants: &Merchants, listings: &[u32]) -> Option<Cause> {
        if merchants.week_losses.is_empty() {
            return None;
        }
        let mut sums = [0u32; Cause::COUNT];
        for &listing in listings {
            let lost = &merchants.week_losses[listing as usize * Cause::COUNT..][..Cause::COUNT];
            sums.iter_mut().zip(lost).for_each(|(sum, lost)| *sum += lost);
        }
        dominant(&sums)
    }

    /// Service of a shop by platform as everybody will see it, on the shop's turn. Without a tool it is the same on all of them.
    pub(crate) fn scores(&self, merchants: &Merchants, id: u32) -> Option<[Score; PLATFORMS]> {
        let desk = merchants.desks.get(id as usize)?;
        let params = desk_of(self.market, id).filter(|_| (self.tick + id).is_multiple_of(SCORE_TICKS))?;
        let talent = Talent::new(self.market.seed, id);
        let next = self.tick + 1;
        let tool = talent.tool(params, desk, next);
        let within = within(tool, self.prices(&self.market.catalog.merchants[id as usize].listings));
        let on = |platform: usize| service(params, &talent, desk, next, self.view.state.platforms[platform].in_use[SERVICE], within);
        let mut scores = [on(0); PLATFORMS];
        if tool.is_some() {
            (1..self.market.catalog.platforms.len()).for_each(|platform| scores[platform] = on(platform));
        }
        Some(scores)
    }

    /// Does for a listing what the tool advises.
    pub(crate) fn follow(&self, merchants: &mut Merchants, id: u32, advice: &Advice, quote: &mut Quote, added: &mut Totals) {
        if !quote.listed || !self.view.state.listed[quote.listing as usize] {
            return;
        }
        let listing = &self.market.catalog.listings[quote.listing as usize];
        let rules = &self.market.params(self.view).platforms[listing.platform as usize];
        let state = &self.view.state.platforms[listing.platform as usize];
        let worst = self.worst(merchants, &[quote.listing]).or(advice.shop);
        let done = match worst {
            Some(Cause::Price | Cause::RivalDeal) => {
                let first_party = listing.first_party;
                let least = break_even(rules, listing.unit_cost, state.delivery_cost(rules), first_party);
                let price = cut(advice.tool, quote.price, least);
                let moved = price != quote.price;
                added.add_to(listing.platform as usize, 0, Metric::PriceChanges, i64::from(moved));
                quote.price = price;
                moved
            }
            Some(Cause::StockOut) => {
                let group = &self.market.catalog.groups[self.market.catalog.merchants[id as usize].group as usize];
                order_more(&group.stock, &mut merchants.listings[quote.listing as usize], self.tick)
            }
            _ => false,
        };
        added.fired(Mechanism::ToolAction, i64::from(done), 0);
    }
}
