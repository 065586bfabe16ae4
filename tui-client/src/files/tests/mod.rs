//! Tests of reading and writing files: what people really have on their disks.

mod guarding;
mod malformed;
mod properties;
mod reading;
mod words;
mod workbooks;
mod writing;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{FileError, Options, RawRow, RowFault, Table, open};

/// Ten customers of Northwind, UTF-8.
const CUSTOMERS: &str = include_str!("../../../testdata/customers-10.csv");

/// A directory that goes away with the test, and a file in it.
struct Scratch {
    directory: TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn open_bytes(bytes: impl AsRef<[u8]>) -> Result<Table, FileError> {
    let scratch = Scratch::new();
    open(&scratch.file("table.csv", bytes), &Options::default())
}

fn all_rows(table: &mut Table) -> Vec<Result<RawRow, RowFault>> {
    table.rows().collect()
}

/// Headers and cells, when nothing is faulty.
fn read(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut table = open(path, &Options::default()).unwrap();
    let rows = table.rows().map(|row| row.unwrap().cells).collect();
    (table.headers, rows)
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}
