//! Development plans: steps with a date and a task, and what came of them (§3.2, §4.2, P1–P3).

use chrono::NaiveDate;
use rolo_proto::v1::{self as pb, Action, Kind, StepView};

use super::{
    derive, history,
    rules::{self, Event},
    store::{self, Opportunity, permitted},
};
use crate::{
    authz::{Actor, Allowed, Owned, Permission, Scope, check},
    change::{Change, Done, Seen, Table, Whose},
    db::{
        Row, Tx,
        list::{Position, Walk, among},
        params,
        sql::Sql,
    },
    error::{Error, Fault, Result},
    fields::{clean, value_of},
    rpc::{
        guard::View,
        page::{Binding, size},
    },
    table_sql, users,
    value::Value,
};

const SQL: (&str, &[(&str, &str)], &str) = table_sql!(
    "plan_step",
    "opportunity_id",
    "plan_date",
    "todo",
    "result",
    "result_at",
    "external_id",
    "created_by",
    "deleted_at"
);

/// The table as the kernel writes it.
pub static TABLE: Table = Table {
    kind: Kind::PlanStep,
    select: SQL.0,
    columns: SQL.1,
    touch: SQL.2,
    insert: "INSERT INTO plan_step (opportunity_id, plan_date, todo, result, result_at, external_id, created_by,
               deleted_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    derived: |_, _| Ok(Vec::new()),
    derive: derive::step,
    owner: |tx, id| {
        tx.query_one(
            "SELECT o.owner_id, COALESCE(o.customer_id, 0), o.id
             FROM plan_step s JOIN opportunity o ON o.id = s.opportunity_id
             WHERE s.id = ?1",
            [id],
            |row| Ok(Whose { owner: row.get(0)?, also: 0, customer: row.get(1)?, parent: row.get(2)? }),
        )
    },
    label: |tx, id| tx.query_one("SELECT todo FROM plan_step WHERE id = ?1", [id], |row| row.get(0)),
    may_write: |tx, actor, id, _| {
        allowed(tx, actor, Permission::PlanWrite, id)
            .or_else(|_| allowed(tx, actor, Permission::OpportunityDevelop, id))
            .map(drop)
    },
    holds: |_, _, _| Ok(Vec::new()),
    parted: None,
    check_undo: |tx, id, _| {
        let step = standing(tx, id)?.ok_or(Error::NotFound)?;
        if history::came_with(tx, &step)? { Ok(()) } else { permitted(tx, &step.opportunity, Event::Plan) }
    },
};

/// What of a step decides who may do what with it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The id.
    pub id: i64,
    /// The revision.
    pub revision: i64,
    /// In the recycle bin.
    pub deleted: bool,
    /// A result was recorded.
    pub done: bool,
    /// The opportunity it belongs to, and follows.
    pub opportunity: Opportunity,
}

impl Owned for Step {
    fn is_owner(&self, user_id: i64) -> bool {
        self.opportunity.is_owner(user_id)
    }
    fn department(&self) -> i64 {
        self.opportunity.department()
    }
    fn ownerless(&self) -> bool {
        self.opportunity.ownerless()
    }
    fn owner_name(&self) -> String {
        self.opportunity.owner_name()
    }
}

/// A step, for a check.
pub fn standing(tx: &Tx<'_>, id: i64) -> Result<Option<Step>> {
    let row = tx.query_opt(
        "SELECT revision, deleted_at IS NOT NULL, result <> '', opportunity_id FROM plan_step WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?)),
    )?;
    let Some((revision, deleted, done, opportunity_id)) = row else { return Ok(None) };
    let opportunity = store::standing(tx, opportunity_id)?;
    Ok(opportunity.map(|opportunity| Step { id, revision, deleted, done, opportunity }))
}

/// A step that this person may do this to.
///
/// # Errors
/// As [`check`].
pub fn allowed(tx: &Tx<'_>, actor: &Actor, permission: Permission, id: i64) -> Result<Allowed<Step>> {
    check(actor, Permission::OpportunityRead, permission, standing(tx, id)?)
}

/// One step as the API shows it; none if there is none, or none for this person, or its opportunity is deleted.
pub fn read(tx: &Tx<'_>, actor: &Actor, today: &str, id: i64) -> Result<Option<pb::PlanStep>> {
    let Some(standing) = standing(tx, id)? else { return Ok(None) };
    if !actor.reaches(Permission::OpportunityRead, &standing) || standing.opportunity.standing.deleted {
        return Ok(None);
    }
    let mut step = tx.query_one(
        "SELECT s.id, s.opportunity_id, o.title, o.customer_name, s.plan_date, s.todo, s.result, s.result_at,
                s.external_id, s.created_at, s.updated_at, s.revision, s.deleted_at, s.due_owner_id > 0,
                o.assignee_id, a.name, a.display_name, a.active,
                s.created_by, b.name, b.display_name, b.active
         FROM plan_step s
         JOIN opportunity o ON o.id = s.opportunity_id
         JOIN user b ON b.id = s.created_by
         LEFT JOIN user a ON a.id = o.assignee_id
         WHERE s.id = ?1",
        [id],
        |row| from_row(row, today),
    )?;
    step.allowed_actions = actions(actor, &standing).into_iter().map(Into::into).collect();
    Ok(Some(step))
}

fn from_row(row: &Row<'_>, today: &str) -> rusqlite::Result<pb::PlanStep> {
    let plan_date: String = row.get(4)?;
    Ok(pb::PlanStep {
        id: row.get(0)?,
        opportunity_id: row.get(1)?,
        opportunity_title: row.get(2)?,
        customer_name: row.get(3)?,
        overdue: row.get::<_, bool>(13)? && plan_date.as_str() < today,
        plan_date,
        todo: row.get(5)?,
        result: row.get(6)?,
        result_at: row.get::<_, Option<i64>>(7)?.unwrap_or_default(),
        external_id: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        revision: row.get(11)?,
        deleted_at: row.get::<_, Option<i64>>(12)?.unwrap_or_default(),
        assignee: users::store::user_ref(row, 14)?,
        created_by: users::store::user_ref(row, 18)?,
        ..pb::PlanStep::default()
    })
}

fn actions(actor: &Actor, step: &Step) -> Vec<Action> {
    if rules::permit(step.opportunity.standing, Event::Plan).is_err() {
        return Vec::new();
    }
    let plans = actor.reaches(Permission::PlanWrite, step);
    let records = actor.reaches(Permission::OpportunityDevelop, step);
    match (step.deleted, step.done) {
        (true, _) => [(Action::Restore, plans)].to_vec(),
        (false, done) => {
            [(Action::Edit, plans), (Action::Delete, plans && !done), (Action::RecordResult, records)].to_vec()
        }
    }
    .into_iter()
    .filter_map(|(action, offered)| offered.then_some(action))
    .collect()
}

/// As [`read`], for a reply to a change.
///
/// # Errors
/// `NOT_FOUND`.
pub fn reply(view: &View<'_>, done: Done) -> Result<pb::PlanStep> {
    let today = derive::date_of(view.now, view.settings.time_zone);
    let mut step = read(view.tx, view.actor, &today, done.id)?.ok_or(Error::NotFound)?;
    step.operation_id = done.operation_id;
    Ok(step)
}

/// A new step (P1). `values` are clean.
///
/// # Errors
/// `INVALID_STATE` unless the opportunity is 已指派; `VALIDATION`; `NOT_OWNER` for a result of another's.
pub fn create(
    change: &mut Change<'_, '_>,
    opportunity: &Allowed<Opportunity>,
    mut values: Vec<(&'static str, Value)>,
) -> Result<Done> {
    let tx = change.tx();
    permitted(tx, opportunity, Event::Plan)?;
    rules::check_step(|_| Value::Null, &values, true)?;
    if !value_of(&values, "result").is_none_or(Value::is_empty) {
        records(change.actor, &**opportunity)?;
        values.push(("result_at", Value::Int(change.now())));
    }
    insert(change, opportunity.id, values)
}

/// Writes a new step that has been checked.
pub(super) fn insert(
    change: &mut Change<'_, '_>,
    opportunity_id: i64,
    mut values: Vec<(&'static str, Value)>,
) -> Result<Done> {
    for field in rules::STEP_FIELDS {
        if value_of(&values, field.column).is_none() {
            values.extend(clean(rules::STEP_FIELDS, vec![(field.column, Value::Null)])?);
        }
    }
    values.retain(|(column, _)| *column != "opportunity_id");
    values.push(("opportunity_id", Value::Int(opportunity_id)));
    values.push(("created_by", Value::Int(change.actor.user_id)));
    change.insert(&TABLE, &values)
}

/// Results are the assignee's to record (P2).
pub(super) fn records(actor: &Actor, record: &impl Owned) -> Result<()> {
    actor.require(Permission::OpportunityDevelop)?;
    match actor.reaches(Permission::OpportunityDevelop, record) {
        true => Ok(()),
        false => Err(Error::NotOwner(record.owner_name())),
    }
}

/// A changed step: date and task by who plans (P1), the result by the assignee (P2). `values` are clean.
///
/// # Errors
/// `FORBIDDEN` or `NOT_OWNER`, `STALE`, `INVALID_STATE`, `VALIDATION`.
pub fn update(change: &mut Change<'_, '_>, id: i64, seen: &Seen, values: &[(&'static str, Value)]) -> Result<Done> {
    let tx = change.tx();
    let (result, plan): (Vec<_>, Vec<_>) = values.iter().cloned().partition(|(column, _)| *column == "result");
    // Existence first, and then each right that a masked field asks for.
    let step = match plan.is_empty() {
        false => allowed(tx, change.actor, Permission::PlanWrite, id)?,
        true => allowed(tx, change.actor, Permission::OpportunityDevelop, id)?,
    };
    if !result.is_empty() {
        records(change.actor, &*step)?;
    }
    seen.check(tx, &TABLE, id, step.revision)?;
    in_view(tx, &step, if plan.is_empty() { Event::Record } else { Event::Plan })?;
    let before = TABLE.values(tx, id)?;
    let old = |column: &str| TABLE.value(&before, column).cloned().unwrap_or_default();
    rules::check_step(old, values, false)?;
    let mut values = values.to_vec();
    if let Some((_, result)) = result.first()
        && *result != old("result")
    {
        let at = if result.is_empty() { Value::Null } else { Value::Int(change.now()) };
        values.push(("result_at", at));
    }
    let verb = if plan.is_empty() { "record" } else { "update" };
    change.update(&TABLE, id, step.revision, &values, verb)
}

fn in_view(tx: &Tx<'_>, step: &Step, event: Event) -> Result<()> {
    permitted(tx, &step.opportunity, event)?;
    if step.deleted { Err(Error::InvalidState("deleted".into())) } else { Ok(()) }
}

/// Into the recycle bin; a step with a result stays (P3).
///
/// # Errors
/// `STALE`, `INVALID_STATE`, `IN_USE`.
pub fn delete(change: &mut Change<'_, '_>, step: &Allowed<Step>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::PlanStep, step.id, revision, step.revision)?;
    in_view(tx, step, Event::Plan)?;
    if step.done {
        return Err(Error::InUse("result".into()));
    }
    let now = Value::Int(change.now());
    change.update(&TABLE, step.id, step.revision, &[("deleted_at", now)], "delete")
}

/// Out of the recycle bin.
///
/// # Errors
/// `STALE`, `INVALID_STATE`.
pub fn restore(change: &mut Change<'_, '_>, step: &Allowed<Step>, revision: i64) -> Result<Done> {
    let tx = change.tx();
    Seen::check_revision(tx, Kind::PlanStep, step.id, revision, step.revision)?;
    permitted(tx, &step.opportunity, Event::Plan)?;
    if !step.deleted {
        return Err(Error::InvalidState("normal".into()));
    }
    change.update(&TABLE, step.id, step.revision, &[("deleted_at", Value::Null)], "restore")
}

/// The walk of a list of steps: of one opportunity, or what is due across them.
///
/// # Errors
/// `VALIDATION` for a view that is none; `NOT_FOUND` for an opportunity out of sight.
pub fn walk(view: &View<'_>, request: &pb::ListPlanStepsRequest) -> Result<Walk> {
    let due = StepView::try_from(request.view).map_err(|_| Error::field("view", Fault::UnknownField))?;
    let mut from = Sql::new("FROM plan_step s WHERE ");
    let mut hit = Sql::new("1");
    if request.opportunity_id > 0 {
        store::seen(view.tx, view.actor, request.opportunity_id)?;
        from.push(if request.deleted { "s.deleted_at IS NOT NULL" } else { "s.deleted_at IS NULL" });
        from.push(" AND s.opportunity_id = ").bind(request.opportunity_id);
        if due != StepView::Unspecified {
            hit.push(" AND s.due_owner_id > 0");
        }
    } else {
        from.push("s.due_owner_id > 0");
        let own = view.actor.scope(Permission::OpportunityRead) == Some(Scope::Own);
        if request.mine || own {
            from.push(" AND s.due_owner_id = ").bind(view.actor.user_id);
        } else if view.actor.scope(Permission::OpportunityRead) != Some(Scope::All) {
            hit.push(" AND (SELECT u.department_id FROM user u WHERE u.id = s.due_owner_id) IN ");
            hit.bind_list(view.actor.departments.iter().copied());
        }
    }
    let today = derive::date_of(view.now, view.settings.time_zone);
    let week = NaiveDate::parse_from_str(&today, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.checked_add_days(chrono::Days::new(7)))
        .map(|day| day.format("%Y-%m-%d").to_string())
        .unwrap_or_default();
    match due {
        StepView::Unspecified => {}
        StepView::Today => {
            from.push(" AND s.plan_date = ").bind(today.as_str());
        }
        StepView::Overdue => {
            from.push(" AND s.plan_date < ").bind(today.as_str());
        }
        StepView::Next7Days => {
            from.push(" AND s.plan_date > ").bind(today.as_str()).push(" AND s.plan_date <= ").bind(week.as_str());
        }
    }
    let key = if request.deleted && request.opportunity_id > 0 { "s.id" } else { "s.plan_date" };
    Ok(Walk { from, hit, key, id: "s.id", descending: false, among: among(&request.ids)? })
}

/// One page of steps.
///
/// # Errors
/// As [`walk`].
pub fn page(view: &View<'_>, mut request: pb::ListPlanStepsRequest) -> Result<pb::ListPlanStepsResponse> {
    let rows = size(request.page_size, false);
    let (token, with_total) = (std::mem::take(&mut request.page_token), request.with_total);
    request.page_size = 0;
    request.with_total = false;
    let binding = Binding::new(view.settings, view.actor, "ListPlanSteps", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let walk = walk(view, &request)?;
    let slice = walk.page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let today = derive::date_of(view.now, view.settings.time_zone);
    let mut steps = Vec::with_capacity(slice.ids.len());
    for id in slice.ids {
        steps.extend(read(view.tx, view.actor, &today, id)?);
    }
    let total = with_total.then(|| walk.count(view.tx)).transpose()?;
    Ok(pb::ListPlanStepsResponse {
        steps,
        next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()),
        total: total.map(|(count, at_least)| pb::Total { count, at_least }),
    })
}

/// The steps of an opportunity that have no result yet, for information when it is won (D9).
///
/// # Errors
/// The database's.
pub fn open_steps(view: &View<'_>, opportunity_id: i64) -> Result<Vec<pb::PlanStep>> {
    let today = derive::date_of(view.now, view.settings.time_zone);
    let ids = view.tx.query(
        "SELECT id FROM plan_step
         WHERE opportunity_id = ?1 AND result = '' AND deleted_at IS NULL
         ORDER BY plan_date, id LIMIT 100",
        params![opportunity_id],
        |row| row.get::<_, i64>(0),
    )?;
    let mut steps = Vec::with_capacity(ids.len());
    for id in ids {
        steps.extend(read(view.tx, view.actor, &today, id)?);
    }
    Ok(steps)
}
