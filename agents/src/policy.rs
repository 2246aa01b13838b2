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
    /// Below the lowest rival by a step until the floor, then back up: Edgeworth cycles.
    Undercut {
        /// Share of the rival's price by which it is undercut, 0 to 0.5.
        step: f64,
        /// Least margin over unit cost and commission, share of the price, 0 to 0.95.
        floor_margin: f64,
        /// Margin of the price to which it relents at the floor, share of the price, above `floor_margin`, at most 0.95.
        relent_margin: f64,
        /// Probability of relenting in a revision at the floor, 0 to 1.
        #[serde(default = "half")]
        relent: f64,
        /// Age of the rival prices in ticks, 1 to 28.
        #[serde(default = "one")]
        lag: u32,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// Climbs the profit that follows from an elasticity learned from the own prices and sales.
    Gradient {
        /// Largest relative move of a revision, and twice the trial move around it, 0.001 to 0.2.
        step: f64,
        /// Revisions that the estimate remembers, 2 to 1000.
        #[serde(default = "memory")]
        memory: f64,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// Q-learning on a grid of prices, with the own and the lowest rival's price as the state (Calvano et al. 2020).
    #[serde(rename = "q-learning")]
    QLearning {
        /// Weight of a new experience, 0 to 1.
        #[serde(default = "alpha")]
        alpha: f64,
        /// Weight of the future for each revision, 0 to 0.999.
        #[serde(default = "discount")]
        discount: f64,
        /// Decay of exploration: a random price is tried with probability exp(-decay x revisions), 0 to 1.
        #[serde(default = "decay")]
        decay: f64,
        /// Factor on the profit that logit demand lets expect from each price, as the first value of the table, 0 to 10.
        #[serde(default = "full")]
        initial: f64,
        /// Prices as multiples of the break-even price, ascending, 2 to 15 of them; empty: nine around the margin of a seller
        /// without rivals for attention.
        #[serde(default)]
        grid: Vec<f64>,
        /// Ticks between revisions, 1 to 365.
        interval: u32,
    },
    /// A multi-armed bandit over a grid of prices.
    Bandit {
        /// How prices are tried.
        rule: BanditRule,
        /// Prices as multiples of the break-even price, ascending, 2 to 15 of them; empty: nine around the margin of a seller
        /// without rivals for attention.
        #[serde(default)]
        grid: Vec<f64>,
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

fn half() -> f64 {
    0.5
}

fn full() -> f64 {
    1.0
}

fn one() -> u32 {
    1
}

fn memory() -> f64 {
    26.0
}

fn alpha() -> f64 {
    0.15
}

fn discount() -> f64 {
    0.95
}

fn decay() -> f64 {
    0.02
}

/// A judgement: a piece that waits for a week costs 2 % of itself in capital, space and age.
fn salvage() -> f64 {
    0.98
}

/// Rules of a bandit (Auer, Cesa-Bianchi, Freund, Schapire 2002; Auer, Cesa-Bianchi, Fischer 2002).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BanditRule {
    /// Exponential weights with exploration: makes no assumption on how demand moves.
    Exp3 {
        /// Share of revisions that try any price, above 0 to 1.
        gamma: f64,
    },
    /// The price with the highest upper confidence bound: assumes that demand stays.
    Ucb {
        /// Width of the bound; sqrt(2) is UCB1; 0 to 10.
        width: f64,
    },
}

/// Whether a merchant joins the promotions that it is invited to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ParticipationPolicy {
    /// All of them.
    #[default]
    Always,
    /// None.
    Never,
    /// Those whose expected lift of sales pays for the merchant's part of the discount; decided anew each week.
    Profitable {
        /// Rise of profit that is asked for, share of the profit without the promotion, 0 to 10.
        hurdle: f64,
    },
}

/// When a merchant leaves the market for good.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ExitPolicy {
    /// Never, whatever it loses.
    #[default]
    Never,
    /// When its capital and all that it has earned since are gone.
    Insolvent,
    /// When its capital is gone, or after so many weeks with a loss in a row.
    Losses {
        /// Weeks with a loss in a row, 1 to 520.
        weeks: u32,
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
    /// Newsvendor with periodic review: order up to the quantile of demand that balances lost margin and unsold pieces.
    Newsvendor {
        /// Probability of meeting all demand until the next delivery, 0.01 to 0.999; by default from margin and salvage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        critical_ratio: Option<f64>,
        /// Share of the unit cost that an unsold piece still has when the next delivery is due, 0 to 0.99; it loses the rest.
        #[serde(default = "salvage")]
        salvage: f64,
        /// Ticks between orders, 1 to 60.
        review: u32,
        /// Ticks until a delivery arrives, 1 to 60.
        lead_time: u32,
    },
}
