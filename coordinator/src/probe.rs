//! Experiments inside a run: a copy of the world is treated, and what it does is compared with a copy that is not.
//!
//! Owns who is treated and for how long. Both copies share every draw with the run, so that only the treatment differs; the run
//! itself goes on untouched. Treated listings are keyed by (seed, listing, tick).

use std::collections::BTreeSet;
use std::ops::Range;

use agents::market::Bazaar;
use sim_core::draw::Purpose;
use sim_core::rows::OrderRow;
use sim_core::tick::World;

use crate::engine::Engine;
use crate::exit::Failure;

/// Shoppers whose orders are followed where orders are needed one by one: as many as fit in memory with their rows.
const FOLLOWED_SHOPPERS: f64 = 50_000.0;

/// What is done to treated listings for a tick.
#[derive(Clone, Copy)]
pub(crate) struct Treatment {
    /// Factor of their list prices.
    pub(crate) price: f64,
    /// Utility of a message about them to every shopper.
    pub(crate) message: f32,
}

impl Treatment {
    /// Another price and no message.
    pub(crate) fn price(factor: f64) -> Treatment {
        Treatment { price: factor, message: 0.0 }
    }
}

/// Random listings treated in two ways for a tick, in two copies of the world; each tick anew.
pub(crate) struct PriceProbe {
    /// Engine ticks in which it is carried out.
    pub(crate) ticks: Range<u32>,
    /// Share of listings treated.
    pub(crate) listings: f64,
    /// In the first and in the second copy.
    pub(crate) treatments: [Treatment; 2],
    /// Shipped orders of treated listings in both.
    orders: [i64; 2],
}

impl PriceProbe {
    pub(crate) fn new(ticks: Range<u32>, listings: f64, treatments: [Treatment; 2]) -> Self {
        Self { ticks, listings, treatments, orders: [0; 2] }
    }

    /// Carries it out in the tick that `engine` is about to run, if that is one of its ticks.
    pub(crate) fn before_tick(&mut self, engine: &Engine) -> Result<(), Failure> {
        if !self.ticks.contains(&engine.world.tick.0) {
            return Ok(());
        }
        let treated = treated(&engine.market, engine.world.tick.0, self.listings);
        for (orders, treatment) in self.orders.iter_mut().zip(self.treatments) {
            let mut fork = engine.fork()?;
            treat(&engine.market, &mut fork, &treated, treatment);
            let sold = engine.step_fork(&mut fork)?.listings.orders;
            *orders += treated.iter().map(|&listing| sold[listing]).sum::<i64>();
        }
        Ok(())
    }

    /// Log ratio of orders over log ratio of prices: an arc elasticity.
    pub(crate) fn elasticity(&self) -> f64 {
        let [first, second] = self.treatments;
        self.ratio().ln() / (first.price / second.price).ln()
    }

    /// Orders of the first copy over those of the second.
    pub(crate) fn ratio(&self) -> f64 {
        self.orders[0] as f64 / self.orders[1] as f64
    }
}

/// A tick of promotion of random listings, and what those who bought promoted items pay in the ticks after it.
pub(crate) struct MemoryProbe {
    /// Engine tick of the promotion.
    pub(crate) on: u32,
    /// Share of the list price that is taken off.
    pub(crate) discount: f64,
    /// Share of listings promoted.
    pub(crate) listings: f64,
    /// Ticks after it.
    pub(crate) ticks: u32,
    /// Change of the mean price paid, once it was carried out.
    change: f64,
}

impl MemoryProbe {
    pub(crate) fn new(on: u32, discount: f64, listings: f64, ticks: u32) -> Self {
        Self { on, discount, listings, ticks, change: f64::NAN }
    }

    /// Carries it out if `engine` is about to run its tick.
    pub(crate) fn before_tick(&mut self, engine: &mut Engine) -> Result<(), Failure> {
        if engine.world.tick.0 != self.on {
            return Ok(());
        }
        let shoppers = engine.market.plan.agents() as f64;
        let sample = std::mem::replace(&mut engine.market.sample, (f64::from(u32::MAX) * (FOLLOWED_SHOPPERS / shoppers).min(1.0)) as u32);
        let done = self.carry_out(engine);
        engine.market.sample = sample;
        self.change = done?;
        Ok(())
    }

    /// Geometric mean of the price paid over the price level of its category, treated over not treated, less 1.
    pub(crate) fn change(&self) -> f64 {
        self.change
    }

    fn carry_out(&self, engine: &Engine) -> Result<f64, Failure> {
        let promoted = treated(&engine.market, self.on, self.listings);
        let (mut with, mut without) = (engine.fork()?, engine.fork()?);
        treat(&engine.market, &mut with, &promoted, Treatment::price(1.0 - self.discount));
        let first = orders_of_tick(engine, &mut with)?;
        orders_of_tick(engine, &mut without)?;
        let buyers: BTreeSet<u64> =
            first.iter().filter(|row| promoted.binary_search(&(row.listing as usize)).is_ok()).map(|row| row.shopper).collect();
        let (mut treated, mut control) = (MeanLog::default(), MeanLog::default());
        for _ in 0..self.ticks {
            for (fork, mean) in [(&mut with, &mut treated), (&mut without, &mut control)] {
                let rows = orders_of_tick(engine, fork)?;
                rows.iter().filter(|row| buyers.contains(&row.shopper)).for_each(|row| mean.add(&engine.market, row));
            }
        }
        Ok((treated.value() - control.value()).exp() - 1.0)
    }
}

/// Mean of ln(paid / price level of the category).
#[derive(Default)]
struct MeanLog {
    sum: f64,
    orders: f64,
}

impl MeanLog {
    fn add(&mut self, market: &Bazaar, row: &OrderRow) {
        let category = market.catalog.listings[row.listing as usize].category;
        let level = f64::from(market.epochs[0].categories[category as usize].price_level);
        self.sum += (row.paid.max(1) as f64 / level).ln();
        self.orders += 1.0;
    }

    fn value(&self) -> f64 {
        self.sum / self.orders
    }
}

/// Runs a tick of a copy; the shipped orders of followed shoppers, in the order of shards.
fn orders_of_tick(engine: &Engine, fork: &mut World<Bazaar>) -> Result<Vec<OrderRow>, Failure> {
    engine.step_fork(fork)?;
    let rows = fork.shoppers.iter_mut().flat_map(|shard| shard.take_events().orders);
    Ok(rows.filter(|row| *row.outcome == *"shipped").collect())
}

/// Listings treated in a tick, in order.
fn treated(market: &Bazaar, tick: u32, share: f64) -> Vec<usize> {
    let draw = |listing: &usize| f64::from(market.seed.words(Purpose::Probe, *listing as u64, u64::from(tick), 0).uniform(0));
    (0..market.catalog.listings.len()).filter(|listing| draw(listing) < share).collect()
}

/// Treats listings, and shows the market with them. Like quality, a message counts for whoever meets the offer, and for its rank.
fn treat(market: &Bazaar, world: &mut World<Bazaar>, listings: &[usize], treatment: Treatment) {
    for &listing in listings {
        let price = &mut world.view.state.prices[listing];
        *price = (f64::from(*price) * treatment.price).round().clamp(1.0, f64::from(u32::MAX)) as u32;
    }
    let params = market.params(&world.view);
    world.view.publish(&market.catalog, params);
    for &listing in listings {
        world.view.offers[listing].quality += treatment.message;
    }
}
