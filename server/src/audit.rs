//! The audit log: who changed what, when, from what to what, in a chain that shows any tampering.
//!
//! Each row's hash covers the row before it, its own columns, and for each changed field a salted digest of the value
//! before and after. The values lie beside the digests' salt, so that one day a person's data can be erased (keeping
//! the digests) and the chain still verifies. A row's 16 random bytes give every value its own salt.
//!
//! Always true: a change and its audit row are in one transaction; rows are only ever appended, by [`Chain::append`].

use rolo_proto::v1::Kind;
use serde_json::{Map, Value as Json};

use crate::{
    clock::Millis,
    db::{Tx, Write, params},
    error::{Error, Result},
};

/// Column -> [before, after].
pub type Changes = Map<String, Json>;

/// What one audit row says.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The operation it belongs to.
    pub operation_id: i64,
    /// Who; 0 for the host.
    pub user_id: i64,
    /// In which session; 0 for the host.
    pub session_id: i64,
    /// When.
    pub at: Millis,
    /// `create`, `update`, `delete`, `restore`, `undo`, `refused`, `sign_in`, ...
    pub verb: &'a str,
    /// The record's kind.
    pub kind: Kind,
    /// The record.
    pub record_id: i64,
    /// The revision after the change.
    pub revision: i64,
    /// The customer in whose timeline the row stands, 0 if in none.
    pub parent_id: i64,
    /// What changed.
    pub changes: &'a Changes,
}

/// The head of the chain: the sequence and hash of the newest row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    sequence: i64,
    hash: [u8; 32],
}

impl Chain {
    /// The head as the database has it.
    pub(crate) fn load(tx: &Tx<'_>) -> Result<Self> {
        let head = tx.query_opt("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1", [], |row| {
            Ok(Self { sequence: row.get(0)?, hash: row.get(1)? })
        })?;
        Ok(head.unwrap_or(Self { sequence: 0, hash: [0; 32] }))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The database refuses it, or the machine has no randomness.
    pub fn append(&mut self, tx: &Tx<'_>, entry: &Entry<'_>) -> Result<i64> {
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
        let sequence = self.sequence + 1;
        let hash = digest(&self.hash, sequence, entry, &salt);
        let changes =
            serde_json::to_string(entry.changes).map_err(|e| Error::Internal(format!("an audit row: {e}")))?;
        tx.execute(
            "INSERT INTO audit (sequence, operation_id, user_id, session_id, at, verb, kind, record_id, revision,
                                parent_id, changes, salt, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                sequence,
                entry.operation_id,
                entry.user_id,
                entry.session_id,
                entry.at,
                entry.verb,
                entry.kind as i32,
                entry.record_id,
                entry.revision,
                entry.parent_id,
                changes,
                salt,
                hash
            ],
        )?;
        self.sequence = sequence;
        self.hash = hash;
        Ok(sequence)
    }
}

fn digest(before: &[u8; 32], sequence: i64, entry: &Entry<'_>, salt: &[u8; 16]) -> [u8; 32] {
    // Put together and hashed at once: a hasher that takes it bit by bit costs several times as much.
    let mut row = Vec::with_capacity(1_024);
    row.extend_from_slice(before);
    for number in [
        sequence,
        entry.operation_id,
        entry.user_id,
        entry.session_id,
        entry.at,
        i64::from(entry.kind as i32),
        entry.record_id,
        entry.revision,
        entry.parent_id,
    ] {
        row.extend_from_slice(&number.to_le_bytes());
    }
    sized(&mut row, entry.verb.as_bytes());
    for (field, value) in entry.changes {
        sized(&mut row, field.as_bytes());
        for (side, value) in [value.get(0), value.get(1)].into_iter().enumerate() {
            row.extend_from_slice(&value_digest(salt, field, side, value.unwrap_or(&Json::Null)));
        }
    }
    *blake3::hash(&row).as_bytes()
}

/// The digest of one value under its own salt, which nobody can derive once the row's salt is gone.
fn value_digest(salt: &[u8; 16], field: &str, side: usize, value: &Json) -> [u8; 32] {
    let mut key = *b"................rolo audit value";
    key[..16].copy_from_slice(salt);
    let mut bytes = Vec::with_capacity(128);
    sized(&mut bytes, field.as_bytes());
    bytes.push(u8::from(side == 1));
    sized(&mut bytes, value.to_string().as_bytes());
    *blake3::keyed_hash(&key, &bytes).as_bytes()
}

fn sized(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// What was refused, to whom; logged after the refused job was rolled back.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Who asked.
    pub user_id: i64,
    /// In which session.
    pub session_id: i64,
    /// For what.
    pub method: &'static str,
    /// On what kind of record.
    pub kind: Kind,
    /// On which record, 0 if on none.
    pub record_id: i64,
}

impl Refusal {
    /// Appends the refusal.
    pub(crate) fn log(&self, write: &mut Write<'_>, cause: &Error) -> Result<()> {
        let mut changes = Changes::new();
        changes.insert("method".into(), Json::Array(vec![Json::Null, self.method.into()]));
        changes.insert("reason".into(), Json::Array(vec![Json::Null, cause.reason().into()]));
        let entry = Entry {
            operation_id: 0,
            user_id: self.user_id,
            session_id: self.session_id,
            at: write.now,
            verb: "refused",
            kind: self.kind,
            record_id: self.record_id,
            revision: 0,
            parent_id: 0,
            changes: &changes,
        };
        write.chain.append(write.tx, &entry).map(drop)
    }
}

/// How far a verification has come; start with the default and hand it on until it is finished.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Rows that verified.
    pub rows: i64,
    /// The hash of the newest row that verified.
    pub head: [u8; 32],
    /// The first row that did not, and why.
    pub bad: Option<(i64, String)>,
    /// Nothing is left to look at.
    pub finished: bool,
}

/// Verifies the next slice of the chain. Kept short, so that no read transaction lasts.
///
/// # Errors
/// The database cannot be read.
pub fn verify(tx: &Tx<'_>, mut done: Verification) -> Result<Verification> {
    const SLICE: i64 = 2_000;
    let mut seen = 0;
    let after = done.rows;
    tx.walk(
        "SELECT sequence, operation_id, user_id, session_id, at, verb, kind, record_id, revision, parent_id, changes,
                salt, hash
         FROM audit
         WHERE sequence > ?1
         ORDER BY sequence
         LIMIT ?2",
        params![after, SLICE],
        |row| {
            seen += 1;
            let sequence: i64 = row.get(0)?;
            if sequence != done.rows + 1 {
                done.bad = Some((done.rows + 1, format!("row {} is missing", done.rows + 1)));
                return Ok(false);
            }
            let Ok(changes) = serde_json::from_str::<Changes>(&row.get::<_, String>(10)?) else {
                done.bad = Some((sequence, "its changes cannot be read".into()));
                return Ok(false);
            };
            let verb: String = row.get(5)?;
            let entry = Entry {
                operation_id: row.get(1)?,
                user_id: row.get(2)?,
                session_id: row.get(3)?,
                at: row.get(4)?,
                verb: &verb,
                kind: Kind::try_from(row.get::<_, i32>(6)?).unwrap_or_default(),
                record_id: row.get(7)?,
                revision: row.get(8)?,
                parent_id: row.get(9)?,
                changes: &changes,
            };
            let stored: [u8; 32] = row.get(12)?;
            if digest(&done.head, sequence, &entry, &row.get(11)?) != stored {
                done.bad = Some((sequence, "its hash does not fit its content or the row before it".into()));
                return Ok(false);
            }
            done.rows = sequence;
            done.head = stored;
            Ok(true)
        },
    )?;
    done.finished = done.bad.is_some() || seen < SLICE;
    Ok(done)
}
