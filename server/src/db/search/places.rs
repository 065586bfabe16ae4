//! Where each record of a kind stands in the order of names: a number a record, in memory. The candidates of a search come
//! in the order of their ids; by these numbers the next fifty by name are picked out of twenty thousand without a look
//! at the others.
//!
//! What is always true of the numbers: two that are known compare as the names do. A record that is new or renamed has
//! none until all are given anew ([`Building`]); its name is looked up, which is right at any time, and only slower. So
//! the numbers are given in the background, when a search has missed them, and nobody ever waits for that.

use std::{
    collections::{BinaryHeap, HashMap},
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::params;

use super::{Index, Memory};
use crate::{
    db::{
        Tx,
        list::{Key, Position},
    },
    error::Result,
};

/// Rows that are numbered in one read.
const SLICE: i64 = if cfg!(test) { 100 } else { 10_000 };
/// How many records without a number a search looks up by itself, and how many make it ask for new numbers.
const STRAYS: usize = 2_000;
const MANY_STRAYS: usize = 200;
/// So many records without a number may lie between two that have one.
const NEAR: i64 = 1_000;
/// So many candidates are put in order at once: more than a page has time to test.
const NEXT: usize = if cfg!(test) { 64 } else { 512 };
/// Numbers are given anew at most once in so many times the time that it took.
const PAUSE: u32 = 20;

/// The places of one kind's records, counted from 1; 0 is none.
#[derive(Debug)]
pub(super) struct Places(Vec<AtomicU32>);

impl Places {
    fn get(&self, id: i64) -> Option<u32> {
        let place = self.0.get(usize::try_from(id).ok()?)?.load(Ordering::Relaxed);
        (place > 0).then_some(place)
    }

    fn forget(&self, id: i64) {
        if let Some(place) = usize::try_from(id).ok().and_then(|at| self.0.get(at)) {
            place.store(0, Ordering::Relaxed);
        }
    }

    /// The place of the first record with one that stands behind this name and id; none if there is none near.
    fn behind(&self, tx: &Tx<'_>, index: &Index, key: &str, id: i64) -> Result<Option<u32>> {
        let (mut place, mut passed) = (None, 0);
        tx.walk(index.by_name, params![key, id, NEAR], |row| {
            passed += 1;
            place = self.get(row.get(0)?);
            Ok(place.is_none())
        })?;
        // Behind the last record there is nothing.
        Ok(place.or((passed < NEAR).then_some(u32::MAX)))
    }
}

/// The first [`NEXT`] of many candidates, by number and id, and how many are behind them.
#[derive(Default)]
struct First {
    heap: BinaryHeap<(u64, i64)>,
    behind: usize,
}

impl First {
    fn push(&mut self, candidate: (u64, i64)) {
        if self.heap.len() < NEXT {
            return self.heap.push(candidate);
        }
        self.behind += 1;
        if let Some(mut last) = self.heap.peek_mut()
            && candidate < *last
        {
            *last = candidate;
        }
    }
}

/// The candidates that come next, in order, and how many are behind them.
pub(super) struct Waiting {
    next: std::vec::IntoIter<(u64, i64)>,
    behind: usize,
}

impl Waiting {
    /// The id of the next one.
    pub(super) fn next(&mut self) -> Option<i64> {
        self.next.next().map(|(_, id)| id)
    }

    /// The next ones are gone, and there are further ones: the page ends here.
    pub(super) fn is_last(&self) -> bool {
        self.next.len() == 0 && self.behind > 0
    }

    /// There is none any more.
    pub(super) fn is_over(&self) -> bool {
        self.next.len() == 0 && self.behind == 0
    }
}

/// A stretch of a list by name: what begins with one of these texts (none: everything), behind a position.
pub(super) struct Stretch<'a> {
    pub(super) beginnings: Option<&'a [String]>,
    pub(super) after: Option<&'a Position>,
    pub(super) descending: bool,
}

impl Stretch<'_> {
    fn holds(&self, place: &Position) -> bool {
        let Key::Text(key) = &place.key else { return false };
        self.beginnings.is_none_or(|texts| texts.iter().any(|text| key.starts_with(text.as_str())))
            && self.after.is_none_or(|after| place.in_part(after, self.descending).is_gt())
    }

    /// The places that it covers; none if they cannot be told.
    fn ranges(&self, places: &Places, tx: &Tx<'_>, index: &Index) -> Result<Option<Vec<Range<u32>>>> {
        let mut bounds = 0..u32::MAX;
        if let Some(Position { key: Key::Text(key), id, .. }) = self.after {
            let first = if self.descending { id.saturating_sub(1) } else { *id };
            let Some(place) = places.behind(tx, index, key, first)? else { return Ok(None) };
            if self.descending { bounds.end = place } else { bounds.start = place }
        }
        let Some(beginnings) = self.beginnings else { return Ok(Some(vec![bounds])) };
        let mut ranges = Vec::with_capacity(beginnings.len());
        for text in beginnings {
            let start = places.behind(tx, index, text, i64::MIN)?;
            // No key goes on with the last character there is.
            let end = places.behind(tx, index, &[text, "\u{10ffff}"].concat(), i64::MAX)?;
            let (Some(start), Some(end)) = (start, end) else { return Ok(None) };
            ranges.push(start.max(bounds.start)..end.min(bounds.end));
        }
        Ok(Some(ranges))
    }
}

impl Places {
    /// Puts candidates in the order of their names, as far as they stand in this stretch; none if too many have no place.
    /// `key` looks a name up.
    pub(super) fn order(
        &self,
        tx: &Tx<'_>,
        index: &'static Index,
        ids: &[i64],
        stretch: &Stretch<'_>,
        mut key: impl FnMut(i64) -> Result<Option<Key>>,
    ) -> Result<Option<Waiting>> {
        let want = || tx.memory().into_iter().for_each(|(memory, _)| memory.places.want(index));
        let Some(ranges) = stretch.ranges(self, tx, index)? else {
            want();
            return Ok(None);
        };
        let turned = |place: u32, nth: u32| {
            let number = u64::from(place) << 32 | u64::from(nth);
            if stretch.descending { !number } else { number }
        };
        let mut first = First::default();
        let mut strays = Vec::new();
        for &id in ids {
            match self.get(id) {
                Some(place) if ranges.iter().any(|range| range.contains(&place)) => {
                    first.push((turned(place, u32::MAX), id));
                }
                Some(_) => {}
                None => strays.push(id),
            }
        }
        if strays.len() > MANY_STRAYS {
            want();
        }
        if strays.len() > STRAYS {
            return Ok(None);
        }
        let mut positions = Vec::with_capacity(strays.len());
        for id in strays {
            positions.extend(key(id)?.map(|key| Position { part: 0, key, id }).filter(|place| stretch.holds(place)));
        }
        // Each stands just before the first that has a place and a later name; among themselves they are in order.
        positions.sort_unstable_by(|a, b| a.in_part(b, false));
        for (nth, position) in (0..).zip(&positions) {
            let Key::Text(key) = &position.key else { continue };
            let Some(place) = self.behind(tx, index, key, position.id)? else { return Ok(None) };
            first.push((turned(place, nth), position.id));
        }
        Ok(Some(Waiting { next: first.heap.into_sorted_vec().into_iter(), behind: first.behind }))
    }
}

/// The places of every kind of record in one database.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<HashMap<&'static str, Kept>>);

/// What is kept of one kind.
#[derive(Debug, Default)]
struct Kept {
    places: Option<Arc<Places>>,
    /// Whose names have changed in the batch that is being written.
    unsettled: Vec<i64>,
    /// Whose names have changed since the numbers that are being given were begun; none if none are.
    meanwhile: Option<Vec<i64>>,
    /// A search has missed numbers.
    wanted: Option<&'static Index>,
    /// Not before.
    next: Option<Instant>,
}

impl Shelf {
    fn with<T>(&self, grams: &'static str, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(grams).or_default())
    }

    /// The places as they are known; if there are none, they are asked for.
    pub(super) fn known(&self, index: &'static Index) -> Option<Arc<Places>> {
        let places = self.with(index.grams, |kept| kept.places.clone());
        if places.is_none() {
            self.want(index);
        }
        places
    }

    fn want(&self, index: &'static Index) {
        self.with(index.grams, |kept| kept.wanted = Some(index));
    }

    /// A name is new, or another one, or about to be.
    pub(super) fn forget(&self, grams: &'static str, id: i64) {
        self.with(grams, |kept| {
            if let Some(places) = &kept.places {
                places.forget(id);
            }
            kept.unsettled.push(id);
            kept.meanwhile.as_mut().into_iter().for_each(|meanwhile| meanwhile.push(id));
        });
    }

    /// A batch has ended.
    pub(super) fn settle(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values_mut().for_each(|kept| kept.unsettled.clear());
    }
}

/// Numbers that are being given, slice by slice, each in a read of its own.
#[derive(Debug)]
pub(in crate::db) struct Building {
    memory: Arc<Memory>,
    index: &'static Index,
    started: Instant,
    places: Vec<AtomicU32>,
    last: u32,
    after: (String, i64),
}

impl Building {
    /// Begins if a search has asked for it and it is time.
    pub(in crate::db) fn begin(memory: &Arc<Memory>) -> Option<Self> {
        let now = Instant::now();
        let mut shelf = memory.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = |kept: &Kept| kept.meanwhile.is_none() && kept.next.is_none_or(|next| now >= next);
        let (index, kept) =
            shelf.values_mut().find_map(|kept| kept.wanted.filter(|_| due(kept)).map(|index| (index, kept)))?;
        kept.wanted = None;
        kept.meanwhile = Some(kept.unsettled.clone());
        drop(shelf);
        let after = (String::new(), i64::MIN);
        Some(Self { memory: Arc::clone(memory), index, started: now, places: Vec::new(), last: 0, after })
    }

    /// Numbers some more names; answers whether there are further ones.
    ///
    /// # Errors
    /// The database's.
    pub(in crate::db) fn go_on(&mut self, tx: &Tx<'_>) -> Result<bool> {
        let mut rows = 0;
        let (after, places, last) = (&mut self.after, &mut self.places, &mut self.last);
        let from = std::mem::take(after);
        tx.walk(self.index.by_name, params![from.0, from.1, SLICE], |row| {
            rows += 1;
            let id: i64 = row.get(0)?;
            *last += 1;
            if let Ok(at) = usize::try_from(id) {
                if places.len() <= at {
                    places.resize_with(at + 1, AtomicU32::default);
                }
                places.get(at).into_iter().for_each(|place| place.store(*last, Ordering::Relaxed));
            }
            if rows == SLICE {
                *after = (row.get(1)?, id);
            }
            Ok(true)
        })?;
        Ok(rows == SLICE)
    }

    /// Puts the numbers to use.
    pub(in crate::db) fn finish(mut self) {
        let places = Places(std::mem::take(&mut self.places));
        self.memory.places.with(self.index.grams, |kept| {
            kept.meanwhile.take().unwrap_or_default().into_iter().for_each(|id| places.forget(id));
            kept.places = Some(Arc::new(places));
        });
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        let pause: Duration = self.started.elapsed() * PAUSE;
        self.memory.places.with(self.index.grams, |kept| {
            kept.meanwhile = None;
            kept.next = Some(Instant::now() + pause);
        });
    }
}
