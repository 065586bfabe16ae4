//! The errors file of an import: the faulty rows under the same header, and three more columns that say line, field and
//! reason. Put right, it is imported again as it is: the reader leaves out the three columns when they are the last ones
//! under our names, in either language.
//!
//! Cells beyond the header (a ragged row) stand after the three columns, so that nothing is lost and the row stays faulty
//! until they are gone.

use std::path::Path;

use super::messages::WriteError;
use super::write::{Cell, FileWriter, Format};
use crate::strings::Lang;

/// How many columns are ours.
pub(super) const COLUMNS: usize = 3;

/// The names of our columns.
pub const fn column_names(lang: Lang) -> [&'static str; COLUMNS] {
    match lang {
        Lang::En => ["line", "field", "reason"],
        Lang::Zh => ["行号", "字段", "原因"],
    }
}

/// Takes our three columns off a header; false when they are not there.
pub(super) fn drop_columns(headers: &mut Vec<String>) -> bool {
    let Some(own) = headers.len().checked_sub(COLUMNS).filter(|own| *own > 0) else {
        return false;
    };
    let ours = headers
        .get(own..)
        .is_some_and(|last| [Lang::En, Lang::Zh].into_iter().any(|lang| last.iter().eq(column_names(lang).iter())));
    if ours {
        headers.truncate(own);
    }
    ours
}

/// Collects faulty rows.
pub struct ErrorsFile {
    file: FileWriter,
    width: usize,
}

impl ErrorsFile {
    /// Starts an errors file (`.csv` or `.xlsx`) for a table with these headers.
    pub fn create(path: &Path, headers: &[String], lang: Lang, overwrite: bool) -> Result<Self, WriteError> {
        let format = Format::of_path(path)
            .filter(|format| *format != Format::Json)
            .ok_or_else(|| WriteError::UnknownFormat { path: path.display().to_string() })?;
        let all: Vec<String> =
            headers.iter().cloned().chain(column_names(lang).iter().map(|name| (*name).to_owned())).collect();
        Ok(Self { file: FileWriter::create(path, format, &all, overwrite)?, width: headers.len() })
    }

    /// Adds a row as it was read. `field` is empty when the row as a whole is faulty.
    pub fn add(&mut self, cells: &[String], line: u64, field: &str, reason: &str) -> Result<(), WriteError> {
        let own = (0..self.width).map(|at| Cell::text(cells.get(at).cloned().unwrap_or_default()));
        let line = Cell::Int(i64::try_from(line).unwrap_or(i64::MAX));
        let surplus = cells.get(self.width..).unwrap_or_default().iter().map(Cell::text);
        let row: Vec<Cell> = own.chain([line, Cell::text(field), Cell::text(reason)]).chain(surplus).collect();
        self.file.loose_row(&row)
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.file.rows()
    }

    /// Completes the file; with no rows there is none. Answers how many rows it has.
    pub fn finish(self) -> Result<u64, WriteError> {
        if self.file.rows() == 0 { Ok(0) } else { self.file.finish() }
    }
}
