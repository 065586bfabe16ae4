//! What is shown of an opportunity.

use rolo_proto::v1::{self as pb, Action};

use super::{
    derive::{self, NO_DATE},
    rules::{self, Event, Standing, Status, permit},
    store::Opportunity,
};
use crate::{
    authz::{Actor, Permission},
    change::Done,
    clock::Millis,
    db::{Row, Tx},
    dictionary,
    error::{Error, Result},
    products,
    settings::Settings,
    users,
};

/// The time that concerns are judged by: today in the company's zone, and when progress is too long ago.
#[derive(Debug, Clone)]
pub struct Judged {
    /// `YYYY-MM-DD`.
    pub today: String,
    /// Unix milliseconds.
    pub cut: Millis,
}

impl Judged {
    /// At this time.
    pub fn at(now: Millis, settings: &Settings) -> Self {
        Self {
            today: derive::date_of(now, settings.time_zone),
            cut: now - settings.stagnation_days * crate::clock::DAY,
        }
    }
}

const COLUMNS: &str = "
    SELECT o.id, o.customer_name, o.title, o.source, o.linkman, o.tel, o.description, o.success_rate,
           o.expected_amount, COALESCE(o.expected_close_at, ''), o.status, o.assigned_at, o.closed_at, o.close_text,
           o.memo, o.external_id, o.created_at, o.updated_at, o.next_step_at, o.steps, o.steps_done, o.progress_at,
           o.missing, o.revision, o.deleted_at, o.close_rank,
           o.lead_source_id, o.stage_id, o.close_reason_id, o.product_id,
           o.customer_id, c.no, c.name,
           o.assignee_id, a.name, a.display_name, a.active, a.department_id,
           o.created_by, b.name, b.display_name, b.active, b.department_id
    FROM opportunity o
    JOIN user b ON b.id = o.created_by
    LEFT JOIN user a ON a.id = o.assignee_id
    LEFT JOIN customer c ON c.id = o.customer_id
    WHERE o.id = ?1";

/// One opportunity as the API shows it; none if there is none, or none for this person.
pub fn opportunity(tx: &Tx<'_>, actor: &Actor, judged: &Judged, id: i64) -> Result<Option<pb::Opportunity>> {
    let row = tx.query_opt(COLUMNS, [id], |row| from_row(row, actor, judged))?;
    let Some((mut opportunity, owned, choices, product_id)) = row else { return Ok(None) };
    if !actor.reaches(Permission::OpportunityRead, &owned) {
        return Ok(None);
    }
    opportunity.lead_source = dictionary::store::choice(tx, choices[0])?;
    opportunity.stage = dictionary::store::choice(tx, choices[1])?;
    opportunity.close_reason = dictionary::store::choice(tx, choices[2])?;
    opportunity.product = products::store::product_ref(tx, product_id)?;
    Ok(Some(opportunity))
}

type Found = (pb::Opportunity, Opportunity, [Option<i64>; 3], Option<i64>);

fn from_row(row: &Row<'_>, actor: &Actor, judged: &Judged) -> rusqlite::Result<Found> {
    let deleted_at: Option<i64> = row.get(24)?;
    let standing = Standing { status: Status::from_number(row.get(10)?), deleted: deleted_at.is_some() };
    let (assignee, creator) = (users::store::user_ref(row, 33)?, users::store::user_ref(row, 38)?);
    let owner = assignee.as_ref().or(creator.as_ref());
    let owned = Opportunity {
        id: row.get(0)?,
        revision: row.get(23)?,
        standing,
        assignee_id: row.get(33)?,
        owner_id: owner.map(|user| user.id).unwrap_or_default(),
        owner: owner.map(users::store::shown).unwrap_or_default(),
        department_id: row.get::<_, Option<i64>>(37)?.map_or_else(|| row.get(42), Ok)?,
    };
    let next_step_at: String = row.get(18)?;
    let close_rank: String = row.get(25)?;
    let steps: i64 = row.get(19)?;
    let progress_at: i64 = row.get(21)?;
    let progress = rules::Progress { next_step_at: &next_step_at, close_at: &close_rank, steps, progress_at };
    let concerns = rules::concerns(standing, progress, &judged.today, judged.cut);
    let number: Option<String> = row.get(31)?;
    let customer_id: Option<i64> = row.get(30)?;
    let opportunity = pb::Opportunity {
        id: owned.id,
        customer_name: row.get(1)?,
        customer: customer_id
            .zip(number)
            .map(|(id, number)| Ok::<_, rusqlite::Error>(pb::CustomerRef { id, number, name: row.get(32)? }))
            .transpose()?,
        title: row.get(2)?,
        source: row.get(3)?,
        linkman: row.get(4)?,
        tel: row.get(5)?,
        description: row.get(6)?,
        success_rate: row.get(7)?,
        expected_amount: row.get(8)?,
        expected_close_at: row.get(9)?,
        status: if standing.deleted { pb::OpportunityStatus::Deleted as i32 } else { standing.status as i32 },
        assigned_at: row.get::<_, Option<i64>>(11)?.unwrap_or_default(),
        closed_at: row.get::<_, Option<i64>>(12)?.unwrap_or_default(),
        close_text: row.get(13)?,
        memo: row.get(14)?,
        external_id: row.get(15)?,
        created_at: row.get(16)?,
        updated_at: row.get(17)?,
        steps: i32::try_from(steps).unwrap_or(i32::MAX),
        steps_done: row.get(20)?,
        progress_at,
        missing: rules::missing_names(row.get(22)?),
        revision: owned.revision,
        deleted_at: deleted_at.unwrap_or_default(),
        concerns: concerns.into_iter().map(|concern| concern as i32).collect(),
        next_step_at: if next_step_at == NO_DATE { String::new() } else { next_step_at },
        assignee,
        created_by: creator,
        allowed_actions: actions(actor, &owned).into_iter().map(Into::into).collect(),
        ..pb::Opportunity::default()
    };
    Ok((opportunity, owned, [row.get(26)?, row.get(27)?, row.get(28)?], row.get(29)?))
}

/// What this person may do with an opportunity, as far as the row alone tells.
fn actions(actor: &Actor, opportunity: &Opportunity) -> Vec<Action> {
    use Permission as P;
    [
        (Action::Edit, P::OpportunityEdit, Event::Progress),
        (Action::Delete, P::OpportunityDelete, Event::Delete),
        (Action::Restore, P::OpportunityDelete, Event::Restore),
        (Action::Assign, P::OpportunityAssign, Event::Assign),
        (Action::Reassign, P::OpportunityAssign, Event::Reassign),
        (Action::Withdraw, P::OpportunityAssign, Event::Withdraw),
        (Action::Succeed, P::OpportunityDevelop, Event::Succeed),
        (Action::Fail, P::OpportunityDevelop, Event::Fail),
        (Action::Reopen, P::OpportunityAssign, Event::Reopen),
        (Action::Plan, P::PlanWrite, Event::Plan),
        (Action::RecordResult, P::OpportunityDevelop, Event::Record),
    ]
    .into_iter()
    .filter(|(_, permission, event)| {
        actor.reaches(*permission, opportunity) && permit(opportunity.standing, *event).is_ok()
    })
    .map(|(action, ..)| action)
    .collect()
}

/// As [`opportunity`], for a reply to a change.
///
/// # Errors
/// `NOT_FOUND`.
pub fn reply(tx: &Tx<'_>, actor: &Actor, judged: &Judged, done: Done) -> Result<pb::Opportunity> {
    let mut shown = opportunity(tx, actor, judged, done.id)?.ok_or(Error::NotFound)?;
    shown.operation_id = done.operation_id;
    Ok(shown)
}
