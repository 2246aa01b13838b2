//! A bid for a click, as it stands in the quote of a listing.

use serde::{Deserialize, Serialize};

/// A bid: money units, whether the platform's AI fits it to each page, and the share of its clicks that search money pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bid(u32);

impl Bid {
    /// No advertising.
    pub const NONE: Bid = Bid(0);
    /// Largest amount, money units: 41,943 yuan for a click, in fen.
    pub const LARGEST: u32 = 1 << 22;
    const SMART: u32 = 1 << 31;
    /// Bits of the amount; between them and the kind stands the share of search money.
    const AMOUNT: u32 = (1 << 23) - 1;
    const SEARCH_SHIFT: u32 = 23;
    /// All clicks are paid by search money.
    pub(crate) const ALL_SEARCH: u32 = 255;

    /// The same bid on every page.
    #[must_use]
    pub fn flat(amount: u32) -> Bid {
        Bid(amount.min(Bid::LARGEST))
    }

    /// A mean bid, raised where the listing fits the shopper and lowered where it does not.
    #[must_use]
    pub fn smart(amount: u32) -> Bid {
        if amount == 0 { Bid::NONE } else { Bid(amount.min(Bid::LARGEST) | Bid::SMART) }
    }

    /// Money units.
    #[inline(always)]
    #[must_use]
    pub fn amount(self) -> u32 {
        self.0 & Bid::AMOUNT
    }

    /// The same bid, with so many of its clicks, of [`Bid::ALL_SEARCH`], paid by search money.
    pub(crate) fn searching(self, share: u8) -> Bid {
        if self.amount() == 0 { self } else { Bid(self.0 & (Bid::SMART | Bid::AMOUNT) | u32::from(share) << Bid::SEARCH_SHIFT) }
    }

    /// Clicks that search money pays, of [`Bid::ALL_SEARCH`].
    pub(crate) fn search(self) -> u32 {
        self.0 >> Bid::SEARCH_SHIFT & Bid::ALL_SEARCH
    }

    /// Whether it is fitted to the page.
    #[inline(always)]
    #[must_use]
    pub fn is_smart(self) -> bool {
        self.0 & Bid::SMART != 0
    }

    /// The number behind it, for the digest.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bid_keeps_its_amount_and_its_kind() {
        for amount in [0, 1, 250, Bid::LARGEST] {
            assert_eq!((Bid::flat(amount).amount(), Bid::smart(amount).amount()), (amount, amount));
            assert_eq!((Bid::flat(amount).is_smart(), Bid::smart(amount).is_smart()), (false, amount > 0));
        }
        assert_eq!(Bid::flat(u32::MAX).amount(), Bid::LARGEST);
        for bid in [Bid::flat(Bid::LARGEST), Bid::smart(7)] {
            let searching = bid.searching(200);
            assert_eq!((searching.amount(), searching.is_smart(), searching.search()), (bid.amount(), bid.is_smart(), 200));
            assert_eq!((bid.search(), searching.searching(0)), (0, bid));
        }
        assert_eq!(Bid::NONE.searching(9), Bid::NONE);
    }
}
