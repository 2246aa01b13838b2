//! One worker in one generation: its shards, tick by tick, its part of checkpoints and of tables.
//!
//! Guarantees that everything that a restart needs is in the pieces that it saves, and that files of tables are cut by the
//! scenario, whoever writes them. A table is written by one member; the rows of a block go there when the block is over.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use agents::piece::Pieces;
use results::{OpenRows, Place, RunInfo, table};
use sim_core::exchange::{Exchange, Phase};
use sim_core::peers::Peers;
use sim_core::placement::Placement;
use sim_core::{parallel, snapshot};
use tokio::runtime::Handle;

use crate::cluster::chronicle::Chronicle;
use crate::cluster::fault;
use crate::cluster::fetch::{Fetching, Traffic, Trouble};
use crate::cluster::record::{Object, Published};
use crate::cluster::store::{Store, StoreError, output_folder, state_folder};
use crate::cluster::wire::{self, Applied, Load};
use crate::engine::{Broken, Engine};
use crate::exit::Failure;
use crate::experiment;
use crate::plan::{Cell, Plan};
use crate::recorder::Recorder;

const REPLICATED: &str = "replicated.bin";
const CHRONICLE: &str = "chronicle.bin";

/// What all generations of a run share.
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) info: RunInfo,
    pub(crate) tables: BTreeSet<&'static str>,
    pub(crate) store: Store,
    pub(crate) runtime: Handle,
}

/// Where a generation begins.
pub(crate) struct Start {
    pub(crate) generation: u64,
    pub(crate) placement: Placement,
    pub(crate) cell: u32,
    pub(crate) objects: Vec<Object>,
}

/// Why a member stopped.
pub(crate) enum Stopped {
    /// Others, or the coordinator.
    Trouble(Trouble),
    /// The checkpoint that it was to begin from.
    Damaged(String),
    /// A reason of its own.
    Failed(Failure),
}

/// A worker with its shards in place.
pub(crate) struct Member<'a> {
    job: &'a Job,
    cell: Cell<'a>,
    number: u32,
    generation: u64,
    placement: Placement,
    engine: Engine,
    exchange: Peers<Fetching>,
    chronicle: Chronicle,
    rows: OpenRows,
}

/// What a restart begins with.
struct State {
    pieces: Pieces,
    chronicle: Chronicle,
    rows: OpenRows,
}

impl<'a> Member<'a> {
    /// Puts shards in place: from the seed, or from a checkpoint.
    pub(crate) fn place(job: &'a Job, start: Start, fetching: Fetching) -> Result<Self, Stopped> {
        let cell = job.plan.cells().nth(start.cell as usize).ok_or_else(|| Stopped::Damaged(format!("there is no cell {}", start.cell)))?;
        let built = job.plan.build(cell).map_err(Stopped::Failed)?;
        let samples = experiment::samples(&job.tables);
        let placement = start.placement;
        let (engine, chronicle, rows) = if start.objects.is_empty() {
            (Engine::new(built, cell, samples, placement).map_err(Stopped::Failed)?, Chronicle::new(), OpenRows::default())
        } else {
            let State { pieces, chronicle, rows } = read(job, &start, built.market.plan.count())?;
            let mut damage = None;
            let made = Engine::with(built, cell, samples, |built| {
                let first = built.market.world(Vec::new(), &built.expected_sales);
                built.market.restored(first, placement, &pieces).map_err(|error| {
                    damage = Some(error.to_string());
                    Failure::Missing { what: error.to_string(), advice: String::new() }
                })
            });
            match (made, damage) {
                (_, Some(damage)) => return Err(Stopped::Damaged(damage)),
                (made, None) => (made.map_err(Stopped::Failed)?, chronicle, rows),
            }
        };
        let shards = engine.market.plan.count();
        let exchange = Peers::new(fetching, placement, shards, engine.market.hosted_listings(placement.members));
        Ok(Self { job, cell, number: start.cell, generation: start.generation, placement, engine, exchange, chronicle, rows })
    }

    /// The next tick of the engine.
    pub(crate) fn next(&self) -> u32 {
        self.engine.world.tick.0
    }

    /// Runs a tick, records it, and writes the files of the block that it ends.
    pub(crate) fn tick(&mut self) -> Result<Applied, Stopped> {
        let begun_with = (self.engine.stages, self.exchange.transport().traffic);
        let outputs = &self.job.plan.project.baseline().scenario.outputs;
        let ticks = self.engine.ticks() - self.engine.market.warm_up;
        let is_scribe = self.placement.place == 0;
        let mut recorder = Recorder::new(&mut self.rows, &self.job.tables, (outputs.census, ticks), is_scribe, &mut self.chronicle.summary);
        let stepped = self.engine.step(&mut self.exchange, recorder.wants_prices());
        let before_rows = Instant::now();
        let recorded = stepped.and_then(|step| recorder.record(&mut self.engine, &step, &mut self.exchange).map(|()| step));
        let step = recorded.map_err(|broken| self.stopped(broken))?;
        let missions = self.chronicle.add(&self.job.plan, &self.engine, &step);
        let ends_block = step.tick.is_some_and(|tick| (tick + 1).is_multiple_of(outputs.block) || tick + 1 == ticks);
        fault::passing(format_args!("tick-computed"));
        let files = if ends_block { self.write_block(outputs.block)? } else { Vec::new() };
        fault::passing(format_args!("block-written"));
        let outcome = if self.engine.is_done() && is_scribe { Some(self.write_outcome()?) } else { None };
        Ok(Applied {
            tick: self.next(),
            digest: step.digest.0.to_le_bytes().to_vec().into(),
            parts: wire::parts_to_wire(&step.ticked.parts),
            files: files.into_iter().map(Into::into).collect(),
            outcome: outcome.map(Into::into),
            load: Some(self.load(begun_with, before_rows.elapsed(), missions)),
        })
    }

    /// Writes this member's part of a checkpoint.
    pub(crate) fn save(&mut self) -> Result<Vec<Object>, StoreError> {
        let folder = state_folder(self.number, self.next(), self.generation);
        let (market, world) = (&self.engine.market, &mut self.engine.world);
        let plain = "a state between ticks is plain data";
        let shards = parallel::map(&mut world.shoppers, |shard| {
            (format!("{folder}/{}", shard_name(shard.state.id.0)), market.shard_piece(shard).expect(plain))
        });
        let own = &world.merchants.owned;
        let merchants = format!("{folder}/m{:07}-{:07}.bin", own.start, own.end);
        let mut files = shards;
        files.push((merchants, market.merchant_piece(world).expect(plain)));
        if !self.rows.is_empty() {
            files.push((format!("{folder}/rows-{:04}.bin", self.placement.place), snapshot::save(&self.rows).expect(plain)));
        }
        if self.placement.place == 0 {
            files.push((format!("{folder}/{REPLICATED}"), market.replicated_piece(world).expect(plain)));
            files.push((format!("{folder}/{CHRONICLE}"), snapshot::save(&self.chronicle).expect(plain)));
        }
        fault::passing(format_args!("saving"));
        let saved = self.job.runtime.block_on(self.job.store.create_all(files));
        fault::passing(format_args!("saved"));
        saved
    }

    /// Hands the rows of the block to those who write their tables, and writes the own ones.
    fn write_block(&mut self, block: u32) -> Result<Vec<Object>, Stopped> {
        let members = self.placement.members as usize;
        let parts = std::mem::take(&mut self.rows).split(members, |name| table::number(name) % members);
        let dealt = self.exchange.deal(Phase::Rows, parts).map_err(|error| self.stopped(Broken::Exchange(error)))?;
        let mut rows = OpenRows::default();
        dealt.iter().for_each(|part| rows.append(part));
        let place = Place { run: &self.job.info, arm: self.cell.arm, replication: self.cell.replication, block };
        let files = rows.into_files(place).map_err(|error| Stopped::Failed(error.into()))?;
        let folder = output_folder(self.number, self.next(), self.generation);
        let (tables, contents): (Vec<_>, Vec<_>) =
            files.into_iter().map(|(file, content)| (file.clone(), (format!("{folder}/{}.parquet", file.table), content))).unzip();
        let objects = self.job.runtime.block_on(self.job.store.create_all(contents)).map_err(|error| self.unwritten(&error))?;
        let published = |(object, file): (Object, results::TableFile)| {
            let table = Published { table: file.table, path: file.path, rows: file.rows };
            Object { table: Some(table), ..object }
        };
        Ok(objects.into_iter().zip(tables).map(published).collect())
    }

    fn write_outcome(&self) -> Result<Object, Stopped> {
        let path = format!("{}/outcome.bin", output_folder(self.number, self.next(), self.generation));
        let content = snapshot::save(&self.chronicle).expect("an outcome is plain data");
        self.job.runtime.block_on(self.job.store.create(&path, content)).map_err(|error| self.unwritten(&error))
    }

    fn unwritten(&self, error: &StoreError) -> Stopped {
        Stopped::Failed(Failure::Missing { what: error.to_string(), advice: "the tables of a run must be writable".to_owned() })
    }

    fn stopped(&mut self, broken: Broken) -> Stopped {
        match broken {
            Broken::Failed(failure) => Stopped::Failed(failure),
            Broken::Exchange(error) => match self.exchange.transport().trouble.take() {
                Some(trouble) => Stopped::Trouble(trouble),
                None => Stopped::Failed(Broken::Exchange(error).into()),
            },
        }
    }

    fn load(&mut self, (stages, traffic): ([Duration; 4], Traffic), rows: Duration, missions: u64) -> Load {
        let now = self.exchange.transport().traffic;
        Load {
            stage_us: self.engine.stages.iter().zip(stages).map(|(now, before)| micros(*now - before)).collect(),
            rows_us: micros(rows),
            waited_us: micros(now.waited - traffic.waited),
            sent_bytes: now.sent_bytes - traffic.sent_bytes,
            fetched: self.exchange.transport().take_fetched(),
            resident_bytes: resident_bytes(),
            missions,
            gmv: self.chronicle.gmv,
        }
    }
}

/// The pieces of a checkpoint that this member needs.
fn read(job: &Job, start: &Start, shards: u32) -> Result<State, Stopped> {
    let named = |name: &str| start.objects.iter().find(|object| name_of(object) == name).cloned();
    let need = |name: String| named(&name).ok_or_else(|| Stopped::Damaged(format!("the checkpoint has no {name}")));
    let mut wanted = vec![need(REPLICATED.to_owned())?, need(CHRONICLE.to_owned())?];
    let hosted = start.placement.hosts(shards);
    for id in hosted.clone() {
        wanted.push(need(shard_name(id))?);
    }
    let merchants: Vec<_> = start.objects.iter().filter(|object| name_of(object).starts_with('m')).cloned().collect();
    let all_rows = start.objects.iter().filter(|object| name_of(object).starts_with("rows-"));
    let (members, place) = (start.placement.members as usize, start.placement.place as usize);
    let rows: Vec<_> = all_rows.skip(place).step_by(members).cloned().collect();
    let (stretches, parts) = (merchants.len(), rows.len());
    wanted.extend(merchants);
    wanted.extend(rows);
    let mut found = job.runtime.block_on(job.store.read_all(wanted)).map_err(|error| Stopped::Damaged(error.to_string()))?.into_iter();
    let mut take = |count: usize| found.by_ref().take(count).collect::<Vec<_>>();
    let (mut first, shards, merchants, parts) = (take(2), take(hosted.len()), take(stretches), take(parts));
    let damaged = |error: snapshot::SnapshotError| Stopped::Damaged(error.to_string());
    let chronicle = snapshot::load(&first.pop().expect("two were asked for")).map_err(damaged)?;
    let mut rows = OpenRows::default();
    for part in parts {
        rows.append(&snapshot::load(&part).map_err(damaged)?);
    }
    let replicated = first.pop().expect("two were asked for");
    Ok(State { pieces: Pieces { replicated, shards, merchants }, chronicle, rows })
}

fn shard_name(id: u32) -> String {
    format!("s{id:07}.bin")
}

fn name_of(object: &Object) -> &str {
    object.path.rsplit('/').next().unwrap_or(&object.path)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Memory of this process; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
