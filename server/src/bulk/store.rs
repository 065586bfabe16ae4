//! How far a bulk action has come.

use std::time::{Duration, Instant};

use rolo_proto::v1 as pb;

use super::act::Act;
use crate::{
    authz::Actor,
    change::Change,
    clock::{DAY, Millis},
    customers::timeline::table,
    db::{Tx, Write, params},
    error::{Error, Fault, Result},
    settings::Settings,
    watch::sight,
};

/// Records in one job, and how long it may hold the writer.
const SLICE: usize = 200;
const HOLD: Duration = Duration::from_millis(15);
/// How long results are kept: as long as the request's id.
const KEPT: Millis = DAY;

/// A bulk action under way.
#[derive(Debug, Clone, Default)]
pub struct Bulk {
    /// Its row.
    pub id: i64,
    /// The records.
    pub ids: Vec<i64>,
    /// Those before this one are dealt with.
    pub next: usize,
    /// What is answered: the counts so far, and the results of the last job.
    pub progress: pb::BulkProgress,
}

/// Begins an action, or finds the one that the same request began.
///
/// # Errors
/// `VALIDATION` if the request id was used for something else.
pub fn begin(write: &Write<'_>, actor: &Actor, request_id: &str, hash: [u8; 32], ids: &[i64]) -> Result<Bulk> {
    if let Some(id) = known(write.tx, actor, request_id, hash)? {
        let mut bulk = load(write.tx, id)?;
        bulk.progress.results = refused(write.tx, id)?;
        return Ok(bulk);
    }
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    let id = write
        .tx
        .insert("INSERT INTO bulk (user_id, at, ids) VALUES (?1, ?2, ?3)", params![actor.user_id, write.now, bytes])?;
    write.tx.execute(
        "INSERT INTO idempotency (user_id, method, request_id, request_hash, at, kind, record_id, revision, operation_id)
         VALUES (?1, 'RunBulk', ?2, ?3, ?4, 0, ?5, 0, 0)",
        params![actor.user_id, request_id, hash, write.now, id],
    )?;
    load(write.tx, id)
}

/// The action that a request began, if it did.
///
/// # Errors
/// `VALIDATION` if the request id was used for something else.
pub fn known(tx: &Tx<'_>, actor: &Actor, request_id: &str, hash: [u8; 32]) -> Result<Option<i64>> {
    let known = tx.query_opt(
        "SELECT record_id, request_hash FROM idempotency WHERE user_id = ?1 AND request_id = ?2 AND method = 'RunBulk'",
        params![actor.user_id, request_id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)),
    )?;
    match known {
        Some((_, other)) if other != hash => Err(Error::field("request_id", Fault::UsedAlready)),
        known => Ok(known.map(|(id, _)| id)),
    }
}

/// An action as it stands.
///
/// # Errors
/// The database's.
pub fn load(tx: &Tx<'_>, id: i64) -> Result<Bulk> {
    let mut bulk = tx.query_one(
        "SELECT operation_id, ids, next, done, unchanged, refused FROM bulk WHERE id = ?1",
        [id],
        |row| {
            let bytes: Vec<u8> = row.get(1)?;
            let ids: Vec<i64> =
                bytes.chunks_exact(8).filter_map(|id| id.try_into().ok().map(i64::from_le_bytes)).collect();
            let progress = pb::BulkProgress {
                operation_id: row.get(0)?,
                done: row.get(3)?,
                unchanged: row.get(4)?,
                refused: row.get(5)?,
                total: ids.len() as i64,
                ..pb::BulkProgress::default()
            };
            let next = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
            Ok(Bulk { id, ids, next, progress })
        },
    )?;
    bulk.progress.finished = bulk.next >= bulk.ids.len();
    Ok(bulk)
}

/// Everything that was refused so far.
///
/// # Errors
/// The database's.
pub fn refused(tx: &Tx<'_>, id: i64) -> Result<Vec<pb::BulkResult>> {
    tx.query(
        "SELECT record_id, label, reason, detail, owner, who, at
         FROM bulk_refusal WHERE bulk_id = ?1 ORDER BY position LIMIT 10000",
        [id],
        |row| {
            Ok(pb::BulkResult {
                id: row.get(0)?,
                label: row.get(1)?,
                reason: row.get(2)?,
                detail: row.get(3)?,
                owner: row.get(4)?,
                who: row.get(5)?,
                at: row.get(6)?,
            })
        },
    )
}

/// Deals with the next records, each by itself, for as long as a job may take.
///
/// # Errors
/// The database's; what a single record is refused for is in the results.
pub fn slice(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    act: &Act,
    kind: pb::Kind,
    mut bulk: Bulk,
) -> Result<Bulk> {
    let tx = change.tx();
    let started = Instant::now();
    let begun = bulk.next;
    while let Some(id) = bulk.ids.get(bulk.next).copied() {
        if bulk.next - begun >= SLICE || (bulk.next > begun && started.elapsed() >= HOLD) {
            break;
        }
        let before = tx.changes();
        let result = change.attempt(|change| act.run(change, settings, id));
        match result {
            Ok(_) if tx.changes() > before => bulk.progress.done += 1,
            Ok(_) => bulk.progress.unchanged += 1,
            Err(error @ (Error::Db(_) | Error::Internal(_))) => return Err(error),
            Err(cause) => {
                bulk.progress.refused += 1;
                let one = refusal(tx, change.actor, kind, id, &cause)?;
                tx.execute(
                    "INSERT INTO bulk_refusal (bulk_id, position, record_id, label, reason, detail, owner, who, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![
                        bulk.id,
                        bulk.next as i64,
                        id,
                        one.label,
                        one.reason,
                        one.detail,
                        one.owner,
                        one.who,
                        one.at
                    ],
                )?;
                bulk.progress.results.push(one);
            }
        }
        bulk.next += 1;
    }
    bulk.progress.finished = bulk.next >= bulk.ids.len();
    bulk.progress.operation_id = change.operation_id.unwrap_or_default();
    let progress = &bulk.progress;
    tx.execute(
        "UPDATE bulk SET operation_id = ?2, next = ?3, done = ?4, unchanged = ?5, refused = ?6 WHERE id = ?1",
        params![bulk.id, progress.operation_id, bulk.next as i64, progress.done, progress.unchanged, progress.refused],
    )?;
    Ok(bulk)
}

/// Why a record was left as it is, with what the record's own method would have told. What the person may not see is not
/// told.
fn refusal(tx: &Tx<'_>, actor: &Actor, kind: pb::Kind, id: i64, cause: &Error) -> Result<pb::BulkResult> {
    let label = match (sight::of_record(tx, actor, kind, id), table(kind)) {
        (Ok(_), Some(table)) => (table.label)(tx, id)?,
        (Err(Error::NotFound), _) | (_, None) => String::new(),
        (Err(error), _) => return Err(error),
    };
    let detail = match cause {
        Error::Validation(faults) => faults
            .iter()
            .take(3)
            .map(|one| format!("{} {}", one.field, crate::rpc::status::fault(&one.fault)))
            .collect::<Vec<_>>()
            .join(", "),
        Error::InvalidState(state) | Error::Overtaken { state, .. } => state.clone(),
        Error::NotOwner(owner) => owner.clone(),
        Error::Duplicate { at, .. } => at.label.clone(),
        Error::InUse(by) => by.clone(),
        _ => String::new(),
    };
    let (owner, who, at) = match cause {
        Error::Overtaken { owner, who, at, .. } => (owner.as_str(), who.as_str(), *at),
        Error::Stale { who, at, .. } => ("", who.as_str(), *at),
        Error::Duplicate { at, .. } => (at.owner.as_str(), "", 0),
        _ => ("", "", 0),
    };
    let reason = cause.reason().into();
    Ok(pb::BulkResult { id, label, reason, detail, owner: owner.into(), who: who.into(), at })
}

/// Drops what has outlived its request, a slice at a time.
///
/// # Errors
/// The database's.
pub fn sweep(write: &Write<'_>) -> Result<()> {
    let old = write.now - KEPT;
    write.tx.execute(
        "DELETE FROM bulk_refusal WHERE bulk_id IN (SELECT id FROM bulk WHERE at < ?1 ORDER BY at LIMIT 10)",
        [old],
    )?;
    write
        .tx
        .execute("DELETE FROM bulk WHERE id IN (SELECT id FROM bulk WHERE at < ?1 ORDER BY at LIMIT 10)", [old])
        .map(drop)
}
