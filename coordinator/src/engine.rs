//! One cell at work: its world, tick by tick.
//!
//! Owns the tick loop around `sim_core::tick::run_tick`, its clocks, and the reading of engine ticks as days of the calendar.
//! Guarantees that a broken rule inside a tick becomes an error that names seed, arm, replication and tick. Leaves out rows
//! and progress.

use std::time::{Duration, Instant};

use agents::market::Bazaar;
use agents::record::{Census, Observation};
use scenarios::Built;
use sim_core::digest::Digest;
use sim_core::exchange::{Exchange, ExchangeError, Local};
use sim_core::placement::Placement;
use sim_core::tick::{Stage, Ticked, World, run_tick};

use crate::bug;
use crate::exit::Failure;
use crate::plan::Cell;

/// Stages in order, with the names that reports use.
pub(crate) const STAGES: [(Stage, &str); 4] =
    [(Stage::Shop, "shop"), (Stage::Grant, "grant"), (Stage::Settle, "settle"), (Stage::Adapt, "adapt")];

/// The world of a cell.
pub(crate) struct Engine {
    pub(crate) market: Bazaar,
    pub(crate) world: World<Bazaar>,
    /// Wall time of each stage so far, in the order of [`STAGES`].
    pub(crate) stages: [Duration; STAGES.len()],
    arm: String,
    replication: u32,
    seed: u64,
}

/// A tick that is over.
pub(crate) struct Step {
    /// Tick of the engine: the warm-up counts.
    pub(crate) engine_tick: u32,
    /// Tick of the calendar; none in the warm-up.
    pub(crate) tick: Option<u32>,
    /// Totals, tallies and parts of the digest.
    pub(crate) ticked: Ticked<Bazaar>,
    /// Digest of everything up to here.
    pub(crate) digest: Digest,
    /// List prices while shopping, if they were asked for.
    pub(crate) prices: Vec<u32>,
    epoch: usize,
}

/// A tick that was not applied.
#[derive(Debug)]
pub(crate) enum Broken {
    /// For a reason of this process: the program broke one of its rules, or rows could not be written.
    Failed(Failure),
    /// Another member did not answer.
    Exchange(ExchangeError),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Failed(failure) => failure,
            Broken::Exchange(error) => bug_found(&error.to_string(), "with nobody to exchange with"),
        }
    }
}

impl Engine {
    /// The world of `cell` before its first tick, or the part of it that one member hosts.
    pub(crate) fn new(built: Built, cell: Cell<'_>, samples: bool, placement: Placement) -> Result<Self, Failure> {
        Self::with(built, cell, samples, |built| Ok(built.world_at(placement)))
    }

    /// The world that `make` makes.
    pub(crate) fn with(
        mut built: Built,
        cell: Cell<'_>,
        samples: bool,
        make: impl FnOnce(&Built) -> Result<World<Bazaar>, Failure>,
    ) -> Result<Self, Failure> {
        if !samples {
            built.market.sample = 0;
        }
        let place = || format!("while it built the world of {}", name_of(cell.seed(), cell.arm, cell.replication));
        let world = bug::caught(|| make(&built)).map_err(|message| bug_found(&message, &place()))??;
        Ok(Self {
            market: built.market,
            world,
            stages: [Duration::ZERO; STAGES.len()],
            arm: cell.arm.to_owned(),
            replication: cell.replication,
            seed: cell.seed(),
        })
    }

    /// Ticks of the engine in all.
    pub(crate) fn ticks(&self) -> u32 {
        self.market.ticks()
    }

    /// Whether the last tick is over.
    pub(crate) fn is_done(&self) -> bool {
        self.world.tick.0 == self.ticks()
    }

    /// Runs the next tick; `keep_prices` copies the list prices before it.
    pub(crate) fn step(&mut self, exchange: &mut impl Exchange, keep_prices: bool) -> Result<Step, Broken> {
        let engine_tick = self.world.tick.0;
        let epoch = self.world.view.epoch;
        let prices = if keep_prices { self.world.view.state.prices.clone() } else { Vec::new() };
        let (market, world, stages) = (&self.market, &mut self.world, &mut self.stages);
        let mut since = Instant::now();
        let told = |stage: Stage| {
            let index = STAGES.iter().position(|&(known, _)| known == stage).expect("every stage has a name");
            stages[index] += since.elapsed();
            since = Instant::now();
        };
        let ticked = bug::caught(|| run_tick(market, world, exchange, told));
        let ticked =
            self.sound(engine_tick, ticked.map(Ok::<_, std::convert::Infallible>)).map_err(Broken::Failed)?.map_err(Broken::Exchange)?;
        tracing::debug!(engine_tick, digest = %self.world.digest, parts = ?ticked.parts, "tick");
        let tick = engine_tick.checked_sub(self.market.warm_up);
        Ok(Step { engine_tick, tick, ticked, digest: self.world.digest, prices, epoch })
    }

    /// A copy of the world as it stands, to try something in: it shares every draw with the original.
    pub(crate) fn fork(&self) -> Result<World<Bazaar>, Failure> {
        let tick = self.world.tick.0;
        let copied = bug::caught(|| self.market.save(&self.world).and_then(|bytes| self.market.load(&bytes)));
        self.sound(tick, copied)
    }

    /// Runs the next tick of a copy of the world; its tallies by listing are those of the tick.
    pub(crate) fn step_fork(&self, fork: &mut World<Bazaar>) -> Result<Ticked<Bazaar>, Failure> {
        let tick = fork.tick.0;
        let ticked = bug::caught(|| run_tick(&self.market, fork, &mut Local, |_| ()));
        self.sound(tick, ticked)
    }

    /// The result of something that cannot fail, or a bug with its place.
    fn sound<T, E: std::fmt::Display>(&self, engine_tick: u32, done: Result<Result<T, E>, String>) -> Result<T, Failure> {
        let place = || format!("in tick {} of {}", self.tick_name(engine_tick), name_of(self.seed, &self.arm, self.replication));
        let done = done.map_err(|message| bug_found(&message, &place()))?;
        done.map_err(|error| bug_found(&error.to_string(), &place()))
    }

    /// What rows of `step` are made of.
    pub(crate) fn observation<'a>(&'a self, step: &'a Step, tick: u32, census: Option<&'a Census>) -> Observation<'a> {
        Observation {
            market: &self.market,
            tick,
            view: &self.world.view,
            params: &self.market.epochs[step.epoch],
            totals: &step.ticked.totals,
            census,
        }
    }

    fn tick_name(&self, engine_tick: u32) -> String {
        match engine_tick.checked_sub(self.market.warm_up) {
            Some(tick) => tick.to_string(),
            None => format!("{engine_tick} of the warm-up"),
        }
    }
}

fn name_of(seed: u64, arm: &str, replication: u32) -> String {
    format!("arm {arm}, replication {replication} (seed {seed})")
}

/// A broken rule, as an error with all that a report of it needs.
fn bug_found(message: &str, place: &str) -> Failure {
    Failure::Bug {
        what: format!("{place}: {message}"),
        advice: "please report it with the scenario file, the command line and this message; \
                 the same seed gives the same failure"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::plan::Plan;
    use std::path::Path;

    #[test]
    fn a_copy_of_the_world_has_the_history_of_the_original_and_leaves_it_alone() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/regression/tiny.yaml");
        let few = scenarios::Override::parse("population.shoppers=200").unwrap();
        let plan = Plan::new(scenarios::load(&file, &[few]).unwrap(), &["price-war".to_owned()]).unwrap();
        let cell = plan.cells().next().unwrap();
        let mut engine = Engine::new(plan.build(cell).unwrap(), cell, false, Placement::ALONE).unwrap();
        (0..5).for_each(|_| drop(engine.step(&mut Local, false).unwrap()));
        let mut fork = engine.fork().unwrap();
        let forked: Vec<_> = (0..5)
            .map(|_| {
                engine.step_fork(&mut fork).unwrap();
                fork.digest
            })
            .collect();
        let original: Vec<_> = (0..5).map(|_| engine.step(&mut Local, false).unwrap().digest).collect();
        assert_eq!(forked, original);
    }

    #[test]
    fn a_broken_rule_names_arm_replication_seed_and_tick() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/regression/tiny.yaml");
        let few = scenarios::Override::parse("population.shoppers=200").unwrap();
        let plan = Plan::new(scenarios::load(&file, &[few]).unwrap(), &["price-war".to_owned()]).unwrap();
        let cell = plan.cells().nth(1).unwrap();
        let mut engine = Engine::new(plan.build(cell).unwrap(), cell, false, Placement::ALONE).unwrap();
        engine.step(&mut Local, false).unwrap();
        engine.world.merchants.listings.clear();
        let failure = Failure::from(engine.step(&mut Local, false).err().unwrap());
        assert_eq!(failure.exit(), Exit::Bug);
        let said = failure.to_string();
        let seed = format!("seed {}", cell.seed());
        for part in ["bug in bazaar", "in tick", "arm price-war", "replication 1", &seed] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
