//! Signing in: at the start, again in place when a session has expired, and the very first time, when the first person
//! is made.

use ratatui::layout::Rect;

use super::credentials::Lines;
use crate::{
    app::{
        connection::FirstPerson,
        effect::{Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    screen::{Place, Screen},
    widget::canvas::Canvas,
};

/// The sign-in.
pub struct SignInScreen {
    id: ScreenId,
    first: bool,
    again: bool,
    lines: Lines,
}

impl SignInScreen {
    /// `first`: nobody is there yet; `again`: a session has expired and everything else stays.
    pub fn new(first: bool, again: bool, name: &str, sh: &mut Shared) -> Self {
        let lines = if first {
            Lines::new(&[
                (|t| t.your_name, "", false),
                (|t| t.password, "", true),
                (|t| t.password_again, "", true),
                (|t| t.company, "", false),
            ])
        } else {
            Lines::new(&[(|t| t.your_name, name, false), (|t| t.password, "", true)])
        };
        Self { id: sh.id(), first, again, lines }
    }

    fn submit(&mut self, sh: &mut Shared) {
        if sh.waits(self.id, Slot::Session) {
            return;
        }
        let t = sh.t();
        let name = self.lines.text(0).trim().to_owned();
        let fault = match () {
            () if name.is_empty() => Some((0, t.name_needed)),
            () if self.lines.text(1).is_empty() => Some((1, t.password_needed)),
            () if self.first && self.lines.text(1) != self.lines.text(2) => Some((2, t.passwords_differ)),
            () => None,
        };
        if let Some((line, text)) = fault {
            self.lines.cursor = line;
            self.lines.fault = Some(text.to_owned());
            return;
        }
        self.lines.fault = None;
        let password = self.lines.secret(1);
        let request = if self.first {
            let company = self.lines.text(3).trim().to_owned();
            Request::Initialise(FirstPerson { name, password, company, lang: sh.lang })
        } else {
            Request::SignIn(name, password)
        };
        sh.call(self.id, Slot::Session, request);
    }
}

impl Screen for SignInScreen {
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
            // A sign-in cannot be left: there is nothing behind it that works.
            Action::Back if self.again => {}
            Action::Back => sh.nav.push(Nav::Quit),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, _: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match outcome {
            Ok(Reply::Session(session)) => {
                // The program takes it from here, as it does with a session that was kept.
                sh.nav.push(Nav::SignedIn(session));
            }
            Ok(_) => {}
            Err(failure) => {
                self.lines.fault = Some(failure.message(sh.lang));
                if failure.is_retryable() {
                    sh.fail(&failure, Some((self.id, Slot::Session, request)));
                }
                if !self.first {
                    self.lines.cursor = 1;
                }
            }
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![(if self.first { sh.t().first_start } else { sh.t().sign_in }).to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        vec![Action::NextField, Action::Accept]
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let above: Vec<String> = match (self.first, self.again) {
            (true, _) => vec![t.welcome.to_owned(), t.welcome_more.to_owned(), t.language_hint.to_owned()],
            (false, true) => vec![t.expired.to_owned()],
            (false, false) => Vec::new(),
        };
        let title = if self.first { t.first_start } else { t.sign_in };
        let below = if self.first { t.password_rule } else { t.sign_in_hint };
        self.lines.draw(c, area, title, &above, below, sh.lang);
    }
}
