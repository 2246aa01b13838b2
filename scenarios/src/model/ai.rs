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
        }
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
    /// Talent in the pool, in yuan of daily pay at the base wage.
    pub talent_pool: Amount,
    /// Elasticity of the wage to demand over pool, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub wage_elasticity: f64,
    /// Depreciation time of hardware for operating profit, in months, 1 to 240.
    #[schemars(range(min = 1.0, max = 240.0), extend("x-unit" = "months"))]
    pub hardware_months: f64,
    /// What capability does, by function (matching, service, logistics).
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
            talent_pool: Amount::from_yuan(100_000_000),
            wage_elasticity: 0.0,
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
}
