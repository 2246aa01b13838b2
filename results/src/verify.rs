//! Checks the files of a run against its manifest.
//!
//! Owns the three ways in which a directory can differ from its manifest. Leaves out the manifest's own hash, which
//! [`Manifest::read`] checks, and running the scenario again.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::error::Result;
use crate::hash::sha256_of_file;
use crate::manifest::Manifest;
use crate::reader::{TABLE_FOLDER, files_below};

/// A difference between a run directory and its manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The manifest lists the file, and it is gone.
    Missing {
        /// Path below the run directory.
        path: String,
    },
    /// The file's content is not what was written.
    Altered {
        /// Path below the run directory.
        path: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// The file lies among the tables, and the manifest does not list it.
    Extra {
        /// Path below the run directory.
        path: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(formatter, "{path} is missing"),
            Self::Altered { path, expected, found } => {
                write!(formatter, "{path} was changed: its SHA-256 is {found}, the manifest has {expected}")
            }
            Self::Extra { path } => write!(formatter, "{path} is not in the manifest"),
        }
    }
}

/// Compares every file of the run in `dir` with `manifest`. Empty if all is as written.
///
/// # Errors
/// [`crate::Error::Io`] if a file or folder cannot be read.
pub fn verify_files(dir: &Path, manifest: &Manifest) -> Result<Vec<Finding>> {
    let documents = manifest.documents.iter().map(|document| (&document.path, &document.sha256));
    let listed: Vec<_> = documents.chain(manifest.files.iter().map(|file| (&file.path, &file.sha256))).collect();
    let mut findings = Vec::new();
    for &(path, expected) in &listed {
        let full = dir.join(path);
        if !full.is_file() {
            findings.push(Finding::Missing { path: path.clone() });
            continue;
        }
        let found = sha256_of_file(&full)?;
        if found != *expected {
            findings.push(Finding::Altered { path: path.clone(), expected: expected.clone(), found });
        }
    }
    let known: BTreeSet<_> = listed.into_iter().map(|(path, _)| path.as_str()).collect();
    let extra = files_below(dir, TABLE_FOLDER)?.into_iter().filter(|path| !known.contains(path.as_str()));
    findings.extend(extra.map(|path| Finding::Extra { path }));
    findings.sort();
    Ok(findings)
}
