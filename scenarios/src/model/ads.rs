//! Advertising: what a platform sells, and how the merchants of a group buy it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Date, Days, Share};

use super::default;

/// Paid slots on the pages of a platform, sold by auction for each page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ads {
    /// Who pays what for a click.
    pub auction: Auction,
    /// Positions on the page that are sold, 0 first, rising, below `ranking.shown`; at most 8 of them, `[]` sells none.
    pub slots: Vec<u32>,
    /// Least price of a click, above 0 yuan.
    pub reserve: Amount,
    /// Weight of the predicted click-through rate in the rank, 0 (bids alone) to 1 (expected payment): rank by bid x rate^quality.
    #[schemars(range(min = 0.0, max = 1.0), extend("x-source" = "squashing: Lahaie and Pennock 2007"))]
    pub quality: f64,
    /// How much easier a click is than a purchase: factor from the odds of buying an offer instead of leaving to the odds of clicking
    /// on it, 1 to 1000.
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub click: f64,
    /// Cost guarantee (成本保障): what a campaign pays beyond its target comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<CostGuarantee>,
}

impl Default for Ads {
    /// Generalised second price for every third position from the first on, ten fen at least. A click is ten times as easy as a
    /// purchase: a judgement; a mission stands for several sessions, so that rates are higher than those of single impressions.
    fn default() -> Self {
        Self {
            auction: Auction::Gsp,
            slots: vec![0, 3, 6],
            reserve: Amount::from_micros(100_000),
            quality: 1.0,
            click: 10.0,
            guarantee: None,
        }
    }
}

/// Who pays what for a click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auction {
    /// Generalised second price: the least that keeps the slot.
    #[default]
    Gsp,
    /// Vickrey, Clarke, Groves: what the others lose; nobody gains by bidding anything but the value of a click.
    Vcg,
    /// First price: the own bid.
    FirstPrice,
}

/// Cost guarantee of campaigns with a target (ROI, net ROI, cost per order, whole-site). Days of a boost and of search money of a content
/// budget do not count.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CostGuarantee {
    /// Share of cost above the target that is borne by the merchant; beyond it all of the excess comes back.
    pub tolerance: Share,
    /// Length of a period, at least a tick.
    pub period: Days,
    /// Ad orders of a period from which it is due, 1 to 100000; the usual terms ask for enough orders to judge by.
    #[schemars(range(min = 1, max = 100_000), extend("x-unit" = "orders"))]
    pub least_orders: u32,
}

impl Default for CostGuarantee {
    /// A fifth too much is borne, by the week, from five orders on: the order of the usual terms, a judgement.
    fn default() -> Self {
        Self { tolerance: Share(0.2), period: Days(7.0), least_orders: 5 }
    }
}

/// How the merchants of a group advertise. A campaign is a merchant on a platform that sells slots.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advertiser {
    /// How it bids for a click.
    pub bidding: Bidding,
    /// What a campaign may pay: a merchant that sells on two platforms with slots has a budget on each.
    pub budget: AdBudget,
    /// How bids are held to the budget.
    #[serde(default)]
    pub pacing: Pacing,
    /// Whole-site item promotion (全站推广), for those who adopt it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_site: Option<WholeSite>,
    /// One-key boost (一键起量).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boost: Option<Boost>,
    /// Share of the ad cost of an order (mean of two weeks, over paid and organic orders) that the merchant counts in its marginal
    /// cost when it sets prices; for the policies that look at their margin. 0: prices are set as if clicks were free.
    #[serde(default)]
    pub pass_on: Share,
}

/// How a merchant bids for a click.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bidding {
    /// The same bid for every click.
    Manual {
        /// Bid, above 0 yuan.
        bid: Amount,
    },
    /// As many clicks as the budget buys (最大化拿量).
    MaximiseVolume,
    /// GMV of ad orders over spend (控投产比).
    TargetRoi {
        /// Target, above 0 to 1000. Below 1 / (margin x (1 - return rate)) an ad order loses money.
        #[schemars(range(min = 0.01, max = 1000.0))]
        roi: f64,
    },
    /// Spend per ad order (控成本).
    TargetCpa {
        /// Target, above 0 yuan.
        cost: Amount,
    },
    /// GMV of ad orders less what comes back, over spend (净投产比).
    NetTargetRoi {
        /// Target, above 0 to 1000. Below 1 / margin an ad order loses money.
        #[schemars(range(min = 0.01, max = 1000.0))]
        roi: f64,
    },
    /// What outcomes are worth to the merchant (多目标).
    MultiObjective {
        /// An ad order.
        orders: Amount,
        /// On top, one of a shopper who does not have the merchant in mind.
        #[serde(default)]
        new_shoppers: Amount,
        /// A line put into the cart and kept (收藏加购).
        #[serde(default)]
        favourites: Amount,
        /// Relative rise of the bid per relative rise of sales of three days over those of two weeks, 0 to 10.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 10.0))]
        growth: f64,
    },
}

/// Budget of a campaign, a merchant on a platform. Unspent money is carried for a week, so that a click may cost more than a day's budget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AdBudget {
    /// Yuan a day of the simulated merchant, on each platform that sells slots and on which it sells: on three of them it may spend three
    /// times as much.
    PerDay(Amount),
    /// Share of its expected GMV on the platform, for each platform that sells slots.
    Sales(Share),
}

/// How bids are held to the budget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Pacing {
    /// Not at all: bids stand until the purse is empty, and clicks of a day beyond it are free.
    None,
    /// Multiplicative dual pacing: bids x exp(step x (1 - spend / planned spend)) each tick, at most the bid itself.
    Dual {
        /// Step, 0.001 to 2.
        #[serde(default = "default::pacing_step")]
        #[schemars(range(min = 0.001, max = 2.0), extend("x-source" = "Balseiro and Gur 2019; the size is a judgement"))]
        step: f64,
    },
    /// A PID controller on 1 - spend / planned spend.
    Pid {
        /// Proportional gain, 0 to 2.
        #[serde(default = "default::pacing_step")]
        #[schemars(range(min = 0.0, max = 2.0))]
        proportional: f64,
        /// Integral gain, 0 to 2.
        #[serde(default = "default::integral_gain")]
        #[schemars(range(min = 0.0, max = 2.0))]
        integral: f64,
        /// Derivative gain, 0 to 2.
        #[serde(default = "default::derivative_gain")]
        #[schemars(range(min = 0.0, max = 2.0))]
        derivative: f64,
    },
}

impl Default for Pacing {
    /// Dual pacing with a moderate step.
    fn default() -> Self {
        Self::Dual { step: default::pacing_step() }
    }
}

/// Whole-site item promotion (万相台无界 全站推广): one target over paid and organic sales, items picked and bids fitted to each page by
/// the platform's AI.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeSite {
    /// Target: GMV of all sales of the promoted items, paid and organic, over spend, above 0 to 1000.
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub roi: f64,
    /// Share of the merchants that have it at the start.
    #[serde(default)]
    pub adopted: Share,
    /// Probability that a merchant adopts it in a week, without anybody's example.
    #[serde(default)]
    pub hazard: Share,
    /// What is added to it where everybody has it, in proportion to the share that does.
    #[serde(default)]
    #[schemars(extend("x-source" = "diffusion: Bass 1969"))]
    pub imitation: Share,
    /// Share of a merchant's listings on a platform that are promoted at a time, at least one.
    #[serde(default = "default::full")]
    pub items: Share,
    /// Clicks below which an item counts as new (cold start), 0 to 100000. Half of the promoted places are kept for new items, by lot.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100_000.0), extend("x-unit" = "clicks in the memory of two weeks"))]
    pub cold_start: f64,
    /// Platforms that sell it, of those that sell slots and on which the group sells; `[]`: all of them. Elsewhere an adopter bids as
    /// `bidding` says.
    #[serde(default)]
    pub platforms: Vec<String>,
}

/// One-key boost: for some days more money and a lower target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Boost {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Money beyond the budget, yuan a day of the simulated merchant, on each platform of the boost on which it sells; 0 yuan: no boost.
    pub budget: Amount,
    /// Share by which the target is relaxed: bids rise by 1 / (1 - relax); below 100 %.
    #[serde(default)]
    pub relax: Share,
    /// Platforms on which it runs, of those that sell slots and on which the group sells; `[]`: all of them.
    #[serde(default)]
    pub platforms: Vec<String>,
}
