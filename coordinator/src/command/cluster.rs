//! `bazaar run --workers`, `resume`, `coordinator`, `worker`: one run on several processes.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::{Clocks, CoordinatorArgs, ResumeArgs, RunArgs, SecurityArgs, WorkerArgs};
use crate::cluster::run::{self, Orders, Timing};
use crate::cluster::security::{Security, TlsFiles};
use crate::cluster::store::sha256;
use crate::cluster::worker;
use crate::command::run::threads;
use crate::exit::Failure;
use crate::experiment::Finished;
use crate::plan::Plan;
use crate::{document, interrupt, output, report};

/// How long `run` and `resume` wait for the workers that they start, seconds.
const OWN_WORKERS: f64 = 120.0;
/// How long a coordinator waits for workers that others start, seconds.
const OTHER_WORKERS: f64 = 600.0;

/// Runs `plan` on workers of this machine.
pub(crate) fn run(args: &RunArgs, plan: &Plan, workers: usize, dir: impl FnOnce() -> Result<PathBuf, Failure>) -> Result<(), Failure> {
    plan.check()?;
    let timing = timing(&args.clocks, OWN_WORKERS)?;
    interrupt::listen();
    let orders = own_workers(dir()?, args.quiet, workers, args.threads, timing)?;
    let finished = run::begin(plan, &orders, args.force)?;
    print(plan, &finished, args.json, threads(args.threads))
}

/// `bazaar resume`.
pub(crate) fn resume(args: &ResumeArgs) -> Result<(), Failure> {
    let timing = timing(&args.clocks, OWN_WORKERS)?;
    if run::has_leftovers(&args.run) && run::is_finished(&args.run)? {
        return finished_already(&args.run);
    }
    let (plan, card) = run::reopen(&args.run)?;
    interrupt::listen();
    let orders = own_workers(args.run.clone(), args.quiet, args.workers.into(), args.threads, timing)?;
    let finished = run::resume(&plan, &card, &orders)?;
    print(&plan, &finished, args.json, threads(args.threads))
}

/// `bazaar coordinator`.
pub(crate) fn coordinator(args: &CoordinatorArgs) -> Result<(), Failure> {
    let security = security(&args.security)?;
    security.may_listen(args.listen, args.security.insecure)?;
    let timing = timing(&args.clocks, OTHER_WORKERS)?;
    let project = scenarios::load(&args.file, &args.changes.overrides()?)?;
    let plan = Plan::new(project, &args.arms)?;
    plan.check()?;
    if !args.force && is_finished(args, &plan)? {
        return Ok(());
    }
    interrupt::listen();
    let orders = Orders {
        dir: args.out.clone(),
        quiet: args.quiet,
        listen: args.listen,
        security,
        workers: args.workers.into(),
        local: None,
        timing,
        store: args.store.clone(),
    };
    // a coordinator that is started again goes on
    let finished = match run::reopen(&args.out) {
        Ok((_, card)) if !args.force => {
            run::refuse_other("scenario hash", &card.scenario_hash, &plan.project.baseline().hash)?;
            run::resume(&plan, &card, &orders)?
        }
        Err(mismatch @ Failure::Mismatch { .. }) if !args.force => return Err(mismatch),
        _ => run::begin(&plan, &orders, args.force || run::never_began(&args.out))?,
    };
    print(&plan, &finished, args.json, 0)
}

/// `bazaar worker`.
pub(crate) fn worker(args: &WorkerArgs) -> Result<(), Failure> {
    let security = security(&args.security)?;
    security.may_listen(args.listen, args.security.insecure)?;
    let hash = match &args.file {
        Some(file) => Some(scenarios::load(file, &args.changes.overrides()?)?.baseline().hash.clone()),
        None => None,
    };
    worker::run(&worker::Orders {
        coordinator: args.connect.clone(),
        listen: args.listen,
        advertise: args.advertise.clone(),
        scenario_hash: hash,
        store: args.store.clone(),
        security,
        threads: threads(args.threads),
        patience: Duration::from_secs_f64(args.wait),
        ends_with_parent: args.ends_with_parent,
    })
}

/// Whether the run is there already, as when a scheduler starts a job again that had just ended.
fn is_finished(args: &CoordinatorArgs, plan: &Plan) -> Result<bool, Failure> {
    if !run::is_finished(&args.out)? {
        return Ok(false);
    }
    let manifest = results::Manifest::read(&args.out)?;
    run::refuse_other("scenario hash", &manifest.run.scenario_hash, &plan.project.baseline().hash)?;
    finished_already(&args.out).map(|()| true)
}

fn finished_already(dir: &Path) -> Result<(), Failure> {
    output::note(&format!("{} is finished: nothing is left to do\n", dir.display()));
    Ok(())
}

fn own_workers(dir: PathBuf, quiet: bool, workers: usize, wished: Option<u16>, timing: Timing) -> Result<Orders, Failure> {
    let token = fresh_token();
    Ok(Orders {
        dir,
        quiet,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        security: Security::on_loopback(&token)?,
        workers,
        local: Some((threads_each(wished, workers), token)),
        timing,
        store: None,
    })
}

/// Threads of each of the `workers` of this machine: what was asked for is shared out. Unasked, all together have twice as many
/// as there are cores: shards do not move between processes within a tick, so whoever waits leaves his cores to the others.
fn threads_each(wished: Option<u16>, workers: usize) -> usize {
    let cores = threads(None);
    match wished {
        Some(wished) => (usize::from(wished) / workers).max(1),
        None => (2 * cores).div_ceil(workers).min(cores),
    }
}

fn security(args: &SecurityArgs) -> Result<Security, Failure> {
    Security::new(&TlsFiles {
        certificate: args.tls_cert.as_deref(),
        key: args.tls_key.as_deref(),
        authority: args.tls_ca.as_deref(),
        name: args.tls_name.as_deref(),
    })
}

fn timing(clocks: &Clocks, wait: f64) -> Result<Timing, Failure> {
    if clocks.lease < 3.0 * clocks.beat {
        return Err(Failure::Usage {
            what: format!("a lease of {} s is less than three times the beat of {} s", clocks.lease, clocks.beat),
            advice: "one late sign of life must not count as a loss: raise --lease or lower --beat".to_owned(),
        });
    }
    Ok(Timing {
        patience: Duration::from_secs_f64(clocks.wait.unwrap_or(wait)),
        lease: Duration::from_secs_f64(clocks.lease),
        beat: Duration::from_secs_f64(clocks.beat),
        every_ticks: clocks.checkpoint_ticks,
        every: Some(Duration::from_secs_f64(clocks.checkpoint_seconds)),
    })
}

/// A token that others on this machine cannot guess: of the operating system's randomness where it can be read.
fn fresh_token() -> String {
    use std::io::Read;
    let mut seed = [0u8; 32];
    let random = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut seed));
    if random.is_err() {
        // two hashers of the standard library are keyed by the operating system
        use std::hash::{BuildHasher, RandomState};
        for chunk in seed.chunks_mut(8) {
            chunk.copy_from_slice(&RandomState::new().hash_one(std::process::id()).to_le_bytes());
        }
    }
    sha256(&seed)
}

fn print(plan: &Plan, finished: &Finished, json: bool, threads: usize) -> Result<(), Failure> {
    if json { output::print(&document::of_run(plan, finished, threads)) } else { output::print(&report::of_run(plan, finished)) }
}
