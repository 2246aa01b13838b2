//! `bazaar inspect`: what a run directory holds.
//!
//! Owns the overview of a run. Reads unfinished runs as far as they got. Leaves out queries: DuckDB, Polars and pandas read
//! the tables.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch, StringArray, UInt32Array};
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use results::human::Format;
use results::manifest::MECHANISMS;
use results::reader::column;
use results::report::{WIDTH, comparison_table};
use results::{Comparison, Error, Extrapolation, KPIS, Kpi, Manifest, PairedDifference, RunReader, Selection, kpi};

use crate::cli::InspectArgs;
use crate::exit::Failure;
use crate::mechanisms::MechanismTable;
use crate::output::{self, bytes, counted, duration, grouped};

/// Runs the command.
pub(crate) fn inspect(args: &InspectArgs) -> Result<(), Failure> {
    let reader = RunReader::open(&args.run)?;
    match &args.table {
        Some(table) => output::print(&one_table(&reader, table, args.rows)?),
        None => output::print(&overview(&args.run, &reader)?),
    }
}

fn one_table(reader: &RunReader, table: &str, rows: usize) -> Result<String, Failure> {
    let total = grouped(reader.rows(table)?.into());
    let columns = reader.describe(table)?;
    let head = reader.head(table, rows)?;
    Ok(format!("{table}: {total} rows\n\n{columns}\n\nFirst rows:\n{head}\n"))
}

fn overview(dir: &Path, reader: &RunReader) -> Result<String, Failure> {
    let mut text = String::new();
    match reader.manifest() {
        Ok(manifest) => finished(dir, reader, &manifest, &mut text)?,
        Err(Error::NoManifest { .. }) => {
            line(&mut text, &format!("{} has no manifest: the run did not finish. Tables so far:\n", dir.display()));
        }
        Err(error) => return Err(error.into()),
    }
    let mut tables = plain_table(["table", "rows", "files"]);
    for name in reader.tables() {
        let files = reader.files(name)?.len().to_string();
        tables.add_row([Cell::new(name), right(grouped(reader.rows(name)?.into())), right(files)]);
    }
    line(&mut text, &tables.to_string());
    line(&mut text, &format!("`bazaar inspect {} TABLE` shows columns and first rows of one.", dir.display()));
    Ok(text)
}

fn finished(dir: &Path, reader: &RunReader, manifest: &Manifest, text: &mut String) -> Result<(), Failure> {
    let run = &manifest.run;
    let size: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    line(
        text,
        &format!(
            "{}: {} x {}, seed {}, {} shoppers for {} people, {} from {}\nversion {}, scenario {}, {} in {}, {}\n",
            run.name,
            manifest.arms.join(", "),
            counted(manifest.replications as usize, "replication"),
            run.seed,
            grouped(run.shoppers.into()),
            grouped(run.people.into()),
            counted(run.ticks as usize, "tick"),
            run.start,
            run.program_version,
            run.scenario_hash,
            bytes(size.into()),
            counted(manifest.files.len(), "file"),
            duration(manifest.execution.wall_seconds),
        ),
    );
    let extrapolation = Extrapolation { scale: run.scale, money_unit: run.money_unit };
    for arm in &manifest.arms {
        line(text, &kpi_table(manifest, arm, extrapolation));
    }
    if reader.files("comparison").is_ok() {
        for comparison in comparisons(reader)? {
            for platform in comparison.platforms() {
                line(text, &comparison_table(&comparison, platform, Selection::Headline, extrapolation));
                line(text, "");
            }
        }
    }
    mechanisms(dir, text)
}

/// KPIs of an arm, platforms as columns: means over replications.
fn kpi_table(manifest: &Manifest, arm: &str, extrapolation: Extrapolation) -> String {
    let cells: Vec<_> = manifest.kpis.iter().filter(|cell| cell.arm == arm).collect();
    let platforms: BTreeSet<_> = cells.iter().flat_map(|cell| cell.platforms.keys()).collect();
    let mean = |platform: &str, kpi: &Kpi| {
        let value = |cell: &&results::summary::CellKpis| *cell.platforms.get(platform)?.get(kpi.name)?;
        let values: Vec<f64> = cells.iter().filter_map(value).collect();
        extrapolation.apply(kpi.unit, values.iter().sum::<f64>() / values.len() as f64)
    };
    let mut table = plain_table(std::iter::once("KPI").chain(platforms.iter().map(|platform| platform.as_str())));
    for kpi in KPIS.iter().filter(|kpi| Selection::Headline.holds(kpi)) {
        let values: Vec<f64> = platforms.iter().map(|platform| mean(platform, kpi)).collect();
        let largest = values.iter().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()));
        let format = Format::of_values(kpi.unit, largest);
        let numbers = values.iter().map(|&value| right(format.value(value)));
        table.add_row(std::iter::once(Cell::new(kpi.name)).chain(numbers));
    }
    format!("{arm}, mean of {}, extrapolated to the real market\n{table}\n", counted(cells.len(), "replication"))
}

/// The comparisons as the table holds them.
fn comparisons(reader: &RunReader) -> Result<Vec<Comparison>, Failure> {
    let mut found: Vec<Comparison> = Vec::new();
    for batch in reader.batches("comparison")? {
        let batch = batch?;
        let names = |name: &str| column::<StringArray>(&batch, name);
        let (arms, versus) = (names("arm")?, names("versus")?);
        for row in 0..batch.num_rows() {
            let (arm, versus) = (arms.value(row), versus.value(row));
            let Some(difference) = difference(&batch, row)? else { continue };
            match found.iter_mut().find(|known| known.arm == arm && known.versus == versus) {
                Some(known) => known.differences.push(difference),
                None => {
                    let differences = vec![difference];
                    found.push(Comparison { arm: arm.to_owned(), versus: versus.to_owned(), differences });
                }
            }
        }
    }
    Ok(found)
}

/// A row of the table; none for a KPI that this version does not know.
fn difference(batch: &RecordBatch, row: usize) -> Result<Option<PairedDifference>, Failure> {
    let text = |name: &str| column::<StringArray>(batch, name).map(|values| values.value(row));
    let count = |name: &str| column::<UInt32Array>(batch, name).map(|values| values.value(row));
    let number = |name: &str| column::<Float64Array>(batch, name).map(|values| values.is_valid(row).then(|| values.value(row)));
    let Some(kpi) = kpi::kpi(text("kpi")?) else { return Ok(None) };
    Ok(Some(PairedDifference {
        platform: Arc::from(text("platform")?),
        kpi,
        pairs: count("pairs")?,
        mean: number("mean")?.unwrap_or(f64::NAN),
        versus_mean: number("versus_mean")?.unwrap_or(f64::NAN),
        difference: number("difference")?.unwrap_or(f64::NAN),
        standard_error: number("standard_error")?,
        interval: number("interval_low")?.zip(number("interval_high")?),
        higher: count("higher")?,
    }))
}

fn mechanisms(dir: &Path, text: &mut String) -> Result<(), Failure> {
    let path = dir.join(MECHANISMS);
    let failed = |source| Failure::Io { action: "read", path: path.clone(), source };
    let content = fs::read_to_string(&path).map_err(failed)?;
    let found: MechanismTable = serde_json::from_str(&content).map_err(|error| failed(error.into()))?;
    let mut table = plain_table(std::iter::once("mechanism, times fired").chain(found.arms.iter().map(|arm| arm.arm.as_str())));
    let names = found.arms.first().map_or(&[][..], |arm| &arm.mechanisms[..]);
    for (index, mechanism) in names.iter().enumerate() {
        let fired = found.arms.iter().map(|arm| arm.mechanisms.get(index).map_or(0, |mechanism| mechanism.fired));
        let shown = fired.map(|times| right(grouped(times.unsigned_abs().into())));
        table.add_row(std::iter::once(Cell::new(&mechanism.name)).chain(shown));
    }
    line(text, &format!("{table}\n"));
    for arm in found.arms.iter().filter(|arm| !arm.asleep.is_empty()) {
        line(text, &format!("Configured but asleep in {}: {}.", arm.arm, arm.asleep.join(", ")));
    }
    line(text, "");
    Ok(())
}

fn plain_table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    let style = TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule);
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH).set_header(header);
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}
