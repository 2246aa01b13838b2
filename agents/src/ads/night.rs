//! The night of campaigns: clicks are paid for, results are learned, the tool spreads, and tomorrow's bids are set.

use super::bid::Bid;
use super::bidding::{self, Prospects, Target};
use super::books::{AD_WEEK, AdBooks, CAMPAIGN_WEEK, Sums};
use super::click::AdTallies;
use super::purse::{Lent, Payment};
use super::{boost, pacing, whole_site};
use crate::catalog::{Catalog, Listing};
use crate::content::search;
use crate::market::Bazaar;
use crate::merchant::{Desk, ListingState, Merchants, WEEK_TICKS};
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{AdBudget, AdParams, AdvertiserParams, Bidding, BoostParams, DEAREST_BID, WholeSiteParams};
use crate::presence::Status;
use sim_core::draw::Seed;
use sim_core::ledger::Account;
use sim_core::math;
use sim_core::money::Money;

/// Books at the start; who has the tool from the start is keyed by merchant.
pub(crate) fn books(catalog: &Catalog, seed: Seed) -> AdBooks {
    let has = |m: u32, tool: WholeSiteParams| is_sold_to(catalog, m, &tool) && whole_site::adopts(seed, m, 0, tool.adopted);
    AdBooks::new(catalog, |m| tool_of(catalog, m as u32).is_some_and(|tool| has(m as u32, tool)))
}

/// The tool that a merchant may have.
pub(crate) fn tool_of(catalog: &Catalog, merchant: u32) -> Option<WholeSiteParams> {
    catalog.groups[catalog.merchants[merchant as usize].group as usize].ads.as_ref()?.whole_site
}

/// Whether a platform that a merchant sells on sells the tool.
fn is_sold_to(catalog: &Catalog, merchant: u32, tool: &WholeSiteParams) -> bool {
    let mut listings = catalog.merchants[merchant as usize].listings.iter();
    listings.any(|&l| tool.platforms.has(catalog.listings[l as usize].platform.into()))
}

/// The listings of a merchant by platform.
fn by_platform(market: &Bazaar, merchant: u32) -> impl Iterator<Item = (usize, &[u32])> {
    let listings = &market.catalog.listings;
    let here = market.catalog.merchants[merchant as usize].listings.chunk_by(|&a, &b| {
        let platform = |l: u32| listings[l as usize].platform;
        platform(a) == platform(b)
    });
    here.map(|here| (listings[here[0] as usize].platform as usize, here))
}

/// A campaign at work: a merchant on a platform.
struct Run<'a> {
    merchant: u32,
    platform: usize,
    here: &'a [u32],
    place: usize,
    group: &'a AdvertiserParams,
    /// Whole-site promotion and boost, where the platform sells them.
    tool: Option<WholeSiteParams>,
    boost: Option<BoostParams>,
    ads: &'a AdParams,
}

impl Run<'_> {
    /// Whether the tool bids for the campaign.
    fn uses_tool(&self, books: &AdBooks) -> bool {
        self.tool.is_some() && books.adopted[self.merchant as usize]
    }
}

impl Desk<'_> {
    /// Pays for the clicks of the day and learns from them.
    pub(crate) fn pay_for_clicks(&self, merchants: &mut Merchants, id: u32, added: &mut Totals) {
        if !merchants.ads.is_on() {
            return;
        }
        for (platform, here) in by_platform(self.market, id) {
            if self.market.begins_week(self.tick) {
                merchants.ads.campaigns[self.place(id, platform)].week = [0; CAMPAIGN_WEEK];
            }
            let run = self.run(id, platform, here);
            let planned = run.as_ref().map_or(0.0, |run| merchants.ads.campaigns[run.place].planned());
            let (paid, parts) = run.as_ref().map_or_else(Default::default, |run| self.pay(merchants, run, added));
            self.learn(merchants, here, &parts);
            if let Some(run) = run {
                self.steer(merchants, &run, planned, paid, added);
            }
        }
    }

    fn run<'a>(&'a self, merchant: u32, platform: usize, here: &'a [u32]) -> Option<Run<'a>> {
        let catalog = &self.market.catalog;
        let group = catalog.groups[catalog.merchants[merchant as usize].group as usize].ads.as_ref()?;
        let ads = self.night.params.platforms[platform].ads.as_ref()?;
        let tool = group.whole_site.filter(|tool| tool.platforms.has(platform));
        let boost = group.boost.filter(|boost| boost.platforms.has(platform));
        Some(Run { merchant, platform, here, place: self.place(merchant, platform), group, tool, boost, ads })
    }

    /// Place of a campaign among all.
    fn place(&self, merchant: u32, platform: usize) -> usize {
        merchant as usize * self.market.catalog.platforms.len() + platform
    }

    /// Pays what the purse allows; returns who pays, and what each listing pays, in the order of `run.here`; empty where nobody clicked.
    fn pay(&self, merchants: &mut Merchants, run: &Run, added: &mut Totals) -> (Payment, Vec<i64>) {
        let all: i64 = run.here.iter().map(|&l| self.tallies.ads.charges[l as usize]).sum();
        if all == 0 {
            return Default::default();
        }
        let charges: Vec<i64> = run.here.iter().map(|&l| self.tallies.ads.charges[l as usize]).collect();
        let campaign = &mut merchants.ads.campaigns[run.place];
        let extra = campaign.extra;
        let payment = campaign.pay(all);
        let paid = payment.all();
        let [over, _, boosted, search] = &mut campaign.week;
        (*over, *boosted, *search) = (*over + all - paid, *boosted + payment.boosted, *search + payment.search);
        let parts = prorated(paid, &charges);
        for (&l, &part) in run.here.iter().zip(&parts) {
            self.bill(merchants, l, Metric::AdSpend, part, added);
        }
        let p = run.platform;
        added.add_to(p, 0, Metric::OverDelivery, all - paid);
        added.add_to(p, 0, Metric::BoostSpend, payment.boosted);
        added.fired(Mechanism::OverDelivery, i64::from(all > paid), all - paid);
        added.fired(Mechanism::OneKeyBoost, i64::from(extra > 0), payment.boosted);
        if payment.search > 0 {
            self.note_search(run, payment.search, all, added);
        }
        (payment, parts)
    }

    /// What content money pays of the clicks.
    fn note_search(&self, run: &Run, paid: i64, charges: i64, added: &mut Totals) {
        let group = self.market.catalog.merchants[run.merchant as usize].group as usize;
        let impressions = run.here.iter().map(|&l| self.tallies.ads.impressions[l as usize]).sum();
        search::note(self.market, self.view, group, run.platform, (paid, charges, impressions), added);
    }

    /// What the content plan lends a merchant for clicks on a platform.
    fn search_money(&self, run: &Run) -> Lent {
        let group = self.market.catalog.merchants[run.merchant as usize].group as usize;
        search::lent(self.market, self.view, self.tick + 1, group, run.platform)
    }

    /// A merchant pays its platform for clicks.
    fn bill(&self, merchants: &mut Merchants, listing: u32, metric: Metric, amount: i64, added: &mut Totals) {
        if amount == 0 {
            return;
        }
        let listing = &self.market.catalog.listings[listing as usize];
        self.charge(listing, Account::Ad, metric, amount, added);
        added.ledger.transfer(listing.platform as usize, Account::Ad, Account::Platform, Money(amount));
        self.note_cash(merchants, listing, -amount, added);
    }

    fn note_cash(&self, merchants: &mut Merchants, listing: &Listing, cash: i64, added: &mut Totals) {
        let (merchant, platform) = (listing.merchant as usize, listing.platform as usize);
        let catalog = &self.market.catalog;
        merchants.cash[merchant] += cash;
        merchants.standing[merchant].reviewed_cash[platform] += cash;
        added.add_to_group(platform * catalog.groups.len() + catalog.merchants[merchant].group as usize, cash, 0);
    }

    fn learn(&self, merchants: &mut Merchants, here: &[u32], paid: &[i64]) {
        for (i, &l) in here.iter().enumerate() {
            let (at, item) = (l as usize, &mut merchants.ads.items[l as usize]);
            if self.market.begins_week(self.tick) {
                item.week = [0; AD_WEEK];
            }
            let paid = paid.get(i).copied().unwrap_or(0);
            item.learn(at, &self.tallies.ads, paid, self.tallies.gmv[at], self.tallies.refunds[at]);
        }
    }

    /// Pacing, the target, the guarantee.
    fn steer(&self, merchants: &mut Merchants, run: &Run, planned: f64, paid: Payment, added: &mut Totals) {
        let sums = sums(&merchants.ads, run.here);
        let target = Target::of(run.group, run.uses_tool(&merchants.ads));
        let boosted = boost::runs(run.boost.as_ref(), self.tick);
        let today = |column: &dyn Fn(&AdTallies) -> &[i64]| run.here.iter().map(|&l| column(&self.tallies.ads)[l as usize]).sum::<i64>();
        let charges = today(&|ads| &ads.charges);
        let orders = today(&|ads| &ads.orders);
        let value = match target {
            Some(Target::WholeSite(_)) => {
                let promoted = run.here.iter().filter(|&&l| merchants.ads.items[l as usize].picked);
                promoted.map(|&l| self.tallies.gmv[l as usize]).sum()
            }
            _ => today(&|ads| &ads.gmv),
        };
        let took_part = run.here.iter().any(|&l| merchants.ads.items[l as usize].bid > 0);
        let campaign = &mut merchants.ads.campaigns[run.place];
        // a day without the money for a bid says nothing about the bid
        let heard = took_part || campaign.dearest == 0;
        let raised = if campaign.search_budget > 0 { campaign.pace.clamp(1.0, pacing::MOST_SEARCH) } else { 1.0 };
        campaign.note_charges(charges);
        if heard && pacing::pace(campaign, run.group.pacing, run.group.bidding, planned, charges) {
            added.fired(Mechanism::AdPacing, 1, charges);
        }
        // while a boost runs, dearer results are what was asked for
        if let Some(target) = target.filter(|_| !boosted) {
            campaign.trim = bidding::trimmed(campaign.trim, target, &sums);
        }
        let Some(guarantee) = run.ads.guarantee else { return };
        if target.is_some() && !boosted {
            // of what search money raises or pays nothing is guaranteed
            let own = |all: i64| all - (i128::from(all) * i128::from(paid.search) / i128::from(charges.max(1))) as i64;
            campaign.note_period((paid.own as f64 / raised) as i64, own(value), own(orders));
        }
        if (self.tick + 1).is_multiple_of(guarantee.period) {
            let refund = campaign.refund(guarantee, target, sums.returned());
            self.refund(merchants, run, refund, added);
        }
    }

    /// A platform pays a campaign back.
    fn refund(&self, merchants: &mut Merchants, run: &Run, amount: i64, added: &mut Totals) {
        if amount == 0 {
            return;
        }
        let listing = &self.market.catalog.listings[run.here[0] as usize];
        let owner = if listing.first_party { Metric::FirstPartyCash } else { Metric::ThirdPartyCash };
        merchants.ads.campaigns[run.place].week[1] += amount;
        added.ledger.transfer(run.platform, Account::Platform, Account::Ad, Money(amount));
        added.ledger.transfer(run.platform, Account::Ad, Account::Merchant, Money(amount));
        for metric in [Metric::AdRefunds, Metric::MerchantCash, owner] {
            added.add_to(run.platform, 0, metric, amount);
        }
        self.note_cash(merchants, listing, amount, added);
        added.fired(Mechanism::CostGuarantee, 1, amount);
    }

    /// Who adopts whole-site promotion in this night: each merchant looks once a week.
    pub(crate) fn spread_tool(&self, merchants: &mut Merchants, id: u32, added: &mut Totals) {
        let catalog = &self.market.catalog;
        let group = &catalog.groups[catalog.merchants[id as usize].group as usize];
        let Some(tool) = group.ads.as_ref().and_then(|ads| ads.whole_site).filter(|_| merchants.ads.is_on()) else { return };
        if merchants.standing[id as usize].status != Status::Active || !is_sold_to(catalog, id, &tool) {
            return;
        }
        if !merchants.ads.adopted[id as usize] && (self.tick + id + 1).is_multiple_of(WEEK_TICKS) {
            let sold = self.view.state.platforms.iter().map(|p| p.ads.adopters);
            let [adopters, all] = sold.fold([0, 0], |[a, b], [c, d]| [a + c, b + d]);
            let share = adopters as f64 / all.max(1) as f64;
            if whole_site::adopts(self.market.seed, id, self.tick + 1, whole_site::hazard(&tool, share)) {
                merchants.ads.adopted[id as usize] = true;
                let platforms = catalog.platforms.len();
                let campaigns = merchants.ads.campaigns[id as usize * platforms..][..platforms].iter_mut().enumerate();
                campaigns.filter(|(p, _)| tool.platforms.has(*p)).for_each(|(_, campaign)| campaign.period = [0; 3]);
                added.fired(Mechanism::WholeSiteAdoption, 1, 0);
            }
        }
    }

    /// Tomorrow's budget and bids of a merchant on a platform.
    pub(crate) fn bid(&self, merchants: &mut Merchants, id: u32, platform: usize, here: &[u32], added: &mut Totals) {
        if !merchants.ads.is_on() {
            return;
        }
        here.iter().for_each(|&l| merchants.ads.items[l as usize].bid = 0);
        let Some(run) = self.run(id, platform, here) else { return };
        let adopted = run.uses_tool(&merchants.ads);
        let mut lapsed = self.plan(merchants, &run);
        if merchants.standing[id as usize].status != Status::Active {
            lapsed += merchants.ads.campaigns[run.place].close();
            here.iter().for_each(|&l| merchants.ads.items[l as usize].picked = false);
        } else {
            let has_tool = run.tool.is_some();
            added.add_to(platform, 0, Metric::AdEligible, i64::from(has_tool));
            added.add_to(platform, 0, Metric::AdAdopters, i64::from(has_tool && adopted));
            self.set_bids(merchants, &run, adopted, added);
        }
        added.add_to(platform, 0, Metric::SearchLapsed, lapsed);
        added.listings = added.listings.wrapping_add(merchants.ads.campaigns[run.place].hash(run.place));
    }

    /// Money of tomorrow; returns the search money that lapses.
    fn plan(&self, merchants: &mut Merchants, run: &Run) -> i64 {
        let budget = match run.group.budget {
            AdBudget::PerTick(budget) => budget,
            AdBudget::SalesShare(share) => {
                let listed = run.here.iter().filter(|&&l| self.view.state.listed[l as usize]);
                let sales: f64 = listed.map(|&l| expected_gmv(&merchants.listings[l as usize], self.price(l))).sum();
                math::round_i64(share * sales)
            }
        };
        let extra = boost::money(run.boost.as_ref(), self.tick + 1);
        let sells = run.here.iter().any(|&l| self.view.state.listed[l as usize]);
        let lent = self.search_money(run);
        let search = Lent { given: if sells { lent.given } else { 0 }, ..lent };
        merchants.ads.campaigns[run.place].accrue(budget, search, extra)
    }

    fn price(&self, listing: u32) -> f64 {
        f64::from(self.view.state.prices[listing as usize])
    }

    fn set_bids(&self, merchants: &mut Merchants, run: &Run, adopted: bool, added: &mut Totals) {
        let all = sums(&merchants.ads, run.here);
        let market = &self.view.state.platforms[run.platform].ads;
        let prospects = |merchants: &Merchants, l: u32| {
            let (state, item) = (&merchants.listings[l as usize], merchants.ads.items[l as usize].sums());
            let order_value = self.price(l) * f64::from(state.paid_share);
            let trend = f64::from(state.recent_sales / state.mean_sales.max(0.05) - 1.0).clamp(-1.0, 2.0);
            Prospects::new(market, run.ads.reserve, &all, &item, order_value, trend)
        };
        if adopted {
            self.pick(merchants, run, &prospects, added);
        }
        let campaign = &merchants.ads.campaigns[run.place];
        let (trim, pace) = (campaign.trim, campaign.pace);
        let lift = boost::lift(run.boost.as_ref(), self.tick + 1);
        let has_money = campaign.affords(0);
        let mut dearest = 0;
        for &l in run.here {
            let item = &merchants.ads.items[l as usize];
            if !has_money || !self.view.state.listed[l as usize] || adopted && !item.picked {
                continue;
            }
            let value = bidding::bid(run.group, adopted, &prospects(merchants, l), trim) * pace * lift;
            let most = (self.price(l) * DEAREST_BID).min(f64::from(Bid::LARGEST));
            let bid = math::round_i64(value.clamp(0.0, most)) as u32;
            merchants.ads.items[l as usize].bid = bid;
            dearest = dearest.max(bid);
        }
        let bids = hold_back(&mut merchants.ads, run, dearest);
        let campaign = &mut merchants.ads.campaigns[run.place];
        campaign.search_share = search::share(self.market, run.place, self.tick, campaign);
        let mechanism = if adopted { Mechanism::WholeSite } else { mechanism(&run.group.bidding) };
        added.fired(mechanism, bids, 0);
    }

    /// Picks the items that whole-site promotion promotes tomorrow.
    fn pick(&self, merchants: &mut Merchants, run: &Run, prospects: &dyn Fn(&Merchants, u32) -> Prospects, added: &mut Totals) {
        let Some(tool) = run.tool else { return };
        let accuracy = self.view.state.platforms[run.platform].ad_accuracy(run.ads);
        let night = whole_site::Night { tool: &tool, accuracy, seed: self.market.seed, tick: self.tick };
        let mut items: Vec<whole_site::Item> = Vec::with_capacity(run.here.len());
        for &l in run.here.iter().filter(|&&l| self.view.state.listed[l as usize]) {
            let clicks = f64::from(merchants.ads.items[l as usize].clicks);
            items.push(night.item(l, &prospects(merchants, l), clicks));
        }
        let chosen = night.choose(run.here[0], &mut items);
        run.here.iter().for_each(|&l| merchants.ads.items[l as usize].picked = false);
        for item in &items[..chosen] {
            merchants.ads.items[item.listing as usize].picked = true;
        }
        added.fired(Mechanism::ItemSelection, i64::from(chosen < items.len()), 0);
    }

    /// The bid that goes into the quote of a listing.
    pub(crate) fn quoted_bid(&self, merchants: &Merchants, listing: u32, listed: bool) -> Bid {
        let Some(item) = merchants.ads.items.get(listing as usize).filter(|_| listed) else { return Bid::NONE };
        let Listing { merchant, platform, .. } = self.market.catalog.listings[listing as usize];
        let adopted = merchants.ads.adopted[merchant as usize];
        let tool = tool_of(&self.market.catalog, merchant).filter(|tool| adopted && tool.platforms.has(platform.into()));
        let bid = if tool.is_some() { Bid::smart(item.bid) } else { Bid::flat(item.bid) };
        let campaign = merchant as usize * self.market.catalog.platforms.len() + platform as usize;
        bid.searching(merchants.ads.campaigns[campaign].search_share)
    }
}

/// Takes back the bids that the purse does not hold; returns how many stand.
fn hold_back(books: &mut AdBooks, run: &Run, dearest: u32) -> i64 {
    let campaign = &mut books.campaigns[run.place];
    campaign.dearest = dearest;
    let mut standing = 0;
    for &l in run.here {
        let bid = &mut books.items[l as usize].bid;
        if !campaign.affords(*bid) {
            *bid = 0;
        }
        standing += i64::from(*bid > 0);
    }
    standing
}

/// Fading sums of the listings of a campaign.
fn sums(books: &AdBooks, here: &[u32]) -> Sums {
    let mut sums = Sums::default();
    here.iter().for_each(|&l| sums.add(books.items[l as usize].sums()));
    sums
}

/// Splits what is paid over what was charged; no part exceeds its charge.
fn prorated(paid: i64, charges: &[i64]) -> Vec<i64> {
    let total = charges.iter().map(|&c| i128::from(c)).sum::<i128>().max(1);
    let (mut seen, mut before) = (0i128, 0i64);
    let part = |&charge: &i64| {
        seen += i128::from(charge);
        let until = (i128::from(paid) * seen / total) as i64;
        until - std::mem::replace(&mut before, until)
    };
    charges.iter().map(part).collect()
}

/// Expected GMV of a listing and tick, money units.
fn expected_gmv(state: &ListingState, price: f64) -> f64 {
    f64::from(state.mean_sales.max(state.recent_sales)) * price * f64::from(state.paid_share)
}

fn mechanism(bidding: &Bidding) -> Mechanism {
    match bidding {
        Bidding::Manual { .. } => Mechanism::BiddingManual,
        Bidding::MaximiseVolume => Mechanism::BiddingMaximiseVolume,
        Bidding::TargetRoi { .. } => Mechanism::BiddingTargetRoi,
        Bidding::TargetCpa { .. } => Mechanism::BiddingTargetCpa,
        Bidding::NetTargetRoi { .. } => Mechanism::BiddingNetTargetRoi,
        Bidding::MultiObjective(_) => Mechanism::BiddingMultiObjective,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_capped_bill_is_split_to_the_unit_and_nobody_pays_more_than_its_clicks(
            charges in prop::collection::vec(0i64..100_000, 1..80), share in 0.0f64..=1.0,
        ) {
            let all: i64 = charges.iter().sum();
            let paid = (all as f64 * share) as i64;
            let parts = prorated(paid, &charges);
            prop_assert_eq!(parts.iter().sum::<i64>(), paid);
            prop_assert!(parts.iter().zip(&charges).all(|(part, charge)| (0..=*charge).contains(part)), "{:?}", parts);
        }
    }
}
