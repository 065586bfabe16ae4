//! The reasons of refusals and the faults of fields, with their codes (`proto/errors.md`).

use crate::data::scrub::scrub;

/// Why a call was refused or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Some fields are invalid, see [`super::Failure::violations`].
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
