//! Fetching through a proxy that cuts and stalls: what arrives is what was published, or nothing.

use super::*;

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cluster::security::Asks;
use crate::cluster::wire::worker_server::WorkerServer;

const LEASE: Duration = Duration::from_secs(1);

/// What the proxy does to a connection.
#[derive(Clone, Copy, Debug)]
enum Mischief {
    /// Closes it after so many bytes of answers.
    Cut(usize),
    /// Falls silent for a while after so many bytes, then closes it.
    Stall(usize),
    /// Delays each piece.
    Drag,
}

/// Passes connections on to `target`, the first ones with a mischief each, later ones as they are.
async fn proxy(target: SocketAddr, mischiefs: Vec<Mischief>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let left = Arc::new(Mutex::new(mischiefs));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let mischief = left.lock().unwrap().pop();
            tokio::spawn(pass(client, target, mischief));
        }
    });
    address
}

async fn pass(client: TcpStream, target: SocketAddr, mischief: Option<Mischief>) {
    let server = TcpStream::connect(target).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut passed = 0;
    let mut piece = vec![0; 4096];
    while let Ok(count) = from_server.read(&mut piece).await {
        let most = match mischief {
            Some(Mischief::Cut(most) | Mischief::Stall(most)) => most - passed,
            _ => count,
        };
        if count == 0 || to_client.write_all(&piece[..count.min(most)]).await.is_err() {
            break;
        }
        passed += count;
        if count >= most && !matches!(mischief, None | Some(Mischief::Drag)) {
            if let Some(Mischief::Stall(_)) = mischief {
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            break;
        }
        if let Some(Mischief::Drag) = mischief {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    up.abort();
}

fn buffers(seed: u64) -> Buffers {
    let bytes = |length: u64, salt: u64| (0..length).map(|i| (i * 31 + salt * 7 + seed) as u8).collect::<Vec<u8>>();
    Buffers { all: bytes(700_000, 1), each: vec![Vec::new(), bytes(90_000 + seed * 1000, 2)] }
}

/// The second of two members, that reaches the first at `address`.
fn second(runtime: &Handle, address: &str, patience: Duration, ordered: watch::Receiver<u64>) -> Fetching {
    let _entered = runtime.enter();
    let security = Security::on_loopback("t").unwrap();
    let members = vec![(Incarnation(1), Some(client(address, &security, LEASE).unwrap())), (Incarnation(2), None)];
    Fetching {
        runtime: runtime.clone(),
        board: Arc::new(Board::new("r".to_owned())),
        run: "r".to_owned(),
        generation: 1,
        place: 1,
        members,
        ordered,
        patience,
        round: 0,
        traffic: Traffic::default(),
        fetched: Vec::new(),
        trouble: None,
    }
}

/// Serves the board of the first member.
async fn serve(board: Arc<Board>) -> SocketAddr {
    let security = Security::on_loopback("t").unwrap();
    let (listener, address) = net::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let service = WorkerServer::with_interceptor(Answers(board), Asks(security.token()));
    tokio::spawn(net::server(&security, LEASE).unwrap().add_service(service).serve_with_incoming(net::incoming(listener, LEASE)));
    address
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn first_board() -> Arc<Board> {
    let board = Arc::new(Board::new("r".to_owned()));
    board.open(1, vec![Incarnation(1), Incarnation(2)]);
    board
}

#[test]
fn a_connection_that_is_cut_or_stalls_delays_and_changes_nothing() {
    let runtime = runtime();
    for seed in 0..12u64 {
        let cut = (1_000 + seed * 70_001 % 780_000) as usize;
        let mischiefs = vec![Mischief::Drag, Mischief::Stall(cut / 2 + 60), Mischief::Cut(cut), Mischief::Cut(10)];
        let board = first_board();
        let (_ordering, ordered) = watch::channel(0);
        let address = runtime.block_on(async { proxy(serve(Arc::clone(&board)).await, mischiefs).await });
        let mut second = second(runtime.handle(), &address.to_string(), Duration::from_secs(10), ordered);
        for round in 0..2 {
            let published = buffers(seed + round);
            board.publish(1, round, published.clone());
            let received = second.swap(Phase::Settled, Buffers { all: vec![1], each: vec![vec![2], vec![]] }).unwrap();
            assert_eq!(received[0].0, published.all, "seed {seed}, cut at {cut}");
            assert_eq!(received[0].1, published.each[1], "seed {seed}, cut at {cut}");
        }
    }
}

#[test]
fn a_member_that_cannot_be_reached_is_named_in_time() {
    let runtime = runtime();
    let (_ordering, ordered) = watch::channel(0);
    // a port that was free a moment ago
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut second = second(runtime.handle(), &address.to_string(), Duration::from_millis(300), ordered);
    assert!(second.swap(Phase::Demand, Buffers { all: vec![], each: vec![vec![], vec![]] }).is_err());
    assert!(matches!(second.trouble, Some(Trouble::Unreachable { peer: Incarnation(1), .. })), "{:?}", second.trouble);
}

#[test]
fn another_order_ends_the_waiting() {
    let runtime = runtime();
    let (ordering, ordered) = watch::channel(0);
    let address = runtime.block_on(serve(first_board()));
    let mut second = second(runtime.handle(), &address.to_string(), Duration::from_secs(60), ordered);
    let order = std::thread::spawn(move || ordering.send_replace(2));
    assert!(second.swap(Phase::Demand, Buffers { all: vec![], each: vec![vec![], vec![]] }).is_err());
    assert!(matches!(second.trouble, Some(Trouble::Superseded)));
    order.join().unwrap();
}
