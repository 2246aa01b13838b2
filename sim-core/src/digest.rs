//! The digest of a tick: what two runs compare to know that they are the same run.
//!
//! Guarantees that equal states give equal digests on any number of threads and workers: parts that are spread over shards
//! are wrapping sums of hashes, everything else is hashed in a total order.

use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

/// 64-bit hash of bytes (XXH3).
#[inline]
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Hash of bytes that belong to the thing with number `id`; summed with wrapping over things.
#[inline]
#[must_use]
pub fn hash_of(id: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, id)
}

/// Hash of integers that belong to the thing with number `id`.
#[must_use]
pub fn hash_numbers(id: u64, numbers: &[i64]) -> u64 {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    hash_of(id, &bytes)
}

/// What a tick digest covers, each part a 64-bit hash: a difference is named by its part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestParts {
    /// List prices and stocks after the tick.
    pub quotes: u64,
    /// Summed tallies of the tick.
    pub tallies: u64,
    /// Ledger flows and balances.
    pub ledger: u64,
    /// Word of mouth sent in the tick.
    pub mail: u64,
    /// Wrapping sum of the hashes of all shopper rows and open lines.
    pub rows: u64,
    /// Platform state.
    pub platforms: u64,
}

impl DigestParts {
    /// The names of the parts in which `self` and `other` differ.
    #[must_use]
    pub fn differing(&self, other: &DigestParts) -> Vec<&'static str> {
        let pairs = [
            ("quotes", self.quotes, other.quotes),
            ("tallies", self.tallies, other.tallies),
            ("ledger", self.ledger, other.ledger),
            ("mail", self.mail, other.mail),
            ("rows", self.rows, other.rows),
            ("platforms", self.platforms, other.platforms),
        ];
        pairs.into_iter().filter(|(_, a, b)| a != b).map(|(name, ..)| name).collect()
    }
}

/// 128 bits that stand for the whole history of a run up to a tick.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub u128);

impl Digest {
    /// The digest after one more tick.
    #[must_use]
    pub fn chain(self, tick: u32, parts: &DigestParts) -> Digest {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend(self.0.to_le_bytes());
        bytes.extend(u64::from(tick).to_le_bytes());
        for part in [parts.quotes, parts.tallies, parts.ledger, parts.mail, parts.rows, parts.platforms] {
            bytes.extend(part.to_le_bytes());
        }
        Digest(xxh3_128(&bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_moves_the_digest_and_is_named() {
        let base = DigestParts { quotes: 1, tallies: 2, ledger: 3, mail: 4, rows: 5, platforms: 6 };
        let changed = [
            DigestParts { quotes: 9, ..base },
            DigestParts { tallies: 9, ..base },
            DigestParts { ledger: 9, ..base },
            DigestParts { mail: 9, ..base },
            DigestParts { rows: 9, ..base },
            DigestParts { platforms: 9, ..base },
        ];
        let names: Vec<_> = changed.iter().flat_map(|c| base.differing(c)).collect();
        assert_eq!(names, ["quotes", "tallies", "ledger", "mail", "rows", "platforms"]);
        for other in changed {
            assert_ne!(Digest(7).chain(3, &base), Digest(7).chain(3, &other));
        }
        assert_ne!(Digest(7).chain(3, &base), Digest(7).chain(4, &base));
        assert_ne!(Digest(7).chain(3, &base), Digest(8).chain(3, &base));
    }
}
