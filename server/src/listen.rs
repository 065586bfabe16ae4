//! Listeners: every transport's connections become one stream of [`Connection`]s.
//!
//! Whoever says nothing holds nothing: an encryption that is not agreed on in time, and a connection that does not speak
//! afterwards, are closed; where too many wait, the one that has waited longest goes. No connection waits for another's.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener},
    sync::{Semaphore, mpsc},
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    directory,
    error::{Error, Result},
    rpc::server::Connection,
};

/// How long agreeing on the encryption may take, and how long a connection may then say nothing at all.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections of one listener that are being encrypted; one more, and the oldest goes.
const MOST_HANDSHAKES: usize = 64;
/// Bytes that are still read of a connection that was refused.
const MOST_REFUSED: u64 = 64 << 10;
/// TCP connections in all; one more is closed at once.
const MOST_CONNECTIONS: usize = 1_024;

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A Unix socket.
    Unix(PathBuf),
    /// TCP: encrypted where there is a certificate; without one, only on loopback, and not encrypted.
    Tcp(SocketAddr),
    /// TCP without encryption, whatever certificate there is: loopback only.
    Loopback(SocketAddr),
}

impl std::str::FromStr for Listen {
    type Err = String;

    /// `unix:PATH`, `ADDRESS:PORT`, or `plain:ADDRESS:PORT` where the address is of the loopback.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        let plain = text.strip_prefix("plain:");
        let address: SocketAddr = plain.unwrap_or(text).replace("localhost", "127.0.0.1").parse().map_err(|_| {
            format!("{text} is neither unix:PATH nor ADDRESS:PORT, say 0.0.0.0:{}", rolo_proto::join::PORT)
        })?;
        match (plain, address.ip().is_loopback()) {
            (None, _) => Ok(Self::Tcp(address)),
            (Some(_), true) => Ok(Self::Loopback(address)),
            (Some(_), false) => {
                Err(format!("{address} is not a loopback address: without encryption Rolo listens on loopback only"))
            }
        }
    }
}

/// The listeners of a server; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Listeners {
    tasks: JoinSet<()>,
    slots: Arc<Semaphore>,
    to: mpsc::Sender<Connection>,
    owner_uid: u32,
}

impl Listeners {
    /// None yet; `owner_uid` is who owns the directory.
    pub(crate) fn new(to: mpsc::Sender<Connection>, owner_uid: u32) -> Self {
        Self { tasks: JoinSet::new(), slots: Arc::new(Semaphore::new(MOST_CONNECTIONS)), to, owner_uid }
    }

    /// Listens on a Unix socket, which gets this mode.
    pub(crate) fn unix(&mut self, path: &Path, mode: u32) -> Result<()> {
        // The lock is ours: a socket that is there belongs to an owner that was killed.
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path).map_err(|e| directory::io_error(path, &e))?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .map_err(|e| directory::io_error(path, &e))?;
        let (to, uid) = (self.to.clone(), self.owner_uid);
        self.tasks.spawn(async move {
            loop {
                let connection = match listener.accept().await {
                    Ok((stream, _)) => Connection::unix(stream, uid),
                    Err(error) => {
                        pause_after(&error).await;
                        continue;
                    }
                };
                if to.send(connection).await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    }

    /// Listens on TCP, with encryption or without; answers the address.
    pub(crate) async fn tcp(&mut self, address: SocketAddr, acceptor: Option<TlsAcceptor>) -> Result<SocketAddr> {
        let unavailable = |e: std::io::Error| Error::Unavailable(format!("{address}: {e}"));
        let listener = TcpListener::bind(address).await.map_err(unavailable)?;
        let bound = listener.local_addr().map_err(unavailable)?;
        self.tasks.spawn(accept(listener, acceptor, self.slots.clone(), self.to.clone()));
        Ok(bound)
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    slots: Arc<Semaphore>,
    to: mpsc::Sender<Connection>,
) {
    let mut tasks = JoinSet::new();
    let mut under_way: VecDeque<AbortHandle> = VecDeque::new();
    while !to.is_closed() {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        under_way.retain(|handshake| !handshake.is_finished());
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            tracing::debug!(%peer, "too many connections: closed");
            continue;
        };
        if under_way.len() >= MOST_HANDSHAKES
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.abort();
        }
        let (acceptor, to) = (acceptor.clone(), to.clone());
        under_way.push_back(tasks.spawn(async move {
            match encrypt(stream, peer, acceptor).await {
                // The server has ended: so will the listener.
                Ok(connection) => drop(to.send(connection.within(slot)).await),
                Err(error) => tracing::debug!(%peer, %error, "no encryption was agreed on"),
            }
        }));
    }
}

async fn encrypt(stream: TcpStream, peer: SocketAddr, acceptor: Option<TlsAcceptor>) -> std::io::Result<Connection> {
    // Small messages must not wait for one another; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else { return Ok(Connection::tcp(stream, peer)) };
    let encrypted = async {
        let (error, mut stream) = match acceptor.accept(stream).into_fallible().await {
            Ok(stream) => return Ok(Connection::tls(stream, peer)),
            Err(failed) => failed,
        };
        // What is still coming is read, or closing would overtake the alert that tells the peer what is wrong.
        let _ = stream.shutdown().await;
        let _ = tokio::io::copy(&mut stream.take(MOST_REFUSED), &mut tokio::io::sink()).await;
        Err(error)
    };
    timeout(HANDSHAKE, encrypted).await?
}

/// Too many open files, or the like: trying again at once would only spin.
async fn pause_after(error: &std::io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
