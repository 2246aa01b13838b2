//! AI capability: money, compute and talent become a stock with lag, depreciation and diminishing returns.
//!
//! K' = (1 - d) K + A compute^alpha talent^beta (1 + data)^gamma after the build lag, plus spillover from the leader;
//! q = q0 + (q_max - q0) (1 - (1 + K/K0)^-c). Without spend nothing is added but spillover and self-iteration. Energy follows the
//! compute that is bought; its cost is part of the compute spend.

use crate::financing;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{AiParams, AiProgrammeParams, FunctionParams, LOGISTICS, Params, PlatformParams, SERVICE};
use crate::platform::PlatformState;
use crate::stage;
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
    let strategic = params.strategy.budget().map_or(params.ai.portfolio, |budget| budget.portfolio);
    let baseline = divide(financing::ai_spend(params, state), params.ai.portfolio);
    let extra = divide(state.strategy_ai, strategic);
    std::array::from_fn(|f| parts(Money(baseline[f] + extra[f]), params.ai.compute_ppm))
}

/// Divides an amount by shares that add up to 1; the rest of rounding goes to the first function with a share.
pub(crate) fn divide(amount: i64, shares: [f64; 3]) -> [i64; 3] {
    let mut parts = shares.map(|s| Money(amount).share((s * 1e6) as u32).0);
    let rest = amount - parts.iter().sum::<i64>();
    let first = shares.iter().position(|s| *s > 0.0).unwrap_or(0);
    parts[first] += rest;
    parts
}

/// Pay of the platform's own talent in a tick, at the base wage, money units.
pub(crate) fn own_pay(ai: &AiParams, state: &PlatformState) -> i64 {
    math::round_i64(state.own_talent * ai.tick_days / ai.m_yuan_per_unit)
}

/// Stages of the functions, and what they unlock.
pub(crate) fn unlock(ai: &AiParams, state: &mut PlatformState) {
    for f in 0..3 {
        let function = &ai.functions[f];
        state.stage[f] = stage::stage(function, state.performance[f]);
        state.in_use[f] = stage::in_use(function, state.performance[f], state.stage[f]);
    }
    let alone = |f: usize, share: f64| if state.acts_alone(f) { share } else { 0.0 };
    (state.authority, state.replanning) =
        (alone(SERVICE, ai.functions[SERVICE].stages.authority), alone(LOGISTICS, ai.functions[LOGISTICS].stages.replanning));
}

/// Wage of talent over the base wage at a demand in million yuan a day; a finite pool clears.
fn wage(ai: &AiParams, demand: f64) -> f64 {
    if ai.talent_pool <= 0.0 {
        return 1.0;
    }
    let tightness = demand / ai.talent_pool;
    let wage = math::pow(tightness.max(0.1), ai.wage_elasticity);
    if ai.finite_pool { wage.max(tightness) } else { wage }
}

/// One tick of all platforms: wage, compute price, builds, depreciation, spillover, self-iteration, performance, energy.
pub(crate) fn advance(params: &Params, states: &mut [PlatformState], totals: &mut Totals) {
    let ai = &params.ai;
    let real = |units: i64| units as f64 * ai.m_yuan_per_unit / ai.tick_days;
    let demand: f64 = states.iter().flat_map(|s| s.talent_spend).map(real).sum();
    let wage = wage(ai, demand);
    let leaders: [f64; 3] = std::array::from_fn(|f| states.iter().filter(|s| s.trades()).map(|s| s.capability[f]).fold(0.0, f64::max));
    for (p, state) in states.iter_mut().enumerate() {
        state.wage = wage;
        state.compute_price *= math::exp(ai.compute_price_drift);
        let built = built(params, p, state, totals);
        state.in_build.push(built);
        let in_service = state.in_build.remove(0);
        grow(params, p, state, in_service, leaders, totals);
        train(ai, &params.platforms[p].ai, state);
        use_energy(ai, p, state, totals);
        note_market(ai, state, demand / wage, totals);
        unlock(ai, state);
    }
}

/// Million orders a day of a platform.
fn orders_a_day(ai: &AiParams, p: usize, totals: &Totals) -> f64 {
    totals.sum(p, Metric::Orders) as f64 * ai.m_people_per_shopper / ai.tick_days
}

/// What the spend of the tick builds, by function.
fn built(params: &Params, p: usize, state: &PlatformState, totals: &Totals) -> [f64; 3] {
    let (ai, programme) = (&params.ai, &params.platforms[p].ai);
    let real = |units: i64| units as f64 * ai.m_yuan_per_unit / ai.tick_days;
    let orders = orders_a_day(ai, p, totals);
    std::array::from_fn(|f| {
        let compute = real(state.compute_spend[f]) / (state.compute_price * ai.compute_price_level);
        let talent = real(state.talent_spend[f]) / state.wage + state.own_talent * programme.portfolio[f];
        investment(ai, programme.execution, compute, talent, orders)
    })
}

/// Depreciation, what comes into service, spillover from the leader and self-iteration.
fn grow(params: &Params, p: usize, state: &mut PlatformState, in_service: [f64; 3], leaders: [f64; 3], totals: &mut Totals) {
    let ai = &params.ai;
    let orders = orders_a_day(ai, p, totals);
    for f in 0..3 {
        let spill = ai.spillover * (leaders[f] - state.capability[f]).max(0.0);
        let by_use = stage::self_iteration(&ai.functions[f], state.stage[f], state.capability[f], orders);
        state.capability[f] = state.capability[f] * (1.0 - ai.depreciation) + in_service[f] + spill + by_use;
        state.performance[f] = performance(&ai.functions[f], state.capability[f]);
        for (mechanism, fires) in [
            (Mechanism::AiInService, in_service[f] > 0.0),
            (Mechanism::AiSpillover, spill > 0.0),
            (Mechanism::AiSelfIteration, by_use > 0.0),
            (Mechanism::AiEmergence, state.in_use[f] < state.performance[f]),
            (Mechanism::AiAutonomy, f != 0 && state.acts_alone(f) && state.authority + state.replanning > 0.0),
        ] {
            totals.fired(mechanism, i64::from(fires), 0);
        }
    }
}

/// The own talent: what training adds, less who leaves.
fn train(ai: &AiParams, programme: &AiProgrammeParams, state: &mut PlatformState) {
    if programme.talent.spend == 0 && state.own_talent == 0.0 {
        return;
    }
    let trained = programme.talent.spend as f64 * ai.m_yuan_per_unit * programme.talent.gain;
    state.own_talent = state.own_talent * (1.0 - programme.talent.attrition) + trained;
}

/// Energy of the compute of the tick, in Wh of the simulated market.
fn use_energy(ai: &AiParams, p: usize, state: &mut PlatformState, totals: &mut Totals) {
    let compute: i64 = state.compute_spend.iter().sum();
    let bought = compute as f64 * ai.m_yuan_per_unit / (state.compute_price * ai.compute_price_level);
    let watt_hours = bought * ai.energy_kwh * state.energy_intensity * 1000.0 / (ai.m_people_per_shopper * 1e6);
    state.energy_intensity *= math::exp(ai.energy_drift);
    if ai.energy_kwh > 0.0 {
        totals.add_to(p, 0, Metric::Energy, math::round_i64(watt_hours));
        totals.fired(Mechanism::AiEnergy, i64::from(compute > 0), 0);
    }
}

/// Notes what the markets for talent and compute did to a platform; `hired` is talent hired by all.
fn note_market(ai: &AiParams, state: &PlatformState, hired: f64, totals: &mut Totals) {
    let talent: i64 = state.talent_spend.iter().sum();
    if state.wage != 1.0 {
        totals.fired(Mechanism::TalentWage, 1, talent);
    }
    if ai.finite_pool && hired > ai.talent_pool * (1.0 - 1e-9) {
        totals.fired(Mechanism::TalentPool, 1, talent);
    }
    if ai.compute_price_level != 1.0 {
        totals.fired(Mechanism::ComputePriceLevel, 1, state.compute_spend.iter().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::StageParams;

    const FUNCTION: FunctionParams = FunctionParams { q0: 0.2, q_max: 0.8, scale: 2.0, exponent: 1.5, stages: StageParams::NONE };

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
