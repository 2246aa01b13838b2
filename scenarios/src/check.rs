//! Contradictions: what no single value shows.
//!
//! Owns the checks that need more than one value, one file for each section. Guarantees that all of them run, so that all
//! contradictions are reported at once, each where it can be mended. Leaves out shapes, types and ranges of single values.

mod ads;
mod assistants;
mod calendar;
mod capability;
mod catalog;
mod content;
mod experiment;
mod funnel;
mod idle_content;
mod operation;
mod platforms;
mod population;
mod promotions;
mod service;
mod size;

use std::path::Path as FilePath;

use sim_core::units::{Date, Share};

use crate::model::{Named, Scenario};
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems, did_you_mean, listed};
use crate::tree::Node;

/// Finds all contradictions of a scenario; `tree` says where things are written, `directory` where its paths start.
///
/// # Errors
/// At least one contradiction.
pub(crate) fn contradictions(scenario: &Scenario, tree: &Node, directory: &FilePath) -> Result<(), Problems> {
    let mut check = Check { scenario, tree, directory, problems: Vec::new() };
    check.head();
    check.calendar();
    check.population();
    check.cart();
    check.catalog();
    check.platforms();
    check.capability();
    check.operation();
    check.advertising();
    check.assistants();
    check.service();
    check.experiment();
    check.content();
    if check.problems.is_empty() {
        // Sizes mean something only for a scenario that makes sense.
        check.size();
    }
    Problems::none_in(check.problems)
}

/// What is allowed but hardly meant; `tree` says where things are written.
pub(crate) fn warnings(scenario: &Scenario, tree: &Node) -> Vec<Problem> {
    let found = [ads::warnings(scenario), idle_content::warnings(scenario), service::warnings(scenario)];
    found.into_iter().flatten().map(|(path, problem)| problem.at(tree.place_of(&path)).path(path)).collect()
}

struct Check<'a> {
    scenario: &'a Scenario,
    tree: &'a Node,
    directory: &'a FilePath,
    problems: Vec<Problem>,
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<&String> for Step {
    fn from(key: &String) -> Self {
        Step::Key(key.clone())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// A path of steps that are keys or indices.
macro_rules! at {
    ($($step:expr),* $(,)?) => { $crate::path::Path(vec![$($crate::path::Step::from($step)),*]) };
}
use at;

impl Check<'_> {
    /// Reports a problem with the value at `path`.
    fn report(&mut self, path: Path, problem: Problem) {
        let place = self.tree.place_of(&path).clone();
        self.problems.push(problem.at(&place).path(path));
    }

    /// Reports a problem with the name at the end of `path`.
    fn report_name(&mut self, path: Path, problem: Problem) {
        let place = self.tree.key_place(&path).unwrap_or_else(|| self.tree.place_of(&path)).clone();
        self.problems.push(problem.at(&place).path(path));
    }

    /// Reports the value at `path` if it names no member of `known`.
    fn refers<T>(&mut self, path: Path, kind: &str, name: &str, known: &Named<T>) {
        if !known.contains_key(name) {
            self.report(path, unknown(kind, name, known));
        }
    }

    /// Reports the keys of the map at `path` that name no member of `known`.
    fn keys_refer<T, U>(&mut self, path: &Path, kind: &str, map: &Named<U>, known: &Named<T>) {
        for name in map.keys().filter(|name| !known.contains_key(*name)) {
            let mut path = path.clone();
            path.key(name);
            self.report_name(path, unknown(kind, name, known));
        }
    }

    /// Reports shares at `path` that do not add up to 1.
    fn adds_up(&mut self, path: Path, what: &str, shares: &Named<Share>) {
        let sum: f64 = shares.values().map(|share| share.0).sum();
        if (sum - 1.0).abs() > 1e-6 {
            let problem = Problem::new(format!("{what} do not add up")).found(format!("a sum of {}", percent(sum)));
            self.report_name(path, problem.expected("100 %"));
        }
    }

    /// Reports names that cannot be names of files, columns and paths.
    fn names<T>(&mut self, path: &Path, map: &Named<T>, most: usize) {
        for name in map.keys().filter(|name| !is_name(name)) {
            let mut path = path.clone();
            path.key(name);
            self.report_name(path, bad_name(name));
        }
        if map.len() > most {
            self.report_name(path.clone(), Problem::new(format!("there are {} of these, at most {most} are possible", map.len())));
        }
    }

    /// Reports a day outside the calendar.
    fn in_calendar(&mut self, path: Path, day: Date) {
        let calendar = &self.scenario.calendar;
        if day < calendar.start || day > calendar.end {
            let expected = format!("a day from {} to {}", calendar.start, calendar.end);
            self.report(path, Problem::new("a day outside the calendar").found(format!("`{day}`")).expected(expected));
        }
    }

    fn head(&mut self) {
        let scenario = self.scenario;
        if !is_name(&scenario.name) || scenario.name.contains(|c: char| c.is_ascii_uppercase() || c == '_') {
            let expected = "1 to 64 lower-case letters, digits and hyphens, a letter or digit first";
            self.report(at!["name"], Problem::new("the name cannot name a directory").expected(expected));
        }
        if ![1, 100, 10_000, 1_000_000].contains(&scenario.money_unit) {
            let found = format!("`{}`", scenario.money_unit);
            let problem = Problem::new("wrong value for `money_unit`").found(found).expected("1, 100, 10000 or 1000000");
            self.report(at!["money_unit"], problem.help("100 books in fen; 1000000 keeps six decimals for textbook markets"));
        }
    }
}

fn unknown<T>(kind: &str, name: &str, known: &Named<T>) -> Problem {
    let names = || known.keys().map(String::as_str);
    let help = did_you_mean(name, names()).unwrap_or_else(|| match known.len() {
        0 => format!("the scenario has no {kind}"),
        _ => format!("there are {}", listed(names())),
    });
    Problem::new(format!("there is no {kind} `{name}`")).help(help)
}

fn bad_name(name: &str) -> Problem {
    let found = if name.is_empty() { "an empty name".to_owned() } else { format!("`{name}`") };
    Problem::new("a name that cannot be used")
        .found(found)
        .expected("1 to 64 letters, digits, hyphens and underscores, a letter or digit first")
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn percent(share: f64) -> String {
    let percent = (share * 1e8).round() / 1e6;
    format!("{percent} %")
}
