//! What was typed and not saved. Values only, so that it can be written to a file as it is.

use serde::{Deserialize, Serialize};

/// Which form a draft belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DraftKey {
    /// Something new of a kind, at a customer (0: none).
    New(i32, i64),
    /// A record.
    Edit(i32, i64),
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// When it was kept.
    pub at: i64,
    /// The revision that was being edited; 0 for something new.
    pub revision: i64,
    /// Its fields.
    pub fields: Vec<DraftField>,
}

/// One field of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftField {
    /// 1: of the first contact.
    pub section: u8,
    /// The field's name.
    pub name: String,
    /// What was there.
    pub value: DraftValue,
}

/// A value of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DraftValue {
    /// As it was typed.
    Text(String),
    /// Stars, 0 for none.
    Stars(u8),
    /// Of a fixed set.
    Index(Option<usize>),
    /// Yes or no.
    Flag(bool),
    /// Something picked: id and both names.
    Picked(i64, String, String),
    /// Nothing picked.
    Nothing,
}
