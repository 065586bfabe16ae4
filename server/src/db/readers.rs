//! Read-only connections, as many calls at once as there are connections.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Tx, search::Memory};
use crate::error::{Error, Result};

/// The readers that are idle, and a permit for each.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    connections: usize,
    memory: Arc<Memory>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>, memory: Arc<Memory>) -> Self {
        let count = connections.len();
        Self { permits: Arc::new(Semaphore::new(count)), idle: Mutex::new(connections), connections: count, memory }
    }

    /// Closes the readers, once the calls under way are done; no call comes in afterwards.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.connections).unwrap_or(u32::MAX);
        if let Ok(permits) = self.permits.acquire_many(all).await {
            permits.forget();
        }
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) async fn run<R: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&Tx<'_>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|_| Error::Unavailable("the server stops".into()))?;
        let readers = Arc::clone(self);
        // A panic in the job loses neither the answer (JoinError) nor the connection (Lease).
        tokio::task::spawn_blocking(move || {
            // It goes with the job, not with whoever waits: a caller that leaves early must not let the next one in before
            // the connection is back.
            let _permit = permit;
            let lease = Lease::take(&readers)?;
            let conn = lease.conn.as_ref().ok_or_else(|| Error::Internal("a reader without connection".into()))?;
            let tx = conn.unchecked_transaction()?;
            let answer = job(&Tx::reading(&tx, &readers.memory));
            // Nothing was written; ending the transaction either way is the same.
            drop(tx);
            answer
        })
        .await
        .map_err(|e| Error::Internal(format!("a read failed: {e}")))?
    }
}

/// A connection that finds its way back, whatever happens to the job.
struct Lease<'r> {
    readers: &'r Readers,
    conn: Option<Connection>,
}

impl<'r> Lease<'r> {
    fn take(readers: &'r Readers) -> Result<Self> {
        let conn = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if conn.is_none() {
            return Err(Error::Internal("no idle reader in spite of a permit".into()));
        }
        Ok(Self { readers, conn })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    /// Who scrolls on cancels the call before; that its work still runs is nobody else's error.
    #[tokio::test]
    async fn a_caller_that_leaves_early_takes_nobody_the_next_connection() {
        let connections = vec![Connection::open_in_memory().unwrap()];
        let readers = Arc::new(Readers::new(connections, Arc::default()));
        let ((begin, begun), (go, gate)) = (oneshot::channel(), mpsc::channel());
        let first = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move { readers.run(move |_| Ok((begin.send(()), gate.recv()))).await }
        });
        begun.await.unwrap();
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(readers.permits.available_permits(), 0, "its connection is still in use");
        let second = readers.run(|_| Ok(7));
        go.send(()).unwrap();
        assert_eq!(second.await.unwrap(), 7);
    }
}
