//! What is made of the statuses of calls.

use super::*;

#[test]
fn a_broken_connection_is_unavailable_under_every_code_it_comes_with() {
    for status in [
        Status::unavailable("connect"),
        Status::unknown("transport error"),
        Status::cancelled("h2 protocol error"),
        Status::deadline_exceeded("late"),
    ] {
        let failure = Failure::from(status);
        assert_eq!(failure.reason, Reason::Unavailable);
        assert!(failure.is_retryable());
        assert_eq!(failure.exit_code(), 7);
    }
}

// A server that stops in the moment of a connection's first frames: h2 calls it a protocol error.
#[test]
fn what_the_transport_itself_reports_is_a_broken_connection_and_not_a_fault_of_the_server() {
    let mut status = Status::internal("h2 protocol error: http2 error");
    status.set_source(std::sync::Arc::new(std::io::Error::other("http2 error")));
    let failure = Failure::from(status);
    assert_eq!(failure.reason, Reason::Unavailable);
    assert!(failure.is_retryable());
    assert_eq!(Failure::from(Status::internal("of the server")).reason, Reason::Internal);
}

#[test]
fn a_command_does_not_promise_to_keep_what_was_typed() {
    let gone = Failure::unreachable("gone");
    assert_eq!(gone.message(Lang::En), "The server cannot be reached; what was typed is kept, try again: gone");
    assert_eq!(gone.at_prompt(Lang::En), "The server cannot be reached: gone");
    assert_eq!(gone.at_prompt(Lang::Zh), "无法连接服务器：gone");
    let worded = Failure::local(Reason::Unavailable, "No", "不行");
    assert_eq!(worded.at_prompt(Lang::Zh), "不行");
}

#[test]
fn a_refusal_names_its_field_and_carries_no_escape_sequence() {
    let mut details = tonic_types::ErrorDetails::new();
    details.set_error_info("VALIDATION", "rolo", std::collections::HashMap::new());
    details.add_bad_request_violation("region", "UNKNOWN_CHOICE:火\u{1b}[2J星");
    let failure = Failure::from(Status::with_error_details(Code::InvalidArgument, "x", details));
    assert_eq!(failure.violations[0].fault, Fault::UnknownChoice("火[2J星".into()));
    let zh = failure.message(Lang::Zh);
    assert!(zh.contains("地区") && zh.contains("火[2J星"), "{zh}");
    assert_eq!(failure.exit_code(), 6);
}

#[test]
fn the_bounds_of_an_amount_are_amounts() {
    let text = |field: &str| fault_text(field, &Fault::OutOfRange("1..100000000000000".into()), Lang::En);
    assert_eq!(text("expected_amount"), "must be 0.0001 to 10,000,000,000");
    assert_eq!(text("opportunity.expected_amount"), text("expected_amount"));
    assert_eq!(text("success_rate"), "must be 1 to 100000000000000");
}

#[test]
fn a_row_that_a_bulk_action_refused_says_what_its_own_method_would_have_said() {
    let row = |reason: &str, detail: &str| rolo_proto::v1::BulkResult {
        reason: reason.into(),
        detail: detail.into(),
        ..Default::default()
    };
    for (reason, detail, code, en) in [
        ("NOT_OWNER", "王芳", 5, "ask 王芳"),
        ("NOT_FOUND", "", 3, "does not exist"),
        ("INVALID_STATE", "assigned", 4, "it is assigned"),
        ("INVALID_STATE", "deleted", 4, "in the recycle bin"),
        ("FORBIDDEN", "", 5, "not permitted"),
        ("DUPLICATE", "北京华盛", 4, "北京华盛"),
        ("SOMETHING_NEW", "", 1, "broken on our side"),
    ] {
        let failure = refused(&row(reason, detail));
        let said = failure.message(Lang::En);
        assert!(said.contains(en) && failure.exit_code() == code, "{reason} {detail}: {said}");
    }
    let late =
        rolo_proto::v1::BulkResult {
            owner: "李".into(), who: "张".into(), at: 7, ..row("INVALID_STATE", "assigned")
        };
    assert_eq!(refused(&late).message(Lang::En), "Not possible any more: assigned to 李 by 张");
    assert_eq!(refused(&late).detail("at"), "7");
    let fields = refused(&row("VALIDATION", "address TOO_LONG:100, level REQUIRED"));
    assert_eq!(fields.violations.len(), 2);
    assert_eq!(fields.violations[0].fault, Fault::TooLong("100".into()));
    assert_eq!(fields.message(Lang::Zh), "地址：最多 100 个字符；客户等级：必填");
    let hostile = refused(&row("VALIDATION", "stage UNKNOWN_REFERENCE:\u{1b}[2J7"));
    assert!(!hostile.message(Lang::En).contains('\u{1b}'), "{hostile:?}");
}

#[test]
fn every_reason_of_the_contract_is_known() {
    let contract = include_str!("../../../../proto/errors.md");
    let reasons = contract.lines().filter(|l| l.starts_with("| `")).filter_map(|l| {
        let mut cells = l.split('|').map(str::trim).skip(1);
        let code = cells.next()?.trim_matches('`');
        let status = cells.next()?;
        status.chars().all(|c| c.is_ascii_uppercase() || c == '_').then_some(code)
    });
    let mut n = 0;
    for code in reasons {
        n += 1;
        assert!(Reason::from_code(code).is_some(), "{code} of errors.md is not decoded");
    }
    assert!(n >= 18, "read {n} reasons from errors.md");
}
