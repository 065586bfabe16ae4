//! One gRPC server over all transports: in process, the directory's Unix socket, TCP.
//!
//! Each transport's listener ([`crate::listen`]) hands its connections to one stream; a connection knows what it came
//! through ([`Peer`]), which is all that the host's authority rests on.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use rolo_proto::v1::{
    bulk_service_server::BulkServiceServer, contact_service_server::ContactServiceServer,
    customer_service_server::CustomerServiceServer, dictionary_service_server::DictionaryServiceServer,
    host_service_server::HostServiceServer, import_service_server::ImportServiceServer,
    interaction_service_server::InteractionServiceServer, notice_service_server::NoticeServiceServer,
    operation_service_server::OperationServiceServer, opportunity_service_server::OpportunityServiceServer,
    product_service_server::ProductServiceServer, session_service_server::SessionServiceServer,
    user_service_server::UserServiceServer, view_service_server::ViewServiceServer,
    watch_service_server::WatchServiceServer,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    net::{TcpStream, UnixStream},
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, Sleep, sleep_until},
};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Server, server::Connected};

use super::auth_layer::AuthLayer;
use crate::{
    bulk,
    clock::{DAY, Millis},
    contacts, customers, dictionary,
    error::{Error, Result},
    host, imports, interactions,
    kernel::Kernel,
    notices, operations, opportunities, products, sessions, users, views, watch,
};

/// What a connection came through.
#[derive(Debug, Clone, Default)]
pub enum Peer {
    /// Not known: no authority.
    #[default]
    Unknown,
    /// The same process.
    Embedded,
    /// The directory's Unix socket; whether the peer's uid owns the directory.
    Unix {
        /// The peer runs under the uid that owns the data directory.
        owner: bool,
    },
    /// TCP.
    Tcp(SocketAddr),
}

impl Peer {
    /// Whether the peer has the host's authority.
    pub fn owns_directory(&self) -> bool {
        matches!(self, Self::Embedded | Self::Unix { owner: true })
    }

    /// A name for throttling: attempts from one origin do not slow down another.
    pub fn origin(&self) -> String {
        match self {
            Self::Unknown => "unknown".into(),
            Self::Embedded | Self::Unix { .. } => "host".into(),
            Self::Tcp(address) => match address.ip().to_canonical() {
                // One subscriber has a whole /64.
                IpAddr::V6(ip) => {
                    let [a, b, c, d, ..] = ip.segments();
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
                }
                IpAddr::V4(ip) => ip.to_string(),
            },
        }
    }
}

/// The bytes of a connection.
#[derive(Debug)]
enum Bytes {
    Duplex(DuplexStream),
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection of any transport.
#[derive(Debug)]
pub struct Connection {
    peer: Peer,
    bytes: Bytes,
    /// Until when it must have said something; none: it has, or need not.
    silent_until: Option<Pin<Box<Sleep>>>,
    /// Its place among all connections.
    _slot: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn of(peer: Peer, bytes: Bytes) -> Self {
        Self { peer, bytes, silent_until: None, _slot: None }
    }

    /// A connection from within the process.
    pub fn embedded(stream: DuplexStream) -> Self {
        Self::of(Peer::Embedded, Bytes::Duplex(stream))
    }

    /// A connection over the directory's socket; `owner_uid` is who owns the directory.
    pub fn unix(stream: UnixStream, owner_uid: u32) -> Self {
        let owner = stream.peer_cred().is_ok_and(|peer| peer.uid() == owner_uid);
        Self::of(Peer::Unix { owner }, Bytes::Unix(stream))
    }

    /// A TCP connection.
    pub fn tcp(stream: TcpStream, address: SocketAddr) -> Self {
        Self::of(Peer::Tcp(address), Bytes::Tcp(stream))
    }

    /// An encrypted TCP connection.
    pub fn tls(stream: TlsStream<TcpStream>, address: SocketAddr) -> Self {
        Self::of(Peer::Tcp(address), Bytes::Tls(Box::new(stream)))
    }

    /// The same connection in a place of its own among all of them; it must say something soon.
    pub(crate) fn within(self, slot: OwnedSemaphorePermit) -> Self {
        let until = sleep_until(Instant::now() + crate::listen::HANDSHAKE);
        Self { silent_until: Some(Box::pin(until)), _slot: Some(slot), ..self }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;
    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.bytes {
            Bytes::Duplex($stream) => $call,
            Bytes::Unix($stream) => $call,
            Bytes::Tcp($stream) => $call,
            Bytes::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = each!(self, stream => Pin::new(stream).poll_read(cx, buf));
        let Some(silent_until) = &mut self.silent_until else { return read };
        match (&read, silent_until.as_mut().poll(cx)) {
            (Poll::Pending, Poll::Pending) => Poll::Pending,
            (Poll::Pending, Poll::Ready(())) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            (Poll::Ready(_), _) => {
                self.silent_until = None;
                read
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

/// The largest request; replies may be larger (a page of an export).
const MOST_REQUEST: usize = 4 << 20;
const MOST_REPLY: usize = 16 << 20;

/// Serves connections until `shutdown` resolves and the calls under way are done.
///
/// # Errors
/// The transport fails.
pub async fn serve(
    kernel: Kernel,
    connections: mpsc::Receiver<Connection>,
    reflection: bool,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let (mut reporter, health) = tonic_health::server::health_reporter();
    for part in ["", "clock"] {
        reporter.set_service_status(part, serving_status(true)).await;
    }
    let watch = tokio::spawn(watch_health(kernel.clone(), reporter.clone()));
    let hub = tokio::spawn({
        let kernel = kernel.clone();
        async move { kernel.hub().run(&kernel).await }
    });
    // Whoever watches the health has a call under way that would never end.
    let shutdown = async {
        shutdown.await;
        for part in ["", "clock"] {
            reporter.clear_service_status(part).await;
        }
    };
    let reflection = reflection
        .then(|| {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(rolo_proto::FILE_DESCRIPTOR_SET)
                .build_v1()
        })
        .transpose()
        .map_err(|e| Error::Internal(format!("reflection: {e}")))?;
    macro_rules! sized {
        ($server:ident, $service:expr) => {
            $server::new($service).max_decoding_message_size(MOST_REQUEST).max_encoding_message_size(MOST_REPLY)
        };
    }
    let served = Server::builder()
        .layer(AuthLayer { kernel: kernel.clone() })
        .concurrency_limit_per_connection(256)
        .max_concurrent_streams(256)
        .http2_max_header_list_size(16 << 10)
        .http2_max_pending_accept_reset_streams(Some(64))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .add_service(health)
        .add_optional_service(reflection)
        .add_service(sized!(SessionServiceServer, sessions::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(UserServiceServer, users::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(DictionaryServiceServer, dictionary::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(CustomerServiceServer, customers::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(ContactServiceServer, contacts::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(InteractionServiceServer, interactions::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(WatchServiceServer, watch::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(NoticeServiceServer, notices::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(BulkServiceServer, bulk::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(ViewServiceServer, views::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(OpportunityServiceServer, opportunities::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(ProductServiceServer, products::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(OperationServiceServer, operations::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(ImportServiceServer, imports::rpc::Service { kernel: kernel.clone() }))
        .add_service(sized!(HostServiceServer, host::rpc::Service { kernel: kernel.clone() }))
        .serve_with_incoming_shutdown(
            tokio_stream::StreamExt::map(ReceiverStream::new(connections), Ok::<_, io::Error>),
            async {
                shutdown.await;
                // Streams that would never end by themselves.
                kernel.close_streams();
            },
        )
        .await;
    watch.abort();
    hub.abort();
    served.map_err(|e| Error::Unavailable(format!("the transport failed: {e}")))
}

/// How long a step of the clock shows in the health of the service `clock`.
const CLOCK_TRUSTED: Millis = DAY;

fn serving_status(well: bool) -> tonic_health::ServingStatus {
    if well { tonic_health::ServingStatus::Serving } else { tonic_health::ServingStatus::NotServing }
}

/// Follows whether writes are possible (the health of the whole) and whether the clock can be trusted, and does the minute's housekeeping.
async fn watch_health(kernel: Kernel, reporter: tonic_health::server::HealthReporter) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let (mut serving, mut trusted) = (true, true);
    for beat in 0_u64.. {
        tick.tick().await;
        let now = kernel.db().stopped().is_none();
        if now != serving {
            serving = now;
            reporter.set_service_status("", serving_status(now)).await;
        }
        let even = kernel.clock().even_for().is_none_or(|time| time > CLOCK_TRUSTED);
        if even != trusted {
            trusted = even;
            reporter.set_service_status("clock", serving_status(even)).await;
        }
        if let Err(error) = kernel.note_steps().await {
            tracing::debug!(%error, "a step of the clock could not be logged yet");
        }
        if beat % 60 == 59 {
            kernel.sweep();
        }
    }
}
