//! `manifest.json`: what was run, what came out, and a hash of every file.
//!
//! Owns the manifest's format and its own hash. Guarantees that a manifest that was changed after the run is refused, and
//! that the hash is the same on every machine: how long and on how many threads a run took is left out of it. A directory
//! without a manifest is not a finished run.

use std::fs;
use std::io;
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::hash::{canonical_json, sha256};
use crate::summary::CellKpis;

/// Name of the manifest in a run directory.
pub const MANIFEST: &str = "manifest.json";
/// Name of the resolved scenario in a run directory.
pub const SCENARIO: &str = "scenario.yaml";
/// Name of the mechanism table in a run directory.
pub const MECHANISMS: &str = "mechanisms.json";
/// Version of the manifest's format.
pub const FORMAT: u32 = 1;

/// The run's description, known before it starts. Also written into every Parquet file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Name of the scenario.
    pub name: String,
    /// Hash of the scenario's model part (outputs excluded).
    pub scenario_hash: String,
    /// Version of the program.
    pub program_version: String,
    /// Seed of replication 0.
    pub seed: u64,
    /// Simulated shoppers.
    pub shoppers: u64,
    /// People that the shoppers stand for.
    pub people: u64,
    /// People per shopper: factor from simulated counts and money to real ones.
    pub scale: f64,
    /// Integer money units per yuan.
    pub money_unit: u32,
    /// Ticks of the horizon, at least 1.
    pub ticks: u32,
    /// Length of a tick in days.
    pub tick_days: f64,
    /// First day of the calendar.
    pub start: NaiveDate,
}

impl RunInfo {
    /// Calendar day of `tick`, in days since 1970-01-01.
    #[must_use]
    pub fn day_of(&self, tick: u32) -> i32 {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("the epoch is a date");
        let start = self.start.signed_duration_since(epoch).num_days();
        // An hour is not a binary fraction of a day: without the margin tick 24 x k could fall on the day before.
        let days = (f64::from(tick) * self.tick_days + 1e-6).floor();
        i32::try_from(start).expect("a calendar date fits") + days as i32
    }
}

/// One arm in one replication, and its digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Arm.
    pub arm: String,
    /// Replication.
    pub replication: u32,
    /// Final digest, hexadecimal.
    pub digest: String,
    /// Digest after each tick, hexadecimal.
    pub tick_digests: Vec<String>,
}

/// How the run was carried out. Not part of the manifest's hash, and of no influence on the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Wall time in seconds.
    pub wall_seconds: f64,
    /// Threads per worker.
    pub threads: u32,
    /// Workers; 1 for a run in one process. The most that took part at a time.
    pub workers: u32,
    /// Workers that were lost on the way, each with its cause and how far it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_workers: Vec<String>,
    /// What the program was compiled from: 16 hex digits of a hash over its sources; empty where nobody noted it.
    #[serde(default)]
    pub build: String,
}

/// What is known when the run ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Arms, in the order of the experiment.
    pub arms: Vec<String>,
    /// Replications of each arm.
    pub replications: u32,
    /// Digests of each cell.
    pub cells: Vec<CellRecord>,
    /// KPIs of each cell over the horizon, simulated values.
    pub kpis: Vec<CellKpis>,
    /// How it was carried out.
    pub execution: Execution,
}

/// A Parquet file of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// Table.
    pub table: String,
    /// Path below the run directory, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, 64 hex digits.
    pub sha256: String,
}

/// A file beside the tables: the scenario, the mechanisms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Path below the run directory.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, 64 hex digits.
    pub sha256: String,
}

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// What was run.
    pub run: RunInfo,
    /// Arms, in the order of the experiment.
    pub arms: Vec<String>,
    /// Replications of each arm.
    pub replications: u32,
    /// Digests of each cell.
    pub cells: Vec<CellRecord>,
    /// Scenario, mechanisms and other files beside the tables, by path.
    pub documents: Vec<Document>,
    /// Every Parquet file, by path.
    pub files: Vec<TableFile>,
    /// KPIs of each cell over the horizon, simulated values.
    pub kpis: Vec<CellKpis>,
    /// How it was carried out; not hashed.
    pub execution: Execution,
    /// SHA-256 of the canonical JSON of all other fields but `execution`.
    pub manifest_sha256: String,
}

impl Manifest {
    /// Reads the manifest of the run in `dir`.
    ///
    /// # Errors
    /// [`Error::NoManifest`] if there is none, [`Error::BadManifest`] if it is not one, [`Error::UnknownFormat`] if another
    /// version wrote it, [`Error::ManifestAltered`] if it was changed after the run, [`Error::Io`] if it cannot be read.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoManifest { dir: dir.to_owned() }),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        let bad = |source| Error::BadManifest { path: path.clone(), source };
        let value: Value = serde_json::from_str(&text).map_err(bad)?;
        if let Some(found) = value.get("format").and_then(Value::as_u64).filter(|&found| found != u64::from(FORMAT)) {
            return Err(Error::UnknownFormat { path, found: u32::try_from(found).unwrap_or(u32::MAX), expected: FORMAT });
        }
        let found = hash_of(&value);
        let manifest: Self = serde_json::from_value(value).map_err(bad)?;
        if found != manifest.manifest_sha256 {
            return Err(Error::ManifestAltered { path, stated: manifest.manifest_sha256, found });
        }
        Ok(manifest)
    }

    /// Rows of `table` over all files.
    #[must_use]
    pub fn rows(&self, table: &str) -> u64 {
        self.files.iter().filter(|file| file.table == table).map(|file| file.rows).sum()
    }

    /// Names of the tables written, sorted.
    #[must_use]
    pub fn tables(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.files.iter().map(|file| file.table.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Fills in the manifest's own hash.
    pub(crate) fn sealed(mut self) -> Self {
        self.manifest_sha256 = hash_of(&self.to_value());
        self
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        text.push('\n');
        text
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a manifest is plain data")
    }
}

fn hash_of(manifest: &Value) -> String {
    let mut hashed = manifest.clone();
    if let Some(fields) = hashed.as_object_mut() {
        fields.remove("manifest_sha256");
        fields.remove("execution");
    }
    sha256(canonical_json(&hashed).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_hours_ends_at_midnight() {
        let run = RunInfo {
            name: "hours".to_owned(),
            scenario_hash: String::new(),
            program_version: String::new(),
            seed: 1,
            shoppers: 1,
            people: 1,
            scale: 1.0,
            money_unit: 100,
            ticks: 24_000,
            tick_days: 1.0 / 24.0,
            start: NaiveDate::from_ymd_opt(1970, 1, 1).unwrap(),
        };
        for tick in 0..24_000 {
            assert_eq!(run.day_of(tick), i32::try_from(tick / 24).unwrap(), "tick {tick}");
        }
    }
}
