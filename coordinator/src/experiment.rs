//! A run from its plan to its directory.
//!
//! Owns the loop over cells: build, tick, record, digest; and the documents beside the tables. Guarantees that the manifest
//! is written last, so that a run that fails or is stopped has none. Leaves out what is printed when it ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use std::{fs, path, thread};

use agents::metric::{Mechanism, Metric};
use results::manifest::{MECHANISMS, SCENARIO};
use results::{CellRecord, CellSummary, Comparison, Execution, Existing, KpiSummary, Manifest, Outcome, RunWriter, WriterOptions};
use sim_core::exchange::Local;
use sim_core::mechanism::Mechanisms;
use sim_core::placement::Placement;

use crate::command::run::pool;
use crate::engine::{Engine, STAGES, Step};
use crate::exit::Failure;
use crate::interrupt;
use crate::mechanisms::{MechanismCounts, json_text};
use crate::plan::{BUILD, Cell, Plan};
use crate::progress::{Progress, Whereabouts};
use crate::recorder::Recorder;

/// Shoppers of the cells that run side by side, at most: what bounds memory.
const SIDE_BY_SIDE: usize = 1_000_000;

/// Wall time of a run; all but the total is summed over cells, those side by side included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    pub(crate) total: Duration,
    /// Building worlds.
    pub(crate) build: Duration,
    /// Ticks, without rows.
    pub(crate) ticks: Duration,
    /// By stage of the tick, in the order of [`STAGES`].
    pub(crate) stages: [Duration; STAGES.len()],
    /// Observing and writing rows.
    pub(crate) rows: Duration,
}

impl Timings {
    fn add(&mut self, cell: &Timings) {
        self.build += cell.build;
        self.ticks += cell.ticks;
        self.rows += cell.rows;
        self.stages.iter_mut().zip(cell.stages).for_each(|(sum, stage)| *sum += stage);
    }
}

/// A finished run.
pub(crate) struct Finished {
    pub(crate) dir: PathBuf,
    pub(crate) cells: Vec<CellSummary>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) manifest: Manifest,
    pub(crate) timings: Timings,
    /// Simulated missions, the warm-up included.
    pub(crate) missions: u64,
}

/// How to carry out a run.
pub(crate) struct Orders {
    pub(crate) dir: PathBuf,
    pub(crate) force: bool,
    pub(crate) quiet: bool,
    pub(crate) threads: usize,
}

/// Cells that are computed, and what remains to be written of them.
pub(crate) struct Ended<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) records: Vec<CellRecord>,
    pub(crate) cells: Vec<CellSummary>,
    pub(crate) mechanisms: MechanismCounts,
    pub(crate) missions: u64,
    pub(crate) timings: Timings,
    pub(crate) begun: Instant,
    pub(crate) threads: usize,
    pub(crate) workers: usize,
    /// Workers that were lost on the way, in words.
    pub(crate) losses: Vec<String>,
}

/// Runs every cell of `plan` into `orders.dir`.
pub(crate) fn run(plan: &Plan, orders: &Orders) -> Result<Finished, Failure> {
    let begun = Instant::now();
    let tables = plan.tables()?;
    let existing = if orders.force { Existing::Replace } else { Existing::Refuse };
    let mut writer = RunWriter::create(&orders.dir, writer_options(plan, existing)?)?;
    let left_out = write_inputs(plan, &mut writer, &orders.dir)?;
    let progress = Progress::new(orders.quiet, all_ticks(plan), plan.replications);
    announce(plan, &progress, &orders.dir, &crate::output::counted(orders.threads, "thread"), &left_out);
    let mechanisms = MechanismCounts::new(plan.arms.iter().map(|(arm, _)| arm.as_str()));
    let books = Books { writer, progress, mechanisms, timings: Timings::default() };
    let work = Work { plan, tables, books: Mutex::new(books), failed: AtomicBool::new(false) };
    let done = work.cells(orders.threads);
    let Books { writer, progress, mechanisms, timings } = work.books.into_inner().expect("no cell panics while it books");
    progress.finish();
    let (records, cells) = done?.into_iter().unzip();
    let (missions, threads) = (progress.missions(), orders.threads);
    let (workers, losses) = (1, Vec::new());
    let ended = Ended { dir: &orders.dir, records, cells, mechanisms, missions, timings, begun, threads, workers, losses };
    conclude(plan, writer, ended)
}

/// What the writer of a run needs to know.
pub(crate) fn writer_options(plan: &Plan, existing: Existing) -> Result<WriterOptions, Failure> {
    let block = plan.project.baseline().scenario.outputs.block;
    Ok(WriterOptions { run: plan.run_info()?, block, tables: plan.tables()?, existing })
}

/// Writes what stands beside the tables of single cells, the manifest last.
pub(crate) fn conclude(plan: &Plan, mut writer: RunWriter, ended: Ended<'_>) -> Result<Finished, Failure> {
    let Ended { dir, records, cells, mechanisms, missions, mut timings, begun, threads, workers, losses } = ended;
    let comparisons = comparisons(plan, &cells)?;
    let last = plan.project.baseline().scenario.calendar.ticks() - 1;
    let rows: Vec<_> = comparisons.iter().map(|found| (found.arm.as_str(), found.rows(last))).collect();
    writer.write_across(rows.iter().flat_map(|(arm, rows)| rows.iter().map(|row| (*arm, row))))?;
    writer.write_text(MECHANISMS, &json_text(&mechanisms.table()))?;
    timings.total = begun.elapsed();
    let manifest = writer.finish(Outcome {
        arms: plan.arms.iter().map(|(arm, _)| arm.clone()).collect(),
        replications: plan.replications,
        cells: records,
        kpis: cells.iter().map(CellSummary::kpis).collect(),
        execution: Execution {
            wall_seconds: timings.total.as_secs_f64(),
            threads: u32::try_from(threads).unwrap_or(u32::MAX),
            workers: u32::try_from(workers).unwrap_or(u32::MAX),
            lost_workers: losses,
            build: BUILD.to_owned(),
        },
    })?;
    Ok(Finished { dir: dir.to_owned(), cells, comparisons, manifest, timings, missions })
}

/// Cells, one after the other or side by side.
struct Work<'a> {
    plan: &'a Plan,
    tables: std::collections::BTreeSet<&'static str>,
    books: Mutex<Books>,
    /// Whether a cell failed, so that the others stop.
    failed: AtomicBool,
}

/// What all cells write to.
struct Books {
    writer: RunWriter,
    progress: Progress,
    mechanisms: MechanismCounts,
    timings: Timings,
}

/// Cells that run side by side.
pub(crate) fn lanes(plan: &Plan, threads: usize) -> usize {
    let shoppers = plan.project.baseline().scenario.population.shoppers.0 as usize;
    (SIDE_BY_SIDE / shoppers.max(1)).min(threads).min(plan.cells().count()).max(1)
}

/// What is left of a cell when it ends.
type Done = (CellRecord, CellSummary);

/// Tables that are made of sampled shoppers.
const SAMPLED: [&str; 3] = ["orders", "missions", "shopper_panel"];

/// Whether any of `tables` is made of sampled shoppers.
pub(crate) fn samples(tables: &std::collections::BTreeSet<&'static str>) -> bool {
    SAMPLED.iter().any(|name| tables.contains(name))
}

/// Says what begins, and by what it is carried.
pub(crate) fn announce(plan: &Plan, progress: &Progress, dir: &Path, carriers: &str, left_out: &[PathBuf]) {
    let scenario = &plan.project.baseline().scenario;
    let arms: Vec<_> = plan.arms.iter().map(|(arm, _)| arm.as_str()).collect();
    progress.say(&format!(
        "{}: {} x {}, {} shoppers, {} to {}, {carriers} -> {}",
        scenario.name,
        arms.join(", "),
        crate::output::counted(plan.replications as usize, "replication"),
        crate::output::grouped(scenario.population.shoppers.0.into()),
        scenario.calendar.start,
        scenario.calendar.end,
        dir.display(),
    ));
    for file in left_out {
        progress.say(&format!("{} is not below the scenario and was not copied; verify needs it there", file.display()));
    }
}

impl Work<'_> {
    /// Carries out all cells, in their order. Small ones run side by side, each on its part of the threads, so that none waits for
    /// what only one thread can do; what is left over of full rounds has all threads.
    fn cells(&self, threads: usize) -> Result<Vec<Done>, Failure> {
        let cells: Vec<_> = self.plan.cells().collect();
        let lanes = lanes(self.plan, threads);
        let (rounds, rest) = cells.split_at(if lanes > 1 { cells.len() / lanes * lanes } else { 0 });
        let mut done = self.side_by_side(rounds, lanes, threads / lanes)?;
        for &cell in rest {
            done.push(self.cell(cell)?.expect("nobody else can fail"));
        }
        Ok(done)
    }

    fn side_by_side(&self, cells: &[Cell<'_>], lanes: usize, threads: usize) -> Result<Vec<Done>, Failure> {
        if cells.is_empty() {
            return Ok(Vec::new());
        }
        let queue = Mutex::new(cells.iter().enumerate());
        let next = || queue.lock().expect("nobody panics while it takes a cell").next();
        let lane = || {
            pool(threads)?.run(|| {
                let mut done = Vec::new();
                while let Some((at, &cell)) = next() {
                    match self.cell(cell).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))? {
                        Some(found) => done.push((at, found)),
                        None => break,
                    }
                }
                Ok(done)
            })
        };
        let mut done = Vec::new();
        let ends: Vec<Result<_, Failure>> = thread::scope(|scope| {
            let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
            lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        for end in ends {
            done.extend(end?);
        }
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, found)| found).collect())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no cell panics while it books")
    }

    /// One cell; nothing if another failed meanwhile.
    fn cell(&self, cell: Cell<'_>) -> Result<Option<Done>, Failure> {
        let begun = Instant::now();
        let samples = samples(&self.tables);
        let mut engine = Engine::new(self.plan.build(cell)?, cell, samples, Placement::ALONE)?;
        let mut timings = Timings { build: begun.elapsed(), ..Timings::default() };
        self.books().mechanisms.configure(cell.arm, &engine.market);
        tracing::info!(arm = cell.arm, replication = cell.replication, seed = cell.seed(), "cell begins");
        let outputs = &self.plan.project.baseline().scenario.outputs;
        let ticks = engine.ticks() - engine.market.warm_up;
        let mut writer = self.books().writer.begin(cell.arm, cell.replication);
        let mut summary = KpiSummary::default();
        let mut recorder = Recorder::new(&mut writer, &self.tables, (outputs.census, ticks), true, &mut summary);
        let mut fired = Mechanisms::new(Mechanism::COUNT);
        let mut tick_digests = Vec::with_capacity(ticks as usize);
        let mut gmv = 0;
        while !engine.is_done() {
            let before = Instant::now();
            let step = engine.step(&mut Local, recorder.wants_prices())?;
            let between = Instant::now();
            recorder.record(&mut engine, &step, &mut Local)?;
            timings.ticks += between - before;
            timings.rows += between.elapsed();
            if step.tick.is_some() {
                tick_digests.push(step.digest.to_string());
                fired.merge(&step.ticked.totals.mechanisms);
                gmv += self::gmv(self.plan, &engine, &step);
            }
            self.books().progress.tick(&self.whereabouts(cell, &engine, &step, gmv));
            if interrupt::asked() {
                return Err(interrupted(self.books().writer.dir()));
            }
            if self.failed.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let before_end = Instant::now();
        let mut books = self.books();
        books.writer.end(writer)?;
        timings.rows += before_end.elapsed();
        timings.stages = engine.stages;
        books.timings.add(&timings);
        books.mechanisms.merge(cell.arm, &fired);
        let digest = engine.world.digest.to_string();
        tracing::info!(arm = cell.arm, replication = cell.replication, %digest, "cell ends");
        let (arm, replication) = (cell.arm.to_owned(), cell.replication);
        Ok(Some((CellRecord { arm: arm.clone(), replication, digest, tick_digests }, CellSummary { arm, replication, summary })))
    }

    fn whereabouts<'c>(&self, cell: Cell<'c>, engine: &Engine, step: &Step, gmv: i64) -> Whereabouts<'c> {
        Whereabouts {
            arm: cell.arm,
            replication: cell.replication,
            tick: step.tick,
            ticks: engine.ticks() - engine.market.warm_up,
            missions: missions(engine, step),
            gmv: Some(self.plan.extrapolation().apply(results::Unit::Money, gmv as f64)),
        }
    }
}

fn interrupted(dir: &Path) -> Failure {
    let left = "holds the tables up to the last whole block of ticks and no manifest; run again with --force to replace it";
    Failure::Interrupted { left: format!("{} {left}", dir.display()) }
}

/// Simulated missions of a tick.
pub(crate) fn missions(engine: &Engine, step: &Step) -> u64 {
    let platforms = 0..engine.market.catalog.platforms.len();
    platforms.map(|p| step.ticked.totals.sum(p, Metric::Missions).unsigned_abs()).sum()
}

/// Simulated GMV of a tick on the focal platform, else on all.
pub(crate) fn gmv(plan: &Plan, engine: &Engine, step: &Step) -> i64 {
    let names = engine.market.catalog.platforms.iter().enumerate();
    let counted = names.filter(|(_, name)| plan.focal().is_none_or(|focal| focal == &***name));
    counted.map(|(p, _)| step.ticked.totals.sum(p, Metric::Gmv)).sum()
}

/// Ticks of all cells, for progress.
pub(crate) fn all_ticks(plan: &Plan) -> u64 {
    plan.cells().map(|cell| u64::from(cell.ticks())).sum()
}

/// Every arm against the second of the compared pair; the printed pair first.
fn comparisons(plan: &Plan, cells: &[CellSummary]) -> Result<Vec<Comparison>, Failure> {
    let Some([first, second]) = plan.compared() else { return Ok(Vec::new()) };
    let others = plan.arms.iter().map(|(arm, _)| arm.as_str()).filter(|arm| ![first, second].contains(arm));
    let arms = std::iter::once(first).chain(others);
    Ok(arms.map(|arm| Comparison::of(cells, arm, second)).collect::<results::Result<_>>()?)
}

/// The resolved scenario, arms included, and the files that it refers to: all that a repetition needs. Returns the files
/// that cannot be copied because they do not lie below the scenario.
pub(crate) fn write_inputs(plan: &Plan, writer: &mut RunWriter, dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut left_out = Vec::new();
    writer.write_text(SCENARIO, &plan.project.resolved_project_yaml())?;
    for file in plan.companions() {
        let source = plan.project.directory().join(&file);
        let text = fs::read_to_string(&source).map_err(|error| failed("read", &source, error))?;
        let is_below = file.components().all(|part| matches!(part, path::Component::Normal(_)));
        match file.to_str() {
            Some(name) if is_below && file.components().count() == 1 => writer.write_text(name, &text)?,
            _ if is_below => copy(&dir.join(&file), &text)?,
            _ => left_out.push(file),
        }
    }
    Ok(left_out)
}

fn copy(target: &Path, text: &str) -> Result<(), Failure> {
    let folder = target.parent().expect("a file has a folder");
    fs::create_dir_all(folder).map_err(|error| failed("create", folder, error))?;
    fs::write(target, text).map_err(|error| failed("write", target, error))
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> Failure {
    Failure::Io { action, path: path.to_owned(), source }
}
