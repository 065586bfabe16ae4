//! The pages of a search, along the list's own index or from few candidates.

use std::cmp::Ordering;

use rusqlite::OptionalExtension as _;

use super::{FEW, MANY, Query, Rank};
use crate::{
    db::{
        Tx,
        list::{Key, Position, Slice, Walk},
        sql::Sql,
    },
    error::Result,
    value::Value,
};

/// What one page may cost, in rows of the list's index; a document looked up counts [`LOOK_UP`].
const BUDGET: usize = 24_000;
/// What looking a document up costs, in rows of an index.
const LOOK_UP: usize = 6;

/// Where the matches are.
enum Found {
    /// Among these few.
    Few(Vec<i64>),
    /// Among these, ascending.
    Many(Vec<i64>),
    /// Anywhere.
    All,
}

impl Query {
    /// The next `size` matches of a list behind a position, in the order of the module's header.
    ///
    /// # Errors
    /// The database's.
    pub fn page(&self, tx: &Tx<'_>, walk: &Walk, after: Option<&Position>, size: usize) -> Result<Slice> {
        if let Found::Few(ids) = find(tx, self.expression())? {
            return Ok(take(&mut self.positions(tx, walk, &ids, None)?, walk, after, size));
        }
        let mut slice = Slice::default();
        let mut left = BUDGET;
        let mut last = None;
        for rank in Rank::ALL {
            let after = match after.map(|after| (after.part.cmp(&rank.part()), after)) {
                Some((Ordering::Greater, _)) => continue,
                Some((Ordering::Equal, after)) => Some(after),
                _ => None,
            };
            let rest = size.saturating_sub(slice.ids.len());
            if rest == 0 {
                // Full at the end of a part: whether the next one holds anything, the next page sees.
                slice.next = last;
                break;
            }
            let more = match find(tx, self.expression_of(rank))? {
                Found::Few(ids) => {
                    left = left.saturating_sub(ids.len().saturating_mul(LOOK_UP));
                    let mut positions = self.positions(tx, walk, &ids, Some(rank))?;
                    let more = take(&mut positions, walk, after, rest);
                    last = positions.pop().or(last);
                    more
                }
                Found::Many(ids) => self.along(tx, walk, rank, Some(&ids), after, rest, &mut left)?,
                Found::All => self.along(tx, walk, rank, None, after, rest, &mut left)?,
            };
            slice.ids.extend(more.ids);
            slice.next = more.next;
            if slice.next.is_some() {
                break;
            }
        }
        Ok(slice)
    }

    /// How many matches a list has, and whether there may be more: all of few, otherwise those among the first
    /// [`FEW`] candidates.
    ///
    /// # Errors
    /// The database's.
    pub fn count(&self, tx: &Tx<'_>, walk: &Walk) -> Result<(i64, bool)> {
        let (ids, more) = match find(tx, self.expression())? {
            Found::Few(ids) => (ids, false),
            Found::Many(ids) => (ids.into_iter().take(FEW).collect(), true),
            Found::All => {
                let mut ids = Vec::with_capacity(FEW);
                plain(walk).statement(None, FEW + 1).walk(tx, |row| {
                    ids.push(row.get(0)?);
                    Ok(true)
                })?;
                let more = ids.len() > FEW;
                (ids.into_iter().take(FEW).collect(), more)
            }
        };
        let count = self.positions(tx, walk, &ids, None)?.len();
        Ok((i64::try_from(count).unwrap_or(i64::MAX), more))
    }

    /// The places in the list of those candidates that match and that the list holds.
    fn positions(&self, tx: &Tx<'_>, walk: &Walk, ids: &[i64], only: Option<Rank>) -> Result<Vec<Position>> {
        let mut positions = Vec::with_capacity(ids.len());
        for &id in ids {
            let Some(rank) = self.rank_of(tx, id)?.filter(|rank| only.is_none_or(|only| only == *rank)) else { continue };
            if let Some(key) = held(tx, walk, id)? {
                positions.push(Position { part: rank.part(), key, id });
            }
        }
        Ok(positions)
    }

    /// Matches of one rank along the list's index; `among` holds them all, if given.
    #[expect(clippy::too_many_arguments, reason = "what a page is made of; a struct would only rename it")]
    fn along(
        &self,
        tx: &Tx<'_>,
        walk: &Walk,
        rank: Rank,
        among: Option<&[i64]>,
        after: Option<&Position>,
        size: usize,
        left: &mut usize,
    ) -> Result<Slice> {
        let mut slice = Slice::default();
        // Parts before this one may have spent all; a page must get on all the same.
        *left = (*left).max(100 * LOOK_UP);
        let mut last = None;
        let tested = walk.hit.text() != "1";
        // A row is looked at by its place in the index first, by its document then, by the list's other tests last.
        plain(walk).statement(after, BUDGET + 1).walk(tx, |row| {
            if slice.ids.len() == size || *left == 0 {
                slice.next = last.take();
                return Ok(false);
            }
            *left = left.saturating_sub(1);
            let id = row.get(0)?;
            last = Some(Position { part: rank.part(), key: key(row.get(1)?), id });
            if among.is_some_and(|among| among.binary_search(&id).is_err()) {
                return Ok(true);
            }
            *left = left.saturating_sub(LOOK_UP);
            if self.rank_of(tx, id)? == Some(rank) && (!tested || held(tx, walk, id)?.is_some()) {
                slice.ids.push(id);
            }
            Ok(true)
        })?;
        Ok(slice)
    }

    fn rank_of(&self, tx: &Tx<'_>, id: i64) -> Result<Option<Rank>> {
        let doc: Option<String> =
            tx.query_opt("SELECT doc FROM customer_search WHERE customer_id = ?1", [id], |row| row.get(0))?;
        Ok(doc.and_then(|doc| self.rank(&doc)))
    }
}

/// The candidates of an expression, as many as are of use.
fn find(tx: &Tx<'_>, expression: Option<String>) -> Result<Found> {
    let Some(expression) = expression else { return Ok(Found::All) };
    let sql = "SELECT rowid FROM customer_gram WHERE customer_gram MATCH ?1 LIMIT ?2";
    let ids: Vec<i64> = tx.query(sql, rusqlite::params![expression, MANY as i64 + 1], |row| row.get(0))?;
    Ok(match ids.len() {
        0..=FEW => Found::Few(ids),
        n if n <= MANY => Found::Many(ids),
        _ => Found::All,
    })
}

/// The walk without its tests: the index alone.
fn plain(walk: &Walk) -> Walk {
    Walk { hit: Sql::new("1"), ..walk.clone() }
}

/// The sort key of a row if the list holds it.
fn held(tx: &Tx<'_>, walk: &Walk, id: i64) -> Result<Option<Key>> {
    let mut sql = Sql::new("SELECT ");
    sql.push(walk.key).push(", ").append(&walk.hit).push(" ").append(&walk.from);
    // An equation of the id is one look-up, whatever else the list asks for.
    sql.push(" AND ").push(walk.id).push(" = ").bind(id);
    let row = sql.one(tx, |row| Ok((row.get(0)?, row.get::<_, Option<bool>>(1)?)));
    let row: Option<(Value, Option<bool>)> = match row {
        Err(crate::error::Error::Db(error)) => Err(error).optional()?,
        other => Some(other?),
    };
    Ok(row.filter(|(_, hit)| *hit == Some(true)).map(|(value, _)| key(value)))
}

fn key(value: Value) -> Key {
    match value {
        Value::Text(text) => Key::Text(text),
        other => Key::Int(other.int().unwrap_or_default()),
    }
}

/// Leaves the first of these places behind a position, in order.
fn take(positions: &mut Vec<Position>, walk: &Walk, after: Option<&Position>, size: usize) -> Slice {
    let order = |a: &Position, b: &Position| a.part.cmp(&b.part).then_with(|| in_part(a, b, walk.descending));
    positions.retain(|position| after.is_none_or(|after| order(position, after) == Ordering::Greater));
    positions.sort_by(order);
    let more = positions.len() > size;
    positions.truncate(size);
    let next = if more { positions.last().cloned() } else { None };
    Slice { ids: positions.iter().map(|position| position.id).collect(), next }
}

/// The list's order, as the database has it: numbers before text, text by bytes.
fn in_part(a: &Position, b: &Position, descending: bool) -> Ordering {
    let keys = match (&a.key, &b.key) {
        (Key::Int(a), Key::Int(b)) => a.cmp(b),
        (Key::Text(a), Key::Text(b)) => a.cmp(b),
        (Key::Int(_), Key::Text(_)) => Ordering::Less,
        (Key::Text(_), Key::Int(_)) => Ordering::Greater,
    };
    let order = keys.then(a.id.cmp(&b.id));
    if descending { order.reverse() } else { order }
}
