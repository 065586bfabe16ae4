//! The stream and what is made of it, without a server.

use rolo_proto::v1::{Session, UserRef, WatchResponse};

use super::*;
use crate::{
    app::{effect::CallId, msg::Msg, navigate, update::update},
    strings::Lang,
    text::Measure,
    theme::{Theme, ThemeName},
};

/// Signed in where the changes stood at 7.
fn model() -> (Model, Vec<Effect>) {
    let measure = Measure::default();
    let theme = Theme::new(ThemeName::Default, measure);
    let mut model = Model::new(Shared::new(Lang::En, measure, theme, (80, 24), 7));
    model.sh.now = 1_000_000;
    let user = Some(UserRef { id: 1, name: "li".into(), display_name: String::new(), active: true });
    navigate::signed_in(&mut model, Session { user, sequence: 7, ..Session::default() });
    let effects = std::mem::take(&mut model.sh.effects);
    (model, effects)
}

fn watches(effects: &[Effect]) -> Vec<i64> {
    effects.iter().filter_map(|e| if let Effect::Watch(_, after) = e { Some(*after) } else { None }).collect()
}

fn calls(effects: Vec<Effect>) -> Vec<(CallId, Request)> {
    effects.into_iter().filter_map(|e| if let Effect::Call(id, r) = e { Some((id, r)) } else { None }).collect()
}

fn event(sequence: i64, kind: Kind, id: i64) -> WatchEvent {
    WatchEvent { sequence, kind: kind.into(), id, revision: 1, ..WatchEvent::default() }
}

fn hear(model: &mut Model, sequence: i64, events: Vec<WatchEvent>) -> Vec<Effect> {
    let told = WatchResponse { events, sequence, presences: Vec::new() };
    let generation = model.sh.live.generation;
    update(model, Msg::Heard(generation, Box::new(Ok(told))))
}

fn lose(model: &mut Model, failure: Failure) -> Vec<Effect> {
    let generation = model.sh.live.generation;
    update(model, Msg::Heard(generation, Box::new(Err(failure))))
}

#[test]
fn a_stream_begins_where_the_session_stood_and_goes_on_behind_what_was_heard() {
    let (mut model, effects) = model();
    assert_eq!(watches(&effects), [7]);
    hear(&mut model, 9, Vec::new());
    let effects = lose(&mut model, Failure::unreachable("gone"));
    assert_eq!(hearing(&model.sh), Hearing::Broken);
    let timer =
        effects.iter().find_map(|e| if let Effect::Timer(t @ Timer::Reconnect(_), _) = e { Some(*t) } else { None });
    let tried = calls(update(&mut model, Msg::Timer(timer.unwrap_or(Timer::Spinner))));
    let (id, request) = tried.into_iter().next().unwrap_or((0, Request::Session));
    assert!(matches!(request, Request::Reach), "{request:?}");
    let effects = update(&mut model, Msg::Reply(id, Ok(Reply::Nothing)));
    assert_eq!(watches(&effects), [9], "without gap and without repeat");
    assert_eq!(hearing(&model.sh), Hearing::Live);
}

#[test]
fn a_server_that_answers_but_ends_the_stream_is_tried_with_growing_pauses() {
    let (mut model, _) = model();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let effects = lose(&mut model, Failure::unreachable("gone"));
        pauses.extend(
            effects.iter().find_map(|e| if let Effect::Timer(Timer::Reconnect(_), ms) = e { Some(*ms) } else { None }),
        );
        reach::found(&mut model);
    }
    assert_eq!(pauses.len(), 6);
    assert!(pauses[5] > 2_000 && pauses[0] <= 500, "{pauses:?}");
    hear(&mut model, 8, Vec::new());
    let effects = lose(&mut model, Failure::unreachable("gone"));
    assert!(effects.iter().any(|e| matches!(e, Effect::Timer(Timer::Reconnect(_), ms) if *ms <= 500)));
}

#[test]
fn many_changes_are_told_in_one_step_and_nothing_is_drawn_before() {
    let (mut model, _) = model();
    hear(&mut model, 7, Vec::new());
    model.dirty = false;
    let mut steps = 0;
    for n in 0..20 {
        let effects = hear(&mut model, 8 + n, vec![event(8 + n, Kind::Customer, n % 5)]);
        steps += effects.iter().filter(|e| matches!(e, Effect::Timer(Timer::Live, _))).count();
    }
    assert_eq!((steps, model.sh.live.waiting.len()), (1, 5));
    assert!(!model.dirty, "nothing shows yet");
    update(&mut model, Msg::Timer(Timer::Live));
    assert!(model.sh.live.waiting.is_empty());
}

#[test]
fn more_than_can_be_looked_at_is_said_to_be_much() {
    let (mut model, _) = model();
    hear(&mut model, 5_000, (0..3_000).map(|n| event(n, Kind::Customer, n)).collect());
    assert_eq!(model.sh.live.waiting.len(), MOST);
    assert!(model.sh.live.much);
}

#[test]
fn an_age_shows_after_half_a_minute_of_silence_and_a_beat_ends_it() {
    let (mut model, _) = model();
    hear(&mut model, 7, Vec::new());
    model.sh.now += 29_000;
    model.dirty = false;
    update(&mut model, Msg::Timer(Timer::Silence));
    assert_eq!((hearing(&model.sh), model.dirty), (Hearing::Live, false));
    model.sh.now += 12_000;
    update(&mut model, Msg::Timer(Timer::Silence));
    assert_eq!((hearing(&model.sh), model.dirty), (Hearing::Silent(40_000), true));
    hear(&mut model, 7, Vec::new());
    assert_eq!(hearing(&model.sh), Hearing::Live);
}

#[test]
fn rights_that_changed_load_the_session_anew_and_a_stream_of_before_is_not_heard() {
    let (mut model, _) = model();
    hear(&mut model, 9, Vec::new());
    let (changes, old) = (model.sh.changes, model.sh.live.generation);
    let asked = calls(lose(&mut model, Failure::local(Reason::Resync, "", "")));
    assert!(asked.iter().any(|(_, r)| matches!(r, Request::Session)));
    assert_eq!(model.sh.changes, changes + 1, "what is shown is loaded anew");
    let session = Session { user: model.sh.me().cloned(), sequence: 40, ..Session::default() };
    navigate::signed_in(&mut model, session);
    assert_eq!(watches(&std::mem::take(&mut model.sh.effects)), [40]);
    let late = WatchResponse { sequence: 99, ..WatchResponse::default() };
    update(&mut model, Msg::Heard(old, Box::new(Ok(late))));
    assert_eq!(model.sh.live.sequence, 40);
}

#[test]
fn a_session_that_ended_is_said_and_asks_for_nothing_before_the_next_step() {
    let (mut model, _) = model();
    lose(&mut model, Failure::local(Reason::Unauthenticated, "", ""));
    assert_eq!(hearing(&model.sh), Hearing::Ended);
    assert!(model.sh.nav.is_empty() && model.screens.is_empty());
}

#[test]
fn what_came_since_is_said_in_one_line_and_what_was_there_before_is_not() {
    let (mut model, _) = model();
    let notice = |id, count| v1::Notice {
        id,
        count,
        topic: "assigned".into(),
        label: format!("华盛{id}"),
        actor: Some(UserRef { name: "chen".into(), ..UserRef::default() }),
        ..v1::Notice::default()
    };
    let list = |notices: Vec<v1::Notice>| v1::ListNoticesResponse {
        unread: notices.len() as i64,
        notices,
        ..Default::default()
    };
    ring(&mut model.sh, &list(vec![notice(1, 1)]), true);
    assert!(model.sh.toast.is_none() && model.sh.live.unread == 1);
    ring(&mut model.sh, &list(vec![notice(3, 1), notice(2, 1), notice(1, 1)]), true);
    let said = |model: &Model| model.sh.toast.as_ref().map(|t| t.text.clone()).unwrap_or_default();
    assert_eq!(said(&model), "chen assigned you 华盛3 (+1)");
    // The same action goes on.
    ring(&mut model.sh, &list(vec![notice(3, 50)]), true);
    assert_eq!(said(&model), "chen assigned you 华盛3 (+49)");
}

#[test]
fn who_edits_is_told_first_and_who_left_not_at_all() {
    let (mut model, _) = model();
    let at = |id: i64, doing: Doing| v1::Presence {
        kind: Kind::Customer.into(),
        id: 5,
        user: Some(UserRef { id, name: format!("p{id}"), ..UserRef::default() }),
        doing: doing.into(),
        since: model.sh.now - 47_000,
    };
    let said = [at(2, Doing::Viewing), at(3, Doing::Editing), at(4, Doing::Viewing), at(4, Doing::Unspecified)];
    for presence in said {
        model.sh.live.note(presence);
    }
    assert_eq!(others(&model.sh, Kind::Customer, 5), "p3 is editing 0:40, p2 is viewing");
    assert_eq!(others(&model.sh, Kind::Customer, 6), "");
}
