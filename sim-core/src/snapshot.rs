//! The bytes of a world between ticks: a versioned header, the state, and a hash.
//!
//! Guarantees that a restored world goes on to the same digests, and that a flipped bit, another version or another format is
//! refused by name. Where the bytes are kept is not decided here.

use crate::digest::hash_bytes;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

const MAGIC: &[u8; 8] = b"bazaar\0\x01";

/// A snapshot that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Not a snapshot, or one of another format version.
    #[error("not a snapshot of this format: the first 8 bytes are {found:02x?}, expected {MAGIC:02x?}")]
    Format {
        /// The first bytes.
        found: Vec<u8>,
    },
    /// Damaged content.
    #[error("the snapshot is damaged: its content has hash {found:016x}, its header says {expected:016x}")]
    Damaged {
        /// Hash of the content.
        found: u64,
        /// Hash in the header.
        expected: u64,
    },
    /// Content of another layout.
    #[error("the snapshot does not hold the expected state: {cause}")]
    Layout {
        /// What the decoder said.
        cause: String,
    },
}

/// Encodes a state.
///
/// # Errors
/// If the state cannot be encoded, which is a bug of its type.
pub fn save<T: Serialize>(state: &T) -> Result<Vec<u8>, SnapshotError> {
    let body = postcard::to_stdvec(state).map_err(|e| SnapshotError::Layout { cause: e.to_string() })?;
    let mut bytes = Vec::with_capacity(body.len() + 16);
    bytes.extend(MAGIC);
    bytes.extend(hash_bytes(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// Decodes a state.
///
/// # Errors
/// If the bytes are not an undamaged snapshot of this type.
pub fn load<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SnapshotError> {
    let Some((header, body)) = bytes.split_at_checked(16).filter(|(header, _)| &header[..8] == MAGIC) else {
        return Err(SnapshotError::Format { found: bytes.iter().take(8).copied().collect() });
    };
    let expected = header[8..].iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    let found = hash_bytes(body);
    if found != expected {
        return Err(SnapshotError::Damaged { found, expected });
    }
    postcard::from_bytes(body).map_err(|e| SnapshotError::Layout { cause: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_and_a_foreign_file_are_refused() {
        let state = (7u32, vec![1i64, -2, 3], "x".to_string());
        let bytes = save(&state).expect("plain data");
        assert_eq!(load::<(u32, Vec<i64>, String)>(&bytes), Ok(state));
        for at in [8, 16, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(matches!(load::<(u32, Vec<i64>, String)>(&damaged), Err(SnapshotError::Damaged { .. })));
        }
        assert!(matches!(load::<u32>(b"PK"), Err(SnapshotError::Format { .. })));
    }
}
