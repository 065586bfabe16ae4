//! Another password: because a one-time password must be changed, or because the person wants to.

use ratatui::layout::Rect;

use super::credentials::Lines;
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    screen::{Place, Screen},
    theme::Role,
    widget::canvas::Canvas,
};

/// The form.
pub struct PasswordScreen {
    id: ScreenId,
    forced: bool,
    lines: Lines,
}

impl PasswordScreen {
    /// `forced`: nothing else works before.
    pub fn new(forced: bool, sh: &mut Shared) -> Self {
        let lines = Lines::new(&[
            (|t| t.old_password, "", true),
            (|t| t.new_password, "", true),
            (|t| t.password_again, "", true),
        ]);
        Self { id: sh.id(), forced, lines }
    }

    fn submit(&mut self, sh: &mut Shared) {
        if sh.waits(self.id, Slot::Session) {
            return;
        }
        let t = sh.t();
        let fault = match () {
            () if self.lines.text(0).is_empty() => Some((0, t.password_needed)),
            () if self.lines.text(1).is_empty() => Some((1, t.password_needed)),
            () if self.lines.text(1) != self.lines.text(2) => Some((2, t.passwords_differ)),
            () => None,
        };
        self.lines.fault = fault.map(|(_, text)| text.to_owned());
        if let Some((line, _)) = fault {
            self.lines.cursor = line;
            return;
        }
        let request = Request::ChangePassword(self.lines.secret(0), self.lines.secret(1));
        sh.call(self.id, Slot::Session, request);
    }
}

impl Screen for PasswordScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::SignIn
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
            Action::NextField => self.lines.step(1),
            Action::PrevField => self.lines.step(-1),
            Action::Accept if self.lines.cursor + 1 < self.lines.lines.len() => self.lines.step(1),
            Action::Accept | Action::Save => self.submit(sh),
            Action::Back if self.forced => sh.nav.push(Nav::Quit),
            Action::Back => sh.nav.push(Nav::Back),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, _: Slot, _: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match outcome {
            Ok(Reply::Session(session)) => {
                let text = sh.t().password_changed;
                sh.say(text, Role::Good);
                sh.nav.push(Nav::SignedIn(session));
            }
            Ok(_) => {}
            Err(failure) => {
                self.lines.fault = Some(failure.message(sh.lang));
                self.lines.cursor = usize::from(failure.reason != crate::data::Reason::BadCredentials);
            }
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![Action::ChangePassword.label().get(sh.lang).to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        vec![Action::NextField, Action::Accept]
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let above: Vec<String> = self.forced.then(|| t.must_change.to_owned()).into_iter().collect();
        self.lines.draw(c, area, Action::ChangePassword.label().get(sh.lang), &above, t.password_rule, sh.lang);
    }
}
