//! The only place that measures, cuts and pads text. Widths are terminal columns, the unit of editing and cutting is
//! the grapheme cluster, and no control character or bidirectional override ever passes: ratatui hands them to the
//! terminal as they are.
//!
//! Many CJK terminals draw characters of ambiguous width (`“ ” · — ×`) two columns wide; [`Measure`] says which kind
//! of terminal this is, and everything that draws is given one.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

/// How wide this terminal draws text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Characters of ambiguous width take two columns.
    pub wide: bool,
    /// Our own symbols are ASCII.
    pub ascii: bool,
}

impl Measure {
    /// Columns of one grapheme cluster; as ratatui counts them unless the terminal is a wide one.
    pub fn grapheme(self, g: &str) -> usize {
        if g.len() == 1 {
            return usize::from(!g.as_bytes()[0].is_ascii_control());
        }
        // Half-width sound marks stand alone in terminals, though Unicode lets them combine.
        let marks = g.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count();
        marks + if self.wide { g.width_cjk() } else { g.width() }
    }

    /// Columns of a text; what [`clean`] would drop counts nothing.
    pub fn width(self, s: &str) -> usize {
        if s.is_ascii() {
            return s.bytes().filter(|b| !b.is_ascii_control()).count();
        }
        s.graphemes(true).filter(|g| !g.contains(is_unsafe)).map(|g| self.grapheme(g)).sum()
    }

    /// What stands for what was cut off.
    pub fn ellipsis(self) -> &'static str {
        if self.ascii || self.wide { ".." } else { "…" }
    }

    /// The longest beginning of at most `max` columns, and its width.
    pub fn head(self, s: &str, max: usize) -> (&str, usize) {
        let mut used = 0;
        for (at, g) in s.grapheme_indices(true) {
            let w = self.grapheme(g);
            if used + w > max {
                return (&s[..at], used);
            }
            used += w;
        }
        (s, used)
    }

    /// The text in at most `max` columns, with a mark when something was cut off.
    pub fn cut(self, s: &str, max: usize) -> Cow<'_, str> {
        let s = clean(s);
        if self.width(&s) <= max {
            return s;
        }
        let mark = self.ellipsis();
        let room = self.width(mark);
        if max < room {
            return Cow::Owned(self.head(&s, max).0.to_owned());
        }
        Cow::Owned(format!("{}{mark}", self.head(&s, max - room).0))
    }

    /// The end of a text in at most `max` columns, with a mark when its beginning was cut off.
    pub fn tail(self, s: &str, max: usize) -> String {
        let s = clean(s);
        if self.width(&s) <= max {
            return s.into_owned();
        }
        let mark = self.ellipsis();
        let room = max.saturating_sub(self.width(mark));
        let starts = s.grapheme_indices(true).map(|(at, _)| at).chain([s.len()]);
        let end = starts.map(|at| &s[at..]).find(|end| self.width(end) <= room).unwrap_or_default();
        format!("{mark}{end}")
    }

    /// The text in exactly `width` columns, on the left.
    pub fn pad(self, s: &str, width: usize) -> String {
        let mut out = self.cut(s, width).into_owned();
        let used = self.width(&out);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
        out
    }

    /// The text in exactly `width` columns, on the right.
    pub fn pad_left(self, s: &str, width: usize) -> String {
        let cut = self.cut(s, width);
        let mut out = " ".repeat(width.saturating_sub(self.width(&cut)));
        out.push_str(&cut);
        out
    }

    /// Lines of at most `width` columns. Breaks at spaces where there are some, else anywhere, as Chinese does.
    pub fn wrap(self, s: &str, width: usize) -> Vec<String> {
        let width = width.max(2);
        let mut lines = Vec::new();
        for paragraph in s.split('\n') {
            self.wrap_line(&clean(paragraph), width, &mut lines);
        }
        lines
    }

    fn wrap_line(self, s: &str, width: usize, lines: &mut Vec<String>) {
        let mut rest = s;
        loop {
            let (mut head, _) = self.head(rest, width);
            if head.len() == rest.len() {
                lines.push(rest.to_owned());
                return;
            }
            if head.is_empty() {
                // A single cluster wider than the line: dropping it is better than never ending.
                head = rest.graphemes(true).next().unwrap_or(rest);
                rest = &rest[head.len()..];
                continue;
            }
            let at = break_at(rest, head.len());
            lines.push(rest[..at].trim_end().to_owned());
            rest = rest[at..].trim_start_matches(' ');
            if rest.is_empty() {
                return;
            }
        }
    }
}

/// Where a line that is full at byte `full` ends: behind its last blank if it cuts a Latin word, and never so that the
/// next line begins with punctuation that closes.
fn break_at(s: &str, full: usize) -> usize {
    let before = |at: usize| s[..at].chars().next_back();
    let after = |at: usize| s[at..].chars().next();
    let wide = |c: Option<char>| c.is_some_and(|c| c as u32 >= 0x2E80);
    let mut at = full;
    if after(at) != Some(' ') && before(at) != Some(' ') && !wide(before(at)) && !wide(after(at)) {
        return s[..at].rfind(' ').map_or(full, |space| space + 1);
    }
    for _ in 0..2 {
        let closes = after(at).is_some_and(|c| "，。、；：？！）》】”’」』,.;:?!)]".contains(c));
        match s[..at].grapheme_indices(true).next_back() {
            Some((earlier, _)) if closes && earlier > 0 => at = earlier,
            _ => break,
        }
    }
    at
}

/// Characters that must not reach a terminal, the same that the server takes in nowhere: C0, C1, DEL, what reorders, and
/// what cannot be seen. A zero-width joiner goes too: an emoji of a family becomes its members, which is still readable.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}' | '\u{FEFF}' // no width
            | '\u{200B}'..='\u{200F}' | '\u{61C}'                     // no width, marks of direction
            | '\u{2028}'..='\u{202E}'                                 // separators, embeddings, overrides
            | '\u{2060}'..='\u{206F}'                                 // no width, isolates
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'     // annotations, tags
        )
}

/// Marks on one character; no language needs more, and a flood of them paints over the lines above and below.
const MOST_MARKS: usize = 4;

/// The text without them, and without floods of marks; line breaks and tabs become spaces.
pub fn clean(s: &str) -> Cow<'_, str> {
    let mut marks = 0;
    let mut passes = |c: char| {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        !is_unsafe(c) && marks <= MOST_MARKS
    };
    if s.chars().all(&mut passes) {
        return Cow::Borrowed(s);
    }
    let blank = |c| if matches!(c, '\n' | '\t') { ' ' } else { c };
    Cow::Owned(s.chars().map(blank).filter(|c| passes(*c)).collect())
}

/// Full-width forms as ASCII, for fields of numbers, dates, addresses and for filters; never for free text.
pub fn fold_width(s: &str) -> String {
    s.chars().map(fold_char).collect()
}

/// One full-width form as ASCII.
pub fn fold_char(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NARROW: Measure = Measure { wide: false, ascii: false };
    const WIDE: Measure = Measure { wide: true, ascii: true };

    #[test]
    fn han_takes_two_columns_and_quotes_take_two_only_in_a_wide_terminal() {
        assert_eq!(NARROW.width("北京“A”"), 7);
        assert_eq!(WIDE.width("北京“A”"), 9);
    }

    #[test]
    fn cutting_marks_what_is_missing_and_never_halves_a_wide_character() {
        assert_eq!(NARROW.cut("北京华盛科技", 7), "北京华…");
        assert_eq!(NARROW.cut("北京华盛科技", 6), "北京…");
        assert_eq!(NARROW.pad("北京华盛科技", 6), "北京… ");
        assert_eq!(WIDE.cut("北京华盛科技", 7), "北京..");
        assert_eq!(NARROW.tail("KH26120120003", 11), "…6120120003");
        assert_eq!(NARROW.tail("北京华盛科技", 6), "…科技");
        assert_eq!(WIDE.tail("KH261201001", 11), "KH261201001");
    }

    #[test]
    fn words_are_wrapped_whole_and_chinese_anywhere() {
        assert_eq!(NARROW.wrap("the contract waits", 12), ["the contract", "waits"]);
        assert_eq!(NARROW.wrap("无法开票，月底结账前必须解决", 10), ["无法开票，", "月底结账前", "必须解决"]);
        assert_eq!(NARROW.wrap("无法登录开，月底", 10), ["无法登录", "开，月底"]);
        assert_eq!(NARROW.wrap("goes on. Nothing", 7), ["goes", "on.", "Nothing"]);
        assert_eq!(NARROW.wrap("a\n\nb", 10), ["a", "", "b"]);
    }

    #[test]
    fn nothing_that_moves_a_terminal_passes() {
        assert_eq!(clean("a\u{1b}[2J\u{9b}\u{202e}b\nc"), "a[2Jb c");
        assert_eq!(clean("a\u{200b}b\u{ad}c\u{2066}d\u{feff}"), "abcd");
    }

    #[test]
    fn a_flood_of_marks_is_cut_and_what_languages_need_stays() {
        assert_eq!(clean(&format!("Z{}x", "\u{301}".repeat(60))), format!("Z{}x", "\u{301}".repeat(4)));
        for word in ["ก็้", "ế", "שָׁ", "❤\u{fe0f}", "각"] {
            assert_eq!(clean(word), word);
        }
    }

    proptest! {
        #[test]
        fn cut_and_pad_keep_their_width(s in "\\PC{0,40}", max in 0usize..30, wide: bool) {
            let m = Measure { wide, ascii: wide };
            prop_assert!(m.width(&m.cut(&s, max)) <= max);
            // A cluster may be wider than the room that is left; only then is the pad wider than its text.
            prop_assert_eq!(m.width(&m.pad(&s, max)), max);
            prop_assert_eq!(m.width(&m.pad_left(&s, max)), max);
        }

        #[test]
        fn the_head_of_a_text_ends_between_graphemes(s in "\\PC{0,40}", max in 0usize..30) {
            let (head, width) = NARROW.head(&s, max);
            prop_assert!(width <= max);
            prop_assert!(s.grapheme_indices(true).any(|(at, _)| at == head.len()) || head.len() == s.len());
        }

        #[test]
        fn wrapped_lines_fit(s in "\\PC{0,60}", width in 8usize..30) {
            for line in NARROW.wrap(&s, width) {
                prop_assert!(NARROW.width(&line) <= width, "{line:?} is wider than {width}");
            }
        }
    }
}
