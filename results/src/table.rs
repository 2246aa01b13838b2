//! The tables there are: those of the simulation and those that compare its runs.
//!
//! Owns the catalogue that files, dictionary and reader share, and which tables are written unless a scenario says
//! otherwise. Leaves out the columns themselves: they stand beside the rows.

use std::collections::BTreeSet;

use sim_core::rows::{Column, Kind, Row, TABLES};

use crate::comparison::ComparisonRow;
use crate::error::{Error, Result};

/// Version of the tables, stated in every file: rises when a column is removed, renamed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Whether the rows of a table belong to one replication or compare several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// A row belongs to one arm and one replication.
    Cell,
    /// A row sums up all replications of its arm; `replication` is null.
    AcrossReplications,
}

/// Name, description and columns of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableSpec {
    /// Name, also that of its folder.
    pub name: &'static str,
    /// One sentence on what a row is.
    pub doc: &'static str,
    /// Columns after the keys, in order.
    pub columns: &'static [Column],
    /// What a row belongs to.
    pub span: Span,
}

impl TableSpec {
    /// The table that rows of type `R` go to.
    #[must_use]
    pub const fn of<R: Row>(span: Span) -> Self {
        Self { name: R::TABLE, doc: R::DOC, columns: R::COLUMNS, span }
    }

    /// Whether the table is written when the scenario does not mention it.
    #[must_use]
    pub fn on_by_default(&self) -> bool {
        self.name != "listing_ticks"
    }
}

/// The keys in front of every row, in order. `date` is stored as a day, whatever its kind says here.
pub const KEYS: [Column; 3] = [
    Column { name: "arm", kind: Kind::Text, unit: "name", doc: "Arm of the experiment; `baseline` is the scenario without patches." },
    Column {
        name: "replication",
        kind: Kind::U32,
        unit: "index",
        doc: "Replication, 0 first: its seed is shared by all arms. Null in a table that sums up replications.",
    },
    Column {
        name: "date",
        kind: Kind::Text,
        unit: "date",
        doc: "Calendar day of the tick: start of the calendar + tick x length of a tick.",
    },
];

/// Every table, in the order of the data dictionary.
#[must_use]
pub fn catalogue() -> Vec<TableSpec> {
    let simulated = TABLES.iter().map(|&(name, doc, columns)| TableSpec { name, doc, columns, span: Span::Cell });
    simulated.chain([TableSpec::of::<ComparisonRow>(Span::AcrossReplications)]).collect()
}

/// The table called `name`.
///
/// # Errors
/// [`Error::UnknownTable`] if there is none.
pub fn table(name: &str) -> Result<TableSpec> {
    let all = catalogue();
    all.iter().find(|spec| spec.name == name).copied().ok_or_else(|| Error::UnknownTable {
        name: name.to_owned(),
        known: all.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", "),
    })
}

/// Place of a table in the catalogue; behind all of them for a name that is none.
#[must_use]
pub fn number(name: &str) -> usize {
    let all = catalogue();
    all.iter().position(|spec| spec.name == name).unwrap_or(all.len())
}

/// The tables to write, given what a scenario switches on or off; tables it does not mention have their default.
///
/// # Errors
/// [`Error::UnknownTable`] if a switch names no table.
pub fn enabled_tables<'a>(switches: impl IntoIterator<Item = (&'a str, bool)>) -> Result<BTreeSet<&'static str>> {
    let mut enabled: BTreeSet<_> = catalogue().iter().filter(|spec| spec.on_by_default()).map(|spec| spec.name).collect();
    for (name, on) in switches {
        let spec = table(name)?;
        if on {
            enabled.insert(spec.name);
        } else {
            enabled.remove(spec.name);
        }
    }
    Ok(enabled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_override_the_defaults_and_unknown_tables_are_named() {
        let enabled = enabled_tables([("listing_ticks", true), ("missions", false)]).unwrap();
        assert!(enabled.contains("listing_ticks") && !enabled.contains("missions") && enabled.contains("orders"));
        let error = enabled_tables([("orderz", true)]).unwrap_err().to_string();
        assert!(error.contains("orderz") && error.contains("platform_ticks"), "{error}");
    }

    #[test]
    fn no_column_repeats_a_key() {
        for spec in catalogue() {
            for column in spec.columns {
                assert!(KEYS.iter().all(|key| key.name != column.name), "{}.{}", spec.name, column.name);
            }
        }
    }
}
