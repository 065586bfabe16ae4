//! What messages change, without a terminal and a server.

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

/// tui.md, "Screen": what stands there is of the screen that one sees. What can be done wherever one is stays told.
#[test]
fn what_a_screen_said_goes_with_it_but_what_can_still_be_done_stays() {
    let mut model = model();
    let said = |model: &Model| model.sh.toast.as_ref().map(|t| t.text.clone()).unwrap_or_default();
    let elsewhere = |model: &mut Model| {
        press(model, "g");
        press(model, "t");
        assert_eq!(model.top().map(|s| s.place()), Some(Place::Today));
        said(model)
    };
    press(&mut model, "Z");
    assert!(said(&model).contains('Z'), "{}", said(&model));
    assert_eq!(elsewhere(&mut model), "", "the hint is of the list");
    press(&mut model, "-");
    model.sh.say_with("Deleted", Role::Good, Action::Undo);
    assert_eq!(elsewhere(&mut model), "Deleted", "it can be taken back from everywhere");
    press(&mut model, "-");
    let failed = Request::Counts(Kind::Customer);
    let retry = |screen| Some((screen, Slot::Act, failed.clone()));
    let list = model.top().map_or(0, |s| s.id());
    model.sh.fail(&Failure::unreachable("gone"), retry(list));
    assert!(!elsewhere(&mut model).is_empty(), "the list is still open: its call can be made again");
    model.sh.fail(&Failure::unreachable("gone"), retry(list + 1_000));
    press(&mut model, "-");
    assert_eq!(said(&model), "", "nobody waits for it any more");
}

#[test]
fn what_no_key_mends_and_no_screen_shows_stays_until_it_was_read() {
    let mut model = model();
    update(&mut model, Msg::NotKept(Failure::unreachable("disk full")));
    let shown = |model: &Model| model.sh.toast.is_none() && model.sh.must_read.is_some();
    assert!(shown(&model));
    press(&mut model, "Z");
    assert!(!shown(&model), "what a key answers is seen at once");
    press(&mut model, "g");
    press(&mut model, "t");
    assert!(shown(&model), "and it is there again, on another screen too");
    press(&mut model, "esc");
    assert!(model.sh.must_read.is_none());
    assert_eq!(model.top().map(|s| s.place()), Some(Place::Today), "Esc said only that it was read");
}
