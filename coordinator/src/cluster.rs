//! One run on several workers: the same history as in one process, through losses, restarts and changes of their number.
//!
//! Owns the protocol, the coordinator, the worker and their store. In reading order:

pub(crate) mod fault;

pub(crate) mod record;

pub(crate) mod logic;

pub(crate) mod awake;

pub(crate) mod wire;

pub(crate) mod security;

pub(crate) mod store;

pub(crate) mod board;

pub(crate) mod fetch;

pub(crate) mod door;

pub(crate) mod net;

pub(crate) mod metrics;

pub(crate) mod service;

pub(crate) mod host;

pub(crate) mod chronicle;

pub(crate) mod member;

pub(crate) mod worker;

pub(crate) mod beat;

pub(crate) mod spawn;

pub(crate) mod run;
