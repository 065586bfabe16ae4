//! One palette of everything: commands with their keys, screens and records opened lately. Also takes typed commands
//! (`lang zh`, `q`).

use ratatui::layout::Rect;

use super::{Step, matching::Finder};
use crate::{
    app::{
        effect::ScreenId,
        shared::{Nav, Shared},
    },
    keys::{Action, Chord, Key},
    screen::Answer,
    theme::Role,
    widget::{canvas::Canvas, line_input::LineInput},
};

/// What an entry does.
#[derive(Debug, Clone)]
pub enum Run {
    /// An action of the screen.
    Action(Action),
    /// Goes somewhere.
    Go(Nav),
    /// Answers the screen.
    Answer(ScreenId, Answer),
    /// A typed command.
    Command(&'static str),
}

/// An entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is shown.
    pub label: String,
    /// What it is found by.
    pub names: Vec<String>,
    /// Its key.
    pub key: String,
    /// What it does.
    pub run: Run,
}

/// The palette.
pub struct Palette {
    line: LineInput,
    entries: Vec<Entry>,
    found: Vec<usize>,
    cursor: usize,
    finder: Finder,
}

impl Palette {
    /// With these entries.
    pub fn new(entries: Vec<Entry>) -> Self {
        let found = (0..entries.len()).collect();
        Self { line: LineInput::default(), entries, found, cursor: 0, finder: Finder::default() }
    }

    fn search(&mut self) {
        let typed = self.line.text().to_owned();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (i, entry) in self.entries.iter().enumerate() {
            if let Some(score) = self.finder.score(&typed, &entry.names) {
                scored.push((score, i));
            }
        }
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.found = scored.into_iter().map(|(_, i)| i).collect();
        self.cursor = 0;
    }

    /// Pasted text.
    pub fn type_text(&mut self, text: &str) {
        self.line.insert(text, 100);
        self.search();
    }

    /// A key.
    pub fn key(&mut self, chord: Chord) -> Step {
        let last = self.found.len().saturating_sub(1);
        match chord.key {
            Key::Esc => return Step::Close,
            Key::Backspace if self.line.is_empty() => return Step::Close,
            Key::Down | Key::Tab => self.cursor = (self.cursor + 1).min(last),
            Key::Up | Key::BackTab => self.cursor = self.cursor.saturating_sub(1),
            Key::PageDown => self.cursor = (self.cursor + 10).min(last),
            Key::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Key::Enter => {
                let typed = self.line.text().trim();
                let spoken =
                    typed.split(' ').next().is_some_and(|w| matches!(w, "lang" | "q" | "q!" | "redo" | "undo"));
                if spoken {
                    return Step::Command(typed.to_owned());
                }
                return match self.found.get(self.cursor).and_then(|i| self.entries.get(*i)) {
                    None if typed.is_empty() => Step::Close,
                    None => Step::Stay,
                    Some(entry) => match &entry.run {
                        Run::Action(action) => Step::Run(*action),
                        Run::Go(nav) => Step::Go(nav.clone()),
                        Run::Answer(screen, answer) => Step::Answer(*screen, answer.clone()),
                        Run::Command(command) => Step::Command((*command).to_owned()),
                    },
                };
            }
            _ => {
                if self.line.key(chord, 100) == crate::widget::line_input::Edit::Changed {
                    self.search();
                }
            }
        }
        Step::Stay
    }

    /// Draws it in the upper middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let width = 64.min(area.width);
        let height = 16.min(area.height);
        let frame = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
        let inner = c.frame(frame, "");
        let x = c.put(inner.x, inner.y, ": ", Role::Key, 2);
        self.line.draw(c, Rect { x, y: inner.y, width: inner.right().saturating_sub(x), height: 1 }, Role::Text, true);
        let rows = usize::from(inner.height.saturating_sub(1));
        let first = (self.cursor + 1).saturating_sub(rows);
        for (i, index) in self.found.iter().enumerate().skip(first).take(rows) {
            let y = inner.y + 1 + (i - first) as u16;
            let Some(entry) = self.entries.get(*index) else { continue };
            let key_width = c.m.width(&entry.key) as u16;
            c.put(inner.x, y, &entry.label, Role::Text, inner.width.saturating_sub(key_width + 2));
            c.put_right(inner.right(), y, &entry.key, Role::Key, key_width);
            if i == self.cursor {
                c.tint(Rect { y, height: 1, ..inner }, Role::Cursor);
            }
        }
        if self.found.is_empty() {
            c.put(inner.x, inner.y + 1, sh.t().no_command, Role::Dim, inner.width);
        }
    }
}
