//! Kept figures, recomputed and compared: what a customer row says of its interactions, and what is due.

use crate::{
    db::{Tx, params},
    error::Result,
    interactions,
};

/// Compares the kept figures of the customers after `after`, at most `limit` of them.
///
/// Answers the last customer looked at (none at the end) and what differs, in words.
pub fn compare(tx: &Tx<'_>, after: i64, limit: i64) -> Result<(Option<i64>, i64, Vec<(i64, String)>)> {
    let rows = tx.query(
        "SELECT id, no, last_contact_at, next_contact_at FROM customer WHERE id > ?1 ORDER BY id LIMIT ?2",
        params![after, limit],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?)),
    )?;
    let mut differences = Vec::new();
    for (id, no, last, next) in &rows {
        let (true_last, true_next) = interactions::store::figures(tx, *id)?;
        if (true_last, true_next) != (*last, *next) {
            differences.push((*id, format!("{no}: last contact {last} should be {true_last}, next {next} should be {true_next}")));
        }
    }
    let end = rows.last().map(|row| row.0).filter(|_| rows.len() as i64 == limit);
    Ok((end, rows.len() as i64, differences))
}
