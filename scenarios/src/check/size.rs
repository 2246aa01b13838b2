//! Whether a run fits into memory and into 64-bit money.

use sim_core::units::Distribution;

use super::{Check, at};
use crate::build::DEAREST;
use crate::forecast::forecast;
use crate::problem::Problem;

/// Most memory that a run may ask for.
const MAX_BYTES: u128 = 64 << 30;
/// Sums of money must stay this far below the range of a 64-bit integer.
const HEADROOM: f64 = 16.0;

impl Check<'_> {
    pub(super) fn size(&mut self) {
        self.prices_fit();
        self.fees_fit();
        let forecast = forecast(self.scenario);
        if forecast.memory_bytes > MAX_BYTES {
            let gib = forecast.memory_bytes as f64 / f64::from(1 << 30);
            let problem = Problem::new("the market does not fit into memory")
                .found(format!(
                    "{gib:.0} GiB for {} shoppers (about 160 bytes each) and {} listings",
                    self.scenario.population.shoppers, forecast.listings
                ))
                .expected("at most 64 GiB")
                .help("let each shopper stand for more people: lower `population.shoppers`");
            self.report(at!["population", "shoppers"], problem);
        }
        let dearest = self.scenario.catalog.categories.values().map(|category| typical_high(&category.price)).fold(0.0, f64::max);
        let sales = forecast.shopper_days as f64 * self.visits_a_day() * dearest * f64::from(self.scenario.money_unit);
        if sales > i64::MAX as f64 / HEADROOM {
            let problem = Problem::new("sales of the run do not fit into 64-bit money")
                .found(format!("up to {sales:.1e} money units"))
                .expected(format!("at most {:.1e}", i64::MAX as f64 / HEADROOM))
                .help("lower `money_unit`, `population.shoppers` or prices");
            self.report(at!["money_unit"], problem);
        }
    }

    /// List prices are 32-bit: the typical high of a category, in money units, must fit twice.
    fn prices_fit(&mut self) {
        let unit = f64::from(self.scenario.money_unit);
        for (name, category) in &self.scenario.catalog.categories {
            let high = typical_high(&category.price) * unit;
            if high > DEAREST {
                let problem = Problem::new("prices do not fit into 32 bits")
                    .found(format!("prices up to {high:.1e} money units at {unit} units per yuan"))
                    .expected(format!("at most {DEAREST:.1e}"))
                    .help("lower `money_unit`, or the price distribution");
                self.report(at!["catalog", "categories", name, "price"], problem);
            }
        }
    }

    /// So is what a line costs with its delivery.
    fn fees_fit(&mut self) {
        let unit = f64::from(self.scenario.money_unit);
        for (name, platform) in &self.scenario.platforms {
            let fee = platform.logistics.delivery_fee.fee.micros() as f64 * 1e-6 * unit;
            if fee > DEAREST {
                let problem = Problem::new("the delivery fee does not fit into 32 bits")
                    .found(format!("{fee:.1e} money units at {unit} units per yuan"))
                    .expected(format!("at most {DEAREST:.1e}"))
                    .help("lower `money_unit`, or the fee");
                self.report(at!["platforms", name, "logistics", "delivery_fee", "fee"], problem);
            }
        }
    }

    fn visits_a_day(&self) -> f64 {
        self.scenario.population.segments.values().map(|segment| segment.share.0 * segment.visit_rate.mean().min(8.0)).sum()
    }
}

/// A price that few exceed.
fn typical_high(price: &Distribution) -> f64 {
    let high = match price {
        Distribution::Normal { mean, sd } => mean + 4.0 * sd,
        bounded if bounded.support().1.is_finite() => bounded.support().1,
        unbounded => 4.0 * unbounded.mean(),
    };
    high.min(1e6)
}
