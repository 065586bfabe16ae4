//! A letter of several, after `s` (sort) and `y` (copy).

use ratatui::layout::Rect;

use super::Step;
use crate::{
    app::effect::ScreenId,
    keys::Chord,
    screen::{Answer, Ask},
    terminal::input::fold,
    widget::{canvas::Canvas, panel},
};

/// The letters.
pub struct Letters {
    /// Who asked.
    pub owner: ScreenId,
    /// What for.
    pub ask: Ask,
    /// What stands above them.
    pub title: String,
    /// Letter, what is answered, what it is called.
    pub rows: Vec<(char, usize, String)>,
}

impl Letters {
    /// Any key answers or closes.
    pub fn key(&self, chord: Chord) -> Step {
        let letter = fold(chord).text();
        match self.rows.iter().find(|(l, ..)| Some(*l) == letter) {
            Some((_, index, _)) => Step::Answer(self.owner, Answer::Letter(self.ask, *index)),
            None => Step::Close,
        }
    }

    /// Draws them at the bottom.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect) {
        let room = usize::from(area.width.saturating_sub(10)).min(44);
        let rows: Vec<_> =
            self.rows.iter().map(|(l, _, text)| (l.to_string(), c.m.cut(text, room).into_owned())).collect();
        panel::key_panel(c, area, &self.title, &rows);
    }
}
