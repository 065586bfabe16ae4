//! Slowing down guesses. Time is a parameter: steady time, everywhere here.
//!
//! ```text
//! Free ──5 failures──► Waiting(1 s, 2 s, 4 s … 5 min) ──time passes──► one more try ──right──► Free
//!                          ▲                                              │
//!                          └──────────────────── wrong ───────────────────┘
//! ```
//!
//! A lock belongs to (account, origin): whoever guesses from elsewhere does not keep the person out. Attempts while
//! waiting do not lengthen the wait. Unknown accounts are counted alike, so that nothing can be told from being slowed.
//!
//! Who tries one password with many accounts is slowed down by a lock of the origin as a whole. It does not hold for who
//! has signed in from there before: a guesser behind the same address cannot keep them out.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};

/// Failures that cost nothing: people mistype.
const FREE_FAILURES: u32 = 5;
/// The longest wait.
const LONGEST: Millis = 5 * MINUTE;
/// The same for an origin with all its accounts together: a team behind one address mistypes too.
const FREE_FAILURES_OF_ORIGIN: u32 = 50;
const LONGEST_OF_ORIGIN: Millis = MINUTE;
/// Failures are forgotten after so long without one.
const FORGOTTEN: Millis = HOUR;
/// Who has signed in from an origin is known there for so long.
const KNOWN: Millis = 30 * DAY;
/// Locks kept at most; beyond, the oldest go.
const MOST: usize = 20_000;
/// Characters of an account that tell it from others; no account has a longer name.
const NAME: usize = 100;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Lock {
    failures: u32,
    last: Millis,
    until: Millis,
}

impl Lock {
    fn fail(self, now: Millis, free: u32, longest: Millis) -> Self {
        let failures = if now - self.last > FORGOTTEN { 1 } else { self.failures.saturating_add(1) };
        let wait = match failures.checked_sub(free) {
            None => 0,
            Some(excess) => (SECOND << excess.min(16)).min(longest),
        };
        Self { failures, last: now, until: now + wait }
    }
}

/// All soft locks of this process.
#[derive(Debug, Default)]
pub struct SoftLocks {
    state: Mutex<State>,
}

type Key = (String, String);

#[derive(Debug, Default)]
struct State {
    /// By account and origin.
    locks: HashMap<Key, Lock>,
    /// By origin.
    origins: HashMap<String, Lock>,
    /// When somebody last signed in from an origin.
    known: HashMap<Key, Millis>,
}

fn key(account: &str, origin: &str) -> Key {
    (account.chars().take(NAME).collect(), origin.to_owned())
}

/// Makes room for one more, by dropping the oldest.
fn make_room<K: Clone + Eq + Hash, V>(map: &mut HashMap<K, V>, key: &K, age: impl Fn(&V) -> Millis) {
    if map.len() >= MOST && !map.contains_key(key) {
        let oldest = map.iter().min_by_key(|(_, value)| age(value)).map(|(key, _)| key.clone());
        oldest.and_then(|key| map.remove(&key));
    }
}

impl SoftLocks {
    /// Seconds to wait before a password may be tried; none if it may be tried now. Trying counts as a failure until
    /// [`SoftLocks::succeed`] says otherwise, so that parallel guesses do not slip through.
    pub fn attempt(&self, account: &str, origin: &str, now: Millis) -> Option<u64> {
        let mut state = self.state();
        let key = key(account, origin);
        let lock = state.locks.get(&key).copied().unwrap_or_default();
        let known = state.known.contains_key(&key);
        let whole = if known { Lock::default() } else { state.origins.get(origin).copied().unwrap_or_default() };
        let until = lock.until.max(whole.until);
        if now < until {
            return Some(u64::try_from((until - now + SECOND - 1) / SECOND).unwrap_or(1));
        }
        make_room(&mut state.locks, &key, |lock| lock.last);
        state.locks.insert(key, lock.fail(now, FREE_FAILURES, LONGEST));
        if !known {
            make_room(&mut state.origins, &origin.to_owned(), |lock| lock.last);
            state.origins.insert(origin.to_owned(), whole.fail(now, FREE_FAILURES_OF_ORIGIN, LONGEST_OF_ORIGIN));
        }
        None
    }

    /// The password was right.
    pub fn succeed(&self, account: &str, origin: &str, now: Millis) {
        let mut state = self.state();
        let key = key(account, origin);
        state.locks.remove(&key);
        make_room(&mut state.known, &key, |at| *at);
        // Only the attempt itself is taken back: others of this origin may have been guesses.
        if state.known.insert(key, now).is_none()
            && let Some(whole) = state.origins.get_mut(origin)
        {
            *whole = Lock { failures: whole.failures.saturating_sub(1), until: 0, ..*whole };
        }
    }

    /// Drops what no longer matters.
    pub fn forget(&self, now: Millis) {
        let mut state = self.state();
        let matters = |lock: &Lock| now - lock.last <= FORGOTTEN || now < lock.until;
        state.locks.retain(|_, lock| matters(lock));
        state.origins.retain(|_, lock| matters(lock));
        state.known.retain(|_, at| now - *at <= KNOWN);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        locks.succeed("li", "host", 0);
        assert_eq!(locks.attempt("li", "host", 0), None);
        for _ in 0..5 {
            locks.attempt("wang", "host", 0);
        }
        assert_eq!(locks.attempt("wang", "host", FORGOTTEN + 1), None);
        assert_eq!(locks.attempt("wang", "host", FORGOTTEN + 1), None);
    }

    #[test]
    fn one_password_for_many_accounts_is_slowed_down_by_its_origin() {
        let locks = SoftLocks::default();
        for n in 0..50 {
            assert_eq!(locks.attempt(&format!("user{n}"), "192.0.2.7", 0), None, "{n}");
        }
        assert_eq!(locks.attempt("user50", "192.0.2.7", 0), Some(1));
        assert_eq!(locks.attempt("user50", "192.0.2.8", 0), None, "others are not slowed");
        let mut now = 0;
        for _ in 0..20 {
            now += LONGEST_OF_ORIGIN;
            assert_eq!(locks.attempt(&format!("user{now}"), "192.0.2.7", now), None, "the wait is a minute at most");
        }
        assert_eq!(locks.attempt("new", "192.0.2.7", now), Some(60));
    }

    #[test]
    fn who_has_signed_in_from_an_origin_is_not_kept_out_by_a_guesser_there() {
        let locks = SoftLocks::default();
        assert_eq!(locks.attempt("li", "192.0.2.7", 0), None);
        locks.succeed("li", "192.0.2.7", 0);
        for n in 0..60 {
            locks.attempt(&format!("user{n}"), "192.0.2.7", SECOND);
        }
        assert!(locks.attempt("user1", "192.0.2.7", SECOND).is_some());
        assert_eq!(locks.attempt("li", "192.0.2.7", SECOND), None);
        locks.forget(SECOND + KNOWN);
        assert!(locks.state().known.is_empty() && locks.state().locks.is_empty() && locks.state().origins.is_empty());
    }

    #[test]
    fn long_names_and_many_of_them_take_bounded_room() {
        let locks = SoftLocks::default();
        locks.attempt(&"x".repeat(4 << 20), "192.0.2.7", 0);
        assert_eq!(locks.state().locks.keys().map(|(name, _)| name.len()).max(), Some(NAME));
        for n in 0..MOST + 10 {
            locks.attempt("li", &format!("origin {n}"), 0);
        }
        let state = locks.state();
        assert_eq!((state.locks.len(), state.origins.len()), (MOST, MOST));
    }
}
