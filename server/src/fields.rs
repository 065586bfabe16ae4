//! Fields: what the value of a column must look like. One list a kind of record serves typed requests and imports.

use chrono::{Datelike as _, NaiveDate};

use crate::{
    error::{Error, Fault, Result, Violation},
    text,
    value::Value,
};

/// The shape of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line of text, at most so many characters.
    Line(usize),
    /// Lines of text.
    Text(usize),
    /// A telephone number as written; full width is folded.
    Phone(usize),
    /// An e-mail address.
    Email(usize),
    /// A unified social credit code (统一社会信用代码).
    Usc,
    /// A whole number within bounds.
    Int(i64, i64),
    /// One to five.
    Stars,
    /// One of a fixed set of numbers.
    OneOf(&'static [(i64, &'static [&'static str])]),
    /// An amount of money in ten-thousandths of the currency unit, within bounds.
    Money(i64, i64),
    /// A point in time.
    Time,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// An entry of this dictionary type.
    Choice(&'static str),
    /// A person.
    User,
    /// A customer; fixed once the record exists.
    Customer,
    /// A contact of the record's customer.
    Contact,
    /// A product.
    Product,
    /// An opportunity; fixed once the record exists.
    Opportunity,
}

/// A writable column: its name and shape.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The column.
    pub column: &'static str,
    /// What its value must look like.
    pub shape: Shape,
}

impl Field {
    /// A field.
    pub const fn new(column: &'static str, shape: Shape) -> Self {
        Self { column, shape }
    }
}

/// The latest time that a record may carry: the year 9999.
const LATEST: i64 = 253_402_300_799_999;

/// Scrubs, trims and checks values by their shape; references are checked by the store.
///
/// # Errors
/// `VALIDATION` with every field that does not fit.
pub fn clean(fields: &[Field], values: Vec<(&'static str, Value)>) -> Result<Vec<(&'static str, Value)>> {
    let mut faults = Vec::new();
    let mut cleaned = Vec::with_capacity(values.len());
    for (column, value) in values {
        let Some(field) = fields.iter().find(|field| field.column == column) else {
            faults.push(Violation::new(column, Fault::UnknownField));
            continue;
        };
        match clean_one(field.shape, value) {
            Ok(value) => cleaned.push((column, value)),
            Err(fault) => faults.push(Violation::new(crate::change::field_name(column), fault)),
        }
    }
    if faults.is_empty() { Ok(cleaned) } else { Err(Error::Validation(faults)) }
}

fn clean_one(shape: Shape, value: Value) -> Result<Value, Fault> {
    match (shape, value) {
        (Shape::Line(max), Value::Text(text)) => bounded(text::scrub(&text, false).into(), max),
        (Shape::Text(max), Value::Text(text)) => bounded(text::scrub(&text, true).into(), max),
        (Shape::Phone(max), Value::Text(text)) => phone(&text::narrow(&text::scrub(&text, false)), max),
        (Shape::Email(max), Value::Text(text)) => email(&text::narrow(&text::scrub(&text, false)), max),
        (Shape::Usc, Value::Text(text)) => usc(&text::narrow(&text::scrub(&text, false)).to_uppercase()),
        (Shape::Int(min, max) | Shape::Money(min, max), Value::Int(number)) => within(number, min, max),
        (Shape::Date, Value::Text(text)) => date(text::narrow(text.trim()).as_ref()),
        (Shape::Stars, Value::Int(number)) => within(number, 1, 5),
        (Shape::Time, Value::Int(number)) => within(number, 0, LATEST),
        (Shape::OneOf(items), Value::Int(number)) => match items.iter().any(|(item, _)| *item == number) {
            true => Ok(Value::Int(number)),
            false => Err(Fault::UnknownChoice(number.to_string())),
        },
        (
            Shape::Choice(_) | Shape::User | Shape::Customer | Shape::Contact | Shape::Product | Shape::Opportunity,
            Value::Int(id),
        ) => match id {
            0 => Ok(Value::Null),
            1.. => Ok(Value::Int(id)),
            _ => Err(Fault::UnknownReference(id.to_string())),
        },
        (Shape::Line(_) | Shape::Text(_) | Shape::Phone(_) | Shape::Email(_) | Shape::Usc, Value::Null) => {
            Ok(Value::Text(String::new()))
        }
        (Shape::OneOf(items), Value::Null) => Ok(items.first().map_or(Value::Null, |(first, _)| Value::Int(*first))),
        (_, Value::Null) => Ok(Value::Null),
        _ => Err(Fault::Malformed("value")),
    }
}

fn within(number: i64, min: i64, max: i64) -> Result<Value, Fault> {
    if (min..=max).contains(&number) { Ok(Value::Int(number)) } else { Err(Fault::OutOfRange(min, max)) }
}

/// A day that exists, from 1900 to 9999; none is NULL.
fn date(text: &str) -> Result<Value, Fault> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Fault::Malformed("date"))?;
    match (1900..=9999).contains(&day.year()) && text.len() == 10 {
        true => Ok(Value::Text(text.to_owned())),
        false => Err(Fault::Malformed("date")),
    }
}

fn bounded(text: String, max: usize) -> Result<Value, Fault> {
    if text.chars().count() > max { Err(Fault::TooLong(max)) } else { Ok(Value::Text(text)) }
}

/// A number has digits, and nothing but what people write around them.
fn phone(text: &str, max: usize) -> Result<Value, Fault> {
    let allowed = |c: char| c.is_ascii_digit() || " -+().,/;#*、；，转分机extEXT".contains(c);
    if !text.is_empty() && (!text.chars().all(allowed) || text.chars().filter(char::is_ascii_digit).count() < 3) {
        return Err(Fault::Malformed("phone"));
    }
    bounded(text.to_owned(), max)
}

fn email(text: &str, max: usize) -> Result<Value, Fault> {
    let well_formed = match text.rsplit_once('@') {
        Some((local, host)) => {
            !local.is_empty()
                && host.contains('.')
                && host.split('.').all(|part| !part.is_empty())
                && !text.contains(|c: char| c.is_whitespace() || c == ',')
        }
        None => text.is_empty(),
    };
    if well_formed { bounded(text.to_owned(), max) } else { Err(Fault::Malformed("email")) }
}

/// 18 characters with a check digit (GB 32100-2015).
fn usc(text: &str) -> Result<Value, Fault> {
    const DIGITS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    if text.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    let digits = text.chars().map(|c| DIGITS.find(c)).collect::<Option<Vec<_>>>().unwrap_or_default();
    let (Some((check, body)), 18) = (digits.split_last(), digits.len()) else { return Err(Fault::Malformed("usc")) };
    let sum: usize = body.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    if (31 - sum % 31) % 31 == *check { Ok(Value::Text(text.to_owned())) } else { Err(Fault::Malformed("usc")) }
}

/// The value of a column among cleaned values.
pub fn value_of<'v>(values: &'v [(&'static str, Value)], column: &str) -> Option<&'v Value> {
    values.iter().find(|(name, _)| *name == column).map(|(_, value)| value)
}

/// The names, as people read them, of the fields whose bits are set; a field's position is its bit.
pub fn names(fields: &[Field], bits: i64) -> Vec<String> {
    let is_set = |(bit, _): &(usize, &Field)| bits & 1 << bit != 0;
    fields
        .iter()
        .enumerate()
        .filter(is_set)
        .map(|(_, field)| crate::change::field_name(field.column).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(shape: Shape, text: &str) -> Result<Value, Fault> {
        clean_one(shape, Value::Text(text.into()))
    }

    /// D3
    #[test]
    fn a_unified_social_credit_code_is_taken_only_with_the_right_check_digit() {
        assert_eq!(one(Shape::Usc, "91350100m000100y43"), Ok(Value::Text("91350100M000100Y43".into())));
        assert_eq!(one(Shape::Usc, "91350100M000100Y44"), Err(Fault::Malformed("usc")));
        assert_eq!(one(Shape::Usc, "91350100M000100Y4"), Err(Fault::Malformed("usc")));
        assert_eq!(one(Shape::Usc, ""), Ok(Value::Text(String::new())));
    }

    #[test]
    fn phones_and_addresses_are_folded_from_full_width_and_checked() {
        assert_eq!(one(Shape::Phone(50), "０１０－８８６６"), Ok(Value::Text("010-8866".into())));
        assert_eq!(one(Shape::Phone(50), "call me"), Err(Fault::Malformed("phone")));
        assert_eq!(one(Shape::Email(50), "li＠crm.example"), Ok(Value::Text("li@crm.example".into())));
        for bad in ["li@", "@crm.example", "li@crm", "a b@crm.example"] {
            assert_eq!(one(Shape::Email(50), bad), Err(Fault::Malformed("email")), "{bad}");
        }
    }

    #[test]
    fn too_long_is_counted_in_characters_and_control_characters_are_gone() {
        assert_eq!(one(Shape::Line(3), "华盛科"), Ok(Value::Text("华盛科".into())));
        assert_eq!(one(Shape::Line(3), "华盛科技"), Err(Fault::TooLong(3)));
        assert_eq!(one(Shape::Line(9), "a\u{1b}[2Jb\u{202e}"), Ok(Value::Text("a[2Jb".into())));
    }

    #[test]
    fn every_bad_field_is_named_not_only_the_first() {
        let fields = [Field::new("tel", Shape::Phone(50)), Field::new("satisfaction", Shape::Stars)];
        let answer = clean(&fields, vec![("tel", "x".into()), ("satisfaction", Value::Int(6)), ("hack", Value::Null)]);
        let Err(Error::Validation(faults)) = answer else { panic!("taken: {answer:?}") };
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
