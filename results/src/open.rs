//! Rows of a block of ticks that is not over, for runs on several workers.
//!
//! Owns the values of rows as bytes: whoever holds them needs no type, so that rows can be sent, kept in a checkpoint and
//! written by somebody else. Guarantees that a table written from rows of several workers has the bytes that one process
//! writes: rows are put in the order of ticks and keys. Leaves out who writes which table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sim_core::rows::{Kind, Row, Sink};

use crate::batch::{Cursor, RowKeys};
use crate::error::{Error, Result};
use crate::manifest::{RunInfo, TableFile};
use crate::part::{Encoder, path_of};
use crate::table::{TableSpec, table};
use crate::writer::file_name;

/// Rows by table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRows {
    tables: BTreeMap<String, TableRows>,
}

/// Rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TableRows {
    /// Tick, key within the tick, end of the values.
    index: Vec<(u32, u64, u64)>,
    values: Vec<u8>,
}

/// Where a block belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The run.
    pub run: &'a RunInfo,
    /// Arm.
    pub arm: &'a str,
    /// Replication.
    pub replication: u32,
    /// Ticks per block.
    pub block: u32,
}

impl OpenRows {
    /// Adds a row; within a tick, rows are written in the order of `key`, and rows of one key in the order of coming.
    pub fn push<R: Row>(&mut self, key: u64, row: &R) {
        let rows = self.table(R::TABLE);
        row.emit(&mut Values(&mut rows.values));
        rows.index.push((row.tick(), key, rows.values.len() as u64));
    }

    /// Adds all rows of another part. Rows of one tick and key must all be in one part.
    pub fn append(&mut self, other: &OpenRows) {
        for (name, part) in &other.tables {
            let rows = self.table(name);
            let begin = rows.values.len() as u64;
            rows.values.extend(&part.values);
            rows.index.extend(part.index.iter().map(|&(tick, key, end)| (tick, key, begin + end)));
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Cuts the rows into `parts`: the rows of a table go to the part that `part_of` names.
    #[must_use]
    pub fn split(self, parts: usize, part_of: impl Fn(&str) -> usize) -> Vec<OpenRows> {
        let mut cut = vec![OpenRows::default(); parts];
        for (name, rows) in self.tables {
            cut[part_of(&name)].tables.insert(name, rows);
        }
        cut
    }

    /// The files of the block: one for each table that has rows, with its content.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] or [`Error::Parquet`] if a table cannot be encoded.
    pub fn into_files(self, place: Place<'_>) -> Result<Vec<(TableFile, Vec<u8>)>> {
        self.tables.iter().map(|(name, rows)| rows.file(&table(name)?, place)).collect()
    }

    fn table(&mut self, name: &str) -> &mut TableRows {
        if !self.tables.contains_key(name) {
            self.tables.insert(name.to_owned(), TableRows::default());
        }
        self.tables.get_mut(name).expect("it is there or was added")
    }
}

impl TableRows {
    fn file(&self, spec: &TableSpec, place: Place<'_>) -> Result<(TableFile, Vec<u8>)> {
        let begins = std::iter::once(0).chain(self.index.iter().map(|&(.., end)| end));
        let mut rows: Vec<(u32, u64, &[u8])> = self
            .index
            .iter()
            .zip(begins)
            .map(|(&(tick, key, end), begin)| (tick, key, &self.values[begin as usize..end as usize]))
            .collect();
        rows.sort_by_key(|&(tick, key, _)| (tick, key));
        let first = rows.first().expect("a table has rows as soon as it is named").0;
        let path = path_of(spec.name, &file_name(place.arm, place.replication, first, place.block, place.run.ticks));
        let failed = Error::parquet("write", path.as_ref());
        let encoded = (|| {
            let mut encoder = Encoder::new(Vec::new(), spec, place.run)?;
            for (tick, _, values) in rows {
                let keys = RowKeys { arm: place.arm, replication: Some(place.replication), date: place.run.day_of(tick) };
                encoder.push(|batch| batch.push_values(keys, spec.name, |cursor| replay(spec, values, cursor)))?;
            }
            encoder.finish()
        })()
        .map_err(failed)?;
        let file = TableFile { table: spec.name.to_owned(), path, rows: encoded.rows, bytes: encoded.bytes, sha256: encoded.sha256 };
        Ok((file, encoded.sink))
    }
}

/// Keeps values as bytes, little-endian; a text with its length in front.
struct Values<'a>(&'a mut Vec<u8>);

impl Sink for Values<'_> {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }
    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
    fn i64(&mut self, value: i64) {
        self.0.extend(value.to_le_bytes());
    }
    fn f64(&mut self, value: f64) {
        self.0.extend(value.to_bits().to_le_bytes());
    }
    fn text(&mut self, value: &str) {
        self.0.extend((value.len() as u32).to_le_bytes());
        self.0.extend(value.as_bytes());
    }
}

/// Hands kept values over. They come from this program, through a hash: what is wrong here is a bug.
fn replay(spec: &TableSpec, mut values: &[u8], cursor: &mut Cursor<'_>) {
    for column in spec.columns {
        match column.kind {
            Kind::U32 => cursor.u32(u32::from_le_bytes(take(&mut values))),
            Kind::U64 => cursor.u64(u64::from_le_bytes(take(&mut values))),
            Kind::I64 | Kind::Money => cursor.i64(i64::from_le_bytes(take(&mut values))),
            Kind::F64 => cursor.f64(f64::from_bits(u64::from_le_bytes(take(&mut values)))),
            Kind::Text => {
                let length = u32::from_le_bytes(take(&mut values)) as usize;
                let (text, rest) = values.split_at(length);
                cursor.text(std::str::from_utf8(text).expect("a text was kept"));
                values = rest;
            }
        }
    }
    assert!(values.is_empty(), "a row of {} has one value for each column", spec.name);
}

fn take<const N: usize>(values: &mut &[u8]) -> [u8; N] {
    let (head, rest) = values.split_first_chunk().expect("a row has all its values");
    *values = rest;
    *head
}
