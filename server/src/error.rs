//! What can go wrong, in the words of the domain (`domain-spec.md` §0.3). Mapped to a gRPC status in `rpc/status.rs` only.

use rolo_proto::v1::Kind;

use crate::db::faults::Stop;

/// The result of nearly everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One field that a person has to mend, and why (`code` is worded by the client, `errors.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's name as in the tables of `domain-spec.md` §3; `contact.name` for a field of a second record.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Violation {
    /// A violation of `fault` in `field`.
    pub fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self { field: field.into(), fault }
    }
}

/// Why a field's value cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A mandatory field (★) is empty.
    Required,
    /// Longer than this many characters.
    TooLong(usize),
    /// Outside the range, bounds included.
    OutOfRange(i64, i64),
    /// Not of the form that the field asks for; the argument names the form: `phone`, `email`, `date`, `usc`, ...
    Malformed(&'static str),
    /// The dictionary has no such entry, or it is retired; the argument is what was given.
    UnknownChoice(String),
    /// The record that the field refers to is not there; the argument is what was given.
    UnknownReference(String),
    /// More than one record answers to what was given.
    Ambiguous(String),
    /// The field cannot be written, or not by this call.
    NotWritable,
    /// It is so already.
    Unchanged,
    /// No field of this name exists.
    UnknownField,
    /// One of these fields must be given.
    OneOf(&'static str),
    /// The request id named another request before.
    UsedAlready,
}

/// Who holds what another call wanted, or who was there first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    /// The record that is in the way.
    pub id: i64,
    /// Its number, or its name where its kind has no number.
    pub label: String,
    /// The person responsible for it, empty if nobody is.
    pub owner: String,
    /// It lies in the recycle bin.
    pub deleted: bool,
}

/// A field that somebody else changed since it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The field.
    pub field: String,
    /// Who changed it last.
    pub who: String,
    /// When, in Unix milliseconds.
    pub at: i64,
}

/// Everything that a call can be refused for, or fail of.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some fields are invalid.
    #[error("invalid fields: {0:?}")]
    Validation(Vec<Violation>),
    /// The record's state does not allow the action; the argument is the state.
    #[error("the state {0} does not allow this")]
    InvalidState(String),
    /// The record's state does not allow the action any more, because somebody else was first.
    #[error("the state {state} does not allow this: {who} at {at}")]
    Overtaken {
        /// The state.
        state: String,
        /// Who is responsible for the record now.
        owner: String,
        /// Who brought the record there.
        who: String,
        /// When, in Unix milliseconds.
        at: i64,
    },
    /// The caller lacks the right.
    #[error("the right {0} is missing")]
    Forbidden(String),
    /// Only the responsible person may do this; the argument is that person's name, empty if nobody is.
    #[error("only the responsible person may do this")]
    NotOwner(String),
    /// The record does not exist, or not for this caller.
    #[error("there is no such record")]
    NotFound,
    /// The same data exist already.
    #[error("{field}: the same data exist already in {at:?}")]
    Duplicate {
        /// The field that must be unique.
        field: &'static str,
        /// Where.
        at: Match,
    },
    /// Something refers to the record; the argument says what.
    #[error("in use by {0}")]
    InUse(String),
    /// A dictionary entry that cannot be edited.
    #[error("this entry is not editable")]
    NotEditable,
    /// Somebody changed the record since it was read.
    #[error("changed by {who} at {at}")]
    Stale {
        /// Kind and id of the record.
        kind: Kind,
        /// Its id.
        id: i64,
        /// The revision it has now.
        revision: i64,
        /// The masked fields whose value is no longer the one seen, each with who changed it last and when.
        fields: Vec<Collision>,
        /// Who changed it last: one of these fields if any are named, else the record.
        who: String,
        /// When, in Unix milliseconds.
        at: i64,
    },
    /// A filter finds much more, or much less, than the person was shown.
    #[error("{found} records instead of {previewed}")]
    Drifted {
        /// What was shown.
        previewed: i64,
        /// What it finds now.
        found: i64,
    },
    /// No valid session.
    #[error("sign in first")]
    Unauthenticated,
    /// Name or password are wrong, or the account is disabled: deliberately one text.
    #[error("name or password is wrong")]
    BadCredentials,
    /// Too many attempts; try again in this many seconds.
    #[error("too many attempts, wait {0} s")]
    Throttled(u64),
    /// A one-time password must be changed before anything else.
    #[error("the password must be changed first")]
    PasswordChangeRequired,
    /// The page token is not one of ours, or belongs to another list.
    #[error("the page token does not fit this list")]
    BadPageToken,
    /// A stream cannot go on without a gap, or rights have changed: load anew, then watch from there.
    #[error("load anew, then watch from there")]
    Resync,
    /// The queue of writes is full; try again.
    #[error("too much at once")]
    Busy,
    /// The outcome is unknown; try again with the same request id.
    #[error("the outcome is unknown: {0}")]
    Unavailable(String),
    /// The store takes no writes at the moment; the argument says why and what to do. Nothing was written.
    #[error("the store is read-only: {0}")]
    ReadOnly(Stop),
    /// A defect of ours, or of the machine below.
    #[error("internal error: {0}")]
    Internal(String),
    /// A refusal that the audit log shall keep, wrapped by the kernel and unwrapped by the writer.
    #[error("refused: {cause}")]
    Refused {
        /// What was asked for, and by whom.
        refusal: Box<crate::audit::Refusal>,
        /// Why it was refused.
        cause: Box<Error>,
    },
    /// The database failed.
    #[error("database")]
    Db(#[from] rusqlite::Error),
}

impl Error {
    /// One invalid field.
    pub fn field(field: impl Into<String>, fault: Fault) -> Self {
        Self::Validation(vec![Violation::new(field, fault)])
    }

    /// The reason as the API names it (`errors.md`).
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Validation(_) => "VALIDATION",
            Self::InvalidState(_) | Self::Overtaken { .. } => "INVALID_STATE",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotOwner(_) => "NOT_OWNER",
            Self::NotFound => "NOT_FOUND",
            Self::Duplicate { .. } => "DUPLICATE",
            Self::InUse(_) => "IN_USE",
            Self::NotEditable => "NOT_EDITABLE",
            Self::Stale { .. } | Self::Drifted { .. } => "STALE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::Throttled(_) => "THROTTLED",
            Self::PasswordChangeRequired => "PASSWORD_CHANGE_REQUIRED",
            Self::BadPageToken => "BAD_PAGE_TOKEN",
            Self::Resync => "RESYNC",
            Self::Busy => "BUSY",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::ReadOnly(_) => "READ_ONLY",
            Self::Internal(_) | Self::Db(_) => "INTERNAL",
            Self::Refused { cause, .. } => cause.reason(),
        }
    }

    /// A refusal for want of a right or in view of the record, which the audit log keeps; not a slip of the keyboard.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Forbidden(_)
                | Self::NotOwner(_)
                | Self::NotFound
                | Self::InvalidState(_)
                | Self::Overtaken { .. }
                | Self::NotEditable
        )
    }

    /// The same failure for another waiter of the same batch.
    pub(crate) fn duplicate(&self) -> Self {
        match self {
            Self::ReadOnly(why) => Self::ReadOnly(*why),
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
