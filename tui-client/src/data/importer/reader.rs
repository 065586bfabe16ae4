//! Reads a file on a thread of its own and hands it over in batches that fit a call: at most 1,000 rows and 1 MiB. At most
//! two batches wait, so memory stays bounded whatever the file.

use std::path::Path;

use tokio::sync::mpsc;

use super::Mapping;
use crate::files;

/// Rows of one call.
pub const BATCH: usize = 1_000;
/// Bytes of cells of one call; a server takes 4 MiB.
const BYTES: usize = 1024 * 1024;

/// One row that could be read.
pub struct Row {
    /// Where it stands in the file.
    pub line: u64,
    /// As it was read, for the errors file.
    pub raw: Vec<String>,
    /// One cell a mapped field.
    pub cells: Vec<String>,
}

/// Some rows, in file order.
pub struct Batch {
    /// The number of its first good row, from 0.
    pub first: u64,
    /// Rows that could be read.
    pub rows: Vec<Row>,
    /// Rows that could not.
    pub faults: Vec<files::RowFault>,
    /// How far the reading is.
    pub progress: files::Progress,
}

/// Starts reading. The channel ends with the file; a file that cannot be read on ends with its error.
pub fn read(
    path: &Path,
    options: &files::Options,
    mapping: &Mapping,
) -> mpsc::Receiver<Result<Batch, files::FileError>> {
    let (sender, receiver) = mpsc::channel(2);
    let (path, options, mapping) = (path.to_owned(), options.clone(), mapping.clone());
    tokio::task::spawn_blocking(move || {
        let mut table = match files::open(&path, &options) {
            Ok(table) => table,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        let mut rows = table.rows();
        let mut first = 0;
        loop {
            let mut batch = Batch { first, rows: Vec::new(), faults: Vec::new(), progress: rows.progress() };
            let mut bytes = 0;
            let mut ended = false;
            while batch.rows.len() < BATCH && batch.faults.len() < BATCH && bytes < BYTES {
                match rows.next() {
                    Some(Ok(row)) => {
                        let cells = mapping.cells(&row.cells);
                        bytes += row.cells.iter().map(String::len).sum::<usize>();
                        batch.rows.push(Row { line: row.line, raw: row.cells, cells });
                    }
                    Some(Err(fault)) => batch.faults.push(fault),
                    None => {
                        ended = true;
                        break;
                    }
                }
            }
            batch.progress = rows.progress();
            first += batch.rows.len() as u64;
            // Nobody takes it: the import was stopped.
            if sender.blocking_send(Ok(batch)).is_err() || ended {
                return;
            }
        }
    });
    receiver
}
