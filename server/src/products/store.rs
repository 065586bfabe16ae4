//! Product rows.

use rolo_proto::v1::{self as pb, Action, Kind};

use super::rules;
use crate::{
    authz::{Actor, Permission},
    change::{Change, Done, Seen, Table, Whose},
    db::{
        Row, Shared, Tx,
        list::{WORDS, Walk, among},
        params,
        sql::Sql,
    },
    error::{Error, Match, Result},
    fields::{clean, value_of},
    table_sql, text,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "product",
    "name",
    "model",
    "batch",
    "unit",
    "price",
    "memo",
    "active",
    "external_id",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::Product,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO product (name, model, batch, unit, price, memo, active, external_id, created_by, deleted_at,
               created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
    derived: |_, _| Ok(Vec::new()),
    derive,
    owner: |_, _| Ok(Whose::default()),
    label,
    may_write: |_, actor, _, _| actor.require(Permission::ProductManage).map(drop),
    holds: |_, _, _| Ok(Vec::new()),
    parted: None,
    check_undo: |tx, id, _| {
        let values = TABLE.values(tx, id)?;
        match TABLE.value(&values, "deleted_at")?.is_empty() {
            true => refuse_taken(tx, &values, id),
            // What an import made goes whole: its opportunities are in the recycle bin by now.
            false => refuse_used(tx, id),
        }
    },
};

fn label(tx: &Tx<'_>, id: i64) -> Result<String> {
    tx.query_one("SELECT rtrim(name || ' ' || model || ' ' || batch) FROM product WHERE id = ?1", [id], |row| {
        row.get(0)
    })
}

fn derive(tx: &Tx<'_>, id: i64, _: &[&'static str]) -> Result<()> {
    let values = TABLE.values(tx, id)?;
    let text = |column: &str| TABLE.value(&values, column).map(Value::text).unwrap_or_default();
    let whole = [text("name"), text("model"), text("batch")].join(" ");
    let mut search = [text::fold(&whole), text::fold(text("external_id"))].join("\n");
    for reading in text::readings(text("name")) {
        search.push_str(&["\n", &reading.initials, "\n", &reading.full].concat());
    }
    tx.execute(
        "UPDATE product SET name_norm = ?2, name_key = ?3, search = ?4 WHERE id = ?1",
        params![id, norm(text("name"), text("model"), text("batch")), text::name_key(&whole), search],
    )
    .map(drop)
}

/// What makes a product the same as another.
pub fn norm(name: &str, model: &str, batch: &str) -> String {
    [name, model, batch].map(text::dedupe_name).join("/")
}

/// Products as other records show them.
pub fn refs<'t>(tx: &'t Tx<'t>) -> Result<Shared<'t, pb::ProductRef>> {
    let sql = "SELECT id, rtrim(name || ' ' || model || ' ' || batch), active = 0 OR deleted_at IS NOT NULL
         FROM product WHERE id = ?1";
    Shared::new(tx, sql, |row| Ok(pb::ProductRef { id: row.get(0)?, name: row.get(1)?, retired: row.get(2)? }))
}

/// One product as other records show it.
pub fn product_ref(tx: &Tx<'_>, id: Option<i64>) -> Result<Option<pb::ProductRef>> {
    refs(tx)?.of(id)
}

/// Whether a product can be chosen.
pub fn offered(tx: &Tx<'_>, id: i64) -> Result<bool> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM product WHERE id = ?1 AND active = 1 AND deleted_at IS NULL)",
        [id],
        |row| row.get(0),
    )
}

/// The live products that a text names: by external id, by name, model and batch, or by a name that is unique.
pub fn find(tx: &Tx<'_>, given: &str) -> Result<Vec<i64>> {
    let by_external = tx.query(
        "SELECT id FROM product WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
        [given.trim()],
        |row| row.get::<_, i64>(0),
    )?;
    if !by_external.is_empty() {
        return Ok(by_external);
    }
    let key = text::name_key(given);
    let like = tx.query(
        "SELECT id FROM product WHERE name_key = ?1 AND deleted_at IS NULL ORDER BY id LIMIT 2",
        [&key],
        |row| row.get::<_, i64>(0),
    )?;
    if !like.is_empty() {
        return Ok(like);
    }
    let start = [&text::dedupe_name(given), "/"].concat();
    tx.query(
        "SELECT id FROM product
         WHERE deleted_at IS NULL AND name_norm >= ?1 AND name_norm < ?1 || char(1114111)
         ORDER BY id LIMIT 2",
        [&start],
        |row| row.get(0),
    )
}

const SELECT: &str = "
    SELECT id, name, model, batch, unit, price, memo, active, external_id, created_at, updated_at, revision, deleted_at
    FROM product
    WHERE id = ?1";

/// One product as the API shows it.
pub fn read(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Option<pb::Product>> {
    tx.query_opt(SELECT, [id], |row| from_row(row, actor))
}

fn from_row(row: &Row<'_>, actor: &Actor) -> rusqlite::Result<pb::Product> {
    let deleted_at = row.get::<_, Option<i64>>(12)?.unwrap_or_default();
    let allowed: &[Action] = match (actor.scope(Permission::ProductManage).is_some(), deleted_at > 0) {
        (false, _) => &[],
        (true, true) => &[Action::Restore],
        (true, false) => &[Action::Edit, Action::Delete],
    };
    Ok(pb::Product {
        id: row.get(0)?,
        name: row.get(1)?,
        model: row.get(2)?,
        batch: row.get(3)?,
        unit: row.get(4)?,
        price: row.get(5)?,
        memo: row.get(6)?,
        active: row.get(7)?,
        external_id: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        revision: row.get(11)?,
        deleted_at,
        allowed_actions: allowed.iter().map(|action| (*action).into()).collect(),
        ..pb::Product::default()
    })
}

/// The live product of an external id.
pub fn by_external_id(tx: &Tx<'_>, external_id: &str) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT id FROM product WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
        [external_id],
        |row| row.get(0),
    )
}

fn refuse_taken(tx: &Tx<'_>, values: &[Value], but: i64) -> Result<()> {
    let text = |column: &str| TABLE.value(values, column).map(Value::text).unwrap_or_default();
    let key = norm(text("name"), text("model"), text("batch"));
    let by_name = tx.query_opt(
        "SELECT id FROM product WHERE name_norm = ?1 AND deleted_at IS NULL AND id <> ?2",
        params![key, but],
        |row| row.get::<_, i64>(0),
    )?;
    let by_external = by_external_id(tx, text("external_id"))?.filter(|id| *id != but);
    match (by_name, by_external) {
        (None, None) => Ok(()),
        (Some(id), _) => Err(Error::Duplicate { field: "name", at: found(tx, id)? }),
        (None, Some(id)) => Err(Error::Duplicate { field: "external_id", at: found(tx, id)? }),
    }
}

fn found(tx: &Tx<'_>, id: i64) -> Result<Match> {
    Ok(Match { id, label: label(tx, id)?, ..Match::default() })
}

fn refuse_used(tx: &Tx<'_>, id: i64) -> Result<()> {
    let used: bool = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM opportunity WHERE product_id = ?1 AND product_id IS NOT NULL
                        AND deleted_at IS NULL)",
        [id],
        |row| row.get(0),
    )?;
    if used { Err(Error::InUse("opportunity".into())) } else { Ok(()) }
}

/// A new product. `values` are clean.
///
/// # Errors
/// `VALIDATION`, `DUPLICATE`.
pub fn create(change: &mut Change<'_, '_>, mut values: Vec<(&'static str, Value)>) -> Result<Done> {
    rules::check(&values, true)?;
    for field in rules::FIELDS {
        if value_of(&values, field.column).is_none_or(Value::is_empty) {
            values.retain(|(column, _)| *column != field.column);
            values.extend(clean(rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    let row: Vec<_> =
        TABLE.columns.iter().map(|(column, _)| value_of(&values, column).cloned().unwrap_or_default()).collect();
    refuse_taken(change.tx(), &row, 0)?;
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

/// A new product by its name alone, as an import's `create_missing` makes it.
///
/// # Errors
/// `FORBIDDEN`, `DUPLICATE`.
pub fn create_named(change: &mut Change<'_, '_>, name: &str) -> Result<i64> {
    change.actor.require(Permission::ProductManage)?;
    create(change, clean(rules::FIELDS, vec![("name", name.into()), ("active", Value::Int(1))])?).map(|done| done.id)
}

/// A product for a change: its revision and whether it is deleted.
///
/// # Errors
/// `NOT_FOUND`.
pub fn current(tx: &Tx<'_>, id: i64) -> Result<(i64, bool)> {
    tx.query_opt("SELECT revision, deleted_at IS NOT NULL FROM product WHERE id = ?1", [id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .ok_or(Error::NotFound)
}

/// An edit. `values` are clean.
///
/// # Errors
/// `STALE`, `INVALID_STATE`, `VALIDATION`, `DUPLICATE`.
pub fn update(change: &mut Change<'_, '_>, id: i64, seen: &Seen, values: &[(&'static str, Value)]) -> Result<Done> {
    let tx = change.tx();
    let (revision, deleted) = current(tx, id)?;
    seen.check(tx, &TABLE, id, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    rules::check(values, false)?;
    let before = TABLE.values(tx, id)?;
    let merged: Vec<_> = TABLE
        .columns
        .iter()
        .zip(&before)
        .map(|((column, _), old)| value_of(values, column).unwrap_or(old).clone())
        .collect();
    refuse_taken(tx, &merged, id)?;
    change.update(&TABLE, id, revision, values, "update")
}

/// Into the recycle bin; what is used can only be retired.
///
/// # Errors
/// `STALE`, `INVALID_STATE`, `IN_USE`.
pub fn delete(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let tx = change.tx();
    let (revision, deleted) = current(tx, id)?;
    Seen::check_revision(tx, Kind::Product, id, seen, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    refuse_used(tx, id)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, id, revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
///
/// # Errors
/// `STALE`, `INVALID_STATE`, `DUPLICATE`.
pub fn restore(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let tx = change.tx();
    let (revision, deleted) = current(tx, id)?;
    Seen::check_revision(tx, Kind::Product, id, seen, revision)?;
    if !deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    refuse_taken(tx, &TABLE.values(tx, id)?, id)?;
    change.update(&TABLE, id, revision, &[("deleted_at", Value::Null)], "restore")
}

/// The walk of the list of products, by name.
///
/// # Errors
/// `VALIDATION` for too many ids.
pub fn walk(request: &pb::ListProductsRequest) -> Result<Walk> {
    let mut from = Sql::new("FROM product p WHERE ");
    let mut hit = Sql::new("1");
    from.push(if request.deleted { "p.deleted_at IS NOT NULL" } else { "p.deleted_at IS NULL" });
    if request.active_only {
        hit.push(" AND p.active = 1");
    }
    for word in request.search.split_whitespace().take(WORDS) {
        hit.push(" AND instr(p.search, ").bind(text::fold(word).as_str()).push(") > 0");
    }
    let key = if request.deleted { "p.id" } else { "p.name_key" };
    Ok(Walk { from, hit, key, id: "p.id", descending: false, among: among(&request.ids)? })
}
