//! Tables in files: what `rolo import` reads and `rolo export` writes. Pure decoding and encoding; nothing here knows a
//! customer, a server or a screen.
//!
//! Reading. [`open`] looks at the bytes, never at the file's name: a zip is a workbook, anything else must be text whose
//! encoding and delimiter are guessed unless [`Options`] say them. It answers a [`Table`] (headers and what was
//! understood) or a [`FileError`] that says what the file is instead. [`Table::rows`] starts at the first row under the
//! header each time it is called. A row is a [`RawRow`] with exactly as many cells as there are headers, or a
//! [`RowFault`] that stops only itself, unless [`RowFault::is_fatal`], after which there is nothing more.
//!
//! What always holds: memory is bounded whatever the file (a record ≤ 1 MiB, a workbook checked before it is opened);
//! cells carry no control characters but tab and newline; rows that are blank in every cell are not reported; the
//! apostrophe that guards a formula ([`guard`]) is taken off.
//!
//! Writing. [`write::FileWriter`] writes CSV, XLSX or JSON lines to a temporary file and renames it at the end.

pub mod csv;
pub mod dates;
pub mod encoding;
pub mod errors_file;
pub mod guard;
pub mod messages;
mod records;
mod sniff;
pub mod template;
pub mod write;
pub mod xlsx;
mod zip_guard;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

pub use encoding::TextEncoding;
pub use messages::{FaultKind, FileError, RowFault};

/// Longest cell taken in, in bytes of UTF-8.
pub const MAX_CELL: usize = 64 * 1024;
/// Longest record of a CSV file, quotes and delimiters included, in bytes of UTF-8.
pub const MAX_RECORD: usize = 1024 * 1024;
/// Most columns a header may have.
pub const MAX_COLUMNS: usize = 1_000;
/// Most of a pipe that is put aside to be read as a file.
const MAX_PIPE: u64 = 1 << 30;

/// What the person said about the file; the rest is guessed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An encoding by name (`gb18030`, `utf-16le`, `big5` ...), for text files.
    pub encoding: Option<String>,
    /// The sheet by name, for workbooks; without it the first visible one.
    pub sheet: Option<String>,
    /// The delimiter, for text files.
    pub delimiter: Option<char>,
    /// The first row is a row like the others; the headers are `1`, `2` ...
    pub no_header: bool,
}

/// What a file turned out to be, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Delimited text.
    Csv {
        /// Said or guessed.
        encoding: TextEncoding,
        /// Said or guessed.
        delimiter: char,
    },
    /// A workbook.
    Xlsx {
        /// The sheet that is read.
        sheet: String,
        /// All sheets with cells, in the order of the tabs.
        sheets: Vec<String>,
    },
}

/// One row under the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The physical line it starts on (CSV) or the sheet's row number (XLSX), counted from 1.
    pub line: u64,
    /// As many as the table has headers; blank where the file has nothing.
    pub cells: Vec<String>,
    /// The row had too many cells until delimiters followed by a space were taken for text (`24, place Kléber`, without
    /// quotes). Worth telling once for a file.
    pub joined: bool,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Rows handed out so far, faulty ones included.
    pub rows: u64,
    /// The share of the file behind us, 0 to 1; an estimate.
    pub done: f64,
    /// How many rows there will be, extrapolated; none before the first row.
    pub total_rows: Option<u64>,
}

/// An opened file: its headers and what was understood of it.
pub struct Table {
    /// Names of the columns, trimmed, without the `*` that marks a required one in a template. Never the three columns
    /// of an errors file.
    pub headers: Vec<String>,
    /// Format, encoding, sheet.
    pub kind: Kind,
    /// Size of the file.
    pub bytes: u64,
    /// The line or row the header stands on, from 1; 0 without a header.
    pub header_line: u64,
    /// The file is an errors file of an earlier import: its last three columns (line, field, reason) are left out.
    pub errors_file: bool,
    source: Source,
}

enum Source {
    Csv(csv::CsvSource),
    Xlsx(Box<xlsx::XlsxSource>),
}

/// What a reader found at the top of the file, before it becomes a [`Table`].
struct Opened {
    headers: Vec<String>,
    kind: Kind,
    header_line: u64,
    source: Source,
}

/// Opens a table. A pipe is put aside in a temporary file first (at most 1 GiB).
pub fn open(path: &Path, options: &Options) -> Result<Table, FileError> {
    let shown = path.display().to_string();
    let io_error = |error: &io::Error| FileError::from_io(&shown, error);
    let metadata = std::fs::metadata(path).map_err(|error| io_error(&error))?;
    let mut file = if metadata.is_file() {
        File::open(path).map_err(|error| io_error(&error))?
    } else if is_pipe(&metadata) {
        spool(&File::open(path).map_err(|error| io_error(&error))?).map_err(|error| io_error(&error))?
    } else {
        return Err(FileError::NotAFile { path: shown });
    };
    let bytes = file.seek(SeekFrom::End(0)).map_err(|error| io_error(&error))?;
    if bytes == 0 {
        return Err(FileError::Empty);
    }
    file.rewind().map_err(|error| io_error(&error))?;
    let head = read_up_to(&mut file, sniff::HEAD).map_err(|error| io_error(&error))?;

    let opened = match sniff::sniff(&head)? {
        sniff::Looks::Zip => xlsx::open(file, bytes, options)?,
        sniff::Looks::Text => csv::open(file, bytes, &head, options).map_err(|error| match error {
            FileError::Nul { .. } | FileError::UnknownEncoding { .. }
                if write::Format::of_path(path) == Some(write::Format::Xlsx) =>
            {
                FileError::NoWorkbook
            }
            other => other,
        })?,
    };
    let Opened { mut headers, kind, header_line, source } = opened;
    for header in &mut headers {
        let bare = header.trim().trim_end_matches(['*', '＊']).trim_end();
        if bare.len() < header.len() {
            *header = bare.to_owned();
        }
    }
    let errors_file = errors_file::drop_columns(&mut headers);
    let mut table = Table { headers, kind, bytes, header_line, errors_file, source };
    let first = table.rows().next();
    match first {
        None => Err(FileError::NoRows),
        Some(Err(RowFault { kind: FaultKind::Fatal(error), .. })) => Err(*error),
        Some(_) => Ok(table),
    }
}

impl Table {
    /// The rows under the header, from the first one, each time it is called.
    pub fn rows(&mut self) -> Rows<'_> {
        let width = self.headers.len();
        let inner = match &mut self.source {
            Source::Csv(source) => RowsOf::Csv(Box::new(source.rows())),
            Source::Xlsx(source) => RowsOf::Xlsx(Box::new(source.rows())),
        };
        let extra = if self.errors_file { errors_file::COLUMNS } else { 0 };
        Rows { inner, width, extra, rows: 0, ended: false }
    }

    /// BLAKE3 of the file's bytes: the same file again has the same one, so an interrupted import can go on.
    pub fn hash(&mut self) -> Result<blake3::Hash, FileError> {
        match &mut self.source {
            Source::Csv(source) => source.hash(),
            Source::Xlsx(source) => Ok(source.hash()),
        }
    }
}

/// The rows of a [`Table`].
pub struct Rows<'a> {
    inner: RowsOf<'a>,
    width: usize,
    extra: usize,
    rows: u64,
    ended: bool,
}

enum RowsOf<'a> {
    Csv(Box<csv::CsvRows<'a>>),
    Xlsx(Box<xlsx::XlsxRows<'a>>),
}

impl Rows<'_> {
    /// How far the reading is; costs nothing.
    pub fn progress(&self) -> Progress {
        let (done, known) = match &self.inner {
            _ if self.ended => (1.0, Some(self.rows)),
            RowsOf::Csv(rows) => (rows.done(), None),
            RowsOf::Xlsx(rows) => rows.done(),
        };
        let total_rows = match known {
            Some(total) => Some(total.max(self.rows)),
            None if self.rows == 0 || done <= 0.0 => None,
            // Rows run into the billions at most: a double counts them exactly.
            None => Some((self.rows as f64 / done).round() as u64),
        };
        Progress { rows: self.rows, done, total_rows }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<RawRow, RowFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match &mut self.inner {
            RowsOf::Csv(rows) => rows.next(),
            RowsOf::Xlsx(rows) => rows.next(),
        };
        match item {
            None => self.ended = true,
            Some(Err(ref fault)) if fault.is_fatal() => self.ended = true,
            Some(_) => self.rows += 1,
        }
        item.map(|row| {
            row.map(|mut row| {
                row.cells.truncate(self.width);
                row
            })
            .map_err(|mut fault| {
                fault.drop_error_columns(self.width, self.extra);
                fault
            })
        })
    }
}

/// BLAKE3 of everything a reader gives, in constant memory.
pub fn hash_reader(mut reader: impl Read) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut reader, &mut hasher)?;
    Ok(hasher.finalize())
}

/// The headers of a table that has none.
fn numbered_headers(columns: usize) -> Vec<String> {
    (1..=columns).map(|column| column.to_string()).collect()
}

/// Reads `limit` bytes or up to the end.
fn read_up_to(reader: &mut impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

/// A pipe cannot be read twice, and guessing, previewing and importing read the file more than once.
fn spool(pipe: &File) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let copied = io::copy(&mut pipe.take(MAX_PIPE + 1), &mut file)?;
    if copied > MAX_PIPE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a pipe may bring at most 1 GiB"));
    }
    Ok(file)
}
