//! KPI tables for the terminal, readable at 100 columns.
//!
//! Owns their layout. Values are extrapolated to the real market, and the heading says so. Leaves out colours and paging.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use crate::comparison::{Comparison, PairedDifference};
use crate::human::{Format, UNDEFINED};
use crate::kpi::{Extrapolation, KPIS, Kpi, Selection};
use crate::summary::CellSummary;

/// Columns of the terminal that a table fits into.
pub const WIDTH: u16 = 100;

/// KPIs of one arm, platforms as columns: means over its replications. Empty if no cell has the arm.
#[must_use]
pub fn kpi_table(cells: &[CellSummary], arm: &str, selection: Selection, extrapolation: Extrapolation) -> String {
    let cells: Vec<_> = cells.iter().filter(|cell| cell.arm == arm).collect();
    let Some(first) = cells.first() else { return String::new() };
    let platforms: Vec<_> = first.summary.platforms().collect();
    let mut table = plain_table();
    table.set_header(std::iter::once("KPI").chain(platforms.iter().copied()));
    for kpi in KPIS.iter().filter(|kpi| selection.holds(kpi)) {
        let real: Vec<_> = platforms.iter().map(|platform| extrapolation.apply(kpi.unit, mean_over(&cells, platform, kpi))).collect();
        let format = Format::of_values(kpi.unit, largest(&real));
        let values = real.iter().map(|&value| number(format.value(value)));
        table.add_row(std::iter::once(Cell::new(kpi.name)).chain(values));
    }
    let heading = format!("{arm}, {}, {}", replications(cells.len()), extrapolated(extrapolation));
    format!("{heading}\n{table}")
}

/// Paired differences of one platform. Empty if the platform is not in the comparison.
#[must_use]
pub fn comparison_table(comparison: &Comparison, platform: &str, selection: Selection, extrapolation: Extrapolation) -> String {
    let shown: Vec<_> = comparison.differences.iter().filter(|found| *found.platform == *platform && selection.holds(found.kpi)).collect();
    let Some(most) = shown.iter().map(|found| found.pairs).max() else { return String::new() };
    let mut table = plain_table();
    table.set_header(["KPI", &comparison.arm, &comparison.versus, "difference", "95 % interval", "higher in"]);
    for found in shown {
        table.add_row(difference_row(found, extrapolation));
    }
    // The widest line (long KPI name, long arm names, an interval) fits by two spaces.
    for (index, padding) in [(0, (0, 1)), (5, (1, 0))] {
        table.column_mut(index).expect("the header has six columns").set_padding(padding);
    }
    let heading = format!(
        "{platform}: {} less {}, {}, {}",
        comparison.arm,
        comparison.versus,
        replications(most as usize),
        extrapolated(extrapolation)
    );
    format!("{heading}\n{table}")
}

fn difference_row(found: &PairedDifference, extrapolation: Extrapolation) -> Vec<Cell> {
    let real = |simulated: f64| extrapolation.apply(found.kpi.unit, simulated);
    let means = [real(found.mean), real(found.versus_mean)];
    let difference = real(found.difference);
    let (low, high) = found.interval.map_or((f64::NAN, f64::NAN), |(low, high)| (real(low), real(high)));
    let of_means = Format::of_values(found.kpi.unit, largest(&means));
    let of_differences = Format::of_differences(found.kpi.unit, largest(&[difference, low, high]));
    let interval = match (found.pairs, found.interval) {
        (0, _) => UNDEFINED.to_owned(),
        (_, None) => "no interval".to_owned(),
        _ => format!("[{}, {}]", of_differences.signed_number(low), of_differences.signed_number(high)),
    };
    vec![
        Cell::new(found.kpi.name),
        number(of_means.value(means[0])),
        number(of_means.value(means[1])),
        number(of_differences.signed(difference)),
        number(interval),
        number(format!("{} of {}", found.higher, found.pairs)),
    ]
}

pub(crate) fn plain_table() -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    let style = TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule);
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}

pub(crate) fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn mean_over(cells: &[&CellSummary], platform: &str, kpi: &Kpi) -> f64 {
    let values: Vec<_> = cells.iter().filter_map(|cell| cell.summary.value(platform, kpi)).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// The largest value by size among those that are defined.
fn largest(values: &[f64]) -> f64 {
    values.iter().filter(|value| value.is_finite()).fold(0.0, |most, value| if value.abs() > most { value.abs() } else { most })
}

fn replications(count: usize) -> String {
    if count == 1 { "1 replication".to_owned() } else { format!("{count} replications") }
}

fn extrapolated(extrapolation: Extrapolation) -> String {
    if extrapolation.scale == 1.0 {
        "not extrapolated".to_owned()
    } else {
        format!("extrapolated by {:.0} people per shopper", extrapolation.scale)
    }
}
