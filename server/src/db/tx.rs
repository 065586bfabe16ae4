//! The engine seam: everything that runs SQL runs it through [`Tx`].
//!
//! A `Tx` is one open transaction on one connection, for reading or for writing. It is concrete on purpose: a second
//! engine, when it comes, replaces this file, and until then nobody reads through a trait. SQL is visible at the place
//! that uses it, parameters are `?1`, and no text from outside is ever part of a statement.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
};

use rusqlite::{CachedStatement, Connection, ErrorCode, OptionalExtension, Params, Row, Statement, StatementStatus};

use super::{
    faults::{Faults, Point, Stop},
    search::Memory,
};
use crate::{
    error::{Error, Result},
    value::Value,
};

/// Work on one record that is put off to the end of the batch.
pub type Chore = fn(&Tx<'_>, i64) -> Result<()>;

/// One open transaction. Statements are cached by their text (256 a connection).
pub struct Tx<'c> {
    conn: &'c Connection,
    faults: Option<&'c dyn Faults>,
    memory: Option<(&'c Memory, u64)>,
    /// The first failure of the engine itself. Whatever a job makes of it, the batch is lost.
    failure: Cell<Option<rusqlite::ffi::Error>>,
    deferred: RefCell<BTreeSet<(usize, i64)>>,
    chores: RefCell<Vec<Chore>>,
}

impl<'c> Tx<'c> {
    /// Wraps a connection on which the caller has opened a transaction.
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            faults: None,
            memory: None,
            failure: Cell::new(None),
            deferred: RefCell::default(),
            chores: RefCell::default(),
        }
    }

    /// As [`Tx::new`], with the faults that tests ask for.
    pub(super) fn writing(conn: &'c Connection, faults: Option<&'c dyn Faults>, memory: &'c Memory) -> Self {
        Self { faults, ..Self::reading(conn, memory) }
    }

    /// As [`Tx::new`], before anything was read.
    pub(super) fn reading(conn: &'c Connection, memory: &'c Memory) -> Self {
        Self { memory: Some((memory, memory.mark())), ..Self::new(conn) }
    }

    /// What searches remember, and the mark of what this transaction sees of it for certain ([`Memory::mark`]); none if
    /// the connection belongs to no open [`Db`](super::Db).
    pub(super) fn memory(&self) -> Option<(&'c Memory, u64)> {
        self.memory
    }

    /// The first failure of the engine itself, if there was one.
    pub(super) fn failure(&self) -> Option<rusqlite::Error> {
        self.failure.get().map(|failure| rusqlite::Error::SqliteFailure(failure, None))
    }

    /// Runs on the connection, and remembers if the engine fails: a job may take such an error for one of its own.
    /// Nothing runs after that: the engine may have rolled the transaction back, and each statement would stand alone.
    fn run<T>(&self, run: impl FnOnce(&'c Connection) -> Result<T>) -> Result<T> {
        if let Some(failure) = self.failure.get() {
            return Err(rusqlite::Error::SqliteFailure(failure, None).into());
        }
        let struck = self.faults.map_or(Ok(()), |faults| faults.at(Point::Statement, self.conn));
        let answer = struck.map_err(Error::from).and_then(|()| run(self.conn));
        if let Err(Error::Db(rusqlite::Error::SqliteFailure(failure, _))) = &answer
            && (Stop::of(Some(failure.code)).is_some() || failure.code == ErrorCode::OutOfMemory)
            && self.failure.get().is_none()
        {
            self.failure.set(Some(*failure));
        }
        answer
    }

    /// Puts work on a record off to just before the commit, once for however many changes of it the batch holds. It
    /// must be right whatever became of the job that asked: a job that is rolled back does not take its wish along.
    pub fn defer(&self, chore: Chore, id: i64) {
        let mut chores = self.chores.borrow_mut();
        let place = chores.iter().position(|known| std::ptr::fn_addr_eq(*known, chore)).unwrap_or_else(|| {
            chores.push(chore);
            chores.len() - 1
        });
        self.deferred.borrow_mut().insert((place, id));
    }

    /// Does what was put off.
    ///
    /// # Errors
    /// What the work answers; the batch is then lost.
    pub(crate) fn settle(&self) -> Result<()> {
        let chores = self.chores.take();
        for (place, id) in self.deferred.take() {
            if let Some(chore) = chores.get(place) {
                chore(self, id)?;
            }
        }
        Ok(())
    }

    /// All rows of a query. The statement itself must bound them.
    pub fn query<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map(params, row)?.collect::<rusqlite::Result<_>>();
            complain(&statement, sql);
            rows.map_err(Error::from)
        })
    }

    /// Walks a query's rows until `each` answers false; for pages that end at a number of rows, bytes or examined rows.
    pub fn walk(&self, sql: &str, params: impl Params, mut each: impl FnMut(&Row<'_>) -> Result<bool>) -> Result<()> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                if !each(row)? {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The one row that must be there.
    pub fn query_one<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let answer = statement.query_row(params, row);
            complain(&statement, sql);
            Ok(answer?)
        })
    }

    /// The one row, if it is there.
    pub fn query_opt<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let answer = statement.query_row(params, row).optional();
            complain(&statement, sql);
            Ok(answer?)
        })
    }

    /// A statement that is run for one id after the other. The id is its last parameter; the others are these.
    ///
    /// # Errors
    /// The statement cannot be prepared.
    pub(crate) fn look_up(&self, sql: &str, params: &[Value]) -> Result<LookUp<'_>> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            for (at, value) in params.iter().enumerate() {
                statement.raw_bind_parameter(at + 1, value)?;
            }
            Ok(LookUp { tx: self, statement, id: params.len() + 1 })
        })
    }

    /// How many rows this connection has changed since it was opened.
    pub fn changes(&self) -> u64 {
        self.conn.total_changes()
    }

    /// Runs a statement and answers how many rows it changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.run(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let answer = statement.execute(params);
            complain(&statement, sql);
            Ok(answer?)
        })
    }

    /// Runs an INSERT and answers the id that the database gave the row.
    pub fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        self.run(|conn| Ok(conn.prepare_cached(sql)?.insert(params)?))
    }
}

/// One row at a time by its id, prepared once for all of them.
pub(crate) struct LookUp<'t> {
    tx: &'t Tx<'t>,
    statement: CachedStatement<'t>,
    id: usize,
}

impl LookUp<'_> {
    /// The row of this id, if it is there.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn row<T>(&mut self, id: i64, row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>> {
        self.tx.run(|_| {
            self.statement.raw_bind_parameter(self.id, id)?;
            Ok(self.statement.raw_query().next()?.map(row).transpose()?)
        })
    }
}

/// What many records of one reply point to: each is looked up once.
pub struct Shared<'t, T> {
    rows: LookUp<'t>,
    row: fn(&Row<'_>) -> rusqlite::Result<T>,
    known: HashMap<i64, Option<T>>,
}

impl<'t, T: Clone> Shared<'t, T> {
    /// Rows of a statement whose only parameter is the id.
    ///
    /// # Errors
    /// The statement cannot be prepared.
    pub fn new(tx: &'t Tx<'t>, sql: &str, row: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Self> {
        Ok(Self { rows: tx.look_up(sql, &[])?, row, known: HashMap::new() })
    }

    /// What a record points to; none if it points to nothing, or to nothing that is there.
    ///
    /// # Errors
    /// The database's.
    pub fn of(&mut self, id: Option<i64>) -> Result<Option<T>> {
        let Some(id) = id else { return Ok(None) };
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let found = self.rows.row(id, self.row)?;
        self.known.insert(id, found.clone());
        Ok(found)
    }
}

/// Debug builds say when a statement has walked a whole table of some size, which an index should have spared it: cheap
/// with the rows of a test, not with a million. The tests' program that makes every kind of call listens for it.
fn complain(statement: &Statement<'_>, sql: &str) {
    const LARGE: i32 = 1_000;
    if cfg!(debug_assertions) {
        let steps = statement.reset_status(StatementStatus::FullscanStep);
        if steps > LARGE {
            tracing::warn!(steps, sql, "a statement walked a whole table");
        }
    }
}
