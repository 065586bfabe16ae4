//! What can go wrong under the writer: why writes stop, and the seam through which the tests make it happen.

use std::fmt;

use rusqlite::{Connection, ErrorCode};

/// A place on the writer's way at which the machine below may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A batch begins, or a probe whether writes are possible again.
    Begin,
    /// A statement of a job.
    Statement,
    /// Just before the COMMIT.
    Commit,
    /// Just after the COMMIT, before anybody is answered: an error here is one whose outcome is unknown.
    Committed,
    /// Before the log is folded back.
    Checkpoint,
}

/// Faults on demand. Nothing in this crate implements it: production runs without.
pub trait Faults: fmt::Debug + Send + Sync {
    /// Called at each point with the writer's connection.
    ///
    /// # Errors
    /// The fault that strikes here; it takes the place of what would have been done.
    fn at(&self, point: Point, conn: &Connection) -> rusqlite::Result<()>;
}

/// Why no write is possible at the moment. The text says what to do; clients word the code themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// No space is left.
    DiskFull,
    /// Reading or writing fails.
    Io,
    /// What is in the file is not what was written.
    Damaged,
    /// The file cannot be written.
    FileReadOnly,
}

impl Stop {
    /// What a failure of the engine means for the writes to come; none if the next one may well succeed.
    pub(super) fn of(code: Option<ErrorCode>) -> Option<Self> {
        match code? {
            ErrorCode::DiskFull => Some(Self::DiskFull),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Some(Self::Io),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
            ErrorCode::ReadOnly => Some(Self::FileReadOnly),
            _ => None,
        }
    }

    /// Whether trying again by itself is safe and may help: a full or failing disk may recover; a damaged file does
    /// not, and one that became read-only may have been replaced.
    pub(super) fn passes(self) -> bool {
        matches!(self, Self::DiskFull | Self::Io)
    }

    /// The word in the metadata of `READ_ONLY` (`errors.md`).
    pub fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "DISK_FULL",
            Self::Io => "IO",
            Self::Damaged => "DAMAGED",
            Self::FileReadOnly => "FILE_READ_ONLY",
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFull => "the disk is full; free some space, writing then goes on by itself",
            Self::Io => "the disk fails; check the machine, writing goes on by itself once it works again",
            Self::Damaged => "the database file is damaged; stop the server and restore a backup",
            Self::FileReadOnly => {
                "the database file cannot be written; check its owner, permissions and mount, then restart the server"
            }
        })
    }
}
