//! Contact rows.

use rolo_proto::v1::{self as pb, Action, Kind};

use super::rules;
use crate::{
    authz::{Actor, Allowed, Owned, Permission, check},
    change::{Change, Done, Seen, Table, Whose},
    customers::{
        self,
        rules::{Event, permit},
        store::Customer,
    },
    db::{Row, Tx, params},
    error::{Error, Match, Result},
    fields::{clean, value_of},
    rpc::mask::Columns,
    table_sql, text, users,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "contact",
    "customer_id",
    "name",
    "sex",
    "position",
    "office_tel",
    "mobile",
    "email",
    "wechat",
    "memo",
    "external_id",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::Contact,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO contact (customer_id, name, sex, position, office_tel, mobile, email, wechat, memo,
               external_id, created_by, deleted_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
    derived: |_, _| Ok(Vec::new()),
    derive,
    owner: |tx, id| {
        tx.query_one(
            "SELECT COALESCE(c.manager_id, 0), c.id FROM contact k JOIN customer c ON c.id = k.customer_id WHERE k.id = ?1",
            [id],
            |row| Ok(Whose { owner: row.get(0)?, also: 0, customer: row.get(1)?, parent: row.get(1)? }),
        )
    },
    label: |tx, id| tx.query_one("SELECT name FROM contact WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |tx, actor, id, _| allowed(tx, actor, Permission::ContactWrite, id).map(drop),
    holds: |_, _, _| Ok(Vec::new()),
    parted: Some(customers::derive::index),
    check_undo: |tx, id, _| {
        let contact = standing(tx, id)?.ok_or(Error::NotFound)?;
        permit(contact.customer.standing, Event::Attend)?;
        refuse_taken(tx, id)
    },
};

/// What of a contact decides who may do what with it.
#[derive(Debug, Clone)]
pub struct Contact {
    /// The id.
    pub id: i64,
    /// The revision.
    pub revision: i64,
    /// In the recycle bin.
    pub deleted: bool,
    /// The customer it belongs to, and follows.
    pub customer: Customer,
}

impl Owned for Contact {
    fn is_owner(&self, user_id: i64) -> bool {
        self.customer.is_owner(user_id)
    }
    fn department(&self) -> i64 {
        self.customer.department()
    }
    fn ownerless(&self) -> bool {
        self.customer.ownerless()
    }
    fn owner_name(&self) -> String {
        self.customer.owner_name()
    }
}

/// A contact, for a check.
pub fn standing(tx: &Tx<'_>, id: i64) -> Result<Option<Contact>> {
    let row =
        tx.query_opt("SELECT revision, deleted_at IS NOT NULL, customer_id FROM contact WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let Some((revision, deleted, customer_id)) = row else { return Ok(None) };
    let customer = customers::store::standing(tx, customer_id)?;
    Ok(customer.map(|customer| Contact { id, revision, deleted, customer }))
}

/// A contact that this person may do this to.
///
/// # Errors
/// As [`check`].
pub fn allowed(tx: &Tx<'_>, actor: &Actor, permission: Permission, id: i64) -> Result<Allowed<Contact>> {
    check(actor, Permission::ContactRead, permission, standing(tx, id)?)
}

/// One contact as the API shows it; none if there is none, or none for this person, or its customer is out of view.
pub fn read(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Option<pb::Contact>> {
    let Some(standing) = standing(tx, id)? else { return Ok(None) };
    if !actor.reaches(Permission::ContactRead, &standing) || standing.customer.standing.deleted {
        return Ok(None);
    }
    let mut contact = tx.query_one(
        "SELECT k.id, c.id, c.no, c.name, k.name, k.sex, k.position, k.office_tel, k.mobile, k.email, k.wechat,
                k.memo, k.external_id, k.created_at, k.updated_at, k.missing, k.revision, k.deleted_at,
                k.created_by, b.name, b.display_name, b.active
         FROM contact k
         JOIN customer c ON c.id = k.customer_id
         JOIN user b ON b.id = k.created_by
         WHERE k.id = ?1",
        [id],
        from_row,
    )?;
    contact.allowed_actions = actions(actor, &standing).into_iter().map(Into::into).collect();
    Ok(Some(contact))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<pb::Contact> {
    Ok(pb::Contact {
        id: row.get(0)?,
        customer: Some(pb::CustomerRef { id: row.get(1)?, number: row.get(2)?, name: row.get(3)? }),
        name: row.get(4)?,
        sex: row.get(5)?,
        position: row.get(6)?,
        office_tel: row.get(7)?,
        mobile: row.get(8)?,
        email: row.get(9)?,
        wechat: row.get(10)?,
        memo: row.get(11)?,
        external_id: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        missing: rules::missing_names(row.get(15)?),
        revision: row.get(16)?,
        deleted_at: row.get::<_, Option<i64>>(17)?.unwrap_or_default(),
        created_by: users::store::user_ref(row, 18)?,
        ..pb::Contact::default()
    })
}

fn actions(actor: &Actor, contact: &Contact) -> Vec<Action> {
    if !actor.reaches(Permission::ContactWrite, contact) || permit(contact.customer.standing, Event::Attend).is_err() {
        return Vec::new();
    }
    if contact.deleted { vec![Action::Restore] } else { vec![Action::Edit, Action::Delete] }
}

/// As [`read`], for a reply to a change.
///
/// # Errors
/// `NOT_FOUND`.
pub fn reply(tx: &Tx<'_>, actor: &Actor, done: Done) -> Result<pb::Contact> {
    let mut contact = read(tx, actor, done.id)?.ok_or(Error::NotFound)?;
    contact.operation_id = done.operation_id;
    Ok(contact)
}

/// The contact that an operation made, for the reply to a new customer.
pub fn made_by(tx: &Tx<'_>, actor: &Actor, operation_id: i64) -> Result<Option<pb::Contact>> {
    let id: Option<i64> = tx.query_opt(
        "SELECT record_id FROM audit WHERE operation_id = ?1 AND kind = ?2 AND verb = 'create' LIMIT 1",
        params![operation_id, Kind::Contact as i32],
        |row| row.get(0),
    )?;
    match id {
        Some(id) if operation_id > 0 => read(tx, actor, id),
        _ => Ok(None),
    }
}

/// A new contact of a customer that the person may attend to. `values` are clean.
pub fn create(
    change: &mut Change<'_, '_>,
    customer: &Allowed<Customer>,
    mut values: Vec<(&'static str, Value)>,
    full_form: bool,
) -> Result<Done> {
    permit(customer.standing, Event::Attend)?;
    rules::check_new(&values, full_form)?;
    values.retain(|(column, _)| *column != "customer_id");
    values.push(("customer_id", Value::Int(customer.id)));
    for field in rules::FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    refuse_external(
        change.tx(),
        Some(change.actor),
        value_of(&values, "external_id").map(Value::text).unwrap_or_default(),
        0,
    )?;
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

/// The first contact of a customer that the same operation makes; its faults are named `contact.…`.
pub fn create_first(
    change: &mut Change<'_, '_>,
    customer_id: i64,
    contact: &pb::ContactInput,
    full_form: bool,
) -> Result<()> {
    if customers::rpc::is_blank(contact) {
        return Ok(());
    }
    let prefixed = |error: Error| match error {
        Error::Validation(mut faults) => {
            faults.iter_mut().for_each(|fault| fault.field.insert_str(0, "contact."));
            Error::Validation(faults)
        }
        Error::Duplicate { at, .. } => Error::Duplicate { field: "contact.external_id", at },
        other => other,
    };
    let customer = customers::store::allowed(change.tx(), change.actor, Permission::CustomerCreate, customer_id)?;
    let values = clean(rules::FIELDS, contact.values()).map_err(prefixed)?;
    create(change, &customer, values, full_form).map_err(prefixed).map(drop)
}

/// An edit. `values` are clean.
pub fn update(
    change: &mut Change<'_, '_>,
    contact: &Allowed<Contact>,
    seen: &Seen,
    values: &[(&'static str, Value)],
) -> Result<Done> {
    let tx = change.tx();
    seen.check(tx, &TABLE, contact.id, contact.revision)?;
    in_view(contact)?;
    let before = TABLE.values(tx, contact.id)?;
    rules::check_edit(|column| TABLE.value(&before, column).cloned().unwrap_or_default(), values)?;
    refuse_external(
        tx,
        Some(change.actor),
        value_of(values, "external_id").map(Value::text).unwrap_or_default(),
        contact.id,
    )?;
    change.update(&TABLE, contact.id, contact.revision, values, "update")
}

/// A contact that is neither deleted itself nor out of view with its customer.
fn in_view(contact: &Contact) -> Result<()> {
    permit(contact.customer.standing, Event::Attend)?;
    if contact.deleted { Err(Error::InvalidState("deleted".into())) } else { Ok(()) }
}

/// Into the recycle bin.
pub fn delete(change: &mut Change<'_, '_>, contact: &Allowed<Contact>, revision: i64) -> Result<Done> {
    Seen::check_revision(change.tx(), Kind::Contact, contact.id, revision, contact.revision)?;
    in_view(contact)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, contact.id, contact.revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
pub fn restore(change: &mut Change<'_, '_>, contact: &Allowed<Contact>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::Contact, contact.id, revision, contact.revision)?;
    permit(contact.customer.standing, Event::Attend)?;
    if !contact.deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    let values = TABLE.values(tx, contact.id)?;
    refuse_external(tx, Some(change.actor), TABLE.value(&values, "external_id")?.text(), contact.id)?;
    change.update(&TABLE, contact.id, contact.revision, &[("deleted_at", Value::Null)], "restore")
}

fn refuse_taken(tx: &Tx<'_>, id: i64) -> Result<()> {
    let values = TABLE.values(tx, id)?;
    if !TABLE.value(&values, "deleted_at")?.is_empty() {
        return Ok(());
    }
    refuse_external(tx, None, TABLE.value(&values, "external_id")?.text(), id)
}

/// Refuses an external id that is taken. Who may not see by what is not told.
fn refuse_external(tx: &Tx<'_>, actor: Option<&Actor>, external_id: &str, but: i64) -> Result<()> {
    if external_id.is_empty() {
        return Ok(());
    }
    let taken = tx.query_opt(
        "SELECT id, name FROM contact WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL AND id <> ?2",
        params![external_id, but],
        |row| Ok(Match { id: row.get(0)?, label: row.get(1)?, ..Match::default() }),
    )?;
    let Some(at) = taken else { return Ok(()) };
    let told = match actor {
        Some(actor) => read(tx, actor, at.id)?.is_some(),
        None => true,
    };
    Err(Error::Duplicate { field: "external_id", at: if told { at } else { Match::default() } })
}

/// Refreshes what is derived from a contact, and the search index of its customer.
fn derive(tx: &Tx<'_>, id: i64, changed: &[&'static str]) -> Result<()> {
    let values = TABLE.values(tx, id)?;
    let text_of = |column: &str| TABLE.value(&values, column).map(|value| value.text().to_owned()).unwrap_or_default();
    let name = text_of("name");
    let mut search = text::fold(&name);
    for reading in text::readings(&name) {
        search.push_str(&["\n", &reading.initials, "\n", &reading.full].concat());
    }
    for phone in text::phones(&text_of("mobile")).into_iter().chain(text::phones(&text_of("office_tel"))) {
        search.push_str(&["\n", &phone].concat());
    }
    search.push_str(&["\n", &text::fold(&text_of("email")), "\n", &text::fold(&text_of("wechat"))].concat());
    let missing = rules::missing(|column| text_of(column).is_empty());
    tx.execute(
        "UPDATE contact SET name_key = ?2, search = ?3, missing = ?4 WHERE id = ?1",
        params![id, text::name_key(&name), search, missing],
    )?;
    let found_by = ["name", "mobile", "office_tel", "customer_id", "deleted_at"];
    if changed.is_empty() || changed.iter().any(|column| found_by.contains(column)) {
        let customer_id = TABLE.value(&values, "customer_id")?.int().unwrap_or_default();
        tx.defer(customers::derive::index, customer_id);
    }
    Ok(())
}

/// The names and phones of a customer's live contacts, for the search index; the first hundred by age.
pub fn names_and_phones(tx: &Tx<'_>, customer_id: i64) -> Result<Vec<(String, Vec<String>)>> {
    tx.query(
        "SELECT name, mobile, office_tel FROM contact
         WHERE customer_id = ?1 AND deleted_at IS NULL
         ORDER BY name_key, id
         LIMIT 100",
        [customer_id],
        |row| Ok((row.get(0)?, vec![row.get(1)?, row.get(2)?])),
    )
}

/// As other records show it.
pub fn contact_ref(tx: &Tx<'_>, id: Option<i64>) -> Result<Option<pb::ContactRef>> {
    let Some(id) = id else { return Ok(None) };
    tx.query_opt("SELECT id, name FROM contact WHERE id = ?1", [id], |row| {
        Ok(pb::ContactRef { id: row.get(0)?, name: row.get(1)? })
    })
}
