//! AI programmes, and the market for their inputs.

use sim_core::units::Share;

use super::{Check, at};
use crate::model::Named;
use crate::path::Path;
use crate::problem::{Problem, did_you_mean, listed};
use agents::params::FUNCTIONS;

impl Check<'_> {
    pub(super) fn capability(&mut self) {
        let market = &self.scenario.ai_market;
        let sum = market.alpha + market.beta + market.gamma;
        if sum >= 1.0 {
            let problem = Problem::new("investment in AI has no diminishing returns").found(format!("alpha + beta + gamma = {sum}"));
            self.report(at!["ai_market", "alpha"], problem.expected("a sum below 1"));
        }
        for (name, function) in &market.functions {
            if !FUNCTIONS.contains(&name.as_str()) {
                let help = did_you_mean(name, FUNCTIONS).unwrap_or_else(|| format!("there are {}", listed(FUNCTIONS)));
                let problem = Problem::new(format!("there is no AI function `{name}`")).help(help);
                self.report_name(at!["ai_market", "functions", name], problem);
            }
            if function.q_max <= function.q0 {
                let problem = Problem::new("capability would not raise performance").found(format!("a q_max of {}", function.q_max));
                self.report(at!["ai_market", "functions", name, "q_max"], problem.expected(format!("above q0, {}", function.q0)));
            }
        }
        for name in self.scenario.platforms.keys() {
            self.programme(name);
        }
    }

    fn programme(&mut self, name: &str) {
        let platform = &self.scenario.platforms[name];
        let programme = &platform.ai;
        let here = |field: &str| at!["platforms", name, "ai", field];
        for (function, &initial) in &programme.initial {
            let at = at!["platforms", name, "ai", "initial", function];
            match self.scenario.ai_market.functions.get(function) {
                None => self.keys_refer(&here("initial"), "AI function", &one(function), &self.scenario.ai_market.functions),
                Some(bounds) if initial < bounds.q0 || initial >= bounds.q_max => {
                    let problem = Problem::new(format!("no capability gives this performance of `{function}`"));
                    let problem = problem.found(format!("`{initial}`"));
                    self.report(at, problem.expected(format!("from its q0, {}, to below its q_max, {}", bounds.q0, bounds.q_max)));
                }
                Some(_) => {}
            }
        }
        let invests = programme.spend.micros() > 0;
        if !programme.portfolio.is_empty() {
            self.portfolio(here("portfolio"), &programme.portfolio);
        } else if invests {
            let problem = Problem::new(format!("`{name}` pays for AI but does not say for which functions"));
            self.report(here("spend"), problem.help("add `portfolio: {matching: 60 %, service: 20 %, logistics: 20 %}`"));
        }
        let may_invest = invests || platform.strategy.buys_ai();
        if may_invest && self.scenario.ai_market.talent_pool.micros() == 0 {
            let problem = Problem::new("there is no talent to hire").expected("a pool above 0, in yuan of daily pay");
            self.report(at!["ai_market", "talent_pool"], problem.help(format!("`{name}` invests in AI")));
        }
    }

    pub(super) fn portfolio(&mut self, at: Path, portfolio: &Named<Share>) {
        self.keys_refer(&at, "AI function", portfolio, &self.scenario.ai_market.functions);
        self.adds_up(at, "the shares of the portfolio", portfolio);
    }
}

fn one(name: &str) -> Named<()> {
    Named::from_iter([(name.to_owned(), ())])
}
