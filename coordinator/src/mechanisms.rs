//! `mechanisms.json`: how often each mechanism fired, what money it moved, how many agents it touched.
//!
//! Owns the file's format. Sums over replications and over the ticks of the calendar. Leaves out whether a scenario meant a
//! mechanism to sleep.

use agents::metric::{Mechanism, Totals};
use serde::{Deserialize, Serialize};
use sim_core::mechanism::Mechanisms;

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MechanismTable {
    /// What the numbers are.
    pub(crate) units: String,
    /// By arm.
    pub(crate) arms: Vec<ArmMechanisms>,
}

/// The mechanisms of one arm.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ArmMechanisms {
    /// Arm.
    pub(crate) arm: String,
    /// Each mechanism that there is.
    pub(crate) mechanisms: Vec<Fired>,
    /// Names of those that never fired.
    pub(crate) zero: Vec<String>,
}

/// One mechanism.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fired {
    /// Name.
    pub(crate) name: String,
    /// Times that it fired.
    pub(crate) fired: i64,
    /// Money that it moved, simulated money units.
    pub(crate) money: i64,
    /// Agents that it touched, once for each firing.
    pub(crate) agents: i64,
}

/// Counts per arm while a run goes on.
pub(crate) struct MechanismCounts {
    arms: Vec<(String, Mechanisms)>,
}

impl MechanismCounts {
    /// Nothing fired yet.
    pub(crate) fn new<'a>(arms: impl Iterator<Item = &'a str>) -> Self {
        Self { arms: arms.map(|arm| (arm.to_owned(), Mechanisms::new(Mechanism::COUNT))).collect() }
    }

    /// Adds a tick of `arm`.
    pub(crate) fn add(&mut self, arm: &str, totals: &Totals) {
        let (_, counts) = self.arms.iter_mut().find(|(name, _)| name == arm).expect("the arm is part of the plan");
        counts.merge(&totals.mechanisms);
    }

    /// The file.
    pub(crate) fn table(&self) -> MechanismTable {
        MechanismTable {
            units: "simulated, not extrapolated; money in money units; summed over replications and ticks".to_owned(),
            arms: self.arms.iter().map(|(arm, counts)| of_arm(arm, counts)).collect(),
        }
    }
}

fn of_arm(arm: &str, counts: &Mechanisms) -> ArmMechanisms {
    let fired = |mechanism: &Mechanism| {
        let activity = counts.get(*mechanism as usize);
        Fired { name: mechanism.name().to_owned(), fired: activity.fired, money: activity.money, agents: activity.agents }
    };
    let mechanisms: Vec<Fired> = Mechanism::ALL.iter().map(fired).collect();
    let zero = mechanisms.iter().filter(|found| found.fired == 0).map(|found| found.name.clone()).collect();
    ArmMechanisms { arm: arm.to_owned(), mechanisms, zero }
}

/// The text of a file of a run: JSON, indented, with a line break at the end.
pub(crate) fn json_text(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("plain data is JSON");
    text.push('\n');
    text
}
