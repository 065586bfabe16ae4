//! What is done to each record: the same as the record's own methods do, with the revision that it has at that moment.

use std::collections::HashMap;

use rolo_proto::v1::{self as pb, Kind, bulk_action};

use crate::{
    authz::Permission as P,
    change::{Change, Done, Seen, field_name},
    contacts, customers,
    error::{Error, Fault, Result},
    fields::{Field, Shape, clean},
    interactions, notices, opportunities, products,
    settings::Settings,
    value::Value,
    watch::sight,
};

/// One action, ready to be done to many records.
#[derive(Debug)]
pub struct Act {
    kind: Kind,
    action: bulk_action::Action,
    /// What [`bulk_action::Action::SetField`] sets, clean.
    values: Vec<(&'static str, Value)>,
    /// Whose each record becomes, where each has its own.
    shares: HashMap<i64, i64>,
}

impl Act {
    /// Reads an action. What is wrong with it whatever the record is said once, not kept with each of ten thousand.
    ///
    /// # Errors
    /// `VALIDATION` for none, one that this kind of record does not know, and values that fit no record.
    pub fn new(kind: Kind, action: Option<pb::BulkAction>) -> Result<Self> {
        use bulk_action::Action as A;
        let action = action.and_then(|action| action.action).ok_or_else(|| Error::field("action", Fault::Required))?;
        let known = match (&action, kind) {
            (A::Assign(_) | A::Reassign(_) | A::Withdraw(_) | A::Fail(_), kind) => kind == Kind::Opportunity,
            (A::SettleAt(_), kind) => kind == Kind::Interaction,
            (A::Follow(_), _) => true,
            (A::SetField(_) | A::Delete(_) | A::Restore(_), kind) => {
                matches!(kind, Kind::Customer | Kind::Contact | Kind::Interaction | Kind::Opportunity | Kind::Product)
            }
        };
        if !known {
            return Err(Error::field("action", Fault::UnknownField));
        }
        let mut shares = HashMap::new();
        if let A::Assign(assign) | A::Reassign(assign) = &action {
            for share in &assign.shares {
                shares.extend(share.ids.iter().map(|id| (*id, share.assignee_id)));
            }
        }
        let values = match &action {
            A::SetField(set) => value(fields(kind), set)?,
            A::Fail(fail) => {
                let text = Value::Text(fail.close_text.clone());
                let reason = Value::Int(fail.close_reason_id);
                let why =
                    clean(opportunities::rules::CLOSING, vec![("close_reason_id", reason), ("close_text", text)])?;
                opportunities::rules::check_close(&why)?;
                Vec::new()
            }
            _ => Vec::new(),
        };
        Ok(Self { kind, action, values, shares })
    }

    /// Does it to one record.
    ///
    /// # Errors
    /// What the record's own method answers.
    pub fn run(&self, change: &mut Change<'_, '_>, settings: &Settings, id: i64) -> Result<Done> {
        use bulk_action::Action as A;
        match (&self.action, self.kind) {
            (A::SetField(_), kind) => self.set_field(change, settings, kind, id),
            (A::Delete(_), kind) => delete(change, kind, id),
            (A::Restore(_), kind) => restore(change, kind, id),
            (A::SettleAt(until), _) => {
                let one = interactions::store::allowed(change.tx(), change.actor, P::InteractionEdit, id)?;
                match *until {
                    0 => interactions::store::settle(change, &one, one.revision),
                    until => interactions::store::snooze(change, &one, one.revision, until),
                }
            }
            (A::Follow(follow), kind) => {
                sight::of_record(change.tx(), change.actor, kind, id)?;
                notices::store::follow(change.write, change.actor.user_id, kind, id, *follow)?;
                Ok(Done { id, revision: 0, operation_id: 0 })
            }
            (A::Assign(assign), _) => {
                let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityAssign, id)?;
                opportunities::moves::assign(change, &one, one.revision, self.assignee(assign, id)?)
            }
            (A::Reassign(assign), _) => {
                let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityAssign, id)?;
                opportunities::moves::reassign(change, &one, one.revision, self.assignee(assign, id)?)
            }
            (A::Withdraw(_), _) => {
                let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityAssign, id)?;
                opportunities::moves::withdraw(change, &one, one.revision)
            }
            (A::Fail(fail), _) => {
                let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityDevelop, id)?;
                let (reason, text) = (fail.close_reason_id, fail.close_text.clone());
                opportunities::moves::fail(change, &one, one.revision, reason, text)
            }
        }
    }

    fn assignee(&self, assign: &bulk_action::Assign, id: i64) -> Result<i64> {
        match (assign.shares.is_empty(), self.shares.get(&id)) {
            (true, _) => Ok(assign.assignee_id),
            (false, Some(assignee)) => Ok(*assignee),
            (false, None) => Err(Error::field("assignee", Fault::Required)),
        }
    }

    fn set_field(&self, change: &mut Change<'_, '_>, settings: &Settings, kind: Kind, id: i64) -> Result<Done> {
        let values = self.values.clone();
        match kind {
            Kind::Customer => {
                let needed = customers::rpc::needed(&values);
                let one = customers::store::allowed(change.tx(), change.actor, needed, id)?;
                customers::store::update(change, settings, &one, &current(one.revision), values)
            }
            Kind::Contact => {
                let one = contacts::store::allowed(change.tx(), change.actor, P::ContactWrite, id)?;
                contacts::store::update(change, &one, &current(one.revision), &values)
            }
            Kind::Interaction => {
                let one = interactions::store::allowed(change.tx(), change.actor, P::InteractionEdit, id)?;
                interactions::store::update(change, &one, &current(one.revision), &values)
            }
            Kind::Product => {
                change.actor.require(P::ProductManage)?;
                let (revision, _) = products::store::current(change.tx(), id)?;
                products::store::update(change, id, &current(revision), &values)
            }
            _ => {
                let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityEdit, id)?;
                opportunities::store::update(change, settings, &one, &current(one.revision), &values)
            }
        }
    }
}

/// The fields of a kind that can be set on many.
fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Customer => customers::rules::FIELDS,
        Kind::Contact => contacts::rules::FIELDS,
        Kind::Interaction => interactions::rules::FIELDS,
        Kind::Product => products::rules::FIELDS,
        Kind::Opportunity => opportunities::rules::FIELDS,
        _ => &[],
    }
}

/// The ground that a bulk edit stands on: the record as it is.
fn current(revision: i64) -> Seen {
    Seen { revision, values: Vec::new() }
}

/// The one column that is set, clean.
fn value(fields: &'static [Field], set: &pb::bulk_action::SetField) -> Result<Vec<(&'static str, Value)>> {
    let field = fields
        .iter()
        .find(|field| field.column == set.field || field_name(field.column) == set.field)
        .filter(|field| !matches!(field.shape, Shape::Opportunity) && field.column != "external_id")
        .ok_or_else(|| Error::field(set.field.as_str(), Fault::NotWritable))?;
    let text = matches!(
        field.shape,
        Shape::Line(_) | Shape::Text(_) | Shape::Phone(_) | Shape::Email(_) | Shape::Usc | Shape::Date
    );
    let value = match (set.clear, text) {
        (true, _) => Value::Null,
        (false, true) => Value::Text(set.text.clone()),
        (false, false) => Value::Int(set.number),
    };
    clean(fields, vec![(field.column, value)])
}

fn delete(change: &mut Change<'_, '_>, kind: Kind, id: i64) -> Result<Done> {
    match kind {
        Kind::Customer => {
            let one = customers::store::allowed(change.tx(), change.actor, P::CustomerDelete, id)?;
            customers::store::delete(change, &one, one.revision)
        }
        Kind::Contact => {
            let one = contacts::store::allowed(change.tx(), change.actor, P::ContactWrite, id)?;
            contacts::store::delete(change, &one, one.revision)
        }
        Kind::Interaction => {
            let one = interactions::store::allowed(change.tx(), change.actor, P::InteractionEdit, id)?;
            interactions::store::delete(change, &one, one.revision)
        }
        Kind::Product => {
            change.actor.require(P::ProductManage)?;
            let (revision, _) = products::store::current(change.tx(), id)?;
            products::store::delete(change, id, revision)
        }
        _ => {
            let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityDelete, id)?;
            opportunities::store::delete(change, &one, one.revision)
        }
    }
}

fn restore(change: &mut Change<'_, '_>, kind: Kind, id: i64) -> Result<Done> {
    match kind {
        Kind::Customer => {
            let one = customers::store::allowed(change.tx(), change.actor, P::CustomerRestore, id)?;
            customers::store::restore(change, &one, one.revision)
        }
        Kind::Contact => {
            let one = contacts::store::allowed(change.tx(), change.actor, P::ContactWrite, id)?;
            contacts::store::restore(change, &one, one.revision)
        }
        Kind::Interaction => {
            let one = interactions::store::allowed(change.tx(), change.actor, P::InteractionEdit, id)?;
            interactions::store::restore(change, &one, one.revision)
        }
        Kind::Product => {
            change.actor.require(P::ProductManage)?;
            let (revision, _) = products::store::current(change.tx(), id)?;
            products::store::restore(change, id, revision)
        }
        _ => {
            let one = opportunities::store::allowed(change.tx(), change.actor, P::OpportunityDelete, id)?;
            opportunities::store::restore(change, &one, one.revision)
        }
    }
}
