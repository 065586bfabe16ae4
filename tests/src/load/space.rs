//! How large each table is, its indexes counted with it.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use rolo_server::directory::database_path;
use rusqlite::{Connection, OpenFlags};

/// Bytes in whole pages, by table.
pub type Space = BTreeMap<String, i64>;

/// Measures a file that nobody writes.
///
/// # Errors
/// It cannot be read.
#[expect(clippy::disallowed_methods, reason = "a look from outside, at what is on disk")]
pub fn tables(dir: &Path) -> Result<Space> {
    let conn = Connection::open_with_flags(database_path(dir), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // The tables behind the search index count as the index.
    let mut sizes = conn.prepare(
        "SELECT CASE WHEN m.tbl_name LIKE 'customer_gram%' THEN 'customer_gram'
                     WHEN m.tbl_name LIKE 'opportunity_gram%' THEN 'opportunity_gram' ELSE m.tbl_name END, SUM(s.pgsize)
         FROM dbstat s JOIN sqlite_schema m ON m.name = s.name
         WHERE s.aggregate = TRUE
         GROUP BY 1",
    )?;
    let rows = sizes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What each table has grown by, for each of so many.
pub fn growth(before: &Space, after: &Space, each: usize) -> Vec<(String, f64)> {
    let grown = |(table, bytes): (&String, &i64)| {
        let by = bytes - before.get(table).copied().unwrap_or_default();
        (table.clone(), by as f64 / each.max(1) as f64)
    };
    let mut growth: Vec<_> = after.iter().map(grown).filter(|(_, each)| *each >= 0.5).collect();
    growth.sort_by(|a, b| b.1.total_cmp(&a.1));
    growth
}

/// In one line: all together, then the largest.
pub fn line(growth: &[(String, f64)]) -> String {
    let all: f64 = growth.iter().map(|(_, each)| each).sum();
    let parts: Vec<String> = growth.iter().take(8).map(|(table, each)| format!("{table} {each:.0}")).collect();
    format!("{all:.0} = {}", parts.join(" + "))
}
