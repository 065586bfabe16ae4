//! What a refusal or a failed call means, decoded once from the status of the call (`proto/errors.md`) and worded in the
//! person's language: what happened, which field or state, and what to do next.

use std::{collections::BTreeMap, error::Error as _, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::scrub::scrub;
use crate::strings::Lang;

mod words;

/// Why a call was refused or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Some fields are invalid, see [`Failure::violations`].
    Validation,
    /// The record's state does not allow this.
    InvalidState,
    /// The right is missing.
    Forbidden,
    /// Only the responsible person may do this.
    NotOwner,
    /// There is no such record, or none that the caller may see.
    NotFound,
    /// The same data exist already.
    Duplicate,
    /// Something refers to the record.
    InUse,
    /// This dictionary entry is fixed.
    NotEditable,
    /// Changed since it was read.
    Stale,
    /// Sign in (again).
    Unauthenticated,
    /// Name or password are wrong.
    BadCredentials,
    /// Too many attempts.
    Throttled,
    /// The one-time password must be changed first.
    PasswordChangeRequired,
    /// The page token is not of this list.
    BadPageToken,
    /// The queue of writes is full.
    Busy,
    /// Not reached, or the outcome is unknown.
    Unavailable,
    /// Ours: the server's certificate is not one to be believed; nothing was sent.
    Untrusted,
    /// The store cannot be written.
    ReadOnly,
    /// A stream cannot go on where it was: load anew.
    Resync,
    /// A defect of the server.
    Internal,
    /// Ours: what was typed was not understood (a filter, a date, an option).
    Usage,
    /// Ours: a file cannot be read or written, or is not what it should be.
    File,
    /// Ours: the person stopped it.
    Cancelled,
}

impl Reason {
    /// The word in errors as JSON; for the server's reasons that of `errors.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION",
            Self::InvalidState => "INVALID_STATE",
            Self::Forbidden => "FORBIDDEN",
            Self::NotOwner => "NOT_OWNER",
            Self::NotFound => "NOT_FOUND",
            Self::Duplicate => "DUPLICATE",
            Self::InUse => "IN_USE",
            Self::NotEditable => "NOT_EDITABLE",
            Self::Stale => "STALE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::Throttled => "THROTTLED",
            Self::PasswordChangeRequired => "PASSWORD_CHANGE_REQUIRED",
            Self::BadPageToken => "BAD_PAGE_TOKEN",
            Self::Busy => "BUSY",
            Self::Unavailable => "UNAVAILABLE",
            Self::Untrusted => "UNTRUSTED",
            Self::ReadOnly => "READ_ONLY",
            Self::Resync => "RESYNC",
            Self::Internal => "INTERNAL",
            Self::Usage => "USAGE",
            Self::File => "FILE",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The reason of that code; an unknown one is a server newer than this client.
    pub fn from_code(code: &str) -> Option<Self> {
        const ALL: [Reason; 19] = [
            Reason::Validation,
            Reason::InvalidState,
            Reason::Forbidden,
            Reason::NotOwner,
            Reason::NotFound,
            Reason::Duplicate,
            Reason::InUse,
            Reason::NotEditable,
            Reason::Stale,
            Reason::Unauthenticated,
            Reason::BadCredentials,
            Reason::Throttled,
            Reason::PasswordChangeRequired,
            Reason::BadPageToken,
            Reason::Busy,
            Reason::Unavailable,
            Reason::ReadOnly,
            Reason::Resync,
            Reason::Internal,
        ];
        ALL.into_iter().find(|r| r.code() == code)
    }
}

/// Why a field's value cannot be taken; the second table of `errors.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A mandatory field (★) is empty.
    Required,
    /// Longer than this many characters.
    TooLong(String),
    /// Outside `min..max`.
    OutOfRange(String),
    /// Not of the form of this name.
    Malformed(String),
    /// The dictionary has no such entry; what was given.
    UnknownChoice(String),
    /// There is no such record; what was given.
    UnknownReference(String),
    /// More than one answers to what was given.
    Ambiguous(String),
    /// Cannot be written.
    NotWritable,
    /// No field of this name.
    UnknownField,
    /// One of these fields must be given.
    OneOf(String),
    /// The request id named another request before.
    UsedAlready,
    /// It is so already.
    Unchanged,
    /// A fault that this client does not know.
    Other(String),
}

impl Fault {
    /// From its code and detail.
    pub fn new(code: &str, detail: &str) -> Self {
        let detail = scrub(detail).into_owned();
        match code {
            "REQUIRED" => Self::Required,
            "TOO_LONG" => Self::TooLong(detail),
            "OUT_OF_RANGE" => Self::OutOfRange(detail),
            "MALFORMED" => Self::Malformed(detail),
            "UNKNOWN_CHOICE" => Self::UnknownChoice(detail),
            "UNKNOWN_REFERENCE" => Self::UnknownReference(detail),
            "AMBIGUOUS" => Self::Ambiguous(detail),
            "NOT_WRITABLE" => Self::NotWritable,
            "UNKNOWN_FIELD" => Self::UnknownField,
            "ONE_OF" => Self::OneOf(detail),
            "USED_ALREADY" => Self::UsedAlready,
            "UNCHANGED" => Self::Unchanged,
            _ if detail.is_empty() => Self::Other(scrub(code).into_owned()),
            _ => Self::Other(format!("{}: {detail}", scrub(code))),
        }
    }

    /// Its code and detail, as on the wire.
    pub fn code(&self) -> (&'static str, &str) {
        match self {
            Self::Required => ("REQUIRED", ""),
            Self::TooLong(d) => ("TOO_LONG", d),
            Self::OutOfRange(d) => ("OUT_OF_RANGE", d),
            Self::Malformed(d) => ("MALFORMED", d),
            Self::UnknownChoice(d) => ("UNKNOWN_CHOICE", d),
            Self::UnknownReference(d) => ("UNKNOWN_REFERENCE", d),
            Self::Ambiguous(d) => ("AMBIGUOUS", d),
            Self::NotWritable => ("NOT_WRITABLE", ""),
            Self::UnknownField => ("UNKNOWN_FIELD", ""),
            Self::OneOf(d) => ("ONE_OF", d),
            Self::UsedAlready => ("USED_ALREADY", ""),
            Self::Unchanged => ("UNCHANGED", ""),
            Self::Other(d) => ("OTHER", d),
        }
    }
}

/// One field that a person has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's name, as in the descriptors; `contact.name` for a field of a second record.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A refusal or a failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// The fields to mend, if it is about fields.
    pub violations: Vec<Violation>,
    /// What the reason needs to be told: owner, match, stale fields ... (`errors.md`, column metadata).
    pub details: BTreeMap<String, String>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
    /// In English and Chinese: the whole message where that is [`Failure::worded`], else what is known besides.
    pub text: (String, String),
    /// The text is the whole message.
    pub worded: bool,
}

impl Failure {
    /// One of our own: the whole message in both languages. Empty texts leave the wording to the reason.
    pub fn local(reason: Reason, en: impl Into<String>, zh: impl Into<String>) -> Self {
        let text = (en.into(), zh.into());
        let worded = !text.0.is_empty();
        Self { reason, violations: Vec::new(), details: BTreeMap::new(), retry_after: None, text, worded }
    }

    /// What was typed was not understood.
    pub fn usage(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::local(Reason::Usage, en, zh)
    }

    /// A file cannot be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self::local(Reason::File, format!("{path}: {error}"), format!("{path}：{error}"))
    }

    /// Not reached in time.
    pub fn unreachable(what: impl std::fmt::Display) -> Self {
        let what = scrub(&what.to_string()).into_owned();
        Self { worded: false, ..Self::local(Reason::Unavailable, what.clone(), what) }
    }

    /// One field of a form or of an argument is invalid.
    pub fn field(field: impl Into<String>, fault: Fault) -> Self {
        let mut failure = Self::local(Reason::Validation, "", "");
        failure.violations.push(Violation { field: field.into(), fault });
        failure
    }

    /// A detail of the reason; empty if there is none.
    pub fn detail(&self, key: &str) -> &str {
        self.details.get(key).map_or("", String::as_str)
    }

    /// The fields that somebody else changed meanwhile.
    pub fn stale_fields(&self) -> Vec<&str> {
        self.detail("fields").split(',').filter(|f| !f.is_empty()).collect()
    }

    /// Whether the same call may succeed when simply repeated (with the same request id).
    pub const fn is_retryable(&self) -> bool {
        matches!(self.reason, Reason::Busy | Reason::Unavailable)
    }

    /// Whether the server was not reached.
    pub const fn is_unreached(&self) -> bool {
        matches!(self.reason, Reason::Unavailable | Reason::Untrusted)
    }

    /// Whether signing in (again) is what helps.
    pub const fn needs_sign_in(&self) -> bool {
        matches!(self.reason, Reason::Unauthenticated)
    }

    /// The documented exit code of the command line (`tui.md` rule 15).
    pub const fn exit_code(&self) -> u8 {
        match self.reason {
            Reason::Internal => 1,
            Reason::Usage | Reason::BadPageToken => 2,
            Reason::NotFound => 3,
            Reason::Stale | Reason::Duplicate | Reason::InvalidState | Reason::InUse | Reason::NotEditable => 4,
            Reason::Forbidden
            | Reason::NotOwner
            | Reason::Unauthenticated
            | Reason::BadCredentials
            | Reason::Throttled
            | Reason::PasswordChangeRequired => 5,
            Reason::Validation | Reason::File => 6,
            Reason::Busy
            | Reason::Unavailable
            | Reason::Untrusted
            | Reason::ReadOnly
            | Reason::Resync
            | Reason::Cancelled => 7,
        }
    }

    /// What happened, which field or state, and what to do, in the person's language.
    pub fn message(&self, lang: Lang) -> String {
        words::message(self, lang)
    }

    /// As an object for `--json`: `error`, `message`, `fields`, and the details of the reason.
    pub fn json(&self, lang: Lang) -> serde_json::Value {
        let mut object = serde_json::json!({ "error": self.reason.code(), "message": self.message(lang) });
        if !self.violations.is_empty() {
            object["fields"] = self
                .violations
                .iter()
                .map(|v| {
                    let (code, detail) = v.fault.code();
                    serde_json::json!({ "field": v.field, "fault": code, "detail": detail,
                                        "message": words::fault(&v.field, &v.fault, lang) })
                })
                .collect();
        }
        if !self.details.is_empty() {
            object["details"] =
                self.details.iter().map(|(k, v)| (k.clone(), serde_json::Value::from(v.clone()))).collect();
        }
        object
    }
}

/// What is wrong with the field of this name, in the person's language.
pub fn fault_text(field: &str, fault: &Fault, lang: Lang) -> String {
    words::fault(field, fault, lang)
}

/// What a field is called, in the person's language; `contact.name` is the contact's field.
pub fn field_label(field: &str, lang: Lang) -> String {
    words::label(field, lang)
}

/// Why an undo kept a record, in words.
pub fn kept_text(reason: &str, who: &str, lang: Lang) -> String {
    words::kept(reason, who, lang)
}

/// Why a bulk action left a record as it is, as its own method would have said it.
pub fn refused(row: &rolo_proto::v1::BulkResult) -> Failure {
    words::refused(row)
}

/// What is wrong with a row of an import: its reason is a reason or a fault of `errors.md`.
pub fn row_fault_text(fault: &rolo_proto::v1::RowFault, lang: Lang) -> String {
    words::row_fault(fault, lang)
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for Failure {}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let text = scrub(status.message()).into_owned();
        let text = (text.clone(), text);
        let info = status.get_details_error_info().filter(|i| i.domain == "rolo");
        let reason = info
            .as_ref()
            .and_then(|i| Reason::from_code(&i.reason))
            .unwrap_or_else(|| if status.source().is_some() { Reason::Unavailable } else { reason_of(status.code()) });
        let on_the_way = info.is_none() && reason == Reason::Unavailable;
        let details = info.map(|i| i.metadata).unwrap_or_default();
        let violations = status.get_details_bad_request().map(|b| b.field_violations).unwrap_or_default();
        Self {
            reason,
            violations: violations
                .into_iter()
                .map(|v| {
                    let (code, detail) = v.description.split_once(':').unwrap_or((v.description.as_str(), ""));
                    Violation { field: scrub(&v.field).into_owned(), fault: Fault::new(code, detail) }
                })
                .collect(),
            details: details.into_iter().map(|(k, v)| (k, scrub(&v).into_owned())).collect(),
            retry_after: status.get_details_retry_info().and_then(|r| r.retry_delay),
            text: if on_the_way { broken(&status) } else { text },
            worded: false,
        }
    }
}

/// What happened on the way, in words; what the transport says of it is for the log.
fn broken(status: &Status) -> (String, String) {
    tracing::debug!(%status, "on the way");
    let late = status.code() == Code::DeadlineExceeded || status.message().contains("Timeout expired");
    let (en, zh) =
        if late { ("no answer in time", "超时未响应") } else { ("the connection broke", "连接中断") };
    (en.to_owned(), zh.to_owned())
}

/// The reason of a status that did not come from our server's own mapping: from tonic, hyper or h2 on the way. A
/// connection that breaks arrives under many codes (Unavailable, Unknown "transport error", Cancelled "h2 protocol
/// error", Cancelled "Timeout expired", or any code at all with what hyper or h2 said as its source); all of them mean:
/// outcome unknown, repeat with the same request id.
const fn reason_of(code: Code) -> Reason {
    match code {
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted => {
            Reason::Unavailable
        }
        Code::InvalidArgument | Code::OutOfRange => Reason::Validation,
        Code::NotFound => Reason::NotFound,
        Code::AlreadyExists => Reason::Duplicate,
        Code::PermissionDenied => Reason::Forbidden,
        Code::Unauthenticated => Reason::Unauthenticated,
        Code::ResourceExhausted => Reason::Busy,
        Code::FailedPrecondition => Reason::InvalidState,
        Code::Ok | Code::Internal | Code::Unimplemented | Code::DataLoss => Reason::Internal,
    }
}

#[cfg(test)]
mod tests {
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
        let late = rolo_proto::v1::BulkResult {
            owner: "李".into(),
            who: "张".into(),
            at: 7,
            ..row("INVALID_STATE", "assigned")
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
        let contract = include_str!("../../../proto/errors.md");
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
}
