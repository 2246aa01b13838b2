//! When a scenario happens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Date, Days};

use super::{Named, default};

/// Start, end, tick and festivals.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// First day.
    pub start: Date,
    /// Last day, included.
    pub end: Date,
    /// Length of a tick: `1d`.
    #[serde(default = "default::tick")]
    pub tick: Days,
    /// Ordinary days before the start, in which shoppers learn and prices settle; not written, no strategy spends. 0d to 365d.
    #[serde(default)]
    pub warm_up: Days,
    /// Multiplier of the visit rate by weekday, Monday first, each 0 to 10; mean 1. Absent: flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-values" = { "minimum": 0, "maximum": 10 }))]
    pub week: Option<[f64; 7]>,
    /// Festivals by name.
    #[serde(default)]
    pub festivals: Named<Festival>,
}

impl Calendar {
    /// Number of ticks from the first to the last day.
    pub fn ticks(&self) -> u32 {
        let days = self.end.days_since(self.start) + 1;
        u32::try_from(days.max(0)).unwrap_or(u32::MAX).saturating_mul(self.ticks_per_day())
    }

    /// Ticks in a day: 1 or 24.
    pub fn ticks_per_day(&self) -> u32 {
        if self.tick == Days::HOUR { 24 } else { 1 }
    }

    /// First tick of a day; 0 for days before the start.
    pub fn tick_of(&self, date: Date) -> u32 {
        u32::try_from(date.days_since(self.start).max(0)).unwrap_or(u32::MAX).saturating_mul(self.ticks_per_day())
    }
}

/// A festival: dated phases that lift visits.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Festival {
    /// Phases by name, in order of time; they must not overlap.
    pub phases: Named<Phase>,
}

/// A phase of a festival.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// Multiplier of the visit rate (1 is an ordinary day), 0 to 10.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub visits: f64,
    /// Weight of a day of the phase in the pacing of strategy budgets (1 is an ordinary day), 0 to 100.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub budget_weight: f64,
    /// Day from which shoppers know of the phase, before `from`: from then on they put off needs in storable and durable
    /// categories (`deferral` of their segment), and in the phase they take them up and buy ahead. Absent: no one waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Date>,
    /// Multiplier of the visit rate by category, on top of `visits`, 0 to 10; absent categories have 1.
    #[serde(default)]
    #[schemars(extend("x-values" = { "minimum": 0, "maximum": 10 }))]
    pub categories: Named<f64>,
}
