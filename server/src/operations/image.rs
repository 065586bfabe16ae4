//! One record of an operation: what it was before, whether it can be taken back, and taking it back.

use rolo_proto::v1::Kind;
use rusqlite::ErrorCode;

use crate::{
    audit::Changes,
    authz::Actor,
    change::{Change, Of, Table, last_change},
    clock::Millis,
    db::{Tx, params},
    error::{Error, Result},
    value::Value,
};

/// What a record was before an operation, and the revision that the operation left it with.
#[derive(Debug)]
pub(super) struct Image {
    operation_id: i64,
    before: Vec<(String, Value)>,
    created: bool,
    revision: i64,
    /// Its last row in the log.
    pub(super) last_sequence: i64,
}

impl Image {
    pub(super) fn load(tx: &Tx<'_>, operation_id: i64, kind: Kind, id: i64) -> Result<Self> {
        let mut image = Self { operation_id, before: Vec::new(), created: false, revision: 0, last_sequence: 0 };
        tx.walk(
            "SELECT sequence, revision, verb, changes FROM audit
             WHERE kind = ?1 AND record_id = ?2 AND operation_id = ?3
             ORDER BY sequence",
            params![kind as i32, id, operation_id],
            |row| {
                image.last_sequence = row.get(0)?;
                image.revision = row.get(1)?;
                image.created |= row.get::<_, String>(2)? == "create";
                let changes: Changes = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
                for (column, pair) in &changes {
                    if !image.before.iter().any(|(known, _)| known == column) {
                        image.before.push((column.clone(), Value::from_json(pair.get(0).unwrap_or_default())));
                    }
                }
                Ok(true)
            },
        )?;
        Ok(image)
    }

    /// The values to write: the before-image, or into the recycle bin for what was made.
    fn values(&self, table: &'static Table, now: Millis) -> Vec<(&'static str, Value)> {
        if self.created {
            return vec![("deleted_at", Value::Int(now))];
        }
        table
            .columns
            .iter()
            .filter_map(|(column, _)| {
                let (_, value) = self.before.iter().find(|(name, _)| name == column)?;
                Some((*column, value.clone()))
            })
            .collect()
    }
}

/// The revision that a record has now, if it can be taken back; none if it has been, before an interruption. What hangs
/// on a record that was made keeps it, but for what the operation `except` made too.
pub(super) fn may_take_back(
    tx: &Tx<'_>,
    actor: &Actor,
    table: &'static Table,
    id: i64,
    image: &Image,
    except: i64,
) -> Result<Option<i64>> {
    let (revision, undoes) = tx
        .query_opt(
            "SELECT a.revision, COALESCE(o.undoes, 0)
             FROM audit a LEFT JOIN operation o ON o.id = a.operation_id
             WHERE a.kind = ?1 AND a.record_id = ?2 AND a.verb <> 'refused'
             ORDER BY a.sequence DESC
             LIMIT 1",
            params![table.kind as i32, id],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?
        .ok_or(Error::NotFound)?;
    if undoes == image.operation_id {
        return Ok(None);
    }
    // Before anything is told of it: it may be out of the person's sight by now.
    let columns: Vec<_> = image.before.iter().map(|(column, _)| column.as_str()).collect();
    (table.may_write)(tx, actor, id, &columns)?;
    if revision != image.revision && !is_as_left(tx, table.kind, id, image.last_sequence)? {
        let (who, at) = last_change(tx, table.kind, id)?;
        return Err(Error::Stale { kind: table.kind, id, revision, fields: Vec::new(), who, at });
    }
    match image.created && holder(tx, table, id, except)?.is_some() {
        true => Err(Error::InUse(String::new())),
        false => Ok(Some(revision)),
    }
}

/// What keeps a record that was made: the first that hangs on it and is not taken back with the operation `except`.
pub(super) fn holder(tx: &Tx<'_>, table: &'static Table, id: i64, except: i64) -> Result<Option<Of>> {
    for (kind, id) in (table.holds)(tx, id, except)? {
        let image = Image::load(tx, except, kind, id)?;
        if !image.created || !is_as_left(tx, kind, id, image.last_sequence)? {
            return Ok(Some((kind, id)));
        }
    }
    Ok(None)
}

/// Takes a record back.
pub(super) fn take_back(change: &mut Change<'_, '_>, table: &'static Table, id: i64, image: &Image) -> Result<()> {
    let tx = change.tx();
    // What the operation made besides was taken back before; what of it was kept keeps this too.
    let Some(revision) = may_take_back(tx, change.actor, table, id, image, 0)? else { return Ok(()) };
    let values = image.values(table, change.now());
    change.update(table, id, revision, &values, "undo").map_err(taken)?;
    let columns: Vec<_> = values.iter().map(|(column, _)| *column).collect();
    (table.check_undo)(tx, id, &columns)
}

/// Whether all that happened to a record after a row of its log was taken back again, so that it is as the row left it:
/// undoing on goes further back on one and the same record, and redoing on comes forward.
fn is_as_left(tx: &Tx<'_>, kind: Kind, id: i64, sequence: i64) -> Result<bool> {
    const MOST: usize = 1_000;
    let later = tx.query(
        "SELECT a.operation_id, COALESCE(o.undoes, 0)
         FROM audit a LEFT JOIN operation o ON o.id = a.operation_id
         WHERE a.kind = ?1 AND a.record_id = ?2 AND a.sequence > ?3 AND a.verb <> 'refused'
         ORDER BY a.sequence
         LIMIT ?4",
        params![kind as i32, id, sequence, MOST as i64],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    // What stands: an undo takes away what it undoes, if that is the last thing that stands.
    let mut standing = Vec::new();
    for (operation, undoes) in &later {
        match standing.last() {
            Some(last) if *last == operation => {}
            Some(last) if *undoes > 0 && *last == undoes => drop(standing.pop()),
            _ => standing.push(operation),
        }
    }
    Ok(standing.is_empty() && later.len() < MOST)
}

/// A unique index speaks before `check_undo` can.
fn taken(error: Error) -> Error {
    match &error {
        Error::Db(failure) if failure.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Error::Duplicate { field: "name", at: crate::error::Match::default() }
        }
        _ => error,
    }
}
