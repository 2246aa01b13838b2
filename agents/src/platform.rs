//! Platforms: state that every worker holds in the same way, and their night.

use crate::capability;
use crate::market::Bazaar;
use crate::metric::{Budgets, Mechanism, Metric, Totals};
use crate::params::{LOGISTICS, MATCHING, Params, PlatformParams, SERVICE};
use crate::strategy;
use serde::{Deserialize, Serialize};
use sim_core::ledger::Account;
use sim_core::math;
use sim_core::money::Money;

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
    /// Depth of strategy promotions, ppm.
    pub depth_ppm: u32,
    /// Strategy budget spent on promotions so far, net of clawback.
    pub spent_price: i64,
    /// Strategy budget spent on AI so far.
    pub spent_ai: i64,
    /// Mean shipped GMV a tick.
    pub mean_gmv: f64,
    /// Mean subsidy a tick, baseline programmes.
    pub mean_baseline_subsidy: f64,
    /// Mean subsidy a tick, strategy budget.
    pub mean_strategy_subsidy: f64,
    /// Capability by function.
    pub capability: [f64; 3],
    /// Investment not yet in service, oldest first.
    pub in_build: Vec<[f64; 3]>,
    /// Performance by function.
    pub performance: [f64; 3],
    /// Hardware bought beyond the baseline so far.
    pub extra_hardware: i64,
    /// Compute spend of the last tick by function, money units.
    pub compute_spend: [i64; 3],
    /// Talent spend of the last tick by function, money units.
    pub talent_spend: [i64; 3],
    /// Price of compute over its price at tick 0.
    pub compute_price: f64,
    /// Wage of talent over the base wage.
    pub wage: f64,
}

impl PlatformState {
    /// A platform at the start: capability that gives the initial performance, and a steady build behind it.
    #[must_use]
    pub fn new(params: &Params, platform: usize) -> PlatformState {
        let rules = &params.platforms[platform];
        let (capability, in_build) = capability::initial(&params.ai, &rules.ai);
        PlatformState {
            rules: vec![RuleState { depth_ppm: 1_000_000, available: 0, open: false }; rules.promotions.len()],
            pool: 0,
            strategy_ai: 0,
            depth_ppm: strategy::FIRST_DEPTH_PPM,
            spent_price: 0,
            spent_ai: 0,
            mean_gmv: 0.0,
            mean_baseline_subsidy: 0.0,
            mean_strategy_subsidy: 0.0,
            capability,
            in_build,
            performance: rules.ai.initial,
            extra_hardware: 0,
            compute_spend: [0; 3],
            talent_spend: [0; 3],
            compute_price: 1.0,
            wage: 1.0,
        }
    }

    /// rho: correlation of the platform's estimate with the true match.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.performance[MATCHING]
    }

    /// Promised delivery days.
    #[must_use]
    pub fn delivery_days(&self, params: &PlatformParams) -> f64 {
        (params.delivery_days - params.days_saved * self.performance[LOGISTICS]).max(0.0)
    }

    /// Cost of delivering a line, money units.
    #[must_use]
    pub fn delivery_cost(&self, params: &PlatformParams) -> i64 {
        math::round_i64(params.delivery_cost * (1.0 - params.cost_saved * self.performance[LOGISTICS]))
    }

    /// Share of contacts resolved by AI.
    #[must_use]
    pub fn self_resolution(&self, params: &PlatformParams) -> f64 {
        f64::from(params.resolved_ai) * self.performance[SERVICE]
    }

    /// Service level, 0 to 1: share of contacts resolved, by AI or by people.
    #[must_use]
    pub fn service_level(&self, params: &PlatformParams) -> f64 {
        let ai = self.self_resolution(params);
        ai + (1.0 - ai) * f64::from(params.resolved_person)
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
        self.spent_price + self.spent_ai
    }
}

/// Cash of a platform in a tick, from its counters; the ledger must say the same.
#[must_use]
pub fn platform_cash(totals: &Totals, platform: usize) -> i64 {
    let of = |metric| totals.sum(platform, metric);
    of(Metric::Commission) - of(Metric::Subsidy) + of(Metric::Clawback)
        - of(Metric::LogisticsPlatform)
        - of(Metric::ServiceCost)
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
        pay(&params.platforms[p], p, state, totals);
    }
    capability::advance(params, states, totals);
    strategy::plan(market, tick + 1, next, states, budgets, totals);
}

fn observe(p: usize, state: &mut PlatformState, totals: &Totals) {
    let strategy = totals.sum(p, Metric::StrategySubsidy);
    let clawback = totals.sum(p, Metric::StrategyClawback);
    let baseline = totals.sum(p, Metric::Subsidy) - strategy;
    let mean = |old: &mut f64, new: i64| *old += (new as f64 - *old) * WEEK_GAIN;
    mean(&mut state.mean_gmv, totals.sum(p, Metric::ShippedGmv));
    mean(&mut state.mean_baseline_subsidy, baseline);
    mean(&mut state.mean_strategy_subsidy, strategy);
    state.spent_price += strategy - clawback;
}

/// Pays AI and fixed cost of the tick.
fn pay(params: &PlatformParams, p: usize, state: &mut PlatformState, totals: &mut Totals) {
    let spends = capability::split(params, state);
    state.compute_spend = spends.map(|(compute, _)| compute);
    state.talent_spend = spends.map(|(_, talent)| talent);
    let compute: i64 = state.compute_spend.iter().sum();
    let talent: i64 = state.talent_spend.iter().sum();
    let hardware = Money(compute).share(params.ai.hardware_ppm).0;
    let baseline_compute = Money(params.ai.spend).share(params.ai.compute_ppm);
    state.extra_hardware += hardware - baseline_compute.share(params.ai.hardware_ppm).0;
    state.spent_ai += state.strategy_ai;
    totals.ledger.transfer(p, Account::Platform, Account::Ai, Money(compute + talent));
    totals.ledger.transfer(p, Account::Platform, Account::External, Money(params.fixed_cost));
    for (metric, amount) in [
        (Metric::AiCompute, compute),
        (Metric::AiTalent, talent),
        (Metric::StrategyAi, state.strategy_ai),
        (Metric::Hardware, hardware),
        (Metric::FixedCost, params.fixed_cost),
    ] {
        totals.add_to(p, 0, metric, amount);
    }
    if compute + talent > 0 {
        totals.fired(Mechanism::AiInvestment, 1, compute + talent);
    }
}

/// Depreciation of hardware in a tick: the steady baseline, and what was bought beyond it.
#[must_use]
pub fn depreciation(params: &Params, platform: usize, state: &PlatformState) -> i64 {
    let ai = &params.platforms[platform].ai;
    let baseline = Money(ai.spend).share(ai.compute_ppm).share(ai.hardware_ppm).0;
    baseline + math::round_i64(state.extra_hardware as f64 / params.ai.hardware_ticks)
}
