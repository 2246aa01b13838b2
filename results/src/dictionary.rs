//! The data dictionary, written from the schema of the tables.
//!
//! Owns the text of `docs/data-dictionary.md`. Guarantees that it states what the files hold: both come from the same
//! columns, and a test compares the page in the repository with what this module writes.

use std::fmt::Write as _;

use crate::schema::{arrow_schema, type_name};
use crate::table::{SCHEMA_VERSION, TableSpec, catalogue};

const INTRODUCTION: &str = "\
Generated from the schema that the files are written with; do not edit. A run writes each table as Parquet files in
`tables/<name>/`, one file per arm, replication and block of ticks, sorted by tick. `tables/<name>/*.parquet` reads all of
them.

- Every row begins with its keys: `arm`, `replication`, `date`.
- Money is a signed integer number of money units. Units per yuan stand in each file's key-value metadata as
  `bazaar.money_unit`, and in `manifest.json`.
- Counts and money are those of the simulated shoppers. Times `bazaar.scale` (people per shopper) they stand for the real
  market; ratios and means stay as they are.
- Columns of type DOUBLE may be null where a value is not defined, for example a ratio with an empty denominator. All other
  columns are never null, but `replication` in tables that sum up replications.
- Each column's description and unit also stand in the file, as Arrow field metadata.
";

/// The page, as Markdown.
#[must_use]
pub fn data_dictionary() -> String {
    let tables = catalogue();
    let mut page = format!("# Data dictionary\n\nSchema version {SCHEMA_VERSION}. {INTRODUCTION}\n");
    page.push_str("| table | a row | unless switched |\n|---|---|---|\n");
    for spec in &tables {
        let default = if spec.on_by_default() { "on" } else { "off" };
        line(&mut page, &format!("| [{0}](#{0}) | {1} | {default} |", spec.name, escaped(spec.doc)));
    }
    for spec in &tables {
        describe(&mut page, spec);
    }
    page
}

fn describe(page: &mut String, spec: &TableSpec) {
    line(page, &format!("\n## {}\n\n{}\n", spec.name, spec.doc));
    line(page, "| column | type | unit | description |\n|---|---|---|---|");
    for field in arrow_schema(spec).fields() {
        let note = |key: &str| field.metadata().get(key).map_or_else(String::new, |text| escaped(text));
        let unit = note("unit");
        let about = note("description");
        line(page, &format!("| `{}` | {} | {unit} | {about} |", field.name(), type_name(field.data_type())));
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("writing to a string does not fail");
}
