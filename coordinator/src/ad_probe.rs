//! The advertising experiment: bids of some merchants are raised for a tick in a copy of the world, and their sales are compared with
//! those of a copy in which they are not.
//!
//! Guarantees that both copies share every draw, so that only bids differ; the run itself goes on untouched. Treated merchants are
//! keyed by (seed, merchant, tick).

use std::ops::Range;

use agents::ads::bid::Bid;
use agents::market::Bazaar;
use sim_core::tick::World;

use crate::engine::Engine;
use crate::exit::Failure;
use crate::trial::is_treated;

/// Bids of random merchants raised for a tick, against the same tick without it; each tick anew.
pub(crate) struct AdProbe {
    /// Engine ticks in which it is carried out.
    ticks: Range<u32>,
    /// Share of merchants treated.
    merchants: f64,
    /// Factor of their bids.
    factor: f64,
    /// Sales of the treated as they are, and with the higher bids.
    sales: [Sales; 2],
}

/// What treated merchants sold and what their clicks cost.
#[derive(Clone, Copy, Default)]
struct Sales {
    orders: i64,
    charges: i64,
}

impl AdProbe {
    pub(crate) fn new(ticks: Range<u32>, merchants: f64, change: f64) -> Self {
        Self { ticks, merchants, factor: 1.0 + change, sales: [Sales::default(); 2] }
    }

    /// Carries it out in the tick that `engine` is about to run, if that is one of its ticks.
    pub(crate) fn before_tick(&mut self, engine: &Engine) -> Result<(), Failure> {
        if !self.ticks.contains(&engine.world.tick.0) {
            return Ok(());
        }
        let treated = treated(&engine.market, engine.world.tick.0, self.merchants);
        for (sales, factor) in self.sales.iter_mut().zip([1.0, self.factor]) {
            let mut fork = engine.fork()?;
            raise(&engine.market, &mut fork, &treated, factor);
            let sold = engine.step_fork(&mut fork)?.listings;
            sales.orders += treated.iter().map(|&listing| sold.orders[listing]).sum::<i64>();
            sales.charges += treated.iter().filter_map(|&listing| sold.ads.charges.get(listing)).sum::<i64>();
        }
        Ok(())
    }

    /// Log ratio of orders over log ratio of what clicks cost; no number where nobody pays for clicks.
    pub(crate) fn elasticity(&self) -> f64 {
        let [as_they_are, raised] = self.sales;
        let rise = |of: fn(&Sales) -> i64| (of(&raised) as f64 / of(&as_they_are) as f64).ln();
        rise(|sales| sales.orders) / rise(|sales| sales.charges)
    }
}

/// Listings of the merchants treated in a tick, in order.
fn treated(market: &Bazaar, tick: u32, share: f64) -> Vec<usize> {
    let listings = market.catalog.listings.iter().enumerate();
    listings.filter(|(_, listing)| is_treated(market, listing.merchant, tick, share)).map(|(place, _)| place).collect()
}

/// Multiplies bids, and shows the market with them.
fn raise(market: &Bazaar, world: &mut World<Bazaar>, listings: &[usize], factor: f64) {
    for &listing in listings {
        let bid = world.view.state.bids[listing];
        let amount = (f64::from(bid.amount()) * factor).min(f64::from(Bid::LARGEST)) as u32;
        world.view.state.bids[listing] = if bid.is_smart() { Bid::smart(amount) } else { Bid::flat(amount) };
    }
    let params = market.params(&world.view);
    world.view.publish(&market.catalog, params);
}
