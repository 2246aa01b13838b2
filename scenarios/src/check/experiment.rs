//! Shocks, outputs and arms.

use sim_core::rows::TABLES;

use super::{Check, at, bad_name, is_name, unknown};
use crate::model::Named;
use crate::problem::Problem;
use crate::project::BASELINE;

impl Check<'_> {
    pub(super) fn experiment(&mut self) {
        self.shocks();
        let tables: Named<()> = TABLES.iter().map(|(name, ..)| ((*name).to_owned(), ())).collect();
        self.keys_refer(&at!["outputs", "tables"], "table", &self.scenario.outputs.tables, &tables);
        let experiment = &self.scenario.experiment;
        self.names(&at!["experiment", "arms"], &experiment.arms, 64);
        if experiment.arms.contains_key(BASELINE) {
            let problem = Problem::new(format!("`{BASELINE}` is the file without patches")).help("give the arm another name");
            self.report_name(at!["experiment", "arms", BASELINE], problem);
        }
        if let Some(focal) = &experiment.focal {
            self.refers(at!["experiment", "focal"], "platform", focal, &self.scenario.platforms);
        }
        self.compare();
    }

    fn shocks(&mut self) {
        let mut names: Named<()> = Named::new();
        for (i, shock) in self.scenario.shocks.iter().enumerate() {
            let here = |field: &str| at!["shocks", i, field];
            if !is_name(&shock.name) {
                self.report(here("name"), bad_name(&shock.name));
            }
            if names.insert(shock.name.clone(), ()).is_some() {
                self.report(here("name"), Problem::new(format!("a second shock `{}`", shock.name)).help("give it another name"));
            }
            self.in_calendar(here("on"), shock.on);
            if shock.set.is_empty() {
                self.report_name(here("set"), Problem::new(format!("the shock `{}` changes nothing", shock.name)));
            }
        }
    }

    fn compare(&mut self) {
        let experiment = &self.scenario.experiment;
        let Some([first, second]) = &experiment.compare else { return };
        let mut arms: Named<()> = Named::from_iter([(BASELINE.to_owned(), ())]);
        arms.extend(experiment.arms.keys().map(|name| (name.clone(), ())));
        for (i, name) in [first, second].into_iter().enumerate() {
            if !arms.contains_key(name) {
                self.report(at!["experiment", "compare", i], unknown("arm", name, &arms));
            }
        }
        if first == second {
            self.report(at!["experiment", "compare", 1], Problem::new(format!("`{first}` is compared with itself")));
        }
    }
}
