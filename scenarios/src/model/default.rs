//! Defaults of single fields, where the default of the type is not the neutral value.

use sim_core::units::{Days, Distribution, Share};

use super::War;

pub(super) fn money_unit() -> u32 {
    100
}

pub(super) fn tick() -> Days {
    Days::DAY
}

pub(super) fn no_days() -> Days {
    Days(0.0)
}

pub(super) fn one() -> f64 {
    1.0
}

pub(super) fn half() -> f64 {
    0.5
}

pub(super) fn full() -> Share {
    Share::FULL
}

pub(super) fn four_weeks() -> Days {
    Days(28.0)
}

pub(super) fn quarter() -> Days {
    Days(90.0)
}

pub(super) fn quarter_share() -> Share {
    Share(0.25)
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn shard_size() -> u32 {
    4096
}

pub(super) fn dimensions() -> u8 {
    8
}

pub(super) fn products() -> u32 {
    1
}

pub(super) fn cost_share() -> Share {
    Share(0.6)
}

pub(super) fn visit_rate() -> Distribution {
    Distribution::Constant(0.5)
}

pub(super) fn join() -> Share {
    Share(0.1)
}

pub(super) fn zero_distribution() -> Distribution {
    Distribution::Constant(0.0)
}

pub(super) fn constant_one() -> Distribution {
    Distribution::Constant(1.0)
}

pub(super) fn quality() -> Distribution {
    Distribution::Uniform { low: 0.0, high: 1.0 }
}

/// Field evidence: novices gained about 30 % (Brynjolfsson, Li, Raymond 2025).
pub(super) fn augment_gain() -> Share {
    Share(0.3)
}

/// A judgement.
pub(super) fn deflect() -> Share {
    Share(0.3)
}

/// A judgement.
pub(super) fn replace_loss() -> Share {
    Share(0.3)
}

pub(super) fn week() -> Days {
    Days(7.0)
}

pub(super) fn wars() -> Vec<War> {
    vec![War::PriceWar, War::EfficiencyWar, War::ExperienceWar]
}

/// A judgement: half of a miss is mended in about three days.
pub(super) fn pacing_step() -> f64 {
    0.2
}

/// A judgement.
pub(super) fn integral_gain() -> f64 {
    0.02
}

/// A judgement.
pub(super) fn derivative_gain() -> f64 {
    0.05
}

/// Mean of the studies pooled by Sultan, Farley and Lehmann (1990).
pub(super) fn bass_innovation() -> f64 {
    0.03
}

/// The same.
pub(super) fn bass_imitation() -> f64 {
    0.38
}

/// A judgement.
pub(super) fn asked() -> Share {
    Share(0.5)
}

/// A judgement: one in three of the stops is left.
pub(super) fn search_cost() -> f64 {
    0.3
}

pub(super) fn width() -> u32 {
    8
}

pub(super) fn one_platform() -> u32 {
    1
}

/// A judgement.
pub(super) fn handle_minutes() -> f64 {
    6.0
}

/// A judgement: eight in the morning to midnight.
pub(super) fn hours() -> f64 {
    16.0
}

/// A judgement.
pub(super) fn patience_minutes() -> f64 {
    10.0
}

/// A judgement.
pub(super) fn load() -> Share {
    Share(0.6)
}

/// A judgement.
pub(super) fn resolved() -> Share {
    Share(0.7)
}

/// A judgement.
pub(super) fn spread() -> Share {
    Share(0.3)
}

/// A judgement.
pub(super) fn tool_resolved() -> Share {
    Share(0.7)
}

/// Field evidence: novices gained 30 to 34 % (Brynjolfsson, Li, Raymond 2025).
pub(super) fn tool_gain() -> Share {
    Share(0.3)
}

/// A judgement.
pub(super) fn price_step() -> Share {
    Share(0.02)
}
