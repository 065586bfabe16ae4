//! The search indexes: any fragment of a name, pinyin, numbers and phones, fast at a million records of a kind. There is
//! one of customers ([`CUSTOMERS`]) and one of opportunities ([`OPPORTUNITIES`]); an [`Index`] is the statements of one.
//!
//! A record has one *document*: its folded name, number, external id, further words (a customer's contacts, an
//! opportunity's title and contact) and phones, a line each ([`Document`], tables `…_search`). Whether a query matches,
//! and how well, is a pure function of the query and the document ([`Query::rank`]). The tables `…_gram` (FTS5) only
//! narrow: from the grams of a query they give a list of ids that holds every match, and some that are none; each is then
//! tested by its document. So a wrong gram can cost time or lose a hit, but never shows a wrong one.
//!
//! How a list uses it:
//!
//! - In the transaction of every change to what a record is found by, call [`Index::put`] with all of it (a slice puts
//!   this off to the commit by [`Tx::defer`]). It compares documents and writes only if one changed. A record in the
//!   recycle bin stays in the index (its list searches too; the others' conditions exclude it), a customer's deleted
//!   contacts do not; [`Index::remove`] is for rows that really go.
//! - [`Query::parse`] answers none if the text holds nothing that can be searched: then there is no search.
//! - [`Query::page`] takes the list's [`Walk`](super::list::Walk) and a [`Position`](super::list::Position) and answers
//!   a [`Slice`](super::list::Slice), as the list itself would. The parts of the list are the ranks ([`Rank`]): exact
//!   hits, names that begin with the text or its pinyin, names with these initials, the rest; within a part the list's
//!   own order. Every match comes once. A page with a position may be short, or even empty: ask on.
//! - [`Query::count`] is for the total.
//!
//! How a page is found (`page.rs`): up to [`FEW`] candidates are all tested and sorted, and the matches remembered for
//! the pages to come (`memory.rs`). Words that are more frequent go part by part; each part has its own gram, so exact
//! hits and prefixes of a common word are found directly. Of up to [`MANY`] candidates of a part, a list by name tests
//! the next ones in order, for where each stands among all names is known in memory (`places.rs`); a list in another
//! order walks its index and tests only rows among them. Where there are more, every row of the index is tested, for hits
//! are dense there. In a list by name, names that begin alike lie together, so their parts cover only those stretches of
//! the order. Nothing ever sorts or loads all hits of a common word.

mod grams;
mod memory;
mod page;
mod places;
mod query;
#[cfg(test)]
mod tests;

use rusqlite::{Connection, params};

pub(super) use self::places::Building;
pub use self::{
    memory::Memory,
    query::{Query, Rank},
};
use super::Tx;
use crate::{
    error::Result,
    text::{phones, squeeze},
};

/// Up to so many candidates are tested and sorted at once. (In unit tests a few thousand rows take every way.)
pub const FEW: usize = if cfg!(test) { 50 } else { 1_000 };
/// Up to so many candidates are worth a look-up for each row walked; where there are more, hits are dense.
pub const MANY: usize = if cfg!(test) { 400 } else { 20_000 };

/// What a record is found by, as stored; folding is done here.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The record's number.
    pub number: &'a str,
    /// The customer's name.
    pub name: &'a str,
    /// Its id in another system, empty if none.
    pub external_id: &'a str,
    /// Fields with phone and fax numbers, several in one allowed.
    pub phones: &'a [String],
    /// Name and phone fields of each live contact; of an opportunity its title and its contact.
    pub contacts: &'a [(String, Vec<String>)],
}

impl Document<'_> {
    /// The lines of the folded document. Within a line, a tab keeps a fragment from reaching over two entries.
    fn fold(&self) -> String {
        let mut keys = Vec::new();
        for field in self.phones.iter().chain(self.contacts.iter().flat_map(|(_, fields)| fields)) {
            keys.extend(phones(field));
        }
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        let contacts: Vec<String> = self.contacts.iter().map(|(name, _)| squeeze(name)).collect();
        let contacts = contacts.join("\t");
        [squeeze(self.name), squeeze(self.number), squeeze(self.external_id), contacts, keys.join("\t")].join("\n")
    }
}

/// The lines of a folded document.
#[derive(Debug, Clone, Copy)]
struct Lines<'d> {
    name: &'d str,
    number: &'d str,
    external_id: &'d str,
    contacts: &'d str,
    phones: &'d str,
    /// All but the phones: what a fragment of text is looked for in.
    text: &'d str,
}

impl<'d> Lines<'d> {
    fn of(doc: &'d str) -> Self {
        let (text, phones) = doc.rsplit_once('\n').unwrap_or((doc, ""));
        let mut lines = text.splitn(4, '\n');
        let mut next = || lines.next().unwrap_or_default();
        Self { name: next(), number: next(), external_id: next(), contacts: next(), phones, text }
    }
}

/// The search index of one kind of record: its statements, all literals.
#[derive(Debug)]
pub struct Index {
    doc: &'static str,
    key: &'static str,
    insert_doc: &'static str,
    update_doc: &'static str,
    delete_doc: &'static str,
    last_doc: &'static str,
    find: &'static str,
    insert: &'static str,
    delete: &'static str,
    merge: &'static str,
    /// The live records behind a name and an id, by name.
    by_name: &'static str,
    /// What a list of all live records reads from.
    all: &'static str,
    /// The table of its grams.
    grams: &'static str,
    /// The column that holds [`name_key`](crate::text::name_key), in the words of the kind's list.
    name_key: &'static str,
}

macro_rules! index {
    ($records:literal, $short:literal, $docs:literal, $key:literal, $grams:literal) => {
        Index {
            doc: concat!("SELECT doc FROM ", $docs, " WHERE ", $key, " = ?1"),
            key: concat!("SELECT name_key FROM ", $records, " WHERE id = ?1"),
            insert_doc: concat!("INSERT INTO ", $docs, " (", $key, ", doc) VALUES (?1, ?2)"),
            update_doc: concat!("UPDATE ", $docs, " SET doc = ?2 WHERE ", $key, " = ?1"),
            delete_doc: concat!("DELETE FROM ", $docs, " WHERE ", $key, " = ?1"),
            last_doc: concat!("SELECT COALESCE(MAX(", $key, "), 0) FROM ", $docs),
            find: concat!("SELECT rowid FROM ", $grams, " WHERE ", $grams, " MATCH ?1 LIMIT ?2"),
            insert: concat!("INSERT INTO ", $grams, " (rowid, grams) VALUES (?1, ?2)"),
            delete: concat!("INSERT INTO ", $grams, " (", $grams, ", rowid, grams) VALUES ('delete', ?1, ?2)"),
            merge: concat!("INSERT INTO ", $grams, " (", $grams, ", rank) VALUES ('merge', ?1)"),
            by_name: concat!(
                "SELECT id, name_key FROM ",
                $records,
                " WHERE deleted_at IS NULL AND (name_key, id) > (?1, ?2) ORDER BY name_key, id LIMIT ?3"
            ),
            all: concat!("FROM ", $records, " ", $short, " WHERE ", $short, ".deleted_at IS NULL"),
            grams: $grams,
            name_key: concat!($short, ".name_key"),
        }
    };
}

/// Customers: by name, number, external id, phones, and their contacts' names and phones.
pub static CUSTOMERS: Index = index!("customer", "c", "customer_search", "customer_id", "customer_gram");
/// Opportunities: by the customer's name, number, external id, phone, contact and title.
pub static OPPORTUNITIES: Index =
    index!("opportunity", "o", "opportunity_search", "opportunity_id", "opportunity_gram");

impl Index {
    /// Puts a record into the index, or brings it up to date there; writes nothing if nothing changed.
    ///
    /// # Errors
    /// The database's.
    pub fn put(&self, tx: &Tx<'_>, id: i64, document: &Document<'_>) -> Result<()> {
        let doc = document.fold();
        let old: Option<String> = tx.query_opt(self.doc, [id], |row| row.get(0))?;
        let name = Lines::of(&doc).name;
        let mut ahead = None;
        if let Some((memory, _)) = tx.memory() {
            // A name of signs only leaves nothing in the document that could tell whether it is still the same.
            if name.is_empty() || old.as_ref().is_none_or(|old| Lines::of(old).name != name) {
                memory.places.forget(self.grams, id);
            }
            if old.as_ref() != Some(&doc) {
                memory.change(self.grams, id);
                ahead = memory.take(name);
            }
        }
        if old.as_ref() == Some(&doc) {
            return Ok(());
        }
        let mut grams = grams::of_document(&doc, ahead);
        let Some(old) = old else {
            tx.execute(self.insert_doc, params![id, doc])?;
            tx.execute(self.insert, params![id, grams.join(" ")])?;
            return Ok(());
        };
        tx.execute(self.update_doc, params![id, doc])?;
        // A change touches the grams that it changes, no others. The engine counts what it was given and what was taken
        // back, so that each deletion has an insertion behind it, be it of nothing.
        let mut gone = grams::of_document(&old, None);
        let same: Vec<String> = grams.extract_if(.., |gram| gone.binary_search(gram).is_ok()).collect();
        gone.retain(|gram| same.binary_search(gram).is_err());
        if !gone.is_empty() {
            tx.execute(self.delete, params![id, gone.join(" ")])?;
        }
        if !gone.is_empty() || !grams.is_empty() {
            tx.execute(self.insert, params![id, grams.join(" ")])?;
        }
        Ok(())
    }

    /// Takes a record out of the index; nothing happens if it is not there.
    ///
    /// # Errors
    /// The database's.
    pub fn remove(&self, tx: &Tx<'_>, id: i64) -> Result<()> {
        let doc: Option<String> = tx.query_opt(self.doc, [id], |row| row.get(0))?;
        if let Some(doc) = doc {
            tx.execute(self.delete_doc, [id])?;
            tx.execute(self.delete, params![id, grams::of_document(&doc, None).join(" ")])?;
        }
        Ok(())
    }

    /// Has all segments of the index become one, little by little, if an import has written a good part of it.
    ///
    /// # Errors
    /// The database's.
    pub fn gather(&self, tx: &Tx<'_>, written: i64) -> Result<()> {
        let last: i64 = tx.query_one(self.last_doc, [], |row| row.get(0))?;
        if written < last / GATHERED {
            return Ok(());
        }
        tx.execute(self.merge, [-TENDED])?;
        if let Some((memory, _)) = tx.memory() {
            memory.disturb();
        }
        Ok(())
    }
}

/// The index is written anew if at least one in so many of its records was.
const GATHERED: i64 = 8;
/// Pages of an index that are written in one go when its segments are merged.
const TENDED: i64 = 48;

/// Merges some of the indexes' segments, in a transaction of its own: each is a list more that a search reads. Answers
/// whether there may be more to merge.
///
/// # Errors
/// The database's.
pub(super) fn tend(conn: &Connection) -> rusqlite::Result<bool> {
    for index in [&CUSTOMERS, &OPPORTUNITIES] {
        let before = conn.total_changes();
        conn.prepare_cached(index.merge)?.execute([TENDED])?;
        // The engine's own sign that nothing was left to do.
        if conn.total_changes().saturating_sub(before) >= 2 {
            return Ok(true);
        }
    }
    Ok(false)
}
