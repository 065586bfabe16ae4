//! The keys valid now, from the live keymap.

use ratatui::layout::Rect;

use super::Step;
use crate::{
    app::shared::Shared,
    keys::{Chord, Key},
    theme::Role,
    widget::canvas::Canvas,
};

/// Lines of keys and what they do, with headings.
pub struct Help {
    /// Key and text; a heading has no key.
    pub rows: Vec<(String, String)>,
    /// The first line shown.
    pub first: usize,
}

impl Help {
    /// Moves, or closes on any other key.
    pub fn key(&mut self, chord: Chord, sh: &Shared) -> Step {
        let page = usize::from(sh.size.1.saturating_sub(6)).max(1);
        let last = self.rows.len().saturating_sub(page);
        match chord.key {
            Key::Down | Key::Char('j') => self.first = (self.first + 1).min(last),
            Key::Up | Key::Char('k') => self.first = self.first.saturating_sub(1),
            Key::PageDown | Key::Char(' ') => self.first = (self.first + page).min(last),
            Key::PageUp => self.first = self.first.saturating_sub(page),
            _ => return Step::Close,
        }
        Step::Stay
    }

    /// Draws it over everything, in as many columns as fit.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let inner = c.frame(area, sh.t().help_title);
        let m = c.m;
        let key_width = self.rows.iter().map(|(k, _)| m.width(k)).max().unwrap_or(1).min(24) as u16;
        let text_width = self.rows.iter().map(|(_, t)| m.width(t)).max().unwrap_or(1) as u16;
        let column = key_width + text_width + 4;
        let columns = (inner.width / column.max(1)).max(1);
        let height = usize::from(inner.height);
        for (i, (key, text)) in self.rows.iter().skip(self.first).enumerate() {
            let (at, y) = (i / height.max(1), i % height.max(1));
            if at >= usize::from(columns) {
                break;
            }
            let (x, y) = (inner.x + at as u16 * column, inner.y + y as u16);
            if key.is_empty() {
                c.put(x, y, text, Role::Title, inner.right().saturating_sub(x));
            } else {
                c.put(x, y, &m.pad_left(key, usize::from(key_width)), Role::Key, key_width);
                c.put(x + key_width + 1, y, text, Role::Text, inner.right().saturating_sub(x + key_width + 1));
            }
        }
    }
}
