//! Results of a run: rows to Parquet and back, manifest, summaries, comparison, data dictionary.
//!
//! Owns everything in a run directory. Knows the simulation only through [`sim_core::rows`]: a new table or column there
//! appears in files, dictionary and reader without a change here. Guarantees that equal rows, pushed in the same order,
//! give equal bytes; that a file under a final name is complete; and that a directory with a manifest is a finished run.
//! Leaves out what a row means, which rows are sampled, and how a command prints errors.
#![warn(missing_docs)]

pub mod error;
pub mod table;

mod batch;
mod hash;
pub mod open;
mod part;
mod schema;
mod target;
pub mod writer;

pub mod manifest;
pub mod verify;

pub mod reader;

pub mod human;
pub mod kpi;
pub mod summary;

pub mod comparison;
pub mod moments;
pub mod report;

pub mod dictionary;

pub use comparison::{Comparison, ComparisonRow, PairedDifference};
pub use error::{Class, Error, Result};
pub use kpi::{Extrapolation, KPIS, Kpi, Selection, Unit};
pub use manifest::{CellRecord, Execution, Manifest, Outcome, RunInfo, TableFile};
pub use open::{OpenRows, Place};
pub use reader::RunReader;
pub use summary::{CellSummary, KpiSummary};
pub use table::{TableSpec, catalogue, enabled_tables};
pub use verify::{Finding, verify_files};
pub use writer::{CellWriter, Existing, RunWriter, WriterOptions};
