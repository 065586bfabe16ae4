//! Imports and the rows that they refused.

use prost::Message;
use rolo_proto::v1::{self as pb, RowResult};

use crate::{
    authz::Actor,
    change::{Change, Done},
    db::{Row, Tx, params},
    error::{Error, Result},
};

/// One import.
#[derive(Debug, Clone)]
pub struct Import {
    /// How its rows are to be read.
    pub options: pb::ImportOptions,
    /// How far it is.
    pub status: pb::ImportStatus,
    /// It was taken back.
    pub undone: bool,
}

const SELECT: &str = "
    SELECT i.id, i.operation_id, i.next_row, i.finished_at IS NOT NULL, i.created, i.updated, i.skipped, i.unchanged,
           i.refused, i.second_created, i.options, o.undone_by IS NOT NULL
    FROM import i JOIN operation o ON o.id = i.operation_id ";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Import, Vec<u8>)> {
    let status = pb::ImportStatus {
        id: row.get(0)?,
        operation_id: row.get(1)?,
        next_row: row.get(2)?,
        resumed: false,
        finished: row.get(3)?,
        created: row.get(4)?,
        updated: row.get(5)?,
        skipped: row.get(6)?,
        unchanged: row.get(7)?,
        refused: row.get(8)?,
        second_created: row.get(9)?,
    };
    Ok((Import { options: pb::ImportOptions::default(), status, undone: row.get(11)? }, row.get(10)?))
}

fn decoded((import, options): (Import, Vec<u8>)) -> Result<Import> {
    let options = pb::ImportOptions::decode(options.as_slice())
        .map_err(|e| Error::Internal(format!("the options of import {}: {e}", import.status.id)))?;
    Ok(Import { options, ..import })
}

/// An import of this person.
///
/// # Errors
/// `NOT_FOUND` if there is none, or it is another's.
pub fn load(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Import> {
    let found =
        tx.query_opt(&[SELECT, "WHERE i.id = ?1 AND i.user_id = ?2"].concat(), [id, actor.user_id], from_row)?;
    decoded(found.ok_or(Error::NotFound)?)
}

/// Opens an import, or finds the interrupted one of the same person, file and options. The revision answered is 1 for a
/// new one and 2 for one that goes on.
pub fn start(change: &mut Change<'_, '_>, request: &pb::StartImportRequest) -> Result<Done> {
    let options = request.options.clone().unwrap_or_default();
    let open = change.tx().query(
        &[SELECT, "WHERE i.user_id = ?1 AND i.file_hash = ?2 AND i.finished_at IS NULL ORDER BY i.id DESC LIMIT 20"]
            .concat(),
        params![change.actor.user_id, request.file_hash],
        from_row,
    )?;
    for found in open {
        let import = decoded(found)?;
        // Compared as messages: a map has no order when it is encoded.
        if import.options == options && !import.undone {
            return Ok(Done { id: import.status.id, revision: 2, operation_id: import.status.operation_id });
        }
    }
    let operation_id = change.operation()?;
    let id = change.tx().insert(
        "INSERT INTO import (operation_id, user_id, kind, file_name, file_hash, options, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            operation_id,
            change.actor.user_id,
            options.kind,
            request.file_name,
            request.file_hash,
            options.encode_to_vec(),
            change.now()
        ],
    )?;
    Ok(Done { id, revision: 1, operation_id })
}

/// Counts a row's outcome, keeps it if it was refused, and moves on to the next row.
pub fn record(tx: &Tx<'_>, status: &mut pb::ImportStatus, outcome: &pb::RowOutcome) -> Result<()> {
    let count = match outcome.result() {
        RowResult::Created => &mut status.created,
        RowResult::Updated => &mut status.updated,
        RowResult::Unchanged => &mut status.unchanged,
        RowResult::Refused => &mut status.refused,
        RowResult::Skipped | RowResult::LeftOut | RowResult::Unspecified => &mut status.skipped,
    };
    *count += 1;
    if outcome.second_result() == RowResult::Created {
        status.second_created += 1;
    }
    if outcome.result() == RowResult::Refused {
        tx.execute(
            "INSERT INTO import_fault (import_id, row, line, faults) VALUES (?1, ?2, ?3, ?4)",
            params![status.id, status.next_row, outcome.line, outcome.encode_to_vec()],
        )?;
    }
    status.next_row += 1;
    Ok(())
}

/// Writes down how far an import has come.
pub fn save(tx: &Tx<'_>, status: &pb::ImportStatus) -> Result<()> {
    tx.execute(
        "UPDATE import
         SET next_row = ?2, created = ?3, updated = ?4, skipped = ?5, unchanged = ?6, refused = ?7, second_created = ?8
         WHERE id = ?1",
        params![
            status.id,
            status.next_row,
            status.created,
            status.updated,
            status.skipped,
            status.unchanged,
            status.refused,
            status.second_created
        ],
    )
    .map(drop)
}

/// No more rows come. An import that changed nothing is no step to take back.
pub fn finish(tx: &Tx<'_>, import: &pb::ImportStatus, now: i64) -> Result<()> {
    tx.execute("UPDATE import SET finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL", params![import.id, now])?;
    tx.execute(
        "UPDATE operation
         SET reversible = 0
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM audit WHERE operation_id = ?1)",
        [import.operation_id],
    )
    .map(drop)
}

/// The refused rows from one on, in file order: row and outcome.
pub fn faults(tx: &Tx<'_>, import_id: i64, from_row: i64, limit: usize) -> Result<Vec<(i64, pb::RowOutcome)>> {
    let rows = tx.query(
        "SELECT row, faults FROM import_fault
         WHERE import_id = ?1 AND row >= ?2
         ORDER BY row
         LIMIT ?3",
        params![import_id, from_row, i64::try_from(limit).unwrap_or(i64::MAX)],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
    )?;
    rows.into_iter()
        .map(|(row, outcome)| {
            let outcome = pb::RowOutcome::decode(outcome.as_slice())
                .map_err(|e| Error::Internal(format!("a refused row of import {import_id}: {e}")))?;
            Ok((row, outcome))
        })
        .collect()
}

/// What is known of a row that was dealt with before.
pub fn stored(tx: &Tx<'_>, import_id: i64, row: i64, line: i64) -> Result<pb::RowOutcome> {
    let refused = faults(tx, import_id, row, 1)?.pop().filter(|(number, _)| *number == row);
    let skipped = || pb::RowOutcome { line, result: RowResult::Skipped.into(), ..pb::RowOutcome::default() };
    Ok(refused.map_or_else(skipped, |(_, outcome)| outcome))
}
