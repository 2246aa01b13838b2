//! What the coordinator hears, and what it orders.

use std::fmt;
use std::time::Duration;

use sim_core::digest::{Digest, DigestParts};

use crate::cluster::record::{Base, Object};

/// One life of a worker: it never comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Incarnation(pub(crate) u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}", self.0)
    }
}

/// What does not change in a run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Workers to wait for before the run begins.
    pub(crate) wanted: usize,
    /// How long to wait for workers.
    pub(crate) patience: Duration,
    /// A worker that is silent for longer is lost.
    pub(crate) lease: Duration,
    /// Ticks between checkpoints.
    pub(crate) every_ticks: Option<u32>,
    /// Time between checkpoints.
    pub(crate) every: Option<Duration>,
    /// Ticks that the fastest member may be ahead of the slowest.
    pub(crate) window: u32,
    /// Ticks of the engine of each cell.
    pub(crate) ticks: Vec<u32>,
}

/// What the coordinator hears.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A worker passed the handshake.
    Joined(Incarnation),
    /// A sign of life.
    Beat(Incarnation),
    /// Shards are in place.
    Ready { from: Incarnation, generation: u64 },
    /// A tick is over; `tick` is the next one.
    Applied {
        from: Incarnation,
        generation: u64,
        tick: u32,
        digest: Digest,
        parts: DigestParts,
        /// Files of tables that were completed.
        files: Vec<Object>,
        /// What the cell came to, after its last tick.
        outcome: Option<Object>,
    },
    /// A part of the checkpoint at `tick` is durable.
    Saved { from: Incarnation, generation: u64, tick: u32, objects: Vec<Object> },
    /// A part of a checkpoint could not be written.
    NotSaved { from: Incarnation, generation: u64, cause: String },
    /// What [`Command::Commit`] named is durable.
    Committed,
    /// What [`Command::Commit`] named could not be written.
    NotCommitted { cause: String },
    /// A worker is gone: its connection broke, its process ended.
    Lost { who: Incarnation, cause: String },
    /// A member could not be reached by another.
    Unreachable { from: Incarnation, generation: u64, peer: Incarnation, cause: String },
    /// A checkpoint cannot be read.
    Damaged { from: Incarnation, generation: u64, cause: String },
    /// A member cannot go on for a reason that every other would meet.
    Broken { from: Incarnation, generation: u64, exit: u8, cause: String },
    /// A worker was asked to stop and hands over.
    Leaving(Incarnation),
    /// The run was asked to stop.
    Drain,
    /// Time passed.
    Clock,
}

impl Event {
    /// What is heard, in a word.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Joined(_) => "joined",
            Self::Beat(_) => "beat",
            Self::Ready { .. } => "ready",
            Self::Applied { .. } => "applied",
            Self::Saved { .. } => "saved",
            Self::NotSaved { .. } => "not-saved",
            Self::Committed => "committed",
            Self::NotCommitted { .. } => "not-committed",
            Self::Lost { .. } => "lost",
            Self::Unreachable { .. } => "unreachable",
            Self::Damaged { .. } => "damaged",
            Self::Broken { .. } => "broken",
            Self::Leaving(_) => "leaving",
            Self::Drain => "drain",
            Self::Clock => "clock",
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// Members, in this order, put the shards of `base` in place.
    Assign { generation: u64, members: Vec<Incarnation>, base: Base },
    /// Members may run to this tick.
    Advance { until: u32 },
    /// Members write a checkpoint where they are.
    Save,
    /// What was written of a checkpoint that does not count is removed.
    Discard { cell: u32, tick: u32, generation: u64 },
    /// A manifest is written, before anything else is done; then [`Event::Committed`].
    Commit(Base),
    /// A worker is no longer needed.
    Dismiss { who: Incarnation, exit: u8, cause: String },
    /// A worker was lost.
    Lost(Loss),
    /// People should know.
    Tell(String),
    /// The run is complete.
    Done,
    /// The run stopped where it was asked to.
    Drained,
    /// The run cannot go on.
    Failed { exit: u8, cause: String },
}

/// A worker that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) who: Incarnation,
    pub(crate) cause: String,
    /// The tick that it had reached, if it was a member.
    pub(crate) tick: Option<u32>,
}
