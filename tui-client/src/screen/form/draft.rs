//! What was typed and not saved. Values only, so that it can be written to a file as it is.

use serde::{Deserialize, Serialize};

use super::FormScreen;
use crate::{app::shared::Shared, resource::Value};

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

impl FormScreen {
    pub(super) fn key_of_draft(&self) -> DraftKey {
        match &self.record {
            Some(record) => DraftKey::Edit(self.kind as i32, record.id),
            None => {
                let customer =
                    self.given.iter().find_map(|(_, v)| if let Value::Customer(c) = v { Some(c.id) } else { None });
                DraftKey::New(self.kind as i32, customer.unwrap_or(0))
            }
        }
    }

    pub(super) fn keep_draft(&self, sh: &mut Shared) {
        if !self.touched {
            return;
        }
        let fields = self.items.iter().map(|item| DraftField {
            section: u8::from(item.contact),
            name: self.field_of(item).name.to_owned(),
            value: item.editor.draft(),
        });
        let revision = self.record.as_ref().map_or(0, |r| r.revision);
        let draft = Draft { at: sh.now, revision, fields: fields.collect() };
        sh.drafts.insert(self.key_of_draft(), draft);
    }

    pub(super) fn restore(&mut self, draft: &Draft) {
        for i in 0..self.items.len() {
            let field = self.field_of(&self.items[i]);
            let contact = u8::from(self.items[i].contact);
            if let Some(kept) = draft.fields.iter().find(|f| f.section == contact && f.name == field.name) {
                self.items[i].editor.restore(field, &kept.value);
            }
        }
        self.touched = true;
    }

    pub(super) fn discard(&mut self, sh: &mut Shared) {
        sh.drafts.remove(&self.key_of_draft());
        self.fill_in(sh);
        self.touched = false;
        self.cursor = 0;
    }
}
