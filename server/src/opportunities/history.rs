//! Opportunities that come with what has become of them already: from files, out of another system (§5.9).
//!
//! By hand an opportunity goes from state to state (`moves`); here its state, its assignee and its end are told with it.
//! Who may assign may tell them. An open one is assigned only to whom it could be assigned by hand: whoever else is named
//! is noted in the memo, and it waits to be assigned. A closed one keeps whoever had it, disabled accounts too.

use rolo_proto::v1::Kind;

use super::{
    assignees, plan, priors,
    rules::{self, CLOSE_REASON, CLOSE_TEXT, CLOSING, Event, STATUSES, Status, permit},
    store::{self, TABLE},
};
use crate::{
    authz::{Actor, Permission, Scope},
    change::{Change, Done, Of, field_name},
    db::{Tx, params},
    dictionary,
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, clean, value_of},
    notices,
    settings::Settings,
    value::Value,
};

/// What is told of an opportunity's past, beside its own fields.
pub const FIELDS: &[Field] = &[
    Field::new("status", Shape::OneOf(STATUSES)),
    Field::new("assignee_id", Shape::User),
    Field::new("assigned_at", Shape::Time),
    Field::new("closed_at", Shape::Time),
    CLOSE_REASON,
    CLOSE_TEXT,
];

type Values = Vec<(&'static str, Value)>;

/// Somebody who is named as assignee.
#[derive(Debug)]
struct Person {
    /// What they are called.
    name: String,
    /// They can be given an open opportunity: active, with the right to develop.
    develops: bool,
    department_id: i64,
}

fn person(tx: &Tx<'_>, id: i64) -> Result<Person> {
    let develops = assignees::department_of(tx, id)?.is_some();
    tx.query_opt(
        "SELECT COALESCE(NULLIF(display_name, ''), name), department_id FROM user WHERE id = ?1",
        [id],
        |row| Ok(Person { name: row.get(0)?, department_id: row.get(1)?, develops }),
    )?
    .ok_or_else(|| Error::field("assignee", Fault::UnknownReference(id.to_string())))
}

fn take(values: &mut Values, column: &str) -> Value {
    let place = values.iter().position(|(name, _)| *name == column);
    place.map(|place| values.swap_remove(place).1).unwrap_or_default()
}

/// Settles what is told of the past: state and assignee as they will be. `unknown` is an assignee whom nobody knows yet.
fn settle(tx: &Tx<'_>, settings: &Settings, values: &mut Values, unknown: Option<&str>) -> Result<Status> {
    let told = take(values, "status").int().unwrap_or_default();
    let (assignee_id, assigned_at) = (take(values, "assignee_id"), take(values, "assigned_at"));
    let person = assignee_id.int().map(|id| person(tx, id)).transpose()?;
    let status = match (told, &person) {
        (3 | 4, _) => Status::from_number(told),
        (0 | 2, Some(person)) if person.develops => Status::Assigned,
        _ => Status::Unassigned,
    };
    values.push(("status", Value::Int(status as i64)));
    if status == Status::Unassigned {
        if let Some(name) = person.as_ref().map(|person| person.name.as_str()).or(unknown) {
            note(settings, values, name);
        }
    } else if person.is_some() {
        values.extend([("assignee_id", assignee_id), ("assigned_at", assigned_at)]);
    }
    if matches!(status, Status::Unassigned | Status::Assigned) {
        values.retain(|(column, _)| *column != "closed_at" && CLOSING.iter().all(|field| field.column != *column));
    }
    Ok(status)
}

/// Whether this person may say of an opportunity that it is somebody's, or that it came to an end.
fn may_tell(tx: &Tx<'_>, actor: &Actor, status: Status, assignee_id: Option<i64>) -> Result<()> {
    if status == Status::Unassigned {
        return Ok(());
    }
    let scope = actor.require(Permission::OpportunityAssign)?;
    let Some(id) = assignee_id else { return Ok(()) };
    let reached = match scope {
        Scope::All => true,
        Scope::Department => actor.departments.contains(&person(tx, id)?.department_id),
        Scope::Own => id == actor.user_id,
    };
    if reached { Ok(()) } else { Err(Error::Forbidden(Permission::OpportunityAssign.code().into())) }
}

/// Notes who had an opportunity, before what the memo says already: the name stays whole, whatever has to go.
fn note(settings: &Settings, values: &mut Values, name: &str) {
    let memo = take(values, "memo");
    let noted = match settings.language.as_str() {
        "zh" => format!("原负责人：{name}\n{}", memo.text()),
        _ => format!("Assigned before to {name}\n{}", memo.text()),
    };
    values.push(("memo", Value::Text(noted.trim_end().chars().take(500).collect())));
}

/// Refuses a new opportunity that the rules refuse, and settles its values. What is missing makes it incomplete.
///
/// # Errors
/// `FORBIDDEN`, `VALIDATION`, `DUPLICATE`, `INVALID_STATE` for an open one of a lost customer.
pub fn check_new(
    tx: &Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    values: &mut Values,
    unknown: Option<&str>,
) -> Result<()> {
    actor.require(Permission::OpportunityCreate)?;
    let status = settle(tx, settings, values, unknown)?;
    may_tell(tx, actor, status, value_of(values, "assignee_id").and_then(Value::int))?;
    rules::check_new(values, false)?;
    let closed = matches!(status, Status::Won | Status::Lost);
    // What was sold then may not be on offer any more.
    let unchanged: &[&str] = if closed { &["product_id"] } else { &[] };
    dictionary::store::check_references(tx, rules::FIELDS, values, unchanged)?;
    dictionary::store::check_references(tx, CLOSING, values, &[])?;
    let text = |column: &str| value_of(values, column).map(Value::text).unwrap_or_default();
    store::refuse_external(tx, Some(actor), text("external_id"), 0)?;
    let linked = value_of(values, "customer_id").and_then(Value::int);
    match closed {
        true => store::check_customer(tx, actor, value_of(values, "customer_id"))?,
        false => priors::refuse_linked(tx, settings, actor, value_of(values, "customer_id"))?,
    }
    let product_id = value_of(values, "product_id").and_then(Value::int);
    let customer_id = match closed {
        true => priors::customer_named(tx, actor, text("customer_name"))?,
        false => priors::refuse_new(tx, settings, actor, text("customer_name"), product_id, 0)?,
    };
    if let (None, Some(id)) = (linked, customer_id) {
        values.retain(|(column, _)| *column != "customer_id");
        values.push(("customer_id", Value::Int(id)));
    }
    Ok(())
}

/// A new opportunity with its past. `values` are clean; a customer of its name is linked, none is made.
///
/// # Errors
/// As [`check_new`].
pub fn create(change: &mut Change<'_, '_>, settings: &Settings, mut values: Values) -> Result<Done> {
    check_new(change.tx(), change.actor, settings, &mut values, None)?;
    for field in rules::FIELDS.iter().chain(CLOSING) {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(std::slice::from_ref(field), vec![(field.column, Value::Null)])?);
        }
    }
    let (now, status) = (Value::Int(change.now()), value_of(&values, "status").and_then(Value::int));
    let closed = matches!(status, Some(3 | 4));
    let assigned = value_of(&values, "assignee_id").is_some();
    for (column, due) in [("assigned_at", assigned && !closed), ("closed_at", closed)] {
        if due && value_of(&values, column).is_none_or(Value::is_empty) {
            values.retain(|(name, _)| *name != column);
            values.push((column, now.clone()));
        }
    }
    values.push(("created_by", Value::Int(change.actor.user_id)));
    let done = change.insert(&TABLE, &values)?;
    if let Some(assignee_id) = value_of(&values, "assignee_id").and_then(Value::int).filter(|_| !closed) {
        notices::tell(change, assignee_id, "assigned", Kind::Opportunity, done.id)?;
    }
    Ok(done)
}

/// What a row tells anew of an opportunity that is there: its fields. Its state is Rolo's own by now.
///
/// # Errors
/// `VALIDATION` if the row tells another state, assignee or end.
pub fn told_anew(
    tx: &Tx<'_>,
    settings: &Settings,
    before: &[Value],
    given: &[(&'static str, Value)],
    unknown: Option<&str>,
) -> Result<Values> {
    let mut values = given.to_vec();
    if value_of(given, "status").is_some() || value_of(given, "assignee_id").is_some() || unknown.is_some() {
        settle(tx, settings, &mut values, unknown)?;
    }
    let mut faults = Vec::new();
    for field in FIELDS {
        let told = take(&mut values, field.column);
        if !told.is_empty() && told != *TABLE.value(before, field.column)? {
            faults.push(Violation::new(field_name(field.column), Fault::NotWritable));
        }
    }
    if value_of(given, "memo").is_none() {
        take(&mut values, "memo");
    }
    if faults.is_empty() { Ok(values) } else { Err(Error::Validation(faults)) }
}

/// Refuses a new step of an opportunity that is there, but for one that comes with its past.
///
/// # Errors
/// As [`plan::create`].
pub fn check_step(tx: &Tx<'_>, actor: &Actor, opportunity_id: i64, values: &[(&'static str, Value)]) -> Result<()> {
    let opportunity = store::allowed(tx, actor, Permission::PlanWrite, opportunity_id)?;
    permit(opportunity.standing, Event::Plan)?;
    rules::check_step(|_| Value::Null, values, true)?;
    match value_of(values, "result").is_none_or(Value::is_empty) {
        true => Ok(()),
        false => plan::records(actor, &*opportunity),
    }
}

/// A new step from a file. An opportunity of the same import brings its plan with it, whatever its state; to any other it
/// is a step as by hand.
///
/// # Errors
/// As [`plan::create`].
pub fn create_step(change: &mut Change<'_, '_>, opportunity_id: i64, mut values: Values) -> Result<Done> {
    let tx = change.tx();
    let opportunity = store::allowed(tx, change.actor, Permission::PlanWrite, opportunity_id)?;
    if !made_by(tx, opportunity_id, change.operation_id)? {
        return plan::create(change, &opportunity, values);
    }
    rules::check_step(|_| Value::Null, &values, true)?;
    if !value_of(&values, "result").is_none_or(Value::is_empty) {
        values.push(("result_at", Value::Int(change.now())));
    }
    plan::insert(change, opportunity_id, values)
}

fn made_by(tx: &Tx<'_>, opportunity_id: i64, operation_id: Option<i64>) -> Result<bool> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM audit WHERE kind = ?1 AND record_id = ?2 AND operation_id = ?3 AND verb = 'create')",
        params![Kind::Opportunity as i32, opportunity_id, operation_id],
        |row| row.get(0),
    )
}

/// Whether a step came into the books together with its opportunity, which nobody has changed since: an import brings in
/// plans that ended long ago, and takes them back with all the rest.
pub(super) fn came_with(tx: &Tx<'_>, step: &plan::Step) -> Result<bool> {
    tx.query_one(
        "SELECT EXISTS (
           SELECT 1 FROM audit s JOIN audit o ON o.kind = ?3 AND o.record_id = ?4 AND o.operation_id = s.operation_id
           WHERE s.kind = ?1 AND s.record_id = ?2 AND s.verb = 'create' AND o.verb = 'create' AND NOT EXISTS (
             SELECT 1 FROM audit l JOIN operation p ON p.id = l.operation_id
             WHERE l.kind = ?3 AND l.record_id = ?4 AND l.sequence > o.sequence AND p.level = 0))",
        params![Kind::PlanStep as i32, step.id, Kind::Opportunity as i32, step.opportunity.id],
        |row| row.get(0),
    )
}

/// Live steps of an opportunity that are not as an operation left them (0: any); the first few.
pub(super) fn held(tx: &Tx<'_>, opportunity_id: i64, operation_id: i64) -> Result<Vec<Of>> {
    tx.query(
        "SELECT s.id FROM plan_step s
         WHERE s.opportunity_id = ?1 AND s.deleted_at IS NULL AND NOT EXISTS (
           SELECT 1 FROM audit a
           WHERE a.kind = ?2 AND a.record_id = s.id AND a.operation_id = ?3 AND a.revision = s.revision)
         LIMIT 20",
        params![opportunity_id, Kind::PlanStep as i32, operation_id],
        |row| Ok((Kind::PlanStep, row.get(0)?)),
    )
}
