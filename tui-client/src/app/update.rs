//! What a message changes. No IO: what is to be done is answered as effects.

use super::{
    effect::{Effect, Reply, Request, Slot, Timer},
    live, many,
    model::{Model, PROGRAM},
    msg::Msg,
    navigate, press, reach,
    shared::{Nav, SPINNER_STEP, Shared},
};
use crate::{
    data::{Failure, Reason, drafts::DraftKey},
    keys::{Action, Chord, Key},
    overlay::{
        Overlay,
        undo::{self, Undo},
    },
    strings::fill,
    terminal::input::Input,
    theme::Role,
};

/// How often relative times are redrawn.
const MINUTE: u64 = 60_000;

/// Changes the model by a message; answers what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    // What comes by itself is drawn only if it shows.
    let quiet = matches!(msg, Msg::Heard(..) | Msg::Timer(Timer::Silence | Timer::Presence(_)));
    model.dirty |= !quiet;
    match msg {
        Msg::Start => start(model),
        Msg::Input(input) => take_input(model, input),
        Msg::Reply(id, outcome) => reply(model, id, outcome),
        Msg::Heard(generation, heard) => model.dirty |= live::heard(model, generation, *heard),
        Msg::Reached(true) => reach::found(model),
        Msg::Reached(false) => reach::lost(&mut model.sh),
        Msg::Progress(id, done, total) => model.sh.calls.progress(id, done, total),
        Msg::Timer(timer) => ring(model, timer),
        Msg::Wide => {
            model.sh.measure.wide = true;
            model.sh.theme = crate::theme::Theme::new(model.sh.theme.name, model.sh.measure);
            model.sh.effects.push(Effect::Redraw);
        }
        Msg::NotKept(failure) => {
            model.sh.drafts_on_disk = false;
            model.sh.fail(&failure, None);
        }
        Msg::Resumed => model.sh.effects.push(Effect::Redraw),
    }
    navigate::follow(model);
    if !model.screens.is_empty() {
        for input in std::mem::take(&mut model.typed_ahead) {
            take_input(model, input);
            navigate::follow(model);
        }
    }
    live::follow(model);
    std::mem::take(&mut model.sh.effects)
}

fn start(model: &mut Model) {
    model.sh.effects.push(Effect::Timer(Timer::Minute, MINUTE));
    if model.sh.english_only {
        let text = model.sh.t().ascii_hint;
        model.sh.say(text, Role::Warn);
    }
    if model.has_token && !model.new_place {
        model.sh.call(PROGRAM, Slot::Session, Request::Session);
    } else {
        model.sh.nav.push(Nav::SignIn);
    }
}

fn take_input(model: &mut Model, input: Input) {
    // The first screen is about to come: what is typed is for it. Only who leaves does not wait for a server that may
    // never say who we are.
    let early = model.screens.is_empty();
    let nothing_yet = model.sh.session.is_none() && model.typed_ahead.is_empty();
    match input {
        Input::Key(Chord { key: Key::Char('c'), ctrl: true }) if early => model.quit = true,
        Input::Key(Chord { key: Key::Char('q'), ctrl: false }) if early && nothing_yet => model.quit = true,
        Input::Key(_) | Input::Paste(_) if early => model.typed_ahead.push(input),
        Input::Key(chord) => {
            live::pressed(&mut model.sh);
            press::key(model, chord);
            reach::nudge(&mut model.sh);
        }
        Input::Paste(text) => press::paste(model, &text),
        Input::Resize(width, height) => {
            model.sh.size = (width, height);
            // Rows and previews depend on the room.
            if let Some(screen) = model.screens.last_mut() {
                screen.enter(&mut model.sh);
            }
        }
        Input::Terminate => model.quit = true,
    }
}

fn ring(model: &mut Model, timer: Timer) {
    match timer {
        Timer::Rested(screen, slot, generation) => {
            if let Some(overlay) = model.sh.overlays.iter().position(|o| o.id() == Some(screen)) {
                let mut overlay = model.sh.overlays.remove(overlay);
                overlay.rested(generation, &mut model.sh);
                model.sh.overlays.push(overlay);
            } else if let Some(screen) = model.screens.iter_mut().find(|s| s.id() == screen) {
                screen.rested(slot, generation, &mut model.sh);
            }
        }
        Timer::WhichKey(generation) => {
            model.which_key = !model.prefix.is_empty() && generation == model.prefix_generation;
        }
        Timer::Spinner => {
            let waited = model.sh.calls.oldest().map(|p| model.sh.now - p.since);
            model.sh.spinner = match waited {
                None => None,
                Some(ms) if ms < 250 => model.sh.spinner,
                Some(_) => Some(model.sh.spinner.map_or(0, |s| s + 1)),
            };
            model.sh.spinner_timer = waited.is_some();
            if waited.is_some() {
                model.sh.effects.push(Effect::Timer(Timer::Spinner, SPINNER_STEP));
            }
        }
        Timer::Toast(id) => {
            if model.sh.toast.as_ref().is_some_and(|t| t.id == id) {
                model.sh.toast = None;
            }
        }
        Timer::Reconnect(generation) => reach::rested(&mut model.sh, generation),
        Timer::Live => live::tick(model),
        Timer::Silence => model.dirty |= live::listened(&mut model.sh),
        Timer::Presence(generation) => live::say_again(&mut model.sh, generation),
        Timer::Others => live::aged(&mut model.sh),
        Timer::Minute => model.sh.effects.push(Effect::Timer(Timer::Minute, MINUTE)),
    }
}

fn reply(model: &mut Model, id: u64, outcome: Result<Reply, Failure>) {
    // A reply that nobody waits for any more.
    let Some(call) = model.sh.calls.take(id) else { return };
    if model.sh.calls.is_empty() {
        model.sh.spinner = None;
    }
    if call.slot == Slot::Reach {
        reach::tried(model, outcome.as_ref().err());
        return;
    }
    match &outcome {
        Ok(_) => reach::found(model),
        Err(failure) => {
            if failure.is_unreached() {
                reach::lost(&mut model.sh);
            } else {
                reach::found(model);
            }
            if call.slot.is_quiet() && call.screen == PROGRAM {
                if failure.needs_sign_in() {
                    live::ended(&mut model.sh);
                }
                return;
            }
            let signing_in =
                matches!(call.request, Request::SignIn(..) | Request::Initialise(_) | Request::ChangePassword(..));
            if failure.needs_sign_in() && !signing_in {
                if call.request_can_wait() {
                    model.after_sign_in.push((call.screen, call.slot, call.request));
                }
                model.sh.nav.push(Nav::SignIn);
                return;
            }
            if failure.reason == Reason::PasswordChangeRequired && !signing_in {
                model.after_sign_in.push((call.screen, call.slot, call.request));
                model.sh.nav.push(Nav::ChangePassword);
                return;
            }
        }
    }
    if call.screen == PROGRAM {
        program_reply(model, call.slot, call.request, outcome);
    } else if let Some(at) = model.sh.overlays.iter().position(|o| o.id() == Some(call.screen)) {
        let mut overlay = model.sh.overlays.remove(at);
        overlay.reply(call.slot, outcome, &mut model.sh);
        model.sh.overlays.insert(at, overlay);
    } else if let Some(screen) = model.screens.iter_mut().find(|s| s.id() == call.screen) {
        screen.reply(call.slot, call.request, outcome, &mut model.sh);
    } else {
        // The screen has been left, but what it changed is still told.
        match outcome {
            Ok(_) => {
                model.sh.changes += 1;
                if let Request::Create(_, _, options) | Request::Update(_, _, _, options) = &call.request {
                    navigate::saved(model, &options.request_id);
                }
            }
            Err(failure) => model.sh.fail(&failure, Some((PROGRAM, call.slot, call.request))),
        }
    }
}

fn program_reply(model: &mut Model, slot: Slot, request: Request, outcome: Result<Reply, Failure>) {
    if let (Request::Bulk(..), Err(failure)) = (&request, &outcome)
        && many::failed(model, failure)
    {
        return;
    }
    let sh = &mut model.sh;
    match outcome {
        Ok(Reply::Session(session)) => navigate::signed_in(model, *session),
        Ok(Reply::Undone(last)) => {
            if let Request::Undo(request) = request {
                undone(sh, request, last);
            }
            if let Some(screen) = model.screens.last_mut() {
                screen.enter(sh);
            }
        }
        Ok(Reply::Bulk(done)) => many::ended(model, *done),
        Ok(Reply::Nothing) if matches!(request, Request::SignOut(_)) => {
            sh.session = None;
            live::stop(sh);
            sh.forget_drafts();
            model.screens.clear();
            model.forward.clear();
            sh.nav.push(Nav::SignIn);
        }
        Ok(reply) if slot.is_quiet() => live::answered(model, &request, reply),
        Ok(Reply::Follows(follows)) => live::known(sh, &request, follows, true),
        Ok(Reply::Drafts(found)) => navigate::found(model, found),
        Err(failure) if slot == Slot::Drafts => {
            sh.fail(&failure, None);
            navigate::found(model, None);
        }
        Ok(Reply::Record(record)) if matches!(request, Request::Get(..)) => sh.nav.push(Nav::Edit(record)),
        Ok(_) => {
            sh.changes += 1;
            if let Request::Create(_, _, options) | Request::Update(_, _, _, options) = &request {
                navigate::saved(model, &options.request_id);
            }
        }
        Err(failure) if failure.reason == Reason::NotFound && matches!(request, Request::Get(..)) => {
            if let Request::Get(kind, id) = request {
                sh.nav.push(Nav::Anew(DraftKey::Edit(kind as i32, id)));
            }
        }
        Err(failure) if slot == Slot::Session && model.screens.is_empty() => {
            // Not reached at the start: the sign-in says so and can try again.
            sh.fail(&failure, Some((PROGRAM, slot, request)));
            sh.nav.push(Nav::SignIn);
        }
        Err(failure) if failure.reason == Reason::NotFound && matches!(request, Request::Undo(_)) => {
            let text = sh.t().nothing_to_undo;
            sh.say(text, Role::Dim);
        }
        Err(failure) => sh.fail(&failure, Some((PROGRAM, slot, request))),
    }
}

/// What an undo did, or a look at one would do.
fn undone(sh: &mut Shared, request: rolo_proto::v1::UndoRequest, last: rolo_proto::v1::UndoProgress) {
    let t = sh.t();
    if request.preview {
        if undo::asks(&last, sh.fresh == Some(last.operation_id)) {
            sh.overlays.push(Overlay::Undo(Undo::ask(request, last)));
        } else {
            let request = rolo_proto::v1::UndoRequest { operation_id: last.operation_id, preview: false, ..request };
            sh.call(PROGRAM, Slot::Act, Request::Undo(request));
        }
        return;
    }
    sh.changes += 1;
    let text = fill(if request.redo { t.redone } else { t.undone }, &[&undo::what(&last, sh.lang)]);
    match last.kept_records.first() {
        None => {
            let back = if request.redo { Action::Undo } else { Action::Redo };
            let key = sh.key(crate::keys::keymap::LIST, back);
            sh.say(format!("{text}   {key} {}", back.label().get(sh.lang)), Role::Good);
        }
        Some(kept) if last.done + last.kept == 1 => {
            let said = fill(t.undo_not, &[&undo::why(kept, sh.lang), &kept.label]);
            sh.say(said, Role::Warn);
        }
        Some(_) => sh.overlays.push(Overlay::Undo(Undo::result(last))),
    }
}

/// The Esc key, for what stands in for it.
pub const ESC: Chord = Chord::plain(Key::Esc);

#[cfg(test)]
mod tests {
    use rolo_proto::v1::{Capability, Kind, Session, UserRef};

    use super::*;
    use crate::{
        app::effect::CallId,
        resource::Page,
        screen::Place,
        strings::Lang,
        text::Measure,
        theme::{Theme, ThemeName},
    };

    fn model() -> Model {
        let measure = Measure::default();
        let theme = Theme::new(ThemeName::Default, measure);
        let mut model = Model::new(Shared::new(Lang::En, measure, theme, (80, 24), 7));
        model.has_token = true;
        let calls = calls(update(&mut model, Msg::Start));
        let capabilities = [Capability::CustomerRead, Capability::CustomerCreate].map(|c| c as i32).to_vec();
        let user = Some(UserRef { id: 1, name: "li".into(), display_name: String::new(), active: true });
        let session = Session { user, capabilities, time_zone: "Asia/Shanghai".into(), ..Session::default() };
        let effects = update(&mut model, Msg::Reply(calls[0].0, Ok(Reply::Session(Box::new(session)))));
        for (id, request) in self::calls(effects) {
            assert!(matches!(request, Request::Drafts(_, 1, _)), "{request:?}");
            update(&mut model, Msg::Reply(id, Ok(Reply::Drafts(None))));
        }
        model
    }

    fn calls(effects: Vec<Effect>) -> Vec<(CallId, Request)> {
        effects.into_iter().filter_map(|e| if let Effect::Call(id, r) = e { Some((id, r)) } else { None }).collect()
    }

    fn press(model: &mut Model, key: &str) -> Vec<Effect> {
        let chord = Chord::parse(key).unwrap_or(ESC);
        update(model, Msg::Input(Input::Key(chord)))
    }

    #[test]
    fn a_session_opens_the_customers() {
        assert_eq!(model().top().map(|s| s.place()), Some(Place::List(Kind::Customer)));
    }

    #[test]
    fn what_is_typed_while_the_first_screen_waits_for_the_drafts_is_for_it() {
        let mut model = model();
        let session = model.sh.session.clone().unwrap_or_default();
        let another = Session { user: Some(UserRef { id: 2, ..UserRef::default() }), ..session };
        navigate::signed_in(&mut model, another);
        let asked = calls(std::mem::take(&mut model.sh.effects));
        press(&mut model, "n");
        press(&mut model, "x");
        assert!(model.top().is_none());
        update(&mut model, Msg::Reply(asked[0].0, Ok(Reply::Drafts(None))));
        assert!(matches!(model.top().map(|s| s.place()), Some(Place::Form(_))), "n opens a form, and x is text in it");
        assert_eq!(model.sh.drafts.len(), 1);
    }

    #[test]
    fn a_newer_call_of_a_slot_cancels_the_older_and_its_reply_is_dropped() {
        let mut model = model();
        let first = calls(press(&mut model, "2"));
        let effects = press(&mut model, "3");
        let (old, _) = first[0];
        assert!(effects.iter().any(|e| matches!(e, Effect::Cancel(id) if *id == old)));
        let total = Some(rolo_proto::v1::Total { count: 99, at_least: false });
        let stale = Page { total, ..Page::default() };
        update(&mut model, Msg::Reply(old, Ok(Reply::Page(stale))));
        assert!(model.top().is_some_and(|s| !s.status(&model.sh).contains("99")), "the stale page must not show");
    }

    #[test]
    fn leaving_a_screen_cancels_what_it_reads() {
        let mut model = model();
        press(&mut model, "g");
        let asked = calls(press(&mut model, "t"));
        let effects = press(&mut model, "q");
        for (id, _) in asked {
            assert!(effects.iter().any(|e| matches!(e, Effect::Cancel(gone) if *gone == id)), "call {id} goes on");
        }
    }

    #[test]
    fn a_failed_write_is_tried_again_under_the_same_request_id() {
        let mut model = model();
        let undo = calls(press(&mut model, "u"));
        let (id, request) = undo[0].clone();
        update(&mut model, Msg::Reply(id, Err(Failure::unreachable("gone"))));
        assert!(model.sh.toast.as_ref().is_some_and(|t| t.retry.is_some()), "there must be a way to try again");
        let again = calls(press(&mut model, "!"));
        let name = |r: &Request| if let Request::Undo(u) = r { u.request_id.clone() } else { String::new() };
        assert_eq!(name(&again[0].1), name(&request));
        assert!(!name(&request).is_empty());
    }

    #[test]
    fn an_expired_session_asks_again_and_repeats_what_was_asked() {
        let mut model = model();
        let (id, _) = calls(press(&mut model, "2"))[0].clone();
        let expired = Failure::local(Reason::Unauthenticated, "", "");
        update(&mut model, Msg::Reply(id, Err(expired)));
        assert_eq!(model.top().map(|s| s.place()), Some(Place::SignIn));
        let session = Session { user: model.sh.me().cloned(), ..Session::default() };
        press(&mut model, "x");
        let asked = calls(press(&mut model, "enter"));
        let effects = update(&mut model, Msg::Reply(asked[0].0, Ok(Reply::Session(Box::new(session)))));
        assert_eq!(model.top().map(|s| s.place()), Some(Place::List(Kind::Customer)));
        assert!(calls(effects).iter().any(|(_, r)| matches!(r, Request::List(..))), "the page is asked for again");
    }

    #[test]
    fn the_spinner_shows_only_when_somebody_has_waited() {
        let mut model = model();
        press(&mut model, "2");
        assert_eq!(model.sh.spinner, None);
        model.sh.now += 300;
        let effects = update(&mut model, Msg::Timer(Timer::Spinner));
        assert_eq!(model.sh.spinner, Some(0));
        assert!(effects.iter().any(|e| matches!(e, Effect::Timer(Timer::Spinner, ms) if *ms >= 250)), "at most 4 Hz");
    }

    #[test]
    fn a_message_goes_when_its_own_time_is_over() {
        let mut model = model();
        press(&mut model, "Z");
        let id = model.sh.toast.as_ref().map_or(0, |t| t.id);
        update(&mut model, Msg::Timer(Timer::Toast(id + 1)));
        assert!(model.sh.toast.is_some());
        update(&mut model, Msg::Timer(Timer::Toast(id)));
        assert!(model.sh.toast.is_none());
    }
}
