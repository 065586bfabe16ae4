//! What a database remembers of its searches while it is open: the candidates of frequent words, the matches of rare ones,
//! and the grams of names that are about to be written. Documents that change meanwhile are remembered too, so that what
//! is answered from here is what the index would answer.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Query, Rank, grams, places::Shelf};
use crate::{db::list::Position, error::Result, text::squeeze};

/// Names kept at most; those that never came to be written are forgotten then.
const NAMES: usize = 4_000;
/// Searches kept at most, and how long one must have taken to be worth it.
const SEARCHES: usize = 32;
const WORTH: Duration = Duration::from_micros(if cfg!(test) { 0 } else { 500 });
/// Changed documents that are kept; what was found before the oldest of them is looked for anew.
const CHANGES: usize = if cfg!(test) { 8 } else { 1_000 };

/// Of one database, shared by its writer and its readers.
#[derive(Debug, Default)]
pub struct Memory {
    cut: Mutex<HashMap<String, Vec<String>>>,
    untidy: AtomicBool,
    searched: Mutex<Searched>,
    /// Where the records stand in the order of names.
    pub(super) places: Shelf,
}

#[derive(Debug, Default)]
struct Searched {
    /// The last documents that were changed, and of which index, the newest last.
    changed: VecDeque<(&'static str, i64)>,
    /// How many were changed since the start, and how many of these before the last batch began.
    changes: u64,
    settled: u64,
    found: VecDeque<Found>,
    matched: VecDeque<Matched>,
}

/// What a search found.
#[derive(Debug, Clone)]
struct Found {
    index: &'static str,
    expression: String,
    limit: usize,
    /// All changes before this one are in it.
    mark: u64,
    ids: Arc<[i64]>,
}

/// What a search of few candidates came to.
#[derive(Debug, Clone)]
struct Matched {
    index: &'static str,
    query: Query,
    /// Those of this rank alone.
    only: Option<Rank>,
    mark: u64,
    matches: Matches,
}

/// The matches of a query, by part, [`name_key`](crate::text::name_key) and id.
pub(super) type Matches = Arc<[Position]>;

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// Cuts the grams of a name before it is put into the index, beside the writer. What it says depends on the name alone,
    /// so that it does no harm if the name is never written, or was already.
    pub fn prepare(&self, name: &str) {
        let name = squeeze(name);
        let grams = grams::of_name(&name);
        let mut cut = lock(&self.cut);
        if cut.len() >= NAMES {
            cut.clear();
        }
        cut.insert(name, grams);
    }

    /// The grams of a folded name, if they were cut.
    pub(super) fn take(&self, name: &str) -> Option<Vec<String>> {
        lock(&self.cut).remove(name)
    }

    /// The index has, or will have, segments to merge.
    pub(super) fn disturb(&self) {
        self.untidy.store(true, Ordering::Relaxed);
    }

    /// Whether the index has segments to merge; asked once, it is taken for done.
    pub(in crate::db) fn take_untidy(&self) -> bool {
        self.untidy.swap(false, Ordering::Relaxed)
    }

    /// A document is about to change.
    pub(super) fn change(&self, index: &'static str, id: i64) {
        self.disturb();
        let mut searched = lock(&self.searched);
        searched.changes += 1;
        searched.changed.push_back((index, id));
        if searched.changed.len() > CHANGES {
            searched.changed.pop_front();
        }
    }

    /// A batch has ended: all changes so far are on disk, or never will be.
    pub(in crate::db) fn settle(&self) {
        let mut searched = lock(&self.searched);
        searched.settled = searched.changes;
        drop(searched);
        self.places.settle();
    }

    /// What a transaction that begins now sees for certain: all changes before this one.
    pub(in crate::db) fn mark(&self) -> u64 {
        lock(&self.searched).settled
    }

    /// The candidates of an expression, ascending, and more than there are by those whose documents changed since they
    /// were looked for: each is tested by its document anyway. `look` looks for at most `limit` of them.
    pub(super) fn candidates(
        &self,
        index: &'static str,
        expression: &str,
        limit: usize,
        mark: u64,
        look: impl FnOnce() -> Result<Vec<i64>>,
    ) -> Result<Arc<[i64]>> {
        if let Some(ids) = lock(&self.searched).recall(index, expression, limit) {
            return Ok(ids);
        }
        let started = Instant::now();
        let ids = Arc::<[i64]>::from(look()?);
        if started.elapsed() >= WORTH {
            let found = Found { index, expression: expression.to_owned(), limit, mark, ids: Arc::clone(&ids) };
            lock(&self.searched).keep(found);
        }
        Ok(ids)
    }

    /// What a query matched when it was asked before, and the documents that have changed since: these may have become
    /// matches, or be none any more.
    pub(super) fn matches(
        &self,
        index: &'static str,
        query: &Query,
        only: Option<Rank>,
    ) -> Option<(Matches, BTreeSet<i64>)> {
        lock(&self.searched).matches(index, query, only)
    }

    /// Keeps what a query matches, seen by a transaction of this mark.
    pub(super) fn keep_matches(
        &self,
        index: &'static str,
        query: &Query,
        only: Option<Rank>,
        mark: u64,
        matches: Matches,
    ) {
        let mut searched = lock(&self.searched);
        searched.matched.retain(|known| !known.is(index, query, only));
        searched.matched.push_back(Matched { index, query: query.clone(), only, mark, matches });
        if searched.matched.len() > SEARCHES {
            searched.matched.pop_front();
        }
    }
}

impl Matched {
    fn is(&self, index: &str, query: &Query, only: Option<Rank>) -> bool {
        self.index == index && self.only == only && self.query == *query
    }
}

impl Searched {
    fn matches(&self, index: &str, query: &Query, only: Option<Rank>) -> Option<(Matches, BTreeSet<i64>)> {
        let known = self.matched.iter().find(|known| known.is(index, query, only))?;
        Some((Arc::clone(&known.matches), self.changed_since(known.mark, index)?))
    }

    /// The documents of an index that have changed since; none if that is too long ago to tell.
    fn changed_since(&self, mark: u64, index: &str) -> Option<BTreeSet<i64>> {
        let since = usize::try_from(self.changes - mark).ok().filter(|since| *since <= self.changed.len())?;
        let changed = self.changed.range(self.changed.len() - since..);
        Some(changed.filter(|(of, _)| *of == index).map(|(_, id)| *id).collect())
    }

    fn recall(&mut self, index: &str, expression: &str, limit: usize) -> Option<Arc<[i64]>> {
        let same = |found: &Found| found.index == index && found.expression == expression && found.limit == limit;
        let at = self.found.iter().position(same)?;
        let found = self.found.remove(at)?;
        let changed = self.changed_since(found.mark, index)?;
        let mut ids = Arc::clone(&found.ids);
        // Where the search stopped at its limit there are more of them anyway.
        if ids.len() < limit && !changed.is_empty() {
            let mut all: Vec<i64> = ids.iter().copied().chain(changed).collect();
            all.sort_unstable();
            all.dedup();
            ids = all.into();
        }
        self.found.push_back(found);
        Some(ids)
    }

    fn keep(&mut self, found: Found) {
        self.found.push_back(found);
        if self.found.len() > SEARCHES {
            self.found.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(memory: &Memory, mark: u64, ids: Option<&[i64]>) -> Vec<i64> {
        let look = || Ok(ids.expect("it must be known").to_vec());
        memory.candidates("customer", "\"华盛\"", 100, mark, look).unwrap().to_vec()
    }

    /// What a search remembers is what it would find, and what has changed meanwhile.
    #[test]
    fn a_search_is_remembered_with_all_that_changed_since_its_transaction_began() {
        let memory = Memory::default();
        memory.change("customer", 7);
        memory.change("opportunity", 8);
        // Not on disk yet: a transaction that begins now may not see it.
        let mark = memory.mark();
        assert_eq!(ask(&memory, mark, Some(&[1, 9])), [1, 9]);
        assert_eq!(ask(&memory, mark, None), [1, 7, 9], "7 was changed before and came to the disk after it");
        memory.settle();
        memory.change("customer", 3);
        assert_eq!(ask(&memory, memory.mark(), None), [1, 3, 7, 9]);
        // A search that began later knows it by itself.
        memory.settle();
        let other = memory.candidates("customer", "\"申江\"", 100, memory.mark(), || Ok(vec![4])).unwrap();
        assert_eq!(*other, [4]);
        assert_eq!(*memory.candidates("customer", "\"申江\"", 100, memory.mark(), || Ok(vec![])).unwrap(), [4]);
    }

    #[test]
    fn what_was_found_too_many_changes_ago_is_looked_for_anew() {
        let memory = Memory::default();
        assert_eq!(ask(&memory, memory.mark(), Some(&[1])), [1]);
        (0..CHANGES as i64 + 1).for_each(|id| memory.change("customer", 100 + id));
        memory.settle();
        assert_eq!(ask(&memory, memory.mark(), Some(&[1, 2])), [1, 2]);
    }

    #[test]
    fn only_so_many_searches_are_kept() {
        let memory = Memory::default();
        for nth in 0..=SEARCHES as i64 {
            memory.candidates("customer", &nth.to_string(), 10, 0, || Ok(vec![nth])).unwrap();
        }
        assert_eq!(*memory.candidates("customer", "0", 10, 0, || Ok(vec![-1])).unwrap(), [-1], "the oldest is gone");
        assert_eq!(*memory.candidates("customer", "2", 10, 0, || Ok(vec![-1])).unwrap(), [2]);
    }
}
