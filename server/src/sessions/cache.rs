//! The sessions that this process has seen lately, with the rights of their people, so that a call costs no query.
//!
//! Any change of sessions, users, roles or departments raises the generation and empties the cache; the raise happens
//! inside the writing job and again after its commit, so that a reader can never put back what was read before.

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

/// The cache.
#[derive(Debug, Default)]
pub struct Cache {
    generation: AtomicU64,
    sessions: Mutex<HashMap<[u8; 32], Arc<Session>>>,
}

impl Cache {
    /// Which generation of rights is in force.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Rights changed: forget everything.
    pub fn invalidate(&self) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::SeqCst);
        sessions.clear();
    }

    /// A session that is known and still open.
    pub fn get(&self, token_hash: &[u8; 32], now: Millis) -> Option<Arc<Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get(token_hash)?;
        if rules::is_open(session.created_at, session.seen_at.load(Ordering::Relaxed), now) {
            return Some(Arc::clone(session));
        }
        sessions.remove(token_hash);
        None
    }

    /// Remembers a session that was read in `generation`; forgotten if that has passed.
    pub fn put(&self, token_hash: [u8; 32], session: Arc<Session>, generation: u64) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if self.generation() == generation {
            if sessions.len() >= MOST {
                sessions.clear();
            }
            sessions.insert(token_hash, session);
        }
    }
}
