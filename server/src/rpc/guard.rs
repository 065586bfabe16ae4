//! The way of every call through the kernel: who calls, a read, or a change with idempotency and audit.

use std::sync::Arc;

use prost::Message;
use rolo_proto::v1::Kind;
use tonic::Request;

use crate::{
    audit::Refusal,
    authz::Actor,
    change::{Change, Done},
    clock::Millis,
    db::{Lane, Tx, Write, params},
    error::{Error, Fault, Result},
    kernel::Kernel,
    sessions::rules,
    settings::Settings,
};

/// Who calls, as the auth layer found it; in the request's extensions.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person and their rights.
    pub actor: Arc<Actor>,
    /// The generation of rights that `actor` was loaded in.
    pub generation: u64,
    /// Where the call comes from, for throttling.
    pub origin: String,
}

impl Caller {
    /// The caller of a request.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` if the auth layer let nobody in, which a public method must expect.
    pub fn of<T>(request: &Request<T>) -> Result<Self> {
        request.extensions().get::<Self>().cloned().ok_or(Error::Unauthenticated)
    }
}

/// What a reading handler works with.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The transaction.
    pub tx: &'a Tx<'a>,
    /// Who asks.
    pub actor: &'a Actor,
    /// When.
    pub now: Millis,
    /// The company's settings.
    pub settings: &'a Settings,
}

/// A mutating call: what it is called, what it is about, and which request it is.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method's name, as the audit log and the list of operations show it.
    pub method: &'static str,
    /// The kind of record it is about.
    pub kind: Kind,
    /// The record; 0 for a new one.
    pub record_id: i64,
    /// Whether undo can take it back.
    pub reversible: bool,
    request_id: String,
    hash: [u8; 32],
}

impl Call {
    /// A call about a record, reversible.
    pub fn new(method: &'static str, kind: Kind, record_id: i64, request_id: &str, message: &impl Message) -> Self {
        Self {
            method,
            kind,
            record_id,
            reversible: true,
            request_id: request_id.to_owned(),
            hash: *blake3::hash(&message.encode_to_vec()).as_bytes(),
        }
    }

    /// The same call, but not to be undone.
    #[must_use]
    pub fn irreversible(mut self) -> Self {
        self.reversible = false;
        self
    }
}

impl Kernel {
    /// Runs `job` in a read transaction.
    ///
    /// # Errors
    /// What the job answers.
    pub async fn view<R: Send + 'static>(
        &self,
        caller: &Caller,
        job: impl FnOnce(&View<'_>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let actor = Arc::clone(&caller.actor);
        let settings = self.settings();
        let now = self.clock().now();
        self.db().read(move |tx| job(&View { tx, actor: &actor, now, settings: &settings })).await
    }

    /// Runs a change once, whatever number of times the same request arrives: looks the request up, acts, remembers it,
    /// and answers from the record in the same transaction. A refusal is logged after everything else of it is gone.
    ///
    /// # Errors
    /// What `act` answers; `VALIDATION` for a missing request id, or one that was used for another request.
    pub async fn change<R: Send + 'static>(
        &self,
        caller: &Caller,
        lane: Lane,
        call: Call,
        act: impl FnOnce(&mut Change<'_, '_>, &Settings) -> Result<Done> + Send + 'static,
        reply: impl FnOnce(&View<'_>, Done) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        if call.request_id.is_empty() || call.request_id.len() > 64 {
            return Err(Error::field("request_id", Fault::Malformed("request_id")));
        }
        let (kernel, caller) = (self.clone(), caller.clone());
        self.db()
            .write(lane, move |write| {
                let actor = kernel.current(write.tx, &caller)?;
                let refusal = Refusal {
                    user_id: actor.user_id,
                    session_id: actor.session_id,
                    method: call.method,
                    kind: call.kind,
                    record_id: call.record_id,
                };
                let settings = kernel.settings();
                once(write, &actor, &settings, &call, act)
                    .and_then(|done| {
                        reply(&View { tx: write.tx, actor: &actor, now: write.now, settings: &settings }, done)
                    })
                    .map_err(|cause| kernel.refused(refusal, cause))
            })
            .await
    }

    /// The caller's rights as they are inside this transaction.
    pub(crate) fn current(&self, tx: &Tx<'_>, caller: &Caller) -> Result<Arc<Actor>> {
        if caller.actor.session_id == 0 || caller.generation == self.sessions().generation() {
            return Ok(Arc::clone(&caller.actor));
        }
        let still_open: Option<i64> = tx.query_opt(
            "SELECT id FROM session WHERE id = ?1 AND ended_at IS NULL",
            [caller.actor.session_id],
            |row| row.get(0),
        )?;
        still_open
            .and_then(|id| Actor::load(tx, caller.actor.user_id, id).transpose())
            .transpose()?
            .map(Arc::new)
            .ok_or(Error::Unauthenticated)
    }
}

impl Kernel {
    /// The rights of a caller's session as they are now; none if the session has ended or run out.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn still_open(&self, tx: &Tx<'_>, caller: &Caller) -> Result<Option<Actor>> {
        let session = tx.query_opt(
            "SELECT created_at, seen_at FROM session WHERE id = ?1 AND ended_at IS NULL",
            [caller.actor.session_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        match session {
            Some((created_at, seen_at)) if rules::is_open(created_at, seen_at, self.clock().now()) => {
                Actor::load(tx, caller.actor.user_id, caller.actor.session_id)
            }
            _ => Ok(None),
        }
    }
}

fn once(
    write: &mut Write<'_>,
    actor: &Actor,
    settings: &Settings,
    call: &Call,
    act: impl FnOnce(&mut Change<'_, '_>, &Settings) -> Result<Done>,
) -> Result<Done> {
    let known = write.tx.query_opt(
        "SELECT request_hash, record_id, revision, operation_id
         FROM idempotency
         WHERE user_id = ?1 AND request_id = ?2 AND method = ?3",
        params![actor.user_id, call.request_id, call.method],
        |row| {
            let done = Done { id: row.get(1)?, revision: row.get(2)?, operation_id: row.get(3)? };
            Ok((row.get::<_, [u8; 32]>(0)?, done))
        },
    )?;
    if let Some((hash, done)) = known {
        return if hash == call.hash { Ok(done) } else { Err(Error::field("request_id", Fault::UsedAlready)) };
    }
    let mut change = Change::new(write, actor, call.method, call.reversible);
    let done = act(&mut change, settings)?;
    write.tx.execute(
        "INSERT INTO idempotency (user_id, method, request_id, request_hash, at, kind, record_id, revision, operation_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            actor.user_id,
            call.method,
            call.request_id,
            call.hash,
            write.now,
            call.kind as i32,
            done.id,
            done.revision,
            done.operation_id
        ],
    )?;
    Ok(done)
}
