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
    db::{LookUp, Row, Shared, Tx},
    dictionary,
    error::{Error, Result},
    products,
    settings::Settings,
    users::{
        self,
        store::{Person, ROOT},
    },
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
           o.customer_id, c.no, c.name, o.assignee_id, o.created_by
    FROM opportunity o
    LEFT JOIN customer c ON c.id = o.customer_id
    WHERE o.id = ?1";

/// Reads opportunities as the API shows them, for one person at one time: a page prepares its statement once, and looks
/// up once what many of its rows share.
pub struct Reader<'t> {
    actor: &'t Actor,
    judged: &'t Judged,
    rows: LookUp<'t>,
    people: Shared<'t, Person>,
    choices: Shared<'t, pb::Choice>,
    products: Shared<'t, pb::ProductRef>,
}

impl<'t> Reader<'t> {
    /// A reader in this transaction.
    ///
    /// # Errors
    /// The database's.
    pub fn new(tx: &'t Tx<'t>, actor: &'t Actor, judged: &'t Judged) -> Result<Self> {
        let rows = tx.look_up(COLUMNS, &[])?;
        Ok(Self {
            actor,
            judged,
            rows,
            people: users::store::people(tx)?,
            choices: dictionary::store::choices(tx)?,
            products: products::store::refs(tx)?,
        })
    }

    /// One opportunity; none if there is none, or none for this person.
    ///
    /// # Errors
    /// The database's.
    pub fn read(&mut self, id: i64) -> Result<Option<pb::Opportunity>> {
        let judged = self.judged;
        let row = self.rows.row(id, |row| from_row(row, judged))?;
        let Some((mut opportunity, standing, points)) = row else { return Ok(None) };
        let assignee = self.people.of(points.assignee)?;
        let creator = self.people.of(Some(points.creator))?;
        let owner = assignee.as_ref().or(creator.as_ref());
        let owned = Opportunity {
            id,
            revision: opportunity.revision,
            standing,
            assignee_id: points.assignee,
            owner_id: owner.map(|person| person.shown.id).unwrap_or_default(),
            owner: owner.map(|person| users::store::shown(&person.shown)).unwrap_or_default(),
            department_id: owner.map_or(ROOT, |person| person.department_id),
        };
        if !self.actor.reaches(Permission::OpportunityRead, &owned) {
            return Ok(None);
        }
        opportunity.allowed_actions = actions(self.actor, &owned).into_iter().map(Into::into).collect();
        opportunity.assignee = assignee.map(|person| person.shown);
        opportunity.created_by = creator.map(|person| person.shown);
        opportunity.lead_source = self.choices.of(points.lead_source)?;
        opportunity.stage = self.choices.of(points.stage)?;
        opportunity.close_reason = self.choices.of(points.close_reason)?;
        opportunity.product = self.products.of(points.product)?;
        Ok(Some(opportunity))
    }
}

/// One opportunity as the API shows it; none if there is none, or none for this person.
pub fn opportunity(tx: &Tx<'_>, actor: &Actor, judged: &Judged, id: i64) -> Result<Option<pb::Opportunity>> {
    Reader::new(tx, actor, judged)?.read(id)
}

/// What an opportunity's row points to.
struct Points {
    lead_source: Option<i64>,
    stage: Option<i64>,
    close_reason: Option<i64>,
    product: Option<i64>,
    assignee: Option<i64>,
    creator: i64,
}

fn from_row(row: &Row<'_>, judged: &Judged) -> rusqlite::Result<(pb::Opportunity, Standing, Points)> {
    let deleted_at: Option<i64> = row.get(24)?;
    let standing = Standing { status: Status::from_number(row.get(10)?), deleted: deleted_at.is_some() };
    let next_step_at: String = row.get(18)?;
    let close_rank: String = row.get(25)?;
    let steps: i64 = row.get(19)?;
    let progress_at: i64 = row.get(21)?;
    let progress = rules::Progress { next_step_at: &next_step_at, close_at: &close_rank, steps, progress_at };
    let concerns = rules::concerns(standing, progress, &judged.today, judged.cut);
    let number: Option<String> = row.get(31)?;
    let customer_id: Option<i64> = row.get(30)?;
    let opportunity = pb::Opportunity {
        id: row.get(0)?,
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
        revision: row.get(23)?,
        deleted_at: deleted_at.unwrap_or_default(),
        concerns: concerns.into_iter().map(|concern| concern as i32).collect(),
        next_step_at: if next_step_at == NO_DATE { String::new() } else { next_step_at },
        ..pb::Opportunity::default()
    };
    let points = Points {
        lead_source: row.get(26)?,
        stage: row.get(27)?,
        close_reason: row.get(28)?,
        product: row.get(29)?,
        assignee: row.get(33)?,
        creator: row.get(34)?,
    };
    Ok((opportunity, standing, points))
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
