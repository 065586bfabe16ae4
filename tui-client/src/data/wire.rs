//! Byte streams to a server, and what can be wrong with them, in words: how a stream is made is a [`Connector`]'s
//! business, and it is run again whenever a connection has gone.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use rolo_proto::join::{Address, Fingerprint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use super::{Failure, Reason, trust::Trust};

/// A byte stream to a server, whatever it runs over.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Makes a new stream to the server; run for the first connection and again whenever one has gone.
pub type Connector = Arc<dyn Fn() -> futures::future::BoxFuture<'static, io::Result<Box<dyn Wire>>> + Send + Sync>;

/// How long finding the machine, connecting and agreeing on the encryption may each take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A Unix socket.
pub fn unix(path: PathBuf) -> Connector {
    Arc::new(move || {
        let path = path.clone();
        Box::pin(async move {
            let stream = tokio::net::UnixStream::connect(&path).await.map_err(|error| {
                let trouble = match error.kind() {
                    // The socket's file goes with its server.
                    io::ErrorKind::NotFound => Trouble::NobodyListens,
                    io::ErrorKind::PermissionDenied => Trouble::NotForUs,
                    _ => Trouble::of(&error),
                };
                trouble.at(format!("unix:{}", path.display()))
            })?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    })
}

/// Plaintext TCP, to the loopback only.
pub fn loopback(address: SocketAddr) -> Connector {
    Arc::new(move || {
        Box::pin(async move {
            if !address.ip().is_loopback() {
                return Err(io::Error::other("plaintext is spoken on the loopback only"));
            }
            let stream = dial(&[address]).await.map_err(|trouble| trouble.at(format!("plain:{address}")))?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    })
}

/// TLS over TCP, to a server that is trusted for its certificate.
pub fn tls(address: Address, trust: Trust) -> Connector {
    Arc::new(move || {
        let (address, trust) = (address.clone(), trust.clone());
        Box::pin(async move {
            let encrypted = async {
                let found = timeout(PATIENCE, tokio::net::lookup_host((address.host(), address.port())));
                let found: Vec<_> = found
                    .await
                    .map_err(|_| Trouble::NoAnswer)?
                    .map_err(|error| Trouble::NoSuchHost(error.to_string()))?
                    .collect();
                let stream = dial(&found).await?;
                timeout(PATIENCE, trust.encrypt(&address, stream)).await.map_err(|_| Trouble::NoAnswer)?
            };
            let stream = encrypted.await.map_err(|trouble| trouble.at(address.to_string()))?;
            Ok(Box::new(stream) as Box<dyn Wire>)
        })
    })
}

async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    let stream = timeout(PATIENCE, TcpStream::connect(addresses)).await.map_err(|_| Trouble::NoAnswer)?;
    let stream = stream.map_err(|error| Trouble::of(&error))?;
    // Small messages must not wait for one another; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// What is wrong with the way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The name leads nowhere; what the resolver says.
    NoSuchHost(String),
    /// The machine is there, and nobody listens.
    NobodyListens,
    /// A socket of this machine that is not for this account.
    NotForUs,
    /// Nothing came back in time.
    NoAnswer,
    /// The connection ended before it stood.
    Closed,
    /// Not a server that speaks TLS.
    NotEncrypted,
    /// A server that speaks TLS, spoken to without.
    Encrypted,
    /// No way of encrypting that both can; what the other side says.
    Disagreed(String),
    /// A certificate that nobody vouches for, seen for the first time.
    Unknown(Fingerprint),
    /// Another certificate than the one that was pinned.
    Changed {
        /// The one that was.
        pinned: Fingerprint,
        /// The one that is.
        shown: Fingerprint,
    },
    /// Not signed by the company's CA for this name and time; what is wrong, in English and Chinese.
    NotOfCa(&'static str, &'static str),
    /// Anything else.
    Other(String),
}

/// A trouble, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// As a person says it.
    pub address: String,
    /// What is wrong.
    pub trouble: Trouble,
}

impl Trouble {
    /// At this address, as the error of a stream.
    fn at(self, address: String) -> io::Error {
        io::Error::other(WireError { address, trouble: self })
    }

    /// What an error of the network means.
    pub(super) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => Self::NobodyListens,
            Kind::TimedOut | Kind::HostUnreachable | Kind::NetworkUnreachable => Self::NoAnswer,
            Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Self::Closed,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl WireError {
    /// What a connector's error means.
    pub(super) fn of(error: &io::Error) -> Self {
        let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        let other = || Self { address: String::new(), trouble: Trouble::Other(error.to_string()) };
        ours.cloned().unwrap_or_else(other)
    }

    /// What happened and what to do.
    pub fn failure(&self) -> Failure {
        let a = &self.address;
        let (en, zh) = match &self.trouble {
            Trouble::NoSuchHost(_) => (
                format!("{a}: no machine of this name was found; is the address right, and the network there?"),
                format!("{a}：找不到该主机，请检查地址和网络"),
            ),
            Trouble::NobodyListens => (
                format!("{a}: nobody listens there; is rolod running, and the address right (--server)?"),
                format!("{a}：该地址没有服务，请确认 rolod 已启动、地址（--server）无误"),
            ),
            Trouble::NotForUs => (
                format!(
                    "{a} is not for your account on this machine; its administrator can add one for a group: rolod \
                     serve --listen unix:PATH"
                ),
                format!("{a} 不对当前系统用户开放；管理员可用 rolod serve --listen unix:路径 为用户组另开一个"),
            ),
            Trouble::NoAnswer => (
                format!("{a}: no answer in time; the network or the server is away"),
                format!("{a}：超时未响应，网络或服务器暂不可用"),
            ),
            Trouble::Closed => (
                format!("{a} closed the connection; it may be full, or no Rolo server"),
                format!("{a} 关闭了连接：可能连接已满，或不是 Rolo 服务器"),
            ),
            Trouble::NotEncrypted => (
                format!(
                    "{a} does not speak TLS: its administrator can add it with rolod tls init; an unencrypted server \
                     on this machine is --server plain:{a}"
                ),
                format!("{a} 未启用 TLS：管理员可用 rolod tls init 添加；本机的未加密服务器请用 --server plain:{a}"),
            ),
            Trouble::Encrypted => {
                ("the server speaks TLS: leave out plain:".to_owned(), "服务器已启用 TLS：请去掉 plain:".to_owned())
            }
            Trouble::Disagreed(_) => (
                format!("{a}: no encryption was agreed on; is it a Rolo server of this version?"),
                format!("{a}：无法协商加密，请确认它是同版本的 Rolo 服务器"),
            ),
            Trouble::Other(text) if a.is_empty() => (text.clone(), text.clone()),
            Trouble::Other(text) => (format!("{a}: {text}"), format!("{a}：{text}")),
            Trouble::Unknown(_) | Trouble::Changed { .. } | Trouble::NotOfCa(..) => return self.distrust(),
        };
        Failure { worded: false, ..Failure::local(Reason::Unavailable, en, zh) }
    }

    /// Not to be tried again before a person has decided.
    fn distrust(&self) -> Failure {
        let a = &self.address;
        let mut details = vec![("server", a.clone())];
        let (en, zh) = match &self.trouble {
            Trouble::Changed { pinned, shown } => {
                details.extend([("pinned", pinned.to_string()), ("fingerprint", shown.to_string())]);
                (
                    format!(
                        "Stopped: the certificate of {a} is not the one that was pinned. Either its administrator made \
                         a new one, or somebody else answers in its place. Nothing was sent.\n  pinned {pinned}\n  now    \
                         {shown}\nAsk the administrator; if the new one is right: rolo servers forget {a}, then rolo \
                         join CODE"
                    ),
                    format!(
                        "已停止：{a} 的证书与之前固定的不同。可能是管理员更换了证书，也可能有人冒充该服务器。未发送任何数据。\
                         \n  原指纹 {pinned}\n  现指纹 {shown}\n请向管理员核实；确认无误后运行：rolo servers forget {a}，\
                         再运行 rolo join 连接码"
                    ),
                )
            }
            Trouble::Unknown(shown) => {
                details.push(("fingerprint", shown.to_string()));
                (
                    format!(
                        "{a} is not known here yet, and no public CA vouches for it. Its certificate is\n  {shown}\nAsk \
                         its administrator for the join code and run rolo join CODE, or run rolo --server {a} login in a \
                         terminal and compare"
                    ),
                    format!(
                        "尚未信任 {a}，其证书也没有公共 CA 签名。证书指纹：\n  {shown}\n请向管理员索取连接码并运行 rolo \
                         join 连接码，或在终端运行 rolo --server {a} login 并核对指纹"
                    ),
                )
            }
            Trouble::NotOfCa(en, zh) => (
                format!("Stopped: {a} shows a certificate that your CA does not vouch for: {en}. Nothing was sent"),
                format!("已停止：{a} 的证书未通过所配置 CA 的验证：{zh}。未发送任何数据"),
            ),
            _ => return self.failure(),
        };
        let mut failure = Failure::local(Reason::Untrusted, en, zh);
        failure.details.extend(details.into_iter().map(|(key, value)| (key.to_owned(), value)));
        failure
    }
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.address, self.trouble)
    }
}

impl std::error::Error for WireError {}

/// What is wrong with the way at the moment; shared by the calls and the streams they run over.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<Option<WireError>>>);

impl Troubles {
    /// What is wrong; nothing while a connection stands.
    pub(super) fn now(&self) -> Option<WireError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<WireError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Runs a connector and notes how it went.
    pub(super) async fn connect(self, connector: Connector) -> io::Result<Watched> {
        match connector().await {
            Ok(wire) => {
                self.set(None);
                Ok(Watched { wire, heard: false, troubles: self })
            }
            Err(error) => {
                tracing::debug!(%error, "no connection");
                self.set(Some(WireError::of(&error)));
                Err(error)
            }
        }
    }
}

/// The first byte of a TLS server's complaint about something that is not TLS; HTTP/2 never begins with it.
const TLS_ALERT: u8 = 0x15;

/// A stream whose first byte is looked at: an encrypted server that is spoken to without encryption says so with it.
pub(super) struct Watched {
    wire: Box<dyn Wire>,
    heard: bool,
    troubles: Troubles,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(cx, buf);
        if !self.heard
            && let Some(first) = buf.filled().get(before)
        {
            self.heard = true;
            if *first == TLS_ALERT {
                self.troubles.set(Some(WireError { address: String::new(), trouble: Trouble::Encrypted }));
            }
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
