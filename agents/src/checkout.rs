//! Checking out: chosen offers become provisional order lines with their discounts, their rank and their claims, at once or after
//! a wait in the cart.
//!
//! Guarantees that a check-out pays the least that its rules allow, and that the price of a line that waits for nothing is the
//! price on the page.

use crate::anticipation::{AHEAD, RELEASED};
use crate::calendar::MISSIONS;
use crate::cart::{Appeal, CartLine};
use crate::deposit::{self, Deposit, Way};
use crate::instrument::{Instrument, NO_RULE};
use crate::loss::{self, Cause, Loss};
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::order::{Line, RulePart};
use crate::params::{PLATFORMS, RATE_LEVELS};
use crate::promotion::shelf_price;
use crate::reconsider::Scales;
use crate::shard::ShopperShard;
use crate::stacking::{Deal, Item, LINES, Scratch};
use crate::till::Till;
use crate::visit::{Option_, Tour};
use sim_core::draw::{Purpose, below, mix};
use sim_core::grant::Rank;
use sim_core::ledger::Account;
use sim_core::money::Money;
use sim_core::rows::MissionRow;
use sim_core::tick::Wishes;

/// Mission numbers of check-outs without a mission: those of carts begin here, by platform.
const CART_MISSION: u16 = 32;
/// Those of presales begin here, in the order of the table.
const PRESALE_MISSION: u16 = 48;

// ranges of mission numbers are disjoint: they are keys of draws and of rows
const _: () = assert!(MISSIONS as u32 <= RELEASED && 2 * RELEASED <= AHEAD && 2 * AHEAD <= CART_MISSION as u32);
const _: () = assert!(CART_MISSION as usize + PLATFORMS <= PRESALE_MISSION as usize);

/// Who checks out.
#[derive(Clone, Copy)]
pub(crate) struct Buyer {
    /// Index into the shard.
    pub(crate) index: usize,
    /// Number of the mission or check-out in the tick.
    pub(crate) mission: u16,
    pub(crate) platform: usize,
    /// Price sensitivity over mu.
    pub(crate) sensitivity: f32,
}

/// A line that somebody wants to check out.
#[derive(Clone, Copy)]
struct Wanted {
    listing: u32,
    /// Price that was expected, all in; `None`: decided on in this mission.
    expected: Option<u32>,
    deposit: u32,
    rule: u8,
    due: u16,
    from_ad: bool,
    /// Whether a message has asked the shopper to come back to it.
    reminded: bool,
    appeal: Appeal,
}

impl Wanted {
    fn kept(line: &CartLine) -> Wanted {
        let CartLine { listing, expected, deposit, rule, due, .. } = *line;
        let from_ad = line.is_from_ad();
        Wanted { listing, expected: Some(expected), deposit, rule, due, from_ad, reminded: false, appeal: line.appeal() }
    }
}

/// What the lines of a check-out cost.
struct Bills {
    items: [Item; LINES],
    deal: Deal,
    /// Shares of the delivery fee.
    fees: [i64; LINES],
    /// What the deposit counts for beyond itself.
    bonuses: [i64; LINES],
    /// All in, after subsidies of the fee.
    payable: [i64; LINES],
}

impl Tour<'_> {
    /// What becomes of a chosen offer: a deposit, a line in the cart, or a check-out.
    pub(crate) fn take(&self, shard: &mut ShopperShard, buyer: Buyer, option: &Option_, probability: f32, wishes: &mut Wishes<Bazaar>) {
        let appeal = Appeal { true_match: option.true_match, perceived: option.perceived, probability };
        if option.presale != NO_RULE {
            return self.pay_deposit(shard, buyer, option, appeal);
        }
        let (listing, from_ad) = (option.listing, option.is_paid());
        let chosen = Wanted { listing, expected: None, deposit: 0, rule: NO_RULE, due: 0, from_ad, reminded: false, appeal };
        let till = self.till(&shard.state, buyer.index, buyer.platform);
        if till.wait.is_none() {
            return self.check_out(shard, buyer, &till, &[chosen], Some(option.price), wishes);
        }
        let item = self.item(option.listing, till.menu.open);
        let room = till.kept_len + 1 < self.params.cart.lines;
        if let Some(reason) = till.reason_to_wait(&item).filter(|_| room) {
            let due = (self.tick + self.params.cart.max_ticks).min(reason.until) as u16;
            let expected = till.expected_if_kept(&item, option.price);
            let line = CartLine::new(buyer.index as u16, buyer.platform as u8, option.listing, expected, due, appeal);
            wishes.totals.fired(Mechanism::Cart, 1, i64::from(option.price));
            let segment = self.segment(shard, buyer.index);
            self.note_favourite(&mut shard.ad_views, option, segment);
            wishes.totals.add_to(buyer.platform, self.segment(shard, buyer.index), Metric::KeptLines, 1);
            return shard.state.keep(line.after_click(from_ad));
        }
        let mut wanted = [chosen; LINES];
        let kept = self.take_cart(shard, buyer, &mut wanted);
        wanted[kept] = chosen;
        self.check_out(shard, buyer, &till, &wanted[..=kept], None, wishes);
    }

    fn segment(&self, shard: &ShopperShard, index: usize) -> usize {
        shard.state.rate[index] as usize / RATE_LEVELS
    }

    /// Takes the lines of a cart out of the table; returns how many.
    fn take_cart(&self, shard: &mut ShopperShard, buyer: Buyer, wanted: &mut [Wanted; LINES]) -> usize {
        let (mut taken, mut at) = (0, shard.state.cart(buyer.index).start);
        while taken < LINES - 1 && shard.state.carts.get(at).is_some_and(|line| line.shopper as usize == buyer.index) {
            let line = shard.state.carts[at];
            if line.rule == NO_RULE && line.platform() == buyer.platform {
                wanted[taken] = Wanted::kept(&shard.state.take_out(at));
                taken += 1;
            } else {
                at += 1;
            }
        }
        taken
    }

    /// Pays the deposit of a presale; the line waits for the day of the balance, drawn for each shopper and listing.
    fn pay_deposit(&self, shard: &mut ShopperShard, buyer: Buyer, option: &Option_, appeal: Appeal) {
        let menu = self.menu(&shard.state, buyer.index, buyer.platform);
        let rule = &menu.rules[option.presale as usize];
        let Instrument::Presale { pay, .. } = rule.instrument else { return };
        let (amount, _) = rule.deposit(menu.line_price(&self.item(option.listing, menu.open)));
        let id = shard.state.shopper(buyer.index);
        let words = self.seed.words(Purpose::PresaleDay, id, u64::from(self.tick), u64::from(option.listing));
        let day = (pay.0 + below(words.bits(0), pay.1 - pay.0 + 1)).max(self.tick + 1);
        let line = CartLine::new(buyer.index as u16, buyer.platform as u8, option.listing, option.price, day as u16, appeal);
        shard.state.keep(line.with_deposit(amount as u32, option.presale).after_click(option.is_paid()));
        shard.deposits.push(Deposit { way: Way::In, shopper: buyer.index as u32, listing: option.listing, amount: amount as u32 });
    }

    /// Checks out the carts and presales of a shard that cannot wait any longer.
    pub(crate) fn check_out_due(&self, shard: &mut ShopperShard, wishes: &mut Wishes<Bazaar>) {
        let (mut at, mut number, mut last) = (0, 0u16, None);
        while let Some(&line) = shard.state.carts.get(at) {
            if u32::from(line.due) > self.tick {
                at += 1;
                continue;
            }
            number = if last == Some(line.shopper) { number + 1 } else { 0 };
            last = Some(line.shopper);
            let index = line.shopper as usize;
            let mission = if line.rule == NO_RULE { CART_MISSION + line.platform() as u16 } else { PRESALE_MISSION + number };
            let sensitivity = self.sensitivity(&shard.state.rows[index]);
            let buyer = Buyer { index, mission, platform: line.platform(), sensitivity };
            let till = self.till(&shard.state, index, buyer.platform);
            let mut wanted = [Wanted::kept(&line); LINES];
            let count =
                if line.rule == NO_RULE { self.take_cart(shard, buyer, &mut wanted) } else { self.take_presales(shard, at, &mut wanted) };
            self.check_out(shard, buyer, &till, &wanted[..count], None, wishes);
            at = at.min(shard.state.cart(index).start);
        }
    }

    /// Takes the presales of a shopper on a platform that are due, from the first on; returns how many.
    fn take_presales(&self, shard: &mut ShopperShard, mut at: usize, wanted: &mut [Wanted; LINES]) -> usize {
        let first = shard.state.carts[at];
        let mut taken = 0;
        while taken < LINES && shard.state.carts.get(at).is_some_and(|line| line.shopper == first.shopper) {
            let line = shard.state.carts[at];
            if line.rule != NO_RULE && line.platform() == first.platform() && u32::from(line.due) <= self.tick {
                wanted[taken] = Wanted::kept(&shard.state.take_out(at));
                taken += 1;
            } else {
                at += 1;
            }
        }
        taken
    }

    /// Provisional orders for the lines that are still wanted at what they cost now. `promised` is the price on the page of a
    /// line that waited for nothing.
    fn check_out(
        &self,
        shard: &mut ShopperShard,
        buyer: Buyer,
        till: &Till,
        wanted: &[Wanted],
        promised: Option<u32>,
        wishes: &mut Wishes<Bazaar>,
    ) {
        let segment = self.segment(shard, buyer.index);
        let (mut left, mut count) = ([wanted[0]; LINES], 0);
        for line in wanted {
            if self.is_sold(buyer.platform, line.listing) {
                left[count] = *line;
                count += 1;
                continue;
            }
            wishes.totals.add_to(buyer.platform, segment, Metric::AbandonedLines, 1);
            self.lose(shard, buyer.platform, segment, line.listing, Cause::Assortment, &mut wishes.totals);
            if line.deposit > 0 {
                let (shopper, amount) = (buyer.index as u32, line.deposit);
                shard.deposits.push(Deposit { way: Way::Back, shopper, listing: line.listing, amount });
            }
        }
        if count == 0 {
            return;
        }
        let bills = loop {
            let bills = self.bills(till, &left[..count], &mut shard.scratch);
            let refused = (0..count).find(|&i| !self.is_still_wanted(shard, buyer, &left[i], bills.payable[i]));
            let Some(at) = refused else { break bills };
            if self.reminds(shard, buyer, &mut left[at], &mut wishes.totals) {
                continue;
            }
            if left[at].deposit > 0 {
                deposit::forfeit(buyer.platform, segment, left[at].deposit, &mut wishes.totals);
            }
            wishes.totals.add_to(buyer.platform, segment, Metric::AbandonedLines, 1);
            self.lose(shard, buyer.platform, segment, left[at].listing, Cause::Price, &mut wishes.totals);
            left.copy_within(at + 1..count, at);
            count -= 1;
            if count == 0 {
                return;
            }
        };
        if let Some(promised) = promised {
            assert_eq!(bills.payable[0].max(1), i64::from(promised), "the price on the page is the price of the order");
        }
        let recovered = left[..count].iter().filter(|line| line.reminded).count() as i64;
        wishes.totals.add_to(buyer.platform, segment, Metric::RecoveredLines, recovered);
        wishes.totals.add_to(buyer.platform, segment, Metric::Checkouts, 1);
        for (place, line) in left[..count].iter().enumerate() {
            self.order(shard, buyer, till, line, &bills, place, count, wishes);
        }
    }

    /// Cart recovery: a message about a line that would be given up, at most one a line; true if it is sent. Deposits remind by
    /// themselves.
    fn reminds(&self, shard: &ShopperShard, buyer: Buyer, line: &mut Wanted, totals: &mut Totals) -> bool {
        let Some(proactive) = self.params.platforms[buyer.platform].proactive else { return false };
        if proactive.carts == 0.0 || line.reminded || line.rule != NO_RULE {
            return false;
        }
        let id = shard.state.shopper(buyer.index);
        let u = self.seed.words(Purpose::Cart, id, u64::from(line.due), u64::from(line.listing)).uniform(1);
        if u >= proactive.carts {
            return false;
        }
        line.reminded = true;
        let segment = self.segment(shard, buyer.index);
        totals.add_to(buyer.platform, segment, Metric::CartMessages, 1);
        totals.add_to(buyer.platform, segment, Metric::ServiceCost, proactive.cost);
        totals.ledger.transfer(buyer.platform, Account::Platform, Account::External, Money(proactive.cost));
        totals.fired(Mechanism::CartRecovery, 1, proactive.cost);
        true
    }

    /// A line that was kept and is not bought after all.
    fn lose(&self, shard: &mut ShopperShard, platform: usize, segment: usize, listing: u32, cause: Cause, totals: &mut Totals) {
        if self.market.attribution {
            loss::count(platform, segment, cause, totals);
            shard.losses.push(Loss { listing, cause });
        }
    }

    /// Reference price for a listing in price-utility units; infinite where there is none, so that no price is above it.
    fn reference_of(&self, shard: &ShopperShard, index: usize, listing: u32) -> f32 {
        if self.params.choice.loss_aversion == 0.0 {
            return f32::INFINITY;
        }
        let category = self.catalog.listings[listing as usize].category as usize;
        self.reference(&shard.state.rows[index], category).unwrap_or(f32::INFINITY)
    }

    /// Whether a listing can still be bought: it is sold, and its platform is in the market.
    fn is_sold(&self, platform: usize, listing: u32) -> bool {
        self.view.offers[listing as usize].listed && self.view.trades[platform]
    }

    /// Whether a line that was kept is wanted at what it costs now. A deposit is sunk.
    fn is_still_wanted(&self, shard: &ShopperShard, buyer: Buyer, line: &Wanted, payable: i64) -> bool {
        let Some(expected) = line.expected else { return true };
        let now = (payable - i64::from(line.deposit)).max(1) as u32;
        if now <= expected {
            return true;
        }
        let category = self.catalog.listings[line.listing as usize].category as usize;
        let id = shard.state.shopper(buyer.index);
        let u = self.seed.words(Purpose::Cart, id, u64::from(line.due), u64::from(line.listing)).uniform(0);
        let reference = self.reference_of(shard, buyer.index, line.listing);
        let nudge = if line.reminded { self.params.platforms[buyer.platform].proactive.map_or(0.0, |p| p.nudge) } else { 0.0 };
        let scales = Scales { category, sensitivity: buyer.sensitivity, reference, probability: line.appeal.probability, nudge };
        scales.still_wanted(self.params, [expected, now], u)
    }

    fn bills(&self, till: &Till, wanted: &[Wanted], scratch: &mut Scratch) -> Bills {
        let mut items = [self.item(wanted[0].listing, till.menu.open); LINES];
        for (item, line) in items.iter_mut().zip(wanted) {
            *item = self.item(line.listing, till.menu.open);
        }
        let deal = till.menu.best(&items[..wanted.len()], scratch);
        let (mut fees, mut bonuses, mut payable) = ([0; LINES], [0; LINES], [0; LINES]);
        let fee = till.fee(deal.prices.iter().sum());
        crate::instrument::split(fee, &deal.prices, &mut fees);
        for (i, line) in wanted.iter().enumerate() {
            if line.rule != NO_RULE {
                bonuses[i] = till.menu.rules[line.rule as usize].bonus_of(i64::from(line.deposit), deal.prices[i]);
            }
            let off = till.fee_discounts(items[i].rules, fees[i], |_, _| {});
            payable[i] = deal.prices[i] - bonuses[i] + fees[i] - off;
        }
        Bills { items, deal, fees, bonuses, payable }
    }

    /// A provisional order: discounts, cancellation, claims.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    fn order(
        &self,
        shard: &mut ShopperShard,
        buyer: Buyer,
        till: &Till,
        wanted: &Wanted,
        bills: &Bills,
        place: usize,
        count: usize,
        wishes: &mut Wishes<Bazaar>,
    ) {
        let Wishes { demand, budgets, totals } = wishes;
        let id = shard.state.shopper(buyer.index);
        let segment = self.segment(shard, buyer.index);
        let (platform, rules) = (buyer.platform, &self.params.platforms[buyer.platform]);
        let from = shard.parts.len();
        let merchant_part = self.parts(till, wanted, bills, place, count, &mut shard.parts);
        let item = &bills.items[place];
        let after = || self.seed.words(Purpose::After, id, u64::from(self.tick), Line::after_key(buyer.mission, place));
        let share = if self.day.sale { rules.cancelled_festival } else { rules.cancelled };
        let luck = if share > 0.0 { after().uniform(0) } else { 1.0 };
        let cancelled = luck < share;
        let rank = self.rank(id, buyer.mission, place);
        totals.add_to(platform, segment, Metric::Orders, 1);
        totals.add_to(platform, segment, Metric::Gmv, i64::from(item.list_price - merchant_part));
        if cancelled {
            totals.add_to(platform, segment, Metric::Cancelled, 1);
            totals.fired(Mechanism::Cancellation, 1, bills.payable[place]);
            if luck >= rules.cancelled {
                totals.fired(Mechanism::FestivalCancellation, 1, bills.payable[place]);
            }
        } else {
            for part in &shard.parts[from..] {
                let rule = &rules.promotions[part.rule as usize];
                budgets.claimed[self.market.money_slot(platform, part.rule, rule)] += i64::from(part.platform);
            }
            if let Some(pieces) = demand.pieces.get_mut(item.listing as usize) {
                *pieces += 1;
            }
        }
        shard.lines.push(Line {
            shopper: buyer.index as u32,
            listing: item.listing,
            mission: buyer.mission,
            place: place as u8,
            from_ad: wanted.from_ad,
            cancelled,
            protection: self.protection(till, item.rules, platform),
            parts: (from as u32, (shard.parts.len() - from) as u8),
            list_price: item.list_price,
            fee: bills.fees[place] as u32,
            deposit: wanted.deposit,
            true_match: wanted.appeal.true_match,
            perceived_match: wanted.appeal.perceived,
            sensitivity: buyer.sensitivity,
            reference: self.reference_of(shard, buyer.index, item.listing),
            probability: wanted.appeal.probability,
            rank,
        });
    }

    /// Who is served first: a keyed priority for each check-out.
    fn rank(&self, shopper: u64, mission: u16, place: usize) -> Rank {
        Rank { priority: mix(self.priority_key ^ shopper, u64::from(mission)), shopper, mission, line: place as u16 }
    }

    /// The rule that protects the price of a line, or none.
    fn protection(&self, till: &Till, usable: u16, platform: usize) -> u8 {
        let rules = &self.params.platforms[platform].promotions;
        let protects = |r: u8| usable >> r & 1 == 1 && rules[r as usize].protection_ticks() > 0;
        till.menu.stacking.aside.iter().copied().find(|&r| protects(r)).unwrap_or(NO_RULE)
    }

    /// Appends the parts of all rules on a line, by funder; returns what the merchant takes off the price of the goods.
    fn parts(&self, till: &Till, wanted: &Wanted, bills: &Bills, place: usize, count: usize, parts: &mut Vec<RulePart>) -> u32 {
        let (menu, item) = (&till.menu, &bills.items[place]);
        let mut merchant_part = 0;
        let mut fund = |rule: u8, discount: i64| {
            let platform = Money(discount).share(menu.rules[rule as usize].platform_ppm).0;
            let merchant = (discount - platform) as u32;
            parts.push(RulePart { rule, platform: platform as u32, merchant });
            merchant
        };
        let listing = &self.catalog.listings[item.listing as usize];
        let joins = self.view.offers[item.listing as usize].joins;
        let shelf =
            shelf_price(listing, joins, menu.quotes, item.list_price, (menu.rules, menu.stacking), menu.states, |rule, discount| {
                merchant_part += fund(rule, discount);
            });
        assert_eq!(shelf, item.shelf, "the price on the shelf is the price in the view");
        menu.parts(&bills.items[..count], &bills.deal, |line, rule, discount| {
            if line == place {
                merchant_part += fund(rule, discount);
            }
        });
        if bills.bonuses[place] > 0 {
            merchant_part += fund(wanted.rule, bills.bonuses[place]);
        }
        let _ = till.fee_discounts(item.rules, bills.fees[place], |rule, discount| {
            fund(rule, discount);
        });
        let usable =
            |r: &&u8| item.rules >> **r & 1 == 1 && matches!(menu.rules[**r as usize].instrument, Instrument::CommissionRelief { .. });
        let mut reliefs = menu.stacking.aside.iter().filter(usable).peekable();
        if reliefs.peek().is_some() && !listing.first_party {
            let mut commission = Money(i64::from(item.list_price - merchant_part)).share(till.platform.take_rate_ppm).0;
            for &r in reliefs {
                let relief = menu.rules[r as usize].discount(commission, commission, menu.states[r as usize].depth_ppm, None);
                if relief > 0 {
                    parts.push(RulePart { rule: r, platform: relief as u32, merchant: 0 });
                    commission -= relief;
                }
            }
        }
        merchant_part
    }

    #[expect(clippy::too_many_arguments, reason = "one call, for sampled shoppers")]
    pub(crate) fn write_mission(
        &self,
        shard: &mut ShopperShard,
        id: u64,
        mission: u32,
        segment: usize,
        category: usize,
        options: &[Option_],
        chosen: Option<usize>,
    ) {
        let rows = options.iter().enumerate().map(|(i, o)| MissionRow {
            tick: self.tick - self.market.warm_up,
            shopper: id,
            mission,
            segment: self.catalog.segments[segment].clone(),
            category: self.catalog.categories[category].clone(),
            platform: self.catalog.platforms[o.platform as usize].clone(),
            listing: o.listing,
            position: u32::from(o.position),
            examined: u32::from(o.examined),
            chosen: u32::from(chosen == Some(i)),
            paid: u32::from(o.is_paid()),
            click_price: i64::from(o.cost_per_click),
            estimated_match: f64::from(o.estimate),
            true_match: f64::from(o.true_match),
            effective_price: i64::from(o.price),
            utility: f64::from(o.utility),
        });
        shard.events.missions.extend(rows);
    }
}
