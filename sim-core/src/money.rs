//! Money: a signed integer number of money units (fen, unless the scenario says otherwise).
//!
//! Guarantees that sums are exact or panic: an overflow is a bug, never a wrong number.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// One million: shares of money are given in parts per million.
pub const PPM: u64 = 1_000_000;

/// An amount of money in money units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// `ppm` parts per million of a non-negative amount, rounded down.
    ///
    /// # Panics
    /// If the amount is negative: shares of debts have no agreed rounding.
    #[must_use]
    pub fn share(self, ppm: u32) -> Money {
        assert!(self.0 >= 0, "a share is taken of a non-negative amount, found {}", self.0);
        let (ppm, million) = (i64::from(ppm), PPM as i64);
        // whole millions apart, so that 64 bits hold every product
        let whole = (self.0 / million).checked_mul(ppm).expect("a share overflows only where it is many times the amount");
        Money(whole) + Money(self.0 % million * ppm / million)
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.checked_add(other.0).expect("money overflow"))
    }
}
impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.checked_sub(other.0).expect("money overflow"))
    }
}
impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.checked_neg().expect("money overflow"))
    }
}
impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}
impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}
impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(items: I) -> Money {
        items.fold(Money::ZERO, Add::add)
    }
}

/// Adds counts or money of two columns, checked.
///
/// # Panics
/// On different lengths, and on overflow.
pub fn add_columns(into: &mut [i64], from: &[i64]) {
    assert_eq!(into.len(), from.len(), "columns of one shape");
    for (a, &b) in into.iter_mut().zip(from) {
        *a = a.checked_add(b).expect("tally overflow");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_rounds_down_to_the_unit() {
        assert_eq!(Money(999).share(500_000), Money(499));
        assert_eq!(Money(i64::MAX).share(1_000_000), Money(i64::MAX));
        assert_eq!(Money(0).share(1), Money(0));
    }

    #[test]
    #[should_panic(expected = "money overflow")]
    fn an_overflow_is_caught_in_release_builds() {
        let _ = Money(i64::MAX) + Money(1);
    }
}
