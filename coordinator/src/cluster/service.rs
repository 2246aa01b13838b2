//! What workers hear when they dial the coordinator: handshake, session, signs of life, status.
//!
//! Owns who has which session. Guarantees that whoever joins runs the same program on the same scenario, or is refused with
//! both values, and that a session that breaks is reported once. Decides nothing: events go to the host, orders come from it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::cluster::logic::{Event, Incarnation};
use crate::cluster::wire::coordinator_server::Coordinator;
use crate::cluster::wire::{
    BeatReply, BeatRequest, Hello, JoinReply, JoinRequest, Load, Order, PROTOCOL, Report, StatusReply, StatusRequest, event, report,
};
use crate::plan::{BUILD, VERSION};

/// Workers at a time, those that have joined and not yet opened their session among them.
const MOST_WORKERS: usize = 1024;
/// How long a worker may take from joining to its session.
const SESSION_WITHIN: Duration = Duration::from_secs(60);

/// What a worker must agree with.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    /// The answer to who joins, without an incarnation.
    pub(crate) reply: JoinReply,
    pub(crate) seed: u64,
    pub(crate) shards: u32,
}

/// What the host hears.
pub(crate) enum Note {
    Event(Event),
    /// A session broke.
    Gone {
        who: Incarnation,
        cause: String,
    },
    /// What a tick cost a worker; `tick` is the next one.
    Load {
        from: Incarnation,
        tick: u32,
        load: Load,
    },
}

/// A worker as the coordinator knows it.
#[derive(Clone)]
pub(crate) struct Seat {
    /// Where others fetch from it.
    pub(crate) address: String,
    /// Host and process, for people.
    pub(crate) host: String,
    pub(crate) process: u32,
    orders: Option<mpsc::UnboundedSender<Result<Order, Status>>>,
    since: Instant,
}

/// All workers, and the way to the host.
pub(crate) struct Hub {
    card: Card,
    seats: Mutex<BTreeMap<Incarnation, Seat>>,
    next: AtomicU64,
    notes: mpsc::UnboundedSender<Note>,
    status: Mutex<StatusReply>,
}

impl Hub {
    /// A hub whose workers must agree with `card`; incarnations begin after `last`.
    pub(crate) fn new(card: Card, last: u64, notes: mpsc::UnboundedSender<Note>) -> Self {
        Self { card, seats: Mutex::default(), next: AtomicU64::new(last + 1), notes, status: Mutex::default() }
    }

    /// Sends an order to a worker; one that is gone hears nothing.
    pub(crate) fn order(&self, who: Incarnation, order: Order) {
        if let Some(orders) = self.seats().get(&who).and_then(|seat| seat.orders.clone()) {
            let _ = orders.send(Ok(order));
        }
    }

    /// Ends the session of a worker: what was ordered before still arrives.
    pub(crate) fn dismiss(&self, who: Incarnation) -> Option<Seat> {
        self.seats().remove(&who)
    }

    /// A worker.
    pub(crate) fn seat(&self, who: Incarnation) -> Option<Seat> {
        self.seats().get(&who).cloned()
    }

    /// Process ids of all workers.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.seats().values().map(|seat| seat.process).collect()
    }

    /// What `Status` answers.
    pub(crate) fn tell(&self, status: StatusReply) {
        *self.status.lock().expect("nobody panics while holding the status") = status;
    }

    fn note(&self, note: Note) {
        // a host that has ended needs to know nothing more
        let _ = self.notes.send(note);
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<Incarnation, Seat>> {
        self.seats.lock().expect("nobody panics while holding the seats")
    }

    fn admit(&self, asked: JoinRequest, remote: Option<SocketAddr>) -> Result<JoinReply, Status> {
        let card = &self.card.reply;
        let protocol = agree("protocol version", &PROTOCOL.to_string(), &asked.protocol.to_string());
        protocol.and_then(|()| agree("program version", VERSION, &asked.version))?;
        agree("program build", BUILD, &asked.build)?;
        if !asked.scenario_hash.is_empty() {
            agree("scenario hash", &card.scenario_hash, &asked.scenario_hash)?;
        }
        let address = reachable(&asked.address, remote)?;
        let mut seats = self.seats();
        seats.retain(|_, seat| seat.orders.is_some() || seat.since.elapsed() < SESSION_WITHIN);
        if seats.len() >= MOST_WORKERS {
            return Err(Status::resource_exhausted(format!("this run has {MOST_WORKERS} workers")));
        }
        let incarnation = self.next.fetch_add(1, Ordering::Relaxed);
        let seat = Seat { address, host: asked.host, process: asked.process, orders: None, since: Instant::now() };
        seats.insert(Incarnation(incarnation), seat);
        Ok(JoinReply { incarnation, ..card.clone() })
    }

    /// Checks the greeting of a session and opens it.
    fn open(&self, first: Option<Report>) -> Result<(Incarnation, mpsc::UnboundedReceiver<Result<Order, Status>>), Status> {
        let first = first.ok_or_else(|| Status::invalid_argument("a session begins with a greeting"))?;
        let Some(report::Body::Hello(Hello { scenario_hash, seed, shards })) = first.body else {
            return Err(Status::invalid_argument("a session begins with a greeting"));
        };
        agree("scenario hash", &self.card.reply.scenario_hash, &scenario_hash)?;
        agree("seed", &self.card.seed.to_string(), &seed.to_string())?;
        agree("number of shards", &self.card.shards.to_string(), &shards.to_string())?;
        let who = Incarnation(first.incarnation);
        let (orders, taken) = mpsc::unbounded_channel();
        match self.seats().get_mut(&who) {
            Some(seat) if seat.orders.is_none() => seat.orders = Some(orders),
            _ => return Err(Status::failed_precondition(format!("incarnation {} is not known, or has a session", who.0))),
        }
        self.note(Note::Event(Event::Joined(who)));
        Ok((who, taken))
    }

    /// Hears a worker until its session breaks.
    async fn listen(self: Arc<Self>, who: Incarnation, mut reports: Streaming<Report>) {
        let cause = loop {
            match reports.next().await {
                Some(Ok(report)) => {
                    if let Err(status) = self.hear(who, report) {
                        break status.message().to_owned();
                    }
                }
                Some(Err(status)) => break format!("connection lost: {}", status.message()),
                None => break "connection closed".to_owned(),
            }
        };
        self.note(Note::Gone { who, cause });
    }

    fn hear(&self, who: Incarnation, report: Report) -> Result<(), Status> {
        if report.incarnation != who.0 {
            return Err(Status::invalid_argument(format!("a report of incarnation {} in the session of {}", report.incarnation, who.0)));
        }
        if let Some(report::Body::Applied(applied)) = &report.body
            && let Some(load) = applied.load.clone()
        {
            self.note(Note::Load { from: who, tick: applied.tick, load });
        }
        self.note(Note::Event(Event::Beat(who)));
        if let Some(event) = event(report)? {
            self.note(Note::Event(event));
        }
        Ok(())
    }
}

/// The service on top of a hub.
pub(crate) struct Desk(pub(crate) Arc<Hub>);

#[tonic::async_trait]
impl Coordinator for Desk {
    type SessionStream = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;

    async fn join(&self, request: Request<JoinRequest>) -> Result<Response<JoinReply>, Status> {
        let remote = request.remote_addr();
        Ok(Response::new(self.0.admit(request.into_inner(), remote)?))
    }

    async fn session(&self, request: Request<Streaming<Report>>) -> Result<Response<Self::SessionStream>, Status> {
        let mut reports = request.into_inner();
        let first = tokio::time::timeout(SESSION_WITHIN, reports.message()).await;
        let first = first.map_err(|_| Status::deadline_exceeded("a session begins with a greeting"))??;
        let (who, orders) = self.0.open(first)?;
        tokio::spawn(Arc::clone(&self.0).listen(who, reports));
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(orders))))
    }

    async fn beat(&self, request: Request<BeatRequest>) -> Result<Response<BeatReply>, Status> {
        let who = Incarnation(request.into_inner().incarnation);
        if self.0.seat(who).is_none() {
            return Err(Status::failed_precondition(format!("incarnation {} is lost: it does not come back", who.0)));
        }
        self.0.note(Note::Event(Event::Beat(who)));
        Ok(Response::new(BeatReply {}))
    }

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusReply>, Status> {
        Ok(Response::new(self.0.status.lock().expect("nobody panics while holding the status").clone()))
    }
}

fn agree(what: &str, own: &str, theirs: &str) -> Result<(), Status> {
    if own == theirs {
        return Ok(());
    }
    Err(Status::failed_precondition(format!("the coordinator has the {what} {own}, the worker has {theirs}")))
}

/// The address that others reach a worker at: as it says, on the host that it was seen from if it says none.
fn reachable(address: &str, remote: Option<SocketAddr>) -> Result<String, Status> {
    match (address.parse::<SocketAddr>(), remote) {
        (Ok(address), Some(remote)) if address.ip().is_unspecified() => Ok(SocketAddr::new(remote.ip(), address.port()).to_string()),
        (Ok(address), None) if address.ip().is_unspecified() => Err(Status::invalid_argument("a worker says where it can be reached")),
        _ if address.is_empty() || address.len() > 255 => Err(Status::invalid_argument("a worker says where it can be reached")),
        _ => Ok(address.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> (Hub, mpsc::UnboundedReceiver<Note>) {
        let reply = JoinReply { run: "r".to_owned(), scenario_hash: "abc".to_owned(), ..JoinReply::default() };
        let (notes, heard) = mpsc::unbounded_channel();
        (Hub::new(Card { reply, seed: 7, shards: 3 }, 4, notes), heard)
    }

    fn asked() -> JoinRequest {
        JoinRequest {
            protocol: PROTOCOL,
            version: VERSION.to_owned(),
            build: BUILD.to_owned(),
            address: "0.0.0.0:71".to_owned(),
            ..JoinRequest::default()
        }
    }

    #[test]
    fn whoever_differs_is_refused_with_both_values() {
        let (hub, _heard) = hub();
        let remote = Some("10.1.2.3:9".parse().unwrap());
        for (asked, said) in [
            (JoinRequest { protocol: 9, ..asked() }, "has the protocol version 1, the worker has 9"),
            (JoinRequest { version: "0.0.9".to_owned(), ..asked() }, "the worker has 0.0.9"),
            (JoinRequest { build: "0123456789abcdef".to_owned(), ..asked() }, "the worker has 0123456789abcdef"),
            (JoinRequest { scenario_hash: "xyz".to_owned(), ..asked() }, "has the scenario hash abc, the worker has xyz"),
        ] {
            let refused = hub.admit(asked, remote).unwrap_err();
            assert!(refused.message().contains(said), "{}", refused.message());
        }
        let reply = hub.admit(asked(), remote).unwrap();
        assert_eq!(reply.incarnation, 5);
        assert_eq!(hub.seat(Incarnation(5)).unwrap().address, "10.1.2.3:71", "where it was seen");
    }

    #[test]
    fn a_session_needs_a_place_and_the_same_world() {
        let (hub, mut heard) = hub();
        let incarnation = hub.admit(asked(), Some("10.1.2.3:9".parse().unwrap())).unwrap().incarnation;
        let hello = |hash: &str, incarnation| {
            let body = Hello { scenario_hash: hash.to_owned(), seed: 7, shards: 3 };
            Some(Report { incarnation, generation: 0, body: Some(report::Body::Hello(body)) })
        };
        assert!(hub.open(hello("xyz", incarnation)).unwrap_err().message().contains("scenario hash"));
        assert!(hub.open(hello("abc", 99)).unwrap_err().message().contains("not known"));
        assert!(hub.open(None).is_err());
        let (who, _orders) = hub.open(hello("abc", incarnation)).unwrap();
        assert!(matches!(heard.try_recv(), Ok(Note::Event(Event::Joined(joined))) if joined == who));
        assert!(hub.open(hello("abc", incarnation)).unwrap_err().message().contains("has a session"));
    }

    #[test]
    fn a_crowd_is_turned_away() {
        let (hub, _heard) = hub();
        let remote = Some("10.1.2.3:9".parse().unwrap());
        for _ in 0..MOST_WORKERS {
            hub.admit(asked(), remote).unwrap();
        }
        assert_eq!(hub.admit(asked(), remote).unwrap_err().code(), tonic::Code::ResourceExhausted);
    }
}
