//! What bulk actions need to know of a kind: which records a query means, and how a field is set in many at once.

use rolo_proto::v1::{Kind, Selection, bulk_action::SetField, selection::Filter};

use super::{Field, Input, ListQuery, Resource, Value, contact, customer, interaction, opportunity, product};

/// These records.
pub fn these(kind: Kind, ids: Vec<i64>) -> Selection {
    Selection { kind: kind.into(), ids, filter: None }
}

/// All records that a query finds; none: there are no bulk actions on this kind.
pub fn matching(kind: Kind, query: &ListQuery) -> Option<Selection> {
    let filter = match kind {
        Kind::Customer => Filter::Customers(customer::request(query).filter?),
        Kind::Contact => Filter::Contacts(contact::request(query).filter?),
        Kind::Interaction => Filter::Interactions(interaction::request(query).filter?),
        Kind::Opportunity => Filter::Opportunities(opportunity::filter(query)),
        Kind::Product => Filter::Products(product::request(query)),
        _ => return None,
    };
    Some(Selection { kind: kind.into(), ids: Vec::new(), filter: Some(filter) })
}

/// The fields that can hold the same in many records: not what names one alone, nor what belongs to its customer.
pub fn settable(resource: &'static dyn Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    resource.fields().iter().enumerate().filter(|(_, field)| {
        let own = field.name == "external_id" || matches!(field.input, Input::Contact | Input::List);
        field.wire.is_some() && !field.create_only && !own
    })
}

/// A value as it is set in many records; none: the field cannot be set so.
pub fn set(field: &Field, value: &Value) -> Option<SetField> {
    let mut set = SetField { field: field.wire?.to_owned(), ..SetField::default() };
    match value {
        Value::Absent => set.clear = true,
        Value::Text(text) => set.text.clone_from(text),
        Value::Date(day) => set.text = day.to_string(),
        Value::Int(number) | Value::Money(number) | Value::Time(number) => set.number = *number,
        Value::Stars(stars) => set.number = i64::from(*stars),
        Value::Flag(flag) => set.number = i64::from(*flag),
        Value::Choice(choice) => set.number = choice.id,
        Value::User(user) => set.number = user.id,
        Value::Customer(customer) => set.number = customer.id,
        Value::Contact(contact) => set.number = contact.id,
        Value::Link(link) => set.number = link.id,
        Value::Fixed(index) => match field.input {
            Input::Fixed(items) => set.number = i64::from(items.get(*index)?.wire),
            _ => return None,
        },
        Value::List(_) => return None,
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{self, Customers, Opportunities};

    fn field(resource: &dyn Resource, name: &str) -> Field {
        resource.fields()[resource.field(name).unwrap_or(0)]
    }

    #[test]
    fn a_value_is_sent_as_the_number_or_text_that_the_server_keeps() {
        let party = set(&field(&Customers, "party"), &Value::Fixed(1));
        assert_eq!(party.map(|set| (set.field, set.number)), Some(("party".into(), 2)));
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap_or_default();
        let close = set(&field(&Opportunities, "expected_close_at"), &Value::Date(day));
        assert_eq!(close.map(|set| set.text), Some("2026-11-30".into()));
        let cleared = set(&field(&Customers, "level"), &Value::Absent);
        assert_eq!(cleared.map(|set| (set.field, set.clear)), Some(("level_id".into(), true)));
    }

    #[test]
    fn what_is_read_only_or_one_records_own_is_not_offered() {
        for resource in resource::all() {
            for (_, field) in settable(*resource) {
                assert!(field.wire.is_some() && field.name != "external_id", "{}", field.name);
            }
        }
        assert!(settable(&Customers).any(|(_, field)| field.name == "manager"));
        assert!(!settable(&Opportunities).any(|(_, field)| field.name == "assignee"), "assigning is not editing");
    }

    #[test]
    fn kinds_without_bulk_actions_have_no_selection() {
        assert!(matching(Kind::User, &ListQuery::default()).is_none());
        assert!(matching(Kind::PlanStep, &ListQuery::default()).is_none());
        assert_eq!(matching(Kind::Product, &ListQuery::default()).map(|s| s.kind()), Some(Kind::Product));
    }
}
