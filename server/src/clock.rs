//! Time is a parameter: everything that asks what time it is asks a [`Clock`].
//!
//! Order never comes from the clock but from sequences. A small backward step of the machine's clock (up to an hour) is
//! bridged by the last time handed out, a larger one is followed and logged.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Unix milliseconds, UTC.
pub type Millis = i64;

/// One second, minute, hour and day in milliseconds.
pub const SECOND: Millis = 1_000;
/// One minute in milliseconds.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour in milliseconds.
pub const HOUR: Millis = 60 * MINUTE;
/// One day in milliseconds.
pub const DAY: Millis = 24 * HOUR;

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> Millis + Send + Sync>,
    last: Arc<AtomicI64>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("last", &self.last).finish_non_exhaustive()
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::from_fn(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// A clock that answers what `source` says; for tests and for filling demonstration data.
    pub fn from_fn(source: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), last: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    /// The time now.
    pub fn now(&self) -> Millis {
        let wall = (self.source)();
        let last = self.last.fetch_max(wall, Ordering::Relaxed);
        if wall >= last {
            return wall;
        }
        if last - wall <= HOUR {
            return last;
        }
        tracing::warn!(step_ms = last - wall, "the clock stepped back by more than an hour; following it");
        self.last.store(wall, Ordering::Relaxed);
        wall
    }
}
