//! One Parquet file on its way to its final name.
//!
//! Owns the order write, fsync, rename. Guarantees that a file is complete once it has its final name, and that its row
//! groups are cut by the number of rows alone. Leaves out which rows belong into a file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use sim_core::rows::Row;

use crate::batch::{Batch, RowKeys};
use crate::error::{Error, Result};
use crate::hash::{HashingWriter, sha256};
use crate::manifest::{Document, RunInfo, TableFile};
use crate::schema::{BATCH_ROWS, arrow_schema, properties};
use crate::table::TableSpec;

/// Folder of unfinished files in a run directory.
pub(crate) const PARTS: &str = ".parts";
/// Folder of the tables in a run directory.
pub(crate) const TABLES: &str = "tables";

/// A Parquet file that is being written.
pub(crate) struct Part {
    table: &'static str,
    root: PathBuf,
    path: String,
    temporary: PathBuf,
    encoder: Encoder<File>,
}

impl Part {
    /// Starts the file `tables/<table>/<file>` of the run in `root`.
    pub(crate) fn create(root: &Path, spec: &TableSpec, run: &RunInfo, file: &str) -> Result<Self> {
        let temporary = root.join(PARTS).join(format!("{}--{file}", spec.name));
        let sink = File::create(&temporary).map_err(Error::io("create", &temporary))?;
        let encoder = Encoder::new(sink, spec, run).map_err(Error::parquet("write", &temporary))?;
        Ok(Self { table: spec.name, root: root.to_owned(), path: path_of(spec.name, file), temporary, encoder })
    }

    /// Adds a row.
    pub(crate) fn push<R: Row>(&mut self, keys: RowKeys<'_>, row: &R) -> Result<()> {
        self.encoder.push(|batch| batch.push(keys, row)).map_err(Error::parquet("write", &self.temporary))
    }

    /// Writes what is left.
    pub(crate) fn complete(self) -> Result<Complete> {
        let Encoded { sink, rows, bytes, sha256 } = self.encoder.finish().map_err(Error::parquet("write", &self.temporary))?;
        let target = self.root.join(&self.path);
        let file = TableFile { table: self.table.to_owned(), path: self.path, rows, bytes, sha256 };
        Ok(Complete { file, sink, temporary: self.temporary, target })
    }
}

/// A Parquet file that is written and not yet durable.
pub(crate) struct Complete {
    file: TableFile,
    sink: File,
    temporary: PathBuf,
    target: PathBuf,
}

impl Complete {
    /// Makes the file durable and gives it its final name.
    pub(crate) fn commit(self) -> Result<TableFile> {
        self.sink.sync_all().map_err(Error::io("write", &self.temporary))?;
        move_into_place(&self.temporary, &self.target)?;
        Ok(self.file)
    }
}

/// The content of a Parquet file on its way to `sink`.
pub(crate) struct Encoder<W: Write + Send> {
    batch: Batch,
    writer: ArrowWriter<HashingWriter<W>>,
    rows: u64,
}

/// A content that is complete.
pub(crate) struct Encoded<W> {
    /// Where it went.
    pub(crate) sink: W,
    /// Rows.
    pub(crate) rows: u64,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// SHA-256, 64 hex digits.
    pub(crate) sha256: String,
}

impl<W: Write + Send> Encoder<W> {
    /// Starts a file of the table `spec`.
    pub(crate) fn new(sink: W, spec: &TableSpec, run: &RunInfo) -> parquet::errors::Result<Self> {
        let schema = arrow_schema(spec);
        let writer = ArrowWriter::try_new(HashingWriter::new(sink), schema.clone(), Some(properties(spec, run)))?;
        Ok(Self { batch: Batch::new(schema, spec.columns), writer, rows: 0 })
    }

    /// Adds a row, which `fill` puts into the batch.
    pub(crate) fn push(&mut self, fill: impl FnOnce(&mut Batch)) -> parquet::errors::Result<()> {
        fill(&mut self.batch);
        if self.batch.rows() == BATCH_ROWS { self.encode() } else { Ok(()) }
    }

    /// Completes the content.
    pub(crate) fn finish(mut self) -> parquet::errors::Result<Encoded<W>> {
        self.encode()?;
        let (sink, bytes, sha256) = self.writer.into_inner()?.finish();
        Ok(Encoded { sink, rows: self.rows, bytes, sha256 })
    }

    fn encode(&mut self) -> parquet::errors::Result<()> {
        self.rows += self.batch.rows() as u64;
        let batch = self.batch.take();
        self.writer.write(&batch)
    }
}

/// Path of a file of a table below the run directory.
pub(crate) fn path_of(table: &str, file: &str) -> String {
    format!("{TABLES}/{table}/{file}")
}

/// Writes the bytes of a file of the run in `root`, complete or not at all.
pub(crate) fn write_bytes(root: &Path, path: &str, bytes: &[u8]) -> Result<()> {
    let temporary = root.join(PARTS).join(path.replace('/', "--"));
    fs::write(&temporary, bytes).map_err(Error::io("write", &temporary))?;
    sync(&temporary)?;
    move_into_place(&temporary, &root.join(path))
}

/// Writes a text file of the run in `root`, complete or not at all.
pub(crate) fn write_document(root: &Path, name: &str, text: &str) -> Result<Document> {
    let temporary = root.join(PARTS).join(name);
    fs::write(&temporary, text).map_err(Error::io("write", &temporary))?;
    sync(&temporary)?;
    move_into_place(&temporary, &root.join(name))?;
    Ok(Document { path: name.to_owned(), bytes: text.len() as u64, sha256: sha256(text.as_bytes()) })
}

/// Makes the names in a directory as durable as its files.
pub(crate) fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("write", path))
}

fn move_into_place(temporary: &Path, target: &Path) -> Result<()> {
    let folder = target.parent().expect("a file of a run has a folder");
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    fs::rename(temporary, target).map_err(Error::io("create", target))?;
    sync(folder)
}
