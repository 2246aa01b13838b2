//! What a shopper expects to pay for an offer on a page: rules on a line exactly, rules on the check-out as far as the cart can be
//! expected to fill, the delivery fee, and a presale where it is the better way to buy.

use crate::cart::Wait;
use crate::instrument::{Instrument, NO_RULE};
use crate::params::PlatformParams;
use crate::stacking::{Item, LINES, Menu, Scratch};

/// The prices of a platform for one shopper in one tick.
pub(crate) struct Till<'a> {
    pub(crate) menu: Menu<'a>,
    pub(crate) platform: &'a PlatformParams,
    pub(crate) tick: u32,
    /// Lines in the cart, and what each costs today after rules on lines, money units.
    pub(crate) kept: [Item; LINES],
    pub(crate) kept_prices: [i64; LINES],
    pub(crate) kept_len: usize,
    /// What waiting is worth; `None`: every line is checked out alone.
    pub(crate) wait: Option<Wait>,
    /// What a tick of waiting costs, money units a line.
    pub(crate) waiting_cost: f64,
}

/// What an offer is expected to cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted {
    /// All in, money units.
    pub(crate) price: u32,
    /// The same with the cost of waiting for a presale: what it feels like.
    pub(crate) felt: u32,
    /// The goods alone, without a delivery fee. Not beside `price`: as a pair they are loaded in one piece, which waits until both
    /// stores have left the core.
    pub(crate) goods: u32,
    /// Rule of the presale by which it is bought; [`NO_RULE`]: none.
    pub(crate) presale: u8,
}

/// The best reason to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reason {
    /// Value of waiting, money units.
    pub(crate) value: f64,
    /// Last tick of the rule.
    pub(crate) until: u32,
}

impl Till<'_> {
    /// What an offer is expected to cost.
    pub(crate) fn quote(&self, item: &Item, scratch: &mut Scratch) -> Quoted {
        let goods = match self.wait {
            _ if item.rules & self.menu.stacking.checkout_bits == 0 => self.menu.line_price(item),
            None => self.menu.best(std::slice::from_ref(item), scratch).prices[0],
            Some(wait) => self.in_cart(item, wait),
        };
        let price = (goods + self.extra_fee(item, goods)).max(1);
        let now = Quoted { price: price as u32, goods: goods.max(1) as u32, felt: price as u32, presale: NO_RULE };
        if item.rules & self.menu.stacking.presale_bits == 0 {
            return now;
        }
        self.presale(item, now)
    }

    /// The price with the expected share of discounts on the check-out.
    fn in_cart(&self, item: &Item, wait: Wait) -> i64 {
        let mut price = self.menu.line_price(item);
        for &r in self.menu.stacking.checkout.iter().filter(|&&r| item.rules >> r & 1 == 1) {
            let rule = &self.menu.rules[r as usize];
            let depth = self.menu.states[r as usize].depth_ppm;
            let before = self.covered(r, item.merchant);
            let sum = before + price;
            let full = rule.checkout_discount(sum, depth) - rule.checkout_discount(before, depth);
            let (threshold, _) = rule.threshold().expect("a rule on the check-out has a threshold");
            let off = if full > 0 {
                full
            } else {
                let value = self.worth_waiting(r, sum, wait, self.kept_len + 1);
                (value.max(0.0) * (price as f64 / threshold as f64).min(1.0)) as i64
            };
            price -= off.min(rule.cap).min(price / 2);
        }
        price
    }

    /// Value of waiting until the next threshold of a rule is full.
    fn worth_waiting(&self, r: u8, sum: i64, wait: Wait, lines: usize) -> f64 {
        let rule = &self.menu.rules[r as usize];
        let depth = self.menu.states[r as usize].depth_ppm;
        let (threshold, _) = rule.threshold().expect("a rule on the check-out has a threshold");
        let gap = threshold - sum % threshold;
        let gain = rule.checkout_discount(sum + gap, depth) - rule.checkout_discount(sum, depth);
        let ticks = wait.ticks.min(f64::from(rule.window.1.saturating_sub(self.tick)));
        Wait { ticks, ..wait }.value(gain as f64, gap as f64, lines)
    }

    /// Price in the cart that counts toward a rule together with a line of `merchant`.
    fn covered(&self, r: u8, merchant: u32) -> i64 {
        let by_shop = self.menu.rules[r as usize].by_shop();
        let kept = self.kept.iter().zip(&self.kept_prices).take(self.kept_len);
        kept.filter(|(item, _)| item.rules >> r & 1 == 1 && (!by_shop || item.merchant == merchant)).map(|(_, price)| price).sum()
    }

    /// The best reason to keep a new line in the cart, if any is worth it.
    pub(crate) fn reason_to_wait(&self, item: &Item) -> Option<Reason> {
        let wait = self.wait?;
        let price = self.menu.line_price(item);
        let rules = self.menu.stacking.checkout.iter().filter(|&&r| item.rules >> r & 1 == 1);
        let reasons = rules.map(|&r| Reason {
            value: self.worth_waiting(r, self.covered(r, item.merchant) + price, wait, self.kept_len + 1),
            until: self.menu.rules[r as usize].window.1,
        });
        reasons.filter(|reason| reason.value > 0.0).max_by(|a, b| a.value.total_cmp(&b.value))
    }

    /// What a kept line expects to pay: the price on the page, but no more of a discount than its share of a full threshold, and
    /// nothing of the delivery fee that it saves the others.
    pub(crate) fn expected_if_kept(&self, item: &Item, quoted: u32) -> u32 {
        let line = self.menu.line_price(item);
        let mut least = line;
        for &r in self.menu.stacking.checkout.iter().filter(|&&r| item.rules >> r & 1 == 1) {
            let (threshold, _) = self.menu.rules[r as usize].threshold().expect("a rule on the check-out has a threshold");
            let off = self.menu.rules[r as usize].checkout_discount(threshold, self.menu.states[r as usize].depth_ppm);
            least -= (i128::from(line) * i128::from(off) / i128::from(threshold)) as i64;
        }
        quoted.max(least.max(1) as u32)
    }

    /// Delivery fee of a check-out of goods at this price.
    pub(crate) fn fee(&self, goods: i64) -> i64 {
        if goods < self.platform.free_above { self.platform.delivery_fee } else { 0 }
    }

    /// What a line adds to the delivery fee of the cart, after subsidies; negative where it makes delivery free.
    fn extra_fee(&self, item: &Item, goods: i64) -> i64 {
        if self.platform.delivery_fee == 0 {
            return 0;
        }
        let kept: i64 = self.kept_prices[..self.kept_len].iter().sum();
        let before = if self.kept_len == 0 { 0 } else { self.fee(kept) };
        let extra = self.fee(kept + goods) - before;
        if extra > 0 { extra - self.fee_discounts(item.rules, extra, |_, _| {}) } else { extra }
    }

    /// Subsidies on a delivery fee; `note` hears of each: rule, money units.
    pub(crate) fn fee_discounts(&self, rules: u16, fee: i64, mut note: impl FnMut(u8, i64)) -> i64 {
        let mut left = fee;
        for &r in self.menu.stacking.aside.iter().filter(|&&r| rules & self.menu.stacking.delivery_bits & 1 << r != 0) {
            let discount = self.menu.rules[r as usize].discount(left, left, self.menu.states[r as usize].depth_ppm, None);
            if discount > 0 {
                note(r, discount);
                left -= discount;
            }
        }
        fee - left
    }

    /// The presale of the offer, where it beats buying now.
    fn presale(&self, item: &Item, now: Quoted) -> Quoted {
        let Some(&r) = self.menu.stacking.aside.iter().find(|&&r| item.rules & self.menu.stacking.presale_bits & 1 << r != 0) else {
            return now;
        };
        let rule = &self.menu.rules[r as usize];
        let Instrument::Presale { pay, .. } = rule.instrument else { return now };
        let goods = self.menu.line_price(item);
        let (deposit, bonus) = rule.deposit(goods);
        let goods_price = (goods - bonus).max(1);
        let price = goods - bonus + self.extra_fee(item, goods);
        let ticks = f64::from(pay.0.max(self.tick + 1) - self.tick);
        let felt = price + (self.waiting_cost * ticks) as i64;
        if deposit == 0 || felt >= i64::from(now.felt) {
            return now;
        }
        Quoted { price: price.max(1) as u32, goods: goods_price as u32, felt: felt.max(1) as u32, presale: r }
    }
}
