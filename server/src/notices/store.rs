//! Notice rows.

use rolo_proto::v1::Kind;

use crate::{
    change::Change,
    customers::timeline::table,
    db::{Tx, params},
    error::Result,
};

/// Tells a person about a record that this operation has changed.
///
/// # Errors
/// The database's.
pub fn tell(change: &mut Change<'_, '_>, user_id: i64, topic: &'static str, kind: Kind, id: i64) -> Result<()> {
    if user_id == change.actor.user_id || user_id == 0 {
        return Ok(());
    }
    let (tx, operation_id) = (change.tx(), change.operation()?);
    let more = tx.execute(
        "UPDATE notice SET count = count + 1 WHERE operation_id = ?1 AND user_id = ?2 AND topic = ?3",
        params![operation_id, user_id, topic],
    )?;
    if more > 0 {
        return Ok(());
    }
    let label = label(tx, kind, id)?;
    tx.execute(
        "INSERT INTO notice (user_id, at, actor_id, topic, kind, record_id, label, operation_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![user_id, change.now(), change.actor.user_id, topic, kind as i32, id, label, operation_id],
    )
    .map(drop)
}

fn label(tx: &Tx<'_>, kind: Kind, id: i64) -> Result<String> {
    table(kind).map_or_else(|| Ok(String::new()), |table| (table.label)(tx, id))
}
