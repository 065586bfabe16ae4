//! Moving an opportunity from state to state (§4.1, O4–O10).

use rolo_proto::v1::{self as pb, Kind};

use super::{
    assignees,
    rules::{self, Event, Status},
    store::{Opportunity, TABLE, permitted},
};
use crate::{
    authz::{Allowed, Permission, Scope},
    change::{Change, Done, Seen},
    contacts, customers,
    db::{Tx, params},
    dictionary,
    error::{Error, Fault, Result},
    fields::{clean, value_of},
    notices, numbering,
    settings::Settings,
    text,
    value::Value,
};

/// A customer that was won is of this level (重点开发客户, §5.3).
const WON_LEVEL: &str = "2";

/// Whom an opportunity may be given to: an active account manager within the reach of who assigns (§5.2).
fn check_assignee(change: &Change<'_, '_>, assignee_id: i64) -> Result<()> {
    if assignee_id <= 0 {
        return Err(Error::field("assignee", Fault::Required));
    }
    let department = assignees::department_of(change.tx(), assignee_id)?;
    let reached = match (department, change.actor.scope(Permission::OpportunityAssign)) {
        (Some(_), Some(Scope::All)) => true,
        (Some(department), Some(Scope::Department)) => change.actor.departments.contains(&department),
        (Some(_), Some(Scope::Own)) => assignee_id == change.actor.user_id,
        _ => false,
    };
    if reached { Ok(()) } else { Err(Error::field("assignee", Fault::UnknownReference(assignee_id.to_string()))) }
}

fn check(change: &Change<'_, '_>, opportunity: &Opportunity, revision: i64, event: Event) -> Result<()> {
    let tx = change.tx();
    // Of several who act at once the losers are told what happened, not merely that something did.
    permitted(tx, opportunity, event)?;
    Seen::check_revision(tx, Kind::Opportunity, opportunity.id, revision, opportunity.revision)
}

/// O4, only from 未指派: the assignee hears of it.
///
/// # Errors
/// `INVALID_STATE` with who was first; `STALE`; `VALIDATION` without a fitting assignee.
pub fn assign(
    change: &mut Change<'_, '_>,
    opportunity: &Allowed<Opportunity>,
    revision: i64,
    assignee_id: i64,
) -> Result<Done> {
    check(change, opportunity, revision, Event::Assign)?;
    give(change, opportunity, assignee_id, "assign")
}

/// O5: to somebody else; the plan stays.
///
/// # Errors
/// As [`assign`]; `VALIDATION` if it is the same person.
pub fn reassign(
    change: &mut Change<'_, '_>,
    opportunity: &Allowed<Opportunity>,
    revision: i64,
    assignee_id: i64,
) -> Result<Done> {
    check(change, opportunity, revision, Event::Reassign)?;
    if opportunity.assignee_id == Some(assignee_id) {
        return Err(Error::field("assignee", Fault::Unchanged));
    }
    let done = give(change, opportunity, assignee_id, "reassign")?;
    if let Some(before) = opportunity.assignee_id {
        notices::tell(change, before, "reassigned_away", Kind::Opportunity, opportunity.id)?;
    }
    Ok(done)
}

fn give(change: &mut Change<'_, '_>, opportunity: &Opportunity, assignee_id: i64, verb: &str) -> Result<Done> {
    check_assignee(change, assignee_id)?;
    let now = change.now();
    let values = [
        ("status", Value::Int(Status::Assigned as i64)),
        ("assignee_id", Value::Int(assignee_id)),
        ("assigned_at", Value::Int(now)),
    ];
    let done = change.update(&TABLE, opportunity.id, opportunity.revision, &values, verb)?;
    notices::tell(change, assignee_id, "assigned", Kind::Opportunity, opportunity.id)?;
    Ok(done)
}

/// O6: back to 未指派, as long as the plan has no result.
///
/// # Errors
/// `INVALID_STATE`, also for a plan with results; `STALE`.
pub fn withdraw(change: &mut Change<'_, '_>, opportunity: &Allowed<Opportunity>, revision: i64) -> Result<Done> {
    check(change, opportunity, revision, Event::Withdraw)?;
    refuse_results(change.tx(), opportunity.id)?;
    let values =
        [("status", Value::Int(Status::Unassigned as i64)), ("assignee_id", Value::Null), ("assigned_at", Value::Null)];
    let done = change.update(&TABLE, opportunity.id, opportunity.revision, &values, "withdraw")?;
    if let Some(before) = opportunity.assignee_id {
        notices::tell(change, before, "withdrawn", Kind::Opportunity, opportunity.id)?;
    }
    Ok(done)
}

/// Refuses to take an opportunity from its assignee whose plan has a result.
fn refuse_results(tx: &Tx<'_>, id: i64) -> Result<()> {
    let results: bool = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM plan_step WHERE opportunity_id = ?1 AND result <> '' AND deleted_at IS NULL)",
        [id],
        |row| row.get(0),
    )?;
    if results { Err(Error::InvalidState("has_results".into())) } else { Ok(()) }
}

/// The right that taking back a change of these columns needs: the one that the change needed. So an end is its assignee's
/// to take back (O10), and nobody assigns by undo who may not assign.
pub(super) fn right_to_take_back(columns: &[&str]) -> Permission {
    let changed = |column: &str| columns.contains(&column);
    match () {
        // What was made goes to the recycle bin whole.
        () if changed("created_by") => Permission::OpportunityEdit,
        () if changed("assignee_id") || changed("assigned_at") => Permission::OpportunityAssign,
        () if changed("closed_at") => Permission::OpportunityDevelop,
        () => Permission::OpportunityEdit,
    }
}

/// Whether a move may be taken back to where the opportunity has just been put: undo leads nowhere that no row of §4.1
/// leads to.
///
/// # Errors
/// `INVALID_STATE` if it would be taken from its assignee with results (O6); `VALIDATION` if it would be somebody's who
/// cannot develop it any more (O4).
pub(super) fn check_taken_back(tx: &Tx<'_>, id: i64, values: &[Value], columns: &[&str]) -> Result<()> {
    if !columns.contains(&"status") && !columns.contains(&"assignee_id") {
        return Ok(());
    }
    let assignee_id = TABLE.value(values, "assignee_id")?.int().unwrap_or_default();
    match TABLE.value(values, "status")?.int().map(Status::from_number) {
        Some(Status::Unassigned) => refuse_results(tx, id),
        Some(Status::Assigned) if assignees::department_of(tx, assignee_id)?.is_none() => {
            Err(Error::field("assignee", Fault::UnknownReference(assignee_id.to_string())))
        }
        _ => Ok(()),
    }
}

/// O8: given up, with reason and text.
///
/// # Errors
/// `INVALID_STATE`, `STALE`, `VALIDATION`.
pub fn fail(
    change: &mut Change<'_, '_>,
    opportunity: &Allowed<Opportunity>,
    revision: i64,
    close_reason_id: i64,
    close_text: String,
) -> Result<Done> {
    check(change, opportunity, revision, Event::Fail)?;
    let mut values = clean(
        rules::CLOSING,
        vec![("close_reason_id", Value::Int(close_reason_id)), ("close_text", Value::Text(close_text))],
    )?;
    rules::check_close(&values)?;
    dictionary::store::check_references(change.tx(), rules::CLOSING, &values, &[])?;
    values.push(("status", Value::Int(Status::Lost as i64)));
    values.push(("closed_at", Value::Int(change.now())));
    let done = change.update(&TABLE, opportunity.id, opportunity.revision, &values, "fail")?;
    tell_creator(change, opportunity, "lost")?;
    Ok(done)
}

/// O10: a supervisor takes 开发失败 back, with a reason that the history keeps.
///
/// # Errors
/// `INVALID_STATE`, `STALE`, `VALIDATION` without a reason, `DUPLICATE` if its name and product were taken meanwhile.
pub fn reopen(
    change: &mut Change<'_, '_>,
    opportunity: &Allowed<Opportunity>,
    revision: i64,
    reason: &str,
) -> Result<Done> {
    check(change, opportunity, revision, Event::Reopen)?;
    let tx = change.tx();
    let reason = text::scrub(reason, true);
    if reason.is_empty() {
        return Err(Error::field("reason", Fault::Required));
    }
    if reason.chars().count() > 500 {
        return Err(Error::field("reason", Fault::TooLong(500)));
    }
    let before = TABLE.values(tx, opportunity.id)?;
    let name = text::dedupe_name(TABLE.value(&before, "customer_name")?.text());
    let product = TABLE.value(&before, "product_id")?.int();
    super::priors::refuse_open(tx, Some(change.actor), &name, product, opportunity.id)?;
    let memo = TABLE.value(&before, "memo")?.text();
    let memo: String = match memo.is_empty() {
        true => reason.into_owned(),
        // The newest reason stays whole, whatever has to go.
        false => [&reason, "\n", memo].concat().chars().take(500).collect(),
    };
    let values = [
        ("status", Value::Int(Status::Assigned as i64)),
        ("closed_at", Value::Null),
        ("close_reason_id", Value::Null),
        ("close_text", Value::Text(String::new())),
        ("memo", Value::Text(memo)),
        ("assigned_at", Value::Int(change.now())),
    ];
    let done = change.update(&TABLE, opportunity.id, opportunity.revision, &values, "reopen")?;
    if let Some(assignee_id) = opportunity.assignee_id {
        notices::tell(change, assignee_id, "reopened", Kind::Opportunity, opportunity.id)?;
    }
    Ok(done)
}

/// O7 (§5.3, D9): the customer is made with its contact, or an existing one is linked, in this transaction. One that the
/// assignee may write gets the contact too.
///
/// # Errors
/// `INVALID_STATE`, `STALE`; `DUPLICATE` if a customer of the name exists and was not named to be linked; `VALIDATION`
/// for a customer that is not there.
pub fn succeed(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    opportunity: &Allowed<Opportunity>,
    request: &pb::SucceedOpportunityRequest,
) -> Result<Done> {
    check(change, opportunity, request.revision, Event::Succeed)?;
    let tx = change.tx();
    let before = TABLE.values(tx, opportunity.id)?;
    let mut values = vec![];
    for (column, given) in [("linkman", &request.linkman), ("tel", &request.tel)] {
        if !given.trim().is_empty() {
            values.extend(clean(rules::FIELDS, vec![(column, Value::Text(given.clone()))])?);
        }
    }
    let after = |column: &str| {
        value_of(&values, column).cloned().or_else(|| TABLE.value(&before, column).ok().cloned()).unwrap_or_default()
    };
    let (linkman, tel) = (after("linkman"), after("tel"));
    let named = Some(request.customer_id).filter(|id| *id > 0).or_else(|| after("customer_id").int());
    let customer_id = match named {
        Some(id) => linked(tx, change, id)?,
        None => made(change, settings, after("customer_name").text(), tel.text(), opportunity.assignee_id)?,
    };
    contact(change, customer_id, linkman.text(), tel.text())?;
    values.push(("customer_id", Value::Int(customer_id)));
    values.push(("status", Value::Int(Status::Won as i64)));
    values.push(("closed_at", Value::Int(change.now())));
    let done = change.update(&TABLE, opportunity.id, opportunity.revision, &values, "succeed")?;
    tell_creator(change, opportunity, "won")?;
    Ok(done)
}

/// An existing customer that this opportunity becomes: one that is there for this person, and not lost.
fn linked(tx: &Tx<'_>, change: &Change<'_, '_>, id: i64) -> Result<i64> {
    let unknown = || Error::field("customer_no", Fault::UnknownReference(id.to_string()));
    let customer = customers::store::standing(tx, id)?
        .filter(|customer| change.actor.reaches(Permission::CustomerRead, customer) && !customer.standing.deleted)
        .ok_or_else(unknown)?;
    match customer.standing.status {
        customers::rules::Status::Normal => Ok(id),
        customers::rules::Status::Lost => Err(Error::InvalidState("lost_customer".into())),
    }
}

/// The customer that a success makes (C1): name, telephone, manager and level; the rest is asked for at its first edit.
fn made(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    name: &str,
    tel: &str,
    manager_id: Option<i64>,
) -> Result<i64> {
    let tx = change.tx();
    let mut values = clean(
        customers::rules::FIELDS,
        vec![
            ("name", Value::Text(name.to_owned())),
            ("party", Value::Int(1)),
            ("tel", Value::Text(tel.to_owned())),
            ("manager_id", manager_id.map_or(Value::Null, Value::Int)),
            ("level_id", dictionary::store::find(tx, "customer_level", WON_LEVEL)?.map_or(Value::Null, Value::Int)),
        ],
    )?;
    for field in customers::rules::FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(customers::rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    customers::duplicates::refuse_new(tx, change.actor, &values)?;
    let no = numbering::next(tx, "KH", change.now(), settings.time_zone)?;
    values.push(("no", Value::Text(no)));
    values.push(("status", Value::Int(customers::rules::Status::Normal as i64)));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&customers::store::TABLE, &values).map(|done| done.id)
}

/// The customer's contact, if a name was given and the customer has none of that name. A customer that is somebody else's
/// to write is linked as it is.
fn contact(change: &mut Change<'_, '_>, customer_id: i64, name: &str, tel: &str) -> Result<()> {
    let customer = customers::store::standing(change.tx(), customer_id)?;
    let writes = customer.is_some_and(|customer| change.actor.reaches(Permission::ContactWrite, &customer));
    if name.is_empty() || !writes {
        return Ok(());
    }
    let key = text::name_key(name);
    let there: bool = change.tx().query_one(
        "SELECT EXISTS (SELECT 1 FROM contact WHERE customer_id = ?1 AND name_key = ?2 AND deleted_at IS NULL)",
        params![customer_id, key],
        |row| row.get(0),
    )?;
    if there {
        return Ok(());
    }
    let mobile = text::phones(tel).first().is_some_and(|digits| digits.len() == 11 && digits.starts_with('1'));
    let mut values = clean(
        contacts::rules::FIELDS,
        vec![
            ("name", Value::Text(name.to_owned())),
            (if mobile { "mobile" } else { "office_tel" }, Value::Text(tel.to_owned())),
        ],
    )?;
    for field in contacts::rules::FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(contacts::rules::FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    values.retain(|(column, _)| *column != "customer_id");
    values.push(("customer_id", Value::Int(customer_id)));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&contacts::store::TABLE, &values).map(drop)
}

/// Who recorded an opportunity hears how it ended.
fn tell_creator(change: &mut Change<'_, '_>, opportunity: &Opportunity, topic: &'static str) -> Result<()> {
    let creator: i64 =
        change
            .tx()
            .query_one("SELECT created_by FROM opportunity WHERE id = ?1", [opportunity.id], |row| row.get(0))?;
    notices::tell(change, creator, topic, Kind::Opportunity, opportunity.id)
}
