//! Dictionary entries: the rules, pure (§3.10, §5.6).

use crate::{
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    value::Value,
};

const YES_NO: &[(i64, &[&str])] = &[(1, &["yes", "是"]), (0, &["no", "否"])];

/// The writable fields.
pub const FIELDS: &[Field] = &[
    Field::new("type", Shape::Line(50)),
    Field::new("value", Shape::Line(50)),
    Field::new("zh", Shape::Line(50)),
    Field::new("en", Shape::Line(50)),
    Field::new("position", Shape::Int(0, 1_000_000)),
    Field::new("active", Shape::OneOf(YES_NO)),
];

/// Checks a new entry: type, value and text are mandatory.
///
/// # Errors
/// `VALIDATION` with the empty fields.
pub fn check_new(values: &[(&'static str, Value)]) -> Result<()> {
    let empty = ["type", "value", "zh"].into_iter().filter(|c| value_of(values, c).is_none_or(Value::is_empty));
    let faults: Vec<_> = empty.map(|column| Violation::new(column, Fault::Required)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks an edit: an entry that is not editable keeps its value and cannot be retired, for code may depend on it; its
/// texts and its place are free. A type is never changed.
///
/// # Errors
/// `NOT_EDITABLE`, `VALIDATION`.
pub fn check_edit(editable: bool, values: &[(&'static str, Value)]) -> Result<()> {
    if value_of(values, "type").is_some() {
        return Err(Error::field("type", Fault::NotWritable));
    }
    if !editable && values.iter().any(|(column, _)| matches!(*column, "value" | "active")) {
        return Err(Error::NotEditable);
    }
    let needed = ["value", "zh", "position"];
    let emptied = values.iter().filter(|(column, value)| needed.contains(column) && value.is_empty());
    let faults: Vec<_> = emptied.map(|(column, _)| Violation::new(*column, Fault::Required)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks a deletion: editable entries that nothing uses (§5.6).
///
/// # Errors
/// `NOT_EDITABLE`, `IN_USE`.
pub fn check_delete(editable: bool, used_by: Option<&str>) -> Result<()> {
    match used_by {
        _ if !editable => Err(Error::NotEditable),
        Some(by) => Err(Error::InUse(by.into())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// §3.10, §5.6
    #[test]
    fn a_fixed_entry_may_be_reworded_but_not_revalued_retired_or_deleted() {
        assert!(check_edit(false, &[("zh", "大客户群".into())]).is_ok());
        assert!(matches!(check_edit(false, &[("value", "9".into())]), Err(Error::NotEditable)));
        assert!(matches!(check_edit(false, &[("active", Value::Int(0))]), Err(Error::NotEditable)));
        assert!(matches!(check_delete(false, None), Err(Error::NotEditable)));
    }

    /// §5.6
    #[test]
    fn an_entry_in_use_is_not_deleted() {
        assert!(matches!(check_delete(true, Some("customer")), Err(Error::InUse(_))));
        assert!(check_delete(true, None).is_ok());
    }

    #[test]
    fn type_value_and_text_are_mandatory() {
        let Err(Error::Validation(faults)) = check_new(&[("type", "region".into())]) else { panic!("taken") };
        assert_eq!(faults.len(), 2);
    }
}
