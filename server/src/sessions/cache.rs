//! The sessions that this process has seen lately, with the rights of their people, so that a call costs no query.
//!
//! Any change of sessions, users, roles or departments raises the generation and empties the cache; the raise happens
//! inside the writing job and again after its commit, so that a reader can never put back what was read before. How old
//! a session is in steady time is kept across that, so that a clock which steps back gives nobody more time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use super::rules;
use crate::{authz::Actor, clock::Millis};

/// Sessions kept at most.
const MOST: usize = 10_000;

/// A session as the cache keeps it.
#[derive(Debug)]
pub struct Session {
    /// The person and their rights.
    pub actor: Arc<Actor>,
    /// When it began.
    pub created_at: Millis,
    /// When it was last used, as far as this process knows.
    pub seen_at: AtomicI64,
    /// When `seen_at` was last written to the database.
    pub written_at: AtomicI64,
}

/// When a session began and was last used, in steady time.
#[derive(Debug)]
struct Age {
    began: Millis,
    seen: Millis,
}

/// When a session is looked at, and whether that counts as using it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// A person is at work; else their program alone asks, which does not keep a session from ending.
    pub used: bool,
    /// What the clock says.
    pub now: Millis,
    /// Steady time.
    pub steady: Millis,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<[u8; 32], Arc<Session>>,
    ages: HashMap<i64, Age>,
}

/// The cache.
#[derive(Debug, Default)]
pub struct Cache {
    generation: AtomicU64,
    known: Mutex<Known>,
}

impl Cache {
    /// Which generation of rights is in force.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Rights changed: forget everything.
    pub fn invalidate(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::SeqCst);
        known.sessions.clear();
    }

    /// A session that is known and still open; it is used now.
    pub fn get(&self, token_hash: &[u8; 32], moment: Moment) -> Option<Arc<Session>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let session = Arc::clone(known.sessions.get(token_hash)?);
        if known.is_open(&session, moment) {
            moment.mark(&session);
            return Some(session);
        }
        known.sessions.remove(token_hash);
        None
    }

    /// Remembers a session that was read in `generation`, unless that has passed; whether it is still open.
    pub fn put(&self, token_hash: [u8; 32], session: &Arc<Session>, generation: u64, moment: Moment) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_open(session, moment) {
            return false;
        }
        moment.mark(session);
        if self.generation() == generation {
            if known.sessions.len() >= MOST {
                known.sessions.clear();
            }
            known.sessions.insert(token_hash, Arc::clone(session));
        }
        true
    }
}

impl Moment {
    fn mark(self, session: &Session) {
        if self.used {
            session.seen_at.store(self.now, Ordering::Relaxed);
        }
    }
}

impl Known {
    /// Whether a session is open by the clock and by steady time; if so, and if that counts, it is used now.
    fn is_open(&mut self, session: &Session, Moment { now, steady, used }: Moment) -> bool {
        let seen_at = session.seen_at.load(Ordering::Relaxed);
        if self.ages.len() >= MOST && !self.ages.contains_key(&session.actor.session_id) {
            self.ages.clear();
        }
        let age = self.ages.entry(session.actor.session_id).or_insert_with(|| Age {
            began: steady - (now - session.created_at).max(0),
            seen: steady - (now - seen_at).max(0),
        });
        let open = rules::is_open(session.created_at, seen_at, now) && rules::is_open(age.began, age.seen, steady);
        if open && used {
            age.seen = steady;
        }
        open
    }
}
