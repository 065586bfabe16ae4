//! The one writer: takes what is queued, runs each job in a savepoint, commits once, then answers all.
//!
//! ```text
//! people ─┐                 SAVEPOINT a … RELEASE
//!         ├─► BEGIN IMMEDIATE ─ SAVEPOINT b … ROLLBACK TO   ─► COMMIT (fsync) ─► answers
//! feeds ──┘                 SAVEPOINT c … RELEASE
//! ```
//!
//! No timer: while one batch commits, the next one gathers. Calls of people go before imports, feeds and jobs. The head
//! of the audit chain belongs to the batch: a job that is rolled back takes its rows and its head with it, and a failed
//! commit discards the head altogether.

use std::{
    any::Any,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{oneshot, watch};

use super::Tx;
use crate::{
    audit::Chain,
    clock::{Clock, Millis},
    error::{Error, Result},
};

/// Whose write it is: people never wait for a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A person waits for the answer.
    People,
    /// Imports, feeds, background jobs.
    Feeds,
}

/// What a job writes with.
pub struct Write<'a> {
    /// The open transaction.
    pub tx: &'a Tx<'a>,
    /// The time of this batch.
    pub now: Millis,
    /// The head of the audit chain as this job sees it.
    pub chain: &'a mut Chain,
}

const PEOPLE_QUEUE: usize = 1_024;
const FEEDS_QUEUE: usize = 64;
/// Jobs in one commit, and how long a batch may gather work before it commits.
const BATCH_JOBS: usize = 256;
const BATCH_TIME: Duration = Duration::from_millis(20);
/// The log is folded back into the file when it has grown past this many bytes, looked at every so many batches.
const WAL_BYTES: u64 = 64 << 20;
const WAL_LOOK: u32 = 64;

trait Job: Send {
    fn run(&mut self, write: &mut Write<'_>) -> Result<(), ()>;
    /// Runs after a rolled-back job, in the same batch.
    fn refused(&mut self, write: &mut Write<'_>);
    fn answer(self: Box<Self>, commit: Option<&Error>);
}

struct Call<F, R> {
    job: Option<F>,
    result: Option<Result<R>>,
    answer: Option<oneshot::Sender<Result<R>>>,
}

impl<F, R> Job for Call<F, R>
where
    F: FnOnce(&mut Write<'_>) -> Result<R> + Send,
    R: Send,
{
    fn run(&mut self, write: &mut Write<'_>) -> Result<(), ()> {
        let Some(job) = self.job.take() else { return Err(()) };
        let result = catch_unwind(AssertUnwindSafe(|| job(write))).unwrap_or_else(|panic| Err(panicked(&*panic)));
        let outcome = if result.is_ok() { Ok(()) } else { Err(()) };
        self.result = Some(result);
        outcome
    }

    fn refused(&mut self, write: &mut Write<'_>) {
        if let Some(Err(Error::Refused { refusal, cause })) = &self.result
            && let Err(error) = refusal.log(write, cause)
        {
            tracing::error!(%error, "a refusal could not be logged");
        }
    }

    fn answer(mut self: Box<Self>, commit: Option<&Error>) {
        let result = match (self.result.take(), commit) {
            (Some(Ok(_)), Some(error)) => Err(error.duplicate()),
            (Some(Err(Error::Refused { cause, .. })), _) => Err(*cause),
            (Some(result), _) => result,
            (None, _) => Err(Error::Internal("a job without result".into())),
        };
        if let Some(answer) = self.answer.take() {
            // The caller may have gone; what it asked for is done all the same.
            let _ = answer.send(result);
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::Internal(format!("a write panicked: {}", text.unwrap_or("no message")))
}

#[derive(Default)]
struct Queues {
    people: VecDeque<Box<dyn Job>>,
    feeds: VecDeque<Box<dyn Job>>,
    closing: bool,
    stopped: Option<String>,
}

struct Shared {
    queues: Mutex<Queues>,
    wake: Condvar,
    /// How many batches were committed.
    commits: watch::Sender<u64>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle to the writer's thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(conn: Connection, clock: Clock) -> Result<Self> {
        let chain = Chain::load(&Tx::new(&conn))?;
        let shared =
            Arc::new(Shared { queues: Mutex::default(), wake: Condvar::new(), commits: watch::Sender::new(0) });
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || work(&conn, &clock, chain, &shared)
            })
            .map_err(|e| Error::Internal(format!("no thread for the writer: {e}")))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn run<R: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Write<'_>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let (answer, result) = oneshot::channel();
        self.push(lane, Box::new(Call { job: Some(job), result: None, answer: Some(answer) }))?;
        result.await.map_err(|_| Error::Unavailable("the writer stopped".into()))?
    }

    pub(super) fn post(&self, job: impl FnOnce(&mut Write<'_>) -> Result<()> + Send + 'static) {
        // Losing one of these is allowed by what they are for.
        let _ = self.push(Lane::Feeds, Box::new(Call { job: Some(job), result: None, answer: None }));
    }

    fn push(&self, lane: Lane, job: Box<dyn Job>) -> Result<()> {
        let mut queues = self.shared.lock();
        if let Some(why) = &queues.stopped {
            return Err(Error::ReadOnly(why.clone()));
        }
        if queues.closing {
            return Err(Error::Unavailable("the server stops".into()));
        }
        let (queue, bound) = match lane {
            Lane::People => (&mut queues.people, PEOPLE_QUEUE),
            Lane::Feeds => (&mut queues.feeds, FEEDS_QUEUE),
        };
        if queue.len() >= bound {
            return Err(Error::Busy);
        }
        queue.push_back(job);
        self.shared.wake.notify_one();
        Ok(())
    }

    pub(super) fn commits(&self) -> watch::Receiver<u64> {
        self.shared.commits.subscribe()
    }

    pub(super) fn stopped(&self) -> Option<String> {
        self.shared.lock().stopped.clone()
    }

    pub(super) fn stop(&self) {
        self.shared.lock().closing = true;
        self.shared.wake.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn work(conn: &Connection, clock: &Clock, mut chain: Chain, shared: &Shared) {
    let mut batches: u32 = 0;
    while let Some(first) = next(shared) {
        batch(conn, clock, &mut chain, first, shared);
        batches = batches.wrapping_add(1);
        if batches.is_multiple_of(WAL_LOOK) {
            truncate_log(conn);
        }
    }
    // The last one out leaves a single file.
    if let Err(error) = conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize") {
        tracing::warn!(%error, "the log could not be folded back at the end");
    }
}

/// The next job, people first; none when the writer is to stop and everything queued is done.
fn next(shared: &Shared) -> Option<Box<dyn Job>> {
    let mut queues = shared.lock();
    loop {
        if let Some(job) = take(&mut queues) {
            return Some(job);
        }
        if queues.closing {
            return None;
        }
        queues = shared.wake.wait(queues).unwrap_or_else(PoisonError::into_inner);
    }
}

fn take(queues: &mut Queues) -> Option<Box<dyn Job>> {
    queues.people.pop_front().or_else(|| queues.feeds.pop_front())
}

fn batch(conn: &Connection, clock: &Clock, chain: &mut Chain, first: Box<dyn Job>, shared: &Shared) {
    let started = Instant::now();
    let mut jobs = Vec::new();
    let mut head = chain.clone();
    let begun = conn.execute_batch("BEGIN IMMEDIATE");
    let mut next = Some(first);
    let mut failure = begun.err().map(Error::from);
    let tx = Tx::new(conn);
    while let Some(mut job) = next.take() {
        if failure.is_none() {
            failure = step(conn, &tx, clock.now(), &mut head, job.as_mut()).err().map(Error::from);
        }
        jobs.push(job);
        if failure.is_none() && jobs.len() < BATCH_JOBS && started.elapsed() < BATCH_TIME {
            next = take(&mut shared.lock());
        }
    }
    if failure.is_none() {
        failure = tx.settle().and_then(|()| Ok(conn.execute_batch("COMMIT")?)).err();
    }
    let Some(failure) = failure else {
        *chain = head;
        shared.commits.send_modify(|commits| *commits += 1);
        jobs.into_iter().for_each(|job| job.answer(None));
        return;
    };
    // The head of the chain is that of the last commit; nothing of this batch happened, as far as we know.
    if !conn.is_autocommit()
        && let Err(error) = conn.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "rollback failed");
    }
    let error = verdict(&failure);
    tracing::error!(error = %failure, jobs = jobs.len(), "a batch could not be committed");
    if let Error::ReadOnly(why) = &error
        && !matches!(code(&failure), Some(ErrorCode::DiskFull))
    {
        shared.lock().stopped = Some(why.clone());
    }
    jobs.into_iter().for_each(|job| job.answer(Some(&error)));
}

/// Runs one job in its savepoint. An error here is one of the engine, and ends the batch.
fn step(conn: &Connection, tx: &Tx<'_>, now: Millis, head: &mut Chain, job: &mut dyn Job) -> rusqlite::Result<()> {
    conn.prepare_cached("SAVEPOINT job")?.execute([])?;
    let before = head.clone();
    if job.run(&mut Write { tx, now, chain: head }).is_err() {
        if conn.is_autocommit() {
            // The engine rolled the whole transaction back (disk full, I/O error): the batch is lost.
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                Some("the transaction was rolled back".into()),
            ));
        }
        conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
        *head = before;
        job.refused(&mut Write { tx, now, chain: head });
    }
    conn.prepare_cached("RELEASE job")?.execute([])?;
    Ok(())
}

/// What a failed commit means to the people who wait for it.
fn verdict(failure: &Error) -> Error {
    match code(failure) {
        Some(ErrorCode::DiskFull) => Error::ReadOnly("the disk is full; free some space and try again".into()),
        Some(ErrorCode::SystemIoFailure) => {
            Error::ReadOnly("the disk fails; check the machine, then start the server again".into())
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::ReadOnly("the database file is damaged; restore a backup".into())
        }
        Some(ErrorCode::ReadOnly) => Error::ReadOnly("the database file is read-only; check its permissions".into()),
        _ => Error::Unavailable(failure.to_string()),
    }
}

fn code(failure: &Error) -> Option<ErrorCode> {
    match failure {
        Error::Db(failure) => failure.sqlite_error_code(),
        _ => None,
    }
}

fn truncate_log(conn: &Connection) {
    let bytes = conn.path().and_then(|path| std::fs::metadata(format!("{path}-wal")).ok()).map_or(0, |file| file.len());
    if bytes > WAL_BYTES
        && let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    {
        tracing::warn!(%error, "the log could not be truncated");
    }
}
