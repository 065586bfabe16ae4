//! The hub: reads what was committed, once for all watchers.

use std::sync::Arc;
use std::time::Duration;

use rolo_proto::v1::{Kind, WatchEvent};
use tokio::sync::broadcast;

use super::sight::{Owners, Sight};
use crate::{
    db::{Row, Tx, params},
    error::Result,
    kernel::Kernel,
};

/// Batches that a watcher may be behind before it is fed from the table.
const BEHIND: usize = 256;
/// Events in one batch.
pub const BATCH: i64 = 500;
/// At most one batch in so long: under load many commits become one message.
const PACE: Duration = Duration::from_millis(25);

/// A row of the outbox.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place in the order of commits.
    pub sequence: i64,
    kind: Kind,
    id: i64,
    revision: i64,
    parent_id: i64,
    before: Owners,
    after: Owners,
    deleted: bool,
}

impl Event {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let also = row.get(7)?;
        Ok(Self {
            sequence: row.get(0)?,
            kind: Kind::try_from(row.get::<_, i32>(1)?).unwrap_or_default(),
            id: row.get(2)?,
            revision: row.get(3)?,
            parent_id: row.get(4)?,
            before: Owners { owner: row.get(5)?, also },
            after: Owners { owner: row.get(6)?, also },
            deleted: row.get(8)?,
        })
    }

    /// What a person is told of it, if anything.
    pub fn told(&self, sight: &Sight, kinds: &[Kind]) -> Option<WatchEvent> {
        if !kinds.is_empty() && !kinds.contains(&self.kind) {
            return None;
        }
        let sees = |owners| match self.kind {
            Kind::SavedView => {
                let of = i32::try_from(self.parent_id).ok().and_then(|kind| Kind::try_from(kind).ok());
                sight.shows_view(of.unwrap_or_default(), owners)
            }
            kind => sight.reaches(kind, owners),
        };
        let after = sees(self.after);
        if !after && !sees(self.before) {
            return None;
        }
        Some(WatchEvent {
            sequence: self.sequence,
            kind: self.kind.into(),
            id: self.id,
            revision: self.revision,
            gone: !after || self.deleted,
            parent_id: self.parent_id,
        })
    }
}

/// The newest sequence, never 0: the first row is the migration's.
///
/// # Errors
/// The database's.
pub fn newest(tx: &Tx<'_>) -> Result<i64> {
    tx.query_one("SELECT COALESCE(MAX(sequence), 0) FROM outbox", [], |row| row.get(0))
}

/// The oldest sequence that is kept; 0 if none is.
///
/// # Errors
/// The database's.
pub fn oldest(tx: &Tx<'_>) -> Result<i64> {
    tx.query_one("SELECT COALESCE(MIN(sequence), 0) FROM outbox", [], |row| row.get(0))
}

/// The next rows after a sequence, at most [`BATCH`].
///
/// # Errors
/// The database's.
pub fn after(tx: &Tx<'_>, sequence: i64) -> Result<Vec<Event>> {
    tx.query(
        "SELECT sequence, kind, record_id, revision, parent_id, owner_before, owner_after, also_owner, deleted
         FROM outbox
         WHERE sequence > ?1
         ORDER BY sequence
         LIMIT ?2",
        params![sequence, BATCH],
        Event::from_row,
    )
}

/// What the hub sends: events in order, without gap from batch to batch.
pub type Batch = Arc<[Event]>;

/// Tells watchers of commits.
#[derive(Debug)]
pub struct Hub {
    batches: broadcast::Sender<Batch>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { batches: broadcast::Sender::new(BEHIND) }
    }
}

impl Hub {
    /// Joins the watchers; what is sent from now on arrives.
    pub fn subscribe(&self) -> broadcast::Receiver<Batch> {
        self.batches.subscribe()
    }

    /// Reads and sends until the database closes. One task a server.
    pub async fn run(&self, kernel: &Kernel) {
        let mut commits = kernel.db().committed();
        let mut last = match kernel.db().read(newest).await {
            Ok(sequence) => sequence,
            Err(error) => return tracing::error!(%error, "nobody can be told of changes"),
        };
        while commits.changed().await.is_ok() {
            // With nobody there, only the place is kept.
            if self.batches.receiver_count() == 0 {
                last = kernel.db().read(newest).await.unwrap_or(last);
                continue;
            }
            loop {
                match kernel.db().read(move |tx| after(tx, last)).await {
                    Ok(events) => {
                        let full = events.len() as i64 == BATCH;
                        if let Some(newest) = events.last() {
                            last = newest.sequence;
                            let _ = self.batches.send(events.into());
                        }
                        if !full {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "changes could not be read; the next commit tries again");
                        break;
                    }
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }
}
