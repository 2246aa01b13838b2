//! A trial of service tools inside a run, as in the field: shoppers whose shops have the tool, against the same shoppers without it.
//!
//! Owns who gets the tool and what is compared. Both copies share every draw with the run; the run itself goes on untouched. In the
//! field a random half of the shoppers of a platform is treated and all shops of the treated have the tool; here each shopper is
//! treated in one copy and not in the other, so that no draw is left between the two groups.

use agents::market::Bazaar;
use agents::metric::Listings;
use agents::service::ToolUse;
use agents::service::trial::{assign, candidates, mean_assistance};
use scenarios::{SalesMode, ToolOutcome};
use sim_core::draw::Purpose;

use crate::engine::Engine;
use crate::exit::Failure;

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

    /// The outcome with the tool over that without, less 1.
    pub(crate) fn lift(&self) -> f64 {
        self.lift
    }

    fn carry_out(&self, engine: &Engine) -> Result<f64, Failure> {
        let shops = candidates(&engine.market, &engine.world.merchants);
        let outcome = |tool: ToolUse| -> Result<f64, Failure> {
            let (mut fork, mut sums) = (engine.fork()?, Sums::default());
            assign(&mut fork.merchants, &shops, tool);
            for day in 0..self.ticks {
                let tallies = engine.step_fork(&mut fork)?.listings;
                if self.outcome == ToolOutcome::Sales || day >= RETURN_DAYS {
                    self.add(engine, &tallies, &shops, &mut sums);
                }
            }
            Ok(sums.value(self.outcome))
        };
        Ok(outcome(ToolUse::HandedOut)? / outcome(ToolUse::GivenUp)? - 1.0)
    }

    /// Adds what the shops, in order, sold in a tick.
    fn add(&self, engine: &Engine, tallies: &Listings, shops: &[u32], sums: &mut Sums) {
        for (l, listing) in engine.market.catalog.listings.iter().enumerate() {
            if listing.live == (self.mode == SalesMode::Live) && shops.binary_search(&listing.merchant).is_ok() {
                sums.orders += tallies.orders[l];
                sums.gmv += tallies.gmv[l];
                sums.refunds += tallies.refunds[l];
            }
        }
    }
}

/// Whether a merchant is treated in an experiment of a tick in which a share of them is.
pub(crate) fn is_treated(market: &Bazaar, merchant: u32, tick: u32, share: f64) -> bool {
    f64::from(market.seed.words(Purpose::Probe, u64::from(merchant), u64::from(tick), MERCHANT_KEY).uniform(0)) < share
}

/// What is summed over ticks and listings.
#[derive(Default)]
struct Sums {
    orders: i64,
    gmv: i64,
    refunds: i64,
}

impl Sums {
    fn value(&self, outcome: ToolOutcome) -> f64 {
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
