//! Carrying a step out through the record's own slice; and asking the same rules without writing.
//!
//! The two halves of this file say the same thing twice, once for a look and once for the write: rights, state, fields,
//! references, duplicates, in this order. The write is the judge; a look only foretells it.

use chrono::DateTime;
use rolo_proto::v1::RowChange;

use super::{
    faults::Stop,
    lookups::Lacking,
    record::Missing,
    rules::{Sheet, Values},
    steps::Step,
};
use crate::{
    authz::{Actor, Permission},
    change::{Change, Seen, Table, field_name},
    contacts,
    customers::{
        self, duplicates,
        rules::{Event, permit},
    },
    db::Tx,
    dictionary,
    error::{Error, Result},
    fields::{Field, Shape, value_of},
    interactions,
    opportunities::{self, history},
    products,
    settings::Settings,
    users,
    value::Value,
};

impl Sheet {
    /// The table of its records.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Customers => &customers::store::TABLE,
            Self::Contacts => &contacts::store::TABLE,
            Self::Interactions => &interactions::store::TABLE,
            Self::Products => &products::store::TABLE,
            Self::Opportunities => &opportunities::store::TABLE,
            Self::Steps => &opportunities::plan::TABLE,
        }
    }
}

/// Handing a customer over has a right of its own; it alone does if nothing else changes.
fn right_to_edit(values: &[(&'static str, Value)]) -> Permission {
    match values {
        [("manager_id", _)] => Permission::CustomerReassign,
        _ => Permission::CustomerEdit,
    }
}

/// Does what a step says and answers the record's id. `attend` is the right that a new contact takes.
pub fn carry_out(
    change: &mut Change<'_, '_>,
    settings: &Settings,
    sheet: Sheet,
    step: &Step,
    attend: Permission,
) -> Result<i64> {
    let (tx, actor) = (change.tx(), change.actor);
    let done = match (sheet, step) {
        (_, Step::Skip(id) | Step::Unchanged(id)) => return Ok(*id),
        (_, Step::Again(_)) => return Err(Error::Internal("a write foretold itself".into())),
        (Sheet::Customers, Step::Create { values, .. }) => {
            customers::store::create(change, settings, values.clone(), false)?
        }
        (Sheet::Contacts, Step::Create { parent, values, .. }) => {
            let customer = customers::store::allowed(tx, actor, attend, parent.ok_or(Error::NotFound)?)?;
            contacts::store::create(change, &customer, values.clone(), false)?
        }
        (Sheet::Interactions, Step::Create { parent, values, .. }) => {
            let customer =
                customers::store::allowed(tx, actor, Permission::InteractionCreate, parent.ok_or(Error::NotFound)?)?;
            let (author, values) = author(values);
            interactions::store::create(change, &customer, values, author, false)?
        }
        (Sheet::Products, Step::Create { values, .. }) => {
            actor.require(Permission::ProductManage)?;
            products::store::create(change, values.clone())?
        }
        (Sheet::Opportunities, Step::Create { values, .. }) => history::create(change, settings, values.clone())?,
        (Sheet::Steps, Step::Create { parent, values, .. }) => {
            history::create_step(change, parent.ok_or(Error::NotFound)?, values.clone())?
        }
        (Sheet::Customers, Step::Update { id, values, .. }) => {
            let customer = customers::store::allowed(tx, actor, right_to_edit(values), *id)?;
            customers::store::update(change, settings, &customer, &Seen::default(), values.clone())?
        }
        (Sheet::Contacts, Step::Update { id, values, .. }) => {
            let contact = contacts::store::allowed(tx, actor, Permission::ContactWrite, *id)?;
            contacts::store::update(change, &contact, &Seen::default(), values)?
        }
        (Sheet::Interactions, Step::Update { id, values, .. }) => {
            let interaction = interactions::store::allowed(tx, actor, Permission::InteractionEdit, *id)?;
            interactions::store::update(change, &interaction, &Seen::default(), values)?
        }
        (Sheet::Products, Step::Update { id, values, .. }) => {
            actor.require(Permission::ProductManage)?;
            products::store::update(change, *id, &Seen::default(), values)?
        }
        (Sheet::Opportunities, Step::Update { id, values, .. }) => {
            let opportunity = opportunities::store::allowed(tx, actor, Permission::OpportunityEdit, *id)?;
            opportunities::store::update(change, settings, &opportunity, &Seen::default(), values)?
        }
        (Sheet::Steps, Step::Update { id, values, .. }) => {
            opportunities::plan::update(change, *id, &Seen::default(), values)?
        }
    };
    Ok(done.id)
}

/// The author is not a field of the form: it is handed over beside the values.
fn author(values: &[(&'static str, Value)]) -> (Option<i64>, Values) {
    let author = value_of(values, "author_id").and_then(Value::int);
    (author, values.iter().filter(|(column, _)| *column != "author_id").cloned().collect())
}

/// Asks the rules for a step without writing it.
///
/// # Errors
/// What the write would be refused for.
pub fn check(tx: &Tx<'_>, actor: &Actor, settings: &Settings, sheet: Sheet, step: &Step) -> Result<(), Stop> {
    match (sheet, step) {
        (_, Step::Skip(_) | Step::Unchanged(_) | Step::Again(_)) => {}
        (Sheet::Customers, Step::Create { values, .. }) => {
            actor.require(Permission::CustomerCreate)?;
            check_values(settings, sheet, values)?;
            duplicates::refuse_new(tx, actor, values)?;
        }
        (Sheet::Contacts, Step::Create { parent, values, .. }) => {
            match parent {
                Some(id) => {
                    let customer = customers::store::allowed(tx, actor, Permission::ContactWrite, *id)?;
                    permit(customer.standing, Event::Attend)?;
                }
                None => drop(actor.require(Permission::CustomerCreate)?),
            }
            check_values(settings, sheet, values)?;
        }
        (Sheet::Interactions, Step::Create { parent, values, .. }) => {
            let id = parent.ok_or(Error::NotFound)?;
            let customer = customers::store::allowed(tx, actor, Permission::InteractionCreate, id)?;
            permit(customer.standing, Event::Attend)?;
            check_values(settings, sheet, values)?;
        }
        (Sheet::Products, Step::Create { values, .. }) => {
            actor.require(Permission::ProductManage)?;
            check_values(settings, sheet, values)?;
        }
        (Sheet::Opportunities, Step::Create { values, missing, .. }) => {
            history::check_new(tx, actor, settings, &mut values.clone(), unknown_account(missing))?;
        }
        (Sheet::Steps, Step::Create { parent, values, .. }) => match parent {
            Some(id) => history::check_step(tx, actor, *id, values)?,
            None => check_values(settings, sheet, values)?,
        },
        (_, Step::Update { id, values, .. }) => check_update(tx, actor, settings, sheet, *id, values)?,
    }
    Ok(())
}

/// What the rules say of a new record's values alone.
///
/// # Errors
/// `VALIDATION`.
pub fn check_values(settings: &Settings, sheet: Sheet, values: &[(&'static str, Value)]) -> Result<()> {
    match sheet {
        Sheet::Customers => customers::rules::check_new(values, &settings.customer_required, false),
        Sheet::Contacts => contacts::rules::check_new(values, false),
        Sheet::Interactions => interactions::rules::check_new(values, None, false),
        Sheet::Products => products::rules::check(values, true),
        Sheet::Opportunities => opportunities::rules::check_new(values, false),
        Sheet::Steps => opportunities::rules::check_step(|_| Value::Null, values, true),
    }
}

fn check_update(
    tx: &Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    sheet: Sheet,
    id: i64,
    values: &[(&'static str, Value)],
) -> Result<()> {
    let table = sheet.table();
    let before = table.values(tx, id)?;
    let old = |column: &str| table.value(&before, column).cloned().unwrap_or_default();
    match sheet {
        Sheet::Customers => {
            let customer = customers::store::allowed(tx, actor, right_to_edit(values), id)?;
            if value_of(values, "manager_id").is_some() {
                actor.require(Permission::CustomerReassign)?;
            }
            permit(customer.standing, Event::Edit)?;
            let was_empty = |column: &str| old(column).is_empty();
            customers::rules::check_edit(was_empty, values, &settings.customer_required, customer.party)?;
            duplicates::refuse_change(tx, actor, id, &before, values)
        }
        Sheet::Contacts => {
            let contact = contacts::store::allowed(tx, actor, Permission::ContactWrite, id)?;
            permit(contact.customer.standing, Event::Attend)?;
            contacts::rules::check_edit(old, values)
        }
        Sheet::Interactions => {
            let interaction = interactions::store::allowed(tx, actor, Permission::InteractionEdit, id)?;
            permit(interaction.customer.standing, Event::Attend)?;
            let channel = value_of(values, "channel_id").cloned().unwrap_or_else(|| old("channel_id"));
            let channel = channel.int().map_or(Ok(None), |id| dictionary::store::value(tx, id))?;
            interactions::rules::check_edit(old, values, channel.as_deref())
        }
        Sheet::Products => {
            actor.require(Permission::ProductManage)?;
            products::rules::check(values, false)
        }
        Sheet::Opportunities => {
            let opportunity = opportunities::store::allowed(tx, actor, Permission::OpportunityEdit, id)?;
            opportunities::rules::permit(opportunity.standing, opportunities::rules::edit_event(values))?;
            opportunities::rules::check_edit(|column| old(column).is_empty(), values)
        }
        Sheet::Steps => {
            let step = opportunities::plan::allowed(tx, actor, Permission::PlanWrite, id)?;
            opportunities::rules::permit(step.opportunity.standing, opportunities::rules::Event::Plan)?;
            opportunities::rules::check_step(old, values, false)
        }
    }
}

/// The name of an assignee whom nobody knows yet.
pub fn unknown_account(missing: &[Missing]) -> Option<&str> {
    missing.iter().find(|one| one.what == Lacking::Account).map(|one| one.text.as_str())
}

/// What an update changes, as people read it; `prefix` stands before the names of fields.
pub fn changes(tx: &Tx<'_>, settings: &Settings, sheet: Sheet, step: &Step, prefix: &str) -> Result<Vec<RowChange>> {
    let Step::Update { id, values, missing } = step else { return Ok(Vec::new()) };
    let table = sheet.table();
    let before = table.values(tx, *id)?;
    let mut changes = Vec::with_capacity(values.len() + missing.len());
    let mut add = |column: &'static str, after: Option<&Value>, text: &str| -> Result<()> {
        let field = sheet.fields().iter().chain(sheet.beside()).find(|field| field.column == column);
        changes.push(RowChange {
            field: [prefix, field_name(column)].concat(),
            before: shown(tx, settings, field, table.value(&before, column)?)?,
            after: after.map_or_else(|| Ok(text.to_owned()), |value| shown(tx, settings, field, value))?,
        });
        Ok(())
    };
    for (column, value) in values {
        add(column, Some(value), "")?;
    }
    for one in missing {
        add(one.column, None, &one.text)?;
    }
    Ok(changes)
}

fn shown(tx: &Tx<'_>, settings: &Settings, field: Option<&Field>, value: &Value) -> Result<String> {
    let Some(number) = value.int() else { return Ok(value.text().to_owned()) };
    let text = match field.map(|field| field.shape) {
        Some(Shape::Choice(_)) => dictionary::store::choice(tx, Some(number))?
            .map(|choice| if settings.language == "en" && !choice.en.is_empty() { choice.en } else { choice.zh }),
        Some(Shape::User) => users::store::user(tx, number)?.map(|user| users::store::shown(&user)),
        Some(Shape::Customer) => Some((customers::store::TABLE.label)(tx, number)?),
        Some(Shape::Product) => products::store::product_ref(tx, Some(number))?.map(|product| product.name),
        Some(Shape::Money(..)) => Some(money(number)),
        Some(Shape::Contact) => contacts::store::contact_ref(tx, Some(number))?.map(|contact| contact.name),
        Some(Shape::Time) => DateTime::from_timestamp_millis(number)
            .map(|at| at.with_timezone(&settings.time_zone).format("%Y-%m-%d %H:%M").to_string()),
        Some(Shape::OneOf(items)) => {
            let words = items.iter().find(|(item, _)| *item == number).map(|(_, words)| *words).unwrap_or_default();
            words.first().map(|word| (*word).to_owned())
        }
        _ => None,
    };
    Ok(text.unwrap_or_else(|| number.to_string()))
}

/// An amount of ten-thousandths as people write it.
fn money(amount: i64) -> String {
    rust_decimal::Decimal::new(amount, 4).normalize().to_string()
}
