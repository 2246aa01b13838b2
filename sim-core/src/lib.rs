//! Pure mechanics of Bazaar. Reads no clock, touches no file, knows no market: what is traded and how agents behave is in
//! `agents`.
//!
//! In reading order:

pub mod units;

pub mod ids;
pub mod money;

pub mod philox;

pub mod draw;

pub mod math;

pub mod det;

pub mod shard;

pub mod parallel;

pub mod lanes;

pub mod digest;

pub mod ledger;

pub mod mechanism;

pub mod mail;

pub mod grant;

pub mod graph;

pub mod columns;

pub mod placement;

pub mod exchange;

pub mod peers;

pub mod tick;

pub mod snapshot;

pub mod rows;
