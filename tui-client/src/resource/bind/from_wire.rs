//! From the message's types to values.

use std::mem::take;

use chrono::NaiveDate;
use rolo_proto::v1::{Choice, ContactRef, CustomerRef, Kind, UserRef};

use crate::resource::{FixedItem, Link, Value};

/// Text; empty means nothing there.
pub fn text(text: &mut String) -> Value {
    if text.is_empty() { Value::Absent } else { Value::Text(take(text)) }
}

/// A whole number.
pub fn int(number: Option<i64>) -> Value {
    number.map_or(Value::Absent, Value::Int)
}

/// Stars; what is not 1 to 5 is not specified.
pub fn stars(number: Option<i32>) -> Value {
    match number.and_then(|n| u8::try_from(n).ok()) {
        Some(n @ 1..=5) => Value::Stars(n),
        _ => Value::Absent,
    }
}

/// A point in time; 0 means none.
pub fn time(at: i64) -> Value {
    if at == 0 { Value::Absent } else { Value::Time(at) }
}

/// A dictionary entry.
pub fn choice(choice: &mut Option<Choice>) -> Value {
    choice.take().filter(|c| c.id != 0).map_or(Value::Absent, Value::Choice)
}

/// A person.
pub fn user(user: &mut Option<UserRef>) -> Value {
    user.take().filter(|u| u.id != 0).map_or(Value::Absent, Value::User)
}

/// A customer.
pub fn customer(customer: &mut Option<CustomerRef>) -> Value {
    customer.take().filter(|c| c.id != 0).map_or(Value::Absent, Value::Customer)
}

/// A contact.
pub fn contact(contact: &mut Option<ContactRef>) -> Value {
    contact.take().filter(|c| c.id != 0).map_or(Value::Absent, Value::Contact)
}

/// A record of another kind; an id of 0 means none.
pub fn link(kind: Kind, id: i64, label: &mut String) -> Value {
    if id == 0 { Value::Absent } else { Value::Link(Link { kind, id, label: take(label) }) }
}

/// A day, `YYYY-MM-DD`; what is empty is absent.
pub fn date(day: &str) -> Value {
    NaiveDate::parse_from_str(day, "%Y-%m-%d").map_or(Value::Absent, Value::Date)
}

/// An amount of money.
pub fn money(amount: Option<i64>) -> Value {
    amount.map_or(Value::Absent, Value::Money)
}

/// Several of a fixed set, by their numbers on the wire: their codes.
pub fn several(items: &[FixedItem], wires: &[i32]) -> Value {
    let codes: Vec<String> =
        wires.iter().filter_map(|w| items.iter().find(|i| i.wire == *w)).map(|i| i.code.to_owned()).collect();
    if codes.is_empty() { Value::Absent } else { Value::List(codes) }
}

/// One of a fixed set, by its number on the wire.
pub fn fixed(items: &[FixedItem], wire: i32) -> Value {
    items.iter().position(|i| i.wire == wire).map_or(Value::Absent, Value::Fixed)
}

/// Several short texts.
pub fn list(texts: &mut Vec<String>) -> Value {
    if texts.is_empty() { Value::Absent } else { Value::List(take(texts)) }
}
