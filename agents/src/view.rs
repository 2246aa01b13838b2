//! What everybody sees while shopping: quotes, offers and the state of the platforms. Immutable during a tick, replicated.

use crate::ads::bid::Bid;
use crate::assistant::AssistantState;
use crate::calendar::VisitTables;
use crate::catalog::Catalog;
use crate::content::contact::Contacts;
use crate::content::plan::ContentState;
use crate::instrument::Audience;
use crate::loss::{Median, Yardstick};
use crate::params::{PLATFORMS, Params, PlatformParams, SEGMENTS, TASTE};
use crate::platform::PlatformState;
use crate::presence::Prospect;
use crate::promotion::{Quotes, UNLISTED, advertised_deal, invited, shelf_price};
use crate::service::ServiceDesk;
use serde::{Deserialize, Serialize};
use sim_core::{math, parallel};
use std::collections::VecDeque;

/// What recall, ranking and choice need of a listing, in the order of listings: half a cache line, so that a candidate costs one.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub struct Offer {
    /// Trait vector.
    pub traits: [i8; TASTE],
    /// Utility of quality, over mu.
    pub quality: f32,
    /// Price on the shelf in price-utility units (before sensitivity).
    pub price_term: f32,
    /// Price on the shelf, money units.
    pub shelf: u32,
    /// Merchant.
    pub merchant: u32,
    /// Sold live.
    pub live: bool,
    /// Whether the merchant sells it now.
    pub listed: bool,
    /// Promotions that the merchant joins, as bits by rule of the platform.
    pub joins: u16,
    /// Bid for a click.
    pub bid: Bid,
}

impl Offer {
    /// Nothing that is sold.
    pub(crate) const BLANK: Offer = Offer {
        traits: [0; TASTE],
        quality: 0.0,
        price_term: 0.0,
        shelf: 0,
        merchant: 0,
        live: false,
        listed: false,
        joins: 0,
        bid: Bid::NONE,
    };
}

/// What the platforms have on their shelves: which cells sell anything, and how candidates are drawn.
#[derive(Clone, Debug, Default)]
pub struct Shelves {
    /// By cell: whether anything is listed.
    pub sells: Vec<bool>,
    /// By platform: whether recall draws by the alias tables; otherwise every listing of the cell is as likely.
    pub weighted: Vec<bool>,
    /// Alias tables of the cells: (threshold, alias) per listing. A listing that is not sold has no weight.
    pub aliases: Vec<(u32, u32)>,
}

impl Shelves {
    fn new(catalog: &Catalog, params: &Params, listed: &[bool]) -> Shelves {
        let on = |cell: &std::ops::Range<u32>| cell.clone().filter(|&l| listed[l as usize]).count();
        let popular = |p: u8| params.platforms[p as usize].by_popularity;
        let partial = |p: usize| catalog.listings.iter().zip(listed).any(|(l, listed)| l.platform as usize == p && !listed);
        let weight = |l: usize| match (&catalog.listings[l], listed[l]) {
            (_, false) => 0.0,
            (listing, true) if popular(listing.platform) => f64::from(listing.popularity),
            _ => 1.0,
        };
        Shelves {
            sells: catalog.cells.iter().map(|cell| on(cell) > 0).collect(),
            weighted: (0..catalog.platforms.len()).map(|p| popular(p as u8) || partial(p)).collect(),
            aliases: catalog.alias_tables(weight),
        }
    }
}

/// State that is the same everywhere and survives a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ViewState {
    /// List prices, money units.
    pub prices: Vec<u32>,
    /// List prices when the calendar starts: the base of the price index.
    pub base_prices: Vec<u32>,
    /// Whether each listing is sold.
    pub listed: Vec<bool>,
    /// Promotions that the merchant of each listing joins, as bits by rule of its platform.
    pub joins: Vec<u16>,
    /// Bids for clicks.
    pub bids: Vec<Bid>,
    /// What the merchants of each group earn on each platform.
    pub prospects: Vec<Prospect>,
    /// List prices of earlier ticks, latest first.
    pub earlier: VecDeque<Vec<u32>>,
    /// Prices on the shelf in earlier ticks, latest first; as many as price protection looks back.
    pub shelf_prices: VecDeque<Vec<u32>>,
    /// Platforms.
    pub platforms: Vec<PlatformState>,
    /// Content of the merchant groups.
    pub content: ContentState,
    /// What is typical of a lost sale, by category and term; empty where losses are not attributed.
    pub medians: Vec<Median>,
    /// Users by assistant.
    pub assistants: Vec<AssistantState>,
    /// Service of the shop of each listing: share of questions answered well (low byte) and of the unsure addressed (high byte); empty
    /// where nobody asks.
    pub service: Vec<u16>,
}

/// The market as seen in a tick.
pub struct View {
    /// What survives a restart.
    pub state: ViewState,
    /// By listing.
    pub offers: Vec<Offer>,
    /// List prices of what is sold; [`UNLISTED`] for the rest.
    pub asked: Vec<u32>,
    /// What is on the shelves.
    pub shelves: Shelves,
    /// Utility of a platform's delivery and service, over mu.
    pub platform_utility: [f32; PLATFORMS],
    /// Advertised deal by platform and segment, share of the price.
    pub deals: [[f32; SEGMENTS]; PLATFORMS],
    /// What rules for paying members alone take off on top, by platform, share of the price.
    pub member_savings: [f32; PLATFORMS],
    /// Promised delivery days by platform.
    pub promised_days: [f64; PLATFORMS],
    /// Service by platform.
    pub service: [ServiceDesk; PLATFORMS],
    /// Share of disappointments that quality checks prevent, by platform.
    pub checked: [f32; PLATFORMS],
    /// Whether a platform is in the market.
    pub trades: [bool; PLATFORMS],
    /// What lost sales are measured by.
    pub yardstick: Yardstick,
    /// Visit rates and categories of the tick.
    pub visits: VisitTables,
    /// Index of the parameters that hold.
    pub epoch: usize,
    /// With whose content missions may come into contact.
    pub contacts: Contacts,
}

/// Price-utility units of a price, before sensitivity.
#[inline]
#[must_use]
pub fn price_term(params: &Params, category: usize, price: u32) -> f32 {
    if params.choice.log_price {
        math::ln_f32(price.max(1) as f32 / params.categories[category].price_level)
    } else {
        price as f32 / params.choice.price_scale
    }
}

impl View {
    /// Computes offers and platform utilities of a tick from the state.
    #[must_use]
    pub fn new(catalog: &Catalog, params: &Params, epoch: usize, state: ViewState, visits: VisitTables) -> View {
        let mut view = View {
            state,
            offers: Vec::new(),
            asked: Vec::new(),
            shelves: Shelves::default(),
            platform_utility: [0.0; PLATFORMS],
            deals: [[0.0; SEGMENTS]; PLATFORMS],
            member_savings: [0.0; PLATFORMS],
            promised_days: [0.0; PLATFORMS],
            service: [ServiceDesk::default(); PLATFORMS],
            checked: [0.0; PLATFORMS],
            trades: [true; PLATFORMS],
            yardstick: Yardstick::default(),
            visits,
            epoch,
            contacts: Contacts::default(),
        };
        view.stock_shelves(catalog, params);
        view.publish(catalog, params);
        view
    }

    /// Recomputes what follows from which listings are sold.
    pub fn stock_shelves(&mut self, catalog: &Catalog, params: &Params) {
        self.shelves = Shelves::new(catalog, params, &self.state.listed);
    }

    /// Lowest price on the shelf in this tick and those before it, `ticks` in all.
    #[must_use]
    pub fn lowest_shelf(&self, listing: u32, ticks: u32) -> u32 {
        if self.asked[listing as usize] == UNLISTED {
            return u32::MAX;
        }
        let before = self.state.shelf_prices.iter().take(ticks.saturating_sub(1) as usize).map(|shelf| shelf[listing as usize]);
        before.fold(self.offers[listing as usize].shelf, u32::min)
    }

    /// Recomputes with whose content missions may come into contact in a tick.
    pub fn meet_content(&mut self, catalog: &Catalog, params: &Params, tick: u32) {
        let state = &self.state;
        self.contacts = Contacts::new(catalog, params, tick, &state.content, &state.platforms, &state.listed, &state.bids);
    }

    /// Recomputes everything that follows from the state.
    pub fn publish(&mut self, catalog: &Catalog, params: &Params) {
        let state = &self.state;
        let (prices, platforms) = (&state.prices, &state.platforms);
        self.asked.clear();
        for (p, state) in platforms.iter().enumerate() {
            self.trades[p] = state.trades();
        }
        let trades = self.trades;
        let sold = prices.iter().zip(&state.listed).zip(&catalog.listings);
        self.asked.extend(sold.map(|((&price, &listed), l)| if listed && trades[l.platform as usize] { price } else { UNLISTED }));
        let quotes = Quotes { prices: &self.asked, earlier: &state.earlier };
        self.offers.resize(catalog.listings.len(), Offer::BLANK);
        parallel::fill(&mut self.offers, |id| {
            let listing = &catalog.listings[id];
            let platform = listing.platform as usize;
            let rules = &params.platforms[platform];
            let joins = state.joins[id] & invited(listing, &rules.promotions);
            let stacked = (&rules.promotions[..], &rules.stacking);
            let shelf = shelf_price(listing, joins, quotes, prices[id], stacked, &platforms[platform].rules, |_, _| {});
            Offer {
                traits: listing.traits,
                quality: params.choice.quality * listing.quality,
                price_term: price_term(params, listing.category as usize, shelf),
                shelf,
                merchant: listing.merchant,
                live: listing.live,
                listed: state.listed[id],
                joins,
                bid: state.bids[id],
            }
        });
        for (p, platform) in params.platforms.iter().enumerate() {
            self.publish_platform(p, platform, catalog, params);
        }
        if !self.state.medians.is_empty() {
            self.yardstick = Yardstick::new(catalog, params, self);
        }
    }

    /// Delivery, service and deals of a platform.
    fn publish_platform(&mut self, p: usize, platform: &PlatformParams, catalog: &Catalog, params: &Params) {
        let state = &self.state.platforms[p];
        let days = state.delivery_days(platform, params.ai.tick_days);
        let desk = ServiceDesk::new(platform, &params.ai, state);
        (self.service[p], self.checked[p]) = (desk, state.checked(platform) as f32);
        self.promised_days[p] = days;
        self.platform_utility[p] = -params.choice.delivery * days as f32 + params.choice.service * desk.level() as f32;
        let quotes = Quotes { prices: &self.asked, earlier: &self.state.earlier };
        let deal = |to| advertised_deal(catalog, p, platform, &state.rules, quotes, &self.offers, params.cart.is_on(), to);
        self.deals[p] = [deal((Audience::All, None)); SEGMENTS];
        if platform.promotions.iter().any(|rule| !rule.all_segments) {
            for (s, slot) in self.deals[p][..params.segments.len()].iter_mut().enumerate() {
                *slot = deal((Audience::All, Some(s)));
            }
        }
        self.member_savings[p] = if platform.membership.is_some() { deal((Audience::Members, None)) } else { 0.0 };
    }
}
