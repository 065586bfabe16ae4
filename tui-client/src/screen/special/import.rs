//! Bringing records in from a file: the file, its mapping, a look at what would happen, and the run.

use ratatui::layout::Rect;
use rolo_proto::v1::Kind;

use super::credentials::Lines;
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    screen::{Place, Screen},
    widget::canvas::Canvas,
};

/// The screen.
pub struct ImportScreen {
    id: ScreenId,
    kind: Kind,
    lines: Lines,
}

impl ImportScreen {
    /// Asks for the file first.
    pub fn new(kind: Kind, sh: &mut Shared) -> Self {
        let lines = Lines::new(&[(sh.t().file, "", false)]);
        Self { id: sh.id(), kind, lines }
    }
}

impl Screen for ImportScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Passing
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORM
    }

    fn enter(&mut self, _: &mut Shared) {}

    fn types(&self) -> bool {
        true
    }

    fn key(&mut self, chord: Chord, _: &mut Shared) -> bool {
        self.lines.key(chord)
    }

    fn text(&mut self, text: &str, _: &mut Shared) -> bool {
        self.lines.paste(text);
        true
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::Back => sh.nav.push(Nav::Back),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, _: Slot, _: Request, _: Result<Reply, Failure>, _: &mut Shared) {}

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let many = crate::resource::of(self.kind).map_or("", |r| r.labels().1.get(sh.lang));
        vec![many.to_owned(), Action::Import.label().get(sh.lang).to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        vec![Action::Accept, Action::Back]
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        self.lines.draw(c, area, Action::Import.label().get(sh.lang), &[], "");
    }
}
