//! Assistants compiled: hazards of a review from hazards of a year.

use crate::model::{self, Scenario};
use agents::params::{AssistantParams, REVIEW_TICKS};
use sim_core::math;

const DAYS_PER_YEAR: f64 = 365.0;

/// The assistants, in the order of the file.
pub(super) fn compile(scenario: &Scenario, warm_up: u32) -> Vec<AssistantParams> {
    scenario.assistants.values().map(|a| assistant(scenario, a, warm_up)).collect()
}

fn assistant(scenario: &Scenario, a: &model::Assistant, warm_up: u32) -> AssistantParams {
    let years = f64::from(REVIEW_TICKS) * scenario.calendar.tick.0 / DAYS_PER_YEAR;
    let hazard = |yearly: f64| (1.0 - math::exp(-yearly * years)) as f32;
    AssistantParams {
        owner: a.owner.as_ref().and_then(|name| scenario.platforms.get_index_of(name)).map(|p| p as u8),
        first_users: a.users.0 as f32,
        innovation: hazard(a.innovation),
        imitation: hazard(a.imitation),
        disadoption: hazard(a.disadoption),
        asked: a.asked.0 as f32,
        stopping: a.search_cost as f32,
        width: a.offers as u8,
        platforms: a.platforms as u8,
        pull: a.pull as f32,
        ad_discount: a.ad_discount.0 as f32,
        restocks: a.restocks.0 as f32,
        restocks_from: a.restocks_from.map(|day| scenario.calendar.tick_of(day) + warm_up),
    }
}
