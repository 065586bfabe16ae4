//! What every slice shares: the database, the clock, the settings and the sessions. Cheap to clone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio::sync::{Semaphore, watch};

use crate::{
    bulk,
    clock::{Clock, DAY, Millis},
    db::{Db, Write, params},
    error::{Error, Result},
    notices,
    sessions::{Cache, SoftLocks},
    settings::Settings,
    watch::{hub::Hub, presence::Presences},
};

/// Password hashes computed at once: each takes 46 MiB.
const HASHES: usize = 2;
/// How long a request id is remembered.
const REQUESTS_KEPT: Millis = DAY;
/// How long, and in how many rows, the outbox is kept.
const OUTBOX_KEPT_ROWS: i64 = 5_000_000;

/// Which refusals were logged lately, so that a loop of refused calls cannot flood the log.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(i64, &'static str, &'static str), i64>>);

impl Refusals {
    /// Whether this is the first of its person, method and reason in this minute.
    pub fn first(&self, user_id: i64, method: &'static str, reason: &'static str, minute: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > 10_000 {
            seen.retain(|_, last| *last == minute);
        }
        seen.insert((user_id, method, reason), minute) != Some(minute)
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

    /// Drops what has outlived its use, a slice at a time; called every minute.
    pub fn sweep(&self) {
        let now = self.0.clock.now();
        self.0.soft_locks.forget(now);
        self.0.presences.sweep(now);
        self.0.db.write_lossy(sweep_slice);
    }
}

fn sweep_slice(write: &mut Write<'_>) -> Result<()> {
    write.tx.execute(
        "DELETE FROM idempotency
         WHERE (user_id, request_id, method) IN (
           SELECT user_id, request_id, method FROM idempotency WHERE at < ?1 ORDER BY at LIMIT 500)",
        [write.now - REQUESTS_KEPT],
    )?;
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
