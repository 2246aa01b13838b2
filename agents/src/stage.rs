//! Stages of AI: how much of its performance is in use, and what it may do alone.
//!
//! Below `emergence` a function serves in pilots (`early_use`), then people take its suggestions at the rate `acceptance`, from
//! `autonomous` on agents act every tick. From `self_iteration` on, use raises capability, within a bound.

use crate::params::{FunctionParams, StageParams};

/// Not yet taken up.
pub(crate) const PILOT: u8 = 0;
/// AI assists people.
pub(crate) const EMERGENCE: u8 = 1;
/// Agents act alone.
pub(crate) const AUTONOMOUS: u8 = 2;
/// Use improves capability.
pub(crate) const SELF_ITERATION: u8 = 3;

/// The stage of a function at a performance; thresholds that are out of order count as the one before.
pub(crate) fn stage(function: &FunctionParams, performance: f64) -> u8 {
    let stages = &function.stages;
    if *stages == StageParams::NONE {
        return PILOT;
    }
    let thresholds = [stages.emergence, stages.autonomous, stages.self_iteration];
    thresholds.iter().take_while(|threshold| performance >= **threshold).count() as u8
}

/// Performance in use at a stage: q0 + (q - q0) x share in use.
pub(crate) fn in_use(function: &FunctionParams, performance: f64, stage: u8) -> f64 {
    let share = match stage {
        PILOT => function.stages.early_use,
        EMERGENCE => function.stages.acceptance,
        _ => 1.0,
    };
    if share == 1.0 { performance } else { function.q0 + (performance - function.q0) * share }
}

/// Growth of capability in a tick by own use: proportional to capability and orders (millions a day), bounded.
pub(crate) fn self_iteration(function: &FunctionParams, stage: u8, capability: f64, orders: f64) -> f64 {
    if stage < SELF_ITERATION {
        return 0.0;
    }
    capability * (function.stages.self_rate * orders).min(function.stages.self_limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: StageParams = StageParams {
        emergence: 0.3,
        autonomous: 0.5,
        self_iteration: 0.7,
        early_use: 0.1,
        acceptance: 0.6,
        authority: 0.2,
        replanning: 0.1,
        self_rate: 0.01,
        self_limit: 0.02,
    };
    const FUNCTION: FunctionParams = FunctionParams { q0: 0.2, q_max: 0.9, scale: 2.0, exponent: 1.5, stages: STAGES };

    #[test]
    fn thresholds_unlock_use() {
        let used = |q| in_use(&FUNCTION, q, stage(&FUNCTION, q));
        assert_eq!([0.2, 0.3, 0.5, 0.7].map(|q| stage(&FUNCTION, q)), [PILOT, EMERGENCE, AUTONOMOUS, SELF_ITERATION]);
        assert!((used(0.29) - 0.209).abs() < 1e-12 && (used(0.4) - 0.32).abs() < 1e-12);
        assert_eq!(used(0.6), 0.6);
    }

    #[test]
    fn without_stages_all_performance_is_in_use_and_nothing_grows_by_itself() {
        let plain = FunctionParams { stages: StageParams::NONE, ..FUNCTION };
        for q in [0.2, 0.5, 0.89] {
            assert_eq!((stage(&plain, q), in_use(&plain, q, stage(&plain, q))), (PILOT, q));
            assert_eq!(self_iteration(&plain, stage(&plain, q), 5.0, 100.0), 0.0);
        }
    }

    #[test]
    fn use_raises_capability_within_its_bound() {
        assert_eq!(self_iteration(&FUNCTION, AUTONOMOUS, 100.0, 1.0), 0.0);
        assert_eq!(self_iteration(&FUNCTION, SELF_ITERATION, 100.0, 1.0), 1.0);
        assert_eq!(self_iteration(&FUNCTION, SELF_ITERATION, 100.0, 1e9), 2.0);
    }
}
