//! Writing records: the one way in which a row of a business table changes.
//!
//! [`Change::insert`] and [`Change::update`] write the row, raise its revision, refresh what is derived from it, append
//! the audit row and feed the outbox. A slice describes its table once ([`Table`]) and gets all of this, undo included.

use rolo_proto::v1::Kind;
use serde_json::Value as Json;

use crate::{
    audit::{Changes, Entry},
    authz::Actor,
    clock::Millis,
    db::{Tx, Write, params, tx::Chore},
    error::{Collision, Error, Fault, Result},
    notices,
    value::Value,
};

/// A record: its kind and its id.
pub type Of = (Kind, i64);

/// Whose a record is, and where it stands; 0 for none each. Of a kept view, which is a department's, see its table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whose {
    /// The responsible person.
    pub owner: i64,
    /// A second person whose record it is too, such as an interaction's author.
    pub also: i64,
    /// The customer in whose timeline it stands.
    pub customer: i64,
    /// The record that it hangs on.
    pub parent: i64,
}

/// A business table: what of it is audited, and what follows from a change.
pub struct Table {
    /// The kind of record it holds.
    pub kind: Kind,
    /// `SELECT` of the audited columns by id, in the order of `columns`.
    pub select: &'static str,
    /// `UPDATE` of one column by id: the column's name, and `SET column = ?2 WHERE id = ?1`.
    pub columns: &'static [(&'static str, &'static str)],
    /// `INSERT` of all audited columns (`?1` …, in order), then created_at/updated_at (one parameter), then `derived`.
    pub insert: &'static str,
    /// What of a new row follows from its audited values alone: written with the row, for an index that is changed
    /// later is changed twice.
    pub derived: fn(&Tx<'_>, &[Value]) -> Result<Vec<Value>>,
    /// `UPDATE` that sets revision (`?2`) and updated_at (`?3`) by id.
    pub touch: &'static str,
    /// Refreshes derived columns, neighbours and the search index after a change. The changed columns are named; none
    /// for a new record.
    pub derive: fn(&Tx<'_>, i64, &[&'static str]) -> Result<()>,
    /// Whose the record is.
    pub owner: fn(&Tx<'_>, i64) -> Result<Whose>,
    /// What a record is called.
    pub label: fn(&Tx<'_>, i64) -> Result<String>,
    /// Whether this person may write these columns of the record as it is now; asked by undo.
    pub may_write: fn(&Tx<'_>, &Actor, i64, &[&str]) -> Result<()>,
    /// Live records that hang on this one, other than as this operation left them (0: any); the first few. While there
    /// is one, undo does not take back that the record was made.
    pub holds: fn(&Tx<'_>, i64, i64) -> Result<Vec<Of>>,
    /// Refreshes what a customer keeps of such records after one of them has gone to another customer; put off, for a
    /// merge moves many.
    pub parted: Option<Chore>,
    /// Whether the row, as an undo has just made it by writing these columns, may stand (names still unique, customer
    /// still there).
    pub check_undo: fn(&Tx<'_>, i64, &[&str]) -> Result<()>,
}

/// A statement list for a [`Table`], from literals only: no identifier ever comes from outside.
#[macro_export]
macro_rules! table_sql {
    ($table:literal, $first:literal $(, $column:literal)*) => {
        (
            concat!("SELECT ", $first $(, ", ", $column)*, " FROM ", $table, " WHERE id = ?1"),
            &[
                ($first, concat!("UPDATE ", $table, " SET ", $first, " = ?2 WHERE id = ?1")),
                $(($column, concat!("UPDATE ", $table, " SET ", $column, " = ?2 WHERE id = ?1")),)*
            ],
            concat!("UPDATE ", $table, " SET revision = ?2, updated_at = ?3 WHERE id = ?1"),
        )
    };
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Table {
    fn index(&self, column: &str) -> Result<usize> {
        self.columns
            .iter()
            .position(|(name, _)| *name == column)
            .ok_or_else(|| Error::Internal(format!("{:?} has no column {column}", self.kind)))
    }

    /// The audited values of a row, in the order of the columns.
    pub fn values(&self, tx: &Tx<'_>, id: i64) -> Result<Vec<Value>> {
        tx.query_opt(self.select, [id], |row| (0..self.columns.len()).map(|i| row.get(i)).collect())?
            .ok_or(Error::NotFound)
    }

    /// Writes a new row with all that follows from it; answers its id. What of it is not named is empty. Nothing is
    /// audited or announced: a [`Change`] does that.
    ///
    /// # Errors
    /// `INTERNAL` for a column that the table has not; the database's.
    pub fn add(&self, tx: &Tx<'_>, values: &[(&'static str, Value)], created_at: i64) -> Result<i64> {
        let mut row = vec![Value::Null; self.columns.len()];
        for (column, value) in values {
            if let Some(cell) = row.get_mut(self.index(column)?) {
                *cell = value.clone();
            }
        }
        let derived = (self.derived)(tx, &row)?;
        row.push(Value::Int(created_at));
        row.extend(derived);
        let id = tx.insert(self.insert, rusqlite::params_from_iter(row.iter()))?;
        (self.derive)(tx, id, &[])?;
        Ok(id)
    }

    /// The value of one column in what [`Table::values`] answered.
    pub fn value<'v>(&self, values: &'v [Value], column: &str) -> Result<&'v Value> {
        values.get(self.index(column)?).ok_or(Error::NotFound)
    }
}

/// What a write left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The record.
    pub id: i64,
    /// Its revision now.
    pub revision: i64,
    /// The operation; 0 if nothing had to be changed.
    pub operation_id: i64,
}

impl Done {
    /// As a reply.
    pub fn changed(self, kind: Kind) -> rolo_proto::v1::Changed {
        rolo_proto::v1::Changed {
            kind: kind.into(),
            id: self.id,
            revision: self.revision,
            operation_id: self.operation_id,
        }
    }
}

/// An operation under way: who does it, when, in which transaction.
pub struct Change<'w, 'a> {
    /// The transaction, the time, the audit chain.
    pub write: &'w mut Write<'a>,
    /// Who.
    pub actor: &'w Actor,
    /// The name of the operation: the RPC's method.
    pub method: &'static str,
    /// Names the operation in the audit log; made by the first record that really changes.
    pub operation_id: Option<i64>,
    /// Whether the operation can be taken back.
    pub reversible: bool,
    /// The operation that this one takes back.
    pub undoes: Option<i64>,
}

impl<'w, 'a> Change<'w, 'a> {
    /// A new operation, which is in the books as soon as it changes something.
    pub fn new(write: &'w mut Write<'a>, actor: &'w Actor, method: &'static str, reversible: bool) -> Self {
        Self { write, actor, method, operation_id: None, reversible, undoes: None }
    }

    /// The transaction.
    pub fn tx(&self) -> &'a Tx<'a> {
        self.write.tx
    }

    /// The time.
    pub fn now(&self) -> Millis {
        self.write.now
    }

    /// The operation's id; makes the operation if nothing has been changed so far.
    pub fn operation(&mut self) -> Result<i64> {
        if let Some(id) = self.operation_id {
            return Ok(id);
        }
        let id = self.tx().insert(
            "INSERT INTO operation (user_id, at, method, reversible, undoes, level)
             VALUES (?1, ?2, ?3, ?4, ?5, COALESCE((SELECT level + 1 FROM operation WHERE id = ?5), 0))",
            params![self.actor.user_id, self.now(), self.method, self.reversible, self.undoes],
        )?;
        self.operation_id = Some(id);
        Ok(id)
    }

    /// Runs one part of an operation by itself: if it fails, what it wrote is gone, and the operation goes on.
    ///
    /// # Errors
    /// What the part answers; an error of the engine itself.
    pub fn attempt<R>(&mut self, part: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let (tx, chain, operation_id) = (self.tx(), self.write.chain.clone(), self.operation_id);
        tx.execute("SAVEPOINT part", [])?;
        let answer = part(self);
        if answer.is_err() {
            tx.execute("ROLLBACK TO part", [])?;
            *self.write.chain = chain;
            self.operation_id = operation_id;
        }
        tx.execute("RELEASE part", [])?;
        answer
    }

    /// A new record. Columns that are not named are NULL, which the table's defaults do not replace: name them all or
    /// let the column allow NULL.
    pub fn insert(&mut self, table: &'static Table, values: &[(&'static str, Value)]) -> Result<Done> {
        let operation_id = self.operation()?;
        let filled = values.iter().filter(|(_, value)| !value.is_empty());
        let changes: Changes =
            filled.map(|(column, value)| ((*column).into(), Json::Array(vec![Json::Null, value.to_json()]))).collect();
        let id = table.add(self.tx(), values, self.now())?;
        let whose = (table.owner)(self.tx(), id)?;
        self.record(table.kind, id, 1, whose.customer, "create", &changes)?;
        self.announce(table.kind, id, 1, (whose, whose), false)?;
        Ok(Done { id, revision: 1, operation_id })
    }

    /// New values for some columns. What is the same already is left out; if nothing is left, nothing happens.
    pub fn update(
        &mut self,
        table: &'static Table,
        id: i64,
        revision: i64,
        values: &[(&'static str, Value)],
        verb: &str,
    ) -> Result<Done> {
        let current = table.values(self.tx(), id)?;
        let mut changes = Changes::new();
        let mut changed = Vec::new();
        let before = (table.owner)(self.tx(), id)?;
        for (column, value) in values {
            let index = table.index(column)?;
            let (Some(old), Some((name, sql))) = (current.get(index), table.columns.get(index)) else { continue };
            if old != value {
                self.tx().execute(sql, params![id, value])?;
                changes.insert((*name).into(), Json::Array(vec![old.to_json(), value.to_json()]));
                changed.push(*name);
            }
        }
        if changed.is_empty() {
            return Ok(Done { id, revision, operation_id: self.operation_id.unwrap_or(0) });
        }
        let operation_id = self.operation()?;
        let revision = revision + 1;
        self.tx().execute(table.touch, params![id, revision, self.now()])?;
        (table.derive)(self.tx(), id, &changed)?;
        let after = (table.owner)(self.tx(), id)?;
        if let Some(parted) = table.parted.filter(|_| after.customer != before.customer) {
            self.tx().defer(parted, before.customer);
        }
        self.record(table.kind, id, revision, after.customer, verb, &changes)?;
        let deleted = changes.get("deleted_at").is_some_and(|pair| pair.get(1).is_some_and(|after| !after.is_null()));
        self.announce(table.kind, id, revision, (before, after), deleted)?;
        notices::store::tell_followers(self, table.kind, id, after, deleted)?;
        Ok(Done { id, revision, operation_id })
    }

    /// An audit row of this operation.
    pub fn record(
        &mut self,
        kind: Kind,
        id: i64,
        revision: i64,
        parent_id: i64,
        verb: &str,
        changes: &Changes,
    ) -> Result<()> {
        let entry = Entry {
            operation_id: self.operation_id.unwrap_or(0),
            user_id: self.actor.user_id,
            session_id: self.actor.session_id,
            at: self.now(),
            verb,
            kind,
            record_id: id,
            revision,
            parent_id,
            changes,
        };
        let tx = self.tx();
        self.write.chain.append(tx, &entry).map(drop)
    }

    /// A row for those who watch changes.
    fn announce(&self, kind: Kind, id: i64, revision: i64, whose: (Whose, Whose), deleted: bool) -> Result<()> {
        let (before, after) = whose;
        self.tx()
            .execute(
                "INSERT INTO outbox (kind, record_id, revision, parent_id, owner_before, owner_after, also_owner, deleted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![kind as i32, id, revision, after.parent, before.owner, after.owner, after.also, deleted],
            )
            .map(drop)
    }
}

/// What a caller saw of a record before changing it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The revision seen; 0 = none named.
    pub revision: i64,
    /// The values seen of the masked columns; used only when the revision is an older one.
    pub values: Vec<(&'static str, Value)>,
}

impl Seen {
    /// Refuses a write on stale ground: another revision, and a masked column whose value is no longer the one seen.
    ///
    /// # Errors
    /// `STALE` with the columns that collide and who changed the record.
    pub fn check(&self, tx: &Tx<'_>, table: &'static Table, id: i64, current_revision: i64) -> Result<()> {
        if self.revision == 0 || self.revision == current_revision {
            return Ok(());
        }
        let current = table.values(tx, id)?;
        let mut fields = Vec::new();
        for (column, seen) in &self.values {
            if table.value(&current, column)? != seen {
                let (who, at) = last_change_of(tx, table.kind, id, column, self.revision)?;
                fields.push(Collision { field: field_name(column).to_owned(), who, at });
            }
        }
        if fields.is_empty() && !self.values.is_empty() {
            return Ok(());
        }
        Err(stale(tx, table.kind, id, current_revision, fields)?)
    }

    /// For state changes and deletes, which never merge: the revision must be named, and be the current one.
    ///
    /// # Errors
    /// `VALIDATION` of `revision` when none is named; `STALE`.
    pub fn check_revision(tx: &Tx<'_>, kind: Kind, id: i64, seen: i64, current: i64) -> Result<()> {
        match seen {
            0 => Err(Error::field("revision", Fault::Required)),
            _ if seen == current => Ok(()),
            _ => Err(stale(tx, kind, id, current, Vec::new())?),
        }
    }
}

fn stale(tx: &Tx<'_>, kind: Kind, id: i64, revision: i64, fields: Vec<Collision>) -> Result<Error> {
    let newest = fields.iter().max_by_key(|field| field.at).map(|field| (field.who.clone(), field.at));
    let (who, at) = newest.map_or_else(|| last_change(tx, kind, id), Ok)?;
    Ok(Error::Stale { kind, id, revision, fields, who, at })
}

/// Who changed a record last, and when.
pub fn last_change(tx: &Tx<'_>, kind: Kind, id: i64) -> Result<(String, Millis)> {
    last_change_of(tx, kind, id, "", 0)
}

/// Who changed a column of a record last since a revision, and when; an empty name stands for any column. Nobody: no name.
pub fn last_change_of(tx: &Tx<'_>, kind: Kind, id: i64, column: &str, since: i64) -> Result<(String, Millis)> {
    let found = tx.query_opt(
        "SELECT COALESCE(NULLIF(u.display_name, ''), u.name, ''), a.at
         FROM audit a LEFT JOIN user u ON u.id = a.user_id
         WHERE a.kind = ?1 AND a.record_id = ?2 AND a.verb <> 'refused'
           AND a.revision > ?4 AND (?3 = '' OR json_type(a.changes, '$.' || ?3) IS NOT NULL)
         ORDER BY a.sequence DESC
         LIMIT 1",
        params![kind as i32, id, column, since],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The name of a column as the API's people read it: `region_id` is the field `region`.
pub fn field_name(column: &str) -> &str {
    match column {
        "customer_id" => "customer_no",
        other => other.strip_suffix("_id").filter(|_| other != "external_id").unwrap_or(other),
    }
}
