//! Price instruments: what they do, for whom, who pays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Date, Days, Share};

use super::default;

/// A price instrument.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// What it does to the price.
    pub kind: Instrument,
    /// Share of the discount that the platform pays; the merchant pays the rest.
    #[serde(default = "default::full")]
    pub platform_share: Share,
    /// Categories it is valid in; empty: all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Segments it is offered to; empty: all.
    #[serde(default)]
    pub segments: Vec<String>,
    /// Shoppers it is offered to among these: all, paying members of the platform, or those who have never bought there.
    #[serde(default)]
    pub audience: Audience,
    /// Share of eligible listings that take part (keyed by listing).
    #[serde(default = "default::full")]
    pub participation: Share,
    /// Largest discount per line; absent: none. For a price protection the largest refund, for a commission relief the largest relief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Largest discount per check-out, for threshold and cross-shop discounts (per shop and per check-out); absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_cap: Option<Amount>,
    /// Place among the rules of its stage, 0 to 100; smaller applies first, equals in the order of the file. Stages: price on the
    /// shelf, then the line of a shopper, then the check-out.
    #[serde(default)]
    #[schemars(range(max = 100))]
    pub stacking: u8,
    /// Name of a group of rules of which at most one is used, the one that leaves the least to pay: per line, or per check-out for
    /// threshold and cross-shop discounts. Absent: it combines with all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<String>,
    /// Who pays the platform's share: its own budget, or the strategy budget (which sets depth and pace).
    pub budget: PromotionBudget,
    /// First day; absent: the start of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, included; absent: the end of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Whether the subsidy is taken back when the line is returned.
    #[serde(default = "default::yes")]
    pub clawback: bool,
}

/// Who may use a rule.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody.
    #[default]
    All,
    /// Paying members of the platform.
    Members,
    /// Shoppers who have never bought on the platform.
    New,
}

/// Kinds of price instruments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Instrument {
    /// A discount for holders: each shopper holds one with probability `reach` (keyed by shopper and week). A holder may leave it unused.
    Coupon {
        /// Share of the price.
        discount: Share,
        /// Probability of holding one.
        reach: Share,
    },
    /// A discount for paying members of the platform, who may leave it unused.
    MemberCoupon {
        /// Share of the price.
        discount: Share,
    },
    /// A discount on the price for everybody.
    InstantDiscount {
        /// Share of the price.
        discount: Share,
    },
    /// The gap to the lowest price of the same product on another platform: subsidy, or price matching with a lag and a floor.
    GapToLowest {
        /// Share of the gap that is paid.
        share: Share,
        /// Paid on top: share of the price below the lowest.
        #[serde(default)]
        below: Share,
        /// Age of the other prices, 0d (the quotes of the tick) to 28d.
        #[serde(default = "default::no_days")]
        lag: Days,
        /// Share of the list price below which it never goes.
        #[serde(default)]
        floor: Share,
    },
    /// `discount` off for each full `threshold` of the lines of one shop in a check-out.
    ThresholdDiscount {
        /// Price that must be reached.
        threshold: Amount,
        /// Money off for each full threshold.
        discount: Amount,
    },
    /// `discount` off for each full `threshold` of all lines of a check-out, whatever their shops.
    CrossShopDiscount {
        /// Price that must be reached.
        threshold: Amount,
        /// Money off for each full threshold.
        discount: Amount,
    },
    /// A deposit in the window of the rule that counts `expansion` times toward the price; the balance is paid and the goods are
    /// shipped later. Forfeited if not completed, refunded if out of stock.
    Presale {
        /// How much is paid at once.
        deposit: Deposit,
        /// What the deposit counts for, in deposits, 1 to 10.
        #[schemars(range(min = 1.0, max = 10.0), extend("x-unit" = "deposits"))]
        expansion: f64,
        /// First day on which the balance is paid, after the first day of the window.
        pay_from: Date,
        /// Last day on which it is paid; shoppers are spread evenly over the days.
        pay_to: Date,
    },
    /// The difference is paid back if the price on the shelf falls below that of the purchase. It changes no price when it is bought.
    PriceProtection {
        /// Days after the purchase, 1 to 60.
        #[schemars(range(min = 1, max = 60), extend("x-unit" = "days"))]
        days: u32,
        /// Probability that a shopper asks for it.
        claims: Share,
    },
    /// Part of the commission on covered lines is given back to the merchant.
    CommissionRelief {
        /// Share of the commission.
        share: Share,
    },
    /// Part of the delivery fee (`logistics.delivery_fee`) of covered lines is paid for the shopper.
    DeliverySubsidy {
        /// Share of the fee.
        share: Share,
    },
}

/// The deposit of a presale, at most half of the price.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deposit {
    /// Share of the price.
    Share(Share),
    /// So much a line.
    Amount(Amount),
}

/// Where the platform's share of a promotion comes from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PromotionBudget {
    /// A baseline programme: this much of real money per day, unspent money lapses; the same in all arms.
    PerDay(Amount),
    /// The strategy budget: the strategy sets depth (the stated discount is depth 1) and the limit of each tick.
    Strategy,
}
