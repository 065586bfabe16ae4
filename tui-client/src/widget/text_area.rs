//! Several lines of text being typed, wrapped softly. Enter makes a line; arrows leave the area only at its first and
//! last line, so that they also lead from field to field.

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::{canvas::Canvas, line_input::Edit};
use crate::{
    keys::{Chord, Key},
    text::{Measure, is_unsafe},
    theme::Role,
};

/// A text of several lines and its caret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextArea {
    text: String,
    caret: usize,
}

impl TextArea {
    /// With a text, the caret behind it.
    pub fn new(text: &str) -> Self {
        let text: String = text.chars().filter(|c| *c == '\n' || !is_unsafe(*c)).collect();
        Self { caret: text.len(), text }
    }

    /// What is there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Inserts a text as if typed; at most `max` characters in all.
    pub fn insert(&mut self, text: &str, max: usize) -> Edit {
        let room = max.saturating_sub(self.text.chars().count());
        let clean: String = text
            .chars()
            .filter_map(|c| match c {
                '\n' => Some('\n'),
                '\t' => Some(' '),
                c => (!is_unsafe(c)).then_some(c),
            })
            .take(room)
            .collect();
        if clean.is_empty() {
            return Edit::Moved;
        }
        self.text.insert_str(self.caret, &clean);
        self.caret += clean.len();
        Edit::Changed
    }

    /// A key, in an area of this width.
    pub fn key(&mut self, chord: Chord, max: usize, m: Measure, width: usize) -> Edit {
        if let Some(c) = chord.text() {
            return self.insert(c.encode_utf8(&mut [0; 4]), max);
        }
        match (chord.ctrl, chord.key) {
            (false, Key::Enter) => self.insert("\n", max),
            (false, Key::Backspace) => self.remove(self.before(), self.caret),
            (false, Key::Delete) => self.remove(self.caret, self.after()),
            (true, Key::Char('w')) => {
                let head = self.text[..self.caret].trim_end_matches(' ');
                let from = head.split_word_bound_indices().next_back().map_or(0, |(at, _)| at);
                self.remove(from, self.caret)
            }
            (true, Key::Char('u')) => self.remove(self.line_start(), self.caret),
            (true, Key::Char('k')) => self.remove(self.caret, self.line_end()),
            (false, Key::Left) => self.go(self.before()),
            (false, Key::Right) => self.go(self.after()),
            (false, Key::Home) | (true, Key::Char('a')) => self.go(self.line_start()),
            (false, Key::End) | (true, Key::Char('e')) => self.go(self.line_end()),
            (false, Key::Up) => self.vertical(m, width, -1),
            (false, Key::Down) => self.vertical(m, width, 1),
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

    fn line_start(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.caret..].find('\n').map_or(self.text.len(), |at| self.caret + at)
    }

    /// The line above or below, in about the same column; out of the area it is ignored.
    fn vertical(&mut self, m: Measure, width: usize, step: isize) -> Edit {
        let lines = self.lines(m, width);
        let (row, column) = self.caret_at(m, &lines);
        let Some(target) = row.checked_add_signed(step).and_then(|r| lines.get(r)) else { return Edit::Ignored };
        let head = m.head(&self.text[target.clone()], column).0.len();
        self.go(target.start + head)
    }

    /// The lines as they are shown: byte ranges of the text.
    pub fn lines(&self, m: Measure, width: usize) -> Vec<Range<usize>> {
        let width = width.max(2);
        let mut lines = Vec::new();
        let mut start = 0;
        for paragraph in self.text.split('\n') {
            let end = start + paragraph.len();
            let mut from = start;
            loop {
                let rest = &self.text[from..end];
                let head = m.head(rest, width).0.len();
                if head == rest.len() || head == 0 {
                    lines.push(from..end);
                    break;
                }
                // A word that the line would cut moves down whole, if the line has a blank before it.
                let cut = rest[..head].rfind(' ').map_or(head, |at| at + 1);
                let in_word = rest[head..].starts_with(|c: char| c.is_ascii_alphanumeric())
                    && rest[..head].ends_with(|c: char| c.is_ascii_alphanumeric());
                let at = from + if in_word { cut } else { head };
                lines.push(from..at);
                from = at;
            }
            start = end + 1;
        }
        lines
    }

    /// Row and column of the caret.
    fn caret_at(&self, m: Measure, lines: &[Range<usize>]) -> (usize, usize) {
        let row = lines.iter().rposition(|l| l.start <= self.caret).unwrap_or(0);
        let column = lines.get(row).map_or(0, |l| m.width(&self.text[l.start..self.caret.max(l.start)]));
        (row, column)
    }

    /// Draws what fits, scrolled so that the caret is seen, and puts the cursor there when `focused`.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, role: Role, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let lines = self.lines(c.m, usize::from(area.width.saturating_sub(1)));
        let (row, column) = self.caret_at(c.m, &lines);
        let height = usize::from(area.height);
        let first = if focused { row.saturating_sub(height - 1) } else { 0 };
        for (i, line) in lines.iter().skip(first).take(height).enumerate() {
            c.put(area.x, area.y + i as u16, &self.text[line.clone()], role, area.width);
        }
        if focused {
            let x = area.x + (column as u16).min(area.width - 1);
            c.cursor = Some(Position { x, y: area.y + (row - first) as u16 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: Measure = Measure { wide: false, ascii: false };

    fn press(area: &mut TextArea, keys: &str) -> Edit {
        let mut last = Edit::Ignored;
        for chord in keys.split(' ').filter_map(Chord::parse) {
            last = area.key(chord, 1000, M, 10);
        }
        last
    }

    #[test]
    fn arrows_leave_the_area_only_at_its_first_and_last_line() {
        let mut area = TextArea::new("one\ntwo");
        assert_eq!(press(&mut area, "down"), Edit::Ignored);
        assert_eq!(press(&mut area, "up"), Edit::Moved);
        assert_eq!(press(&mut area, "up"), Edit::Ignored);
        press(&mut area, "x");
        assert_eq!(area.text(), "onex\ntwo");
    }

    #[test]
    fn a_long_line_is_wrapped_softly_and_edited_where_it_is_seen() {
        let mut area = TextArea::new("无法开票月底结账前必须解决");
        assert_eq!(area.lines(M, 10).len(), 3);
        press(&mut area, "up home X");
        assert_eq!(area.text(), "X无法开票月底结账前必须解决");
    }
}
