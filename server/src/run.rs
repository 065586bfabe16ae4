//! Running a server: transports, the end, and the handle that an embedding program holds.

use std::{
    fs::File,
    future::Future,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    io::DuplexStream,
    net::{TcpListener, UnixListener},
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};

use crate::{
    clock::Clock,
    db::{Db, faults::Faults},
    directory,
    error::{Error, Result},
    kernel::Kernel,
    rpc::server::{Connection, serve},
};

/// Bytes in flight of a connection within the process.
const DUPLEX: usize = 64 << 10;

/// What a server is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the time comes from.
    pub clock: Clock,
    /// Addresses to listen on, beside the directory's socket.
    pub listen: Vec<Listen>,
    /// Describe the API to whoever asks.
    pub reflection: bool,
    /// Faults that tests ask for; none in production.
    pub faults: Option<Arc<dyn Faults>>,
}

impl Default for Config {
    fn default() -> Self {
        Self { clock: Clock::system(), listen: Vec::new(), reflection: false, faults: None }
    }
}

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A Unix socket.
    Unix(PathBuf),
    /// TCP without encryption: loopback only.
    Loopback(SocketAddr),
}

impl std::str::FromStr for Listen {
    type Err = String;

    /// `unix:PATH` or `HOST:PORT`, where the host is a loopback address.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        let address: SocketAddr = text
            .replace("localhost", "127.0.0.1")
            .parse()
            .map_err(|_| format!("{text} is neither unix:PATH nor ADDRESS:PORT"))?;
        match address.ip().is_loopback() {
            true => Ok(Self::Loopback(address)),
            false => {
                Err(format!("{address} is not a loopback address: without encryption Rolo listens on loopback only"))
            }
        }
    }
}

/// Serves `connections` on an open kernel until `shutdown` resolves, then finishes what is under way.
///
/// # Errors
/// The transport fails.
pub async fn run(
    config: &Config,
    kernel: Kernel,
    connections: mpsc::Receiver<Connection>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let served = serve(kernel.clone(), connections, config.reflection, shutdown).await;
    if let Err(error) = kernel.note_steps().await {
        tracing::warn!(%error, "a step of the clock could not be logged");
    }
    kernel.db().close().await;
    served
}

/// A server that runs in this process.
#[derive(Debug)]
pub struct Handle {
    connections: mpsc::Sender<Connection>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<()>>,
    addresses: Vec<SocketAddr>,
    kernel: Kernel,
}

impl Handle {
    /// Opens the database of a directory whose lock is held, and serves it.
    pub(crate) async fn start(dir: &Path, lock: File, config: Config) -> Result<Self> {
        let path = directory::database_path(dir);
        let (clock, faults) = (config.clock.clone(), config.faults.clone());
        let db = tokio::task::spawn_blocking(move || Db::open_with(&path, clock, faults))
            .await
            .map_err(|e| Error::Internal(format!("opening: {e}")))??;
        let kernel = Kernel::new(db, config.clock.clone()).await?;
        let (connections, incoming) = mpsc::channel(64);
        let mut listeners = JoinSet::new();
        let socket = directory::socket_path(dir)?;
        let uid = directory::owner_uid(dir)?;
        listen_unix(&mut listeners, &socket, OWNER_ALONE, uid, connections.clone())?;
        let mut addresses = Vec::new();
        for listen in &config.listen {
            match listen {
                Listen::Unix(path) => listen_unix(&mut listeners, path, GROUP_TOO, uid, connections.clone())?,
                Listen::Loopback(address) => {
                    addresses.push(listen_tcp(&mut listeners, *address, connections.clone()).await?)
                }
            }
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn({
            let kernel = kernel.clone();
            async move {
                let served = run(&config, kernel, incoming, async {
                    // A handle that was dropped ends the server like one that was told to.
                    let _ = stopped.await;
                })
                .await;
                listeners.abort_all();
                let _ = std::fs::remove_file(&socket);
                // Only now may another process take over.
                drop(lock);
                served
            }
        });
        Ok(Self { connections, stop: Some(stop), task, addresses, kernel })
    }

    /// A new connection to the server, which lies in this process.
    ///
    /// # Errors
    /// The server has ended.
    pub async fn connect(&self) -> Result<DuplexStream> {
        let (near, far) = tokio::io::duplex(DUPLEX);
        self.connections
            .send(Connection::embedded(far))
            .await
            .map_err(|_| Error::Unavailable("the server has ended".into()))?;
        Ok(near)
    }

    /// The TCP addresses that it listens on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The kernel, for a program that fills a database of its own.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Ends the server: no new calls, those under way finish, the log is folded back, the directory is free.
    ///
    /// # Errors
    /// What the server ended with.
    pub async fn shutdown(mut self) -> Result<()> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.task.await.map_err(|e| Error::Internal(format!("the server: {e}")))?
    }

    /// Waits until the server ends by itself.
    ///
    /// # Errors
    /// What the server ended with.
    pub async fn wait(&mut self) -> Result<()> {
        (&mut self.task).await.map_err(|e| Error::Internal(format!("the server: {e}")))?
    }
}

/// The directory's own socket is for its owner; one that was asked for is for the group too, whose people sign in.
const OWNER_ALONE: u32 = 0o600;
const GROUP_TOO: u32 = 0o660;

fn listen_unix(
    listeners: &mut JoinSet<()>,
    path: &Path,
    mode: u32,
    uid: u32,
    to: mpsc::Sender<Connection>,
) -> Result<()> {
    // The lock is ours: a socket that is there belongs to an owner that was killed.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).map_err(|e| directory::io_error(path, &e))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(|e| directory::io_error(path, &e))?;
    listeners.spawn(async move {
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

async fn listen_tcp(
    listeners: &mut JoinSet<()>,
    address: SocketAddr,
    to: mpsc::Sender<Connection>,
) -> Result<SocketAddr> {
    let unavailable = |e: std::io::Error| Error::Unavailable(format!("{address}: {e}"));
    let listener = TcpListener::bind(address).await.map_err(unavailable)?;
    let bound = listener.local_addr().map_err(unavailable)?;
    listeners.spawn(async move {
        loop {
            let connection = match listener.accept().await {
                Ok((stream, peer)) => Connection::tcp(stream, peer),
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
    Ok(bound)
}

/// Too many open files, or the like: trying again at once would only spin.
async fn pause_after(error: &std::io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}
