//! Everything of Bazaar that does I/O: the command line, and the runs that it starts.
//!
//! Owns clocks, threads, files and the terminal; the crates below have none of them. Guarantees one look for all errors and
//! one exit code for each kind of them. In reading order:

mod cli;

mod exit;

mod output;

mod bug;

mod log;

mod interrupt;

mod plan;

mod engine;

mod recorder;

mod mechanisms;

mod progress;

mod directory;

mod experiment;

mod probe;

mod ad_probe;

mod trial;

mod calibration;

mod cluster;

mod spend;

mod document;

mod report;

mod command;

pub use cli::main;
pub use exit::{Exit, Failure};
