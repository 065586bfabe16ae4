//! The filter of a list, live as one types. Bare words go to the server as they are; conditions are understood first
//! (`region:华北` needs the dictionary). What cannot be understood is said beside the text and changes nothing.

use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        shared::Shared,
    },
    data::Failure,
    keys::{Chord, Key},
    screen::{form::editor::locale, list::rows::Rows},
    text,
    widget::line_input::{Edit, LineInput},
};

/// After how long a pause in typing the server is asked.
const ASK_AFTER: u64 = 100;
/// The longest filter.
const LONGEST: usize = 200;

/// What is typed.
#[derive(Debug, Default)]
pub struct FilterLine {
    /// The text.
    pub line: LineInput,
    /// Letters go here.
    pub typing: bool,
    /// Why it is not understood.
    pub fault: Option<String>,
    /// With what the screen was opened, as a month of the forecast: it is no filter that a person typed.
    given: String,
    /// The list is of another view: it is asked for anew in any case.
    anew: bool,
    generation: u64,
}

impl FilterLine {
    /// A key while letters are text. Arrows move in the list, so that one types, looks and opens without leaving.
    pub fn key(&mut self, chord: Chord, owner: ScreenId, rows: &mut Rows, sh: &mut Shared, visible: usize) -> bool {
        match chord.key {
            Key::Esc if !self.is_typed() => self.typing = false,
            Key::Esc => self.clear(owner, rows, sh),
            Key::Enter => {
                self.typing = false;
                // What was typed last has not been asked for yet.
                self.ask(owner, rows, sh);
            }
            Key::Down => rows.go(1, sh, visible),
            Key::Up => rows.go(-1, sh, visible),
            Key::PageDown => rows.go(visible as isize, sh, visible),
            Key::PageUp => rows.go(-(visible as isize), sh, visible),
            Key::Tab => self.typing = false,
            _ => match self.line.key(chord, LONGEST) {
                Edit::Changed => self.changed(owner, sh),
                Edit::Moved => {}
                Edit::Ignored => return false,
            },
        }
        true
    }

    /// Text typed where letters are keys, or pasted.
    pub fn type_text(&mut self, text: &str, owner: ScreenId, _: &mut Rows, sh: &mut Shared) {
        self.typing = true;
        if self.line.insert(text, LONGEST) == Edit::Changed {
            self.changed(owner, sh);
        }
    }

    /// Another filter, of another view: the list is asked for anew even if the words are the same.
    pub fn show(&mut self, text: &str, owner: ScreenId, rows: &mut Rows, sh: &mut Shared) {
        self.line.set(text);
        self.given.clear();
        (self.typing, self.anew) = (false, true);
        self.ask(owner, rows, sh);
        if sh.waits(owner, Slot::Filter(0)) {
            rows.wait(sh);
        }
    }

    /// The filter that the screen is opened with.
    pub fn give(&mut self, text: &str, owner: ScreenId, rows: &mut Rows, sh: &mut Shared) {
        self.show(text, owner, rows, sh);
        text.clone_into(&mut self.given);
    }

    /// Whether a person has narrowed the list.
    pub fn is_typed(&self) -> bool {
        !self.line.is_empty() && self.line.text() != self.given
    }

    /// Back to the list as it was opened.
    pub fn clear(&mut self, owner: ScreenId, rows: &mut Rows, sh: &mut Shared) {
        self.line.set(&self.given);
        self.typing = false;
        self.ask(owner, rows, sh);
    }

    fn changed(&mut self, owner: ScreenId, sh: &mut Shared) {
        if self.line.is_empty() {
            // Whoever empties it wants the whole list.
            self.given.clear();
        }
        self.generation = sh.rest(owner, Slot::Filter(0), ASK_AFTER);
    }

    /// Typing has paused.
    pub fn rested(&mut self, generation: u64, owner: ScreenId, rows: &mut Rows, sh: &mut Shared) {
        if generation == self.generation {
            self.ask(owner, rows, sh);
        }
    }

    fn ask(&mut self, owner: ScreenId, rows: &mut Rows, sh: &mut Shared) {
        self.generation = 0;
        let typed = self.line.text().trim();
        if text::fold_width(typed).contains(':') {
            sh.call(owner, Slot::Filter(0), Request::Filter(rows.resource.kind(), typed.to_owned(), locale(sh)));
            return;
        }
        sh.drop_call(owner, Slot::Filter(0));
        self.fault = None;
        let words = typed.to_owned();
        if std::mem::take(&mut self.anew) || rows.search != words || !rows.conditions.is_empty() {
            rows.search = words;
            rows.conditions.clear();
            rows.restart(sh);
        }
    }

    /// What the text means has come.
    pub fn understood(&mut self, outcome: Result<Reply, Failure>, rows: &mut Rows, sh: &mut Shared) {
        match outcome {
            Ok(Reply::Filter(filter)) => {
                self.fault = None;
                let view = filter.view.unwrap_or(rows.view);
                let anew = std::mem::take(&mut self.anew);
                if anew || rows.search != filter.search || rows.conditions != filter.conditions || rows.view != view {
                    rows.search = filter.search;
                    rows.conditions = filter.conditions;
                    rows.view = view;
                    rows.restart(sh);
                }
            }
            Ok(_) => {}
            Err(failure) => {
                self.fault = Some(failure.message(sh.lang));
                rows.stop_waiting(sh);
            }
        }
    }
}
