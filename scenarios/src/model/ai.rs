//! Investment in AI capability, and the market for its inputs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Days, Share};

use super::Named;

/// Investment in AI capability. Money is real, per day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AiProgramme {
    /// Baseline spend on commerce AI per day (for a group: its programme times the share that serves commerce).
    pub spend: Amount,
    /// Share of spend that buys compute; the rest hires talent.
    pub compute_share: Share,
    /// Share of compute spend that buys hardware, depreciated for operating profit.
    pub hardware_share: Share,
    /// Initial performance q of each function, from the function's q0 to below its q_max; absent functions start at q0.
    #[schemars(extend("x-values" = { "minimum": 0, "maximum": 1 }))]
    pub initial: Named<f64>,
    /// Split of spend over the functions; shares add up to 1.
    pub portfolio: Named<Share>,
    /// Execution speed: factor on the productivity A, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub execution: f64,
    /// Posts and training of its own, outside the shared pool.
    pub talent_programme: TalentProgramme,
}

impl Default for AiProgramme {
    /// No spend; were there any, half of it would buy compute and half of that hardware (a judgement).
    fn default() -> Self {
        Self {
            spend: Amount::ZERO,
            compute_share: Share(0.5),
            hardware_share: Share(0.5),
            initial: Named::new(),
            portfolio: Named::new(),
            execution: 1.0,
            talent_programme: TalentProgramme::default(),
        }
    }
}

/// Own talent T in yuan of daily pay at the base wage: T' = (1 - attrition) T + gain x spend. It is paid the base wage, whatever the
/// market pays, and works beside what is hired.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TalentProgramme {
    /// Real money per day for posts and training; 0 is no programme.
    pub spend: Amount,
    /// Daily base pay of the talent that a yuan of training adds, 0 to 1 (0.005: training costs 200 days of pay).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gain: f64,
    /// Share of the own talent that leaves per year.
    pub attrition: Share,
}

impl Default for TalentProgramme {
    /// No programme; one would train for 200 days of pay and lose 15 % a year (a judgement).
    fn default() -> Self {
        Self { spend: Amount::ZERO, gain: 0.005, attrition: Share(0.15) }
    }
}

/// The market for AI inputs and the production function of capability.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AiMarket {
    /// Productivity A, 0 to 1000000.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub productivity: f64,
    /// Elasticity of investment to compute, 0 to 1; alpha + beta + gamma is below 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub alpha: f64,
    /// Elasticity of investment to talent, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta: f64,
    /// Elasticity of investment to data (orders), 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gamma: f64,
    /// Depreciation of capability per year.
    pub depreciation: Share,
    /// Build lag between spend and service.
    pub lag: Days,
    /// Share of a rival's lead that spills over per year.
    pub spillover: Share,
    /// Fall of the compute price per year (0.5 halves it).
    #[schemars(extend("maximum" = 0.99))]
    pub compute_price_fall: Share,
    /// Level of the compute price beside its path, above 0 to 100: a shock that sets 0.1 makes the same compute ten times cheaper.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100))]
    pub compute_price: f64,
    /// Energy of the compute that is bought; what it costs is part of the compute price.
    pub energy: Energy,
    /// Talent in the pool, in yuan of daily pay at the base wage.
    pub talent_pool: Amount,
    /// Elasticity of the wage to demand over pool, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub wage_elasticity: f64,
    /// Whether nobody can hire beyond the pool: the wage then rises at least until demand fits.
    pub finite_pool: bool,
    /// Depreciation time of hardware for operating profit, in months, 1 to 240.
    #[schemars(range(min = 1.0, max = 240.0), extend("x-unit" = "months"))]
    pub hardware_months: f64,
    /// What capability does, by function (matching, service, logistics, ads, content).
    pub functions: Named<Function>,
}

impl Default for AiMarket {
    /// No function, so capability does nothing; no lag, no spillover, constant prices.
    fn default() -> Self {
        Self {
            productivity: 1.0,
            alpha: 0.3,
            beta: 0.3,
            gamma: 0.0,
            depreciation: Share::NONE,
            lag: Days(0.0),
            spillover: Share::NONE,
            compute_price_fall: Share::NONE,
            compute_price: 1.0,
            energy: Energy::default(),
            talent_pool: Amount::from_yuan(100_000_000),
            wage_elasticity: 0.0,
            finite_pool: false,
            hardware_months: 36.0,
            functions: Named::new(),
        }
    }
}

/// Performance of a function: q = q0 + (q_max - q0) (1 - (1 + K/K0)^-c).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Performance without capability, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub q0: f64,
    /// Performance that is approached, above q0, at most 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub q_max: f64,
    /// Capability scale K0, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
    /// Exponent c, above 0 to 10.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 10))]
    pub exponent: f64,
    /// Stages of autonomy; absent: all performance is in use from the start, and nothing else is unlocked.
    #[serde(default)]
    pub stages: Stages,
}

/// Stages of a function by its performance q, and what each unlocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stages {
    /// Emergence: performance from which AI assists people, who take its suggestions at the rate `acceptance`; 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub emergence: f64,
    /// Autonomous action: performance from which agents act every tick without being asked; 0 to 1, at least `emergence`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub autonomous: f64,
    /// Self-iteration: performance from which own use raises capability; 0 to 1, at least `autonomous`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub self_iteration: f64,
    /// Share of performance above q0 in use before emergence: pilots.
    pub early_use: Share,
    /// Share of performance above q0 in use from emergence on: suggestions that people take.
    pub acceptance: Share,
    /// Service agents that act alone: share of contacts otherwise handed to people that they settle within their authority.
    pub authority: Share,
    /// Logistics agents that act alone: share of capacity that replanning every tick adds.
    pub replanning: Share,
    /// Self-iteration: growth of capability per year and million orders a day, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub self_rate: f64,
    /// Most growth of capability by self-iteration per year, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub self_limit: f64,
}

impl Default for Stages {
    /// No stages: all performance is in use, nothing else is unlocked.
    fn default() -> Self {
        Self {
            emergence: 0.0,
            autonomous: 0.0,
            self_iteration: 0.0,
            early_use: Share::NONE,
            acceptance: Share::FULL,
            authority: Share::NONE,
            replanning: Share::NONE,
            self_rate: 0.0,
            self_limit: 0.0,
        }
    }
}

/// Energy of AI compute.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Energy {
    /// Energy per million yuan of compute at the price of the start, in kWh, 0 to 10000000; 0 counts none.
    #[schemars(range(min = 0.0, max = 10_000_000.0), extend("x-unit" = "kWh per million yuan"))]
    pub kwh: f64,
    /// Fall of the energy per unit of compute per year.
    #[schemars(extend("maximum" = 0.99))]
    pub efficiency_gain: Share,
}
