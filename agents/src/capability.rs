//! AI capability: money, compute and talent become a stock with lag, depreciation and diminishing returns.
//!
//! K' = (1 - d) K + A compute^alpha talent^beta (1 + data)^gamma after the build lag, plus spillover from the leader;
//! q = q0 + (q_max - q0) (1 - (1 + K/K0)^-c). Without spend nothing is added but spillover.

use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{AiParams, AiProgrammeParams, FunctionParams, Params, PlatformParams, StrategyParams};
use crate::platform::PlatformState;
use sim_core::math;
use sim_core::money::Money;

/// Performance at a capability.
#[must_use]
pub(crate) fn performance(function: &FunctionParams, capability: f64) -> f64 {
    let left = math::pow(1.0 + capability / function.scale, -function.exponent);
    function.q0 + (function.q_max - function.q0) * (1.0 - left)
}

/// The capability that gives a performance (between q0 and q_max).
fn capability_of(function: &FunctionParams, performance: f64) -> f64 {
    let span = function.q_max - function.q0;
    let reached = if span > 0.0 { ((performance - function.q0) / span).clamp(0.0, 0.999) } else { 0.0 };
    function.scale * (math::pow(1.0 - reached, -1.0 / function.exponent) - 1.0)
}

/// Investment of a tick in a function: `compute` and `talent` in million yuan a day, `data` in million orders a day.
fn investment(ai: &AiParams, execution: f64, compute: f64, talent: f64, data: f64) -> f64 {
    if compute <= 0.0 || talent <= 0.0 {
        return 0.0;
    }
    let inputs = math::pow(compute, ai.alpha) * math::pow(talent, ai.beta) * math::pow(1.0 + data, ai.gamma);
    execution * ai.productivity * inputs * ai.tick_days
}

/// Capability and build at the start: what gives the initial performance, with the baseline programme's builds under way.
pub(crate) fn initial(ai: &AiParams, programme: &AiProgrammeParams) -> ([f64; 3], Vec<[f64; 3]>) {
    let capability = std::array::from_fn(|f| capability_of(&ai.functions[f], programme.initial[f]));
    let steady = std::array::from_fn(|f| {
        let spend = Money(programme.spend).share((programme.portfolio[f] * 1e6) as u32);
        let (compute, talent) = parts(spend, programme.compute_ppm);
        let real = |units: i64| units as f64 * ai.m_yuan_per_unit / ai.tick_days;
        investment(ai, programme.execution, real(compute), real(talent), 0.0)
    });
    (capability, vec![steady; ai.lag as usize])
}

fn parts(spend: Money, compute_ppm: u32) -> (i64, i64) {
    let compute = spend.share(compute_ppm).0;
    (compute, spend.0 - compute)
}

/// (compute, talent) spend of the tick by function, money units; exact to the unit of the whole.
pub(crate) fn split(params: &PlatformParams, state: &PlatformState) -> [(i64, i64); 3] {
    let strategic = match &params.strategy {
        StrategyParams::EfficiencyWar(budget) | StrategyParams::Balanced(budget, _) => budget.portfolio,
        _ => params.ai.portfolio,
    };
    let baseline = divide(params.ai.spend, params.ai.portfolio);
    let extra = divide(state.strategy_ai, strategic);
    std::array::from_fn(|f| parts(Money(baseline[f] + extra[f]), params.ai.compute_ppm))
}

/// Divides an amount by shares that add up to 1; the rest of rounding goes to the first function with a share.
fn divide(amount: i64, shares: [f64; 3]) -> [i64; 3] {
    let mut parts = shares.map(|s| Money(amount).share((s * 1e6) as u32).0);
    let rest = amount - parts.iter().sum::<i64>();
    let first = shares.iter().position(|s| *s > 0.0).unwrap_or(0);
    parts[first] += rest;
    parts
}

/// One tick of all platforms: wage, compute price, builds, depreciation, spillover, performance.
pub(crate) fn advance(params: &Params, states: &mut [PlatformState], totals: &mut Totals) {
    let ai = &params.ai;
    let real = |units: i64| units as f64 * ai.m_yuan_per_unit / ai.tick_days;
    let talent_demand: f64 = states.iter().flat_map(|s| s.talent_spend).map(real).sum();
    let wage = if ai.talent_pool > 0.0 { math::pow((talent_demand / ai.talent_pool).max(0.1), ai.wage_elasticity) } else { 1.0 };
    let fall = math::exp(ai.compute_price_drift);
    let leaders: [f64; 3] = std::array::from_fn(|f| states.iter().map(|s| s.capability[f]).fold(0.0, f64::max));
    for (p, state) in states.iter_mut().enumerate() {
        let compute_price = state.compute_price * fall;
        let execution = params.platforms[p].ai.execution;
        let orders = totals.sum(p, Metric::Orders) as f64 * ai.m_people_per_shopper / ai.tick_days;
        let built: [f64; 3] = std::array::from_fn(|f| {
            investment(ai, execution, real(state.compute_spend[f]) / compute_price, real(state.talent_spend[f]) / wage, orders)
        });
        state.in_build.push(built);
        let in_service = state.in_build.remove(0);
        for f in 0..3 {
            let spill = ai.spillover * (leaders[f] - state.capability[f]).max(0.0);
            state.capability[f] = state.capability[f] * (1.0 - ai.depreciation) + in_service[f] + spill;
            state.performance[f] = performance(&ai.functions[f], state.capability[f]);
            if in_service[f] > 0.0 {
                totals.fired(Mechanism::AiInService, 1, 0);
            }
            if spill > 0.0 {
                totals.fired(Mechanism::AiSpillover, 1, 0);
            }
        }
        if wage != 1.0 {
            totals.fired(Mechanism::TalentWage, 1, state.talent_spend.iter().sum());
        }
        (state.wage, state.compute_price) = (wage, compute_price);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: FunctionParams = FunctionParams { q0: 0.2, q_max: 0.8, scale: 2.0, exponent: 1.5 };

    #[test]
    fn performance_starts_at_q0_saturates_and_inverts() {
        assert_eq!(performance(&FUNCTION, 0.0), 0.2);
        assert!(performance(&FUNCTION, 1e9) < 0.8 + 1e-9);
        for q in [0.2, 0.35, 0.6, 0.79] {
            assert!((performance(&FUNCTION, capability_of(&FUNCTION, q)) - q).abs() < 1e-12);
        }
    }

    #[test]
    fn a_division_keeps_every_fen() {
        for amount in [0, 1, 7, 1_000_003] {
            assert_eq!(divide(amount, [0.333_333, 0.333_333, 0.333_334]).iter().sum::<i64>(), amount);
        }
        assert_eq!(divide(10, [0.0, 1.0, 0.0]), [0, 10, 0]);
    }
}
