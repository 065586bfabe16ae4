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
const STEP: u64 = 4 << 20;
/// From so many bytes on it is made to start anew, for a writer who never rests does not give it the occasion.
const LONG: u64 = 32 << 20;
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
        let log = log_of(path);
        let thread = std::thread::Builder::new()
            .name("checkpointer".into())
            .spawn(move || work(&conn, &log, &woken))
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

fn work(conn: &Connection, log: &Path, woken: &Receiver<()>) {
    let mut folded = 0;
    while woken.recv().is_ok() {
        let bytes = std::fs::metadata(log).map_or(0, |file| file.len());
        if bytes < folded {
            folded = 0;
        }
        if bytes < folded + STEP {
            continue;
        }
        folded = bytes;
        // Passive takes what it can get without making anybody wait; what is left for the other is little then.
        let passive = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        let done = match passive {
            Ok(()) if bytes >= LONG => conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())),
            done => done,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the log could not be folded back; it is tried again");
        }
    }
}
