//! Somebody else changed the same fields: mine or theirs, field by field, beside what was there when I began.

use ratatui::layout::Rect;

use super::Step;
use crate::{
    app::{self, effect::ScreenId, shared::Shared},
    keys::{Chord, Key},
    screen::{Answer, show},
    terminal::input::fold,
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// The widest it gets.
const WIDTH: u16 = 76;

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
    /// What was there when the form was opened.
    pub base: String,
    /// Who changed it; may be empty.
    pub who: String,
    /// When, Unix milliseconds; 0 if it is not known.
    pub at: i64,
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
    /// Lines of that field that are scrolled out above.
    pub scrolled: usize,
}

/// A line of it: the field it belongs to, and its pieces.
type Line = (usize, Vec<(String, Role)>);

impl Conflict {
    /// A key.
    pub fn key(&mut self, chord: Chord, sh: &Shared) -> Step {
        let last = self.differences.len().saturating_sub(1);
        let page = usize::from(height(sh)).saturating_sub(1).max(1);
        match fold(chord).key {
            Key::Esc => return Step::Close,
            Key::Enter => {
                let kept = self.differences.iter().map(|d| (d.item, d.keep_mine)).collect();
                return Step::Answer(self.owner, Answer::Mine(kept));
            }
            Key::Down | Key::Char('j') | Key::Tab => self.go((self.cursor + 1).min(last)),
            Key::Up | Key::Char('k') | Key::BackTab => self.go(self.cursor.saturating_sub(1)),
            Key::PageDown => self.scrolled = (self.scrolled + page).min(self.longest_scroll(sh)),
            Key::PageUp => self.scrolled = self.scrolled.saturating_sub(page),
            Key::Char('M') => self.differences.iter_mut().for_each(|d| d.keep_mine = true),
            Key::Char('T') => self.differences.iter_mut().for_each(|d| d.keep_mine = false),
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

    fn go(&mut self, to: usize) {
        self.cursor = to;
        self.scrolled = 0;
    }

    /// As far as the last line of the field under the cursor comes into sight.
    fn longest_scroll(&self, sh: &Shared) -> usize {
        let lines = self.lines(sh).iter().filter(|(field, _)| *field == self.cursor).count();
        lines.saturating_sub(usize::from(height(sh)))
    }

    /// Every value in full, wrapped.
    fn lines(&self, sh: &Shared) -> Vec<Line> {
        let (t, m) = (sh.t(), sh.measure);
        let names = [t.mine, t.theirs, t.base];
        let name_width = names.iter().map(|name| m.width(name)).max().unwrap_or(0);
        let width = usize::from(width(sh)).saturating_sub(name_width + 6);
        let mut lines = Vec::new();
        for (nth, d) in self.differences.iter().enumerate() {
            let here = nth == self.cursor;
            let mark = if here { sh.theme.sym.cursor } else { " " };
            let role = if here { Role::Brand } else { Role::Title };
            // By a clock that is behind, it was now.
            let when = if d.at > 0 { show::relative(d.at.min(sh.now), sh) } else { String::new() };
            let told = [d.who.as_str(), when.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>();
            let told = format!("  {}", told.join(" "));
            lines.push((nth, vec![(mark.to_owned(), Role::Key), (d.label.clone(), role), (told, Role::Dim)]));
            let values = [(&d.mine, Some(d.keep_mine)), (&d.theirs, Some(!d.keep_mine)), (&d.base, None)];
            for (name, (value, taken)) in names.iter().zip(values) {
                let mark = match taken {
                    Some(true) => sh.theme.sym.dot,
                    Some(false) => sh.theme.sym.ring,
                    None => " ",
                };
                let role = if taken == Some(true) { Role::Text } else { Role::Dim };
                let value = if value.trim().is_empty() { sh.theme.sym.none } else { value.as_str() };
                for (row, line) in m.wrap(value, width).into_iter().enumerate() {
                    let (mark, name) = if row == 0 { (mark, *name) } else { (" ", "") };
                    let name = format!(" {}  ", m.pad(name, name_width));
                    lines.push((nth, vec![(format!("  {mark}"), Role::Key), (name, role), (line, role)]));
                }
            }
        }
        lines
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let lines = self.lines(sh);
        let keys = keys(sh);
        let rows = (lines.len() as u16).min(height(sh));
        let inner = panel::dialog(c, area, t.conflict_title, WIDTH, rows + 1 + keys.len() as u16);
        let begin = lines.iter().position(|(field, _)| *field == self.cursor).unwrap_or(0);
        let first = (begin + self.scrolled).min(lines.len().saturating_sub(usize::from(rows)));
        for ((_, pieces), y) in lines.iter().skip(first).zip(inner.y..inner.y + rows) {
            let pieces: Vec<_> = pieces.iter().map(|(text, role)| (text.as_str(), *role)).collect();
            c.spans(inner.x, y, inner.width, &pieces);
        }
        if usize::from(rows) < lines.len() {
            let place = format!("PgUp PgDn  {}-{} / {}", first + 1, first + usize::from(rows), lines.len());
            c.put_right(inner.right(), inner.y + rows, &place, Role::Dim, inner.width);
        }
        for (line, y) in keys.iter().zip(inner.y + rows + 1..inner.bottom()) {
            c.put(inner.x, y, line, Role::Dim, inner.width);
        }
    }
}

fn width(sh: &Shared) -> u16 {
    WIDTH.min(app::draw::body(sh.size).width.saturating_sub(2)).saturating_sub(4)
}

fn keys(sh: &Shared) -> Vec<String> {
    sh.measure.wrap(sh.t().conflict_keys, usize::from(width(sh)))
}

/// How many lines of values there is room for.
fn height(sh: &Shared) -> u16 {
    app::draw::body(sh.size).height.saturating_sub(3 + keys(sh).len() as u16).max(1)
}
