//! What follows from interactions: what is incomplete, what is due, and the customer's last and next contact.

use super::rules;
use crate::{
    db::{Tx, params},
    dictionary,
    error::Result,
};

/// Refreshes what is derived from an interaction.
pub fn of(tx: &Tx<'_>, id: i64, _: &[&'static str]) -> Result<()> {
    let (customer_id, author_id, channel_id, place): (i64, i64, Option<i64>, String) =
        tx.query_one("SELECT customer_id, author_id, channel_id, place FROM interaction WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let channel = channel_id.map_or(Ok(None), |id| dictionary::store::value(tx, id))?;
    let missing = rules::missing(channel.as_deref(), place.is_empty());
    if missing != 0 {
        tx.execute("UPDATE interaction SET missing = ?2 WHERE id = ?1", params![id, missing])?;
    } else {
        tx.execute("UPDATE interaction SET missing = 0 WHERE id = ?1 AND missing <> 0", [id])?;
    }
    refresh_due(tx, customer_id, author_id)?;
    refresh_figures(tx, customer_id)
}

/// Of one author's interactions with one customer only the newest can be due, and only until it is settled (D4).
fn refresh_due(tx: &Tx<'_>, customer_id: i64, author_id: i64) -> Result<()> {
    let newest = tx.query_opt(
        "SELECT id, CASE WHEN settled_at IS NULL THEN COALESCE(next_contact_at, 0) ELSE 0 END
         FROM interaction
         WHERE customer_id = ?1 AND author_id = ?2 AND deleted_at IS NULL
         ORDER BY at DESC, id DESC
         LIMIT 1",
        params![customer_id, author_id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let (id, due) = newest.unwrap_or_default();
    tx.execute(
        "UPDATE interaction SET due_at = 0 WHERE customer_id = ?1 AND due_at > 0 AND author_id = ?2 AND id <> ?3",
        params![customer_id, author_id, id],
    )?;
    tx.execute("UPDATE interaction SET due_at = ?2 WHERE id = ?1 AND due_at <> ?2", params![id, due]).map(drop)
}

/// The newest contact and the earliest open next one of a customer, from its interactions; 0 for none.
pub fn figures(tx: &Tx<'_>, customer_id: i64) -> Result<(i64, i64)> {
    tx.query_one(
        "SELECT COALESCE((SELECT at FROM interaction WHERE customer_id = ?1 AND deleted_at IS NULL
                          ORDER BY at DESC LIMIT 1), 0),
                COALESCE((SELECT MIN(due_at) FROM interaction WHERE customer_id = ?1 AND due_at > 0), 0)",
        [customer_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn refresh_figures(tx: &Tx<'_>, customer_id: i64) -> Result<()> {
    let (last, next) = figures(tx, customer_id)?;
    tx.execute(
        "UPDATE customer SET last_contact_at = ?2, next_contact_at = ?3
         WHERE id = ?1 AND (last_contact_at <> ?2 OR next_contact_at <> ?3)",
        params![customer_id, last, next],
    )
    .map(drop)
}

/// Recomputes everything kept for a customer from its interactions.
pub fn refresh_customer(tx: &Tx<'_>, customer_id: i64) -> Result<()> {
    let authors = tx.query(
        // The live and the deleted are in an index each.
        "SELECT author_id FROM interaction WHERE customer_id = ?1 AND deleted_at IS NULL
         UNION SELECT author_id FROM interaction WHERE customer_id = ?1 AND deleted_at IS NOT NULL LIMIT 10000",
        [customer_id],
        |row| row.get::<_, i64>(0),
    )?;
    authors.into_iter().try_for_each(|author| refresh_due(tx, customer_id, author))?;
    refresh_figures(tx, customer_id)
}
