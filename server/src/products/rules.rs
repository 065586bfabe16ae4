//! Products: the rules, pure (§3.7).

use crate::{
    error::{Error, Fault, Result},
    fields::{Field, Shape, value_of},
    opportunities::rules::MOST_MONEY,
    value::Value,
};

/// Offered or retired.
const ACTIVE: &[(i64, &[&str])] = &[(1, &["active", "yes", "在售", "是"]), (0, &["retired", "no", "停售", "否"])];

/// The writable fields.
pub const FIELDS: &[Field] = &[
    Field::new("name", Shape::Line(200)),
    Field::new("model", Shape::Line(100)),
    Field::new("batch", Shape::Line(100)),
    Field::new("unit", Shape::Line(10)),
    Field::new("price", Shape::Money(0, MOST_MONEY)),
    Field::new("memo", Shape::Line(200)),
    Field::new("active", Shape::OneOf(ACTIVE)),
    Field::new("external_id", Shape::Line(100)),
];

/// Checks a new or changed product: it has a name.
///
/// # Errors
/// `VALIDATION`.
pub fn check(values: &[(&'static str, Value)], new: bool) -> Result<()> {
    let name = value_of(values, "name");
    match name.is_some_and(Value::is_empty) || (new && name.is_none()) {
        true => Err(Error::field("name", Fault::Required)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_a_name() {
        assert!(check(&[("name", "传感器".into())], true).is_ok());
        assert!(check(&[("model", "S1".into())], true).is_err());
        assert!(check(&[("name", "".into())], false).is_err());
        assert!(check(&[("model", "S1".into())], false).is_ok());
    }
}
