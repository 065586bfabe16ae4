//! Why an opportunity needs a look, in sentences: the list's column has room for words only.

use crate::{
    app::shared::Shared,
    resource::{Record, Resource, Value},
    screen::show,
    strings::fill,
};

/// The reasons, the worst first; empty if there are none.
pub fn concerns(record: &Record, resource: &dyn Resource, sh: &Shared) -> String {
    let Value::List(codes) = show::value(record, resource, "concerns") else { return String::new() };
    let t = sh.t();
    let date = |name: &str| match show::value(record, resource, name) {
        Value::Date(day) => show::near(*day, sh),
        _ => String::new(),
    };
    let idle = match show::value(record, resource, "progress_at") {
        Value::Time(at) => (sh.now - at).div_euclid(86_400_000),
        _ => 0,
    };
    let sentence = |code: &String| match code.as_str() {
        "step_overdue" => fill(t.concern_step, &[&date("next_step_at")]),
        "no_plan" => fill(t.concern_plan, &[&idle]),
        "no_progress" => fill(t.concern_progress, &[&idle]),
        "close_passed" => fill(t.concern_close, &[&date("expected_close_at")]),
        other => other.to_owned(),
    };
    codes.iter().map(sentence).collect::<Vec<_>>().join(t.semicolon)
}
