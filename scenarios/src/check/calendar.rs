//! Days and festivals.

use sim_core::units::{Date, Days};

use super::{Check, at};
use crate::problem::Problem;

/// More ticks than any study needs, few enough to hold one row each.
const MAX_TICKS: u32 = 1_000_000;

impl Check<'_> {
    pub(super) fn calendar(&mut self) {
        let calendar = &self.scenario.calendar;
        if calendar.end < calendar.start {
            let problem = Problem::new("the calendar ends before it starts").found(format!("`{}`", calendar.end));
            self.report(at!["calendar", "end"], problem.expected(format!("{} or later", calendar.start)));
        }
        if calendar.tick != Days::DAY && calendar.tick != Days::HOUR {
            let problem = Problem::new("wrong value for `tick`").found(format!("`{}`", calendar.tick));
            self.report(at!["calendar", "tick"], problem.expected("`1d` or `1h`"));
        } else if calendar.ticks() > MAX_TICKS {
            let problem = Problem::new(format!("the calendar has {} ticks, at most {MAX_TICKS} are possible", calendar.ticks()));
            self.report(at!["calendar", "end"], problem);
        }
        if let Some(week) = calendar.week {
            let mean = week.iter().sum::<f64>() / 7.0;
            if (mean - 1.0).abs() > 0.005 {
                let problem = Problem::new("the weekdays have no mean of 1").found(format!("a mean of {mean:.4}"));
                self.report(at!["calendar", "week"], problem.expected("a mean of 1, to half a percent"));
            }
        }
        self.names(&at!["calendar", "festivals"], &calendar.festivals, 64);
        self.festivals();
    }

    fn festivals(&mut self) {
        let mut before: Option<(Date, String)> = None;
        let mut phases: Vec<_> = Vec::new();
        for (festival, content) in &self.scenario.calendar.festivals {
            let at = at!["calendar", "festivals", festival, "phases"];
            self.names(&at, &content.phases, 64);
            if content.phases.is_empty() {
                self.report_name(at!["calendar", "festivals", festival], Problem::new(format!("`{festival}` has no phases")));
            }
            for (name, phase) in &content.phases {
                let here = |field: &str| at!["calendar", "festivals", festival, "phases", name, field];
                if phase.to < phase.from {
                    let problem = Problem::new(format!("the phase `{name}` ends before it begins"));
                    let problem = problem.found(format!("`{}`", phase.to)).expected(format!("{} or later", phase.from));
                    self.report(here("to"), problem);
                    continue;
                }
                self.in_calendar(here("from"), phase.from);
                self.in_calendar(here("to"), phase.to);
                self.keys_refer(&here("categories"), "category", &phase.categories, &self.scenario.catalog.categories);
                phases.push((phase.from, phase.to, festival, name));
            }
        }
        phases.sort_by_key(|&(from, ..)| from);
        for (from, to, festival, name) in phases {
            if let Some((end, other)) = before.as_ref().filter(|(end, _)| from <= *end) {
                let problem = Problem::new(format!("the phase `{name}` overlaps the phase `{other}`"));
                let problem = problem.found(format!("`{from}`")).expected(format!("a day after {end}, when `{other}` ends"));
                self.report(at!["calendar", "festivals", festival, "phases", name, "from"], problem);
            }
            if before.as_ref().is_none_or(|(end, _)| to > *end) {
                before = Some((to, name.clone()));
            }
        }
    }
}
