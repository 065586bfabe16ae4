//! Input messages as columns: each field of an input message is named once, and becomes a column's value both ways.

use prost_types::FieldMask;

use crate::{
    error::{Error, Fault, Result},
    value::Value,
};

/// A type of a field in an input message.
pub trait Cell {
    /// As a column holds it.
    fn to_value(&self) -> Value;
}

impl Cell for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Cell for i32 {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Cell for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl Cell for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl<T: Cell> Cell for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Cell::to_value)
    }
}

/// An input message whose fields are columns of the same name.
pub trait Columns {
    /// All writable columns.
    const NAMES: &'static [&'static str];
    /// The values of all of them, in order.
    fn values(&self) -> Vec<(&'static str, Value)>;
}

/// Implements [`Columns`] by naming the fields.
#[macro_export]
macro_rules! columns {
    ($message:ty: $($field:ident),* $(,)?) => {
        impl $crate::rpc::mask::Columns for $message {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];
            fn values(&self) -> Vec<(&'static str, $crate::value::Value)> {
                vec![$((stringify!($field), $crate::rpc::mask::Cell::to_value(&self.$field))),*]
            }
        }
    };
}

/// The masked columns of an input message.
///
/// # Errors
/// `VALIDATION` for an empty mask or a name that is not a writable column.
pub fn masked<M: Columns>(input: &M, mask: Option<&FieldMask>) -> Result<Vec<(&'static str, Value)>> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.is_empty() {
        return Err(Error::field("update_mask", Fault::Required));
    }
    if let Some(unknown) = paths.iter().find(|path| !M::NAMES.contains(&path.as_str())) {
        return Err(Error::field(unknown.as_str(), Fault::NotWritable));
    }
    Ok(input.values().into_iter().filter(|(name, _)| paths.iter().any(|path| path == name)).collect())
}
