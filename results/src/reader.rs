//! A run directory read back: its tables as Arrow batches, and their first rows for a terminal.
//!
//! Owns the listing of files and typed access to columns. Reads unfinished runs too: what has a final name is complete.
//! Leaves out queries: DuckDB, Polars and pandas read the same files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use chrono::{Days, NaiveDate};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::{Error, Result};
use crate::hash::sha256_of_file;
use crate::manifest::{Manifest, TableFile};
use crate::report::{number, plain_table};
use crate::schema::{BATCH_ROWS, type_name};

pub(crate) use crate::part::TABLES as TABLE_FOLDER;

/// The tables of a run directory.
#[derive(Clone, Debug)]
pub struct RunReader {
    dir: PathBuf,
    tables: BTreeMap<String, Vec<PathBuf>>,
}

impl RunReader {
    /// Lists the tables in `dir`.
    ///
    /// # Errors
    /// [`Error::NoTables`] if there are none, [`Error::Io`] if a folder cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for path in files_below(dir, TABLE_FOLDER)? {
            if let [_, table, file] = path.split('/').collect::<Vec<_>>()[..]
                && file.ends_with(".parquet")
            {
                tables.entry(table.to_owned()).or_default().push(dir.join(&path));
            }
        }
        if tables.is_empty() {
            return Err(Error::NoTables { dir: dir.to_owned() });
        }
        Ok(Self { dir: dir.to_owned(), tables })
    }

    /// The manifest.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn manifest(&self) -> Result<Manifest> {
        Manifest::read(&self.dir)
    }

    /// Names of the tables, sorted.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Files of a table, sorted by arm, replication and tick.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] if the run has no such table.
    pub fn files(&self, table: &str) -> Result<&[PathBuf]> {
        self.tables
            .get(table)
            .map(Vec::as_slice)
            .ok_or_else(|| Error::UnknownTable { name: table.to_owned(), known: self.tables().collect::<Vec<_>>().join(", ") })
    }

    /// Schema of a table, with description and unit of each column in its metadata.
    ///
    /// # Errors
    /// [`Error::UnknownTable`], [`Error::Io`], or [`Error::Parquet`] if a file is damaged.
    pub fn schema(&self, table: &str) -> Result<SchemaRef> {
        let first = self.files(table)?.first().expect("a table has files");
        Ok(open(first)?.schema().clone())
    }

    /// Rows of a table, from the footers of its files.
    ///
    /// # Errors
    /// As [`RunReader::schema`].
    pub fn rows(&self, table: &str) -> Result<u64> {
        self.files(table)?.iter().map(|path| rows_of(path)).sum()
    }

    /// The table, batch by batch, in the order of its files.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] at once; the iterator yields [`Error::Io`] or [`Error::Parquet`] where a file is damaged.
    pub fn batches(&self, table: &str) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
        let files = self.files(table)?.to_vec();
        Ok(files.into_iter().flat_map(|path| {
            let (reader, failed) = match open(&path).and_then(|builder| batches_of(builder, &path)) {
                Ok(reader) => (Some(reader), None),
                Err(error) => (None, Some(Err(error))),
            };
            let read = reader.into_iter().flatten();
            let read = read.map(move |batch| batch.map_err(|error| Error::parquet("read", &path)(error.into())));
            failed.into_iter().chain(read)
        }))
    }

    /// The columns of a table with type, unit and description, as a table for the terminal.
    ///
    /// # Errors
    /// As [`RunReader::schema`].
    pub fn describe(&self, table: &str) -> Result<String> {
        let mut shown = plain_table();
        shown.set_header(["column", "type", "unit", "description"]);
        for field in self.schema(table)?.fields() {
            let note = |key: &str| field.metadata().get(key).cloned().unwrap_or_default();
            shown.add_row([field.name(), type_name(field.data_type()), &note("unit"), &note("description")]);
        }
        Ok(shown.to_string())
    }

    /// The first `count` rows as a table for the terminal: rows as columns, since a table has more columns than a
    /// terminal is wide.
    ///
    /// # Errors
    /// As [`RunReader::schema`].
    pub fn head(&self, table: &str, count: usize) -> Result<String> {
        let schema = self.schema(table)?;
        let mut lines: Vec<Vec<String>> = vec![Vec::new(); schema.fields().len()];
        let mut missing = count;
        for batch in self.batches(table)? {
            let batch = batch?;
            let take = missing.min(batch.num_rows());
            for (line, values) in lines.iter_mut().zip(batch.columns()) {
                line.extend((0..take).map(|row| text(values, row)));
            }
            missing -= take;
            if missing == 0 {
                break;
            }
        }
        let mut shown = plain_table();
        shown.set_header(std::iter::once("column".to_owned()).chain((0..count - missing).map(|row| format!("row {row}"))));
        for (field, line) in schema.fields().iter().zip(lines) {
            let cells = line.into_iter().map(number);
            shown.add_row(std::iter::once(comfy_table::Cell::new(field.name())).chain(cells));
        }
        Ok(shown.to_string())
    }
}

/// A column by name and Arrow type, for example `column::<Int64Array>(&batch, "gmv")`.
///
/// # Errors
/// [`Error::UnknownColumn`] if there is none of this name and type.
pub fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Result<&'a A> {
    let found = batch.column_by_name(name).and_then(|values| values.as_any().downcast_ref());
    found.ok_or_else(|| Error::UnknownColumn { name: name.to_owned(), expected: std::any::type_name::<A>() })
}

/// Every Parquet file under a final name, with rows and hash, for a run that goes on.
pub(crate) fn committed_files(dir: &Path) -> Result<Vec<TableFile>> {
    let mut files = Vec::new();
    for path in files_below(dir, TABLE_FOLDER)? {
        let full = dir.join(&path);
        let Some(table) = path.split('/').nth(1) else { continue };
        let bytes = fs::metadata(&full).map_err(Error::io("read", &full))?.len();
        files.push(TableFile { table: table.to_owned(), rows: rows_of(&full)?, bytes, sha256: sha256_of_file(&full)?, path });
    }
    Ok(files)
}

/// Paths of all files below `dir/folder`, relative to `dir`, with `/`, sorted. Empty if there is no such folder.
pub(crate) fn files_below(dir: &Path, folder: &str) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        let full = dir.join(&folder);
        let entries = match fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("list", &full)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::io("list", &full))?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_folder = entry.file_type().map_err(Error::io("list", &full))?.is_dir();
            if is_folder { pending.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::parquet("read", path))
}

fn batches_of(builder: ParquetRecordBatchReaderBuilder<File>, path: &Path) -> Result<ParquetRecordBatchReader> {
    builder.with_batch_size(BATCH_ROWS).build().map_err(Error::parquet("read", path))
}

fn rows_of(path: &Path) -> Result<u64> {
    let rows = open(path)?.metadata().file_metadata().num_rows();
    Ok(u64::try_from(rows).expect("a footer counts rows"))
}

fn text(values: &dyn Array, row: usize) -> String {
    if values.is_null(row) {
        return String::new();
    }
    match values.data_type() {
        DataType::UInt32 => values.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => values.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Int64 => values.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => format!("{:.6}", values.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => date(values.as_primitive::<Date32Type>().value(row)),
        DataType::Utf8 => values.as_string::<i32>().value(row).to_owned(),
        other => unreachable!("no column has type {other}"),
    }
}

fn date(days: i32) -> String {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("the epoch is a date");
    let date = u64::try_from(days).ok().and_then(|days| epoch.checked_add_days(Days::new(days)));
    date.map_or_else(|| days.to_string(), |date| date.to_string())
}
