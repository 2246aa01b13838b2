//! The coordinator and the exchange in a simulated network (turmoil): partitions, delays, reordering, crashes and restarts.
//!
//! Real: host, logic, service, store, board, fetch, beat, gRPC. A toy: what a worker computes, a number for each of a few
//! shards that depends on all others, so that anything lost, doubled or late shows in the digest.

use super::*;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use sim_core::digest::{DigestParts, hash_numbers};
use sim_core::exchange::Phase;
use sim_core::peers::{Buffers, Received};
use sim_core::placement::Placement;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use tonic::transport::server::{Connected, TcpConnectInfo};
use turmoil::net::{TcpListener, TcpStream};

use crate::cluster::beat;
use crate::cluster::board::Board;
use crate::cluster::fetch::{Answers, Fetching, Traffic, Trouble};
use crate::cluster::record::Object;
use crate::cluster::security::Shows;
use crate::cluster::store::{output_folder, state_folder};
use crate::cluster::wire::coordinator_client::CoordinatorClient;
use crate::cluster::wire::worker_client::WorkerClient;
use crate::cluster::wire::worker_server::WorkerServer;
use crate::cluster::wire::{self, Applied, Damaged, Hello, JoinReply, JoinRequest, PROTOCOL, Ready, Report, Saved, Unreachable, report};
use crate::plan::{BUILD, VERSION};

const SHARDS: u32 = 7;
const CELLS: [u32; 2] = [9, 7];
const LEASE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_millis(250);
const WORKERS: [&str; 3] = ["w0", "w1", "w2"];

/// What the network's processes share: the store outlives them, and the test learns of the end.
#[derive(Clone)]
struct Shared {
    store: Store,
    ended: Arc<Mutex<Option<Result<Base, String>>>>,
    losses: Arc<Mutex<usize>>,
}

/// A connection in the simulated network.
struct Link(TcpStream);

impl Connected for Link {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        TcpConnectInfo { local_addr: self.0.local_addr().ok(), remote_addr: self.0.peer_addr().ok() }
    }
}

impl AsyncRead for Link {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Link {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

async fn listen(port: u16) -> io::Result<impl futures::Stream<Item = io::Result<Link>>> {
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    Ok(futures::stream::unfold(listener, |listener| async {
        let link = listener.accept().await.map(|(stream, _)| Link(stream));
        Some((link, listener))
    }))
}

fn security() -> Security {
    Security::on_loopback("t").unwrap()
}

fn channel(address: &str) -> Channel {
    let connect = |uri: tonic::codegen::http::Uri| async move {
        let to = (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or_default());
        TcpStream::connect(to).await.map(TokioIo::new)
    };
    net::endpoint(address, &security(), LEASE).unwrap().connect_with_connector_lazy(tower::service_fn(connect))
}

/// The toy: the digest after a tick and what the shards hold.
#[derive(Clone, Debug, Default, PartialEq)]
struct Toy {
    cell: u32,
    tick: u32,
    digest: u64,
    shards: BTreeMap<u32, u64>,
}

impl Toy {
    fn start(cell: u32, shards: impl Iterator<Item = u32>) -> Toy {
        let shards = shards.map(|shard| (shard, hash_numbers(u64::from(shard), &[cell.into()]))).collect();
        Toy { cell, tick: 0, digest: 0, shards }
    }

    fn sum(&self) -> u64 {
        self.shards.values().fold(0, |sum, value| sum.wrapping_add(*value))
    }

    /// What each shard tells another.
    fn letters(&self) -> Vec<(u32, u64)> {
        self.shards.iter().map(|(shard, value)| ((shard * 5 + 3 + self.tick) % SHARDS, value.rotate_left(*shard))).collect()
    }

    fn settle(&mut self, total: u64, letters: &[(u32, u64)]) {
        for (shard, value) in &mut self.shards {
            let told = letters.iter().filter(|(to, _)| to == shard).fold(0u64, |sum, (_, told)| sum.wrapping_add(*told));
            *value = hash_numbers(u64::from(*shard), &[*value as i64, total as i64, told as i64]);
        }
    }

    fn seal(&mut self, total: u64) {
        self.tick += 1;
        self.digest = hash_numbers(self.digest, &[self.tick.into(), total as i64]);
    }

    /// The digests at the ends of the cells of an undisturbed run.
    fn expected() -> Vec<u64> {
        let cell = |(cell, &ticks): (usize, &u32)| {
            let mut toy = Toy::start(cell as u32, 0..SHARDS);
            for _ in 0..ticks {
                let (total, letters) = (toy.sum(), toy.letters());
                toy.settle(total, &letters);
                toy.seal(toy.sum());
            }
            toy.digest
        };
        CELLS.iter().enumerate().map(cell).collect()
    }
}

/// One life of a worker.
struct Life {
    store: Store,
    incarnation: u64,
    place: Placement,
    generation: u64,
    reports: mpsc::UnboundedSender<Report>,
    toy: Toy,
    fetching: Option<Fetching>,
    board: Arc<Board>,
    ordered: watch::Receiver<u64>,
}

impl Life {
    fn report(&self, body: report::Body) {
        let _ = self.reports.send(Report { incarnation: self.incarnation, generation: self.generation, body: Some(body) });
    }

    async fn place(&mut self, generation: u64, assign: Assign) {
        tracing::debug!(self.incarnation, generation, assign.cell, assign.tick, "is placed");
        self.generation = generation;
        self.fetching = None;
        let members: Vec<_> = assign.members.iter().map(|member| Incarnation(member.incarnation)).collect();
        let Some(place) = members.iter().position(|who| who.0 == self.incarnation) else { return };
        self.place = Placement { members: members.len() as u32, place: place as u32 };
        self.board.open(generation, members);
        match self.read(&assign).await {
            Ok(toy) => self.toy = toy,
            Err(cause) => return self.report(report::Body::Damaged(Damaged { cause })),
        }
        let client = |member: &Member| {
            let other = (member.incarnation != self.incarnation).then(|| channel(&member.address));
            (Incarnation(member.incarnation), other.map(|channel| WorkerClient::with_interceptor(channel, Shows(security().token()))))
        };
        self.fetching = Some(Fetching {
            runtime: tokio::runtime::Handle::current(),
            board: Arc::clone(&self.board),
            run: "r".to_owned(),
            generation,
            place: self.place.place,
            members: assign.members.iter().map(client).collect(),
            ordered: self.ordered.clone(),
            patience: LEASE,
            round: 0,
            traffic: Traffic::default(),
            fetched: Vec::new(),
            trouble: None,
        });
        self.report(report::Body::Ready(Ready {}));
    }

    async fn read(&self, assign: &Assign) -> Result<Toy, String> {
        let mut toy = Toy::start(assign.cell, self.place.hosts(SHARDS));
        for object in wire::objects(assign.objects.clone()) {
            let name = object.path.rsplit('/').next().unwrap_or_default().to_owned();
            let bytes = self.store.read(&object).await.map_err(|error| error.to_string())?;
            let number = u64::from_le_bytes(bytes[..].try_into().map_err(|_| "a number")?);
            match name.parse() {
                Ok(shard) => toy.shards.entry(shard).and_modify(|value| *value = number),
                Err(_) => {
                    (toy.tick, toy.digest) = (assign.tick, number);
                    continue;
                }
            };
        }
        Ok(toy)
    }

    async fn tick(&mut self) {
        match self.ticked().await {
            Ok(applied) => self.report(report::Body::Applied(applied)),
            Err(trouble) => {
                tracing::debug!(self.incarnation, self.generation, self.toy.tick, ?trouble, "stops");
                self.fetching = None;
                if let Trouble::Unreachable { peer, cause } = trouble {
                    self.report(report::Body::Unreachable(Unreachable { peer: peer.0, cause }));
                }
            }
        }
    }

    async fn ticked(&mut self) -> Result<Applied, Trouble> {
        let members = self.place.members;
        let fetching = self.fetching.as_mut().expect("only a member ticks");
        let letters = self.toy.letters();
        let mut each = vec![Vec::new(); members as usize];
        for (to, value) in &letters {
            let host = Placement::host_of(*to, SHARDS, members) as usize;
            each[host].extend(to.to_le_bytes());
            each[host].extend(value.to_le_bytes());
        }
        let own = self.toy.sum();
        let received = fetching.round_of(Phase::Settled, Buffers { all: own.to_le_bytes().to_vec(), each }).await?;
        let told: Vec<_> = received.iter().flat_map(|(_, part)| part.chunks_exact(12).map(letter)).chain(letters).collect();
        self.toy.settle(summed(own, &received), &told);
        let own = self.toy.sum();
        let nothing = vec![Vec::new(); members as usize];
        let received = fetching.round_of(Phase::Adapted, Buffers { all: own.to_le_bytes().to_vec(), each: nothing }).await?;
        self.toy.seal(summed(own, &received));
        Ok(self.applied().await)
    }

    async fn applied(&self) -> Applied {
        let Toy { cell, tick, digest, .. } = self.toy;
        let (mut files, mut outcome) = (Vec::new(), None);
        if self.place.place == 0 {
            let folder = output_folder(cell, tick, self.generation);
            files.extend(self.store.create(&format!("{folder}/rows"), digest.to_le_bytes().to_vec()).await.ok().map(Into::into));
            if tick == CELLS[cell as usize] {
                outcome = self.store.create(&format!("{folder}/outcome"), digest.to_le_bytes().to_vec()).await.ok().map(Into::into);
            }
        }
        let parts = wire::parts_to_wire(&DigestParts { tallies: digest, ..DigestParts::default() });
        Applied { tick, digest: u128::from(digest).to_le_bytes().to_vec().into(), parts, files, outcome, load: None }
    }

    async fn save(&self) {
        let folder = state_folder(self.toy.cell, self.toy.tick, self.generation);
        let mut files: Vec<_> =
            self.toy.shards.iter().map(|(shard, value)| (format!("{folder}/{shard}"), value.to_le_bytes().to_vec())).collect();
        if self.place.place == 0 {
            files.push((format!("{folder}/digest"), self.toy.digest.to_le_bytes().to_vec()));
        }
        if let Ok(objects) = self.store.create_all(files).await {
            self.report(report::Body::Saved(Saved { tick: self.toy.tick, objects: objects.into_iter().map(Into::into).collect() }));
        }
    }
}

fn letter(bytes: &[u8]) -> (u32, u64) {
    let (to, value) = bytes.split_at(4);
    (u32::from_le_bytes(to.try_into().expect("4 bytes")), u64::from_le_bytes(value.try_into().expect("8 bytes")))
}

fn summed(own: u64, received: &[Received]) -> u64 {
    let parts = received.iter().filter_map(|(all, _)| Some(u64::from_le_bytes(all[..].try_into().ok()?)));
    parts.fold(own, u64::wrapping_add)
}

/// From joining to the end of the session; whether the run is complete.
async fn live(store: Store) -> Option<bool> {
    let board = Arc::new(Board::new("r".to_owned()));
    let mut tasks = JoinSet::new();
    let service = WorkerServer::with_interceptor(Answers(Arc::clone(&board)), Asks(security().token()));
    let server = net::server(&security(), LEASE).ok()?.add_service(service);
    let links = listen(7401).await.ok()?;
    tasks.spawn(async move { drop(server.serve_with_incoming(links).await) });
    let mut desk = CoordinatorClient::with_interceptor(channel("coordinator:7400"), Shows(security().token()));
    let address = "0.0.0.0:7401".to_owned();
    let asked = JoinRequest { protocol: PROTOCOL, version: VERSION.to_owned(), build: BUILD.to_owned(), address, ..JoinRequest::default() };
    let reply = tokio::time::timeout(LEASE * 5, desk.join(asked)).await.ok()?.ok()?.into_inner();
    let (ordering, ordered) = watch::channel(0);
    let (hear, mut heard) = mpsc::unbounded_channel::<Option<Order>>();
    let (beats, ended, own) = (desk.clone(), hear.clone(), ordering.clone());
    tasks.spawn(async move {
        beat::until_lost(beats, reply.incarnation, (BEAT, LEASE)).await;
        let _ = ended.send(None);
        own.send_replace(u64::MAX);
    });
    let (reports, taken) = mpsc::unbounded_channel();
    let hello = Hello { scenario_hash: "h".to_owned(), seed: 7, shards: SHARDS };
    let _ = reports.send(Report { incarnation: reply.incarnation, generation: 0, body: Some(report::Body::Hello(hello)) });
    let opened = tokio::time::timeout(LEASE * 5, desk.session(UnboundedReceiverStream::new(taken))).await;
    let mut session = opened.ok()?.ok()?.into_inner();
    tasks.spawn(async move {
        while let Ok(Some(order)) = session.message().await {
            let supersedes = matches!(order.body, Some(order::Body::Assign(_) | order::Body::Dismiss(_)));
            let generation = if matches!(order.body, Some(order::Body::Dismiss(_))) { u64::MAX } else { order.generation };
            let _ = hear.send(Some(order));
            if supersedes {
                ordering.send_replace(generation);
            }
        }
        let _ = hear.send(None);
        ordering.send_replace(u64::MAX);
    });
    let (incarnation, place) = (reply.incarnation, Placement::ALONE);
    let life = Life { store, incarnation, place, generation: 0, reports, toy: Toy::default(), fetching: None, board, ordered };
    let is_complete = obey(life, &mut heard).await;
    tracing::debug!(incarnation, is_complete, "ends");
    Some(is_complete)
}

async fn obey(mut life: Life, heard: &mut mpsc::UnboundedReceiver<Option<Order>>) -> bool {
    let mut until = 0;
    loop {
        let order = if life.fetching.is_some() && life.toy.tick < until { heard.try_recv().ok() } else { heard.recv().await };
        match order {
            None if life.fetching.is_some() && life.toy.tick < until => life.tick().await,
            None | Some(None) => return false,
            Some(Some(order)) => match order.body {
                Some(order::Body::Assign(assign)) => {
                    until = 0;
                    life.place(order.generation, assign).await;
                }
                Some(order::Body::Advance(advance)) if order.generation == life.generation => until = advance.until,
                Some(order::Body::Save(_)) if order.generation == life.generation && life.fetching.is_some() => life.save().await,
                Some(order::Body::Dismiss(dismiss)) => return dismiss.exit == 0,
                _ => {}
            },
        }
    }
}

/// A coordinator from the last checkpoint to the end of the run, or of its own.
async fn coordinate(shared: Shared) -> Result<(), Failure> {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    let tiny = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/regression/tiny.yaml");
    let plan = PLAN.get_or_init(|| Plan::new(scenarios::load(&tiny(), &[]).unwrap(), &[]).unwrap());
    let store = shared.store.as_another();
    let generation = store.last_generation().await.map_err(stored)?;
    let (mut bases, _) = store.bases().await.map_err(stored)?;
    if bases.is_empty() {
        bases.push(Base::default());
    }
    let millis = |time: Duration| time.as_millis() as u32;
    let reply = JoinReply {
        run: "r".to_owned(),
        scenario_hash: "h".to_owned(),
        beat_ms: millis(BEAT),
        lease_ms: millis(LEASE),
        ..JoinReply::default()
    };
    let (notes, mut heard) = mpsc::unbounded_channel();
    let hub = Arc::new(Hub::new(Card { reply, seed: 7, shards: SHARDS }, generation << 20, notes));
    let metrics = Arc::new(Metrics::default());
    let server = serve((&security(), LEASE), &hub, &metrics).await?;
    let links = listen(7400).await.expect("the port is free");
    let mut serving = JoinSet::new();
    serving.spawn(async move { drop(server.serve_with_incoming(links).await) });
    let (every, patience) = (None, Duration::from_secs(1000));
    let settings = Settings { wanted: 3, patience, lease: LEASE, every_ticks: Some(4), every, window: 3, ticks: CELLS.to_vec() };
    let mut progress = Progress::new(true, 0, 1);
    let logic = Logic::new(settings, bases, generation);
    let mut host = Host::new((plan, logic), hub, store, metrics, &mut progress, Brood::default());
    let ended = host.drive(&mut heard).await;
    *shared.losses.lock().unwrap() += host.losses.len();
    let base = host.logic.base().clone();
    tokio::time::sleep(CLOCK).await;
    *shared.ended.lock().unwrap() = Some(ended.map(|()| base).map_err(|failure| failure.to_string()));
    Ok(())
}

/// Numbers from a seed (SplitMix64, Steele and others 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        hash_numbers(self.0, &[]) % sides
    }
}

/// What goes wrong in the network, `left` times at most, and when each is over.
struct Weather {
    dice: Dice,
    left: u32,
    clears: Vec<(Duration, &'static str, &'static str, bool)>,
}

impl Weather {
    fn pass(&mut self, sim: &mut turmoil::Sim<'_>) {
        let now = sim.elapsed();

        self.clears.retain(|&(at, a, b, is_held)| {
            if at <= now {
                if is_held { sim.release(a, b) } else { sim.repair(a, b) }
            }
            at > now
        });
        if self.left == 0 || self.dice.roll(60) > 0 {
            return;
        }
        self.left -= 1;
        let worker = WORKERS[self.dice.roll(3) as usize];
        let others: Vec<_> = WORKERS.into_iter().chain(["coordinator"]).filter(|other| *other != worker).collect();
        let other = others[self.dice.roll(3) as usize];
        let clear = now + Duration::from_millis(100 + self.dice.roll(4000));
        let fault = self.dice.roll(8);
        tracing::debug!(?now, worker, other, fault, ?clear, "weather");
        match fault {
            0..=2 => sim.partition(worker, other),
            3 => sim.partition_oneway(worker, other),
            4 => sim.partition_oneway(other, worker),
            5 => {
                sim.hold(worker, other);
                return self.clears.push((clear, worker, other, true));
            }
            6 => return sim.bounce(worker),
            _ => return sim.bounce("coordinator"),
        }
        self.clears.push((clear, worker, other, false));
    }
}

/// Runs under the weather of a seed; the losses on the way.
fn weather(seed: u64) -> usize {
    let shared = Shared { store: Store::in_memory(), ended: Arc::default(), losses: Arc::default() };
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(Duration::from_millis(10))
        .simulation_duration(Duration::from_secs(900))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(40))
        .tcp_capacity(1 << 16)
        .enable_random_order()
        .build();
    let coordinator = shared.clone();
    sim.host("coordinator", move || {
        let shared = coordinator.clone();
        async move { coordinate(shared).await.map_err(|failure| failure.to_string().into()) }
    });
    for name in WORKERS {
        let store = shared.store.clone();
        sim.host(name, move || {
            let store = store.clone();
            async move {
                while live(store.clone()).await != Some(true) {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Ok(())
            }
        });
    }
    let mut weather = Weather { dice: Dice(seed), left: 5, clears: Vec::new() };
    let ended = loop {
        sim.step().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if let Some(ended) = shared.ended.lock().unwrap().take() {
            break ended;
        }
        assert!(sim.elapsed() < Duration::from_secs(800), "seed {seed}: the run does not end");
        weather.pass(&mut sim);
    };
    let base = ended.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
    check(seed, &shared.store, &base);
    *shared.losses.lock().unwrap()
}

/// Every file once, in order, and the outcomes of an undisturbed run.
fn check(seed: u64, store: &Store, base: &Base) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = |object: &Object| object.path.split('/').nth(1).unwrap_or_default().to_owned();
    let found: Vec<_> = base.files.iter().map(folder).collect();
    let cells = CELLS.iter().enumerate();
    let expected: Vec<_> = cells.flat_map(|(cell, &ticks)| (1..=ticks).map(move |tick| format!("c{cell:04}-t{tick:06}"))).collect();
    assert_eq!(found, expected, "seed {seed}: no file lost or doubled");
    let outcome = |object: &Object| runtime.block_on(store.read(object)).map(|bytes| u64::from_le_bytes(bytes[..].try_into().unwrap()));
    let found: Vec<_> = base.outcomes.iter().map(|object| outcome(object).unwrap()).collect();
    assert_eq!(found, Toy::expected(), "seed {seed}");
}

#[test]
fn partitions_delays_and_crashes_in_a_simulated_network_change_nothing() {
    // one seed again, with what happened: BAZAAR_STORMS=17..18 RUST_LOG=coordinator=debug
    let log = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).with_writer(io::stderr);
    let _ = log.try_init();
    let asked = std::env::var("BAZAAR_STORMS").unwrap_or_default();
    let bounds = asked.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = bounds.unwrap_or((0, 200));
    let losses: usize = (from..to).map(weather).sum();
    assert!(to - from < 100 || losses as u64 > (to - from) / 2, "the storms blow: {losses} losses in {} runs", to - from);
}
