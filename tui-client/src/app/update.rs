//! What a message changes. No IO: what is to be done is answered as effects.

use super::{
    effect::{Effect, Reply, Request, ScreenId, Slot, Timer},
    live, many,
    model::{Model, PROGRAM},
    msg::Msg,
    navigate, press, reach,
    shared::{Nav, SPINNER_STEP, Shared, Toast},
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
    let (was, said) = (model.top().map(|s| s.id()), model.sh.toast.as_ref().map(|toast| toast.id));
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
            insist(&mut model.sh, &failure);
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
    leave_said(model, was, said);
    live::follow(model);
    std::mem::take(&mut model.sh.effects)
}

/// What a screen has said of itself goes when it is left. What can still be done about it stays: an undo works from
/// everywhere, a retry as long as the screen is there that it is for; and what was said on leaving is for the screen
/// that comes.
fn leave_said(model: &mut Model, was: Option<ScreenId>, said: Option<u64>) {
    let left = was.is_some() && was != model.top().map(|s| s.id());
    let open = |id: ScreenId| id == PROGRAM || model.screens.iter().any(|s| s.id() == id);
    let goes = |toast: &Toast| match &toast.retry {
        Some((screen, ..)) => !open(*screen),
        None => toast.offer.is_none(),
    };
    if left && model.sh.toast.as_ref().is_some_and(|toast| Some(toast.id) == said && goes(toast)) {
        model.sh.toast = None;
    }
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
            if let Some(at) = model.sh.overlays.iter().position(|o| o.id() == Some(screen)) {
                let mut overlay = model.sh.overlays.remove(at);
                overlay.rested(generation, &mut model.sh);
                model.sh.overlays.insert(at, overlay);
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
                navigate::saved(model, &call.request);
            }
            Err(failure) if failure.is_retryable() => {
                model.sh.fail(&failure, Some((PROGRAM, call.slot, call.request)));
            }
            Err(failure) => insist(&mut model.sh, &failure),
        }
    }
}

/// A failure that no screen shows any more, and that no key mends.
fn insist(sh: &mut Shared, failure: &Failure) {
    let text = sh.worded(failure);
    sh.insist(text, Role::Bad);
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
            insist(sh, &failure);
            navigate::found(model, None);
        }
        Ok(Reply::Record(record)) if matches!(request, Request::Get(..)) => sh.nav.push(Nav::Edit(record)),
        Ok(_) => {
            sh.changes += 1;
            navigate::saved(model, &request);
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
            let redo = matches!(&request, Request::Undo(request) if request.redo);
            let text = if redo { sh.t().nothing_to_redo } else { sh.t().nothing_to_undo };
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
            sh.say_with(text, Role::Good, back);
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
mod tests;
