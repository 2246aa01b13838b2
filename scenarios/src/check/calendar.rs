//! Days and festivals.

use sim_core::units::{Date, Days};

use super::{Check, at};
use crate::problem::Problem;

/// Ticks with the warm-up: a shopper keeps the tick of its last decay in 16 bits.
const MAX_TICKS: u32 = 65_000;

impl Check<'_> {
    pub(super) fn calendar(&mut self) {
        let calendar = &self.scenario.calendar;
        if calendar.end < calendar.start {
            let problem = Problem::new("the calendar ends before it starts").found(format!("`{}`", calendar.end));
            self.report(at!["calendar", "end"], problem.expected(format!("{} or later", calendar.start)));
        }
        if calendar.tick != Days::DAY {
            let problem = Problem::new("wrong value for `tick`").found(format!("`{}`", calendar.tick));
            self.report(at!["calendar", "tick"], problem.expected("`1d`: hourly ticks are not in this version"));
        } else {
            let warm_up = calendar.warm_up.0.round() as u32 * calendar.ticks_per_day();
            let ticks = calendar.ticks().saturating_add(warm_up);
            if ticks > MAX_TICKS {
                let problem = Problem::new(format!("the calendar has {ticks} ticks with its warm-up, at most {MAX_TICKS} are possible"));
                self.report(at!["calendar", "end"], problem);
            }
            if !(0.0..=365.0).contains(&calendar.warm_up.0) {
                let problem = Problem::new("wrong value for `warm_up`").found(format!("`{}`", calendar.warm_up));
                self.report(at!["calendar", "warm_up"], problem.expected("0d to 365d"));
            }
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
                if let Some(announced) = phase.announced.filter(|day| *day >= phase.from) {
                    let problem =
                        Problem::new(format!("the phase `{name}` is announced when it has begun")).found(format!("`{announced}`"));
                    self.report(here("announced"), problem.expected(format!("a day before {}", phase.from)));
                }
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
