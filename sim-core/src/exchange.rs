//! What shards on different workers tell each other in a tick, and nothing else.
//!
//! The tick loop is generic over [`Exchange`]. In one process ([`Local`]) an exchange hands things back; between processes
//! ([`crate::peers::Peers`]) it moves bytes. Everything is combined by summing integers or by sorting with unique keys, so
//! the answer does not depend on how shards are placed. A phase is one transfer from each member to each other.

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

/// Tallies by place of which a member needs only its own.
pub trait Owned: Sum + Wire {
    /// The tallies of `places`, in their order.
    #[must_use]
    fn select(&self, places: &[u32]) -> Self;
    /// Adds tallies that were selected by the same `places`.
    fn add_at(&mut self, places: &[u32], part: &Self);
}

impl Sum for () {
    fn add(&mut self, (): &()) {}
}
impl Owned for () {
    fn select(&self, _: &[u32]) {}
    fn add_at(&mut self, _: &[u32], (): &()) {}
}

/// The point of a tick at which something is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Demand for scarce resources to their owners, claims on budgets to everybody: after shopping.
    Demand,
    /// Resources that are overdrawn, to everybody.
    Overdrawn,
    /// Claims on them, to everybody.
    Claims,
    /// Totals to everybody, tallies by listing to the owners, mail to the shards of the receivers: after settling.
    Settled,
    /// Totals of the merchants and changed quotes, to everybody: after the night.
    Adapted,
    /// Counts of a census, to everybody: outside the tick.
    Census,
    /// Rows of a block of ticks, to those who write them: outside the tick.
    Rows,
}

/// An exchange that failed: the tick is not applied.
#[derive(Clone, Debug, Error)]
#[error("the exchange of {phase:?} failed: {cause}")]
pub struct ExchangeError {
    /// Where in the tick.
    pub phase: Phase,
    /// What happened.
    pub cause: String,
}

/// What a member sends in a phase, and what it has when the phase is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel<A, B, C, D> {
    /// Summed over all members; everybody gets the sum.
    pub everyone: A,
    /// Summed over all members; each gets the sums of its places, and what it sent at the others.
    pub owners: B,
    /// Each item to the member that hosts its shard; sorted.
    pub mail: Vec<(ShardId, C)>,
    /// To everybody; sorted.
    pub items: Vec<D>,
}

impl<D> Parcel<(), (), (), D> {
    /// Only items.
    #[must_use]
    pub fn of_items(items: Vec<D>) -> Self {
        Parcel { everyone: (), owners: (), mail: Vec::new(), items }
    }
}

impl<A> Parcel<A, (), (), ()> {
    /// Only a sum.
    #[must_use]
    pub fn of_sum(everyone: A) -> Self {
        Parcel { everyone, owners: (), mail: Vec::new(), items: Vec::new() }
    }
}

/// The verbs of the exchange.
pub trait Exchange {
    /// Exchanges a parcel with all members.
    ///
    /// # Errors
    /// If a member is lost.
    fn exchange<A: Sum + Wire, B: Owned, C: Ord + Wire, D: Ord + Wire>(
        &mut self,
        phase: Phase,
        parcel: Parcel<A, B, C, D>,
    ) -> Result<Parcel<A, B, C, D>, ExchangeError>;

    /// Sends one part to each member and returns what came from each, in the order of members.
    ///
    /// # Errors
    /// If a member is lost.
    fn deal<T: Wire>(&mut self, phase: Phase, parts: Vec<T>) -> Result<Vec<T>, ExchangeError>;
}

/// One process hosts every shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

impl Exchange for Local {
    fn exchange<A: Sum + Wire, B: Owned, C: Ord + Wire, D: Ord + Wire>(
        &mut self,
        _: Phase,
        mut parcel: Parcel<A, B, C, D>,
    ) -> Result<Parcel<A, B, C, D>, ExchangeError> {
        parcel.mail.sort_unstable();
        parcel.items.sort_unstable();
        Ok(parcel)
    }

    fn deal<T: Wire>(&mut self, _: Phase, parts: Vec<T>) -> Result<Vec<T>, ExchangeError> {
        Ok(parts)
    }
}
