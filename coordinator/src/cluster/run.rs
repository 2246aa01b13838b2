//! A run on several workers, from its plan to its directory.
//!
//! Owns what a run directory holds while the run is under way: the inputs, `run.json`, and the store below `.run`. Guarantees
//! that the finished directory is the one that a single process writes. In reading order: begin, resume, compute, publish.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use results::manifest::SCENARIO;
use results::{CellRecord, CellSummary, Existing, RunWriter, TableFile};
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use crate::cluster::fault;
use crate::cluster::host::{self, Computed, Hosting, Parting, stored};
use crate::cluster::logic::Settings;
use crate::cluster::record::Object;
use crate::cluster::security::Security;
use crate::cluster::service::Card;
use crate::cluster::store::{Store, place, sha256};
use crate::cluster::wire::JoinReply;
use crate::exit::Failure;
use crate::experiment::{self, Ended, Finished, Timings};
use crate::mechanisms::{MechanismCounts, json_text};
use crate::output::counted;
use crate::plan::{BUILD, Plan, VERSION};
use crate::progress::Progress;

/// Store of a run, below its directory.
const STORE: &str = ".run";
/// What a run is, in its directory while it is under way.
const RUN: &str = "run.json";
/// Ticks that the fastest worker may be ahead of the slowest.
const WINDOW: u32 = 8;

/// How to carry a run out.
pub(crate) struct Orders {
    pub(crate) dir: PathBuf,
    pub(crate) quiet: bool,
    pub(crate) listen: SocketAddr,
    pub(crate) security: Security,
    /// Workers to wait for.
    pub(crate) workers: usize,
    /// Workers to start here: threads of each, and the token that they show.
    pub(crate) local: Option<(usize, String)>,
    pub(crate) timing: Timing,
    /// Where the store is, if not in the directory.
    pub(crate) store: Option<String>,
}

/// Clocks of a run.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    pub(crate) patience: Duration,
    pub(crate) lease: Duration,
    pub(crate) beat: Duration,
    pub(crate) every_ticks: Option<u32>,
    pub(crate) every: Option<Duration>,
}

/// What a restart needs to know of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunCard {
    /// Name of this run among all.
    pub(crate) run: String,
    pub(crate) version: String,
    pub(crate) build: String,
    pub(crate) scenario_hash: String,
    pub(crate) arms: Vec<String>,
    pub(crate) replications: u32,
    /// Folder of the scenario and the files that it refers to.
    pub(crate) directory: PathBuf,
    /// Where checkpoints are.
    pub(crate) store: String,
}

/// Begins a run in `orders.dir` and carries it out.
pub(crate) fn begin(plan: &Plan, orders: &Orders, force: bool) -> Result<Finished, Failure> {
    let existing = if force { Existing::Replace } else { Existing::Refuse };
    let run = name(plan);
    // a place that cannot be opened is found before anything is written; each run has a folder of its own in it
    let elsewhere = orders.store.as_ref().map(|place| place::below(place, &run));
    if let Some(place) = &elsewhere {
        Store::open(place).map_err(stored)?;
    }
    let mut writer = RunWriter::create(&orders.dir, experiment::writer_options(plan, existing)?)?;
    let left_out = experiment::write_inputs(plan, &mut writer, &absolute(&orders.dir)?)?;
    let card = RunCard {
        run,
        version: VERSION.to_owned(),
        build: BUILD.to_owned(),
        scenario_hash: plan.project.baseline().hash.clone(),
        arms: plan.arms.iter().map(|(arm, _)| arm.clone()).collect(),
        replications: plan.replications,
        directory: absolute(plan.project.directory())?,
        store: elsewhere.map_or_else(|| absolute(&orders.dir).map(|dir| dir.join(STORE).display().to_string()), Ok)?,
    };
    fault::passing(format_args!("beginning"));
    write(&orders.dir.join(RUN), &json_text(&card))?;
    let mut progress = Progress::new(orders.quiet, experiment::all_ticks(plan), plan.replications);
    experiment::announce(plan, &progress, &orders.dir, &counted(orders.workers, "worker"), &left_out);
    compute(plan, &card, orders, writer, &mut progress)
}

/// The plan of an unfinished run, and what else a restart needs.
pub(crate) fn reopen(dir: &Path) -> Result<(Plan, RunCard), Failure> {
    if dir.join(results::manifest::MANIFEST).exists() {
        return Err(Failure::Usage {
            what: format!("{} is a finished run", dir.display()),
            advice: "look at it with `bazaar inspect`".to_owned(),
        });
    }
    let card = read_card(&dir.join(RUN))?;
    refuse_other("program version", &card.version, VERSION)?;
    refuse_other("program build", &card.build, BUILD)?;
    let scenario =
        fs::read_to_string(dir.join(SCENARIO)).map_err(|source| Failure::Io { action: "read", path: dir.join(SCENARIO), source })?;
    let project = scenarios::load_text(&card.directory.join(SCENARIO), &scenario, &[])?;
    refuse_other("scenario hash", &card.scenario_hash, &project.baseline().hash)?;
    let mut plan = Plan::new(project, &card.arms)?;
    plan.replications = card.replications;
    Ok((plan, card))
}

/// Goes on with an unfinished run.
pub(crate) fn resume(plan: &Plan, card: &RunCard, orders: &Orders) -> Result<Finished, Failure> {
    let mut writer = RunWriter::resume(&orders.dir, experiment::writer_options(plan, Existing::Refuse)?)?;
    // the same files again: the writer must know what stands beside the tables
    experiment::write_inputs(plan, &mut writer, &absolute(&orders.dir)?)?;
    let mut progress = Progress::new(orders.quiet, experiment::all_ticks(plan), plan.replications);
    experiment::announce(plan, &progress, &orders.dir, &counted(orders.workers, "worker"), &[]);
    compute(plan, card, orders, writer, &mut progress)
}

fn compute(plan: &Plan, card: &RunCard, orders: &Orders, writer: RunWriter, progress: &mut Progress) -> Result<Finished, Failure> {
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|source| Failure::Threads { threads: 2, source })?;
    let store = Store::open(&card.store).map_err(stored)?;
    let hosting = hosting(plan, card, orders, &store);
    let span = tracing::info_span!("coordinator", run = card.run);
    let (computed, mechanisms) = std::thread::scope(|scope| {
        // what workers do not wait for is found out while they start
        let mechanisms = scope.spawn(|| configured(plan));
        let computed = runtime.block_on(host::run(plan, hosting, progress).instrument(span));
        (computed, mechanisms.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    progress.finish();
    let (computed, mechanisms) = (computed?, mechanisms?);
    let mut writer = writer;
    runtime.block_on(publish(&store, &computed.base.files, &mut writer))?;
    fault::passing(format_args!("concluding"));
    let (ended, parting) = ended(plan, orders, (computed, mechanisms), begun);
    let finished = experiment::conclude(plan, writer, ended)?;
    fault::passing(format_args!("concluded"));
    runtime.block_on(tidy_up(&orders.dir, &store));
    drop(parting);
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(finished)
}

fn hosting(plan: &Plan, card: &RunCard, orders: &Orders, store: &Store) -> Hosting {
    let scenario = &plan.project.baseline().scenario;
    let timing = &orders.timing;
    let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    let reply = JoinReply {
        run: card.run.clone(),
        incarnation: 0,
        scenario: plan.project.resolved_project_yaml(),
        scenario_hash: card.scenario_hash.clone(),
        arms: card.arms.clone(),
        replications: card.replications,
        beat_ms: millis(timing.beat),
        lease_ms: millis(timing.lease),
        store: card.store.clone(),
        directory: card.directory.display().to_string(),
    };
    let shards = scenario.population.shoppers.0.div_ceil(u64::from(scenario.population.shard_size)) as u32;
    Hosting {
        listen: orders.listen,
        security: orders.security.clone(),
        settings: Settings {
            wanted: orders.workers,
            patience: timing.patience,
            lease: timing.lease,
            every_ticks: timing.every_ticks,
            every: timing.every,
            window: WINDOW,
            ticks: plan.cells().map(|cell| cell.ticks()).collect(),
        },
        card: Card { reply, seed: scenario.seed, shards },
        store: store.clone(),
        local: orders.local.as_ref().map(|(threads, token)| (orders.workers, *threads, token.clone())),
    }
}

/// Brings the files of tables that count to their places.
async fn publish(store: &Store, files: &[Object], writer: &mut RunWriter) -> Result<(), Failure> {
    for object in files {
        let Some(table) = &object.table else { continue };
        let content = store.read(object).await.map_err(stored)?;
        let file = TableFile {
            table: table.table.clone(),
            path: table.path.clone(),
            rows: table.rows,
            bytes: object.bytes,
            sha256: object.sha256.clone(),
        };
        fault::passing(format_args!("publishing"));
        writer.publish(file, &content)?;
    }
    Ok(())
}

/// What each arm configures.
fn configured(plan: &Plan) -> Result<MechanismCounts, Failure> {
    let mut mechanisms = MechanismCounts::new(plan.arms.iter().map(|(arm, _)| arm.as_str()));
    for cell in plan.cells().filter(|cell| cell.replication == 0) {
        mechanisms.configure(cell.arm, &plan.build(cell)?.market);
    }
    Ok(mechanisms)
}

fn ended<'a>(
    plan: &Plan,
    orders: &'a Orders,
    (computed, mut mechanisms): (Computed, MechanismCounts),
    begun: Instant,
) -> (Ended<'a>, Parting) {
    let (mut records, mut cells, mut missions) = (Vec::new(), Vec::new(), 0);
    for (cell, outcome) in plan.cells().zip(computed.outcomes) {
        mechanisms.merge(cell.arm, &outcome.mechanisms);
        missions += outcome.missions;
        let (arm, replication) = (cell.arm.to_owned(), cell.replication);
        records.push(CellRecord { arm: arm.clone(), replication, digest: outcome.digest, tick_digests: outcome.tick_digests });
        cells.push(CellSummary { arm, replication, summary: outcome.summary });
    }
    let ended = Ended {
        dir: &orders.dir,
        records,
        cells,
        mechanisms,
        missions,
        timings: Timings::default(),
        begun,
        threads: orders.local.as_ref().map_or(0, |(threads, _)| *threads),
        workers: computed.workers,
        losses: computed.losses,
    };
    (ended, computed.parting)
}

/// Removes what only a restart would need. What cannot be removed harms nothing: the manifest is there.
async fn tidy_up(dir: &Path, store: &Store) {
    if let Err(error) = store.clear().await {
        tracing::warn!(%error, "what the run left behind stays");
    } else if let Err(error) = fs::remove_file(dir.join(RUN)) {
        tracing::warn!(%error, "{} stays", RUN);
    }
}

/// Whether the run in `dir` is finished. Where its coordinator died between the manifest and the end, the rest is done.
pub(crate) fn is_finished(dir: &Path) -> Result<bool, Failure> {
    if !dir.join(results::manifest::MANIFEST).exists() {
        return Ok(false);
    }
    let path = dir.join(RUN);
    if path.exists() {
        let store = Store::open(&read_card(&path)?.store).map_err(stored)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|source| Failure::Threads { threads: 1, source })?.block_on(tidy_up(dir, &store));
    }
    Ok(true)
}

/// Whether what a restart would need is there.
pub(crate) fn has_leftovers(dir: &Path) -> bool {
    dir.join(RUN).exists()
}

/// Whether a coordinator died in `dir` before it had written what its run is: nothing is lost by beginning again.
pub(crate) fn never_began(dir: &Path) -> bool {
    let is_free = [RUN, results::manifest::MANIFEST].iter().all(|name| !dir.join(name).exists());
    is_free && fs::read_dir(dir.join("tables")).is_ok_and(|mut tables| tables.next().is_none())
}

fn read_card(path: &Path) -> Result<RunCard, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::Usage {
        what: format!("cannot read {}: {source}", path.display()),
        advice: "only a run with --workers, or of `bazaar coordinator`, has checkpoints to go on from".to_owned(),
    })?;
    serde_json::from_str(&text).map_err(|source| Failure::Usage {
        what: format!("{} is not readable: {source}", path.display()),
        advice: "run the scenario again with --force".to_owned(),
    })
}

/// Writes a file, complete or not at all.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let incomplete = path.with_extension("new");
    let written = fs::write(&incomplete, text).and_then(|()| fs::File::open(&incomplete)?.sync_all());
    written.and_then(|()| fs::rename(&incomplete, path)).map_err(|source| Failure::Io { action: "write", path: path.to_owned(), source })
}

pub(crate) fn refuse_other(what: &str, began: &str, now: &str) -> Result<(), Failure> {
    if began == now {
        return Ok(());
    }
    Err(Failure::Mismatch {
        what: format!("the run began with the {what} {began}; now it is {now}"),
        advice: "go on with what it began with, or run the scenario again with --force".to_owned(),
    })
}

/// A name that no other run has: of the scenario, the process and the time.
fn name(plan: &Plan) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{}-{}-{}", plan.project.baseline().hash, std::process::id(), now.as_nanos());
    format!("{}-{}", plan.project.baseline().scenario.name, &sha256(seed.as_bytes())[..12])
}

fn absolute(dir: &Path) -> Result<PathBuf, Failure> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    fs::canonicalize(dir).map_err(|source| Failure::Io { action: "open", path: dir.to_owned(), source })
}
