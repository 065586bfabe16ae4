//! Why a row is not taken, as the API tells it; and what is no fault of the row.

use rolo_proto::v1::RowFault;
use rusqlite::ErrorCode;

use crate::{
    error::{Error, Fault, Match},
    rpc::status,
};

/// Why the work on a row ended.
#[derive(Debug)]
pub enum Stop {
    /// The row is refused.
    Refused(Vec<RowFault>),
    /// The server cannot go on.
    Failed(Error),
}

impl Stop {
    /// The same, its fields being those of the second kind, which begin so.
    pub fn of_second(self, prefix: &str) -> Self {
        match self {
            Self::Refused(mut faults) => {
                for fault in faults.iter_mut().filter(|fault| !fault.field.is_empty() && !fault.field.contains('.')) {
                    fault.field.insert_str(0, prefix);
                }
                Self::Refused(faults)
            }
            failed => failed,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let (field, detail) = match &error {
            Error::Validation(violations) => {
                return Self::Refused(violations.iter().map(|one| fault(&one.field, &one.fault)).collect());
            }
            Error::Refused { cause, .. } => (String::new(), cause.to_string()),
            Error::Duplicate { field, at } => ((*field).to_owned(), in_the_way(at)),
            Error::InvalidState(detail) | Error::Forbidden(detail) | Error::NotOwner(detail) | Error::InUse(detail) => {
                (String::new(), detail.clone())
            }
            Error::Overtaken { state, .. } => (String::new(), state.clone()),
            Error::NotFound | Error::NotEditable => Default::default(),
            // One row that the schema refuses must not keep all the others out for ever.
            Error::Db(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                tracing::error!(%cause, "a row of an import breaks a constraint that a rule should have caught");
                Default::default()
            }
            _ => return Self::Failed(error),
        };
        Self::Refused(vec![RowFault { field, reason: error.reason().to_owned(), detail }])
    }
}

/// The most characters of a detail. A default may be a flood, and every row would keep it with its fault.
const MOST_DETAIL: usize = 200;

/// A field's fault.
pub fn fault(field: &str, fault: &Fault) -> RowFault {
    let text = status::fault(fault);
    let (reason, detail) = text.split_once(':').unwrap_or((&text, ""));
    RowFault { field: field.to_owned(), reason: reason.to_owned(), detail: detail.chars().take(MOST_DETAIL).collect() }
}

fn in_the_way(at: &Match) -> String {
    if at.deleted { ["deleted:", &at.label].concat() } else { at.label.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 2: "a match in the recycle bin is refused with that reason".
    #[test]
    fn a_match_in_the_recycle_bin_says_so() {
        let at = Match { label: "KH261201001 华盛".into(), deleted: true, ..Match::default() };
        let Stop::Refused(faults) = Stop::from(Error::Duplicate { field: "name", at }).of_second("contact.") else {
            panic!("not the row's fault")
        };
        let told: Vec<_> = faults.iter().map(|f| (f.field.as_str(), f.reason.as_str(), f.detail.as_str())).collect();
        assert_eq!(told, [("contact.name", "DUPLICATE", "deleted:KH261201001 华盛")]);
    }

    #[test]
    fn a_field_fault_keeps_its_detail_apart_and_an_engine_failure_is_no_fault_of_the_row() {
        let told = fault("tel", &Fault::TooLong(50));
        assert_eq!((told.reason.as_str(), told.detail.as_str()), ("TOO_LONG", "50"));
        assert!(matches!(Stop::from(Error::Unavailable("disk".into())), Stop::Failed(_)));
    }
}
