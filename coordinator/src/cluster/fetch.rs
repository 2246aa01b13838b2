//! Bulk data from worker to worker: who needs it pulls it.
//!
//! Owns the transport under the exchange. Guarantees that a buffer is applied only when all of it has arrived, that an attempt
//! that fails is repeated, and that waiting ends as soon as the coordinator orders another generation.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use futures::{Stream, stream};
use sim_core::exchange::{ExchangeError, Phase};
use sim_core::peers::{Buffers, Received, Transport};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::cluster::awake::Awake;
use crate::cluster::board::{Assembly, Board};
use crate::cluster::fault;
use crate::cluster::logic::Incarnation;
use crate::cluster::net;
use crate::cluster::security::{Security, Shows};
use crate::cluster::wire::worker_client::WorkerClient;
use crate::cluster::wire::worker_server::Worker;
use crate::cluster::wire::{Chunk, FetchRequest, Fetched, MOST_BYTES};
use crate::exit::Failure;

/// Pause after an attempt that failed.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection to another worker.
pub(crate) type Client = WorkerClient<InterceptedService<Channel, Shows>>;

/// Answers what others ask of a worker.
pub(crate) struct Answers(pub(crate) Arc<Board>);

#[tonic::async_trait]
impl Worker for Answers {
    type FetchStream = Pin<Box<dyn Stream<Item = Result<Chunk, Status>> + Send>>;

    async fn fetch(&self, request: Request<FetchRequest>) -> Result<Response<Self::FetchStream>, Status> {
        let chunks = self.0.find(request.get_ref()).await?;
        Ok(Response::new(Box::pin(stream::iter(chunks.into_iter().map(Ok)))))
    }
}

/// Connects to another worker, which may be silent for `lease`.
pub(crate) fn client(address: &str, security: &Security, lease: Duration) -> Result<Client, Failure> {
    let channel = net::channel(address, security, lease)?;
    Ok(WorkerClient::with_interceptor(channel, Shows(security.token())).max_decoding_message_size(MOST_BYTES))
}

/// Bytes and time that the exchange took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) sent_bytes: u64,
    pub(crate) waited: Duration,
}

/// Why an exchange ended.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The coordinator has ordered something else.
    Superseded,
    /// A member does not answer.
    Unreachable { peer: Incarnation, cause: String },
}

/// The exchange of one member in one generation.
pub(crate) struct Fetching {
    pub(crate) runtime: Handle,
    pub(crate) board: Arc<Board>,
    pub(crate) run: String,
    pub(crate) generation: u64,
    pub(crate) place: u32,
    /// Members by place, with connections to all but this one.
    pub(crate) members: Vec<(Incarnation, Option<Client>)>,
    /// The generation that was ordered last.
    pub(crate) ordered: watch::Receiver<u64>,
    /// How long to try a member that does not answer.
    pub(crate) patience: Duration,
    pub(crate) round: u64,
    pub(crate) traffic: Traffic,
    /// Bytes received from each member, by place, since they were asked for.
    pub(crate) fetched: Vec<u64>,
    pub(crate) trouble: Option<Trouble>,
}

impl Transport for Fetching {
    fn swap(&mut self, phase: Phase, buffers: Buffers) -> Result<Vec<Received>, ExchangeError> {
        self.runtime.clone().block_on(self.round_of(phase, buffers)).map_err(|trouble| {
            let cause = format!("{trouble:?}");
            self.trouble = Some(trouble);
            ExchangeError { phase, cause }
        })
    }
}

impl Fetching {
    /// Publishes `buffers` and fetches those of the others.
    pub(crate) async fn round_of(&mut self, phase: Phase, buffers: Buffers) -> Result<Vec<Received>, Trouble> {
        fault::passing(format_args!("{phase:?}-computed"));
        let begun = Instant::now();
        let peers = self.members.len() - 1;
        self.traffic.sent_bytes += (buffers.all.len() * peers + buffers.each.iter().map(Vec::len).sum::<usize>()) as u64;
        self.board.publish(self.generation, self.round, buffers);
        fault::passing(format_args!("{phase:?}-published"));
        let found = self.all().await;
        fault::passing(format_args!("{phase:?}-fetched"));
        self.round += 1;
        self.traffic.waited += begun.elapsed();
        let received = found?;
        self.fetched.resize(received.len(), 0);
        for (sum, (all, own)) in self.fetched.iter_mut().zip(&received) {
            *sum += (all.len() + own.len()) as u64;
        }
        Ok(received)
    }

    /// Bytes received from each other member since this was asked last.
    pub(crate) fn take_fetched(&mut self) -> Vec<Fetched> {
        let by_place = std::mem::take(&mut self.fetched);
        let others = self.members.iter().zip(by_place).filter(|((_, client), _)| client.is_some());
        others.map(|((who, _), bytes)| Fetched { peer: who.0, bytes }).collect()
    }

    async fn all(&self) -> Result<Vec<Received>, Trouble> {
        let fetches = self.members.iter().map(|(who, client)| async move {
            match client {
                Some(client) => self.one(*who, client.clone()).await,
                None => Ok(Received::default()),
            }
        });
        let mut ordered = self.ordered.clone();
        tokio::select! {
            biased;
            _ = ordered.wait_for(|generation| *generation > self.generation) => Err(Trouble::Superseded),
            found = join_all(fetches) => found.into_iter().collect(),
        }
    }

    /// The buffer of one member, however often it takes.
    async fn one(&self, peer: Incarnation, mut client: Client) -> Result<Received, Trouble> {
        let mut failing: Option<Awake> = None;
        loop {
            let attempt = self.attempt(&mut client);
            let tried = match &mut failing {
                Some(awake) => awake.wait(Duration::MAX, attempt).await.expect("it is waited for"),
                None => attempt.await,
            };
            let cause = match tried {
                Ok(received) => return Ok(received),
                Err(status) if status.code() == Code::DeadlineExceeded => {
                    failing = None;
                    continue;
                }
                Err(status) if status.code() == Code::FailedPrecondition => {
                    // an order that says why is on its way
                    std::future::pending::<()>().await;
                    status.message().to_owned()
                }
                Err(status) => format!("{}: {}", status.code(), status.message()),
            };
            let awake = failing.get_or_insert_default();
            if awake.time() > self.patience {
                return Err(Trouble::Unreachable { peer, cause });
            }
            awake.pause(PAUSE).await;
        }
    }

    async fn attempt(&self, client: &mut Client) -> Result<Received, Status> {
        let incarnation = self.members[self.place as usize].0.0;
        let request =
            FetchRequest { run: self.run.clone(), generation: self.generation, incarnation, place: self.place, round: self.round };
        let mut chunks = client.fetch(request).await?.into_inner();
        let mut assembly = Assembly::default();
        while let Some(chunk) = chunks.message().await? {
            assembly.take(chunk).map_err(Status::data_loss)?;
        }
        assembly.finish().map_err(Status::data_loss)
    }
}

#[cfg(test)]
mod tests;
