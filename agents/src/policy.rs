//! The policies that a scenario can choose, as data: one enum for each decision, one variant for each policy.
//!
//! Owns names and parameters. What a policy does lives in the file of its decision (`pricing`, `stock`, `strategy`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a merchant sets list prices.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PricingPolicy {
    /// The price of the first tick for ever.
    Fixed,
    /// Unit cost times (1 + markup), gross of commission, revised as costs and commission move.
    CostPlus {
        /// Markup on unit cost, 0 to 20.
        markup: f64,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// The lowest rival price seen `lag` ticks ago, never below the floor.
    Match {
        /// Age of the rival prices in ticks, 1 to 28.
        lag: u32,
        /// Least margin over unit cost and commission, share of the price, 0 to 0.95.
        floor_margin: f64,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// The best reply to logit demand with the market's parameters and the own share as last observed.
    BestResponse {
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// Raises the price when sales beat their own average and lowers it when they fall short, never below the margin.
    TargetMargin {
        /// Least margin over unit cost and commission, share of the price, 0 to 0.95.
        margin: f64,
        /// Relative step, 0 to 0.2.
        step: f64,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// The reference market's rule: up by the step when the listing sold more than the mean listing, down otherwise.
    Nudge {
        /// Relative step, 0 to 0.2.
        step: f64,
    },
}

/// How a merchant holds stock of a listing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StockPolicy {
    /// Never out of stock.
    #[default]
    Unlimited,
    /// So many units at the start and none after.
    Once {
        /// Units per listing.
        units: u32,
    },
    /// (s, S): when stock and orders under way fall to `reorder_days` of mean sales, order up to `level_days` of mean sales.
    ReorderUpTo {
        /// s, in days of mean sales.
        reorder_days: f64,
        /// S, in days of mean sales; above s.
        level_days: f64,
        /// Ticks until a delivery arrives, 1 to 60.
        lead_time: u32,
    },
}
