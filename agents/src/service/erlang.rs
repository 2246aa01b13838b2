//! Waiting at a desk: the M/M/c queue (Erlang 1917), with callers who give up.
//!
//! Service times are the unit of time. Guarantees shares from 0 to 1 for any load, overload included: who gives up relieves the
//! queue, found as a fixed point.

use sim_core::math;

/// Steps of the search for the share that is answered: to one in two thousand.
const STEPS: u32 = 10;

/// Square roots of the number of agents after which the recursion does not know where it began: with k of them, e^(-k^2 / 4) is left.
const FORGOTTEN: f64 = 12.0;

/// What callers meet at a desk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// Share answered before their patience ends.
    pub answered: f64,
    /// Mean wait of those answered, service times.
    pub wait: f64,
}

/// Probability that a caller waits: Erlang's C for `agents` and a load in erlangs below `agents`; 1 from there on.
#[must_use]
pub fn erlang_c(agents: u32, load: f64) -> f64 {
    let c = f64::from(agents);
    if load <= 0.0 {
        return 0.0;
    }
    if load >= c {
        return 1.0;
    }
    // Erlang's B by its recursion, then C = c B / (c - a (1 - B)); where it begins is forgotten within some square roots of c
    let first = agents.saturating_sub((FORGOTTEN * math::sqrt(c)) as u32);
    let mut blocked = (1.0 - f64::from(first) / load).max(f64::MIN_POSITIVE);
    for n in first + 1..=agents {
        blocked = load * blocked / (f64::from(n) + load * blocked);
    }
    c * blocked / (c - load * (1.0 - blocked))
}

/// A desk of `agents` under a load in erlangs, whose callers wait at most `patience` service times.
#[must_use]
pub fn queue(agents: u32, load: f64, patience: f64) -> Queue {
    let answered = answered(agents, load, patience);
    let served = load * answered;
    let spare = (f64::from(agents) - served).max(1e-9);
    Queue { answered, wait: (erlang_c(agents, served) / spare).min(patience) }
}

/// Share of the callers of such a desk who are answered before their patience ends.
#[must_use]
pub fn answered(agents: u32, load: f64, patience: f64) -> f64 {
    let lost = |load: f64| {
        let spare = f64::from(agents) - load;
        if spare <= 0.0 { 1.0 } else { erlang_c(agents, load) * math::exp(-spare * patience) }
    };
    let patient = 1.0 - lost(load);
    if patient >= 0.999 {
        return patient;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = (low + high) / 2.0;
        if 1.0 - lost(load * middle) > middle { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the sum of the textbooks: a^c / c! c / (c - a) over itself and the sum of a^k / k!.
    fn by_sum(agents: u32, load: f64) -> f64 {
        let mut term = 1.0;
        let mut sum = 0.0;
        for k in 0..agents {
            sum += term;
            term *= load / f64::from(k + 1);
        }
        let waits = term * f64::from(agents) / (f64::from(agents) - load);
        waits / (sum + waits)
    }

    #[test]
    fn the_probability_of_waiting_is_that_of_the_tables() {
        for (agents, load, waits) in [(1, 0.5, 0.5), (2, 1.0, 1.0 / 3.0), (10, 8.0, 0.4092), (20, 15.0, 0.1604), (50, 45.0, 0.3639)] {
            assert!((erlang_c(agents, load) - waits).abs() < 1e-4, "{agents} {load}: {}", erlang_c(agents, load));
        }
    }

    #[test]
    fn a_single_server_waits_as_in_closed_form() {
        // M/M/1: mean wait rho / (1 - rho) service times
        let found = queue(1, 0.6, 1e6);
        assert!((found.wait - 1.5).abs() < 1e-9 && found.answered > 0.999_999, "{found:?}");
    }

    #[test]
    fn an_overloaded_desk_answers_what_it_can() {
        let found = queue(10, 20.0, 5.0);
        assert!((found.answered - 0.5).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn a_desk_of_thousands_need_not_count_from_the_first() {
        let from_the_first = |agents: u32, load: f64| {
            let blocked = (1..=agents).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
            f64::from(agents) * blocked / (f64::from(agents) - load * (1.0 - blocked))
        };
        for (agents, share) in [(500, 0.5), (500, 0.99), (5_000, 0.9), (5_000, 0.999), (30_000, 0.97), (30_000, 0.9999)] {
            let load = share * f64::from(agents);
            let (found, expected) = (erlang_c(agents, load), from_the_first(agents, load));
            assert!((found - expected).abs() < 1e-12, "{agents} at {share}: {found} against {expected}");
        }
    }

    proptest! {
        #[test]
        fn the_recursion_agrees_with_the_sum(agents in 1u32..60, share in 0.01f64..0.99) {
            let load = share * f64::from(agents);
            prop_assert!((erlang_c(agents, load) - by_sum(agents, load)).abs() < 1e-9);
        }

        #[test]
        fn more_agents_wait_less_and_answer_more(agents in 1u32..60, load in 0.1f64..80.0, patience in 0.1f64..5.0) {
            let (few, more) = (queue(agents, load, patience), queue(agents + 1, load, patience));
            prop_assert!(more.answered >= few.answered - 1e-3, "{few:?} {more:?}");
            prop_assert!((0.0..=1.0).contains(&few.answered) && few.wait >= 0.0 && few.wait <= patience + 1e-9);
            prop_assert!(queue(agents, load * 1.1, patience).answered <= few.answered + 1e-3);
        }
    }
}
