//! A network that misbehaves on order: a TCP proxy in this process, between a client and a server.
//!
//! ```text
//! let proxy = Proxy::to(server).await?;      // clients connect to proxy.address()
//! proxy.set(Mode::Delay(ms));                // from now on, for what is under way too
//! proxy.cut();                               // every connection breaks; new ones go by the mode
//! ```

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// Bytes that trickle through at once.
const TRICKLE: usize = 100;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Carries everything at once.
    Pass,
    /// What the server says arrives this much later, so each round trip takes this much longer.
    Delay(Duration),
    /// Nothing arrives, in either direction, and nobody is told; what was sent arrives when this ends.
    Blackhole,
    /// The server hears everything and its replies are lost. When this ends, the connections break: a stream with a
    /// hole in it is no stream.
    DropReplies,
    /// Everything arrives a few bytes at a time.
    Trickle,
    /// New connections are closed at once, as if nobody listened; those that stand go on.
    Refuse,
}

/// What the connections go by.
#[derive(Debug, Clone, Copy)]
struct State {
    target: SocketAddr,
    mode: Mode,
    /// How often everything was cut.
    cuts: u64,
}

/// The proxy; gone, with its connections, when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy on a free loopback port that passes everything to `target`.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (state, seen) = watch::channel(State { target, mode: Mode::Pass, cuts: 0 });
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(carry(client, seen.clone()));
            }
        });
        Ok(Self { address, state, task })
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the network does from now on.
    pub fn set(&self, mode: Mode) {
        self.state.send_modify(|state| {
            state.cuts += u64::from(state.mode == Mode::DropReplies && mode != Mode::DropReplies);
            state.mode = mode;
        });
    }

    /// Breaks every connection that stands.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// New connections go to another server, say the same one started again.
    pub fn redirect(&self, target: SocketAddr) {
        self.state.send_modify(|state| state.target = target);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, until an end closes it or everything is cut.
async fn carry(client: TcpStream, mut state: watch::Receiver<State>) {
    let cuts = state.borrow().cuts;
    let mut scissors = state.clone();
    let both_ways = async {
        let Ok(now) = state.wait_for(|state| state.mode != Mode::Blackhole).await.map(|state| *state) else { return };
        if now.mode == Mode::Refuse {
            return;
        }
        let Ok(server) = TcpStream::connect(now.target).await else { return };
        // Small messages must not wait for one another; a socket that refuses the option still works.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::join!(
            pump(from_client, to_server, false, state.clone()),
            pump(from_server, to_client, true, state.clone()),
        );
    };
    tokio::select! {
        _ = scissors.wait_for(|state| state.cuts != cuts) => {}
        () = both_ways => {}
    }
}

/// One direction. Reading goes on while what was read waits for its time, so a delay does not narrow the line.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, replies: bool, mut state: watch::Receiver<State>) {
    let (queue, mut waiting) = mpsc::channel::<(Instant, Vec<u8>)>(1_024);
    let seen = state.clone();
    let read = async move {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let delay = match seen.borrow().mode {
                Mode::Delay(delay) if replies => delay,
                _ => Duration::ZERO,
            };
            let Some(bytes) = buffer.get(..read) else { return };
            if queue.send((Instant::now() + delay, bytes.to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = waiting.recv().await {
            sleep_until(due).await;
            let Ok(mode) = state.wait_for(|state| state.mode != Mode::Blackhole).await.map(|state| state.mode) else {
                return;
            };
            let lost = replies && mode == Mode::DropReplies;
            let (piece, pause) = match mode {
                Mode::Trickle => (TRICKLE, Duration::from_millis(1)),
                _ => (bytes.len(), Duration::ZERO),
            };
            for piece in bytes.chunks(piece.max(1)).filter(|_| !lost) {
                if to.write_all(piece).await.is_err() {
                    return;
                }
                sleep_until(Instant::now() + pause).await;
            }
        }
        // The other end may be gone already.
        let _ = to.shutdown().await;
    };
    tokio::pin!(read);
    tokio::select! {
        () = write => {}
        // At the end of what there is to read, the rest is still written.
        () = async { read.await; std::future::pending().await } => {}
    }
}
