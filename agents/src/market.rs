//! The market: everything static about a run, and the phases of the tick in terms of shoppers, merchants and platforms.

use crate::ads::bid::Bid;
use crate::ads::click;
use crate::after;
use crate::assistant::{self, AssistantSum};
use crate::calendar::{Day, VisitTables};
use crate::catalog::Catalog;
use crate::content::plan::{self, ContentState};
use crate::content::sellers::{self, Sellers};
use crate::content::sums::ContentSums;
use crate::deposit;
use crate::instrument::{Instrument, Promotion, RULES};
use crate::loss::{self, Cause, TERMS};
use crate::membership;
use crate::merchant::{self, Merchants, Quote, WEEK_TICKS, has_finite_stock};
use crate::metric::{ASKED, Budgets, CONTACTS, Demand, Listings, Mechanism, Metric, Totals};
use crate::mission;
use crate::order::check_outs;
use crate::params::{Missions, Params, REVIEW_TICKS};
use crate::participation;
use crate::platform::{self, PlatformState, platform_cash};
use crate::presence;
use crate::pricing;
use crate::protection;
use crate::retention;
use crate::service::{self, ShopDesk};
use crate::settle;
use crate::shard::{ShardState, ShopperShard};
use crate::strategy;
use crate::view::{View, ViewState};
use serde::{Deserialize, Serialize};
use sim_core::digest::{Digest, DigestParts, hash_bytes};
use sim_core::draw::{Purpose, Seed};
use sim_core::grant::{Claim, CutOffs, Overdrawn, Rank, ResourceId, ResourceSet};
use sim_core::graph::SocialGraph;
use sim_core::ids::{ShardId, Tick};
use sim_core::lanes::Lanes;
use sim_core::ledger::{Account, Ledger};
use sim_core::mail::Message;
use sim_core::shard::ShardPlan;
use sim_core::snapshot::{self, SnapshotError};
use sim_core::tick::{Market, Tally, Wishes, World};
use std::collections::VecDeque;
use std::sync::Arc;

/// Everything about a run that does not change from tick to tick.
pub struct Bazaar {
    /// Seed of the replication.
    pub seed: Seed,
    /// Supply and names.
    pub catalog: Catalog,
    /// Parameters, by the tick from which they hold; the first holds from tick 0.
    pub epochs: Vec<Params>,
    /// The calendar, by tick.
    pub days: Vec<Day>,
    /// Ticks before the calendar starts: ordinary days that are neither written nor part of a budget.
    pub warm_up: u32,
    /// Distribution of missions.
    pub missions: Missions,
    /// Missions per day by rate class.
    pub rates: Vec<f64>,
    /// Match per unit of the integer product of taste and traits.
    pub match_scale: f32,
    /// Share of missions by category, without seasons.
    pub category_share: Vec<f64>,
    /// Mean price sensitivity of shoppers, utils per price unit.
    pub mean_sensitivity: f64,
    /// Who talks to whom.
    pub graph: SocialGraph,
    /// How shoppers are cut.
    pub plan: ShardPlan,
    /// Which vector instructions shopping may use; moves no digest.
    pub lanes: Lanes,
    /// Share of shoppers in the event tables, as a threshold of 32 bits; 0 is nobody.
    pub sample: u32,
    /// Who can be met in content.
    pub sellers: Sellers,
    /// Names of the assistants.
    pub assistants: Vec<Arc<str>>,
    /// Whether lost sales and departures get a cause.
    pub attribution: bool,
}

/// What a restart needs: the whole world between ticks.
#[derive(Serialize, Deserialize)]
struct WorldState {
    tick: Tick,
    digest: Digest,
    view: ViewState,
    shards: Vec<ShardState>,
    merchants: Merchants,
}

impl Bazaar {
    /// The parameters that hold in the view's tick.
    #[must_use]
    pub fn params(&self, view: &View) -> &Params {
        &self.epochs[view.epoch]
    }

    /// Index of the parameters that hold at a tick.
    #[must_use]
    pub fn epoch(&self, tick: u32) -> usize {
        self.epochs.partition_point(|e| e.from_tick <= tick) - 1
    }

    /// Ticks that hold every event of a line under way.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.epochs.iter().map(Params::horizon).max().unwrap_or(1)
    }

    /// Ticks of the run.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.days.len() as u32
    }

    /// Visit tables of a tick.
    #[must_use]
    pub fn visits(&self, tick: u32) -> VisitTables {
        let params = &self.epochs[self.epoch(tick)];
        let baskets: Vec<Vec<f64>> = params.segments.iter().map(|s| s.basket.clone()).collect();
        let waits: Vec<bool> = params.categories.iter().map(|c| c.deferrable).collect();
        VisitTables::new(self.missions, &self.days[tick as usize], params.ai.tick_days, &self.rates, &baskets, &waits)
    }

    /// Whether sums of a week begin anew with a tick: also with the first of the calendar, so that no row holds days of the warm-up.
    pub(crate) fn begins_week(&self, tick: u32) -> bool {
        tick.is_multiple_of(WEEK_TICKS) || tick == self.warm_up
    }

    /// Whether the merchant of a listing is hosted here.
    pub(crate) fn owns(&self, merchants: &Merchants, listing: usize) -> bool {
        merchants.owned.contains(&self.catalog.listings[listing].merchant)
    }

    /// Share of what is left of an AI budget that a tick may spend: evenly over the ticks that are left.
    pub(crate) fn even_pace(&self, tick: u32, from: u32) -> f64 {
        if tick < from || tick >= self.ticks() { 0.0 } else { 1.0 / f64::from(self.ticks() - tick) }
    }

    /// Share of what is left of a promotion budget that a tick may spend: its weight among the ticks that are left.
    pub(crate) fn pace(&self, tick: u32, from: u32) -> f64 {
        if tick < from || tick >= self.ticks() {
            return 0.0;
        }
        let weight = |d: &Day| d.budget_weight;
        let left: f64 = self.days[tick as usize..].iter().map(weight).sum();
        if tick + 1 == self.ticks() { 1.0 } else { weight(&self.days[tick as usize]) / left.max(1e-12) }
    }

    /// Whether event rows of a shopper are written. Keyed by id: the same shoppers in every arm.
    #[inline]
    #[must_use]
    pub fn samples(&self, shopper: u64) -> bool {
        self.sample > 0 && self.seed.words(Purpose::Sample, shopper, 0, 0).bits(0) < self.sample
    }

    /// Whether event rows of a shopper are written in an engine tick: sampled, and the calendar has begun.
    #[inline]
    pub(crate) fn writes(&self, tick: u32, shopper: u64) -> bool {
        tick >= self.warm_up && self.samples(shopper)
    }

    /// Whether anything of a platform happens after a sale.
    pub(crate) fn tracks_deliveries(&self, params: &Params, platform: usize) -> bool {
        let rules = &params.platforms[platform];
        rules.delivery_days > 0.0
            || rules.capacity > 0
            || rules.contacts > 0.0
            || params.memory.satisfaction_gain > 0.0
            || params.categories.iter().any(|c| c.return_logit.iter().any(Option::is_some))
    }

    /// Whether shoppers ask merchants before they buy, at any time of the run.
    pub(crate) fn asks(&self) -> bool {
        self.epochs.iter().any(|e| e.inquiry.is_on())
    }

    /// Whether shoppers contact service after a sale, at any time of the run.
    pub(crate) fn is_contacted(&self) -> bool {
        self.epochs.iter().flat_map(|e| &e.platforms).any(|p| p.contacts > 0.0)
    }

    /// Slot of a rule in the money column of demand: its own, or the strategy pool of its platform.
    pub(crate) fn money_slot(&self, platform: usize, rule: u8, promotion: &Promotion) -> usize {
        match promotion.budget_per_tick {
            Some(_) => platform * (RULES + 1) + rule as usize,
            None => platform * (RULES + 1) + RULES,
        }
    }

    /// The resource that a rule claims.
    pub(crate) fn rule_resource(&self, platform: usize, rule: u8, promotion: &Promotion) -> ResourceId {
        self.money_resource(self.money_slot(platform, rule, promotion))
    }

    fn money_resource(&self, slot: usize) -> ResourceId {
        ResourceId((self.catalog.listings.len() + slot) as u32)
    }

    pub(crate) fn empty_totals(&self) -> Totals {
        let summed = self.catalog.groups.iter().any(|g| g.entry.is_some() || g.platform_choice.is_some());
        let groups = if summed { self.catalog.groups.len() } else { 0 };
        let mut totals = Totals::new(self.catalog.platforms.len(), self.catalog.segments.len(), groups);
        if self.attribution {
            totals.medians = vec![0; self.catalog.categories.len() * TERMS * 2];
            totals.unplaced = vec![0; self.catalog.platforms.len() * Cause::COUNT];
        }
        if self.catalog.groups.iter().any(|g| g.content.is_some()) {
            totals.content = ContentSums::new(self.catalog.groups.len(), self.epochs[0].content.channels.len());
        }
        totals.assistants = vec![AssistantSum::default(); self.epochs[0].assistants.len()];
        totals
    }

    /// A world at tick 0 from its shards.
    #[must_use]
    pub fn world(&self, shards: Vec<ShardState>, expected_sales: &[f32]) -> World<Bazaar> {
        let params = &self.epochs[0];
        let mut platforms: Vec<PlatformState> = (0..self.catalog.platforms.len()).map(|p| PlatformState::new(params, p)).collect();
        strategy::plan(self, 0, params, &mut platforms, &self.no_wishes().budgets, &mut self.empty_totals());
        let prices: Vec<u32> = self.catalog.listings.iter().map(|l| l.first_price).collect();
        let catalog = &self.catalog;
        let joins = catalog.listings.iter().map(|l| &catalog.groups[catalog.merchants[l.merchant as usize].group as usize]);
        let state = ViewState {
            base_prices: prices.clone(),
            prices,
            listed: catalog.listings.iter().map(|l| catalog.listed_at_start(l)).collect(),
            bids: vec![Bid::NONE; catalog.listings.len()],
            joins: joins.map(|group| participation::at_start(&group.participation)).collect(),
            prospects: Vec::new(),
            earlier: VecDeque::new(),
            shelf_prices: VecDeque::new(),
            platforms,
            content: ContentState::new(&self.catalog, params.content.channels.len()),
            medians: if self.attribution { loss::first_medians(catalog, params) } else { Vec::new() },
            assistants: assistant::first_states(params, self.plan.agents()),
            service: if self.asks() { service::first(self) } else { Vec::new() },
        };
        let mut merchants = Merchants::new(&self.catalog, self.seed, expected_sales);
        if self.attribution {
            merchants.week_losses = vec![0; self.catalog.listings.len() * Cause::COUNT];
        }
        if self.asks() {
            merchants.desks = vec![ShopDesk::default(); self.catalog.merchants.len()];
        }
        if self.asks() || self.is_contacted() {
            merchants.week_service = service::nothing_served(self.catalog.listings.len());
        }
        World {
            tick: Tick(0),
            plan: self.plan,
            view: self.view(0, state),
            shoppers: shards.into_iter().map(ShopperShard::new).collect(),
            merchants,
            digest: Digest::default(),
        }
    }

    /// The bytes of a world between ticks.
    ///
    /// # Errors
    /// If the state cannot be encoded.
    pub fn save(&self, world: &World<Bazaar>) -> Result<Vec<u8>, SnapshotError> {
        snapshot::save(&WorldState {
            tick: world.tick,
            digest: world.digest,
            view: world.view.state.clone(),
            shards: world.shoppers.iter().map(|s| s.state.clone()).collect(),
            merchants: world.merchants.clone(),
        })
    }

    /// A world from its bytes.
    ///
    /// # Errors
    /// If the bytes are damaged or of another layout.
    pub fn load(&self, bytes: &[u8]) -> Result<World<Bazaar>, SnapshotError> {
        let state: WorldState = snapshot::load(bytes)?;
        Ok(World {
            tick: state.tick,
            plan: self.plan,
            view: self.view(state.tick.0.min(self.ticks() - 1), state.view),
            shoppers: state.shards.into_iter().map(ShopperShard::new).collect(),
            merchants: state.merchants,
            digest: state.digest,
        })
    }

    /// The market as seen in a tick, from what survives a restart.
    pub(crate) fn view(&self, tick: u32, state: ViewState) -> View {
        let epoch = self.epoch(tick);
        let mut view = View::new(&self.catalog, &self.epochs[epoch], epoch, state, self.visits(tick));
        view.meet_content(&self.catalog, &self.epochs[epoch], tick);
        view
    }

    /// Books what content delivered in the tick that ends, and plans that of the next.
    fn plan_content(&self, next_tick: u32, next: &Params, view: &mut View, totals: &mut Totals) {
        let ViewState { content, platforms, listed, .. } = &mut view.state;
        if content.is_on() {
            plan::deliver(content, totals);
            plan::plan(self, next_tick, next, platforms, &sellers::presence(&self.catalog, listed), content, totals);
        }
    }

    /// Ticks of list prices that somebody looks back at.
    fn longest_lag(&self) -> usize {
        let matching = self.catalog.groups.iter().map(|g| pricing::seen_after(&g.pricing).saturating_sub(1));
        let subsidised = self.promotions().map(|r| if let Instrument::GapToLowest { lag, .. } = r.instrument { lag } else { 0 });
        matching.chain(subsidised).max().unwrap_or(0) as usize
    }

    /// Ticks for which the longest price protection lasts.
    fn longest_protection(&self) -> usize {
        self.promotions().map(Promotion::protection_ticks).max().unwrap_or(0) as usize
    }

    /// Rules of all platforms at all times.
    fn promotions(&self) -> impl Iterator<Item = &Promotion> {
        self.epochs.iter().flat_map(|e| &e.platforms).flat_map(|p| &p.promotions)
    }
}

impl Market for Bazaar {
    type View = View;
    type Shoppers = ShopperShard;
    type Merchants = Merchants;
    type Demand = Demand;
    type Budgets = Budgets;
    type Listings = Listings;
    type Totals = Totals;
    type Quote = Quote;

    fn shop(&self, tick: Tick, view: &View, shard: &mut ShopperShard, wishes: &mut Wishes<Bazaar>) {
        mission::shop(self, tick.0, view, shard, wishes);
    }

    fn no_wishes(&self) -> Wishes<Bazaar> {
        let pieces = if has_finite_stock(&self.catalog) { self.catalog.listings.len() } else { 0 };
        let budgets = Budgets { claimed: vec![0; self.catalog.platforms.len() * (RULES + 1)] };
        Wishes { demand: Demand { pieces: vec![0; pieces] }, budgets, totals: self.empty_totals() }
    }

    fn overdrawn(&self, view: &View, merchants: &Merchants, demand: &Demand, budgets: &Budgets) -> Vec<Overdrawn> {
        let pieces = demand.pieces.iter().zip(&merchants.listings).enumerate();
        let mut found: Vec<Overdrawn> = pieces
            .filter(|(id, (wanted, state))| state.stock >= 0 && **wanted > state.stock && self.owns(merchants, *id))
            .map(|(id, (_, state))| Overdrawn { resource: ResourceId(id as u32), available: state.stock })
            .collect();
        for (p, platform) in self.params(view).platforms.iter().enumerate() {
            let state = &view.state.platforms[p];
            let mut check = |slot: usize, available: i64| {
                if budgets.claimed[slot] > available {
                    found.push(Overdrawn { resource: self.money_resource(slot), available });
                }
            };
            for (r, (rule, slot)) in platform.promotions.iter().zip(&state.rules).enumerate() {
                if rule.budget_per_tick.is_some() {
                    check(self.money_slot(p, r as u8, rule), slot.available);
                }
            }
            check(p * (RULES + 1) + RULES, state.pool);
        }
        found
    }

    fn claims(&self, _: Tick, view: &View, shard: &ShopperShard, overdrawn: &[Overdrawn]) -> Vec<Claim> {
        let mut claims = Vec::new();
        let scarce: ResourceSet = overdrawn.iter().map(|overdrawn| overdrawn.resource).collect();
        let mut claim = |resource: ResourceId, rank: Rank, amount: i64| {
            if amount > 0 && scarce.contains(resource) {
                claims.push(Claim { resource, rank, amount });
            }
        };
        for lines in check_outs(&shard.lines) {
            let platform = self.catalog.listings[lines[0].listing as usize].platform as usize;
            let rules = &self.params(view).platforms[platform].promotions;
            // one claim of the check-out for each budget; the strategy rules of a platform share one pool
            let mut wanted = [0i64; RULES + 1];
            for line in lines.iter().filter(|line| !line.cancelled) {
                claim(ResourceId(line.listing), line.rank, 1);
                for part in &shard.parts[line.parts.0 as usize..line.parts.0 as usize + line.parts.1 as usize] {
                    let slot = self.money_slot(platform, part.rule, &rules[part.rule as usize]) - platform * (RULES + 1);
                    wanted[slot] += i64::from(part.platform);
                }
            }
            if lines.iter().all(|line| line.parts.1 == 0) {
                continue;
            }
            for (slot, amount) in wanted.into_iter().enumerate() {
                claim(self.money_resource(platform * (RULES + 1) + slot), lines[0].rank, amount);
            }
        }
        for refund in &shard.refunds {
            let platform = self.catalog.listings[refund.listing as usize].platform as usize;
            let rule = &self.params(view).platforms[platform].promotions[refund.rule as usize];
            claim(self.rule_resource(platform, refund.rule, rule), refund.rank, refund.platform_part);
        }
        claims
    }

    fn settle(&self, tick: Tick, view: &View, shard: &mut ShopperShard, cuts: &CutOffs, tally: &mut Tally<Bazaar>) {
        membership::renew(self, tick.0, view, shard, &mut tally.totals);
        assistant::review(self, tick.0, view, shard, &mut tally.totals);
        after::handle_due(self, tick.0, view, shard, tally);
        protection::pay(self, view, shard, cuts, tally);
        deposit::book(self, shard, tally);
        click::count(shard, tally);
        settle::settle(self, tick.0, view, shard, cuts, tally);
        retention::count(self, tick.0, view, shard, tally);
    }

    fn no_tally(&self) -> Tally<Bazaar> {
        let mut listings = Listings::new(&self.catalog);
        if self.asks() {
            listings.asked = vec![0; self.catalog.listings.len() * ASKED];
        }
        if self.is_contacted() {
            listings.contacts = vec![0; self.catalog.listings.len() * CONTACTS];
        }
        if self.attribution {
            listings.losses = vec![0; self.catalog.listings.len() * Cause::COUNT];
        }
        Tally { listings, totals: self.empty_totals() }
    }

    fn outbox(&self, shard: &mut ShopperShard) -> Vec<Message> {
        std::mem::take(&mut shard.outbox)
    }

    fn deliver(&self, tick: Tick, view: &View, shard: &mut ShopperShard, mail: &[(ShardId, Message)]) {
        for (_, message) in mail {
            if !assistant::hear(self.params(view), tick.0, shard, message) {
                after::hear(self.params(view), tick.0, shard, message);
            }
        }
        shard.seal();
    }

    fn shard_id(&self, shard: &ShopperShard) -> ShardId {
        shard.state.id
    }

    fn row_sum(&self, shard: &ShopperShard) -> u64 {
        shard.state.row_sum
    }

    fn adapt_merchants(
        &self,
        tick: Tick,
        view: &View,
        merchants: &mut Merchants,
        listings: &Listings,
        totals: &Totals,
    ) -> (Vec<Quote>, Totals) {
        merchant::adapt(self, tick.0, view, merchants, listings, totals)
    }

    fn adapt_platforms(&self, tick: Tick, view: &mut View, quotes: Vec<Quote>, budgets: &Budgets, totals: &mut Totals) {
        let next_tick = (tick.0 + 1).min(self.ticks() - 1);
        let epoch = self.epoch(next_tick);
        let (params, next) = (self.params(view), &self.epochs[epoch]);
        if epoch != view.epoch {
            totals.fired(Mechanism::Shock, 1, 0);
        }
        platform::adapt(self, tick.0, params, next, &mut view.state.platforms, budgets, totals);
        let lag = self.longest_lag();
        if lag > 0 {
            view.state.earlier.push_front(view.state.prices.clone());
            view.state.earlier.truncate(lag);
        }
        let protection = self.longest_protection();
        if protection > 1 {
            view.state.shelf_prices.push_front(view.offers.iter().map(|offer| offer.shelf).collect());
            view.state.shelf_prices.truncate(protection - 1);
        }
        presence::foresee(&mut view.state.prospects, totals.groups());
        loss::follow(&mut view.state.medians, &totals.medians);
        for (state, sum) in view.state.assistants.iter_mut().zip(&totals.assistants) {
            state.found[(tick.0 % REVIEW_TICKS) as usize] = sum.users;
        }
        let mut restocked = epoch != view.epoch;
        for quote in quotes {
            let at = quote.listing as usize;
            restocked |= view.state.listed[at] != quote.listed;
            (view.state.prices[at], view.state.joins[at], view.state.listed[at]) = (quote.price, quote.joins, quote.listed);
            view.state.bids[at] = quote.bid;
            if let Some(service) = view.state.service.get_mut(at) {
                *service = quote.service;
            }
        }
        if restocked {
            view.stock_shelves(&self.catalog, next);
        }
        self.plan_content(next_tick, next, view, totals);
        if tick.0 + 1 == self.warm_up {
            view.state.base_prices.clone_from(&view.state.prices);
        }
        view.epoch = epoch;
        view.visits = self.visits(next_tick);
        view.publish(&self.catalog, next);
        view.meet_content(&self.catalog, next, next_tick);
    }

    fn ledger<'a>(&self, totals: &'a Totals) -> &'a Ledger {
        &totals.ledger
    }

    fn audit(&self, totals: &Totals) {
        if self.attribution {
            loss::audit(self.catalog.platforms.len(), totals);
        }
        for p in 0..self.catalog.platforms.len() {
            let books = |account| totals.ledger.balance(p, account).0;
            let merchants = totals.sum(p, Metric::MerchantCash);
            assert_eq!(books(Account::Merchant), merchants, "merchants of platform {p}: ledger against tallies");
            let split = totals.sum(p, Metric::FirstPartyCash) + totals.sum(p, Metric::ThirdPartyCash);
            assert_eq!(split, merchants, "first and third party of platform {p} against all merchants");
            assert_eq!(books(Account::Platform), platform_cash(totals, p), "platform {p}: ledger against tallies");
            assert_eq!(books(Account::Ai), totals.sum(p, Metric::AiCompute) + totals.sum(p, Metric::AiTalent), "AI spend of platform {p}");
            let flow = |from, to| totals.ledger.flow(p, from, to).0;
            let paid_in = totals.sum(p, Metric::Subsidy) + totals.sum(p, Metric::Relief) + totals.sum(p, Metric::ProtectionSubsidy);
            assert_eq!(flow(Account::Platform, Account::Subsidy), paid_in, "subsidies of platform {p} by kind");
            assert_eq!(flow(Account::Subsidy, Account::Shopper), totals.sum(p, Metric::ProtectionSubsidy), "refunds of platform {p}");
            let clicks = totals.sum(p, Metric::AdCharges) - totals.sum(p, Metric::OverDelivery);
            assert_eq!(flow(Account::Merchant, Account::Ad), clicks, "ad spend of platform {p} against its clicks less over-delivery");
            assert_eq!(totals.sum(p, Metric::AdSpend), clicks, "ad spend of platform {p} by listing");
            assert_eq!(flow(Account::Ad, Account::Merchant), totals.sum(p, Metric::AdRefunds), "guarantees of platform {p}");
            assert_eq!(books(Account::Ad), 0, "the ad account of platform {p} keeps nothing");
            let logistics = totals.sum(p, Metric::LogisticsMerchant) + totals.sum(p, Metric::LogisticsPlatform);
            assert_eq!(books(Account::Logistics), logistics, "logistics of platform {p}");
        }
        let all = |metric| (0..self.catalog.platforms.len()).map(|p| totals.sum(p, metric)).sum::<i64>();
        let content = all(Metric::ContentSpend) + all(Metric::BrandSpend) + all(Metric::SearchSpend);
        assert_eq!(totals.content.spend(), content, "content by group against platforms");
    }

    fn digest_parts(&self, view: &View, totals: &Totals) -> DigestParts {
        let state = &view.state;
        let quotes = state.prices.iter().zip(&state.joins).zip(state.listed.iter().zip(&state.bids));
        let quotes: Vec<u8> = quotes
            .flat_map(|((price, joins), (listed, bid))| {
                let [a, b, c, d] = price.to_le_bytes();
                let [e, f] = joins.to_le_bytes();
                let [g, h, i, j] = bid.bits().to_le_bytes();
                [a, b, c, d, e, f, u8::from(*listed), g, h, i, j]
            })
            .collect();
        let platforms =
            snapshot::save(&(&state.platforms, &state.prospects, &state.content, &state.medians, &state.assistants, &state.service))
                .expect("platform state is plain data");
        DigestParts {
            quotes: hash_bytes(&quotes),
            tallies: totals.hash().wrapping_add(totals.listings),
            ledger: totals.ledger.hash(),
            mail: totals.mail,
            rows: totals.rows,
            platforms: hash_bytes(&platforms),
        }
    }

    fn add_digest_sums(&self, totals: &mut Totals, rows: u64, mail: u64, messages: u64) {
        totals.rows = totals.rows.wrapping_add(rows);
        totals.mail = totals.mail.wrapping_add(mail);
        let told: i64 = totals.assistants.iter().map(|sum| sum.told).sum();
        totals.fired(Mechanism::WordOfMouth, messages as i64 - told, 0);
    }
}
