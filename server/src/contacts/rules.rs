//! Contacts: the rules, pure (§3.4, D3).

use crate::{
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    value::Value,
};

/// 男, 女, or not said.
pub const SEXES: &[(i64, &[&str])] =
    &[(0, &["", "unknown", "未知"]), (1, &["male", "m", "男", "先生"]), (2, &["female", "f", "女", "女士"])];

/// The writable fields. The position of a field is also its bit in `missing`.
pub const FIELDS: &[Field] = &[
    Field::new("customer_id", Shape::Customer),
    Field::new("name", Shape::Line(50)),
    Field::new("sex", Shape::OneOf(SEXES)),
    Field::new("position", Shape::Line(50)),
    Field::new("office_tel", Shape::Phone(50)),
    Field::new("mobile", Shape::Phone(50)),
    Field::new("email", Shape::Email(100)),
    Field::new("wechat", Shape::Line(50)),
    Field::new("memo", Shape::Text(300)),
    Field::new("external_id", Shape::Line(100)),
];

/// The ways to reach a person, one of which must be there (D3).
pub const REACH: [&str; 4] = ["mobile", "office_tel", "wechat", "email"];
/// The same, for the refusal.
const REACH_WORDS: &str = "mobile,office_tel,wechat,email";

/// Which of position and a way to reach the person are missing: the badge 待完善.
pub fn missing(is_empty: impl Fn(&str) -> bool) -> i64 {
    let bit = |column: &str| FIELDS.iter().position(|field| field.column == column).map_or(0, |bit| 1 << bit);
    let position = if is_empty("position") { bit("position") } else { 0 };
    let reach = if REACH.iter().all(|column| is_empty(column)) { bit("mobile") } else { 0 };
    position | reach
}

/// The names of the fields in a set of bits.
pub fn missing_names(bits: i64) -> Vec<String> {
    crate::fields::names(FIELDS, bits)
}

/// Checks a new contact: a name always; a way to reach the person if a form was filled by hand (D1, D3).
///
/// # Errors
/// `VALIDATION`.
pub fn check_new(values: &[(&'static str, Value)], full_form: bool) -> Result<()> {
    let empty = |column: &str| value_of(values, column).is_none_or(Value::is_empty);
    let mut faults = Vec::new();
    if empty("name") {
        faults.push(Violation::new("name", Fault::Required));
    }
    if full_form && REACH.iter().all(|column| empty(column)) {
        faults.push(Violation::new("mobile", Fault::OneOf(REACH_WORDS)));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks an edit: the customer stays, the name is never emptied, the last way to reach the person neither (D1, D3).
///
/// # Errors
/// `VALIDATION`.
pub fn check_edit(before: impl Fn(&str) -> Value, values: &[(&'static str, Value)]) -> Result<()> {
    let mut faults = Vec::new();
    if value_of(values, "customer_id").is_some_and(|id| *id != before("customer_id")) {
        faults.push(Violation::new("customer_no", Fault::NotWritable));
    }
    if value_of(values, "name").is_some_and(Value::is_empty) {
        faults.push(Violation::new("name", Fault::Required));
    }
    let after = |column: &str| value_of(values, column).cloned().unwrap_or_else(|| before(column));
    let reachable_before = REACH.iter().any(|column| !before(column).is_empty());
    if reachable_before && REACH.iter().all(|column| after(column).is_empty()) {
        faults.push(Violation::new("mobile", Fault::OneOf(REACH_WORDS)));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D3
    #[test]
    fn a_form_asks_for_one_way_to_reach_the_person_and_an_import_only_for_the_name() {
        let name = vec![("name", Value::from("陈总"))];
        assert!(check_new(&name, false).is_ok());
        assert!(check_new(&name, true).is_err());
        for way in REACH {
            let mut reachable = name.clone();
            reachable.push((way, "13800000000".into()));
            assert!(check_new(&reachable, true).is_ok(), "{way}");
        }
    }

    /// D1, D3
    #[test]
    fn an_edit_never_takes_the_last_way_to_reach_a_person_nor_moves_them_to_another_customer() {
        let before = |column: &str| match column {
            "customer_id" => Value::Int(7),
            "mobile" => "13800000000".into(),
            _ => Value::from(""),
        };
        assert!(check_edit(before, &[("mobile", "".into())]).is_err());
        assert!(check_edit(before, &[("mobile", "".into()), ("wechat", "chen".into())]).is_ok());
        assert!(check_edit(before, &[("customer_id", Value::Int(8))]).is_err());
        assert!(check_edit(before, &[("name", "".into())]).is_err());
    }
}
