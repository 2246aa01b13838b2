//! Assistants: who owns them, and whether they can do what they are said to do.

use agents::params::ASSISTANTS;

use super::{Check, at};
use crate::model::Assistant;
use crate::problem::Problem;

impl Check<'_> {
    pub(super) fn assistants(&mut self) {
        let assistants = &self.scenario.assistants;
        self.names(&at!["assistants"], assistants, ASSISTANTS);
        for (name, assistant) in assistants {
            self.assistant(name, assistant);
        }
    }

    fn assistant(&mut self, name: &str, assistant: &Assistant) {
        let here = |field: &str| at!["assistants", name, field];
        if let Some(owner) = &assistant.owner {
            self.refers(here("owner"), "platform", owner, &self.scenario.platforms);
        } else if assistant.pull > 0.0 {
            let problem = Problem::new(format!("`{name}` pulls to a platform that nobody named"));
            self.report(here("pull"), problem.help("name the platform in `owner`, or set `pull: 0`"));
        }
        if assistant.users.0 == 0.0 && assistant.innovation == 0.0 {
            let problem = Problem::new(format!("nobody ever uses `{name}`")).found("no users and no innovation");
            self.report_name(at!["assistants", name], problem.help("somebody must begin: set `users` or `innovation` above 0"));
        }
        if assistant.restocks.0 > 0.0 {
            self.restocking(name, assistant);
        }
        if let Some(day) = assistant.restocks_from {
            self.in_calendar(here("restocks_from"), day);
        }
    }

    fn restocking(&mut self, name: &str, assistant: &Assistant) {
        let here = |field: &str| at!["assistants", name, field];
        if assistant.owner.is_none() && assistant.restocks_from.is_none() {
            let problem = Problem::new(format!("nothing says when `{name}` begins to buy alone"));
            let help = "set `restocks_from`, or name the platform in `owner` whose matching must act alone";
            self.report(here("restocks"), problem.help(help));
        }
        let stored = self.scenario.catalog.categories.values().any(|category| category.storable);
        if self.scenario.population.memory.stock_days == 0.0 || !stored {
            let problem = Problem::new(format!("`{name}` restocks homes that store nothing"));
            let help = "set `population.memory.stock_days` above 0 and `storable: true` for a category, or `restocks: 0`";
            self.report(here("restocks"), problem.help(help));
        }
    }
}
