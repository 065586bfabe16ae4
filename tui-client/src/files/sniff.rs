//! What a file is, by its first bytes. Two-byte signatures (`MZ`, `BM`) can begin a text, so they count only beside NUL.

use super::messages::FileError;

/// How many bytes from the start are looked at, here and by the guesses of encoding and delimiter.
pub(super) const HEAD: usize = 64 * 1024;

/// What may be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// A zip archive, so perhaps a workbook.
    Zip,
    /// Not known to be anything but text.
    Text,
}

/// Signatures of what people pick by mistake or rename.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x7fELF", "ELF"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"SQLite format 3\0", "SQLite"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\xca\xfe\xba\xbe", "Mach-O"),
    (b"!<arch>\n", "ar"),
    (b"PAR1", "Parquet"),
];

/// Sorts a file by its head (not empty).
pub(super) fn sniff(head: &[u8]) -> Result<Looks, FileError> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Looks::Zip);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(FileError::OldExcel);
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Err(FileError::Binary { what });
    }
    if head.starts_with(b"MZ") && head.contains(&0) {
        return Err(FileError::Binary { what: "EXE" });
    }
    if head.starts_with(b"BM") && head.contains(&0) {
        return Err(FileError::Binary { what: "BMP" });
    }
    if is_markup(head) {
        return Err(FileError::Markup);
    }
    Ok(Looks::Text)
}

/// Many systems export a web page under the name `.xls`.
fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = text.get(..16.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    [b"<html".as_slice(), b"<!doctype", b"<?xml", b"<table", b"<meta", b"<head"]
        .iter()
        .any(|tag| start.starts_with(tag))
}
