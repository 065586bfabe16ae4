//! Going from screen to screen. A list that is open already comes back as it was left; a form that is left keeps its
//! draft; a sign-in lies on top and goes away again.

use rolo_proto::v1::{Kind, Session};

use super::{model::Model, shared::Nav};
use crate::screen::{
    Place, Screen,
    detail::DetailScreen,
    form::FormScreen,
    list::ListScreen,
    special::{
        import::ImportScreen, merge::MergeScreen, password::PasswordScreen, sign_in::SignInScreen, today::TodayScreen,
    },
};

/// How many screens are kept.
const DEPTH: usize = 30;

/// Goes where screens asked to go.
pub fn follow(model: &mut Model) {
    // A screen that is entered may ask again; a few rounds are always enough.
    for _ in 0..8 {
        let asked = std::mem::take(&mut model.sh.nav);
        if asked.is_empty() {
            return;
        }
        for nav in asked {
            go(model, nav);
        }
    }
}

fn go(model: &mut Model, nav: Nav) {
    match nav {
        Nav::List(kind) => visit(model, Place::List(kind)),
        Nav::Today => visit(model, Place::Today),
        Nav::Detail(kind, id, label) => {
            if model.top().is_some_and(|s| s.place() == Place::Detail(kind, id)) {
                return;
            }
            let screen = DetailScreen::new(kind, id, label, &mut model.sh);
            open(model, screen);
        }
        Nav::New(kind, given) => {
            let screen = FormScreen::new(kind, given, &mut model.sh);
            open(model, screen);
        }
        Nav::Edit(record) => {
            let screen = FormScreen::edit(*record, &mut model.sh);
            open(model, screen);
        }
        Nav::Import(kind) => {
            let screen = ImportScreen::new(kind, &mut model.sh);
            open(model, Some(screen));
        }
        Nav::Merge(keep, other) => {
            let screen = MergeScreen::new(keep, other, &mut model.sh);
            open(model, Some(screen));
        }
        Nav::ChangePassword => {
            let forced = model.sh.session.as_ref().is_none_or(|s| s.must_change_password);
            let screen = PasswordScreen::new(forced, &mut model.sh);
            open(model, Some(screen));
        }
        Nav::SignIn => sign_in(model),
        Nav::SignedIn(session) => signed_in(model, *session),
        Nav::Back => back(model),
        Nav::Quit => model.quit = true,
    }
}

fn open<S: Screen + 'static>(model: &mut Model, screen: Option<S>) {
    let Some(screen) = screen else { return };
    model.forward.clear();
    model.screens.push(Box::new(screen));
    if model.screens.len() > DEPTH {
        let mut oldest = model.screens.remove(0);
        oldest.leave(&mut model.sh);
    }
    enter(model);
}

fn enter(model: &mut Model) {
    if let Some(screen) = model.screens.last_mut() {
        screen.enter(&mut model.sh);
    }
}

/// Back to an open screen of this place, or to a new one.
fn visit(model: &mut Model, place: Place) {
    if let Some(at) = model.screens.iter().position(|s| s.place() == place) {
        let screen = model.screens.remove(at);
        model.screens.push(screen);
        enter(model);
        return;
    }
    match place {
        Place::List(kind) => {
            let screen = ListScreen::new(kind, &mut model.sh);
            open(model, screen);
        }
        Place::Today => {
            let screen = TodayScreen::new(&mut model.sh);
            open(model, screen);
        }
        Place::Detail(..) | Place::Passing | Place::SignIn => {}
    }
}

/// Leaves the screen on top.
fn back(model: &mut Model) {
    if model.screens.len() <= 1 {
        return;
    }
    let Some(mut screen) = model.screens.pop() else { return };
    screen.leave(&mut model.sh);
    for call in model.sh.calls.leave(screen.id()) {
        model.sh.effects.push(super::effect::Effect::Cancel(call));
    }
    if !matches!(screen.place(), Place::Passing | Place::SignIn) {
        model.forward.push(screen);
    }
    enter(model);
}

/// The screen before this one, and back again.
pub fn screen_before(model: &mut Model) {
    let count = model.screens.len();
    if count > 1 {
        model.screens.swap(count - 1, count - 2);
        enter(model);
    }
}

/// Forward again to what was left.
pub fn forward(model: &mut Model) {
    if let Some(screen) = model.forward.pop() {
        model.screens.push(screen);
        enter(model);
    }
}

/// A sign-in on top of what is open.
fn sign_in(model: &mut Model) {
    if model.screens.iter().any(|s| s.place() == Place::SignIn) {
        return;
    }
    let name = model.sh.me().map_or_else(|| model.user.clone(), |u| u.name.clone());
    let first = model.new_place && model.sh.session.is_none();
    let again = model.sh.session.is_some();
    model.sh.overlays.clear();
    let screen = SignInScreen::new(first, again, &name, &mut model.sh);
    open(model, Some(screen));
}

/// The session has begun, or begun again.
pub fn signed_in(model: &mut Model, session: Session) {
    let sh = &mut model.sh;
    let before = sh.me().map(|u| u.id);
    let now = session.user.as_ref().map(|u| u.id);
    if before.is_some() && before != now {
        // Another person: nothing of the one before stays on the screen.
        model.screens.clear();
        model.forward.clear();
        model.after_sign_in.clear();
        sh.drafts.clear();
        sh.recent.clear();
        sh.again = None;
    }
    model.new_place = false;
    if let Ok(zone) = session.time_zone.parse() {
        sh.zone = zone;
    }
    let must_change = session.must_change_password;
    sh.session = Some(session);
    model.screens.retain(|s| s.place() != Place::SignIn);
    if must_change {
        model.sh.nav.push(Nav::ChangePassword);
        return;
    }
    let waiting = std::mem::take(&mut model.after_sign_in);
    for (screen, slot, request) in waiting {
        model.sh.call(screen, slot, request);
    }
    if model.screens.is_empty() {
        model.sh.nav.push(Nav::List(Kind::Customer));
    }
}
