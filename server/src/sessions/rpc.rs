//! SessionService.

use std::sync::{Arc, atomic::Ordering};

use rolo_proto::v1::{self as pb, session_service_server::SessionService};
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status};

use super::{
    cache::{self, Moment},
    rules, store,
};
use crate::{
    audit::{Changes, Entry, Refusal},
    authz::Actor,
    clock::MINUTE,
    db::{Lane, Write},
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::{
        guard::{Caller, View},
        page::hex,
        server::Peer,
    },
    text, users,
};

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn sign_in(&self, request: Request<pb::SignInRequest>) -> Result<Response<pb::SignInResponse>, Status> {
        let origin = request.extensions().get::<Peer>().cloned().unwrap_or_default().origin();
        Ok(Response::new(self.kernel.sign_in(request.into_inner(), origin).await?))
    }

    async fn get_instance(&self, _: Request<pb::GetInstanceRequest>) -> Result<Response<pb::Instance>, Status> {
        Ok(Response::new(instance(&self.kernel)))
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Result<Response<pb::Session>, Status> {
        let caller = Caller::of(&request)?;
        let kernel = self.kernel.clone();
        let session = self.kernel.view(&caller, move |view| describe(&kernel, view)).await?;
        Ok(Response::new(session))
    }

    async fn sign_out(&self, request: Request<pb::SignOutRequest>) -> Result<Response<pb::SignOutResponse>, Status> {
        let caller = Caller::of(&request)?;
        let session_id = caller.actor.session_id;
        let ended = self
            .kernel
            .end_sessions(&caller, "sign_out", move |write| store::end(write.tx, session_id, write.now))
            .await?;
        Ok(Response::new(pb::SignOutResponse { ended }))
    }

    async fn sign_out_everywhere(
        &self,
        request: Request<pb::SignOutEverywhereRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        let caller = Caller::of(&request)?;
        let user_id = caller.actor.user_id;
        let ended = self
            .kernel
            .end_sessions(&caller, "sign_out_everywhere", move |write| {
                store::end_others(write.tx, user_id, 0, write.now)
            })
            .await?;
        Ok(Response::new(pb::SignOutResponse { ended }))
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ended = self.kernel.change_password(&caller, request.into_inner()).await?;
        Ok(Response::new(pb::ChangePasswordResponse { ended }))
    }
}

fn instance(kernel: &Kernel) -> pb::Instance {
    let settings = kernel.settings();
    pb::Instance {
        id: settings.instance_id.clone(),
        company: settings.company.clone(),
        language: settings.language.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// What the person signed in sees of their own session.
fn describe(kernel: &Kernel, view: &View<'_>) -> Result<pb::Session> {
    let actor = view.actor;
    let created_at: Option<i64> =
        view.tx.query_opt("SELECT created_at FROM session WHERE id = ?1", [actor.session_id], |row| row.get(0))?;
    Ok(pb::Session {
        user: Some(pb::UserRef {
            id: actor.user_id,
            name: actor.name.clone(),
            display_name: actor.display_name.clone(),
            active: true,
        }),
        roles: users::store::roles(view.tx, actor.user_id)?,
        capabilities: actor.capabilities().into_iter().map(Into::into).collect(),
        must_change_password: actor.must_change_password,
        instance: Some(instance(kernel)),
        time_zone: view.settings.time_zone.name().into(),
        currency: view.settings.currency.clone(),
        now: view.now,
        expires_at: created_at.unwrap_or(view.now) + rules::ABSOLUTE,
        sequence: crate::watch::hub::newest(view.tx)?,
    })
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn audit(write: &mut Write<'_>, user_id: i64, session_id: i64, verb: &str) -> Result<()> {
    let changes = Changes::new();
    let entry = Entry {
        operation_id: 0,
        user_id,
        session_id,
        at: write.now,
        verb,
        kind: pb::Kind::Session,
        record_id: session_id,
        revision: 0,
        parent_id: 0,
        changes: &changes,
    };
    write.chain.append(write.tx, &entry).map(drop)
}

impl Kernel {
    /// The person behind a token. `used`: they are at work, which keeps the session open.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` if there is no open session of that token.
    pub async fn caller_by_token(&self, token: &str, used: bool) -> Result<Caller> {
        let moment = Moment { now: self.clock().now(), steady: self.clock().steady(), used };
        let now = moment.now;
        let hash = token_hash(token);
        let generation = self.sessions().generation();
        let session = match self.sessions().get(&hash, moment) {
            Some(session) => session,
            None => self.load_session(hash, moment, generation).await?,
        };
        let written = session.written_at.load(Ordering::Relaxed);
        // A clock that steps back is followed.
        if used
            && (now - written).abs() >= rules::SEEN_GRAIN
            && session.written_at.compare_exchange(written, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            let id = session.actor.session_id;
            self.db().write_lossy(move |write| store::touch(write.tx, id, now));
        }
        Ok(Caller { actor: Arc::clone(&session.actor), generation, origin: String::new() })
    }

    async fn load_session(&self, hash: [u8; 32], moment: Moment, generation: u64) -> Result<Arc<cache::Session>> {
        let found = self.db().read(move |tx| store::find(tx, &hash)).await?;
        let session = found.map(Arc::new).ok_or(Error::Unauthenticated)?;
        match self.sessions().put(hash, &session, generation, moment) {
            true => Ok(session),
            false => Err(Error::Unauthenticated),
        }
    }

    async fn sign_in(&self, request: pb::SignInRequest, origin: String) -> Result<pb::SignInResponse> {
        let name = text::fold(&request.name);
        if let Some(seconds) = self.soft_locks().attempt(&name, &origin, self.clock().steady()) {
            return Err(Error::Throttled(seconds));
        }
        let account = {
            let name = name.clone();
            self.db().read(move |tx| store::account(tx, &name)).await?
        };
        let stored = account.as_ref().filter(|account| account.active).map(|account| account.password.clone());
        let right = self.verify_password(request.password, stored).await?;
        let Some(account) = account.filter(|_| right) else {
            self.db().write_lossy(|write| audit(write, 0, 0, "sign_in_failed"));
            return Err(Error::BadCredentials);
        };
        self.soft_locks().succeed(&name, &origin, self.clock().steady());
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
        let token = hex(&bytes);
        let hash = token_hash(&token);
        let client = text::scrub(&request.client, false).chars().take(100).collect::<String>();
        let kernel = self.clone();
        let session = self
            .db()
            .write(Lane::People, move |write| {
                // The account may have been disabled, or its password changed, while the hash was computed.
                let still = store::account_of(write.tx, account.id)?
                    .is_some_and(|now| now.active && now.password == account.password);
                if !still {
                    return Err(Error::BadCredentials);
                }
                let session_id = store::open(write.tx, account.id, &hash, &client, write.now)?;
                audit(write, account.id, session_id, "sign_in")?;
                let actor = Actor::load(write.tx, account.id, session_id)?.ok_or(Error::BadCredentials)?;
                let settings = kernel.settings();
                describe(&kernel, &View { tx: write.tx, actor: &actor, now: write.now, settings: &settings })
            })
            .await?;
        Ok(pb::SignInResponse { token, session: Some(session) })
    }

    async fn end_sessions(
        &self,
        caller: &Caller,
        verb: &'static str,
        end: impl FnOnce(&mut Write<'_>) -> Result<usize> + Send + 'static,
    ) -> Result<i32> {
        let (kernel, actor) = (self.clone(), Arc::clone(&caller.actor));
        let ended = self
            .db()
            .write(Lane::People, move |write| {
                let ended = end(write)?;
                audit(write, actor.user_id, actor.session_id, verb)?;
                kernel.sessions().invalidate();
                Ok(ended)
            })
            .await;
        self.sessions().invalidate();
        Ok(i32::try_from(ended?).unwrap_or(i32::MAX))
    }

    async fn change_password(&self, caller: &Caller, request: pb::ChangePasswordRequest) -> Result<i32> {
        let (user_id, session_id) = (caller.actor.user_id, caller.actor.session_id);
        let name = caller.actor.name.clone();
        let lock = format!("change:{user_id}");
        if let Some(seconds) = self.soft_locks().attempt(&lock, &caller.origin, self.clock().steady()) {
            return Err(Error::Throttled(seconds));
        }
        let account = self.db().read(move |tx| store::account_of(tx, user_id)).await?.ok_or(Error::Unauthenticated)?;
        if !self.verify_password(request.old_password.clone(), Some(account.password.clone())).await? {
            return Err(Error::field("old_password", Fault::Malformed("password")));
        }
        self.soft_locks().succeed(&lock, &caller.origin, self.clock().steady());
        rules::check_password("new_password", &name, &request.new_password)?;
        if request.new_password == request.old_password {
            return Err(Error::field("new_password", Fault::Malformed("password")));
        }
        let hash = self.hash_password(request.new_password).await?;
        self.end_sessions(caller, "change_password", move |write| {
            let unchanged = store::account_of(write.tx, user_id)?.is_some_and(|now| now.password == account.password);
            if !unchanged {
                return Err(Error::Unauthenticated);
            }
            users::store::set_password(write.tx, user_id, &hash, false)?;
            store::end_others(write.tx, user_id, session_id, write.now)
        })
        .await
    }

    /// Logs a refusal that happened outside a write; at most one row a person, method, reason and minute.
    pub fn log_refusal(&self, caller: &Caller, path: &str, cause: &Error) {
        let Some(method) = crate::authz::policy::METHODS.iter().map(|(method, _)| *method).find(|m| *m == path) else {
            return;
        };
        let refusal = Refusal {
            user_id: caller.actor.user_id,
            session_id: caller.actor.session_id,
            method,
            kind: pb::Kind::Unspecified,
            record_id: 0,
        };
        let reason = cause.reason();
        if !self.refusals().read(refusal.user_id, method, reason, self.clock().steady() / MINUTE) {
            return;
        }
        let cause = Error::Forbidden(reason.into());
        self.db().write_lossy(move |write| refusal.log(write, &cause));
    }
}
