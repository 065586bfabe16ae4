//! Writing tables row by row in constant memory: CSV (UTF-8 with byte order mark, comma, LF), XLSX, JSON lines.
//!
//! A file appears under its name only when it is whole: it is written beside as a temporary file (0600) and renamed.
//! Texts that a spreadsheet would take for formulas are guarded ([`super::guard`]) in CSV and, because a workbook may be
//! saved as CSV again, in XLSX; there all texts are string cells. Numbers stay numbers as long as a spreadsheet can hold
//! all their digits (15), otherwise they become texts with every digit.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};
use tempfile::NamedTempFile;
use unicode_width::UnicodeWidthStr;

use super::guard::guard;
use super::messages::WriteError;
use super::xlsx::MAX_ROWS;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text.
    Csv,
    /// A workbook with one sheet.
    Xlsx,
    /// One JSON object a line; the headers are the keys.
    Json,
}

impl Format {
    /// By the ending of a file's name.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            _ => None,
        }
    }
}

/// One value to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing; `null` in JSON.
    Empty,
    /// Any text.
    Text(String),
    /// A count or an id.
    Int(i64),
    /// A plain decimal number (`-1234.50`); a string in JSON.
    Decimal(String),
    /// A day.
    Date(NaiveDate),
    /// A moment with the offset it is shown in; UTC in JSON.
    DateTime(DateTime<FixedOffset>),
}

impl Cell {
    /// A text, or nothing for an empty one.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

/// Whether CSV starts with a byte order mark: files do, so that Excel reads UTF-8; pipes do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bom {
    /// With.
    Yes,
    /// Without.
    No,
}

/// Encodes rows into a writer.
pub struct TableWriter<W: Write + Send> {
    headers: Vec<String>,
    rows: u64,
    encoder: Encoder<W>,
}

enum Encoder<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
    Xlsx(Box<Sheet>, W),
}

struct Sheet {
    book: Workbook,
    date: Style,
    moment: Style,
    money: Style,
}

impl<W: Write + Send> TableWriter<W> {
    /// Starts a table; writes the header row (JSON has none).
    pub fn new(mut out: W, format: Format, headers: &[String], bom: Bom) -> Result<Self, WriteError> {
        let encoder = match format {
            Format::Json => Encoder::Json(out),
            Format::Csv => {
                if bom == Bom::Yes {
                    out.write_all("\u{feff}".as_bytes()).map_err(|error| WriteError::from_io("", &error))?;
                }
                let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
                writer.write_record(headers.iter().map(|header| guard(header).into_owned())).map_err(csv_error)?;
                Encoder::Csv(Box::new(writer))
            }
            Format::Xlsx => Encoder::Xlsx(Box::new(Sheet::new(headers)?), out),
        };
        Ok(Self { headers: headers.to_vec(), rows: 0, encoder })
    }

    /// Writes one row, as many cells as headers.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        if cells.len() != self.headers.len() {
            return Err(WriteError::CellCount { expected: self.headers.len(), got: cells.len() });
        }
        self.loose_row(cells)
    }

    /// Writes one row of any width.
    pub(super) fn loose_row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        self.rows += 1;
        match &mut self.encoder {
            Encoder::Csv(writer) => writer.write_record(cells.iter().map(csv_text)).map_err(csv_error),
            Encoder::Json(out) => json_row(out, &self.headers, cells).map_err(|error| WriteError::from_io("", &error)),
            Encoder::Xlsx(sheet, _) => sheet.row(self.rows, cells),
        }
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Completes the table and gives the writer back.
    pub fn finish(self) -> Result<W, WriteError> {
        let mut out = match self.encoder {
            Encoder::Csv(writer) => writer.into_inner().map_err(|error| WriteError::from_io("", error.error()))?,
            Encoder::Json(out) => out,
            Encoder::Xlsx(mut sheet, mut out) => {
                sheet.book.save_to_writer(&mut out).map_err(|error| workbook_error(&error, 0, 0))?;
                out
            }
        };
        out.flush().map_err(|error| WriteError::from_io("", &error))?;
        Ok(out)
    }
}

/// Writes a file that appears only when it is finished; dropped before, it leaves nothing behind.
pub struct FileWriter {
    table: TableWriter<BufWriter<NamedTempFile>>,
    path: PathBuf,
    overwrite: bool,
}

impl FileWriter {
    /// Starts a file beside `path`. Refuses at once when `path` exists and `overwrite` is false.
    pub fn create(path: &Path, format: Format, headers: &[String], overwrite: bool) -> Result<Self, WriteError> {
        let out = temporary(path, overwrite)?;
        let table = TableWriter::new(BufWriter::new(out), format, headers, Bom::Yes)?;
        Ok(Self { table, path: path.to_owned(), overwrite })
    }

    /// Writes one row, as many cells as headers.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        self.table.row(cells)
    }

    pub(super) fn loose_row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        self.table.loose_row(cells)
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.table.rows()
    }

    /// Completes the file under its name, on disk; answers the number of rows.
    pub fn finish(self) -> Result<u64, WriteError> {
        let rows = self.table.rows();
        let out = self.table.finish()?;
        let out = out.into_inner().map_err(|error| WriteError::from_io("", error.error()))?;
        publish(out, &self.path, self.overwrite)?;
        Ok(rows)
    }
}

/// A temporary file (0600) in the directory of `path`.
pub(super) fn temporary(path: &Path, overwrite: bool) -> Result<NamedTempFile, WriteError> {
    let shown = path.display().to_string();
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(WriteError::Exists { path: shown });
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".rolo-")
        .tempfile_in(directory)
        .map_err(|error| WriteError::from_io(&shown, &error))
}

/// Gives a finished temporary file its name.
pub(super) fn publish(out: NamedTempFile, path: &Path, overwrite: bool) -> Result<(), WriteError> {
    let shown = path.display().to_string();
    out.as_file().sync_all().map_err(|error| WriteError::from_io(&shown, &error))?;
    let published: Result<File, _> = if overwrite { out.persist(path) } else { out.persist_noclobber(path) };
    published.map(|_| ()).map_err(|error| WriteError::from_io(&shown, &error.error))
}

fn csv_error(error: csv::Error) -> WriteError {
    WriteError::Io { path: String::new(), error: error.to_string() }
}

fn csv_text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guard(text).into_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Decimal(number) if is_plain(number) => number.clone(),
        Cell::Decimal(text) => guard(text).into_owned(),
        Cell::Date(day) => day.format("%Y-%m-%d").to_string(),
        Cell::DateTime(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// Digits with an optional sign and fraction: what may go unguarded although it starts with `-`.
fn is_plain(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.strip_prefix('-').unwrap_or(number);
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    }
}

fn json_row(out: &mut impl Write, keys: &[String], cells: &[Cell]) -> std::io::Result<()> {
    for (at, (key, cell)) in keys.iter().zip(cells).enumerate() {
        out.write_all(if at == 0 { b"{" } else { b"," })?;
        serde_json::to_writer(&mut *out, key)?;
        out.write_all(b":")?;
        match cell {
            Cell::Empty => out.write_all(b"null")?,
            Cell::Int(number) => write!(out, "{number}")?,
            Cell::Text(text) | Cell::Decimal(text) => serde_json::to_writer(&mut *out, text)?,
            Cell::Date(day) => write!(out, "\"{}\"", day.format("%Y-%m-%d"))?,
            Cell::DateTime(at) => {
                write!(out, "\"{}\"", at.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true))?;
            }
        }
    }
    out.write_all(if keys.is_empty() { b"{}\n" } else { b"}\n" })
}

impl Sheet {
    fn new(headers: &[String]) -> Result<Self, WriteError> {
        let plain = |error: XlsxError| workbook_error(&error, 0, 0);
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory().map_err(plain)?;
        let bold = Style::new().set_bold();
        sheet.set_freeze_panes(1, 0).map_err(plain)?;
        for (column, header) in headers.iter().enumerate() {
            let column = column_number(column)?;
            sheet.set_column_width(column, width_of(header)).map_err(plain)?;
            sheet.write_string_with_format(0, column, guard(header), &bold).map_err(plain)?;
        }
        Ok(Self {
            book,
            date: Style::new().set_num_format("yyyy-mm-dd"),
            moment: Style::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            money: Style::new().set_num_format("0.00"),
        })
    }

    fn row(&mut self, row: u64, cells: &[Cell]) -> Result<(), WriteError> {
        let at =
            u32::try_from(row).ok().filter(|at| *at < MAX_ROWS).ok_or(WriteError::TooManyRows { limit: MAX_ROWS })?;
        let sheet = self.book.worksheet_from_index(0).map_err(|error| workbook_error(&error, row, 0))?;
        for (column, cell) in cells.iter().enumerate() {
            let place = column_number(column)?;
            let written: Result<&mut Worksheet, XlsxError> = match cell {
                Cell::Empty => continue,
                Cell::Text(text) => sheet.write_string(at, place, guard(text)),
                Cell::Int(number) if number.unsigned_abs() < 1_000_000_000_000_000 => {
                    sheet.write_number(at, place, *number as f64)
                }
                Cell::Int(number) => sheet.write_string(at, place, number.to_string()),
                Cell::Decimal(text) => match exact_number(text) {
                    Some(number) if text.split_once('.').is_some_and(|(_, fraction)| fraction.len() == 2) => {
                        sheet.write_number_with_format(at, place, number, &self.money)
                    }
                    Some(number) => sheet.write_number(at, place, number),
                    None => sheet.write_string(at, place, csv_text(cell)),
                },
                Cell::Date(day) => match serial(day.and_time(chrono::NaiveTime::MIN)) {
                    Some(days) => sheet.write_number_with_format(at, place, days, &self.date),
                    None => sheet.write_string(at, place, csv_text(cell)),
                },
                Cell::DateTime(moment) => match serial(moment.naive_local()) {
                    Some(days) => sheet.write_number_with_format(at, place, days, &self.moment),
                    None => sheet.write_string(at, place, csv_text(cell)),
                },
            };
            written.map_err(|error| workbook_error(&error, row, column + 1))?;
        }
        Ok(())
    }
}

fn workbook_error(error: &XlsxError, row: u64, column: usize) -> WriteError {
    match error {
        XlsxError::MaxStringLengthExceeded => WriteError::CellTooLong { row, column },
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => WriteError::from_io("", error),
        other => WriteError::Workbook { error: other.to_string() },
    }
}

pub(super) fn column_number(column: usize) -> Result<u16, WriteError> {
    u16::try_from(column).map_err(|_| WriteError::Workbook { error: format!("column {column}") })
}

/// A column as wide as its header, within reason; wide characters count two.
pub(super) fn width_of(header: &str) -> f64 {
    (header.width() + 4).clamp(12, 40) as f64
}

/// The number, when a spreadsheet's 15 digits hold it.
fn exact_number(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if is_plain(text) && digits <= 15 { text.parse().ok() } else { None }
}

/// Days since 30 December 1899; none before 1 March 1900, where Excel's calendar is wrong, and after 9999.
fn serial(at: NaiveDateTime) -> Option<f64> {
    let seconds = (at - NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(chrono::NaiveTime::MIN)).num_seconds();
    (at.date() >= NaiveDate::from_ymd_opt(1900, 3, 1)? && at.year() <= 9999).then_some(seconds as f64 / 86_400.0)
}
