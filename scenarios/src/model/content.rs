//! Content marketing: channels, the funnel, what a remembered merchant does, and the programmes of merchant groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Date, Days, Share};

use super::{Named, default};

/// A channel that carries content of merchants to shoppers. Traffic is measured in shopping missions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// What it is.
    pub kind: ChannelKind,
    /// Platform whose shoppers it reaches and to whom its spend is paid. Absent only for off-site channels, which reach all
    /// shoppers and are paid outside the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Segments that it reaches; empty: all. Not for search that is sold at auction, which reaches who searches.
    #[serde(default)]
    pub audience: Vec<String>,
    /// Most impressions per shopping mission of its audience, all merchants together, above 0 to 10000. Beyond it everybody gets the
    /// same part of what they ask for, and pays for no more.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 10_000, "x-unit" = "impressions per mission"))]
    pub capacity: f64,
    /// Price of a thousand impressions (CPM), above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub cpm: Amount,
    /// Half-saturation: adstocked impressions of one merchant per mission at which half of the response is reached, above 0 to 1000.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000, "x-unit" = "impressions per mission"))]
    pub half_saturation: f64,
    /// Exponent of the Hill response, above 0 to 10: 1 is concave from the first impression, above 1 a threshold must be passed.
    #[serde(default = "default::one")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 10))]
    pub exponent: f64,
    /// Half-life of adstock.
    #[serde(default = "default::three_weeks")]
    #[schemars(extend("x-source" = "2 to 5 weeks, in the mean 2.5 for fast-moving goods (media mix studies)"))]
    pub half_life: Days,
    /// Probability per mission of a contact with one merchant at full response. A contact is content that is noticed.
    pub effect: Share,
    /// Share of contacts with a merchant of the category that is shopped for; the others are with any merchant of the group.
    #[serde(default)]
    pub precision: Share,
    /// Retargeting: share of contacts with a merchant of the group that the shopper already has in mind, where there is one; for the
    /// others `precision` decides.
    #[serde(default)]
    pub retargeting: Share,
    /// Click-through: share of contacts with a merchant of the category that is shopped for that are followed to its product, which
    /// then stands first on the page of this mission: what content sells at once.
    #[serde(default)]
    pub click_through: Share,
}

/// Kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Results of a search (搜索). On a platform that sells slots its money buys clicks in the ad auction: it adds to the budget of the
    /// merchant's campaign there and lets its bids rise in proportion; each click that it pays is a contact. What finds no clicks goes to
    /// the other channels of its phase. A platform has one such channel; `cpm`, `capacity` and the response are then not used.
    Search,
    /// Recommended items.
    Feed,
    /// Short videos.
    ShortVideo,
    /// Live streams; only on platforms with `live: true`.
    Live,
    /// Seeding by influencers (zhongcao).
    InfluencerSeeding,
    /// Outside the platforms.
    OffSite,
}

/// A step of the funnel: from a channel, `brand`, `look` or a 5A stage (aware, appeal, ask, act, advocate) to a stage.
///
/// A contact through a channel moves a shopper from stage s to t where both the channel and s have a step to t; from outside it
/// leads to stages that no other stage leads to. `brand` are reserved impressions, `look` is looking at an offer on a page, which leads
/// to ask. Orders lead to act and recommendations to advocate; contacts lead to neither.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelStep {
    /// Where it begins.
    pub from: String,
    /// The stage to which it leads.
    pub to: String,
    /// Probability that it is taken.
    #[serde(default = "default::full")]
    pub rate: Share,
}

/// What the 5A stage of a merchant in the evoked set does to a shopper.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mind {
    /// Factor on `population.choice.evoked` by stage; absent stages have 1, 0 to 10.
    #[schemars(extend("x-values" = { "minimum": 0, "maximum": 10 }))]
    pub weights: Named<f64>,
    /// Probability that a mission looks by name for an evoked merchant of its category that is at the stage ask or beyond; what is
    /// looked for stands first on the page.
    pub brand_search: Share,
    /// Strength that a contact adds to the merchant's slot of the evoked set (a delivered purchase adds
    /// `population.memory.evoked_gain` times the experience).
    pub contact_strength: Share,
}

impl Default for Mind {
    /// Stages are counted and change nothing; a contact leaves as much as a quarter of a good purchase (a judgement).
    fn default() -> Self {
        Self { weights: Named::new(), brand_search: Share::NONE, contact_strength: Share(0.1) }
    }
}

/// Content marketing of the merchants of a group. Money is per merchant and day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Budget of a merchant per day: creatives first, the rest goes to channels. What a full channel refuses is not spent.
    pub budget: Amount,
    /// Split over channels; shares add up to 1. A merchant buys nothing on a platform where it does not sell.
    pub channels: Named<Share>,
    /// How the split is revised.
    #[serde(default)]
    pub allocator: Allocator,
    /// Time between revisions of the split, at least a tick.
    #[serde(default = "default::week")]
    pub review: Days,
    /// Creatives.
    #[serde(default)]
    pub creatives: Creatives,
}

/// How a budget is split over channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Allocator {
    /// As `channels` says.
    #[default]
    Fixed,
    /// So that the last yuan returns the same orders, now and later, in every channel that has a share, at the true responses; search at
    /// what clicks have cost and brought.
    EqualMarginalReturn,
    /// The same at responses as an AI estimates them.
    Ai {
        /// Standard deviation of the log of an estimated return, which errs alike for eight weeks, where the `content` function of the channel's platform performs at
        /// 0; it falls to 0 at 1. 0 to 5.
        #[schemars(range(min = 0.0, max = 5.0))]
        noise: f64,
    },
}

/// Who makes creatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreativeMode {
    /// People.
    Human,
    /// AI (AIGC).
    Aigc,
}

/// Creatives: pictures, videos and scripts, each shown for four weeks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Creatives {
    /// Who makes them.
    pub mode: CreativeMode,
    /// Cost of one.
    pub cost: Amount,
    /// New ones a week, 0 to 10000.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub per_week: f64,
    /// Wear-out: impressions of one creative per mission that take half of its response, 0 to 1000; 0: none wears out.
    #[schemars(range(min = 0.0, max = 1000.0), extend("x-unit" = "impressions per mission"))]
    pub wear_out: f64,
    /// AIGC: share of the response lost because it looks artificial, where the `content` function performs at 0; nothing at 1.
    pub artificial: Share,
    /// AIGC: share of the response won by fit to scene and audience, where the `content` function performs at 1; nothing at 0.
    #[schemars(extend("x-source" = "AI display ads do as well as others with equal looks (Columbia, Harvard, TUM, CMU and Taboola); vendor claims of +10 % clicks"))]
    pub fit: Share,
}

impl Default for Creatives {
    /// People make them; they cost nothing and do not wear out. AI would lose 30 % by its looks and win 10 % by fit (judgements).
    fn default() -> Self {
        Self { mode: CreativeMode::Human, cost: Amount::ZERO, per_week: 1.0, wear_out: 0.0, artificial: Share(0.3), fit: Share(0.1) }
    }
}

/// Brand advertising: reserved impressions with reach and frequency. Money is per merchant and day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Budget of a merchant per day; no more is spent than reach, frequency and the `brand.capacity` of the platform hold.
    pub budget: Amount,
    /// Platform that carries the impressions; absent: off-site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Price of a thousand reserved impressions (CPM), above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub cpm: Amount,
    /// Reach: share of shoppers that the impressions are shown to, drawn anew each week, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub reach: Share,
    /// Frequency cap: most impressions of a merchant per mission of a shopper that is reached, above 0 to 100.
    #[serde(default = "default::one")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100))]
    pub frequency_cap: f64,
    /// Probability that an impression is noticed.
    #[serde(default = "default::attention")]
    pub attention: Share,
}

/// A campaign in three phases, on top of the daily budget of `content`. Phases do not overlap and come in this order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Money of a merchant for all phases.
    pub budget: Amount,
    /// Accumulate: selects the audience, so that contacts fall on shoppers who shop for the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accumulate: Option<Accumulate>,
    /// Seed: content for mindshare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seeding>,
    /// Break out: moves money between channels while the festival sells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_out: Option<BreakOut>,
}

/// The first phase.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accumulate {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// Share of the campaign's budget.
    pub share: Share,
    /// Split over channels; empty: that of `content`.
    #[serde(default)]
    pub channels: Named<Share>,
    /// Precision of contacts that audience selection reaches where the audience is known and the `content` function performs at 1; at 0
    /// it comes half of the way. The audience becomes known by the impressions that are bought in the phase, and goes out of date with a
    /// half-life of four weeks.
    pub precision: Share,
}

/// The second phase.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seeding {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// Share of the campaign's budget.
    pub share: Share,
    /// Split over channels; empty: that of `content`.
    #[serde(default)]
    pub channels: Named<Share>,
    /// Creatives of the phase, paid from its money; absent: those of `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creatives: Option<Creatives>,
}

/// The third phase.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakOut {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// Share of the campaign's budget.
    pub share: Share,
    /// Split over channels; empty: that of `content`.
    #[serde(default)]
    pub channels: Named<Share>,
    /// How the split is revised; absent: as in `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<Allocator>,
    /// Time between revisions of the split, at least a tick.
    #[serde(default = "default::day")]
    pub review: Days,
}
