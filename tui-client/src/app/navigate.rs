//! Going from screen to screen. A list that is open already comes back as it was left; a form that is left keeps its
//! draft; a sign-in lies on top and goes away again.

use rolo_proto::v1::{Kind, Session};

use super::{
    effect::{Request, Slot, Target},
    live,
    model::{Model, PROGRAM},
    shared::Nav,
};
use crate::{
    data::drafts::{Draft, DraftKey, Found},
    resource::WriteOptions,
    screen::{
        Place, Screen,
        detail::{DetailScreen, Tab, plan},
        form::{FormScreen, draft},
        list::ListScreen,
        special::{
            assign::AssignScreen, board::BoardScreen, forecast::ForecastScreen, import::ImportScreen,
            merge::MergeScreen, notices::NoticesScreen, password::PasswordScreen, sign_in::SignInScreen,
            today::TodayScreen, win::WinScreen,
        },
    },
    strings::fill,
    theme::Role,
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
    if matches!(nav, Nav::SignIn | Nav::ChangePassword) {
        // It was meant for what comes after, and is no password.
        model.typed_ahead.clear();
    }
    match nav {
        Nav::List(kind) => visit(model, Place::List(kind)),
        Nav::Today => visit(model, Place::Today),
        Nav::Notices => visit(model, Place::Notices),
        Nav::Detail(kind, id, label) => {
            if model.top().is_some_and(|s| s.place() == Place::Detail(kind, id)) {
                return;
            }
            let screen = DetailScreen::new(kind, id, label, &mut model.sh);
            open(model, screen);
        }
        Nav::New(kind, given) => {
            if !come_back(model, draft::key(kind, None, &given)) {
                let screen = FormScreen::new(kind, given, &mut model.sh);
                open(model, screen);
            }
        }
        Nav::Edit(record) => {
            if !come_back(model, draft::key(record.kind, Some(&record), &[])) {
                let screen = FormScreen::edit(*record, &mut model.sh);
                open(model, screen);
            }
        }
        Nav::Draft(key) if let Some(id) = model.sh.drafts.get(&key).and_then(plan::opportunity_of) => {
            let screen = DetailScreen::new(Kind::Opportunity, id, String::new(), &mut model.sh);
            let screen = screen.map(|detail| detail.on(Tab::Plan).with_line(key, &mut model.sh));
            open(model, screen);
        }
        Nav::Draft(key @ DraftKey::Edit(kind, id)) => {
            if let Ok(kind) = Kind::try_from(kind)
                && !come_back(model, key)
            {
                model.sh.call(PROGRAM, Slot::Record, Request::Get(kind, id));
            }
        }
        Nav::Draft(key @ DraftKey::Outcome(_, id)) => {
            if !come_back(model, key) {
                let screen = DetailScreen::new(Kind::Opportunity, id, String::new(), &mut model.sh);
                open(model, screen.map(DetailScreen::to_win));
            }
        }
        Nav::Draft(key @ DraftKey::New(..)) | Nav::Anew(key) => {
            let draft = model.sh.drafts.get(&key).cloned();
            if let Some(draft) = draft
                && !come_back(model, key)
            {
                let screen = FormScreen::of_draft(&draft, &mut model.sh);
                open(model, screen);
            }
        }
        Nav::Records(kind, view, filter) => {
            visit(model, Place::List(kind));
            if let Some(screen) = model.screens.last_mut() {
                screen.narrow(view, &filter, &mut model.sh);
            }
        }
        Nav::Assignment => visit(model, Place::Assignment),
        Nav::Board => visit(model, Place::Board),
        Nav::Forecast => visit(model, Place::Forecast),
        Nav::Import(kind) => {
            let screen = ImportScreen::new(kind, &mut model.sh);
            open(model, Some(screen));
        }
        Nav::Merge(keep, other) => {
            let screen = MergeScreen::new(keep, other, &mut model.sh);
            open(model, Some(screen));
        }
        Nav::Win(opportunity) => {
            if !come_back(model, WinScreen::key_of(&opportunity)) {
                let screen = WinScreen::new(*opportunity, &mut model.sh);
                open(model, Some(screen));
            }
        }
        Nav::Contacts(customer, label) => {
            let screen = DetailScreen::new(Kind::Customer, customer, label, &mut model.sh);
            open(model, screen.map(|detail| detail.on(Tab::Contacts)));
        }
        Nav::Plan(opportunity, label) => {
            let screen = DetailScreen::new(Kind::Opportunity, opportunity, label, &mut model.sh);
            open(model, screen.map(|detail| detail.on(Tab::Plan)));
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

/// Back to the form of this draft, if it is open: two of them would overwrite each other's draft.
fn come_back(model: &mut Model, key: DraftKey) -> bool {
    let open = model.screens.iter().position(|s| s.place() == Place::Form(key));
    if let Some(at) = open {
        let screen = model.screens.remove(at);
        model.screens.push(screen);
        enter(model);
    }
    open.is_some()
}

fn enter(model: &mut Model) {
    let Some(screen) = model.screens.last_mut() else { return };
    screen.enter(&mut model.sh);
    let id = screen.id();
    model.sh.overlays.extend(model.sh.aside.take_if(|(owner, _)| *owner == id).map(|(_, overlay)| overlay));
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
        Place::Assignment => {
            let screen = AssignScreen::new(&mut model.sh);
            open(model, screen);
        }
        Place::Board => {
            let screen = BoardScreen::new(&mut model.sh);
            open(model, screen);
        }
        Place::Forecast => {
            let screen = ForecastScreen::new(&mut model.sh);
            open(model, Some(screen));
        }
        Place::Notices => {
            let screen = NoticesScreen::new(&mut model.sh);
            open(model, Some(screen));
        }
        Place::Detail(..) | Place::Form(_) | Place::Passing | Place::SignIn => {}
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
    if !matches!(screen.place(), Place::Form(_) | Place::Passing | Place::SignIn) {
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
    model.sh.aside = None;
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
        sh.forget_drafts();
        sh.recent.clear();
        sh.again = None;
    }
    model.new_place = false;
    if let Ok(zone) = session.time_zone.parse() {
        sh.zone = zone;
    }
    let must_change = session.must_change_password;
    let instance = session.instance.as_ref().map(|i| i.id.clone()).unwrap_or_default();
    let at = session.now;
    sh.session = Some(session);
    model.screens.retain(|s| s.place() != Place::SignIn);
    if must_change {
        model.sh.nav.push(Nav::ChangePassword);
        return;
    }
    live::start(&mut model.sh);
    let waiting = std::mem::take(&mut model.after_sign_in);
    for (screen, slot, request) in waiting {
        model.sh.call(screen, slot, request);
    }
    if let Some(person) = now.filter(|person| model.sh.drafts_of != Some(*person)) {
        // The first screen waits for them: a form opened before would not know of its draft, and overwrite it.
        model.sh.drafts_of = Some(person);
        model.sh.call(PROGRAM, Slot::Drafts, Request::Drafts(instance, person, at));
    } else if model.screens.is_empty() {
        model.sh.nav.push(Nav::List(Kind::Customer));
    }
}

/// What was found on this machine, if drafts can be kept here: the form that was open is opened again over the first
/// screen, the others wait.
pub fn found(model: &mut Model, found: Option<Found>) {
    if model.screens.is_empty() {
        model.sh.nav.push(Nav::List(Kind::Customer));
    }
    let Some(Found { drafts, aside }) = found else { return };
    let sh = &mut model.sh;
    sh.drafts_on_disk = true;
    if let Some(path) = aside.first() {
        let said = fill(sh.t().draft_aside, &[&aside.len(), &path.display()]);
        sh.insist(said, Role::Warn);
    }
    let open = drafts.iter().filter(|d| d.open).max_by_key(|d| d.at).map(|d| d.key);
    for draft in drafts {
        if draft.open {
            sh.keep_draft(Draft { open: false, ..draft });
        } else {
            sh.drafts.insert(draft.key, draft);
        }
    }
    if let Some(key) = open {
        sh.nav.push(Nav::Draft(key));
    }
}

/// A form that has been left was saved after all: its draft goes, unless more was typed since.
pub fn saved(model: &mut Model, request: &Request) {
    let (Request::Create(_, _, WriteOptions { request_id, .. })
    | Request::Update(_, _, _, WriteOptions { request_id, .. })
    | Request::Opportunity(Target { request_id, .. }, _)) = request
    else {
        return;
    };
    let sent = model.sh.drafts.values().find(|d| d.request_id == *request_id).map(|d| d.key);
    if let Some(key) = sent {
        model.sh.drop_draft(key);
    }
}
