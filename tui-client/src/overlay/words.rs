//! A line of words that an action asks for: until when, into which file. A time shows what was understood.

use ratatui::layout::Rect;

use super::Step;
use crate::{
    app::{effect::ScreenId, shared::Shared},
    data::{Fault, failure},
    keys::{Chord, Key},
    resource::{Field, Value, when},
    screen::{Answer, Ask, form::editor::Editor, show},
    theme::Role,
    widget::{canvas::Canvas, line_input::LineInput, panel},
};

/// The longest answer that is no field's value: a reason, or the result of a step.
const LONGEST: usize = 500;

/// The line.
pub struct Words {
    owner: ScreenId,
    ask: Ask,
    title: String,
    line: LineInput,
    as_time: bool,
    /// It is a value of this field; nothing typed empties it.
    field: Option<&'static Field>,
    /// Nothing was typed, and that is no answer.
    missed: bool,
}

impl Words {
    /// With what is there at first.
    pub fn new(owner: ScreenId, ask: Ask, title: &str, initial: &str, as_time: bool) -> Self {
        Self { owner, ask, title: title.to_owned(), line: LineInput::new(initial), as_time, field: None, missed: false }
    }

    /// A value of a field.
    pub fn of_field(owner: ScreenId, ask: Ask, title: &str, field: &'static Field) -> Self {
        Self { field: Some(field), ..Self::new(owner, ask, title, "", false) }
    }

    fn longest(&self) -> usize {
        self.field.map_or(LONGEST, Editor::max)
    }

    fn value(&self, field: &Field, sh: &Shared) -> Result<Value, Fault> {
        Editor::Line(self.line.clone()).value(field, sh)
    }

    fn time(&self, sh: &Shared) -> Option<i64> {
        when::understand(self.line.text(), sh.now, sh.zone).map(show::in_working_hours)
    }

    /// A key.
    pub fn key(&mut self, chord: Chord, sh: &Shared) -> Step {
        match chord.key {
            Key::Esc => Step::Close,
            Key::Enter if let Some(field) = self.field => match self.value(field, sh) {
                Ok(value) => Step::Answer(self.owner, Answer::Picked(self.ask, value)),
                Err(_) => Step::Stay,
            },
            Key::Enter if self.line.text().trim().is_empty() => {
                self.missed = true;
                Step::Stay
            }
            Key::Enter if self.as_time && self.time(sh).is_none() => Step::Stay,
            Key::Enter => {
                let time = if self.as_time { self.time(sh) } else { None };
                Step::Answer(self.owner, Answer::Words(self.ask, self.line.text().trim().to_owned(), time))
            }
            _ => {
                self.missed = false;
                self.line.key(chord, self.longest());
                Step::Stay
            }
        }
    }

    /// Pasted text.
    pub fn type_text(&mut self, text: &str, _: &Shared) {
        self.line.insert(text, self.longest());
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let inner = panel::dialog(c, area, &self.title, 60, 3);
        let line = Rect { height: 1, ..inner };
        c.tint(line, Role::Input);
        self.line.draw(c, line, Role::Input, true);
        let t = sh.t();
        let (text, role) = match (self.as_time, self.time(sh)) {
            (false, _) if let Some(field) = self.field => match self.value(field, sh) {
                Ok(Value::Absent) => (t.bulk_empties.to_owned(), Role::Dim),
                Ok(value) => (format!("= {}", show::full(&value, field, sh)), Role::Good),
                Err(fault) => (failure::fault_text(field.name, &fault, sh.lang), Role::Warn),
            },
            _ if self.missed => (failure::fault_text("", &Fault::Required, sh.lang), Role::Bad),
            (false, _) => (t.enter_takes.to_owned(), Role::Dim),
            (true, Some(at)) => (format!("= {}", show::exact_day(at, sh.zone, sh.lang)), Role::Good),
            (true, None) if self.line.is_empty() => (t.date_examples.to_owned(), Role::Dim),
            (true, None) => (t.no_date.to_owned(), Role::Warn),
        };
        c.put(inner.x, inner.y + 2, &text, role, inner.width);
    }
}
