//! Parameters of AI: programmes, the market for their inputs, performance and its stages.

use super::ByFunction;

/// The baseline AI programme of a platform.
#[derive(Clone, Debug)]
pub struct AiProgrammeParams {
    /// Spend per tick, money units.
    pub spend: i64,
    /// Share of spend on compute, ppm.
    pub compute_ppm: u32,
    /// Share of compute spend on hardware, ppm.
    pub hardware_ppm: u32,
    /// Performance at the start, by function.
    pub initial: ByFunction<f64>,
    /// Split over functions.
    pub portfolio: ByFunction<f64>,
    /// Factor on productivity.
    pub execution: f64,
    /// Posts and training of its own.
    pub talent: TalentProgrammeParams,
}

/// A programme that trains talent outside the shared pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TalentProgrammeParams {
    /// Spend per tick, money units; 0 is no programme.
    pub spend: i64,
    /// Daily base pay of the talent that a yuan of training adds.
    pub gain: f64,
    /// Share of the own talent that leaves per tick.
    pub attrition: f64,
}

/// The market for AI inputs.
#[derive(Clone, Debug)]
pub struct AiParams {
    /// Productivity A.
    pub productivity: f64,
    /// Elasticities of compute, talent, data.
    pub alpha: f64,
    /// Elasticity of talent.
    pub beta: f64,
    /// Elasticity of data.
    pub gamma: f64,
    /// Depreciation per tick.
    pub depreciation: f64,
    /// Build lag in ticks.
    pub lag: u32,
    /// Share of the leader's lead that spills over per tick.
    pub spillover: f64,
    /// ln of the compute price per tick (negative: it falls).
    pub compute_price_drift: f64,
    /// Level of the compute price beside its path: below 1 after a cut.
    pub compute_price_level: f64,
    /// Talent pool in million yuan of daily pay at the base wage.
    pub talent_pool: f64,
    /// Elasticity of the wage.
    pub wage_elasticity: f64,
    /// Whether nobody can hire beyond the pool.
    pub finite_pool: bool,
    /// Depreciation time of hardware in ticks.
    pub hardware_ticks: f64,
    /// Energy of compute, kWh per million yuan of it at the price of tick 0.
    pub energy_kwh: f64,
    /// ln of energy per compute per tick (negative: it falls).
    pub energy_drift: f64,
    /// By function: q0, q_max, K0, c.
    pub functions: ByFunction<FunctionParams>,
    /// million yuan of real money per money unit of the simulated market.
    pub m_yuan_per_unit: f64,
    /// million people that one simulated shopper stands for.
    pub m_people_per_shopper: f64,
    /// Days per tick.
    pub tick_days: f64,
}

/// q = q0 + (q_max - q0) (1 - (1 + K/K0)^-c).
#[derive(Clone, Copy, Debug)]
pub struct FunctionParams {
    /// Performance without capability.
    pub q0: f64,
    /// Performance that is approached.
    pub q_max: f64,
    /// Capability scale.
    pub scale: f64,
    /// Exponent.
    pub exponent: f64,
    /// What capability unlocks, and when.
    pub stages: StageParams,
}

/// Stages of autonomy by performance, and what each unlocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageParams {
    /// Performance from which AI assists people.
    pub emergence: f64,
    /// Performance from which agents act on their own.
    pub autonomous: f64,
    /// Performance from which use improves capability.
    pub self_iteration: f64,
    /// Share of performance in use before emergence.
    pub early_use: f64,
    /// Share of suggestions that people take.
    pub acceptance: f64,
    /// Share of contacts otherwise handed to people that a service agent settles on its own.
    pub authority: f64,
    /// Share of logistics capacity that replanning every tick adds.
    pub replanning: f64,
    /// Growth of capability per tick and million orders a day.
    pub self_rate: f64,
    /// Most growth of capability per tick by use.
    pub self_limit: f64,
}

impl StageParams {
    /// No stages: all performance is in use and nothing else is unlocked.
    pub const NONE: StageParams = StageParams {
        emergence: 0.0,
        autonomous: 0.0,
        self_iteration: 0.0,
        early_use: 1.0,
        acceptance: 1.0,
        authority: 0.0,
        replanning: 0.0,
        self_rate: 0.0,
        self_limit: 0.0,
    };
}
