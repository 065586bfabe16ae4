//! Interactions: the rules, pure (§3.5, D4).

use crate::{
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    value::Value,
};

/// The writable fields. The position of a field is also its bit in `missing`.
pub const FIELDS: &[Field] = &[
    Field::new("customer_id", Shape::Customer),
    Field::new("at", Shape::Time),
    Field::new("contact_id", Shape::Contact),
    Field::new("channel_id", Shape::Choice("channel")),
    Field::new("place", Shape::Line(200)),
    Field::new("title", Shape::Line(500)),
    Field::new("detail", Shape::Text(2_000)),
    Field::new("memo", Shape::Text(300)),
    Field::new("next_contact_at", Shape::Time),
    Field::new("external_id", Shape::Line(100)),
];

/// The shipped channels at which people meet somewhere, so that a place is asked for (会议, 上门).
const AT_A_PLACE: [&str; 2] = ["meeting", "visit"];

/// Whether a channel asks for a place.
pub fn needs_place(channel: Option<&str>) -> bool {
    channel.is_some_and(|value| AT_A_PLACE.contains(&value))
}

/// Checks a new interaction: a title always; a place for meetings and visits if a form was filled by hand (D4); the
/// next contact not before the interaction.
///
/// # Errors
/// `VALIDATION`.
pub fn check_new(values: &[(&'static str, Value)], channel: Option<&str>, full_form: bool) -> Result<()> {
    let empty = |column: &str| value_of(values, column).is_none_or(Value::is_empty);
    let mut faults = Vec::new();
    if empty("title") {
        faults.push(Violation::new("title", Fault::Required));
    }
    if full_form && needs_place(channel) && empty("place") {
        faults.push(Violation::new("place", Fault::Required));
    }
    faults.extend(order_fault(|column| value_of(values, column).cloned().unwrap_or_default()));
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks an edit against the merged record: the customer stays, title and time are never emptied, a place that a
/// channel asks for neither.
///
/// # Errors
/// `VALIDATION`.
pub fn check_edit(
    before: impl Fn(&str) -> Value,
    values: &[(&'static str, Value)],
    channel: Option<&str>,
) -> Result<()> {
    let mut faults = Vec::new();
    if value_of(values, "customer_id").is_some_and(|id| *id != before("customer_id")) {
        faults.push(Violation::new("customer_no", Fault::NotWritable));
    }
    for column in ["title", "at"] {
        // A time of 0 is none.
        if value_of(values, column).is_some_and(|value| value.is_empty() || *value == Value::Int(0)) {
            faults.push(Violation::new(column, Fault::Required));
        }
    }
    let after = |column: &str| value_of(values, column).cloned().unwrap_or_else(|| before(column));
    let touched = value_of(values, "place").is_some() || value_of(values, "channel_id").is_some();
    if touched && needs_place(channel) && after("place").is_empty() && !before("place").is_empty() {
        faults.push(Violation::new("place", Fault::Required));
    }
    if value_of(values, "at").is_some() || value_of(values, "next_contact_at").is_some() {
        faults.extend(order_fault(after));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

fn order_fault(value: impl Fn(&str) -> Value) -> Option<Violation> {
    let (at, next) = (value("at").int()?, value("next_contact_at").int()?);
    (next < at).then(|| Violation::new("next_contact_at", Fault::OutOfRange(at, i64::MAX)))
}

/// What is missing: the place of a meeting or visit.
pub fn missing(channel: Option<&str>, place_is_empty: bool) -> i64 {
    let bit = FIELDS.iter().position(|field| field.column == "place").map_or(0, |bit| 1 << bit);
    if needs_place(channel) && place_is_empty { bit } else { 0 }
}

/// The names of the fields in a set of bits.
pub fn missing_names(bits: i64) -> Vec<String> {
    crate::fields::names(FIELDS, bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D4
    #[test]
    fn a_place_is_asked_for_at_meetings_and_visits_only() {
        let title = vec![("title", Value::from("报价"))];
        assert!(check_new(&title, Some("phone"), true).is_ok());
        assert!(check_new(&title, Some("visit"), true).is_err());
        assert!(check_new(&title, Some("visit"), false).is_ok(), "an import needs only the title");
        let mut placed = title;
        placed.push(("place", "客户办公室".into()));
        assert!(check_new(&placed, Some("meeting"), true).is_ok());
    }

    #[test]
    fn the_next_contact_is_not_before_the_interaction() {
        let values =
            |next| vec![("title", Value::from("x")), ("at", Value::Int(10)), ("next_contact_at", Value::Int(next))];
        assert!(check_new(&values(10), None, true).is_ok());
        assert!(check_new(&values(9), None, true).is_err());
    }

    #[test]
    fn an_edit_keeps_the_customer_and_the_title() {
        let before = |column: &str| if column == "customer_id" { Value::Int(1) } else { Value::Null };
        assert!(check_edit(before, &[("customer_id", Value::Int(2))], None).is_err());
        assert!(check_edit(before, &[("title", "".into())], None).is_err());
        assert!(check_edit(before, &[("memo", "".into())], None).is_ok());
    }
}
