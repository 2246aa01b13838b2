//! Parameters of advertising: the auction of a platform, and how the merchants of a group bid in it.

use super::PLATFORMS;

/// Largest bid, share of the list price.
pub const DEAREST_BID: f64 = 0.5;

/// Most paid slots of a page.
pub const AD_SLOTS: usize = 8;

/// Who pays what for a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auction {
    /// Generalised second price (Edelman, Ostrovsky, Schwarz 2007; Varian 2007): the least that keeps the slot.
    Gsp,
    /// Vickrey, Clarke, Groves: the value that the others lose.
    Vcg,
    /// The own bid.
    FirstPrice,
}

/// Advertising on a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct AdParams {
    /// Rule of the auction.
    pub auction: Auction,
    /// Positions on the page that are sold, 0 first, ascending; at most [`AD_SLOTS`].
    pub slots: Vec<u8>,
    /// Probability that a shopper examines each of them, ppm, not increasing.
    pub examined_ppm: Vec<u32>,
    /// Least price of a click, money units, at least 1.
    pub reserve: u32,
    /// Exponent of the predicted click-through rate in the rank, 0 to 1 (squashing: Lahaie and Pennock 2007).
    pub squash: f32,
    /// Factor from the odds of buying an offer instead of leaving to the odds of clicking on it.
    pub click_odds: f32,
    /// Whether advertising estimates matches with its own AI function; otherwise with the estimate of the ranking.
    pub own_estimate: bool,
    /// What is paid back when a target is missed.
    pub guarantee: Option<GuaranteeParams>,
}

/// Cost guarantee: what a campaign paid beyond its target comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuaranteeParams {
    /// Share of cost above the target that is borne.
    pub tolerance: f64,
    /// Ticks of a period.
    pub period: u32,
    /// Orders of a period from which it is due.
    pub least_orders: i64,
}

/// How the merchants of a group advertise; a campaign is a merchant on a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct AdvertiserParams {
    /// How it bids.
    pub bidding: Bidding,
    /// What it may pay in a tick.
    pub budget: AdBudget,
    /// How bids are held to the budget.
    pub pacing: Pacing,
    /// Whole-site promotion, for those who adopt it.
    pub whole_site: Option<WholeSiteParams>,
    /// One-key boost.
    pub boost: Option<BoostParams>,
    /// Share of the ad cost of an order that prices are set on.
    pub pass_on: f64,
}

/// How a merchant bids for a click.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bidding {
    /// The same for every click, money units.
    Manual {
        /// Money units.
        bid: f64,
    },
    /// As much as spends the budget.
    MaximiseVolume,
    /// GMV of ad orders over spend.
    TargetRoi {
        /// The target.
        roi: f64,
    },
    /// Spend per ad order.
    TargetCpa {
        /// Money units.
        cost: f64,
    },
    /// GMV of ad orders, less what comes back, over spend.
    NetTargetRoi {
        /// The target.
        roi: f64,
    },
    /// What outcomes are worth, money units.
    MultiObjective(Worth),
}

/// What the outcomes of clicks are worth to a merchant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    /// An ad order, money units.
    pub orders: f64,
    /// On top, one of a shopper who did not have the merchant in mind, money units.
    pub new_shoppers: f64,
    /// A line put into the cart and kept, money units.
    pub favourites: f64,
    /// Rise of the bid per relative rise of sales of three days over those of two weeks.
    pub growth: f64,
}

/// Budget of a campaign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AdBudget {
    /// Money units a tick.
    PerTick(i64),
    /// Share of expected GMV on the platform.
    SalesShare(f64),
}

/// How bids are held to the budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// Not at all: bids stand while there is money.
    None,
    /// Multiplicative dual pacing (Balseiro and Gur 2019).
    Dual {
        /// Step.
        step: f64,
    },
    /// A PID controller on the share of the budget that is left.
    Pid {
        /// Proportional, integral and derivative gain.
        gains: [f64; 3],
    },
}

/// Whole-site promotion: one target over paid and organic sales.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WholeSiteParams {
    /// GMV over spend, paid and organic.
    pub roi: f64,
    /// Share of merchants that have it at the start.
    pub adopted: f64,
    /// Probability of adopting it in a week without anybody's example.
    pub hazard: f64,
    /// Added where all merchants who may have it do (Bass 1969).
    pub imitation: f64,
    /// Share of a merchant's listings on a platform that are promoted at a time.
    pub items: f64,
    /// Clicks below which an item counts as new and comes first.
    pub cold_start: f64,
    /// Where it is sold.
    pub platforms: SoldOn,
}

/// Platforms on which a tool is sold, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldOn(u8);

const _: () = assert!(PLATFORMS <= u8::BITS as usize);

impl SoldOn {
    /// All platforms.
    pub const ALL: SoldOn = SoldOn(u8::MAX);

    /// These platforms alone.
    #[must_use]
    pub fn platforms(places: impl Iterator<Item = usize>) -> SoldOn {
        SoldOn(places.fold(0, |bits, p| bits | 1 << p))
    }

    /// Whether it is sold on a platform.
    #[must_use]
    pub fn has(self, platform: usize) -> bool {
        self.0 >> platform & 1 == 1
    }
}

/// One-key boost: for some ticks more money and a lower target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoostParams {
    /// First tick of the engine.
    pub from: u32,
    /// Ticks.
    pub ticks: u32,
    /// Money beyond the budget, money units a tick.
    pub budget: i64,
    /// Share by which the target is relaxed, below 1.
    pub relax: f64,
    /// Where it is sold.
    pub platforms: SoldOn,
}
