//! The AI sections of a scenario compiled: programmes, functions, the market for inputs.

use super::params::{Units, ppm};
use super::scale;
use crate::model::{self, Named, Scenario};
use agents::params::{
    AiParams, AiProgrammeParams, ByFunction, FUNCTIONS, FunctionParams, LASTING_FUNCTIONS, MATCHING, StageParams, TalentProgrammeParams,
};
use sim_core::math;
use sim_core::units::Share;

const DAYS_PER_YEAR: f64 = 365.0;
const DAYS_PER_MONTH: f64 = DAYS_PER_YEAR / 12.0;

/// Shares by function; an empty split is even over the functions that the scenario has.
pub(super) fn portfolio(scenario: &Scenario, shares: &Named<Share>) -> ByFunction<f64> {
    if shares.is_empty() {
        let exists = |f: usize| f < LASTING_FUNCTIONS || scenario.ai_market.functions.contains_key(FUNCTIONS[f]);
        let count = (0..FUNCTIONS.len()).filter(|&f| exists(f)).count() as f64;
        return std::array::from_fn(|f| if exists(f) { 1.0 / count } else { 0.0 });
    }
    std::array::from_fn(|f| shares.get(FUNCTIONS[f]).map_or(0.0, |s| s.0))
}

/// The baseline AI programme of a platform.
pub(super) fn programme(units: &Units, p: &model::Platform) -> AiProgrammeParams {
    let functions = functions(units.scenario);
    AiProgrammeParams {
        spend: units.per_tick(units.extensive(p.ai.spend)),
        compute_ppm: ppm(p.ai.compute_share),
        hardware_ppm: ppm(p.ai.hardware_share),
        initial: std::array::from_fn(|f| p.ai.initial.get(FUNCTIONS[f]).copied().unwrap_or(functions[f].q0)),
        portfolio: portfolio(units.scenario, &p.ai.portfolio),
        execution: p.ai.execution,
        talent: TalentProgrammeParams {
            spend: units.per_tick(units.extensive(p.ai.talent_programme.spend)),
            gain: p.ai.talent_programme.gain,
            attrition: per_tick(units.scenario, p.ai.talent_programme.attrition.0),
        },
    }
}

/// Functions as the scenario gives them; one that it does not name is idle: perfect matching, no AI in the others.
fn functions(scenario: &Scenario) -> ByFunction<FunctionParams> {
    std::array::from_fn(|f| match scenario.ai_market.functions.get(FUNCTIONS[f]) {
        Some(function) => FunctionParams {
            q0: function.q0,
            q_max: function.q_max,
            scale: function.scale,
            exponent: function.exponent,
            stages: stages(scenario, &function.stages),
        },
        None => {
            let q = if f == MATCHING { 1.0 } else { 0.0 };
            FunctionParams { q0: q, q_max: q, scale: 1.0, exponent: 1.0, stages: StageParams::NONE }
        }
    })
}

fn stages(scenario: &Scenario, stages: &model::Stages) -> StageParams {
    if *stages == model::Stages::default() {
        return StageParams::NONE;
    }
    let tick_years = scenario.calendar.tick.0 / DAYS_PER_YEAR;
    StageParams {
        emergence: stages.emergence,
        autonomous: stages.autonomous,
        self_iteration: stages.self_iteration,
        early_use: stages.early_use.0,
        acceptance: stages.acceptance.0,
        authority: stages.authority.0,
        replanning: stages.replanning.0,
        self_rate: stages.self_rate * tick_years,
        self_limit: stages.self_limit * tick_years,
    }
}

/// A yearly share compounded to a tick.
fn per_tick(scenario: &Scenario, yearly: f64) -> f64 {
    1.0 - math::pow(1.0 - yearly.min(0.999_999), scenario.calendar.tick.0 / DAYS_PER_YEAR)
}

/// The market for AI inputs.
pub(super) fn market(scenario: &Scenario) -> AiParams {
    let market = &scenario.ai_market;
    let tick_days = scenario.calendar.tick.0;
    let drift = |fall: Share| math::ln(1.0 - fall.0) * tick_days / DAYS_PER_YEAR;
    AiParams {
        productivity: market.productivity,
        alpha: market.alpha,
        beta: market.beta,
        gamma: market.gamma,
        depreciation: per_tick(scenario, market.depreciation.0),
        lag: (market.lag.0 / tick_days).round() as u32,
        spillover: per_tick(scenario, market.spillover.0),
        compute_price_drift: drift(market.compute_price_fall),
        compute_price_level: market.compute_price,
        finite_pool: market.finite_pool,
        energy_kwh: market.energy.kwh,
        energy_drift: drift(market.energy.efficiency_gain),
        talent_pool: market.talent_pool.micros() as f64 * 1e-12,
        wage_elasticity: market.wage_elasticity,
        hardware_ticks: market.hardware_months * DAYS_PER_MONTH / tick_days,
        functions: functions(scenario),
        m_yuan_per_unit: scale(scenario) / f64::from(scenario.money_unit) * 1e-6,
        m_people_per_shopper: scale(scenario) * 1e-6,
        tick_days,
    }
}
