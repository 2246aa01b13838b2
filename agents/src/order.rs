//! Orders: provisional lines within a tick, and lines under way to delivery and return.

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

/// An order line of this tick.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Shopper, as index into the shard.
    pub shopper: u32,
    /// Listing.
    pub listing: u32,
    /// Number of the mission in the tick.
    pub mission: u16,
    /// Cancelled before shipment.
    pub cancelled: bool,
    /// Rules that gave a discount: a range of the shard's `parts`.
    pub parts: (u32, u8),
    /// List price, money units.
    pub list_price: u32,
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

/// A line that is paid and under way: 24 bytes.
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
    /// The shopper contacts service.
    pub const CONTACTS: u8 = 2;
    /// AI resolves the contact.
    pub const BY_AI: u8 = 4;
    /// Nobody resolves the contact.
    pub const UNRESOLVED: u8 = 8;
    /// Delivered; what is left is the return.
    pub const DELIVERED: u8 = 16;

    /// Whether a flag is set.
    #[must_use]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Hash for the digest; `bucket` is the place of its next event in the shard's calendar.
    #[must_use]
    pub fn hash(&self, first_shopper: u64, bucket: usize) -> u64 {
        let mut bytes = [0u8; 24];
        let words = [self.listing, self.paid, self.clawback, self.clawback_strategy, self.commission];
        for (slot, word) in bytes.chunks_mut(4).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
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
