//! Text encodings: the guess, and decoding as a stream in bounded memory.
//!
//! The guess: a byte order mark decides. NUL bytes mean UTF-16 (or no text at all). Otherwise the first 64 KiB that
//! begin with a non-ASCII byte decide between UTF-8 and GB18030, wherever in the file they are; nothing else is guessed,
//! but any encoding of the web can be named. GBK and GB2312 are read as GB18030, their superset.

use std::collections::VecDeque;
use std::io::Read;

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, GBK, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use super::messages::FileError;
use super::sniff::HEAD;

/// More malformed places than this and the whole file is taken to be in another encoding.
pub(super) const MAX_MALFORMED: usize = 100;
/// Bytes decoded at a time.
const CHUNK: usize = 64 * 1024;

/// An encoding and whether the file carries its byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding {
    encoding: &'static Encoding,
    bom: bool,
}

impl TextEncoding {
    /// UTF-8 without a byte order mark.
    pub(super) const UTF_8: Self = Self { encoding: UTF_8, bom: false };

    /// By the name a person types: `utf-8`, `gb18030`, `gbk`, `utf-16le`, `big5`, `windows-1252` ...
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let label = match name.as_str() {
            "utf8bom" | "utf-8-bom" | "utf-8-sig" => "utf-8",
            "utf16" | "utf16le" | "unicode" => "utf-16le",
            "utf16be" => "utf-16be",
            other => other,
        };
        let encoding = Encoding::for_label(label.as_bytes()).filter(|found| *found != REPLACEMENT)?;
        Some(Self { encoding: if encoding == GBK { GB18030 } else { encoding }, bom: false })
    }

    /// The name for display and for `--encoding`: `UTF-8`, `UTF-16LE`, `GB18030`.
    pub fn name(&self) -> &'static str {
        if self.encoding == GB18030 { "GB18030" } else { self.encoding.name() }
    }

    /// Whether the file starts with a byte order mark.
    pub fn has_bom(&self) -> bool {
        self.bom
    }

    /// This encoding for a file with that head: notes its own byte order mark.
    pub(super) fn for_head(self, head: &[u8]) -> Self {
        Self { bom: Encoding::for_bom(head).is_some_and(|(encoding, _)| encoding == self.encoding), ..self }
    }

    /// Bytes of the byte order mark to skip.
    pub(super) fn bom_len(&self) -> u64 {
        match self.bom {
            false => 0,
            true if self.encoding == UTF_8 => 3,
            true => 2,
        }
    }
}

/// What the head of a file says about its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// Decided.
    Is(TextEncoding),
    /// Only ASCII so far: [`guess_rest`] must look further down.
    Ascii,
}

/// Guesses from the first [`HEAD`] bytes.
pub(super) fn guess_head(head: &[u8]) -> Result<Guess, FileError> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(Guess::Is(TextEncoding { encoding, bom: true }));
    }
    if let Some(nul) = head.iter().position(|byte| *byte == 0) {
        return match guess_utf16(head) {
            Some(encoding) => Ok(Guess::Is(TextEncoding { encoding, bom: false })),
            None => Err(FileError::Nul { offset: nul as u64 }),
        };
    }
    match head.iter().position(|byte| !byte.is_ascii()) {
        None => Ok(Guess::Ascii),
        // Too little is left to judge by: the reader of the rest takes a whole window from here.
        Some(at) if head.len() >= HEAD && at > HEAD / 2 => Ok(Guess::Ascii),
        Some(at) => {
            let before = line_of(head.get(..at).unwrap_or_default());
            let window = head.get(at..).unwrap_or_default();
            guess_window(window, head.len() >= HEAD, at as u64, before).map(Guess::Is)
        }
    }
}

/// Looks further down a file whose head is ASCII, up to the first other byte. `reader` stands at its beginning.
pub(super) fn guess_rest(mut reader: impl Read) -> Result<TextEncoding, FileError> {
    let mut buffer = vec![0; HEAD];
    let (mut offset, mut line) = (0_u64, 1_u64);
    loop {
        let read = reader.read(&mut buffer).map_err(|error| FileError::from_io("", &error))?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(TextEncoding::UTF_8);
        }
        if let Some(at) = chunk.iter().position(|byte| !byte.is_ascii()) {
            let mut window = chunk.get(at..).unwrap_or_default().to_vec();
            line += line_of(chunk.get(..at).unwrap_or_default()) - 1;
            (&mut reader)
                .take((HEAD - window.len().min(HEAD)) as u64)
                .read_to_end(&mut window)
                .map_err(|error| FileError::from_io("", &error))?;
            return guess_window(&window, window.len() >= HEAD, offset + at as u64, line);
        }
        line += line_of(chunk) - 1;
        offset += read as u64;
    }
}

/// The line that follows these bytes, from 1.
fn line_of(bytes: &[u8]) -> u64 {
    1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Decides on bytes that begin with a non-ASCII one; `truncated` ones may break off inside a character.
fn guess_window(window: &[u8], truncated: bool, offset: u64, line: u64) -> Result<TextEncoding, FileError> {
    let (mut good, mut bad, mut at, mut first_bad) = (0_usize, 0_usize, 0_usize, None);
    for chunk in window.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        at += chunk.valid().len();
        let cut_off = truncated && at + chunk.invalid().len() == window.len();
        if !chunk.invalid().is_empty() && !cut_off {
            bad += 1;
            first_bad = first_bad.or(Some(at));
        }
        at += chunk.invalid().len();
    }
    // GB18030 text hardly ever contains sequences of UTF-8, so a mostly sound text is UTF-8 with a few faulty rows.
    if bad == 0 || good >= 20 * bad {
        return Ok(TextEncoding::UTF_8);
    }
    let mut out = String::with_capacity(window.len() * 3 + 16);
    let (result, _) =
        GB18030.new_decoder_without_bom_handling().decode_to_string_without_replacement(window, &mut out, false);
    if result == DecoderResult::InputEmpty && !out.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
        return Ok(TextEncoding { encoding: GB18030, bom: false });
    }
    let bad_at = first_bad.unwrap_or(0);
    let line = line + line_of(window.get(..bad_at).unwrap_or_default()) - 1;
    Err(FileError::UnknownEncoding { offset: offset + bad_at as u64, line })
}

/// UTF-16 without a mark: the byte order under which the text has no control characters and the more ASCII (delimiters,
/// digits and newlines are). A stray NUL in other text makes next to no ASCII and hardly ever a line end.
fn guess_utf16(head: &[u8]) -> Option<&'static Encoding> {
    [UTF_16LE, UTF_16BE]
        .into_iter()
        .filter_map(|encoding| {
            let mut out = String::with_capacity(head.len() * 2 + 16);
            let (result, _) =
                encoding.new_decoder_without_bom_handling().decode_to_string_without_replacement(head, &mut out, false);
            let sound = result == DecoderResult::InputEmpty
                && !out.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
                && out.contains(['\r', '\n']);
            let (ascii, all) = (out.chars().filter(char::is_ascii).count(), out.chars().count());
            let sound = sound && ascii * 50 >= all;
            sound.then_some((ascii, encoding))
        })
        .max_by_key(|(ascii, _)| *ascii)
        .map(|(_, encoding)| encoding)
}

/// A reader decoded piece by piece. Malformed bytes become U+FFFD and are remembered with their place.
pub(super) struct TextStream<R> {
    reader: R,
    encoding: TextEncoding,
    decoder: Decoder,
    raw: Vec<u8>,
    start: usize,
    eof: bool,
    finished: bool,
    /// Bytes of the file behind us.
    offset: u64,
    /// Bytes of UTF-8 given out.
    decoded: u64,
    /// (place in the decoded text, byte offset in the file), in order.
    malformed: VecDeque<(u64, u64)>,
    malformed_total: usize,
    /// Too much is malformed: said when the text before it has been given out.
    failed: Option<FileError>,
}

impl<R: Read> TextStream<R> {
    /// `reader` stands behind the byte order mark, if there is one.
    pub(super) fn new(reader: R, encoding: TextEncoding) -> Self {
        Self {
            reader,
            encoding,
            decoder: encoding.encoding.new_decoder_without_bom_handling(),
            raw: Vec::new(),
            start: 0,
            eof: false,
            finished: false,
            offset: encoding.bom_len(),
            decoded: 0,
            malformed: VecDeque::new(),
            malformed_total: 0,
            failed: None,
        }
    }

    /// Appends more text to `out`; false at the end. Fails when reading fails or too much is malformed.
    pub(super) fn fill(&mut self, out: &mut String) -> Result<bool, FileError> {
        let before = out.len();
        while out.len() == before && !self.finished {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            if self.start == self.raw.len() && !self.eof {
                self.raw.resize(CHUNK, 0);
                let read = loop {
                    match self.reader.read(&mut self.raw) {
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        other => break other.map_err(|error| FileError::from_io("", &error))?,
                    }
                };
                self.raw.truncate(read);
                self.start = 0;
                self.eof = read == 0;
            }
            self.decode(out, before);
        }
        self.decoded += (out.len() - before) as u64;
        Ok(out.len() > before)
    }

    fn decode(&mut self, out: &mut String, before: usize) {
        loop {
            out.reserve(CHUNK);
            let source = self.raw.get(self.start..).unwrap_or_default();
            let (result, read) = self.decoder.decode_to_string_without_replacement(source, out, self.eof);
            self.start += read;
            self.offset += read as u64;
            match result {
                DecoderResult::InputEmpty => {
                    self.finished = self.eof;
                    return;
                }
                DecoderResult::OutputFull => return,
                DecoderResult::Malformed(length, extra) => {
                    let offset = self.offset.saturating_sub(u64::from(length) + u64::from(extra));
                    self.malformed_total += 1;
                    if self.malformed_total > MAX_MALFORMED {
                        self.failed = Some(FileError::NotInEncoding { encoding: self.encoding.name(), offset });
                        return;
                    }
                    self.malformed.push_back((self.decoded + (out.len() - before) as u64, offset));
                    out.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }

    /// The byte offset of the first malformed place before that place of the decoded text; forgets the others before it.
    pub(super) fn take_malformed_before(&mut self, decoded: u64) -> Option<u64> {
        let mut first = None;
        while let Some((_, offset)) = self.malformed.pop_front_if(|(place, _)| *place < decoded) {
            first = first.or(Some(offset));
        }
        first
    }

    /// Bytes of the file behind us.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What it decodes from.
    pub(super) fn encoding(&self) -> TextEncoding {
        self.encoding
    }
}
