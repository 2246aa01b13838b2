//! Parameters of strategies: budgets, what they may be spent on, and the bandit that chooses.

use super::ByFunction;

/// Service staffing in an experience portfolio.
pub const STAFFING: usize = 0;
/// Delivery speed in an experience portfolio.
pub const DELIVERY: usize = 1;
/// Quality checks in an experience portfolio.
pub const CHECKS: usize = 2;

/// A strategy and its budget, in money units over the horizon.
#[derive(Clone, Debug, PartialEq)]
pub enum StrategyParams {
    /// Nothing beyond the baseline.
    Steady,
    /// Promotions.
    PriceWar(BudgetParams),
    /// AI.
    EfficiencyWar(BudgetParams),
    /// Service, delivery and returns.
    ExperienceWar(BudgetParams),
    /// Both; the share of promotions in ppm.
    Balanced(BudgetParams, u32),
    /// Follows rivals' subsidy rate: response, budget.
    MatchRival(f64, i64),
    /// A bandit over other strategies.
    Adaptive(BudgetParams, AdaptiveParams),
}

/// A strategy budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetParams {
    /// Money units over the horizon.
    pub budget: i64,
    /// First tick of spending.
    pub from: u32,
    /// Split of AI spend over functions.
    pub portfolio: ByFunction<f64>,
    /// Split of experience spend over staffing, delivery and checks.
    pub experience: [f64; 3],
}

/// What an adaptive platform chooses from, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveParams {
    /// Strategies, in the order of the file.
    pub over: Vec<WarParams>,
    /// Ticks between reviews.
    pub review: u32,
    /// What it is after.
    pub objective: Objective,
    /// How it learns.
    pub bandit: Bandit,
}

/// A way to spend a tick's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarParams {
    /// Promotions.
    Price,
    /// AI.
    Efficiency,
    /// Service, delivery and returns.
    Experience,
    /// Promotions and AI by halves.
    Balanced,
}

/// What an adaptive platform is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Its share of GMV.
    Share,
    /// Its cash result over the GMV of the market.
    Result,
}

/// How a bandit chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bandit {
    /// Upper confidence bound (Auer, Cesa-Bianchi, Fischer 2002): weight of the bonus.
    Ucb(f64),
    /// Exponential weights for adversaries (Auer, Cesa-Bianchi, Freund, Schapire 2002): share of exploration.
    Exp3(f64),
}

impl StrategyParams {
    /// The budget that its pace and portfolio stand in.
    #[must_use]
    pub fn budget(&self) -> Option<&BudgetParams> {
        match self {
            StrategyParams::Steady | StrategyParams::MatchRival(..) => None,
            StrategyParams::PriceWar(budget)
            | StrategyParams::EfficiencyWar(budget)
            | StrategyParams::ExperienceWar(budget)
            | StrategyParams::Balanced(budget, _)
            | StrategyParams::Adaptive(budget, _) => Some(budget),
        }
    }

    /// Whether it may spend in this way.
    #[must_use]
    pub fn may_spend(&self, wanted: WarParams) -> bool {
        match self {
            StrategyParams::Steady => false,
            StrategyParams::PriceWar(_) | StrategyParams::MatchRival(..) => wanted == WarParams::Price,
            StrategyParams::EfficiencyWar(_) => wanted == WarParams::Efficiency,
            StrategyParams::ExperienceWar(_) => wanted == WarParams::Experience,
            StrategyParams::Balanced(..) => wanted != WarParams::Experience,
            StrategyParams::Adaptive(_, adaptive) => adaptive.over.iter().any(|&war| war.includes(wanted)),
        }
    }
}

impl WarParams {
    /// Whether money spent in this way reaches `wanted`.
    #[must_use]
    pub fn includes(self, wanted: WarParams) -> bool {
        self == wanted || (self == WarParams::Balanced && wanted != WarParams::Experience)
    }
}
