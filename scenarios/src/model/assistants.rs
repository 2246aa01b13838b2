//! Shopper assistants: AI that looks, compares and at last buys for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Date, Share};

use super::default;

/// An assistant: an AI shopping app (as Jingxi, 京犀), a general assistant (as Doubao, 豆包), or AI in devices (as JoyInside). It adds
/// no utility to any offer; it changes what a shopper looks at. Who uses which spreads by word of mouth (Bass 1969).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assistant {
    /// The platform that owns it; absent: nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Share of shoppers who use it at the start.
    #[serde(default)]
    pub users: Share,
    /// Bass p: hazard per year of taking it up without being told, 0 to 20.
    #[serde(default = "default::bass_innovation")]
    #[schemars(
        range(min = 0.0, max = 20.0),
        extend("x-unit" = "per year", "x-source" = "mean 0.03, often below 0.01 (Sultan, Farley, Lehmann 1990)")
    )]
    pub innovation: f64,
    /// Bass q: hazard per year of taking it up if all neighbours on the social graph use it (without a graph: if everybody does), 0
    /// to 50.
    #[serde(default = "default::bass_imitation")]
    #[schemars(
        range(min = 0.0, max = 50.0),
        extend("x-unit" = "per year", "x-source" = "mean 0.38, 0.3 to 0.5 (Sultan, Farley, Lehmann 1990)")
    )]
    pub imitation: f64,
    /// Hazard per year of giving it up, 0 to 50.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 50.0), extend("x-unit" = "per year"))]
    pub disadoption: f64,
    /// Share of a user's missions for which it is asked.
    #[serde(default = "default::asked")]
    pub asked: Share,
    /// Search cost with it: factor on the probability of stopping after an offer (1 - patience), 0 to 1.
    #[serde(default = "default::search_cost")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub search_cost: f64,
    /// Set width: offers of a page that it examines at least, 1 to 16.
    #[serde(default = "default::width")]
    #[schemars(range(min = 1, max = 16), extend("x-unit" = "offers"))]
    pub offers: u32,
    /// Platforms that it compares at least, 1 to 3.
    #[serde(default = "default::one_platform")]
    #[schemars(range(min = 1, max = 3), extend("x-unit" = "platforms"))]
    pub platforms: u32,
    /// Utility of the owner's platform in platform choice when it is asked, 0 to 20.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "utils"))]
    pub pull: f64,
    /// Discount on ads: the probability of looking past the paid slots of a page and reading what is ranked there by what the offers
    /// are worth to the shopper instead of from the top. Such a mission has no paid impressions and no clicks.
    #[serde(default)]
    pub ad_discount: Share,
    /// Autonomous purchase: share of the storable goods running out at home that it restocks without being asked. Of
    /// several assistants each has its chance, in no order.
    #[serde(default)]
    pub restocks: Share,
    /// First day on which it restocks; absent: once the matching of its owner acts autonomously (`ai_market.functions.matching.stages`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restocks_from: Option<Date>,
}
