//! The writer's connection: begins, commits, rolls back, and finds out whether it still can.

use std::{path::PathBuf, sync::Arc};

use rusqlite::Connection;

use super::{
    Tx,
    checkpointer::{Checkpointer, log_of},
    connect,
    faults::{Faults, Point},
};
use crate::{audit::Chain, clock::Clock, error::Result};

/// The log is folded back into the file when it has grown past this many bytes.
const WAL_BYTES: u64 = 64 << 20;

/// What the writer's thread works on.
pub(super) struct Engine {
    pub(super) path: PathBuf,
    pub(super) conn: Connection,
    pub(super) clock: Clock,
    pub(super) faults: Option<Arc<dyn Faults>>,
    /// The head of the audit chain as it is on disk.
    pub(super) chain: Chain,
    /// Folds the log back meanwhile; none at the end, when the writer does.
    pub(super) checkpointer: Option<Checkpointer>,
}

impl Engine {
    pub(super) fn at(&self, point: Point) -> rusqlite::Result<()> {
        self.faults.as_ref().map_or(Ok(()), |faults| faults.at(point, &self.conn))
    }

    pub(super) fn begin(&self) -> Result<()> {
        self.at(Point::Begin)?;
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    pub(super) fn commit(&self) -> Result<()> {
        self.at(Point::Commit)?;
        self.conn.execute_batch("COMMIT")?;
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.wake();
        }
        Ok(self.at(Point::Committed)?)
    }

    /// Makes sure that no transaction is left open.
    pub(super) fn roll_back(&self) -> Result<()> {
        if self.conn.is_autocommit() { Ok(()) } else { Ok(self.conn.execute_batch("ROLLBACK")?) }
    }

    /// Tries whether writes are possible again, on a fresh connection, for the old one may believe what never reached
    /// the disk: takes some pages, gives them back, and commits. The head of the chain is then what the file says.
    pub(super) fn probe(&mut self) -> Result<()> {
        // The old one goes first: it may hold a lock. The readers keep the log from being folded back meanwhile.
        let _ = self.roll_back();
        self.conn = connect(&self.path, false)?;
        self.begin()?;
        self.conn.execute_batch(
            "INSERT INTO setting (name, value) VALUES ('probe', hex(zeroblob(32768)));
             DELETE FROM setting WHERE name = 'probe'",
        )?;
        self.commit()?;
        self.chain = Chain::load(&Tx::new(&self.conn))?;
        Ok(())
    }

    pub(super) fn truncate_log(&self) {
        let bytes = std::fs::metadata(log_of(&self.path)).map_or(0, |file| file.len());
        if bytes > WAL_BYTES
            && let Err(error) = self
                .at(Point::Checkpoint)
                .and_then(|()| self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
        {
            tracing::warn!(%error, "the log could not be truncated");
        }
    }
}
