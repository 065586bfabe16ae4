//! From values to the message's types: of a record, and of a filter.

use crate::{
    data::Fault,
    resource::{FixedItem, Value},
};

/// What is not of the field's type: a mistake of the caller, told as one of the field.
fn wrong(form: &str) -> Fault {
    Fault::Malformed(form.to_owned())
}

/// Text; absent clears.
pub fn set_text(slot: &mut String, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => String::new(),
        Value::Text(text) => text.clone(),
        _ => return Err(wrong("text")),
    };
    Ok(())
}

/// A whole number; absent clears.
pub fn set_int(slot: &mut Option<i64>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Int(n) => Some(*n),
        _ => return Err(wrong("number")),
    };
    Ok(())
}

/// Stars; absent clears.
pub fn set_stars(slot: &mut Option<i32>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Stars(n @ 1..=5) => Some(i32::from(*n)),
        _ => return Err(wrong("stars")),
    };
    Ok(())
}

/// A point in time; absent clears.
pub fn set_time(slot: &mut Option<i64>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Time(at) => Some(*at),
        _ => return Err(wrong("date")),
    };
    Ok(())
}

/// A reference to a dictionary entry, person, customer or contact; absent clears.
pub fn set_ref(slot: &mut Option<i64>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Choice(c) => Some(c.id),
        Value::User(u) => Some(u.id),
        Value::Customer(c) => Some(c.id),
        Value::Contact(c) => Some(c.id),
        Value::Link(l) => Some(l.id),
        _ => return Err(wrong("reference")),
    };
    Ok(())
}

/// A reference that every record of the kind has.
pub fn set_id(slot: &mut i64, value: &Value) -> Result<(), Fault> {
    let mut id = None;
    set_ref(&mut id, value)?;
    *slot = id.unwrap_or(0);
    Ok(())
}

/// A day; absent clears.
pub fn set_date(slot: &mut String, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => String::new(),
        Value::Date(day) => day.to_string(),
        _ => return Err(wrong("date")),
    };
    Ok(())
}

/// An amount of money; absent clears.
pub fn set_money(slot: &mut Option<i64>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Money(amount) => Some(*amount),
        _ => return Err(wrong("amount")),
    };
    Ok(())
}

/// A point in time that every record of the kind has; absent leaves it to the server.
pub fn set_at(slot: &mut i64, value: &Value) -> Result<(), Fault> {
    let mut at = None;
    set_time(&mut at, value)?;
    *slot = at.unwrap_or(0);
    Ok(())
}

/// A small whole number.
pub fn set_int32(slot: &mut Option<i32>, value: &Value) -> Result<(), Fault> {
    let mut wide = None;
    set_int(&mut wide, value)?;
    *slot =
        wide.map(i32::try_from).transpose().map_err(|_| Fault::OutOfRange(format!("{}..{}", i32::MIN, i32::MAX)))?;
    Ok(())
}

/// Yes or no.
pub fn set_flag(slot: &mut Option<bool>, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => None,
        Value::Flag(flag) => Some(*flag),
        _ => return Err(wrong("flag")),
    };
    Ok(())
}

/// One of a fixed set, as its number on the wire; absent clears.
pub fn set_fixed(items: &[FixedItem], slot: &mut i32, value: &Value) -> Result<(), Fault> {
    *slot = match value {
        Value::Absent => 0,
        Value::Fixed(index) => items.get(*index).ok_or_else(|| wrong("choice"))?.wire,
        _ => return Err(wrong("choice")),
    };
    Ok(())
}

// Conditions: from the values of a filter to the typed fields of the request.

/// Ids of references.
pub fn ids(values: &[Value]) -> Vec<i64> {
    values
        .iter()
        .filter_map(|v| match v {
            Value::Choice(c) => Some(c.id),
            Value::User(u) => Some(u.id),
            Value::Customer(c) => Some(c.id),
            Value::Contact(c) => Some(c.id),
            Value::Link(l) => Some(l.id),
            _ => None,
        })
        .collect()
}

/// Whether a filter asks for what has nothing there.
pub fn is_none(values: &[Value]) -> bool {
    matches!(values, [Value::Absent])
}

/// The two ends of a range of days, both included; empty where it is open.
pub fn days(values: &[Value]) -> (String, String) {
    let end = |value: Option<&Value>| match value {
        Some(Value::Date(day)) => day.to_string(),
        _ => String::new(),
    };
    (end(values.first()), end(values.get(1)))
}

/// The two ends of a range of numbers or amounts, both included.
pub fn numbers(values: &[Value]) -> (Option<i64>, Option<i64>) {
    let end = |value: Option<&Value>| match value {
        Some(Value::Int(n) | Value::Money(n)) => Some(*n),
        _ => None,
    };
    (end(values.first()), end(values.get(1)))
}

/// Ids of references; 0 stands for none.
pub fn ids_or_none(values: &[Value]) -> Vec<i64> {
    let none = values.contains(&Value::Absent).then_some(0);
    ids(values).into_iter().chain(none).collect()
}

/// Numbers of stars; 0 stands for "not specified".
pub fn star_numbers(values: &[Value]) -> Vec<i32> {
    values
        .iter()
        .filter_map(|v| match v {
            Value::Stars(n) => Some(i32::from(*n)),
            Value::Absent => Some(0),
            _ => None,
        })
        .collect()
}

/// The two ends of a range of times.
pub fn range(values: &[Value]) -> (Option<i64>, Option<i64>) {
    let end = |value: Option<&Value>| match value {
        Some(Value::Time(at)) => Some(*at),
        _ => None,
    };
    (end(values.first()), end(values.get(1)))
}

/// The first text.
pub fn first_text(values: &[Value]) -> String {
    match values.first() {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The number on the wire of the first item of a fixed set.
pub fn first_wire(items: &[FixedItem], values: &[Value]) -> i32 {
    match values.first() {
        Some(Value::Fixed(index)) => items.get(*index).map_or(0, |i| i.wire),
        _ => 0,
    }
}
