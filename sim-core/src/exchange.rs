//! What shards on different workers tell each other in a tick, and nothing else.
//!
//! The tick loop is generic over [`Exchange`]. In one process an exchange hands things back; between workers it is gRPC. All
//! verbs combine integers or sort by unique keys, so the answer does not depend on how shards are placed.

use crate::ids::ShardId;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// Things that can be sent.
pub trait Wire: Serialize + DeserializeOwned + Send {}
impl<T: Serialize + DeserializeOwned + Send> Wire for T {}

/// Things that are summed: commutative, associative, exact.
pub trait Sum {
    /// Adds another part.
    fn add(&mut self, other: &Self);
}

/// The point of a tick at which something is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Demand for scarce resources, after shopping, to the owners of merchants.
    Demand,
    /// Claims on the budgets of platforms, to everybody.
    Budgets,
    /// Resources that are overdrawn.
    Overdrawn,
    /// Claims on them.
    Claims,
    /// Tallies by listing, to the owners of merchants.
    Listings,
    /// Totals, to everybody.
    Totals,
    /// Mail, to the shards of the receivers.
    Mail,
    /// Totals of the merchants, to everybody.
    Adapted,
    /// Changes of quotes, to everybody.
    Quotes,
}

/// An exchange that failed: the tick is not applied.
#[derive(Debug, Error)]
#[error("the exchange of {phase:?} failed: {cause}")]
pub struct ExchangeError {
    /// Where in the tick.
    pub phase: Phase,
    /// What happened.
    pub cause: String,
}

/// The verbs of the exchange.
pub trait Exchange {
    /// Sums the parts of all workers; every worker gets the sum.
    ///
    /// # Errors
    /// If a peer is lost.
    fn sum<T: Sum + Wire>(&mut self, phase: Phase, part: T) -> Result<T, ExchangeError>;

    /// Sums parts of which each worker needs only what its merchants own; the rest of the answer is unspecified.
    ///
    /// # Errors
    /// If a peer is lost.
    fn sum_to_owners<T: Sum + Wire>(&mut self, phase: Phase, part: T) -> Result<T, ExchangeError>;

    /// Collects the items of all workers, sorted; every worker gets all.
    ///
    /// # Errors
    /// If a peer is lost.
    fn gather<T: Ord + Wire>(&mut self, phase: Phase, part: Vec<T>) -> Result<Vec<T>, ExchangeError>;

    /// Delivers items to the worker that hosts their shard, sorted by shard and item.
    ///
    /// # Errors
    /// If a peer is lost.
    fn deliver<T: Ord + Wire>(&mut self, phase: Phase, part: Vec<(ShardId, T)>) -> Result<Vec<(ShardId, T)>, ExchangeError>;
}

/// One process hosts every shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

impl Exchange for Local {
    fn sum<T: Sum + Wire>(&mut self, _: Phase, part: T) -> Result<T, ExchangeError> {
        Ok(part)
    }
    fn sum_to_owners<T: Sum + Wire>(&mut self, _: Phase, part: T) -> Result<T, ExchangeError> {
        Ok(part)
    }
    fn gather<T: Ord + Wire>(&mut self, _: Phase, mut part: Vec<T>) -> Result<Vec<T>, ExchangeError> {
        part.sort_unstable();
        Ok(part)
    }
    fn deliver<T: Ord + Wire>(&mut self, _: Phase, mut part: Vec<(ShardId, T)>) -> Result<Vec<(ShardId, T)>, ExchangeError> {
        part.sort_unstable();
        Ok(part)
    }
}
