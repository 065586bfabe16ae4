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
    /// One of the letters answers. Another one is mistyped: it changes nothing, for what is typed after it is not meant for
    /// the screen below. Any other key closes.
    pub fn key(&self, chord: Chord) -> Step {
        let letter = fold(chord).text();
        match self.rows.iter().find(|(l, ..)| Some(*l) == letter) {
            Some((_, index, _)) => Step::Answer(self.owner, Answer::Letter(self.ask, *index)),
            None if letter.is_some() => Step::Stay,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_letter_leaves_the_choice_open_and_esc_leaves_it() {
        let rows = vec![('d', 0, "department".to_owned())];
        let letters = Letters { owner: 1, ask: Ask::Which, title: String::new(), rows };
        let key = |text: &str| letters.key(Chord::parse(text).unwrap());
        assert!(matches!(key("d"), Step::Answer(1, Answer::Letter(Ask::Which, 0))));
        assert!(matches!(key("h"), Step::Stay));
        assert!(matches!(key("esc"), Step::Close) && matches!(key("enter"), Step::Close));
    }
}
