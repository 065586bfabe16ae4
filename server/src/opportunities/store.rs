//! Opportunity rows: what decides who may do what with one; recording, editing and deleting them. What is shown of one is
//! `read.rs`, its moves from state to state `moves.rs`.

use rolo_proto::v1::Kind;

use super::{
    derive, moves, priors,
    rules::{self, Event, Standing, Status, permit},
};
use crate::{
    authz::{Actor, Allowed, Owned, Permission, check},
    change::{Change, Done, Seen, Table, Whose, last_change_of},
    customers,
    db::Tx,
    dictionary,
    error::{Error, Fault, Match, Result},
    fields::{clean, value_of},
    settings::Settings,
    table_sql,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "opportunity",
    "customer_name",
    "customer_id",
    "title",
    "source",
    "linkman",
    "tel",
    "description",
    "success_rate",
    "product_id",
    "expected_amount",
    "expected_close_at",
    "lead_source_id",
    "stage_id",
    "status",
    "assignee_id",
    "assigned_at",
    "closed_at",
    "close_reason_id",
    "close_text",
    "memo",
    "external_id",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::Opportunity,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert:
        "INSERT INTO opportunity (customer_name, customer_id, title, source, linkman, tel, description, success_rate,
               product_id, expected_amount, expected_close_at, lead_source_id, stage_id, status, assignee_id,
               assigned_at, closed_at, close_reason_id, close_text, memo, external_id, created_by, deleted_at,
               created_at, updated_at, name_norm, name_key, owner_id, open, missing, amount_rank, rate_rank,
               close_rank, due_rank, progress_at, sum_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35)",
    derived: derive::derived,
    derive: derive::opportunity,
    owner: |tx, id| {
        tx.query_one("SELECT owner_id, COALESCE(customer_id, 0) FROM opportunity WHERE id = ?1", [id], |row| {
            Ok(Whose { owner: row.get(0)?, also: 0, customer: row.get(1)?, parent: row.get(1)? })
        })
    },
    label: |tx, id| {
        tx.query_one("SELECT id || ' ' || customer_name FROM opportunity WHERE id = ?1", [id], |row| row.get(0))
    },
    may_write: |tx, actor, id, columns| allowed(tx, actor, moves::right_to_take_back(columns), id).map(drop),
    holds: super::history::held,
    parted: None,
    check_undo: |tx, id, columns| {
        let values = TABLE.values(tx, id)?;
        if !TABLE.value(&values, "deleted_at")?.is_empty() {
            return Ok(());
        }
        priors::refuse_taken(tx, None, id, &values)?;
        moves::check_taken_back(tx, id, &values, columns)
    },
};

/// What of an opportunity decides who may do what with it.
#[derive(Debug, Clone)]
pub struct Opportunity {
    /// The id.
    pub id: i64,
    /// The revision.
    pub revision: i64,
    /// The state.
    pub standing: Standing,
    /// Whom it is assigned to.
    pub assignee_id: Option<i64>,
    /// Assignee, or while unassigned the creator.
    pub(super) owner_id: i64,
    /// What that person is called.
    pub(super) owner: String,
    /// Their department.
    pub(super) department_id: i64,
}

impl Owned for Opportunity {
    fn is_owner(&self, user_id: i64) -> bool {
        self.owner_id == user_id
    }
    fn department(&self) -> i64 {
        self.department_id
    }
    fn ownerless(&self) -> bool {
        false
    }
    fn owner_name(&self) -> String {
        self.owner.clone()
    }
}

impl Opportunity {
    /// Assignee, or while unassigned the creator.
    pub fn owner_id(&self) -> i64 {
        self.owner_id
    }
}

/// An opportunity, for a check.
pub fn standing(tx: &Tx<'_>, id: i64) -> Result<Option<Opportunity>> {
    tx.query_opt(
        "SELECT o.revision, o.status, o.deleted_at IS NOT NULL, o.assignee_id, o.owner_id,
                COALESCE(NULLIF(u.display_name, ''), u.name), u.department_id
         FROM opportunity o JOIN user u ON u.id = o.owner_id
         WHERE o.id = ?1",
        [id],
        |row| {
            Ok(Opportunity {
                id,
                revision: row.get(0)?,
                standing: Standing { status: Status::from_number(row.get(1)?), deleted: row.get(2)? },
                assignee_id: row.get(3)?,
                owner_id: row.get(4)?,
                owner: row.get(5)?,
                department_id: row.get(6)?,
            })
        },
    )
}

/// An opportunity that this person may do this to.
///
/// # Errors
/// As [`check`].
pub fn allowed(tx: &Tx<'_>, actor: &Actor, permission: Permission, id: i64) -> Result<Allowed<Opportunity>> {
    check(actor, Permission::OpportunityRead, permission, standing(tx, id)?)
}

/// Refuses an event in a state that does not allow it, and says who brought the opportunity there and when, so that the
/// loser of a race is told who won.
///
/// # Errors
/// `INVALID_STATE`.
pub fn permitted(tx: &Tx<'_>, opportunity: &Opportunity, event: Event) -> Result<()> {
    permit(opportunity.standing, event).or_else(|error| match error {
        Error::InvalidState(state) => {
            // Who edits it meanwhile did not bring it there; unassigned it was from the start unless it was taken back.
            let by: &[&str] = match opportunity.standing {
                Standing { deleted: true, .. } => &["deleted_at"],
                Standing { status: Status::Unassigned, .. } => &["assignee_id"],
                _ => &["status", "assignee_id"],
            };
            let last = |column: &&str| last_change_of(tx, Kind::Opportunity, opportunity.id, column, 0);
            let found = by.iter().map(last).collect::<Result<Vec<_>>>()?;
            let (who, at) = found.into_iter().max_by_key(|(_, at)| *at).unwrap_or_default();
            Err(Error::Overtaken { state, owner: opportunity.owner.clone(), who, at })
        }
        other => Err(other),
    })
}

/// The live opportunity of an external id.
pub fn by_external_id(tx: &Tx<'_>, external_id: &str) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT id FROM opportunity WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
        [external_id],
        |row| row.get(0),
    )
}

/// A new opportunity (O1). `values` are clean. The customer's name is looked up (D8): an open opportunity of the name
/// and product refuses it, a customer of the name is linked or refuses it by setting, a lost one refuses it. So it is with
/// a customer that is named to be linked.
///
/// # Errors
/// `VALIDATION`, `DUPLICATE`, `INVALID_STATE` for a lost customer.
pub fn create(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    mut values: Vec<(&'static str, Value)>,
    full_form: bool,
) -> Result<Done> {
    change.actor.require(Permission::OpportunityCreate)?;
    for field in rules::FIELDS.iter().chain(rules::CLOSING) {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(std::slice::from_ref(field), vec![(field.column, Value::Null)])?);
        }
    }
    let tx = change.tx();
    rules::check_new(&values, full_form)?;
    dictionary::store::check_references(tx, rules::FIELDS, &values, &[])?;
    priors::refuse_linked(tx, settings, change.actor, value_of(&values, "customer_id"))?;
    refuse_external(tx, Some(change.actor), text(&values, "external_id"), 0)?;
    let name = text(&values, "customer_name").to_owned();
    let product_id = value_of(&values, "product_id").and_then(Value::int);
    if let Some(customer_id) = priors::refuse_new(tx, settings, change.actor, &name, product_id, 0)?
        && value_of(&values, "customer_id").is_none_or(Value::is_empty)
    {
        values.retain(|(column, _)| *column != "customer_id");
        values.push(("customer_id", Value::Int(customer_id)));
    }
    values.push(("status", Value::Int(Status::Unassigned as i64)));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

fn text<'v>(values: &'v [(&'static str, Value)], column: &str) -> &'v str {
    value_of(values, column).map(Value::text).unwrap_or_default()
}

/// A customer that is named must be there for this person.
pub(super) fn check_customer(tx: &Tx<'_>, actor: &Actor, customer_id: Option<&Value>) -> Result<()> {
    let Some(id) = customer_id.and_then(Value::int) else { return Ok(()) };
    let seen = customers::store::standing(tx, id)?
        .is_some_and(|customer| !customer.standing.deleted && actor.reaches(Permission::CustomerRead, &customer));
    if seen { Ok(()) } else { Err(Error::field("customer_no", Fault::UnknownReference(id.to_string()))) }
}

/// Refuses an external id that is taken. Who may not see by what is not told.
pub fn refuse_external(tx: &Tx<'_>, actor: Option<&Actor>, external_id: &str, but: i64) -> Result<()> {
    let Some(id) = by_external_id(tx, external_id)?.filter(|id| *id != but) else { return Ok(()) };
    let told = match (actor, standing(tx, id)?) {
        (Some(actor), Some(found)) => actor.reaches(Permission::OpportunityRead, &found),
        _ => true,
    };
    let at = if told { Match { id, label: (TABLE.label)(tx, id)?, ..Match::default() } } else { Match::default() };
    Err(Error::Duplicate { field: "external_id", at })
}

/// An edit (O2, §5.10). `values` are clean.
///
/// # Errors
/// `STALE`, `INVALID_STATE` for what does not change any more, `VALIDATION`, `DUPLICATE`.
pub fn update(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    opportunity: &Allowed<Opportunity>,
    seen: &Seen,
    values: &[(&'static str, Value)],
) -> Result<Done> {
    let tx = change.tx();
    seen.check(tx, &TABLE, opportunity.id, opportunity.revision)?;
    permitted(tx, opportunity, rules::edit_event(values))?;
    let before = TABLE.values(tx, opportunity.id)?;
    let old = |column: &str| TABLE.value(&before, column).cloned().unwrap_or_default();
    rules::check_edit(|column| old(column).is_empty(), values)?;
    let unchanged: Vec<_> =
        values.iter().filter(|(column, value)| old(column) == *value).map(|(column, _)| *column).collect();
    dictionary::store::check_references(tx, rules::FIELDS, values, &unchanged)?;
    if !unchanged.contains(&"customer_id") {
        priors::refuse_linked(tx, settings, change.actor, value_of(values, "customer_id"))?;
    }
    refuse_external(tx, Some(change.actor), text(values, "external_id"), opportunity.id)?;
    let renamed = ["customer_name", "product_id"]
        .iter()
        .any(|column| value_of(values, column).is_some() && !unchanged.contains(column));
    if renamed {
        let after = |column: &str| value_of(values, column).cloned().unwrap_or_else(|| old(column));
        let product_id = after("product_id").int();
        priors::refuse_new(tx, settings, change.actor, after("customer_name").text(), product_id, opportunity.id)?;
    }
    change.update(&TABLE, opportunity.id, opportunity.revision, values, "update")
}

/// Into the recycle bin (O3).
///
/// # Errors
/// `STALE`, `INVALID_STATE`.
pub fn delete(change: &mut Change<'_, '_>, opportunity: &Allowed<Opportunity>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::Opportunity, opportunity.id, revision, opportunity.revision)?;
    permitted(tx, opportunity, Event::Delete)?;
    let now = Value::Int(change.now());
    change.update(&TABLE, opportunity.id, opportunity.revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin, to the state it had.
///
/// # Errors
/// `STALE`, `INVALID_STATE`, `DUPLICATE` if its name and product, or its external id, are taken by now.
pub fn restore(change: &mut Change<'_, '_>, opportunity: &Allowed<Opportunity>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::Opportunity, opportunity.id, revision, opportunity.revision)?;
    permitted(tx, opportunity, Event::Restore)?;
    priors::refuse_taken(tx, Some(change.actor), opportunity.id, &TABLE.values(tx, opportunity.id)?)?;
    change.update(&TABLE, opportunity.id, opportunity.revision, &[("deleted_at", Value::Null)], "restore")
}

/// The plan steps and the opportunity of an id exist for this person, for what hangs on it.
pub fn seen(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<Opportunity> {
    standing(tx, id)?
        .filter(|opportunity| actor.reaches(Permission::OpportunityRead, opportunity))
        .ok_or(Error::NotFound)
}
