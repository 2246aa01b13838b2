//! Best legal stacking: of the rules that a shopper may use on the lines of a check-out, those that leave the least to pay.
//!
//! Rules apply in stages: the shelf price, then rules on a line, then rules on the check-out; within a stage by `stacking`, then
//! in the order of the file. Coupons are optional (one before a threshold may cost more than it gives); of an exclusive group
//! at most one rule is used, per line or, for rules on the check-out, per check-out; all other rules apply by themselves.
//! Guarantees the minimum over all legal choices, ties broken by order, and that discounts of a check-out are split over its
//! lines to the fen. Branches only over choices that can matter.

use crate::catalog::Listing;
use crate::instrument::{Promotion, Stacking, split};
use crate::platform::RuleState;
use crate::promotion::Quotes;

/// Most lines of a check-out.
pub const LINES: usize = 4;

/// The rules of a platform that a shopper may use in a tick.
#[derive(Clone, Copy)]
pub struct Menu<'a> {
    /// Rules of the platform.
    pub rules: &'a [Promotion],
    /// Their order.
    pub stacking: &'a Stacking,
    /// Their state in this tick.
    pub states: &'a [RuleState],
    /// Those that are open to the shopper, as bits.
    pub open: u16,
    /// Prices elsewhere.
    pub quotes: Quotes<'a>,
    /// All listings.
    pub listings: &'a [Listing],
}

/// A line before the rules for shoppers.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Listing.
    pub listing: u32,
    /// Merchant.
    pub merchant: u32,
    /// List price, money units.
    pub list_price: u32,
    /// Price on the shelf, money units.
    pub shelf: u32,
    /// Rules that are open to the shopper and that the listing takes part in, as bits.
    pub rules: u16,
}

/// A way to pay for the lines of a check-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deal {
    /// Rules used on each line, as bits.
    pub used: [u16; LINES],
    /// Rules used on the check-out, as bits.
    pub checkout: u16,
    /// What is left of each line, money units.
    pub prices: [i64; LINES],
}

/// What can be left of a line after the rules on lines.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    price: i64,
    used: u16,
}

/// Candidates of the lines of a check-out; kept so that nothing is allocated.
#[derive(Default)]
pub struct Scratch {
    candidates: Vec<Candidate>,
    ends: [usize; LINES],
}

impl Menu<'_> {
    /// The least that one line costs after the rules on lines; what is used is told to nobody.
    #[inline]
    #[must_use]
    pub fn line_price(&self, item: &Item) -> i64 {
        let rules = item.rules & self.stacking.line_bits;
        if rules == 0 {
            return i64::from(item.shelf);
        }
        let mut least = i64::MAX;
        self.choices(item, 0, Candidate { price: i64::from(item.shelf), used: 0 }, 0, &mut |c| least = least.min(c.price));
        least
    }

    /// The best deal for the lines of a check-out, at most [`LINES`].
    #[must_use]
    pub fn best(&self, items: &[Item], scratch: &mut Scratch) -> Deal {
        assert!((1..=LINES).contains(&items.len()), "a check-out has 1 to {LINES} lines, found {}", items.len());
        let checkout = items.iter().fold(0, |bits, item| bits | item.rules) & self.stacking.checkout_bits;
        if checkout == 0 {
            return self.line_by_line(items);
        }
        scratch.candidates.clear();
        for (end, item) in scratch.ends.iter_mut().zip(items) {
            let from = scratch.candidates.len();
            let start = Candidate { price: i64::from(item.shelf), used: 0 };
            self.choices(item, 0, start, self.stacking.optional, &mut |c| scratch.candidates.push(c));
            scratch.candidates[from..].sort_unstable_by_key(|c| (c.price, c.used));
            *end = scratch.candidates.len();
        }
        let mut search = Search { menu: self, items, scratch, active: 0, best: i64::MAX, deal: Deal::default() };
        // every legal choice among exclusive rules on the check-out, with all rules that apply by themselves
        let exclusive = checkout & self.stacking.exclusive_bits;
        let mut chosen = exclusive;
        loop {
            if self.is_legal(chosen) {
                search.active = chosen | (checkout & !exclusive);
                search.descend(0, &mut [0; LINES], &mut [0; LINES]);
            }
            if chosen == 0 {
                return search.deal;
            }
            chosen = (chosen - 1) & exclusive;
        }
    }

    /// The best deal where no rule on the check-out ties the lines together.
    fn line_by_line(&self, items: &[Item]) -> Deal {
        let mut deal = Deal::default();
        for ((item, price), used) in items.iter().zip(&mut deal.prices).zip(&mut deal.used) {
            let start = Candidate { price: i64::from(item.shelf), used: 0 };
            if item.rules & self.stacking.line_bits == 0 {
                *price = start.price;
                continue;
            }
            let mut best = Candidate { price: i64::MAX, used: 0 };
            self.choices(item, 0, start, 0, &mut |c| best = if (c.price, c.used) < (best.price, best.used) { c } else { best });
            (*price, *used) = (best.price, best.used);
        }
        deal
    }

    /// Whether at most one rule of each exclusive group is among these.
    fn is_legal(&self, chosen: u16) -> bool {
        self.stacking.exclusive.iter().all(|group| (group & chosen).count_ones() <= 1)
    }

    /// Tells all legal results of the rules on a line from the `at`-th on; rules in `optional` may be left unused.
    fn choices(&self, item: &Item, at: usize, mut so_far: Candidate, optional: u16, tell: &mut impl FnMut(Candidate)) {
        for (place, &r) in self.stacking.line.iter().enumerate().skip(at) {
            let (bit, group) = (1u16 << r, self.stacking.exclusive[r as usize]);
            if item.rules & bit == 0 || so_far.used & group != 0 {
                continue;
            }
            let discount = self.line_discount(r, item, so_far.price);
            if discount == 0 {
                continue;
            }
            if optional & bit != 0 || group != 0 {
                self.choices(item, place + 1, so_far, optional, tell);
            }
            so_far = Candidate { price: so_far.price - discount, used: so_far.used | bit };
        }
        tell(so_far);
    }

    fn line_discount(&self, rule: u8, item: &Item, price: i64) -> i64 {
        let (promotion, state) = (&self.rules[rule as usize], &self.states[rule as usize]);
        let lowest = self.quotes.lowest_elsewhere(promotion, &self.listings[item.listing as usize]);
        promotion.discount(price, i64::from(item.list_price), state.depth_ppm, lowest)
    }

    /// Applies the `active` rules on the check-out to running prices; `note` hears of each part: line, rule, money units.
    fn check_out(&self, items: &[Item], active: u16, prices: &mut [i64; LINES], mut note: impl FnMut(usize, u8, i64)) {
        for &r in self.stacking.checkout.iter().filter(|&&r| active >> r & 1 == 1) {
            let rule = &self.rules[r as usize];
            let mut seen = 0u8;
            for first in 0..items.len() {
                if seen >> first & 1 == 1 || items[first].rules >> r & 1 == 0 {
                    continue;
                }
                let mut weights = [0i64; LINES];
                for (i, item) in items.iter().enumerate().skip(first) {
                    if item.rules >> r & 1 == 1 && (!rule.by_shop() || item.merchant == items[first].merchant) {
                        weights[i] = prices[i];
                        seen |= 1 << i;
                    }
                }
                let discount = rule.checkout_discount(weights.iter().sum(), self.states[r as usize].depth_ppm);
                if discount > 0 {
                    let mut parts = [0i64; LINES];
                    split(discount, &weights, &mut parts);
                    for (i, part) in parts.iter().map(|part| (*part).min(rule.cap)).enumerate().filter(|(_, part)| *part > 0) {
                        prices[i] -= part;
                        note(i, r, part);
                    }
                }
            }
        }
    }

    /// Tells each part of a deal: line, rule, money units, in the order in which the rules apply.
    pub fn parts(&self, items: &[Item], deal: &Deal, mut note: impl FnMut(usize, u8, i64)) {
        let mut prices = [0; LINES];
        for (i, item) in items.iter().enumerate() {
            prices[i] = i64::from(item.shelf);
            for &r in self.stacking.line.iter().filter(|&&r| deal.used[i] >> r & 1 == 1) {
                let discount = self.line_discount(r, item, prices[i]);
                prices[i] -= discount;
                note(i, r, discount);
            }
        }
        self.check_out(items, deal.checkout, &mut prices, note);
        assert_eq!(prices, deal.prices, "a deal is what its parts leave");
    }

    /// Most that the active rules on the check-out can take off lines of these prices.
    fn most_off(&self, items: &[Item], active: u16, prices: &[i64]) -> i64 {
        let rules = self.stacking.checkout.iter().filter(|&&r| active >> r & 1 == 1);
        rules
            .map(|&r| {
                let covered = items.iter().zip(prices).filter(|(item, _)| item.rules >> r & 1 == 1);
                let sum: i64 = covered.map(|(_, price)| price).sum();
                let (threshold, discount) = self.rules[r as usize].threshold().expect("a rule on the check-out has a threshold");
                let depth = i128::from(self.states[r as usize].depth_ppm);
                ((i128::from(sum / threshold * discount) * depth / 1_000_000) as i64 + 1).min(sum / 2)
            })
            .sum()
    }
}

/// Depth-first search over the candidates of the lines.
struct Search<'a> {
    menu: &'a Menu<'a>,
    items: &'a [Item],
    scratch: &'a Scratch,
    active: u16,
    best: i64,
    deal: Deal,
}

impl Search<'_> {
    fn of_line(&self, line: usize) -> &[Candidate] {
        let from = if line == 0 { 0 } else { self.scratch.ends[line - 1] };
        &self.scratch.candidates[from..self.scratch.ends[line]]
    }

    fn descend(&mut self, line: usize, prices: &mut [i64; LINES], used: &mut [u16; LINES]) {
        if line == self.items.len() {
            return self.judge(*prices, *used);
        }
        let mut last = None;
        for at in 0..self.of_line(line).len() {
            let candidate = self.of_line(line)[at];
            if last == Some(candidate.price) {
                continue;
            }
            last = Some(candidate.price);
            (prices[line], used[line]) = (candidate.price, candidate.used);
            if at > 0 && self.is_hopeless(line + 1, prices) {
                continue;
            }
            self.descend(line + 1, prices, used);
        }
        (prices[line], used[line]) = (0, 0);
    }

    /// Whether no choice of the lines from `from` on can beat the best.
    fn is_hopeless(&self, from: usize, prices: &[i64; LINES]) -> bool {
        let (mut least, mut most) = (*prices, *prices);
        for line in from..self.items.len() {
            let candidates = self.of_line(line);
            (least[line], most[line]) = (candidates[0].price, candidates[candidates.len() - 1].price);
        }
        least.iter().sum::<i64>() - self.menu.most_off(self.items, self.active, &most[..self.items.len()]) >= self.best
    }

    fn judge(&mut self, line_prices: [i64; LINES], used: [u16; LINES]) {
        let mut prices = line_prices;
        self.menu.check_out(self.items, self.active, &mut prices, |_, _, _| {});
        let total = prices.iter().sum();
        if total < self.best {
            self.best = total;
            self.deal = Deal { used, checkout: self.active, prices };
        }
    }
}

#[cfg(test)]
#[path = "stacking_oracle.rs"]
mod oracle;
