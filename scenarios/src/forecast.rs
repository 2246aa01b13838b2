//! What a run of a scenario will cost.
//!
//! Owns the estimates that `validate` prints and that bound a scenario. Guarantees order of magnitude, not accuracy: sizes of
//! rows are rounded up. Leaves out run time, which depends on the machine.

use agents::PricingPolicy;
use sim_core::units::Share;

use crate::model::{MerchantGroup, Scenario};

/// Size of one run: one arm, one replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Peak memory in bytes.
    pub memory_bytes: u128,
    /// Expected number of listings (products times platforms they are sold on or may come to).
    pub listings: u64,
    /// Number of merchants.
    pub merchants: u64,
    /// Number of ticks.
    pub ticks: u32,
    /// Shoppers times days.
    pub shopper_days: u128,
    /// Expected bytes of all tables.
    pub output_bytes: u128,
}

const PROGRAM_BYTES: u128 = 64 << 20;
/// State of a shopper (at most 96 bytes), open lines and working space.
const SHOPPER_BYTES: u128 = 160;
const LISTING_BYTES: u128 = 500;
const MERCHANT_BYTES: u128 = 200;

/// Estimates the size of one run.
pub fn forecast(scenario: &Scenario) -> Forecast {
    let shoppers = u128::from(scenario.population.shoppers.0);
    let groups = || scenario.catalog.merchants.values();
    let merchants_of = |group: &MerchantGroup| scenario.catalog.merchants_at(group.count, scenario.population.shoppers);
    let merchants = groups().map(merchants_of).fold(0, u64::saturating_add);
    let listings_of = |group: &MerchantGroup| merchants_of(group) as f64 * f64::from(group.products) * platforms_of(group);
    let remembered = groups().map(|group| listings_of(group).round() as u128 * memory_of(group)).sum::<u128>();
    let listings = groups().map(listings_of).sum::<f64>().round() as u64;
    let ticks = scenario.calendar.ticks();
    let days = u128::from(ticks / scenario.calendar.ticks_per_day());
    Forecast {
        memory_bytes: PROGRAM_BYTES
            + shoppers.saturating_mul(SHOPPER_BYTES)
            + u128::from(listings) * LISTING_BYTES
            + remembered
            + u128::from(merchants) * MERCHANT_BYTES,
        listings,
        merchants,
        ticks,
        shopper_days: shoppers.saturating_mul(days),
        output_bytes: output_bytes(scenario, listings, merchants, ticks, days),
    }
}

/// Bytes that the price policy of a listing remembers.
fn memory_of(group: &MerchantGroup) -> u128 {
    match &group.pricing {
        PricingPolicy::QLearning { grid, .. } => 4 * (grid.len().max(9) as u128).pow(3),
        PricingPolicy::Gradient { .. } | PricingPolicy::Bandit { .. } => 500,
        _ => 0,
    }
}

/// Expected number of platforms that a merchant of the group sells on or may come to sell on, at least one.
fn platforms_of(group: &MerchantGroup) -> f64 {
    let open = group.platform_choice.as_ref().map_or(0.0, |choice| choice.open.0);
    let shares = group.platforms.values().map(|share| share.0).filter(|share| *share > 0.0);
    let expected: f64 = shares.map(|share| share + (1.0 - share) * open).sum();
    let nowhere: f64 = group.platforms.values().map(|share| 1.0 - share.0).product();
    expected + nowhere
}

/// Tables that are off unless `outputs.tables` turns them on.
const OFF_BY_DEFAULT: [&str; 1] = ["listing_ticks"];

fn output_bytes(scenario: &Scenario, listings: u64, merchants: u64, ticks: u32, days: u128) -> u128 {
    let outputs = &scenario.outputs;
    let platforms = scenario.platforms.len() as f64;
    let segments = scenario.population.segments.len() as f64;
    let functions = scenario.ai_market.functions.len() as f64;
    let (ticks, days) = (f64::from(ticks), days as f64);
    let Share(sample) = outputs.sample;
    let sampled_days = sample * scenario.population.shoppers.0 as f64 * days;
    let shown = scenario.platforms.values().map(|platform| f64::from(platform.ranking.shown)).fold(0.0, f64::max);
    let groups = || scenario.catalog.merchants.values();
    let programmes = groups().filter(|group| group.content.is_some()).count() as f64;
    let censuses = (ticks / f64::from(outputs.census.max(1))).ceil();
    // Rows times compressed bytes a row, measured generously.
    let tables = [
        ("platform_ticks", platforms * ticks * 300.0),
        ("segment_ticks", platforms * segments * ticks * 40.0),
        ("capability_ticks", platforms * functions * ticks * 40.0),
        ("ledger_ticks", platforms * 16.0 * ticks * 12.0),
        ("merchant_ticks", merchants as f64 * platforms * (days / 7.0).ceil() * 40.0),
        ("listing_ticks", listings as f64 * ticks * 12.0),
        ("orders", sampled_days * 0.3 * 100.0),
        ("missions", sampled_days * 0.5 * shown * 1.5 * 40.0),
        ("channel_ticks", programmes * (scenario.channels.len() + 1) as f64 * ticks * 40.0),
        ("funnel_ticks", groups().count() as f64 * (platforms + 1.0) * censuses * 40.0),
        ("merchant_funnel", merchants as f64 * censuses * 30.0),
        ("shopper_panel", sampled_days / 7.0 * platforms * 20.0),
    ];
    let written = |name: &str| outputs.tables.get(name).copied().unwrap_or(!OFF_BY_DEFAULT.contains(&name));
    tables.into_iter().filter(|(name, _)| written(name)).map(|(_, bytes)| bytes).sum::<f64>() as u128
}
