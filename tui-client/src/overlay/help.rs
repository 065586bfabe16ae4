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
        let height = usize::from(inner.height).max(1);
        let mut x = inner.x;
        let rows = self.rows.get(self.first..).unwrap_or_default();
        for column in rows.chunks(height) {
            let key_width = column.iter().map(|(k, _)| m.width(k)).max().unwrap_or(1);
            let text_width = column.iter().map(|(_, t)| m.width(t)).max().unwrap_or(1);
            let width = (key_width + 1 + text_width) as u16;
            if x > inner.x && x + width > inner.right() {
                c.put_right(inner.right(), inner.bottom(), &format!(" {} ", sh.t().help_more), Role::Key, inner.width);
                return;
            }
            for ((key, text), y) in column.iter().zip(inner.top()..) {
                if key.is_empty() {
                    c.put(x, y, text, Role::Title, inner.right().saturating_sub(x));
                    continue;
                }
                let end = c.put(x, y, &m.pad_left(key, key_width), Role::Key, key_width as u16);
                c.put(end + 1, y, text, Role::Text, inner.right().saturating_sub(end + 1));
            }
            x += width + 3;
        }
    }
}
