//! Running a server: transports, the end, and the handle that an embedding program holds.

use std::{fs::File, future::Future, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::{
    io::DuplexStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    clock::Clock,
    db::{Db, faults::Faults},
    directory,
    error::{Error, Result},
    kernel::Kernel,
    listen::{Listen, Listeners},
    rpc::server::{Connection, serve},
    tls::{self, CertificateFiles},
};

/// Bytes in flight of a connection within the process.
const DUPLEX: usize = 64 << 10;
/// How long a server that was told to end waits for the calls under way.
const GRACE: Duration = Duration::from_secs(10);

/// What a server is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the time comes from.
    pub clock: Clock,
    /// Addresses to listen on, beside the directory's socket.
    pub listen: Vec<Listen>,
    /// The certificate to encrypt TCP with; none: the directory's own, if it has one.
    pub certificate: Option<CertificateFiles>,
    /// Describe the API to whoever asks.
    pub reflection: bool,
    /// Faults that tests ask for; none in production.
    pub faults: Option<Arc<dyn Faults>>,
}

impl Default for Config {
    fn default() -> Self {
        Self { clock: Clock::system(), listen: Vec::new(), certificate: None, reflection: false, faults: None }
    }
}

/// Serves `connections` on an open kernel until `shutdown` resolves, then finishes what is under way, but waits ten
/// seconds at most.
///
/// # Errors
/// The transport fails.
pub async fn run(
    config: &Config,
    kernel: Kernel,
    connections: mpsc::Receiver<Connection>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let (told, ending) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody listens for it only when the server has ended already.
        let _ = told.send(());
    };
    let overdue = async {
        if ending.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serve(kernel.clone(), connections, config.reflection, shutdown) => served,
        () = overdue => {
            tracing::warn!("calls that were still under way are cut off");
            Ok(())
        }
    };
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
    names: Vec<String>,
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
        let mut listeners = Listeners::new(connections.clone(), directory::owner_uid(dir)?);
        let socket = directory::socket_path(dir)?;
        listeners.unix(&socket, OWNER_ALONE)?;
        let certificate = config.certificate.clone().or_else(|| CertificateFiles::of_directory(dir));
        let (mut addresses, mut names) = (Vec::new(), Vec::new());
        for listen in &config.listen {
            let (address, encrypted) = match listen {
                Listen::Unix(path) => {
                    listeners.unix(path, GROUP_TOO)?;
                    continue;
                }
                Listen::Tcp(address) if certificate.is_none() && !address.ip().is_loopback() => {
                    return Err(tls::none(dir));
                }
                Listen::Tcp(address) => (address, certificate.as_ref()),
                Listen::Loopback(address) => (address, None),
            };
            let acceptor = encrypted.map(|files| files.server_config().map(TlsAcceptor::from)).transpose()?;
            let address = listeners.tcp(*address, acceptor).await?;
            names.push(format!("{}{address}", if encrypted.is_some() { "" } else { "plain:" }));
            addresses.push(address);
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn({
            let kernel = kernel.clone();
            async move {
                let served = run(&config, kernel, incoming, async {
                    // A handle that was dropped ends the server like one that was told to.
                    let _ = stopped.await;
                    drop(listeners);
                })
                .await;
                let _ = std::fs::remove_file(&socket);
                // Only now may another process take over.
                drop(lock);
                served
            }
        });
        Ok(Self { connections, stop: Some(stop), task, addresses, names, kernel })
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

    /// The same as clients are told them: `plain:` stands before one that is not encrypted.
    pub fn names(&self) -> &[String] {
        &self.names
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
