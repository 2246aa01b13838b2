//! How platforms operate: stages of AI, experience money, the bandit of an adaptive strategy.

use super::{Check, at, percent};
use crate::model::{Adaptive, Learning, Platform, Strategy};
use crate::problem::Problem;

impl Check<'_> {
    pub(super) fn operation(&mut self) {
        for name in self.scenario.ai_market.functions.keys() {
            self.stages(name);
        }
        for (name, platform) in &self.scenario.platforms {
            self.experience(name, platform);
            if let Strategy::Adaptive(adaptive) = &platform.strategy {
                self.adaptive(name, adaptive);
            }
        }
    }

    fn stages(&mut self, function: &str) {
        let stages = &self.scenario.ai_market.functions[function].stages;
        let steps = [("emergence", stages.emergence), ("autonomous", stages.autonomous), ("self_iteration", stages.self_iteration)];
        for pair in steps.windows(2) {
            let [(before, low), (after, high)] = [pair[0], pair[1]];
            if high < low {
                let problem = Problem::new(format!("the stage `{after}` of `{function}` begins before `{before}`"));
                let problem = problem.found(format!("`{high}`")).expected(format!("at least {low}"));
                self.report(at!["ai_market", "functions", function, "stages", after], problem);
            }
        }
        let only = [("authority", "service", stages.authority.0), ("replanning", "logistics", stages.replanning.0)];
        for (field, owner, share) in only {
            if share > 0.0 && function != owner {
                let problem = Problem::new(format!("`{field}` means nothing for `{function}`")).help(format!("it belongs to `{owner}`"));
                self.report(at!["ai_market", "functions", function, "stages", field], problem);
            }
        }
    }

    fn experience(&mut self, name: &str, platform: &Platform) {
        let returns = &platform.experience;
        let halves =
            [("service_half", returns.service_half), ("delivery_half", returns.delivery_half), ("checks_half", returns.checks_half)];
        for (field, amount) in halves {
            if amount.micros() <= 0 {
                let problem = Problem::new(format!("`{field}` of nothing: the first yuan would buy everything"));
                self.report(at!["platforms", name, "experience", field], problem.expected("an amount above 0"));
            }
        }
        if let Some(split) = platform.strategy.split() {
            let sum = split.service.0 + split.delivery.0 + split.returns.0;
            if (sum - 1.0).abs() > 1e-6 {
                let problem = Problem::new("the shares of the split do not add up").found(format!("a sum of {}", percent(sum)));
                self.report_name(at!["platforms", name, "strategy", platform.strategy.name(), "split"], problem.expected("100 %"));
            }
        }
    }

    fn adaptive(&mut self, name: &str, adaptive: &Adaptive) {
        let here = |field: &str| at!["platforms", name, "strategy", "adaptive", field];
        let mut seen = Vec::new();
        for (i, war) in adaptive.over.iter().enumerate() {
            if seen.contains(war) {
                self.report(at!["platforms", name, "strategy", "adaptive", "over", i], Problem::new("a strategy that is listed twice"));
            }
            seen.push(*war);
        }
        if adaptive.over.len() < 2 {
            let problem = Problem::new("there is nothing to choose from").found(format!("{} in `over`", adaptive.over.len()));
            self.report(here("over"), problem.expected("two strategies or more"));
        }
        if let Learning::Exp3 { exploration } = &adaptive.learning
            && exploration.0 == 0.0
        {
            let problem = Problem::new("without exploration the weights never change").found(format!("`{exploration}`"));
            self.report(here("learning"), problem.expected("a share above 0, such as 10 %"));
        }
        if adaptive.review.0 < self.scenario.calendar.tick.0 {
            let problem = Problem::new("a review in less than a tick").found(format!("`{}`", adaptive.review));
            self.report(here("review"), problem.expected(format!("at least {}", self.scenario.calendar.tick)));
        }
    }
}
