//! The one error of every capability: a closed kind, whether the write may have happened, and a text.

use std::{fmt, sync::Arc};

/// What went wrong. Closed: an exhaustive `match` is the point, and every language has the same nine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The named store, topic or broker does not exist. A missing *key* is not an error.
    NotFound,
    /// No grant allows the call. Only [`Link::run`](crate::Link::run) says this; backends never do.
    AccessDenied,
    /// An argument is malformed: the same call can never succeed.
    Invalid,
    /// A condition did not hold, or a cursor or version belongs to an earlier route of the link.
    Conflict,
    /// The backend does not offer this and its description says so.
    Unsupported,
    /// A declared limit was exceeded: size, length, count or rate.
    Quota,
    /// No answer within the deadline.
    Timeout,
    /// The backend cannot be reached, or refuses the operator's own credentials.
    Unavailable,
    /// Anything else, such as a value that is not a counter.
    Other,
}

impl Kind {
    /// All nine, in the order of the WIT enum.
    pub const ALL: [Self; 9] = [
        Self::NotFound,
        Self::AccessDenied,
        Self::Invalid,
        Self::Conflict,
        Self::Unsupported,
        Self::Quota,
        Self::Timeout,
        Self::Unavailable,
        Self::Other,
    ];

    /// The WIT name, as reports, logs and metrics print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::AccessDenied => "access-denied",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Unsupported => "unsupported",
            Self::Quota => "quota",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a failed call may have changed something all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applied {
    /// Definite: nothing changed.
    No,
    /// Indefinite: the write may have happened, now or later. Never said of a read.
    Maybe,
}

/// The result of a capability call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Match on [`kind`](Self::kind) and [`applied`](Self::applied), never on the text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// Whether the call may have taken effect.
    pub applied: Applied,
    /// For people: what happened and, where one is known, what to do. Never holds a secret or a value.
    pub message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A definite failure: nothing changed.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, applied: Applied::No, message: message.into(), source: None }
    }

    /// The same failure, but the write may have happened.
    #[must_use]
    pub fn maybe_applied(mut self) -> Self {
        self.applied = Applied::Maybe;
        self
    }

    /// The same failure, with its cause kept for logs.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, Kind::Unavailable | Kind::Timeout)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| &**e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|k| k.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
