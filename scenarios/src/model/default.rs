//! Defaults of single fields, where the default of the type is not the neutral value.

use sim_core::units::{Days, Distribution, Share};

pub(super) fn money_unit() -> u32 {
    100
}

pub(super) fn tick() -> Days {
    Days::DAY
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

pub(super) fn zero_distribution() -> Distribution {
    Distribution::Constant(0.0)
}

pub(super) fn constant_one() -> Distribution {
    Distribution::Constant(1.0)
}

pub(super) fn quality() -> Distribution {
    Distribution::Uniform { low: 0.0, high: 1.0 }
}
