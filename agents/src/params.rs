//! Compiled parameters: what the scenario says, in the units that the kernels use.
//!
//! Utilities are already divided by mu; money is in money units of the simulated market (extensive money is divided by scale).

use crate::content::params::{ContentParams, ContentProgramme};
use crate::instrument::{Promotion, Stacking};
use crate::policy::{ExitPolicy, ParticipationPolicy, PricingPolicy, StockPolicy};

mod ads;
mod ai;
mod assistant;
mod operation;
mod service;
mod strategy;

pub use ads::{
    AD_SLOTS, AdBudget, AdParams, AdvertiserParams, Auction, Bidding, BoostParams, DEAREST_BID, GuaranteeParams, Pacing, SoldOn,
    WholeSiteParams, Worth,
};
pub use ai::{AiParams, AiProgrammeParams, FunctionParams, StageParams, TalentProgrammeParams};
pub use assistant::{ASSISTANTS, AssistantParams, REVIEW_TICKS};
pub use operation::{ExitParams, ExperienceParams, RaiseParams, StaffParams};
pub use service::{AuthorityParams, DeskParams, InquiryParams, MerchantServiceParams, ProactiveParams, ToolParams, ToolStaff};
pub use strategy::{AdaptiveParams, Bandit, BudgetParams, CHECKS, DELIVERY, Objective, STAFFING, StrategyParams, WarParams};

/// Most platforms of a market.
pub const PLATFORMS: usize = 4;
/// Most segments: a shopper's rate class is one byte, 32 levels for each segment.
pub const SEGMENTS: usize = 8;
/// Levels of the visit rate within a segment.
pub const RATE_LEVELS: usize = 32;
/// Most candidates recalled for a page.
pub const RECALLED: usize = 64;
/// Most offers shown on a page.
pub const SHOWN: usize = 16;
/// Dimensions of taste.
pub const TASTE: usize = 8;
/// Most days that a promise of delivery waits for capacity.
pub const LONGEST_WAIT_DAYS: f64 = 30.0;
/// AI functions of this version. A scenario that does not name one of the last two leaves it idle.
pub const FUNCTIONS: [&str; 5] = ["matching", "service", "logistics", "ads", "content"];
/// AI functions that every scenario has: an empty portfolio is even over these and the others that are named.
pub const LASTING_FUNCTIONS: usize = 3;
/// A value for each AI function, in the order of [`FUNCTIONS`].
pub type ByFunction<T> = [T; FUNCTIONS.len()];
/// Index of matching in [`FUNCTIONS`].
pub const MATCHING: usize = 0;
/// Index of service in [`FUNCTIONS`].
pub const SERVICE: usize = 1;
/// Index of logistics in [`FUNCTIONS`].
pub const LOGISTICS: usize = 2;
/// Index of advertising in [`FUNCTIONS`].
pub const ADS: usize = 3;
/// Index of content in [`FUNCTIONS`].
pub const CONTENT: usize = 4;

/// All parameters that a shock may move.
#[derive(Clone, Debug)]
pub struct Params {
    /// First tick at which they hold.
    pub from_tick: u32,
    /// Offer and platform choice.
    pub choice: ChoiceParams,
    /// Learning and forgetting.
    pub memory: MemoryParams,
    /// By segment.
    pub segments: Vec<SegmentParams>,
    /// By category.
    pub categories: Vec<CategoryParams>,
    /// By platform.
    pub platforms: Vec<PlatformParams>,
    /// How shoppers collect lines in a cart.
    pub cart: CartParams,
    /// The market for AI inputs.
    pub ai: AiParams,
    /// Probability that an experience is told to a neighbour.
    pub messages_per_order: f32,
    /// Weight of a heard experience in satisfaction.
    pub influence: f32,
    /// Channels of content, the funnel, and what stages do.
    pub content: ContentParams,
    /// Questions before a purchase.
    pub inquiry: InquiryParams,
    /// Assistants of shoppers.
    pub assistants: Vec<AssistantParams>,
}

/// Weights of the utilities; all but the platform-choice terms are divided by mu.
#[derive(Clone, Debug)]
pub struct ChoiceParams {
    /// Scale of the logit shocks, in utils.
    pub mu: f32,
    /// Utility of leaving.
    pub outside: f32,
    /// Weight of summed promotion fatigue on leaving.
    pub outside_fatigue: f32,
    /// Weight of quality.
    pub quality: f32,
    /// Utility per standard deviation of match (raw scale: per unit of match).
    pub taste: f32,
    /// Weight of a merchant in the evoked set.
    pub evoked: f32,
    /// Disutility per day of promised delivery.
    pub delivery: f32,
    /// Weight of the platform's service level.
    pub service: f32,
    /// Price in logs (relative to the category's price level) instead of linear.
    pub log_price: bool,
    /// Money units per unit of linear price utility.
    pub price_scale: f32,
    /// Extra weight of the part of the price above the reference price.
    pub loss_aversion: f32,
    /// Share of the true match in what a shopper perceives on the shelf.
    pub inspection: f32,
    /// The same in a live stream.
    pub inspection_live: f32,
    /// Platform choice: weight of learned inclusive value.
    pub inclusive_value: f32,
    /// Platform choice: weight of habit.
    pub habit: f32,
    /// Platform choice: weight of satisfaction.
    pub satisfaction: f32,
    /// Platform choice: weight of the credited advertised deal.
    pub deal: f32,
    /// Platform choice: weight of fatigue times advertised deal.
    pub fatigue: f32,
    /// Platform choice: utility of a platform of which one is a paying member.
    pub membership: f32,
    /// Probability of a further mission after a storable purchase in an announced sale, per share of the price saved and unit
    /// of deal proneness.
    pub buy_ahead: f32,
}

/// Learning and forgetting.
#[derive(Clone, Debug)]
pub struct MemoryParams {
    /// Habit gained by a purchase.
    pub habit_gain: f32,
    /// Share of habit left after n ticks, n = 0, 1, ...
    pub habit_left: Vec<f32>,
    /// Fatigue gained by a purchase.
    pub fatigue_gain: f32,
    /// Fatigue gained by a visit per unit of advertised deal.
    pub fatigue_gain_deal: f32,
    /// Share of fatigue left after n ticks.
    pub fatigue_left: Vec<f32>,
    /// Weight of a new visit in learned inclusive value.
    pub inclusive_value_gain: f32,
    /// Weight of a new experience in satisfaction.
    pub satisfaction_gain: f32,
    /// Weight of a new price in the reference price.
    pub reference_price_gain: f32,
    /// Days of need that a storable purchase covers.
    pub stock_days: f32,
    /// Strength that a purchase adds to a merchant in the evoked set, 0 to 1.
    pub evoked_gain: f32,
    /// Weight of a visit in the credit of advertised deals.
    pub deal_credit_gain: f32,
    /// Share of pent-up needs that is taken up in a tick in which nothing is waited for.
    pub release: f32,
    /// Experience of a delivered line: constant.
    pub experience_base: f32,
    /// Experience per standard deviation of true match.
    pub experience_match: f32,
    /// Experience per standard deviation by which the true match beats the perceived one.
    pub experience_surprise: f32,
    /// Experience per day of delivery beyond the promise.
    pub experience_delay: f32,
    /// Experience of a contact that was not resolved (subtracted).
    pub experience_unresolved: f32,
}

/// How shoppers collect lines in a cart; off with one line or no days.
#[derive(Clone, Copy, Debug)]
pub struct CartParams {
    /// Most lines of a check-out, 1 to [`crate::stacking::LINES`].
    pub lines: usize,
    /// What a day of waiting is worth to a shopper, money units per line.
    pub waiting_cost: f64,
    /// Most ticks for which a line is kept.
    pub max_ticks: u32,
}

impl CartParams {
    /// Whether lines are kept at all.
    #[inline]
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.lines > 1 && self.max_ticks > 0
    }
}

/// A segment of shoppers.
#[derive(Clone, Debug)]
pub struct SegmentParams {
    /// Utility of each platform beside what is learned.
    pub loyalty: [f32; PLATFORMS],
    /// Weight of advertised deals.
    pub deal_proneness: f32,
    /// Probability of comparing with one more platform.
    pub multi_homing: f32,
    /// Probability of going on to the next offer of a page.
    pub patience: f32,
    /// Share of storable and durable needs put off on the eve of an announced sale.
    pub deferral: f32,
    /// Factor on the weight of a merchant in the evoked set.
    pub brand_weight: f32,
    /// Utility of an offer in a live stream, over mu.
    pub live_preference: f32,
    /// Factor on the weights of fatigue.
    pub fatigue_sensitivity: f32,
    /// Basket weights over categories (relative, not normalised).
    pub basket: Vec<f64>,
}

/// A category.
#[derive(Clone, Debug)]
pub struct CategoryParams {
    /// Price level: median list price at the start, money units.
    pub price_level: f32,
    /// Logit of the return rate on the shelf and live at a match as expected; `None` is never.
    pub return_logit: [Option<f32>; 2],
    /// Whether a purchase fills a stock at home.
    pub storable: bool,
    /// Whether a need can wait for a sale: storable and durable goods.
    pub deferrable: bool,
}

/// A platform.
#[derive(Clone, Debug)]
pub struct PlatformParams {
    /// Commission, ppm of the price after merchant discounts.
    pub take_rate_ppm: u32,
    /// Payment fee, ppm of the price after merchant discounts.
    pub payment_fee_ppm: u32,
    /// Fixed cost per tick, money units.
    pub fixed_cost: i64,
    /// Candidates recalled; 0 recalls the whole cell.
    pub recall: u32,
    /// Offers shown.
    pub shown: u32,
    /// Recall in proportion to popularity.
    pub by_popularity: bool,
    /// Drop repeated candidates.
    pub distinct: bool,
    /// Weight of estimated match in the ranking, relative to utility.
    pub rank_taste: f32,
    /// Weight of price in the ranking, relative to utility.
    pub rank_price: f32,
    /// Weight of quality in the ranking, relative to utility.
    pub rank_quality: f32,
    /// Delivery days at q = 0.
    pub delivery_days: f64,
    /// Days saved at q = 1.
    pub days_saved: f64,
    /// Delivery cost of a line at q = 0, money units.
    pub delivery_cost: f64,
    /// Share of delivery cost saved at q = 1.
    pub cost_saved: f64,
    /// Share of delivery cost borne by the platform, ppm.
    pub delivery_platform_ppm: u32,
    /// Parcels per line.
    pub parcels_per_line: f64,
    /// Probability that an order is cancelled before shipment.
    pub cancelled: f32,
    /// The same in an announced sale.
    pub cancelled_festival: f32,
    /// Ticks between delivery and return.
    pub return_ticks: u32,
    /// Logit points of return per standard deviation of disappointment.
    pub return_gap: f32,
    /// Handling of a returned line, money units.
    pub return_cost: i64,
    /// Share of unit cost left in a returned line, ppm.
    pub salvage_ppm: u32,
    /// Contacts per delivered line.
    pub contacts: f32,
    /// Cost of a contact answered by a person, money units.
    pub contact_cost_person: i64,
    /// Cost of a contact answered by AI.
    pub contact_cost_ai: i64,
    /// Response time of people, minutes.
    pub minutes_person: f64,
    /// Response time of AI, minutes.
    pub minutes_ai: f64,
    /// Share of contacts that people resolve.
    pub resolved_person: f32,
    /// Share of contacts that AI resolves at q = 1.
    pub resolved_ai: f32,
    /// What AI does to the people in service.
    pub staff: StaffParams,
    /// Lines that can be dispatched in a tick; 0 is any number.
    pub capacity: i64,
    /// Share of capacity added at full logistics performance.
    pub capacity_gain: f64,
    /// What experience money buys.
    pub experience: ExperienceParams,
    /// Whether budgets rise on their own.
    pub raise: RaiseParams,
    /// When it leaves the market.
    pub exit: ExitParams,
    /// Fee that a check-out below `free_above` pays, money units; 0: delivery is free.
    pub delivery_fee: i64,
    /// Price of a check-out from which delivery is free, money units.
    pub free_above: i64,
    /// Promotions in the order of the file: a rule is known by its place here.
    pub promotions: Vec<Promotion>,
    /// The order in which they apply.
    pub stacking: Stacking,
    /// Baseline AI programme.
    pub ai: AiProgrammeParams,
    /// Strategy.
    pub strategy: StrategyParams,
    /// Paid membership, if the platform has one.
    pub membership: Option<MembershipParams>,
    /// Paid slots on its pages, if it sells any.
    pub ads: Option<AdParams>,
    /// People at the service desk; without them people answer at their own pace, however many call.
    pub desk: Option<DeskParams>,
    /// What service AI may decide alone; without it, everything that it resolves.
    pub authority: Option<AuthorityParams>,
    /// Reaching out after a bad experience.
    pub proactive: Option<ProactiveParams>,
    /// Share of unresolved contacts that become disputes.
    pub disputes: f32,
    /// Cost of a dispute to the platform, money units.
    pub dispute_cost: i64,
}

/// A paid membership.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MembershipParams {
    /// Fee for a year, money units of a shopper.
    pub fee: i64,
    /// Ticks of a year.
    pub year_ticks: u32,
    /// Share of spending that a shopper expects to save by the benefits of a member that are not price rules.
    pub benefit: f32,
    /// Probability of joining at a purchase where the expected saving beats the fee.
    pub join: f32,
}

/// Policies of a merchant group.
#[derive(Clone, Debug)]
pub struct GroupParams {
    /// Name in the tables.
    pub name: std::sync::Arc<str>,
    /// Prices.
    pub pricing: PricingPolicy,
    /// Stock.
    pub stock: StockPolicy,
    /// Fixed cost of a merchant per tick, money units.
    pub fixed_cost: i64,
    /// Cost of changing one list price, money units.
    pub menu_cost: i64,
    /// Promotions.
    pub participation: ParticipationPolicy,
    /// Money of a merchant at the start, money units.
    pub capital: i64,
    /// When it gives up.
    pub exit: ExitPolicy,
    /// How those outside come in.
    pub entry: Option<EntryParams>,
    /// How it chooses platforms.
    pub platform_choice: Option<PlatformChoiceParams>,
    /// How it advertises, where platforms sell slots.
    pub ads: Option<AdvertiserParams>,
    /// Its content programme.
    pub content: Option<ContentProgramme>,
    /// Its customer service.
    pub service: Option<MerchantServiceParams>,
}

/// How the dormant merchants of a group enter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryParams {
    /// Probability of entering in a week in which the expected profit is `profit`.
    pub hazard: f64,
    /// Expected profit of a week at which the hazard holds, money units.
    pub profit: i64,
}

/// How the merchants of a group choose platforms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlatformChoiceParams {
    /// Ticks between reviews of a merchant.
    pub review: u32,
    /// Cost of a listing per tick, paid to the platform, millionths of a money unit.
    pub listing_micros: i64,
    /// Cost of opening a shop on a platform, money units.
    pub joining_cost: i64,
    /// Ticks of expected profit that must pay the joining cost.
    pub payback: u32,
    /// Probability of acting on a favourable review.
    pub rate: f64,
}

impl PlatformChoiceParams {
    /// Cost of a listing per tick, money units.
    #[must_use]
    pub fn listing_cost(&self) -> f64 {
        self.listing_micros as f64 * 1e-6
    }

    /// Fee of a listing in a tick, whole money units: over the ticks they add up to the cost, whatever fraction of a unit it is.
    #[must_use]
    pub fn listing_fee(&self, tick: u32, listing: u32) -> i64 {
        let by = |ticks: u64| i128::from(self.listing_micros) * i128::from(ticks) / 1_000_000;
        let ticks = u64::from(tick) + u64::from(listing); // spreads the days of payment over listings
        (by(ticks + 1) - by(ticks)) as i64
    }
}

impl Params {
    /// Ticks that hold every event of a line: more than the longest delivery and the longest return.
    #[must_use]
    pub fn horizon(&self) -> usize {
        let wait = |p: &PlatformParams| if p.capacity > 0 { LONGEST_WAIT_DAYS } else { 0.0 };
        let longest = |p: &PlatformParams| ((p.delivery_days + wait(p)) * 1.5 / self.ai.tick_days) as usize + 2;
        let protection = |p: &PlatformParams| p.promotions.iter().map(Promotion::protection_ticks).max().unwrap_or(0) as usize + 1;
        self.platforms.iter().map(|p| longest(p).max(p.return_ticks as usize + 1).max(protection(p))).max().unwrap_or(0) + 1
    }
}

/// How many missions a shopper sets out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missions {
    /// Poisson.
    Poisson,
    /// At most one.
    Bernoulli,
}

impl MemoryParams {
    /// Nothing is learned and nothing forgotten: the base of textbook markets and tests.
    #[must_use]
    pub fn off() -> MemoryParams {
        MemoryParams {
            habit_gain: 0.0,
            habit_left: vec![1.0],
            fatigue_gain: 0.0,
            fatigue_gain_deal: 0.0,
            fatigue_left: vec![1.0],
            inclusive_value_gain: 0.0,
            satisfaction_gain: 0.0,
            reference_price_gain: 0.0,
            stock_days: 0.0,
            evoked_gain: 0.0,
            deal_credit_gain: 0.0,
            release: 1.0,
            experience_base: 0.0,
            experience_match: 0.0,
            experience_surprise: 0.0,
            experience_delay: 0.0,
            experience_unresolved: 0.0,
        }
    }
}
