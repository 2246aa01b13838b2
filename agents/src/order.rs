//! Orders: provisional lines within a tick, and lines under way to delivery and return.

use crate::instrument::{Instrument, Promotion};
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use sim_core::grant::Rank;

/// What a rule gives on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePart {
    /// Index of the rule among those of the platform.
    pub rule: u8,
    /// Paid by the platform, money units.
    pub platform: u32,
    /// Paid by the merchant, money units.
    pub merchant: u32,
}

/// What the parts take off what a shopper pays, by both funders, money units. Commission relief is not the shopper's.
#[must_use]
pub fn taken_off(parts: &[RulePart], rules: &[Promotion]) -> u32 {
    let for_shoppers = |part: &&RulePart| !matches!(rules[part.rule as usize].instrument, Instrument::CommissionRelief { .. });
    parts.iter().filter(for_shoppers).map(|part| part.platform + part.merchant).sum()
}

/// An order line of this tick. Lines of a check-out stand together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Shopper, as index into the shard.
    pub shopper: u32,
    /// Listing.
    pub listing: u32,
    /// Number of the mission or check-out of the shopper in the tick.
    pub mission: u16,
    /// Place in its check-out; 0 begins one.
    pub place: u8,
    /// Chosen from a paid slot, hence after a click: in this mission, or in that which put it into the cart or paid its deposit.
    pub from_ad: bool,
    /// Cancelled before shipment.
    pub cancelled: bool,
    /// Rule that protects the price; [`crate::instrument::NO_RULE`]: none.
    pub protection: u8,
    /// Rules that gave a discount: a range of the shard's `parts`.
    pub parts: (u32, u8),
    /// List price, money units.
    pub list_price: u32,
    /// Share of the delivery fee, before subsidies, money units.
    pub fee: u32,
    /// Deposit paid before, money units.
    pub deposit: u32,
    /// True match, standard deviations.
    pub true_match: f32,
    /// Match as perceived on the page.
    pub perceived_match: f32,
    /// Price sensitivity over mu of the shopper.
    pub sensitivity: f32,
    /// Reference price of the category in price-utility units; infinite where there is none, so that no price is above it.
    pub reference: f32,
    /// Probability with which the line was chosen.
    pub probability: f32,
    /// Rank of its claims.
    pub rank: Rank,
}

/// The lines by check-out.
pub fn check_outs(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    lines.chunk_by(|_, next| next.place > 0)
}

impl Line {
    /// Index of the draws of what follows: one key for each line of a check-out.
    #[must_use]
    pub fn after_key(mission: u16, place: usize) -> u64 {
        u64::from(mission) | (place as u64) << 16
    }
}

/// A line that is paid and under way: 24 bytes. A price under protection is a line too: `paid` is the shelf price of the
/// purchase, `clawback` what was paid, `clawback_strategy` the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLine {
    /// Listing.
    pub listing: u32,
    /// Paid by the shopper, money units.
    pub paid: u32,
    /// Subsidy of baseline programmes that a return takes back, money units.
    pub clawback: u32,
    /// Subsidy of the strategy budget that a return takes back, money units.
    pub clawback_strategy: u32,
    /// Commission, money units.
    pub commission: u32,
    /// Shopper, as index into the shard.
    pub shopper: u16,
    /// Experience in 1/100, -100 to 100.
    pub experience: i8,
    /// What will happen to it.
    pub flags: u8,
}

impl OpenLine {
    /// The line will come back.
    pub const RETURNS: u8 = 1;
    /// The shopper contacts service, and is answered.
    pub const CONTACTS: u8 = 2;
    /// AI answers the contact.
    pub const BY_AI: u8 = 4;
    /// The shopper contacts service and gives up before people answer: the flag of an answer by AI without that of an answer.
    pub const GIVEN_UP: u8 = OpenLine::BY_AI;
    /// Nobody resolves the contact.
    pub const UNRESOLVED: u8 = 8;
    /// Delivered; what is left is the return.
    pub const DELIVERED: u8 = 16;
    /// No line but a price under protection, looked at when the protection ends.
    pub const PROTECTED: u8 = 32;
    /// The desk reaches out by itself.
    pub const REACHED: u8 = 64;
    /// The contact ends in a dispute.
    pub const DISPUTED: u8 = 128;

    /// Whether a flag is set.
    #[must_use]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the shopper contacts service, answered or not.
    #[must_use]
    pub fn calls(&self) -> bool {
        self.has(OpenLine::CONTACTS | OpenLine::GIVEN_UP)
    }

    /// Whether AI answers the contact.
    #[must_use]
    pub fn is_answered_by_ai(&self) -> bool {
        self.has(OpenLine::CONTACTS) && self.has(OpenLine::BY_AI)
    }

    /// Hash for the digest; `bucket` is the place of its next event in the shard's calendar.
    #[must_use]
    pub fn hash(&self, first_shopper: u64, bucket: usize) -> u64 {
        let mut bytes = [0u8; 24];
        let words = [self.listing, self.paid, self.clawback, self.clawback_strategy, self.commission];
        for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *slot = word.to_le_bytes();
        }
        bytes[20..22].copy_from_slice(&[self.experience as u8, self.flags]);
        bytes[22..].copy_from_slice(&(bucket as u16).to_le_bytes());
        hash_of(first_shopper + u64::from(self.shopper), &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_line_is_24_bytes() {
        assert_eq!(size_of::<OpenLine>(), 24);
    }
}
