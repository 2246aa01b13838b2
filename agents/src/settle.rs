//! Settling: provisional orders become final, money moves, shoppers remember.
//!
//! Guarantees that a budget is refused to a whole check-out or not at all, that each of its lines is then decided again at its
//! higher price with the same draws and can only drop out, and that a line that falls out takes its share of the discounts along.

use crate::ads::click;
use crate::bill::Bill;
use crate::catalog::Listing;
use crate::content::stage::Stage;
use crate::deposit;
use crate::instrument::Instrument;
use crate::loss::{self, Cause, Loss};
use crate::market::Bazaar;
use crate::membership::{Applicant, consider_joining};
use crate::metric::{ASKED, Mechanism, Metric, Totals};
use crate::order::{Line, OpenLine, RulePart, check_outs, taken_off};
use crate::params::{MembershipParams, PLATFORMS, Params, RATE_LEVELS};
use crate::protection;
use crate::reconsider::Scales;
use crate::service;
use crate::shard::ShopperShard;
use crate::shopper::Q12;
use crate::view::View;
use sim_core::draw::{Purpose, Words};
use sim_core::grant::{CutOffs, ResourceId};
use sim_core::ledger::{Account, Ledger};
use sim_core::math::{exp_f32, ln_f32};
use sim_core::money::Money;
use sim_core::rows::OrderRow;
use sim_core::tick::Tally;

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
    for lost in shard.losses.drain(..) {
        loss::tally(lost, &mut tally.listings);
    }
    for asked in shard.asked.drain(..) {
        let numbers = &mut tally.listings.asked[asked.listing as usize * ASKED..][..ASKED];
        numbers[usize::from(asked.reached)] += 1;
        numbers[2] += u32::from(asked.bought);
    }
    let lines = std::mem::take(&mut shard.lines);
    let mut parts = std::mem::take(&mut shard.parts);
    for check_out in check_outs(&lines) {
        let refused = if cuts.is_empty() { 0 } else { desk.refused(check_out, &parts) };
        for line in check_out {
            let range = line.parts.0 as usize..line.parts.0 as usize + line.parts.1 as usize;
            desk.settle(shard, line, &mut parts[range], refused, tally);
        }
    }
    (shard.lines, shard.parts) = (lines, parts);
}

impl Desk<'_> {
    /// Rules whose budget is refused to a check-out, as bits.
    fn refused(&self, lines: &[Line], parts: &[RulePart]) -> u16 {
        let platform = self.market.catalog.listings[lines[0].listing as usize].platform as usize;
        let rules = &self.params.platforms[platform].promotions;
        let of = |line: &Line| &parts[line.parts.0 as usize..line.parts.0 as usize + line.parts.1 as usize];
        let mut used = lines.iter().flat_map(of).fold(0u16, |bits, part| bits | 1 << part.rule);
        let mut refused = 0;
        while used != 0 {
            let r = used.trailing_zeros();
            let resource = self.market.rule_resource(platform, r as u8, &rules[r as usize]);
            refused |= u16::from(!self.cuts.grants(resource, lines[0].rank)) << r;
            used &= used - 1;
        }
        refused
    }

    fn settle(&self, shard: &mut ShopperShard, line: &Line, parts: &mut [RulePart], refused: u16, tally: &mut Tally<Bazaar>) {
        let listing = &self.market.catalog.listings[line.listing as usize];
        let platform = listing.platform as usize;
        let segment = shard.state.rate[line.shopper as usize] as usize / RATE_LEVELS;
        let id = shard.state.shopper(line.shopper as usize);
        let after = || self.market.seed.words(Purpose::After, id, u64::from(self.tick), Line::after_key(line.mission, line.place as usize));
        let fate = self.fate(line, parts, refused, platform, segment, after, tally);
        let first_party = listing.first_party;
        let params = &self.params.platforms[platform];
        let bill = Bill::new(line.list_price, line.fee, parts, params, &self.view.state.platforms[platform], first_party);
        let mut open = OpenLine {
            listing: line.listing,
            paid: bill.paid as u32,
            clawback: bill.clawback as u32,
            clawback_strategy: bill.clawback_strategy as u32,
            commission: (bill.commission - bill.relief) as u32,
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
            if let Some(rule) = params.promotions.get(line.protection as usize).filter(|_| !open.has(OpenLine::RETURNS)) {
                protection::watch(self.view, self.tick, rule.protection_ticks(), shard, line, bill.paid);
            }
        } else if line.deposit > 0 {
            let presale = |part: &RulePart| matches!(params.promotions[part.rule as usize].instrument, Instrument::Presale { .. });
            let broken = fate == Fate::Dropped && parts.iter().any(|part| refused >> part.rule & 1 == 1 && presale(part));
            match fate {
                Fate::OutOfStock => deposit::refund(self.market, line.listing, segment, line.deposit, tally),
                _ if broken => deposit::refund(self.market, line.listing, segment, line.deposit, tally),
                _ => deposit::forfeit(platform, segment, line.deposit, &mut tally.totals),
            }
        }
        if self.market.writes(self.tick, id) {
            let row = self.row(id, segment, line, parts, &bill, fate, &open, return_tick);
            shard.events.orders.push(row);
        }
    }

    /// Whether the order goes through; takes the discounts of `refused` rules off `parts`.
    #[expect(clippy::too_many_arguments, reason = "one call; what a fate depends on")]
    fn fate(
        &self,
        line: &Line,
        parts: &mut [RulePart],
        refused: u16,
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
            self.lose(platform, segment, line.listing, Cause::StockOut, tally);
            tally.totals.fired(Mechanism::StockRefusal, 1, i64::from(line.list_price));
            return Fate::OutOfStock;
        }
        if refused == 0 {
            return Fate::Shipped;
        }
        let rules = &self.params.platforms[platform].promotions;
        let before = line.list_price + line.fee - taken_off(parts, rules);
        let (mut subsidy, mut strategic) = (0, 0);
        for part in parts.iter_mut().filter(|part| refused >> part.rule & 1 == 1) {
            subsidy += part.platform;
            strategic += if rules[part.rule as usize].budget_per_tick.is_none() { i64::from(part.platform) } else { 0 };
            (part.platform, part.merchant) = (0, 0);
        }
        let now = line.list_price + line.fee - taken_off(parts, rules);
        if subsidy == 0 && now == before {
            return Fate::Shipped;
        }
        tally.totals.add_to(platform, segment, Metric::RefusedSubsidies, 1);
        tally.totals.add_to(platform, segment, Metric::RefusedStrategy, strategic);
        tally.totals.fired(Mechanism::BudgetRefusal, 1, i64::from(subsidy));
        let category = self.market.catalog.listings[line.listing as usize].category as usize;
        let scales =
            Scales { category, sensitivity: line.sensitivity, reference: line.reference, probability: line.probability, nudge: 0.0 };
        // a deposit is sunk: only the balance is decided on
        let balance = now.saturating_sub(line.deposit).max(1);
        if scales.still_wanted(self.params, [before, balance], after().uniform(1)) {
            return Fate::Shipped;
        }
        tally.totals.add_to(platform, segment, Metric::Dropped, 1);
        self.lose(platform, segment, line.listing, Cause::Price, tally);
        Fate::Dropped
    }

    /// A line that was chosen and is not sold after all.
    fn lose(&self, platform: usize, segment: usize, listing: u32, cause: Cause, tally: &mut Tally<Bazaar>) {
        if self.market.attribution {
            loss::count(platform, segment, cause, &mut tally.totals);
            loss::tally(Loss { listing, cause }, &mut tally.listings);
        }
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
        let (goods, deposit) = (i64::from(listing.unit_cost), i64::from(line.deposit));
        let subsidy = bill.subsidy + bill.delivery_subsidy;
        transfer(&mut tally.totals.ledger, platform, bill, goods, deposit);
        let cash = bill.receipt - goods - deposit;
        let gmv = bill.list - bill.merchant_discount;
        let at = line.listing as usize;
        tally.listings.orders[at] += 1;
        tally.listings.gmv[at] += gmv;
        tally.listings.cash[at] += cash;
        tally.listings.receipts[at] += bill.receipt + bill.logistics_merchant;
        if line.from_ad {
            click::note_order(tally, at, platform, segment, gmv);
        }
        let totals = &mut tally.totals;
        let days = (self.view.promised_days[platform] * 1000.0) as i64;
        let amounts = [
            (Metric::Shipped, 1),
            (Metric::ShippedGmv, gmv),
            (Metric::Paid, bill.paid),
            (Metric::MerchantDiscount, bill.merchant_discount),
            (Metric::Subsidy, subsidy),
            (Metric::DeliveryFees, bill.delivery_fee),
            (Metric::Relief, bill.relief),
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
        ];
        totals.add_all(platform, segment, &amounts);
        if first_party {
            totals.add_to(platform, segment, Metric::FirstPartyGmv, gmv);
        }
        for (mechanism, money) in [
            (Mechanism::FirstParty, if first_party { gmv } else { 0 }),
            (Mechanism::Commission, bill.commission),
            (Mechanism::DeliveryFee, bill.delivery_fee),
        ] {
            totals.fired(mechanism, i64::from(money > 0), money);
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
                Instrument::CrossShopDiscount { .. } => Mechanism::CrossShopDiscount,
                Instrument::MemberCoupon { .. } => Mechanism::MemberCoupon,
                Instrument::CommissionRelief { .. } => Mechanism::CommissionRelief,
                Instrument::DeliverySubsidy { .. } => Mechanism::DeliverySubsidy,
                // booked when the deposit is paid and when the refund is
                Instrument::Presale { .. } | Instrument::PriceProtection { .. } => continue,
            };
            totals.fired(mechanism, 1, i64::from(part.platform + part.merchant));
        }
    }

    /// What a purchase leaves in the shopper.
    fn remember(&self, shard: &mut ShopperShard, line: &Line, platform: usize, segment: usize, bill: &Bill, tally: &mut Tally<Bazaar>) {
        let memory = &self.params.memory;
        let Listing { category, merchant, .. } = self.market.catalog.listings[line.listing as usize];
        let remembers = memory.reference_price_gain > 0.0 || memory.stock_days > 0.0;
        let row = shard.row(line.shopper as usize, self.tick, memory);
        row.habit[platform] = row.habit[platform].saturating_add((memory.habit_gain * Q12 + 0.5) as u16);
        row.fatigue[platform] = row.fatigue[platform].saturating_add((memory.fatigue_gain * Q12 + 0.5) as u16);
        if remembers {
            let level = self.params.categories[category as usize].price_level;
            let log_price = ln_f32(bill.payable().max(1) as f32 / level);
            let storable = self.params.categories[category as usize].storable;
            let stock = if storable { (memory.stock_days / self.params.ai.tick_days as f32) as u8 } else { 0 };
            row.remember_purchase(category, log_price, memory.reference_price_gain, stock);
        }
        let new_to_merchant = line.from_ad && row.stage_of(merchant) == 0;
        row.raise(merchant, Stage::Act);
        let first = row.mark_order(platform);
        if new_to_merchant {
            tally.listings.ads.new_shoppers[line.listing as usize] += 1;
        }
        if memory.habit_gain > 0.0 {
            tally.totals.fired(Mechanism::HabitGain, 1, 0);
        }
        if first {
            tally.totals.add_to(platform, segment, Metric::NewShoppers, 1);
        }
        if let Some(membership) = self.params.platforms[platform].membership {
            let benefit = membership.benefit + self.view.member_savings[platform];
            let membership = MembershipParams { benefit, ..membership };
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
        open.flags |= service::contact(desk, params, open.paid, after);
        let memory = &self.params.memory;
        let late = (days - promised) as f32;
        let unresolved = if open.has(OpenLine::UNRESOLVED) { memory.experience_unresolved } else { 0.0 };
        let experience = memory.experience_base + memory.experience_match * line.true_match
            - memory.experience_surprise * gap
            - memory.experience_delay * late
            - unresolved;
        let luck = |lane: usize| {
            let key = Line::after_key(line.mission, line.place as usize) | 1 << 32;
            self.market.seed.words(Purpose::ServiceDesk, line.rank.shopper, u64::from(self.tick), key).uniform(lane)
        };
        let experience = service::compensated(params, experience, open);
        let experience = service::reach_out(params, experience, luck, open);
        service::dispute(params, after, open);
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
            line: u32::from(line.place),
            segment: catalog.segments[segment].clone(),
            platform: catalog.platforms[platform].clone(),
            listing: line.listing,
            merchant: listing.merchant,
            category: catalog.categories[listing.category as usize].clone(),
            sales_mode: if listing.live { "live".into() } else { "shelf".into() },
            from_ad: u32::from(line.from_ad),
            outcome: fate.name().into(),
            list_price: bill.list,
            merchant_discount: bill.merchant_discount,
            instant_discount: funded(|i| matches!(i, Instrument::InstantDiscount { .. })),
            gap_subsidy: funded(|i| matches!(i, Instrument::GapToLowest { .. })),
            threshold_discount: funded(|i| matches!(i, Instrument::ThresholdDiscount { .. })),
            coupon: funded(|i| matches!(i, Instrument::Coupon { .. })),
            cross_shop_discount: funded(|i| matches!(i, Instrument::CrossShopDiscount { .. })),
            member_coupon: funded(|i| matches!(i, Instrument::MemberCoupon { .. })),
            presale_bonus: funded(|i| matches!(i, Instrument::Presale { .. })),
            subsidy: bill.subsidy,
            paid: bill.paid,
            deposit: i64::from(line.deposit),
            delivery_fee: if_shipped(bill.delivery_fee),
            delivery_subsidy: if_shipped(bill.delivery_subsidy),
            commission: if_shipped(bill.commission),
            commission_relief: if_shipped(bill.relief),
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

/// Who pays whom for a line: what is left after the deposit, the subsidies, commission, fee, delivery and goods.
fn transfer(books: &mut Ledger, platform: usize, bill: &Bill, goods: i64, deposit: i64) {
    let mut pay = |from, to, amount| books.transfer(platform, from, to, Money(amount));
    let subsidy = bill.subsidy + bill.delivery_subsidy + bill.relief;
    pay(Account::Shopper, Account::Merchant, (bill.payable() - deposit).max(0));
    pay(Account::Merchant, Account::Shopper, (deposit - bill.payable()).max(0));
    pay(Account::Platform, Account::Subsidy, subsidy);
    pay(Account::Subsidy, Account::Merchant, subsidy);
    pay(Account::Merchant, Account::Platform, bill.commission);
    pay(Account::Merchant, Account::External, bill.fee);
    pay(Account::Merchant, Account::Logistics, bill.logistics_merchant);
    pay(Account::Platform, Account::Logistics, bill.logistics_platform);
    pay(Account::Merchant, Account::External, goods);
}
