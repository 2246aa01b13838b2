//! `bazaar verify`: are the files as written, and does the run repeat itself?
//!
//! Owns the order of checks: manifest, files, version, digests. Guarantees that the first difference is named by arm,
//! replication and tick. Writes nothing.

use results::manifest::{MANIFEST, SCENARIO};
use results::{CellRecord, Error, Manifest, verify_files};
use sim_core::exchange::Local;
use sim_core::placement::Placement;

use crate::cli::VerifyArgs;
use crate::command::run::{pool, threads};
use crate::engine::Engine;
use crate::exit::Failure;
use crate::output::{self, counted};
use crate::plan::{BUILD, Cell, Plan, VERSION};
use crate::progress::{Progress, Whereabouts};
use crate::{experiment, interrupt};

const ALTERED: &str = "what stands in these files is not what the run wrote; run the scenario again";

/// Runs the command.
pub(crate) fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let manifest = check_files(args)?;
    let tables = manifest.tables().len();
    let files = manifest.files.len() + manifest.documents.len();
    output::print(&format!("{}: {} in {} as written\n", args.run.display(), counted(files, "file"), counted(tables, "table")))?;
    if args.files_only {
        return Ok(());
    }
    check_version(&manifest)?;
    let plan = plan_again(args, &manifest)?;
    interrupt::listen();
    let repeated = pool(threads(args.threads))?.run(|| repeat(args, &plan, &manifest));
    let ticks = repeated.map_err(|failure| of_another_build(failure, &manifest.execution.build))?;
    let cells = counted(manifest.cells.len(), "cell");
    output::print(&format!("{}: run again, {cells} with {} equal\n", args.run.display(), counted(ticks, "digest")))
}

fn check_files(args: &VerifyArgs) -> Result<Manifest, Failure> {
    let altered = |findings| Failure::Altered { dir: args.run.clone(), findings, advice: ALTERED };
    let manifest = Manifest::read(&args.run).map_err(|error| match error {
        Error::ManifestAltered { .. } | Error::BadManifest { .. } => altered(vec![error.to_string()]),
        other => other.into(),
    })?;
    let findings = verify_files(&args.run, &manifest)?;
    if findings.is_empty() { Ok(manifest) } else { Err(altered(findings.iter().map(ToString::to_string).collect())) }
}

fn check_version(manifest: &Manifest) -> Result<(), Failure> {
    let written = &manifest.run.program_version;
    if written == VERSION {
        return Ok(());
    }
    Err(Failure::Mismatch {
        what: format!("the run was written by version {written}; this is version {VERSION}, which may compute another history"),
        advice: format!("run it again with version {written}, or check only the files with --files-only"),
    })
}

/// Two builds of one version may compute different histories: that is no run that does not repeat itself.
fn of_another_build(failure: Failure, written: &str) -> Failure {
    match failure {
        Failure::Diverged { what, .. } if !written.is_empty() && written != BUILD => Failure::Mismatch {
            what: format!("{what}; the run was written by the build {written} of version {VERSION}, this is the build {BUILD}"),
            advice: format!("check it with the build {written}, or only its files with --files-only"),
        },
        other => other,
    }
}

/// The plan that the run had.
fn plan_again(args: &VerifyArgs, manifest: &Manifest) -> Result<Plan, Failure> {
    let project = scenarios::load(&args.run.join(SCENARIO), &[])?;
    let found = &project.baseline().hash;
    if *found != manifest.run.scenario_hash {
        return Err(Failure::Diverged {
            what: format!("{SCENARIO} loads with the hash {found}; {MANIFEST} states {}", manifest.run.scenario_hash),
            advice: "please report it with both files".to_owned(),
        });
    }
    let mut plan = Plan::new(project, &manifest.arms)?;
    plan.replications = manifest.replications;
    Ok(plan)
}

/// Runs every cell again and returns the number of digests compared.
fn repeat(args: &VerifyArgs, plan: &Plan, manifest: &Manifest) -> Result<usize, Failure> {
    let mut progress = Progress::new(args.quiet, experiment::all_ticks(plan), plan.replications);
    let mut compared = 0;
    for cell in plan.cells() {
        let recorded = manifest.cells.iter().find(|found| found.arm == cell.arm && found.replication == cell.replication);
        let recorded = recorded.ok_or_else(|| Failure::Diverged {
            what: format!("{MANIFEST} has no digests of arm {}, replication {}", cell.arm, cell.replication),
            advice: "please report it with the manifest".to_owned(),
        })?;
        let done = repeat_cell(plan, cell, recorded, &mut progress);
        compared += done.inspect_err(|_| progress.finish())?;
    }
    progress.finish();
    Ok(compared)
}

fn repeat_cell(plan: &Plan, cell: Cell<'_>, recorded: &CellRecord, progress: &mut Progress) -> Result<usize, Failure> {
    let mut engine = Engine::new(plan.build(cell)?, cell, false, Placement::ALONE)?;
    let ticks = engine.ticks() - engine.market.warm_up;
    let mut digests = recorded.tick_digests.iter();
    while !engine.is_done() {
        let step = engine.step(&mut Local, false)?;
        let at = Whereabouts {
            arm: cell.arm,
            replication: cell.replication,
            tick: step.tick,
            ticks,
            missions: experiment::missions(&engine, &step),
            gmv: None,
        };
        progress.tick(&at);
        let found = step.digest.to_string();
        match step.tick {
            Some(tick) => match digests.next() {
                Some(expected) if *expected == found => {}
                expected => return Err(diverged(cell, tick, &found, expected.map_or("no digest", String::as_str))),
            },
            None => continue,
        }
        if interrupt::asked() {
            return Err(Failure::Interrupted { left: "nothing was written, and no difference was found so far".to_owned() });
        }
    }
    Ok(recorded.tick_digests.len())
}

fn diverged(cell: Cell<'_>, tick: u32, found: &str, expected: &str) -> Failure {
    Failure::Diverged {
        what: format!(
            "the run does not repeat itself: arm {}, replication {} (seed {}) first differs at tick {tick}: \
             the manifest has {expected}, this machine gives {found}",
            cell.arm,
            cell.replication,
            cell.seed()
        ),
        advice: "please report it with manifest.json, scenario.yaml and the kind of machine of both runs".to_owned(),
    }
}
