//! Looks at a workbook's zip before the workbook reader does, which believes what the file says about itself.
//!
//! Every entry is unpacked once, in pieces that are thrown away, and really unpacked bytes are counted: all together,
//! each against its packed size, and less for the parts that are kept in memory as a whole. The reader also sets memory
//! aside by a number that the shared strings declare, and holds each piece of XML between two `<` in memory, so both are
//! looked at as well.

use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::messages::FileError;

/// What a workbook may be at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The file itself, bytes.
    pub file: u64,
    /// Entries in the zip.
    pub entries: usize,
    /// All entries unpacked, bytes.
    pub unpacked: u64,
    /// The shared strings unpacked, bytes.
    pub strings: u64,
    /// How many shared strings there are.
    pub string_count: u64,
    /// Any other part but sheets and pictures, unpacked, bytes.
    pub part: u64,
    /// Unpacked against packed size; small entries (≤ [`Limits::small`]) may exceed it.
    pub ratio: u64,
    /// Bytes up to which the ratio does not matter.
    pub small: u64,
    /// Bytes of XML without a `<`.
    pub token: u64,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        file: 64 << 20,
        entries: 10_000,
        unpacked: 512 << 20,
        strings: 128 << 20,
        string_count: 4_000_000,
        part: 16 << 20,
        ratio: 200,
        small: 16 << 20,
        token: 1 << 20,
    };
}

/// Central directory entries begin with this; the zip reader keeps each of them in memory.
const ENTRY: &[u8] = b"PK\x01\x02";

/// Reads the whole zip, refuses what is over a limit and answers the hash of the file.
pub(super) fn check<R: Read + Seek>(mut file: R, bytes: u64, limits: &Limits) -> Result<blake3::Hash, FileError> {
    if bytes > limits.file {
        return Err(FileError::TooLarge { bytes, limit: limits.file });
    }
    let io_error = |error: std::io::Error| FileError::from_io("", &error);
    file.rewind().map_err(io_error)?;
    let hash = hash_and_count(&mut file, limits)?;
    file.rewind().map_err(io_error)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let mut is_workbook = false;
    let mut total = 0;
    for index in 0..archive.len() {
        let entry = match archive.by_index(index) {
            Ok(entry) => entry,
            // A password, or a compression no spreadsheet uses.
            Err(error) => return Err(broken(error)),
        };
        let name = entry.name().map(|name| name.to_ascii_lowercase()).map_err(broken)?;
        is_workbook |= name.ends_with("workbook.xml");
        let packed = entry.compressed_size();
        total += check_entry(entry, &name, packed, limits.unpacked - total, limits)?;
    }
    if is_workbook { Ok(hash) } else { Err(FileError::NotAWorkbook) }
}

pub(super) fn broken(error: ZipError) -> FileError {
    match error {
        ZipError::Io(error) => FileError::from_io("", &error),
        other => FileError::BrokenWorkbook { detail: other.to_string() },
    }
}

fn hash_and_count(file: &mut impl Read, limits: &Limits) -> Result<blake3::Hash, FileError> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut tail: Vec<u8> = Vec::new();
    let mut entries = 0;
    loop {
        let read = file.read(&mut buffer).map_err(|error| FileError::from_io("", &error))?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            return Ok(hasher.finalize());
        };
        hasher.update(chunk);
        entries += count(&mut tail, chunk, ENTRY);
        if entries > limits.entries as u64 {
            return Err(FileError::ZipBomb { part: format!("> {} entries", limits.entries) });
        }
    }
}

/// Occurrences of a pattern in a stream; `tail` carries the last bytes from chunk to chunk.
fn count(tail: &mut Vec<u8>, chunk: &[u8], pattern: &[u8]) -> u64 {
    let edge = pattern.len() - 1;
    let occurrences = |bytes: &[u8]| bytes.windows(pattern.len()).filter(|window| *window == pattern).count() as u64;
    // Neither side of the seam is long enough to hold one alone.
    tail.extend_from_slice(chunk.get(..edge.min(chunk.len())).unwrap_or_default());
    let found = occurrences(tail) + occurrences(chunk);
    if chunk.len() >= edge {
        tail.clear();
        tail.extend_from_slice(chunk.get(chunk.len() - edge..).unwrap_or_default());
    } else {
        tail.drain(..tail.len().saturating_sub(edge));
    }
    found
}

/// Unpacks one entry into nothing; answers its real size.
fn check_entry(mut entry: impl Read, name: &str, packed: u64, left: u64, limits: &Limits) -> Result<u64, FileError> {
    let bomb = || FileError::ZipBomb { part: name.to_owned() };
    let strings = name.ends_with("sharedstrings.xml");
    let own = match () {
        () if strings => limits.strings,
        () if name.contains("worksheets/") || name.contains("media/") || name.contains("embeddings/") => {
            limits.unpacked
        }
        () => limits.part,
    };
    let mut xml = name.ends_with(".xml") || name.ends_with(".rels");
    let mut buffer = vec![0; 64 * 1024];
    let mut declared = Declared::default();
    let (mut size, mut token, mut items, mut tail) = (0_u64, 0_u64, 0_u64, Vec::new());
    loop {
        let read = entry
            .read(&mut buffer)
            .map_err(|error| FileError::BrokenWorkbook { detail: format!("{name}: {error}") })?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            return Ok(size);
        };
        xml |= size == 0 && chunk.starts_with(b"<");
        size += read as u64;
        if size > own.min(left) {
            return Err(bomb());
        }
        if size > limits.small && size / packed.max(1) > limits.ratio {
            return Err(bomb());
        }
        if xml {
            token = longest_token(token, chunk, limits.token).ok_or_else(bomb)?;
        }
        if strings {
            items += count(&mut tail, chunk, b"<si");
            if items > limits.string_count || declared.read(chunk) > limits.string_count {
                return Err(bomb());
            }
        }
    }
}

/// The bytes since the last `<`, or none when there were too many between two.
fn longest_token(before: u64, chunk: &[u8], limit: u64) -> Option<u64> {
    let mut token = before;
    let mut pieces = chunk.split(|byte| *byte == b'<').peekable();
    while let Some(piece) = pieces.next() {
        token += piece.len() as u64;
        if token > limit {
            return None;
        }
        if pieces.peek().is_some() {
            token = 0;
        }
    }
    Some(token)
}

/// Reads `uniqueCount="n"` out of a stream, byte by byte.
#[derive(Default)]
struct Declared {
    matched: usize,
    number: u64,
    in_number: bool,
    largest: u64,
}

impl Declared {
    const NAME: &[u8] = b"uniqueCount";

    /// The largest number seen so far.
    fn read(&mut self, chunk: &[u8]) -> u64 {
        for byte in chunk {
            if self.in_number {
                match byte {
                    b'0'..=b'9' => {
                        self.number = self.number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                        self.largest = self.largest.max(self.number);
                    }
                    b'=' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n' | b'+' if self.number == 0 => {}
                    _ => self.in_number = false,
                }
            } else if Self::NAME.get(self.matched) == Some(byte) {
                self.matched += 1;
                if self.matched == Self::NAME.len() {
                    (self.matched, self.number, self.in_number) = (0, 0, true);
                }
            } else {
                self.matched = usize::from(*byte == b'u');
            }
        }
        self.largest
    }
}
