//! Rows and runs for the tests of this crate.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use results::{CellRecord, CellWriter, Execution, Existing, Manifest, Outcome, RunInfo, RunWriter, WriterOptions, catalogue};
use sim_core::rows::{Column, Kind, PlatformTick, Row, Sink, TABLES};

/// A row of the `T`-th table with irregular values that depend on `seed`.
pub(crate) struct Generated<const T: usize> {
    pub(crate) tick: u32,
    pub(crate) seed: u64,
}

/// A value of a generated row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    U32(u32),
    U64(u64),
    I64(i64),
    F64(Option<f64>),
    Text(String),
}

impl<const T: usize> Generated<T> {
    pub(crate) fn values(&self) -> Vec<Value> {
        let columns = TABLES[T].2;
        (0_u64..).zip(columns).map(|(index, column)| self.value(index, column)).collect()
    }

    fn value(&self, index: u64, column: &Column) -> Value {
        if column.name == "tick" {
            return Value::U32(self.tick);
        }
        let noise = (self.seed * 1_000 + index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        match column.kind {
            Kind::U32 => Value::U32(noise as u32),
            Kind::U64 => Value::U64(noise),
            Kind::I64 | Kind::Money => Value::I64(noise as i64 >> (noise % 60)),
            Kind::F64 if noise.is_multiple_of(3) => Value::F64(None),
            Kind::F64 => Value::F64(Some((noise as i64) as f64 / 1e9)),
            Kind::Text => Value::Text(["淘宝", "", "JD", "拼多多 \"x\""][(noise % 4) as usize].to_owned()),
        }
    }
}

impl<const T: usize> Row for Generated<T> {
    const TABLE: &'static str = TABLES[T].0;
    const DOC: &'static str = TABLES[T].1;
    const COLUMNS: &'static [Column] = TABLES[T].2;

    fn tick(&self) -> u32 {
        self.tick
    }

    fn emit(&self, sink: &mut impl Sink) {
        for value in self.values() {
            match value {
                Value::U32(value) => sink.u32(value),
                Value::U64(value) => sink.u64(value),
                Value::I64(value) => sink.i64(value),
                Value::F64(value) => sink.f64(value.unwrap_or(f64::NAN)),
                Value::Text(value) => sink.text(&value),
            }
        }
    }
}

pub(crate) fn run_info(ticks: u32) -> RunInfo {
    RunInfo {
        name: "test".to_owned(),
        scenario_hash: "0123abcd".to_owned(),
        program_version: "0.1.0".to_owned(),
        seed: 20_251_111,
        shoppers: 3_000,
        people: 1_000_000,
        scale: 1_000_000.0 / 3_000.0,
        money_unit: 100,
        ticks,
        tick_days: 1.0,
        start: NaiveDate::from_ymd_opt(2025, 9, 1).unwrap(),
    }
}

pub(crate) fn options(ticks: u32, block: u32, existing: Existing) -> WriterOptions {
    let tables: BTreeSet<_> = catalogue().iter().map(|spec| spec.name).collect();
    WriterOptions { run: run_info(ticks), block, tables, existing }
}

pub(crate) fn outcome() -> Outcome {
    Outcome {
        arms: vec!["baseline".to_owned()],
        replications: 1,
        cells: vec![CellRecord {
            arm: "baseline".to_owned(),
            replication: 0,
            digest: "ff00".to_owned(),
            tick_digests: vec!["00".to_owned(), "ff00".to_owned()],
        }],
        kpis: Vec::new(),
        execution: Execution { wall_seconds: 1.25, threads: 2, workers: 1, lost_workers: vec![], build: "0123456789abcdef".to_owned() },
    }
}

/// Writes a run of one cell with two tables of generated rows.
pub(crate) fn write_run(dir: &Path, existing: Existing) -> Manifest {
    let mut writer = RunWriter::create(dir, options(5, 2, existing)).unwrap();
    writer.write_text("scenario.yaml", "bazaar: 1\n").unwrap();
    write_cell(&mut writer, "baseline", 5);
    writer.write_text("mechanisms.json", "{}\n").unwrap();
    writer.finish(outcome()).unwrap()
}

pub(crate) fn write_cell(writer: &mut RunWriter, arm: &str, ticks: u32) {
    let mut cell = writer.begin(arm, 0);
    for tick in 0..ticks {
        push_tick(&mut cell, tick);
        cell.end_tick(tick).unwrap();
    }
    writer.end(cell).unwrap();
}

pub(crate) fn push_tick(cell: &mut CellWriter, tick: u32) {
    for seed in 0..7 {
        cell.push(&Generated::<0> { tick, seed: seed + u64::from(tick) * 7 }).unwrap();
        cell.push(&Generated::<6> { tick, seed }).unwrap();
    }
}

/// Every file below `dir`, relative, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { pending.push(path) } else { found.push(path.strip_prefix(dir).unwrap().to_owned()) }
        }
    }
    found.sort();
    found
}

/// A row of the KPI table with round numbers, to be changed by the test.
pub(crate) fn platform_tick(platform: &str, tick: u32) -> PlatformTick {
    PlatformTick {
        tick,
        platform: Arc::from(platform),
        missions: 0,
        visits: 0,
        orders: 0,
        cancelled_orders: 0,
        shipped_orders: 0,
        parcels: 0.0,
        backlog: 0,
        gmv: 0,
        shipped_gmv: 0,
        refunds: 0,
        net_gmv: 0,
        paid: 0,
        merchant_discount: 0,
        subsidy: 0,
        clawback: 0,
        checkouts: 0,
        kept_lines: 0,
        abandoned_lines: 0,
        delivery_fees: 0,
        presale_deposits: 0,
        deposits_forfeited: 0,
        protection_refunds: 0,
        commission_relief: 0,
        commission: 0,
        fulfilment_cost: 0,
        service_cost: 0,
        ai_spend: 0,
        strategy_spend: 0,
        strategy_subsidy: 0,
        strategy_ai: 0,
        strategy_experience: 0,
        raised_budget: 0,
        first_party_profit: 0,
        platform_profit: 0,
        operating_profit: 0,
        merchant_profit: 0,
        merchant_gross_margin: f64::NAN,
        returned_orders: 0,
        returned_shelf: 0,
        returned_live: 0,
        delivered_shelf: 0,
        delivered_live: 0,
        stockouts: 0,
        refused_subsidies: 0,
        contacts: 0,
        self_resolved: 0,
        person_contacts: 0,
        service_response_time: f64::NAN,
        delivery_days: f64::NAN,
        conversion_rate: f64::NAN,
        average_order_value: f64::NAN,
        average_basket_value: f64::NAN,
        take_rate: f64::NAN,
        subsidy_rate: f64::NAN,
        return_rate: f64::NAN,
        gmv_share: f64::NAN,
        hhi: f64::NAN,
        price_index: f64::NAN,
        price_dispersion: f64::NAN,
        consumer_surplus: 0,
        contribution: 0,
        deferred_missions: 0,
        released_missions: 0,
        ahead_missions: 0,
        members: f64::NAN,
        joined_members: 0,
        lapsed_members: 0,
        membership_fees: 0,
        new_shoppers: 0,
        block_shoppers: 0,
        churned_shoppers: 0,
        retention: f64::NAN,
        satisfaction: f64::NAN,
        promotion_fatigue: f64::NAN,
        active_shoppers: f64::NAN,
        multi_homing_share: f64::NAN,
        active_merchants: 40,
        active_listings: 90,
        entered_merchants: 1,
        exited_merchants: 2,
        listing_fees: 0,
        price_changes: 7,
        talent_wage: f64::NAN,
        matching_accuracy: f64::NAN,
        energy: 0.0,
        in_market: 1.0,
        ad_revenue: 0,
        ad_spend: 0,
        ad_refunds: 0,
        over_delivery: 0,
        boost_spend: 0,
        impressions: 0,
        clicks: 0,
        ad_orders: 0,
        ad_gmv: 0,
        cost_per_click: f64::NAN,
        click_through_rate: f64::NAN,
        acos: f64::NAN,
        roas: f64::NAN,
        whole_site_campaigns: 0,
        ad_accuracy: f64::NAN,
        content_spend: 0,
        brand_spend: 0,
        creative_cost: 0,
        content_revenue: 0,
        content_contacts: 0,
        brand_searches: 0,
        asked: 0,
        mindshare: f64::NAN,
        ask_shoppers: f64::NAN,
        lost_sales: 0,
        lost_price: 0,
        lost_assortment: 0,
        lost_match: 0,
        lost_service: 0,
        lost_delivery: 0,
        lost_quality: 0,
        lost_fatigue: 0,
        lost_rival_deal: 0,
        lost_stock_out: 0,
        lost_no_need: 0,
        departed_price: 0,
        departed_assortment: 0,
        departed_match: 0,
        departed_service: 0,
        departed_delivery: 0,
        departed_quality: 0,
        departed_fatigue: 0,
        departed_rival_deal: 0,
        departed_stock_out: 0,
        departed_no_need: 0,
        inquiries: 0,
        addressed_shoppers: 0,
        inquiry_orders: 0,
        inquiry_conversion: f64::NAN,
        unresolved_contacts: 0,
        abandoned_contacts: 0,
        disputes: 0,
        compensation: 0,
        proactive_contacts: 0,
        merchant_service_cost: 0,
        assistant_missions: 0,
        autonomous_orders: 0,
        assistant_users: f64::NAN,
        search_spend: 0,
        cart_messages: 0,
        recovered_lines: 0,
        search_lapsed: 0,
    }
}
