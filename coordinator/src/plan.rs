//! What a run consists of: arms times replications, and the order of the cells.
//!
//! Owns the choice of arms, and the check that their markets can be built before anything is written. Leaves out how a cell
//! runs.

use std::path::PathBuf;

use results::{Extrapolation, RunInfo, enabled_tables};
use scenarios::{BASELINE, Built, Graph, Loaded, Project};
use sim_core::draw::Seed;

use crate::exit::Failure;

/// Version of the program, as manifests state it.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What this program was compiled from: 16 hex digits of a hash over the sources of all its crates.
pub(crate) const BUILD: &str = env!("BAZAAR_BUILD");

/// Cells whose markets are built before a run starts: all of an ordinary experiment, within a few seconds.
const CHECKED_CELLS: usize = 200;

/// The cells of a run.
pub(crate) struct Plan {
    pub(crate) project: Project,
    /// Arms in the order in which they run, each once.
    pub(crate) arms: Vec<(String, Loaded)>,
    /// Replications of each arm.
    pub(crate) replications: u32,
}

/// One arm in one replication.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) arm: &'a str,
    pub(crate) replication: u32,
    pub(crate) loaded: &'a Loaded,
}

impl Plan {
    /// The arms asked for; without a wish those of the file, and without arms in the file the baseline.
    pub(crate) fn new(project: Project, wished: &[String]) -> Result<Self, Failure> {
        let mut names: Vec<String> = Vec::new();
        let of_file = || project.arm_names().filter(|name| *name != BASELINE).map(str::to_owned);
        let all: Vec<String> = if wished.is_empty() { of_file().collect() } else { wished.to_vec() };
        for name in all {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            names.push(BASELINE.to_owned());
        }
        let arms = names.into_iter().map(|name| Ok((project.arm(&name)?, name)).map(|(loaded, name)| (name, loaded)));
        let arms = arms.collect::<Result<Vec<_>, Failure>>()?;
        let replications = project.replications();
        Ok(Self { project, arms, replications })
    }

    /// All cells: for each replication each arm, so that an early stop leaves whole pairs.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let arms = |replication| self.arms.iter().map(move |(arm, loaded)| Cell { arm, replication, loaded });
        (0..self.replications).flat_map(arms)
    }

    /// The market of a cell.
    pub(crate) fn build(&self, cell: Cell<'_>) -> Result<Built, Failure> {
        Ok(scenarios::build(cell.loaded, self.project.directory(), cell.replication)?)
    }

    /// Builds the markets of the first cells: what only the building finds is found before anything is written.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.cells().take(CHECKED_CELLS).try_for_each(|cell| self.build(cell).map(drop))
    }

    /// Days of shoppers that the run simulates, the warm-up included.
    pub(crate) fn shopper_days(&self) -> u128 {
        let of = |cell: Cell<'_>| {
            let scenario = &cell.loaded.scenario;
            let days = u128::from(cell.ticks() / scenario.calendar.ticks_per_day());
            days * u128::from(scenario.population.shoppers.0)
        };
        self.cells().map(of).sum()
    }

    /// The description of the run.
    pub(crate) fn run_info(&self) -> Result<RunInfo, Failure> {
        let baseline = self.project.baseline();
        let scenario = &baseline.scenario;
        Ok(RunInfo {
            name: scenario.name.clone(),
            scenario_hash: baseline.hash.clone(),
            program_version: VERSION.to_owned(),
            seed: scenario.seed,
            shoppers: scenario.population.shoppers.0,
            people: scenario.population.people.0,
            scale: scenarios::scale(scenario),
            money_unit: scenario.money_unit,
            ticks: scenario.calendar.ticks(),
            tick_days: 1.0 / f64::from(scenario.calendar.ticks_per_day()),
            start: scenario.calendar.start.0,
        })
    }

    /// From simulated values to yuan and people.
    pub(crate) fn extrapolation(&self) -> Extrapolation {
        let scenario = &self.project.baseline().scenario;
        Extrapolation { scale: scenarios::scale(scenario), money_unit: scenario.money_unit }
    }

    /// Tables to write.
    pub(crate) fn tables(&self) -> Result<std::collections::BTreeSet<&'static str>, Failure> {
        let switches = &self.project.baseline().scenario.outputs.tables;
        let mut tables = enabled_tables(switches.iter().map(|(name, on)| (name.as_str(), *on)))?;
        if self.arms.len() < 2 {
            tables.remove("comparison");
        }
        Ok(tables)
    }

    /// The platform whose choice is studied, and its place in the tables.
    pub(crate) fn focal(&self) -> Option<&str> {
        self.project.experiment().focal.as_deref()
    }

    /// The two arms of the printed comparison, first less second: those of the file if both run, else the first two that run.
    pub(crate) fn compared(&self) -> Option<[&str; 2]> {
        let runs = |name: &String| self.arms.iter().find(|(arm, _)| arm == name).map(|(arm, _)| arm.as_str());
        let of_file = self.project.compared().and_then(|[first, second]| Some([runs(&first)?, runs(&second)?]));
        of_file.or_else(|| match &self.arms[..] {
            [(first, _), (second, _), ..] => Some([first, second]),
            _ => None,
        })
    }

    /// Files that the scenario refers to, relative to it as written.
    pub(crate) fn companions(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        let all = std::iter::once(self.project.baseline()).chain(self.arms.iter().map(|(_, loaded)| loaded));
        for loaded in all {
            if let Graph::Edges(file) = &loaded.scenario.population.social.graph
                && !files.contains(&PathBuf::from(file))
            {
                files.push(PathBuf::from(file));
            }
        }
        files
    }
}

impl Cell<'_> {
    /// Seed of the replication.
    pub(crate) fn seed(&self) -> u64 {
        Seed(self.loaded.scenario.seed).replication(self.replication).0
    }

    /// Ticks of the engine: the warm-up and the calendar.
    pub(crate) fn ticks(&self) -> u32 {
        let calendar = &self.loaded.scenario.calendar;
        calendar.ticks() + calendar.warm_up.0.round() as u32 * calendar.ticks_per_day()
    }
}
