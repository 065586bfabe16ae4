//! Slowing down guesses. Time is a parameter.
//!
//! ```text
//! Free ──5 failures──► Waiting(1 s, 2 s, 4 s … 5 min) ──time passes──► one more try ──right──► Free
//!                          ▲                                              │
//!                          └──────────────────── wrong ───────────────────┘
//! ```
//!
//! A lock belongs to (account, origin): whoever guesses from elsewhere does not keep the person out. Attempts while
//! waiting do not lengthen the wait. Unknown accounts are counted alike, so that nothing can be told from being slowed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::clock::{HOUR, MINUTE, Millis, SECOND};

/// Failures that cost nothing: people mistype.
const FREE_FAILURES: u32 = 5;
/// The longest wait.
const LONGEST: Millis = 5 * MINUTE;
/// Failures are forgotten after so long without one.
const FORGOTTEN: Millis = HOUR;
/// Locks kept at most; beyond, the oldest go.
const MOST: usize = 20_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Lock {
    failures: u32,
    last: Millis,
    until: Millis,
}

impl Lock {
    fn fail(self, now: Millis) -> Self {
        let failures = if now - self.last > FORGOTTEN { 1 } else { self.failures.saturating_add(1) };
        let wait = match failures.checked_sub(FREE_FAILURES) {
            None => 0,
            Some(excess) => (SECOND << excess.min(16)).min(LONGEST),
        };
        Self { failures, last: now, until: now + wait }
    }
}

/// All soft locks of this process.
#[derive(Debug, Default)]
pub struct SoftLocks {
    locks: Mutex<HashMap<(String, String), Lock>>,
}

impl SoftLocks {
    /// Seconds to wait before a password may be tried; none if it may be tried now. Trying counts as a failure until
    /// [`SoftLocks::succeed`] says otherwise, so that parallel guesses do not slip through.
    pub fn attempt(&self, account: &str, origin: &str, now: Millis) -> Option<u64> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.to_owned(), origin.to_owned());
        let lock = locks.get(&key).copied().unwrap_or_default();
        if now < lock.until {
            return Some(u64::try_from((lock.until - now + SECOND - 1) / SECOND).unwrap_or(1));
        }
        if locks.len() >= MOST && !locks.contains_key(&key) {
            let oldest = locks.iter().min_by_key(|(_, lock)| lock.last).map(|(key, _)| key.clone());
            oldest.and_then(|key| locks.remove(&key));
        }
        locks.insert(key, lock.fail(now));
        None
    }

    /// The password was right.
    pub fn succeed(&self, account: &str, origin: &str) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(&(account.to_owned(), origin.to_owned()));
    }

    /// Drops locks that no longer matter.
    pub fn forget(&self, now: Millis) {
        self.locks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, lock| now - lock.last <= FORGOTTEN || now < lock.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_slips_are_free_and_then_each_failure_doubles_the_wait_up_to_five_minutes() {
        let locks = SoftLocks::default();
        let mut now = 0;
        for _ in 0..4 {
            assert_eq!(locks.attempt("li", "host", now), None);
        }
        assert_eq!(locks.attempt("li", "host", now), None);
        assert_eq!(locks.attempt("li", "host", now), Some(1));
        for wait in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            now += LONGEST;
            assert_eq!(locks.attempt("li", "host", now), None);
            assert_eq!(locks.attempt("li", "host", now), Some(wait));
        }
    }

    #[test]
    fn guessing_from_elsewhere_does_not_lock_the_person_out() {
        let locks = SoftLocks::default();
        for _ in 0..50 {
            locks.attempt("li", "192.0.2.7", 0);
        }
        assert_eq!(locks.attempt("li", "host", 0), None);
    }

    #[test]
    fn the_right_password_clears_the_count_and_an_hour_forgets_it() {
        let locks = SoftLocks::default();
        for _ in 0..5 {
            locks.attempt("li", "host", 0);
        }
        assert!(locks.attempt("li", "host", 0).is_some());
        locks.succeed("li", "host");
        assert_eq!(locks.attempt("li", "host", 0), None);
        for _ in 0..5 {
            locks.attempt("wang", "host", 0);
        }
        assert_eq!(locks.attempt("wang", "host", FORGOTTEN + 1), None);
        assert_eq!(locks.attempt("wang", "host", FORGOTTEN + 1), None);
    }
}
