//! Writing: formats, atomicity, templates, the errors file.

use chrono::{DateTime, NaiveDate};

use super::super::errors_file::ErrorsFile;
use super::super::template::{ColumnKind, TemplateColumn};
use super::super::write::{Bom, Cell, FileWriter, Format, TableWriter};
use super::super::{FaultKind, Options, messages::WriteError, open, template};
use super::{Scratch, all_rows, read};
use crate::strings::Lang;

fn headers(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn sample() -> Vec<Cell> {
    vec![
        Cell::Text("=HYPERLINK(\"http://x\")".into()),
        Cell::Int(-7),
        Cell::Decimal("-1234.50".into()),
        Cell::Date(NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()),
        Cell::DateTime(DateTime::parse_from_rfc3339("2026-12-01T15:04:05+08:00").unwrap()),
        Cell::Empty,
        Cell::Text("上海, \"浦东\"\n二楼".into()),
    ]
}

const NAMES: [&str; 7] = ["name", "count", "amount", "day", "at", "none", "note"];

#[test]
fn csv_and_xlsx_are_read_back_as_they_were_written() {
    let scratch = Scratch::new();
    for (name, amount) in [("out.csv", "-1234.50"), ("out.xlsx", "-1234.5")] {
        let path = scratch.path(name);
        let format = Format::of_path(&path).unwrap();
        let mut writer = FileWriter::create(&path, format, &headers(&NAMES), false).unwrap();
        writer.row(&sample()).unwrap();
        assert!(!path.exists(), "nothing under the name before the end");
        assert_eq!(writer.finish().unwrap(), 1);
        let expected =
            ["=HYPERLINK(\"http://x\")", "-7", amount, "2026-12-01", "2026-12-01 15:04:05", "", "上海, \"浦东\"\n二楼"];
        assert_eq!(read(&path), (headers(&NAMES), vec![headers(&expected)]), "{name}");
    }
    let raw = std::fs::read_to_string(scratch.path("out.csv")).unwrap();
    assert!(raw.starts_with("\u{feff}name,") && raw.contains("\n\"'=HYPERLINK") && raw.contains(",-7,-1234.50,"));
}

#[test]
fn json_is_one_object_a_line_with_plain_values() {
    let mut writer = TableWriter::new(Vec::new(), Format::Json, &headers(&NAMES), Bom::No).unwrap();
    writer.row(&sample()).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let expected = "{\"name\":\"=HYPERLINK(\\\"http://x\\\")\",\"count\":-7,\"amount\":\"-1234.50\",\
                    \"day\":\"2026-12-01\",\"at\":\"2026-12-01T07:04:05Z\",\"none\":null,\
                    \"note\":\"上海, \\\"浦东\\\"\\n二楼\"}\n";
    assert_eq!(text, expected);
}

#[test]
fn a_decimal_that_is_none_is_guarded_like_a_text_and_long_numbers_keep_their_digits() {
    let scratch = Scratch::new();
    let path = scratch.path("out.xlsx");
    let mut writer = FileWriter::create(&path, Format::Xlsx, &headers(&["a", "b", "c"]), false).unwrap();
    let long = "12345678901234567.89";
    writer.row(&[Cell::Decimal(long.into()), Cell::Int(i64::MAX), Cell::Decimal("-1+cmd|x".into())]).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&path).1, [[long, "9223372036854775807", "-1+cmd|x"]]);
    let mut csv = TableWriter::new(Vec::new(), Format::Csv, &headers(&["a"]), Bom::No).unwrap();
    csv.row(&[Cell::Decimal("-1+cmd|x".into())]).unwrap();
    assert_eq!(csv.finish().unwrap(), b"a\n'-1+cmd|x\n");
}

#[test]
fn an_existing_file_is_kept_unless_told_and_a_dropped_writer_leaves_nothing() {
    let scratch = Scratch::new();
    let path = scratch.file("out.csv", "precious");
    let create = |overwrite| FileWriter::create(&path, Format::Csv, &headers(&["a"]), overwrite);
    assert!(matches!(create(false), Err(WriteError::Exists { .. })));
    drop(create(true).unwrap());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(scratch.directory.path()).unwrap().count(), 1, "no temporary file is left");
    create(true).unwrap().finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "\u{feff}a\n");

    // Somebody else was quicker.
    let late = scratch.path("late.csv");
    let writer = FileWriter::create(&late, Format::Csv, &headers(&["a"]), false).unwrap();
    std::fs::write(&late, "theirs").unwrap();
    assert!(matches!(writer.finish(), Err(WriteError::Exists { .. })));
    assert_eq!(std::fs::read_to_string(&late).unwrap(), "theirs");
}

#[cfg(unix)]
#[test]
fn written_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    for name in ["out.csv", "out.xlsx", "out.json"] {
        let path = scratch.path(name);
        FileWriter::create(&path, Format::of_path(&path).unwrap(), &headers(&["a"]), false).unwrap().finish().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn rows_of_the_wrong_width_and_cells_too_long_for_excel_are_errors() {
    let scratch = Scratch::new();
    let path = scratch.path("out.xlsx");
    let mut writer = FileWriter::create(&path, Format::Xlsx, &headers(&["a", "b"]), false).unwrap();
    assert_eq!(writer.row(&[Cell::Empty]), Err(WriteError::CellCount { expected: 2, got: 1 }));
    let long = Cell::Text("x".repeat(32_768));
    assert_eq!(writer.row(&[Cell::Empty, long]), Err(WriteError::CellTooLong { row: 1, column: 2 }));
}

#[test]
fn a_template_has_marked_headers_choices_and_a_frozen_header() {
    let scratch = Scratch::new();
    let path = scratch.path("template.xlsx");
    let short = vec!["大客户".to_owned(), "普通客户".to_owned()];
    let long: Vec<String> = (0..100).map(|at| format!("Region number {at}")).collect();
    let columns = [
        TemplateColumn { label: "名称".into(), required: true, ..TemplateColumn::default() },
        TemplateColumn { label: "等级".into(), choices: short, ..TemplateColumn::default() },
        TemplateColumn { label: "地区".into(), choices: long, ..TemplateColumn::default() },
        TemplateColumn { label: "下次联系".into(), kind: ColumnKind::Date, ..TemplateColumn::default() },
    ];
    template::write(&path, "客户", &columns, Lang::Zh, false).unwrap();
    assert!(matches!(template::write(&path, "客户", &columns, Lang::Zh, false), Err(WriteError::Exists { .. })));

    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("\"大客户,普通客户\"") || sheet.contains("&quot;大客户,普通客户&quot;"), "{sheet}");
    assert!(sheet.contains("'选项'!$A$2:$A$101"), "{sheet}");
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("errorStyle=\"warning\""));
    assert!(part("xl/sharedStrings.xml").contains("名称 *"));
    // Filled in, it can be imported: the mark is no part of the name. Empty, it has no rows.
    assert_eq!(open(&path, &Options::default()).err().unwrap(), super::super::FileError::NoRows);
}

#[test]
fn an_errors_file_is_put_right_and_read_again() {
    let scratch = Scratch::new();
    for (name, lang) in [("errors.csv", Lang::En), ("errors.xlsx", Lang::Zh)] {
        let source = scratch.file("source.csv", "name,city\na,b\nc\nd,e,f,g\n=h,i\n");
        let mut table = open(&source, &Options::default()).unwrap();
        let path = scratch.path(name);
        let mut errors = ErrorsFile::create(&path, &table.headers.clone(), lang, false).unwrap();
        for row in all_rows(&mut table) {
            match row {
                Ok(row) => errors.add(&row.cells, row.line, "city", "unknown").unwrap(),
                Err(fault) => errors.add(&fault.cells, fault.line, "", &fault.message(lang)).unwrap(),
            }
        }
        assert_eq!((errors.rows(), errors.finish().unwrap()), (4, 4));

        let mut again = open(&path, &Options::default()).unwrap();
        assert!(again.errors_file);
        assert_eq!(again.headers, ["name", "city"]);
        let rows = all_rows(&mut again);
        assert_eq!(rows[0].as_ref().unwrap().cells, ["a", "b"]);
        assert_eq!(rows[1].as_ref().unwrap().cells, ["c", ""]);
        let ragged = rows[2].as_ref().unwrap_err();
        assert_eq!(ragged.kind, FaultKind::Ragged { expected: 2, got: 4 }, "{name}: still faulty");
        assert_eq!(rows[3].as_ref().unwrap().cells, ["=h", "i"]);
    }
}

#[test]
fn no_errors_no_errors_file() {
    let scratch = Scratch::new();
    let path = scratch.path("errors.csv");
    let errors = ErrorsFile::create(&path, &headers(&["a"]), Lang::En, false).unwrap();
    assert_eq!(errors.finish().unwrap(), 0);
    assert!(!path.exists());
    let json = scratch.path("errors.json");
    assert!(matches!(
        ErrorsFile::create(&json, &headers(&["a"]), Lang::En, false),
        Err(WriteError::UnknownFormat { .. })
    ));
}
