//! Customer service: people and AI at a desk, questions before the sale, the tools of merchants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Date, Days, Share};

use super::default;

/// People at a platform's service desk: a queue (M/M/c, Erlang). Waiting is long when more call than they can answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceDesk {
    /// People at a time, real-world, 1 to 200000. With `staff: replace` they and their wages shrink as AI takes their work: the number is
    /// that for what an AI that resolves what it can leaves to people when the run begins.
    #[schemars(range(min = 1, max = 200_000), extend("x-unit" = "people"))]
    pub agents: u32,
    /// Mean handling time of a contact in minutes, 0.1 to 1000.
    #[serde(default = "default::handle_minutes")]
    #[schemars(range(min = 0.1, max = 1000.0), extend("x-unit" = "minutes"))]
    pub handle_minutes: f64,
    /// Hours a day in which the desk is open, 1 to 24.
    #[serde(default = "default::hours")]
    #[schemars(range(min = 1.0, max = 24.0), extend("x-unit" = "hours"))]
    pub hours: f64,
    /// Minutes for which a caller waits before giving up, unresolved; 0.1 to 10000.
    #[serde(default = "default::patience_minutes")]
    #[schemars(range(min = 0.1, max = 10_000.0), extend("x-unit" = "minutes"))]
    pub patience_minutes: f64,
    /// Wage of a person per day, beside the cost of contacts.
    #[serde(default)]
    pub wage: Amount,
}

/// What a platform's service AI may decide alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authority {
    /// Authority limit: largest price of a line whose contact AI settles itself; dearer ones are handed to people. Absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
    /// Hand-off threshold: confidence below which AI hands a contact to people. Absent: exactly where it cannot resolve it. A low
    /// threshold hands over little and leaves more unresolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Share>,
    /// Part of the price that AI gives back with a contact that it resolves. It makes good the same part of what is missing to a perfect
    /// experience with the line.
    pub compensation: Share,
}

/// Proactive service (主动服务): the desk reaches out after a bad experience, before the shopper is lost, and about carts that are
/// about to be given up.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proactive {
    /// Share of bad experiences that are reached.
    pub reach: Share,
    /// Experience below which one is bad, -1 to 1.
    #[schemars(range(min = -1.0, max = 1.0))]
    pub below: f64,
    /// Share of what is missing to `below` that is made good; the same share of contacts that nobody resolved is resolved by it, before
    /// they become disputes.
    pub repair: Share,
    /// Cost of reaching out once.
    pub cost: Amount,
    /// Cart recovery (购物车召回): share of the lines about to be given up at a check-out, because they have become dearer, that a
    /// message reaches.
    pub carts: Share,
    /// Utility of that message, 0 to 10; the line is then decided again.
    #[schemars(range(min = 0.0, max = 10.0), extend("x-unit" = "utils"))]
    pub nudge: f64,
}

impl Default for Proactive {
    /// Nobody is reached; were somebody, half of what went wrong below 0 would be made good, and a message about a cart would weigh as
    /// much as a tenth of the price (judgements).
    fn default() -> Self {
        Self { reach: Share::NONE, below: 0.0, repair: Share(0.5), cost: Amount::ZERO, carts: Share::NONE, nudge: 0.3 }
    }
}

/// Questions before a purchase, answered by the merchants' desks. Off with `share`, `rating` and `broadcast` at 0.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Inquiries {
    /// Probability of asking about the best offer when buying and leaving are as likely; it falls with 4 P (1 - P) as one of them
    /// becomes certain.
    pub share: Share,
    /// Share of the gap between the perceived and the true match that a good answer closes.
    pub insight: Share,
    /// Utility of a good answer beside what it tells, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0), extend("x-unit" = "utils"))]
    pub reassurance: f64,
    /// Utility of a shop's service score on the page: per unit of the share of questions that it answers well, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0), extend("x-unit" = "utils per unit of service score"))]
    pub rating: f64,
    /// In live streams answers are heard by all who watch: share of what `inspection_live` leaves unseen that they show, per share of
    /// questions answered well.
    pub broadcast: Share,
}

/// Customer service of a merchant group. Loads are relative to an ordinary day, so that they do not depend on the size of the
/// simulation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantService {
    /// People at a time, 0 (nobody answers) to 1000.
    #[schemars(range(max = 1000), extend("x-unit" = "people"))]
    pub agents: u32,
    /// Share of their time that the questions of an ordinary day take.
    #[serde(default = "default::load")]
    pub load: Share,
    /// How long a shopper waits for an answer, over the time that an answer takes; 0.01 to 1000.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.01, max = 1000.0), extend("x-unit" = "handling times"))]
    pub patience: f64,
    /// Share of questions that people answer well, mean of the merchants.
    #[serde(default = "default::resolved")]
    pub resolved: Share,
    /// How far the weakest and the best merchants lie from that, share of it; skill is a keyed draw per merchant.
    #[serde(default = "default::spread")]
    pub spread: Share,
    /// Wage of a person per day, yuan of the simulated merchant.
    #[serde(default)]
    pub wage: Amount,
    /// An AI customer-service tool; none by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ServiceTool>,
}

/// What happens to people whose questions a tool answers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ToolStaff {
    /// They stay and have less to do.
    #[default]
    Augment,
    /// They leave, and their wages with them; one stays.
    Replace,
}

/// An AI customer-service tool of merchants (as Jingxiaozhi, 京小智): answers alone, assists people, addresses the unsure, and acts on the
/// causes of lost sales.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTool {
    /// Cost per day, yuan of the simulated merchant.
    #[serde(default)]
    pub cost: Amount,
    /// Share of the merchants of the group who take it up.
    #[serde(default = "default::full")]
    pub adopters: Share,
    /// First day; absent: from the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Share of questions that it answers well alone, at full service performance of the platform; people get the rest.
    #[serde(default = "default::tool_resolved")]
    pub resolved: Share,
    /// Authority limit: largest price of an offer about which it answers alone; questions about dearer ones are handed to people. Absent:
    /// no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Amount>,
    /// Hand-off threshold: confidence below which it hands a question to people. Absent: exactly where it cannot answer it well. A low
    /// threshold hands over little and answers more of them badly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Share>,
    /// What happens to the people whose questions it answers alone: with `augment` they stay and have less to do, with `replace` they and
    /// their wages leave, but for one.
    #[serde(default)]
    pub staff: ToolStaff,
    /// Gain in issues per hour of the weakest people that it assists, falling to none for the best.
    #[serde(default = "default::tool_gain")]
    #[schemars(extend("x-source" = "novices +30 to +34 %, best about 0, mean +14 % (Brynjolfsson, Li, Raymond 2025)"))]
    pub gain: Share,
    /// Share of introductions that fail: they cost and do nothing, until they are given up after twice the time of learning.
    #[serde(default)]
    pub failure: Share,
    /// Time in which two thirds of its use are learned; 0 days: at once.
    #[serde(default = "default::no_days")]
    pub learning: Days,
    /// Proactive mode: share of the unsure who do not ask that it addresses by itself. 0 is passive.
    #[serde(default)]
    pub reach: Share,
    /// Cost of addressing one shopper, yuan.
    #[serde(default)]
    pub reach_cost: Amount,
    /// Whether it acts on the causes of lost sales, weekly: lower price, more stock, more people. Needs
    /// `population.loss_attribution`.
    #[serde(default)]
    pub acts: bool,
    /// Share by which it lowers a price that loses sales.
    #[serde(default = "default::price_step")]
    pub price_step: Share,
    /// Least margin over break-even that it leaves, share of the price.
    #[serde(default = "default::price_step")]
    pub floor_margin: Share,
}
