//! Mail between shoppers: small messages delivered by shard at the end of a tick.
//!
//! Guarantees a total order with a unique key, so that what a shopper hears does not depend on who delivered first.

use crate::digest::hash_of;
use crate::ids::{MerchantId, PlatformId, ShopperId};
use serde::{Deserialize, Serialize};

/// One shopper tells another about an experience. Ordered by receiver, then sender, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Message {
    /// Who hears.
    pub to: ShopperId,
    /// Who tells.
    pub from: ShopperId,
    /// Number of the message among those of the sender in the tick.
    pub number: u32,
    /// Where the experience was made.
    pub platform: PlatformId,
    /// With whom.
    pub merchant: MerchantId,
    /// How it was, -16384 (bad) to 16384 (good).
    pub experience: i16,
}

impl Message {
    /// Hash for the digest.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut bytes = [0u8; 23];
        bytes[..8].copy_from_slice(&self.from.0.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.number.to_le_bytes());
        bytes[12] = self.platform.0;
        bytes[13..17].copy_from_slice(&self.merchant.0.to_le_bytes());
        bytes[17..19].copy_from_slice(&self.experience.to_le_bytes());
        hash_of(self.to.0, &bytes)
    }
}
