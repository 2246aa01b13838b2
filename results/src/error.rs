//! What can go wrong with a run directory, in words that name the path, the cause and the way out.
//!
//! Owns the crate's one error type and its classes for exit codes. A caller's mistake that a checked scenario cannot
//! make (a row out of order, say) is not an error but an assertion.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of failure it is; the binary maps it to an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The request cannot be carried out as asked: a wrong name, or an output directory that is taken.
    Request,
    /// The file system failed: unwritable, full, gone.
    Io,
    /// A file is not what was written.
    Corrupt,
}

/// A failure to write, read or check results.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused an operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The output directory holds an earlier run.
    #[error("{} already holds a run; choose another directory, or pass --force to replace it", dir.display())]
    RunExists {
        /// The directory.
        dir: PathBuf,
    },
    /// The output directory holds something that is not a run, so that it is never replaced.
    #[error("{} is not empty and not a Bazaar run (no manifest.json, no scenario.yaml); nothing was touched, choose another directory", dir.display())]
    NotARun {
        /// The directory.
        dir: PathBuf,
    },
    /// The output path exists and is not a directory.
    #[error("{} is a file, not a directory; choose another directory for the results", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The directory has no manifest: no run, or a run that did not finish.
    #[error("{} has no manifest.json: it is no Bazaar run, or the run did not finish", dir.display())]
    NoManifest {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory holds no tables.
    #[error("{} holds no tables: it is no Bazaar run, or nothing was written yet", dir.display())]
    NoTables {
        /// The directory.
        dir: PathBuf,
    },
    /// The manifest cannot be read as one.
    #[error("{} is not a valid manifest: {source}", path.display())]
    BadManifest {
        /// The file.
        path: PathBuf,
        /// What the parser found.
        source: serde_json::Error,
    },
    /// The manifest was written by another version of the format.
    #[error("{} has format {found}; this program reads format {expected}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Version found.
        found: u32,
        /// Version expected.
        expected: u32,
    },
    /// The manifest was changed after it was written.
    #[error("{} was changed after the run: its SHA-256 is {found}, it states {stated}", path.display())]
    ManifestAltered {
        /// The file.
        path: PathBuf,
        /// Hash that the file states.
        stated: String,
        /// Hash of what it holds.
        found: String,
    },
    /// A file of a table is not what the worker that wrote it recorded.
    #[error("{} was changed before it was published: its SHA-256 is {found}, its record states {stated}", path.display())]
    PartAltered {
        /// Its path in the run directory.
        path: PathBuf,
        /// Hash in the record.
        stated: String,
        /// Hash of what there is.
        found: String,
    },
    /// A Parquet file cannot be written or read.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the Parquet library says.
        source: ParquetError,
    },
    /// No table has this name.
    #[error("there is no table `{name}`; the tables are {known}")]
    UnknownTable {
        /// Name found.
        name: String,
        /// Names there are.
        known: String,
    },
    /// The table has no column of this name and type.
    #[error("there is no column `{name}` of type {expected}")]
    UnknownColumn {
        /// Name asked for.
        name: String,
        /// Type asked for.
        expected: &'static str,
    },
    /// No cell of the run has this arm.
    #[error("there is no arm `{name}`; the arms are {known}")]
    UnknownArm {
        /// Name found.
        name: String,
        /// Names there are.
        known: String,
    },
}

impl Error {
    /// The kind of failure.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Io { .. } | Self::NotADirectory { .. } => Class::Io,
            Self::BadManifest { .. } | Self::ManifestAltered { .. } | Self::PartAltered { .. } | Self::Parquet { .. } => Class::Corrupt,
            Self::RunExists { .. }
            | Self::NotARun { .. }
            | Self::NoManifest { .. }
            | Self::NoTables { .. }
            | Self::UnknownFormat { .. }
            | Self::UnknownTable { .. }
            | Self::UnknownColumn { .. }
            | Self::UnknownArm { .. } => Class::Request,
        }
    }

    /// Turns an error of the file system into one that says what was tried and where.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Turns an error of the Parquet library into one with its path; a failure of the disk below it stays one of I/O.
    pub(crate) fn parquet(action: &'static str, path: &Path) -> impl FnOnce(ParquetError) -> Self {
        move |source| match source {
            ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(source) => Self::Io { action, path: path.to_owned(), source: *source },
                Err(cause) => Self::Parquet { path: path.to_owned(), source: ParquetError::External(cause) },
            },
            source => Self::Parquet { path: path.to_owned(), source },
        }
    }
}
