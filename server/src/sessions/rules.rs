//! What a password must be, and how long a session lasts. Pure.

use crate::{
    clock::{DAY, HOUR, MINUTE, Millis},
    error::{Error, Fault, Result},
};

/// A session nobody used for so long is over.
pub const IDLE: Millis = 12 * HOUR;
/// A session is over after so long, however busy.
pub const ABSOLUTE: Millis = 14 * DAY;
/// The time of the last call is written at most so often.
pub const SEEN_GRAIN: Millis = MINUTE;

/// The fewest and the most characters of a password.
pub const PASSWORD_CHARS: (usize, usize) = (8, 256);

/// Whether a session is still open.
pub fn is_open(created_at: Millis, seen_at: Millis, now: Millis) -> bool {
    now < created_at + ABSOLUTE && now < seen_at + IDLE
}

/// Checks a new password: long enough, not the account's name.
///
/// # Errors
/// `VALIDATION` at `field`.
pub fn check_password(field: &str, name: &str, password: &str) -> Result<()> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS.0 || password.trim().is_empty() || password.eq_ignore_ascii_case(name) {
        return Err(Error::field(field, Fault::Malformed("password")));
    }
    if chars > PASSWORD_CHARS.1 {
        return Err(Error::field(field, Fault::TooLong(PASSWORD_CHARS.1)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S01-18
    #[test]
    fn a_session_ends_after_twelve_idle_hours_and_after_fourteen_days() {
        assert!(is_open(0, 0, IDLE - 1));
        assert!(!is_open(0, 0, IDLE));
        assert!(is_open(0, ABSOLUTE - 1, ABSOLUTE - 1));
        assert!(!is_open(0, ABSOLUTE - 1, ABSOLUTE));
    }

    #[test]
    fn a_password_is_neither_short_nor_blank_nor_the_name() {
        assert!(check_password("password", "li", "correct horse").is_ok());
        assert!(check_password("password", "li", "一二三四五六七八").is_ok());
        for bad in ["", "short", "        ", "Administrator"] {
            assert!(check_password("password", "administrator", bad).is_err(), "{bad:?} was taken");
        }
    }
}
