//! A copy of the running database, made by the engine's backup and verified by opening it.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path};

use rusqlite::{Connection, MAIN_DB};

use crate::{
    audit::{self, Verification},
    db::{Tx, connect},
    error::{Error, Result},
};

/// Copies `from` to a new file `to` (0600), then opens the copy, checks its integrity and its audit chain.
///
/// Answers its size and how many audit rows it holds.
///
/// # Errors
/// The file exists already, cannot be written, or does not verify.
pub fn backup(from: &Path, to: &Path) -> Result<(u64, i64)> {
    let source = connect(from, true)?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(|e| Error::Unavailable(format!("{}: {e}", to.display())))?;
    let done = source
        .backup(MAIN_DB, to, None::<fn(rusqlite::backup::Progress)>)
        .map_err(Error::from)
        .and_then(|()| verify(to));
    // Looking at the copy leaves an empty log beside it, which must not meet another database of that name.
    for beside in ["-wal", "-shm"] {
        let mut name = to.as_os_str().to_owned();
        name.push(beside);
        let _ = std::fs::remove_file(name);
    }
    if done.is_err() {
        // A copy that does not verify must not lie around looking like one.
        let _ = std::fs::remove_file(to);
    }
    done
}

fn verify(path: &Path) -> Result<(u64, i64)> {
    let copy: Connection = connect(path, true)?;
    let sound: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(Error::Unavailable(format!("the copy is damaged: {sound}")));
    }
    let tx = Tx::new(&copy);
    let mut seen = Verification::default();
    while !seen.finished {
        seen = audit::verify(&tx, seen)?;
    }
    if let Some((row, why)) = seen.bad {
        return Err(Error::Unavailable(format!("the copy's audit chain breaks at row {row}: {why}")));
    }
    let bytes = std::fs::metadata(path).map(|file| file.len()).unwrap_or_default();
    Ok((bytes, seen.rows))
}
