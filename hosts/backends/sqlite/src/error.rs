//! What SQLite says, as our nine kinds.

use rusqlite::ErrorCode as Code;
use wasi_cloud_core::{Error, Kind};

/// Whether what failed may have changed something all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It read, or failed before it was committed.
    Read,
    /// It was being committed.
    Write,
}

/// Why work inside a transaction stops.
pub(crate) enum Stop {
    Sqlite(rusqlite::Error),
    Ours(Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Stop {
    /// Of work that is not committed: nothing changed.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Sqlite(error) => refused(error, Effect::Read),
            Self::Ours(error) => error,
        }
    }
}

/// SQLite's errors. The texts are ours, for its own may name what only the operator should see.
pub(crate) fn refused(error: rusqlite::Error, effect: Effect) -> Error {
    let code = error.sqlite_error_code();
    let (kind, text) = match code {
        Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed) => {
            return late().with_source(error);
        }
        Some(Code::DiskFull) => (Kind::Quota, "the disk or the store's `max-size` is full; delete keys or raise it"),
        Some(Code::TooBig) => (Kind::Quota, "it is larger than SQLite takes"),
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
            (Kind::Other, "the file is damaged or no database; restore it from a copy")
        }
        Some(Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied | Code::AuthorizationForStatementDenied) => {
            (Kind::Unavailable, "the file cannot be opened for writing; look at its permissions and its folder's")
        }
        Some(Code::SystemIoFailure | Code::OutOfMemory) => {
            (Kind::Unavailable, "the system failed to read or write the file; look at the disk")
        }
        _ => (Kind::Other, "SQLite refused the statement; another program may have changed the tables"),
    };
    // A full disk has no room for the mark that makes a transaction one; whether that mark is on a disk that failed
    // otherwise shows only after the next start.
    let definite = effect == Effect::Read || matches!(code, Some(Code::DiskFull));
    let told = Error::new(kind, text).with_source(error);
    if definite { told } else { told.maybe_applied() }
}

/// The lock was held for too long, and so nothing changed.
pub(crate) fn late() -> Error {
    Error::new(Kind::Timeout, "the file was in use for longer than `busy-timeout`; try again")
}

/// The thread is gone, which only a defect of ours can cause.
pub(crate) fn gone(effect: Effect) -> Error {
    let told = Error::new(Kind::Unavailable, "the store has stopped; restart the host");
    if effect == Effect::Read { told } else { told.maybe_applied() }
}
