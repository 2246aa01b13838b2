//! The desk of a merchant: people who answer questions before the sale, and the AI tool that helps or replaces them.
//!
//! Loads are relative to what is usual, so that they do not depend on how many shoppers are simulated. Merchants differ in skill, by a
//! keyed draw: what the tool answers alone it answers as well for all, and the people it assists gain the more the weaker they
//! are, so that it helps the weak most.

use super::erlang::answered;
use super::inquiry::packed;
use crate::params::{MerchantServiceParams, ToolParams, ToolStaff};
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
    /// People whom the tool has replaced.
    pub freed: u16,
    /// Wages and fees of the week so far, money units.
    pub week_cost: i64,
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
    pub(crate) fn numbers(&self) -> [i64; 3] {
        let asked = u64::from(self.recent.to_bits()) << 32 | u64::from(self.usual.to_bits());
        let handed_out = i64::from(self.tool == ToolUse::HandedOut) << 17;
        let tool = handed_out | i64::from(self.extra) << 1 | i64::from(self.tool == ToolUse::GivenUp);
        [asked as i64, i64::from(self.freed) << 18 | tool, self.week_cost]
    }

    /// People at the desk.
    pub(crate) fn people(&self, params: &MerchantServiceParams) -> u32 {
        params.agents.saturating_sub(u32::from(self.freed)) + u32::from(self.extra)
    }
}

/// Gain in issues per hour of a merchant's people by the tool.
pub(crate) fn assistance(talent: &Talent, tool: Option<&ToolParams>, tick: u32) -> f64 {
    tool.map_or(0.0, |tool| tool.gain * (1.0 - talent.skill) * talent.learned(tool, tick))
}

/// Shares of the questions within its authority that a tool answers well alone, and that it keeps without answering them well.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Alone {
    well: f64,
    badly: f64,
}

impl Alone {
    /// What a merchant's tool does in a tick, where service AI performs at `performance`.
    pub(crate) fn new(talent: &Talent, tool: Option<&ToolParams>, tick: u32, performance: f64) -> Alone {
        let Some(tool) = tool else { return Alone::default() };
        let learned = talent.learned(tool, tick);
        let well = tool.resolved * performance * learned;
        // confidence is uniform over questions, as at the desk of a platform
        let kept = tool.threshold.map_or(well, |threshold| (1.0 - threshold) * learned);
        let well = well.min(kept);
        Alone { well, badly: kept - well }
    }

    fn kept(self) -> f64 {
        self.well + self.badly
    }

    /// People of a shop whom the tool replaces, where a share `within` of its offers is within the authority; one always stays.
    pub(crate) fn freed(self, params: &MerchantServiceParams, within: f64) -> u16 {
        let all = params.agents.min(u32::from(u16::MAX));
        let freed = math::round_i64(f64::from(all) * within * self.kept()).max(0) as u32;
        freed.min(all.saturating_sub(1)) as u16
    }
}

/// Service of a merchant on a platform, for offers within the authority of its tool and for dearer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    within: u16,
    above: u16,
    authority: i64,
}

impl Score {
    /// The service of an offer at a price.
    pub(crate) fn of(self, price: u32) -> u16 {
        if i64::from(price) <= self.authority { self.within } else { self.above }
    }
}

/// Share of a shop's offers that are within the authority of its tool; all where it has none.
pub(crate) fn within(tool: Option<&ToolParams>, prices: impl Iterator<Item = u32>) -> f64 {
    let Some(limit) = tool.and_then(|tool| tool.authority) else { return 1.0 };
    let (mut inside, mut all) = (0.0f64, 0.0f64);
    for price in prices {
        inside += f64::from(u8::from(i64::from(price) <= limit));
        all += 1.0;
    }
    if all > 0.0 { inside / all } else { 1.0 }
}

/// Service of a merchant on a platform whose service AI performs at `performance`, as everybody sees it; a share `within` of its offers
/// is within the authority of its tool.
pub(crate) fn service(params: &MerchantServiceParams, talent: &Talent, desk: &ShopDesk, tick: u32, performance: f64, within: f64) -> Score {
    let tool = talent.tool(params, desk, tick);
    let alone = Alone::new(talent, tool, tick, performance);
    let gain = assistance(talent, tool, tick);
    let plain = (params.resolved * (1.0 + params.spread * (2.0 * talent.skill - 1.0))).clamp(0.0, 1.0);
    let skilled = plain + (1.0 - plain) * gain;
    let rush = f64::from((desk.recent + USUAL_FLOOR) / (desk.usual + USUAL_FLOOR));
    let load = f64::from(params.agents) * params.load * rush * (1.0 - within * alone.kept()) / (1.0 + gain);
    let met = if params.agents == 0 { 0.0 } else { answered(desk.people(params), load, params.patience) };
    let reach = tool.map_or(0.0, |tool| tool.reach * talent.learned(tool, tick));
    let score = |alone: Alone| packed(alone.well + (1.0 - alone.kept()) * met * skilled, reach);
    Score { within: score(alone), above: score(Alone::default()), authority: tool.and_then(|tool| tool.authority).unwrap_or(i64::MAX) }
}

/// Whether a tool replaces people.
pub(crate) fn replaces(tool: &ToolParams) -> bool {
    tool.staff == ToolStaff::Replace
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
        authority: None,
        threshold: None,
        staff: ToolStaff::Augment,
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
        answers(service(params, &Talent { skill, adopts: 0.0, fails: 0.5 }, state, 100, 0.5, 1.0).of(500))
    }

    #[test]
    fn a_tool_answers_alone_only_within_its_authority() {
        let talent = Talent { skill: 0.5, adopts: 0.0, fails: 0.5 };
        let bound = desk(Some(ToolParams { authority: Some(1_000), ..TOOL }));
        let at = |within: f64| service(&bound, &talent, &ShopDesk::default(), 100, 0.5, within);
        let score = at(0.5);
        assert!(answers(score.of(1_000)) > answers(score.of(1_001)) + 0.05, "{score:?}");
        let free = service(&desk(Some(TOOL)), &talent, &ShopDesk::default(), 100, 0.5, 1.0);
        assert_eq!(free.of(1), free.of(u32::MAX));
        // a higher limit takes more load off people
        assert!(answers(at(1.0).of(9_999)) > answers(at(0.0).of(9_999)));
        let tool = ToolParams { authority: Some(10), ..TOOL };
        assert_eq!(within(Some(&tool), [5, 10, 11, 400].into_iter()), 0.5);
        assert_eq!(within(Some(&TOOL), [5, 400].into_iter()), 1.0);
    }

    #[test]
    fn a_low_threshold_keeps_questions_that_the_tool_answers_badly() {
        let talent = Talent { skill: 0.5, adopts: 0.0, fails: 0.5 };
        let at = |threshold| Alone::new(&talent, Some(&ToolParams { threshold, ..TOOL }), 9, 0.5);
        assert_eq!(at(None), Alone { well: 0.3, badly: 0.0 });
        assert_eq!(at(Some(0.9)), Alone { well: 1.0 - 0.9, badly: 0.0 });
        let bold = at(Some(0.2));
        assert!((bold.well - 0.3).abs() < 1e-9 && (bold.badly - 0.5).abs() < 1e-9, "{bold:?}");
        let level = |threshold| level(&desk(Some(ToolParams { threshold, ..TOOL })), 0.5, &ShopDesk::default());
        assert!(level(Some(0.2)) < level(None), "what is kept is not answered by people");
    }

    #[test]
    fn people_who_are_replaced_are_missed_in_a_rush() {
        let params = MerchantServiceParams { agents: 6, ..desk(Some(TOOL)) };
        let alone = Alone::new(&Talent { skill: 0.5, adopts: 0.0, fails: 0.5 }, Some(&TOOL), 9, 0.5);
        assert_eq!((alone.freed(&params, 1.0), alone.freed(&params, 0.5), alone.freed(&desk(None), 1.0)), (2, 1, 1));
        assert_eq!(Alone { well: 1.0, badly: 0.0 }.freed(&params, 1.0), 5, "one stays");
        let rush = ShopDesk { recent: 90.0, usual: 50.0, ..ShopDesk::default() };
        let after = ShopDesk { freed: 2, ..rush };
        assert_eq!((rush.people(&params), after.people(&params)), (6, 4));
        assert!(level(&params, 0.5, &after) < level(&params, 0.5, &rush) - 0.02);
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
