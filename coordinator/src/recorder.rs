//! Rows of a cell on their way to the tables.
//!
//! Owns the cadence of the tables: daily, weekly, at a census. Guarantees that a table that is off is not computed, and that
//! rows come in the order of ticks and then of ids. Leaves out what a row holds and how it is stored.

use std::collections::BTreeSet;

use agents::loss::churn_rows;
use agents::merchant::WEEK_TICKS;
use agents::record::{Census, merchant_ticks, shopper_panel};
use results::{KpiSummary, RunWriter};
use sim_core::rows::{
    AssistantTick, CapabilityTick, ChurnRow, LedgerTick, ListingTick, MerchantTick, MissionRow, OrderRow, PlatformTick, Row, SegmentTick,
    ShopperRow,
};

use crate::engine::{Engine, Step};
use crate::exit::Failure;

/// Records one cell.
pub(crate) struct Recorder<'a> {
    writer: &'a mut RunWriter,
    tables: &'a BTreeSet<&'static str>,
    /// Ticks between censuses.
    census: u32,
    /// Ticks of the calendar.
    ticks: u32,
    summary: KpiSummary,
}

impl<'a> Recorder<'a> {
    /// A recorder of a cell that `writer` has begun.
    pub(crate) fn new(writer: &'a mut RunWriter, tables: &'a BTreeSet<&'static str>, census: u32, ticks: u32) -> Self {
        Self { writer, tables, census, ticks, summary: KpiSummary::default() }
    }

    /// Whether rows need the list prices from before the tick.
    pub(crate) fn wants_prices(&self) -> bool {
        self.writes::<ListingTick>()
    }

    /// Writes the rows of a tick.
    pub(crate) fn record(&mut self, engine: &mut Engine, step: &Step) -> Result<(), Failure> {
        let Some(tick) = step.tick else {
            take_events(engine);
            return Ok(());
        };
        let is_last = tick + 1 == self.ticks;
        let takes_census = (tick + 1).is_multiple_of(self.census) || is_last;
        let census = takes_census.then(|| Census::take(&engine.market, &mut engine.world, step.engine_tick));
        self.daily(engine, step, tick, census.as_ref())?;
        self.events(engine)?;
        if (step.engine_tick + 1).is_multiple_of(WEEK_TICKS) || is_last {
            self.weekly(engine, step, tick)?;
        }
        Ok(self.writer.end_tick(tick)?)
    }

    /// The KPIs of the cell.
    pub(crate) fn finish(self) -> KpiSummary {
        self.summary
    }

    fn daily(&mut self, engine: &Engine, step: &Step, tick: u32, census: Option<&Census>) -> Result<(), Failure> {
        let observation = engine.observation(step, tick, census);
        let platforms = observation.platform_ticks();
        platforms.iter().for_each(|row| self.summary.add(row));
        self.push::<PlatformTick>(|| platforms)?;
        self.push::<SegmentTick>(|| observation.segment_ticks())?;
        self.push::<CapabilityTick>(|| observation.capability_ticks())?;
        self.push::<AssistantTick>(|| observation.assistant_ticks())?;
        self.push::<LedgerTick>(|| observation.ledger_ticks())?;
        let stock = |listing: usize| engine.world.merchants.listings[listing].stock;
        self.push::<ListingTick>(|| observation.listing_ticks(&step.prices, stock, &step.ticked.listings))
    }

    fn weekly(&mut self, engine: &mut Engine, step: &Step, tick: u32) -> Result<(), Failure> {
        self.push::<MerchantTick>(|| merchant_ticks(&engine.market, tick, &engine.world))?;
        self.push::<ChurnRow>(|| churn_rows(&engine.market, tick, &engine.world, &step.ticked.totals))?;
        self.push::<ShopperRow>(|| shopper_panel(&engine.market, tick, &mut engine.world))
    }

    fn events(&mut self, engine: &mut Engine) -> Result<(), Failure> {
        let (mut orders, mut missions) = take_events(engine);
        orders.sort_by_key(|row| row.shopper);
        missions.sort_by_key(|row| row.shopper);
        self.push::<OrderRow>(|| orders)?;
        self.push::<MissionRow>(|| missions)
    }

    fn push<R: Row>(&mut self, rows: impl FnOnce() -> Vec<R>) -> Result<(), Failure> {
        if self.writes::<R>() {
            for row in rows() {
                self.writer.push(&row)?;
            }
        }
        Ok(())
    }

    fn writes<R: Row>(&self) -> bool {
        self.tables.contains(R::TABLE)
    }
}

/// The event rows of all shards, in their order.
fn take_events(engine: &mut Engine) -> (Vec<OrderRow>, Vec<MissionRow>) {
    let (mut orders, mut missions) = (Vec::new(), Vec::new());
    for shard in &mut engine.world.shoppers {
        let events = shard.take_events();
        orders.extend(events.orders);
        missions.extend(events.missions);
    }
    (orders, missions)
}
