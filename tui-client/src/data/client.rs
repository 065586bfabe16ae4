//! The calls: one channel, the bearer token, a deadline on every call, and the repetition of calls whose outcome is
//! unknown.
//!
//! How the server is reached is the connector's business ([`super::wire`], [`super::connect`]): it is run again whenever
//! the connection has gone, so that a client finds the next owner of a data directory by the ordinary path (`design.md`
//! §1).

use std::{
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use rolo_proto::v1::{
    self, contact_service_client::ContactServiceClient, customer_service_client::CustomerServiceClient,
    dictionary_service_client::DictionaryServiceClient, import_service_client::ImportServiceClient,
    interaction_service_client::InteractionServiceClient, operation_service_client::OperationServiceClient,
    opportunity_service_client::OpportunityServiceClient, product_service_client::ProductServiceClient,
    session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

pub use super::wire::{Connector, Wire};
use super::{Failure, Reason, scrub::Scrub, wire::Troubles};

/// A call's deadline where nothing else is said.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// The deadline of exports, imports, undo and reports.
pub const LONG_DEADLINE: Duration = Duration::from_secs(60);
/// Replies above this size are refused; tonic's own bound of 4 MiB is too small for a page of an export.
const MAX_REPLY: usize = 16 * 1024 * 1024;
/// After how long a silent peer is asked whether it is there, and how long it may take to say so.
const PING_AFTER: Duration = Duration::from_secs(3);
const PONG_WITHIN: Duration = Duration::from_secs(5);
/// How often a call with an unknown outcome is made, the first time included. With the pauses between (50 ms, then
/// doubled, at most 1 s, and somewhat less of each) that bridges about 3 s: longer than a take-over of a data directory.
const ATTEMPTS: u32 = 8;

/// The way to a server, with the session of one person. Clones are cheap and share both: signing in again through one
/// clone is seen by all.
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    token: Arc<RwLock<Option<SecretString>>>,
    deadline: Duration,
    attempts: u32,
    troubles: Troubles,
    reached: watch::Sender<bool>,
}

/// What the generated clients speak through.
pub type Signed = InterceptedService<Channel, Bearer>;

/// Puts the token and the deadline on a call.
#[derive(Clone)]
pub struct Bearer {
    authorization: Option<MetadataValue<Ascii>>,
    deadline: Duration,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.authorization {
            request.metadata_mut().insert("authorization", value.clone());
        }
        request.set_timeout(self.deadline);
        Ok(request)
    }
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $client:ident;)*) => {
        $($(#[$doc])* pub fn $name(&self) -> $client<Signed> {
            $client::with_interceptor(self.channel.clone(), self.bearer()).max_decoding_message_size(MAX_REPLY)
        })*
    };
}

impl Client {
    /// A client over streams that `connector` makes. Nothing is connected before the first call.
    pub fn new(connector: Connector) -> Self {
        let troubles = Troubles::default();
        // The authority is never resolved: the connector knows where to go. While a call waits, a peer that says nothing
        // is asked whether it is still there; at rest nothing is sent.
        let endpoint = Endpoint::from_static("http://rolo.invalid")
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING_AFTER)
            .keep_alive_timeout(PONG_WITHIN)
            .keep_alive_while_idle(false);
        let channel = endpoint.connect_with_connector_lazy(tower::service_fn({
            let troubles = troubles.clone();
            move |_: Uri| {
                let connecting = troubles.clone().connect(connector.clone());
                async move { connecting.await.map(TokioIo::new) }
            }
        }));
        let (reached, _) = watch::channel(true);
        Self { channel, token: Arc::default(), deadline: DEADLINE, attempts: ATTEMPTS, troubles, reached }
    }

    /// Whether the last attempt of any call got an answer.
    pub fn reached(&self) -> watch::Receiver<bool> {
        self.reached.subscribe()
    }

    /// The same client whose calls have this deadline.
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The same client for exports, imports and undo.
    pub fn patient(&self) -> Self {
        self.with_deadline(LONG_DEADLINE)
    }

    /// The same client that makes a call at most this often.
    pub fn with_attempts(&self, attempts: u32) -> Self {
        Self { attempts, ..self.clone() }
    }

    /// Signs every further call with this token, or with none.
    pub fn set_token(&self, token: Option<SecretString>) {
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Whether there is a token; it may have expired.
    pub fn has_token(&self) -> bool {
        self.token.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The token, to be kept in the state directory.
    pub fn token(&self) -> Option<SecretString> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn bearer(&self) -> Bearer {
        let authorization = self.token().and_then(|token| {
            let mut value = MetadataValue::try_from(format!("Bearer {}", token.expose_secret())).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Bearer { authorization, deadline: self.deadline }
    }

    services! {
        /// Signing in and out.
        sessions: SessionServiceClient;
        /// Looking people up.
        users: UserServiceClient;
        /// Customers.
        customers: CustomerServiceClient;
        /// Contacts.
        contacts: ContactServiceClient;
        /// Interactions.
        interactions: InteractionServiceClient;
        /// The data dictionary.
        dictionary: DictionaryServiceClient;
        /// Undo.
        operations: OperationServiceClient;
        /// Imports.
        imports: ImportServiceClient;
        /// Opportunities and their plans.
        opportunities: OpportunityServiceClient;
        /// The product catalogue.
        products: ProductServiceClient;
    }

    /// Makes a call until its outcome is known. The message goes out unchanged each time, so a write is repeated under
    /// the request id that it carries and happens once; a write without one must go through [`Self::call_once`].
    ///
    /// `client.call(request, |c, r| async move { c.customers().get_customer(r).await })`
    pub async fn call<Req, Res, F, Fut>(&self, request: Req, method: F) -> Result<Res, Failure>
    where
        Req: Clone,
        Res: Scrub,
        F: Fn(Self, Req) -> Fut,
        Fut: Future<Output = Result<Response<Res>, Status>>,
    {
        let mut attempt = 1;
        loop {
            match self.once(request.clone(), &method).await {
                Err(failure) if failure.is_retryable() && attempt < self.attempts => {
                    let pause = Duration::from_millis(50 << (attempt - 1)).min(Duration::from_secs(1));
                    let pause = failure.retry_after.unwrap_or_else(|| jittered(pause));
                    tokio::time::sleep(pause.min(Duration::from_secs(5))).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Makes a call that must not be repeated on its own: signing in, changing a password.
    pub async fn call_once<Req, Res, F, Fut>(&self, request: Req, method: F) -> Result<Res, Failure>
    where
        Res: Scrub,
        F: Fn(Self, Req) -> Fut,
        Fut: Future<Output = Result<Response<Res>, Status>>,
    {
        self.once(request, &method).await
    }

    async fn once<Req, Res, F, Fut>(&self, request: Req, method: &F) -> Result<Res, Failure>
    where
        Res: Scrub,
        F: Fn(Self, Req) -> Fut,
        Fut: Future<Output = Result<Response<Res>, Status>>,
    {
        // The channel's own deadline starts when the connection stands; this one also bounds the connecting.
        let outcome = match tokio::time::timeout(self.deadline * 2, method(self.clone(), request)).await {
            Ok(Ok(response)) => {
                let mut message = response.into_inner();
                message.scrub();
                Ok(message)
            }
            Ok(Err(status)) => Err(self.failure(status)),
            Err(_) => Err(self.failure(Status::deadline_exceeded("no answer in time"))),
        };
        let reached = outcome.as_ref().err().is_none_or(|failure: &Failure| !failure.is_unreached());
        self.reached.send_if_modified(|before| std::mem::replace(before, reached) != reached);
        outcome
    }

    /// What a status means; where it is not the server's and there is no connection, what is wrong with the way.
    fn failure(&self, status: Status) -> Failure {
        match self.troubles.now() {
            Some(trouble) if status.details().is_empty() => trouble.failure(),
            _ => Failure::from(status),
        }
    }

    /// Signs in and keeps the token for all further calls of all clones.
    pub async fn sign_in(&self, name: &str, password: &SecretString) -> Result<v1::Session, Failure> {
        let request = v1::SignInRequest {
            name: name.to_owned(),
            password: password.expose_secret().to_owned(),
            client: concat!("rolo ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let reply: v1::SignInResponse =
            self.call_once(request, |c, r| async move { c.sessions().sign_in(r).await }).await?;
        self.set_token(Some(reply.token.into()));
        reply.session.ok_or_else(|| Failure::local(Reason::Internal, "no session in the reply", "回应中没有会话"))
    }

    /// Who is signed in and what they may do.
    pub async fn session(&self) -> Result<v1::Session, Failure> {
        self.call(v1::GetSessionRequest {}, |c, r| async move { c.sessions().get_session(r).await }).await
    }

    /// Which database this is; needs no session.
    pub async fn instance(&self) -> Result<v1::Instance, Failure> {
        self.call(v1::GetInstanceRequest {}, |c, r| async move { c.sessions().get_instance(r).await }).await
    }

    /// Takes an operation back (0: the newest), telling `progress` of each slice; answers the last word of the server.
    /// When the connection breaks on the way, the same request id carries on.
    pub async fn undo(
        &self,
        request: v1::UndoRequest,
        mut progress: impl FnMut(&v1::UndoProgress) + Send,
    ) -> Result<v1::UndoProgress, Failure> {
        let client = self.patient();
        let mut attempt = 1;
        loop {
            let failure = match client.undo_once(request.clone(), &mut progress).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            if !failure.is_retryable() || attempt >= self.attempts {
                return Err(failure);
            }
            tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            attempt += 1;
        }
    }

    async fn undo_once(
        &self,
        request: v1::UndoRequest,
        progress: &mut (impl FnMut(&v1::UndoProgress) + Send),
    ) -> Result<v1::UndoProgress, Failure> {
        let mut stream = self.operations().undo(request).await.map_err(|status| self.failure(status))?.into_inner();
        let mut last = None;
        loop {
            let next = tokio::time::timeout(self.deadline, stream.message())
                .await
                .map_err(|_| Status::deadline_exceeded("no progress in time"))??;
            let Some(mut step) = next else { break };
            step.scrub();
            progress(&step);
            last = Some(step);
        }
        last.filter(|l: &v1::UndoProgress| l.finished)
            .ok_or_else(|| Failure::from(Status::unavailable("the undo ended early")))
    }
}

/// Somewhere between half of a pause and all of it: clients that lost one server do not come back as one.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the pause is simply kept.
    match getrandom::fill(&mut byte) {
        Ok(()) => pause.mul_f64(0.5 + f64::from(byte[0]) / 512.0),
        Err(_) => pause,
    }
}

/// A new name for a write: the same id again changes nothing more. 128 random bits in hex.
pub fn new_request_id() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Without a source of randomness the time and the process still make the id unique on this machine.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        bytes = (now ^ (u128::from(std::process::id()) << 96)).to_be_bytes();
    }
    bytes.iter().fold(String::with_capacity(32), |mut hex, b| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{b:02x}");
        hex
    })
}
