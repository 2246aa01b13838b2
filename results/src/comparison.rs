//! Paired differences between two arms over replications.
//!
//! Owns the statistics: replications of two arms share their seeds, so that the difference within each pair is what is
//! averaged, with a Student-t interval on n - 1 degrees of freedom. Guarantees that exchanging the arms negates every
//! difference. Leaves out how many replications a question needs, and any correction for looking at many KPIs.

use std::collections::BTreeSet;
use std::sync::Arc;

use sim_core::rows::{Column, Kind, Row, Sink};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{Error, Result};
use crate::kpi::{KPIS, Kpi};
use crate::summary::CellSummary;

/// Coverage of the intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Two arms compared, KPI by KPI.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The arm studied.
    pub arm: String,
    /// The arm it is compared with.
    pub versus: String,
    /// Differences by platform, then by KPI, in the order of [`KPIS`].
    pub differences: Vec<PairedDifference>,
}

/// One KPI of one platform in two arms; simulated values. Pairs in which it is not defined are left out.
#[derive(Clone, Debug)]
pub struct PairedDifference {
    /// Platform.
    pub platform: Arc<str>,
    /// KPI.
    pub kpi: &'static Kpi,
    /// Pairs of replications.
    pub pairs: u32,
    /// Mean in the arm studied; NaN without pairs.
    pub mean: f64,
    /// Mean in the arm it is compared with; NaN without pairs.
    pub versus_mean: f64,
    /// Mean of the differences, arm less versus; NaN without pairs.
    pub difference: f64,
    /// Standard error of the difference; `None` for fewer than two pairs.
    pub standard_error: Option<f64>,
    /// 95 % interval of the difference (low, high); `None` for fewer than two pairs.
    pub interval: Option<(f64, f64)>,
    /// Pairs in which the arm studied is higher.
    pub higher: u32,
}

impl Comparison {
    /// Compares `arm` with `versus` over the replications that both have.
    ///
    /// # Errors
    /// [`Error::UnknownArm`] if no cell has one of the arms.
    pub fn of(cells: &[CellSummary], arm: &str, versus: &str) -> Result<Self> {
        let first = cells_of(cells, arm)?;
        let second = cells_of(cells, versus)?;
        let pairs: Vec<_> =
            first.iter().filter_map(|cell| Some((*cell, *second.iter().find(|other| other.replication == cell.replication)?))).collect();
        let platforms = pairs.first().map_or_else(Vec::new, |(cell, _)| cell.summary.platforms().map(Arc::from).collect());
        let differences =
            platforms.iter().flat_map(|platform| KPIS.iter().map(|kpi| PairedDifference::of(&pairs, platform, kpi))).collect();
        Ok(Self { arm: arm.to_owned(), versus: versus.to_owned(), differences })
    }

    /// The difference in one KPI of one platform.
    #[must_use]
    pub fn difference(&self, platform: &str, kpi: &str) -> Option<&PairedDifference> {
        self.differences.iter().find(|found| *found.platform == *platform && found.kpi.name == kpi)
    }

    /// Platforms in order.
    #[must_use]
    pub fn platforms(&self) -> Vec<&str> {
        let mut platforms: Vec<_> = self.differences.iter().map(|found| &*found.platform).collect();
        platforms.dedup();
        platforms
    }

    /// Rows of the table `comparison`; `tick` is the last of the horizon.
    #[must_use]
    pub fn rows(&self, tick: u32) -> Vec<ComparisonRow> {
        let versus: Arc<str> = Arc::from(self.versus.as_str());
        self.differences.iter().map(|found| ComparisonRow::of(found, tick, &versus)).collect()
    }
}

impl PairedDifference {
    fn of(pairs: &[(&CellSummary, &CellSummary)], platform: &Arc<str>, kpi: &'static Kpi) -> Self {
        let value = |cell: &CellSummary| cell.summary.value(platform, kpi);
        let values: Vec<_> = pairs.iter().filter_map(|(cell, other)| Some((value(cell)?, value(other)?))).collect();
        let differences: Vec<_> = values.iter().map(|(first, second)| first - second).collect();
        let difference = mean(differences.iter().copied());
        let standard_error = standard_error(&differences, difference);
        let interval = standard_error.map(|error| {
            let reach = student_quantile(differences.len() - 1) * error;
            (difference - reach, difference + reach)
        });
        Self {
            platform: Arc::clone(platform),
            kpi,
            pairs: values.len() as u32,
            mean: mean(values.iter().map(|pair| pair.0)),
            versus_mean: mean(values.iter().map(|pair| pair.1)),
            difference,
            standard_error,
            interval,
            higher: values.iter().filter(|(first, second)| first > second).count() as u32,
        }
    }
}

/// A row of the table `comparison`. Its key `arm` is the arm studied, its key `replication` is null.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Last tick of the horizon.
    pub tick: u32,
    /// The arm that is subtracted.
    pub versus: Arc<str>,
    /// Platform.
    pub platform: Arc<str>,
    /// KPI.
    pub kpi: &'static str,
    /// Unit of the KPI.
    pub unit: String,
    /// Pairs of replications.
    pub pairs: u32,
    /// Mean in the arm.
    pub mean: f64,
    /// Mean in the other arm.
    pub versus_mean: f64,
    /// Mean difference.
    pub difference: f64,
    /// Standard error; NaN for fewer than two pairs.
    pub standard_error: f64,
    /// Lower end of the interval; NaN for fewer than two pairs.
    pub interval_low: f64,
    /// Upper end of the interval; NaN for fewer than two pairs.
    pub interval_high: f64,
    /// Pairs in which the arm is higher.
    pub higher: u32,
}

impl ComparisonRow {
    fn of(found: &PairedDifference, tick: u32, versus: &Arc<str>) -> Self {
        let (interval_low, interval_high) = found.interval.unwrap_or((f64::NAN, f64::NAN));
        Self {
            tick,
            versus: Arc::clone(versus),
            platform: Arc::clone(&found.platform),
            kpi: found.kpi.name,
            unit: found.kpi.unit.name(),
            pairs: found.pairs,
            mean: found.mean,
            versus_mean: found.versus_mean,
            difference: found.difference,
            standard_error: found.standard_error.unwrap_or(f64::NAN),
            interval_low,
            interval_high,
            higher: found.higher,
        }
    }
}

const fn column(name: &'static str, kind: Kind, unit: &'static str, doc: &'static str) -> Column {
    Column { name, kind, unit, doc }
}

impl Row for ComparisonRow {
    const TABLE: &'static str = "comparison";
    const DOC: &'static str =
        "One row per pair of arms, platform and KPI: paired differences over replications, simulated values over the horizon.";
    const COLUMNS: &'static [Column] = &[
        column("tick", Kind::U32, "ticks", "Last tick of the horizon."),
        column("versus", Kind::Text, "name", "The arm that is subtracted from `arm`."),
        column("platform", Kind::Text, "name", "Platform."),
        column("kpi", Kind::Text, "name", "KPI, defined in docs/metrics.md."),
        column("unit", Kind::Text, "name", "Unit of the KPI; money is in money units and not extrapolated."),
        column("pairs", Kind::U32, "pairs", "Pairs of replications in which the KPI is defined in both arms."),
        column("mean", Kind::F64, "see unit", "Mean over pairs in `arm`."),
        column("versus_mean", Kind::F64, "see unit", "Mean over pairs in `versus`."),
        column("difference", Kind::F64, "see unit", "Mean over pairs of `arm` less `versus`."),
        column("standard_error", Kind::F64, "see unit", "Standard error of the difference; null for fewer than two pairs."),
        column("interval_low", Kind::F64, "see unit", "Lower end of the 95 % Student-t interval; null for fewer than two pairs."),
        column("interval_high", Kind::F64, "see unit", "Upper end of the 95 % Student-t interval; null for fewer than two pairs."),
        column("higher", Kind::U32, "pairs", "Pairs in which `arm` is higher."),
    ];

    fn tick(&self) -> u32 {
        self.tick
    }

    fn emit(&self, sink: &mut impl Sink) {
        sink.u32(self.tick);
        for text in [&*self.versus, &*self.platform, self.kpi, &*self.unit] {
            sink.text(text);
        }
        sink.u32(self.pairs);
        for value in [self.mean, self.versus_mean, self.difference, self.standard_error, self.interval_low, self.interval_high] {
            sink.f64(value);
        }
        sink.u32(self.higher);
    }
}

fn cells_of<'a>(cells: &'a [CellSummary], arm: &str) -> Result<Vec<&'a CellSummary>> {
    let mut found: Vec<_> = cells.iter().filter(|cell| cell.arm == arm).collect();
    if found.is_empty() {
        let known: BTreeSet<_> = cells.iter().map(|cell| cell.arm.as_str()).collect();
        return Err(Error::UnknownArm { name: arm.to_owned(), known: known.into_iter().collect::<Vec<_>>().join(", ") });
    }
    found.sort_by_key(|cell| cell.replication);
    Ok(found)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Standard deviation of the sample over the square root of its size.
fn standard_error(values: &[f64], mean: f64) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares / (count - 1.0) / count).sqrt())
}

fn student_quantile(freedom: usize) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).expect("at least one degree of freedom");
    distribution.inverse_cdf(0.5 + CONFIDENCE / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_printed_table() {
        for (freedom, expected) in [(1, 12.706_205), (2, 4.302_653), (4, 2.776_445), (9, 2.262_157), (29, 2.045_230)] {
            assert!((student_quantile(freedom) - expected).abs() < 1e-5, "{freedom}: {}", student_quantile(freedom));
        }
    }

    #[test]
    fn standard_error_is_that_of_the_mean() {
        // 1, 2, 3, 4: variance 5/3, over 4.
        assert!((standard_error(&[1.0, 2.0, 3.0, 4.0], 2.5).unwrap() - (5.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert_eq!(standard_error(&[1.0], 1.0), None);
    }
}
