//! Moments: what is measured on a run to compare it with the field, one estimator each, and the table that shows them.
//!
//! Owns the estimators that need only the rows of `platform_ticks`, their means over replications, and the table for terminal
//! and Markdown. Guarantees that a miss is shown like a hit and that nothing is dropped. Leaves out experiments, which need
//! the engine, and targets, which a scenario's moments file states.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use serde::Serialize;
use sim_core::rows::PlatformTick;

use crate::report::{number, plain_table};

const DAYS_PER_YEAR: f64 = 365.0;

/// The KPI rows of one cell, in the order of ticks.
#[derive(Clone, Debug, Default)]
pub struct Series {
    rows: Vec<PlatformTick>,
    ticks_per_day: u32,
}

impl Series {
    /// No rows yet; a day has so many ticks, at least 1.
    #[must_use]
    pub fn new(ticks_per_day: u32) -> Self {
        Self { rows: Vec::new(), ticks_per_day: ticks_per_day.max(1) }
    }

    /// Adds the rows of a tick.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = PlatformTick>) {
        self.rows.extend(rows);
    }

    /// All ticks.
    #[must_use]
    pub fn all(&self) -> Range<u32> {
        0..self.rows.last().map_or(0, |row| row.tick + 1)
    }

    /// GMV of `platform` over that of all in `ticks`.
    #[must_use]
    pub fn gmv_share(&self, ticks: &Range<u32>, platform: &str) -> f64 {
        self.sum(ticks, |row| if *row.platform == *platform { row.gmv as f64 } else { 0.0 }) / self.sum(ticks, |row| row.gmv as f64)
    }

    /// Parcels shipped in `ticks` over `shoppers`, as if a year of 365 days were like them.
    #[must_use]
    pub fn parcels_per_shopper_year(&self, ticks: &Range<u32>, shoppers: u64) -> f64 {
        self.daily_parcels(ticks) * DAYS_PER_YEAR / shoppers as f64
    }

    /// Shipped GMV less refunds, over GMV.
    #[must_use]
    pub fn net_over_gross_gmv(&self, ticks: &Range<u32>) -> f64 {
        self.sum(ticks, |row| row.net_gmv as f64) / self.sum(ticks, |row| row.gmv as f64)
    }

    /// Parcels of the mean day of `ticks` over those of the mean day of `ordinary`.
    #[must_use]
    pub fn mean_parcels(&self, ticks: &Range<u32>, ordinary: &Range<u32>) -> f64 {
        self.daily_parcels(ticks) / self.daily_parcels(ordinary)
    }

    /// Parcels of the largest day of `ticks` over those of the mean day of `ordinary`.
    #[must_use]
    pub fn peak_parcels(&self, ticks: &Range<u32>, ordinary: &Range<u32>) -> f64 {
        let days = ticks.clone().step_by(self.ticks_per_day as usize);
        let largest = days.map(|day| self.sum(&(day..day + self.ticks_per_day), |row| row.parcels)).fold(0.0, f64::max);
        largest / self.daily_parcels(ordinary)
    }

    /// GMV of `ticks` that falls before the tick `before`.
    #[must_use]
    pub fn gmv_share_before(&self, ticks: &Range<u32>, before: u32) -> f64 {
        self.sum(&(ticks.start..before), |row| row.gmv as f64) / self.sum(ticks, |row| row.gmv as f64)
    }

    /// Lines bought on the shelf and returned over those delivered.
    #[must_use]
    pub fn return_rate_shelf(&self, ticks: &Range<u32>) -> f64 {
        self.sum(ticks, |row| row.returned_shelf as f64) / self.sum(ticks, |row| row.delivered_shelf as f64)
    }

    /// Lines bought in live streams and returned over those delivered.
    #[must_use]
    pub fn return_rate_live(&self, ticks: &Range<u32>) -> f64 {
        self.sum(ticks, |row| row.returned_live as f64) / self.sum(ticks, |row| row.delivered_live as f64)
    }

    /// Share of active shoppers with orders on three platforms or more, by the last census before the tick `until`.
    #[must_use]
    pub fn multi_homing(&self, until: u32) -> f64 {
        let mut known = self.rows.iter().rev().filter(|row| row.tick < until && !row.multi_homing_share.is_nan());
        known.next().map_or(f64::NAN, |row| row.multi_homing_share)
    }

    /// Orders over missions, all platforms.
    #[must_use]
    pub fn conversion_per_mission(&self, ticks: &Range<u32>) -> f64 {
        self.sum(ticks, |row| row.orders as f64) / self.sum(ticks, |row| row.missions as f64)
    }

    /// Commission and advertising of `platform` over the GMV that it claims, as the press divides them; the KPI of this name divides by net GMV.
    #[must_use]
    pub fn take_rate(&self, ticks: &Range<u32>, platform: &str) -> f64 {
        let of = |value: fn(&PlatformTick) -> i64| self.sum(ticks, |row| if *row.platform == *platform { value(row) as f64 } else { 0.0 });
        of(|row| row.commission + row.ad_revenue) / of(|row| row.gmv)
    }

    /// Orders shipped, all platforms.
    #[must_use]
    pub fn shipped_orders(&self, ticks: &Range<u32>) -> f64 {
        self.sum(ticks, |row| row.shipped_orders as f64)
    }

    fn daily_parcels(&self, ticks: &Range<u32>) -> f64 {
        let days = f64::from(ticks.end.saturating_sub(ticks.start)) / f64::from(self.ticks_per_day);
        self.sum(ticks, |row| row.parcels) / days
    }

    fn sum(&self, ticks: &Range<u32>, value: impl Fn(&PlatformTick) -> f64) -> f64 {
        self.rows.iter().filter(|row| ticks.contains(&row.tick)).map(value).sum()
    }
}

/// Orders missing in the week number `week` after a period, over those that its last week (all of a shorter period) added: `run` has it,
/// `without` has not, and both share their draws. A week against a week, as weekly sales data measure it (Mace and Neslin 2004).
#[must_use]
pub fn dip_share(run: &Series, without: &Series, during: &Range<u32>, week: u32) -> f64 {
    let added = |ticks: &Range<u32>| run.shipped_orders(ticks) - without.shipped_orders(ticks);
    let days = 7 * run.ticks_per_day;
    let from = during.end + (week - 1) * days;
    -added(&(from..from + days)) / added(&(during.start.max(during.end.saturating_sub(days))..during.end))
}

/// A moment beside its target.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Group of the moments file.
    pub group: String,
    /// Name.
    pub name: String,
    /// Value found in the field.
    pub target: Option<f64>,
    /// Interval of simulated values that are accepted.
    pub band: Option<[f64; 2]>,
    /// Mean over the replications in which it is defined.
    pub simulated: Option<f64>,
    /// Standard error of that mean; none with fewer than two.
    pub standard_error: Option<f64>,
    /// Values by replication; null where it is not defined.
    pub values: Vec<Option<f64>>,
    /// Whether the mean lies in the band; none without a band or a value.
    pub is_in: Option<bool>,
    /// Whether this version is known to miss it.
    pub known_miss: bool,
    /// Why there is no value.
    pub not_measured: Option<String>,
    /// Where the target comes from.
    pub source: String,
    /// What a reader should know.
    pub note: Option<String>,
}

impl Measured {
    /// Takes the values of the replications; NaN stands for "not defined".
    #[must_use]
    pub fn with_values(mut self, values: &[f64]) -> Self {
        let defined: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        let n = defined.len() as f64;
        let mean = defined.iter().sum::<f64>() / n;
        let squares: f64 = defined.iter().map(|value| (value - mean) * (value - mean)).sum();
        self.values = values.iter().map(|value| Some(*value).filter(|value| value.is_finite())).collect();
        self.simulated = Some(mean).filter(|mean| mean.is_finite());
        self.standard_error = (defined.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt());
        self.is_in = self.band.zip(self.simulated).map(|([low, high], value)| (low..=high).contains(&value));
        if self.simulated.is_none() && self.not_measured.is_none() {
            self.not_measured = Some("not defined in this run".to_owned());
        }
        self
    }

    /// In one or two words.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match (self.is_in, self.known_miss) {
            (Some(true), _) => "in",
            (Some(false), false) => "OUT",
            (Some(false), true) => "OUT, known",
            (None, _) if self.simulated.is_some() => "no band",
            (None, _) => "not measured",
        }
    }
}

/// The table for a terminal, one for each group.
#[must_use]
pub fn terminal(moments: &[Measured]) -> String {
    let mut text = String::new();
    for group in groups(moments) {
        let mut table = plain_table();
        table.set_header(["moment", "target", "accepted", "simulated", "std. error", ""]);
        let members = moments.iter().filter(|moment| moment.group == group);
        for moment in members.clone() {
            let [target, band, simulated, error] = texts(moment).map(number);
            table.add_row(vec![moment.name.as_str().into(), target, band, simulated, error, moment.verdict().into()]);
        }
        line(&mut text, &format!("{group}\n{table}"));
        for moment in members {
            if let Some(reason) = &moment.not_measured {
                line(&mut text, &format!("{}: not measured: {reason}", moment.name));
            }
        }
        line(&mut text, "");
    }
    line(&mut text, &summary(moments));
    text
}

/// The table for a document, one for each group.
#[must_use]
pub fn markdown(moments: &[Measured]) -> String {
    let mut text = String::new();
    for group in groups(moments) {
        line(&mut text, &format!("### {group}\n"));
        line(&mut text, "| moment | target | accepted | simulated | standard error | | source and remarks |");
        line(&mut text, "|---|---|---|---|---|---|---|");
        for moment in moments.iter().filter(|moment| moment.group == group) {
            let [target, band, simulated, error] = texts(moment);
            let remarks: Vec<String> =
                [Some(moment.source.clone()), moment.note.clone(), moment.not_measured.clone()].into_iter().flatten().collect();
            let verdict = if moment.is_in == Some(true) { "in".to_owned() } else { format!("**{}**", moment.verdict()) };
            let remarks = remarks.join("; ").replace('|', "/");
            line(&mut text, &format!("| `{}` | {target} | {band} | {simulated} | {error} | {verdict} | {remarks} |", moment.name));
        }
        line(&mut text, "");
    }
    line(&mut text, &summary(moments));
    text
}

/// How many fit, in one sentence.
#[must_use]
pub fn summary(moments: &[Measured]) -> String {
    let with_band = moments.iter().filter(|moment| moment.band.is_some()).count();
    let count = |wanted: Option<bool>| moments.iter().filter(|moment| moment.band.is_some() && moment.is_in == wanted).count();
    format!("Of {with_band} moments with a band, {} are in, {} out, {} not measured.", count(Some(true)), count(Some(false)), count(None))
}

fn groups(moments: &[Measured]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    moments.iter().map(|moment| moment.group.as_str()).filter(|group| seen.insert(*group)).collect()
}

/// Target, band, simulated value, standard error.
fn texts(moment: &Measured) -> [String; 4] {
    let size = moment.target.or(moment.simulated).map_or(1.0, f64::abs);
    let decimals = match size {
        100.0.. => 1,
        1.0.. => 3,
        _ => 4,
    };
    let rounded = |value: f64| format!("{value:.decimals$}");
    let short = |value: f64| format!("{}", (value * 1e6).round() / 1e6);
    [
        moment.target.map_or_else(String::new, short),
        moment.band.map_or_else(String::new, |[low, high]| format!("{} to {}", short(low), short(high))),
        moment.simulated.map_or_else(String::new, rounded),
        moment.standard_error.map_or_else(String::new, rounded),
    ]
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}
