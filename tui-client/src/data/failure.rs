//! What a refusal or a failed call means, decoded once from the status of the call (`proto/errors.md`) and worded in the
//! person's language: what happened, which field or state, and what to do next.

use std::{collections::BTreeMap, error::Error as _, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::scrub::scrub;
use crate::strings::Lang;

mod kinds;
mod words;

pub use kinds::{Fault, Reason};

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

    /// The same at the end of a command.
    pub fn at_prompt(&self, lang: Lang) -> String {
        words::at_prompt(self, lang)
    }

    /// As an object for `--json`: `error`, `message`, `fields`, and the details of the reason.
    pub fn json(&self, lang: Lang) -> serde_json::Value {
        let mut object = serde_json::json!({ "error": self.reason.code(), "message": self.at_prompt(lang) });
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
mod tests;
