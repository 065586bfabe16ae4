//! What holds for any text.

use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::super::dates::{DateOrder, parse_when};
use super::super::encoding::{TextEncoding, TextStream};
use super::super::guard::{guard, unguard};
use super::super::records::Records;
use super::super::write::{Bom, Cell, Format, TableWriter};
use super::open_bytes;

/// A cell with everything that is special in a table, without what the reader takes away.
fn cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just('"'),
            Just(','),
            Just(';'),
            Just('\n'),
            Just('\t'),
            Just('\''),
            Just('='),
            Just('+'),
            Just(' '),
            Just('客'),
            Just('𠮷'),
            Just('é'),
            proptest::char::range('a', 'f'),
        ],
        0..8,
    )
    .prop_map(String::from_iter)
}

/// Gives a reader's bytes a few at a time.
struct Dribble<R>(R, usize);

impl<R: Read> Read for Dribble<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(out.len());
        self.0.read(&mut out[..length])
    }
}

fn records_of(text: &[u8], step: usize) -> Vec<Vec<String>> {
    let stream = TextStream::new(Dribble(Cursor::new(text), step), TextEncoding::UTF_8);
    let mut records = Records::new(stream, b',');
    let mut all = Vec::new();
    while let Ok(Some(record)) = records.next() {
        if record.flaw.is_some() {
            break;
        }
        all.push(record.cells);
    }
    all
}

proptest! {
    #[test]
    fn a_written_table_is_read_back(rows in proptest::collection::vec(proptest::collection::vec(cell(), 3), 1..20)) {
        let headers = ["name", "city", "note"].map(str::to_owned);
        let mut writer = TableWriter::new(Vec::new(), Format::Csv, &headers, Bom::Yes).unwrap();
        for row in &rows {
            writer.row(&row.iter().map(Cell::text).collect::<Vec<_>>()).unwrap();
        }
        let expected: Vec<_> = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
        match open_bytes(writer.finish().unwrap()) {
            Ok(mut table) => {
                let found: Vec<_> = table.rows().map(|row| row.unwrap().cells).collect();
                prop_assert_eq!(found, expected);
            }
            Err(error) => prop_assert!(expected.is_empty(), "{error}"),
        }
    }

    #[test]
    fn records_are_those_of_the_csv_crate_however_the_bytes_arrive(
        text in "[a,\"\n\r é客]{0,40}", step in 1_usize..7,
    ) {
        let ours = records_of(text.as_bytes(), step);
        let theirs: Vec<Vec<String>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        // A quote that never closes is the one thing we read otherwise, and there we stopped.
        prop_assert!(ours.len() == theirs.len() || ours.len() < theirs.len());
        prop_assert_eq!(&ours[..], &theirs[..ours.len()]);
        prop_assert_eq!(records_of(text.as_bytes(), 1_000), ours);
    }

    #[test]
    fn the_guard_comes_off_again(text in "['=+@\t\r\n a客-]{0,6}") {
        let written = guard(&text);
        prop_assert_eq!(unguard(&written), text.as_str());
    }

    #[test]
    fn nothing_makes_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,20}") {
        if let Ok(mut table) = open_bytes(&bytes) {
            for row in table.rows() {
                drop(row);
            }
        }
        let _ = parse_when(&text, Some(DateOrder::DayMonth));
    }

    #[test]
    fn date_like_texts_do_not_panic(date in "[0-9/.年月日:T 下午点AMP-]{0,16}") {
        let _ = parse_when(&date, None);
    }
}
