//! The value of one audited column, on its way between a request, the rules, the store and the audit log.

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde_json::Value as Json;

/// What a column can hold. Flags and times are integers; money is ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing there.
    #[default]
    Null,
    /// A number, an id, a time, a flag.
    Int(i64),
    /// Text; empty text is "nothing there" for a person.
    Text(String),
}

impl Value {
    /// Nothing there, for a person.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Int(_) => false,
            Self::Text(text) => text.is_empty(),
        }
    }

    /// The number, if it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// The text; empty if it is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Null | Self::Int(_) => "",
        }
    }

    /// As the audit log keeps it.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Int(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    /// Back from the audit log.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Number(number) => number.as_i64().map_or(Self::Null, Self::Int),
            Json::String(text) => Self::Text(text.clone()),
            _ => Self::Null,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl FromSql for Value {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Int(number),
            other => Self::Text(other.as_str()?.to_owned()),
        })
    }
}
