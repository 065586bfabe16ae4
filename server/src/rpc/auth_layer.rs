//! The door of the server: every call passes here before any handler.
//!
//! Deny by default: a path without a row in [`policy::METHODS`] is refused. The caller's identity comes from the bearer
//! token and from nothing else in the request. A panic in a handler ends its call, not the server.

use std::{
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::FutureExt;
use http::{Request, Response};
use tonic::{Status, body::Body, server::NamedService};
use tower::{Layer, Service};

use super::{guard::Caller, server::Peer, status};
use crate::{
    authz::policy::{self, Access},
    error::{Error, Result},
    kernel::Kernel,
};

/// The metadata of calls that a program makes while nobody is at it: they do not keep a session from ending.
const AWAY: &str = "rolo-away";

/// Puts [`Auth`] before a service.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    /// The kernel that knows the sessions.
    pub kernel: Kernel,
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;
    fn layer(&self, inner: S) -> Auth<S> {
        Auth { kernel: self.kernel.clone(), inner }
    }
}

/// Lets a call through to `inner` if its caller may make it.
#[derive(Debug, Clone)]
pub struct Auth<S> {
    kernel: Kernel,
    inner: S,
}

impl<S: NamedService> NamedService for Auth<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Auth<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let kernel = self.kernel.clone();
        // The clone that was polled ready must be the one that is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let door = Door::of(&request);
            match admit(&kernel, door).await {
                Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
                Ok(None) => {}
                Err(error) => return Ok(Status::from(error).into_http()),
            }
            match AssertUnwindSafe(inner.call(request)).catch_unwind().await {
                Ok(Ok(answer)) if is_unreadable(&answer) => Ok(status::unreadable().into_http()),
                Ok(answer) => answer,
                Err(_) => Ok(Status::from(Error::Internal("a handler panicked".into())).into_http()),
            }
        })
    }
}

/// Whether the message of a call could not be decoded. tonic calls that its own defect; it is the caller's. Every
/// `INTERNAL` of ours carries details.
fn is_unreadable(answer: &Response<Body>) -> bool {
    let headers = answer.headers();
    headers.get("grpc-status").is_some_and(|code| code == "13") && !headers.contains_key("grpc-status-details-bin")
}

/// What of a request decides whether it comes in.
struct Door {
    path: String,
    token: Option<String>,
    /// A person is at work, not their program alone.
    used: bool,
    peer: Peer,
}

impl Door {
    fn of(request: &Request<Body>) -> Self {
        let bearer = request.headers().get(http::header::AUTHORIZATION);
        let token = bearer.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned));
        let peer = request.extensions().get::<Peer>().cloned().unwrap_or_default();
        let used = !request.headers().contains_key(AWAY);
        Self { path: request.uri().path().to_owned(), token, used, peer }
    }
}

/// Who calls, if they may make this call; none for a public method.
async fn admit(kernel: &Kernel, door: Door) -> Result<Option<Caller>> {
    let Some(access) = policy::access(&door.path) else {
        return Err(Error::Forbidden("no such method".into()));
    };
    let needed = match access {
        Access::Public => return Ok(None),
        Access::Host if door.peer.owns_directory() => return Ok(Some(kernel.host_caller(door.peer.origin()))),
        Access::Host => return Err(Error::Forbidden("host".into())),
        Access::Session => None,
        Access::Needs(permission) => Some(permission),
    };
    let token = door.token.ok_or(Error::Unauthenticated)?;
    let mut caller = kernel.caller_by_token(&token, door.used).await?;
    caller.origin = door.peer.origin();
    if caller.actor.must_change_password && !without_own_password(&door.path) {
        return Err(Error::PasswordChangeRequired);
    }
    if let Some(refusal) = needed.and_then(|permission| caller.actor.require(permission).err()) {
        kernel.log_refusal(&caller, &door.path, &refusal);
        return Err(refusal);
    }
    Ok(Some(caller))
}

/// What a person with a one-time password may do before changing it.
fn without_own_password(path: &str) -> bool {
    path.starts_with("/rolo.v1.SessionService/")
}

impl Kernel {
    fn host_caller(&self, origin: String) -> Caller {
        Caller { actor: Arc::new(crate::authz::Actor::host()), generation: self.sessions().generation(), origin }
    }
}
