//! Formula guard and clean-up of cells.
//!
//! A spreadsheet takes a text that starts with `= + - @`, tab, CR or LF for a formula. The rule, so that our own files
//! come back as they were: a text that (after any apostrophes, then any blanks) starts with such a character is written
//! with one more apostrophe in front; the reader takes exactly one apostrophe off such a text and touches no other.
//! `=1+1` ↔ `'=1+1`, `'=x` ↔ `''=x`, `'tis` ↔ `'tis`. Full-width forms count too: East Asian Excel folds them. Numbers
//! are no texts and are never guarded.

use std::borrow::Cow;

use crate::text::is_unsafe;

/// Whether a text could run as a formula, now or once its apostrophes are gone.
fn is_dangerous(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    for c in text.chars() {
        match c {
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' => return true,
            c if c.is_whitespace() || is_dropped(c) => {}
            _ => return false,
        }
    }
    false
}

/// The text as it is written to a file that a spreadsheet may open.
pub fn guard(text: &str) -> Cow<'_, str> {
    if is_dangerous(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text without the apostrophe that guards it; any other text as it is.
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => rest,
        _ => text,
    }
}

/// Characters that have no place in a cell: a terminal obeys them, or a reader is deceived by them. Tabs and line breaks
/// are part of longer texts.
fn is_dropped(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && is_unsafe(c)
}

/// A cell as it enters the client: newlines as `\n`, no control characters, no guarding apostrophe.
pub(super) fn incoming(text: String) -> String {
    let bare = unguard(&text);
    let clean = |c: char| c != '\r' && !is_dropped(c);
    if bare.len() == text.len() && text.chars().all(clean) {
        return text;
    }
    let mut out = String::with_capacity(bare.len());
    let mut chars = bare.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            if chars.peek() != Some(&'\n') {
                out.push('\n');
            }
        } else if !is_dropped(c) {
            out.push(c);
        }
    }
    out
}
