//! Lists: keyset pages over an index, with a bound on the rows examined.
//!
//! A list is driven by one index (the sort key's, or a filter's); what the index does not decide is a test per row, in
//! the `hit` column. A page ends at its rows, at [`EXAMINED`] rows looked at or after [`TIME`], whichever is first: a
//! short page with a position is not the end.

use std::{
    cmp::Ordering,
    collections::HashSet,
    time::{Duration, Instant},
};

use super::{
    sql::Sql,
    tx::{LookUp, Tx},
};
use crate::{
    error::{Error, Fault, Result},
    value::Value,
};

/// The most rows that one page looks at.
pub const EXAMINED: usize = 20_000;
/// How long a page looks for rows, whatever it has found by then: nobody waits for a rare hit in one call.
pub const TIME: Duration = Duration::from_millis(4);
/// So many rows are looked at in any case, so that every page gets on; the clock is looked at as rarely.
const STEP: usize = 128;
/// Totals are counted up to here and then said to be more.
pub const COUNTED: i64 = 10_000;

/// The most choices in one filter: a statement has only so many parameters.
const CHOICES: usize = 1_000;

/// The most words of a search that are looked for, where each is a test of its own.
pub const WORDS: usize = 16;

/// Refuses a filter with too many choices, given how many each of its lists has.
///
/// # Errors
/// `VALIDATION`.
pub fn bounded(lengths: impl IntoIterator<Item = usize>) -> Result<()> {
    let most = i64::try_from(CHOICES).unwrap_or(i64::MAX);
    match lengths.into_iter().any(|length| length > CHOICES) {
        true => Err(Error::field("filter", Fault::OutOfRange(0, most))),
        false => Ok(()),
    }
}

/// These ids in their order, each once.
pub fn distinct(mut ids: Vec<i64>) -> Vec<i64> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.retain(|id| seen.insert(*id));
    ids
}

/// Where a page ended: the sort key and id of its last row, and which part of the list it was in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Part of the list: a search answers exact hits, then prefixes, then the rest; others have one part.
    pub part: u8,
    /// The sort key.
    pub key: Key,
    /// The id.
    pub id: i64,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A number or time.
    Int(i64),
    /// Text.
    Text(String),
}

impl From<Value> for Key {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            other => Self::Int(other.int().unwrap_or_default()),
        }
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Int(number) => Self::Int(number),
            Key::Text(text) => Self::Text(text),
        }
    }
}

impl Position {
    /// The order within a part, as the database has it: numbers before text, text by bytes.
    pub(super) fn in_part(&self, other: &Self, descending: bool) -> Ordering {
        let keys = match (&self.key, &other.key) {
            (Key::Int(a), Key::Int(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Int(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Int(_)) => Ordering::Greater,
        };
        let order = keys.then(self.id.cmp(&other.id));
        if descending { order.reverse() } else { order }
    }

    /// For a page token.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From a page token, which is ours: it was verified.
    ///
    /// # Errors
    /// `BAD_PAGE_TOKEN`: it is of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|_| Error::BadPageToken)
    }
}

/// One way to walk a table.
#[derive(Debug, Clone)]
pub struct Walk {
    /// `FROM … WHERE …`: the table and what the driving index decides.
    pub from: Sql,
    /// What is tested per row; a literal 1 if nothing is.
    pub hit: Sql,
    /// The sort key's expression.
    pub key: &'static str,
    /// The id's expression.
    pub id: &'static str,
    /// Largest first.
    pub descending: bool,
    /// Just these, as far as the list holds them; empty: all.
    pub among: Vec<i64>,
}

/// The most ids that a list is asked for at once.
const AMONG: usize = 200;

/// The ids that a list is narrowed to.
///
/// # Errors
/// `VALIDATION` for too many.
pub fn among(ids: &[i64]) -> Result<Vec<i64>> {
    match ids.len() > AMONG {
        true => Err(Error::field("ids", Fault::OutOfRange(0, i64::try_from(AMONG).unwrap_or(i64::MAX)))),
        false => Ok(ids.to_vec()),
    }
}

/// Some ids of a list, in order, and where to go on.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// The ids.
    pub ids: Vec<i64>,
    /// Where to go on; none at the end.
    pub next: Option<Position>,
}

impl Walk {
    /// The statement of a page.
    pub fn statement(&self, after: Option<&Position>, limit: usize) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.id).push(", ").push(self.key).push(", ").append(&self.hit).push(" ").append(&self.from);
        if let Some(after) = after {
            sql.push(" AND (").push(self.key).push(", ").push(self.id);
            sql.push(if self.descending { ") < (" } else { ") > (" });
            sql.bind(after.key.clone()).push(", ").bind(after.id).push(")");
        }
        let direction = if self.descending { " DESC" } else { "" };
        sql.push(" ORDER BY ").push(self.key).push(direction).push(", ").push(self.id).push(direction);
        sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql
    }

    /// The next `size` ids after a position. `keep` is a last test of a row's id, for what SQL cannot say.
    pub fn page(
        &self,
        tx: &Tx<'_>,
        after: Option<&Position>,
        size: usize,
        part: u8,
        mut keep: impl FnMut(i64) -> Result<bool>,
    ) -> Result<Slice> {
        if !self.among.is_empty() {
            let mut positions = Vec::new();
            let mut held = self.held(tx)?;
            for &id in &self.among {
                if let Some(key) = held.key(id)?
                    && keep(id)?
                {
                    positions.push(Position { part, key, id });
                }
            }
            return Ok(self.take(&mut positions, after, size));
        }
        let mut slice = Slice::default();
        let mut examined = 0;
        let mut full = None;
        let pace = Pace::new();
        self.statement(after, EXAMINED + 1).walk(tx, |row| {
            // There is a row behind the page's last one.
            slice.next = full.take();
            if slice.next.is_some() {
                return Ok(false);
            }
            examined += 1;
            let id = row.get(0)?;
            // A test of a column that is NULL is NULL: no hit.
            if row.get::<_, Option<bool>>(2)? == Some(true) && keep(id)? {
                slice.ids.push(id);
            }
            if slice.ids.len() == size || examined == EXAMINED || pace.is_over(examined) {
                full = Some(Position { part, key: row.get::<_, Value>(1)?.into(), id });
            }
            Ok(true)
        })?;
        Ok(slice)
    }

    /// Looks rows up by their ids, for whether the list holds them.
    pub(super) fn held<'t>(&self, tx: &'t Tx<'_>) -> Result<Held<'t>> {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.key).push(", ").append(&self.hit).push(" ").append(&self.from);
        // An equation of the id is one look-up, whatever else the list asks for.
        sql.push(" AND ").push(self.id).push(" = ");
        Ok(Held(sql.look_up(tx)?))
    }

    /// Leaves the first `size` of these places behind a position, in order.
    pub(super) fn take(&self, positions: &mut Vec<Position>, after: Option<&Position>, size: usize) -> Slice {
        let order = |a: &Position, b: &Position| a.part.cmp(&b.part).then_with(|| a.in_part(b, self.descending));
        positions.retain(|position| after.is_none_or(|after| order(position, after) == Ordering::Greater));
        positions.sort_unstable_by(order);
        let more = positions.len() > size;
        positions.truncate(size);
        let next = positions.last().filter(|_| more).cloned();
        Slice { ids: positions.iter().map(|position| position.id).collect(), next }
    }

    /// Counts hits up to a bound, looking at a bounded number of rows.
    ///
    /// Answers the count and whether there may be more.
    pub fn count(&self, tx: &Tx<'_>) -> Result<(i64, bool)> {
        self.count_within(tx, TIME)
    }

    /// As [`Walk::count`], in this time: one of several counts that a screen waits for.
    pub fn count_within(&self, tx: &Tx<'_>, time: Duration) -> Result<(i64, bool)> {
        if !self.among.is_empty() {
            let found = self.page(tx, None, self.among.len(), 0, |_| Ok(true))?;
            return Ok((i64::try_from(found.ids.len()).unwrap_or(i64::MAX), false));
        }
        let mut sql = Sql::new("SELECT ");
        sql.append(&self.hit).push(" ").append(&self.from).push(" LIMIT ").bind(2 * COUNTED + 1);
        let (mut seen, mut hits, mut late) = (0, 0, false);
        let pace = Pace::of(time);
        sql.walk(tx, |row| {
            late = hits == COUNTED || seen == EXAMINED || pace.is_over(seen);
            if !late {
                seen += 1;
                hits += i64::from(row.get::<_, Option<bool>>(0)? == Some(true));
            }
            Ok(!late)
        })?;
        Ok((hits, late))
    }
}

/// The rows of a list by their ids.
pub(super) struct Held<'t>(LookUp<'t>);

impl Held<'_> {
    /// The sort key of a row if the list holds it.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn key(&mut self, id: i64) -> Result<Option<Key>> {
        let row = self.0.row(id, |row| Ok((row.get::<_, Value>(0)?, row.get::<_, Option<bool>>(1)?)))?;
        Ok(row.filter(|(_, hit)| *hit == Some(true)).map(|(value, _)| value.into()))
    }
}

/// How long a walk may go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(Instant, Duration);

impl Pace {
    /// From now on.
    pub(super) fn new() -> Self {
        Self::of(TIME)
    }

    /// From now on, for so long.
    fn of(time: Duration) -> Self {
        Self(Instant::now(), time)
    }

    /// Whether the time is over, having looked at so many rows.
    pub(super) fn is_over(self, examined: usize) -> bool {
        examined >= STEP && examined.is_multiple_of(STEP) && self.0.elapsed() > self.1
    }
}
