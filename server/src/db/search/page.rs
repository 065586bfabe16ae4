//! The pages of a search, along the list's own index or from few candidates.

use std::{cmp::Ordering, sync::Arc};

use rusqlite::{params, types::ValueRef};

use super::{
    FEW, Index, MANY, Query, Rank,
    memory::Matches,
    places::{Places, Stretch},
};
use crate::{
    db::{
        Tx,
        list::{Held, Key, Pace, Position, Slice, Walk},
        sql::Sql,
        tx::LookUp,
    },
    error::Result,
    value::Value,
};

/// What one page may cost, in rows of the list's index.
const BUDGET: usize = if cfg!(test) { 1_000 } else { 20_000 };
/// What looking a document up and testing it costs, in rows of an index.
const LOOK_UP: usize = 12;
/// Up to so many candidates are tested at once where they can be put in order untested.
const FEW_PLACED: usize = if cfg!(test) { 10 } else { 100 };
/// So many candidates are counted where there are too many to test them all.
const COUNTED: usize = if cfg!(test) { 25 } else { 1_000 };

/// Where the matches are.
enum Found {
    /// Just these few.
    Few(Matches),
    /// Among these, ascending.
    Many(Arc<[i64]>),
    /// Anywhere.
    All,
}

/// One search of one list.
struct Search<'a> {
    query: &'a Query,
    index: &'static Index,
    tx: &'a Tx<'a>,
    walk: &'a Walk,
    documents: LookUp<'a>,
    keys: LookUp<'a>,
    held: Held<'a>,
    /// Where the candidates stand in the list, if it is one of all live records by name.
    places: Option<Arc<Places>>,
    /// What the page may still cost.
    left: usize,
    /// How long it may take; candidates that are counted in rows do not tell how long the disk takes.
    pace: Pace,
}

impl Query {
    /// The next `size` matches of a list behind a position, in the order of the module's header.
    ///
    /// # Errors
    /// The database's.
    pub fn page(
        &self,
        tx: &Tx<'_>,
        index: &'static Index,
        walk: &Walk,
        after: Option<&Position>,
        size: usize,
    ) -> Result<Slice> {
        let size = size.max(1);
        let mut search = Search::new(self, index, tx, walk)?;
        if !walk.among.is_empty() {
            let mut positions = search.positions(&walk.among, None)?;
            return Ok(walk.take(&mut positions, after, size));
        }
        // A page that goes on in a later part belongs to a frequent word, or to a rare one that the parts find as well.
        let mut found = match after {
            Some(after) if after.part > Rank::Exact.part() => search.known(None)?.map(Found::Few),
            _ => Some(search.find(None, self.expression())?),
        };
        if let Some(Found::Few(matches)) = &found {
            return search.of_few(matches, after, size, &mut None);
        }
        let mut slice = Slice::default();
        let mut last = None;
        for rank in Rank::ALL.into_iter().filter(|rank| self.has(*rank)) {
            let after = match after.map(|after| (after.part.cmp(&rank.part()), after)) {
                Some((Ordering::Greater, _)) => continue,
                Some((Ordering::Equal, after)) => Some(after),
                _ => None,
            };
            let rest = size - slice.ids.len();
            if rest == 0 {
                // Whether the next part holds anything, the next page sees.
                slice.next = last;
                break;
            }
            // The parts before may have spent all; the page must get on all the same.
            search.left = search.left.max(BUDGET / 8);
            let more = search.part(rank, &mut found, after, rest, &mut last)?;
            slice.ids.extend(more.ids);
            slice.next = more.next;
            if slice.next.is_some() {
                break;
            }
        }
        Ok(slice)
    }

    /// How many matches a list has, and whether there may be more: all of few candidates, otherwise those among the
    /// first of many.
    ///
    /// # Errors
    /// The database's.
    pub fn count(&self, tx: &Tx<'_>, index: &'static Index, walk: &Walk) -> Result<(i64, bool)> {
        let mut search = Search::new(self, index, tx, walk)?;
        if !walk.among.is_empty() {
            let found = search.positions(&walk.among, None)?.len();
            return Ok((i64::try_from(found).unwrap_or(i64::MAX), false));
        }
        if let Some(matches) = search.known(None)? {
            return search.count(&matches);
        }
        let ids = match self.expression() {
            Some(expression) => search.candidates(&expression, FEW + 1)?,
            None => {
                let mut ids = Vec::with_capacity(FEW + 1);
                plain(walk).statement(None, FEW + 1).walk(tx, |row| {
                    ids.push(row.get(0)?);
                    Ok(true)
                })?;
                ids.into()
            }
        };
        if ids.len() <= FEW {
            let matches = search.matches(None, &ids)?;
            return search.count(&matches);
        }
        let count = search.positions(ids.get(..COUNTED).unwrap_or(&ids), None)?.len();
        Ok((i64::try_from(count).unwrap_or(i64::MAX), true))
    }
}

impl<'a> Search<'a> {
    fn new(query: &'a Query, index: &'static Index, tx: &'a Tx<'a>, walk: &'a Walk) -> Result<Self> {
        let (documents, keys) = (tx.look_up(index.doc, &[])?, tx.look_up(index.key, &[])?);
        let held = walk.held(tx)?;
        let by_name = walk.key == index.name_key && walk.from.text() == index.all;
        let places = tx.memory().filter(|_| by_name).and_then(|(memory, _)| memory.places.known(index));
        Ok(Self { query, index, tx, walk, documents, keys, held, places, left: BUDGET, pace: Pace::new() })
    }

    /// The matches of the query, or of one rank of it, if they are few and known from before. What has changed since is
    /// tested.
    fn known(&mut self, only: Option<Rank>) -> Result<Option<Matches>> {
        let Some((memory, mark)) = self.tx.memory() else { return Ok(None) };
        let Some((matches, changed)) = memory.matches(self.index.grams, self.query, only) else { return Ok(None) };
        if changed.is_empty() {
            return Ok(Some(matches));
        }
        let mut matches: Vec<Position> = matches.iter().filter(|place| !changed.contains(&place.id)).cloned().collect();
        for id in changed {
            matches.extend(self.matched(id, only)?);
        }
        Ok(Some(self.keep(only, mark, matches)))
    }

    /// What matches of these candidates, kept for the pages to come.
    fn matches(&mut self, only: Option<Rank>, ids: &[i64]) -> Result<Matches> {
        let mut matches = Vec::with_capacity(ids.len());
        for &id in ids {
            matches.extend(self.matched(id, only)?);
        }
        let mark = self.tx.memory().map_or(0, |(_, mark)| mark);
        Ok(self.keep(only, mark, matches))
    }

    fn keep(&self, only: Option<Rank>, mark: u64, mut matches: Vec<Position>) -> Matches {
        matches.sort_unstable_by(|a, b| a.part.cmp(&b.part).then_with(|| a.in_part(b, false)));
        let matches = Matches::from(matches);
        if let Some((memory, _)) = self.tx.memory() {
            memory.keep_matches(self.index.grams, self.query, only, mark, Arc::clone(&matches));
        }
        matches
    }

    /// The place of a candidate in the order of names, if it matches.
    fn matched(&mut self, id: i64, only: Option<Rank>) -> Result<Option<Position>> {
        let Some(rank) = self.rank(id)?.filter(|rank| only.is_none_or(|only| only == *rank)) else { return Ok(None) };
        let key = self.keys.row(id, |row| row.get(0))?;
        Ok(key.map(|key| Position { part: rank.part(), key: Key::Text(key), id }))
    }

    /// A page of few matches. In a list by name their order is known, so that only those are looked up that come next.
    /// `last` is where the page ended.
    fn of_few(
        &mut self,
        matches: &Matches,
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Slice> {
        let walk = self.walk;
        if walk.key != self.index.name_key {
            return self.of_all(matches, after, size, last);
        }
        let order = |a: &Position, b: &Position| a.part.cmp(&b.part).then_with(|| a.in_part(b, walk.descending));
        let mut places: Vec<&Position> = matches.iter().collect();
        places.retain(|place| after.is_none_or(|after| order(place, after) == Ordering::Greater));
        places.sort_unstable_by(|a, b| order(a, b));
        let mut slice = Slice::default();
        let mut before: Option<&Position> = None;
        for (examined, place) in places.into_iter().enumerate() {
            if slice.ids.len() == size || self.pace.is_over(examined) {
                slice.next = before.cloned();
                break;
            }
            match self.held.key(place.id)? {
                Some(key) if key == place.key => slice.ids.push(place.id),
                // Its name was written otherwise, without a change of what it is found by.
                Some(_) => return self.of_all(matches, after, size, last),
                None => {}
            }
            before = Some(place);
        }
        *last = before.cloned().or(last.take());
        Ok(slice)
    }

    /// As [`Search::of_few`], whatever the list's order.
    fn of_all(
        &mut self,
        matches: &Matches,
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Slice> {
        let mut positions = Vec::with_capacity(matches.len());
        for place in matches.iter() {
            if let Some(key) = self.held.key(place.id)? {
                positions.push(Position { part: place.part, key, id: place.id });
            }
        }
        let slice = self.walk.take(&mut positions, after, size);
        *last = positions.pop().or(last.take());
        Ok(slice)
    }

    /// How many of few matches the list holds.
    fn count(&mut self, matches: &Matches) -> Result<(i64, bool)> {
        let mut count = 0;
        for place in matches.iter() {
            count += i64::from(self.held.key(place.id)?.is_some());
        }
        Ok((count, false))
    }

    /// The candidates of an expression, as many as are of use; the matches themselves if these are few.
    fn find(&mut self, only: Option<Rank>, expression: Option<String>) -> Result<Found> {
        let Some(expression) = expression else { return Ok(Found::All) };
        if let Some(matches) = self.known(only)? {
            return Ok(Found::Few(matches));
        }
        let ids = self.candidates(&expression, MANY + 1)?;
        let few = if self.places.is_some() { FEW_PLACED } else { FEW };
        Ok(match ids.len() {
            n if n <= few => Found::Few(self.matches(only, &ids)?),
            n if n <= MANY => Found::Many(ids),
            _ => Found::All,
        })
    }

    fn candidates(&self, expression: &str, limit: usize) -> Result<Arc<[i64]>> {
        let look = || self.tx.query(self.index.find, params![expression, limit as i64], |row| row.get(0));
        match self.tx.memory() {
            Some((memory, mark)) => memory.candidates(self.index.grams, expression, limit, mark, look),
            None => look().map(Into::into),
        }
    }

    /// The next matches of one rank. `found` are the candidates of the whole query, if they were looked for.
    fn part(
        &mut self,
        rank: Rank,
        found: &mut Option<Found>,
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Slice> {
        let spans = self.query.key_beginnings(rank).filter(|_| self.walk.key == self.index.name_key);
        let own = match (rank, &found, &spans) {
            // They hold these as well, and where the names lie close together nothing else is needed.
            (Rank::Prefix, Some(Found::Many(_)), _) => None,
            (Rank::Prefix, Some(Found::All), Some(_)) => Some(Found::All),
            (Rank::Prefix, None, Some(_)) if self.query.is_one_word() => Some(Found::All),
            (rank, ..) => Some(self.find(Some(rank), self.query.expression_of(rank))?),
        };
        match own.as_ref().or(found.as_ref()) {
            Some(Found::Few(matches)) => {
                self.left = self.left.saturating_sub(matches.len() * LOOK_UP);
                let matches = Arc::clone(matches);
                self.of_few(&matches, after, size, last)
            }
            Some(Found::Many(ids)) if self.walk.key == self.walk.id => self.along_ids(rank, ids, after, size, last),
            Some(Found::Many(ids)) => match self.placed(rank, ids, spans.as_deref(), after, size, last)? {
                Some(slice) => Ok(slice),
                None => self.along(rank, Some(ids), spans, after, size, last),
            },
            _ => self.along(rank, None, spans, after, size, last),
        }
    }

    /// The places in the list of those candidates that match and that the list holds.
    fn positions(&mut self, ids: &[i64], only: Option<Rank>) -> Result<Vec<Position>> {
        let mut positions = Vec::with_capacity(ids.len());
        for &id in ids {
            let Some(rank) = self.rank(id)?.filter(|rank| only.is_none_or(|only| only == *rank)) else { continue };
            if let Some(key) = self.held.key(id)? {
                positions.push(Position { part: rank.part(), key, id });
            }
        }
        Ok(positions)
    }

    /// Matches of one rank among these candidates, the next by name first; none if their places are not known.
    fn placed(
        &mut self,
        rank: Rank,
        ids: &[i64],
        beginnings: Option<&[String]>,
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Option<Slice>> {
        let Some(places) = self.places.clone() else { return Ok(None) };
        let stretch = Stretch { beginnings, after, descending: self.walk.descending };
        let key = |id| self.keys.row(id, |row| row.get(0).map(Key::Text));
        let Some(mut waiting) = places.order(self.tx, self.index, ids, &stretch, key)? else { return Ok(None) };
        let mut slice = Slice::default();
        let mut examined = 0;
        while let Some(id) = waiting.next() {
            examined += 1;
            self.left = self.left.saturating_sub(LOOK_UP);
            let key = self.held.key(id)?;
            if key.is_some() && self.rank(id)? == Some(rank) {
                slice.ids.push(id);
            }
            if (slice.ids.len() == size || self.left == 0 || waiting.is_last() || self.pace.is_over(examined))
                && let Some(key) =
                    key.map_or_else(|| self.keys.row(id, |row| row.get(0).map(Key::Text)), |key| Ok(Some(key)))?
            {
                *last = Some(Position { part: rank.part(), key, id });
                slice.next = last.clone().filter(|_| !waiting.is_over());
                return Ok(Some(slice));
            }
        }
        // The last of those in order has gone for good, and there are further ones: nothing says where these begin.
        Ok(waiting.is_over().then_some(slice))
    }

    /// Matches of one rank along the list's index; `among` holds them all, and so do `spans` of the key, if given.
    fn along(
        &mut self,
        rank: Rank,
        among: Option<&[i64]>,
        spans: Option<Vec<String>>,
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Slice> {
        let mut slice = Slice::default();
        let mut examined = 0;
        let mut full = None;
        let walk = plain(self.walk);
        let tested = self.walk.hit.text() != "1";
        let mut spans: Vec<Option<String>> = spans.map_or(vec![None], |spans| spans.into_iter().map(Some).collect());
        if walk.descending {
            spans.reverse();
        }
        for span in spans {
            let start = span.as_ref().map(|start| border(start, walk.descending, rank));
            let start = match (start.as_ref(), after) {
                (Some(start), Some(after)) if start.in_part(after, walk.descending) == Ordering::Greater => Some(start),
                (start, after) => after.or(start),
            };
            walk.statement(start, BUDGET + 1).walk(self.tx, |row| {
                let key = row.get_ref(1)?;
                if span.as_ref().is_some_and(|span| !begins(key, span)) {
                    return Ok(false);
                }
                // There is a row behind the page's last one.
                slice.next = full.take();
                if slice.next.is_some() {
                    return Ok(false);
                }
                let id = row.get(0)?;
                examined += 1;
                self.left = self.left.saturating_sub(1);
                // By its place in the index first, by its document then, by the list's other tests last.
                if among.is_none_or(|among| among.binary_search(&id).is_ok()) {
                    self.left = self.left.saturating_sub(LOOK_UP);
                    if self.rank(id)? == Some(rank) && (!tested || self.held.key(id)?.is_some()) {
                        slice.ids.push(id);
                    }
                }
                if slice.ids.len() == size || self.left == 0 || self.pace.is_over(examined) {
                    let place = Position { part: rank.part(), key: row.get::<_, Value>(1)?.into(), id };
                    *last = Some(place.clone());
                    full = Some(place);
                }
                Ok(true)
            })?;
            if slice.next.is_some() {
                break;
            }
        }
        Ok(slice)
    }

    /// Matches of one rank in the order of ids: the candidates themselves are in order.
    fn along_ids(
        &mut self,
        rank: Rank,
        ids: &[i64],
        after: Option<&Position>,
        size: usize,
        last: &mut Option<Position>,
    ) -> Result<Slice> {
        let mut slice = Slice::default();
        let descending = self.walk.descending;
        let mut ids = ids.to_vec();
        ids.retain(|id| after.is_none_or(|after| if descending { *id < after.id } else { *id > after.id }));
        if descending {
            ids.reverse();
        }
        for (examined, id) in ids.into_iter().enumerate() {
            if slice.ids.len() == size || self.left == 0 || self.pace.is_over(examined) {
                slice.next = last.clone();
                break;
            }
            self.left = self.left.saturating_sub(LOOK_UP);
            *last = Some(Position { part: rank.part(), key: Key::Int(id), id });
            if self.rank(id)? == Some(rank) && self.held.key(id)?.is_some() {
                slice.ids.push(id);
            }
        }
        Ok(slice)
    }

    fn rank(&mut self, id: i64) -> Result<Option<Rank>> {
        let query = self.query;
        // Read in place: a copy of the text would cost as much as the test.
        let rank = self.documents.row(id, |row| Ok(row.get_ref(0)?.as_str().ok().and_then(|doc| query.rank(doc))))?;
        Ok(rank.flatten())
    }
}

/// The walk without its tests: the index alone.
fn plain(walk: &Walk) -> Walk {
    Walk { hit: Sql::new("1"), ..walk.clone() }
}

fn begins(key: ValueRef<'_>, start: &str) -> bool {
    key.as_bytes().is_ok_and(|key| key.starts_with(start.as_bytes()))
}

/// The place just before the keys that begin so.
fn border(start: &str, descending: bool, rank: Rank) -> Position {
    let part = rank.part();
    match descending {
        false => Position { part, key: Key::Text(start.to_owned()), id: i64::MIN },
        // No key goes on with the last character there is.
        true => Position { part, key: Key::Text([start, "\u{10ffff}"].concat()), id: i64::MAX },
    }
}
