//! What can be wrong with a file or a row, as data, and how it is said in both languages.

use std::io;

use crate::strings::Lang;

/// Why a file cannot be read (on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// No such file.
    NotFound { path: String },
    /// A directory, a device.
    NotAFile { path: String },
    /// The system refused. `path` is empty when the file had been opened.
    Io { path: String, error: String },
    /// 0 bytes.
    Empty,
    /// Only blank lines.
    NoHeader,
    /// A header and nothing under it.
    NoRows,
    /// Another kind of file by its signature.
    Binary { what: &'static str },
    /// `.xls`, or a workbook with a password.
    OldExcel,
    /// HTML or XML.
    Markup,
    /// NUL bytes: no text.
    Nul { offset: u64 },
    /// Neither UTF-8 nor UTF-16 nor GB18030.
    UnknownEncoding { offset: u64, line: u64 },
    /// No encoding has that name.
    NoSuchEncoding { name: String },
    /// Bytes that the encoding does not have, in the header or in too many rows.
    NotInEncoding { encoding: &'static str, offset: u64 },
    /// The same with the line.
    NotInEncodingAt { encoding: &'static str, offset: u64, line: u64 },
    /// Not usable as a delimiter.
    BadDelimiter { delimiter: char },
    /// A record or a header cell longer than the limit, in bytes.
    RecordTooLong { line: u64, limit: usize },
    /// Too many quotes that never close, or one in the header.
    TooManyUnclosed { line: u64 },
    /// Too wide a header.
    TooManyColumns { columns: usize, limit: usize },
    /// A workbook file larger than the limit, in bytes.
    TooLarge { bytes: u64, limit: u64 },
    /// A workbook that unpacks to more than is reasonable.
    ZipBomb { part: String },
    /// A zip, but not a workbook.
    NotAWorkbook,
    /// Named as a workbook, and neither one nor text.
    NoWorkbook,
    /// A damaged workbook.
    BrokenWorkbook { detail: String },
    /// No sheet has that name.
    NoSuchSheet { name: String, sheets: Vec<String> },
    /// No sheet with cells.
    NoSheet,
    /// More rows than a sheet can have.
    TooManyRows { limit: u32 },
}

/// Why one row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Line or row number, from 1; 0 when unknown.
    pub line: u64,
    /// What could be read of the row, for the errors file.
    pub cells: Vec<String>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a row. Columns count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// More or fewer cells than the header.
    Ragged { expected: usize, got: usize },
    /// Bytes that the encoding does not have.
    NotInEncoding { encoding: &'static str, offset: u64 },
    /// A cell longer than the limit, in bytes.
    CellTooLong { column: usize, limit: usize },
    /// A NUL character.
    Nul { column: usize },
    /// A quote opens and never closes.
    UnclosedQuote,
    /// The spreadsheet shows an error (`#REF!`) in the cell.
    CellError { column: usize, error: String },
    /// The file cannot be read on; no rows follow.
    Fatal(Box<FileError>),
}

impl FileError {
    /// From an error of the system.
    pub(super) fn from_io(path: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path: path.to_owned() },
            io::ErrorKind::IsADirectory => Self::NotAFile { path: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), error: error.to_string() },
        }
    }

    /// Adds the line to an error that does not know it.
    pub(super) fn at_line(self, line: u64) -> Self {
        match self {
            Self::NotInEncoding { encoding, offset } => Self::NotInEncodingAt { encoding, offset, line },
            other => other,
        }
    }

    /// The line it names.
    pub(super) fn line(&self) -> Option<u64> {
        match self {
            Self::UnknownEncoding { line, .. }
            | Self::NotInEncodingAt { line, .. }
            | Self::RecordTooLong { line, .. }
            | Self::TooManyUnclosed { line } => Some(*line),
            _ => None,
        }
    }

    /// What to tell the person.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotFound { path } => format!("there is no file {path}"),
            Self::NotAFile { path } => format!("{path} is not a file"),
            Self::Io { path, error } if path.is_empty() => format!("cannot read the file: {error}"),
            Self::Io { path, error } => format!("cannot read {path}: {error}"),
            Self::Empty => "the file is empty (0 bytes)".into(),
            Self::NoHeader => "the file has only blank lines, no header row".into(),
            Self::NoRows => "the file has a header row but no rows under it".into(),
            Self::Binary { what } => format!("this is not a table but a file of another kind ({what})"),
            Self::OldExcel => {
                "an old Excel file (.xls) or one with a password: save it as .xlsx without a password".into()
            }
            Self::Markup => {
                "this is a web page or XML, not a table: open it in a spreadsheet and save it as .xlsx".into()
            }
            Self::Nul { offset } => format!("this is not a text file: it has a NUL character (byte {offset})"),
            Self::UnknownEncoding { offset, line } => format!(
                "the text is neither UTF-8 nor UTF-16 nor GB18030 (line {line}, byte {offset}): name its encoding with --encoding"
            ),
            Self::NoSuchEncoding { name } => {
                format!("there is no encoding {name:?}: utf-8, utf-16le, gb18030, big5, windows-1252 ...")
            }
            Self::NotInEncoding { encoding, offset } => {
                format!("the text is not {encoding} (byte {offset}): name its encoding with --encoding")
            }
            Self::NotInEncodingAt { encoding, offset, line } => {
                format!("the text is not {encoding} (line {line}, byte {offset}): name its encoding with --encoding")
            }
            Self::BadDelimiter { delimiter } => {
                format!("{delimiter:?} cannot separate columns: use a comma, a semicolon or a tab")
            }
            Self::RecordTooLong { line, limit } => {
                format!("line {line} is longer than {}: this is not a table of rows", size(*limit as u64))
            }
            Self::TooManyUnclosed { line } => format!("a quote (\") is opened on line {line} and never closed"),
            Self::TooManyColumns { columns, limit } => format!("the header has {columns} columns, {limit} are allowed"),
            Self::TooLarge { bytes, limit } => {
                format!("the workbook has {}, {} are allowed: save it as CSV", size(*bytes), size(*limit))
            }
            Self::ZipBomb { part } => format!("the workbook unpacks to more than is reasonable ({part}): not opened"),
            Self::NotAWorkbook => "this is a zip archive but not an .xlsx workbook".into(),
            Self::NoWorkbook => "it is named as a workbook but cannot be read as one: the file is damaged".into(),
            Self::BrokenWorkbook { detail } => format!("the workbook is damaged: {detail}"),
            Self::NoSuchSheet { name, sheets } => {
                format!("there is no sheet {name:?}; there are: {}", sheets.join(", "))
            }
            Self::NoSheet => "the workbook has no sheet with cells".into(),
            Self::TooManyRows { limit } => format!("the sheet has more than {limit} rows"),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::NotFound { path } => format!("找不到文件 {path}"),
            Self::NotAFile { path } => format!("{path} 不是文件"),
            Self::Io { path, error } if path.is_empty() => format!("无法读取文件：{error}"),
            Self::Io { path, error } => format!("无法读取 {path}：{error}"),
            Self::Empty => "文件是空的（0 字节）".into(),
            Self::NoHeader => "文件只有空行，没有表头".into(),
            Self::NoRows => "文件只有表头，没有数据行".into(),
            Self::Binary { what } => format!("这不是表格，而是其他类型的文件（{what}）"),
            Self::OldExcel => "这是旧版 Excel 文件（.xls）或加了密码的文件：请另存为不带密码的 .xlsx".into(),
            Self::Markup => "这是网页或 XML，不是表格：请用电子表格软件打开并另存为 .xlsx".into(),
            Self::Nul { offset } => format!("这不是文本文件：第 {offset} 字节处有 NUL 字符"),
            Self::UnknownEncoding { offset, line } => format!(
                "文本既不是 UTF-8，也不是 UTF-16 或 GB18030（第 {line} 行，第 {offset} 字节）：请用 --encoding 指定编码"
            ),
            Self::NoSuchEncoding { name } => {
                format!("没有编码 {name:?}：可用 utf-8、utf-16le、gb18030、big5、windows-1252 等")
            }
            Self::NotInEncoding { encoding, offset } => {
                format!("文本不是 {encoding}（第 {offset} 字节）：请用 --encoding 指定编码")
            }
            Self::NotInEncodingAt { encoding, offset, line } => {
                format!("文本不是 {encoding}（第 {line} 行，第 {offset} 字节）：请用 --encoding 指定编码")
            }
            Self::BadDelimiter { delimiter } => format!("{delimiter:?} 不能作列分隔符：请用逗号、分号或制表符"),
            Self::RecordTooLong { line, limit } => {
                format!("第 {line} 行超过 {}：这不是按行的表格", size(*limit as u64))
            }
            Self::TooManyUnclosed { line } => format!("第 {line} 行的引号（\"）没有结束"),
            Self::TooManyColumns { columns, limit } => format!("表头有 {columns} 列，最多 {limit} 列"),
            Self::TooLarge { bytes, limit } => {
                format!("工作簿有 {}，最多 {}：请另存为 CSV", size(*bytes), size(*limit))
            }
            Self::ZipBomb { part } => format!("工作簿解压后大得不合理（{part}）：没有打开"),
            Self::NotAWorkbook => "这是 zip 压缩包，但不是 .xlsx 工作簿".into(),
            Self::NoWorkbook => "文件名是工作簿，但无法按工作簿读取：文件已损坏".into(),
            Self::BrokenWorkbook { detail } => format!("工作簿已损坏：{detail}"),
            Self::NoSuchSheet { name, sheets } => format!("没有工作表 {name:?}；现有：{}", sheets.join("、")),
            Self::NoSheet => "工作簿里没有带单元格的工作表".into(),
            Self::TooManyRows { limit } => format!("工作表超过 {limit} 行"),
        }
    }
}

impl RowFault {
    pub(super) fn fatal(line: u64, error: FileError) -> Self {
        Self { line, cells: Vec::new(), kind: FaultKind::Fatal(Box::new(error)) }
    }

    /// Whether the file ends here.
    pub fn is_fatal(&self) -> bool {
        matches!(self.kind, FaultKind::Fatal(_))
    }

    /// The column it is about, from 0.
    pub fn column(&self) -> Option<usize> {
        match self.kind {
            FaultKind::CellTooLong { column, .. } | FaultKind::Nul { column } | FaultKind::CellError { column, .. } => {
                Some(column)
            }
            _ => None,
        }
    }

    /// What to tell the person; without the line and the column, which have their own places.
    pub fn message(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match &self.kind {
            FaultKind::Ragged { expected, got } if zh => format!("这一行有 {got} 个单元格，表头有 {expected} 个"),
            FaultKind::Ragged { expected, got } => format!("the row has {got} cells, the header {expected}"),
            FaultKind::NotInEncoding { encoding, offset } if zh => format!("第 {offset} 字节起不是 {encoding} 文本"),
            FaultKind::NotInEncoding { encoding, offset } => format!("the text at byte {offset} is not {encoding}"),
            FaultKind::CellTooLong { limit, .. } if zh => format!("单元格超过 {}", size(*limit as u64)),
            FaultKind::CellTooLong { limit, .. } => format!("the cell is longer than {}", size(*limit as u64)),
            FaultKind::Nul { .. } if zh => "单元格里有 NUL 字符".into(),
            FaultKind::Nul { .. } => "the cell has a NUL character".into(),
            FaultKind::UnclosedQuote if zh => "引号（\"）没有结束".into(),
            FaultKind::UnclosedQuote => "a quote (\") is opened and never closed".into(),
            FaultKind::CellError { error, .. } if zh => format!("单元格是公式错误 {error}"),
            FaultKind::CellError { error, .. } => format!("the cell shows the formula error {error}"),
            FaultKind::Fatal(error) => error.message(lang),
        }
    }

    /// Takes the `extra` columns of an errors file, which follow the table's own `width`, out of what was read.
    pub(super) fn drop_error_columns(&mut self, width: usize, extra: usize) {
        if self.cells.len() > width {
            self.cells.drain(width..(width + extra).min(self.cells.len()));
        }
        if let FaultKind::Ragged { expected, got } = &mut self.kind {
            *expected = width;
            *got = got.saturating_sub(extra);
        }
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.english())
    }
}

impl std::error::Error for FileError {}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message(Lang::En))
    }
}

impl std::error::Error for RowFault {}

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// It exists and overwriting was not asked for.
    Exists { path: String },
    /// The name's ending says no format that can be written.
    UnknownFormat { path: String },
    /// The system refused.
    Io { path: String, error: String },
    /// The row does not have as many cells as the header.
    CellCount { expected: usize, got: usize },
    /// A cell too long for a workbook (32,767 characters). Row under the header and column, from 1.
    CellTooLong { row: u64, column: usize },
    /// More rows than a sheet can have.
    TooManyRows { limit: u32 },
    /// The writer of workbooks refused.
    Workbook { error: String },
}

impl WriteError {
    pub(super) fn from_io(path: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), error: error.to_string() },
        }
    }

    /// What to tell the person.
    pub fn message(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::Exists { path } if zh => format!("{path} 已存在"),
            Self::Exists { path } => format!("{path} already exists"),
            Self::UnknownFormat { path } if zh => format!("{path}：文件名须以 .csv、.xlsx 或 .json 结尾"),
            Self::UnknownFormat { path } => format!("{path}: the name must end in .csv, .xlsx or .json"),
            Self::Io { path, error } if path.is_empty() && zh => format!("无法写入：{error}"),
            Self::Io { path, error } if path.is_empty() => format!("cannot write: {error}"),
            Self::Io { path, error } if zh => format!("无法写入 {path}：{error}"),
            Self::Io { path, error } => format!("cannot write {path}: {error}"),
            Self::CellCount { expected, got } if zh => format!("这一行有 {got} 个单元格，表头有 {expected} 个"),
            Self::CellCount { expected, got } => format!("the row has {got} cells, the header {expected}"),
            Self::CellTooLong { row, column } if zh => {
                format!("第 {row} 行第 {column} 列超过 Excel 单元格的 32767 个字符：请导出为 CSV")
            }
            Self::CellTooLong { row, column } => {
                format!("row {row}, column {column} is longer than an Excel cell (32,767 characters): export as CSV")
            }
            Self::TooManyRows { limit } if zh => format!("Excel 工作表最多 {limit} 行：请导出为 CSV"),
            Self::TooManyRows { limit } => format!("an Excel sheet has at most {limit} rows: export as CSV"),
            Self::Workbook { error } if zh => format!("无法生成工作簿：{error}"),
            Self::Workbook { error } => format!("cannot make the workbook: {error}"),
        }
    }
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for WriteError {}

/// Bytes for a sentence.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{} {name}", bytes.div_ceil(*unit)),
        None => format!("{bytes} B"),
    }
}
