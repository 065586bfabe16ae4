//! Plays the plan: every event through the store of its slice, as if the person had called, at the time at which it was.

use super::plan::{Deed, Event};
use crate::{
    authz::{Actor, Permission},
    change::{Change, Seen},
    contacts, customers,
    db::Write,
    error::{Error, Result},
    fields::clean,
    interactions,
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
pub(super) struct Record {
    id: i64,
    contacts: Vec<i64>,
}

/// Writes some events, which follow those that are in `records` already.
pub(super) fn play(write: &mut Write<'_>, events: Vec<Event>, cast: &Cast, records: &mut [Record]) -> Result<()> {
    for event in events {
        write.now = event.at;
        let actor = cast.actors.get(event.who).ok_or_else(|| Error::Internal("nobody of that place".into()))?;
        let record = records.get_mut(event.customer).ok_or_else(|| Error::Internal("no such customer".into()))?;
        one(write, actor, &cast.settings, event.deed, record)?;
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
    }
    Ok(())
}
