//! Somebody else changed the same fields: mine or theirs, field by field.

use ratatui::layout::Rect;

use super::Step;
use crate::{
    app::{effect::ScreenId, shared::Shared},
    keys::{Chord, Key},
    screen::Answer,
    terminal::input::fold,
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// A field that differs.
pub struct Difference {
    /// The form's item.
    pub item: usize,
    /// What the field is called.
    pub label: String,
    /// What was typed here.
    pub mine: String,
    /// What is there now.
    pub theirs: String,
    /// Which is taken.
    pub keep_mine: bool,
}

/// The question.
pub struct Conflict {
    /// The form.
    pub owner: ScreenId,
    /// What differs.
    pub differences: Vec<Difference>,
    /// The field under the cursor.
    pub cursor: usize,
}

impl Conflict {
    /// A key.
    pub fn key(&mut self, chord: Chord) -> Step {
        let last = self.differences.len().saturating_sub(1);
        match fold(chord).key {
            Key::Esc => return Step::Close,
            Key::Enter => {
                let kept = self.differences.iter().map(|d| (d.item, d.keep_mine)).collect();
                return Step::Answer(self.owner, Answer::Mine(kept));
            }
            Key::Down | Key::Char('j') => self.cursor = (self.cursor + 1).min(last),
            Key::Up | Key::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            key => {
                if let Some(d) = self.differences.get_mut(self.cursor) {
                    d.keep_mine = match key {
                        Key::Char('m') | Key::Left => true,
                        Key::Char('t') | Key::Right => false,
                        Key::Char(' ') => !d.keep_mine,
                        _ => d.keep_mine,
                    };
                }
            }
        }
        Step::Stay
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let rows = self.differences.len() as u16 * 3;
        let inner = panel::dialog(c, area, t.conflict_title, 76, rows + 2);
        let mut y = inner.y;
        for (i, d) in self.differences.iter().enumerate() {
            let here = i == self.cursor;
            c.put(inner.x, y, &d.label, if here { Role::Brand } else { Role::Title }, inner.width);
            for (name, value, taken) in [(t.mine, &d.mine, d.keep_mine), (t.theirs, &d.theirs, !d.keep_mine)] {
                y += 1;
                let mark = if taken { sh.theme.sym.dot } else { sh.theme.sym.ring };
                let role = if taken { Role::Text } else { Role::Dim };
                let pieces = [(mark, Role::Key), (" ", role), (name, role), ("  ", role), (value.as_str(), role)];
                c.spans(inner.x + 2, y, inner.width.saturating_sub(2), &pieces);
            }
            y += 1;
        }
        c.put(inner.x, inner.bottom().saturating_sub(1), t.conflict_keys, Role::Dim, inner.width);
    }
}
