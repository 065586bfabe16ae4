//! Dictionary rows, and the references to them that other slices hold.

use rolo_proto::v1::{self as pb, Action, Kind};

use super::rules;
use crate::{
    authz::{Actor, Permission},
    change::{Change, Done, Seen, Table, Whose, field_name},
    db::{Row, Shared, Tx, params},
    error::{Error, Fault, Match, Result, Violation},
    fields::{Field, Shape, value_of},
    table_sql, text,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) =
    table_sql!("dictionary_item", "type", "value", "zh", "en", "position", "active", "editable", "deleted_at");

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::DictionaryItem,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO dictionary_item (type, value, zh, en, position, active, editable, deleted_at, created_at,
               updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    derived: |_, _| Ok(Vec::new()),
    derive,
    owner: |_, _| Ok(Whose::default()),
    label: |tx, id| tx.query_one("SELECT zh FROM dictionary_item WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |_, actor, _, _| {
        actor.require(Permission::DictionaryManage).or_else(|_| actor.require(Permission::DictionaryAdd)).map(drop)
    },
    // Whether it is in use is looked at when the records of the same operation are gone (`check_undo`).
    holds: |_, _, _| Ok(Vec::new()),
    parted: None,
    check_undo: |tx, id, _| {
        refuse_taken(tx, id)?;
        let deleted: bool =
            tx.query_one("SELECT deleted_at IS NOT NULL FROM dictionary_item WHERE id = ?1", [id], |row| row.get(0))?;
        // What an import made goes whole: its records are in the recycle bin by now, and come back after their choices.
        match used_by(tx, id, false)? {
            Some(by) if deleted => Err(Error::InUse(by.into())),
            _ => Ok(()),
        }
    },
};

/// The shipped entries: type, value, 中文, English, editable. Satisfies §3.10 and D4, D7.
const SHIPPED: &[(&str, &str, &str, &str, bool)] = &[
    ("customer_level", "1", "普通客户", "Ordinary", false),
    ("customer_level", "2", "重点开发客户", "Key development", false),
    ("customer_level", "3", "大客户", "Large", false),
    ("customer_level", "4", "合作伙伴", "Partner", false),
    ("customer_level", "5", "战略合作伙伴", "Strategic partner", false),
    ("region", "1", "北京", "Beijing", true),
    ("region", "2", "华北", "North China", true),
    ("region", "3", "中南", "Central South", true),
    ("region", "4", "东北", "Northeast", true),
    ("region", "5", "西部", "West", true),
    ("channel", "phone", "电话", "Phone", true),
    ("channel", "wechat", "微信", "WeChat", true),
    ("channel", "sms", "短信", "Text message", true),
    ("channel", "mail", "邮件", "E-mail", true),
    ("channel", "meeting", "会议", "Meeting", false),
    ("channel", "visit", "上门", "Visit", false),
    ("channel", "other", "其他", "Other", true),
    ("lead_source", "referral", "客户介绍", "Referral", true),
    ("lead_source", "exhibition", "展会", "Exhibition", true),
    ("lead_source", "website", "网站", "Website", true),
    ("lead_source", "call", "电话营销", "Telephone", true),
    ("lead_source", "visit", "上门拜访", "Visit", true),
    ("lead_source", "other", "其他", "Other", true),
    ("sales_stage", "contact", "初步接触", "First contact", true),
    ("sales_stage", "need", "需求确认", "Need confirmed", true),
    ("sales_stage", "proposal", "方案", "Proposal", true),
    ("sales_stage", "quotation", "报价", "Quotation", true),
    ("sales_stage", "negotiation", "商务谈判", "Negotiation", true),
    ("close_reason", "price", "价格", "Price", true),
    ("close_reason", "competitor", "竞争对手", "Competitor", true),
    ("close_reason", "no_need", "需求消失", "No need any more", true),
    ("close_reason", "service", "服务", "Service", true),
    ("close_reason", "closed_down", "倒闭", "Closed down", true),
    ("close_reason", "other", "其他", "Other", true),
];

/// Writes the shipped entries into a new database.
pub fn ship(tx: &Tx<'_>, now: i64) -> Result<()> {
    for (position, (kind, value, zh, en, editable)) in SHIPPED.iter().enumerate() {
        tx.execute(
            "INSERT INTO dictionary_item (type, value, zh, en, position, editable, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
            params![kind, value, zh, en, position as i64 + 1, editable, now],
        )?;
    }
    Ok(())
}

/// Entries as other records show them.
pub fn choices<'t>(tx: &'t Tx<'t>) -> Result<Shared<'t, pb::Choice>> {
    let sql = "SELECT id, value, zh, en, active = 0 OR deleted_at IS NOT NULL FROM dictionary_item WHERE id = ?1";
    Shared::new(tx, sql, |row| {
        Ok(pb::Choice { id: row.get(0)?, value: row.get(1)?, zh: row.get(2)?, en: row.get(3)?, retired: row.get(4)? })
    })
}

/// One entry as other records show it.
pub fn choice(tx: &Tx<'_>, id: Option<i64>) -> Result<Option<pb::Choice>> {
    choices(tx)?.of(id)
}

/// The value of an entry, for rules that depend on a shipped one.
pub fn value(tx: &Tx<'_>, id: i64) -> Result<Option<String>> {
    tx.query_opt("SELECT value FROM dictionary_item WHERE id = ?1", [id], |row| row.get(0))
}

/// The live entry of a type by its value or either text.
pub fn find(tx: &Tx<'_>, kind: &str, given: &str) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT id FROM dictionary_item
         WHERE type = ?1 AND deleted_at IS NULL AND active = 1
           AND (zh = ?2 OR value = ?2 OR (en <> '' AND lower(en) = lower(?2)))
         ORDER BY zh = ?2 DESC, value = ?2 DESC, id
         LIMIT 1",
        params![kind, given],
        |row| row.get(0),
    )
}

/// Checks that what values refer to is there: entries of the right type and not retired, active people. Columns in
/// `unchanged` may keep what they have.
///
/// # Errors
/// `VALIDATION` with every reference that leads nowhere.
pub fn check_references(
    tx: &Tx<'_>,
    fields: &[Field],
    values: &[(&'static str, Value)],
    unchanged: &[&'static str],
) -> Result<()> {
    let mut faults = Vec::new();
    for field in fields {
        let Some(id) = value_of(values, field.column).and_then(Value::int) else { continue };
        if unchanged.contains(&field.column) {
            continue;
        }
        let fault = match field.shape {
            Shape::Choice(kind) if !offered(tx, kind, id)? => Fault::UnknownChoice(id.to_string()),
            Shape::User if !crate::users::store::is_active(tx, id)? => Fault::UnknownReference(id.to_string()),
            Shape::Product if !crate::products::store::offered(tx, id)? => Fault::UnknownReference(id.to_string()),
            _ => continue,
        };
        faults.push(Violation::new(field_name(field.column), fault));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// The entries that a type offers, in its order.
pub fn offered_ids(tx: &Tx<'_>, kind: &str) -> Result<Vec<i64>> {
    tx.query(
        "SELECT id FROM dictionary_item
         WHERE type = ?1 AND active = 1 AND deleted_at IS NULL
         ORDER BY position, id LIMIT 200",
        [kind],
        |row| row.get(0),
    )
}

fn offered(tx: &Tx<'_>, kind: &str, id: i64) -> Result<bool> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM dictionary_item WHERE id = ?1 AND type = ?2 AND active = 1 AND deleted_at IS NULL)",
        params![id, kind],
        |row| row.get(0),
    )
}

/// What refers to an entry, if anything does; `binned` counts what lies in the recycle bin too.
pub fn used_by(tx: &Tx<'_>, id: i64, binned: bool) -> Result<Option<&'static str>> {
    const USES: [(&str, &str); 7] = [
        ("customer", "SELECT EXISTS (SELECT 1 FROM customer WHERE region_id = ?1 AND (?2 OR deleted_at IS NULL))"),
        ("customer", "SELECT EXISTS (SELECT 1 FROM customer WHERE level_id = ?1 AND (?2 OR deleted_at IS NULL))"),
        (
            "customer",
            "SELECT EXISTS (SELECT 1 FROM customer WHERE classification_id = ?1 AND (?2 OR deleted_at IS NULL))",
        ),
        (
            "interaction",
            "SELECT EXISTS (SELECT 1 FROM interaction WHERE channel_id = ?1 AND (?2 OR deleted_at IS NULL))",
        ),
        ("opportunity", "SELECT EXISTS (SELECT 1 FROM opportunity WHERE stage_id = ?1 AND (?2 OR deleted_at IS NULL))"),
        (
            "opportunity",
            "SELECT EXISTS (SELECT 1 FROM opportunity WHERE lead_source_id = ?1 AND (?2 OR deleted_at IS NULL))",
        ),
        (
            "opportunity",
            "SELECT EXISTS (SELECT 1 FROM opportunity WHERE close_reason_id = ?1 AND (?2 OR deleted_at IS NULL))",
        ),
    ];
    for (by, sql) in USES {
        if tx.query_one(sql, params![id, binned], |row| row.get(0))? {
            return Ok(Some(by));
        }
    }
    Ok(None)
}

fn refuse_taken(tx: &Tx<'_>, id: i64) -> Result<()> {
    let taken = tx.query_opt(
        "SELECT o.id, o.zh, CASE WHEN o.value = i.value THEN 'value' WHEN o.zh = i.zh THEN 'zh' ELSE 'en' END
         FROM dictionary_item i
         JOIN dictionary_item o ON o.type = i.type AND o.id <> i.id AND o.deleted_at IS NULL
           AND (o.value = i.value OR o.zh = i.zh OR (o.en = i.en AND i.en <> ''))
         WHERE i.id = ?1 AND i.deleted_at IS NULL
         LIMIT 1",
        [id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
    )?;
    match taken {
        None => Ok(()),
        Some((id, label, field)) => {
            let field = ["value", "zh", "en"].into_iter().find(|name| *name == field).unwrap_or("zh");
            Err(Error::Duplicate { field, at: Match { id, label, ..Match::default() } })
        }
    }
}

/// Runs a write and says what stands in its way if a text or value is taken.
fn unless_taken(tx: &Tx<'_>, values: &[(&'static str, Value)], but: i64) -> Result<()> {
    let get = |column| value_of(values, column).map(Value::text).unwrap_or_default().to_owned();
    let (kind, value, zh, en) = (get("type"), get("value"), get("zh"), get("en"));
    for (field, given, sql) in [
        (
            "value",
            value,
            "SELECT id, zh FROM dictionary_item WHERE type = ?1 AND value = ?2 AND deleted_at IS NULL AND id <> ?3",
        ),
        (
            "zh",
            zh,
            "SELECT id, zh FROM dictionary_item WHERE type = ?1 AND zh = ?2 AND deleted_at IS NULL AND id <> ?3",
        ),
        (
            "en",
            en,
            "SELECT id, zh FROM dictionary_item WHERE type = ?1 AND en = ?2 AND deleted_at IS NULL AND id <> ?3",
        ),
    ] {
        if given.is_empty() {
            continue;
        }
        let taken: Option<(i64, String)> =
            tx.query_opt(sql, params![kind, given, but], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some((id, label)) = taken {
            return Err(Error::Duplicate { field, at: Match { id, label, ..Match::default() } });
        }
    }
    Ok(())
}

/// A new entry; at the end of its type if no place is named.
pub fn create(change: &mut Change<'_, '_>, mut values: Vec<(&'static str, Value)>) -> Result<Done> {
    rules::check_new(&values)?;
    unless_taken(change.tx(), &values, 0)?;
    if value_of(&values, "position").is_none_or(Value::is_empty) {
        let kind = value_of(&values, "type").map(Value::text).unwrap_or_default();
        let last: i64 = change.tx().query_one(
            "SELECT COALESCE(MAX(position), 0) FROM dictionary_item WHERE type = ?1",
            [kind],
            |row| row.get(0),
        )?;
        values.retain(|(column, _)| *column != "position");
        values.push(("position", Value::Int(last + 1)));
    }
    values.push(("editable", Value::Int(1)));
    change.insert(&TABLE, &values)
}

/// A new entry of a type by its text alone, as an import's `create_missing` makes it.
pub fn create_text(change: &mut Change<'_, '_>, kind: &'static str, given: &str) -> Result<i64> {
    change.actor.require(Permission::DictionaryAdd)?;
    let text = text::scrub(given, false).to_string();
    let values = crate::fields::clean(
        rules::FIELDS,
        vec![
            ("type", kind.into()),
            ("value", text.as_str().into()),
            ("zh", text.as_str().into()),
            ("en", "".into()),
            ("position", Value::Null),
            ("active", Value::Int(1)),
        ],
    )?;
    create(change, values).map(|done| done.id)
}

/// An entry's revision and whether it is editable and live.
fn current(tx: &Tx<'_>, id: i64) -> Result<(i64, bool, bool)> {
    tx.query_opt("SELECT revision, editable, deleted_at IS NOT NULL FROM dictionary_item WHERE id = ?1", [id], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?
    .ok_or(Error::NotFound)
}

/// An edit.
pub fn update(change: &mut Change<'_, '_>, id: i64, seen: &Seen, values: &[(&'static str, Value)]) -> Result<Done> {
    let tx = change.tx();
    let (revision, editable, deleted) = current(tx, id)?;
    seen.check(tx, &TABLE, id, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    rules::check_edit(editable, values)?;
    let before = TABLE.values(tx, id)?;
    let mut merged = values.to_vec();
    merged.push(("type", TABLE.value(&before, "type")?.clone()));
    unless_taken(tx, &merged, id)?;
    change.update(&TABLE, id, revision, values, "update")
}

/// Lists sort by the place of a choice, which customers keep beside them.
fn derive(tx: &Tx<'_>, id: i64, changed: &[&'static str]) -> Result<()> {
    if !changed.contains(&"position") {
        return Ok(());
    }
    for sql in [
        "UPDATE customer SET level_rank = (SELECT position FROM dictionary_item WHERE id = ?1) WHERE level_id = ?1",
        "UPDATE customer SET region_rank = (SELECT position FROM dictionary_item WHERE id = ?1) WHERE region_id = ?1",
    ] {
        tx.execute(sql, [id])?;
    }
    Ok(())
}

/// Into the recycle bin.
pub fn delete(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let (revision, editable, deleted) = current(change.tx(), id)?;
    Seen::check_revision(change.tx(), Kind::DictionaryItem, id, seen, revision)?;
    if deleted {
        return Err(Error::InvalidState("deleted".into()));
    }
    rules::check_delete(editable, used_by(change.tx(), id, true)?)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, id, revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
pub fn restore(change: &mut Change<'_, '_>, id: i64, seen: i64) -> Result<Done> {
    let (revision, _, deleted) = current(change.tx(), id)?;
    Seen::check_revision(change.tx(), Kind::DictionaryItem, id, seen, revision)?;
    if !deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    let before = TABLE.values(change.tx(), id)?;
    let named: Vec<_> = TABLE.columns.iter().zip(before).map(|((column, _), value)| (*column, value)).collect();
    unless_taken(change.tx(), &named, id)?;
    change.update(&TABLE, id, revision, &[("deleted_at", Value::Null)], "restore")
}

/// The columns of an entry.
pub(super) const SELECT: &str =
    "SELECT id, type, value, zh, en, position, active, editable, revision, deleted_at IS NOT NULL
     FROM dictionary_item ";

/// An entry as the API shows it.
pub(super) fn from_row(row: &Row<'_>, actor: &Actor) -> rusqlite::Result<pb::DictionaryItem> {
    let (editable, deleted): (bool, bool) = (row.get(7)?, row.get(9)?);
    let manages = actor.scope(Permission::DictionaryManage).is_some();
    let actions = match (manages, deleted, editable) {
        (false, ..) => Vec::new(),
        (true, true, _) => vec![Action::Restore],
        (true, false, true) => vec![Action::Edit, Action::Delete],
        (true, false, false) => vec![Action::Edit],
    };
    Ok(pb::DictionaryItem {
        id: row.get(0)?,
        r#type: row.get(1)?,
        value: row.get(2)?,
        zh: row.get(3)?,
        en: row.get(4)?,
        position: row.get(5)?,
        active: row.get(6)?,
        editable,
        revision: row.get(8)?,
        deleted,
        allowed_actions: actions.into_iter().map(Into::into).collect(),
        operation_id: 0,
    })
}

/// One entry.
pub fn read(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<pb::DictionaryItem> {
    tx.query_opt(&[SELECT, "WHERE id = ?1"].concat(), [id], |row| from_row(row, actor))?.ok_or(Error::NotFound)
}
