//! Text: cleaning what comes in, and the forms in which it is compared, sorted and found. Pure functions, no IO.
//!
//! Always true here: every function is total (no input panics), answers the same for the same input on every machine,
//! and is idempotent. The forms must never be shown to a person; they may change with a release, then the columns and
//! the index made of them are derived anew.
//!
//! | form | for | keeps apart |
//! |---|---|---|
//! | [`scrub`] | every text before it is stored | everything that is visible |
//! | [`fold`], [`squeeze`] | finding | neither case, width, accents nor traditional characters |
//! | [`dedupe_name`] | uniqueness of names (D2) | traditional and simplified, accents, 有限公司 |
//! | [`phone_key`] | comparing and finding phones (D2) | digits |
//! | [`name_key`] | sorting names (D6) | – |
//! | [`readings`] | finding by pinyin (D6) | – |

mod fold;
mod phone;
pub(crate) mod pinyin;
mod traditional;

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use fold::{dedupe_name, fold, narrow, squeeze};
pub use phone::{phone_key, phones};
pub use pinyin::{Reading, name_key, readings};

/// Cleans a text that a person or a file gave: no control characters, nothing invisible, no blanks at its ends, NFC.
///
/// Gone are C0, C1 and DEL, marks that turn the direction of writing, characters without width (ZWJ and BOM too), and
/// separators of lines and paragraphs. (An emoji family that ZWJ holds together is two columns wide on one terminal and
/// eight on the next: no layout is right on both, so its members stand apart.) What separated words becomes a blank in a field of one line, so that a pasted
/// cell or paragraph does not run together; a field of many lines keeps `\n` and `\t`.
pub fn scrub(text: &str, multi_line: bool) -> Cow<'_, str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_noise(c));
    let clean = |c: char| if multi_line && (c == '\n' || c == '\t') { true } else { !is_noise(c) };
    if text.chars().all(clean) && is_nfc(text) {
        return Cow::Borrowed(text);
    }
    let mut scrubbed = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let breaks = matches!(c, '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let half = c == '\r' && chars.peek() == Some(&'\n');
        match c {
            _ if clean(c) => scrubbed.push(c),
            _ if half => {}
            _ if breaks && multi_line => scrubbed.push('\n'),
            _ if (breaks || c == '\t') && !scrubbed.ends_with(' ') => scrubbed.push(' '),
            _ => {}
        }
    }
    // Composing can bring no noise back: no character of that kind is the result of a composition.
    let composed: String = scrubbed.nfc().collect();
    Cow::Owned(composed.trim().to_owned())
}

/// Invisible, or a danger to a terminal.
fn is_noise(c: char) -> bool {
    matches!(c,
        '\u{00}'..='\u{1f}' | '\u{7f}'..='\u{9f}'                       // C0, DEL, C1
        | '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{feff}'                // without width
        | '\u{200b}'..='\u{200f}' | '\u{61c}'                           // without width, direction
        | '\u{2028}'..='\u{202e}'                                       // separators, direction
        | '\u{2060}'..='\u{206f}'                                       // without width, isolates
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'           // annotations, tags
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_and_invisible_ones_never_get_in() {
        assert_eq!(scrub("a\u{1b}[2Jb\u{202e}c\u{2066}\u{2069}", false), "a[2Jbc");
        assert_eq!(scrub("\u{feff}北\u{200b}京\u{200d}\u{7f}\u{9b}", false), "北京");
    }

    #[test]
    fn a_line_break_becomes_a_blank_in_one_line_and_stays_in_many() {
        assert_eq!(scrub(" 张三\r\n李四\t王五\u{2028}x ", false), "张三 李四 王五 x");
        assert_eq!(scrub("\n张三\r\n李四\t王五\u{2029}x\n", true), "张三\n李四\t王五\nx");
    }

    #[test]
    fn a_clean_text_is_not_copied() {
        assert!(matches!(scrub("  北京华盛 ", false), Cow::Borrowed("北京华盛")));
        assert_eq!(scrub("Me\u{300}re", false), "M\u{e8}re");
    }

    proptest! {
        #[test]
        fn scrubbing_twice_is_scrubbing_once_and_leaves_nothing_invisible(text in any::<String>(), lines in any::<bool>()) {
            let once = scrub(&text, lines).into_owned();
            prop_assert!(once.chars().all(|c| !is_noise(c) || lines && (c == '\n' || c == '\t')));
            prop_assert_eq!(scrub(&once, lines).into_owned(), once);
        }

        #[test]
        fn every_form_takes_any_text_and_is_stable(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert_eq!(&fold(&folded), &folded);
            prop_assert_eq!(squeeze(&squeeze(&text)), squeeze(&text));
            prop_assert_eq!(dedupe_name(&dedupe_name(&text)), dedupe_name(&text));
            prop_assert!(name_key(&text).len() <= pinyin::KEY_BYTES);
            prop_assert!(phone_key(&text).bytes().all(|b| b.is_ascii_digit()));
            prop_assert!(readings(&text).len() <= pinyin::READINGS);
        }
    }
}
