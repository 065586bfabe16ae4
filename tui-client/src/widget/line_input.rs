//! One line of text being typed. The caret always stands between grapheme clusters; the terminal's cursor stands on it.

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::canvas::Canvas;
use crate::{
    keys::{Chord, Key},
    text::is_unsafe,
    theme::Role,
};

/// What a key did to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The text is another.
    Changed,
    /// Only the caret moved.
    Moved,
    /// The key is not for texts.
    Ignored,
}

/// A text and its caret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineInput {
    text: String,
    caret: usize,
}

impl LineInput {
    /// With a text, the caret behind it.
    pub fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.set(text);
        input
    }

    /// What is there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Another text, the caret behind it.
    pub fn set(&mut self, text: &str) {
        self.text = text.chars().filter(|c| !is_unsafe(*c)).collect();
        self.caret = self.text.len();
    }

    /// Nothing any more.
    pub fn clear(&mut self) {
        self.text.clear();
        self.caret = 0;
    }

    /// Inserts a text as if typed: line breaks become blanks, control characters vanish. At most `max` characters in
    /// all.
    pub fn insert(&mut self, text: &str, max: usize) -> Edit {
        let room = max.saturating_sub(self.text.chars().count());
        let one_line = text.trim_end_matches('\n').chars();
        let clean: String = one_line
            .filter_map(|c| if matches!(c, '\n' | '\t') { Some(' ') } else { (!is_unsafe(c)).then_some(c) })
            .take(room)
            .collect();
        if clean.is_empty() {
            return Edit::Moved;
        }
        self.text.insert_str(self.caret, &clean);
        self.caret += clean.len();
        Edit::Changed
    }

    /// A key. What a line does not know (Enter, Tab, arrows up and down) is ignored and means something to the screen.
    pub fn key(&mut self, chord: Chord, max: usize) -> Edit {
        if let Some(c) = chord.text() {
            return self.insert(c.encode_utf8(&mut [0; 4]), max);
        }
        match (chord.ctrl, chord.key) {
            (false, Key::Backspace) => self.remove(self.before(), self.caret),
            (false, Key::Delete) => self.remove(self.caret, self.after()),
            (true, Key::Char('w')) => self.remove(self.word_before(), self.caret),
            (true, Key::Char('u')) => self.remove(0, self.caret),
            (true, Key::Char('k')) => self.remove(self.caret, self.text.len()),
            (false, Key::Left) => self.go(self.before()),
            (false, Key::Right) => self.go(self.after()),
            (true, Key::Left) => self.go(self.word_before()),
            (true, Key::Right) => self.go(self.word_after()),
            (false, Key::Home) | (true, Key::Char('a')) => self.go(0),
            (false, Key::End) | (true, Key::Char('e')) => self.go(self.text.len()),
            _ => Edit::Ignored,
        }
    }

    fn go(&mut self, to: usize) -> Edit {
        self.caret = to;
        Edit::Moved
    }

    fn remove(&mut self, from: usize, to: usize) -> Edit {
        if from >= to {
            return Edit::Moved;
        }
        self.text.replace_range(from..to, "");
        self.caret = from;
        Edit::Changed
    }

    fn before(&self) -> usize {
        self.text[..self.caret].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.caret..].graphemes(true).next().map_or(self.text.len(), |g| self.caret + g.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.caret].trim_end();
        head.split_word_bound_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let tail = &self.text[self.caret..];
        let words = tail.split_word_bound_indices().map(|(at, w)| (at + w.len(), w));
        words.into_iter().find(|(_, w)| !w.trim().is_empty()).map_or(self.text.len(), |(end, _)| self.caret + end)
    }

    /// Draws the text in one row, scrolled so that the caret is seen, and puts the cursor there when `focused`.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, role: Role, focused: bool) {
        if area.width == 0 {
            return;
        }
        let width = usize::from(area.width);
        let m = c.m;
        let mut from = 0;
        if focused {
            // One column stays free behind the text for the caret.
            let mut before = m.width(&self.text[..self.caret]);
            for (at, g) in self.text.grapheme_indices(true) {
                if before < width {
                    break;
                }
                before -= m.grapheme(g);
                from = at + g.len();
            }
            let x = area.x + before.min(width - 1) as u16;
            c.cursor = Some(Position { x, y: area.y });
        }
        let shown = &self.text[from..];
        if focused {
            c.put(area.x, area.y, m.head(shown, width).0, role, area.width);
        } else {
            c.put(area.x, area.y, shown, role, area.width);
        }
    }
}

/// A line whose characters are not shown.
pub fn draw_secret(input: &LineInput, c: &mut Canvas<'_>, area: Rect, focused: bool) {
    let dots = c.theme.sym.dot.repeat(input.text.chars().count());
    let hidden = LineInput { caret: dots.len(), text: dots };
    hidden.draw(c, area, Role::Text, focused);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(input: &mut LineInput, keys: &str) {
        for key in keys.split(' ') {
            if let Some(chord) = Chord::parse(key) {
                input.key(chord, 100);
            }
        }
    }

    #[test]
    fn a_cluster_is_deleted_whole() {
        let mut line = LineInput::new("e\u{301}👍🏽");
        press(&mut line, "backspace");
        assert_eq!(line.text(), "e\u{301}");
        press(&mut line, "backspace");
        assert_eq!(line.text(), "");
    }

    #[test]
    fn words_go_with_ctrl_w_and_the_rest_with_ctrl_k() {
        let mut line = LineInput::new("call Acme back");
        press(&mut line, "ctrl-w");
        assert_eq!(line.text(), "call Acme ");
        press(&mut line, "home ctrl-right ctrl-k");
        assert_eq!(line.text(), "call");
    }

    #[test]
    fn a_pasted_line_break_is_a_blank_and_the_last_one_nothing() {
        let mut line = LineInput::default();
        line.insert("a\nb\x1b[2J\n", 100);
        assert_eq!(line.text(), "a b[2J");
    }

    #[test]
    fn no_more_characters_than_the_field_takes() {
        let mut line = LineInput::new("北京");
        line.insert("华盛科技", 4);
        assert_eq!(line.text(), "北京华盛");
    }

    proptest! {
        #[test]
        fn whatever_is_pressed_the_caret_stays_in_the_text(
            start in "\\PC{0,12}",
            keys in proptest::collection::vec(0usize..9, 0..40),
        ) {
            let names = ["left", "right", "backspace", "delete", "ctrl-w", "ctrl-left", "ctrl-right", "华", "home"];
            let mut line = LineInput::new(&start);
            for key in keys {
                press(&mut line, names[key]);
                prop_assert!(line.text.is_char_boundary(line.caret));
            }
        }
    }
}
