//! The coordinator at work: what [`crate::cluster::logic`] decides, carried out.
//!
//! Owns the clock, the server, the store's manifests and what people are told. Guarantees that a checkpoint counts before
//! anything that follows from it is ordered. Bulk data never passes here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sim_core::snapshot;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::cluster::chronicle::Chronicle;
use crate::cluster::logic::{Command, Event, Incarnation, Logic, Settings};
use crate::cluster::metrics::Metrics;
use crate::cluster::record::Base;
use crate::cluster::security::{Asks, Security};
use crate::cluster::service::{Card, Desk, Hub, Note};
use crate::cluster::spawn::Brood;
use crate::cluster::store::{Store, StoreError, state_folder};
use crate::cluster::wire::coordinator_server::CoordinatorServer;
use crate::cluster::wire::{Advance, Assign, Dismiss, Load, MOST_BYTES, Member, Order, Save, StatusReply, order};
use crate::cluster::{fault, net, store};
use crate::exit::{Exit, Failure};
use crate::output::counted;
use crate::plan::{Cell, Plan};
use crate::progress::{Progress, Whereabouts};
use crate::{interrupt, output};

#[cfg(test)]
mod storm;

/// How often time is looked at.
const CLOCK: Duration = Duration::from_millis(50);
/// How long the end of a process is waited for when its connection is gone.
const AUTOPSY: Duration = Duration::from_millis(400);

/// How to coordinate a run.
pub(crate) struct Hosting {
    pub(crate) listen: SocketAddr,
    pub(crate) security: Security,
    pub(crate) settings: Settings,
    pub(crate) card: Card,
    pub(crate) store: Store,
    /// Workers to start on this machine, each with so many threads.
    pub(crate) local: Option<(usize, usize, String)>,
}

/// What is still there when all is computed: workers that are ending, and the server that they hear their farewell from.
pub(crate) struct Parting {
    brood: Brood,
    serving: tokio::task::AbortHandle,
}

impl Drop for Parting {
    fn drop(&mut self) {
        drop(std::mem::take(&mut self.brood));
        self.serving.abort();
    }
}

/// How a run on workers ended well.
pub(crate) struct Computed {
    /// The last checkpoint: the files and outcomes of all cells.
    pub(crate) base: Base,
    pub(crate) outcomes: Vec<Chronicle>,
    /// Workers that were lost, in words.
    pub(crate) losses: Vec<String>,
    /// The most workers that took part at a time.
    pub(crate) workers: usize,
    /// Dropped when the results are in place: workers end meanwhile.
    pub(crate) parting: Parting,
}

struct Host<'a> {
    plan: &'a Plan,
    cells: Vec<Cell<'a>>,
    logic: Logic,
    hub: Arc<Hub>,
    store: Store,
    metrics: Arc<Metrics>,
    progress: &'a mut Progress,
    brood: Brood,
    begun: Instant,
    /// Processes of workers, kept when they are dismissed.
    processes: BTreeMap<Incarnation, u32>,
    /// The generation that is fenced already.
    fenced: u64,
    /// Cell and tick that people were told of.
    told: (u32, u32),
    losses: Vec<String>,
    workers: usize,
    effort: Effort,
    end: Option<Result<(), Failure>>,
}

/// What ticks cost all workers together, repeated ones included.
#[derive(Clone, Copy, Debug, Default)]
struct Effort {
    ticks: u64,
    sent_bytes: u64,
    busy_us: u64,
    waited_us: u64,
}

impl Effort {
    fn add(&mut self, load: &Load) {
        self.ticks += 1;
        self.sent_bytes += load.sent_bytes;
        self.busy_us += load.stage_us.iter().sum::<u64>() + load.rows_us;
        self.waited_us += load.waited_us;
    }

    fn sentence(&self) -> String {
        let each = output::bytes(u128::from(self.sent_bytes / self.ticks.max(1)));
        let share = 100.0 * self.waited_us as f64 / self.busy_us.max(1) as f64;
        format!("each worker sent {each} a tick to others, and was in exchanges {share:.1} % of its time")
    }
}

/// Coordinates the run `plan` from its last checkpoint to its end.
pub(crate) async fn run(plan: &Plan, hosting: Hosting, progress: &mut Progress) -> Result<Computed, Failure> {
    let (bases, damaged) = hosting.store.bases().await.map_err(stored)?;
    for error in &damaged {
        progress.say(&format!("a checkpoint cannot be used: {error}"));
    }
    let generation = hosting.store.last_generation().await.map_err(stored)?;
    let bases = if bases.is_empty() { vec![Base::default()] } else { bases };
    let (notes, mut heard) = mpsc::unbounded_channel();
    drain_on_signal(notes.clone());
    // incarnations of an earlier coordinator are lost with it: new ones begin beyond all that it can have given
    let hub = Arc::new(Hub::new(hosting.card, generation << 20, notes));
    let metrics = Arc::new(Metrics::default());
    let (listener, address) = net::listen(hosting.listen).await?;
    let lease = hosting.settings.lease;
    let server = serve((&hosting.security, lease), &hub, &metrics).await?;
    let serving = tokio::spawn(server.serve_with_incoming(net::incoming(listener, lease))).abort_handle();
    progress.say(&format!("coordinator listens on {address}"));
    fault::passing(format_args!("listening"));
    let brood = match &hosting.local {
        Some((count, threads, token)) => Brood::start(*count, address.to_string(), token.clone(), *threads)?,
        None => Brood::default(),
    };
    let logic = Logic::new(hosting.settings, bases, generation);
    let mut host = Host::new((plan, logic), hub, hosting.store, metrics, progress, brood);
    let ended = match host.fence(generation + 1).await {
        Ok(()) => host.drive(&mut heard).await,
        Err(failure) => Err(failure),
    };
    let parting = Parting { brood: std::mem::take(&mut host.brood), serving };
    if let Err(failure) = ended {
        // workers hear their farewell before the server ends
        tokio::time::sleep(CLOCK).await;
        return Err(failure);
    }
    host.progress.say(&host.effort.sentence());
    let base = host.logic.base().clone();
    let outcomes = outcomes(&host.store, &base).await?;
    Ok(Computed { base, outcomes, losses: host.losses, workers: host.workers, parting })
}

/// SIGTERM, as schedulers send it, ends the run with a checkpoint.
fn drain_on_signal(notes: mpsc::UnboundedSender<Note>) {
    #[cfg(unix)]
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        while terminate.recv().await.is_some() && notes.send(Note::Event(Event::Drain)).is_ok() {}
    });
    #[cfg(not(unix))]
    drop(notes);
}

async fn serve(
    (security, lease): (&Security, Duration),
    hub: &Arc<Hub>,
    metrics: &Arc<Metrics>,
) -> Result<tonic::transport::server::Router, Failure> {
    let desk = CoordinatorServer::new(Desk(Arc::clone(hub))).max_decoding_message_size(MOST_BYTES);
    let desk = tonic::service::interceptor::InterceptedService::new(desk, Asks(security.token()));
    let (health, serves) = tonic_health::server::health_reporter();
    health.set_service_status("bazaar.v1.Coordinator", tonic_health::ServingStatus::Serving).await;
    let metrics = Arc::clone(metrics);
    let page = axum::routing::get(move || std::future::ready(metrics.text()));
    let mut routes = tonic::service::Routes::new(desk).add_service(serves).into_axum_router();
    routes = routes.route("/metrics", page);
    Ok(net::server(security, lease)?.add_routes(tonic::service::Routes::from(routes)))
}

async fn outcomes(store: &Store, base: &Base) -> Result<Vec<Chronicle>, Failure> {
    let mut outcomes = Vec::new();
    for object in &base.outcomes {
        let bytes = store.read(object).await.map_err(stored)?;
        outcomes.push(snapshot::load(&bytes).map_err(|error| lost_file(&format!("{}: {error}", object.path)))?);
    }
    Ok(outcomes)
}

fn lost_file(what: &str) -> Failure {
    Failure::Missing { what: what.to_owned(), advice: "the run has to be computed again: run it with --force".to_owned() }
}

/// A failure of the store.
pub(crate) fn stored(error: StoreError) -> Failure {
    store::stored(error, "the store of the run must be readable and writable; another coordinator may be at work in it")
}

impl<'a> Host<'a> {
    /// A host that goes on from the last checkpoint that `logic` knows, and says so if that is not the beginning.
    fn new(
        (plan, logic): (&'a Plan, Logic),
        hub: Arc<Hub>,
        store: Store,
        metrics: Arc<Metrics>,
        progress: &'a mut Progress,
        brood: Brood,
    ) -> Self {
        let told = (logic.base().cell, logic.base().tick);
        if told != (0, 0) {
            progress.say(&format!("goes on from the checkpoint of cell {}, tick {} of the engine", told.0, told.1));
        }
        Host {
            plan,
            cells: plan.cells().collect(),
            logic,
            hub,
            store,
            metrics,
            progress,
            brood,
            begun: Instant::now(),
            processes: BTreeMap::new(),
            fenced: 0,
            told,
            losses: Vec::new(),
            workers: 0,
            effort: Effort::default(),
            end: None,
        }
    }

    async fn drive(&mut self, heard: &mut mpsc::UnboundedReceiver<Note>) -> Result<(), Failure> {
        let mut clock = tokio::time::interval(CLOCK);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.end.is_none() {
            let event = tokio::select! {
                biased;
                _ = clock.tick() => {
                    self.look_around().await?;
                    Some(Event::Clock)
                }
                note = heard.recv() => self.heard(note).await,
            };
            if let Some(event) = event {
                let name = event.name();
                self.obey(event).await?;
                fault::passing(format_args!("heard-{name}"));
                self.publish();
            }
        }
        self.end.take().expect("the loop ended with it")
    }

    /// What time brings: Ctrl-C, and the end of workers that never joined.
    async fn look_around(&mut self) -> Result<(), Failure> {
        if interrupt::asked() {
            self.obey(Event::Drain).await?;
        }
        if self.end.is_none() {
            let again = self.brood.start_again()?;
            if again > 0 {
                self.progress.say(&format!("{} started again", counted(again, "worker")));
            }
        }
        if self.end.is_none()
            && self.hub.processes().is_empty()
            && let Some(last) = self.brood.all_ended()
        {
            return Err(Failure::Cluster {
                exit: Exit::Failed,
                what: format!("no worker is left: the last one: {last}{}", self.listed()),
                advice: "see what they say with --log info; `bazaar resume` goes on from the last checkpoint".to_owned(),
            });
        }
        Ok(())
    }

    async fn heard(&mut self, note: Option<Note>) -> Option<Event> {
        match note? {
            Note::Event(event) => Some(event),
            Note::Gone { who, cause } => {
                let process = self.hub.seat(who)?.process;
                let end = self.brood.end_of(process, AUTOPSY).await;
                Some(Event::Lost { who, cause: end.map_or(cause.clone(), |end| format!("{end} ({cause})")) })
            }
            Note::Load { from, tick, load } => {
                self.metrics.add(from, tick, &load);
                self.effort.add(&load);
                self.tell(from, tick, &load);
                None
            }
        }
    }

    /// Decides, and carries out.
    async fn obey(&mut self, event: Event) -> Result<(), Failure> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for command in self.logic.handle(event, self.begun.elapsed()) {
                if let Command::Commit(base) = command {
                    events.push(self.commit(base).await?);
                } else {
                    self.carry_out(command).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a checkpoint count. Where it cannot be written the last one stays; where somebody else wrote it, that one goes on.
    async fn commit(&mut self, base: Base) -> Result<Event, Failure> {
        fault::passing(format_args!("committing"));
        match self.store.commit(&base).await {
            Ok(()) => {}
            Err(error @ StoreError::Exists { .. }) => return Err(stored(error)),
            Err(error) => return Ok(Event::NotCommitted { cause: error.to_string() }),
        }
        fault::passing(format_args!("committed"));
        tracing::info!(cell = base.cell, tick = base.tick, generation = base.generation, objects = base.objects.len(), "checkpoint");
        let oldest = self.logic.base().clone();
        self.logic.keep(base);
        self.metrics.checkpoint();
        self.brood.got_on();
        if let Err(error) = self.store.forget_before(&oldest).await {
            tracing::warn!(%error, "an outdated checkpoint stays");
        }
        Ok(Event::Committed)
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Assign { generation, members, base } => self.assign(generation, &members, base).await?,
            Command::Advance { until } => self.order_all(&order::Body::Advance(Advance { until })),
            Command::Save => {
                self.order_all(&order::Body::Save(Save {}));
                fault::passing(format_args!("save-ordered"));
            }
            Command::Discard { cell, tick, generation } => {
                if let Err(error) = self.store.discard(&state_folder(cell, tick, generation)).await {
                    tracing::warn!(%error, "what was written of a checkpoint that does not count stays");
                }
            }
            Command::Dismiss { who, exit, cause } => {
                let dismiss = Dismiss { exit: exit.into(), cause };
                let generation = self.logic.generation();
                self.hub.order(who, Order { generation, body: Some(order::Body::Dismiss(dismiss)) });
                if let Some(seat) = self.hub.dismiss(who) {
                    self.processes.insert(who, seat.process);
                }
            }
            Command::Lost(loss) => {
                let tick = loss.tick.map_or(String::new(), |tick| format!(" after tick {tick} of the engine"));
                let text = format!("{} lost{tick}: {}", loss.who, loss.cause);
                tracing::warn!(worker = loss.who.0, generation = self.logic.generation(), cause = loss.cause, "worker lost");
                if let Some(process) = self.processes.remove(&loss.who) {
                    self.brood.lose(process);
                }
                self.progress.say(&text);
                self.losses.push(text);
            }
            Command::Tell(text) => self.progress.say(&text),
            Command::Commit(_) => unreachable!("a commit is carried out where it is decided"),
            Command::Done => self.end = Some(Ok(())),
            Command::Drained => self.end = Some(Err(self.drained())),
            Command::Failed { exit, cause } => {
                let advice = "`bazaar resume` goes on from the last checkpoint once the cause is gone".to_owned();
                let what = format!("{cause}{}", self.listed());
                self.end = Some(Err(Failure::Cluster { exit: Exit::of(exit.into()), what, advice }));
            }
        }
        Ok(())
    }

    async fn assign(&mut self, generation: u64, members: &[Incarnation], base: Base) -> Result<(), Failure> {
        self.fence(generation).await?;
        self.workers = self.workers.max(members.len());
        let seat = |who: &Incarnation| self.hub.seat(*who).map(|seat| (seat.address, format!("{who} on {} ({})", seat.host, seat.process)));
        let seats: Vec<_> = members.iter().map(|who| seat(who).unwrap_or_default()).collect();
        let named = seats.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
        tracing::info!(generation, cell = base.cell, tick = base.tick, workers = named, "shards are placed");
        if !self.losses.is_empty() && base.tick > 0 {
            self.progress.say(&format!("back to tick {} of the engine on {named}", base.tick));
        }
        let members: Vec<_> = members.iter().zip(seats).map(|(who, (address, _))| Member { incarnation: who.0, address }).collect();
        let objects = base.objects.into_iter().map(Into::into).collect();
        let assign = Assign { members, cell: base.cell, tick: base.tick, objects };
        self.order_all(&order::Body::Assign(assign));
        fault::passing(format_args!("assigned"));
        Ok(())
    }

    /// Makes sure that nobody else acts in `generation`. The first one is fenced while workers start.
    async fn fence(&mut self, generation: u64) -> Result<(), Failure> {
        if generation > self.fenced {
            self.store.fence(generation).await.map_err(stored)?;
            self.fenced = generation;
            fault::passing(format_args!("fenced"));
        }
        Ok(())
    }

    fn order_all(&self, body: &order::Body) {
        let generation = self.logic.generation();
        for (who, _) in self.logic.members() {
            self.hub.order(who, Order { generation, body: Some(body.clone()) });
        }
    }

    /// Tells people of a tick, once.
    fn tell(&mut self, from: Incarnation, tick: u32, load: &Load) {
        let number = self.logic.base().cell;
        let is_first = self.logic.members().next().is_some_and(|(first, _)| first == from);
        let Some(cell) = self.cells.get(number as usize).filter(|_| is_first && (number, tick) > self.told) else { return };
        self.told = (number, tick);
        let calendar = &cell.loaded.scenario.calendar;
        let ticks = calendar.ticks();
        let warm_up = cell.ticks() - ticks;
        let at = Whereabouts {
            arm: cell.arm,
            replication: cell.replication,
            tick: (tick - 1).checked_sub(warm_up),
            ticks,
            missions: load.missions,
            gmv: Some(self.plan.extrapolation().apply(results::Unit::Money, load.gmv as f64)),
        };
        self.progress.tick(&at);
    }

    fn publish(&self) {
        let members: Vec<_> = self.logic.members().map(|(who, _)| who).collect();
        let base = self.logic.base();
        self.metrics.at(self.logic.phase(), self.logic.generation(), base.cell, self.losses.len(), &members);
        self.hub.tell(StatusReply {
            run: String::new(),
            phase: format!("{:?}", self.logic.phase()).to_lowercase(),
            generation: self.logic.generation(),
            cell: base.cell,
            tick: self.logic.members().map(|(_, tick)| tick).min().unwrap_or(base.tick),
            workers: members.iter().filter_map(|who| self.hub.seat(*who)).map(|seat| format!("{} {}", seat.host, seat.process)).collect(),
        });
    }

    fn drained(&self) -> Failure {
        let base = self.logic.base();
        Failure::Cluster {
            exit: if interrupt::asked() { Exit::Interrupted } else { Exit::Again },
            what: format!("stopped as asked; the last checkpoint is of cell {}, tick {} of the engine", base.cell, base.tick),
            advice: "`bazaar resume` goes on from there".to_owned(),
        }
    }

    /// Lost workers, for an error.
    fn listed(&self) -> String {
        self.losses.iter().map(|loss| format!("\n  {loss}")).collect()
    }
}
