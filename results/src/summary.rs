//! KPIs of one cell over its horizon, accumulated from the rows of `platform_ticks` as they are written.
//!
//! Owns the accumulators. Guarantees integer sums for counts and money, so that a KPI does not depend on the order of
//! the platforms, and memory that does not grow with ticks. Leaves out what a KPI is: see [`crate::kpi`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sim_core::rows::{ACTIVITY_BLOCK_TICKS, PlatformTick};

use crate::kpi::{KPIS, Kpi, Rule};

/// Accumulates the KPIs of one cell (arm and replication).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KpiSummary {
    platforms: Vec<PlatformTotals>,
}

/// A finished cell and its KPIs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellSummary {
    /// Arm.
    pub arm: String,
    /// Replication.
    pub replication: u32,
    /// KPIs.
    pub summary: KpiSummary,
}

/// The KPIs of a cell as the manifest states them: simulated values, `null` where one is not defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellKpis {
    /// Arm.
    pub arm: String,
    /// Replication.
    pub replication: u32,
    /// By platform, then by KPI.
    pub platforms: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

impl KpiSummary {
    /// Adds a row.
    pub fn add(&mut self, row: &PlatformTick) {
        let found = self.platforms.iter().position(|totals| *totals.platform == *row.platform);
        let index = found.unwrap_or_else(|| {
            self.platforms.push(PlatformTotals::new(&row.platform));
            self.platforms.len() - 1
        });
        self.platforms[index].add(row);
    }

    /// Platforms in the order of their first rows.
    pub fn platforms(&self) -> impl Iterator<Item = &str> {
        self.platforms.iter().map(|totals| &*totals.platform)
    }

    /// Simulated value of a KPI; `None` if the platform has no rows or the value is not defined.
    #[must_use]
    pub fn value(&self, platform: &str, kpi: &Kpi) -> Option<f64> {
        let totals = self.platforms.iter().find(|totals| *totals.platform == *platform)?;
        let index = KPIS.iter().position(|other| other.name == kpi.name)?;
        self.value_of(totals, kpi, &totals.accumulators[index]).filter(|value| value.is_finite())
    }

    /// All KPIs of a platform in the order of [`KPIS`]; `None` where one is not defined.
    #[must_use]
    pub fn values(&self, platform: &str) -> Vec<(&'static Kpi, Option<f64>)> {
        KPIS.iter().map(|kpi| (kpi, self.value(platform, kpi))).collect()
    }

    fn value_of(&self, totals: &PlatformTotals, kpi: &Kpi, sums: &Accumulator) -> Option<f64> {
        match kpi.rule {
            Rule::Sum(_) => Some(sums.whole as f64),
            Rule::FloatSum(_) => Some(sums.sum),
            Rule::Ratio(..) => ratio(sums.whole, sums.base),
            Rule::FloatRatio(..) => (sums.base != 0).then(|| sums.sum / sums.base as f64),
            Rule::WeightedMean(..) | Rule::Mean(_) => (sums.weight != 0.0).then(|| sums.sum / sums.weight),
            Rule::Last(_) => (sums.weight != 0.0).then_some(sums.sum),
            // margin a tick x ticks of a block / mean active / churn rate, where the sum of the active cancels
            Rule::LifetimeValue(..) => {
                ratio(sums.whole, sums.base).map(|margin| margin * f64::from(ACTIVITY_BLOCK_TICKS) * sums.weight / sums.sum)
            }
            Rule::GmvShare => ratio(totals.gmv, self.gmv()),
            Rule::GmvConcentration => self.platforms.iter().map(|other| ratio(other.gmv, self.gmv()).map(|share| share * share)).sum(),
        }
    }

    fn gmv(&self) -> i128 {
        self.platforms.iter().map(|totals| totals.gmv).sum()
    }
}

impl CellSummary {
    /// The KPIs as the manifest states them.
    #[must_use]
    pub fn kpis(&self) -> CellKpis {
        let named = |platform: &str| self.summary.values(platform).into_iter().map(|(kpi, value)| (kpi.name.to_owned(), value)).collect();
        CellKpis {
            arm: self.arm.clone(),
            replication: self.replication,
            platforms: self.summary.platforms().map(|platform| (platform.to_owned(), named(platform))).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PlatformTotals {
    platform: Arc<str>,
    gmv: i128,
    accumulators: Vec<Accumulator>,
}

/// `whole` and `base` hold integer sums; `sum` and `weight` those of floats, the last value and whether there is one, or ticks and
/// ends of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Accumulator {
    whole: i128,
    base: i128,
    sum: f64,
    weight: f64,
}

impl PlatformTotals {
    fn new(platform: &Arc<str>) -> Self {
        Self { platform: Arc::clone(platform), gmv: 0, accumulators: vec![Accumulator::default(); KPIS.len()] }
    }

    fn add(&mut self, row: &PlatformTick) {
        self.gmv += i128::from(row.gmv);
        for (kpi, sums) in KPIS.iter().zip(&mut self.accumulators) {
            sums.add(&kpi.rule, row);
        }
    }
}

impl Accumulator {
    fn add(&mut self, rule: &Rule, row: &PlatformTick) {
        match rule {
            Rule::Sum(value) => self.whole += i128::from(value(row)),
            Rule::FloatSum(value) => self.add_defined(value(row), 1.0),
            Rule::Ratio(numerator, denominator) => {
                self.whole += i128::from(numerator(row));
                self.base += i128::from(denominator(row));
            }
            Rule::FloatRatio(numerator, denominator) => {
                self.add_defined(numerator(row), 1.0);
                self.base += i128::from(denominator(row));
            }
            Rule::WeightedMean(value, weight) => self.add_defined(value(row), weight(row) as f64),
            Rule::Mean(value) => self.add_defined(value(row), 1.0),
            Rule::Last(value) => {
                let value = value(row);
                if !value.is_nan() {
                    (self.sum, self.weight) = (value, 1.0);
                }
            }
            Rule::LifetimeValue(margin, active, churned) => {
                self.whole += i128::from(margin(row));
                self.base += i128::from(churned(row));
                self.sum += 1.0;
                self.weight += if active(row) > 0 { 1.0 } else { 0.0 };
            }
            Rule::GmvShare | Rule::GmvConcentration => {}
        }
    }

    fn add_defined(&mut self, value: f64, weight: f64) {
        if !value.is_nan() {
            self.sum += value * weight;
            self.weight += weight;
        }
    }
}

fn ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64)
}
