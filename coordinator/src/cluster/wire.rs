//! The messages of the protocol, and their border: what arrives is checked here once.

use sim_core::digest::{Digest, DigestParts};
use tonic::Status;

use crate::cluster::logic::{Event, Incarnation};
use crate::cluster::record;

mod generated {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "written by the compiler of the protocol")]
    tonic::include_proto!("bazaar.v1");
}

pub(crate) use generated::*;

/// Version of the protocol: both sides must have the same.
pub(crate) const PROTOCOL: u32 = 1;

/// Longest message either side takes. The longest that is sent names every object of a checkpoint, or is a chunk of data.
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// Bytes of data in a chunk.
pub(crate) const CHUNK_BYTES: usize = 512 << 10;

impl From<record::Object> for Object {
    fn from(object: record::Object) -> Self {
        let record::Object { path, bytes, sha256, table } = object;
        let table = table.map(|record::Published { table, path, rows }| Published { table, path, rows });
        Object { path, bytes, sha256, table }
    }
}

impl From<Object> for record::Object {
    fn from(object: Object) -> Self {
        let Object { path, bytes, sha256, table } = object;
        let table = table.map(|Published { table, path, rows }| record::Published { table, path, rows });
        record::Object { path, bytes, sha256, table }
    }
}

/// Objects from the wire.
pub(crate) fn objects(found: Vec<Object>) -> Vec<record::Object> {
    found.into_iter().map(Into::into).collect()
}

/// Hashes of the parts of a digest, in the order of the contract.
pub(crate) fn parts_to_wire(parts: &DigestParts) -> Vec<u64> {
    let DigestParts { quotes, tallies, ledger, mail, rows, platforms } = *parts;
    vec![quotes, tallies, ledger, mail, rows, platforms]
}

fn parts_from_wire(parts: &[u64]) -> Result<DigestParts, Status> {
    let &[quotes, tallies, ledger, mail, rows, platforms] = parts else {
        return Err(Status::invalid_argument(format!("a digest has 6 parts, not {}", parts.len())));
    };
    Ok(DigestParts { quotes, tallies, ledger, mail, rows, platforms })
}

/// What a report tells the coordinator; nothing for a greeting, which was answered before.
pub(crate) fn event(report: Report) -> Result<Option<Event>, Status> {
    let (from, generation) = (Incarnation(report.incarnation), report.generation);
    let body = report.body.ok_or_else(|| Status::invalid_argument("a report says something"))?;
    Ok(Some(match body {
        report::Body::Hello(_) => return Ok(None),
        report::Body::Ready(_) => Event::Ready { from, generation },
        report::Body::Applied(applied) => {
            let digest: [u8; 16] = applied.digest[..].try_into().map_err(|_| Status::invalid_argument("a digest has 16 bytes"))?;
            Event::Applied {
                from,
                generation,
                tick: applied.tick,
                digest: Digest(u128::from_le_bytes(digest)),
                parts: parts_from_wire(&applied.parts)?,
                files: objects(applied.files),
                outcome: applied.outcome.map(Into::into),
            }
        }
        report::Body::Saved(saved) => Event::Saved { from, generation, tick: saved.tick, objects: objects(saved.objects) },
        report::Body::NotSaved(NotSaved { cause }) => Event::NotSaved { from, generation, cause },
        report::Body::Unreachable(Unreachable { peer, cause }) => Event::Unreachable { from, generation, peer: Incarnation(peer), cause },
        report::Body::Damaged(Damaged { cause }) => Event::Damaged { from, generation, cause },
        report::Body::Broken(Broken { exit, cause }) => Event::Broken { from, generation, exit: u8::try_from(exit).unwrap_or(1), cause },
        report::Body::Leaving(_) => Event::Leaving(from),
    }))
}
