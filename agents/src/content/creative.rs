//! Creatives: how many there are, how worn, and how well they fit.
//!
//! A creative loses half of its response for every `wear_out` impressions that a mission has seen of it (wear-out; Braun and Moe
//! 2013). Creatives made by AI cost less, so that more are made and each is seen less often; they fit better as the platform's
//! `content` function performs better, and look artificial where it does not: with equal looks they work as well as those made
//! by people, and less where they are recognised (Columbia, Harvard, TUM, CMU and Taboola 2025).

use super::params::CreativeParams;
use serde::{Deserialize, Serialize};
use sim_core::math;

/// Ticks for which a creative is shown.
const ROTATION: f64 = 28.0;

/// The creatives of a merchant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Creatives {
    /// Impressions per mission that the mean creative in rotation has had.
    pub worn: f64,
    /// Creatives in rotation.
    pub rotation: f64,
    /// Cost of new creatives in this tick, per merchant, money units.
    pub cost: i64,
}

impl Creatives {
    /// What new creatives cost in a tick; no more than the budget.
    #[must_use]
    pub fn cost(params: &CreativeParams, budget: i64) -> i64 {
        math::round_i64(params.cost as f64 * params.per_tick).min(budget)
    }

    /// Adds a tick: `impressions` per mission over all creatives, and what `cost` has bought; old creatives leave.
    pub fn advance(&mut self, params: &CreativeParams, cost: i64, impressions: f64) {
        // what costs less than half a money unit a tick is made and costs nothing
        let priced = params.cost as f64 * params.per_tick >= 0.5;
        let made = if priced { cost as f64 / params.cost as f64 } else { params.per_tick };
        self.cost = cost;
        let kept = self.rotation * (1.0 - 1.0 / ROTATION);
        let seen = self.worn + impressions / self.rotation.max(1.0);
        self.rotation = kept + made;
        // new creatives are unseen
        let share_kept = if self.rotation > 0.0 { kept / self.rotation } else { 1.0 };
        self.worn = seen * share_kept;
    }

    /// Share of the response that wear-out leaves.
    #[must_use]
    pub fn freshness(&self, params: &CreativeParams) -> f64 {
        if params.wear_out > 0.0 { math::pow(0.5, self.worn / params.wear_out) } else { 1.0 }
    }
}

/// Factor of fit and looks on the response, at the performance of the `content` function: 1 for people.
#[must_use]
pub fn fit(params: &CreativeParams, performance: f64) -> f64 {
    if params.aigc { (1.0 + params.fit * performance) * (1.0 - params.artificial * (1.0 - performance)) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUMAN: CreativeParams = CreativeParams { aigc: false, cost: 700, per_tick: 0.2, wear_out: 3.0, artificial: 0.3, fit: 0.1 };

    fn worn(params: &CreativeParams, impressions: f64) -> Creatives {
        let mut creatives = Creatives::default();
        for _ in 0..400 {
            creatives.advance(params, Creatives::cost(params, i64::MAX), impressions);
        }
        creatives
    }

    #[test]
    fn creatives_wear_out_with_impressions_and_more_of_them_stay_fresh() {
        let many = CreativeParams { aigc: true, cost: 70, per_tick: 2.0, ..HUMAN };
        let (few, all) = (worn(&HUMAN, 1.0), worn(&many, 1.0));
        assert!((few.rotation - 5.6).abs() < 1e-3 && (all.rotation - 56.0).abs() < 1e-3);
        assert!(few.freshness(&HUMAN) < 0.5 && all.freshness(&many) > 0.85, "{few:?} {all:?}");
        assert_eq!(worn(&HUMAN, 0.0).freshness(&HUMAN), 1.0);
        assert!(worn(&HUMAN, 2.0).freshness(&HUMAN) < few.freshness(&HUMAN));
    }

    #[test]
    fn half_of_the_response_is_left_at_the_wear_out() {
        let creatives = Creatives { worn: 3.0, rotation: 1.0, cost: 0 };
        assert!((creatives.freshness(&HUMAN) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_ai_makes_beats_people_only_where_it_does_not_look_artificial() {
        let aigc = CreativeParams { aigc: true, ..HUMAN };
        assert!(fit(&aigc, 0.0) < fit(&HUMAN, 0.0) && fit(&aigc, 1.0) > fit(&HUMAN, 1.0));
        assert!(fit(&aigc, 0.4) < fit(&aigc, 0.8));
    }

    #[test]
    fn what_costs_less_than_a_money_unit_a_day_is_made_all_the_same() {
        let cheap = CreativeParams { cost: 3, per_tick: 1.0 / 7.0, ..HUMAN };
        assert_eq!(Creatives::cost(&cheap, 1000), 0);
        assert!((worn(&cheap, 0.0).rotation - 4.0).abs() < 1e-3);
        assert_eq!(worn(&CreativeParams { cost: 700, ..cheap }, 0.0).rotation, worn(&cheap, 0.0).rotation);
    }

    #[test]
    fn creatives_cost_no_more_than_the_budget() {
        assert_eq!(Creatives::cost(&HUMAN, 1000), 140);
        assert_eq!(Creatives::cost(&HUMAN, 100), 100);
    }
}
