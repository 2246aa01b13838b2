//! The funnel: what is wrong with its graph, said where it is written.

use agents::content::stage::Stage;

use super::content::is_reserved;
use super::{Check, at, percent};
use crate::funnel::{BRAND, Fault, Funnel, LOOK};
use crate::model::{FunnelStep, Scenario};
use crate::path::Path;
use crate::problem::{Problem, did_you_mean, listed};

/// A problem with the value at a path, or with the name at its end.
enum Report {
    Value(Path, Problem),
    Name(Path, Problem),
}

impl Check<'_> {
    pub(super) fn funnel(&mut self) {
        let scenario = self.scenario;
        let nothing = scenario.channels.is_empty() && scenario.funnel.is_empty();
        if nothing || scenario.channels.keys().any(|name| is_reserved(name)) {
            return;
        }
        for fault in Funnel::new(scenario).faults(&scenario.funnel) {
            match of_step(scenario, &fault).unwrap_or_else(|| of_graph(&fault)) {
                Report::Value(path, problem) => self.report(path, problem),
                Report::Name(path, problem) => self.report_name(path, problem),
            }
        }
    }
}

/// What is wrong with a single step.
fn of_step(scenario: &Scenario, fault: &Fault) -> Option<Report> {
    let at = |step: usize, field: &str| at!["funnel", step, field];
    let of = |step: usize| {
        let FunnelStep { from, to, .. } = &scenario.funnel[step];
        (from, to)
    };
    let stages = Stage::ALL.map(Stage::name);
    Some(match *fault {
        Fault::Unknown { step, from } => {
            let name = if from { of(step).0 } else { of(step).1 };
            let sources = scenario.channels.keys().map(String::as_str).chain([BRAND, LOOK]);
            let all: Vec<&str> = if from { sources.chain(stages).collect() } else { stages.to_vec() };
            let help = did_you_mean(name, all.iter().copied()).unwrap_or_else(|| format!("there are {}", listed(all)));
            let problem = Problem::new(format!("a funnel has no `{name}`")).help(help);
            Report::Value(at(step, if from { "from" } else { "to" }), problem)
        }
        Fault::IntoSource { step } => {
            let problem = Problem::new("a step that leads to no stage").found(format!("`{}`", of(step).1));
            Report::Value(at(step, "to"), problem.expected(listed(stages)))
        }
        Fault::Twice { step } => {
            let (from, to) = of(step);
            let problem = Problem::new(format!("the step from `{from}` to `{to}` is there twice"));
            Report::Value(at(step, "from"), problem.help("leave one of the two"))
        }
        Fault::Beyond { step } => {
            let (from, to) = of(step);
            let problem = Problem::new(format!("`{from}` does not lead to `{to}`")).found(format!("`{to}`"));
            let expected = if from == LOOK { "`ask`: who looks at an offer asks" } else { "aware, appeal or ask" };
            let help = "a shopper comes to `act` by an order and to `advocate` by recommending";
            Report::Value(at(step, "to"), problem.expected(expected).help(help))
        }
        _ => return None,
    })
}

/// What is wrong with the graph.
fn of_graph(fault: &Fault) -> Report {
    let name = |step: usize, problem: Problem| Report::Name(at!["funnel", step], problem);
    match fault {
        Fault::Cycle { step, stages } => {
            let problem = Problem::new("the funnel leads in a circle").found(format!("a way round through {}", stages.join(", ")));
            let path = at!["funnel", *step, "to"];
            Report::Value(path, problem.help("take this step out: a funnel leads on, and time leads back"))
        }
        Fault::Idle { channel } => {
            let problem = Problem::new(format!("`{channel}` leads nowhere"));
            let help = format!("add `{{from: {channel}, to: aware}}` to `funnel`");
            Report::Name(at!["channels", channel], problem.help(help))
        }
        Fault::IdleLook { step } => {
            let problem = Problem::new("looking at an offer moves nobody: no stage leads to `ask`");
            name(*step, problem.help("add `{from: aware, to: ask}` to `funnel`, or take the step out"))
        }
        Fault::Overfull { step, source, from, sum } => {
            let stage = from.map_or_else(|| "outside".to_owned(), |stage| format!("`{}`", stage.name()));
            let problem = Problem::new(format!("contacts of `{source}` lead out of {stage} more often than they happen"));
            let problem = problem.found(format!("rates that add up to {}", percent((*sum * 1e4).round() * 1e-4))).expected("at most 100 %");
            name(*step, problem.help("the rate of a contact is that of the channel's step times that of the stage's step"))
        }
        Fault::Unreachable { step, stage } => {
            let problem = Problem::new(format!("no channel leads to the stage `{stage}`"));
            let help = format!("add a step from a channel to `{stage}`, and one from each stage before it that has none");
            name(*step, problem.help(help))
        }
        Fault::DeadEnd { step, stage } => {
            let problem = Problem::new(format!("the stage `{stage}` is a dead end")).expected("a way on to `act`");
            name(*step, problem.help(format!("add `{{from: {stage}, to: act}}`, or steps that lead there")))
        }
        Fault::Unknown { .. } | Fault::IntoSource { .. } | Fault::Twice { .. } | Fault::Beyond { .. } => {
            unreachable!("a fault of a step")
        }
    }
}
