//! The streaming writer of a run directory.
//!
//! Owns which file a row goes to: one file per table, arm, replication and block of ticks, so that neither threads,
//! workers nor restarts move a boundary. Guarantees memory bounded by one row group per table, files complete once they
//! have their final name, and the manifest last. Leaves out which rows are sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use sim_core::rows::Row;

use crate::batch::RowKeys;
use crate::error::{Error, Result};
use crate::hash::sha256;
use crate::manifest::{Document, FORMAT, MANIFEST, Manifest, Outcome, RunInfo, TableFile};
use crate::part::{PARTS, Part, sync, write_bytes, write_document};
use crate::reader::committed_files;
use crate::table::{Span, TableSpec, catalogue, table};
use crate::target::{Target, claim, reopen};

/// What to do with a run that is already in the output directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    Refuse,
    /// Put the new run in its place; the old one is deleted when the new one is finished.
    Replace,
}

/// What a writer needs to know.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// The run's description.
    pub run: RunInfo,
    /// Ticks per file, at least 1.
    pub block: u32,
    /// Tables to write; rows of others are ignored. See [`crate::enabled_tables`].
    pub tables: BTreeSet<&'static str>,
    /// What to do with an earlier run.
    pub existing: Existing,
}

/// Writes one run directory: `begin` and `end` for each cell, several at a time if need be; then `finish`.
pub struct RunWriter {
    target: Target,
    run: RunInfo,
    block: u32,
    specs: Vec<TableSpec>,
    /// Cells that have begun and not ended.
    open: usize,
    files: BTreeMap<String, TableFile>,
    documents: BTreeMap<String, Document>,
}

/// Writes the tables of one cell: `push` and `end_tick` for each tick.
pub struct CellWriter {
    dir: PathBuf,
    run: RunInfo,
    block: u32,
    tables: BTreeMap<&'static str, TableState>,
    arm: String,
    replication: u32,
    tick: u32,
    date: i32,
    files: Vec<TableFile>,
}

struct TableState {
    spec: TableSpec,
    part: Option<Part>,
}

impl CellWriter {
    /// Adds a row of the tick in progress; ignored if its table is switched off.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Parquet`] if the file cannot be written.
    pub fn push<R: Row>(&mut self, row: &R) -> Result<()> {
        let Some(state) = self.tables.get_mut(R::TABLE) else { return Ok(()) };
        assert_eq!(row.tick(), self.tick, "a row of {} belongs to the tick in progress", R::TABLE);
        let part = match &mut state.part {
            Some(part) => part,
            empty => {
                let file = file_name(&self.arm, self.replication, self.tick, self.block, self.run.ticks);
                empty.insert(Part::create(&self.dir, &state.spec, &self.run, &file)?)
            }
        };
        part.push(RowKeys { arm: &self.arm, replication: Some(self.replication), date: self.date }, row)
    }

    /// Ends a tick; at the end of a block its files are committed.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Parquet`] if a file cannot be completed.
    pub fn end_tick(&mut self, tick: u32) -> Result<()> {
        assert_eq!(tick, self.tick, "ticks end in order");
        self.tick += 1;
        self.date = self.run.day_of(self.tick);
        if self.tick.is_multiple_of(self.block) { self.commit() } else { Ok(()) }
    }

    /// Completes the files of a block, side by side: each waits for its disk, and together they wait once.
    fn commit(&mut self) -> Result<()> {
        let open: Vec<_> = self.tables.values_mut().filter_map(|state| state.part.take()).collect();
        let done: Vec<_> = thread::scope(|scope| {
            let committing: Vec<_> = open.into_iter().map(|part| scope.spawn(|| part.commit())).collect();
            committing.into_iter().map(|one| one.join().expect("a commit returns its errors")).collect()
        });
        done.into_iter().try_for_each(|file| file.map(|file| self.files.push(file)))
    }
}

impl RunWriter {
    /// Makes `dir` ready and starts a run in it.
    ///
    /// # Errors
    /// [`Error::RunExists`], [`Error::NotARun`] or [`Error::NotADirectory`] if `dir` is taken, [`Error::UnknownTable`] if a
    /// table does not exist, [`Error::Io`] if `dir` cannot be written.
    pub fn create(dir: &Path, options: WriterOptions) -> Result<Self> {
        let specs = specs(&options.tables)?;
        Ok(Self::over(claim(dir, options.existing)?, options, specs))
    }

    /// Goes on with the unfinished run in `dir`: committed files stay, half-written ones are removed.
    ///
    /// # Errors
    /// [`Error::RunExists`] if the run is finished, [`Error::NotARun`] if there is none, [`Error::Io`] or
    /// [`Error::Parquet`] if a committed file cannot be read.
    pub fn resume(dir: &Path, options: WriterOptions) -> Result<Self> {
        let specs = specs(&options.tables)?;
        let mut writer = Self::over(reopen(dir)?, options, specs);
        writer.files = committed_files(dir)?.into_iter().map(|file| (file.path.clone(), file)).collect();
        Ok(writer)
    }

    /// Starts a cell at its first tick.
    #[must_use]
    pub fn begin(&mut self, arm: &str, replication: u32) -> CellWriter {
        self.begin_at(arm, replication, 0)
    }

    /// Starts a cell at `tick`, the first of a block, as after a restart from a checkpoint.
    #[must_use]
    pub fn begin_at(&mut self, arm: &str, replication: u32, tick: u32) -> CellWriter {
        assert_eq!(tick % self.block, 0, "a cell restarts at the first tick of a block");
        self.open += 1;
        let tables = self.specs.iter().map(|&spec| (spec.name, TableState { spec, part: None })).collect();
        let (dir, run, block) = (self.target.dir.clone(), self.run.clone(), self.block);
        let (arm, date) = (arm.to_owned(), run.day_of(tick));
        CellWriter { dir, run, block, tables, arm, replication, tick, date, files: Vec::new() }
    }

    /// Ends a cell.
    ///
    /// # Errors
    /// As [`CellWriter::end_tick`].
    pub fn end(&mut self, mut cell: CellWriter) -> Result<()> {
        cell.commit()?;
        self.open -= 1;
        cell.files.into_iter().for_each(|file| self.keep(file));
        Ok(())
    }

    /// Writes the whole of a table that sums up replications, each row under its arm. Ignored if the table is off.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Parquet`] if the file cannot be written.
    pub fn write_across<'a, R: Row + 'a>(&mut self, rows: impl IntoIterator<Item = (&'a str, &'a R)>) -> Result<()> {
        assert_eq!(self.open, 0, "rows across replications follow the last cell");
        let Some(spec) = self.specs.iter().find(|spec| spec.name == R::TABLE) else { return Ok(()) };
        let mut part = Part::create(&self.target.dir, spec, &self.run, &format!("{}.parquet", R::TABLE))?;
        for (arm, row) in rows {
            part.push(RowKeys { arm, replication: None, date: self.run.day_of(row.tick()) }, row)?;
        }
        self.keep(part.commit()?);
        Ok(())
    }

    /// Takes in a file of a table that was written elsewhere.
    ///
    /// # Errors
    /// [`Error::PartAltered`] if the bytes are not those of the record, [`Error::Io`] if it cannot be written.
    pub fn publish(&mut self, file: TableFile, bytes: &[u8]) -> Result<()> {
        assert_eq!(self.open, 0, "files are taken in between cells");
        let found = sha256(bytes);
        if found != file.sha256 {
            return Err(Error::PartAltered { path: PathBuf::from(&file.path), stated: file.sha256, found });
        }
        write_bytes(&self.target.dir, &file.path, bytes)?;
        self.keep(file);
        Ok(())
    }

    /// The run directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.target.dir
    }

    /// Writes a file beside the tables: the resolved scenario, the mechanisms.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn write_text(&mut self, name: &str, text: &str) -> Result<()> {
        assert!(!name.contains(['/', '\\']) && name != MANIFEST, "`{name}` is a plain file name, and not the manifest's");
        let document = write_document(&self.target.dir, name, text)?;
        self.documents.insert(name.to_owned(), document);
        Ok(())
    }

    /// Finishes the run: every table has a file, the manifest is written, a replaced run is deleted.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Parquet`] if a file cannot be written; the run then stays unfinished.
    pub fn finish(mut self, outcome: Outcome) -> Result<Manifest> {
        assert_eq!(self.open, 0, "every cell ends before the run does");
        self.write_empty_tables()?;
        let manifest = Manifest {
            format: FORMAT,
            run: self.run,
            arms: outcome.arms,
            replications: outcome.replications,
            cells: outcome.cells,
            documents: self.documents.into_values().collect(),
            files: self.files.into_values().collect(),
            kpis: outcome.kpis,
            execution: outcome.execution,
            manifest_sha256: String::new(),
        }
        .sealed();
        let dir = &self.target.dir;
        write_document(dir, MANIFEST, &manifest.to_text())?;
        remove(&dir.join(PARTS))?;
        if let Some(replaced) = &self.target.replaced {
            remove(replaced)?;
        }
        sync(dir)?;
        Ok(manifest)
    }

    fn over(target: Target, options: WriterOptions, specs: Vec<TableSpec>) -> Self {
        assert!(options.block > 0 && options.run.ticks > 0, "a run has ticks, and so has a block");
        Self { target, run: options.run, block: options.block, specs, open: 0, files: BTreeMap::new(), documents: BTreeMap::new() }
    }

    fn keep(&mut self, file: TableFile) {
        self.files.insert(file.path.clone(), file);
    }

    /// A table without rows gets a file without rows, so that a query on it finds the columns.
    fn write_empty_tables(&mut self) -> Result<()> {
        let written: BTreeSet<_> = self.files.values().map(|file| file.table.clone()).collect();
        let is_missing = |spec: &TableSpec| spec.span == Span::Cell && !written.contains(spec.name);
        let missing: Vec<_> = self.specs.iter().copied().filter(is_missing).collect();
        for spec in missing {
            let part = Part::create(&self.target.dir, &spec, &self.run, "empty.parquet")?;
            self.keep(part.commit()?);
        }
        Ok(())
    }
}

fn specs(names: &BTreeSet<&'static str>) -> Result<Vec<TableSpec>> {
    for name in names {
        table(name)?;
    }
    Ok(catalogue().into_iter().filter(|spec| names.contains(spec.name)).collect())
}

/// `<arm>-r<replication>-t<first>-t<last>.parquet`, padded with zeros so that names sort by tick.
pub(crate) fn file_name(arm: &str, replication: u32, tick: u32, block: u32, ticks: u32) -> String {
    let first = tick - tick % block;
    let last = first.saturating_add(block - 1).min(ticks - 1);
    let width = (ticks - 1).to_string().len().max(4);
    format!("{}-r{replication:04}-t{first:0width$}-t{last:0width$}.parquet", file_safe(arm))
}

/// The arm as part of a file name: letters, digits, `-` and `_` stand for themselves, any other byte is `~XX`.
fn file_safe(arm: &str) -> String {
    arm.bytes().fold(String::with_capacity(arm.len()), |mut name, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("~{byte:02X}")),
        }
        name
    })
}

fn remove(folder: &PathBuf) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
    }
    Ok(())
}
