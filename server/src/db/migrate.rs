//! Migrations: forward only, compiled in, one transaction each, counted in `user_version`.
//!
//! Before an existing file is migrated a copy of it is kept beside it. A file that is not ours, or was made by a newer
//! version, is refused and left alone. `migrations/CHECKSUMS` guards the released ones (a test).

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::APPLICATION_ID;
use crate::{
    directory::{io_error, private_file},
    error::{Error, Result},
};

/// The migrations in order; the database's version is how many of them it has seen.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_spine", include_str!("../../../migrations/0001_spine.sql")),
    ("0002_search", include_str!("../../../migrations/0002_search.sql")),
    ("0003_opportunities", include_str!("../../../migrations/0003_opportunities.sql")),
    ("0004_together", include_str!("../../../migrations/0004_together.sql")),
];

pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let version = version as usize;
    let tables: i64 = conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(Error::Unavailable(format!("{} is a database of another program", path.display())));
    }
    if version > MIGRATIONS.len() {
        return Err(Error::Unavailable(format!(
            "{} was made by a newer version of Rolo (format {version}, this one knows {}); install that version or newer",
            path.display(),
            MIGRATIONS.len()
        )));
    }
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    if tables > 0 {
        keep_copy(conn, path, version)?;
    }
    for (number, (name, sql)) in MIGRATIONS.iter().enumerate().skip(version) {
        let tx = conn.transaction()?;
        tx.execute_batch(sql).map_err(|e| Error::Internal(format!("migration {name}: {e}")))?;
        tx.pragma_update(None, "user_version", (number + 1) as i64)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.commit()?;
        tracing::info!(migration = name, "migrated");
    }
    Ok(())
}

/// A consistent copy of the file as it is before the migration, kept for a way back.
fn keep_copy(conn: &Connection, path: &Path, version: usize) -> Result<()> {
    let copy = copy_path(path, version);
    if copy.exists() {
        // The copy of an earlier attempt that did not get through: just as good.
        return Ok(());
    }
    // Made beside its place, for its owner alone, and moved there when it is whole.
    let draft = copy.with_extension("db.new");
    let _ = std::fs::remove_file(&draft);
    private_file(&draft)?;
    let text = draft.to_str().ok_or_else(|| Error::Internal("the path of the copy is not UTF-8".into()))?;
    conn.execute("VACUUM INTO ?1", [text])?;
    std::fs::rename(&draft, &copy).map_err(|e| io_error(&copy, &e))
}

/// Where the copy of a file of that version lies.
fn copy_path(path: &Path, version: usize) -> PathBuf {
    path.with_extension(format!("before-{}.db", version + 1))
}
