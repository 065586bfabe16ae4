//! What the descriptors are made of: one line a field that says its name, label and input, and how it is read from the
//! reply and written into the input message. `fields`, columns, forms, JSON and import all come from that one line.

use std::mem::take;

use chrono::NaiveDate;
use rolo_proto::v1::{Action, Capability, Choice, ContactRef, CustomerRef, Duplicate, Kind, UserRef};

use super::{Changes, Field, FixedItem, Input, Link, Record, Value};
use crate::{
    data::{Failure, Fault},
    strings::Label,
};

/// Takes a field's value out of the reply.
pub type Get<M> = fn(&mut M) -> Value;
/// Puts a value into the input message; refuses one that the field cannot hold.
pub type Set<I> = fn(&mut I, &Value) -> Result<(), Fault>;

/// A field of the messages `M` (reply) and `I` (input).
pub struct Bound<M, I> {
    /// What everybody else sees of it.
    pub field: Field,
    get: Get<M>,
    set: Option<Set<I>>,
}

/// A field that is written as it is read.
pub const fn both<M, I>(field: Field, get: Get<M>, set: Set<I>) -> Bound<M, I> {
    Bound { field, get, set: Some(set) }
}

/// A field that is only read.
pub const fn read<M, I>(field: Field, get: Get<M>) -> Bound<M, I> {
    Bound { field, get, set: None }
}

/// The fields of a table, for [`super::Resource::fields`].
pub const fn fields_of<M, I, const N: usize>(table: &[Bound<M, I>; N]) -> [Field; N] {
    let mut fields = [table[0].field; N];
    let mut i = 1;
    while i < N {
        fields[i] = table[i].field;
        i += 1;
    }
    fields
}

/// The index of the field of this name; a name that is not there does not compile when used in a constant.
#[expect(clippy::panic, reason = "evaluated at compile time only")]
pub const fn at<const N: usize>(fields: &[Field; N], name: &str) -> usize {
    let mut i = 0;
    while i < N {
        if same(fields[i].name.as_bytes(), name.as_bytes()) {
            return i;
        }
        i += 1;
    }
    panic!("no field of this name")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

impl Field {
    /// A field that can be read; the rest is added by the methods below.
    pub const fn new(name: &'static str, en: &'static str, zh: &'static str, input: Input) -> Self {
        Self {
            name,
            aliases: &[],
            label: Label::new(en, zh),
            heading: None,
            input,
            wire: None,
            required: false,
            create_only: false,
            filter: false,
            filters_none: false,
            column: None,
            sort: None,
            needs: None,
        }
    }

    /// One line of text.
    pub const fn text(name: &'static str, en: &'static str, zh: &'static str, max: usize) -> Self {
        Self::new(name, en, zh, Input::Text { max })
    }

    /// Can be written, under this name in the update mask.
    pub const fn write(mut self, wire: &'static str) -> Self {
        self.wire = Some(wire);
        self
    }

    /// Other names that people and files use.
    pub const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// A shorter name for above a narrow column.
    pub const fn heading(mut self, en: &'static str, zh: &'static str) -> Self {
        self.heading = Some(Label::new(en, zh));
        self
    }

    /// ★
    pub const fn star(mut self) -> Self {
        self.required = true;
        self
    }

    /// Fixed once the record exists.
    pub const fn once(mut self) -> Self {
        self.create_only = true;
        self
    }

    /// Filters understand it.
    pub const fn filter(mut self) -> Self {
        self.filter = true;
        self
    }

    /// Filters understand it, and that nothing is there.
    pub const fn filter_or_none(mut self) -> Self {
        self.filter = true;
        self.filters_none = true;
        self
    }

    /// Offered as a column: smallest and wished width.
    pub const fn column(mut self, min: u16, wish: u16) -> Self {
        self.column = Some((min, wish));
        self
    }

    /// Forms offer it only to who may do this.
    pub const fn needs(mut self, capability: Capability) -> Self {
        self.needs = Some(capability);
        self
    }

    /// The server sorts by it; the letter after `s`.
    pub const fn sort(mut self, letter: char) -> Self {
        self.sort = Some(letter);
        self
    }
}

/// What a record has beside its fields.
pub struct Head {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: i64,
    /// Its revision.
    pub revision: i64,
    /// What it is called.
    pub label: String,
    /// What may be done with it.
    pub allowed: Vec<Action>,
    /// The operation that made this revision.
    pub operation_id: i64,
    /// What the server warns of.
    pub warnings: Vec<Duplicate>,
}

/// The record of a reply.
pub fn record<M, I>(table: &[Bound<M, I>], head: Head, mut message: M) -> Record {
    let values = table.iter().map(|bound| (bound.get)(&mut message)).collect();
    let Head { kind, id, revision, label, allowed, operation_id, warnings } = head;
    Record { kind, id, revision, label, allowed, values, operation_id, warnings }
}

/// The input message and update mask of some changes. All fields that cannot be written, or not with these values, are
/// told at once.
pub fn input<M, I: Default>(
    table: &[Bound<M, I>],
    changes: &Changes,
    creating: bool,
) -> Result<(I, Vec<String>), Failure> {
    let mut input = I::default();
    let mut mask = Vec::new();
    let mut failure = Failure::local(crate::data::Reason::Validation, "", "");
    for (index, value) in changes {
        let Some(bound) = table.get(*index) else { continue };
        let outcome = match (bound.set, bound.field.wire) {
            (Some(set), Some(wire)) if creating || !bound.field.create_only => {
                mask.push(wire.to_owned());
                set(&mut input, value)
            }
            _ => Err(Fault::NotWritable),
        };
        if let Err(fault) = outcome {
            failure.violations.push(crate::data::Violation { field: bound.field.name.to_owned(), fault });
        }
    }
    if failure.violations.is_empty() { Ok((input, mask)) } else { Err(failure) }
}

/// The message of the values seen, for merging; what cannot be written was not seen either.
pub fn seen<M, I: Default>(table: &[Bound<M, I>], seen: &Changes) -> Option<I> {
    if seen.is_empty() {
        return None;
    }
    let mut input = I::default();
    for (index, value) in seen {
        if let Some(set) = table.get(*index).and_then(|bound| bound.set) {
            // A value that came from the server fits its own field.
            let _ = set(&mut input, value);
        }
    }
    Some(input)
}

/// Actions of a reply that this client knows.
pub fn actions(numbers: &[i32]) -> Vec<Action> {
    numbers.iter().filter_map(|n| Action::try_from(*n).ok()).collect()
}

// Getters: from the message's types to values.

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

// Setters: from values to the message's types.

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
