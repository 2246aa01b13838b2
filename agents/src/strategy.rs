//! Strategies: how a platform turns a budget into promotions, AI and experience, tick by tick.
//!
//! A strategy budget is paced by the calendar's budget weights; what is not taken up is paced again over the days that are
//! left, so that two arms can be compared at equal realised spend. Depth of promotions is steered so that claims just exceed
//! the money of the tick; the grant phase makes sure that nothing is overspent.

use crate::capability::divide;
use crate::financing;
use crate::market::Bazaar;
use crate::metric::{Budgets, Mechanism, Metric, Totals};
use crate::params::{AdaptiveParams, BudgetParams, Params, PlatformParams, StrategyParams, WarParams};
use crate::platform::{PlatformState, platform_cash};
use sim_core::draw::Purpose;
use sim_core::math;

/// Depth at which strategy promotions start, ppm of the stated discount.
pub(crate) const FIRST_DEPTH_PPM: u32 = 300_000;
/// Depth of a baseline programme that pays what it states, ppm.
const FULL_DEPTH_PPM: f64 = 1e6;
/// Range of depth, ppm.
const DEPTH_PPM: (f64, f64) = (5_000.0, 5_000_000.0);
/// Claims that are aimed at, relative to the money of the tick.
const OVERSHOOT: f64 = 1.05;
/// The same in the last tick, after which nothing can be paced again.
const LAST_OVERSHOOT: f64 = 1.3;

/// Index of promotions in an allocation by line.
const PRICE: usize = 0;
/// Index of AI.
const AI: usize = 1;
/// Index of experience.
const EXPERIENCE: usize = 2;

/// Plans the next tick of all platforms.
pub(crate) fn plan(market: &Bazaar, tick: u32, params: &Params, states: &mut [PlatformState], budgets: &Budgets, totals: &mut Totals) {
    let rates: Vec<(f64, f64)> = states.iter().map(PlatformState::subsidy_rates).collect();
    for (p, state) in states.iter_mut().enumerate() {
        let rules = &params.platforms[p];
        let idle = tick < market.warm_up || !state.trades();
        let money = if idle { [0; 3] } else { allocate(market, tick, p, rules, state, &rates) };
        let money = financing::raised(rules, budget_of(&rules.strategy), p, state, money, totals);
        (state.pool, state.strategy_ai) = (money[PRICE], money[AI]);
        state.strategy_experience = rules.strategy.budget().map_or([0; 3], |budget| divide(money[EXPERIENCE], budget.experience));
        let last = tick + 1 == market.ticks();
        steer_depth(p, state, totals, if last { LAST_OVERSHOOT } else { OVERSHOOT });
        open_rules(market, tick, p, rules, state, budgets);
        note(p, rules, state, totals);
    }
}

/// Money of the tick by line: promotions, AI, experience.
fn allocate(market: &Bazaar, tick: u32, p: usize, rules: &PlatformParams, state: &mut PlatformState, rates: &[(f64, f64)]) -> [i64; 3] {
    let pace = |budget: &BudgetParams| market.pace(tick, budget.from);
    let even = |budget: &BudgetParams| market.even_pace(tick, budget.from);
    let raised = state.financing.raised;
    let paced = |line: usize, budget: i64, spent: i64, pace: f64| share_of(budget + raised[line] - spent, pace);
    match &rules.strategy {
        StrategyParams::Steady => [0; 3],
        StrategyParams::PriceWar(budget) => [paced(PRICE, budget.budget, state.spent_price, pace(budget)), 0, 0],
        StrategyParams::EfficiencyWar(budget) => [0, paced(AI, budget.budget, state.spent_ai, even(budget)), 0],
        StrategyParams::ExperienceWar(budget) => {
            let served = state.mean_lines >= 1.0;
            let money = paced(EXPERIENCE, budget.budget, state.spent_experience, pace(budget));
            [0, 0, if served { money } else { 0 }]
        }
        StrategyParams::Balanced(budget, price_ppm) => {
            let price = (i128::from(budget.budget) * i128::from(*price_ppm) / 1_000_000) as i64;
            let ai = paced(AI, budget.budget - price, state.spent_ai, even(budget));
            [paced(PRICE, price, state.spent_price, pace(budget)), ai, 0]
        }
        StrategyParams::MatchRival(response, budget) => {
            let rival = rates.iter().enumerate().filter(|(o, _)| *o != p).map(|(_, r)| r.1).fold(0.0, f64::max);
            let gap = (rival - rates[p].0).max(0.0) * response;
            [math::round_i64(gap * state.mean_gmv).min(budget + raised[PRICE] - state.spent_price).max(0), 0, 0]
        }
        StrategyParams::Adaptive(budget, adaptive) => {
            let left = budget.budget + raised.iter().sum::<i64>() - state.strategy_spent();
            if tick < budget.from {
                return [0; 3];
            }
            if (tick - budget.from).is_multiple_of(adaptive.review) {
                let words = market.seed.words(Purpose::Strategy, p as u64, u64::from(tick), 0);
                state.bandit.review(adaptive, f64::from(words.uniform(0)));
            }
            spend_on(chosen(adaptive, state), share_of(left, pace(budget)))
        }
    }
}

/// How an adaptive platform spends in this period.
fn chosen(adaptive: &AdaptiveParams, state: &PlatformState) -> WarParams {
    adaptive.over[state.bandit.arm.min(adaptive.over.len() - 1)]
}

fn spend_on(war: WarParams, money: i64) -> [i64; 3] {
    match war {
        WarParams::Price => [money, 0, 0],
        WarParams::Efficiency => [0, money, 0],
        WarParams::Experience => [0, 0, money],
        WarParams::Balanced => [money - money / 2, money / 2, 0],
    }
}

fn budget_of(strategy: &StrategyParams) -> i64 {
    match strategy {
        StrategyParams::MatchRival(_, budget) => *budget,
        other => other.budget().map_or(0, |budget| budget.budget),
    }
}

/// Books what the tick brought an adaptive platform: own GMV, that of the market, its cash result before strategy spend.
pub(crate) fn account(params: &Params, states: &mut [PlatformState], totals: &Totals) {
    let market: i64 = (0..states.len()).map(|p| totals.sum(p, Metric::ShippedGmv)).sum();
    for (p, state) in states.iter_mut().enumerate() {
        if !matches!(params.platforms[p].strategy, StrategyParams::Adaptive(..)) {
            continue;
        }
        let of = |metric| totals.sum(p, metric);
        let strategy = of(Metric::StrategySubsidy) - of(Metric::StrategyClawback) + of(Metric::StrategyAi) + of(Metric::StrategyExperience);
        let result = platform_cash(totals, p) + of(Metric::FirstPartyCash) + strategy;
        for (sum, part) in state.bandit.period.iter_mut().zip([of(Metric::ShippedGmv), market, result]) {
            *sum += part;
        }
    }
}

fn share_of(left: i64, pace: f64) -> i64 {
    if pace >= 1.0 { left.max(0) } else { math::round_i64(left.max(0) as f64 * pace) }
}

/// Moves depth toward the point where claims just exceed the money of the tick.
fn steer_depth(p: usize, state: &mut PlatformState, totals: &Totals, overshoot: f64) {
    if state.pool == 0 {
        return;
    }
    let claimed = totals.sum(p, Metric::StrategySubsidy) + totals.sum(p, Metric::RefusedStrategy);
    if claimed == 0 {
        return;
    }
    let wanted = overshoot * state.pool as f64 / claimed as f64;
    let depth = f64::from(state.depth_ppm) * wanted.clamp(0.6, 1.6);
    state.depth_ppm = depth.clamp(DEPTH_PPM.0, DEPTH_PPM.1) as u32;
}

/// Opens the rules of the next tick. A baseline programme whose budget was overdrawn gives less to each, so that what a page
/// shows is what the budget can pay; it never gives more than it states.
fn open_rules(market: &Bazaar, tick: u32, p: usize, params: &PlatformParams, state: &mut PlatformState, budgets: &Budgets) {
    let trades = state.trades();
    for (r, (rule, slot)) in params.promotions.iter().zip(&mut state.rules).enumerate() {
        let in_window = (rule.window.0..=rule.window.1).contains(&tick);
        (slot.available, slot.depth_ppm) = match rule.budget_per_tick {
            Some(budget) => {
                let claimed = budgets.claimed[market.money_slot(p, r as u8, rule)];
                let wanted = if claimed > 0 { OVERSHOOT * budget as f64 / claimed as f64 } else { 1.0 };
                let depth = f64::from(slot.depth_ppm) * wanted.clamp(0.2, 1.6);
                (budget, depth.clamp(1.0, FULL_DEPTH_PPM) as u32)
            }
            None => (state.pool, state.depth_ppm),
        };
        let payable = slot.available > 0 || rule.budget_per_tick.is_some() && rule.platform_ppm == 0;
        slot.open = in_window && payable && trades;
    }
}

fn note(p: usize, params: &PlatformParams, state: &PlatformState, totals: &mut Totals) {
    let mechanism = match params.strategy {
        StrategyParams::Steady => return,
        StrategyParams::PriceWar(_) => Mechanism::PriceWar,
        StrategyParams::EfficiencyWar(_) => Mechanism::EfficiencyWar,
        StrategyParams::ExperienceWar(_) => Mechanism::ExperienceWar,
        StrategyParams::Adaptive(..) => Mechanism::Adaptive,
        StrategyParams::Balanced(..) => Mechanism::Balanced,
        StrategyParams::MatchRival(..) => Mechanism::MatchRival,
    };
    let money = [Metric::StrategySubsidy, Metric::StrategyAi, Metric::StrategyExperience].map(|line| totals.sum(p, line)).iter().sum();
    if state.pool > 0 || money > 0 {
        totals.fired(mechanism, 1, money);
    }
}
