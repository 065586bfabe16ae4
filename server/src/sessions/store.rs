//! Session rows.

use std::sync::{Arc, atomic::AtomicI64};

use super::cache::Session;
use crate::{
    authz::Actor,
    clock::Millis,
    db::{Tx, params},
    error::Result,
};

/// What a sign-in needs to know about an account.
#[derive(Debug)]
pub struct Account {
    /// The user.
    pub id: i64,
    /// The password's hash.
    pub password: String,
    /// Disabled accounts cannot sign in.
    pub active: bool,
}

/// The account of a folded name.
pub fn account(tx: &Tx<'_>, name_fold: &str) -> Result<Option<Account>> {
    tx.query_opt("SELECT id, password, active FROM user WHERE name_fold = ?1", [name_fold], |row| {
        Ok(Account { id: row.get(0)?, password: row.get(1)?, active: row.get(2)? })
    })
}

/// The account of a user.
pub fn account_of(tx: &Tx<'_>, user_id: i64) -> Result<Option<Account>> {
    tx.query_opt("SELECT id, password, active FROM user WHERE id = ?1", [user_id], |row| {
        Ok(Account { id: row.get(0)?, password: row.get(1)?, active: row.get(2)? })
    })
}

/// Opens a session.
pub fn open(tx: &Tx<'_>, user_id: i64, token_hash: &[u8; 32], client: &str, now: Millis) -> Result<i64> {
    tx.insert(
        "INSERT INTO session (token_hash, user_id, client, created_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?4)",
        params![token_hash, user_id, client, now],
    )
}

/// The open session of a token, with the person's rights.
pub fn find(tx: &Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<Session>> {
    let row = tx.query_opt(
        "SELECT id, user_id, created_at, seen_at
         FROM session
         WHERE token_hash = ?1 AND ended_at IS NULL",
        [token_hash],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Millis>(2)?, row.get::<_, Millis>(3)?)),
    )?;
    let Some((id, user_id, created_at, seen_at)) = row else { return Ok(None) };
    Ok(Actor::load(tx, user_id, id)?.map(|actor| Session {
        actor: Arc::new(actor),
        created_at,
        seen_at: AtomicI64::new(seen_at),
        written_at: AtomicI64::new(seen_at),
    }))
}

/// Notes that a session is in use.
pub fn touch(tx: &Tx<'_>, session_id: i64, now: Millis) -> Result<()> {
    tx.execute("UPDATE session SET seen_at = ?2 WHERE id = ?1", params![session_id, now]).map(drop)
}

/// Ends one session.
pub fn end(tx: &Tx<'_>, session_id: i64, now: Millis) -> Result<usize> {
    tx.execute("UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", params![session_id, now])
}

/// Ends all sessions of a user but one (0: all of them).
pub fn end_others(tx: &Tx<'_>, user_id: i64, but: i64, now: Millis) -> Result<usize> {
    tx.execute(
        "UPDATE session SET ended_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND ended_at IS NULL",
        params![user_id, but, now],
    )
}
