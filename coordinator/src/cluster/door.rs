//! Who is let in: the connections of a listener, so many at a time, each for as long as it has something to say.
//!
//! Guarantees that strangers cannot use up the file descriptors that checkpoints and tables need, and that a connection on
//! which nothing is ever said does not stay. Those who belong are not touched: both sides ping each other while idle.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// Longest silence on a connection, if nothing longer is allowed: three pings of [`crate::cluster::net`].
const SILENCE: Duration = Duration::from_secs(30);
/// How late this process may look at a connection and still know that nothing was said; later, it has slept itself.
const LATE: Duration = Duration::from_secs(5);
/// Connections at a time: twice as many as a run has workers, if the system has descriptors for them.
const MOST: usize = 2048;

/// A connection that was let in.
pub(crate) struct Guest {
    stream: TcpStream,
    heard: Instant,
    /// How long it may be silent.
    most: Duration,
    silence: Pin<Box<Sleep>>,
    inside: Arc<AtomicUsize>,
}

/// The connections of `accepted` that are let in, at most half as many as the process may have files open; each may be silent
/// for half a minute, and for `silence` if that is longer.
pub(crate) fn guests(accepted: impl Stream<Item = io::Result<TcpStream>>, silence: Duration) -> impl Stream<Item = io::Result<Guest>> {
    at_most(MOST.min(descriptors() / 2), accepted, silence.max(SILENCE))
}

fn at_most(most: usize, accepted: impl Stream<Item = io::Result<TcpStream>>, silence: Duration) -> impl Stream<Item = io::Result<Guest>> {
    let inside = Arc::new(AtomicUsize::new(0));
    accepted.filter_map(move |stream| {
        let guest = stream.map(|stream| Guest::admit(stream, most, silence, &inside)).transpose();
        std::future::ready(guest)
    })
}

/// Files that the process may have open; those of an ordinary system where it does not say.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(1024)
}

impl Guest {
    /// The guest of a connection; none, and the connection is closed, if there are `most` already.
    fn admit(stream: TcpStream, most: usize, silence: Duration, inside: &Arc<AtomicUsize>) -> Option<Guest> {
        if inside.fetch_add(1, Ordering::Relaxed) >= most {
            inside.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let heard = Instant::now();
        let end = Box::pin(tokio::time::sleep_until(heard + silence));
        Some(Guest { stream, heard, most: silence, silence: end, inside: Arc::clone(inside) })
    }

    /// Whether nothing was heard for too long; asks to be woken when that may be.
    fn is_silent(&mut self, context: &mut Context<'_>) -> bool {
        while self.silence.as_mut().poll(context).is_ready() {
            if self.silence.deadline().elapsed() > LATE {
                // what was said meanwhile may not have been read yet
                self.heard = Instant::now();
            }
            if self.heard.elapsed() >= self.most {
                return true;
            }
            let until = self.heard + self.most;
            self.silence.as_mut().reset(until);
        }
        false
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected for Guest {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        let address = |found: io::Result<SocketAddr>| found.ok();
        TcpConnectInfo { local_addr: address(self.stream.local_addr()), remote_addr: address(self.stream.peer_addr()) }
    }
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.heard = Instant::now();
            return read;
        }
        if self.is_silent(context) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nothing was said for too long")));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::SocketAddr;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use tokio_stream::wrappers::TcpListenerStream;

    use crate::cluster::awake::paused;

    /// An address, and the guests who come there, two at a time.
    async fn door() -> (SocketAddr, Pin<Box<impl Stream<Item = io::Result<Guest>>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, Box::pin(at_most(2, TcpListenerStream::new(listener), SILENCE)))
    }

    #[test]
    fn a_crowd_waits_outside_and_the_silent_have_to_go() {
        paused().block_on(async {
            let (address, mut inside) = door().await;
            let connect = || TcpStream::connect(address);
            let mut clients = vec![connect().await.unwrap(), connect().await.unwrap()];
            let (first, mut second) = (inside.next().await.unwrap().unwrap(), inside.next().await.unwrap().unwrap());
            // the third is turned away; when the first leaves there is room for the fourth
            clients.push(connect().await.unwrap());
            assert!(futures::poll!(inside.next()).is_pending());
            assert_eq!(clients[2].read(&mut [0]).await.unwrap(), 0, "it is closed");
            drop(first);
            clients.push(connect().await.unwrap());
            assert!(inside.next().await.unwrap().is_ok());
            let silent = second.read(&mut [0]).await.unwrap_err();
            assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn who_has_slept_himself_closes_nothing() {
        paused().block_on(async {
            let (address, mut inside) = door().await;
            let _client = TcpStream::connect(address).await.unwrap();
            let mut guest = inside.next().await.unwrap().unwrap();
            let mut byte = [0];
            assert!(futures::poll!(std::pin::pin!(guest.read(&mut byte))).is_pending());
            tokio::time::advance(SILENCE * 10).await;
            assert!(futures::poll!(std::pin::pin!(guest.read(&mut byte))).is_pending(), "this process slept, not the guest");
            let begun = Instant::now();
            assert_eq!(guest.read(&mut byte).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            assert!(begun.elapsed() >= SILENCE, "from then on it is the guest's turn");
        });
    }
}
