//! Text files that are fine.

use super::super::{FaultKind, Kind, Options, TextEncoding, open};
use super::{CUSTOMERS, Scratch, all_rows, gb18030, open_bytes, read, utf16};

#[test]
fn one_table_in_every_encoding_gives_equal_rows() {
    let text = CUSTOMERS.replace("Berlin", "北京𠮷").replace("London", "伦敦€");
    let scratch = Scratch::new();
    let plain = scratch.file("plain.csv", &text);
    let (headers, rows) = read(&plain);
    assert_eq!((headers.len(), rows.len()), (11, 10));
    assert_eq!(rows[0][5], "北京𠮷");
    assert_eq!(rows[6][4], "24, place Kléber");
    let bom = format!("\u{feff}{text}");
    let delimited = |by: &str| text.replace(", ", "\0").replace(',', by).replace('\0', ", ").into_bytes();
    for (name, bytes, encoding) in [
        ("bom", bom.clone().into_bytes(), "UTF-8"),
        ("gb", gb18030(&text), "GB18030"),
        ("le-bom", utf16(&bom, true), "UTF-16LE"),
        ("be-bom", utf16(&bom, false), "UTF-16BE"),
        ("le", utf16(&text, true), "UTF-16LE"),
        ("be", utf16(&text, false), "UTF-16BE"),
        ("gb-again", gb18030(&text), "GB18030"),
        ("semicolons", delimited(";"), "UTF-8"),
        ("tabs", delimited("\t"), "UTF-8"),
        ("crlf", text.replace('\n', "\r\n").into_bytes(), "UTF-8"),
        ("cr", text.replace('\n', "\r").into_bytes(), "UTF-8"),
    ] {
        let path = scratch.file(name, bytes);
        assert_eq!(read(&path), (headers.clone(), rows.clone()), "{name}");
        let table = open(&path, &Options::default()).unwrap();
        let Kind::Csv { encoding: found, .. } = table.kind else { unreachable!("text") };
        assert_eq!(found.name(), encoding, "{name}");
        assert_eq!(found.has_bom(), name.contains("bom") && name != "gb-again", "{name}");
    }
}

#[test]
fn an_encoding_is_found_far_down_a_file_that_begins_in_ascii() {
    let mut text = String::from("name,city\n");
    for row in 0..20_000 {
        text.push_str(&format!("customer {row},Berlin\n"));
    }
    text.push_str("上海贸易有限公司,上海\n");
    for (bytes, name) in [(gb18030(&text), "GB18030"), (text.clone().into_bytes(), "UTF-8")] {
        let mut table = open_bytes(bytes).unwrap();
        assert!(matches!(table.kind, Kind::Csv { encoding, .. } if encoding.name() == name), "{name}");
        let last = table.rows().last().unwrap().unwrap();
        assert_eq!((last.line, last.cells[0].as_str()), (20_002, "上海贸易有限公司"));
    }
}

#[test]
fn the_window_of_the_guess_may_cut_a_character_anywhere() {
    for padding in 0..6 {
        let filler = "客户".repeat(super::super::sniff::HEAD / 6);
        let text = format!("{}name\n{filler}\n{filler}上\n", "x".repeat(padding));
        for (bytes, name) in [(gb18030(&text), "GB18030"), (text.clone().into_bytes(), "UTF-8")] {
            let table = open_bytes(bytes).unwrap_err_or_kind();
            assert_eq!(table, name, "padding {padding}");
        }
    }
    // The only other character begins at the last byte of the first 64 KiB.
    let start = "name\n";
    for back in 1..4 {
        let text = format!("{start}{}\n客户\n", "x\n".repeat((super::super::sniff::HEAD - start.len() - back) / 2));
        assert_eq!(open_bytes(&text).unwrap_err_or_kind(), "UTF-8");
        assert_eq!(open_bytes(gb18030(&text)).unwrap_err_or_kind(), "GB18030");
    }
}

trait EncodingName {
    fn unwrap_err_or_kind(self) -> String;
}

impl EncodingName for Result<super::Table, super::FileError> {
    fn unwrap_err_or_kind(self) -> String {
        match self {
            Ok(table) => match table.kind {
                Kind::Csv { encoding, .. } => encoding.name().to_owned(),
                Kind::Xlsx { .. } => "xlsx".to_owned(),
            },
            Err(error) => error.to_string(),
        }
    }
}

#[test]
fn a_named_encoding_wins_over_the_guess() {
    let scratch = Scratch::new();
    let (bytes, _, _) = encoding_rs::BIG5.encode("名稱,城市\n臺灣公司,臺北\n");
    let path = scratch.file("big5.csv", bytes);
    let options = Options { encoding: Some("Big5".into()), ..Options::default() };
    let mut table = open(&path, &options).unwrap();
    assert_eq!(table.headers, ["名稱", "城市"]);
    assert_eq!(table.rows().next().unwrap().unwrap().cells, ["臺灣公司", "臺北"]);
    assert_eq!(TextEncoding::by_name("gb2312").unwrap().name(), "GB18030");
    assert!(TextEncoding::by_name("klingon").is_none());
}

#[test]
fn quoted_newlines_and_blank_lines_keep_the_physical_line_numbers() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = "\n\nname,note\n\na,\"one\ntwo\n\nfour\"\n\n\nb,\"x\"\"y\"\nc,last".replace('\n', newline);
        let mut table = open_bytes(&text).unwrap();
        assert_eq!(table.header_line, 3, "{newline:?}");
        let rows: Vec<_> = table.rows().map(Result::unwrap).map(|row| (row.line, row.cells[1].clone())).collect();
        let expected = [(5, "one\ntwo\n\nfour"), (11, "x\"y"), (12, "last")];
        assert_eq!(rows, expected.map(|(line, cell)| (line, cell.to_owned())), "{newline:?}");
    }
}

#[test]
fn rows_start_anew_each_time_and_progress_ends_at_the_end() {
    let mut table = open_bytes(CUSTOMERS).unwrap();
    assert_eq!(table.rows().count(), 10);
    let mut rows = table.rows();
    assert_eq!(rows.progress().rows, 0);
    assert!(rows.progress().total_rows.is_none());
    rows.next().unwrap().unwrap();
    assert!(rows.progress().total_rows.is_some());
    while rows.next().is_some() {}
    let end = rows.progress();
    assert_eq!((end.rows, end.done, end.total_rows), (10, 1.0, Some(10)));
}

#[test]
fn progress_estimates_the_number_of_rows_on_the_way() {
    let mut text = String::from("name,city\n");
    for row in 0..50_000 {
        text.push_str(&format!("customer {row:05},Berlin\n"));
    }
    let mut table = open_bytes(&text).unwrap();
    let mut rows = table.rows();
    for _ in 0..25_000 {
        rows.next().unwrap().unwrap();
    }
    let halfway = rows.progress();
    assert!((0.45..0.55).contains(&halfway.done), "{halfway:?}");
    assert!((45_000..55_000).contains(&halfway.total_rows.unwrap()), "{halfway:?}");
}

#[test]
fn the_hash_is_that_of_the_bytes() {
    let mut table = open_bytes(CUSTOMERS).unwrap();
    assert_eq!(table.hash().unwrap(), blake3::hash(CUSTOMERS.as_bytes()));
    assert_eq!(table.rows().count(), 10, "hashing in between harms nothing");
}

#[test]
fn excels_delimiter_hint_is_followed() {
    let mut table = open_bytes("sep=;\nname;amount\na;1,5\nb;2,5\n").unwrap();
    assert_eq!((table.headers.clone(), table.header_line), (vec!["name".to_owned(), "amount".to_owned()], 2));
    assert_eq!(table.rows().count(), 2);
    let mut table = open_bytes("sep=|\nname|city\na|b\n").unwrap();
    assert_eq!(table.rows().next().unwrap().unwrap().cells, ["a", "b"]);
}

#[test]
fn commas_inside_cells_do_not_fool_the_delimiter_guess() {
    let table = open_bytes("name;address\n\"A, B, C\";\"1, Road, X\"\nD, E;F\n").unwrap();
    assert_eq!(table.headers, ["name", "address"]);
    let table = open_bytes("one column\na, b\n").unwrap();
    assert_eq!(table.headers, ["one column"]);
}

#[test]
fn rows_blank_in_every_cell_are_left_out() {
    let mut table = open_bytes("name,city\na,b\n,\n ,\t\nc,d\n,,,,\n").unwrap();
    let lines: Vec<u64> = table.rows().map(|row| row.unwrap().line).collect();
    assert_eq!(lines, [2, 5]);
}

#[test]
fn cells_lose_control_characters_and_headers_their_marks() {
    let mut table = open_bytes("\u{202e}name *,city＊\n\"a\u{1b}[31m\u{9b}2J\",\"x\r\ny\tz\u{7f}\"\n").unwrap();
    assert_eq!(table.headers, ["name", "city"]);
    assert_eq!(table.rows().next().unwrap().unwrap().cells, ["a[31m2J", "x\ny\tz"]);
}

#[test]
fn ragged_rows_are_reported_one_by_one_and_the_others_read() {
    let mut table = open_bytes("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n").unwrap();
    let rows = all_rows(&mut table);
    assert_eq!(rows[0].as_ref().unwrap().cells, ["1", "2", "3"]);
    let short = rows[1].as_ref().unwrap_err();
    assert_eq!((short.line, &short.kind), (3, &FaultKind::Ragged { expected: 3, got: 2 }));
    assert_eq!(short.cells, ["4", "5"]);
    let long = rows[2].as_ref().unwrap_err();
    assert_eq!((long.line, &long.kind), (4, &FaultKind::Ragged { expected: 3, got: 4 }));
    assert_eq!(rows[3].as_ref().unwrap().line, 5);
}

#[test]
fn an_unquoted_comma_before_a_space_is_text_when_the_count_leaves_no_doubt() {
    let mut table = open_bytes("a,b,c\n1,x, y,3\n1,x, y, z,3\n1, 2,3\n1,2,3,4\n1,\"x\", y,3\n1,x, y, z\n").unwrap();
    let rows = all_rows(&mut table);
    let cells = |at: usize| rows[at].as_ref().map(|row| (row.joined, row.cells.join("|"))).map_err(|fault| fault.line);
    assert_eq!(cells(0), Ok((true, "1|x, y|3".into())));
    assert_eq!(cells(1), Ok((true, "1|x, y, z|3".into())));
    assert_eq!(cells(2), Ok((false, "1| 2|3".into())));
    assert_eq!(cells(3), Err(5), "no space");
    assert_eq!(cells(4), Err(6), "quotes end a cell");
    assert_eq!(cells(5), Err(7), "one delimiter too many, two spaces");
    let mut table = open_bytes("a, b, c\n1, 2, 3\n1,x, y,3\n").unwrap();
    assert!(all_rows(&mut table)[1].is_err(), "in this file every delimiter is followed by a space");
}

#[test]
fn a_list_without_a_header_has_numbered_columns() {
    let scratch = Scratch::new();
    let options = Options { no_header: true, ..Options::default() };
    let mut table = open(&scratch.file("names.txt", "上海贸易\n北京科技\n"), &options).unwrap();
    assert_eq!((table.headers.clone(), table.header_line), (vec!["1".to_owned()], 0));
    let rows: Vec<_> = table.rows().map(|row| row.unwrap()).map(|row| (row.line, row.cells.concat())).collect();
    assert_eq!(rows, [(1, "上海贸易".to_owned()), (2, "北京科技".to_owned())]);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_row(1, 0, ["a", "b"]).unwrap().write_row(2, 0, ["c", "d"]).unwrap();
    let path = scratch.file("names.xlsx", book.save_to_buffer().unwrap());
    let mut table = open(&path, &options).unwrap();
    assert_eq!(table.headers, ["1", "2"]);
    assert_eq!(table.rows().map(|row| row.unwrap().line).collect::<Vec<_>>(), [2, 3]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_a_file() {
    let scratch = Scratch::new();
    let path = scratch.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, CUSTOMERS).unwrap()
    });
    let mut table = open(&path, &Options::default()).unwrap();
    writer.join().unwrap();
    assert_eq!((table.rows().count(), table.rows().count()), (10, 10));
}
