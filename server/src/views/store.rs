//! Rows of saved views.

use rolo_proto::v1::{self as pb, Action, Kind};

use crate::{
    authz::{Actor, Permission},
    change::{Change, Done, Seen, Table, Whose},
    db::{Row, Tx, params},
    error::{Error, Fault, Match, Result},
    fields::{Field, Shape, clean, value_of},
    table_sql, users,
    value::Value,
    watch::sight,
};

/// Views of one kind that a person keeps, at most; and that a person is shown.
const MOST: i64 = 50;
const MOST_SHOWN: i64 = 100;

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "saved_view",
    "user_id",
    "department_id",
    "kind",
    "name",
    "filter",
    "base",
    "sort",
    "descending",
    "position",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::SavedView,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO saved_view (user_id, department_id, kind, name, filter, base, sort, descending, position,
               created_by, deleted_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)",
    derived: |_, _| Ok(Vec::new()),
    derive: |_, _, _| Ok(()),
    // Whose it is says who hears of a change: the department that it is shared with, and its person. It hangs on the
    // kind of records that it looks for.
    owner: |tx, id| {
        tx.query_one("SELECT COALESCE(department_id, 0), user_id, kind FROM saved_view WHERE id = ?1", [id], |row| {
            Ok(Whose { owner: row.get(0)?, also: row.get(1)?, parent: row.get(2)?, customer: 0 })
        })
    },
    label: |tx, id| tx.query_one("SELECT name FROM saved_view WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |tx, actor, id, _| own(tx, actor, id).map(drop),
    holds: |_, _, _| Ok(Vec::new()),
    parted: None,
    check_undo: |tx, id, _| {
        let values = TABLE.values(tx, id)?;
        match TABLE.value(&values, "deleted_at")?.is_empty() {
            true => refuse_taken(tx, &values, id),
            false => Ok(()),
        }
    },
};

const NUMBER: Shape = Shape::Int(0, 1_000);
/// The writable fields.
pub const FIELDS: &[Field] = &[
    Field::new("kind", NUMBER),
    Field::new("name", Shape::Line(50)),
    Field::new("filter", Shape::Line(1_000)),
    Field::new("base", NUMBER),
    Field::new("sort", NUMBER),
    Field::new("descending", Shape::Int(0, 1)),
    Field::new("shared", Shape::Int(0, 1)),
    Field::new("position", NUMBER),
];

/// A view of the caller's own: its revision, and whether it is deleted. Another's does not exist for a change.
fn own(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<(i64, bool)> {
    tx.query_opt(
        "SELECT revision, deleted_at IS NOT NULL FROM saved_view WHERE id = ?1 AND user_id = ?2",
        params![id, actor.user_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?
    .ok_or(Error::NotFound)
}

const SELECT: &str = "
    SELECT v.id, v.kind, v.name, v.filter, v.base, v.sort, v.descending, v.department_id IS NOT NULL, v.position,
           v.revision, u.id, u.name, u.display_name, u.active, v.deleted_at IS NOT NULL
    FROM saved_view v JOIN user u ON u.id = v.user_id ";

fn from_row(row: &Row<'_>, actor: &Actor) -> rusqlite::Result<pb::SavedView> {
    let owner = users::store::user_ref(row, 10)?;
    let mine = owner.as_ref().is_some_and(|owner| owner.id == actor.user_id);
    let allowed: &[Action] = match (mine, row.get(14)?) {
        (false, _) => &[],
        (true, true) => &[Action::Restore],
        (true, false) => &[Action::Edit, Action::Delete],
    };
    Ok(pb::SavedView {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        filter: row.get(3)?,
        base: row.get(4)?,
        sort: row.get(5)?,
        descending: row.get(6)?,
        shared: row.get(7)?,
        position: row.get(8)?,
        revision: row.get(9)?,
        owner,
        allowed_actions: allowed.iter().map(|action| (*action).into()).collect(),
        operation_id: 0,
    })
}

/// The right to read what a view of this kind looks for: a filter says something of the records it is made for.
fn right_to_read(kind: i64) -> Result<Permission> {
    let known = i32::try_from(kind).ok().and_then(|kind| Kind::try_from(kind).ok());
    known.and_then(sight::right_to_read).ok_or_else(|| Error::field("kind", Fault::UnknownField))
}

/// The caller's views of a kind, and those shared with their department, by position; none for who may not read such
/// records.
///
/// # Errors
/// The database's; `VALIDATION` for a kind that has no views.
pub fn list(tx: &Tx<'_>, actor: &Actor, kind: i32) -> Result<Vec<pb::SavedView>> {
    if actor.scope(right_to_read(kind.into())?).is_none() {
        return Ok(Vec::new());
    }
    let mut sql =
        [SELECT, "WHERE v.user_id = ?1 AND v.kind = ?2 AND v.deleted_at IS NULL ORDER BY v.position, v.id LIMIT ?3"]
            .concat();
    let mut views = tx.query(&sql, params![actor.user_id, kind, MOST], |row| from_row(row, actor))?;
    // Shared with a department above one's own, or with that itself.
    sql = [
        SELECT,
        "WHERE v.kind = ?2 AND v.deleted_at IS NULL AND v.user_id <> ?1 AND v.department_id IN (
           SELECT ancestor_id FROM department_above WHERE department_id = ?4)
         ORDER BY v.position, v.id LIMIT ?3",
    ]
    .concat();
    let rest = MOST_SHOWN - views.len() as i64;
    views.extend(tx.query(&sql, params![actor.user_id, kind, rest, actor.department_id], |row| from_row(row, actor))?);
    Ok(views)
}

/// One of the caller's views, for a reply to a change.
///
/// # Errors
/// `NOT_FOUND`.
pub fn reply(tx: &Tx<'_>, actor: &Actor, done: Done) -> Result<pb::SavedView> {
    let sql = [SELECT, "WHERE v.id = ?1"].concat();
    let mut view = tx.query_opt(&sql, [done.id], |row| from_row(row, actor))?.ok_or(Error::NotFound)?;
    view.operation_id = done.operation_id;
    Ok(view)
}

fn refuse_taken(tx: &Tx<'_>, values: &[Value], but: i64) -> Result<()> {
    let taken = tx.query_opt(
        "SELECT id, name FROM saved_view
         WHERE user_id = ?1 AND kind = ?2 AND name = ?3 AND deleted_at IS NULL AND id <> ?4",
        params![TABLE.value(values, "user_id")?, TABLE.value(values, "kind")?, TABLE.value(values, "name")?, but],
        |row| Ok(Match { id: row.get(0)?, label: row.get(1)?, ..Match::default() }),
    )?;
    taken.map_or(Ok(()), |at| Err(Error::Duplicate { field: "name", at }))
}

/// `shared` as the column that says with whom.
fn with_department(actor: &Actor, mut values: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
    if let Some(shared) = value_of(&values, "shared").map(|value| *value == Value::Int(1)) {
        values.retain(|(column, _)| *column != "shared");
        let department = if shared { Value::Int(actor.department_id) } else { Value::Null };
        values.push(("department_id", department));
    }
    values
}

/// A new view of the caller's. `values` are clean.
///
/// # Errors
/// `FORBIDDEN` for who may not read such records; `VALIDATION`, `DUPLICATE`.
pub fn create(change: &mut Change<'_, '_>, values: Vec<(&'static str, Value)>) -> Result<Done> {
    let (tx, actor) = (change.tx(), change.actor);
    let mut values = with_department(actor, values);
    let kind = value_of(&values, "kind").and_then(Value::int).unwrap_or_default();
    actor.require(right_to_read(kind)?)?;
    if value_of(&values, "name").is_none_or(Value::is_empty) {
        return Err(Error::field("name", Fault::Required));
    }
    let (count, last): (i64, i64) = tx.query_one(
        "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM saved_view
         WHERE user_id = ?1 AND kind = ?2 AND deleted_at IS NULL",
        params![actor.user_id, kind],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if count >= MOST {
        return Err(Error::field("name", Fault::OutOfRange(0, MOST)));
    }
    if value_of(&values, "position") == Some(&Value::Int(0)) {
        values.retain(|(column, _)| *column != "position");
        values.push(("position", Value::Int(last + 1)));
    }
    for column in ["user_id", "created_by"] {
        values.push((column, Value::Int(actor.user_id)));
    }
    for field in FIELDS.iter().filter(|field| field.column != "shared") {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    let row: Vec<_> =
        TABLE.columns.iter().map(|(column, _)| value_of(&values, column).cloned().unwrap_or_default()).collect();
    refuse_taken(tx, &row, 0)?;
    change.insert(&TABLE, &values)
}

/// An edit of one's own view. `values` are clean.
///
/// # Errors
/// `NOT_FOUND` for another's; `STALE`, `INVALID_STATE`, `VALIDATION`, `DUPLICATE`.
pub fn update(change: &mut Change<'_, '_>, id: i64, seen: &Seen, values: Vec<(&'static str, Value)>) -> Result<Done> {
    let (tx, actor) = (change.tx(), change.actor);
    let (revision, deleted) = own(tx, actor, id)?;
    let seen = Seen { revision: seen.revision, values: with_department(actor, seen.values.clone()) };
    seen.check(tx, &TABLE, id, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    let values = with_department(actor, values);
    let before = TABLE.values(tx, id)?;
    if value_of(&values, "name").is_some_and(Value::is_empty) {
        return Err(Error::field("name", Fault::Required));
    }
    if value_of(&values, "kind").is_some_and(|kind| TABLE.value(&before, "kind").is_ok_and(|old| old != kind)) {
        return Err(Error::field("kind", Fault::NotWritable));
    }
    let merged: Vec<_> = TABLE
        .columns
        .iter()
        .zip(&before)
        .map(|((column, _), old)| value_of(&values, column).unwrap_or(old).clone())
        .collect();
    refuse_taken(tx, &merged, id)?;
    change.update(&TABLE, id, revision, &values, "update")
}

/// Into the recycle bin, from where undo brings it back.
///
/// # Errors
/// `NOT_FOUND` for another's; `STALE`, `INVALID_STATE`.
pub fn delete(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let tx = change.tx();
    let (revision, deleted) = own(tx, change.actor, id)?;
    Seen::check_revision(tx, Kind::SavedView, id, seen, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    let now = Value::Int(change.now());
    change.update(&TABLE, id, revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
///
/// # Errors
/// `NOT_FOUND` for another's; `STALE`, `INVALID_STATE`, `DUPLICATE`.
pub fn restore(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let tx = change.tx();
    let (revision, deleted) = own(tx, change.actor, id)?;
    Seen::check_revision(tx, Kind::SavedView, id, seen, revision)?;
    if !deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    refuse_taken(tx, &TABLE.values(tx, id)?, id)?;
    change.update(&TABLE, id, revision, &[("deleted_at", Value::Null)], "restore")
}
