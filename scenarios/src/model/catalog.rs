//! What is sold, and who sells it.

use agents::{ExitPolicy, ParticipationPolicy, PricingPolicy, StockPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Count, Days, Distribution, Share};

use super::{Advertiser, MerchantService, Named, default};

/// Categories and merchants.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Categories by name. At least one, at most 255.
    pub categories: Named<Category>,
    /// Groups of merchants by name.
    pub merchants: Named<MerchantGroup>,
    /// What follows the number of shoppers: the number of merchants, what a merchant pays a day, or neither.
    #[serde(default)]
    pub merchants_scale: MerchantsScale,
}

/// What scales with the number of shoppers.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MerchantsScale {
    /// Merchant counts and fixed costs hold whatever the number of shoppers.
    #[default]
    Fixed,
    /// Merchant counts hold at this number of shoppers and grow in proportion. Shoppers then choose from more in a larger
    /// simulation, so that results depend on its size.
    AtShoppers(Count),
    /// Merchant counts hold whatever the number of shoppers; what a merchant pays or owns (fixed cost, capital, cost of a new
    /// price or of a platform) is right at this number of shoppers and scales with them, as its sales do. Results then do not
    /// depend on the number of shoppers but for noise.
    MoneyAtShoppers(Count),
}

impl Catalog {
    /// Number of merchants of a group of `count` in a market of `shoppers`, at least 1; rounded half up.
    pub fn merchants_at(&self, count: u32, shoppers: Count) -> u64 {
        let count = u128::from(count);
        match self.merchants_scale {
            MerchantsScale::AtShoppers(at) if at.0 > 0 => {
                let merchants = (2 * count * u128::from(shoppers.0) + u128::from(at.0)) / (2 * u128::from(at.0));
                u64::try_from(merchants).unwrap_or(u64::MAX).max(1)
            }
            _ => u64::try_from(count).unwrap_or(u64::MAX).max(1),
        }
    }

    /// What a merchant pays or owns in a market of `shoppers`, where the file states `amount` money units; rounded half up, but not
    /// to 0.
    pub fn merchant_money_at(&self, amount: i64, shoppers: Count) -> i64 {
        match self.merchants_scale {
            MerchantsScale::MoneyAtShoppers(at) if at.0 > 0 => {
                let at = i128::from(at.0);
                let scaled = (2 * i128::from(amount) * i128::from(shoppers.0) + at).div_euclid(2 * at);
                i64::try_from(scaled).unwrap_or(i64::MAX).max(amount.min(1))
            }
            _ => amount,
        }
    }
}

/// A category of goods.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Parent category, for reading only in this version. May be any name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Relative number of missions in the category, 0 to 1000000.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub share: f64,
    /// List price of a line at the start, above 0 to 1000000 yuan; one draw per product.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000, "x-unit" = "yuan"))]
    pub price: Distribution,
    /// Unit cost over list price at the start, 0 to 1.
    #[serde(default = "default::cost_share")]
    #[schemars(extend("x-source" = "gross margins by category in the trade press run from 5 to 75 %: 40 % is a judgement"))]
    pub cost: Share,
    /// Return rate of delivered lines bought on the shelf, when the match is as expected.
    #[serde(default)]
    pub returns_shelf: Share,
    /// Return rate of delivered lines bought in a live stream, when the match is as expected.
    #[serde(default)]
    pub returns_live: Share,
    /// Whether a purchase fills a stock at home.
    #[serde(default)]
    pub storable: bool,
    /// Whether it lasts for years, so that a need can wait for an announced sale (a need in a storable category can, too).
    #[serde(default)]
    pub durable: bool,
}

/// A group of merchants with the same policies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantGroup {
    /// Number of merchants, 1 to 10000000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub count: u32,
    /// Products a merchant has in its one category (drawn by `share` of the categories), 1 to 1000.
    #[serde(default = "default::products")]
    #[schemars(range(min = 1, max = 1000))]
    pub products: u32,
    /// Categories the group sells in; empty: all of them. Merchants are dealt to them in proportion to category shares.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Deal the merchants evenly to categories, whatever the shares.
    #[serde(default)]
    pub even: bool,
    /// Probability that a merchant of the group sells on the platform; each merchant sells on at least one.
    pub platforms: Named<Share>,
    /// The platform that owns the group (first party), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_party_of: Option<String>,
    /// Quality of a product, 0 to 1.
    #[serde(default = "default::quality")]
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub quality: Distribution,
    /// Popularity of a product: the weight of its recall, above 0.
    #[serde(default = "default::constant_one")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub popularity: Distribution,
    /// Factor on the category's price level, above 0 to 100.
    #[serde(default = "default::constant_one")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100))]
    pub price_factor: Distribution,
    /// Factor on the category's unit cost share, 0 to 10.
    #[serde(default = "default::one")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub cost_factor: f64,
    /// Share of listings that are sold in live streams, on platforms that have them.
    #[serde(default)]
    pub live: Share,
    /// How it sets prices.
    pub pricing: PricingPolicy,
    /// How it holds stock.
    #[serde(default)]
    pub stock: StockPolicy,
    /// Fixed cost of a merchant per day, yuan of the simulated merchant.
    #[serde(default)]
    pub fixed_cost: Amount,
    /// Cost of changing one list price, yuan; a price is changed only where a week's mean sales at the difference pay it.
    #[serde(default)]
    pub menu_cost: Amount,
    /// Whether it joins the promotions that it is invited to.
    #[serde(default)]
    pub participation: ParticipationPolicy,
    /// Money of a merchant at the start, yuan.
    #[serde(default)]
    pub capital: Amount,
    /// When it leaves the market for good.
    #[serde(default)]
    pub exit: ExitPolicy,
    /// How merchants that wait outside come in; none by default, and nobody waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// How it joins and leaves platforms; by default it stays where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_choice: Option<MerchantPlatforms>,
    /// How it advertises on platforms that sell slots; by default it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ads: Option<Advertiser>,
    /// Its customer service before the sale; none by default, and nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<MerchantService>,
}

/// Entry of merchants: a pool of dormant ones who come in the more likely the more their group earns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Share of the merchants of the group that are outside at the start.
    pub dormant: Share,
    /// Probability that a dormant merchant enters in a week, when it expects the `profit`; in proportion to what it expects.
    pub hazard: Share,
    /// Expected profit of a merchant and week at which the hazard holds, above 0 yuan.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub profit: Amount,
}

/// Choice of platforms by expected profit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantPlatforms {
    /// Time between looks of a merchant, at least a tick.
    #[serde(default = "default::four_weeks")]
    pub review: Days,
    /// Share of the platforms in `platforms` on which a merchant does not start, but that it may join.
    #[serde(default = "default::full")]
    pub open: Share,
    /// Cost of a listing per day, paid to the platform, yuan; a platform's own merchants pay none there.
    #[serde(default)]
    pub listing_cost: Amount,
    /// Cost of opening a shop on a platform, yuan.
    #[serde(default)]
    pub joining_cost: Amount,
    /// Time in which the expected profit must pay the cost of joining.
    #[serde(default = "default::quarter")]
    pub payback: Days,
    /// Probability of acting on a look that says so.
    #[serde(default = "default::quarter_share")]
    pub rate: Share,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(merchants_scale: MerchantsScale) -> Catalog {
        Catalog { categories: Named::new(), merchants: Named::new(), merchants_scale }
    }

    #[test]
    fn either_merchants_or_their_money_follow_the_shoppers() {
        let at = |scale: MerchantsScale, shoppers| {
            let catalog = catalog(scale);
            (catalog.merchants_at(100, Count(shoppers)), catalog.merchant_money_at(300, Count(shoppers)))
        };
        for (shoppers, merchants, money) in [(1_000, 100, 300), (2_000, 200, 600), (5, 1, 2), (1, 1, 1)] {
            assert_eq!(at(MerchantsScale::Fixed, shoppers), (100, 300));
            assert_eq!(at(MerchantsScale::AtShoppers(Count(1_000)), shoppers), (merchants, 300));
            assert_eq!(at(MerchantsScale::MoneyAtShoppers(Count(1_000)), shoppers), (100, money));
        }
    }
}
