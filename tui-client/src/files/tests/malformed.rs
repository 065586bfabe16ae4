//! Files that are not what they should be: a clear error, bounded memory.

use std::io::Read;

use super::super::encoding::{self, TextEncoding, TextStream};
use super::super::records::Records;
use super::super::{FaultKind, FileError, MAX_CELL, MAX_RECORD, Options, open};
use super::{CUSTOMERS, Scratch, all_rows, gb18030, open_bytes, utf16};
use crate::strings::Lang;

fn error_of(bytes: impl AsRef<[u8]>) -> FileError {
    open_bytes(bytes).err().unwrap()
}

#[test]
fn what_is_not_there_or_no_file_is_said_so() {
    let scratch = Scratch::new();
    let options = Options::default();
    assert!(matches!(open(&scratch.path("none.csv"), &options), Err(FileError::NotFound { .. })));
    assert!(matches!(open(&scratch.path("."), &options), Err(FileError::NotAFile { .. })));
    assert!(matches!(open("/dev/null".as_ref(), &options), Err(FileError::NotAFile { .. })));
}

#[test]
fn files_without_rows_are_refused() {
    assert_eq!(error_of(""), FileError::Empty);
    assert_eq!(error_of("\n\r\n ,, \n"), FileError::NoHeader);
    assert_eq!(error_of("\u{feff}"), FileError::NoHeader);
    assert_eq!(error_of("name,city\n"), FileError::NoRows);
    assert_eq!(error_of("name,city\n\n,\n"), FileError::NoRows);
}

#[test]
fn files_of_another_kind_are_named() {
    let zeros = [0_u8; 200];
    for (signature, what) in [
        (b"MZ\x90\0".as_slice(), "EXE"),
        (b"\x7fELF", "ELF"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
    ] {
        assert_eq!(error_of([signature, &zeros].concat()), FileError::Binary { what });
    }
    assert_eq!(error_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0"), FileError::OldExcel);
    assert_eq!(error_of("<html><table><tr><td>1</td></tr></table></html>"), FileError::Markup);
    assert_eq!(error_of("\u{feff}<?xml version=\"1.0\"?><Workbook/>"), FileError::Markup);
    assert!(matches!(error_of(b"PK\x03\x04 but nothing else"), FileError::BrokenWorkbook { .. }));
    assert!(open_bytes("MZ number,BM\n1,2\n").is_ok(), "two letters are no signature");
}

#[test]
fn random_bytes_are_no_text() {
    let mut bytes = Vec::new();
    blake3::Hasher::new().finalize_xof().take(100_000).read_to_end(&mut bytes).unwrap();
    bytes[0] = b'x';
    let scratch = Scratch::new();
    let named = open(&scratch.file("orders.XLSX", &bytes), &Options::default()).err().unwrap();
    assert_eq!(named, FileError::NoWorkbook, "a workbook whose beginning is lost");
    let error = error_of(&bytes);
    assert!(matches!(error, FileError::Nul { .. } | FileError::UnknownEncoding { .. }), "{error}");
    bytes.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 1);
    assert!(matches!(error_of(&bytes), FileError::UnknownEncoding { .. }));
}

#[test]
fn latin_1_is_not_guessed_but_explained() {
    let error = error_of(b"name,city\na,b\nx,M\xe9\n");
    assert_eq!(error, FileError::UnknownEncoding { offset: 17, line: 3 });
    assert!(error.message(Lang::En).contains("--encoding"));
    assert!(error.message(Lang::Zh).contains("第 3 行"));
}

#[test]
fn a_few_malformed_bytes_cost_only_their_rows() {
    let mut text = String::from("name,city\n");
    for row in 0..100 {
        text.push_str(&format!("客户{row},北京\n"));
    }
    let mut bytes = text.clone().into_bytes();
    bytes.extend_from_slice(b"bad \xff,x\ngood,y\n");
    let mut table = open_bytes(&bytes).unwrap();
    let rows = all_rows(&mut table);
    assert_eq!(rows.len(), 102);
    let fault = rows[100].as_ref().unwrap_err();
    let offset = text.len() as u64 + 4;
    assert_eq!((fault.line, &fault.kind), (102, &FaultKind::NotInEncoding { encoding: "UTF-8", offset }));
    assert_eq!(fault.cells[0], "bad \u{fffd}");
    assert_eq!(rows[101].as_ref().unwrap().cells, ["good", "y"]);
}

#[test]
fn the_wrong_named_encoding_ends_in_one_error() {
    let scratch = Scratch::new();
    let text = "name,city\n".to_owned() + &"北京公司,北京\n".repeat(1_000);
    let path = scratch.file("gb.csv", gb18030(&text));
    let options = Options { encoding: Some("utf-8".into()), ..Options::default() };
    let mut table = open(&path, &options).unwrap();
    let rows = all_rows(&mut table);
    assert!(rows.len() <= encoding::MAX_MALFORMED + 1, "{}", rows.len());
    let last = rows.last().unwrap().as_ref().unwrap_err();
    assert!(matches!(&last.kind, FaultKind::Fatal(error) if matches!(**error, FileError::NotInEncodingAt { .. })));
    let options = Options { encoding: Some("nonsense".into()), ..Options::default() };
    assert!(matches!(open(&path, &options), Err(FileError::NoSuchEncoding { .. })));
    let options = Options { delimiter: Some('"'), ..Options::default() };
    assert!(matches!(open(&path, &options), Err(FileError::BadDelimiter { delimiter: '"' })));
}

#[test]
fn half_a_character_at_the_end_of_utf_16_is_a_faulty_row() {
    let mut bytes = utf16("\u{feff}name,city\na,b\nc,d", true);
    bytes.push(b'x');
    let rows = all_rows(&mut open_bytes(&bytes).unwrap());
    assert!(rows[0].is_ok());
    assert!(matches!(rows[1].as_ref().unwrap_err().kind, FaultKind::NotInEncoding { encoding: "UTF-16LE", .. }));
}

#[test]
fn nul_characters_further_down_cost_only_their_row() {
    let mut text = String::from("name,city\n") + &"a,b\n".repeat(30_000);
    text.push_str("x,y\0z\nlast,row\n");
    let rows = all_rows(&mut open_bytes(&text).unwrap());
    assert!(matches!(rows[30_000].as_ref().unwrap_err().kind, FaultKind::Nul { column: 1 }));
    assert!(rows[30_001].is_ok());
    assert!(matches!(error_of("name,city\na,b\0\n"), FileError::Nul { offset: 13 }));
}

#[test]
fn a_quote_that_never_closes_costs_its_line_not_the_file() {
    let text = "name,city\na,b\nc,\"d\ne,f\ng,h\n";
    let rows = all_rows(&mut open_bytes(text).unwrap());
    assert_eq!(rows.len(), 4);
    let fault = rows[1].as_ref().unwrap_err();
    assert_eq!((fault.line, &fault.kind), (3, &FaultKind::UnclosedQuote));
    assert_eq!(fault.cells, ["c", "\"d"]);
    assert_eq!(rows[2].as_ref().unwrap().line, 4);

    // Also when more than a record's worth of text follows.
    let text = String::from("name,city\nx,\"y\n") + &"some,row\n".repeat(2 * MAX_RECORD / 9);
    let mut table = open_bytes(&text).unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = table.rows().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (2 * MAX_RECORD / 9, 1));
    assert_eq!(good[0].as_ref().unwrap().line, 3);
}

#[test]
fn a_cell_that_is_too_long_costs_its_row_a_record_the_file() {
    let text = format!("name,city\n{},x\na,b\n", "y".repeat(MAX_CELL + 1));
    let rows = all_rows(&mut open_bytes(&text).unwrap());
    assert!(matches!(rows[0].as_ref().unwrap_err().kind, FaultKind::CellTooLong { column: 0, .. }));
    assert!(rows[1].is_ok());
    let text = format!("name,city\na,b\n{}\nc,d\n", "y,".repeat(MAX_RECORD));
    let rows = all_rows(&mut open_bytes(&text).unwrap());
    let fatal = FileError::RecordTooLong { line: 3, limit: MAX_RECORD };
    assert_eq!((rows.len(), &rows[1].as_ref().unwrap_err().kind), (2, &FaultKind::Fatal(Box::new(fatal))));
    let wide = vec!["h"; 1_001].join(",");
    assert!(matches!(error_of(format!("{wide}\n{wide}\n")), FileError::TooManyColumns { columns: 1_001, .. }));
}

/// Gives the same bytes for ever, and counts them.
struct Endless {
    piece: &'static [u8],
    given: u64,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        for byte in out.iter_mut() {
            *byte = self.piece[(self.given % self.piece.len() as u64) as usize];
            self.given += 1;
        }
        Ok(out.len())
    }
}

#[test]
fn a_line_without_end_is_given_up_after_two_mebibytes() {
    for (piece, name) in [
        (b"a".as_slice(), "utf-8"),
        (b"a,", "utf-8"),
        (b"\"a", "utf-8"),
        (b"\"\"", "utf-8"),
        (b"\xb1\xb1", "gb18030"),
        (b"a\0", "utf-16le"),
    ] {
        let mut endless = Endless { piece, given: 0 };
        let stream = TextStream::new(&mut endless, TextEncoding::by_name(name).unwrap());
        let found = Records::new(stream, b',').next();
        let error = found.err().unwrap();
        assert_eq!(error, FileError::RecordTooLong { line: 1, limit: MAX_RECORD }, "{name}");
        assert!(endless.given < 3 * MAX_RECORD as u64, "{} bytes read of {name}", endless.given);
    }
}

#[test]
fn a_gigabyte_of_nothing_and_fifty_megabytes_of_one_line_are_refused() {
    let scratch = Scratch::new();
    let path = scratch.file("sparse.csv", "");
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(open(&path, &Options::default()).err().unwrap(), FileError::Nul { offset: 0 });
    let path = scratch.file("line.csv", vec![b'a'; 50 << 20]);
    let error = open(&path, &Options::default()).err().unwrap();
    assert_eq!(error, FileError::RecordTooLong { line: 1, limit: MAX_RECORD });
}

#[test]
fn every_error_speaks_both_languages() {
    for error in [error_of(""), error_of("a,b\n"), error_of(b"\x7fELF"), error_of(b"PK\x03\x04")] {
        assert_ne!(error.message(Lang::En), error.message(Lang::Zh));
        assert_eq!(error.to_string(), error.message(Lang::En));
    }
    let table = &mut open_bytes(CUSTOMERS.replace("Berlin", "Berlin,surplus")).unwrap();
    let fault = table.rows().next().unwrap().unwrap_err();
    assert_eq!(fault.to_string(), "line 2: the row has 12 cells, the header 11");
    assert_eq!(fault.message(Lang::Zh), "这一行有 12 个单元格，表头有 11 个");
}
