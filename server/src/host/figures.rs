//! Kept figures, recomputed and compared: what a customer row says of its interactions, and what is due.

use crate::{
    db::{Tx, params},
    error::Result,
    interactions,
};

/// What a look at some customers found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The last customer looked at; none at the end.
    pub next: Option<i64>,
    /// How many were looked at.
    pub looked_at: i64,
    /// The customers whose figures differ, and how, in words.
    pub differences: Vec<(i64, String)>,
}

/// Compares the kept figures of the customers after `after`, at most `limit` of them.
pub fn compare(tx: &Tx<'_>, after: i64, limit: i64) -> Result<Comparison> {
    let rows = tx.query(
        "SELECT id, no, last_contact_at, next_contact_at FROM customer WHERE id > ?1 ORDER BY id LIMIT ?2",
        params![after, limit],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?)),
    )?;
    let mut differences = Vec::new();
    for (id, no, last, next) in &rows {
        let (true_last, true_next) = interactions::derive::figures(tx, *id)?;
        if (true_last, true_next) != (*last, *next) {
            differences.push((
                *id,
                format!("{no}: last contact {last} should be {true_last}, next {next} should be {true_next}"),
            ));
        }
    }
    let next = rows.last().map(|row| row.0).filter(|_| rows.len() as i64 == limit);
    Ok(Comparison { next, looked_at: rows.len() as i64, differences })
}
