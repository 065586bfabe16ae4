//! What lies on top of a screen and takes keys first: palette, pickers, questions, help. The topmost takes all keys; its
//! answer goes to the screen that asked.

pub mod bulk;
pub mod conflict;
pub mod help;
pub mod letters;
pub mod matching;
pub mod palette;
pub mod picker;
pub mod spread;
pub mod undo;
pub mod words;

use ratatui::layout::Rect;

use self::{
    bulk::Bulk,
    conflict::{Conflict, Difference},
    help::Help,
    letters::Letters,
    palette::Palette,
    picker::{Picker, Source},
    spread::Spread,
    undo::Undo,
    words::Words,
};
use crate::{
    app::{
        effect::{Reply, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Key},
    screen::{Answer, Ask},
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// Something on top.
pub enum Overlay {
    /// Every command.
    Palette(Palette),
    /// A choice from what the server has.
    Picker(Picker),
    /// Yes or no; default no.
    Confirm(ScreenId, Ask, String),
    /// Whether to end the program though something is not saved.
    Leave(String),
    /// A letter of several.
    Letters(Letters),
    /// A line of words.
    Words(Words),
    /// The keys valid now.
    Help(Help),
    /// My values against theirs.
    Conflict(Conflict),
    /// What would be taken back, or was.
    Undo(Undo),
    /// Who would get how many.
    Spread(Spread),
    /// One thing done to many records.
    Bulk(Box<Bulk>),
}

/// What a key led to.
#[derive(Debug)]
pub enum Step {
    /// It goes on.
    Stay,
    /// It is closed.
    Close,
    /// It is closed, and this is the answer.
    Answer(ScreenId, Answer),
    /// It is closed, and this is to be done.
    Run(Action),
    /// It is closed, and one goes there.
    Go(Nav),
    /// One goes there, and finds it again on coming back to the screen that asked.
    Aside(ScreenId, Nav),
    /// It is closed, and this is taken back.
    Undo(rolo_proto::v1::UndoRequest),
    /// It is closed, and this was typed.
    Command(String),
}

impl Overlay {
    /// A picker.
    pub fn picker(sh: &mut Shared, owner: ScreenId, ask: Ask, title: &str, source: Source) -> Self {
        Self::Picker(Picker::new(sh, owner, ask, title, source))
    }

    /// A question.
    pub fn confirm(owner: ScreenId, ask: Ask, question: String) -> Self {
        Self::Confirm(owner, ask, question)
    }

    /// A line of words, with what is there at first; `as_time`: they name a time.
    pub fn words(owner: ScreenId, ask: Ask, title: &str, initial: &str, as_time: bool) -> Self {
        Self::Words(Words::new(owner, ask, title, initial, as_time))
    }

    /// A letter of several: letter, what is answered, what it is called.
    pub fn letters(owner: ScreenId, ask: Ask, title: &str, rows: Vec<(char, usize, String)>) -> Self {
        Self::Letters(Letters { owner, ask, title: title.to_owned(), rows })
    }

    /// My values against theirs.
    pub fn conflict(owner: ScreenId, differences: Vec<Difference>) -> Self {
        Self::Conflict(Conflict { owner, differences, cursor: 0, scrolled: 0 })
    }

    /// The id under which it makes calls, if it does.
    pub fn id(&self) -> Option<ScreenId> {
        match self {
            Self::Picker(picker) => Some(picker.id),
            Self::Bulk(bulk) => Some(bulk.id),
            _ => None,
        }
    }

    /// A key.
    pub fn key(&mut self, chord: Chord, sh: &mut Shared) -> Step {
        match self {
            Self::Palette(palette) => palette.key(chord),
            Self::Picker(picker) => picker.key(chord, sh),
            Self::Words(words) => words.key(chord, sh),
            Self::Letters(letters) => letters.key(chord),
            Self::Help(help) => help.key(chord, sh),
            Self::Conflict(conflict) => conflict.key(chord, sh),
            Self::Undo(undo) => undo.key(chord),
            Self::Spread(spread) => spread.key(chord),
            Self::Bulk(bulk) => bulk.key(chord, sh),
            Self::Confirm(owner, ask, _) => match yes(chord) {
                true => Step::Answer(*owner, Answer::Yes(*ask)),
                false => Step::Close,
            },
            Self::Leave(_) => match yes(chord) {
                true => Step::Go(Nav::Quit),
                false => Step::Close,
            },
        }
    }

    /// Pasted or typed text.
    pub fn type_text(&mut self, text: &str, sh: &mut Shared) {
        match self {
            Self::Palette(palette) => palette.type_text(text),
            Self::Picker(picker) => picker.type_text(text, sh),
            Self::Words(words) => words.type_text(text, sh),
            _ => {}
        }
    }

    /// A call's outcome.
    pub fn reply(&mut self, slot: Slot, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match self {
            Self::Picker(picker) => picker.reply(slot, outcome, sh),
            Self::Bulk(bulk) => bulk.counted(outcome, sh),
            _ => {}
        }
    }

    /// Something has rested.
    pub fn rested(&mut self, generation: u64, sh: &mut Shared) {
        if let Self::Picker(picker) = self {
            picker.rested(generation, sh);
        }
    }

    /// Its keys and what they do, for the footer; those that keep a line of keys of their own say only how to leave.
    pub fn hints(&self, sh: &Shared) -> Vec<(String, String)> {
        let t = sh.t();
        let back = ("esc", Action::Back.label().get(sh.lang));
        let hints = match self {
            Self::Palette(_) => vec![(sh.enter(), t.hint_run), back],
            Self::Picker(picker) => picker.hints(sh).into_iter().chain([back]).collect(),
            Self::Words(_) => vec![(sh.enter(), t.hint_take), back],
            Self::Help(_) => vec![("j k", t.hint_scroll), back],
            _ => vec![back],
        };
        hints.into_iter().map(|(key, does)| (key.to_owned(), does.to_owned())).collect()
    }

    /// Draws it over the body.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        match self {
            Self::Palette(palette) => palette.draw(c, area, sh),
            Self::Picker(picker) => picker.draw(c, area, sh),
            Self::Words(words) => words.draw(c, area, sh),
            Self::Letters(letters) => letters.draw(c, area),
            Self::Help(help) => help.draw(c, area, sh),
            Self::Conflict(conflict) => conflict.draw(c, area, sh),
            Self::Undo(undo) => undo.draw(c, area, sh),
            Self::Spread(spread) => spread.draw(c, area, sh),
            Self::Bulk(bulk) => bulk.draw(c, area, sh),
            Self::Confirm(_, _, question) | Self::Leave(question) => confirm(question, c, area, sh),
        }
    }
}

fn yes(chord: Chord) -> bool {
    matches!(crate::terminal::input::fold(chord).key, Key::Char('y' | 'Y')) && !chord.ctrl
}

fn confirm(question: &str, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let width = 60.min(area.width.saturating_sub(2));
    let lines = c.m.wrap(question, usize::from(width.saturating_sub(4)));
    let inner = panel::dialog(c, area, "", width, lines.len() as u16 + 2);
    for (line, y) in lines.iter().zip(inner.top()..) {
        c.put(inner.x, y, line, Role::Text, inner.width);
    }
    c.put(inner.x, inner.bottom().saturating_sub(1), sh.t().y_or_n, Role::Key, inner.width);
}
