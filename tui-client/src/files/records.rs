//! Records of delimited text (RFC 4180, leniently: the reading of crate `csv`, which a property test holds it to), cut
//! from a [`TextStream`] with bounds that crate does not have: no record grows past [`MAX_RECORD`], a quote that never
//! closes costs its own line instead of the rest of the file, and a record knows the physical line it starts on.

use std::io::Read;

use super::encoding::TextStream;
use super::messages::FileError;
use super::{MAX_CELL, MAX_COLUMNS, MAX_RECORD};

/// Cells kept of one record; more are only counted.
const KEPT_CELLS: usize = MAX_COLUMNS + 3;
/// Quotes that never close before the file is given up.
const MAX_UNCLOSED: usize = 100;

/// One record, sound or not.
#[derive(Debug)]
pub(super) struct Record {
    /// Physical line of its first character, from 1.
    pub line: u64,
    /// Its cells, at most [`KEPT_CELLS`].
    pub cells: Vec<String>,
    /// How many cells it really has.
    pub count: usize,
    /// Cells that may be the rest of the one before: ` place Kléber` after `24`, both without quotes, the delimiter
    /// followed by a space.
    pub continued: Vec<usize>,
    /// What is wrong inside it.
    pub flaw: Option<Flaw>,
}

/// What can be wrong with a record by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Bytes that the encoding does not have, at that offset of the file.
    Malformed { offset: u64 },
    /// A cell longer than [`MAX_CELL`], column from 0.
    CellTooLong { column: usize },
    /// A NUL character, column from 0.
    Nul { column: usize },
    /// A quote opens and never closes.
    UnclosedQuote,
}

/// Cuts records from a stream.
pub(super) struct Records<R> {
    text: TextStream<R>,
    delimiter: u8,
    /// Decoded text; what lies before `at` is used up.
    buffer: String,
    at: usize,
    /// Decoded bytes dropped from the front of `buffer`.
    dropped: u64,
    /// Physical line at `at`, and whether the character before it was CR.
    line: u64,
    after_cr: bool,
    eof: bool,
    unclosed: usize,
}

/// Where the scan stands inside a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    QuoteInQuoted,
}

/// How a scan of the buffer ended.
enum Scan {
    /// The record ends before this place of the buffer (a line end or the end of the file).
    End(usize),
    /// The buffer ended inside the record; `bool`: inside quotes.
    More { quoted: bool },
}

impl<R: Read> Records<R> {
    /// `delimiter` is an ASCII character, neither quote nor line end.
    pub(super) fn new(text: TextStream<R>, delimiter: u8) -> Self {
        Self {
            text,
            delimiter,
            buffer: String::new(),
            at: 0,
            dropped: 0,
            line: 1,
            after_cr: false,
            eof: false,
            unclosed: 0,
        }
    }

    /// Bytes of the file behind us, for progress.
    pub(super) fn offset(&self) -> u64 {
        self.text.offset().saturating_sub((self.buffer.len() - self.at) as u64)
    }

    /// The name of the encoding read.
    pub(super) fn encoding_name(&self) -> &'static str {
        self.text.encoding().name()
    }

    /// The next record that is not an empty line. An error ends the file.
    pub(super) fn next(&mut self) -> Result<Option<Record>, FileError> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let mut cutter = Cutter::new(self.delimiter, self.at);
        let end = loop {
            match cutter.scan(&self.buffer, self.eof) {
                Scan::End(end) => break end,
                // Only an open quote is not ended by the end of the file.
                Scan::More { .. } if self.eof => return self.unclosed_quote(line).map(Some),
                Scan::More { quoted } if self.buffer.len() - self.at > MAX_RECORD => {
                    if quoted {
                        return self.unclosed_quote(line).map(Some);
                    }
                    return Err(FileError::RecordTooLong { line, limit: MAX_RECORD });
                }
                Scan::More { .. } => self.fill()?,
            }
        };
        if end - self.at > MAX_RECORD {
            return Err(FileError::RecordTooLong { line, limit: MAX_RECORD });
        }
        let Cutter { cells, count, continued, flaw, .. } = cutter;
        Ok(Some(self.finish(end, Record { line, cells, count, continued, flaw })))
    }

    /// Moves past the record and looks whether bytes inside it were malformed.
    fn finish(&mut self, end: usize, mut record: Record) -> Record {
        self.advance(end);
        if let Some(offset) = self.text.take_malformed_before(self.dropped + self.at as u64) {
            record.flaw = Some(Flaw::Malformed { offset });
        }
        record
    }

    /// Gives up the quote: the record is its first physical line, split as if quotes were letters.
    fn unclosed_quote(&mut self, line: u64) -> Result<Record, FileError> {
        self.unclosed += 1;
        if self.unclosed > MAX_UNCLOSED {
            return Err(FileError::TooManyUnclosed { line });
        }
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let length = match rest.find(['\n', '\r']) {
            Some(length) => length,
            None if self.eof => rest.len(),
            None => return Err(FileError::RecordTooLong { line, limit: MAX_RECORD }),
        };
        let text = rest.get(..length).unwrap_or_default();
        let mut cells: Vec<String> = text.split(char::from(self.delimiter)).map(str::to_owned).collect();
        let count = cells.len();
        cells.truncate(KEPT_CELLS);
        let end = self.at + length;
        let record = Record { line, cells, count, continued: Vec::new(), flaw: Some(Flaw::UnclosedQuote) };
        Ok(self.finish(end, record))
    }

    /// Stands at the first character that is no line end; false at the end of the file.
    fn skip_line_ends(&mut self) -> Result<bool, FileError> {
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let ends = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
            self.advance(self.at + ends);
            if self.at < self.buffer.len() {
                return Ok(true);
            }
            if self.eof {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Moves to that place of the buffer, counting lines. CR, LF and CR LF are one line end each.
    fn advance(&mut self, to: usize) {
        for byte in self.buffer.as_bytes().get(self.at..to).unwrap_or_default() {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' => self.line += 1,
                b'\r' => {
                    self.line += 1;
                    self.after_cr = true;
                }
                _ => self.after_cr = false,
            }
        }
        self.at = to;
        // Worth moving the rest only when the used part is the larger one; a scan never spans this.
        if self.at == self.buffer.len() || self.at > MAX_RECORD {
            self.buffer.drain(..self.at);
            self.dropped += self.at as u64;
            self.at = 0;
        }
    }

    fn fill(&mut self) -> Result<(), FileError> {
        self.eof = !self.text.fill(&mut self.buffer).map_err(|error| error.at_line(self.line))?;
        Ok(())
    }
}

/// Splits one record into cells; can go on when the buffer has grown.
struct Cutter {
    delimiter: u8,
    state: State,
    /// Next byte of the buffer to look at.
    at: usize,
    cell: String,
    cell_too_long: bool,
    /// This cell is in quotes, and whether the one before was.
    quoted: bool,
    after_quoted: bool,
    cells: Vec<String>,
    count: usize,
    continued: Vec<usize>,
    flaw: Option<Flaw>,
}

impl Cutter {
    fn new(delimiter: u8, at: usize) -> Self {
        Self {
            delimiter,
            state: State::FieldStart,
            at,
            cell: String::new(),
            cell_too_long: false,
            quoted: false,
            after_quoted: true,
            cells: Vec::new(),
            count: 0,
            continued: Vec::new(),
            flaw: None,
        }
    }

    fn scan(&mut self, buffer: &str, eof: bool) -> Scan {
        let bytes = buffer.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let ends_record = matches!(byte, b'\n' | b'\r');
            match self.state {
                State::Quoted => {
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    let run = rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len());
                    self.append(buffer, run);
                    if self.at < bytes.len() {
                        self.at += 1;
                        self.state = State::QuoteInQuoted;
                    }
                }
                State::FieldStart if byte == b'"' => {
                    self.at += 1;
                    self.quoted = true;
                    self.state = State::Quoted;
                }
                State::QuoteInQuoted if byte == b'"' => {
                    self.append(buffer, 1);
                    self.state = State::Quoted;
                }
                _ if byte == self.delimiter => {
                    self.at += 1;
                    self.end_cell();
                    self.state = State::FieldStart;
                }
                _ if ends_record => {
                    self.end_cell();
                    return Scan::End(self.at);
                }
                State::FieldStart | State::Bare | State::QuoteInQuoted => {
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    let stop = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
                    let run = rest.iter().position(stop).unwrap_or(rest.len());
                    self.append(buffer, run);
                    self.state = State::Bare;
                }
            }
        }
        if eof && self.state != State::Quoted {
            self.end_cell();
            return Scan::End(self.at);
        }
        Scan::More { quoted: self.state == State::Quoted }
    }

    /// Takes `run` bytes into the cell. Runs end at ASCII characters, so they are whole characters.
    fn append(&mut self, buffer: &str, run: usize) {
        let text = buffer.get(self.at..self.at + run).unwrap_or_default();
        if self.cell.len() + text.len() > MAX_CELL {
            self.cell_too_long = true;
        } else {
            self.cell.push_str(text);
        }
        self.at += run;
    }

    fn end_cell(&mut self) {
        let column = self.count;
        if std::mem::take(&mut self.cell_too_long) {
            self.flaw.get_or_insert(Flaw::CellTooLong { column });
        }
        if self.cell.contains('\0') {
            self.flaw.get_or_insert(Flaw::Nul { column });
        }
        self.count += 1;
        let cell = std::mem::take(&mut self.cell);
        let quoted = std::mem::take(&mut self.quoted);
        if !quoted && !self.after_quoted && cell.starts_with(' ') && !cell.trim().is_empty() {
            self.continued.push(column);
        }
        self.after_quoted = quoted;
        if column < KEPT_CELLS {
            self.cells.push(cell);
        }
    }
}
