//! What the descriptors are made of: one line a field that says its name, label and input, and how it is read from the
//! reply and written into the input message. `fields`, columns, forms, JSON and import all come from that one line.

mod from_wire;
mod to_wire;

use rolo_proto::v1::{Action, Capability, Duplicate, Kind};

pub use self::{
    from_wire::{choice, contact, customer, date, fixed, int, link, list, money, several, stars, text, time, user},
    to_wire::{
        days, first_text, first_wire, ids, ids_or_none, is_none, numbers, range, set_at, set_date, set_fixed, set_flag,
        set_id, set_int, set_int32, set_money, set_ref, set_stars, set_text, set_time, star_numbers,
    },
};
use super::{Changes, Field, Input, Record, Value};
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
