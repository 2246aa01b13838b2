//! Equal spend: whether two arms realised the same strategy spend, so that their difference is one of strategy.
//!
//! Owns the test. Spend is the KPI `strategy_spend`: cash charged to the strategy budget, net of clawback.

use results::human::Format;
use results::{CellSummary, Unit, kpi};

use crate::plan::Plan;

/// Tolerance where the scenario gives none, share of the larger spend.
const TOLERANCE: f64 = 0.005;

/// Realised strategy spend of the focal platform in the compared arms; yuan, extrapolated, means over replications.
pub(crate) struct Spend {
    /// First and second arm with their spend.
    pub(crate) arms: [(String, f64); 2],
    /// Difference over the larger of the two; 0 if nothing was spent.
    pub(crate) difference: f64,
    /// How large it may be.
    pub(crate) tolerance: f64,
}

impl Spend {
    /// Spend of the compared arms on the focal platform; none without either.
    pub(crate) fn of(plan: &Plan, cells: &[CellSummary]) -> Option<Self> {
        let [first, second] = plan.compared()?;
        let focal = plan.focal()?;
        let kpi = kpi::kpi("strategy_spend")?;
        let mean = |arm: &str| {
            let values: Vec<f64> = cells.iter().filter(|cell| cell.arm == arm).filter_map(|cell| cell.summary.value(focal, kpi)).collect();
            plan.extrapolation().apply(Unit::Money, values.iter().sum::<f64>() / values.len().max(1) as f64)
        };
        let (one, other) = (mean(first), mean(second));
        let larger = one.abs().max(other.abs());
        let difference = if larger > 0.0 { (one - other).abs() / larger } else { 0.0 };
        let tolerance = plan.project.experiment().spend_tolerance.map_or(TOLERANCE, |share| share.0);
        Some(Self { arms: [(first.to_owned(), one), (second.to_owned(), other)], difference, tolerance })
    }

    /// Whether both arms spent the same.
    pub(crate) fn is_equal(&self) -> bool {
        self.difference <= self.tolerance
    }

    /// One line for the terminal.
    pub(crate) fn sentence(&self) -> String {
        let [(first, one), (second, other)] = &self.arms;
        let format = Format::of_values(Unit::Money, one.abs().max(other.abs()));
        let numbers = format!("{first} {}, {second} {}", format.value(*one), format.value(*other));
        if *one == 0.0 && *other == 0.0 {
            return "Strategy spend: none in either arm.".to_owned();
        }
        let (apart, within) = (100.0 * self.difference, 100.0 * self.tolerance);
        if self.is_equal() {
            format!("Strategy spend: {numbers}: equal within {within} % ({apart:.2} % apart).")
        } else {
            format!("Strategy spend: {numbers}: NOT EQUAL SPEND, {apart:.2} % apart where {within} % is allowed.")
        }
    }
}
