//! Signs of life, from a thread of their own: a worker that computes for minutes is not dead.

use std::thread;
use std::time::Duration;

use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use crate::cluster::awake::Awake;
use crate::cluster::net;
use crate::cluster::security::{Security, Shows};
use crate::cluster::wire::BeatRequest;
use crate::cluster::wire::coordinator_client::CoordinatorClient;
use crate::exit::Failure;

/// A connection to the coordinator.
pub(crate) type Client = CoordinatorClient<InterceptedService<Channel, Shows>>;

/// Beats until the coordinator says that it does not count, or cannot be reached for `lease`; then `ended` hears why.
pub(crate) fn start(
    (coordinator, security): (&str, &Security),
    incarnation: u64,
    (period, lease): (Duration, Duration),
    ended: impl FnOnce(String) + Send + 'static,
) -> Result<(), Failure> {
    let (address, security) = (coordinator.to_owned(), security.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Failure::Threads { threads: 1, source })?;
    let beat = move || {
        let why = runtime.block_on(async {
            let channel = match net::channel(&address, &security, lease) {
                Ok(channel) => channel,
                Err(failure) => return failure.to_string(),
            };
            let client = CoordinatorClient::with_interceptor(channel, Shows(security.token()));
            until_lost(client, incarnation, (period, lease)).await
        });
        ended(why);
    };
    let spawned = thread::Builder::new().name("beat".to_owned()).spawn(beat);
    spawned.map(drop).map_err(|source| Failure::Threads { threads: 1, source })
}

/// Beats; returns why no sign of life counts any more.
pub(crate) async fn until_lost(mut client: Client, incarnation: u64, (period, lease): (Duration, Duration)) -> String {
    let mut silence = Awake::default();
    loop {
        silence.pause(period).await;
        let cause = match silence.wait(lease, client.beat(BeatRequest { incarnation })).await {
            Some(Ok(_)) => {
                silence = Awake::default();
                continue;
            }
            Some(Err(status)) if status.code() == Code::FailedPrecondition => return status.message().to_owned(),
            Some(Err(status)) => status.message().to_owned(),
            None => "no answer".to_owned(),
        };
        if silence.time() > lease {
            return format!("the coordinator was not reached for {} ms: {cause}", lease.as_millis());
        }
    }
}
