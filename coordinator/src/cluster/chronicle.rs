//! What a cell came to so far: the same on every member, kept with each checkpoint.

use agents::metric::Mechanism;
use results::KpiSummary;
use serde::{Deserialize, Serialize};
use sim_core::mechanism::Mechanisms;

use crate::engine::{Engine, Step};
use crate::plan::Plan;

/// A cell so far; at its end, its outcome.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Chronicle {
    /// Digest after each tick of the calendar, hexadecimal.
    pub(crate) tick_digests: Vec<String>,
    /// Digest after the last tick, the warm-up included.
    pub(crate) digest: String,
    /// KPIs.
    pub(crate) summary: KpiSummary,
    /// What fired in the ticks of the calendar.
    pub(crate) mechanisms: Mechanisms,
    /// Simulated missions, the warm-up included.
    pub(crate) missions: u64,
    /// Simulated GMV of the focal platform, else of all, in the ticks of the calendar.
    pub(crate) gmv: i64,
}

impl Chronicle {
    /// Nothing happened yet.
    pub(crate) fn new() -> Self {
        Self {
            tick_digests: Vec::new(),
            digest: String::new(),
            summary: KpiSummary::default(),
            mechanisms: Mechanisms::new(Mechanism::COUNT),
            missions: 0,
            gmv: 0,
        }
    }

    /// Adds a tick, whose rows were added to the summary; its missions.
    pub(crate) fn add(&mut self, plan: &Plan, engine: &Engine, step: &Step) -> u64 {
        let missions = crate::experiment::missions(engine, step);
        self.missions += missions;
        self.digest = step.digest.to_string();
        if step.tick.is_some() {
            self.tick_digests.push(self.digest.clone());
            self.mechanisms.merge(&step.ticked.totals.mechanisms);
            self.gmv += crate::experiment::gmv(plan, engine, step);
        }
        missions
    }
}
