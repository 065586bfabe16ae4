//! Time is a parameter: everything that asks what time it is asks a [`Clock`].
//!
//! Order never comes from the clock but from sequences. A small backward step of the machine's clock (up to an hour) is
//! bridged by the last time handed out. A larger one, and a forward step that the monotonic clock did not see, are
//! followed and remembered as a [`Step`]: the kernel writes them into the audit log, and `rolod doctor` shows them.
//!
//! What lies between two events of this process (how long a session is idle, how long somebody must wait) is measured in
//! steady time ([`Clock::steady`]), which no step moves.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
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

/// A forward jump up to this is a correction, not a step.
const CORRECTION: Millis = MINUTE;
/// Steps remembered: the newest.
const STEPS: usize = 16;

/// The machine's clock jumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What time it would have been.
    pub from: Millis,
    /// What time it was.
    pub to: Millis,
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    wall: Box<dyn Fn() -> Millis + Send + Sync>,
    steady: Box<dyn Fn() -> Millis + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The time handed out last, and the steady time then.
    last: Option<(Millis, Millis)>,
    steps: VecDeque<Step>,
    /// How many of the newest steps nobody has written down yet.
    unwritten: usize,
    /// The steady time of the newest step.
    stepped: Option<Millis>,
}

impl State {
    fn step(&mut self, step: Step, steady: Millis) {
        tracing::warn!(from = step.from, to = step.to, "the clock stepped; following it");
        if self.steps.len() == STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
        self.unwritten = (self.unwritten + 1).min(STEPS);
        self.stepped = Some(steady);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

impl Clock {
    /// The machine's clock. Its steady time goes on while the machine sleeps.
    pub fn system() -> Self {
        let wall = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
        };
        Self::from_two(wall, since_boot())
    }

    /// A clock that answers what `source` says, and never steps; for tests and for filling demonstration data.
    pub fn from_fn(source: impl Fn() -> Millis + Send + Sync + Clone + 'static) -> Self {
        Self::from_two(source.clone(), source)
    }

    /// A clock with a time of its own for what day it is and for how long things take.
    pub fn from_two(
        wall: impl Fn() -> Millis + Send + Sync + 'static,
        steady: impl Fn() -> Millis + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner { wall: Box::new(wall), steady: Box::new(steady), state: Mutex::default() }))
    }

    /// The time now.
    pub fn now(&self) -> Millis {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that one reading cannot be taken for a step of another.
        let (wall, steady) = ((self.0.wall)(), (self.0.steady)());
        let now = match state.last {
            None => wall,
            Some((last, then)) => {
                let expected = last + (steady - then).max(0);
                if wall < last && last - wall <= HOUR {
                    // Time stands still until the machine's clock has caught up.
                    last
                } else {
                    if wall < last || wall - expected > CORRECTION {
                        state.step(Step { from: expected, to: wall }, steady);
                    }
                    wall
                }
            }
        };
        state.last = Some((now, steady));
        now
    }

    /// Milliseconds that only ever grow, at the pace of real time, from some moment before the process began.
    pub fn steady(&self) -> Millis {
        (self.0.steady)()
    }

    /// Tells what time it was when the database was last written: a clock that went back since then has stepped too.
    pub fn resume(&self, last: Millis) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let steady = (self.0.steady)();
        if state.last.is_none() && (self.0.wall)() < last {
            state.last = Some((last, steady));
        }
    }

    /// The newest steps, oldest first.
    pub fn steps(&self) -> Vec<Step> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).steps.iter().copied().collect()
    }

    /// The steps that nobody has written down yet, oldest first.
    pub fn unwritten_steps(&self) -> Vec<Step> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.steps.iter().skip(state.steps.len() - state.unwritten).copied().collect()
    }

    /// That many of [`Clock::unwritten_steps`] are written down now.
    pub fn steps_written(&self, count: usize) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.unwritten = state.unwritten.saturating_sub(count);
    }

    /// How long the clock has run evenly; none if it never stepped in this process.
    pub fn even_for(&self) -> Option<Millis> {
        let stepped = self.0.state.lock().unwrap_or_else(PoisonError::into_inner).stepped;
        stepped.map(|then| self.steady() - then)
    }
}

/// Milliseconds since the machine started, sleep included where the system counts it.
fn since_boot() -> impl Fn() -> Millis + Send + Sync {
    #[cfg(target_os = "linux")]
    let read = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        time.tv_sec * SECOND + time.tv_nsec / 1_000_000
    };
    #[cfg(not(target_os = "linux"))]
    let read = {
        let began = std::time::Instant::now();
        move || i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)
    };
    read
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// A clock, what day it says it is, and how long it has run.
    fn hands() -> (Clock, Arc<AtomicI64>, Arc<AtomicI64>) {
        let (wall, steady) = (Arc::new(AtomicI64::new(10 * DAY)), Arc::new(AtomicI64::new(0)));
        let (w, s) = (Arc::clone(&wall), Arc::clone(&steady));
        (Clock::from_two(move || w.load(Ordering::SeqCst), move || s.load(Ordering::SeqCst)), wall, steady)
    }

    fn pass(hand: &AtomicI64, by: Millis) {
        hand.fetch_add(by, Ordering::SeqCst);
    }

    /// Design §3
    #[test]
    fn a_backward_step_up_to_an_hour_is_bridged_and_leaves_no_trace() {
        let (clock, wall, steady) = hands();
        assert_eq!(clock.now(), 10 * DAY);
        pass(&wall, -HOUR);
        assert_eq!(clock.now(), 10 * DAY, "time stands still");
        pass(&wall, HOUR + MINUTE);
        pass(&steady, HOUR + MINUTE);
        assert_eq!(clock.now(), 10 * DAY + MINUTE);
        assert_eq!((clock.steps(), clock.even_for()), (Vec::new(), None));
    }

    /// Design §3: a larger one, or a forward step that the monotonic clock did not see, is followed and remembered.
    #[test]
    fn larger_steps_back_and_steps_forward_are_followed_and_remembered() {
        let (clock, wall, steady) = hands();
        clock.now();
        pass(&wall, -2 * HOUR);
        assert_eq!(clock.now(), 10 * DAY - 2 * HOUR);
        pass(&wall, DAY);
        pass(&steady, DAY);
        assert_eq!(clock.now(), 11 * DAY - 2 * HOUR, "a day without a call is no step");
        pass(&wall, 50 * SECOND);
        clock.now();
        pass(&wall, HOUR);
        clock.now();
        let told: Vec<_> = clock.steps().iter().map(|step| step.to - step.from).collect();
        assert_eq!(told, [-2 * HOUR, HOUR]);
        assert_eq!((clock.unwritten_steps().len(), clock.even_for()), (2, Some(0)));
        clock.steps_written(1);
        assert_eq!(clock.unwritten_steps().len(), 1);
    }

    #[test]
    fn a_clock_that_went_back_while_nobody_ran_has_stepped() {
        let (clock, _, _) = hands();
        clock.resume(10 * DAY + 3 * HOUR);
        assert_eq!((clock.now(), clock.steps().len()), (10 * DAY, 1));
        let (clock, _, _) = hands();
        clock.resume(10 * DAY + MINUTE);
        assert_eq!((clock.now(), clock.steps().len()), (10 * DAY + MINUTE, 0), "bridged");
        let (clock, _, _) = hands();
        clock.resume(9 * DAY);
        assert_eq!((clock.now(), clock.steps().len()), (10 * DAY, 0));
    }
}
