//! Strategies and operation of platforms compiled: budgets, bandits, experience, staff, capacity, financing.

use super::capability::portfolio;
use super::params::{Units, ppm};
use crate::model::{self, Learning, Objective, Staff, Strategy, War};
use agents::params::{AdaptiveParams, Bandit, BudgetParams, ExperienceParams, RaiseParams, StaffParams, StrategyParams, WarParams};
use sim_core::units::Amount;

/// The strategy of a platform.
pub(super) fn compile(units: &Units, p: &model::Platform, warm_up: u32) -> StrategyParams {
    let first = p.strategy.from().map_or(0, |date| units.scenario.calendar.tick_of(date)) + warm_up;
    let split = p.strategy.split().cloned().unwrap_or_default();
    let of = |amount: Amount| BudgetParams {
        budget: units.extensive(amount),
        from: first,
        portfolio: portfolio(units.scenario, p.strategy.portfolio().unwrap_or(&p.ai.portfolio)),
        experience: [split.service.0, split.delivery.0, split.returns.0],
    };
    match &p.strategy {
        Strategy::Steady => StrategyParams::Steady,
        Strategy::PriceWar(war) => StrategyParams::PriceWar(of(war.budget)),
        Strategy::EfficiencyWar(war) => StrategyParams::EfficiencyWar(of(war.budget)),
        Strategy::ExperienceWar(war) => StrategyParams::ExperienceWar(of(war.budget)),
        Strategy::Balanced { budget, price_share, .. } => StrategyParams::Balanced(of(*budget), ppm(*price_share)),
        Strategy::MatchRival { response, budget } => StrategyParams::MatchRival(response.0, units.extensive(*budget)),
        Strategy::Adaptive(adaptive) => StrategyParams::Adaptive(of(adaptive.budget), bandit(units, adaptive)),
    }
}

fn bandit(units: &Units, adaptive: &model::Adaptive) -> AdaptiveParams {
    let war = |war: &War| match war {
        War::PriceWar => WarParams::Price,
        War::EfficiencyWar => WarParams::Efficiency,
        War::ExperienceWar => WarParams::Experience,
        War::Balanced => WarParams::Balanced,
    };
    AdaptiveParams {
        over: adaptive.over.iter().map(war).collect(),
        review: ((adaptive.review.0 / units.scenario.calendar.tick.0).round() as u32).max(1),
        objective: match adaptive.objective {
            Objective::Share => agents::params::Objective::Share,
            Objective::Result => agents::params::Objective::Result,
        },
        bandit: match adaptive.learning {
            Learning::Ucb { bonus } => Bandit::Ucb(bonus),
            Learning::Exp3 { exploration } => Bandit::Exp3(exploration.0),
        },
    }
}

/// What AI does to people in service.
pub(super) fn staff(staff: &Staff) -> StaffParams {
    match staff {
        Staff::AsNeeded => StaffParams::AsNeeded,
        Staff::Augment { gain } => StaffParams::Augment { gain: gain.0 },
        Staff::Replace { deflect, loss } => StaffParams::Replace { deflect: deflect.0, loss: loss.0 },
    }
}

/// Lines that can leave in a tick of the simulated market; 0 is any number.
pub(super) fn capacity(units: &Units, logistics: &model::Logistics) -> i64 {
    if logistics.capacity.0 == 0 {
        return 0;
    }
    let lines = logistics.capacity.0 as f64 / logistics.parcels_per_line * units.scenario.calendar.tick.0;
    ((lines / super::scale(units.scenario)).round() as i64).max(1)
}

/// What experience money buys.
pub(super) fn experience(units: &Units, p: &model::Platform) -> ExperienceParams {
    let per_unit = |amount: Amount| (units.intensive(amount) as f64).max(1.0);
    ExperienceParams {
        staffing_half: per_unit(p.experience.service_half),
        delivery_half: per_unit(p.experience.delivery_half),
        delivery_cut: p.experience.delivery_cut.0,
        checks_half: per_unit(p.experience.checks_half),
        checks_cut: p.experience.checks_cut.0,
    }
}

/// How budgets rise.
pub(super) fn raise(units: &Units, p: &model::Platform) -> RaiseParams {
    let raise = &p.raise;
    RaiseParams {
        behind: raise.behind,
        announcement: raise.announcement,
        most: raise.most,
        lag: raise.lag.0 / units.scenario.calendar.tick.0,
    }
}
