//! `bazaar run`: a scenario, its arms on the same seeds, and what came out.

use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;

use sim_core::parallel::Pool;

use crate::cli::RunArgs;
use crate::exit::Failure;
use crate::experiment::{self, Orders};
use crate::plan::Plan;
use crate::{command, directory, document, interrupt, output, report};

/// Runs the command.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let project = scenarios::load(&args.file, &args.changes.overrides()?)?;
    let plan = Plan::new(project, &args.arms)?;
    if let Some(workers) = args.workers {
        let dir = || out(args, &plan);
        return command::cluster::run(args, &plan, usize::from(workers), dir);
    }
    let threads = threads(args.threads);
    let pool = pool(threads)?;
    let finished = pool.run(|| {
        plan.check()?;
        interrupt::listen();
        let orders = Orders { dir: out(args, &plan)?, force: args.force, quiet: args.quiet, threads };
        experiment::run(&plan, &orders).map_err(|failure| advised(failure, &orders))
    })?;
    if args.json { output::print(&document::of_run(&plan, &finished, threads)) } else { output::print(&report::of_run(&plan, &finished)) }
}

/// Threads to use: as asked, else all cores.
pub(crate) fn threads(wished: Option<u16>) -> usize {
    wished.map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from)
}

/// A pool of so many threads.
pub(crate) fn pool(threads: usize) -> Result<Pool, Failure> {
    Pool::new(threads).map_err(|source| Failure::Threads { threads, source })
}

fn out(args: &RunArgs, plan: &Plan) -> Result<PathBuf, Failure> {
    match &args.out {
        Some(dir) => Ok(dir.clone()),
        None => directory::next(&plan.project.baseline().scenario.name),
    }
}

/// What is left behind when the disk fails.
fn advised(failure: Failure, orders: &Orders) -> Failure {
    match failure {
        Failure::Results { source, advice: None } if source.class() == results::error::Class::Io => {
            let has_begun = fs::read_dir(&orders.dir).is_ok_and(|mut entries| entries.next().is_some());
            let left = format!("{} has no manifest, so it counts as unfinished; run again with --force", orders.dir.display());
            Failure::Results { source, advice: has_begun.then_some(left) }
        }
        other => other,
    }
}
