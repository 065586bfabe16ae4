//! Folding the log back into the file on a thread of its own, so that nobody's answer waits for it.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

use super::connect;
use crate::error::{Error, Result};

/// The log is worth folding back when it has grown by so many bytes.
const STEP: i64 = 4 << 20;
/// From so many bytes on it is made to start anew, for a writer who never rests does not give it the occasion.
const LONG: i64 = 32 << 20;
/// Bytes of a page.
const PAGE: i64 = 4_096;
/// How long that may wait for whoever reads or writes just then.
const PATIENCE: Duration = Duration::from_millis(50);

/// The thread; it ends when this is dropped, after the work under way.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Self> {
        let conn = connect(path, false)?;
        conn.busy_timeout(PATIENCE)?;
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpointer".into())
            .spawn(move || work(&conn, &woken))
            .map_err(|e| Error::Internal(format!("no thread for the log: {e}")))?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Something was committed.
    pub(super) fn wake(&self) {
        if let Some(wake) = &self.wake {
            // One call that waits is as good as two.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The log of a database.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn work(conn: &Connection, woken: &Receiver<()>) {
    // Answers how much is in the log, and how much of that is folded back.
    let fold = |sql| conn.query_row(sql, [], |row| Ok((row.get::<_, i64>(1)? * PAGE, row.get::<_, i64>(2)? * PAGE)));
    let work = || -> rusqlite::Result<()> {
        let (logged, folded) = fold("PRAGMA wal_checkpoint(NOOP)")?;
        if logged - folded < STEP {
            return Ok(());
        }
        // Passive takes what it can get without making anybody wait; what is left for the other is little then. That one
        // keeps the file: to write over it costs less than to let it grow anew.
        let (logged, _) = fold("PRAGMA wal_checkpoint(PASSIVE)")?;
        if logged >= LONG {
            fold("PRAGMA wal_checkpoint(RESTART)")?;
        }
        Ok(())
    };
    while woken.recv().is_ok() {
        if let Err(error) = work() {
            tracing::warn!(%error, "the log could not be folded back; it is tried again");
        }
    }
}
