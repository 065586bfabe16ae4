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
//!
//! When the engine fails, the batch is rolled back. A failure before the COMMIT is a refusal: nothing was written. One of
//! the COMMIT itself leaves the outcome open: everybody is told so, and asking again with the same request id finds out.
//! While the disk is full or fails, writes are refused at the door and the writer tries by itself, at growing intervals,
//! whether they are possible again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    Tx,
    engine::Engine,
    faults::{Point, Stop},
    job::{self, Job, Write, panicked},
    queue::{Lane, Next, Queue},
};
use crate::{
    audit::Chain,
    clock::Millis,
    error::{Error, Result},
};

/// Jobs in one commit, and how long a batch may gather work before it commits.
const BATCH_JOBS: usize = 256;
const BATCH_TIME: Duration = Duration::from_millis(20);
/// After some tending the index is left alone for so many times as long: who writes one thing after another waits for it
/// only now and then.
const TEND_REST: u32 = 2;
/// Batches between two looks at the length of the log.
const WAL_LOOK: u32 = 64;
/// How soon, and then how seldom, it is tried whether writes are possible again.
const PROBE_FIRST: Duration = Duration::from_millis(100);
const PROBE_LAST: Duration = Duration::from_secs(10);

/// A batch of feeds may be longer, for it ends with the job under way as soon as somebody waits: the pages that all rows
/// touch are written once a commit.
const FEEDS_TIME: Duration = Duration::from_millis(30);

/// What the writer has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Jobs, those included that were refused.
    pub jobs: u64,
    /// Commits that they came in.
    pub commits: u64,
}

#[derive(Default)]
struct Shared {
    queue: Queue,
    jobs: AtomicU64,
    commits: AtomicU64,
    /// Changes with every batch that was committed.
    committed: watch::Sender<()>,
}

/// The handle to the writer's thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(engine: Engine) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || work(engine, &shared)
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
        self.shared.queue.push(lane, job::call(job, Some(answer)))?;
        result.await.map_err(|_| Error::Unavailable("the writer stopped".into()))?
    }

    pub(super) fn post(&self, job: impl FnOnce(&mut Write<'_>) -> Result<()> + Send + 'static) {
        // Losing one of these is allowed by what they are for.
        let _ = self.shared.queue.push(Lane::Feeds, job::call(job, None));
    }

    pub(super) fn committed(&self) -> watch::Receiver<()> {
        self.shared.committed.subscribe()
    }

    pub(super) fn stopped(&self) -> Option<Stop> {
        self.shared.queue.stopped()
    }

    pub(super) fn written(&self) -> Written {
        let Shared { jobs, commits, .. } = &*self.shared;
        Written { jobs: jobs.load(Ordering::Relaxed), commits: commits.load(Ordering::Relaxed) }
    }

    pub(super) fn stop(&self) {
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn work(mut engine: Engine, shared: &Shared) {
    let mut batches: u32 = 0;
    let mut pause = PROBE_FIRST;
    // Batches since the search index was tended, if it needs that, and until when it is left alone.
    let mut untended: Option<u32> = Some(0);
    let mut rest = Instant::now();
    loop {
        match shared.queue.next(pause, untended.map(|batches| (batches, rest))) {
            Next::Job(lane, first) => {
                batch(&mut engine, (lane, first), shared);
                pause = PROBE_FIRST;
                let untidy = engine.memory.take_untidy();
                untended = untended.or(untidy.then_some(0)).map(|batches| batches + 1);
                batches = batches.wrapping_add(1);
                if batches.is_multiple_of(WAL_LOOK) {
                    engine.truncate_log();
                }
            }
            Next::Tend => {
                let started = Instant::now();
                untended = engine.tend().then_some(0);
                rest = Instant::now() + TEND_REST * started.elapsed();
            }
            Next::Probe => pause = recover(&mut engine, shared, pause),
            Next::End => break,
        }
    }
    // The last one out leaves a single file. No statistics are gathered: those of a small company would have the engine
    // walk whole tables once it has grown, and the plans that are tested are those without.
    engine.checkpointer = None;
    let folded =
        engine.at(Point::Checkpoint).and_then(|()| engine.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    if let Err(error) = folded {
        tracing::warn!(%error, "the log could not be folded back at the end");
    }
}

/// Probes, and lets writes in again if that went well; answers how long to wait otherwise.
fn recover(engine: &mut Engine, shared: &Shared, pause: Duration) -> Duration {
    match engine.probe() {
        Ok(()) => {
            tracing::info!("writes are possible again");
            shared.queue.go_on();
            PROBE_FIRST
        }
        Err(failure) => {
            tracing::warn!(error = ?failure, "writes are still not possible");
            if let Some(why) = stop_of(&failure) {
                // Nothing waits while writes are stopped.
                let _ = shared.queue.stop(why);
            }
            (pause * 2).min(PROBE_LAST)
        }
    }
}

fn batch(engine: &mut Engine, (mut lane, first): (Lane, Box<dyn Job>), shared: &Shared) {
    let started = Instant::now();
    let mut jobs = Vec::new();
    let mut head = engine.chain.clone();
    let mut next = Some(first);
    let mut failure = engine.begin().err();
    let tx = Tx::writing(&engine.conn, engine.faults.as_deref(), &engine.memory);
    while let Some(mut job) = next.take() {
        if failure.is_none() {
            failure = step(&engine.conn, &tx, engine.clock.now(), &mut head, job.as_mut()).err().map(Error::from);
        }
        jobs.push(job);
        let time = if lane == Lane::People { BATCH_TIME } else { FEEDS_TIME };
        if failure.is_none() && jobs.len() < BATCH_JOBS && started.elapsed() < time {
            next = shared.queue.more(&mut lane);
        }
    }
    let settle = || catch_unwind(AssertUnwindSafe(|| tx.settle())).unwrap_or_else(|panic| Err(panicked(&*panic)));
    failure = failure.or_else(|| settle().err());
    let committing = match &failure {
        Some(_) => false,
        None => {
            failure = engine.commit().err();
            true
        }
    };
    drop(tx);
    engine.memory.settle();
    let Some(failure) = failure else {
        engine.chain = head;
        shared.jobs.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        shared.commits.fetch_add(1, Ordering::Relaxed);
        shared.committed.send_replace(());
        jobs.into_iter().for_each(|job| job.answer(None));
        return;
    };
    tracing::error!(error = ?failure, jobs = jobs.len(), "a batch could not be committed");
    let mut why = stop_of(&failure);
    if let Err(error) = engine.roll_back() {
        tracing::error!(?error, "rollback failed");
        why = why.or(Some(Stop::Io));
    }
    if committing && why.is_none() {
        // Whether the batch is on disk only the file knows.
        match Chain::load(&Tx::new(&engine.conn)) {
            Ok(chain) => engine.chain = chain,
            Err(_) => why = Some(Stop::Io),
        }
    }
    let waiting = why.map(|why| {
        tracing::error!(%why, "no more writes");
        (why, shared.queue.stop(why))
    });
    let error = match why {
        // Nobody knows what a COMMIT did that failed; before it, nothing was written.
        Some(why) if !committing => Error::ReadOnly(why),
        _ if committing => Error::Unavailable("the commit failed; try again".into()),
        _ => Error::Unavailable(failure.to_string()),
    };
    jobs.into_iter().for_each(|job| job.answer(Some(&error)));
    if let Some((why, waiting)) = waiting {
        waiting.into_iter().for_each(|job| job.answer(Some(&Error::ReadOnly(why))));
    }
}

/// Runs one job in its savepoint. An error here is one of the engine, and ends the batch.
fn step(conn: &Connection, tx: &Tx<'_>, now: Millis, head: &mut Chain, job: &mut dyn Job) -> rusqlite::Result<()> {
    conn.prepare_cached("SAVEPOINT job")?.execute([])?;
    let before = head.clone();
    let done = job.run(&mut Write { tx, now, chain: head });
    if tx.failure().is_none() && done.is_err() {
        conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
        *head = before;
        job.refused(&mut Write { tx, now, chain: head });
    }
    if let Some(failure) = tx.failure() {
        job.void();
        return Err(failure);
    }
    conn.prepare_cached("RELEASE job")?.execute([])?;
    Ok(())
}

/// What a failure means for the writes to come.
fn stop_of(failure: &Error) -> Option<Stop> {
    match failure {
        Error::Db(failure) => Stop::of(failure.sqlite_error_code()),
        _ => None,
    }
}
