//! Customer rows: reading and writing them.

use rolo_proto::v1::{self as pb, Action, Kind};

use super::{
    derive,
    rules::{self, Standing, Status},
};
use crate::{
    authz::{Actor, Allowed, Owned, Permission, check},
    change::{Change, Done, Seen, Table, Whose},
    db::{LookUp, Row, Shared, Tx},
    dictionary,
    error::{Error, Result},
    fields::value_of,
    numbering,
    settings::Settings,
    table_sql, text,
    users::{
        self,
        store::{Person, ROOT},
    },
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "customer",
    "no",
    "name",
    "party",
    "region_id",
    "manager_id",
    "level_id",
    "classification_id",
    "satisfaction",
    "credit",
    "address",
    "zip",
    "tel",
    "fax",
    "website",
    "licence_no",
    "legal_person",
    "capital",
    "turnover",
    "bank",
    "bank_account",
    "local_tax_no",
    "national_tax_no",
    "usc_code",
    "external_id",
    "tags",
    "status",
    "merged_into",
    "former",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::Customer,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert:
        "INSERT INTO customer (no, name, party, region_id, manager_id, level_id, classification_id, satisfaction,
               credit, address, zip, tel, fax, website, licence_no, legal_person, capital, turnover, bank,
               bank_account, local_tax_no, national_tax_no, usc_code, external_id, tags, status, merged_into, former,
               created_by, deleted_at, created_at, updated_at, name_norm, name_key, missing, level_rank, region_rank,
               satisfaction_rank, credit_rank)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?31, ?32, ?33, ?34,
               COALESCE((SELECT position FROM dictionary_item d WHERE d.id = ?6), 0),
               COALESCE((SELECT position FROM dictionary_item d WHERE d.id = ?4), 0), COALESCE(?8, 0), COALESCE(?9, 0))",
    derived: derive::derived,
    derive: derive::customer,
    owner: |tx, id| {
        tx.query_one("SELECT COALESCE(manager_id, 0) FROM customer WHERE id = ?1", [id], |row| {
            Ok(Whose { owner: row.get(0)?, customer: id, ..Whose::default() })
        })
    },
    label: |tx, id| tx.query_one("SELECT no || ' ' || name FROM customer WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |tx, actor, id, columns| {
        let edit = allowed(tx, actor, Permission::CustomerEdit, id);
        // Who may take records out of the recycle bin, and no more, may also put back what they took out.
        match (edit, columns) {
            (Err(_), ["deleted_at"]) => allowed(tx, actor, Permission::CustomerRestore, id),
            (edit, _) => edit,
        }
        .map(drop)
    },
    holds: super::children::held,
    parted: None,
    check_undo: |tx, id, _| {
        let customer = standing(tx, id)?.ok_or(Error::NotFound)?;
        super::duplicates::refuse_taken(tx, None, id, &TABLE.values(tx, id)?, customer.standing.deleted)
    },
};

/// What of a customer decides who may do what with it.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The id.
    pub id: i64,
    /// The revision.
    pub revision: i64,
    /// The state.
    pub standing: Standing,
    /// Organisation (1) or person (2).
    pub party: i64,
    /// It was merged into another one.
    pub merged: bool,
    manager_id: Option<i64>,
    manager: String,
    department_id: i64,
}

impl Owned for Customer {
    fn is_owner(&self, user_id: i64) -> bool {
        self.manager_id == Some(user_id)
    }
    fn department(&self) -> i64 {
        self.department_id
    }
    fn ownerless(&self) -> bool {
        self.manager_id.is_none()
    }
    fn owner_name(&self) -> String {
        self.manager.clone()
    }
}

fn standing_of(status: i64, deleted: bool) -> Standing {
    Standing { status: if status == 2 { Status::Lost } else { Status::Normal }, deleted }
}

/// A customer, for a check.
pub fn standing(tx: &Tx<'_>, id: i64) -> Result<Option<Customer>> {
    tx.query_opt(
        "SELECT c.revision, c.status, c.deleted_at IS NOT NULL, c.party, c.manager_id,
                COALESCE(NULLIF(m.display_name, ''), m.name, ''), COALESCE(m.department_id, b.department_id),
                c.merged_into IS NOT NULL
         FROM customer c
         JOIN user b ON b.id = c.created_by
         LEFT JOIN user m ON m.id = c.manager_id
         WHERE c.id = ?1",
        [id],
        |row| {
            Ok(Customer {
                id,
                revision: row.get(0)?,
                standing: standing_of(row.get(1)?, row.get(2)?),
                party: row.get(3)?,
                manager_id: row.get(4)?,
                manager: row.get(5)?,
                department_id: row.get(6)?,
                merged: row.get(7)?,
            })
        },
    )
}

/// A customer that this person may do this to.
///
/// # Errors
/// As [`check`].
pub fn allowed(tx: &Tx<'_>, actor: &Actor, permission: Permission, id: i64) -> Result<Allowed<Customer>> {
    check(actor, Permission::CustomerRead, permission, standing(tx, id)?)
}

/// The id that a request names: by id, by number or by external id.
pub fn resolve(tx: &Tx<'_>, request: &pb::GetCustomerRequest) -> Result<Option<i64>> {
    if request.id > 0 {
        return Ok(Some(request.id));
    }
    if !request.no.is_empty() {
        return by_number(tx, &request.no);
    }
    by_external_id(tx, &request.external_id)
}

/// The customer of a number.
pub fn by_number(tx: &Tx<'_>, no: &str) -> Result<Option<i64>> {
    tx.query_opt("SELECT id FROM customer WHERE no = ?1", [text::narrow(no.trim()).to_uppercase()], |row| row.get(0))
}

/// The live customer of an external id.
pub fn by_external_id(tx: &Tx<'_>, external_id: &str) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT id FROM customer WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
        [external_id],
        |row| row.get(0),
    )
}

/// The columns of [`read`], in order.
const COLUMNS: &str = "
    SELECT c.id, c.no, c.name, c.party, c.satisfaction, c.credit, c.address, c.zip, c.tel, c.fax, c.website,
           c.licence_no, c.legal_person, c.capital, c.turnover, c.bank, c.bank_account, c.local_tax_no,
           c.national_tax_no, c.usc_code, c.external_id, c.tags, c.status, c.created_at, c.updated_at,
           c.last_contact_at, c.next_contact_at, c.missing, c.revision, c.deleted_at,
           c.region_id, c.level_id, c.classification_id, c.manager_id, c.created_by,
           COALESCE(c.former, ''), t.id, t.no, t.name
    FROM customer c
    LEFT JOIN customer t ON t.id = c.merged_into
    WHERE c.id = ?1";

/// Reads customers as the API shows them, for one person: a page prepares its statement once, and looks up once what
/// many of its rows share.
pub struct Reader<'t> {
    tx: &'t Tx<'t>,
    actor: &'t Actor,
    rows: LookUp<'t>,
    people: Shared<'t, Person>,
    choices: Shared<'t, pb::Choice>,
}

impl<'t> Reader<'t> {
    /// A reader in this transaction.
    ///
    /// # Errors
    /// The database's.
    pub fn new(tx: &'t Tx<'t>, actor: &'t Actor) -> Result<Self> {
        let rows = tx.look_up(COLUMNS, &[])?;
        Ok(Self { tx, actor, rows, people: users::store::people(tx)?, choices: dictionary::store::choices(tx)? })
    }

    /// One customer; none if there is none, or none for this person.
    ///
    /// # Errors
    /// The database's.
    pub fn read(&mut self, id: i64) -> Result<Option<pb::Customer>> {
        let Some((mut customer, standing, points)) = self.rows.row(id, from_row)? else { return Ok(None) };
        let manager = self.people.of(points.manager)?;
        let creator = self.people.of(Some(points.creator))?;
        let owned = Customer {
            id,
            revision: customer.revision,
            standing,
            party: i64::from(customer.party),
            manager_id: points.manager,
            manager: manager.as_ref().map(|manager| users::store::shown(&manager.shown)).unwrap_or_default(),
            department_id: manager.as_ref().or(creator.as_ref()).map_or(ROOT, |person| person.department_id),
            merged: customer.merged_into.is_some(),
        };
        if !self.actor.reaches(Permission::CustomerRead, &owned) {
            return Ok(None);
        }
        if let Some(into) = customer.merged_into.take() {
            let other = self::standing(self.tx, into.id)?;
            let seen = other.is_some_and(|other| self.actor.reaches(Permission::CustomerRead, &other));
            customer.merged_into = Some(into).filter(|_| seen);
        }
        customer.manager = manager.map(|manager| manager.shown);
        customer.created_by = creator.map(|creator| creator.shown);
        customer.region = self.choices.of(points.region)?;
        customer.level = self.choices.of(points.level)?;
        customer.classification = self.choices.of(points.classification)?;
        customer.allowed_actions = actions(self.actor, &owned).into_iter().map(Into::into).collect();
        Ok(Some(customer))
    }
}

/// One customer as the API shows it; none if there is none, or none for this person.
pub fn read(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Option<pb::Customer>> {
    Reader::new(tx, actor)?.read(id)
}

/// As [`read`], for a reply to a change. Who hands a customer over may not see it any more: then it is done all the same,
/// and the reply holds id, revision and operation alone.
pub fn reply(tx: &Tx<'_>, actor: &Actor, done: Done) -> Result<pb::Customer> {
    let unseen = || pb::Customer { id: done.id, revision: done.revision, ..pb::Customer::default() };
    let customer = read(tx, actor, done.id)?.unwrap_or_else(unseen);
    Ok(pb::Customer { operation_id: done.operation_id, ..customer })
}

/// What a customer's row points to.
struct Points {
    region: Option<i64>,
    level: Option<i64>,
    classification: Option<i64>,
    manager: Option<i64>,
    creator: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(pb::Customer, Standing, Points)> {
    let deleted_at: Option<i64> = row.get(29)?;
    let merged_into = match row.get::<_, Option<i64>>(36)? {
        Some(id) => Some(pb::CustomerRef { id, number: row.get(37)?, name: row.get(38)? }),
        None => None,
    };
    let customer = pb::Customer {
        id: row.get(0)?,
        no: row.get(1)?,
        name: row.get(2)?,
        party: row.get(3)?,
        satisfaction: row.get(4)?,
        credit: row.get(5)?,
        address: row.get(6)?,
        zip: row.get(7)?,
        tel: row.get(8)?,
        fax: row.get(9)?,
        website: row.get(10)?,
        licence_no: row.get(11)?,
        legal_person: row.get(12)?,
        capital: row.get(13)?,
        turnover: row.get(14)?,
        bank: row.get(15)?,
        bank_account: row.get(16)?,
        local_tax_no: row.get(17)?,
        national_tax_no: row.get(18)?,
        usc_code: row.get(19)?,
        external_id: row.get(20)?,
        tags: row.get(21)?,
        status: if deleted_at.is_some() { pb::CustomerStatus::Deleted as i32 } else { row.get(22)? },
        created_at: row.get(23)?,
        updated_at: row.get(24)?,
        last_contact_at: row.get(25)?,
        next_contact_at: row.get(26)?,
        missing: rules::missing_names(row.get(27)?),
        revision: row.get(28)?,
        deleted_at: deleted_at.unwrap_or_default(),
        former: row.get(35)?,
        merged_into,
        ..pb::Customer::default()
    };
    let points = Points {
        region: row.get(30)?,
        level: row.get(31)?,
        classification: row.get(32)?,
        manager: row.get(33)?,
        creator: row.get(34)?,
    };
    Ok((customer, standing_of(row.get(22)?, deleted_at.is_some()), points))
}

/// What this person may do with a customer, as far as the row alone tells.
fn actions(actor: &Actor, customer: &Customer) -> Vec<Action> {
    use rules::Event;
    [
        (Action::Edit, Permission::CustomerEdit, Event::Edit),
        (Action::Reassign, Permission::CustomerReassign, Event::Edit),
        (Action::Delete, Permission::CustomerDelete, Event::Delete),
        (Action::Restore, Permission::CustomerRestore, Event::Restore),
        (Action::Merge, Permission::CustomerMerge, Event::Edit),
        (Action::AddContact, Permission::ContactWrite, Event::Attend),
        (Action::AddInteraction, Permission::InteractionCreate, Event::Attend),
    ]
    .into_iter()
    .filter(|(action, permission, event)| {
        actor.reaches(*permission, customer)
            && rules::permit(customer.standing, *event).is_ok()
            && !(customer.merged && *action == Action::Restore)
    })
    .map(|(action, ..)| action)
    .collect()
}

/// A new customer (C2). `values` are clean; a number is issued, and a manager whose reach is "own" becomes responsible
/// for what they create without naming anybody.
pub fn create(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    mut values: Vec<(&'static str, Value)>,
    full_form: bool,
) -> Result<Done> {
    let scope = change.actor.require(Permission::CustomerCreate)?;
    let own = scope == crate::authz::Scope::Own;
    if own && value_of(&values, "manager_id").is_none_or(Value::is_empty) {
        set(&mut values, "manager_id", Value::Int(change.actor.user_id));
    }
    for field in rules::FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(crate::fields::clean(rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    rules::check_new(&values, &settings.customer_required, full_form)?;
    dictionary::store::check_references(change.tx(), rules::FIELDS, &values, &[])?;
    super::duplicates::refuse_new(change.tx(), change.actor, &values)?;
    let no = numbering::next(change.tx(), "KH", change.now(), settings.time_zone)?;
    values.push(("no", Value::Text(no)));
    values.push(("status", Value::Int(Status::Normal as i64)));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

fn set(values: &mut Vec<(&'static str, Value)>, column: &'static str, value: Value) {
    values.retain(|(name, _)| *name != column);
    values.push((column, value));
}

/// An edit (C3): of a customer that is 正常, by whom it belongs to or a supervisor in scope. `values` are clean.
pub fn update(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    customer: &Allowed<Customer>,
    seen: &Seen,
    values: Vec<(&'static str, Value)>,
) -> Result<Done> {
    let tx = change.tx();
    let values = values.as_slice();
    if value_of(values, "manager_id").is_some() {
        change.actor.require(Permission::CustomerReassign)?;
    }
    seen.check(tx, &TABLE, customer.id, customer.revision)?;
    rules::permit(customer.standing, rules::Event::Edit)?;
    let before = TABLE.values(tx, customer.id)?;
    let was_empty = |column: &str| TABLE.value(&before, column).is_ok_and(Value::is_empty);
    rules::check_edit(was_empty, values, &settings.customer_required, customer.party)?;
    dictionary::store::check_references(tx, rules::FIELDS, values, &unchanged(&before, values))?;
    super::duplicates::refuse_change(tx, change.actor, customer.id, &before, values)?;
    change.update(&TABLE, customer.id, customer.revision, values, "update")
}

/// The columns whose new value is the one that the row has already: a retired entry may stay where it is.
fn unchanged(before: &[Value], values: &[(&'static str, Value)]) -> Vec<&'static str> {
    values
        .iter()
        .filter(|(column, value)| TABLE.value(before, column).is_ok_and(|old| old == value))
        .map(|(column, _)| *column)
        .collect()
}

/// Into the recycle bin (C6).
pub fn delete(change: &mut Change<'_, '_>, customer: &Allowed<Customer>, revision: i64) -> Result<Done> {
    Seen::check_revision(change.tx(), Kind::Customer, customer.id, revision, customer.revision)?;
    rules::permit(customer.standing, rules::Event::Delete)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, customer.id, customer.revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin (C7), to the state it had. One that was merged into another only comes back with everything
/// that went with it, by undoing the merge.
pub fn restore(change: &mut Change<'_, '_>, customer: &Allowed<Customer>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::Customer, customer.id, revision, customer.revision)?;
    rules::permit(customer.standing, rules::Event::Restore)?;
    if customer.merged {
        return Err(Error::InvalidState("merged".into()));
    }
    super::duplicates::refuse_taken(tx, Some(change.actor), customer.id, &TABLE.values(tx, customer.id)?, false)?;
    change.update(&TABLE, customer.id, customer.revision, &[("deleted_at", Value::Null)], "restore")
}
