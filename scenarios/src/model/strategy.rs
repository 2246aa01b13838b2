//! What a platform does with its strategy budget.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Date, Days, Share};

use super::{Named, default};

/// What a platform does with its strategy budget.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Strategy {
    /// Nothing beyond the baseline programmes.
    #[default]
    Steady,
    /// Spend all of the budget on promotions that are paid by the strategy budget.
    PriceWar(StrategyBudget),
    /// Spend all of the budget on AI.
    EfficiencyWar(StrategyBudget),
    /// Spend `price_share` on promotions and the rest on AI.
    Balanced {
        /// Real money over the horizon, above 0.
        budget: Amount,
        /// Share spent on promotions.
        price_share: Share,
        /// First day of spending; absent: the start of the calendar.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Date>,
        /// Split of AI spend over the functions; absent: the portfolio of the AI programme.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        portfolio: Option<Named<Share>>,
    },
    /// Follow the largest rival subsidy rate of last week on promotions.
    MatchRival {
        /// Share of the rival's rate above one's own baseline that is matched.
        response: Share,
        /// Most that is spent over the horizon.
        budget: Amount,
    },
    /// Spend all of the budget on service, delivery and returns.
    ExperienceWar(StrategyBudget),
    /// Choose among other strategies again and again, by what the last periods brought: a bandit.
    Adaptive(Adaptive),
}

/// A bandit over strategies that spends one budget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// Real money over the horizon, above 0.
    pub budget: Amount,
    /// First day of spending; absent: the start of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Strategies to choose from, two or more.
    #[serde(default = "default::wars")]
    pub over: Vec<War>,
    /// Time between reviews.
    #[serde(default = "default::week")]
    pub review: Days,
    /// What it is after.
    #[serde(default)]
    pub objective: Objective,
    /// How it learns.
    #[serde(default)]
    pub learning: Learning,
    /// Split of AI spend over the functions; absent: the portfolio of the AI programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<Named<Share>>,
    /// Split of experience spend; absent: its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<ExperienceSplit>,
}

/// A way to spend the money of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum War {
    /// On promotions.
    PriceWar,
    /// On AI.
    EfficiencyWar,
    /// On service, delivery and returns.
    ExperienceWar,
    /// Half on promotions, half on AI.
    Balanced,
}

/// What an adaptive platform is after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Its share of shipped GMV.
    #[default]
    Share,
    /// Its cash result before strategy spend, over the shipped GMV of the market.
    Result,
}

/// How a bandit learns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Learning {
    /// Upper confidence bound.
    Ucb {
        /// Weight of the bonus for what was seldom tried, on rewards scaled to 0..1; 0 to 10.
        #[schemars(range(min = 0.0, max = 10.0))]
        bonus: f64,
    },
    /// Exponential weights: for rivals that react.
    Exp3 {
        /// Share of periods that explore.
        exploration: Share,
    },
}

impl Default for Learning {
    /// UCB with half the textbook bonus: a season has few weeks.
    fn default() -> Self {
        Self::Ucb { bonus: 0.5 }
    }
}

/// How experience money is divided; shares add up to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperienceSplit {
    /// People in service.
    pub service: Share,
    /// Faster delivery.
    pub delivery: Share,
    /// Quality checks and easy exchange.
    pub returns: Share,
}

impl Default for ExperienceSplit {
    /// Two fifths on service, two fifths on delivery, a fifth on checks: a judgement.
    fn default() -> Self {
        Self { service: Share(0.4), delivery: Share(0.4), returns: Share(0.2) }
    }
}

/// A budget over the horizon.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategyBudget {
    /// Real money over the horizon, above 0.
    pub budget: Amount,
    /// First day of spending; absent: the start of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Split of AI spend over the functions; absent: the portfolio of the AI programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<Named<Share>>,
    /// Split of experience spend; absent: two fifths service, two fifths delivery, a fifth returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<ExperienceSplit>,
}

impl Strategy {
    /// Name as in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::PriceWar(_) => "price-war",
            Self::EfficiencyWar(_) => "efficiency-war",
            Self::Balanced { .. } => "balanced",
            Self::MatchRival { .. } => "match-rival",
            Self::ExperienceWar(_) => "experience-war",
            Self::Adaptive(_) => "adaptive",
        }
    }

    /// Real money over the horizon; none for `steady`.
    pub fn budget(&self) -> Option<Amount> {
        match self {
            Self::Steady => None,
            Self::PriceWar(war) | Self::EfficiencyWar(war) | Self::ExperienceWar(war) => Some(war.budget),
            Self::Balanced { budget, .. } | Self::MatchRival { budget, .. } => Some(*budget),
            Self::Adaptive(adaptive) => Some(adaptive.budget),
        }
    }

    /// Whether money may go to promotions.
    pub fn buys_promotions(&self) -> bool {
        match self {
            Self::Steady | Self::EfficiencyWar(_) | Self::ExperienceWar(_) => false,
            Self::PriceWar(_) | Self::MatchRival { .. } => true,
            Self::Balanced { price_share, .. } => price_share.0 > 0.0,
            Self::Adaptive(adaptive) => adaptive.over.iter().any(|war| matches!(war, War::PriceWar | War::Balanced)),
        }
    }

    /// Whether money may go to AI.
    pub fn buys_ai(&self) -> bool {
        match self {
            Self::Steady | Self::PriceWar(_) | Self::MatchRival { .. } | Self::ExperienceWar(_) => false,
            Self::EfficiencyWar(_) => true,
            Self::Balanced { price_share, .. } => price_share.0 < 1.0,
            Self::Adaptive(adaptive) => adaptive.over.iter().any(|war| matches!(war, War::EfficiencyWar | War::Balanced)),
        }
    }

    /// First day of spending, where the file names one.
    pub fn from(&self) -> Option<Date> {
        match self {
            Self::PriceWar(war) | Self::EfficiencyWar(war) | Self::ExperienceWar(war) => war.from,
            Self::Balanced { from, .. } => *from,
            Self::Adaptive(adaptive) => adaptive.from,
            Self::Steady | Self::MatchRival { .. } => None,
        }
    }

    /// Split of AI spend over the functions, where the file names one.
    pub fn portfolio(&self) -> Option<&Named<Share>> {
        match self {
            Self::PriceWar(war) | Self::EfficiencyWar(war) | Self::ExperienceWar(war) => war.portfolio.as_ref(),
            Self::Balanced { portfolio, .. } => portfolio.as_ref(),
            Self::Adaptive(adaptive) => adaptive.portfolio.as_ref(),
            Self::Steady | Self::MatchRival { .. } => None,
        }
    }

    /// Split of experience spend, where the file names one.
    pub fn split(&self) -> Option<&ExperienceSplit> {
        match self {
            Self::PriceWar(war) | Self::EfficiencyWar(war) | Self::ExperienceWar(war) => war.split.as_ref(),
            Self::Adaptive(adaptive) => adaptive.split.as_ref(),
            Self::Steady | Self::MatchRival { .. } | Self::Balanced { .. } => None,
        }
    }
}
