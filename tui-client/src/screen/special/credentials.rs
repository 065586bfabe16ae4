//! A few labelled lines in the middle of the screen, some of them secret: for the sign-in and for passwords.

use ratatui::layout::Rect;
use secrecy::SecretString;

use crate::{
    keys::Chord,
    strings::{Lang, Texts},
    theme::Role,
    widget::{
        canvas::Canvas,
        line_input::{Edit, LineInput, draw_secret},
        panel,
    },
};

/// The name of a line in a language.
pub type Name = fn(&'static Texts) -> &'static str;

/// A labelled line.
pub struct Line {
    /// What it is called, in the language of the moment.
    pub label: Name,
    /// What is typed.
    pub input: LineInput,
    /// It is not shown.
    pub secret: bool,
}

/// The lines, the one being typed in, and what is wrong.
pub struct Lines {
    /// All of them.
    pub lines: Vec<Line>,
    /// Which one is typed in.
    pub cursor: usize,
    /// What is wrong.
    pub fault: Option<String>,
}

impl Lines {
    /// Of these labels, with what is there at first.
    pub fn new(lines: &[(Name, &str, bool)]) -> Self {
        let lines: Vec<_> = lines
            .iter()
            .map(|(label, text, secret)| Line { label: *label, input: LineInput::new(text), secret: *secret })
            .collect();
        let cursor = lines.iter().position(|l| l.input.is_empty()).unwrap_or(0);
        Self { lines, cursor, fault: None }
    }

    /// What is in a line.
    pub fn text(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", |l| l.input.text())
    }

    /// What is in a line that nobody may see.
    pub fn secret(&self, line: usize) -> SecretString {
        self.text(line).to_owned().into()
    }

    /// A key; false: it is not for texts.
    pub fn key(&mut self, chord: Chord) -> bool {
        self.lines.get_mut(self.cursor).is_some_and(|l| l.input.key(chord, 200) != Edit::Ignored)
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(line) = self.lines.get_mut(self.cursor) {
            line.input.insert(text, 200);
        }
    }

    /// To the next line or the one before.
    pub fn step(&mut self, by: isize) {
        let count = self.lines.len().max(1) as isize;
        self.cursor = (self.cursor as isize + by).rem_euclid(count) as usize;
    }

    /// Draws them in a frame, with words above and below.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, title: &str, above: &[String], below: &str, lang: Lang) {
        let width = 64.min(area.width.saturating_sub(2));
        let text: Vec<String> = above.iter().flat_map(|p| c.m.wrap(p, usize::from(width.saturating_sub(4)))).collect();
        let spacious = usize::from(area.height) >= text.len() + self.lines.len() + 7;
        let gap = u16::from(spacious);
        let height = text.len() as u16 + self.lines.len() as u16 + 2 + gap * 2;
        let inner = panel::dialog(c, area, title, width, height);
        let mut y = inner.y;
        for line in &text {
            c.put(inner.x, y, line, Role::Dim, inner.width);
            y += 1;
        }
        y += gap;
        let texts = Texts::of(lang);
        let label_width = self.lines.iter().map(|l| c.m.width((l.label)(texts))).max().unwrap_or(1) as u16 + 2;
        for (i, line) in self.lines.iter().enumerate() {
            let here = i == self.cursor;
            c.put(inner.x, y, (line.label)(texts), if here { Role::Brand } else { Role::Dim }, label_width);
            let field = Rect { x: inner.x + label_width, y, width: inner.width.saturating_sub(label_width), height: 1 };
            c.tint(field, Role::Input);
            if line.secret {
                draw_secret(&line.input, c, field, here);
            } else {
                line.input.draw(c, field, Role::Input, here);
            }
            y += 1;
        }
        y += gap;
        let (text, role) = match &self.fault {
            Some(fault) => (fault.as_str(), Role::Bad),
            None => (below, Role::Dim),
        };
        for line in c.m.wrap(text, usize::from(inner.width)).iter().take(2) {
            c.put(inner.x, y, line, role, inner.width);
            y += 1;
        }
    }
}
