//! What hangs on a customer: the kinds of record that belong to one, follow it in and out of view, and go with it when
//! two customers are made one. A new kind joins with a line in [`CHILDREN`].

use rolo_proto::v1 as pb;

use crate::{
    change::{Of, Table},
    contacts,
    db::{Tx, params},
    error::Result,
    interactions, opportunities,
};

/// A kind of record that belongs to a customer.
pub struct Child {
    /// Its table.
    pub table: &'static Table,
    /// Id and revision of those of a customer (`?1`), the recycle bin included, at most `?2`.
    rows: &'static str,
    /// Live ones of a customer (`?1`), of kind `?2`, that are not as operation `?3` left them; the first few.
    held: &'static str,
}

macro_rules! child {
    ($name:literal, $table:expr) => {
        Child {
            table: &$table,
            rows: concat!(
                "SELECT id, revision FROM (SELECT id, revision FROM ",
                $name,
                " WHERE customer_id = ?1 AND deleted_at IS NULL UNION ALL SELECT id, revision FROM ",
                $name,
                " WHERE customer_id = ?1 AND deleted_at IS NOT NULL) LIMIT ?2"
            ),
            held: concat!(
                "SELECT k.id FROM ",
                $name,
                " k WHERE k.customer_id = ?1 AND k.deleted_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM audit a
                    WHERE a.kind = ?2 AND a.record_id = k.id AND a.operation_id = ?3 AND a.revision = k.revision)
                  LIMIT 20"
            ),
        }
    };
}

/// The kinds.
pub static CHILDREN: [Child; 3] = [
    child!("contact", contacts::store::TABLE),
    child!("interaction", interactions::store::TABLE),
    child!("opportunity", opportunities::store::TABLE),
];

impl Child {
    /// Id and revision of those of a customer, the recycle bin included; at most so many.
    pub fn of(&self, tx: &Tx<'_>, customer_id: i64, most: usize) -> Result<Vec<(i64, i64)>> {
        tx.query(self.rows, params![customer_id, most as i64], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// How many of each kind a customer has, the recycle bin included; all together counted up to `most`.
pub fn counts(tx: &Tx<'_>, customer_id: i64, most: usize) -> Result<Vec<pb::KindCount>> {
    let mut left = most;
    CHILDREN
        .iter()
        .map(|child| {
            let count = child.of(tx, customer_id, left)?.len();
            left -= count;
            Ok(pb::KindCount { kind: child.table.kind.into(), count: count as i64 })
        })
        .collect()
}

/// Live records of a customer that are not as an operation left them (0: any); the first few.
pub fn held(tx: &Tx<'_>, customer_id: i64, operation_id: i64) -> Result<Vec<Of>> {
    let mut found = Vec::new();
    for child in &CHILDREN {
        let kind = child.table.kind;
        let bound = params![customer_id, kind as i32, operation_id];
        found.extend(tx.query(child.held, bound, |row| Ok((kind, row.get(0)?)))?);
    }
    Ok(found)
}
