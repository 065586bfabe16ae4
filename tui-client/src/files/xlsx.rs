//! Workbooks as tables: typed cells become the texts a person would type. The sheet is streamed; only its shared strings
//! are in memory, and [`zip_guard`](super::zip_guard) has seen the file before.
//!
//! Dates are `2026-12-01`, with a time `2026-12-01 15:04:05`, times alone and durations `15:04:05`; whole numbers have no
//! `.0`, others the 15 digits a spreadsheet shows; booleans are `true` and `false`. A formula counts as its last value.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::{NaiveDate, TimeDelta, Timelike};

use super::messages::{FaultKind, FileError, RowFault};
use super::zip_guard::{self, Limits};
use super::{Kind, MAX_CELL, MAX_COLUMNS, Opened, Options, RawRow, Source, guard};

/// Rows a sheet can have.
pub(super) const MAX_ROWS: u32 = 1_048_576;

type Book = Xlsx<BufReader<File>>;
type CellReader<'a> = XlsxCellReader<'a, BufReader<File>>;

/// An opened workbook.
pub(super) struct XlsxSource {
    book: Book,
    hash: blake3::Hash,
    sheet: String,
    /// Row of the header, from 0.
    header: Option<u32>,
    columns: usize,
}

pub(super) fn open(file: File, bytes: u64, options: &Options) -> Result<Opened, FileError> {
    let hash = zip_guard::check(&file, bytes, &Limits::DEFAULT)?;
    let mut book = calm(|| Book::new(BufReader::new(file)))?.map_err(broken)?;
    let tabs: Vec<_> = book.sheets_metadata().iter().filter(|tab| tab.typ == SheetType::WorkSheet).cloned().collect();
    let sheets: Vec<String> = tabs.iter().map(|tab| tab.name.clone()).collect();
    let sheet = match options.sheet.as_deref() {
        Some(name) => sheets
            .iter()
            .find(|sheet| *sheet == name)
            .or_else(|| sheets.iter().find(|sheet| sheet.eq_ignore_ascii_case(name.trim())))
            .ok_or_else(|| FileError::NoSuchSheet { name: name.to_owned(), sheets: sheets.clone() })?,
        None => tabs
            .iter()
            .find(|tab| tab.visible == SheetVisible::Visible)
            .or(tabs.first())
            .map(|tab| &tab.name)
            .ok_or(FileError::NoSheet)?,
    }
    .clone();

    let mut rows = XlsxRows { cells: Cells::open(&mut book, &sheet), header: None, columns: MAX_COLUMNS + 1, total: 0 };
    let (line, cells) = match rows.next() {
        None => return Err(FileError::NoHeader),
        Some(Ok(row)) => (row.line, row.cells),
        Some(Err(RowFault { kind: FaultKind::Fatal(error), .. })) => return Err(*error),
        // Only cells beyond the limit make a header row ragged here; an error value is as good a name as another.
        Some(Err(RowFault { kind: FaultKind::Ragged { got, .. }, .. })) => {
            return Err(FileError::TooManyColumns { columns: got, limit: MAX_COLUMNS });
        }
        Some(Err(fault)) => (fault.line, fault.cells),
    };
    let used = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    if used > MAX_COLUMNS {
        return Err(FileError::TooManyColumns { columns: used, limit: MAX_COLUMNS });
    }
    drop(rows);
    let (headers, header, header_line) = if options.no_header {
        (super::numbered_headers(used), None, 0)
    } else {
        let row = u32::try_from(line.saturating_sub(1)).unwrap_or(MAX_ROWS);
        (cells.into_iter().take(used).map(|cell| cell.trim().to_owned()).collect(), Some(row), line)
    };
    let columns = headers.len();
    Ok(Opened {
        headers,
        kind: Kind::Xlsx { sheet: sheet.clone(), sheets },
        header_line,
        source: Source::Xlsx(Box::new(XlsxSource { book, hash, sheet, header, columns })),
    })
}

fn broken(error: XlsxError) -> FileError {
    match error {
        XlsxError::Zip(error) => zip_guard::broken(error),
        XlsxError::Password => FileError::OldExcel,
        other => FileError::BrokenWorkbook { detail: other.to_string() },
    }
}

/// The workbook reader computes with row and column numbers it has not checked, which overflow in a damaged file.
fn calm<T>(work: impl FnOnce() -> T) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| FileError::BrokenWorkbook { detail: "it cannot be understood".into() })
}

impl XlsxSource {
    pub(super) fn rows(&mut self) -> XlsxRows<'_> {
        let cells = Cells::open(&mut self.book, &self.sheet);
        let last = cells.last_row();
        XlsxRows {
            cells,
            header: self.header,
            columns: self.columns,
            total: u64::from(last.saturating_sub(self.header.unwrap_or(0))),
        }
    }

    pub(super) fn hash(&self) -> blake3::Hash {
        self.hash
    }
}

/// The cells of a sheet with one cell of look-ahead.
struct Cells<'a> {
    reader: Result<CellReader<'a>, FileError>,
    ahead: Option<(u32, u32, DataRef<'a>)>,
    /// The reader must not be asked again.
    ended: bool,
}

impl<'a> Cells<'a> {
    fn open(book: &'a mut Book, sheet: &str) -> Self {
        let reader = calm(|| book.worksheet_cells_reader(sheet)).and_then(|reader| reader.map_err(broken));
        Self { reader, ahead: None, ended: false }
    }

    /// The last row the sheet declares, from 0; a hint only.
    fn last_row(&self) -> u32 {
        self.reader.as_ref().map_or(0, |reader| reader.dimensions().end.0).min(MAX_ROWS)
    }

    /// The next cell with something in it.
    fn next(&mut self) -> Result<Option<(u32, u32, DataRef<'a>)>, FileError> {
        if let Some(cell) = self.ahead.take() {
            return Ok(Some(cell));
        }
        if self.ended {
            return Ok(None);
        }
        let reader = self.reader.as_mut().map_err(|error| error.clone())?;
        loop {
            let Some(cell) = calm(|| reader.next_cell())?.map_err(broken)? else {
                self.ended = true;
                return Ok(None);
            };
            let (row, column) = cell.get_position();
            if row >= MAX_ROWS {
                return Err(FileError::TooManyRows { limit: MAX_ROWS });
            }
            if !matches!(cell.get_value(), DataRef::Empty) {
                return Ok(Some((row, column, cell.get_value().clone())));
            }
        }
    }
}

/// The rows of a sheet.
pub(super) struct XlsxRows<'a> {
    cells: Cells<'a>,
    /// Rows up to this one are left out; none when there is no header, or while it is looked for.
    header: Option<u32>,
    columns: usize,
    total: u64,
}

impl XlsxRows<'_> {
    /// Unknown until the end but for the number of rows the sheet declares.
    pub(super) fn done(&self) -> (f64, Option<u64>) {
        match (&self.cells.ahead, self.header) {
            (Some((row, _, _)), header) if self.total > 0 => {
                let passed = f64::from(row.saturating_sub(header.unwrap_or(0)));
                ((passed / self.total as f64).min(1.0), Some(self.total))
            }
            _ => (0.0, (self.total > 0).then_some(self.total)),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<RawRow, RowFault>> {
        loop {
            let (row, read) = match self.read_row() {
                Ok(Some(found)) => found,
                Ok(None) => return None,
                Err(error) => return Some(Err(RowFault::fatal(0, error))),
            };
            if self.header.is_some_and(|header| row <= header) {
                continue;
            }
            let ReadRow { cells, beyond, fault } = read;
            if beyond == 0 && fault.is_none() && cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let line = u64::from(row) + 1;
            let ragged = (beyond > 0).then_some(FaultKind::Ragged { expected: self.columns, got: beyond });
            return Some(match fault.or(ragged) {
                Some(kind) => Err(RowFault { line, cells, kind }),
                None => Ok(RawRow { line, cells, joined: false }),
            });
        }
    }

    /// Gathers the cells of one row.
    fn read_row(&mut self) -> Result<Option<(u32, ReadRow)>, FileError> {
        let Some(first) = self.cells.next()? else {
            return Ok(None);
        };
        let row = first.0;
        let mut read = ReadRow { cells: vec![String::new(); self.columns], beyond: 0, fault: None };
        let mut cell = Some(first);
        while let Some((at, column, value)) = cell {
            if at != row {
                self.cells.ahead = Some((at, column, value));
                break;
            }
            read.put(column as usize, &value);
            cell = self.cells.next()?;
        }
        Ok(Some((row, read)))
    }
}

/// What one row of the sheet has.
struct ReadRow {
    cells: Vec<String>,
    /// The width of the row when it reaches beyond the header, else 0.
    beyond: usize,
    fault: Option<FaultKind>,
}

impl ReadRow {
    fn put(&mut self, column: usize, value: &DataRef<'_>) {
        let text = text_of(value);
        if text.len() > MAX_CELL {
            self.fault.get_or_insert(FaultKind::CellTooLong { column, limit: MAX_CELL });
            return;
        }
        let text = guard::incoming(text);
        match self.cells.get_mut(column) {
            Some(cell) => {
                if let DataRef::Error(error) = value {
                    self.fault.get_or_insert(FaultKind::CellError { column, error: error.to_string() });
                }
                *cell = text;
            }
            None if text.trim().is_empty() => {}
            None => self.beyond = self.beyond.max(column + 1),
        }
    }
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::DateTimeIso(text) => iso_text(text),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => moment_text(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

/// The 15 significant digits a spreadsheet shows: 0.1+0.2 is 0.3.
fn number_text(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    if rounded == 0.0 { "0".into() } else { format!("{rounded}") }
}

/// `2026-12-01T00:00:00` → `2026-12-01`, as for a date cell.
fn iso_text(text: &str) -> String {
    let text = text.trim_end_matches('Z');
    match text.split_once('T') {
        Some((date, time)) => {
            let time = time.split('.').next().unwrap_or(time);
            if time == "00:00:00" { date.to_owned() } else { format!("{date} {time}") }
        }
        None => text.to_owned(),
    }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let value = moment.as_f64();
    if moment.is_duration() || (0.0..1.0).contains(&value) {
        let seconds = (value.abs() * 86_400.0).round() as u64;
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let found = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
        .and_then(|date| date.and_hms_opt(u32::from(hour), u32::from(minute), u32::from(second)))
        .and_then(|at| at.checked_add_signed(TimeDelta::seconds(i64::from(milli >= 500))));
    match found {
        // Excel's 29 February 1900, which never was.
        None => number_text(value),
        Some(at) if at.num_seconds_from_midnight() == 0 => at.date().format("%Y-%m-%d").to_string(),
        Some(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}
