//! Who shops, and how a shopper decides, learns and talks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Count, Distribution, Share};

use super::{Inquiries, Named, default};

/// Shoppers: how many, of which kinds, how they decide.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// People in the real market.
    pub people: Count,
    /// Shoppers simulated; each stands for people / shoppers people.
    pub shoppers: Count,
    /// Shoppers per shard, 64 to 65528, a multiple of 8: the unit that is placed on threads and workers. Changing it never changes results.
    #[serde(default = "default::shard_size")]
    #[schemars(range(min = 64, max = 65_528), extend("x-unit" = "shoppers"))]
    pub shard_size: u32,
    /// How many missions a shopper sets out on in a tick.
    #[serde(default)]
    pub missions: Missions,
    /// Kinds of shoppers by name; shares add up to 1. At most 32.
    pub segments: Named<Segment>,
    /// The taste space.
    #[serde(default)]
    pub taste: Taste,
    /// How a shopper decides.
    #[serde(default)]
    pub choice: Choice,
    /// How a shopper collects lines before checking out.
    #[serde(default)]
    pub cart: Cart,
    /// What a shopper remembers.
    #[serde(default)]
    pub memory: Memory,
    /// Who talks to whom.
    #[serde(default)]
    pub social: Social,
    /// Questions before a purchase.
    #[serde(default)]
    pub inquiries: Inquiries,
    /// Whether each lost sale and each departed shopper gets a cause: the table `churn`, the KPIs `lost_*`, and what service tools of
    /// merchants act on.
    #[serde(default)]
    pub loss_attribution: bool,
}

/// Distribution of the number of missions of a shopper in a tick.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Missions {
    /// Poisson with the shopper's visit rate as mean.
    #[default]
    Poisson,
    /// At most one, with the visit rate as probability.
    Bernoulli,
}

/// A kind of shopper. Draws outside the range of a field are cut at the range.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Share of the shoppers.
    pub share: Share,
    /// Missions per day, 0 to 3 (static draw per shopper).
    #[serde(default = "default::visit_rate")]
    #[schemars(extend(
        "minimum" = 0,
        "maximum" = 3,
        "x-unit" = "missions per day",
        "x-source" = "0.5 follows from 180 parcels a shopper a year at 2.5 parcels a line and a conversion of 0.5 (State Post Bureau, CNNIC)"
    ))]
    pub visit_rate: Distribution,
    /// Price sensitivity beta, in utils per unit of price utility (static draw per shopper), 0.01 to 15.
    #[schemars(extend("minimum" = 0.01, "maximum" = 15, "x-unit" = "utils per unit of price utility"))]
    pub price_sensitivity: Distribution,
    /// Baseline loyalty per platform, utils added to the platform utility, -20 to 20; absent platforms have 0.
    #[serde(default)]
    #[schemars(extend("x-values" = { "minimum": -20, "maximum": 20 }, "x-unit" = "utils"))]
    pub loyalty: Named<f64>,
    /// Initial habit per shopper and platform, 0 to 4.
    #[serde(default = "default::zero_distribution")]
    #[schemars(extend("minimum" = 0, "maximum" = 4))]
    pub habit: Distribution,
    /// How far advertised deals move the choice of platform, 0 to 1.
    #[serde(default = "default::half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub deal_proneness: f64,
    /// Probability of looking at a second platform; a third follows with the same probability.
    #[serde(default)]
    pub multi_homing: Share,
    /// Probability of going on to the next offer of a page; 1 examines all of them.
    #[serde(default = "default::full")]
    pub patience: Share,
    /// Share of storable and durable needs that is put off on the eve of an announced sale; it falls in a straight line to 0 at
    /// the announcement, and with the credit of deals.
    #[serde(default)]
    #[schemars(extend("x-source" = "no size found: deals are waited for (Mace and Neslin 2004 find pre-promotion dips), how much is a judgement"))]
    pub deferral: Share,
    /// Factor on `choice.evoked`, the pull of remembered brands, 0 to 10.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub brand_weight: f64,
    /// Utility of an offer in a live stream beside its other qualities, -10 to 10.
    #[serde(default)]
    #[schemars(range(min = -10.0, max = 10.0), extend("x-unit" = "utils"))]
    pub live_preference: f64,
    /// Factor on the weights of fatigue, in platform choice and in leaving, 0 to 10.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub fatigue_sensitivity: f64,
    /// Share of the segment that holds a platform's paid membership at the start, by platform; absent platforms have 0.
    #[serde(default)]
    pub members: Named<Share>,
    /// Basket weights by category, relative to the category's own share, 0 to 100; absent categories have 1.
    #[serde(default)]
    #[schemars(extend("x-values" = { "minimum": 0, "maximum": 100 }))]
    pub basket: Named<f64>,
}

/// Taste vectors of shoppers and trait vectors of products. The match is their inner product, scaled to unit variance
/// unless `scale: raw`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taste {
    /// Dimensions in use, 0 (no taste) to 8.
    #[serde(default = "default::dimensions")]
    #[schemars(range(max = 8))]
    pub dimensions: u8,
    /// Whether the match has unit variance or is the plain product of coordinates in -1/2 to 1/2.
    #[serde(default)]
    pub scale: TasteScale,
}

impl Default for Taste {
    /// Eight dimensions, unit variance; without weight in `choice` it has no effect.
    fn default() -> Self {
        Self { dimensions: default::dimensions(), scale: TasteScale::Unit }
    }
}

/// Scale of the match.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TasteScale {
    /// Variance 1 over shoppers and products.
    #[default]
    Unit,
    /// Coordinates uniform in -1/2 to 1/2, inner product as it is.
    Raw,
}

/// Utilities of platform choice and of offer choice. All terms are in utils; `mu` divides them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// Scale of the logit shocks of offer choice, 0.001 to 100.
    #[schemars(range(min = 0.001, max = 100.0), extend("x-unit" = "utils"))]
    pub mu: f64,
    /// Utility of leaving without a purchase, -100 to 100.
    #[schemars(range(min = -100.0, max = 100.0), extend("x-unit" = "utils"))]
    pub outside: f64,
    /// Weight of promotion fatigue on leaving, 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils per unit of fatigue"))]
    pub outside_fatigue: f64,
    /// Utility per unit of quality (quality is 0 to 1), 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0), extend("x-unit" = "utils per unit of quality"))]
    pub quality: f64,
    /// Utility per standard deviation of match, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0), extend("x-unit" = "utils per standard deviation"))]
    pub taste: f64,
    /// Utility of a merchant in the evoked set, 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils"))]
    pub evoked: f64,
    /// Disutility per day of promised delivery, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0), extend("x-unit" = "utils per day"))]
    pub delivery: f64,
    /// Utility per unit of the platform's service level (0 to 1), 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils per unit of service level"))]
    pub service: f64,
    /// How price enters: `linear` in price / `price_scale`, or `log` in price / category price level.
    pub price_utility: PriceUtility,
    /// Yuan per unit of linear price utility, above 0.
    pub price_scale: Amount,
    /// Extra weight, relative to price sensitivity, of the part of a price above the reference price, 0 to 5.
    #[schemars(
        range(min = 0.0, max = 5.0),
        extend("x-source" = "losses weigh about 1.5 times gains, contested (Neumann and Boeckenholt 2014): 0.5 where it is on")
    )]
    pub loss_aversion: f64,
    /// How well a shopper sees the true match on the page: 1 sees it exactly, 0 believes the platform's estimate.
    pub inspection: Share,
    /// The same in a live stream.
    pub inspection_live: Share,
    /// Platform choice: weight of the learned inclusive value, 0 to 1 (nested logit).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub inclusive_value: f64,
    /// Platform choice: weight of habit, 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils per unit of habit"))]
    pub habit: f64,
    /// Platform choice: weight of satisfaction, 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils per unit of satisfaction"))]
    pub satisfaction: f64,
    /// Platform choice: weight of the advertised deal (share of the price), times deal proneness and the deal's credit, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0), extend("x-unit" = "utils per share of the price"))]
    pub deal: f64,
    /// Platform choice: weight of promotion fatigue with the platform (subtracted, times its advertised deal), 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0), extend("x-unit" = "utils per unit of fatigue and share of the price"))]
    pub fatigue: f64,
    /// Platform choice: utility of a platform of which the shopper is a paying member, 0 to 20.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils"))]
    pub membership: f64,
    /// Buying ahead: probability of a further mission in the same category after a storable purchase in an announced sale, per
    /// share of the list price saved and unit of deal proneness, 0 (off) to 100.
    #[schemars(range(min = 0.0, max = 100.0), extend("x-unit" = "missions per share of the price saved"))]
    pub buy_ahead: f64,
}

impl Default for Choice {
    /// A plain logit in quality and linear price, every other term off.
    fn default() -> Self {
        Self {
            mu: 1.0,
            outside: 0.0,
            outside_fatigue: 0.0,
            quality: 1.0,
            taste: 0.0,
            evoked: 0.0,
            delivery: 0.0,
            service: 0.0,
            price_utility: PriceUtility::Linear,
            price_scale: Amount::from_yuan(100),
            loss_aversion: 0.0,
            inspection: Share::FULL,
            inspection_live: Share::FULL,
            inclusive_value: 0.0,
            habit: 0.0,
            satisfaction: 0.0,
            deal: 0.0,
            fatigue: 0.0,
            membership: 0.0,
            buy_ahead: 0.0,
        }
    }
}

/// The cart: lines of a platform kept until a threshold is full. Off with one line or no days.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cart {
    /// Most lines of a check-out, 1 (no cart) to 4.
    #[schemars(range(min = 1, max = 4), extend("x-unit" = "lines"))]
    pub lines: u32,
    /// What a day of waiting is worth to a shopper, per line: a line is kept while the discount still to be had exceeds it. Also the
    /// cost of waiting for the goods of a presale.
    pub waiting_cost: Amount,
    /// Most days for which a line is kept, 0 (no cart) to 60.
    #[schemars(range(max = 60), extend("x-unit" = "days"))]
    pub max_days: u32,
}

impl Default for Cart {
    /// Every line is checked out alone and at once.
    fn default() -> Self {
        Self { lines: 1, waiting_cost: Amount::ZERO, max_days: 0 }
    }
}

/// Form of the price term.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PriceUtility {
    /// beta x price / price_scale.
    #[default]
    Linear,
    /// beta x ln(price / category price level).
    Log,
}

/// Learning and forgetting of a shopper.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// Habit gained by a purchase on the platform, 0 to 4.
    #[schemars(range(min = 0.0, max = 4.0))]
    pub habit_gain: f64,
    /// Share of habit that is left after a day, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0), extend("x-unit" = "share"))]
    pub habit_decay: f64,
    /// Fatigue gained by a purchase (any platform promotion or not: the reference market's rule), 0 to 4.
    #[schemars(range(min = 0.0, max = 4.0))]
    pub fatigue_gain: f64,
    /// Fatigue gained by a visit per unit of advertised deal on the platform, 0 to 4.
    #[schemars(range(min = 0.0, max = 4.0))]
    pub fatigue_gain_deal: f64,
    /// Share of fatigue that is left after a day, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0), extend("x-unit" = "share"))]
    pub fatigue_decay: f64,
    /// Weight of a new visit in the learned inclusive value, 0 (off) to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub inclusive_value_gain: f64,
    /// Weight of a new experience in satisfaction, 0 (off) to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub satisfaction_gain: f64,
    /// Weight of a new price in the reference price of its category, 0 (off) to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub reference_price_gain: f64,
    /// Fill of the stock at home after a purchase in a storable category, in days of need, 0 (off) to 365. A mission in a stocked
    /// category is dropped with probability stock / fill.
    #[schemars(range(min = 0.0, max = 365.0), extend("x-unit" = "days of need"))]
    pub stock_days: f64,
    /// Weight of a satisfying purchase in the evoked set, 0 (off) to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub evoked_gain: f64,
    /// How fast a platform's deal loses credit when realised savings fall short of it, per visit, 0 (off) to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub deal_credit_gain: f64,
    /// Share of the needs put off for a sale that is taken up in a day on which none is waited for.
    pub release: Share,
    /// What a delivered line feels like, -1 to 1: a constant, the match, the surprise, the delay, an unresolved contact.
    pub experience: Experience,
}

/// Experience of a delivered line = base + match x true match + surprise x (true - perceived match) - delay x days late -
/// unresolved (if service did not resolve a contact), cut to -1..1.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Experience {
    /// Constant, -1 to 1.
    #[schemars(range(min = -1.0, max = 1.0))]
    pub base: f64,
    /// Per standard deviation of true match, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub taste: f64,
    /// Per standard deviation by which the true match beats the perceived one, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub surprise: f64,
    /// Per day of delivery beyond the promise, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub delay: f64,
    /// Taken off when a contact was not resolved, 0 to 2.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub unresolved: f64,
}

impl Default for Experience {
    /// Mildly good, moved by match, surprise, delay and service; judgements.
    fn default() -> Self {
        Self { base: 0.2, taste: 0.15, surprise: 0.2, delay: 0.1, unresolved: 0.8 }
    }
}

impl Default for Memory {
    /// A shopper who learns nothing and forgets nothing.
    fn default() -> Self {
        Self {
            habit_gain: 0.0,
            habit_decay: 1.0,
            fatigue_gain: 0.0,
            fatigue_gain_deal: 0.0,
            fatigue_decay: 1.0,
            inclusive_value_gain: 0.0,
            satisfaction_gain: 0.0,
            reference_price_gain: 0.0,
            stock_days: 0.0,
            evoked_gain: 0.0,
            deal_credit_gain: 0.0,
            release: Share(0.3),
            experience: Experience::default(),
        }
    }
}

/// The social graph and what travels on it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Social {
    /// Which graph.
    pub graph: Graph,
    /// Probability that an experience is told to one neighbour (0 is off; at most 5 %).
    #[schemars(extend("maximum" = 0.05))]
    pub messages_per_order: Share,
    /// How far a message moves the receiver's satisfaction with the platform, per unit of the sender's experience, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub influence: f64,
}

/// A social graph.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Graph {
    /// Nobody is linked.
    #[default]
    None,
    /// Ring lattice with `neighbours` (even) links a shopper, and `long_range` links by keyed permutations.
    SmallWorld {
        /// Lattice neighbours, even, 0 to 64.
        #[schemars(range(max = 64))]
        neighbours: u32,
        /// Long-range links, 0 to 16.
        #[schemars(range(max = 16))]
        long_range: u32,
    },
    /// Explicit undirected edges: a CSV file with two columns of shopper ids, beside the scenario.
    Edges(String),
}
