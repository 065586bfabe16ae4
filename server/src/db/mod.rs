//! The database: one writer with group commit, read-only readers, migrations, backup and the search index.
//!
//! Always true here: a write is answered only after its COMMIT is on disk; no read transaction outlives one page; the
//! text of a statement never contains anything that came from outside.

mod checkpointer;
mod engine;
pub mod faults;
mod job;
pub mod list;
pub mod migrate;
mod queue;
mod readers;
pub mod search;
pub mod sql;
pub mod tx;
mod writer;

use std::{path::Path, sync::Arc};

pub use job::Write;
pub use queue::Lane;
use rusqlite::{Connection, OpenFlags};
pub use rusqlite::{Row, params};
pub(crate) use tx::LookUp;
pub use tx::{Shared, Tx};
pub use writer::Written;

use self::faults::{Faults, Stop};
use crate::{
    audit::Chain,
    clock::Clock,
    error::{Error, Result},
};

/// The application id in the file's header: "Rolo".
pub const APPLICATION_ID: i32 = 0x526f_6c6f;
/// Connections that read at once.
const READERS: usize = 4;
/// Statements kept prepared a connection.
const STATEMENTS: usize = 256;

/// A database that is open in this process. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    writer: Arc<writer::Writer>,
    readers: Arc<readers::Readers>,
    memory: Arc<search::Memory>,
}

impl Db {
    /// Opens the file, brings it up to date and starts the writer.
    ///
    /// # Errors
    /// The file cannot be opened, is not ours, or was made by a newer version.
    pub fn open(path: &Path, clock: Clock) -> Result<Self> {
        Self::open_with(path, clock, None)
    }

    /// As [`Db::open`], with the faults that tests ask for.
    ///
    /// # Errors
    /// Those of [`Db::open`].
    pub fn open_with(path: &Path, clock: Clock, faults: Option<Arc<dyn Faults>>) -> Result<Self> {
        let open = || {
            let mut conn = connect(path, false)?;
            migrate::migrate(&mut conn, path)?;
            let chain = Chain::load(&Tx::new(&conn))?;
            let checkpointer = Some(checkpointer::Checkpointer::start(path)?);
            let memory = Arc::<search::Memory>::default();
            let engine = engine::Engine {
                path: path.to_owned(),
                conn,
                clock,
                faults,
                chain,
                checkpointer,
                memory: Arc::clone(&memory),
            };
            let writer = writer::Writer::start(engine)?;
            let readers = (0..READERS).map(|_| connect(path, true)).collect::<Result<Vec<_>>>()?;
            let readers = readers::Readers::new(readers, Arc::clone(&memory));
            Ok(Self { writer: Arc::new(writer), readers: Arc::new(readers), memory })
        };
        open().map_err(|error| unopened(path, error))
    }

    /// Runs `job` in its own savepoint inside a shared transaction and answers once that is on disk. An error of the job
    /// takes back what it wrote, and only that.
    ///
    /// # Errors
    /// What the job answers; `Busy` if the queue is full; `Unavailable` or `ReadOnly` if the commit failed.
    pub async fn write<R: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Write<'_>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.writer.run(lane, job).await
    }

    /// Queues a write that nobody waits for; dropped if the queue is full.
    pub fn write_lossy(&self, job: impl FnOnce(&mut Write<'_>) -> Result<()> + Send + 'static) {
        self.writer.post(job);
    }

    /// Runs `job` in a read transaction on a reader.
    ///
    /// # Errors
    /// What the job answers.
    pub async fn read<R: Send + 'static>(&self, job: impl FnOnce(&Tx<'_>) -> Result<R> + Send + 'static) -> Result<R> {
        let answer = self.readers.run(job).await;
        if let Some(building) = search::Building::begin(&self.memory) {
            tokio::spawn(number(Arc::clone(&self.readers), building));
        }
        answer
    }

    /// What searches remember.
    pub fn searches(&self) -> &search::Memory {
        &self.memory
    }

    /// Changes with every batch that was committed.
    pub fn committed(&self) -> tokio::sync::watch::Receiver<()> {
        self.writer.committed()
    }

    /// Why writes are refused at the moment, if they are.
    pub fn stopped(&self) -> Option<Stop> {
        self.writer.stopped()
    }

    /// How much has been written since the database was opened.
    pub fn written(&self) -> Written {
        self.writer.written()
    }

    /// Ends the readers, finishes queued writes, folds the log back into the file and stops the writer. Called once, at
    /// the end; the writer's connection is the last, so that it leaves a single file.
    pub async fn close(&self) {
        self.readers.close().await;
        let writer = Arc::clone(&self.writer);
        // The thread may be in the middle of a commit; waiting for it must not hold up the runtime.
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

/// Numbers the names of a kind of record, which a search has asked for: slice by slice, so that no read is long.
async fn number(readers: Arc<readers::Readers>, mut building: search::Building) {
    loop {
        let numbered = readers.run(move |tx| building.go_on(tx).map(|more| (more, building))).await;
        building = match numbered {
            Ok((true, building)) => building,
            Ok((false, building)) => return building.finish(),
            // Searches go on without.
            Err(error) => return tracing::debug!(%error, "the names could not be numbered"),
        };
    }
}

/// Why a database could not be opened, and what to do about it.
fn unopened(path: &Path, error: Error) -> Error {
    let Error::Db(cause) = &error else { return error };
    let file = path.display();
    let told = match Stop::of(cause.sqlite_error_code()) {
        Some(Stop::Damaged) => format!(
            "{file} is damaged ({cause}). Nothing was changed. To go on from a backup: move {file}, {file}-wal and \
             {file}-shm to another place and keep them, copy the backup (made by `rolod backup`) to {file}, and check \
             it with `rolod doctor`"
        ),
        Some(Stop::DiskFull) => format!("{file} cannot be opened: the disk is full ({cause}); free some space"),
        Some(Stop::Io | Stop::FileReadOnly) => format!(
            "{file} cannot be opened ({cause}); check that the disk works, and that the file and its directory belong \
             to whoever runs Rolo"
        ),
        None => format!("{file} cannot be opened: {cause}"),
    };
    Error::Unavailable(told)
}

/// Opens one connection with the settings that all of them share.
#[expect(clippy::disallowed_methods, reason = "the one place that opens connections")]
pub(crate) fn connect(path: &Path, read_only: bool) -> Result<Connection> {
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan depends on the statement alone: otherwise the engine prepares anew whenever a bound value changes.
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if !read_only {
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
        // A thread of its own folds the log back.
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    }
    // 24 MiB for the writer and 10 MiB for each reader: page caches stay under 64 MiB in all.
    conn.pragma_update(None, "cache_size", if read_only { -10_240 } else { -24_576 })?;
    conn.pragma_update(None, "temp_store", "memory")?;
    Ok(conn)
}
