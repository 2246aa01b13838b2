//! Observation: rows from what a tick left. Never draws, never writes to the world.

use crate::ads::books::{AD_WEEK, CAMPAIGN_WEEK};
use crate::ads::night::tool_of;
use crate::content::census::MindCensus;
use crate::market::Bazaar;
use crate::merchant::Merchants;
use crate::metric::{Listings, Metric, Totals};
use crate::params::{FUNCTIONS, LASTING_FUNCTIONS, MemoryParams, PLATFORMS, Params, RATE_LEVELS};
use crate::platform::{depreciation, platform_cash};
use crate::policy::PricingPolicy;
use crate::service::{self, Served, ShopService};
use crate::shopper::{Q10, Q12, Q14, Shopper};
use crate::view::View;
use serde::{Deserialize, Serialize};
use sim_core::exchange::Sum;
use sim_core::math;
use sim_core::parallel;
use sim_core::rows::{AssistantTick, CapabilityTick, LedgerTick, ListingTick, MerchantTick, PlatformTick, SegmentTick, ShopperRow};
use sim_core::tick::World;

/// What a census of shoppers counts: integers, so that shards add up in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// What shoppers have in mind.
    pub mind: MindCensus,
    satisfaction: [i64; PLATFORMS],
    fatigue: [i64; PLATFORMS],
    active: [i64; PLATFORMS],
    members: [i64; PLATFORMS],
    active_any: i64,
    active_three: i64,
    shoppers: i64,
    assisted: i64,
}

/// The row as it stands at a tick.
fn decayed(row: &Shopper, tick: u32, memory: &MemoryParams) -> Shopper {
    let mut row = *row;
    row.touch(tick, memory);
    row
}

impl Census {
    /// Counts all hosted shoppers after a tick.
    #[must_use]
    pub fn take(market: &Bazaar, world: &mut World<Bazaar>, tick: u32) -> Census {
        let memory = &market.params(&world.view).memory;
        parallel::accumulate(
            &mut world.shoppers,
            Census::default,
            |census, shard| shard.state.rows.iter().for_each(|row| census.count(&decayed(row, tick, memory), tick)),
            |a, b| a.add(&b),
        )
    }

    fn count(&mut self, row: &Shopper, tick: u32) {
        let active = row.active_platforms(tick);
        for p in 0..PLATFORMS {
            self.satisfaction[p] += i64::from(row.satisfaction[p]);
            self.fatigue[p] += i64::from(row.fatigue[p]);
            self.active[p] += i64::from(active >> p & 1);
            self.members[p] += i64::from(row.is_member(p));
        }
        self.active_any += i64::from(active != 0);
        self.active_three += i64::from(active.count_ones() >= 3);
        self.shoppers += 1;
        self.mind.count(row);
        self.assisted += i64::from(row.assistants() != 0);
    }
}

impl Sum for Census {
    fn add(&mut self, other: &Census) {
        for p in 0..PLATFORMS {
            self.satisfaction[p] += other.satisfaction[p];
            self.fatigue[p] += other.fatigue[p];
            self.active[p] += other.active[p];
            self.members[p] += other.members[p];
        }
        self.active_any += other.active_any;
        self.active_three += other.active_three;
        self.shoppers += other.shoppers;
        self.mind.add(&other.mind);
        self.assisted += other.assisted;
    }
}

/// Everything that rows are made of. `view` is the one of the next tick for prices, platform state after the tick.
pub struct Observation<'a> {
    /// The market.
    pub market: &'a Bazaar,
    /// The tick of the calendar: the tick of the engine less the warm-up.
    pub tick: u32,
    /// State after the tick.
    pub view: &'a View,
    /// Parameters that held in the tick.
    pub params: &'a Params,
    /// Totals of the tick.
    pub totals: &'a Totals,
    /// Census, if one was taken.
    pub census: Option<&'a Census>,
}

fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { f64::NAN } else { a / b }
}

impl Observation<'_> {
    /// The KPI rows.
    #[must_use]
    pub fn platform_ticks(&self) -> Vec<PlatformTick> {
        let platforms = self.market.catalog.platforms.len();
        let gmv: Vec<f64> = (0..platforms).map(|p| self.totals.sum(p, Metric::Gmv) as f64).collect();
        let all: f64 = gmv.iter().sum();
        let hhi = gmv.iter().map(|g| ratio(*g, all) * ratio(*g, all)).sum();
        (0..platforms).map(|p| self.platform_tick(p, ratio(gmv[p], all), hhi)).collect()
    }

    fn platform_tick(&self, p: usize, gmv_share: f64, hhi: f64) -> PlatformTick {
        let of = |metric| self.totals.sum(p, metric);
        let real = |metric| of(metric) as f64;
        let state = &self.view.state.platforms[p];
        let rules = &self.params.platforms[p];
        let net_gmv = of(Metric::ShippedGmv) - of(Metric::Refunds);
        let cash = platform_cash(self.totals, p) + of(Metric::FirstPartyCash);
        let census = |of: fn(&Census) -> &[i64; PLATFORMS], one: f64| {
            self.census.map_or(f64::NAN, |c| ratio(of(c)[p] as f64, c.shoppers as f64 * one))
        };
        let (price_index, price_dispersion) = self.prices(p);
        PlatformTick {
            tick: self.tick,
            platform: self.market.catalog.platforms[p].clone(),
            missions: of(Metric::Missions),
            visits: of(Metric::Visits),
            orders: of(Metric::Orders),
            cancelled_orders: of(Metric::Cancelled),
            shipped_orders: of(Metric::Shipped),
            parcels: real(Metric::Dispatched) * rules.parcels_per_line,
            backlog: state.backlog,
            gmv: of(Metric::Gmv),
            shipped_gmv: of(Metric::ShippedGmv),
            refunds: of(Metric::Refunds),
            net_gmv,
            paid: of(Metric::Paid),
            merchant_discount: of(Metric::MerchantDiscount),
            subsidy: of(Metric::Subsidy),
            clawback: of(Metric::Clawback),
            checkouts: of(Metric::Checkouts),
            kept_lines: of(Metric::KeptLines),
            abandoned_lines: of(Metric::AbandonedLines),
            delivery_fees: of(Metric::DeliveryFees),
            presale_deposits: of(Metric::PresaleDeposits),
            deposits_forfeited: of(Metric::DepositsForfeited),
            protection_refunds: of(Metric::ProtectionRefunds),
            commission_relief: of(Metric::Relief),
            commission: of(Metric::Commission),
            fulfilment_cost: of(Metric::LogisticsMerchant) + of(Metric::LogisticsPlatform),
            service_cost: of(Metric::ServiceCost),
            ai_spend: of(Metric::AiCompute) + of(Metric::AiTalent),
            strategy_spend: of(Metric::StrategySubsidy) - of(Metric::StrategyClawback)
                + of(Metric::StrategyAi)
                + of(Metric::StrategyExperience),
            strategy_subsidy: of(Metric::StrategySubsidy) - of(Metric::StrategyClawback),
            strategy_ai: of(Metric::StrategyAi),
            strategy_experience: of(Metric::StrategyExperience),
            raised_budget: of(Metric::Raised),
            first_party_profit: of(Metric::FirstPartyCash),
            platform_profit: cash,
            operating_profit: cash + of(Metric::Hardware) - depreciation(self.params, p, state),
            merchant_profit: of(Metric::ThirdPartyCash),
            merchant_gross_margin: ratio(net_gmv as f64 - real(Metric::GoodsCost), net_gmv as f64),
            returned_orders: of(Metric::ReturnedShelf) + of(Metric::ReturnedLive),
            returned_shelf: of(Metric::ReturnedShelf),
            returned_live: of(Metric::ReturnedLive),
            delivered_shelf: of(Metric::DeliveredShelf),
            delivered_live: of(Metric::DeliveredLive),
            stockouts: of(Metric::Stockouts),
            refused_subsidies: of(Metric::RefusedSubsidies),
            contacts: of(Metric::Contacts),
            self_resolved: of(Metric::SelfResolved),
            person_contacts: of(Metric::Contacts) - of(Metric::AnsweredByAi),
            service_response_time: ratio(real(Metric::ResponseSeconds) / 60.0, real(Metric::Contacts) - real(Metric::GivenUp)),
            delivery_days: ratio(real(Metric::DeliveryDays) / 1000.0, real(Metric::Shipped)),
            conversion_rate: ratio(real(Metric::Orders), real(Metric::Missions)),
            average_order_value: ratio(real(Metric::Gmv), real(Metric::Orders)),
            average_basket_value: ratio(real(Metric::Gmv), real(Metric::Checkouts)),
            take_rate: ratio(real(Metric::Commission) + real(Metric::AdSpend) - real(Metric::AdRefunds), net_gmv as f64),
            subsidy_rate: ratio(real(Metric::Subsidy) - real(Metric::Clawback), real(Metric::ShippedGmv)),
            return_rate: ratio(
                real(Metric::ReturnedShelf) + real(Metric::ReturnedLive),
                real(Metric::DeliveredShelf) + real(Metric::DeliveredLive),
            ),
            gmv_share,
            hhi,
            price_index,
            price_dispersion,
            consumer_surplus: of(Metric::ConsumerSurplus),
            contribution: cash + of(Metric::AiCompute) + of(Metric::AiTalent) + of(Metric::FixedCost),
            deferred_missions: of(Metric::Deferred),
            released_missions: of(Metric::Released),
            ahead_missions: of(Metric::Ahead),
            members: self.census.map_or(f64::NAN, |c| c.members[p] as f64),
            joined_members: of(Metric::Joined),
            lapsed_members: of(Metric::Lapsed),
            membership_fees: of(Metric::MembershipFees),
            new_shoppers: of(Metric::NewShoppers),
            block_shoppers: of(Metric::BlockShoppers),
            churned_shoppers: of(Metric::Churned),
            retention: 1.0 - ratio(real(Metric::Churned), real(Metric::BlockShoppers)),
            satisfaction: census(|c| &c.satisfaction, f64::from(Q14)),
            promotion_fatigue: census(|c| &c.fatigue, f64::from(Q12)),
            active_shoppers: self.census.map_or(f64::NAN, |c| c.active[p] as f64),
            multi_homing_share: self.census.map_or(f64::NAN, |c| ratio(c.active_three as f64, c.active_any as f64)),
            active_merchants: of(Metric::ActiveMerchants),
            active_listings: of(Metric::ActiveListings),
            entered_merchants: of(Metric::EnteredMerchants),
            exited_merchants: of(Metric::ExitedMerchants),
            listing_fees: of(Metric::ListingFees),
            price_changes: of(Metric::PriceChanges),
            talent_wage: state.wage,
            matching_accuracy: state.accuracy(),
            energy: real(Metric::Energy) / 1000.0,
            in_market: if state.trades() { 1.0 } else { 0.0 },
            ad_revenue: of(Metric::AdSpend) - of(Metric::AdRefunds),
            ad_spend: of(Metric::AdSpend),
            ad_refunds: of(Metric::AdRefunds),
            over_delivery: of(Metric::OverDelivery),
            boost_spend: of(Metric::BoostSpend),
            impressions: of(Metric::AdImpressions),
            clicks: of(Metric::AdClicks),
            ad_orders: of(Metric::AdOrders),
            ad_gmv: of(Metric::AdGmv),
            cost_per_click: ratio(real(Metric::AdSpend), real(Metric::AdClicks)),
            click_through_rate: ratio(real(Metric::AdClicks), real(Metric::AdImpressions)),
            acos: ratio(real(Metric::AdSpend), real(Metric::AdGmv)),
            roas: ratio(real(Metric::AdGmv), real(Metric::AdSpend)),
            whole_site_campaigns: of(Metric::AdAdopters),
            ad_accuracy: rules.ads.as_ref().map_or(f64::NAN, |ads| state.ad_accuracy(ads)),
            content_spend: of(Metric::ContentSpend),
            brand_spend: of(Metric::BrandSpend),
            creative_cost: of(Metric::CreativeCost),
            content_revenue: of(Metric::ContentRevenue),
            content_contacts: of(Metric::ContentContacts),
            brand_searches: of(Metric::BrandSearches),
            asked: of(Metric::Asked),
            mindshare: self.mindshare(p),
            ask_shoppers: self.ask_shoppers(p),
            lost_sales: of(Metric::LostSales),
            lost_price: of(Metric::LostPrice),
            lost_assortment: of(Metric::LostAssortment),
            lost_match: of(Metric::LostMatch),
            lost_service: of(Metric::LostService),
            lost_delivery: of(Metric::LostDelivery),
            lost_quality: of(Metric::LostQuality),
            lost_fatigue: of(Metric::LostFatigue),
            lost_rival_deal: of(Metric::LostRivalDeal),
            lost_stock_out: of(Metric::LostStockOut),
            lost_no_need: of(Metric::LostNoNeed),
            departed_price: of(Metric::DepartedPrice),
            departed_assortment: of(Metric::DepartedAssortment),
            departed_match: of(Metric::DepartedMatch),
            departed_service: of(Metric::DepartedService),
            departed_delivery: of(Metric::DepartedDelivery),
            departed_quality: of(Metric::DepartedQuality),
            departed_fatigue: of(Metric::DepartedFatigue),
            departed_rival_deal: of(Metric::DepartedRivalDeal),
            departed_stock_out: of(Metric::DepartedStockOut),
            departed_no_need: of(Metric::DepartedNoNeed),
            inquiries: of(Metric::Inquiries),
            addressed_shoppers: of(Metric::Addressed),
            inquiry_orders: of(Metric::InquiryOrders),
            inquiry_conversion: ratio(real(Metric::InquiryOrders), real(Metric::Inquiries) + real(Metric::Addressed)),
            unresolved_contacts: of(Metric::Unresolved),
            abandoned_contacts: of(Metric::GivenUp),
            disputes: of(Metric::Disputes),
            compensation: of(Metric::Compensation),
            proactive_contacts: of(Metric::ProactiveContacts),
            merchant_service_cost: of(Metric::MerchantService),
            assistant_missions: of(Metric::AssistantMissions),
            autonomous_orders: of(Metric::AutonomousOrders),
            assistant_users: self.census.map_or(f64::NAN, |c| c.assisted as f64),
            search_spend: of(Metric::SearchSpend),
            cart_messages: of(Metric::CartMessages),
            recovered_lines: of(Metric::RecoveredLines),
            search_lapsed: of(Metric::SearchLapsed),
        }
    }

    /// Price index over tick 0, and dispersion of log prices within categories; both weighted by popularity.
    fn prices(&self, platform: usize) -> (f64, f64) {
        let catalog = &self.market.catalog;
        let categories = catalog.categories.len();
        let (mut change, mut weight, mut spread, mut cells) = (0.0, 0.0, 0.0, 0.0);
        for cell in &catalog.cells[platform * categories..(platform + 1) * categories] {
            let (mut w, mut sum, mut squares) = (0.0, 0.0, 0.0);
            for id in (cell.start as usize..cell.end as usize).filter(|&id| self.view.state.listed[id]) {
                let listing = &catalog.listings[id];
                let popularity = f64::from(listing.popularity);
                let log = math::ln(f64::from(self.view.state.prices[id]));
                change += popularity * (log - math::ln(f64::from(self.view.state.base_prices[id])));
                w += popularity;
                sum += popularity * log;
                squares += popularity * log * log;
            }
            weight += w;
            if w > 0.0 {
                let mean = sum / w;
                spread += math::sqrt((squares / w - mean * mean).max(0.0));
                cells += 1.0;
            }
        }
        (math::exp(ratio(change, weight)), ratio(spread, cells))
    }

    /// Rows by segment.
    #[must_use]
    pub fn segment_ticks(&self) -> Vec<SegmentTick> {
        let catalog = &self.market.catalog;
        let pairs = (0..catalog.platforms.len()).flat_map(|p| (0..catalog.segments.len()).map(move |s| (p, s)));
        let of = |p, s, metric| self.totals.of(p, s, metric);
        pairs
            .map(|(p, s)| SegmentTick {
                tick: self.tick,
                platform: catalog.platforms[p].clone(),
                segment: catalog.segments[s].clone(),
                missions: of(p, s, Metric::Missions),
                orders: of(p, s, Metric::Orders),
                gmv: of(p, s, Metric::Gmv),
                paid: of(p, s, Metric::Paid),
                subsidy: of(p, s, Metric::Subsidy),
                consumer_surplus: of(p, s, Metric::ConsumerSurplus),
                new_shoppers: of(p, s, Metric::NewShoppers),
                joined_members: of(p, s, Metric::Joined),
                membership_fees: of(p, s, Metric::MembershipFees),
                deferred_missions: of(p, s, Metric::Deferred),
                block_shoppers: of(p, s, Metric::BlockShoppers),
                churned_shoppers: of(p, s, Metric::Churned),
            })
            .collect()
    }

    /// Rows by platform and AI function.
    #[must_use]
    pub fn capability_ticks(&self) -> Vec<CapabilityTick> {
        let platforms = self.market.catalog.platforms.iter().zip(&self.view.state.platforms);
        platforms
            .flat_map(|(name, state)| {
                (0..FUNCTIONS.len()).filter(|&f| f < LASTING_FUNCTIONS || self.params.ai.functions[f].q_max > 0.0).map(move |f| {
                    CapabilityTick {
                        tick: self.tick,
                        platform: name.clone(),
                        function: FUNCTIONS[f].into(),
                        stock: state.capability[f],
                        in_build: state.in_build.iter().map(|built| built[f]).sum(),
                        performance: state.performance[f],
                        in_use: state.in_use[f],
                        stage: u32::from(state.stage[f]),
                        compute_spend: state.compute_spend[f],
                        talent_spend: state.talent_spend[f],
                        compute_price: state.compute_price,
                        wage: state.wage,
                    }
                })
            })
            .collect()
    }

    /// Rows by assistant.
    #[must_use]
    pub fn assistant_ticks(&self) -> Vec<AssistantTick> {
        let platform = |owner: Option<u8>| owner.map_or_else(|| "".into(), |p| self.market.catalog.platforms[p as usize].clone());
        let all = self.market.assistants.iter().zip(&self.params.assistants);
        all.zip(self.totals.assistants.iter().zip(&self.view.state.assistants))
            .map(|((name, params), (sum, state))| AssistantTick {
                tick: self.tick,
                assistant: name.clone(),
                owner: platform(params.owner),
                users: state.users(),
                adopted: sum.adopted,
                told: sum.told,
                dropped: sum.dropped,
                missions: sum.missions,
                chosen: sum.chosen,
                restocked: sum.restocked,
            })
            .collect()
    }

    /// Rows of the books.
    #[must_use]
    pub fn ledger_ticks(&self) -> Vec<LedgerTick> {
        let flows = self.totals.ledger.flows();
        flows
            .map(|(p, from, to, amount)| LedgerTick {
                tick: self.tick,
                platform: self.market.catalog.platforms[p].clone(),
                debit: from.name().into(),
                credit: to.name().into(),
                amount: amount.0,
            })
            .collect()
    }

    /// Rows of the listings of the merchants that are hosted here; `prices` are those while shopping.
    #[must_use]
    pub fn listing_ticks(&self, prices: &[u32], merchants: &Merchants, tallies: &Listings) -> Vec<ListingTick> {
        let catalog = &self.market.catalog;
        let rows = catalog.listings.iter().enumerate().filter(|(_, listing)| merchants.owned.contains(&listing.merchant));
        let seen = |column: &[i64], id: usize| column.get(id).copied().unwrap_or(0);
        let item = |id: usize| merchants.ads.items.get(id);
        rows.map(|(id, listing)| ListingTick {
            tick: self.tick,
            listing: id as u32,
            merchant: listing.merchant,
            platform: catalog.platforms[listing.platform as usize].clone(),
            category: catalog.categories[listing.category as usize].clone(),
            price: i64::from(prices[id]),
            stock: merchants.listings[id].stock,
            orders: tallies.orders[id],
            shipped_gmv: tallies.gmv[id],
            impressions: seen(&tallies.ads.impressions, id),
            clicks: seen(&tallies.ads.clicks, id),
            ad_spend: item(id).map_or(0, |item| item.paid),
            promoted: u32::from(item(id).is_some_and(|item| item.promoted)),
        })
        .collect()
    }
}

/// Name of a pricing policy as in the scenario.
fn pricing_name(policy: &PricingPolicy) -> &'static str {
    match policy {
        PricingPolicy::Fixed => "fixed",
        PricingPolicy::CostPlus { .. } => "cost-plus",
        PricingPolicy::Match { .. } => "match",
        PricingPolicy::BestResponse { .. } => "best-response",
        PricingPolicy::TargetMargin { .. } => "target-margin",
        PricingPolicy::Nudge { .. } => "nudge",
        PricingPolicy::Undercut { .. } => "undercut",
        PricingPolicy::Gradient { .. } => "gradient",
        PricingPolicy::QLearning { .. } => "q-learning",
        PricingPolicy::Bandit { .. } => "bandit",
    }
}

/// Rows of the week so far by merchant and platform.
#[must_use]
pub fn merchant_ticks(market: &Bazaar, tick: u32, world: &World<Bazaar>) -> Vec<MerchantTick> {
    let catalog = &market.catalog;
    let mut rows = Vec::new();
    for id in world.merchants.owned.clone() {
        for p in 0..catalog.platforms.len() {
            let listings = catalog.merchants[id as usize].listings.iter().map(|&l| l as usize);
            let here: Vec<usize> = listings.filter(|&l| catalog.listings[l].platform as usize == p).collect();
            if !here.is_empty() {
                rows.push(merchant_tick(market, tick, world, id, p, &here));
            }
        }
    }
    rows
}

/// The row of a merchant on platform `p`, where its listings are `here`.
fn merchant_tick(market: &Bazaar, tick: u32, world: &World<Bazaar>, id: u32, p: usize, here: &[usize]) -> MerchantTick {
    let catalog = &market.catalog;
    let merchant = &catalog.merchants[id as usize];
    let group = &catalog.groups[merchant.group as usize];
    let has_tool = world.merchants.ads.adopted.get(id as usize).is_some_and(|adopted| *adopted);
    let tool = tool_of(catalog, id).filter(|_| has_tool);
    let mut week = [0i64; 5];
    let mut ads = [0i64; AD_WEEK];
    let mut served = Served::default();
    let mut price = 0.0;
    for &l in here {
        for (sum, part) in week.iter_mut().zip(world.merchants.listings[l].week) {
            *sum += part;
        }
        price += f64::from(world.view.state.prices[l]);
        let item = world.merchants.ads.items.get(l).map_or([0; AD_WEEK], |item| item.week);
        ads.iter_mut().zip(item).for_each(|(sum, part)| *sum += part);
        served.add(&service::served(&world.merchants, l));
    }
    let shop = ShopService::new(market, world, id);
    let [orders, shipped_gmv, refunds, profit, stockouts] = week;
    let [impressions, clicks, ad_orders, ad_gmv, ad_spend] = ads;
    let campaign = world.merchants.ads.campaigns.get(id as usize * catalog.platforms.len() + p);
    let [over_delivery, ad_refunds, boost_spend, search_spend] = campaign.map_or([0; CAMPAIGN_WEEK], |campaign| campaign.week);
    MerchantTick {
        tick,
        merchant: id,
        group: group.name.clone(),
        platform: catalog.platforms[p].clone(),
        pricing: pricing_name(&group.pricing).into(),
        status: world.merchants.standing[id as usize].status.name().into(),
        listings: here.iter().filter(|&&l| world.view.state.listed[l]).count() as u32,
        orders,
        shipped_gmv,
        refunds,
        profit,
        mean_price: price / here.len() as f64,
        stockouts,
        cash: world.merchants.cash[id as usize],
        ad_spend,
        impressions,
        clicks,
        ad_orders,
        ad_gmv,
        whole_site: u32::from(tool.is_some_and(|tool| tool.platforms.has(p))),
        over_delivery,
        ad_refunds,
        boost_spend,
        search_spend,
        inquiries: served.inquiries,
        addressed_shoppers: served.addressed,
        inquiry_orders: served.inquiry_orders,
        service_score: if shop.skill.is_nan() { f64::NAN } else { service::mean_score(world, here) },
        skill: shop.skill,
        service_tool: u32::from(shop.holds_tool),
        service_people: shop.people,
        // charged to the books of the merchant's first platform
        service_cost: if here[0] == merchant.listings[0] as usize { shop.cost } else { 0 },
        contacts: served.contacts,
        handed_off: served.handed_off,
        self_resolved: served.self_resolved,
        unresolved_contacts: served.unresolved,
        abandoned_contacts: served.given_up,
        disputes: served.disputes,
        response_seconds: served.response_seconds,
    }
}

/// State of the sampled shoppers after the last tick, by platform; `tick` is that tick in the calendar.
#[must_use]
pub fn shopper_panel(market: &Bazaar, tick: u32, world: &mut World<Bazaar>) -> Vec<ShopperRow> {
    let catalog = &market.catalog;
    let memory = &market.params(&world.view).memory;
    let now = world.tick.0 - 1;
    let rows = parallel::map(&mut world.shoppers, |shard| {
        let state = &shard.state;
        let sampled = (0..state.rows.len()).filter(|&i| market.samples(state.shopper(i)));
        let row = |i: usize, p: usize, shopper: &Shopper| ShopperRow {
            tick,
            shopper: state.shopper(i),
            segment: catalog.segments[state.rate[i] as usize / RATE_LEVELS].clone(),
            platform: catalog.platforms[p].clone(),
            habit: f64::from(shopper.habit[p]) / f64::from(Q12),
            satisfaction: f64::from(shopper.satisfaction[p]) / f64::from(Q14),
            fatigue: f64::from(shopper.fatigue[p]) / f64::from(Q12),
            inclusive_value: f64::from(shopper.inclusive[p]) / f64::from(Q10),
        };
        let rows = sampled.flat_map(|i| {
            let shopper = decayed(&state.rows[i], now, memory);
            (0..catalog.platforms.len()).map(move |p| row(i, p, &shopper))
        });
        rows.collect::<Vec<_>>()
    });
    rows.concat()
}
