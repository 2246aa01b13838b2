//! Financing: budgets that rise when a platform falls behind or announces AI, and the exit of one that runs out of money.

use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{ExitParams, Params, PlatformParams};
use crate::platform::{PlatformState, platform_cash};
use serde::{Deserialize, Serialize};
use sim_core::math;

/// Ticks after which the reference share of a market without warm-up is fixed.
const REFERENCE_TICKS: u32 = 7;

/// Financing of a platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Financing {
    /// Raise over the budget as it stands.
    pub extra: f64,
    /// Share of GMV before the contest.
    pub reference_share: f64,
    /// Raised strategy money so far by line: promotions, AI, experience.
    pub raised: [i64; 3],
    /// Cash result so far, money units.
    pub cash: i64,
    /// Losing ticks in a row.
    pub losing: u32,
}

/// Moves each platform's raise toward what its lag and its AI spend call for.
pub(crate) fn adjust(params: &Params, tick: u32, warm_up: u32, states: &mut [PlatformState], totals: &mut Totals) {
    let gmv: f64 = states.iter().filter(|s| s.trades()).map(|s| s.mean_gmv).sum();
    let leaders: [f64; 3] = std::array::from_fn(|f| states.iter().filter(|s| s.trades()).map(|s| s.performance[f]).fold(0.0, f64::max));
    let fixed = tick + 1 == warm_up.max(REFERENCE_TICKS);
    for (p, state) in states.iter_mut().enumerate() {
        let share = if gmv > 0.0 { state.mean_gmv / gmv } else { 0.0 };
        if fixed {
            state.financing.reference_share = share;
        }
        let rules = params.platforms[p].raise;
        if rules.most <= 0.0 || !state.trades() {
            continue;
        }
        let reference = state.financing.reference_share;
        let lost = if reference > 0.0 { (1.0 - share / reference).max(0.0) } else { 0.0 };
        let gaps = (0..3).map(|f| if leaders[f] > 0.0 { 1.0 - state.performance[f] / leaders[f] } else { 0.0 });
        let behind = lost.max(gaps.sum::<f64>() / 3.0);
        let spend: i64 = state.compute_spend.iter().chain(&state.talent_spend).sum();
        let announced = spend as f64 / state.mean_gmv.max(1.0);
        let target = (rules.behind * behind + rules.announcement * announced).min(rules.most);
        state.financing.extra += (target - state.financing.extra) / rules.lag.max(1.0);
        if state.financing.extra > 0.0 {
            totals.fired(Mechanism::BudgetRaise, 1, totals.sum(p, Metric::Raised));
        }
    }
}

/// A planned amount by line with the raise on top, within `most` of the budget over the horizon; the raise is booked.
pub(crate) fn raised(
    params: &PlatformParams,
    budget: i64,
    p: usize,
    state: &mut PlatformState,
    planned: [i64; 3],
    totals: &mut Totals,
) -> [i64; 3] {
    let extra = state.financing.extra;
    if extra <= 0.0 {
        return planned;
    }
    let most = math::round_i64(budget as f64 * params.raise.most);
    let mut left = (most - state.financing.raised.iter().sum::<i64>()).max(0);
    std::array::from_fn(|line| {
        let more = math::round_i64(planned[line] as f64 * extra).min(left);
        left -= more;
        state.financing.raised[line] += more;
        totals.add_to(p, 0, Metric::Raised, more);
        planned[line] + more
    })
}

/// Baseline AI spend of the tick with the raise on top, money units.
pub(crate) fn ai_spend(params: &PlatformParams, state: &PlatformState) -> i64 {
    params.ai.spend + math::round_i64(params.ai.spend as f64 * state.financing.extra)
}

/// Counts the cash of the tick; platforms that cannot go on leave. The last one stays.
pub(crate) fn settle_accounts(params: &Params, tick: u32, states: &mut [PlatformState], totals: &mut Totals) {
    for p in 0..states.len() {
        let cash = platform_cash(totals, p) + totals.sum(p, Metric::FirstPartyCash);
        let financing = &mut states[p].financing;
        financing.cash += cash;
        financing.losing = if cash < 0 { financing.losing + 1 } else { 0 };
        let ends = fails(params.platforms[p].exit, financing);
        if ends && states[p].trades() && states.iter().filter(|s| s.trades()).count() > 1 {
            states[p].exited = Some(tick);
            totals.fired(Mechanism::PlatformExit, 1, states[p].financing.cash.abs());
        }
    }
}

fn fails(exit: ExitParams, financing: &Financing) -> bool {
    let broke = exit.capital > 0 && financing.cash < -exit.capital;
    let weary = exit.losing_ticks > 0 && financing.losing >= exit.losing_ticks;
    broke || weary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capital_and_patience_end_a_platform_and_nothing_else_does() {
        let financing = Financing { cash: -101, losing: 5, ..Financing::default() };
        assert!(!fails(ExitParams { capital: 0, losing_ticks: 0 }, &financing));
        assert!(fails(ExitParams { capital: 100, losing_ticks: 0 }, &financing));
        assert!(!fails(ExitParams { capital: 101, losing_ticks: 6 }, &financing));
        assert!(fails(ExitParams { capital: 0, losing_ticks: 5 }, &financing));
    }
}
