//! From a file and the command line to checked scenarios: one for each arm, and one for each shock within it.
//!
//! Owns the order of things: file, `extends`, overrides, check, arms, check, shocks, check. Guarantees that every scenario it
//! hands out passed all checks. Leaves out each of the steps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::canonical;
use crate::check;
use crate::files;
use crate::model::{Experiment, Scenario};
use crate::patch::{Override, Patch, patches};
use crate::path;
use crate::problem::{self, Problem, Problems, did_you_mean, listed};
use crate::source::{Place, Source};
use crate::structure;
use crate::tree::Node;

/// The arm without patches.
pub const BASELINE: &str = "baseline";

/// A checked scenario, as one arm runs it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario before its first shock.
    pub scenario: Scenario,
    /// Canonical YAML of `scenario`, defaults included, without arms; loads again to the same hash.
    pub resolved_yaml: String,
    /// XXH3-128 of the resolved model without name, description, outputs and experiment: 32 hexadecimal digits.
    pub hash: String,
    shocked: Vec<(u32, Scenario)>,
}

impl Loaded {
    /// The scenario as it stands from each tick with shocks on, in order of ticks; each entry holds all shocks so far.
    pub fn shocked(&self) -> &[(u32, Scenario)] {
        &self.shocked
    }
}

/// A scenario file with all its arms, checked.
#[derive(Clone, Debug)]
pub struct Project {
    arms: IndexMap<String, Loaded>,
    directory: PathBuf,
    warnings: Vec<Problem>,
}

impl Project {
    /// A checked arm; `baseline` has no patches.
    ///
    /// # Errors
    /// An unknown arm.
    pub fn arm(&self, name: &str) -> Result<Loaded, Problems> {
        self.arms.get(name).cloned().ok_or_else(|| {
            let names = || self.arms.keys().map(String::as_str);
            let source = Source::new("--arm", name);
            let help = did_you_mean(name, names()).unwrap_or_else(|| format!("the arms are {}", listed(names())));
            Problem::new(format!("there is no arm `{name}`")).at(&Place::new(&source, 0..name.len())).help(help).into()
        })
    }

    /// `baseline` first, then the arms in the order of the file.
    pub fn arm_names(&self) -> impl Iterator<Item = &str> {
        self.arms.keys().map(String::as_str)
    }

    /// Replications of each arm, at least 1.
    pub fn replications(&self) -> u32 {
        self.experiment().replications.unwrap_or(1)
    }

    /// The two arms of the printed comparison, first minus second: as the file says, else its first two arms, else its only
    /// arm and the baseline. None without arms.
    pub fn compared(&self) -> Option<[String; 2]> {
        let mut arms = self.arms.keys().skip(1).cloned();
        self.experiment().compare.clone().or_else(|| match (arms.next(), arms.next()) {
            (Some(first), Some(second)) => Some([first, second]),
            (Some(only), None) => Some([only, BASELINE.to_owned()]),
            _ => None,
        })
    }

    /// The file without arm patches.
    pub fn baseline(&self) -> &Loaded {
        &self.arms[BASELINE]
    }

    /// What is allowed but hardly meant in the file, and what its arms and shocks add to that, as a report for a terminal of `width`
    /// columns, coloured by escape codes if `colour`; empty if there is nothing to say.
    pub fn warnings(&self, width: usize, colour: bool) -> String {
        problem::render_warnings(&self.warnings, width, colour)
    }

    /// The experiment section, arms included.
    pub fn experiment(&self) -> &Experiment {
        &self.baseline().scenario.experiment
    }

    /// Canonical YAML of the file with its overrides, defaults and arms included; loads again to the same arms and hashes.
    pub fn resolved_project_yaml(&self) -> String {
        canonical::yaml(&self.baseline().scenario)
    }

    /// Where the file is: paths in it are relative to this directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Loads a scenario file, applies `overrides` in order, and checks the result, every arm and every shock.
///
/// # Errors
/// Everything that is wrong, as far as one error does not hide another: a file that cannot be read, text that is not YAML,
/// unknown keys, values out of range, contradictions, patches that do not fit.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Project, Problems> {
    project(files::read_tree(path)?, path, overrides)
}

/// The same for a text, as if it stood in the file `path`.
///
/// # Errors
/// As [`load`].
pub fn load_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Project, Problems> {
    project(files::tree_of_text(path, text)?, path, overrides)
}

fn project(mut tree: Node, path: &Path, overrides: &[Override]) -> Result<Project, Problems> {
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    let failed = overrides.iter().filter_map(|wanted| wanted.patch().apply(&mut tree).err()).collect();
    Problems::none_in(failed)?;
    let base = checked(&tree, &directory)?;
    let mut problems = Vec::new();
    let mut arms = IndexMap::new();
    let mut warned = Warned::default();
    warned.keep(check::warnings(&base, &tree));
    match shocked(&tree, &base, &directory, &mut warned) {
        Ok(shocks) => drop(arms.insert(BASELINE.to_owned(), loaded(base.clone(), shocks))),
        Err(found) => problems.extend(found),
    }
    for name in base.experiment.arms.keys() {
        match arm(&tree, &base, name, &directory, &mut warned) {
            Ok(arm) => drop(arms.insert(name.clone(), arm)),
            Err(found) => problems.extend(found),
        }
    }
    Problems::none_in(problems)?;
    Ok(Project { arms, directory, warnings: warned.list })
}

/// Warnings of the file, its arms and its shocks: the same words of the same value once.
#[derive(Default)]
struct Warned {
    said: BTreeSet<String>,
    list: Vec<Problem>,
}

impl Warned {
    fn keep(&mut self, found: Vec<Problem>) {
        for problem in found {
            if self.said.insert(problem.text()) {
                self.list.push(problem);
            }
        }
    }

    /// What a patch adds to what was said: it stands where the patch does, unless what is warned of is written there.
    fn by(&self, origin: &str, patch: &Patch, found: Vec<Problem>) -> Vec<(String, Problem)> {
        let new = found.into_iter().map(|problem| (problem.text(), problem)).filter(|(text, _)| !self.said.contains(text));
        let put = |problem: Problem| if patch.holds(problem.scenario_path()) { problem } else { problem.at(&patch.place) };
        new.map(|(text, problem)| (text, put(problem.within(origin)))).collect()
    }

    /// Keeps the first of what patches added, if it still holds in the end.
    fn keep_of(&mut self, added: Vec<(String, Problem)>, last: &[Problem]) {
        for (text, problem) in added {
            if last.iter().any(|problem| problem.text() == text) && self.said.insert(text) {
                self.list.push(problem);
            }
        }
    }
}

fn loaded(scenario: Scenario, shocked: Vec<(u32, Scenario)>) -> Loaded {
    let mut alone = scenario.clone();
    alone.experiment.arms.clear();
    alone.experiment.compare = None;
    Loaded { resolved_yaml: canonical::yaml(&alone), hash: canonical::hash(&scenario), scenario, shocked }
}

fn checked(tree: &Node, directory: &Path) -> Result<Scenario, Problems> {
    let value = structure::check(tree).map_err(|problems| match Problems::none_in(problems) {
        Err(problems) => problems,
        Ok(()) => Problem::new("the scenario cannot be read").at(&tree.place).into(),
    })?;
    let scenario: Scenario =
        serde_json::from_value(value).map_err(|error| Problem::new(format!("the scenario cannot be read: {error}")).at(&tree.place))?;
    check::contradictions(&scenario, tree, directory)?;
    Ok(scenario)
}

/// Patches of arms may reach what a strategist decides, not what the arms must share or what tells them apart.
const SHARED_BY_ARMS: [&str; 7] = ["bazaar", "name", "description", "seed", "calendar", "outputs", "experiment"];

fn arm(tree: &Node, base: &Scenario, name: &str, directory: &Path, warned: &mut Warned) -> Result<Loaded, Vec<Problem>> {
    let origin = format!("arm `{name}`");
    let at: path::Path = ["experiment", "arms", name].into_iter().collect();
    let Some(map) = at.0.iter().try_fold(tree, |node, step| node.child(step)) else { return Err(Vec::new()) };
    let patches = patches(&origin, map)?;
    let key = tree.key_place(&at).unwrap_or(&map.place);
    if patches.is_empty() {
        let problem = Problem::new(format!("{origin} patches nothing")).at(key).path(&at);
        return Err(vec![problem.help(format!("the file as it is runs as the arm `{BASELINE}`; remove this one"))]);
    }
    let mut tree = tree.clone();
    let (mut problems, mut added) = (Vec::new(), Vec::new());
    let mut before = canonical::to_value(base);
    let mut last = base.clone();
    for patch in &patches {
        if let Some(section) = SHARED_BY_ARMS.into_iter().find(|section| patch.path.starts_with(&[section])) {
            let problem = Problem::new(format!("{origin} may not patch `{section}`")).at(&patch.place).path(&patch.path);
            problems.push(problem.help("all arms share it, so that they can be compared"));
            continue;
        }
        if let Err(problem) = patch.apply(&mut tree) {
            problems.push(problem);
            continue;
        }
        match checked(&tree, directory) {
            Ok(scenario) => {
                let after = canonical::to_value(&scenario);
                if before == after {
                    problems.push(changes_nothing(&origin, patch));
                }
                added.extend(warned.by(&origin, patch, check::warnings(&scenario, &tree)));
                (before, last) = (after, scenario);
            }
            // A later patch may mend it; the last one must have.
            Err(_) if !std::ptr::eq(patch, &patches[patches.len() - 1]) => {}
            Err(found) => problems.extend(found.into_list().into_iter().map(|problem| problem.within(&origin))),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    warned.keep_of(added, &check::warnings(&last, &tree));
    let shocks = shocked(&tree, &last, directory, warned);
    let shocks = shocks.map_err(|found| found.into_iter().map(|problem| problem.within(&origin)).collect::<Vec<_>>())?;
    Ok(loaded(last, shocks))
}

fn changes_nothing(origin: &str, patch: &Patch) -> Problem {
    Problem::new(format!("{origin} sets what is already there"))
        .at(&patch.place)
        .path(&patch.path)
        .help("set another value, or remove the line")
}

/// Shocks may change parameters of what exists, not what exists.
const OPEN_TO_SHOCKS: [(&[&str], usize); 4] =
    [(&["platforms"], 3), (&["population", "choice"], 3), (&["population", "memory"], 3), (&["ai_market"], 2)];

/// The scenario after each day with shocks, in order of days.
fn shocked(tree: &Node, base: &Scenario, directory: &Path, warned: &mut Warned) -> Result<Vec<(u32, Scenario)>, Vec<Problem>> {
    let mut by_tick: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, shock) in base.shocks.iter().enumerate() {
        by_tick.entry(base.calendar.tick_of(shock.on)).or_default().push(i);
    }
    let mut tree = tree.clone();
    let mut scenarios = Vec::new();
    let mut problems = Vec::new();
    for (tick, shocks) in by_tick {
        let (mut origin, mut last) = (String::new(), None);
        for i in shocks {
            origin = format!("shock `{}`", base.shocks[i].name);
            match shock(&mut tree, i, &origin) {
                Ok(patches) => last = patches.into_iter().last(),
                Err(found) => problems.extend(found),
            }
        }
        match checked(&tree, directory) {
            Ok(scenario) => {
                if let Some(patch) = last {
                    let found = check::warnings(&scenario, &tree);
                    warned.keep_of(warned.by(&origin, &patch, found.clone()), &found);
                }
                scenarios.push((tick, scenario));
            }
            Err(found) => problems.extend(found.into_list().into_iter().map(|problem| problem.within(&origin))),
        }
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(problems) }
}

/// Applies a shock; returns its patches.
fn shock(tree: &mut Node, index: usize, origin: &str) -> Result<Vec<Patch>, Vec<Problem>> {
    let mut at: path::Path = ["shocks"].into_iter().collect();
    at.index(index);
    at.key("set");
    let Some(map) = at.0.iter().try_fold(&*tree, |node, step| node.child(step)) else { return Ok(Vec::new()) };
    let patches = patches(origin, map)?;
    let mut problems = Vec::new();
    for patch in &patches {
        let open = OPEN_TO_SHOCKS.iter().any(|(section, depth)| patch.path.starts_with(section) && patch.path.0.len() >= *depth);
        let result = if open {
            patch.apply(tree)
        } else {
            let problem = Problem::new(format!("{origin} may not patch `{}`", patch.path)).at(&patch.place).path(&patch.path);
            let help = "a shock changes fields below platforms.<name>, population.choice, population.memory or ai_market";
            Err(problem.help(help))
        };
        problems.extend(result.err());
    }
    if problems.is_empty() { Ok(patches) } else { Err(problems) }
}
