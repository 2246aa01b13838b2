//! The service desk of a platform: who answers a contact, at what cost, and how well.
//!
//! AI resolves a share of contacts; people get the rest. Staffing modes follow field evidence: assistance raised issues per hour by
//! 14 % on average, by about 30 % for the least skilled and not at all for the best (Brynjolfsson, Li, Raymond 2025).

mod action;
mod contact;
pub mod erlang;
mod inquiry;
mod night;
mod record;
mod shop;
mod tally;
pub mod trial;

pub use shop::{ShopDesk, ToolUse};
pub use tally::NUMBERS;

pub(crate) use record::{ShopService, mean_score};
pub(crate) use tally::{Served, served};

pub(crate) use contact::{compensated, contact, dispute, reach_out};
pub(crate) use inquiry::{Considered, answers};
pub(crate) use night::first;
pub(crate) use tally::{close_day, note, nothing_served, seconds};

use crate::params::{AiParams, PlatformParams, SERVICE, STAFFING, StaffParams};
use crate::platform::PlatformState;
use sim_core::math;

/// Service of a platform in a tick; shares are of all contacts unless stated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServiceDesk {
    /// Share resolved by AI.
    pub resolved_ai: f64,
    /// Share that AI closes without resolving it.
    pub closed_ai: f64,
    /// Share of the contacts of people that they resolve.
    pub resolved_person: f64,
    /// Cost of a contact answered by a person, money units.
    pub cost_person: i64,
    /// Minutes to the first response of people.
    pub minutes_person: f64,
    /// Share of the callers of people who are answered before their patience ends.
    pub answered: f64,
    /// Share of contacts within the authority of AI; the others go to people whatever AI could do.
    pub within: f64,
}

impl ServiceDesk {
    /// The desk that follows from a platform's parameters and state.
    #[must_use]
    pub fn new(params: &PlatformParams, ai: &AiParams, state: &PlatformState) -> ServiceDesk {
        let q = state.in_use[SERVICE];
        let staffed = ServiceDesk::automated(params, state).staffed(params.staff, q);
        staffed.queued(params, ai, state, q).reinforced(params, state)
    }

    /// What AI answers, and people as they are without its help.
    fn automated(params: &PlatformParams, state: &PlatformState) -> ServiceDesk {
        let q = state.in_use[SERVICE];
        let alone = f64::from(params.resolved_ai) * q;
        let plain = ServiceDesk {
            resolved_ai: alone + state.authority * (1.0 - alone),
            closed_ai: 0.0,
            resolved_person: f64::from(params.resolved_person),
            cost_person: params.contact_cost_person,
            minutes_person: params.minutes_person,
            answered: 1.0,
            within: if params.authority.is_some() { state.within_authority } else { 1.0 },
        };
        plain.deflecting(params.staff, q).bound(params)
    }

    /// Service level, 0 to 1: share of contacts resolved, by AI or by people.
    #[must_use]
    pub fn level(&self) -> f64 {
        let by_ai = self.within * self.resolved_ai;
        by_ai + (1.0 - by_ai - self.within * self.closed_ai) * self.resolved_person
    }

    /// Hands over below a threshold of confidence. Confidence is uniform over contacts, and AI resolves those of which it is most
    /// confident; with a low threshold it also keeps some that it does not resolve.
    fn bound(self, params: &PlatformParams) -> ServiceDesk {
        let Some(threshold) = params.authority.and_then(|authority| authority.threshold) else { return self };
        let kept = 1.0 - threshold;
        let resolved_ai = self.resolved_ai.min(kept);
        ServiceDesk { resolved_ai, closed_ai: kept - resolved_ai, ..self }
    }

    /// Lets AI close contacts that it does not resolve, where it replaces people.
    fn deflecting(self, staff: StaffParams, q: f64) -> ServiceDesk {
        let StaffParams::Replace { deflect, .. } = staff else { return self };
        ServiceDesk { closed_ai: (1.0 - self.resolved_ai) * deflect * q, ..self }
    }

    /// Lets people have a queue: M/M/c with the callers of the last week, who give up when their patience ends.
    fn queued(self, params: &PlatformParams, ai: &AiParams, state: &PlatformState, q: f64) -> ServiceDesk {
        let Some(desk) = params.desk else { return self };
        let gain = if let StaffParams::Augment { gain } = params.staff { gain / 2.0 * q } else { 0.0 };
        let minutes = desk.handle_minutes / (1.0 + gain);
        let calls = state.mean_person_contacts * ai.m_people_per_shopper * 1e6 / desk.open_minutes;
        let met = erlang::queue(people(params, state), calls * minutes, desk.patience_minutes / minutes);
        let resolved_person = self.resolved_person * met.answered;
        ServiceDesk { resolved_person, minutes_person: met.wait * minutes, answered: met.answered, ..self }
    }

    fn staffed(self, staff: StaffParams, q: f64) -> ServiceDesk {
        match staff {
            StaffParams::AsNeeded => self,
            StaffParams::Augment { gain } => {
                // gains fall evenly from `gain` for the weakest to 0 for the best
                let mean = gain / 2.0 * q;
                ServiceDesk {
                    resolved_person: self.resolved_person + (1.0 - self.resolved_person) * mean,
                    cost_person: math::round_i64(self.cost_person as f64 / (1.0 + mean)),
                    minutes_person: self.minutes_person / (1.0 + mean),
                    ..self
                }
            }
            StaffParams::Replace { loss, .. } => {
                let automated = self.resolved_ai + self.closed_ai;
                ServiceDesk { resolved_person: self.resolved_person * (1.0 - loss * automated), ..self }
            }
        }
    }

    /// Adds the staff that experience money pays.
    fn reinforced(self, params: &PlatformParams, state: &PlatformState) -> ServiceDesk {
        let contacts = state.mean_lines * f64::from(params.contacts);
        let reach = bought(state.strategy_experience[STAFFING], contacts, params.experience.staffing_half);
        ServiceDesk {
            resolved_person: self.resolved_person + (1.0 - self.resolved_person) * reach,
            minutes_person: self.minutes_person * (1.0 - reach),
            answered: self.answered + (1.0 - self.answered) * reach,
            ..self
        }
    }
}

/// People at the desk of a platform. With `replace` they leave as AI takes their work: the desk is sized for what an AI that resolves
/// what it can left to them when the run began, and shrinks with the share that is left since.
#[must_use]
pub(crate) fn people(params: &PlatformParams, state: &PlatformState) -> u32 {
    let agents = params.desk.map_or(0, |desk| desk.agents);
    let StaffParams::Replace { .. } = params.staff else { return agents };
    let now = ServiceDesk::automated(params, state);
    let left = 1.0 - now.within * (now.resolved_ai + now.closed_ai);
    let first = 1.0 - now.within * f64::from(params.resolved_ai) * params.ai.initial[SERVICE];
    let share = (left / first.max(f64::MIN_POSITIVE)).min(1.0);
    (math::round_i64(f64::from(agents) * share).max(1) as u32).min(agents)
}

/// Effect of money over so many units of service, 0 to 1: m / (m + half), m per unit.
#[must_use]
pub(crate) fn bought(money: i64, units: f64, half: f64) -> f64 {
    if money <= 0 || units < 1.0 {
        return 0.0;
    }
    let per_unit = money as f64 / units;
    per_unit / (per_unit + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: ServiceDesk = ServiceDesk {
        resolved_ai: 0.3,
        closed_ai: 0.0,
        resolved_person: 0.8,
        cost_person: 500,
        minutes_person: 4.0,
        answered: 1.0,
        within: 1.0,
    };

    #[test]
    fn assisted_people_are_cheaper_faster_and_better_by_half_the_gain_of_the_weakest() {
        let desk = DESK.staffed(StaffParams::Augment { gain: 0.3 }, 1.0);
        assert_eq!(desk.cost_person, 435);
        assert!((desk.resolved_person - 0.83).abs() < 1e-12 && (desk.minutes_person - 4.0 / 1.15).abs() < 1e-12);
        assert!(desk.level() > DESK.level());
    }

    #[test]
    fn replaced_people_answer_less_and_worse() {
        let people = |desk: ServiceDesk| 1.0 - desk.resolved_ai - desk.closed_ai;
        let mut before = (people(DESK), 1.0);
        for q in [0.2, 0.5, 0.9] {
            let staff = StaffParams::Replace { deflect: 0.4, loss: 0.3 };
            let desk = DESK.deflecting(staff, q).staffed(staff, q);
            assert!(people(desk) < before.0 && desk.resolved_person < before.1);
            before = (people(desk), desk.resolved_person);
        }
    }

    #[test]
    fn what_money_buys_saturates() {
        assert_eq!(bought(0, 100.0, 5.0), 0.0);
        assert_eq!(bought(500, 0.0, 5.0), 0.0);
        assert_eq!(bought(500, 100.0, 5.0), 0.5);
        assert!(bought(500_000_000, 100.0, 5.0) < 1.0);
    }
}
