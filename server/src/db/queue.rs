//! What waits for the writer, in bounded lanes, and what the writer takes next.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{faults::Stop, job::Job};
use crate::error::{Error, Result};

/// Whose write it is: people never wait for a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A person waits for the answer.
    People,
    /// Imports, feeds, background jobs.
    Feeds,
}

const PEOPLE_QUEUE: usize = 1_024;
const FEEDS_QUEUE: usize = 64;
/// Batches after which the search index is tended even if people wait.
const UNTENDED: u32 = 16;

#[derive(Default)]
struct Lanes {
    people: VecDeque<Box<dyn Job>>,
    feeds: VecDeque<Box<dyn Job>>,
    closing: bool,
    stopped: Option<Stop>,
}

/// The jobs that wait.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    wake: Condvar,
}

/// What the writer does next.
pub(super) enum Next {
    Job(Lane, Box<dyn Job>),
    Probe,
    Tend,
    End,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job behind those of its lane.
    ///
    /// # Errors
    /// `READ_ONLY` while writes are stopped; `UNAVAILABLE` at the end; `BUSY` if too many wait.
    pub(super) fn push(&self, lane: Lane, job: Box<dyn Job>) -> Result<()> {
        let mut lanes = self.lock();
        if let Some(why) = lanes.stopped {
            return Err(Error::ReadOnly(why));
        }
        if lanes.closing {
            return Err(Error::Unavailable("the server stops".into()));
        }
        let (queue, bound) = match lane {
            Lane::People => (&mut lanes.people, PEOPLE_QUEUE),
            Lane::Feeds => (&mut lanes.feeds, FEEDS_QUEUE),
        };
        if queue.len() >= bound {
            return Err(Error::Busy);
        }
        queue.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    /// Why writes are stopped, if they are.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.lock().stopped
    }

    /// Refuses what comes until [`Queue::go_on`]; answers what waits, to be refused too.
    pub(super) fn stop(&self, why: Stop) -> Vec<Box<dyn Job>> {
        let mut lanes = self.lock();
        lanes.stopped = Some(why);
        let Lanes { people, feeds, .. } = &mut *lanes;
        people.drain(..).chain(feeds.drain(..)).collect()
    }

    /// Lets writes in again.
    pub(super) fn go_on(&self) {
        self.lock().stopped = None;
    }

    /// Nothing more comes in; what waits is still done.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_all();
    }

    /// The next job: people first, then the search index if it needs tending, then feeds; the end when the writer is to
    /// stop and everything queued is done. While writes are stopped for a reason that may pass, a probe after the pause.
    /// `untended` is for how many batches the search index has needed tending, and until when it is left alone.
    pub(super) fn next(&self, pause: Duration, untended: Option<(u32, Instant)>) -> Next {
        let mut lanes = self.lock();
        let since = Instant::now();
        loop {
            // People must not wait for it, but it must not wait for ever.
            let (now, rest) = (Instant::now(), untended.map(|(_, rest)| rest));
            let due =
                untended.is_some_and(|(batches, rest)| rest <= now && (batches >= UNTENDED || lanes.people.is_empty()));
            if due && lanes.stopped.is_none() && !lanes.closing {
                return Next::Tend;
            }
            if let Some(job) = lanes.people.pop_front() {
                return Next::Job(Lane::People, job);
            }
            if let Some(job) = lanes.feeds.pop_front() {
                return Next::Job(Lane::Feeds, job);
            }
            if lanes.closing {
                return Next::End;
            }
            lanes = if lanes.stopped.is_some_and(Stop::passes) {
                let left = pause.saturating_sub(since.elapsed());
                if left.is_zero() {
                    return Next::Probe;
                }
                self.wake.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner).0
            } else if let Some(rest) = rest.filter(|_| lanes.stopped.is_none()) {
                self.wake.wait_timeout(lanes, rest - now).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.wake.wait(lanes).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// A further job for a batch: people always; feeds only among themselves, so that nobody's answer waits for them.
    pub(super) fn more(&self, lane: &mut Lane) -> Option<Box<dyn Job>> {
        let mut lanes = self.lock();
        if let Some(job) = lanes.people.pop_front() {
            *lane = Lane::People;
            return Some(job);
        }
        if *lane == Lane::Feeds { lanes.feeds.pop_front() } else { None }
    }
}
