//! Boxes that lie on top of a screen: lists of keys, choices and questions.

use ratatui::layout::Rect;

use super::canvas::{Canvas, centred};
use crate::theme::Role;

/// Keys and what they do, in as many columns as fit, in a frame at the bottom of `area`.
pub fn key_panel(c: &mut Canvas<'_>, area: Rect, title: &str, rows: &[(String, String)]) {
    let m = c.m;
    let key_width = rows.iter().map(|(k, _)| m.width(k)).max().unwrap_or(1);
    let text_width = rows.iter().map(|(_, t)| m.width(t)).max().unwrap_or(1);
    let column = key_width + 1 + text_width + 3;
    let columns = (usize::from(area.width.saturating_sub(4)) / column).clamp(1, rows.len().max(1));
    let per_column = rows.len().div_ceil(columns).max(1);
    let height = (per_column as u16 + 2).min(area.height);
    let frame = Rect { y: area.bottom() - height, height, ..area };
    let inner = c.frame(frame, title);
    for (i, (key, text)) in rows.iter().enumerate() {
        let (x, y) = ((i / per_column) * column, i % per_column);
        if y >= usize::from(inner.height) || x >= usize::from(inner.width) {
            continue;
        }
        let (x, y) = (inner.x + x as u16, inner.y + y as u16);
        let end = c.put(x, y, &m.pad_left(key, key_width), Role::Key, inner.right().saturating_sub(x));
        c.put(end + 1, y, text, Role::Text, inner.right().saturating_sub(end + 1));
    }
}

/// A frame in the middle for so many lines, at most so wide; says what is inside.
pub fn dialog(c: &mut Canvas<'_>, area: Rect, title: &str, width: u16, lines: u16) -> Rect {
    let frame = centred(area, width.min(area.width.saturating_sub(2)), lines + 2);
    c.frame(frame, title)
}
