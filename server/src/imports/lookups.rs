//! What the cells of a batch name: dictionary entries, people, customers and products, each looked up once a batch.

use std::collections::HashMap;

use super::matching;
use crate::{
    authz::{Actor, Permission},
    db::{Tx, params},
    dictionary,
    error::{Fault, Result},
    products, users,
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

/// What a row may name and nobody has yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lacking {
    /// An entry of this dictionary type.
    Choice(&'static str),
    /// A product.
    Product,
    /// The account of somebody who had an opportunity.
    Account,
}

impl Lacking {
    /// As the API names it: the dictionary type, or the kind of record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Choice(kind) => kind,
            Self::Product => "product",
            Self::Account => "user",
        }
    }

    /// Who may add it. An account is added for those who are assigned something.
    pub fn right(self) -> Permission {
        match self {
            Self::Choice(_) => Permission::DictionaryAdd,
            Self::Product => Permission::ProductManage,
            Self::Account => Permission::OpportunityAssign,
        }
    }

    /// Why a row that names it is refused as long as nobody has it.
    pub fn fault(self, text: &str) -> Fault {
        match self {
            Self::Choice(_) => Fault::UnknownChoice(text.to_owned()),
            Self::Product | Self::Account => Fault::UnknownReference(text.to_owned()),
        }
    }

    /// The longest text that can be its name.
    pub fn longest(self) -> usize {
        match self {
            Self::Choice(_) | Self::Account => 50,
            Self::Product => 200,
        }
    }
}

/// The look-ups of one batch, which is one transaction.
#[derive(Debug, Default)]
pub struct Lookups {
    choices: HashMap<(&'static str, String), Choice>,
    users: HashMap<String, Vec<i64>>,
    customers: HashMap<String, Vec<i64>>,
    /// People of any time, and products: what a row may add.
    accounts: HashMap<String, Vec<i64>>,
    products: HashMap<String, Vec<i64>>,
    added: Vec<(Lacking, String)>,
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

    /// What a text names, among what a row may add.
    pub fn added(&mut self, tx: &Tx<'_>, what: Lacking, text: &str) -> Result<Option<i64>> {
        Ok(match what {
            Lacking::Choice(kind) => match self.choice(tx, kind, text)? {
                Choice::Is(id) => Some(id),
                Choice::Retired | Choice::Missing => None,
            },
            // Asked anew: a row since may have added it in other letters.
            Lacking::Product => products::store::find(tx, text)?.first().copied(),
            Lacking::Account => users::store::find_ever(tx, text)?.first().copied(),
        })
    }

    /// Notes what the row under way has added.
    pub fn add(&mut self, what: Lacking, text: &str, id: i64) {
        match what {
            Lacking::Choice(kind) => drop(self.choices.insert((kind, text.to_owned()), Choice::Is(id))),
            Lacking::Product => drop(self.products.insert(text.to_owned(), vec![id])),
            Lacking::Account => drop(self.accounts.insert(text.to_owned(), vec![id])),
        }
        self.added.push((what, text.to_owned()));
    }

    /// The row under way is written, or taken back and with it what it added.
    pub fn settle(&mut self, written: bool) {
        for (what, text) in self.added.drain(..).filter(|_| !written) {
            match what {
                Lacking::Choice(kind) => drop(self.choices.remove(&(kind, text))),
                Lacking::Product => drop(self.products.remove(&text)),
                Lacking::Account => drop(self.accounts.remove(&text)),
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

    /// The people of an account or display name, disabled ones where no active one is called so.
    pub fn accounts(&mut self, tx: &Tx<'_>, text: &str) -> Result<&[i64]> {
        if !self.accounts.contains_key(text) {
            self.accounts.insert(text.to_owned(), users::store::find_ever(tx, text)?);
        }
        Ok(self.accounts.get(text).map(Vec::as_slice).unwrap_or_default())
    }

    /// The products of an external id or name.
    pub fn products(&mut self, tx: &Tx<'_>, text: &str) -> Result<&[i64]> {
        if !self.products.contains_key(text) {
            self.products.insert(text.to_owned(), products::store::find(tx, text)?);
        }
        Ok(self.products.get(text).map(Vec::as_slice).unwrap_or_default())
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
