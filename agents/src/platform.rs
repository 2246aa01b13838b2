//! Platforms: state that every worker holds in the same way, and their night.

use crate::adaptive::BanditState;
use crate::ads::books::AdMarket;
use crate::capability;
use crate::dispatch;
use crate::financing::{self, Financing};
use crate::market::Bazaar;
use crate::metric::{Budgets, Mechanism, Metric, Totals};
use crate::params::{ADS, AdParams, ByFunction, CHECKS, DELIVERY, LOGISTICS, MATCHING, Params, PlatformParams, STAFFING, StaffParams};
use crate::service::{bought, people};
use crate::stage;
use crate::strategy;
use serde::{Deserialize, Serialize};
use sim_core::ledger::Account;
use sim_core::math;
use sim_core::money::Money;
use std::collections::VecDeque;

/// Weight of a tick in mean GMV and subsidy rates: a memory of a week.
const WEEK_GAIN: f64 = 1.0 / 7.0;

/// A promotion in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// Depth: factor on the stated discount, ppm.
    pub depth_ppm: u32,
    /// Money for the tick; rules of the strategy budget share the platform's `pool`.
    pub available: i64,
    /// Whether it can be used.
    pub open: bool,
}

/// A platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlatformState {
    /// Promotions in this tick.
    pub rules: Vec<RuleState>,
    /// Money of the strategy budget for promotions in this tick.
    pub pool: i64,
    /// Money of the strategy budget for AI in this tick.
    pub strategy_ai: i64,
    /// Money of the strategy budget for staffing, delivery and checks in this tick.
    pub strategy_experience: [i64; 3],
    /// Depth of strategy promotions, ppm.
    pub depth_ppm: u32,
    /// Strategy budget spent on promotions so far, net of clawback.
    pub spent_price: i64,
    /// Strategy budget spent on AI so far.
    pub spent_ai: i64,
    /// Strategy budget spent on experience so far.
    pub spent_experience: i64,
    /// Mean shipped GMV a tick.
    pub mean_gmv: f64,
    /// Mean shipped lines a tick.
    pub mean_lines: f64,
    /// Mean missions a tick that begin here.
    pub mean_missions: f64,
    /// Mean subsidy a tick, baseline programmes.
    pub mean_baseline_subsidy: f64,
    /// Mean subsidy a tick, strategy budget.
    pub mean_strategy_subsidy: f64,
    /// Capability by function.
    pub capability: ByFunction<f64>,
    /// Investment not yet in service, oldest first.
    pub in_build: Vec<ByFunction<f64>>,
    /// Performance by function.
    pub performance: ByFunction<f64>,
    /// Stage by function.
    pub stage: ByFunction<u8>,
    /// Performance in use by function: all of it, or what the stage lets through.
    pub in_use: ByFunction<f64>,
    /// Share of contacts otherwise handed to people that service agents settle on their own.
    pub authority: f64,
    /// Share of logistics capacity added by replanning.
    pub replanning: f64,
    /// Talent of its own, million yuan of daily pay at the base wage.
    pub own_talent: f64,
    /// Hardware bought beyond the baseline that is not written off yet.
    pub extra_hardware: i64,
    /// The same by tick of purchase, oldest first; as many ticks as hardware lasts.
    pub purchases: VecDeque<i64>,
    /// Compute spend of the last tick by function, money units.
    pub compute_spend: ByFunction<i64>,
    /// Talent spend of the last tick by function, money units.
    pub talent_spend: ByFunction<i64>,
    /// Price of compute over its price at tick 0.
    pub compute_price: f64,
    /// Wage of talent over the base wage.
    pub wage: f64,
    /// Energy per compute over that of tick 0.
    pub energy_intensity: f64,
    /// Lines sold and not yet dispatched.
    pub backlog: i64,
    /// Financing.
    pub financing: Financing,
    /// What an adaptive strategy has learned.
    pub bandit: BanditState,
    /// What its advertising lets expect.
    pub ads: AdMarket,
    /// Tick in which it left the market.
    pub exited: Option<u32>,
    /// Mean contacts a tick that people answer.
    pub mean_person_contacts: f64,
    /// Share of contacts within the authority of AI, mean of a week.
    pub within_authority: f64,
}

impl PlatformState {
    /// A platform at the start: capability that gives the initial performance, and a steady build behind it.
    #[must_use]
    pub fn new(params: &Params, platform: usize) -> PlatformState {
        let rules = &params.platforms[platform];
        let (capability, in_build) = capability::initial(&params.ai, &rules.ai);
        let mut state = PlatformState {
            rules: vec![RuleState { depth_ppm: 1_000_000, available: 0, open: false }; rules.promotions.len()],
            pool: 0,
            strategy_ai: 0,
            strategy_experience: [0; 3],
            depth_ppm: strategy::FIRST_DEPTH_PPM,
            spent_price: 0,
            spent_ai: 0,
            spent_experience: 0,
            mean_gmv: 0.0,
            mean_lines: 0.0,
            mean_missions: 0.0,
            mean_baseline_subsidy: 0.0,
            mean_strategy_subsidy: 0.0,
            capability,
            in_build,
            performance: rules.ai.initial,
            stage: Default::default(),
            in_use: rules.ai.initial,
            authority: 0.0,
            replanning: 0.0,
            own_talent: 0.0,
            extra_hardware: 0,
            purchases: VecDeque::new(),
            compute_spend: Default::default(),
            talent_spend: Default::default(),
            compute_price: 1.0,
            wage: 1.0,
            energy_intensity: 1.0,
            backlog: 0,
            financing: Financing::default(),
            bandit: BanditState::default(),
            ads: AdMarket::default(),
            exited: None,
            mean_person_contacts: 0.0,
            within_authority: 1.0,
        };
        capability::unlock(&params.ai, &mut state);
        state
    }

    /// Whether it is still in the market.
    #[must_use]
    pub fn trades(&self) -> bool {
        self.exited.is_none()
    }

    /// Whether agents of an AI function act on their own every tick.
    #[must_use]
    pub fn acts_alone(&self, function: usize) -> bool {
        self.stage[function] >= stage::AUTONOMOUS
    }

    /// rho: correlation of the platform's estimate with the true match.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.in_use[MATCHING]
    }

    /// rho of the estimate with which clicks are predicted: of the AI function for ads, or that of the ranking.
    #[must_use]
    pub fn ad_accuracy(&self, ads: &AdParams) -> f64 {
        if ads.own_estimate { self.in_use[ADS] } else { self.accuracy() }
    }

    /// Promised delivery days: travel, less what AI and money save, and the wait for capacity.
    #[must_use]
    pub fn delivery_days(&self, params: &PlatformParams, tick_days: f64) -> f64 {
        let travel = (params.delivery_days - params.days_saved * self.in_use[LOGISTICS]).max(0.0);
        let reach = bought(self.strategy_experience[DELIVERY], self.mean_lines, params.experience.delivery_half);
        travel * (1.0 - params.experience.delivery_cut * reach) + dispatch::wait_days(params, self, tick_days)
    }

    /// Share of disappointments that quality checks prevent.
    #[must_use]
    pub fn checked(&self, params: &PlatformParams) -> f64 {
        params.experience.checks_cut * bought(self.strategy_experience[CHECKS], self.mean_lines, params.experience.checks_half)
    }

    /// Cost of delivering a line, money units.
    #[must_use]
    pub fn delivery_cost(&self, params: &PlatformParams) -> i64 {
        math::round_i64(params.delivery_cost * (1.0 - params.cost_saved * self.in_use[LOGISTICS]))
    }

    /// Subsidy over GMV of the last week: baseline programmes, and all.
    #[must_use]
    pub fn subsidy_rates(&self) -> (f64, f64) {
        let gmv = self.mean_gmv.max(1.0);
        (self.mean_baseline_subsidy / gmv, (self.mean_baseline_subsidy + self.mean_strategy_subsidy) / gmv)
    }

    /// Strategy budget spent so far, net of clawback.
    #[must_use]
    pub fn strategy_spent(&self) -> i64 {
        self.spent_price + self.spent_ai + self.spent_experience
    }
}

/// Cash of a platform in a tick, from its counters; the ledger must say the same.
#[must_use]
pub fn platform_cash(totals: &Totals, platform: usize) -> i64 {
    let of = |metric| totals.sum(platform, metric);
    of(Metric::Commission) + of(Metric::MembershipFees) + of(Metric::ListingFees) + of(Metric::ContentRevenue)
        - of(Metric::Relief)
        - of(Metric::Subsidy)
        + of(Metric::Clawback)
        + of(Metric::AdSpend)
        - of(Metric::AdRefunds)
        - of(Metric::ProtectionSubsidy)
        - of(Metric::LogisticsPlatform)
        - of(Metric::ServiceCost)
        - of(Metric::QualityChecks)
        - of(Metric::AiCompute)
        - of(Metric::AiTalent)
        - of(Metric::FixedCost)
}

/// The night of all platforms: outlays of the tick are booked, capability grows, the next tick is planned. Replicated.
pub(crate) fn adapt(
    market: &Bazaar,
    tick: u32,
    params: &Params,
    next: &Params,
    states: &mut [PlatformState],
    budgets: &Budgets,
    totals: &mut Totals,
) {
    for (p, state) in states.iter_mut().enumerate() {
        observe(p, state, totals);
        dispatch::dispatch(&params.platforms[p], p, state, totals);
        if state.trades() {
            pay(params, p, state, totals);
        } else {
            (state.compute_spend, state.talent_spend) = Default::default();
        }
    }
    capability::advance(params, states, totals);
    strategy::account(params, states, totals);
    financing::settle_accounts(params, tick, states, totals);
    financing::adjust(params, tick, market.warm_up, states, totals);
    strategy::plan(market, tick + 1, next, states, budgets, totals);
}

fn observe(p: usize, state: &mut PlatformState, totals: &Totals) {
    let strategy = totals.sum(p, Metric::StrategySubsidy);
    let clawback = totals.sum(p, Metric::StrategyClawback);
    let baseline = totals.sum(p, Metric::Subsidy) - strategy;
    let mean = |old: &mut f64, new: i64| *old += (new as f64 - *old) * WEEK_GAIN;
    state.ads.observe(p, totals);
    mean(&mut state.mean_gmv, totals.sum(p, Metric::ShippedGmv));
    mean(&mut state.mean_lines, totals.sum(p, Metric::Shipped));
    mean(&mut state.mean_missions, totals.sum(p, Metric::Missions));
    mean(&mut state.mean_baseline_subsidy, baseline);
    mean(&mut state.mean_strategy_subsidy, strategy);
    state.spent_price += strategy - clawback;
    let contacts = totals.sum(p, Metric::Contacts);
    mean(&mut state.mean_person_contacts, contacts - totals.sum(p, Metric::AnsweredByAi));
    if contacts > 0 {
        let within = 1.0 - totals.sum(p, Metric::AboveAuthority) as f64 / contacts as f64;
        state.within_authority += (within - state.within_authority) * WEEK_GAIN;
    }
}

/// Pays AI, experience and fixed cost of the tick.
fn pay(params: &Params, p: usize, state: &mut PlatformState, totals: &mut Totals) {
    let rules = &params.platforms[p];
    let spends = capability::split(rules, state);
    state.compute_spend = spends.map(|(compute, _)| compute);
    state.talent_spend = spends.map(|(_, talent)| talent);
    let compute: i64 = state.compute_spend.iter().sum();
    let training = rules.ai.talent.spend;
    let own = capability::own_pay(&params.ai, state);
    let talent = state.talent_spend.iter().sum::<i64>() + training + own;
    let hardware = Money(compute).share(rules.ai.hardware_ppm).0;
    let baseline_compute = Money(rules.ai.spend).share(rules.ai.compute_ppm);
    let extra = hardware - baseline_compute.share(rules.ai.hardware_ppm).0;
    state.extra_hardware += extra;
    state.purchases.push_back(extra);
    // straight line: what is as old as hardware lasts has been written off
    while state.purchases.len() as f64 > params.ai.hardware_ticks {
        state.extra_hardware -= state.purchases.pop_front().unwrap_or(0);
    }
    state.spent_ai += state.strategy_ai;
    totals.ledger.transfer(p, Account::Platform, Account::Ai, Money(compute + talent));
    totals.ledger.transfer(p, Account::Platform, Account::External, Money(rules.fixed_cost));
    for (metric, amount) in [
        (Metric::AiCompute, compute),
        (Metric::AiTalent, talent),
        (Metric::StrategyAi, state.strategy_ai),
        (Metric::Hardware, hardware),
        (Metric::FixedCost, rules.fixed_cost),
        (Metric::Raised, financing::ai_spend(rules, state) - rules.ai.spend),
    ] {
        totals.add_to(p, 0, metric, amount);
    }
    if compute + talent > 0 {
        totals.fired(Mechanism::AiInvestment, 1, compute + talent);
    }
    if training + own > 0 {
        totals.fired(Mechanism::TalentProgramme, 1, training + own);
    }
    pay_experience(p, state, totals);
    if let Some(desk) = rules.desk {
        let wages = i128::from(desk.wages) * i128::from(people(rules, state)) / i128::from(desk.agents.max(1));
        let wages = i64::try_from(wages).expect("a part of the wages fits where they do");
        totals.ledger.transfer(p, Account::Platform, Account::External, Money(wages));
        totals.add_to(p, 0, Metric::ServiceCost, wages);
        totals.fired(Mechanism::ServiceQueue, 1, wages);
    }
    note_staff(rules.staff, p, totals);
}

/// Pays what the strategy budget spends on staffing, delivery and checks.
fn pay_experience(p: usize, state: &mut PlatformState, totals: &mut Totals) {
    let money = state.strategy_experience;
    let all: i64 = money.iter().sum();
    if all == 0 {
        return;
    }
    state.spent_experience += all;
    totals.ledger.transfer(p, Account::Platform, Account::External, Money(money[STAFFING] + money[CHECKS]));
    totals.ledger.transfer(p, Account::Platform, Account::Logistics, Money(money[DELIVERY]));
    for (metric, amount) in [
        (Metric::ServiceCost, money[STAFFING]),
        (Metric::QualityChecks, money[CHECKS]),
        (Metric::LogisticsPlatform, money[DELIVERY]),
        (Metric::StrategyExperience, all),
    ] {
        totals.add_to(p, 0, metric, amount);
    }
}

fn note_staff(staff: StaffParams, p: usize, totals: &mut Totals) {
    let answered = totals.sum(p, Metric::Contacts) - totals.sum(p, Metric::AnsweredByAi);
    match staff {
        StaffParams::AsNeeded => {}
        StaffParams::Augment { .. } => totals.fired(Mechanism::StaffAugment, answered, 0),
        StaffParams::Replace { .. } => {
            let closed = totals.sum(p, Metric::AnsweredByAi) - totals.sum(p, Metric::SelfResolved);
            totals.fired(Mechanism::StaffReplace, closed, 0);
        }
    }
}

/// Depreciation of hardware in a tick: the steady baseline, and what was bought beyond it.
#[must_use]
pub fn depreciation(params: &Params, platform: usize, state: &PlatformState) -> i64 {
    let ai = &params.platforms[platform].ai;
    let baseline = Money(ai.spend).share(ai.compute_ppm).share(ai.hardware_ppm).0;
    baseline + math::round_i64(state.extra_hardware as f64 / params.ai.hardware_ticks)
}
