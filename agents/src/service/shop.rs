//! The desk of a merchant: people who answer questions before the sale, and the AI tool that helps or replaces them.
//!
//! Loads are relative to what is usual, so that they do not depend on how many shoppers are simulated. Merchants differ in skill, by a
//! keyed draw: what the tool answers alone it answers as well for all, and the people it assists gain the more the weaker they
//! are, so that it helps the weak most.

use super::erlang::answered;
use super::inquiry::packed;
use crate::params::{MerchantServiceParams, ToolParams};
use serde::{Deserialize, Serialize};
use sim_core::draw::{Purpose, Seed};
use sim_core::math;

/// Weight of a tick in recent questions: a memory of three days.
const RECENT_GAIN: f32 = 1.0 / 3.0;
/// Weight of a tick in usual questions: a memory of four weeks.
const USUAL_GAIN: f32 = 1.0 / 28.0;
/// Questions a tick that count as usual beside those that came: a quiet desk has no rush.
const USUAL_FLOOR: f32 = 1.0;

/// State of a merchant's desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShopDesk {
    /// Questions a tick, lately.
    pub recent: f32,
    /// Questions a tick, usually.
    pub usual: f32,
    /// People hired on the advice of the tool.
    pub extra: u16,
    /// Whether the tool is used where the group has one.
    pub tool: ToolUse,
}

/// Whether a merchant uses the tool of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolUse {
    /// If it is among those who take it up, by its draw.
    #[default]
    ByDraw,
    /// No longer: the introduction failed, or a trial withdrew it.
    GivenUp,
    /// In any case: a trial hands it out.
    HandedOut,
}

/// What is drawn for a merchant once: its skill (0 weakest, 1 best), whether it takes the tool up, whether that fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Talent {
    pub(crate) skill: f64,
    adopts: f64,
    fails: f64,
}

impl Talent {
    pub(crate) fn new(seed: Seed, merchant: u32) -> Talent {
        let words = seed.words(Purpose::ServiceDesk, u64::from(merchant), 0, 0);
        let [skill, adopts, fails] = [0, 1, 2].map(|i| f64::from(words.uniform(i)));
        Talent { skill, adopts, fails }
    }

    /// The tool that a merchant pays for in a tick.
    pub(crate) fn tool<'a>(&self, params: &'a MerchantServiceParams, desk: &ShopDesk, tick: u32) -> Option<&'a ToolParams> {
        let holds = |tool: &ToolParams| match desk.tool {
            ToolUse::ByDraw => self.adopts < tool.adopters,
            ToolUse::GivenUp => false,
            ToolUse::HandedOut => true,
        };
        params.tool.as_ref().filter(|tool| tick >= tool.from && holds(tool))
    }

    /// Share of its use that has been learned; a failed introduction teaches nothing.
    pub(crate) fn learned(&self, tool: &ToolParams, tick: u32) -> f64 {
        if self.fails < tool.failure {
            return 0.0;
        }
        let ticks = f64::from(tick.saturating_sub(tool.from));
        if tool.learning > 0.0 { 1.0 - math::exp(-(ticks + 1.0) / tool.learning) } else { 1.0 }
    }

    /// Whether a failed introduction is given up: after twice the time that learning would have taken.
    pub(crate) fn gives_up(&self, tool: &ToolParams, tick: u32) -> bool {
        self.fails < tool.failure && f64::from(tick.saturating_sub(tool.from)) >= 2.0 * tool.learning
    }
}

impl ShopDesk {
    /// Brings the memory of questions up to date.
    pub(crate) fn count(&mut self, questions: i64) {
        let questions = questions as f32;
        if self.usual == 0.0 {
            (self.recent, self.usual) = (questions, questions);
        }
        self.recent += (questions - self.recent) * RECENT_GAIN;
        self.usual += (questions - self.usual) * USUAL_GAIN;
    }

    /// The state as numbers, for the digest.
    #[must_use]
    pub(crate) fn numbers(&self) -> [i64; 2] {
        let asked = u64::from(self.recent.to_bits()) << 32 | u64::from(self.usual.to_bits());
        let handed_out = i64::from(self.tool == ToolUse::HandedOut) << 17;
        [asked as i64, handed_out | i64::from(self.extra) << 1 | i64::from(self.tool == ToolUse::GivenUp)]
    }

    /// People at the desk.
    pub(crate) fn people(&self, params: &MerchantServiceParams) -> u32 {
        params.agents + u32::from(self.extra)
    }
}

/// Gain in issues per hour of a merchant's people by the tool.
pub(crate) fn assistance(talent: &Talent, tool: Option<&ToolParams>, tick: u32) -> f64 {
    tool.map_or(0.0, |tool| tool.gain * (1.0 - talent.skill) * talent.learned(tool, tick))
}

/// Service of a merchant on a platform whose service AI performs at `performance`, as everybody sees it.
pub(crate) fn service(params: &MerchantServiceParams, talent: &Talent, desk: &ShopDesk, tick: u32, performance: f64) -> u16 {
    let tool = talent.tool(params, desk, tick);
    let learned = tool.map_or(0.0, |tool| talent.learned(tool, tick));
    let alone = tool.map_or(0.0, |tool| tool.resolved * performance * learned);
    let gain = assistance(talent, tool, tick);
    let plain = (params.resolved * (1.0 + params.spread * (2.0 * talent.skill - 1.0))).clamp(0.0, 1.0);
    let skilled = plain + (1.0 - plain) * gain;
    let rush = f64::from((desk.recent + USUAL_FLOOR) / (desk.usual + USUAL_FLOOR));
    let load = f64::from(params.agents) * params.load * rush * (1.0 - alone) / (1.0 + gain);
    let met = if params.agents == 0 { 0.0 } else { answered(desk.people(params), load, params.patience) };
    packed(alone + (1.0 - alone) * met * skilled, tool.map_or(0.0, |tool| tool.reach * learned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::inquiry::answers;

    const TOOL: ToolParams = ToolParams {
        cost: 10,
        adopters: 1.0,
        from: 0,
        resolved: 0.6,
        gain: 0.34,
        failure: 0.0,
        learning: 0.0,
        reach: 0.0,
        reach_cost: 0,
        acts: false,
        price_step: 0.02,
        floor_margin: 0.05,
    };

    fn desk(tool: Option<ToolParams>) -> MerchantServiceParams {
        MerchantServiceParams { agents: 2, load: 0.6, patience: 2.0, resolved: 0.7, spread: 0.3, wage: 100, tool }
    }

    fn level(params: &MerchantServiceParams, skill: f64, state: &ShopDesk) -> f32 {
        answers(service(params, &Talent { skill, adopts: 0.0, fails: 0.5 }, state, 100, 0.5))
    }

    #[test]
    fn a_tool_helps_the_weak_more_than_the_strong() {
        let calm = ShopDesk::default();
        let gain = |skill| level(&desk(Some(TOOL)), skill, &calm) - level(&desk(None), skill, &calm);
        assert!(gain(0.0) > gain(0.5) && gain(0.5) > gain(1.0) && gain(1.0) > 0.0, "{} {} {}", gain(0.0), gain(0.5), gain(1.0));
    }

    #[test]
    fn issues_per_hour_rise_for_novices_and_not_for_the_best() {
        let gain = |skill: f64| assistance(&Talent { skill, adopts: 0.0, fails: 1.0 }, Some(&TOOL), 9);
        assert!((0.30..=0.34).contains(&gain(0.0)) && gain(1.0).abs() < 1e-9);
        let mean = (0..100).map(|i| gain((f64::from(i) + 0.5) / 100.0)).sum::<f64>() / 100.0;
        assert!((0.08..=0.20).contains(&mean), "{mean}");
    }

    #[test]
    fn a_rush_is_answered_worse_and_more_people_answer_it_better() {
        let calm = ShopDesk { recent: 50.0, usual: 50.0, ..ShopDesk::default() };
        let rush = ShopDesk { recent: 120.0, ..calm };
        let hired = ShopDesk { extra: 2, ..rush };
        let at = |state: &ShopDesk| level(&desk(None), 0.5, state);
        assert!(at(&rush) < at(&calm) - 0.1 && at(&hired) > at(&rush) + 0.1, "{} {} {}", at(&calm), at(&rush), at(&hired));
        assert!(level(&desk(Some(TOOL)), 0.5, &rush) > at(&rush) + 0.1, "the tool takes the load off people");
    }

    #[test]
    fn a_tool_is_learned_and_a_failed_one_is_given_up() {
        let slow = ToolParams { learning: 20.0, failure: 0.4, ..TOOL };
        let good = Talent { skill: 0.5, adopts: 0.0, fails: 0.9 };
        assert!(good.learned(&slow, 5) < good.learned(&slow, 30) && good.learned(&slow, 400) > 0.99);
        let bad = Talent { fails: 0.1, ..good };
        assert_eq!(bad.learned(&slow, 400), 0.0);
        assert!(!bad.gives_up(&slow, 39) && bad.gives_up(&slow, 40) && !good.gives_up(&slow, 400));
    }
}
