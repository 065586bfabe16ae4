//! Account managers with what they have to do. They come all at once, so that one finds among them as one types.

use std::collections::BTreeSet;

use rolo_proto::v1::Assignee;

use crate::{
    keys::{Action, Chord, Key},
    overlay::matching::Finder,
    screen::show,
    widget::{
        line_input::{Edit, LineInput},
        table,
    },
};

/// The right side.
#[derive(Default)]
pub struct People {
    all: Vec<Assignee>,
    shown: Vec<usize>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown.
    pub first: usize,
    chosen: BTreeSet<i64>,
    /// The range that the cursor draws: where it began, and who was chosen before.
    range: Option<(usize, BTreeSet<i64>)>,
    /// What is typed to find somebody.
    pub line: LineInput,
    /// Letters go there.
    pub typing: bool,
    /// They have come.
    pub loaded: bool,
    finder: Finder,
}

/// A person's id.
pub fn id(one: &Assignee) -> i64 {
    one.user.as_ref().map_or(0, |user| user.id)
}

impl People {
    /// They have come; the cursor stays on the same person.
    pub fn came(&mut self, all: Vec<Assignee>) {
        let here = self.current().map(id);
        self.all = all;
        self.loaded = true;
        self.chosen.retain(|chosen| self.all.iter().any(|one| id(one) == *chosen));
        self.narrow();
        let at = self.rows().position(|(one, _)| Some(id(one)) == here);
        self.cursor = at.unwrap_or(self.cursor);
    }

    fn narrow(&mut self) {
        self.range = None;
        let typed = self.line.text().to_owned();
        self.shown.clear();
        for (index, one) in self.all.iter().enumerate() {
            let names = one.user.as_ref().map(|user| vec![show::user(user).to_owned(), user.name.clone()]);
            if typed.is_empty() || self.finder.score(&typed, &names.unwrap_or_default()).is_some() {
                self.shown.push(index);
            }
        }
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    /// Those shown; whether each is chosen.
    pub fn rows(&self) -> impl Iterator<Item = (&Assignee, bool)> {
        self.shown.iter().filter_map(|index| self.all.get(*index)).map(|one| (one, self.chosen.contains(&id(one))))
    }

    /// The one under the cursor.
    pub fn current(&self) -> Option<&Assignee> {
        self.all.get(*self.shown.get(self.cursor)?)
    }

    /// How many are chosen.
    pub fn chosen(&self) -> usize {
        self.chosen.len()
    }

    /// Over whom work is spread: the chosen ones, or all that are shown but the one it comes from.
    pub fn over(&self, from: i64) -> Vec<i64> {
        if self.chosen.is_empty() {
            return self.rows().map(|(one, _)| id(one)).filter(|one| *one != from).collect();
        }
        self.chosen.iter().copied().collect()
    }

    /// Moves and chooses; false: this is another action.
    pub fn act(&mut self, action: Action, visible: usize) -> bool {
        let page = visible.max(1);
        let last = self.shown.len().saturating_sub(1);
        match action {
            Action::Down => self.cursor += 1,
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::PageDown => self.cursor += page,
            Action::PageUp => self.cursor = self.cursor.saturating_sub(page),
            Action::HalfDown => self.cursor += page / 2,
            Action::HalfUp => self.cursor = self.cursor.saturating_sub(page / 2),
            Action::Top => self.cursor = 0,
            Action::Bottom => self.cursor = last,
            Action::Select => {
                self.range = None;
                if let Some(one) = self.current().map(id)
                    && !self.chosen.remove(&one)
                {
                    self.chosen.insert(one);
                }
                self.cursor += 1;
            }
            Action::SelectRange => {
                self.range = match self.range.take() {
                    None => Some((self.cursor, self.chosen.clone())),
                    Some(_) => None,
                };
            }
            Action::SelectAll => {
                self.range = None;
                let all: Vec<i64> = self.rows().map(|(one, _)| id(one)).collect();
                self.chosen.extend(all);
            }
            _ => {
                self.range = None;
                return false;
            }
        }
        self.cursor = self.cursor.min(last);
        self.draw_range();
        self.scroll(visible);
        true
    }

    fn draw_range(&mut self) {
        let Some((from, before)) = &self.range else { return };
        let (first, last) = (*from.min(&self.cursor), *from.max(&self.cursor));
        let drawn = self.rows().skip(first).take(last + 1 - first).map(|(one, _)| id(one));
        self.chosen = before.iter().copied().chain(drawn).collect();
    }

    fn scroll(&mut self, visible: usize) {
        self.first = table::scroll(self.first, self.cursor, visible, self.shown.len());
    }

    /// A key while letters are text.
    pub fn key(&mut self, chord: Chord, visible: usize) -> bool {
        match chord.key {
            Key::Enter | Key::Tab => self.typing = false,
            Key::Esc => {
                self.typing = false;
                self.line.clear();
                self.narrow();
            }
            Key::Down => return self.act(Action::Down, visible),
            Key::Up => return self.act(Action::Up, visible),
            _ => match self.line.key(chord, 60) {
                Edit::Changed => self.narrow(),
                Edit::Moved => {}
                Edit::Ignored => return false,
            },
        }
        self.scroll(visible);
        true
    }

    /// Text typed where letters are keys, or pasted.
    pub fn type_text(&mut self, text: &str) {
        self.typing = true;
        if self.line.insert(text, 60) == Edit::Changed {
            self.narrow();
        }
    }

    /// Forgets what was chosen, then what was typed; whether there was anything.
    pub fn clear(&mut self) -> bool {
        self.range = None;
        if !self.chosen.is_empty() {
            self.chosen.clear();
            return true;
        }
        let typed = !self.line.is_empty();
        self.line.clear();
        self.narrow();
        typed
    }
}
