//! Settling: provisional orders become final, money moves, shoppers remember.
//!
//! Guarantees for each line that list price = paid + subsidy + merchant discount and that paid + subsidy = receipt +
//! commission + fee + logistics, asserted in release builds. A refused subsidy is decided again at the higher price with the
//! same draws and can only drop the order.

use crate::market::Bazaar;
use crate::membership::{Applicant, consider_joining};
use crate::metric::{Mechanism, Metric, Totals};
use crate::order::{Line, OpenLine, RulePart};
use crate::params::{Instrument, PLATFORMS, Params, PlatformParams, RATE_LEVELS};
use crate::platform::PlatformState;
use crate::shard::ShopperShard;
use crate::shopper::Q12;
use crate::view::{View, price_term};
use sim_core::draw::{Purpose, Words};
use sim_core::grant::{CutOffs, ResourceId};
use sim_core::ledger::Account;
use sim_core::math::{exp_f32, ln_f32};
use sim_core::money::Money;
use sim_core::rows::OrderRow;
use sim_core::tick::Tally;

/// The money of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) list: i64,
    pub(crate) merchant_discount: i64,
    pub(crate) subsidy: i64,
    pub(crate) strategy_subsidy: i64,
    pub(crate) paid: i64,
    pub(crate) commission: i64,
    pub(crate) fee: i64,
    pub(crate) logistics_merchant: i64,
    pub(crate) logistics_platform: i64,
    pub(crate) receipt: i64,
    pub(crate) clawback: i64,
    pub(crate) clawback_strategy: i64,
}

impl Bill {
    /// Splits a list price. `first_party` lines pay no commission: their margin is the platform's.
    pub(crate) fn new(list: u32, parts: &[RulePart], platform: &PlatformParams, state: &PlatformState, first_party: bool) -> Bill {
        let mut bill = Bill { list: i64::from(list), ..Bill::default() };
        for part in parts {
            let rule = &platform.promotions[part.rule as usize];
            let amount = i64::from(part.platform);
            bill.merchant_discount += i64::from(part.merchant);
            bill.subsidy += amount;
            let strategic = rule.budget_per_tick.is_none();
            bill.strategy_subsidy += if strategic { amount } else { 0 };
            match (rule.clawback, strategic) {
                (true, true) => bill.clawback_strategy += amount,
                (true, false) => bill.clawback += amount,
                (false, _) => {}
            }
        }
        let gross = bill.list - bill.merchant_discount;
        bill.paid = gross - bill.subsidy;
        bill.commission = if first_party { 0 } else { Money(gross).share(platform.take_rate_ppm).0 };
        bill.fee = Money(gross).share(platform.payment_fee_ppm).0;
        let logistics = state.delivery_cost(platform);
        bill.logistics_platform = Money(logistics).share(platform.delivery_platform_ppm).0;
        bill.logistics_merchant = logistics - bill.logistics_platform;
        bill.receipt = bill.list - bill.merchant_discount - bill.commission - bill.fee - bill.logistics_merchant;
        bill.assert_adds_up();
        bill
    }

    fn assert_adds_up(&self) {
        assert!(self.paid >= 0 && self.subsidy >= 0 && self.merchant_discount >= 0, "nothing of a bill is negative: {self:?}");
        assert_eq!(self.list - self.merchant_discount - self.subsidy, self.paid, "{self:?}");
        assert_eq!(self.paid + self.subsidy, self.receipt + self.commission + self.fee + self.logistics_merchant, "{self:?}");
    }
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Shipped,
    Cancelled,
    OutOfStock,
    Dropped,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Fate::Shipped => "shipped",
            Fate::Cancelled => "cancelled",
            Fate::OutOfStock => "out-of-stock",
            Fate::Dropped => "dropped",
        }
    }
}

/// What settling depends on.
struct Desk<'a> {
    market: &'a Bazaar,
    params: &'a Params,
    view: &'a View,
    cuts: &'a CutOffs,
    tick: u32,
    /// Whether anything happens after a sale, by platform.
    tracked: [bool; PLATFORMS],
}

/// Settles the provisional lines of a shard.
pub(crate) fn settle(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, cuts: &CutOffs, tally: &mut Tally<Bazaar>) {
    let params = market.params(view);
    let tracked = std::array::from_fn(|p| p < params.platforms.len() && market.tracks_deliveries(params, p));
    let desk = Desk { market, params, view, cuts, tick, tracked };
    let lines = std::mem::take(&mut shard.lines);
    let mut parts = std::mem::take(&mut shard.parts);
    for line in &lines {
        let range = line.parts.0 as usize..line.parts.0 as usize + line.parts.1 as usize;
        desk.settle(shard, line, &mut parts[range], tally);
    }
    (shard.lines, shard.parts) = (lines, parts);
}

impl Desk<'_> {
    fn settle(&self, shard: &mut ShopperShard, line: &Line, parts: &mut [RulePart], tally: &mut Tally<Bazaar>) {
        let listing = &self.market.catalog.listings[line.listing as usize];
        let platform = listing.platform as usize;
        let segment = shard.state.rate[line.shopper as usize] as usize / RATE_LEVELS;
        let id = shard.state.shopper(line.shopper as usize);
        let after = || self.market.seed.words(Purpose::After, id, u64::from(self.tick), u64::from(line.mission));
        let fate = self.fate(line, parts, platform, segment, after, tally);
        let first_party = self.market.catalog.is_first_party(listing);
        let params = &self.params.platforms[platform];
        let bill = Bill::new(line.list_price, parts, params, &self.view.state.platforms[platform], first_party);
        let mut open = OpenLine {
            listing: line.listing,
            paid: bill.paid as u32,
            clawback: bill.clawback as u32,
            clawback_strategy: bill.clawback_strategy as u32,
            commission: bill.commission as u32,
            shopper: line.shopper as u16,
            experience: 0,
            flags: 0,
        };
        let mut return_tick = 0;
        if fate == Fate::Shipped {
            self.book(platform, segment, line, parts, &bill, first_party, tally);
            self.remember(shard, line, platform, segment, &bill, tally);
            if self.tracked[platform] {
                let ticks = self.send(line, platform, after(), &mut open);
                if open.has(OpenLine::RETURNS) {
                    return_tick = self.tick + ticks + params.return_ticks.max(1);
                }
                shard.state.open_line(self.tick, self.tick + ticks, open);
            }
        }
        if self.market.writes(self.tick, id) {
            let row = self.row(id, segment, line, parts, &bill, fate, &open, return_tick);
            shard.events.orders.push(row);
        }
    }

    /// Whether the order goes through; takes refused discounts off `parts`.
    fn fate(
        &self,
        line: &Line,
        parts: &mut [RulePart],
        platform: usize,
        segment: usize,
        after: impl Fn() -> Words,
        tally: &mut Tally<Bazaar>,
    ) -> Fate {
        if line.cancelled {
            return Fate::Cancelled;
        }
        if self.cuts.is_empty() {
            return Fate::Shipped;
        }
        if !self.cuts.grants(ResourceId(line.listing), line.rank) {
            tally.totals.add_to(platform, segment, Metric::Stockouts, 1);
            tally.listings.stockouts[line.listing as usize] += 1;
            tally.totals.fired(Mechanism::StockRefusal, 1, i64::from(line.list_price));
            return Fate::OutOfStock;
        }
        let given = |parts: &[RulePart]| parts.iter().map(|p| p.platform + p.merchant).sum::<u32>();
        let before = line.list_price - given(parts);
        let (mut refused, mut strategic) = (0, 0);
        for part in parts.iter_mut() {
            let rule = &self.params.platforms[platform].promotions[part.rule as usize];
            if !self.cuts.grants(self.market.rule_resource(platform, part.rule, rule), line.rank) {
                refused += part.platform;
                strategic += if rule.budget_per_tick.is_none() { i64::from(part.platform) } else { 0 };
                (part.platform, part.merchant) = (0, 0);
            }
        }
        let now = line.list_price - given(parts);
        if now == before {
            return Fate::Shipped;
        }
        tally.totals.add_to(platform, segment, Metric::RefusedSubsidies, 1);
        tally.totals.add_to(platform, segment, Metric::RefusedStrategy, strategic);
        tally.totals.fired(Mechanism::BudgetRefusal, 1, i64::from(refused));
        if self.still_wanted(line, before, now, after().uniform(1)) {
            return Fate::Shipped;
        }
        tally.totals.add_to(platform, segment, Metric::Dropped, 1);
        Fate::Dropped
    }

    /// Decides again at a higher price: kept with the ratio of the choice probabilities at the new and at the old price.
    fn still_wanted(&self, line: &Line, before: u32, now: u32, u: f32) -> bool {
        let category = self.market.catalog.listings[line.listing as usize].category as usize;
        let weighed = |price| {
            let term = price_term(self.params, category, price);
            term + (term - line.reference).max(0.0) * self.params.choice.loss_aversion
        };
        let ratio = exp_f32(-line.sensitivity * (weighed(now) - weighed(before)));
        let p = line.probability;
        u * (1.0 - p + p * ratio) < ratio
    }

    #[expect(clippy::too_many_arguments, reason = "one call; the parts of one booking")]
    fn book(
        &self,
        platform: usize,
        segment: usize,
        line: &Line,
        parts: &[RulePart],
        bill: &Bill,
        first_party: bool,
        tally: &mut Tally<Bazaar>,
    ) {
        let listing = &self.market.catalog.listings[line.listing as usize];
        let goods = i64::from(listing.unit_cost);
        let books = &mut tally.totals.ledger;
        let mut pay = |from, to, amount| books.transfer(platform, from, to, Money(amount));
        pay(Account::Shopper, Account::Merchant, bill.paid);
        pay(Account::Platform, Account::Subsidy, bill.subsidy);
        pay(Account::Subsidy, Account::Merchant, bill.subsidy);
        pay(Account::Merchant, Account::Platform, bill.commission);
        pay(Account::Merchant, Account::External, bill.fee);
        pay(Account::Merchant, Account::Logistics, bill.logistics_merchant);
        pay(Account::Platform, Account::Logistics, bill.logistics_platform);
        pay(Account::Merchant, Account::External, goods);
        let cash = bill.receipt - goods;
        let gmv = bill.list - bill.merchant_discount;
        let at = line.listing as usize;
        tally.listings.orders[at] += 1;
        tally.listings.gmv[at] += gmv;
        tally.listings.cash[at] += cash;
        tally.listings.receipts[at] += bill.receipt + bill.logistics_merchant;
        let totals = &mut tally.totals;
        let days = (self.view.promised_days[platform] * 1000.0) as i64;
        for (metric, amount) in [
            (Metric::Shipped, 1),
            (Metric::ShippedGmv, gmv),
            (Metric::Paid, bill.paid),
            (Metric::MerchantDiscount, bill.merchant_discount),
            (Metric::Subsidy, bill.subsidy),
            (Metric::StrategySubsidy, bill.strategy_subsidy),
            (Metric::Commission, bill.commission),
            (Metric::PaymentFee, bill.fee),
            (Metric::LogisticsMerchant, bill.logistics_merchant),
            (Metric::LogisticsPlatform, bill.logistics_platform),
            (Metric::GoodsCost, goods),
            (Metric::Receipts, bill.receipt),
            (Metric::MerchantCash, cash),
            (if first_party { Metric::FirstPartyCash } else { Metric::ThirdPartyCash }, cash),
            (Metric::DeliveryDays, days),
        ] {
            totals.add_to(platform, segment, metric, amount);
        }
        if first_party {
            totals.add_to(platform, segment, Metric::FirstPartyGmv, gmv);
            totals.fired(Mechanism::FirstParty, 1, gmv);
        }
        if bill.commission > 0 {
            totals.fired(Mechanism::Commission, 1, bill.commission);
        }
        self.note_discounts(platform, parts, totals);
    }

    fn note_discounts(&self, platform: usize, parts: &[RulePart], totals: &mut Totals) {
        for part in parts.iter().filter(|p| p.platform + p.merchant > 0) {
            let mechanism = match self.params.platforms[platform].promotions[part.rule as usize].instrument {
                Instrument::Coupon { .. } => Mechanism::Coupon,
                Instrument::InstantDiscount { .. } => Mechanism::InstantDiscount,
                Instrument::GapToLowest { .. } => Mechanism::GapToLowest,
                Instrument::ThresholdDiscount { .. } => Mechanism::ThresholdDiscount,
            };
            totals.fired(mechanism, 1, i64::from(part.platform + part.merchant));
        }
    }

    /// What a purchase leaves in the shopper.
    fn remember(&self, shard: &mut ShopperShard, line: &Line, platform: usize, segment: usize, bill: &Bill, tally: &mut Tally<Bazaar>) {
        let memory = &self.params.memory;
        let category = self.market.catalog.listings[line.listing as usize].category;
        let remembers = memory.reference_price_gain > 0.0 || memory.stock_days > 0.0;
        let row = shard.row(line.shopper as usize, self.tick, memory);
        row.habit[platform] = row.habit[platform].saturating_add((memory.habit_gain * Q12 + 0.5) as u16);
        row.fatigue[platform] = row.fatigue[platform].saturating_add((memory.fatigue_gain * Q12 + 0.5) as u16);
        if remembers {
            let level = self.params.categories[category as usize].price_level;
            let log_price = ln_f32(bill.paid.max(1) as f32 / level);
            let storable = self.params.categories[category as usize].storable;
            let stock = if storable { (memory.stock_days / self.params.ai.tick_days as f32) as u8 } else { 0 };
            row.remember_purchase(category, log_price, memory.reference_price_gain, stock);
        }
        let first = row.mark_order(platform);
        if memory.habit_gain > 0.0 {
            tally.totals.fired(Mechanism::HabitGain, 1, 0);
        }
        if first {
            tally.totals.add_to(platform, segment, Metric::NewShoppers, 1);
        }
        if let Some(membership) = self.params.platforms[platform].membership {
            let shopper = Applicant { index: line.shopper as usize, segment, platform, spending: bill.paid };
            consider_joining(self.market, self.params, membership, self.tick, shard, shopper, &mut tally.totals);
        }
    }

    /// Decides what will happen to a shipped line; returns the ticks to delivery.
    fn send(&self, line: &Line, platform: usize, after: Words, open: &mut OpenLine) -> u32 {
        let params = &self.params.platforms[platform];
        let desk = &self.view.service[platform];
        let listing = &self.market.catalog.listings[line.listing as usize];
        let tick_days = self.params.ai.tick_days;
        let promised = self.view.promised_days[platform];
        let days = promised * (0.5 + f64::from(after.uniform(6)));
        let ticks = ((days / tick_days + 0.5) as u32).max(1);
        let gap = line.perceived_match - line.true_match;
        let gap = if gap > 0.0 { gap * (1.0 - self.view.checked[platform]) } else { gap };
        if let Some(logit) = self.params.categories[listing.category as usize].return_logit[usize::from(listing.live)] {
            let disappointed = logit + params.return_gap * gap;
            let odds = exp_f32(disappointed);
            if after.uniform(2) * (1.0 + odds) < odds {
                open.flags |= OpenLine::RETURNS;
            }
        }
        if after.uniform(3) < params.contacts {
            open.flags |= OpenLine::CONTACTS;
            let u = f64::from(after.uniform(4));
            if u < desk.resolved_ai {
                open.flags |= OpenLine::BY_AI;
            } else if u < desk.resolved_ai + desk.closed_ai {
                open.flags |= OpenLine::BY_AI | OpenLine::UNRESOLVED;
            } else if f64::from(after.uniform(5)) >= desk.resolved_person {
                open.flags |= OpenLine::UNRESOLVED;
            }
        }
        let memory = &self.params.memory;
        let late = (days - promised) as f32;
        let unresolved = if open.has(OpenLine::UNRESOLVED) { memory.experience_unresolved } else { 0.0 };
        let experience = memory.experience_base + memory.experience_match * line.true_match
            - memory.experience_surprise * gap
            - memory.experience_delay * late
            - unresolved;
        open.experience = (experience.clamp(-1.0, 1.0) * 100.0) as i8;
        ticks
    }

    #[expect(clippy::too_many_arguments, reason = "one call, for sampled shoppers")]
    fn row(
        &self,
        id: u64,
        segment: usize,
        line: &Line,
        parts: &[RulePart],
        bill: &Bill,
        fate: Fate,
        open: &OpenLine,
        return_tick: u32,
    ) -> OrderRow {
        let catalog = &self.market.catalog;
        let listing = &catalog.listings[line.listing as usize];
        let platform = listing.platform as usize;
        let promotions = &self.params.platforms[platform].promotions;
        let funded = |wanted: fn(&Instrument) -> bool| -> i64 {
            parts.iter().filter(|p| wanted(&promotions[p.rule as usize].instrument)).map(|p| i64::from(p.platform)).sum()
        };
        let shipped = fate == Fate::Shipped;
        let returns = shipped && open.has(OpenLine::RETURNS);
        let if_shipped = |amount| if shipped { amount } else { 0 };
        OrderRow {
            tick: self.tick - self.market.warm_up,
            shopper: id,
            mission: u32::from(line.mission),
            segment: catalog.segments[segment].clone(),
            platform: catalog.platforms[platform].clone(),
            listing: line.listing,
            merchant: listing.merchant,
            category: catalog.categories[listing.category as usize].clone(),
            sales_mode: if listing.live { "live".into() } else { "shelf".into() },
            outcome: fate.name().into(),
            list_price: bill.list,
            merchant_discount: bill.merchant_discount,
            instant_discount: funded(|i| matches!(i, Instrument::InstantDiscount { .. })),
            gap_subsidy: funded(|i| matches!(i, Instrument::GapToLowest { .. })),
            threshold_discount: funded(|i| matches!(i, Instrument::ThresholdDiscount { .. })),
            coupon: funded(|i| matches!(i, Instrument::Coupon { .. })),
            subsidy: bill.subsidy,
            paid: bill.paid,
            commission: if_shipped(bill.commission),
            fee: if_shipped(bill.fee),
            logistics: if_shipped(bill.logistics_merchant),
            merchant_receipt: if_shipped(bill.receipt),
            will_return: u32::from(returns),
            return_tick: if returns { return_tick - self.market.warm_up } else { 0 },
            refund: if returns { bill.paid } else { 0 },
            clawback: if returns { bill.clawback + bill.clawback_strategy } else { 0 },
        }
    }
}
