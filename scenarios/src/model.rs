//! The scenario as it is written: one struct per section of the YAML file, in reading order.
//!
//! Owns names, units, ranges, defaults and their sources; the JSON Schema, `explain` and the located checks are derived from
//! what stands here. Every default is neutral: a mechanism that a file does not mention is off. Guarantees nothing about
//! sense: `check` does. Leaves out how values become agents: `build` does.

mod ads;
mod ai;
mod assistants;
mod calendar;
mod catalog;
mod content;
mod default;
mod experiment;
mod operation;
mod platform;
mod population;
mod promotion;
mod service;
mod strategy;

pub use ads::{AdBudget, Ads, Advertiser, Auction, Bidding, Boost, CostGuarantee, Pacing, WholeSite};
pub use ai::{AiMarket, AiProgramme, Energy, Function, Stages, TalentProgramme};
pub use assistants::Assistant;
pub use calendar::{Calendar, Festival, Phase};
pub use catalog::{Catalog, Category, Entry, MerchantGroup, MerchantPlatforms, MerchantsScale};
pub use content::{
    Accumulate, Allocator, Brand, BreakOut, Campaign, Channel, ChannelKind, Content, CreativeMode, Creatives, FunnelStep, Mind, Seeding,
};
pub use experiment::{Arm, Experiment, Outputs, Shock};
pub use operation::{Exit, ExperienceReturns, Raise, Staff};
pub use platform::{DeliveryFee, Logistics, Membership, Platform, Ranking, Service};
pub use population::{Cart, Choice, Experience, Graph, Memory, Missions, Population, PriceUtility, Segment, Social, Taste, TasteScale};
pub use promotion::{Audience, Deposit, Instrument, Promotion, PromotionBudget};
pub use service::{Authority, Inquiries, MerchantService, Proactive, ServiceDesk, ServiceTool, ToolStaff};
pub use strategy::{Adaptive, ExperienceSplit, Learning, Objective, Strategy, StrategyBudget, War};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A map that keeps the order of the file: ids are given in that order.
pub type Named<T> = IndexMap<String, T>;

/// A scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the scenario language; this program reads 1.
    #[schemars(range(min = 1, max = 1))]
    pub bazaar: u32,
    /// Name of the scenario; names the directory of its runs. Lower-case letters, digits and hyphens.
    pub name: String,
    /// The question that the scenario answers.
    #[serde(default)]
    pub description: String,
    /// Seed of all random draws. Replication r uses a seed derived from it and r.
    pub seed: u64,
    /// Integer money units per yuan: 1, 100, 10000 or 1000000. 100 books in fen, 1000000 keeps six decimals for textbook markets.
    #[serde(default = "default::money_unit")]
    #[schemars(range(min = 1, max = 1_000_000), extend("x-unit" = "money units per yuan"))]
    pub money_unit: u32,
    /// When it happens.
    pub calendar: Calendar,
    /// Who shops.
    pub population: Population,
    /// What is sold, and who sells it.
    pub catalog: Catalog,
    /// Where it is sold: the platforms, in the order of the tables. At least one, at most 4.
    pub platforms: Named<Platform>,
    /// The market for AI compute and talent.
    #[serde(default)]
    pub ai_market: AiMarket,
    /// Dated changes of parameters.
    #[serde(default)]
    pub shocks: Vec<Shock>,
    /// Assistants that shop for people, by name; at most 4. None by default.
    #[serde(default)]
    pub assistants: Named<Assistant>,
    /// What is written.
    #[serde(default)]
    pub outputs: Outputs,
    /// Arms to compare.
    #[serde(default)]
    pub experiment: Experiment,
    /// Channels of content by name, at most 12; none: no content.
    #[serde(default)]
    pub channels: Named<Channel>,
    /// The funnel: steps from channels through the 5A stages. A directed acyclic graph in which every stage is reached and leads to act.
    #[serde(default)]
    pub funnel: Vec<FunnelStep>,
    /// What remembered merchants do to shoppers.
    #[serde(default)]
    pub mind: Mind,
}
