//! A worker process: it joins, puts shards in place, runs ticks, and obeys.
//!
//! Owns the loop around [`crate::cluster::member`] and its way to the coordinator. Guarantees that it never goes on without the
//! coordinator: when the session ends without a farewell, it ends with the code that says "try again".

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use sim_core::parallel::Pool;
use sim_core::placement::Placement;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc as stream, watch};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Code;

use crate::cluster::board::Board;
use crate::cluster::fetch::{self, Answers, Fetching, Traffic, Trouble};
use crate::cluster::logic::Incarnation;
use crate::cluster::member::{Job, Member, Start, Stopped};
use crate::cluster::security::{Asks, Security, Shows};
use crate::cluster::store::{Store, place, stored};
use crate::cluster::wire::coordinator_client::CoordinatorClient;
use crate::cluster::wire::worker_server::WorkerServer;
use crate::cluster::wire::{
    self, Broken, Damaged, Hello, JoinReply, JoinRequest, Leaving, MOST_BYTES, NotSaved, Order, PROTOCOL, Ready, Report, Saved,
    Unreachable, order, report,
};
use crate::cluster::{beat, fault, net};
use crate::exit::{Exit, Failure};
use crate::plan::{BUILD, Plan, VERSION};

/// How a worker is started.
pub(crate) struct Orders {
    /// The coordinator, `host:port`.
    pub(crate) coordinator: String,
    pub(crate) listen: SocketAddr,
    /// Where others reach it, if not at `listen`.
    pub(crate) advertise: Option<String>,
    /// Hash of the scenario that it was given.
    pub(crate) scenario_hash: Option<String>,
    /// Where checkpoints are, if not where the coordinator says.
    pub(crate) store: Option<String>,
    pub(crate) security: Security,
    pub(crate) threads: usize,
    /// How long to try to reach the coordinator.
    pub(crate) patience: Duration,
    /// Whether to end when standard input does.
    pub(crate) ends_with_parent: bool,
}

/// What the loop hears.
enum Heard {
    Order(Order),
    /// Somebody asked the worker to stop.
    Leave,
    /// There is no coordinator any more.
    Ended(String),
}

/// Everything that a worker has besides its shards.
struct Worker {
    job: Job,
    board: Arc<Board>,
    security: Security,
    incarnation: u64,
    run: String,
    lease: Duration,
    ordered: watch::Receiver<u64>,
    heard: mpsc::Receiver<Heard>,
    reports: stream::UnboundedSender<Report>,
}

/// Runs a worker to its end.
pub(crate) fn run(orders: &Orders) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|source| Failure::Threads { threads: 2, source })?;
    let pool = Pool::new(orders.threads).map_err(|source| Failure::Threads { threads: orders.threads, source })?;
    let worker = runtime.block_on(join(orders, &runtime))?;
    let done = pool.run(move || worker.work());
    runtime.shutdown_timeout(Duration::from_millis(200));
    done
}

async fn join(orders: &Orders, runtime: &Runtime) -> Result<Worker, Failure> {
    let (listener, bound) = net::listen(orders.listen).await?;
    let address = orders.advertise.clone().unwrap_or_else(|| bound.to_string());
    let reply = ask_to_join(orders, address).await?;
    fault::passing(format_args!("joined"));
    let board = Arc::new(Board::new(reply.run.clone()));
    let answers = WorkerServer::with_interceptor(Answers(Arc::clone(&board)), Asks(orders.security.token()));
    let (health, serves) = tonic_health::server::health_reporter();
    health.set_service_status("bazaar.v1.Worker", tonic_health::ServingStatus::Serving).await;
    let (period, lease) = (Duration::from_millis(reply.beat_ms.into()), Duration::from_millis(reply.lease_ms.into()));
    let server = net::server(&orders.security, lease)?.add_service(answers).add_service(serves);
    tokio::spawn(server.serve_with_incoming(net::incoming(listener, lease)));
    let job = job(&reply, orders, runtime)?;
    let (ordering, ordered) = watch::channel(0);
    let (hear, heard) = mpsc::channel();
    let reports = open_session(orders, &reply, &job, (hear.clone(), ordering.clone())).await?;
    let ended = {
        let hear = hear.clone();
        move |cause: String| {
            let _ = hear.send(Heard::Ended(cause));
            ordering.send_replace(u64::MAX);
        }
    };
    beat::start((&orders.coordinator, &orders.security), reply.incarnation, (period, lease), ended.clone())?;
    if orders.ends_with_parent {
        end_with_parent(ended);
    }
    leave_on_signal(hear, orders.ends_with_parent);
    let security = orders.security.clone();
    Ok(Worker { job, board, security, incarnation: reply.incarnation, run: reply.run, lease, ordered, heard, reports })
}

/// Asks until the coordinator answers; a refusal is final.
async fn ask_to_join(orders: &Orders, address: String) -> Result<JoinReply, Failure> {
    // what the lease is stands in the answer
    let channel = net::channel(&orders.coordinator, &orders.security, Duration::ZERO)?;
    let mut client = CoordinatorClient::with_interceptor(channel, Shows(orders.security.token())).max_decoding_message_size(MOST_BYTES);
    let begun = tokio::time::Instant::now();
    loop {
        let request = JoinRequest {
            protocol: PROTOCOL,
            version: VERSION.to_owned(),
            build: BUILD.to_owned(),
            scenario_hash: orders.scenario_hash.clone().unwrap_or_default(),
            address: address.clone(),
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned(),
            process: std::process::id(),
        };
        let status = match client.join(request).await {
            Ok(reply) => return Ok(reply.into_inner()),
            Err(status) => status,
        };
        if is_refusal(status.code()) || is_distrust(&with_sources(&status)) {
            return Err(refused(&status));
        }
        if begun.elapsed() > orders.patience {
            return Err(Failure::Again {
                what: format!("cannot join {}: {}", orders.coordinator, with_sources(&status)),
                advice: "start the coordinator first, or wait longer with --wait".to_owned(),
            });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(code, Code::FailedPrecondition | Code::Unauthenticated | Code::PermissionDenied | Code::InvalidArgument)
}

/// Whether one side does not take the other's certificate.
fn is_distrust(text: &str) -> bool {
    ["invalid peer certificate", "received fatal alert", "CertificateRequired"].iter().any(|known| text.contains(known))
}

fn refused(status: &tonic::Status) -> Failure {
    Failure::Mismatch {
        what: format!("the coordinator refuses this worker, or the worker the coordinator: {}", with_sources(status)),
        advice: "start it with the same program, scenario, token and authority; starting it again as it is does not help".to_owned(),
    }
}

/// The message of a status with what lies below it, such as a certificate that is not trusted.
fn with_sources(status: &tonic::Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let below = error.to_string();
        if !text.contains(&below) {
            text = format!("{text}: {below}");
        }
        source = error.source();
    }
    text
}

fn job(reply: &JoinReply, orders: &Orders, runtime: &Runtime) -> Result<Job, Failure> {
    let path = PathBuf::from(&reply.directory).join("scenario.yaml");
    let project = scenarios::load_text(&path, &reply.scenario, &[])?;
    let mut plan = Plan::new(project, &reply.arms)?;
    plan.replications = reply.replications;
    let place = orders.store.as_ref().map_or_else(|| reply.store.clone(), |place| place::below(place, &reply.run));
    let advice = "all workers need the store of the run; name it with --store where it lies elsewhere";
    let store = Store::open(&place).map_err(|error| stored(error, advice))?;
    Ok(Job { info: plan.run_info()?, tables: plan.tables()?, plan, store, runtime: runtime.handle().clone() })
}

/// Opens the session; orders are passed on, and so is its end.
async fn open_session(
    orders: &Orders,
    reply: &JoinReply,
    job: &Job,
    (hear, ordering): (mpsc::Sender<Heard>, watch::Sender<u64>),
) -> Result<stream::UnboundedSender<Report>, Failure> {
    let lease = Duration::from_millis(reply.lease_ms.into());
    let channel = net::channel(&orders.coordinator, &orders.security, lease)?;
    let mut client = CoordinatorClient::with_interceptor(channel, Shows(orders.security.token())).max_decoding_message_size(MOST_BYTES);
    let (reports, taken) = stream::unbounded_channel();
    let scenario = &job.plan.project.baseline().scenario;
    let shards = scenario.population.shoppers.0.div_ceil(u64::from(scenario.population.shard_size)) as u32;
    let hello = Hello { scenario_hash: job.plan.project.baseline().hash.clone(), seed: scenario.seed, shards };
    let first = Report { incarnation: reply.incarnation, generation: 0, body: Some(report::Body::Hello(hello)) };
    reports.send(first).expect("the receiver is here");
    let opened = client.session(UnboundedReceiverStream::new(taken)).await;
    let mut session =
        opened.map_err(|status| if is_refusal(status.code()) { refused(&status) } else { gone(status.message()) })?.into_inner();
    tokio::spawn(async move {
        let cause = loop {
            match session.message().await {
                Ok(Some(order)) => {
                    let is_assignment = matches!(order.body, Some(order::Body::Assign(_)));
                    let generation = if matches!(order.body, Some(order::Body::Dismiss(_))) { u64::MAX } else { order.generation };
                    let _ = hear.send(Heard::Order(order));
                    if is_assignment || generation == u64::MAX {
                        ordering.send_replace(generation);
                    }
                }
                Ok(None) => break "it closed the session".to_owned(),
                Err(status) => break status.message().to_owned(),
            }
        };
        let _ = hear.send(Heard::Ended(cause));
        ordering.send_replace(u64::MAX);
    });
    Ok(reports)
}

/// Ends with the process that started this one, which holds the other end of standard input.
fn end_with_parent(ended: impl FnOnce(String) + Send + 'static) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        ended("the process that started this worker ended".to_owned());
    });
}

/// SIGTERM, and Ctrl-C where nobody else takes care of it, hand the shards over.
fn leave_on_signal(hear: mpsc::Sender<Heard>, ends_with_parent: bool) {
    #[cfg(unix)]
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else { return };
        loop {
            tokio::select! {
                _ = terminate.recv() => { let _ = hear.send(Heard::Leave); }
                _ = interrupt.recv() => if !ends_with_parent { let _ = hear.send(Heard::Leave); },
            }
        }
    });
}

fn gone(cause: &str) -> Failure {
    Failure::Again {
        what: format!("the coordinator is gone: {cause}"),
        advice: "start the worker again when the coordinator is back; the run goes on from its last checkpoint".to_owned(),
    }
}

impl Worker {
    /// Obeys until it is dismissed.
    fn work(self) -> Result<(), Failure> {
        let _run = tracing::info_span!("worker", run = self.run, worker = self.incarnation).entered();
        tracing::info!("joined");
        let mut member: Option<Member<'_>> = None;
        let (mut generation, mut until) = (0, 0);
        let mut scope = None;
        loop {
            let is_free = member.as_ref().is_none_or(|member| member.next() >= until);
            let heard = if is_free { self.heard.recv().ok() } else { self.heard.try_recv().ok() };
            match heard {
                Some(Heard::Order(order)) => match order.body {
                    Some(order::Body::Assign(assign)) => {
                        (generation, until) = (order.generation, 0);
                        // the old shards go before the new ones come
                        drop(member.take());
                        // one span at a time: the old one ends first
                        drop(scope.take());
                        scope = Some(tracing::info_span!("generation", generation).entered());
                        member = self.place(generation, assign);
                    }
                    Some(order::Body::Advance(advance)) if order.generation == generation => until = advance.until,
                    Some(order::Body::Save(_)) if order.generation == generation => self.save(generation, member.as_mut()),
                    Some(order::Body::Dismiss(dismiss)) => {
                        tracing::info!(cause = dismiss.cause, exit = dismiss.exit, "dismissed");
                        return dismissed(&dismiss);
                    }
                    _ => {}
                },
                Some(Heard::Leave) => self.report(generation, report::Body::Leaving(Leaving {})),
                Some(Heard::Ended(cause)) => return Err(gone(&cause)),
                None if is_free => return Err(gone("nobody is left to give orders")),
                None => {
                    let stopped = member.as_mut().expect("only a member is busy").tick();
                    match stopped {
                        Ok(applied) => {
                            self.report(generation, report::Body::Applied(applied));
                            fault::passing(format_args!("applied"));
                        }
                        Err(stopped) => {
                            member = None;
                            self.stop(generation, stopped);
                        }
                    }
                }
            }
        }
    }

    fn place(&self, generation: u64, assign: wire::Assign) -> Option<Member<'_>> {
        let members: Vec<_> = assign.members.iter().map(|member| Incarnation(member.incarnation)).collect();
        let place = members.iter().position(|who| who.0 == self.incarnation)? as u32;
        self.board.open(generation, members);
        fault::passing(format_args!("placing"));
        let placement = Placement { members: assign.members.len() as u32, place };
        let start = Start { generation, placement, cell: assign.cell, objects: wire::objects(assign.objects) };
        let placed = self.connect(&assign.members).map_err(Stopped::Failed).and_then(|members| {
            let fetching = Fetching {
                runtime: self.job.runtime.clone(),
                board: Arc::clone(&self.board),
                run: self.run.clone(),
                generation,
                place,
                members,
                ordered: self.ordered.clone(),
                patience: self.lease,
                round: 0,
                traffic: Traffic::default(),
                fetched: Vec::new(),
                trouble: None,
            };
            Member::place(&self.job, start, fetching)
        });
        match placed {
            Ok(member) => {
                tracing::info!(cell = assign.cell, tick = member.next(), place, members = placement.members, "shards are in place");
                fault::passing(format_args!("placed"));
                self.report(generation, report::Body::Ready(Ready {}));
                Some(member)
            }
            Err(stopped) => {
                self.stop(generation, stopped);
                None
            }
        }
    }

    /// Connections to all members but this one.
    fn connect(&self, members: &[wire::Member]) -> Result<Vec<(Incarnation, Option<fetch::Client>)>, Failure> {
        let _entered = self.job.runtime.enter();
        let connect = |member: &wire::Member| {
            let is_other = member.incarnation != self.incarnation;
            let client = is_other.then(|| fetch::client(&member.address, &self.security, self.lease)).transpose()?;
            Ok((Incarnation(member.incarnation), client))
        };
        members.iter().map(connect).collect()
    }

    fn save(&self, generation: u64, member: Option<&mut Member<'_>>) {
        let Some(member) = member else { return };
        let body = match member.save() {
            Ok(objects) => {
                tracing::info!(tick = member.next(), files = objects.len(), "state saved");
                report::Body::Saved(Saved { tick: member.next(), objects: objects.into_iter().map(Into::into).collect() })
            }
            Err(error) => {
                tracing::warn!(%error, "state not saved");
                report::Body::NotSaved(NotSaved { cause: error.to_string() })
            }
        };
        self.report(generation, body);
    }

    fn stop(&self, generation: u64, stopped: Stopped) {
        let body = match stopped {
            Stopped::Trouble(Trouble::Superseded) => {
                tracing::info!("another order came");
                return;
            }
            Stopped::Trouble(Trouble::Unreachable { peer, cause }) => report::Body::Unreachable(Unreachable { peer: peer.0, cause }),
            Stopped::Damaged(cause) => report::Body::Damaged(Damaged { cause }),
            Stopped::Failed(failure) => report::Body::Broken(Broken { exit: u32::from(failure.exit() as u8), cause: failure.to_string() }),
        };
        tracing::warn!(?body, "stops");
        self.report(generation, body);
    }

    fn report(&self, generation: u64, body: report::Body) {
        // without a session the end of it is heard next
        let _ = self.reports.send(Report { incarnation: self.incarnation, generation, body: Some(body) });
    }
}

fn dismissed(dismiss: &wire::Dismiss) -> Result<(), Failure> {
    match Exit::of(dismiss.exit) {
        Exit::Done => Ok(()),
        exit => Err(Failure::Dismissed { exit, cause: dismiss.cause.clone() }),
    }
}
