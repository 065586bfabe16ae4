//! What every slice shares: the database, the clock, the settings and the sessions. Cheap to clone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use rolo_proto::v1::Kind;
use serde_json::Value as Json;
use tokio::sync::{Semaphore, watch};

use crate::{
    audit::{Changes, Entry, Refusal},
    bulk,
    clock::{Clock, DAY, MINUTE, Millis, Step},
    db::{Db, Lane, Write, params},
    error::{Error, Result},
    notices,
    sessions::{Cache, SoftLocks},
    settings::Settings,
    watch::{hub::Hub, places::Places, presence::Presences},
};

/// Password hashes computed at once: each takes 46 MiB.
const HASHES: usize = 2;
/// How long a request id is remembered.
const REQUESTS_KEPT: Millis = DAY;
/// How long, and in how many rows, the outbox is kept.
const OUTBOX_KEPT_ROWS: i64 = 5_000_000;

/// Refused writes of one person that are logged in a minute: enough to see what is tried, too few to flood the log.
const REFUSED_WRITES: u32 = 30;

/// A person, and for a read the method and the reason too.
type Refused = (i64, &'static str, &'static str);

/// Which refusals were logged lately (the minute, and how many in it), so that a loop of refused calls cannot flood the
/// log.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<Refused, (i64, u32)>>);

impl Refusals {
    /// Whether a refused read goes into the log: the first of its person, method and reason in this minute.
    pub fn read(&self, user_id: i64, method: &'static str, reason: &'static str, minute: i64) -> bool {
        self.room((user_id, method, reason), minute, 1)
    }

    /// Whether a refused write goes into the log, which keeps the record of each.
    pub fn write(&self, user_id: i64, minute: i64) -> bool {
        self.room((user_id, "", ""), minute, REFUSED_WRITES)
    }

    fn room(&self, key: Refused, minute: i64, most: u32) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > 10_000 {
            seen.retain(|_, (last, _)| *last == minute);
        }
        let (last, count) = seen.entry(key).or_insert((minute, 0));
        if *last != minute {
            (*last, *count) = (minute, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }
}

struct Inner {
    db: Db,
    clock: Clock,
    settings: RwLock<Arc<Settings>>,
    sessions: Cache,
    soft_locks: SoftLocks,
    hashing: Semaphore,
    refusals: Refusals,
    hub: Hub,
    presences: Presences,
    watchers: Places,
    closing: watch::Sender<bool>,
}

/// The kernel of one running server.
#[derive(Clone)]
pub struct Kernel(Arc<Inner>);

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").finish_non_exhaustive()
    }
}

impl Kernel {
    /// A kernel on an initialised database.
    pub async fn new(db: Db, clock: Clock) -> Result<Self> {
        let settings = db.read(Settings::load).await?.ok_or_else(|| {
            Error::Unavailable("the data directory is not initialised; run `rolod init` first".into())
        })?;
        let newest = "SELECT at FROM audit ORDER BY sequence DESC LIMIT 1";
        if let Some(last) = db.read(move |tx| tx.query_opt(newest, [], |row| row.get(0))).await? {
            clock.resume(last);
        }
        Ok(Self(Arc::new(Inner {
            db,
            clock,
            settings: RwLock::new(Arc::new(settings)),
            sessions: Cache::default(),
            soft_locks: SoftLocks::default(),
            hashing: Semaphore::new(HASHES),
            refusals: Refusals::default(),
            hub: Hub::default(),
            presences: Presences::default(),
            watchers: Places::default(),
            closing: watch::Sender::new(false),
        })))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.0.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sessions known to this process.
    pub fn sessions(&self) -> &Cache {
        &self.0.sessions
    }

    /// Who has to wait before trying a password again.
    pub fn soft_locks(&self) -> &SoftLocks {
        &self.0.soft_locks
    }

    /// A place to compute a password hash in.
    pub fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    /// Which refusals were logged lately.
    pub fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// Tells watchers of what was committed.
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Who is at which record.
    pub fn presences(&self) -> &Presences {
        &self.0.presences
    }

    /// Who watches, by streams.
    pub fn watchers(&self) -> &Places {
        &self.0.watchers
    }

    /// The server stops: streams that follow what happens end.
    pub fn close_streams(&self) {
        self.0.closing.send_replace(true);
    }

    /// Resolves when the server stops.
    pub async fn closing(&self) {
        let mut closing = self.0.closing.subscribe();
        // The sender lives as long as the kernel.
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// What a failed write answers: a refusal that the log shall keep, or the cause alone.
    pub(crate) fn refused(&self, refusal: Refusal, cause: Error) -> Error {
        match cause.is_refusal() && self.refusals().write(refusal.user_id, self.clock().steady() / MINUTE) {
            true => Error::Refused { refusal: Box::new(refusal), cause: Box::new(cause) },
            false => cause,
        }
    }

    /// Writes into the audit log that the clock stepped, once for each time.
    pub(crate) async fn note_steps(&self) -> Result<()> {
        self.0.clock.now();
        let steps = self.0.clock.unwritten_steps();
        if steps.is_empty() {
            return Ok(());
        }
        let count = steps.len();
        self.db().write(Lane::Feeds, move |write| steps.iter().try_for_each(|step| log_step(write, *step))).await?;
        self.0.clock.steps_written(count);
        Ok(())
    }

    /// Drops what has outlived its use, a slice at a time; called every minute.
    pub fn sweep(&self) {
        self.0.presences.sweep(self.0.clock.now());
        self.0.soft_locks.forget(self.0.clock.steady());
        // After a step, a request of a moment ago may look a day old; forgetting it would let it happen twice.
        let even = self.0.clock.even_for().is_none_or(|time| time > REQUESTS_KEPT);
        self.0.db.write_lossy(move |write| {
            if even {
                forget_requests(write)?;
            }
            sweep_slice(write)
        });
    }
}

/// An audit row of the host's that says from when to when the clock went.
fn log_step(write: &mut Write<'_>, step: Step) -> Result<()> {
    let mut changes = Changes::new();
    changes.insert("clock".into(), Json::Array(vec![step.from.into(), step.to.into()]));
    let entry = Entry {
        operation_id: 0,
        user_id: 0,
        session_id: 0,
        at: write.now,
        verb: "clock_stepped",
        kind: Kind::Unspecified,
        record_id: 0,
        revision: 0,
        parent_id: 0,
        changes: &changes,
    };
    write.chain.append(write.tx, &entry).map(drop)
}

fn forget_requests(write: &Write<'_>) -> Result<()> {
    write
        .tx
        .execute(
            "DELETE FROM idempotency
             WHERE (user_id, request_id, method) IN (
               SELECT user_id, request_id, method FROM idempotency WHERE at < ?1 ORDER BY at LIMIT 500)",
            [write.now - REQUESTS_KEPT],
        )
        .map(drop)
}

fn sweep_slice(write: &mut Write<'_>) -> Result<()> {
    write.tx.execute(
        "DELETE FROM outbox
         WHERE sequence IN (
           SELECT sequence FROM outbox
           WHERE sequence <= (SELECT MAX(sequence) FROM outbox) - ?1
           ORDER BY sequence
           LIMIT 500)",
        params![OUTBOX_KEPT_ROWS],
    )?;
    notices::store::sweep(write)?;
    bulk::store::sweep(write)
}
