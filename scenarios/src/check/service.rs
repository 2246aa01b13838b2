//! Customer service: desks that nobody calls, tools that have nothing to act on; and settings that change nothing, which are allowed and
//! warned of.

use super::{Check, at};
use crate::model::{MerchantGroup, Platform, Scenario};
use crate::path::Path;
use crate::problem::Problem;
use sim_core::units::Amount;

impl Check<'_> {
    pub(super) fn service(&mut self) {
        for (name, platform) in &self.scenario.platforms {
            self.platform_service(name, platform);
        }
        for (name, group) in &self.scenario.catalog.merchants {
            self.merchant_service(name, group);
        }
    }

    fn platform_service(&mut self, name: &str, platform: &Platform) {
        let service = &platform.service;
        if service.contacts.0 == 0.0 {
            for (field, set) in [("desk", service.desk.is_some()), ("authority", service.authority.is_some())] {
                if set {
                    let problem = Problem::new(format!("`{field}` is for contacts, and nobody contacts `{name}`"));
                    self.report_name(at!["platforms", name, "service", field], problem.help("set `contacts` of its `service` above 0"));
                }
            }
        }
        if let Some(proactive) = &service.proactive
            && proactive.reach.0 > 0.0
            && self.scenario.population.memory.satisfaction_gain == 0.0
        {
            let problem = Problem::new("reaching out after a bad experience changes nothing where no experience is remembered");
            let help = "set `population.memory.satisfaction_gain` above 0, or leave out `proactive`";
            self.report_name(at!["platforms", name, "service", "proactive"], problem.help(help));
        }
        let cart = &self.scenario.population.cart;
        let keeps = cart.lines > 1 && cart.max_days > 0;
        if service.proactive.as_ref().is_some_and(|proactive| proactive.carts.0 > 0.0) && !keeps {
            let problem = Problem::new("messages about carts, and nobody keeps a line in a cart");
            let help = "set `population.cart: {lines: 4, waiting_cost: 1 yuan, max_days: 14}`, or `carts: 0`";
            self.report(at!["platforms", name, "service", "proactive", "carts"], problem.help(help));
        }
    }

    fn merchant_service(&mut self, name: &str, group: &MerchantGroup) {
        let Some(service) = &group.service else { return };
        let inquiries = &self.scenario.population.inquiries;
        let here = |field: &str| at!["catalog", "merchants", name, "service", field];
        if inquiries.share.0 == 0.0 && inquiries.rating == 0.0 && inquiries.broadcast.0 == 0.0 {
            let problem = Problem::new(format!("nobody asks the merchants of `{name}`, and nobody sees how they answer"));
            let help = "set `population.inquiries: {share: 30 %}`, or leave out `service`";
            self.report_name(at!["catalog", "merchants", name, "service"], problem.help(help));
        }
        let Some(tool) = &service.tool else { return };
        let tool_at = |field: &str| at!["catalog", "merchants", name, "service", "tool", field];
        if tool.acts && !self.scenario.population.loss_attribution {
            let problem = Problem::new("the tool acts on causes of lost sales, and nobody attributes them");
            self.report(tool_at("acts"), problem.help("set `population.loss_attribution: true`, or `acts: false`"));
        }
        if let Some(day) = tool.from {
            self.in_calendar(tool_at("from"), day);
        }
        if !self.scenario.ai_market.functions.contains_key("service") && tool.resolved.0 > 0.0 {
            let problem = Problem::new("the tool answers with the service AI of the platforms, and the file has none");
            let help = "name `service` in `ai_market.functions`, or set `resolved: 0` and let it only assist people";
            self.report(here("tool"), problem.help(help));
        }
    }
}

/// What is set and changes nothing.
pub(super) fn warnings(scenario: &Scenario) -> Vec<(Path, Problem)> {
    let mut found = Vec::new();
    for (name, platform) in &scenario.platforms {
        let service = &platform.service;
        let here = |field: &str| at!["platforms", name, "service", field];
        if let Some(proactive) = &service.proactive {
            found.extend(idle_proactive(here("proactive"), proactive.reach.0, proactive.repair.0, proactive.carts.0));
        }
        if service.disputes.0 > 0.0 && service.contacts.0 == 0.0 {
            let problem = Problem::new(format!("disputes follow from contacts, and nobody contacts `{name}`"));
            found.push((here("disputes"), problem.help("set `contacts` of its `service` above 0, or leave out `disputes`")));
        }
        if service.dispute_cost > Amount::ZERO && service.disputes.0 == 0.0 {
            let problem = Problem::new("a cost of disputes, and no contact becomes one");
            found.push((here("dispute_cost"), problem.help("set `disputes: 10 %`, or leave out `dispute_cost`")));
        }
    }
    found
}

fn idle_proactive(path: Path, reach: f64, repair: f64, carts: f64) -> Option<(Path, Problem)> {
    if reach == 0.0 && carts == 0.0 {
        let problem = Problem::new("a proactive desk that reaches nobody");
        return Some((path, problem.help("set `reach: 30 %` (bad experiences) or `carts: 30 %`, or leave out `proactive`")));
    }
    if reach > 0.0 && repair == 0.0 {
        let problem = Problem::new("bad experiences are reached at a cost, and nothing is made good");
        return Some((path, problem.help("set `repair: 50 %`, or `reach: 0`")));
    }
    None
}
