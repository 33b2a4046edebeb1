//! Why a call failed.

use std::fmt;

/// What went wrong. Closed: an exhaustive `match` is the point, and every language has the same nine.
///
/// How fine a kind is depends on the package that the failed function belongs to. Standard packages have fewer cases:
/// each module says which kinds its functions can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The named store or topic does not exist. A missing *key* is not an error.
    NotFound,
    /// The component was not granted this, whether it exists or not.
    AccessDenied,
    /// An argument is malformed: the same call can never succeed.
    Invalid,
    /// A condition did not hold, or a cursor or version is from before the link was switched.
    Conflict,
    /// The host does not offer this.
    Unsupported,
    /// A declared limit was exceeded: size, length, count or rate.
    Quota,
    /// No answer in time.
    Timeout,
    /// The backend cannot be reached.
    Unavailable,
    /// Anything else.
    Other,
}

impl Kind {
    /// The name of the kind in WIT, as logs and reports print it: `not-found`, `access-denied` and so on.
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
    /// Nothing changed, and nothing will (KVX-61).
    No,
    /// The write may have happened, now or later: read before you write again (KV-STORE-S17). Never said of a read.
    Maybe,
}

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Match on `kind` and `applied`, never on the text.
///
/// ```
/// use wasi_cloud_sdk::{Applied, Error, Kind};
///
/// let error = Error::new(Kind::Invalid, "an order needs an amount");
/// assert_eq!(error.applied, Applied::No);
/// assert_eq!(error.to_string(), "invalid: an order needs an amount");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// Whether the call may have taken effect.
    pub applied: Applied,
    /// For people.
    pub message: String,
}

impl Error {
    /// An error of your own, for instance from a handler: nothing changed.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, applied: Applied::No, message: message.into() }
    }

    /// An error of kind [`Kind::Other`] with the text of any other error. With `map_err` it carries that text to the
    /// host.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Error, Result};
    /// fn number(text: &str) -> Result<u32> {
    ///     text.parse().map_err(Error::other)
    /// }
    /// assert_eq!(number("7").ok(), Some(7));
    /// assert!(number("seven").is_err());
    /// ```
    #[must_use]
    pub fn other(why: impl fmt::Display) -> Self {
        // Errors that know their causes print them in the alternate form.
        Self::new(Kind::Other, format!("{why:#}"))
    }

    /// The same failure, but the write may have happened.
    #[must_use]
    pub fn maybe_applied(mut self) -> Self {
        self.applied = Applied::Maybe;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}
