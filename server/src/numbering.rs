//! Numbers that people see: a prefix, the day in the company's zone, a counter that starts again each day (§5.5).
//!
//! The counter is a row in the same transaction as the record, behind the one writer, so that no two records ever get
//! the same number and a rolled-back record gives its number back.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::{
    clock::Millis,
    db::Tx,
    error::{Error, Result},
};

/// The next number, e.g. `KH261102001`; three digits, four after 999 in a day.
///
/// # Errors
/// The time is outside the calendar, or the database refuses.
pub fn next(tx: &Tx<'_>, prefix: &str, now: Millis, zone: Tz) -> Result<String> {
    let day = DateTime::<Utc>::from_timestamp_millis(now)
        .ok_or_else(|| Error::Internal(format!("the time {now} is outside the calendar")))?
        .with_timezone(&zone)
        .format("%y%m%d");
    let key = format!("{prefix}{day}");
    // Two plain statements: one with RETURNING would keep a journal of its own for each number.
    if tx.execute("UPDATE number_counter SET last = last + 1 WHERE prefix = ?1", [&key])? == 0 {
        tx.execute("INSERT INTO number_counter (prefix, last) VALUES (?1, 1)", [&key])?;
    }
    let counter: i64 = tx.query_one("SELECT last FROM number_counter WHERE prefix = ?1", [&key], |row| row.get(0))?;
    Ok(format!("{key}{counter:03}"))
}
