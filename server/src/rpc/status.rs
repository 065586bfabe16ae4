//! Errors as gRPC statuses (`proto/errors.md`). The only file that makes a `Status`.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::error::{Error, Fault};

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "rolo";
/// A refusal travels in headers, of which a client takes 16 KiB: characters of one text, bytes of all faults.
const TEXT: usize = 300;
const NAME: usize = 40;
const DETAILS: usize = 5_000;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

fn status(error: &Error) -> Status {
    let mut metadata = HashMap::new();
    let mut put = |key: &str, value: String| metadata.insert(key.to_owned(), short(&value));
    let mut details = ErrorDetails::new();
    let code = match error {
        Error::Refused { cause, .. } => return status(cause),
        Error::Validation(violations) => {
            let mut room = DETAILS;
            let told = violations.iter().map(|v| FieldViolation::new(short(&v.field), short(&fault(&v.fault))));
            let told = told.take_while(|told| {
                room = room.saturating_sub(told.field.len() + told.description.len());
                room > 0
            });
            details.set_bad_request(told.collect::<Vec<_>>());
            Code::InvalidArgument
        }
        Error::InvalidState(state) => {
            put("state", state.clone());
            details.add_precondition_failure_violation("STATE", state, "the state does not allow this");
            Code::FailedPrecondition
        }
        Error::Overtaken { state, owner, who, at } => {
            put("state", state.clone());
            put("owner", owner.clone());
            put("who", who.clone());
            put("at", at.to_string());
            details.add_precondition_failure_violation("STATE", state, "the state does not allow this");
            Code::FailedPrecondition
        }
        Error::Forbidden(permission) => {
            put("permission", permission.clone());
            Code::PermissionDenied
        }
        Error::NotOwner(owner) => {
            put("owner", owner.clone());
            Code::PermissionDenied
        }
        Error::NotFound => Code::NotFound,
        Error::Duplicate { field, at } => {
            put("field", (*field).to_owned());
            put("id", at.id.to_string());
            put("label", at.label.clone());
            put("owner", at.owner.clone());
            put("deleted", at.deleted.to_string());
            Code::AlreadyExists
        }
        Error::InUse(by) => {
            put("by", by.clone());
            details.add_precondition_failure_violation("IN_USE", by, "something refers to the record");
            Code::FailedPrecondition
        }
        Error::NotEditable => {
            details.add_precondition_failure_violation("NOT_EDITABLE", "", "this entry is fixed");
            Code::FailedPrecondition
        }
        Error::Stale { kind, id, revision, fields, who, at } => {
            put("kind", kind.as_str_name().to_owned());
            put("id", id.to_string());
            put("revision", revision.to_string());
            put("fields", fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>().join(","));
            put("who", who.clone());
            put("at", at.to_string());
            for collision in fields {
                // All fields of a record may collide, and a name may be long: together they must fit into a header.
                put(&format!("who.{}", collision.field), collision.who.chars().take(NAME).collect());
                put(&format!("at.{}", collision.field), collision.at.to_string());
            }
            Code::Aborted
        }
        Error::Drifted { previewed, found } => {
            put("previewed", previewed.to_string());
            put("found", found.to_string());
            Code::Aborted
        }
        Error::Unauthenticated | Error::BadCredentials => Code::Unauthenticated,
        Error::Throttled(seconds) => {
            put("seconds", seconds.to_string());
            details.set_retry_info(Some(Duration::from_secs(*seconds)));
            Code::ResourceExhausted
        }
        Error::PasswordChangeRequired => Code::FailedPrecondition,
        Error::BadPageToken => Code::InvalidArgument,
        Error::Resync => Code::FailedPrecondition,
        Error::Busy => {
            details.set_retry_info(Some(Duration::from_millis(100)));
            Code::ResourceExhausted
        }
        Error::Unavailable(_) => Code::Unavailable,
        Error::ReadOnly(why) => {
            put("why", why.code().to_owned());
            Code::Unavailable
        }
        Error::Internal(_) | Error::Db(_) => {
            let incident = incident();
            // Details stay in the log: an internal text may hold what the caller must not see.
            tracing::error!(incident, %error, source = ?std::error::Error::source(error), "internal error");
            put("incident", incident);
            details.set_error_info(error.reason(), DOMAIN, metadata);
            return Status::with_error_details(Code::Internal, "internal error, see the server's log", details);
        }
    };
    details.set_error_info(error.reason(), DOMAIN, metadata);
    Status::with_error_details(code, short(&error.to_string()), details)
}

/// The message itself is none of this contract.
pub fn unreadable() -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info("VALIDATION", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, "the message cannot be read", details)
}

/// A text with what the caller sent in it, short enough for a header: too long a header ends the whole connection.
fn short(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

/// A short random name by which a defect is found in the log.
fn incident() -> String {
    let mut bytes = [0_u8; 4];
    // Without randomness every incident is called the same; the log still has them all.
    let _ = getrandom::fill(&mut bytes);
    format!("{:08x}", u32::from_le_bytes(bytes))
}

/// `CODE` or `CODE:detail`, as `errors.md` lists them.
pub fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Required => "REQUIRED".into(),
        Fault::TooLong(max) => format!("TOO_LONG:{max}"),
        Fault::OutOfRange(min, max) => format!("OUT_OF_RANGE:{min}..{max}"),
        Fault::Malformed(form) => format!("MALFORMED:{form}"),
        Fault::UnknownChoice(given) => format!("UNKNOWN_CHOICE:{given}"),
        Fault::UnknownReference(given) => format!("UNKNOWN_REFERENCE:{given}"),
        Fault::Ambiguous(given) => format!("AMBIGUOUS:{given}"),
        Fault::NotWritable => "NOT_WRITABLE".into(),
        Fault::Unchanged => "UNCHANGED".into(),
        Fault::UnknownField => "UNKNOWN_FIELD".into(),
        Fault::OneOf(fields) => format!("ONE_OF:{fields}"),
        Fault::UsedAlready => "USED_ALREADY".into(),
    }
}
