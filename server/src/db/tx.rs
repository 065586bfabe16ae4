//! The engine seam: everything that runs SQL runs it through [`Tx`].
//!
//! A `Tx` is one open transaction on one connection, for reading or for writing. It is concrete on purpose: a second
//! engine, when it comes, replaces this file, and until then nobody reads through a trait. SQL is visible at the place
//! that uses it, parameters are `?1`, and no text from outside is ever part of a statement.

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::error::{Error, Result};

/// One open transaction. Statements are cached by their text (256 a connection).
pub struct Tx<'c> {
    conn: &'c Connection,
}

impl<'c> Tx<'c> {
    /// Wraps a connection on which the caller has opened a transaction.
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// All rows of a query. The statement itself must bound them.
    pub fn query<T>(&self, sql: &str, params: impl Params, row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, row)?;
        rows.collect::<rusqlite::Result<_>>().map_err(Error::from)
    }

    /// Walks a query's rows until `each` answers false; for pages that end at a number of rows, bytes or examined rows.
    pub fn walk(&self, sql: &str, params: impl Params, mut each: impl FnMut(&Row<'_>) -> Result<bool>) -> Result<()> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if !each(row)? {
                break;
            }
        }
        Ok(())
    }

    /// The one row that must be there.
    pub fn query_one<T>(&self, sql: &str, params: impl Params, row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, row)?)
    }

    /// The one row, if it is there.
    pub fn query_opt<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, row).optional()?)
    }

    /// Runs a statement and answers how many rows it changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.conn.prepare_cached(sql)?.execute(params)?)
    }

    /// Runs an INSERT and answers the id that the database gave the row.
    pub fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        Ok(self.conn.prepare_cached(sql)?.insert(params)?)
    }
}
