//! Platforms, their promotions and their strategies.

use super::{Check, at, percent};
use crate::model::{Platform, Promotion, PromotionBudget, Strategy};
use crate::problem::Problem;
use agents::instrument::RULES;
use agents::params::PLATFORMS;

impl Check<'_> {
    pub(super) fn platforms(&mut self) {
        let platforms = &self.scenario.platforms;
        self.names(&at!["platforms"], platforms, PLATFORMS);
        if platforms.is_empty() {
            self.report_name(at!["platforms"], Problem::new("there is no platform"));
        }
        for (name, platform) in platforms {
            self.terms(name, platform);
            self.delivery_fee(name, platform);
            self.names(&at!["platforms", name, "promotions"], &platform.promotions, RULES);
            self.promotions(name, platform);
            self.strategy(name, platform);
        }
    }

    fn terms(&mut self, name: &str, platform: &Platform) {
        let fees = platform.take_rate.0 + platform.payment_fee.0;
        if fees >= 1.0 {
            let problem = Problem::new("commission and payment fee take the whole price").found(percent(fees));
            self.report(at!["platforms", name, "take_rate"], problem.expected("below 100 % together"));
        }
        let ranking = &platform.ranking;
        if ranking.recall != 0 && ranking.recall < ranking.shown {
            let problem = Problem::new("fewer candidates are recalled than offers are shown");
            let problem = problem.found(format!("a recall of {}", ranking.recall));
            self.report(at!["platforms", name, "ranking", "recall"], problem.expected(format!("{} or more, or 0", ranking.shown)));
        }
        let logistics = &platform.logistics;
        if logistics.days_saved > logistics.days {
            let problem = Problem::new("more days are saved than a delivery takes");
            let problem = problem.found(format!("`{}`", logistics.days_saved));
            self.report(at!["platforms", name, "logistics", "days_saved"], problem.expected(format!("at most {}", logistics.days)));
        }
    }

    fn delivery_fee(&mut self, name: &str, platform: &Platform) {
        let fee = &platform.logistics.delivery_fee;
        if fee.fee.micros() > 0 && fee.free_above.micros() == 0 {
            let problem = Problem::new("the delivery fee is never charged").found("delivery free from 0 yuan");
            let at = at!["platforms", name, "logistics", "delivery_fee"];
            self.report(at, problem.help("add `free_above`, such as `{fee: 6 yuan, free_above: 59 yuan}`"));
        }
    }

    fn strategy(&mut self, name: &str, platform: &Platform) {
        let strategy = &platform.strategy;
        let here = |field: &str| at!["platforms", name, "strategy", strategy.name(), field];
        let Some(budget) = strategy.budget() else { return };
        if budget.micros() == 0 {
            let problem = Problem::new(format!("the strategy `{}` has no money", strategy.name())).expected("a budget above 0");
            self.report(here("budget"), problem.help("`strategy: steady` spends nothing"));
        }
        if let Some(from) = strategy.from() {
            self.in_calendar(here("from"), from);
        }
        let pays = |rule: &Promotion| matches!(rule.budget, PromotionBudget::Strategy);
        if strategy.buys_promotions() && !platform.promotions.values().any(pays) {
            let problem = Problem::new(format!("`{}` has nothing to spend on: `{name}` has no promotion paid by it", strategy.name()));
            let help = "add a promotion with `budget: strategy`, such as `war-chest: {kind: {instant-discount: {discount: 10 %}}, budget: strategy}`";
            self.report_name(at!["platforms", name, "strategy"], problem.help(help));
        }
        if matches!(strategy, Strategy::MatchRival { .. }) && self.scenario.platforms.len() < 2 {
            self.report_name(at!["platforms", name, "strategy"], Problem::new("there is no rival to match"));
        }
        if strategy.buys_ai() {
            self.ai_strategy(name, platform);
        }
    }

    fn ai_strategy(&mut self, name: &str, platform: &Platform) {
        let at = at!["platforms", name, "strategy", platform.strategy.name(), "portfolio"];
        match platform.strategy.portfolio() {
            Some(portfolio) => self.portfolio(at, portfolio),
            None if self.scenario.ai_market.functions.is_empty() => {
                let problem = Problem::new(format!("`{}` has no AI function to invest in", platform.strategy.name()));
                let help = "add functions to `ai_market`, such as `matching: {q0: 0.3, q_max: 0.9, scale: 1_000_000, exponent: 0.5}`";
                self.report_name(at!["platforms", name, "strategy"], problem.help(help));
            }
            None if platform.ai.portfolio.is_empty() => {
                let problem = Problem::new(format!("`{}` does not say which functions it invests in", platform.strategy.name()));
                let help = "add `portfolio: {matching: 60 %, service: 20 %, logistics: 20 %}` here or to `ai`";
                self.report_name(at!["platforms", name, "strategy"], problem.help(help));
            }
            None => {}
        }
    }
}
