//! Delimited text as a table: the guess of the delimiter, the header, rows of the right width.
//!
//! Many programs write `24, place Kléber` without quotes. A row with too many cells is put together again when that can
//! be meant in one way only: exactly the surplus of its delimiters is followed by a space (and no quote is near), while
//! the header's are not. Any other row of the wrong width is a fault.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};

use super::encoding::{self, Guess, TextEncoding, TextStream};
use super::messages::{FaultKind, FileError, RowFault};
use super::records::{Flaw, Record, Records};
use super::{Kind, MAX_CELL, MAX_COLUMNS, Opened, Options, RawRow, Source, guard};

/// Guessed in this order when the counts do not decide.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Records the guess of the delimiter looks at.
const GUESS_RECORDS: usize = 20;

/// An opened text file.
pub(super) struct CsvSource {
    file: File,
    bytes: u64,
    encoding: TextEncoding,
    delimiter: u8,
    /// Records before the first row: the header, and Excel's line `sep=;` before it.
    before: usize,
    shape: Shape,
}

/// What the header says about the rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// How many cells they have.
    pub columns: usize,
    /// The delimiter that may stand in texts when a space follows.
    pub in_text: Option<char>,
}

/// Opens a text file whose first bytes are `head`.
pub(super) fn open(mut file: File, bytes: u64, head: &[u8], options: &Options) -> Result<Opened, FileError> {
    let said = options
        .encoding
        .as_deref()
        .map(|name| TextEncoding::by_name(name).ok_or_else(|| FileError::NoSuchEncoding { name: name.to_owned() }))
        .transpose()?;
    let guess = match said {
        Some(encoding) => Guess::Is(encoding.for_head(head)),
        None => encoding::guess_head(head)?,
    };
    let delimiter = options.delimiter.map(check_delimiter).transpose()?;
    // As long as all is ASCII, UTF-8 reads it right: a hopeless file is refused before it is read to its end.
    let first = match guess {
        Guess::Is(encoding) => encoding,
        Guess::Ascii => TextEncoding::UTF_8,
    };
    let mut top = read_top(&mut file, first, head, delimiter, options.no_header)?;
    let mut encoding = first;
    if guess == Guess::Ascii {
        file.rewind().map_err(|error| FileError::from_io("", &error))?;
        encoding = encoding::guess_rest(&mut file)?;
        if encoding != first {
            top = read_top(&mut file, encoding, head, delimiter, options.no_header)?;
        }
    }
    let Top { headers, delimiter, before, header_line, spaced } = top;
    let in_text = (!spaced && matches!(delimiter, b',' | b';')).then_some(char::from(delimiter));
    let shape = Shape { columns: headers.len(), in_text };
    Ok(Opened {
        headers,
        kind: Kind::Csv { encoding, delimiter: char::from(delimiter) },
        header_line,
        source: Source::Csv(CsvSource { file, bytes, encoding, delimiter, before, shape }),
    })
}

/// What stands above the first row.
struct Top {
    headers: Vec<String>,
    delimiter: u8,
    before: usize,
    header_line: u64,
    /// Delimiters in the header are followed by spaces.
    spaced: bool,
}

fn check_delimiter(delimiter: char) -> Result<u8, FileError> {
    u8::try_from(delimiter)
        .ok()
        .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) && !byte.is_ascii_alphanumeric())
        .ok_or(FileError::BadDelimiter { delimiter })
}

fn read_top(
    file: &mut File,
    encoding: TextEncoding,
    head: &[u8],
    said: Option<u8>,
    no_header: bool,
) -> Result<Top, FileError> {
    let (hint, guessed) = guess_delimiter(encoding, head);
    let delimiter = said.unwrap_or(guessed);
    file.seek(SeekFrom::Start(encoding.bom_len())).map_err(|error| FileError::from_io("", &error))?;
    let mut records = Records::new(TextStream::new(file, encoding), delimiter);
    let mut before = 0;
    while let Some(record) = records.next()? {
        before += 1;
        let is_hint = hint && before == 1;
        if is_hint || record.cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (line, count) = (record.line, record.count);
        match record.flaw {
            Some(Flaw::Malformed { offset }) => {
                return Err(FileError::NotInEncoding { encoding: encoding.name(), offset }.at_line(line));
            }
            Some(Flaw::CellTooLong { .. }) => return Err(FileError::RecordTooLong { line, limit: MAX_CELL }),
            Some(Flaw::Nul { .. }) => return Err(FileError::Nul { offset: records.offset() }),
            Some(Flaw::UnclosedQuote) => return Err(FileError::TooManyUnclosed { line }),
            None => {}
        }
        if count > MAX_COLUMNS {
            return Err(FileError::TooManyColumns { columns: count, limit: MAX_COLUMNS });
        }
        let headers = record.cells.into_iter().map(|cell| guard::incoming(cell).trim().to_owned()).collect();
        let spaced = !record.continued.is_empty();
        if no_header {
            let headers = super::numbered_headers(count);
            return Ok(Top { headers, delimiter, before: usize::from(hint), header_line: 0, spaced });
        }
        return Ok(Top { headers, delimiter, before, header_line: line, spaced });
    }
    Err(FileError::NoHeader)
}

/// Whether the first line is Excel's `sep=;`, and the delimiter: that one, or the one under which the first records are
/// alike and wide.
fn guess_delimiter(encoding: TextEncoding, head: &[u8]) -> (bool, u8) {
    let text = head.get(encoding.bom_len() as usize..).unwrap_or_default();
    let records = |delimiter| Records::new(TextStream::new(Cursor::new(text), encoding), delimiter);
    if let Ok(Some(first)) = records(b'\0').next()
        && let Some(hint) =
            first.cells.first().and_then(|line| line.to_ascii_lowercase().strip_prefix("sep=").map(str::to_owned))
        && let Ok(delimiter) = hint.parse::<char>().map_err(|_| ()).and_then(|c| check_delimiter(c).map_err(|_| ()))
    {
        return (true, delimiter);
    }
    let mut best = (0.0, 1, b',');
    for delimiter in DELIMITERS {
        let mut records = records(delimiter);
        let mut counts = Vec::new();
        while let Ok(Some(record)) = records.next()
            && counts.len() <= GUESS_RECORDS
        {
            counts.push(record.count);
        }
        // The last one may be cut off by the end of the head.
        if counts.len() > 2 {
            counts.pop();
        }
        let width = counts.first().copied().unwrap_or(0);
        let alike = counts.iter().filter(|count| **count == width).count() as f64 / counts.len().max(1) as f64;
        if width > 1 && (alike, width) > (best.0, best.1) {
            best = (alike, width, delimiter);
        }
    }
    (false, best.2)
}

impl CsvSource {
    pub(super) fn rows(&mut self) -> CsvRows<'_> {
        let sought = self.file.seek(SeekFrom::Start(self.encoding.bom_len()));
        let failed = sought.err().map(|error| FileError::from_io("", &error));
        CsvRows {
            records: Records::new(TextStream::new(&mut self.file, self.encoding), self.delimiter),
            bytes: self.bytes,
            skip: self.before,
            shape: self.shape,
            failed,
        }
    }

    pub(super) fn hash(&mut self) -> Result<blake3::Hash, FileError> {
        self.file
            .rewind()
            .and_then(|()| super::hash_reader(&mut self.file))
            .map_err(|error| FileError::from_io("", &error))
    }
}

/// The rows of an opened text file.
pub(super) struct CsvRows<'a> {
    records: Records<&'a mut File>,
    bytes: u64,
    skip: usize,
    shape: Shape,
    failed: Option<FileError>,
}

impl CsvRows<'_> {
    /// The share of the file behind us.
    pub(super) fn done(&self) -> f64 {
        (self.records.offset() as f64 / self.bytes.max(1) as f64).min(1.0)
    }

    pub(super) fn next(&mut self) -> Option<Result<RawRow, RowFault>> {
        if let Some(error) = self.failed.take() {
            return Some(Err(RowFault::fatal(0, error)));
        }
        next_row(&mut self.records, &mut self.skip, self.shape)
    }
}

/// The next row that is not blank, after skipping `skip` records.
pub(super) fn next_row<R: Read>(
    records: &mut Records<R>,
    skip: &mut usize,
    shape: Shape,
) -> Option<Result<RawRow, RowFault>> {
    loop {
        let record = match records.next() {
            Ok(Some(record)) => record,
            Ok(None) => return None,
            Err(error) => return Some(Err(RowFault::fatal(error.line().unwrap_or(0), error))),
        };
        if *skip > 0 {
            *skip -= 1;
            continue;
        }
        if record.flaw.is_some() || !record.cells.iter().all(|cell| is_blank(cell)) {
            return Some(into_row(record, shape, records.encoding_name()));
        }
    }
}

/// Nothing to see in it once the reader has cleaned it.
fn is_blank(cell: &str) -> bool {
    cell.trim().is_empty() || guard::unguard(cell).trim().is_empty()
}

fn into_row(record: Record, shape: Shape, encoding: &'static str) -> Result<RawRow, RowFault> {
    let Record { line, mut cells, mut count, continued, flaw } = record;
    let mut joined = false;
    if let (None, Some(delimiter)) = (&flaw, shape.in_text)
        && count > shape.columns
        && count - shape.columns == continued.len()
        && count == cells.len()
    {
        cells = join(cells, &continued, delimiter);
        (count, joined) = (cells.len(), true);
    }
    let cells: Vec<String> = cells.into_iter().map(guard::incoming).collect();
    let kind = match flaw {
        Some(Flaw::Malformed { offset }) => FaultKind::NotInEncoding { encoding, offset },
        Some(Flaw::CellTooLong { column }) => FaultKind::CellTooLong { column, limit: MAX_CELL },
        Some(Flaw::Nul { column }) => FaultKind::Nul { column },
        Some(Flaw::UnclosedQuote) => FaultKind::UnclosedQuote,
        None if count != shape.columns => FaultKind::Ragged { expected: shape.columns, got: count },
        None => match cells.iter().position(|cell| cell.len() > MAX_CELL) {
            Some(column) => FaultKind::CellTooLong { column, limit: MAX_CELL },
            None => return Ok(RawRow { line, cells, joined }),
        },
    };
    Err(RowFault { line, cells, kind })
}

/// Puts the continued cells back to the ones before them.
fn join(cells: Vec<String>, continued: &[usize], delimiter: char) -> Vec<String> {
    let mut whole: Vec<String> = Vec::with_capacity(cells.len());
    for (at, cell) in cells.into_iter().enumerate() {
        match whole.last_mut() {
            Some(last) if continued.contains(&at) => {
                last.push(delimiter);
                last.push_str(&cell);
            }
            _ => whole.push(cell),
        }
    }
    whole
}
