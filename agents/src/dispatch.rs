//! Logistics under capacity: what ships today, what waits, and what that adds to the promise.
//!
//! Guarantees that lines are conserved: backlog before + sold = dispatched + backlog after, asserted in release builds.

use crate::metric::{Mechanism, Metric, Totals};
use crate::params::{LOGISTICS, LONGEST_WAIT_DAYS, PlatformParams};
use crate::platform::PlatformState;

/// Lines that can leave in a tick; `None` is any number.
pub(crate) fn capacity(params: &PlatformParams, state: &PlatformState) -> Option<i64> {
    let grown = params.capacity as f64 * (1.0 + params.capacity_gain * state.in_use[LOGISTICS]) * (1.0 + state.replanning);
    (params.capacity > 0).then_some(grown as i64)
}

/// Days that a line sold now waits before it leaves: the queue before it over the capacity.
pub(crate) fn wait_days(params: &PlatformParams, state: &PlatformState, tick_days: f64) -> f64 {
    let wait = |capacity: i64| state.backlog as f64 / capacity.max(1) as f64 * tick_days;
    capacity(params, state).map_or(0.0, wait).min(LONGEST_WAIT_DAYS)
}

/// Dispatches the lines of a tick: the oldest first, up to capacity.
pub(crate) fn dispatch(params: &PlatformParams, p: usize, state: &mut PlatformState, totals: &mut Totals) {
    let sold = totals.sum(p, Metric::Shipped);
    let waiting = state.backlog + sold;
    let dispatched = capacity(params, state).map_or(waiting, |most| waiting.min(most));
    let before = state.backlog;
    state.backlog = waiting - dispatched;
    assert!(dispatched >= 0 && state.backlog >= 0 && before + sold == dispatched + state.backlog, "lines of platform {p} are conserved");
    totals.add_to(p, 0, Metric::Dispatched, dispatched);
    if state.backlog > 0 {
        totals.fired(Mechanism::LogisticsCapacity, 1, 0);
    }
}
