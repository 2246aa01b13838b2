//! The KPIs of a run: name, unit, and how the rows of a horizon become one number.
//!
//! Owns the list of KPIs in the order in which they are shown, and the factor from simulated to real numbers. Guarantees
//! that a ratio is recomputed from sums and never averaged over ticks. Names are those of the columns of
//! `platform_ticks` where a column exists; `docs/metrics.md` defines each.

use sim_core::rows::PlatformTick;

/// What a KPI is measured in, and thereby how it is extrapolated and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Money, proportional to the number of shoppers.
    Money,
    /// A count of the things named, proportional to the number of shoppers.
    Count(&'static str),
    /// Money per thing named.
    MoneyPer(&'static str),
    /// A share, 0 to 1 as a rule; printed in percent, differences in percentage points.
    Share,
    /// A pure number, as named.
    Number(&'static str),
    /// Things named per 1000 money of GMV.
    PerThousandMoney(&'static str),
    /// Days.
    Days,
    /// Minutes.
    Minutes,
}

impl Unit {
    /// The unit as stated in tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Money => "money units".to_owned(),
            Self::Count(what) | Self::Number(what) => what.to_owned(),
            Self::MoneyPer(what) => format!("money units per {what}"),
            Self::Share => "share".to_owned(),
            Self::PerThousandMoney(what) => format!("{what} per 1000 money units"),
            Self::Days => "days".to_owned(),
            Self::Minutes => "minutes".to_owned(),
        }
    }
}

/// The way from simulated values to real ones: counts and money times `scale`, money divided by `money_unit` into yuan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// People per simulated shopper.
    pub scale: f64,
    /// Money units per yuan.
    pub money_unit: u32,
}

impl Extrapolation {
    /// The real value of a simulated one.
    #[must_use]
    pub fn apply(self, unit: Unit, simulated: f64) -> f64 {
        match unit {
            Unit::Money => simulated * self.scale / f64::from(self.money_unit),
            Unit::Count(_) => simulated * self.scale,
            Unit::MoneyPer(_) => simulated / f64::from(self.money_unit),
            Unit::PerThousandMoney(_) => simulated * f64::from(self.money_unit),
            Unit::Share | Unit::Number(_) | Unit::Days | Unit::Minutes => simulated,
        }
    }
}

/// Which KPIs a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those that a run prints when it ends.
    Headline,
    /// All.
    All,
}

impl Selection {
    /// Whether `kpi` is among them.
    #[must_use]
    pub fn holds(self, kpi: &Kpi) -> bool {
        self == Self::All || kpi.headline
    }
}

/// A KPI over the horizon.
#[derive(Debug)]
pub struct Kpi {
    /// Name.
    pub name: &'static str,
    /// Unit of its simulated value.
    pub unit: Unit,
    /// Whether a run prints it when it ends.
    pub headline: bool,
    pub(crate) rule: Rule,
}

/// How the rows of one platform become a number.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Sum of integers.
    Sum(fn(&PlatformTick) -> i64),
    /// Sum of floats.
    FloatSum(fn(&PlatformTick) -> f64),
    /// Sum over sum: (numerator, denominator).
    Ratio(fn(&PlatformTick) -> i64, fn(&PlatformTick) -> i64),
    /// Sum of a float over a sum: (numerator, denominator).
    FloatRatio(fn(&PlatformTick) -> f64, fn(&PlatformTick) -> i64),
    /// Mean of the defined values, weighted: (value, weight).
    WeightedMean(fn(&PlatformTick) -> f64, fn(&PlatformTick) -> i64),
    /// Mean of the defined values over ticks.
    Mean(fn(&PlatformTick) -> f64),
    /// Last defined value.
    Last(fn(&PlatformTick) -> f64),
    /// Margin per active shopper and block over the churn rate: (margin, active in the block before, of those not in this one).
    LifetimeValue(fn(&PlatformTick) -> i64, fn(&PlatformTick) -> i64, fn(&PlatformTick) -> i64),
    /// GMV over the GMV of all platforms.
    GmvShare,
    /// Herfindahl-Hirschman index of GMV over platforms.
    GmvConcentration,
}

/// The KPI called `name`.
#[must_use]
pub fn kpi(name: &str) -> Option<&'static Kpi> {
    KPIS.iter().find(|kpi| kpi.name == name)
}

const fn headline(name: &'static str, unit: Unit, rule: Rule) -> Kpi {
    Kpi { name, unit, headline: true, rule }
}

const fn detail(name: &'static str, unit: Unit, rule: Rule) -> Kpi {
    Kpi { name, unit, headline: false, rule }
}

const ORDERS: Unit = Unit::Count("orders");
const MISSIONS: Unit = Unit::Count("missions");
const SHOPPERS: Unit = Unit::Count("shoppers");
const CHECKOUTS: Unit = Unit::Count("check-outs");
const LINES: Unit = Unit::Count("lines");
const SALES: Unit = Unit::Count("sales");
const CONTACTS: Unit = Unit::Count("contacts");

/// Every KPI, in the order in which tables show them.
pub const KPIS: &[Kpi] = &[
    headline("gmv", Unit::Money, Rule::Sum(|row| row.gmv)),
    headline("net_gmv", Unit::Money, Rule::Sum(|row| row.net_gmv)),
    headline("gmv_share", Unit::Share, Rule::GmvShare),
    headline("platform_profit", Unit::Money, Rule::Sum(|row| row.platform_profit)),
    headline("operating_profit", Unit::Money, Rule::Sum(|row| row.operating_profit)),
    headline("merchant_profit", Unit::Money, Rule::Sum(|row| row.merchant_profit)),
    headline("consumer_surplus", Unit::Money, Rule::Sum(|row| row.consumer_surplus)),
    headline("strategy_spend", Unit::Money, Rule::Sum(|row| row.strategy_spend)),
    headline("subsidy", Unit::Money, Rule::Sum(|row| row.subsidy)),
    headline("ai_spend", Unit::Money, Rule::Sum(|row| row.ai_spend)),
    headline("orders", ORDERS, Rule::Sum(|row| row.orders)),
    headline("active_shoppers", SHOPPERS, Rule::Last(|row| row.active_shoppers)),
    headline("conversion_rate", Unit::Number("orders per mission"), Rule::Ratio(|row| row.orders, |row| row.missions)),
    headline("average_order_value", Unit::MoneyPer("order"), Rule::Ratio(|row| row.gmv, |row| row.orders)),
    headline("take_rate", Unit::Share, Rule::Ratio(|row| row.commission + row.ad_revenue, |row| row.shipped_gmv - row.refunds)),
    headline("subsidy_rate", Unit::Share, Rule::Ratio(|row| row.subsidy - row.clawback, |row| row.shipped_gmv)),
    headline("return_rate", Unit::Share, Rule::Ratio(|row| row.returned_orders, |row| row.delivered_shelf + row.delivered_live)),
    headline("price_index", Unit::Number("ratio to start"), Rule::Mean(|row| row.price_index)),
    headline("satisfaction", Unit::Number("-1..1"), Rule::Mean(|row| row.satisfaction)),
    headline("hhi", Unit::Number("0..1"), Rule::GmvConcentration),
    detail("missions", MISSIONS, Rule::Sum(|row| row.missions)),
    detail("visits", Unit::Count("visits"), Rule::Sum(|row| row.visits)),
    detail("cancelled_orders", ORDERS, Rule::Sum(|row| row.cancelled_orders)),
    detail("shipped_orders", ORDERS, Rule::Sum(|row| row.shipped_orders)),
    detail("parcels", Unit::Count("parcels"), Rule::FloatSum(|row| row.parcels)),
    detail("backlog", ORDERS, Rule::Last(|row| row.backlog as f64)),
    detail("shipped_gmv", Unit::Money, Rule::Sum(|row| row.shipped_gmv)),
    detail("refunds", Unit::Money, Rule::Sum(|row| row.refunds)),
    detail("paid", Unit::Money, Rule::Sum(|row| row.paid)),
    detail("merchant_discount", Unit::Money, Rule::Sum(|row| row.merchant_discount)),
    detail("clawback", Unit::Money, Rule::Sum(|row| row.clawback)),
    detail("checkouts", CHECKOUTS, Rule::Sum(|row| row.checkouts)),
    detail("average_basket_value", Unit::MoneyPer("check-out"), Rule::Ratio(|row| row.gmv, |row| row.checkouts)),
    detail("kept_lines", LINES, Rule::Sum(|row| row.kept_lines)),
    detail("abandoned_lines", LINES, Rule::Sum(|row| row.abandoned_lines)),
    detail("delivery_fees", Unit::Money, Rule::Sum(|row| row.delivery_fees)),
    detail("presale_deposits", Unit::Money, Rule::Sum(|row| row.presale_deposits)),
    detail("deposits_forfeited", Unit::Money, Rule::Sum(|row| row.deposits_forfeited)),
    detail("protection_refunds", Unit::Money, Rule::Sum(|row| row.protection_refunds)),
    detail("commission_relief", Unit::Money, Rule::Sum(|row| row.commission_relief)),
    detail("commission", Unit::Money, Rule::Sum(|row| row.commission)),
    detail("fulfilment_cost", Unit::Money, Rule::Sum(|row| row.fulfilment_cost)),
    detail("service_cost", Unit::Money, Rule::Sum(|row| row.service_cost)),
    detail("first_party_profit", Unit::Money, Rule::Sum(|row| row.first_party_profit)),
    detail("merchant_gross_margin", Unit::Share, Rule::WeightedMean(|row| row.merchant_gross_margin, |row| row.net_gmv)),
    detail("strategy_subsidy", Unit::Money, Rule::Sum(|row| row.strategy_subsidy)),
    detail("strategy_ai", Unit::Money, Rule::Sum(|row| row.strategy_ai)),
    detail("strategy_experience", Unit::Money, Rule::Sum(|row| row.strategy_experience)),
    detail("raised_budget", Unit::Money, Rule::Sum(|row| row.raised_budget)),
    detail("cancellation_rate", Unit::Share, Rule::Ratio(|row| row.cancelled_orders, |row| row.orders)),
    detail("returned_orders", ORDERS, Rule::Sum(|row| row.returned_orders)),
    detail("returned_shelf", ORDERS, Rule::Sum(|row| row.returned_shelf)),
    detail("returned_live", ORDERS, Rule::Sum(|row| row.returned_live)),
    detail("delivered_shelf", ORDERS, Rule::Sum(|row| row.delivered_shelf)),
    detail("delivered_live", ORDERS, Rule::Sum(|row| row.delivered_live)),
    detail("return_rate_shelf", Unit::Share, Rule::Ratio(|row| row.returned_shelf, |row| row.delivered_shelf)),
    detail("return_rate_live", Unit::Share, Rule::Ratio(|row| row.returned_live, |row| row.delivered_live)),
    detail("stockouts", ORDERS, Rule::Sum(|row| row.stockouts)),
    detail("refused_subsidies", ORDERS, Rule::Sum(|row| row.refused_subsidies)),
    detail("contacts", CONTACTS, Rule::Sum(|row| row.contacts)),
    detail("self_resolved", CONTACTS, Rule::Sum(|row| row.self_resolved)),
    detail("person_contacts", CONTACTS, Rule::Sum(|row| row.person_contacts)),
    detail("self_resolution_rate", Unit::Share, Rule::Ratio(|row| row.self_resolved, |row| row.contacts)),
    detail(
        "service_response_time",
        Unit::Minutes,
        Rule::WeightedMean(|row| row.service_response_time, |row| row.contacts - row.abandoned_contacts),
    ),
    detail("delivery_days", Unit::Days, Rule::WeightedMean(|row| row.delivery_days, |row| row.shipped_orders)),
    detail("price_dispersion", Unit::Number("log points"), Rule::Mean(|row| row.price_dispersion)),
    detail("promotion_fatigue", Unit::Number("0.."), Rule::Mean(|row| row.promotion_fatigue)),
    detail("multi_homing_share", Unit::Share, Rule::Last(|row| row.multi_homing_share)),
    detail("total_welfare", Unit::Money, Rule::Sum(|row| row.consumer_surplus + row.platform_profit + row.merchant_profit)),
    detail("contribution", Unit::Money, Rule::Sum(|row| row.contribution)),
    detail("new_shoppers", SHOPPERS, Rule::Sum(|row| row.new_shoppers)),
    detail("cac", Unit::MoneyPer("new shopper"), Rule::Ratio(|row| row.subsidy - row.clawback, |row| row.new_shoppers)),
    detail("block_shoppers", SHOPPERS, Rule::Sum(|row| row.block_shoppers)),
    detail("churned_shoppers", SHOPPERS, Rule::Sum(|row| row.churned_shoppers)),
    detail("retention", Unit::Share, Rule::Ratio(|row| row.block_shoppers - row.churned_shoppers, |row| row.block_shoppers)),
    detail(
        "ltv",
        Unit::MoneyPer("shopper"),
        Rule::LifetimeValue(|row| row.contribution, |row| row.block_shoppers, |row| row.churned_shoppers),
    ),
    detail("members", SHOPPERS, Rule::Last(|row| row.members)),
    detail("joined_members", SHOPPERS, Rule::Sum(|row| row.joined_members)),
    detail("lapsed_members", SHOPPERS, Rule::Sum(|row| row.lapsed_members)),
    detail("membership_fees", Unit::Money, Rule::Sum(|row| row.membership_fees)),
    detail("deferred_missions", MISSIONS, Rule::Sum(|row| row.deferred_missions)),
    detail("released_missions", MISSIONS, Rule::Sum(|row| row.released_missions)),
    detail("ahead_missions", MISSIONS, Rule::Sum(|row| row.ahead_missions)),
    detail("active_merchants", Unit::Number("merchants"), Rule::Last(|row| row.active_merchants as f64)),
    detail("active_listings", Unit::Number("listings"), Rule::Last(|row| row.active_listings as f64)),
    detail("entered_merchants", Unit::Number("merchants"), Rule::Sum(|row| row.entered_merchants)),
    detail("exited_merchants", Unit::Number("merchants"), Rule::Sum(|row| row.exited_merchants)),
    detail("listing_fees", Unit::Money, Rule::Sum(|row| row.listing_fees)),
    detail("price_changes", Unit::Number("changes"), Rule::Sum(|row| row.price_changes)),
    detail("talent_wage", Unit::Number("ratio to base"), Rule::Mean(|row| row.talent_wage)),
    detail("matching_accuracy", Unit::Number("correlation"), Rule::Mean(|row| row.matching_accuracy)),
    detail("energy", Unit::Count("kWh"), Rule::FloatSum(|row| row.energy)),
    detail("energy_per_order", Unit::Number("kWh per order"), Rule::FloatRatio(|row| row.energy, |row| row.orders)),
    detail("energy_per_gmv", Unit::PerThousandMoney("kWh"), Rule::FloatRatio(|row| row.energy * 1000.0, |row| row.gmv)),
    detail("lost_sales", SALES, Rule::Sum(|row| row.lost_sales)),
    detail("lost_price", SALES, Rule::Sum(|row| row.lost_price)),
    detail("lost_assortment", SALES, Rule::Sum(|row| row.lost_assortment)),
    detail("lost_match", SALES, Rule::Sum(|row| row.lost_match)),
    detail("lost_service", SALES, Rule::Sum(|row| row.lost_service)),
    detail("lost_delivery", SALES, Rule::Sum(|row| row.lost_delivery)),
    detail("lost_quality", SALES, Rule::Sum(|row| row.lost_quality)),
    detail("lost_fatigue", SALES, Rule::Sum(|row| row.lost_fatigue)),
    detail("lost_rival_deal", SALES, Rule::Sum(|row| row.lost_rival_deal)),
    detail("lost_stock_out", SALES, Rule::Sum(|row| row.lost_stock_out)),
    detail("lost_no_need", SALES, Rule::Sum(|row| row.lost_no_need)),
    detail("departed_price", SHOPPERS, Rule::Sum(|row| row.departed_price)),
    detail("departed_assortment", SHOPPERS, Rule::Sum(|row| row.departed_assortment)),
    detail("departed_match", SHOPPERS, Rule::Sum(|row| row.departed_match)),
    detail("departed_service", SHOPPERS, Rule::Sum(|row| row.departed_service)),
    detail("departed_delivery", SHOPPERS, Rule::Sum(|row| row.departed_delivery)),
    detail("departed_quality", SHOPPERS, Rule::Sum(|row| row.departed_quality)),
    detail("departed_fatigue", SHOPPERS, Rule::Sum(|row| row.departed_fatigue)),
    detail("departed_rival_deal", SHOPPERS, Rule::Sum(|row| row.departed_rival_deal)),
    detail("departed_stock_out", SHOPPERS, Rule::Sum(|row| row.departed_stock_out)),
    detail("departed_no_need", SHOPPERS, Rule::Sum(|row| row.departed_no_need)),
    detail("inquiries", Unit::Count("inquiries"), Rule::Sum(|row| row.inquiries)),
    detail("addressed_shoppers", SHOPPERS, Rule::Sum(|row| row.addressed_shoppers)),
    detail("inquiry_orders", ORDERS, Rule::Sum(|row| row.inquiry_orders)),
    detail("inquiry_conversion", Unit::Share, Rule::Ratio(|row| row.inquiry_orders, |row| row.inquiries + row.addressed_shoppers)),
    detail("unresolved_contacts", CONTACTS, Rule::Sum(|row| row.unresolved_contacts)),
    detail("abandoned_contacts", CONTACTS, Rule::Sum(|row| row.abandoned_contacts)),
    detail("handoff_rate", Unit::Share, Rule::Ratio(|row| row.person_contacts, |row| row.contacts)),
    detail("disputes", CONTACTS, Rule::Sum(|row| row.disputes)),
    detail("dispute_rate", Unit::Share, Rule::Ratio(|row| row.disputes, |row| row.contacts)),
    detail("compensation", Unit::Money, Rule::Sum(|row| row.compensation)),
    detail("proactive_contacts", CONTACTS, Rule::Sum(|row| row.proactive_contacts)),
    detail("merchant_service_cost", Unit::Money, Rule::Sum(|row| row.merchant_service_cost)),
    detail("assistant_missions", MISSIONS, Rule::Sum(|row| row.assistant_missions)),
    detail("assistant_share", Unit::Share, Rule::Ratio(|row| row.assistant_missions, |row| row.missions)),
    detail("autonomous_orders", ORDERS, Rule::Sum(|row| row.autonomous_orders)),
    detail("assistant_users", SHOPPERS, Rule::Last(|row| row.assistant_users)),
    detail("in_market", Unit::Number("0 or 1"), Rule::Last(|row| row.in_market)),
    detail("ad_revenue", Unit::Money, Rule::Sum(|row| row.ad_revenue)),
    detail("ad_spend", Unit::Money, Rule::Sum(|row| row.ad_spend)),
    detail("ad_refunds", Unit::Money, Rule::Sum(|row| row.ad_refunds)),
    detail("over_delivery", Unit::Money, Rule::Sum(|row| row.over_delivery)),
    detail("boost_spend", Unit::Money, Rule::Sum(|row| row.boost_spend)),
    detail("impressions", Unit::Count("impressions"), Rule::Sum(|row| row.impressions)),
    detail("clicks", Unit::Count("clicks"), Rule::Sum(|row| row.clicks)),
    detail("ad_orders", ORDERS, Rule::Sum(|row| row.ad_orders)),
    detail("ad_gmv", Unit::Money, Rule::Sum(|row| row.ad_gmv)),
    detail("cost_per_click", Unit::MoneyPer("click"), Rule::Ratio(|row| row.ad_spend, |row| row.clicks)),
    detail("click_through_rate", Unit::Share, Rule::Ratio(|row| row.clicks, |row| row.impressions)),
    detail("acos", Unit::Share, Rule::Ratio(|row| row.ad_spend, |row| row.ad_gmv)),
    detail("roas", Unit::Number("ratio"), Rule::Ratio(|row| row.ad_gmv, |row| row.ad_spend)),
    detail("whole_site_campaigns", Unit::Number("campaigns"), Rule::Last(|row| row.whole_site_campaigns as f64)),
    detail("ad_accuracy", Unit::Number("correlation"), Rule::Mean(|row| row.ad_accuracy)),
    detail("content_spend", Unit::Money, Rule::Sum(|row| row.content_spend)),
    detail("brand_spend", Unit::Money, Rule::Sum(|row| row.brand_spend)),
    detail("creative_cost", Unit::Money, Rule::Sum(|row| row.creative_cost)),
    detail("content_revenue", Unit::Money, Rule::Sum(|row| row.content_revenue)),
    detail("content_contacts", CONTACTS, Rule::Sum(|row| row.content_contacts)),
    detail("brand_searches", Unit::Count("pages"), Rule::Sum(|row| row.brand_searches)),
    detail("asked", Unit::Count("steps"), Rule::Sum(|row| row.asked)),
    detail("mindshare", Unit::Share, Rule::Last(|row| row.mindshare)),
    detail("ask_shoppers", Unit::Count("slots"), Rule::Last(|row| row.ask_shoppers)),
    detail("search_spend", Unit::Money, Rule::Sum(|row| row.search_spend)),
    detail("cart_messages", Unit::Count("messages"), Rule::Sum(|row| row.cart_messages)),
    detail("recovered_lines", LINES, Rule::Sum(|row| row.recovered_lines)),
    detail("search_lapsed", Unit::Money, Rule::Sum(|row| row.search_lapsed)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::rows::Row;

    #[test]
    fn every_column_of_the_kpi_table_is_a_kpi() {
        for column in PlatformTick::COLUMNS.iter().filter(|column| !["tick", "platform"].contains(&column.name)) {
            let found = kpi(column.name).unwrap_or_else(|| panic!("no KPI for {}", column.name));
            if !matches!(found.unit, Unit::MoneyPer(_)) {
                assert_eq!(found.unit.name(), column.unit, "{}", column.name);
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = KPIS.iter().map(|kpi| kpi.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KPIS.len());
    }

    #[test]
    fn only_extensive_values_are_extrapolated() {
        let real = Extrapolation { scale: 1_000.0, money_unit: 100 };
        assert_eq!(real.apply(Unit::Money, 250.0), 2_500.0);
        assert_eq!(real.apply(ORDERS, 3.0), 3_000.0);
        assert_eq!(real.apply(Unit::MoneyPer("order"), 250.0), 2.5);
        assert_eq!(real.apply(Unit::Share, 0.25), 0.25);
        assert_eq!(real.apply(Unit::Days, 2.0), 2.0);
    }
}
