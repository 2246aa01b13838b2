//! Merchants: what they own, and their night: stock, prices, promotions, presence, fixed cost.

use crate::ads::bid::Bid;
use crate::ads::books::{AdBooks, ItemBook};
use crate::ads::night;
use crate::catalog::{Catalog, Listing, NO_LISTING};
use crate::content::{book, search};
use crate::loss;
use crate::market::Bazaar;
use crate::metric::{Listings, Mechanism, Metric, Totals};
use crate::params::{GroupParams, PLATFORMS};
use crate::participation;
use crate::policy::{ParticipationPolicy, StockPolicy};
use crate::presence::{Move, Scene, Standing, Status};
use crate::pricing::{self, Memory, Night, Shop};
use crate::service::{self, ShopDesk};
use crate::stock::{self, Piece};
use crate::view::View;
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use sim_core::draw::Seed;
use sim_core::ledger::Account;
use sim_core::money::Money;

/// Weight of a tick in the mean of sales: a memory of two weeks.
pub(crate) const SALES_GAIN: f32 = 1.0 / 14.0;
/// Ticks of a weekly row.
pub const WEEK_TICKS: u32 = 7;
/// Weight of a tick in recent sales: a memory of three days.
const RECENT_GAIN: f32 = 1.0 / 3.0;
/// Weight of a tick with sales in what discounts leave: a memory of a week.
const KEPT_GAIN: f32 = 1.0 / 7.0;

/// A changed quote: what a merchant asks for a listing, and on what terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quote {
    /// Listing.
    pub listing: u32,
    /// List price, money units.
    pub price: u32,
    /// Promotions that it joins, as bits by rule of the platform.
    pub joins: u16,
    /// Whether it is sold.
    pub listed: bool,
    /// Bid for a click.
    pub bid: Bid,
    /// Service of its shop (see [`crate::view::ViewState::service`]).
    pub service: u16,
}

/// What a merchant knows of a listing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListingState {
    /// Pieces; -1 is unlimited.
    pub stock: i64,
    /// Deliveries under way: (tick, pieces).
    pub on_order: Vec<(u32, i64)>,
    /// Mean orders a tick while it is sold.
    pub mean_sales: f32,
    /// Recent orders a tick.
    pub recent_sales: f32,
    /// Variance of orders a tick.
    pub sales_variance: f32,
    /// Share of the list price kept after own discounts, commission and fee, mean of a week with sales; 0 before the first sale.
    pub kept: f32,
    /// Share of the list price left after own discounts, mean of a week with sales.
    pub paid_share: f32,
    /// Sums of the week so far: orders, GMV, refunds, cash, stockouts.
    pub week: [i64; 5],
    /// What the price policy has learned.
    pub memory: Memory,
}

/// The merchants hosted by a process, with all listings by id (those of other merchants stay as they were).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Merchants {
    /// Hosted merchants.
    pub owned: std::ops::Range<u32>,
    /// By listing.
    pub listings: Vec<ListingState>,
    /// Cash by merchant since the start, money units.
    pub cash: Vec<i64>,
    /// By merchant.
    pub standing: Vec<Standing>,
    /// Pages a tick by platform and category, mean of two weeks; empty before the first tick.
    pub mean_pages: Vec<f32>,
    /// Advertising.
    pub ads: AdBooks,
    /// Lost sales of the week so far by listing and cause; empty where losses are not attributed.
    pub week_losses: Vec<u32>,
    /// Desks by merchant; empty where nobody asks.
    pub desks: Vec<ShopDesk>,
    /// What service did in the week so far, by listing; empty where there is none.
    pub week_service: Vec<[i64; service::NUMBERS]>,
    /// Shoppers who departed in the last tick (see [`Listings::departed`]); empty where none did.
    pub departed: Vec<u32>,
}

impl Merchants {
    /// All merchants at the start.
    #[must_use]
    pub fn new(catalog: &Catalog, seed: Seed, expected_sales: &[f32]) -> Merchants {
        let listings = catalog
            .listings
            .iter()
            .zip(expected_sales)
            .map(|(listing, &sales)| {
                let group = &catalog.groups[catalog.merchants[listing.merchant as usize].group as usize];
                let cost = f64::from(listing.unit_cost);
                ListingState {
                    stock: stock::first(&group.stock, sales, Piece { margin: f64::from(listing.first_price) - cost, cost }),
                    on_order: Vec::new(),
                    mean_sales: sales,
                    recent_sales: sales,
                    sales_variance: sales,
                    kept: 0.0,
                    paid_share: 1.0,
                    week: [0; 5],
                    memory: Memory::default(),
                }
            })
            .collect();
        Merchants {
            owned: 0..catalog.merchants.len() as u32,
            listings,
            cash: vec![0; catalog.merchants.len()],
            standing: catalog.merchants.iter().map(|m| Standing::new(m.dormant)).collect(),
            mean_pages: Vec::new(),
            ads: night::books(catalog, seed),
            week_losses: Vec::new(),
            desks: Vec::new(),
            week_service: Vec::new(),
            departed: Vec::new(),
        }
    }
}

/// The night of all hosted merchants: new quotes, and what is added to the totals.
pub(crate) fn adapt(
    market: &Bazaar,
    tick: u32,
    view: &View,
    merchants: &mut Merchants,
    tallies: &Listings,
    totals: &Totals,
) -> (Vec<Quote>, Totals) {
    let night = Night::new(market, market.params(view), view, totals, &mut merchants.mean_pages, tick);
    let (prospects, listed) = (&view.state.prospects[..], &view.state.listed[..]);
    let scene = Scene { catalog: &market.catalog, seed: market.seed, tick, prospects, listed, trades: &view.trades };
    let desk = Desk { market, tick, view, tallies, night, scene };
    let mut added = market.empty_totals();
    added.listings = loss::close_day(tick, &merchants.owned, market, tallies, &mut merchants.week_losses)
        .wrapping_add(service::close_day(market, tick, view, merchants, tallies));
    merchants.departed.clone_from(&tallies.departed);
    let mut quotes = Vec::new();
    for id in merchants.owned.clone() {
        desk.close_day(merchants, id, &mut quotes, &mut added);
    }
    (quotes, added)
}

/// What the nights of merchants depend on.
pub(crate) struct Desk<'a> {
    pub(crate) market: &'a Bazaar,
    pub(crate) tick: u32,
    pub(crate) view: &'a View,
    pub(crate) tallies: &'a Listings,
    pub(crate) night: Night<'a>,
    scene: Scene<'a>,
}

impl Desk<'_> {
    fn close_day(&self, merchants: &mut Merchants, id: u32, quotes: &mut Vec<Quote>, added: &mut Totals) {
        let catalog = &self.market.catalog;
        let merchant = &catalog.merchants[id as usize];
        let group = &catalog.groups[merchant.group as usize];
        let before = merchants.cash[id as usize];
        self.book(merchants, id, added);
        self.pay_for_clicks(merchants, id, added);
        let advice = self.serve(merchants, id, added);
        let cash = merchants.cash[id as usize];
        let standing = &mut merchants.standing[id as usize];
        standing.week_cash += cash - before;
        let then = self.scene.decide(id, standing, cash);
        self.act(merchants, id, then, added);
        self.spread_tool(merchants, id, added);
        let mut active = 0u32;
        let scores = self.scores(merchants, id);
        for here in merchant.listings.chunk_by(|&a, &b| catalog.listings[a as usize].platform == catalog.listings[b as usize].platform) {
            let joint_sales =
                here.iter().filter(|&&l| self.view.state.listed[l as usize]).map(|&l| merchants.listings[l as usize].mean_sales).sum();
            let platform = catalog.listings[here[0] as usize].platform as usize;
            self.bid(merchants, id, platform, here, added);
            let score = scores.as_ref().map(|scores| scores[platform]);
            for &listing in here {
                let mut quote = self.tend(merchants, group, listing, then, joint_sales, added);
                quote.service = score.map_or(quote.service, |score| score.of(quote.price));
                if let Some(advice) = &advice {
                    self.follow(merchants, id, advice, &mut quote, added);
                }
                active |= u32::from(quote.listed) << catalog.listings[listing as usize].platform;
                if quote != self.quoted(listing) {
                    quotes.push(quote);
                }
            }
        }
        for p in (0..catalog.platforms.len()).filter(|p| active >> p & 1 == 1) {
            added.add_to(p, 0, Metric::ActiveMerchants, 1);
        }
        if merchants.ads.is_on() {
            search::offer(self.market, self.view, self.tick + 1, merchants.ads.of(id, catalog.platforms.len()), id, added);
        }
        added.listings = added.listings.wrapping_add(hash_merchant(id, merchants));
    }

    fn quoted(&self, listing: u32) -> Quote {
        let (state, at) = (&self.view.state, listing as usize);
        Quote {
            listing,
            price: state.prices[at],
            joins: state.joins[at],
            listed: state.listed[at],
            bid: state.bids[at],
            service: state.service.get(at).copied().unwrap_or(0),
        }
    }

    /// Sales, returns and standing costs of the day.
    fn book(&self, merchants: &mut Merchants, id: u32, added: &mut Totals) {
        let catalog = &self.market.catalog;
        let merchant = &catalog.merchants[id as usize];
        let group = &catalog.groups[merchant.group as usize];
        for &listing in &merchant.listings {
            let at = listing as usize;
            let platform = catalog.listings[at].platform as usize;
            let listed = self.view.state.listed[at];
            let fee = group.platform_choice.map_or(0, |choice| choice.listing_fee(self.tick, listing));
            self.sold(&mut merchants.listings[at], at, listed);
            let mut cash = self.tallies.cash[at];
            added.add_to_group(platform * catalog.groups.len() + merchant.group as usize, cash, i64::from(listed));
            if fee > 0 && listed && !catalog.listings[at].first_party {
                self.charge(&catalog.listings[at], Account::Platform, Metric::ListingFees, fee, added);
                added.fired(Mechanism::ListingFee, 1, fee);
                cash -= fee;
            }
            merchants.cash[id as usize] += cash;
            merchants.standing[id as usize].reviewed_cash[platform] += cash;
        }
        if merchants.standing[id as usize].status == Status::Active {
            self.pay_fixed_cost(merchants, id, added);
            book::pay(self.market, self.tick, self.view, merchants, id, added);
        }
    }

    fn sold(&self, state: &mut ListingState, at: usize, listed: bool) {
        if self.market.begins_week(self.tick) {
            state.week = [0; 5];
        }
        let tallies = self.tallies;
        let orders = tallies.orders[at];
        if listed {
            let surprise = orders as f32 - state.mean_sales;
            state.sales_variance += (surprise * surprise - state.sales_variance) * SALES_GAIN;
            state.mean_sales += surprise * SALES_GAIN;
            state.recent_sales += (orders as f32 - state.recent_sales) * RECENT_GAIN;
        }
        if orders > 0 {
            let list = orders as f32 * self.view.state.prices[at] as f32;
            let kept = tallies.receipts[at] as f32 / list;
            state.kept = if state.kept > 0.0 { state.kept + (kept - state.kept) * KEPT_GAIN } else { kept };
            state.paid_share += (tallies.gmv[at] as f32 / list - state.paid_share) * KEPT_GAIN;
        }
        let sums = [orders, tallies.gmv[at], tallies.refunds[at], tallies.cash[at], tallies.stockouts[at]];
        for (week, sum) in state.week.iter_mut().zip(sums) {
            *week += sum;
        }
    }

    /// Carries out a decision on presence.
    fn act(&self, merchants: &mut Merchants, id: u32, then: Move, added: &mut Totals) {
        let merchant = &self.market.catalog.merchants[id as usize];
        let group = &self.market.catalog.groups[merchant.group as usize];
        let listing_on = |p: u8| merchant.listings.iter().map(|&l| &self.market.catalog.listings[l as usize]).find(|l| l.platform == p);
        let standing = &mut merchants.standing[id as usize];
        let home = self.market.catalog.listings[merchant.listings[0] as usize].platform as usize;
        match then {
            Move::Stay => {}
            Move::Exit => {
                standing.status = Status::Exited;
                added.add_to(home, 0, Metric::ExitedMerchants, 1);
                added.fired(Mechanism::MerchantExit, 1, 0);
            }
            Move::Enter => {
                standing.status = Status::Active;
                added.add_to(home, 0, Metric::EnteredMerchants, 1);
                added.fired(Mechanism::MerchantEntry, 1, 0);
            }
            Move::Join(platform) => {
                let cost = group.platform_choice.map_or(0, |choice| choice.joining_cost);
                let shop = listing_on(platform).expect("a merchant joins where it has products");
                self.charge(shop, Account::External, Metric::MerchantFixed, cost, added);
                merchants.cash[id as usize] -= cost;
                merchants.standing[id as usize].week_cash -= cost;
                added.fired(Mechanism::MerchantPlatforms, 1, cost);
            }
            Move::Leave(_) => added.fired(Mechanism::MerchantPlatforms, 1, 0),
        }
    }

    /// Stock, price and promotions of a listing for the next day.
    fn tend(&self, merchants: &mut Merchants, group: &GroupParams, id: u32, then: Move, joint_sales: f32, added: &mut Totals) -> Quote {
        let at = id as usize;
        let listing = &self.market.catalog.listings[at];
        let mut quote = self.quoted(id);
        let first_party = listing.first_party;
        // a platform that left the market sells nothing
        quote.listed = then.lists(quote.listed, listing.home, listing.platform) && self.view.trades[listing.platform as usize];
        let state = &mut merchants.listings[at];
        let lost = self.restock(group, state, at, quote.listed, added);
        merchants.cash[listing.merchant as usize] -= lost;
        merchants.standing[listing.merchant as usize].week_cash -= lost;
        merchants.standing[listing.merchant as usize].reviewed_cash[listing.platform as usize] -= lost;
        if then == Move::Exit && state.stock > 0 {
            (state.stock, state.on_order) = (0, Vec::new());
        }
        if self.view.state.listed[at] && quote.listed {
            let learns = Memory::is_used_by(&group.pricing);
            let mut memory = if learns { std::mem::take(&mut state.memory) } else { Memory::default() };
            if learns {
                memory.observe(self.tallies.orders[at] as f64, self.tallies.cash[at] as f64, self.night.pages_of(listing));
            }
            let ad_cost = ad_cost_of(group, merchants.ads.items.get(at), quote.price, state);
            added.fired(Mechanism::AdCostPassedOn, i64::from(ad_cost > 0.0), ad_cost as i64);
            let shop = Shop { listing, id, state, orders: self.tallies.orders[at], first_party, joint_sales, ad_cost };
            let price = self.reprice(group, &shop, &mut memory, quote.price, added);
            if let ParticipationPolicy::Profitable { hurdle } = group.participation
                && participation::reviews(&group.participation, self.tick, id)
            {
                quote.joins = participation::joins(hurdle, &self.night, &shop, price);
                added.fired(Mechanism::PromotionParticipation, 1, 0);
            }
            if learns {
                state.memory = memory;
            }
            if price != quote.price {
                quote.price = price;
                merchants.cash[listing.merchant as usize] -= group.menu_cost;
                merchants.standing[listing.merchant as usize].week_cash -= group.menu_cost;
            }
        }
        quote.bid = self.quoted_bid(merchants, id, quote.listed);
        let platform = listing.platform as usize;
        added.add_to(platform, 0, Metric::ActiveListings, i64::from(quote.listed));
        added.listings = added.listings.wrapping_add(hash(self.tallies, at, &merchants.listings[at], quote));
        if let Some(item) = merchants.ads.items.get(at) {
            added.listings = added.listings.wrapping_add(item.hash(at));
        }
        quote
    }

    /// Returns what unsold pieces lost, money units.
    fn restock(&self, group: &GroupParams, state: &mut ListingState, at: usize, listed: bool, added: &mut Totals) -> i64 {
        let listing = &self.market.catalog.listings[at];
        let cost = f64::from(listing.unit_cost);
        let kept = if state.kept > 0.0 { f64::from(state.kept) } else { 1.0 };
        let platform = listing.platform as usize;
        let rules = &self.night.params.platforms[platform];
        let delivery = pricing::borne(rules, self.view.state.platforms[platform].delivery_cost(rules));
        let piece = Piece { margin: f64::from(self.view.state.prices[at]) * kept - cost - delivery, cost };
        let lost = stock::overage(&group.stock, self.tick, state, self.tallies.orders[at], piece);
        if lost > 0 {
            self.charge(listing, Account::External, Metric::MerchantFixed, lost, added);
        }
        if stock::replenish(&group.stock, self.tick, state, self.tallies.orders[at], listed, piece) {
            let newsvendor = matches!(group.stock, StockPolicy::Newsvendor { .. });
            added.fired(if newsvendor { Mechanism::Newsvendor } else { Mechanism::Restock }, 1, 0);
        }
        lost
    }

    /// The price of the next day; a change is paid for.
    fn reprice(&self, group: &GroupParams, shop: &Shop, memory: &mut Memory, old: u32, added: &mut Totals) -> u32 {
        if !pricing::revises(&group.pricing, self.tick, shop.id) {
            return old;
        }
        let price = pricing::reprice(&group.pricing, &self.night, shop, memory, old);
        added.fired(pricing::mechanism(&group.pricing), 1, i64::from(price.abs_diff(old)));
        if price == old || !pricing::is_worth(group.menu_cost, old, price, shop.state.mean_sales) {
            return old;
        }
        added.add_to(shop.listing.platform as usize, 0, Metric::PriceChanges, 1);
        if group.menu_cost > 0 {
            self.charge(shop.listing, Account::External, Metric::MerchantFixed, group.menu_cost, added);
            added.fired(Mechanism::MenuCost, 1, group.menu_cost);
        }
        price
    }

    /// A merchant's fixed cost is borne by its platforms' books in proportion to its listings there.
    fn pay_fixed_cost(&self, merchants: &mut Merchants, id: u32, added: &mut Totals) {
        let catalog = &self.market.catalog;
        let merchant = &catalog.merchants[id as usize];
        let cost = catalog.groups[merchant.group as usize].fixed_cost;
        if cost == 0 {
            return;
        }
        merchants.cash[id as usize] -= cost;
        let platform_of = |l: u32| catalog.listings[l as usize].platform;
        let listed = |l: &&u32| self.view.state.listed[**l as usize];
        let all = merchant.listings.iter().filter(listed).count() as i64;
        let (mut seen, mut paid) = (0, 0);
        // listings are sorted by platform
        for here in merchant.listings.chunk_by(|&a, &b| platform_of(a) == platform_of(b)) {
            seen += here.iter().filter(listed).count() as i64;
            let part = if all > 0 { cost * seen / all - paid } else { cost - paid };
            paid += part;
            self.charge(&catalog.listings[here[0] as usize], Account::External, Metric::MerchantFixed, part, added);
        }
    }

    /// Books a cost of a merchant beside its orders.
    pub(crate) fn charge(&self, listing: &Listing, to: Account, metric: Metric, amount: i64, added: &mut Totals) {
        let platform = listing.platform as usize;
        let owner = if listing.first_party { Metric::FirstPartyCash } else { Metric::ThirdPartyCash };
        added.ledger.transfer(platform, Account::Merchant, to, Money(amount));
        added.add_to(platform, 0, metric, amount);
        added.add_to(platform, 0, Metric::MerchantCash, -amount);
        added.add_to(platform, 0, owner, -amount);
    }
}

/// Advertising of an order that a merchant counts as a cost of it, money units.
fn ad_cost_of(group: &GroupParams, item: Option<&ItemBook>, price: u32, state: &ListingState) -> f64 {
    let share = group.ads.as_ref().map_or(0.0, |ads| ads.pass_on);
    if share == 0.0 {
        return 0.0;
    }
    share * item.map_or(0.0, ItemBook::cost_of_sales) * f64::from(price) * f64::from(state.paid_share)
}

fn hash(tallies: &Listings, at: usize, state: &ListingState, quote: Quote) -> u64 {
    let on_order: i64 = state.on_order.iter().map(|(_, pieces)| pieces).sum();
    let shares = u64::from(state.kept.to_bits()) << 32 | u64::from(state.sales_variance.to_bits());
    let numbers = [
        tallies.orders[at],
        tallies.gmv[at],
        tallies.cash[at],
        tallies.refunds[at],
        tallies.stockouts[at],
        state.stock,
        on_order,
        i64::from(quote.price),
        shares as i64,
        i64::from(quote.service),
        state.memory.fingerprint() as i64,
    ];
    let mut bytes = [0u8; 88];
    for (slot, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
        *slot = number.to_le_bytes();
    }
    hash_of(at as u64, &bytes)
}

fn hash_merchant(id: u32, merchants: &Merchants) -> u64 {
    let standing = &merchants.standing[id as usize];
    let adopted = merchants.ads.adopted.get(id as usize).is_some_and(|adopted| *adopted);
    let status = standing.status as i64 + if adopted { 16 } else { 0 };
    let numbers = [merchants.cash[id as usize], status, i64::from(standing.losing_weeks), standing.week_cash];
    let desk = merchants.desks.get(id as usize).map_or([0; 3], ShopDesk::numbers);
    let mut bytes = [0u8; (7 + PLATFORMS) * 8];
    for (slot, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers.iter().chain(&standing.reviewed_cash).chain(&desk)) {
        *slot = number.to_le_bytes();
    }
    hash_of(1 << 40 | u64::from(id), &bytes)
}

/// Whether any listing can be sold out.
#[must_use]
pub fn has_finite_stock(catalog: &Catalog) -> bool {
    catalog.groups.iter().any(|g| g.stock != StockPolicy::Unlimited)
}

/// Comparable listings of other merchants: the nearest unit cost in the category, on any platform, other products.
///
/// `by_cost` holds the listings of the category sorted by (unit cost, id); `place` is the listing's place in it.
#[must_use]
pub fn rivals(catalog: &[crate::catalog::Listing], by_cost: &[u32], place: usize) -> [u32; crate::catalog::RIVALS] {
    let own = catalog[by_cost[place] as usize].merchant;
    let mut found = [NO_LISTING; crate::catalog::RIVALS];
    let mut count = 0;
    for step in 1..by_cost.len() {
        for at in [place.checked_sub(step), place.checked_add(step)].into_iter().flatten() {
            if let Some(&other) = by_cost.get(at)
                && catalog[other as usize].merchant != own
                && count < found.len()
            {
                found[count] = other;
                count += 1;
            }
        }
        if count == found.len() || step > 64 {
            break;
        }
    }
    found
}
