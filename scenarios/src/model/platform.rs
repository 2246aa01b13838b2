//! Where it is sold: platforms, their programmes and their strategies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Count, Share};

use super::{
    Ads, AiProgramme, Authority, Exit, ExperienceReturns, Named, Proactive, Promotion, Raise, ServiceDesk, Staff, Strategy, default,
};

/// A platform.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Platform {
    /// Commission on the price after merchant discounts; with `ads` the take rate of the metrics is both.
    pub take_rate: Share,
    /// Payment fee on the price after merchant discounts, paid to the payment provider.
    pub payment_fee: Share,
    /// Fixed cost of the (real) platform per day.
    pub fixed_cost: Amount,
    /// Whether listings may be sold live here.
    pub live: bool,
    /// What is shown.
    pub ranking: Ranking,
    /// Delivery.
    pub logistics: Logistics,
    /// Customer service.
    pub service: Service,
    /// Promotions by name; they apply by stage, then by `stacking`, then in this order. At most 16.
    pub promotions: Named<Promotion>,
    /// The baseline AI programme.
    pub ai: AiProgramme,
    /// What it does with its strategy budget.
    pub strategy: Strategy,
    /// What strategy money for experience buys.
    pub experience: ExperienceReturns,
    /// Budgets that rise when it falls behind or announces AI.
    pub raise: Raise,
    /// When it leaves the market.
    pub exit: Exit,
    /// Its paid membership, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// Paid slots on its pages; without it nothing is advertised here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ads: Option<Ads>,
    /// Reserved brand impressions on its pages.
    pub brand: BrandSpace,
}

/// Reserved brand impressions that a platform has to sell.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrandSpace {
    /// Most impressions per shopping mission, all merchants together, above 0 to 10000. Beyond it everybody gets the same part of what
    /// they reserve, and pays for no more.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 10_000, "x-unit" = "impressions per mission"))]
    pub capacity: f64,
}

impl Default for BrandSpace {
    /// As many as a page has offers: a judgement.
    fn default() -> Self {
        Self { capacity: agents::content::params::BRAND_CAPACITY }
    }
}

/// A paid membership. Members pay for a year; who was not active in the four to eight weeks before does not renew.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Fee of a shopper for a year, paid to the platform.
    pub fee: Amount,
    /// Share of spending that a shopper expects to save as a member by what is not a price rule: free delivery, free returns,
    /// cinema and music.
    #[serde(default)]
    pub benefit: Share,
    /// Probability of joining at a purchase, where the saving expected of a year beats the fee.
    #[serde(default = "default::join")]
    pub join: Share,
}

/// Recall and ranking of the page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ranking {
    /// Candidates recalled from the category, with replacement, 1 to 64. `0` shows the whole category (at most 64 listings).
    #[schemars(range(max = 64))]
    pub recall: u32,
    /// Offers shown, 1 to 16.
    #[schemars(range(min = 1, max = 16))]
    pub shown: u32,
    /// Recall in proportion to popularity (otherwise uniform).
    pub by_popularity: bool,
    /// Drop repeated candidates.
    pub distinct: bool,
    /// Weight of the estimated match, relative to its weight in the shopper's utility, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub taste: f64,
    /// Weight of price, relative to its weight in the shopper's utility, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub price: f64,
    /// Weight of quality, relative to its weight in the shopper's utility, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub quality: f64,
}

impl Default for Ranking {
    /// 24 different candidates, the best 8 shown, ranked by the shopper's own weights.
    fn default() -> Self {
        Self { recall: 24, shown: 8, by_popularity: false, distinct: true, taste: 1.0, price: 1.0, quality: 1.0 }
    }
}

/// Delivery time and cost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Logistics {
    /// Mean delivery time in days, 0 to 20. 0 delivers at once.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "days"))]
    pub days: f64,
    /// Cost of delivering a line (all its parcels).
    pub cost: Amount,
    /// Who pays: the share borne by the platform; the merchant bears the rest.
    pub platform_share: Share,
    /// Days saved at full logistics performance (q = 1 against q = 0), 0 to `days`.
    #[schemars(range(min = 0.0, max = 20.0), extend("x-unit" = "days"))]
    pub days_saved: f64,
    /// Share of cost saved at full logistics performance.
    pub cost_saved: Share,
    /// Fee that shoppers pay the merchant for the delivery of a check-out.
    pub delivery_fee: DeliveryFee,
    /// Parcels per order line, 0.1 to 20.
    #[schemars(range(min = 0.1, max = 20.0), extend("x-unit" = "parcels per line"))]
    pub parcels_per_line: f64,
    /// Share of orders cancelled before shipment (unpaid, second thoughts).
    pub cancelled: Share,
    /// The same for orders of an announced sale (`announced` of a phase), which are placed in a rush; absent: as `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_festival: Option<Share>,
    /// Days between delivery and a return, 0 to 60.
    #[schemars(range(min = 0.0, max = 60.0), extend("x-unit" = "days"))]
    pub return_days: f64,
    /// How strongly a disappointed match raises returns: logit points per standard deviation, 0 to 10.
    #[schemars(range(min = 0.0, max = 10.0), extend("x-unit" = "logit points per standard deviation"))]
    pub return_gap: f64,
    /// Cost of handling a returned line, borne by the merchant.
    pub return_cost: Amount,
    /// Share of unit cost that a returned line still has.
    pub salvage: Share,
    /// Parcels that can leave in a day, real-world; what is sold beyond waits and is promised later. 0 is any number.
    #[schemars(extend("x-unit" = "parcels a day"))]
    pub capacity: Count,
    /// Share of capacity added at full logistics performance.
    pub capacity_gain: Share,
}

impl Default for Logistics {
    /// Delivers at once and for nothing, one parcel a line; a returned line comes back after a week and is as good as new.
    fn default() -> Self {
        Self {
            days: 0.0,
            cost: Amount::ZERO,
            platform_share: Share::NONE,
            days_saved: 0.0,
            cost_saved: Share::NONE,
            delivery_fee: DeliveryFee::default(),
            parcels_per_line: 1.0,
            cancelled: Share::NONE,
            cancelled_festival: None,
            return_days: 7.0,
            return_gap: 0.0,
            return_cost: Amount::ZERO,
            salvage: Share::FULL,
            capacity: Count(0),
            capacity_gain: Share::NONE,
        }
    }
}

/// Delivery fee of a check-out, part of the effective price.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryFee {
    /// Fee of a check-out; 0 yuan: delivery is free.
    pub fee: Amount,
    /// Price of a check-out, after discounts, from which delivery is free; 0 yuan: always.
    pub free_above: Amount,
}

impl Default for DeliveryFee {
    /// Delivery is free.
    fn default() -> Self {
        Self { fee: Amount::ZERO, free_above: Amount::ZERO }
    }
}

/// Customer service of the platform.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Contacts per delivered line, at most 1.
    pub contacts: Share,
    /// Cost of a contact answered by a person.
    pub cost_person: Amount,
    /// Cost of a contact answered by AI.
    pub cost_ai: Amount,
    /// Minutes until people respond first, 0 to 10000; with a `desk` it is the wait in its queue.
    #[schemars(range(min = 0.0, max = 10_000.0), extend("x-unit" = "minutes"))]
    pub minutes_person: f64,
    /// Minutes until AI responds first, 0 to 10000.
    #[schemars(range(min = 0.0, max = 10_000.0), extend("x-unit" = "minutes"))]
    pub minutes_ai: f64,
    /// Share of contacts that people resolve to satisfaction.
    pub resolved_person: Share,
    /// Share of contacts that AI resolves at full service performance; the rest is handed to people.
    pub resolved_ai: Share,
    /// What AI does to the people.
    pub staff: Staff,
    /// People at the desk, with a queue; absent: people answer in `minutes_person`, however many call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<ServiceDesk>,
    /// What AI may decide alone; absent: whatever it resolves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// Proactive mode: reaching out before a shopper is lost; absent: the desk waits to be asked (passive mode).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proactive: Option<Proactive>,
    /// Share of unresolved contacts that become disputes.
    pub disputes: Share,
    /// Cost of a dispute to the platform.
    pub dispute_cost: Amount,
}

impl Default for Service {
    /// Nobody calls; people would resolve everything.
    fn default() -> Self {
        Self {
            contacts: Share::NONE,
            cost_person: Amount::ZERO,
            cost_ai: Amount::ZERO,
            minutes_person: 0.0,
            minutes_ai: 0.0,
            resolved_person: Share::FULL,
            resolved_ai: Share::NONE,
            staff: Staff::AsNeeded,
            desk: None,
            authority: None,
            proactive: None,
            disputes: Share::NONE,
            dispute_cost: Amount::ZERO,
        }
    }
}
