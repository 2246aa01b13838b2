//! What changes during a run, what a run writes, and which arms are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Date, Share};

use super::Named;

/// A dated change of parameters.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shock {
    /// Name, for the log and the report.
    pub name: String,
    /// Day from which it holds.
    pub on: Date,
    /// Patches: path into the scenario, and value. Paths below platforms, population.choice, population.memory, ai_market.
    pub set: Named<serde_json::Value>,
}

/// Tables to write.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Tables on or off by name; absent tables have their default.
    pub tables: Named<bool>,
    /// Share of shoppers whose orders, missions and panel rows are written.
    pub sample: Share,
    /// Ticks per output block, 1 to 10000: part files and row groups are cut by it.
    #[schemars(range(min = 1, max = 10_000), extend("x-unit" = "ticks"))]
    pub block: u32,
    /// Ticks between censuses of shoppers (active shoppers, satisfaction, fatigue), 1 to 10000.
    #[schemars(range(min = 1, max = 10_000), extend("x-unit" = "ticks"))]
    pub census: u32,
}

impl Default for Outputs {
    /// The tables' own defaults, one shopper in a thousand sampled, blocks of 16 ticks, a census a week.
    fn default() -> Self {
        Self { tables: Named::new(), sample: Share(0.001), block: 16, census: 7 }
    }
}

/// Patches of an arm: path into the scenario, and value.
pub type Arm = Named<serde_json::Value>;

/// Arms and replications.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Experiment {
    /// The platform whose choice is studied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal: Option<String>,
    /// Arms by name: patches of the file. The file without patches is the arm `baseline`.
    pub arms: Named<Arm>,
    /// Replications: seeds shared by all arms, 1 to 10000. Absent: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub replications: Option<u32>,
    /// The two arms of the printed comparison: first minus second. Absent: the first two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<[String; 2]>,
    /// Tolerance of equal spend between the compared arms. Absent: 0.5 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_tolerance: Option<Share>,
}
