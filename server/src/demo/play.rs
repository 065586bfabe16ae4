//! Plays the plan: every event through the store of its slice, as if the person had called, at the time at which it was.

use rolo_proto::v1 as pb;

use super::{
    leads::Lead,
    plan::{Deed, Event},
};
use crate::{
    authz::{Actor, Permission},
    change::{Change, Seen},
    contacts, customers,
    db::Write,
    error::{Error, Result},
    fields::clean,
    interactions, opportunities,
    settings::Settings,
    value::Value,
};

/// Who plays, by which settings.
#[derive(Debug)]
pub(super) struct Cast {
    /// In the order of [`PEOPLE`](super::people::PEOPLE).
    pub(super) actors: Vec<Actor>,
    /// The company's.
    pub(super) settings: Settings,
}

/// The records that a customer of the plan has become.
#[derive(Debug, Clone, Default)]
struct Record {
    id: i64,
    contacts: Vec<i64>,
}

/// The record that an opportunity of the plan has become, and the step of its plan that came last.
#[derive(Debug, Clone, Copy, Default)]
struct Chance {
    id: i64,
    step: i64,
}

/// What the plan has become so far.
#[derive(Debug)]
pub(super) struct Book {
    customers: Vec<Record>,
    leads: Vec<Chance>,
}

impl Book {
    /// For so many customers, none of them written yet.
    pub(super) fn new(customers: usize) -> Self {
        Self {
            customers: vec![Record::default(); customers],
            leads: vec![Chance::default(); super::leads::count(customers)],
        }
    }
}

/// Writes some events, which follow those that are in the book already.
pub(super) fn play(write: &mut Write<'_>, events: Vec<Event>, cast: &Cast, book: &mut Book) -> Result<()> {
    for event in events {
        write.now = event.at;
        let actor = cast.actors.get(event.who).ok_or_else(|| Error::Internal("nobody of that place".into()))?;
        if let Deed::Lead(deed) = event.deed {
            let chance = book.leads.get_mut(event.customer).ok_or_else(|| Error::Internal("no such lead".into()))?;
            lead(write, actor, cast, deed, chance)?;
        } else {
            let record = book.customers.get_mut(event.customer);
            let record = record.ok_or_else(|| Error::Internal("no such customer".into()))?;
            one(write, actor, &cast.settings, event.deed, record)?;
        }
    }
    Ok(())
}

fn lead(write: &mut Write<'_>, actor: &Actor, cast: &Cast, deed: Lead, chance: &mut Chance) -> Result<()> {
    use opportunities::{moves, plan, rules, store};
    let (method, right) = match deed {
        Lead::Record(_) => ("CreateOpportunity", Permission::OpportunityCreate),
        Lead::Assign(_) => ("AssignOpportunity", Permission::OpportunityAssign),
        Lead::Reassign(_) => ("ReassignOpportunity", Permission::OpportunityAssign),
        Lead::Progress(_) => ("UpdateOpportunity", Permission::OpportunityEdit),
        Lead::Plan(_) => ("CreatePlanStep", Permission::PlanWrite),
        Lead::Result(_) => ("UpdatePlanStep", Permission::OpportunityDevelop),
        Lead::Win => ("SucceedOpportunity", Permission::OpportunityDevelop),
        Lead::Complete(_) => ("UpdateCustomer", Permission::OpportunityRead),
        Lead::Fail(..) => ("FailOpportunity", Permission::OpportunityDevelop),
    };
    let (mut change, settings) = (Change::new(write, actor, method, false), &cast.settings);
    if let Lead::Record(values) = deed {
        let values = clean(rules::FIELDS, values)?;
        chance.id = store::create(&mut change, settings, values, false)?.id;
        return Ok(());
    }
    let found = store::allowed(change.tx(), actor, right, chance.id)?;
    let person = |place: usize| cast.actors.get(place).map(|actor| actor.user_id).unwrap_or_default();
    match deed {
        Lead::Record(_) => {}
        Lead::Assign(place) => drop(moves::assign(&mut change, &found, found.revision, person(place))?),
        Lead::Reassign(place) => drop(moves::reassign(&mut change, &found, found.revision, person(place))?),
        Lead::Progress(values) => {
            let values = clean(rules::FIELDS, values)?;
            store::update(&mut change, settings, &found, &Seen::default(), &values)?;
        }
        Lead::Plan(values) => {
            chance.step = plan::create(&mut change, &found, clean(rules::STEP_FIELDS, values)?)?.id;
        }
        Lead::Result(text) => {
            let result = [("result", Value::Text(text))];
            plan::update(&mut change, chance.step, &Seen::default(), &result)?;
        }
        Lead::Win => {
            let request = pb::SucceedOpportunityRequest { revision: found.revision, ..Default::default() };
            moves::succeed(&mut change, settings, &found, &request)?;
        }
        Lead::Complete(values) => {
            let won = store::TABLE.values(change.tx(), chance.id)?;
            let id = store::TABLE.value(&won, "customer_id")?.int().ok_or(Error::NotFound)?;
            let customer = customers::store::allowed(change.tx(), actor, Permission::CustomerEdit, id)?;
            let values = clean(customers::rules::FIELDS, values)?;
            customers::store::update(&mut change, settings, &customer, &Seen::default(), values)?;
        }
        Lead::Fail(reason, text) => {
            let reason = reason.int().unwrap_or_default();
            moves::fail(&mut change, &found, found.revision, reason, text.to_owned())?;
        }
    }
    Ok(())
}

fn one(write: &mut Write<'_>, actor: &Actor, settings: &Settings, deed: Deed, record: &mut Record) -> Result<()> {
    let method = match deed {
        Deed::Create(..) => "CreateCustomer",
        Deed::Contact(_) => "CreateContact",
        Deed::Talk(..) => "CreateInteraction",
        Deed::Edit(_) | Deed::HandOver(_) | Deed::Lose => "UpdateCustomer",
        Deed::Bin => "DeleteCustomer",
        Deed::Lead(_) => return Err(Error::Internal("an opportunity is no customer".into())),
    };
    // Not reversible: what is taken back in a demo is what was done in it.
    let mut change = Change::new(write, actor, method, false);
    let customer =
        |change: &Change<'_, '_>, permission, id| customers::store::allowed(change.tx(), actor, permission, id);
    match deed {
        Deed::Create(values, contact) => {
            let values = clean(customers::rules::FIELDS, values)?;
            record.id = customers::store::create(&mut change, settings, values, false)?.id;
            if let Some(contact) = contact {
                let customer = customer(&change, Permission::CustomerCreate, record.id)?;
                let values = clean(contacts::rules::FIELDS, contact)?;
                record.contacts.push(contacts::store::create(&mut change, &customer, values, false)?.id);
            }
        }
        Deed::Contact(values) => {
            let customer = customer(&change, Permission::ContactWrite, record.id)?;
            let values = clean(contacts::rules::FIELDS, values)?;
            record.contacts.push(contacts::store::create(&mut change, &customer, values, false)?.id);
        }
        Deed::Talk(mut values, contact) => {
            let customer = customer(&change, Permission::InteractionCreate, record.id)?;
            let contact = contact.and_then(|place| record.contacts.get(place));
            values.extend(contact.map(|id| ("contact_id", Value::Int(*id))));
            let values = clean(interactions::rules::FIELDS, values)?;
            interactions::store::create(&mut change, &customer, values, None, false)?;
        }
        Deed::Edit(values) => {
            let customer = customer(&change, Permission::CustomerEdit, record.id)?;
            let values = clean(customers::rules::FIELDS, values)?;
            customers::store::update(&mut change, settings, &customer, &Seen::default(), values)?;
        }
        Deed::HandOver(values) => {
            let customer = customer(&change, Permission::CustomerReassign, record.id)?;
            let values = clean(customers::rules::FIELDS, values)?;
            customers::store::update(&mut change, settings, &customer, &Seen::default(), values)?;
        }
        Deed::Lose => {
            let customer = customer(&change, Permission::CustomerEdit, record.id)?;
            let lost = [("status", Value::Int(customers::rules::Status::Lost as i64))];
            change.update(&customers::store::TABLE, customer.id, customer.revision, &lost, "update")?;
        }
        Deed::Bin => {
            let customer = customer(&change, Permission::CustomerDelete, record.id)?;
            customers::store::delete(&mut change, &customer, customer.revision)?;
        }
        Deed::Lead(_) => {}
    }
    Ok(())
}
