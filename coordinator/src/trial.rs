//! A trial of service tools inside a run: a random half of the merchants who hold one keep it, in a copy of the world.
//!
//! Owns who is treated and what is compared. Both copies share every draw with the run; the run itself goes on untouched. Treated
//! merchants are keyed by (seed, merchant, tick).

use std::collections::BTreeSet;

use agents::market::Bazaar;
use agents::metric::Listings;
use agents::service::trial::{holders, mean_assistance, withdraw};
use scenarios::{SalesMode, ToolOutcome};
use sim_core::draw::Purpose;

use crate::engine::Engine;
use crate::exit::Failure;

/// Share of the holders that is treated.
const TREATED: f64 = 0.5;
/// Days after which returns count: those before belong to sales without the trial.
const RETURN_DAYS: u32 = 14;
/// Key of the draw of a merchant, beyond those of listings.
const MERCHANT_KEY: u64 = 1;

/// A trial, carried out once.
pub(crate) struct ToolTrial {
    /// Engine tick in which it begins.
    pub(crate) on: u32,
    /// Ticks that it lasts.
    pub(crate) ticks: u32,
    /// Listings that count.
    pub(crate) mode: SalesMode,
    /// What is compared.
    pub(crate) outcome: ToolOutcome,
    lift: f64,
}

impl ToolTrial {
    pub(crate) fn new(on: u32, ticks: u32, mode: SalesMode, outcome: ToolOutcome) -> Self {
        Self { on, ticks, mode, outcome, lift: f64::NAN }
    }

    /// Carries it out if `engine` is about to run its tick.
    pub(crate) fn before_tick(&mut self, engine: &Engine) -> Result<(), Failure> {
        if engine.world.tick.0 == self.on {
            self.lift = self.carry_out(engine)?;
        }
        Ok(())
    }

    /// The ratio with over without of the treated over that of the others, less 1.
    pub(crate) fn lift(&self) -> f64 {
        self.lift
    }

    fn carry_out(&self, engine: &Engine) -> Result<f64, Failure> {
        let market = &engine.market;
        let all = holders(market, &engine.world.merchants, self.on);
        let kept = |id: &u32| is_treated(market, *id, self.on, TREATED);
        let treated: BTreeSet<u32> = all.iter().copied().filter(kept).collect();
        let others: Vec<u32> = all.iter().copied().filter(|id| !treated.contains(id)).collect();
        let (mut with, mut without) = (engine.fork()?, engine.fork()?);
        withdraw(&mut with.merchants, &others);
        withdraw(&mut without.merchants, &all);
        let mut sums = [[Sums::default(); 2]; 2];
        for day in 0..self.ticks {
            for (fork, sums) in [&mut with, &mut without].into_iter().zip(&mut sums) {
                let tallies = engine.step_fork(fork)?.listings;
                if self.outcome == ToolOutcome::Sales || day >= RETURN_DAYS {
                    self.add(engine, &tallies, &treated, sums);
                }
            }
        }
        let [with, without] = sums.map(|arms| arms.map(|sums| sums.value(self.outcome)));
        Ok(with[0] / without[0] / (with[1] / without[1]) - 1.0)
    }

    /// Adds a tick: treated listings first, those of all other merchants second.
    fn add(&self, engine: &Engine, tallies: &Listings, treated: &BTreeSet<u32>, sums: &mut [Sums; 2]) {
        for (l, listing) in engine.market.catalog.listings.iter().enumerate() {
            if listing.live == (self.mode == SalesMode::Live) {
                let arm = &mut sums[usize::from(!treated.contains(&listing.merchant))];
                arm.orders += tallies.orders[l];
                arm.gmv += tallies.gmv[l];
                arm.refunds += tallies.refunds[l];
            }
        }
    }
}

/// Whether a merchant is treated in an experiment of a tick in which a share of them is.
pub(crate) fn is_treated(market: &Bazaar, merchant: u32, tick: u32, share: f64) -> bool {
    f64::from(market.seed.words(Purpose::Probe, u64::from(merchant), u64::from(tick), MERCHANT_KEY).uniform(0)) < share
}

/// Sums of an arm.
#[derive(Clone, Copy, Default)]
struct Sums {
    orders: i64,
    gmv: i64,
    refunds: i64,
}

impl Sums {
    fn value(self, outcome: ToolOutcome) -> f64 {
        match outcome {
            ToolOutcome::Sales => self.orders as f64,
            ToolOutcome::Returns => self.refunds as f64 / self.gmv as f64,
        }
    }
}

/// The gain in issues per hour on a day.
pub(crate) struct IssuesTrial {
    on: u32,
    gain: f64,
}

impl IssuesTrial {
    pub(crate) fn new(on: u32) -> Self {
        Self { on, gain: f64::NAN }
    }

    /// Looks at it if `engine` is about to run its tick.
    pub(crate) fn before_tick(&mut self, engine: &Engine) {
        if engine.world.tick.0 == self.on {
            self.gain = mean_assistance(&engine.market, &engine.world.merchants, self.on);
        }
    }

    /// Mean gain of the merchants who hold a tool.
    pub(crate) fn gain(&self) -> f64 {
        self.gain
    }
}
