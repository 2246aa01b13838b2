//! The cart: lines that a shopper keeps until a threshold is full, and lines of a presale until the balance is due.
//!
//! Owns the table of a shard (sorted by shopper, then by time) and the decision to wait. Guarantees that a line is in the row sum
//! of its shard from the moment it is kept to the moment it is taken out.

use crate::instrument::NO_RULE;
use crate::params::PLATFORMS;
use crate::shard::ShardState;
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use std::ops::Range;

/// Fixed point of the matches of a kept line.
const Q10: f32 = 1024.0;
/// Fixed point of its probability.
const Q16: f32 = 65_536.0;
const BYTES: usize = 24;
/// Bit beside the platform: the line was chosen from a paid slot.
const FROM_AD: u8 = 1 << 7;
/// Bits of a word.
const WORD: usize = 64;

/// A line that is wanted but not yet ordered: 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// Listing.
    pub listing: u32,
    /// Price that was expected when it was decided on, all in, money units.
    pub expected: u32,
    /// Deposit paid, money units.
    pub deposit: u32,
    /// Tick at which it is checked out at the latest.
    pub due: u16,
    /// Shopper, as index into the shard.
    pub shopper: u16,
    true_match: i16,
    perceived: i16,
    probability: u16,
    /// Rule of the presale; [`NO_RULE`]: a line of the cart.
    pub rule: u8,
    /// Platform, and [`FROM_AD`].
    platform: u8,
}

const _: () = assert!(PLATFORMS <= FROM_AD as usize);

/// What is remembered of the decision for a line.
#[derive(Clone, Copy, Debug)]
pub struct Appeal {
    /// True match, standard deviations.
    pub true_match: f32,
    /// Match as perceived on the page.
    pub perceived: f32,
    /// Probability with which the line was chosen.
    pub probability: f32,
}

impl CartLine {
    /// A line of the cart.
    #[must_use]
    pub fn new(shopper: u16, platform: u8, listing: u32, expected: u32, due: u16, appeal: Appeal) -> CartLine {
        let fixed = |x: f32| (x * Q10).clamp(-32_000.0, 32_000.0) as i16;
        CartLine {
            listing,
            expected,
            deposit: 0,
            due,
            shopper,
            true_match: fixed(appeal.true_match),
            perceived: fixed(appeal.perceived),
            probability: (appeal.probability * Q16).clamp(0.0, 65_535.0) as u16,
            rule: NO_RULE,
            platform,
        }
    }

    /// The same as a line of a presale.
    #[must_use]
    pub fn with_deposit(self, deposit: u32, rule: u8) -> CartLine {
        CartLine { deposit, rule, ..self }
    }

    /// The same as a line that was chosen from a paid slot, hence after a click, or was not.
    #[must_use]
    pub fn after_click(self, from_ad: bool) -> CartLine {
        CartLine { platform: self.platform & !FROM_AD | if from_ad { FROM_AD } else { 0 }, ..self }
    }

    /// Platform.
    #[must_use]
    pub fn platform(&self) -> usize {
        (self.platform & !FROM_AD).into()
    }

    /// Whether it was chosen from a paid slot: the click is remembered as long as the line waits.
    #[must_use]
    pub fn is_from_ad(&self) -> bool {
        self.platform & FROM_AD != 0
    }

    /// The decision that led to it.
    #[must_use]
    pub fn appeal(&self) -> Appeal {
        Appeal {
            true_match: f32::from(self.true_match) * (1.0 / Q10),
            perceived: f32::from(self.perceived) * (1.0 / Q10),
            probability: f32::from(self.probability) * (1.0 / Q16),
        }
    }

    fn hash(&self, first_shopper: u64) -> u64 {
        let mut bytes = [0u8; BYTES];
        for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip([self.listing, self.expected, self.deposit]) {
            *slot = word.to_le_bytes();
        }
        let halves = [self.due, self.true_match as u16, self.perceived as u16, self.probability];
        for (slot, half) in bytes[12..20].as_chunks_mut().0.iter_mut().zip(halves) {
            *slot = half.to_le_bytes();
        }
        bytes[20..22].copy_from_slice(&[self.rule, self.platform]);
        bytes[22] = 1; // a cart line is no open line
        hash_of(first_shopper + u64::from(self.shopper), &bytes)
    }
}

impl ShardState {
    /// Places of the lines of a shopper in the table.
    pub(crate) fn cart(&self, index: usize) -> Range<usize> {
        if self.has_cart.get(index / WORD).is_some_and(|word| word >> (index % WORD) & 1 == 0) {
            return 0..0;
        }
        let from = self.carts.partition_point(|line| (line.shopper as usize) < index);
        from..from + self.carts[from..].iter().take_while(|line| line.shopper as usize == index).count()
    }

    /// Notes who has a cart, so that most are not looked for.
    pub(crate) fn note_carts(&mut self) {
        self.has_cart.clear();
        self.has_cart.resize(self.rows.len().div_ceil(WORD), 0);
        for line in &self.carts {
            self.has_cart[line.shopper as usize / WORD] |= 1 << (line.shopper as usize % WORD);
        }
    }

    /// Keeps a line, after those of its shopper.
    pub(crate) fn keep(&mut self, line: CartLine) {
        if let Some(word) = self.has_cart.get_mut(line.shopper as usize / WORD) {
            *word |= 1 << (line.shopper as usize % WORD);
        }
        self.row_sum = self.row_sum.wrapping_add(line.hash(self.first));
        let at = self.carts.partition_point(|other| other.shopper <= line.shopper);
        self.carts.insert(at, line);
    }

    /// Takes a line out of the table.
    pub(crate) fn take_out(&mut self, at: usize) -> CartLine {
        let line = self.carts.remove(at);
        self.row_sum = self.row_sum.wrapping_sub(line.hash(self.first));
        line
    }

    /// Sum of the hashes of all kept lines, from scratch.
    pub(crate) fn cart_sum(&self) -> u64 {
        self.carts.iter().fold(0, |sum, line| sum.wrapping_add(line.hash(self.first)))
    }
}

/// What a shopper expects of waiting for a threshold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// Own spending a tick on the platform, money units.
    pub(crate) spending: f64,
    /// Ticks that are left.
    pub(crate) ticks: f64,
    /// Cost of waiting, money units a tick and line.
    pub(crate) cost: f64,
}

impl Wait {
    /// Value of waiting with `lines` lines for `gain` that needs `gap` more, money units; at most 0: not worth it.
    ///
    /// The gap is filled within the time left with odds (spending in that time) : gap, and the wait lasts for the shorter of the
    /// time left and the mean time to fill it.
    pub(crate) fn value(&self, gain: f64, gap: f64, lines: usize) -> f64 {
        if self.ticks < 1.0 {
            return 0.0;
        }
        let reach = self.spending * self.ticks;
        let chance = reach / (reach + gap).max(1.0);
        let ticks = (gap / self.spending.max(1e-9)).clamp(1.0, self.ticks);
        gain * chance - self.cost * lines as f64 * ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::ids::ShardId;

    fn line(shopper: u16, listing: u32) -> CartLine {
        CartLine::new(shopper, 0, listing, 100, 9, Appeal { true_match: 1.5, perceived: -0.25, probability: 0.5 })
    }

    #[test]
    fn a_cart_line_is_24_bytes_and_keeps_its_decision() {
        assert_eq!(size_of::<CartLine>(), BYTES);
        let appeal = line(1, 2).appeal();
        assert_eq!((appeal.true_match, appeal.perceived, appeal.probability), (1.5, -0.25, 0.5));
    }

    #[test]
    fn a_cart_line_keeps_its_click_beside_its_platform() {
        for platform in 0..PLATFORMS as u8 {
            let plain = CartLine { platform, ..line(1, 2) };
            let clicked = plain.after_click(true).with_deposit(100, 3);
            assert_eq!([plain, clicked].map(|l| (l.platform(), l.is_from_ad())), [false, true].map(|ad| (platform.into(), ad)));
            assert_eq!(plain.after_click(true).after_click(false), plain);
        }
    }

    #[test]
    fn the_hash_of_a_cart_line_sees_every_field() {
        let base = line(1, 2);
        let changed = [
            CartLine { listing: 3, ..base },
            CartLine { expected: 3, ..base },
            CartLine { deposit: 3, ..base },
            CartLine { due: 3, ..base },
            CartLine { shopper: 3, ..base },
            CartLine { true_match: 3, ..base },
            CartLine { perceived: 3, ..base },
            CartLine { probability: 3, ..base },
            CartLine { rule: 3, ..base },
            CartLine { platform: 3, ..base },
            base.after_click(true),
        ];
        for (i, other) in changed.iter().enumerate() {
            assert_ne!(base.hash(7), other.hash(7), "field {i}");
        }
    }

    #[test]
    fn lines_stand_by_shopper_and_leave_nothing_in_the_sum() {
        let mut state = ShardState::new(ShardId(0), 0, Vec::new(), Vec::new(), 2);
        let before = state.row_sum;
        for (shopper, listing) in [(5, 0), (2, 1), (5, 2), (2, 3), (9, 4)] {
            state.keep(line(shopper, listing));
        }
        let of = |state: &ShardState, shopper| state.carts[state.cart(shopper)].iter().map(|l| l.listing).collect::<Vec<_>>();
        assert_eq!([2, 5, 7, 9].map(|s| of(&state, s)), [vec![1, 3], vec![0, 2], vec![], vec![4]]);
        assert_eq!(state.row_sum, before.wrapping_add(state.cart_sum()));
        while !state.carts.is_empty() {
            state.take_out(0);
        }
        assert_eq!(state.row_sum, before);
    }

    #[test]
    fn waiting_is_worth_less_the_farther_the_threshold_and_the_dearer_the_time() {
        let wait = Wait { spending: 3_000.0, ticks: 7.0, cost: 50.0 };
        let near = wait.value(5_000.0, 2_000.0, 1);
        assert!(near > 0.0 && wait.value(5_000.0, 20_000.0, 1) < near && wait.value(5_000.0, 2_000.0, 3) < near);
        assert!(Wait { cost: 5_000.0, ..wait }.value(5_000.0, 2_000.0, 1) < 0.0);
        assert_eq!(Wait { ticks: 0.0, ..wait }.value(5_000.0, 2_000.0, 1), 0.0);
    }
}
