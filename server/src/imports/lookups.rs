//! What the cells of a batch name: dictionary entries, people and customers, each looked up once a batch.

use std::collections::HashMap;

use super::matching;
use crate::{
    authz::Actor,
    db::{Tx, params},
    dictionary,
    error::Result,
    users,
};

/// A dictionary entry that a cell names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It is there.
    Is(i64),
    /// It was there and is retired: neither offered nor to be added again.
    Retired,
    /// It is not there.
    Missing,
}

/// The look-ups of one batch, which is one transaction.
#[derive(Debug, Default)]
pub struct Lookups {
    choices: HashMap<(&'static str, String), Choice>,
    users: HashMap<String, Vec<i64>>,
    customers: HashMap<String, Vec<i64>>,
    added: Vec<(&'static str, String)>,
}

impl Lookups {
    /// The entry of a type by its value or either text.
    pub fn choice(&mut self, tx: &Tx<'_>, kind: &'static str, text: &str) -> Result<Choice> {
        let key = (kind, text.to_owned());
        if let Some(known) = self.choices.get(&key) {
            return Ok(*known);
        }
        let choice = match dictionary::store::find(tx, kind, text)? {
            Some(id) => Choice::Is(id),
            None if is_retired(tx, kind, text)? => Choice::Retired,
            None => Choice::Missing,
        };
        self.choices.insert(key, choice);
        Ok(choice)
    }

    /// Notes an entry that the row under way has added.
    pub fn add_choice(&mut self, kind: &'static str, text: &str, id: i64) {
        self.choices.insert((kind, text.to_owned()), Choice::Is(id));
        self.added.push((kind, text.to_owned()));
    }

    /// The row under way is written, or taken back and with it the entries that it added.
    pub fn settle(&mut self, written: bool) {
        for key in self.added.drain(..) {
            if !written {
                self.choices.remove(&key);
            }
        }
    }

    /// The active people of an account or display name.
    pub fn users(&mut self, tx: &Tx<'_>, text: &str) -> Result<&[i64]> {
        if !self.users.contains_key(text) {
            self.users.insert(text.to_owned(), users::store::find(tx, text)?);
        }
        Ok(self.users.get(text).map(Vec::as_slice).unwrap_or_default())
    }

    /// The customers of a number, external id or name that this person may see.
    pub fn customers(&mut self, tx: &Tx<'_>, actor: &Actor, text: &str) -> Result<&[i64]> {
        if !self.customers.contains_key(text) {
            self.customers.insert(text.to_owned(), matching::customers_named(tx, actor, text)?);
        }
        Ok(self.customers.get(text).map(Vec::as_slice).unwrap_or_default())
    }
}

fn is_retired(tx: &Tx<'_>, kind: &str, text: &str) -> Result<bool> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM dictionary_item
                        WHERE type = ?1 AND deleted_at IS NULL AND active = 0
                          AND (zh = ?2 OR value = ?2 OR (en <> '' AND lower(en) = lower(?2))))",
        params![kind, text],
        |row| row.get(0),
    )
}
