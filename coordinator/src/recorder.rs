//! Rows of a cell on their way to the tables.
//!
//! Owns the cadence of the tables: daily, weekly, at a census. Guarantees that a table that is off is not computed, and that
//! rows come in the order of ticks and then of ids. Leaves out what a row holds and how it is stored.

use std::collections::BTreeSet;

use agents::loss::{departures, departures_nowhere, lost_sales};
use agents::merchant::WEEK_TICKS;
use agents::record::{Census, merchant_ticks, shopper_panel};
use results::{CellWriter, KpiSummary, OpenRows};
use sim_core::exchange::{Exchange, Parcel, Phase};
use sim_core::rows::{
    AssistantTick, CapabilityTick, ChannelTick, ChurnRow, FunnelTick, LedgerTick, ListingTick, MerchantFunnelTick, MerchantTick,
    MissionRow, OrderRow, PlatformTick, Row, SegmentTick, ShopperRow,
};

use crate::engine::{Broken, Engine, Step};
use crate::exit::Failure;

/// Where rows go.
pub(crate) trait Target {
    /// Takes a row of the tick in progress; `key` orders rows within the tick.
    fn push<R: Row>(&mut self, key: u64, row: &R) -> Result<(), Failure>;
    /// The tick is over.
    fn end_tick(&mut self, tick: u32) -> Result<(), Failure>;
}

impl Target for CellWriter {
    fn push<R: Row>(&mut self, _: u64, row: &R) -> Result<(), Failure> {
        Ok(CellWriter::push(self, row)?)
    }
    fn end_tick(&mut self, tick: u32) -> Result<(), Failure> {
        Ok(CellWriter::end_tick(self, tick)?)
    }
}

impl Target for OpenRows {
    fn push<R: Row>(&mut self, key: u64, row: &R) -> Result<(), Failure> {
        OpenRows::push(self, key, row);
        Ok(())
    }
    fn end_tick(&mut self, _: u32) -> Result<(), Failure> {
        Ok(())
    }
}

/// Records one cell.
pub(crate) struct Recorder<'a, T> {
    target: &'a mut T,
    tables: &'a BTreeSet<&'static str>,
    /// Ticks between censuses.
    census: u32,
    /// Ticks of the calendar.
    ticks: u32,
    /// Whether rows that every member could write are written here.
    is_scribe: bool,
    summary: &'a mut KpiSummary,
}

impl<'a, T: Target> Recorder<'a, T> {
    /// A recorder of a cell that `target` has begun; KPIs are added to `summary`.
    pub(crate) fn new(
        target: &'a mut T,
        tables: &'a BTreeSet<&'static str>,
        (census, ticks): (u32, u32),
        is_scribe: bool,
        summary: &'a mut KpiSummary,
    ) -> Self {
        Self { target, tables, census, ticks, is_scribe, summary }
    }

    /// Whether rows need the list prices from before the tick.
    pub(crate) fn wants_prices(&self) -> bool {
        self.writes::<ListingTick>()
    }

    /// Writes the rows of a tick.
    pub(crate) fn record(&mut self, engine: &mut Engine, step: &Step, exchange: &mut impl Exchange) -> Result<(), Broken> {
        let Some(tick) = step.tick else {
            take_events(engine);
            return Ok(());
        };
        let is_last = tick + 1 == self.ticks;
        let takes_census = (tick + 1).is_multiple_of(self.census) || is_last;
        let census = takes_census.then(|| Census::take(&engine.market, &mut engine.world, step.engine_tick));
        let census = census.map(|part| exchange.exchange(Phase::Census, Parcel::of_sum(part))).transpose().map_err(Broken::Exchange)?;
        let census = census.as_ref().map(|parcel| &parcel.everyone);
        self.write(engine, step, tick, census, is_last).map_err(Broken::Failed)
    }

    fn write(&mut self, engine: &mut Engine, step: &Step, tick: u32, census: Option<&Census>, is_last: bool) -> Result<(), Failure> {
        self.daily(engine, step, tick, census)?;
        self.events(engine)?;
        if (step.engine_tick + 1).is_multiple_of(WEEK_TICKS) || is_last {
            self.weekly(engine, step, tick)?;
        }
        self.target.end_tick(tick)
    }

    fn daily(&mut self, engine: &Engine, step: &Step, tick: u32, census: Option<&Census>) -> Result<(), Failure> {
        let observation = engine.observation(step, tick, census);
        let platforms = observation.platform_ticks();
        platforms.iter().for_each(|row| self.summary.add(row));
        if self.is_scribe {
            self.push::<PlatformTick>(|| platforms, |_| 0)?;
            self.push::<SegmentTick>(|| observation.segment_ticks(), |_| 0)?;
            self.push::<CapabilityTick>(|| observation.capability_ticks(), |_| 0)?;
            self.push::<AssistantTick>(|| observation.assistant_ticks(), |_| 0)?;
            self.push::<LedgerTick>(|| observation.ledger_ticks(), |_| 0)?;
            self.push::<ChannelTick>(|| observation.channel_ticks(), |_| 0)?;
            self.push::<FunnelTick>(|| observation.funnel_ticks(), |_| 0)?;
            self.push::<MerchantFunnelTick>(|| observation.merchant_funnel(), |_| 0)?;
        }
        let hosted = || observation.listing_ticks(&step.prices, &engine.world.merchants, &step.ticked.listings);
        self.push::<ListingTick>(hosted, |row| row.listing.into())
    }

    fn weekly(&mut self, engine: &mut Engine, step: &Step, tick: u32) -> Result<(), Failure> {
        self.push::<MerchantTick>(|| merchant_ticks(&engine.market, tick, &engine.world), |row| row.merchant.into())?;
        self.push::<ChurnRow>(|| lost_sales(&engine.market, tick, &engine.world.merchants), |row| row.listing as u64)?;
        self.push::<ChurnRow>(|| departures(&engine.market, tick, &engine.world.merchants), departure_key)?;
        if self.is_scribe {
            self.push::<ChurnRow>(|| departures_nowhere(&engine.market, tick, &step.ticked.totals), |_| u64::MAX)?;
        }
        self.push::<ShopperRow>(|| shopper_panel(&engine.market, tick, &mut engine.world), |row| row.shopper)
    }

    fn events(&mut self, engine: &mut Engine) -> Result<(), Failure> {
        let (mut orders, mut missions) = take_events(engine);
        orders.sort_by_key(|row| row.shopper);
        missions.sort_by_key(|row| row.shopper);
        self.push::<OrderRow>(|| orders, |row| row.shopper)?;
        self.push::<MissionRow>(|| missions, |row| row.shopper)
    }

    fn push<R: Row>(&mut self, rows: impl FnOnce() -> Vec<R>, key: impl Fn(&R) -> u64) -> Result<(), Failure> {
        if self.writes::<R>() {
            for row in rows() {
                self.target.push(key(&row), &row)?;
            }
        }
        Ok(())
    }

    fn writes<R: Row>(&self) -> bool {
        self.tables.contains(R::TABLE)
    }
}

/// Place of a row of departures in its tick: after those of lost sales, by listing, then by merchant.
fn departure_key(row: &ChurnRow) -> u64 {
    let [items, shops] = [1 << 33, 1 << 34];
    if row.listing >= 0 { items + row.listing as u64 } else { shops + row.merchant as u64 }
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
