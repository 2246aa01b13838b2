//! `mechanisms.json`: how often each mechanism fired, what money it moved, how many agents it touched.
//!
//! Owns the file's format. Sums over replications and over the ticks of the calendar. Names the mechanisms that the scenario
//! configures and that never fired.

use agents::configured::configured;
use agents::market::Bazaar;
use agents::metric::Mechanism;
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
    /// Names of those that the scenario configures and that never fired.
    pub(crate) asleep: Vec<String>,
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
    arms: Vec<Counts>,
}

struct Counts {
    arm: String,
    fired: Mechanisms,
    configured: Vec<Mechanism>,
}

impl MechanismCounts {
    /// Nothing fired yet.
    pub(crate) fn new<'a>(arms: impl Iterator<Item = &'a str>) -> Self {
        let none = |arm: &str| Counts { arm: arm.to_owned(), fired: Mechanisms::new(Mechanism::COUNT), configured: Vec::new() };
        Self { arms: arms.map(none).collect() }
    }

    /// Notes what the market of `arm` configures.
    pub(crate) fn configure(&mut self, arm: &str, market: &Bazaar) {
        self.of(arm).configured = configured(market);
    }

    /// Adds what fired in several ticks of `arm`.
    pub(crate) fn merge(&mut self, arm: &str, fired: &Mechanisms) {
        self.of(arm).fired.merge(fired);
    }

    fn of(&mut self, arm: &str) -> &mut Counts {
        self.arms.iter_mut().find(|counts| counts.arm == arm).expect("the arm is part of the plan")
    }

    /// The file.
    pub(crate) fn table(&self) -> MechanismTable {
        MechanismTable {
            units: "simulated, not extrapolated; money in money units; summed over replications and ticks".to_owned(),
            arms: self.arms.iter().map(of_arm).collect(),
        }
    }
}

fn of_arm(counts: &Counts) -> ArmMechanisms {
    let fired = |mechanism: &Mechanism| {
        let activity = counts.fired.get(*mechanism as usize);
        Fired { name: mechanism.name().to_owned(), fired: activity.fired, money: activity.money, agents: activity.agents }
    };
    let mechanisms: Vec<Fired> = Mechanism::ALL.iter().map(fired).collect();
    let sleeps = |mechanism: &&Mechanism| counts.fired.get(**mechanism as usize).fired == 0;
    let asleep = counts.configured.iter().filter(sleeps).map(|mechanism| mechanism.name().to_owned()).collect();
    ArmMechanisms { arm: counts.arm.clone(), mechanisms, asleep }
}

/// The text of a file of a run: JSON, indented, with a line break at the end.
pub(crate) fn json_text(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("plain data is JSON");
    text.push('\n');
    text
}
