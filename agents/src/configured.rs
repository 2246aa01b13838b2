//! Which mechanisms a market has switched on: those must fire, and a run names the ones that sleep.

use crate::content::params::{Allocator, ChannelParams, ContentProgramme, CreativeParams, PhaseKind};
use crate::instrument::{Audience, Instrument, Promotion};
use crate::market::Bazaar;
use crate::metric::Mechanism;
use crate::params::{
    AdBudget, AdParams, AdvertiserParams, AssistantParams, Bidding, GroupParams, MembershipParams, Pacing, Params, PlatformParams,
    StaffParams, StageParams, StrategyParams, ToolParams, WarParams, WholeSiteParams,
};
use crate::policy::{ExitPolicy, ParticipationPolicy, PricingPolicy, StockPolicy};
use sim_core::graph::SocialGraph;

/// The mechanisms that the scenario of a market configures, in table order.
#[must_use]
pub fn configured(market: &Bazaar) -> Vec<Mechanism> {
    let on = |m: &Mechanism| {
        of_shoppers(market, *m)
            || of_merchants(market, *m)
            || market.epochs.iter().any(|e| of_platforms(market, e, *m) || of_operation(e, *m) || of_ads(market, e, *m))
    };
    Mechanism::ALL.iter().copied().filter(on).collect()
}

fn assisted(market: &Bazaar, wanted: impl Fn(&AssistantParams) -> bool) -> bool {
    market.epochs.iter().flat_map(|e| &e.assistants).any(wanted)
}

fn tool(group: &GroupParams, wanted: impl Fn(&ToolParams) -> bool) -> bool {
    group.service.as_ref().and_then(|s| s.tool.as_ref()).is_some_and(|tool| tool.adopters > 0.0 && wanted(tool))
}

/// Whether anybody comes to use an assistant.
fn takes_hold(assistant: &AssistantParams) -> bool {
    assistant.first_users > 0.0 || assistant.innovation > 0.0
}

fn of_shoppers(market: &Bazaar, mechanism: Mechanism) -> bool {
    let params = &market.epochs[0];
    let (choice, memory) = (&params.choice, &params.memory);
    let deals = params.platforms.iter().any(|p| !p.promotions.is_empty());
    match mechanism {
        Mechanism::Mission => true,
        Mechanism::LossAttribution => market.attribution,
        Mechanism::Inquiry => params.inquiry.share > 0.0,
        Mechanism::Assistant => assisted(market, |a| a.asked > 0.0 && takes_hold(a)),
        Mechanism::AssistantAdDiscount => assisted(market, |a| a.asked > 0.0 && takes_hold(a) && a.ad_discount > 0.0),
        Mechanism::AssistantAdoption => assisted(market, |a| a.innovation > 0.0),
        Mechanism::AssistantImitation => {
            assisted(market, |a| a.imitation > 0.0 && takes_hold(a)) && !matches!(market.graph, SocialGraph::None)
        }
        Mechanism::AssistantDropped => assisted(market, |a| a.disadoption > 0.0 && takes_hold(a)),
        Mechanism::AutonomousPurchase => assisted(market, |a| a.restocks > 0.0 && takes_hold(a)) && memory.stock_days > 0.0,
        Mechanism::StockAtHome => memory.stock_days > 0.0 && params.categories.iter().any(|c| c.storable),
        Mechanism::MultiHoming => params.platforms.len() > 1 && params.segments.iter().any(|s| s.multi_homing > 0.0),
        Mechanism::Examination => params.segments.iter().any(|s| s.patience < 1.0),
        Mechanism::ReferencePrice => choice.loss_aversion > 0.0 && memory.reference_price_gain > 0.0,
        Mechanism::EvokedSet => choice.evoked != 0.0 && memory.evoked_gain > 0.0,
        Mechanism::WordOfMouth => params.messages_per_order > 0.0 && !matches!(market.graph, SocialGraph::None),
        Mechanism::HabitGain => memory.habit_gain > 0.0,
        Mechanism::SatisfactionGain => memory.satisfaction_gain > 0.0,
        Mechanism::PromotionFatigue => memory.fatigue_gain_deal > 0.0 && deals,
        Mechanism::DealCredit => memory.deal_credit_gain > 0.0 && deals,
        Mechanism::InclusiveValue => memory.inclusive_value_gain > 0.0,
        Mechanism::Shock => market.epochs.len() > 1,
        Mechanism::Deferral => market.days.iter().any(|d| d.proximity > 0.0) && defers(params),
        Mechanism::PentUpNeed => market.days.iter().any(|d| d.proximity > 0.0) && defers(params) && memory.release > 0.0,
        Mechanism::BuyingAhead => {
            let prone = params.segments.iter().any(|s| s.deal_proneness > 0.0) && params.categories.iter().any(|c| c.storable);
            choice.buy_ahead > 0.0 && deals && prone && market.days.iter().any(|d| d.sale)
        }
        Mechanism::LivePreference => {
            params.segments.iter().any(|s| s.live_preference != 0.0) && market.catalog.listings.iter().any(|l| l.live)
        }
        Mechanism::MembershipChoice => choice.membership != 0.0 && params.platforms.iter().any(|p| p.membership.is_some()),
        _ => false,
    }
}

fn defers(params: &Params) -> bool {
    params.segments.iter().any(|s| s.deferral > 0.0) && params.categories.iter().any(|c| c.deferrable)
}

/// Advertising: whoever bids on a platform that sells slots. Over-delivery and refunds of the guarantee are not among them: a market
/// in which every budget and every target is kept is in order.
fn of_ads(market: &Bazaar, params: &Params, mechanism: Mechanism) -> bool {
    let sold: Vec<(usize, &AdParams)> =
        params.platforms.iter().enumerate().filter_map(|(p, rules)| Some((p, rules.ads.as_ref()?))).collect();
    let sells_on = |g: usize, p: usize| {
        let of_group = market.catalog.merchants.iter().filter(|m| m.group as usize == g);
        of_group.flat_map(|m| &m.listings).any(|&l| market.catalog.listings[l as usize].platform as usize == p)
    };
    let advertisers = market.catalog.groups.iter().enumerate().filter_map(|(g, group)| Some((g, group.ads.as_ref()?)));
    let pays = |ads: &AdvertiserParams| !matches!(ads.budget, AdBudget::PerTick(0) | AdBudget::SalesShare(0.0));
    let advertisers: Vec<&AdvertiserParams> =
        advertisers.filter(|(g, ads)| pays(ads) && sold.iter().any(|(p, _)| sells_on(*g, *p))).map(|(_, ads)| ads).collect();
    let any = |f: &dyn Fn(&AdvertiserParams) -> bool| advertisers.iter().any(|ads| f(ads));
    // a group whose merchants all have the tool bids in no other way
    let bids = |f: &dyn Fn(&Bidding) -> bool| any(&|ads| f(&ads.bidding) && ads.whole_site.is_none_or(|tool| tool.adopted < 1.0));
    let tool = |f: &dyn Fn(&WholeSiteParams) -> bool| any(&|ads| ads.whole_site.is_some_and(|tool| f(&tool)));
    match mechanism {
        Mechanism::AdAuction | Mechanism::AdClick => any(&|_| true),
        Mechanism::AdTargeting => any(&|_| true) && sold.iter().any(|(_, ads)| ads.own_estimate),
        Mechanism::AdPacing => any(&|ads| ads.pacing != Pacing::None || ads.bidding == Bidding::MaximiseVolume),
        Mechanism::BiddingManual => bids(&|b| matches!(b, Bidding::Manual { .. })),
        Mechanism::BiddingMaximiseVolume => bids(&|b| matches!(b, Bidding::MaximiseVolume)),
        Mechanism::BiddingTargetRoi => bids(&|b| matches!(b, Bidding::TargetRoi { .. })),
        Mechanism::BiddingTargetCpa => bids(&|b| matches!(b, Bidding::TargetCpa { .. })),
        Mechanism::BiddingNetTargetRoi => bids(&|b| matches!(b, Bidding::NetTargetRoi { .. })),
        Mechanism::BiddingMultiObjective => bids(&|b| matches!(b, Bidding::MultiObjective(_))),
        Mechanism::WholeSite => tool(&|t| t.adopted > 0.0 || t.hazard > 0.0),
        Mechanism::WholeSiteAdoption => tool(&|t| t.adopted < 1.0 && (t.hazard > 0.0 || t.imitation > 0.0 && t.adopted > 0.0)),
        Mechanism::ItemSelection => tool(&|t| t.items < 1.0 && (t.adopted > 0.0 || t.hazard > 0.0)),
        Mechanism::AdCostPassedOn => any(&|ads| ads.pass_on > 0.0),
        Mechanism::OneKeyBoost => any(&|ads| ads.boost.is_some_and(|b| b.budget > 0 && b.from < market.ticks())),
        _ => false,
    }
}

fn of_merchants(market: &Bazaar, mechanism: Mechanism) -> bool {
    let prices = |f: fn(&PricingPolicy) -> bool| market.catalog.groups.iter().any(|g| f(&g.pricing));
    let finite = market.catalog.groups.iter().any(|g| g.stock != StockPolicy::Unlimited);
    let group = |f: &dyn Fn(&GroupParams) -> bool| market.catalog.groups.iter().any(f);
    match mechanism {
        Mechanism::RepriceCostPlus => prices(|p| matches!(p, PricingPolicy::CostPlus { .. })),
        Mechanism::RepriceMatch => prices(|p| matches!(p, PricingPolicy::Match { .. })),
        Mechanism::RepriceBestResponse => prices(|p| matches!(p, PricingPolicy::BestResponse { .. })),
        Mechanism::RepriceTargetMargin => prices(|p| matches!(p, PricingPolicy::TargetMargin { .. })),
        Mechanism::RepriceNudge => prices(|p| matches!(p, PricingPolicy::Nudge { .. })),
        Mechanism::RepriceUndercut => prices(|p| matches!(p, PricingPolicy::Undercut { .. })),
        Mechanism::RepriceGradient => prices(|p| matches!(p, PricingPolicy::Gradient { .. })),
        Mechanism::RepriceQLearning => prices(|p| matches!(p, PricingPolicy::QLearning { .. })),
        Mechanism::RepriceBandit => prices(|p| matches!(p, PricingPolicy::Bandit { .. })),
        Mechanism::MenuCost => group(&|g| g.menu_cost > 0 && g.pricing != PricingPolicy::Fixed),
        Mechanism::PromotionParticipation => {
            group(&|g| matches!(g.participation, ParticipationPolicy::Profitable { .. }))
                && market.epochs[0].platforms.iter().any(|p| !p.promotions.is_empty())
        }
        Mechanism::MerchantExit => group(&|g| g.exit != ExitPolicy::Never),
        Mechanism::MerchantEntry => group(&|g| g.entry.is_some()) && market.catalog.merchants.iter().any(|m| m.dormant),
        Mechanism::MerchantPlatforms => group(&|g| g.platform_choice.is_some_and(|c| c.rate > 0.0)),
        Mechanism::ListingFee => group(&|g| g.platform_choice.is_some_and(|c| c.listing_micros > 0)),
        Mechanism::StockRefusal => finite,
        Mechanism::Restock => group(&|g| matches!(g.stock, StockPolicy::ReorderUpTo { .. })),
        Mechanism::Newsvendor => group(&|g| matches!(g.stock, StockPolicy::Newsvendor { .. })),
        Mechanism::ContentChannel | Mechanism::FunnelStep => {
            programmes(market).any(|p| p.budget > 0 || p.campaign.iter().flat_map(|c| &c.phases).any(|phase| phase.budget > 0))
        }
        Mechanism::ContentClick => {
            let followed = |c: &ChannelParams| c.click_through > 0.0 && !c.auctioned;
            market.epochs.iter().any(|e| e.content.channels.iter().any(followed)) && programmes(market).next().is_some()
        }
        Mechanism::CampaignSearch => market.catalog.groups.iter().any(|g| g.ads.is_some() && searches(market, g)),
        Mechanism::BrandAdvertising => programmes(market).any(|p| p.brand.is_some_and(|b| b.budget > 0)),
        Mechanism::HumanCreatives => programmes(market).any(|p| !p.creatives.aigc && pays_for_creatives(p)),
        Mechanism::AigcCreatives => programmes(market).any(|p| p.creatives.aigc && pays_for_creatives(p)),
        Mechanism::EqualMarginal => programmes(market).any(|p| allocates(p, |a| a == Allocator::EqualMarginalReturn)),
        Mechanism::AiAllocator => programmes(market).any(|p| allocates(p, |a| matches!(a, Allocator::Ai { .. }))),
        Mechanism::CampaignAccumulate => programmes(market).any(|p| plays(p, PhaseKind::Accumulate)),
        Mechanism::CampaignSeed => programmes(market).any(|p| plays(p, PhaseKind::Seed)),
        Mechanism::CampaignBreakOut => programmes(market).any(|p| plays(p, PhaseKind::BreakOut)),
        Mechanism::BrandSearch => market.epochs.iter().any(|e| e.content.mind.brand_search > 0.0) && programmes(market).next().is_some(),
        Mechanism::MerchantDesk => market.asks() && group(&|g| g.service.as_ref().is_some_and(|s| s.agents > 0)),
        Mechanism::ServiceTool => market.asks() && group(&|g| tool(g, |_| true)),
        Mechanism::ToolAction => market.asks() && market.attribution && group(&|g| tool(g, |tool| tool.acts)),
        Mechanism::ProactiveInquiry => market.asks() && group(&|g| tool(g, |tool| tool.reach > 0.0)),
        Mechanism::FirstParty => market.catalog.merchants.iter().any(|m| m.first_party_of.is_some()),
        _ => false,
    }
}

fn programmes(market: &Bazaar) -> impl Iterator<Item = &ContentProgramme> {
    market.catalog.groups.iter().filter_map(|group| group.content.as_ref())
}

/// Whether the content money of a group buys clicks at auction.
fn searches(market: &Bazaar, group: &GroupParams) -> bool {
    let channels = &market.epochs[0].content.channels;
    let bought = |shares: &[f64]| channels.iter().zip(shares).any(|(channel, share)| channel.auctioned && *share > 0.0);
    group.content.as_ref().is_some_and(|p| {
        let phases = || p.campaign.iter().flat_map(|c| &c.phases);
        p.budget > 0 && bought(&p.shares) || phases().any(|phase| phase.budget > 0 && bought(&phase.shares))
    })
}

fn pays_for_creatives(programme: &ContentProgramme) -> bool {
    let pays = |makes: &CreativeParams| makes.cost > 0 && makes.per_tick > 0.0;
    programme.budget > 0 && pays(&programme.creatives)
}

fn allocates(programme: &ContentProgramme, wanted: impl Fn(Allocator) -> bool) -> bool {
    let in_phase = programme.campaign.iter().flat_map(|c| &c.phases).any(|phase| phase.budget > 0 && wanted(phase.allocator));
    programme.budget > 0 && wanted(programme.allocator) || in_phase
}

fn plays(programme: &ContentProgramme, kind: PhaseKind) -> bool {
    programme.campaign.iter().flat_map(|c| &c.phases).any(|phase| phase.kind == kind && phase.budget > 0)
}

fn of_platforms(market: &Bazaar, params: &Params, mechanism: Mechanism) -> bool {
    let any = |f: &dyn Fn(&PlatformParams) -> bool| params.platforms.iter().any(f);
    let usable =
        |p: &PlatformParams, budget: Option<i64>| budget != Some(0) && (budget.is_some() || p.strategy.may_spend(WarParams::Price));
    let rule = |f: fn(&Instrument) -> bool| any(&|p| p.promotions.iter().any(|r| f(&r.instrument) && usable(p, r.budget_per_tick)));
    let any_rule = || rule(|_| true);
    let invests = |p: &PlatformParams| p.ai.spend > 0 || p.strategy.may_spend(WarParams::Efficiency);
    let returns = params.categories.iter().any(|c| c.return_logit.iter().any(Option::is_some));
    match mechanism {
        Mechanism::RankingError => params.ai.functions[crate::params::MATCHING].q_max < 1.0 || any(&|p| p.ai.initial[0] < 1.0),
        Mechanism::Coupon => rule(|i| matches!(i, Instrument::Coupon { .. })),
        Mechanism::InstantDiscount => rule(|i| matches!(i, Instrument::InstantDiscount { .. })),
        Mechanism::GapToLowest => rule(|i| matches!(i, Instrument::GapToLowest { .. })),
        Mechanism::ThresholdDiscount => rule(|i| matches!(i, Instrument::ThresholdDiscount { .. })),
        Mechanism::CrossShopDiscount => rule(|i| matches!(i, Instrument::CrossShopDiscount { .. })),
        Mechanism::MemberCoupon => rule(|i| matches!(i, Instrument::MemberCoupon { .. })),
        Mechanism::Presale => rule(|i| matches!(i, Instrument::Presale { .. })),
        Mechanism::PriceProtection => rule(|i| matches!(i, Instrument::PriceProtection { .. })),
        Mechanism::CommissionRelief => rule(|i| matches!(i, Instrument::CommissionRelief { .. })) && any(&|p| p.take_rate_ppm > 0),
        Mechanism::DeliveryFee => any(&|p| p.delivery_fee > 0),
        Mechanism::DeliverySubsidy => rule(|i| matches!(i, Instrument::DeliverySubsidy { .. })) && any(&|p| p.delivery_fee > 0),
        Mechanism::Cart => {
            let thresholds = |i: &Instrument| matches!(i, Instrument::CrossShopDiscount { .. } | Instrument::ThresholdDiscount { .. });
            params.cart.is_on() && rule(thresholds)
        }
        Mechanism::BudgetRefusal => any_rule(),
        Mechanism::Cancellation => any(&|p| p.cancelled > 0.0),
        Mechanism::FestivalCancellation => market.days.iter().any(|d| d.sale) && any(&|p| p.cancelled_festival > p.cancelled),
        Mechanism::MembershipJoin => {
            let pays = |p: &PlatformParams, m: MembershipParams| {
                m.benefit > 0.0 || p.promotions.iter().any(|r| r.audience == Audience::Members && usable(p, r.budget_per_tick))
            };
            params.memory.habit_gain > 0.0 && any(&|p| p.membership.is_some_and(|m| m.join > 0.0 && pays(p, m)))
        }
        Mechanism::MembershipRenewal => any(&|p| p.membership.is_some()),
        Mechanism::Delivery => (0..params.platforms.len()).any(|p| market.tracks_deliveries(params, p)),
        Mechanism::Return => returns,
        Mechanism::Clawback => returns && any(&|p| p.promotions.iter().any(|r| r.clawback && usable(p, r.budget_per_tick))),
        Mechanism::ServiceContact => any(&|p| p.contacts > 0.0),
        Mechanism::AiService => {
            any(&|p| p.contacts > 0.0 && p.resolved_ai > 0.0) && params.ai.functions[crate::params::SERVICE].q_max > 0.0
        }
        Mechanism::Commission => any(&|p| p.take_rate_ppm > 0),
        Mechanism::AiInvestment => any(&invests),
        Mechanism::AiInService => any(&invests) && params.ai.productivity > 0.0 && params.ai.lag < market.ticks(),
        Mechanism::AiSpillover => params.ai.spillover > 0.0 && any(&invests),
        Mechanism::TalentWage => params.ai.wage_elasticity > 0.0 && any(&invests),
        Mechanism::PriceWar => any(&|p| matches!(p.strategy, StrategyParams::PriceWar(_))),
        Mechanism::EfficiencyWar => any(&|p| matches!(p.strategy, StrategyParams::EfficiencyWar(_))),
        Mechanism::Balanced => any(&|p| matches!(p.strategy, StrategyParams::Balanced(..))),
        Mechanism::MatchRival => any(&|p| matches!(p.strategy, StrategyParams::MatchRival(..))),
        _ => false,
    }
}

/// What platforms have switched on beside promotions: strategies, stages of AI, staff, logistics, financing. Exit is not among them:
/// a market in which nobody fails is in order.
fn of_operation(params: &Params, mechanism: Mechanism) -> bool {
    let any = |f: &dyn Fn(&PlatformParams) -> bool| params.platforms.iter().any(f);
    let stages = |f: &dyn Fn(&StageParams) -> bool| params.ai.functions.iter().any(|function| f(&function.stages));
    let invests = |p: &PlatformParams| p.ai.spend > 0 || p.strategy.may_spend(WarParams::Efficiency);
    match mechanism {
        Mechanism::ExperienceWar => any(&|p| matches!(p.strategy, StrategyParams::ExperienceWar(_))),
        Mechanism::Adaptive => any(&|p| matches!(p.strategy, StrategyParams::Adaptive(..))),
        Mechanism::BudgetRaise => any(&|p| p.raise.most > 0.0),
        Mechanism::TalentProgramme => any(&|p| p.ai.talent.spend > 0),
        Mechanism::TalentPool => params.ai.finite_pool && any(&invests),
        Mechanism::AiEmergence => stages(&|s| s.early_use < 1.0 && s.emergence > 0.0 || s.acceptance < 1.0 && s.autonomous > 0.0),
        Mechanism::AiAutonomy => stages(&|s| s.authority > 0.0 || s.replanning > 0.0),
        Mechanism::AiSelfIteration => stages(&|s| s.self_rate > 0.0 && s.self_limit > 0.0),
        Mechanism::StaffAugment => any(&|p| p.contacts > 0.0 && matches!(p.staff, StaffParams::Augment { .. })),
        Mechanism::StaffReplace => any(&|p| p.contacts > 0.0 && matches!(p.staff, StaffParams::Replace { .. })),
        Mechanism::AiEnergy => params.ai.energy_kwh > 0.0 && any(&invests),
        Mechanism::ComputePriceLevel => params.ai.compute_price_level != 1.0 && any(&invests),
        Mechanism::LogisticsCapacity => any(&|p| p.capacity > 0),
        Mechanism::ServiceQueue => any(&|p| p.desk.is_some()),
        Mechanism::Authority => any(&|p| p.contacts > 0.0 && p.resolved_ai > 0.0 && p.authority.is_some()),
        Mechanism::CartRecovery => {
            let thresholds =
                |r: &Promotion| matches!(r.instrument, Instrument::CrossShopDiscount { .. } | Instrument::ThresholdDiscount { .. });
            let waits = |p: &PlatformParams| p.promotions.iter().any(thresholds);
            params.cart.is_on() && any(&|p| p.proactive.is_some_and(|proactive| proactive.carts > 0.0) && waits(p))
        }
        Mechanism::ProactiveService => any(&|p| p.proactive.is_some_and(|proactive| proactive.reach > 0.0)),
        Mechanism::Dispute => any(&|p| p.contacts > 0.0 && p.disputes > 0.0),
        _ => false,
    }
}
