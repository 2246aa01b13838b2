//! Connections: their limits, their keepalive, and the servers behind them.
//!
//! Guarantees the same limits on both sides. The numbers follow from how HTTP/2 stalls: a connection's window must hold the
//! windows of all streams on it that may be unread, and a partitioned peer is only found by pings.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::Stream;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};

use crate::cluster::door::{self, Guest};
use crate::cluster::security::Security;
use crate::exit::Failure;

const STREAM_WINDOW_BYTES: u32 = 4 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 64 << 20;
const FRAME_BYTES: u32 = 1 << 20;
const HEADER_BYTES: u32 = 16 << 10;
const STREAMS: u32 = 256;
const PING_EVERY: Duration = Duration::from_secs(10);
/// How long a pong may take at least: somebody who is allowed to be silent for longer has his lease.
const PONG_WITHIN: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A connection to `address` (`host:port`), made when it is first used, to somebody who may be silent for `lease`.
pub(crate) fn channel(address: &str, security: &Security, lease: Duration) -> Result<Channel, Failure> {
    Ok(endpoint(address, security, lease)?.connect_lazy())
}

/// Where a connection to `address` (`host:port`) goes, and how it behaves.
pub(crate) fn endpoint(address: &str, security: &Security, lease: Duration) -> Result<Endpoint, Failure> {
    let bad = |error: tonic::transport::Error| Failure::Usage {
        what: format!("`{address}` is no address of a process: {error}"),
        advice: "give host:port".to_owned(),
    };
    let endpoint = Endpoint::from_shared(format!("{}://{address}", security.scheme())).map_err(bad)?;
    let mut endpoint = endpoint
        .connect_timeout(CONNECT_WITHIN)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_adaptive_window(false)
        .max_frame_size(FRAME_BYTES)
        .http2_keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PONG_WITHIN.max(lease))
        .keep_alive_while_idle(true);
    if let Some(tls) = &security.tls {
        endpoint = endpoint.tls_config(tls.client()).map_err(bad)?;
    }
    Ok(endpoint)
}

/// A server without services, for clients that may be silent for `lease`.
pub(crate) fn server(security: &Security, lease: Duration) -> Result<Server, Failure> {
    let mut server = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_adaptive_window(Some(false))
        .max_frame_size(FRAME_BYTES)
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_keepalive_interval(Some(PING_EVERY))
        .http2_keepalive_timeout(Some(PONG_WITHIN.max(lease)))
        .accept_http1(true);
    if let Some(tls) = &security.tls {
        server = server.tls_config(tls.server()).map_err(|error| Failure::Usage {
            what: format!("the certificate cannot be used: {error}"),
            advice: "--tls-cert and --tls-key are PEM files that belong together".to_owned(),
        })?;
    }
    Ok(server)
}

/// The connections of a listener. They send at once: otherwise each small answer waits for the other side's delayed
/// acknowledgement, 40 ms.
pub(crate) fn incoming(listener: TcpListener, lease: Duration) -> impl Stream<Item = io::Result<Guest>> {
    door::guests(TcpIncoming::from(listener).with_nodelay(Some(true)), 2 * lease)
}

/// Listens on `address`.
pub(crate) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |source| Failure::Missing {
        what: format!("cannot listen on {address}: {source}"),
        advice: "choose another address with --listen; port 0 takes any that is free".to_owned(),
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
