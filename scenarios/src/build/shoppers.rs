//! Shoppers from their keys: each shard can be built alone.

use super::sample;
use crate::model::{Named, Scenario, Segment, Taste, TasteScale};
use agents::market::Bazaar;
use agents::params::{PLATFORMS, RATE_LEVELS, TASTE};
use agents::shard::ShardState;
use agents::shopper::{Q10, Q12, Shopper};
use rand::Rng;
use sim_core::draw::{Purpose, Seed, below, unit_f64};
use sim_core::ids::ShardId;
use sim_core::math;
use sim_core::units::Share;

/// Most missions a day of a shopper.
const MOST_VISITS: f64 = 3.0;
/// Shards are cut at multiples of this many shoppers, because they share blocks of visit draws.
pub(crate) const SHARD_MULTIPLE: u32 = 8;
/// Inclusive value that is expected of a platform before the first visit: ln 2, as good as leaving.
const PRIOR_VALUE: f32 = std::f32::consts::LN_2;
/// Key of the memberships at the start, beyond those of joining.
const MEMBERS_KEY: u64 = 2 << 32;
/// Key of the users of assistants at the start, beyond those of adoption.
const USERS_KEY: u64 = 2 << 32;
/// Draws behind each level of a segment's visit rate.
const DRAWS_PER_LEVEL: usize = 64;

/// What the static draws of shoppers depend on.
pub(super) struct Population {
    segments: Vec<Segment>,
    /// Upper end of each segment's share of 2^32.
    cumulative: Vec<u64>,
    rates: Vec<[f64; RATE_LEVELS]>,
    /// Share of members at the start, by segment and platform.
    members: Vec<[f64; PLATFORMS]>,
    /// Share of users at the start, by assistant.
    users: Vec<f64>,
    dimensions: usize,
    raw: bool,
    /// Inclusive value of a platform before the first visit, Q10.
    prior: i16,
    seed: Seed,
}

impl Population {
    pub(super) fn new(scenario: &Scenario, seed: Seed) -> Population {
        let segments: Vec<Segment> = scenario.population.segments.values().cloned().collect();
        let mut sum = 0.0;
        let cumulative = segments
            .iter()
            .map(|s| {
                sum += s.share.0;
                (sum * 4_294_967_296.0) as u64
            })
            .collect();
        let rates = segments.iter().enumerate().map(|(i, s)| rate_levels(s, i, seed)).collect();
        let share = |members: &Named<Share>, p: usize| {
            let name = scenario.platforms.get_index(p).filter(|(_, platform)| platform.membership.is_some());
            name.and_then(|(name, _)| members.get(name)).map_or(0.0, |share| share.0)
        };
        let members = segments.iter().map(|s| std::array::from_fn(|p| share(&s.members, p))).collect();
        let taste = &scenario.population.taste;
        let learns = scenario.population.memory.inclusive_value_gain > 0.0;
        let prior = if learns { (PRIOR_VALUE * Q10) as i16 } else { 0 };
        Population {
            segments,
            cumulative,
            rates,
            members,
            users: scenario.assistants.values().map(|assistant| assistant.users.0).collect(),
            dimensions: taste.dimensions as usize,
            raw: taste.scale == TasteScale::Raw,
            prior,
            seed,
        }
    }

    /// Missions per day by rate class.
    pub(super) fn rates(&self) -> Vec<f64> {
        self.rates.concat()
    }

    pub(super) fn shard(&self, market: &Bazaar, id: ShardId) -> ShardState {
        let members = market.plan.members(id);
        let (rate, rows) = members.clone().map(|shopper| self.shopper(shopper, market.catalog.platforms.len())).unzip();
        ShardState::new(id, members.start, rate, rows, market.horizon())
    }

    fn shopper(&self, id: u64, platforms: usize) -> (u8, Shopper) {
        let words = self.seed.words(Purpose::Shopper, id, 0, 0);
        let place = u64::from(words.bits(0));
        let segment = self.cumulative.iter().position(|&end| place < end).unwrap_or(self.segments.len() - 1);
        let level = below(words.bits(1), RATE_LEVELS as u32);
        let kind = &self.segments[segment];
        // a stream for each attribute: an arm that changes one leaves the draws of the others
        let stream = |attribute: u64| self.seed.stream(Purpose::Shopper, id, attribute);
        let sensitivity = sample::draw(&kind.price_sensitivity, &mut stream(1)).clamp(0.01, 15.9);
        let mut tastes = stream(2);
        let mut taste = [0i8; TASTE];
        for coordinate in &mut taste[..self.dimensions] {
            *coordinate = draw_coordinate(self.raw, unit_f64(tastes.next_u64()));
        }
        let mut habits = stream(3);
        let habit = std::array::from_fn(|p| {
            let drawn = if p < platforms { sample::draw(&kind.habit, &mut habits) } else { 0.0 };
            (drawn.clamp(0.0, 15.0) * f64::from(Q12)) as u16
        });
        let mut shopper = Shopper::new(taste, (sensitivity * f64::from(Q12)) as u16, habit, [self.prior; PLATFORMS]);
        let memberships = self.seed.words(Purpose::Membership, id, 0, MEMBERS_KEY);
        for (p, share) in self.members[segment].iter().enumerate().take(platforms) {
            shopper.set_member(p, f64::from(memberships.uniform(p)) < *share);
        }
        if !self.users.is_empty() {
            let words = self.seed.words(Purpose::Adoption, id, 0, USERS_KEY);
            for (assistant, share) in self.users.iter().enumerate() {
                shopper.set_assistant(assistant, f64::from(words.uniform(assistant)) < *share);
            }
        }
        ((segment * RATE_LEVELS) as u8 + level as u8, shopper)
    }
}

/// A coordinate of a taste or trait vector: uniform integers -127..=127, or -1/2..1/2 in steps of 1/254.
pub(super) fn draw_coordinate(raw: bool, u: f64) -> i8 {
    if raw { ((u - 0.5) * 254.0).round() as i8 } else { ((u * 255.0) as i32 - 127) as i8 }
}

/// Match per unit of the integer inner product.
pub(super) fn match_scale(taste: &Taste) -> f32 {
    match taste.scale {
        TasteScale::Raw => 1.0 / (254.0 * 254.0),
        TasteScale::Unit => {
            let variance = 127.0 * 128.0 / 3.0; // of a uniform integer in -127..=127
            (1.0 / (variance * math::sqrt(f64::from(taste.dimensions.max(1))))) as f32
        }
    }
}

/// Representative rates of a segment: means of equal groups of sorted draws.
fn rate_levels(segment: &Segment, index: usize, seed: Seed) -> [f64; RATE_LEVELS] {
    let mut stream = seed.stream(Purpose::VisitRate, index as u64, 0);
    let mut draws: Vec<f64> =
        (0..RATE_LEVELS * DRAWS_PER_LEVEL).map(|_| sample::draw(&segment.visit_rate, &mut stream).clamp(0.0, MOST_VISITS)).collect();
    draws.sort_unstable_by(f64::total_cmp);
    std::array::from_fn(|level| draws[level * DRAWS_PER_LEVEL..(level + 1) * DRAWS_PER_LEVEL].iter().sum::<f64>() / DRAWS_PER_LEVEL as f64)
}

/// Mean price sensitivity over segments.
pub(super) fn mean_sensitivity(scenario: &Scenario) -> f64 {
    scenario.population.segments.values().map(|s| s.share.0 * s.price_sensitivity.mean()).sum()
}
