//! Interaction rows.

use rolo_proto::v1::{self as pb, Action, Kind};

use super::{derive, rules};
use crate::{
    authz::{Actor, Allowed, Owned, Permission, check},
    change::{Change, Done, Seen, Table, Whose},
    contacts,
    customers::{
        self,
        rules::{Event, permit},
        store::Customer,
    },
    db::{Row, Tx, params},
    dictionary,
    error::{Error, Fault, Match, Result},
    fields::{clean, value_of},
    table_sql, users,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "interaction",
    "customer_id",
    "at",
    "author_id",
    "contact_id",
    "channel_id",
    "place",
    "title",
    "detail",
    "memo",
    "next_contact_at",
    "settled_at",
    "external_id",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::Interaction,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO interaction (customer_id, at, author_id, contact_id, channel_id, place, title, detail, memo,
               next_contact_at, settled_at, external_id, created_by, deleted_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
    derived: |_, _| Ok(Vec::new()),
    derive: derive::of,
    owner: |tx, id| {
        tx.query_one(
            "SELECT COALESCE(c.manager_id, 0), i.author_id, c.id
             FROM interaction i JOIN customer c ON c.id = i.customer_id
             WHERE i.id = ?1",
            [id],
            |row| Ok(Whose { owner: row.get(0)?, also: row.get(1)?, customer: row.get(2)?, parent: row.get(2)? }),
        )
    },
    label: |tx, id| tx.query_one("SELECT title FROM interaction WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |tx, actor, id, _| allowed(tx, actor, Permission::InteractionEdit, id).map(drop),
    holds: |_, _, _| Ok(Vec::new()),
    parted: Some(derive::refresh_customer),
    check_undo: |tx, id, _| {
        let interaction = standing(tx, id)?.ok_or(Error::NotFound)?;
        permit(interaction.customer.standing, Event::Attend)?;
        let values = TABLE.values(tx, id)?;
        match TABLE.value(&values, "deleted_at")?.is_empty() {
            true => refuse_external(tx, None, TABLE.value(&values, "external_id")?.text(), id),
            false => Ok(()),
        }
    },
};

/// What of an interaction decides who may do what with it: the author or the customer's manager own it (§2.2, row 19).
#[derive(Debug, Clone)]
pub struct Interaction {
    /// The id.
    pub id: i64,
    /// The revision.
    pub revision: i64,
    /// In the recycle bin.
    pub deleted: bool,
    /// A next contact was agreed and is not settled.
    pub open: bool,
    /// The customer it belongs to, and follows.
    pub customer: Customer,
    author_id: i64,
    author: String,
}

impl Owned for Interaction {
    fn is_owner(&self, user_id: i64) -> bool {
        self.author_id == user_id || self.customer.is_owner(user_id)
    }
    fn department(&self) -> i64 {
        self.customer.department()
    }
    fn ownerless(&self) -> bool {
        self.customer.ownerless()
    }
    fn owner_name(&self) -> String {
        self.author.clone()
    }
}

/// An interaction, for a check.
pub fn standing(tx: &Tx<'_>, id: i64) -> Result<Option<Interaction>> {
    let row = tx.query_opt(
        "SELECT i.revision, i.deleted_at IS NOT NULL, i.next_contact_at IS NOT NULL AND i.settled_at IS NULL,
                i.customer_id, i.author_id, COALESCE(NULLIF(u.display_name, ''), u.name)
         FROM interaction i JOIN user u ON u.id = i.author_id
         WHERE i.id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let Some((revision, deleted, open, customer_id, author_id, author)) = row else { return Ok(None) };
    let customer = customers::store::standing(tx, customer_id)?;
    Ok(customer.map(|customer| Interaction { id, revision, deleted, open, customer, author_id, author }))
}

/// An interaction that this person may do this to.
///
/// # Errors
/// As [`check`].
pub fn allowed(tx: &Tx<'_>, actor: &Actor, permission: Permission, id: i64) -> Result<Allowed<Interaction>> {
    check(actor, Permission::InteractionRead, permission, standing(tx, id)?)
}

/// One interaction as the API shows it; none if there is none, or none for this person, or its customer is out of view.
pub fn read(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Option<pb::Interaction>> {
    let Some(standing) = standing(tx, id)? else { return Ok(None) };
    if !actor.reaches(Permission::InteractionRead, &standing) || standing.customer.standing.deleted {
        return Ok(None);
    }
    let (mut interaction, contact_id, channel_id) = tx.query_one(
        "SELECT i.id, c.id, c.no, c.name, i.at, i.place, i.title, i.detail, i.memo, i.next_contact_at, i.due_at > 0,
                i.settled_at, i.external_id, i.created_at, i.updated_at, i.revision, i.deleted_at, i.missing,
                i.contact_id, i.channel_id, i.author_id, u.name, u.display_name, u.active
         FROM interaction i
         JOIN customer c ON c.id = i.customer_id
         JOIN user u ON u.id = i.author_id
         WHERE i.id = ?1",
        [id],
        from_row,
    )?;
    interaction.contact = contacts::store::contact_ref(tx, contact_id)?;
    interaction.channel = dictionary::store::choice(tx, channel_id)?;
    interaction.allowed_actions = actions(actor, &standing).into_iter().map(Into::into).collect();
    Ok(Some(interaction))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(pb::Interaction, Option<i64>, Option<i64>)> {
    let interaction = pb::Interaction {
        id: row.get(0)?,
        customer: Some(pb::CustomerRef { id: row.get(1)?, number: row.get(2)?, name: row.get(3)? }),
        at: row.get(4)?,
        place: row.get(5)?,
        title: row.get(6)?,
        detail: row.get(7)?,
        memo: row.get(8)?,
        next_contact_at: row.get::<_, Option<i64>>(9)?.unwrap_or_default(),
        due: row.get(10)?,
        settled_at: row.get::<_, Option<i64>>(11)?.unwrap_or_default(),
        external_id: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        revision: row.get(15)?,
        deleted_at: row.get::<_, Option<i64>>(16)?.unwrap_or_default(),
        missing: rules::missing_names(row.get(17)?),
        author: users::store::user_ref(row, 20)?,
        ..pb::Interaction::default()
    };
    Ok((interaction, row.get(18)?, row.get(19)?))
}

fn actions(actor: &Actor, interaction: &Interaction) -> Vec<Action> {
    let attended = permit(interaction.customer.standing, Event::Attend).is_ok();
    if !attended || !actor.reaches(Permission::InteractionEdit, interaction) {
        return Vec::new();
    }
    match (interaction.deleted, interaction.open) {
        (true, _) => vec![Action::Restore],
        (false, true) => vec![Action::Edit, Action::Delete, Action::Settle],
        (false, false) => vec![Action::Edit, Action::Delete],
    }
}

/// As [`read`], for a reply to a change.
///
/// # Errors
/// `NOT_FOUND`.
pub fn reply(tx: &Tx<'_>, actor: &Actor, done: Done) -> Result<pb::Interaction> {
    let mut interaction = read(tx, actor, done.id)?.ok_or(Error::NotFound)?;
    interaction.operation_id = done.operation_id;
    Ok(interaction)
}

/// A new interaction by the caller, or by `author_id` where an import names one. `values` are clean.
pub fn create(
    change: &mut Change<'_, '_>,
    customer: &Allowed<Customer>,
    mut values: Vec<(&'static str, Value)>,
    author_id: Option<i64>,
    full_form: bool,
) -> Result<Done> {
    let tx = change.tx();
    permit(customer.standing, Event::Attend)?;
    values.retain(|(column, value)| {
        *column != "customer_id" && !(*column == "at" && matches!(value, Value::Int(0) | Value::Null))
    });
    values.push(("customer_id", Value::Int(customer.id)));
    if value_of(&values, "at").is_none() {
        values.push(("at", Value::Int(change.now())));
    }
    for field in rules::FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    let channel = channel_of(tx, value_of(&values, "channel_id"))?;
    rules::check_new(&values, channel.as_deref(), full_form)?;
    dictionary::store::check_references(tx, rules::FIELDS, &values, &[])?;
    check_contact(tx, customer.id, value_of(&values, "contact_id"))?;
    refuse_external(tx, Some(change.actor), value_of(&values, "external_id").map(Value::text).unwrap_or_default(), 0)?;
    values.push(("author_id", Value::Int(author_id.unwrap_or(change.actor.user_id))));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

fn channel_of(tx: &Tx<'_>, id: Option<&Value>) -> Result<Option<String>> {
    id.and_then(Value::int).map_or(Ok(None), |id| dictionary::store::value(tx, id))
}

/// The contact must be one of the same customer.
fn check_contact(tx: &Tx<'_>, customer_id: i64, contact_id: Option<&Value>) -> Result<()> {
    let Some(id) = contact_id.and_then(Value::int) else { return Ok(()) };
    let there: bool = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM contact WHERE id = ?1 AND customer_id = ?2 AND deleted_at IS NULL)",
        params![id, customer_id],
        |row| row.get(0),
    )?;
    if there { Ok(()) } else { Err(Error::field("contact", Fault::UnknownReference(id.to_string()))) }
}

/// Refuses an external id that is taken. Who may not see by what is not told.
fn refuse_external(tx: &Tx<'_>, actor: Option<&Actor>, external_id: &str, but: i64) -> Result<()> {
    if external_id.is_empty() {
        return Ok(());
    }
    let taken = tx.query_opt(
        "SELECT id, title FROM interaction
         WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL AND id <> ?2",
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

/// An edit. `values` are clean.
pub fn update(
    change: &mut Change<'_, '_>,
    interaction: &Allowed<Interaction>,
    seen: &Seen,
    values: &[(&'static str, Value)],
) -> Result<Done> {
    let tx = change.tx();
    seen.check(tx, &TABLE, interaction.id, interaction.revision)?;
    in_view(interaction)?;
    let before = TABLE.values(tx, interaction.id)?;
    let old = |column: &str| TABLE.value(&before, column).cloned().unwrap_or_default();
    let channel = channel_of(tx, value_of(values, "channel_id").or(Some(&old("channel_id"))))?;
    rules::check_edit(old, values, channel.as_deref())?;
    let unchanged: Vec<_> =
        values.iter().filter(|(column, value)| old(column) == *value).map(|(column, _)| *column).collect();
    dictionary::store::check_references(tx, rules::FIELDS, values, &unchanged)?;
    if !unchanged.contains(&"contact_id") {
        check_contact(tx, interaction.customer.id, value_of(values, "contact_id"))?;
    }
    refuse_external(
        tx,
        Some(change.actor),
        value_of(values, "external_id").map(Value::text).unwrap_or_default(),
        interaction.id,
    )?;
    let mut values = values.to_vec();
    if value_of(&values, "next_contact_at").is_some_and(|next| *next != old("next_contact_at")) {
        // Another date is another appointment.
        values.push(("settled_at", Value::Null));
    }
    change.update(&TABLE, interaction.id, interaction.revision, &values, "update")
}

fn in_view(interaction: &Interaction) -> Result<()> {
    permit(interaction.customer.standing, Event::Attend)?;
    if interaction.deleted { Err(Error::InvalidState("deleted".into())) } else { Ok(()) }
}

/// The next contact is done (D4).
pub fn settle(change: &mut Change<'_, '_>, interaction: &Allowed<Interaction>, revision: i64) -> Result<Done> {
    open_at(change, interaction, revision)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, interaction.id, interaction.revision, &[("settled_at", now)], "settle")
}

/// The next contact is moved (snooze).
pub fn snooze(
    change: &mut Change<'_, '_>,
    interaction: &Allowed<Interaction>,
    revision: i64,
    until: i64,
) -> Result<Done> {
    open_at(change, interaction, revision)?;
    if until <= change.now() {
        return Err(Error::field("next_contact_at", Fault::OutOfRange(change.now(), i64::MAX)));
    }
    let values = clean(rules::FIELDS, vec![("next_contact_at", Value::Int(until))])?;
    change.update(&TABLE, interaction.id, interaction.revision, &values, "snooze")
}

fn open_at(change: &Change<'_, '_>, interaction: &Interaction, revision: i64) -> Result<()> {
    Seen::check_revision(change.tx(), Kind::Interaction, interaction.id, revision, interaction.revision)?;
    in_view(interaction)?;
    if interaction.open { Ok(()) } else { Err(Error::InvalidState("settled".into())) }
}

/// Into the recycle bin.
pub fn delete(change: &mut Change<'_, '_>, interaction: &Allowed<Interaction>, revision: i64) -> Result<Done> {
    Seen::check_revision(change.tx(), Kind::Interaction, interaction.id, revision, interaction.revision)?;
    in_view(interaction)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, interaction.id, interaction.revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
pub fn restore(change: &mut Change<'_, '_>, interaction: &Allowed<Interaction>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::Interaction, interaction.id, revision, interaction.revision)?;
    permit(interaction.customer.standing, Event::Attend)?;
    if !interaction.deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    let values = TABLE.values(tx, interaction.id)?;
    refuse_external(tx, Some(change.actor), TABLE.value(&values, "external_id")?.text(), interaction.id)?;
    change.update(&TABLE, interaction.id, interaction.revision, &[("deleted_at", Value::Null)], "restore")
}
