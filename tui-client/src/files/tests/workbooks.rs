//! Workbooks: typed cells, sheets, and zips that lie.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::zip_guard::{self, Limits};
use super::super::{FaultKind, FileError, Kind, Options, open};
use super::{CUSTOMERS, Scratch, all_rows, read};

fn save(mut book: Workbook) -> (Scratch, std::path::PathBuf) {
    let scratch = Scratch::new();
    let path = scratch.file("book.xlsx", book.save_to_buffer().unwrap());
    (scratch, path)
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_gives_the_rows_of_the_text_file() {
    let scratch = Scratch::new();
    let (headers, rows) = read(&scratch.file("table.csv", CUSTOMERS));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0_u32..).zip(std::iter::once(&headers).chain(&rows)) {
        for (column, cell) in (0_u16..).zip(row) {
            sheet.write_string(at, column, cell).unwrap();
        }
    }
    // The name says nothing, the bytes do.
    let path = scratch.file("renamed.csv", book.save_to_buffer().unwrap());
    assert_eq!(read(&path), (headers, rows));
    let mut table = open(&path, &Options::default()).unwrap();
    assert_eq!(table.hash().unwrap(), blake3::hash(&std::fs::read(&path).unwrap()));
    let mut rows = table.rows();
    rows.next().unwrap().unwrap();
    assert_eq!(rows.progress().total_rows, Some(10));
}

#[test]
fn typed_cells_become_what_a_person_would_type() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy/m/d");
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let time = Format::new().set_num_format("hh:mm");
    for column in 0..9 {
        sheet.write_string(0, column, format!("h{column}")).unwrap();
    }
    sheet.write_number_with_format(1, 0, 46_357, &day).unwrap();
    sheet.write_number_with_format(1, 1, 46_357.0 + (15.0 * 3_600.0 + 4.0 * 60.0 + 5.0) / 86_400.0, &moment).unwrap();
    sheet.write_number(1, 2, 13_800_138_000_f64).unwrap();
    sheet.write_number(1, 3, 0.1 + 0.2).unwrap();
    sheet.write_boolean(1, 4, true).unwrap();
    sheet.write_number_with_format(1, 5, 0.5, &time).unwrap();
    sheet.write_string(1, 6, " 上海 ").unwrap();
    sheet.write_formula(1, 7, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_number(1, 8, -1_234.5).unwrap();
    let (_scratch, path) = save(book);
    let (_, rows) = read(&path);
    let expected =
        ["2026-12-01", "2026-12-01 15:04:05", "13800138000", "0.3", "true", "12:00:00", " 上海 ", "2", "-1234.5"];
    assert_eq!(rows, [expected]);
}

#[test]
fn error_cells_and_cells_beyond_the_header_stop_only_their_rows() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(2, 0, ["name", "city"]).unwrap();
    sheet.write_row(3, 0, ["a", "b"]).unwrap();
    sheet.write_string(4, 0, "broken").unwrap();
    sheet.write_formula(4, 1, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    sheet.write_row(6, 0, ["c", "d", "", "surplus"]).unwrap();
    sheet.write_string(7, 0, "short").unwrap();
    sheet.write_string(8, 5, "  ").unwrap();
    let (_scratch, path) = save(book);
    let mut table = open(&path, &Options::default()).unwrap();
    assert_eq!(table.header_line, 3);
    let rows = all_rows(&mut table);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0].as_ref().unwrap().line, 4);
    let error = rows[1].as_ref().unwrap_err();
    assert_eq!(error.line, 5);
    assert_eq!(error.kind, FaultKind::CellError { column: 1, error: "#DIV/0!".into() });
    let wide = rows[2].as_ref().unwrap_err();
    assert_eq!((wide.line, &wide.kind), (7, &FaultKind::Ragged { expected: 2, got: 4 }));
    assert_eq!(rows[3].as_ref().unwrap().cells, ["short", ""]);
}

#[test]
fn the_first_visible_sheet_or_the_named_one_is_read() {
    let mut book = Workbook::new();
    for (name, hidden) in [("Hidden", true), ("客户", false), ("Orders", false)] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.set_hidden(hidden);
        if !hidden {
            sheet.set_active(true);
        }
        sheet.write_row(0, 0, [name]).unwrap();
        sheet.write_row(1, 0, ["x"]).unwrap();
    }
    let (_scratch, path) = save(book);
    let table = open(&path, &Options::default()).unwrap();
    assert_eq!(table.headers, ["客户"]);
    assert!(matches!(table.kind, Kind::Xlsx { sheets, .. } if sheets == ["Hidden", "客户", "Orders"]));
    let named = |name: &str| open(&path, &Options { sheet: Some(name.into()), ..Options::default() });
    assert_eq!(named("orders").unwrap().headers, ["Orders"]);
    assert!(matches!(named("Gone").err().unwrap(), FileError::NoSuchSheet { sheets, .. } if sheets.len() == 3));
}

#[test]
fn empty_sheets_and_other_zips_are_refused() {
    let mut book = Workbook::new();
    book.add_worksheet();
    let (_scratch, path) = save(book);
    assert_eq!(open(&path, &Options::default()).err().unwrap(), FileError::NoHeader);
    let scratch = Scratch::new();
    let path = scratch.file("notes.xlsx", zip_of(&[("readme.txt", b"hello")]));
    assert_eq!(open(&path, &Options::default()).err().unwrap(), FileError::NotAWorkbook);
    let path = scratch.file("torn.xlsx", zip_of(&[("xl/workbook.xml", b"<workbook>")]));
    assert!(matches!(open(&path, &Options::default()).err().unwrap(), FileError::BrokenWorkbook { .. }));
    let whole = zip_of(&[("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", &[b'x'; 999])]);
    let path = scratch.file("cut.xlsx", &whole[..whole.len() / 2]);
    assert!(matches!(open(&path, &Options::default()).err().unwrap(), FileError::BrokenWorkbook { .. }));
}

/// Limits small enough to be quick, in the proportions of the real ones.
const SMALL: Limits = Limits {
    file: 1 << 20,
    entries: 50,
    unpacked: 4 << 20,
    strings: 1 << 20,
    string_count: 1_000,
    part: 256 << 10,
    ratio: 200,
    small: 256 << 10,
    token: 64 << 10,
};

fn refused(entries: &[(&str, &[u8])]) -> FileError {
    let bytes = zip_of(entries);
    zip_guard::check(Cursor::new(&bytes), bytes.len() as u64, &SMALL).unwrap_err()
}

#[test]
fn zip_bombs_are_refused_before_the_workbook_is_opened() {
    let bomb = |part: &str| FileError::ZipBomb { part: part.into() };
    let sheet = "xl/worksheets/sheet1.xml";
    let zeros = vec![0_u8; 2 << 20];
    assert_eq!(refused(&[(sheet, &zeros)]), bomb(sheet), "ratio");
    let rows = b"<row><c><v>123</v></c></row>".repeat(80_000);
    let pieces: Vec<(String, Vec<u8>)> =
        (0..40).map(|at| (format!("xl/worksheets/sheet{at}.xml"), rows[..200 << 10].to_vec())).collect();
    let many: Vec<(&str, &[u8])> = pieces.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    assert!(matches!(refused(&many), FileError::ZipBomb { .. }), "many small ones");
    assert_eq!(refused(&[("xl/styles.xml", &rows[..300 << 10])]), bomb("xl/styles.xml"), "a part kept in memory");
    let strings = "xl/sharedstrings.xml";
    assert_eq!(refused(&[(strings, &b"<si/>".repeat(2_000))]), bomb(strings), "many strings");
    let declared = b"<sst count=\"1\" uniqueCount=\"99999999999999999999\"><si><t>x</t></si></sst>";
    assert_eq!(refused(&[(strings, declared)]), bomb(strings), "a lie about their number");
    let long = [b"<c>".as_slice(), &b"word ".repeat(20_000)].concat();
    assert_eq!(refused(&[(sheet, &long)]), bomb(sheet), "one endless piece of text");
    let names: Vec<String> = (0..60).map(|at| format!("f{at}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    assert!(matches!(refused(&many), FileError::ZipBomb { .. }), "many entries");
    assert!(matches!(
        zip_guard::check(Cursor::new([]), SMALL.file + 1, &SMALL).unwrap_err(),
        FileError::TooLarge { .. }
    ));
}

#[test]
fn a_real_bomb_of_forty_megabytes_is_refused_by_the_real_limits() {
    let scratch = Scratch::new();
    let zeros = vec![b' '; 40 << 20];
    let path =
        scratch.file("bomb.xlsx", zip_of(&[("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", &zeros)]));
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    assert!(matches!(open(&path, &Options::default()).err().unwrap(), FileError::ZipBomb { .. }));
}

#[test]
fn absurd_cell_references_are_a_damaged_workbook() {
    let mut book = Workbook::new();
    book.add_worksheet().write_row(0, 0, ["a", "b"]).unwrap().write_row(1, 0, ["c", "d"]).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    for (from, to) in [
        ("A1:B2", "B9:A1"),
        ("r=\"A2\"", "r=\"A99999999999999\""),
        ("r=\"A2\"", "r=\"A2000000\""),
        ("r=\"A2\"", "r=\"ZZZZZZZZZZZZZ2\""),
        ("<v>2</v>", "<v>77</v>"),
    ] {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut entries = Vec::new();
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            entries.push((entry.name().unwrap().to_string(), text.replace(from, to).into_bytes()));
        }
        let entries: Vec<(&str, &[u8])> =
            entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let scratch = Scratch::new();
        let path = scratch.file("odd.xlsx", zip_of(&entries));
        // Whatever it makes of it, it neither panics nor hangs nor grows.
        if let Ok(mut table) = open(&path, &Options::default()) {
            assert!(table.rows().count() <= 2, "{to}");
        }
    }
}
