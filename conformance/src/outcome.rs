//! How a case ends.

use crate::session::Broken;
use std::fmt::{self, Debug};

/// Why a case stopped before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The host answered something else than the clause demands.
    Mismatch {
        /// What was looked at.
        what: String,
        /// What the clause demands.
        expected: String,
        /// What the host did.
        actual: String,
    },
    /// The host did what no clause forbids and another host may do otherwise: shown, and no failure.
    Measured {
        /// What was looked at.
        what: String,
        /// What most hosts do.
        expected: String,
        /// What this one did.
        actual: String,
    },
    /// There was no answer to judge.
    Broken(Broken),
    /// The suite itself is wrong: a case that uses what it does not need, an empty slot.
    Suite(String),
    /// The case found that it cannot be decided here.
    Skip(String),
    /// A checker gave up before it knew.
    Unknown(String),
}

/// What a case returns.
pub type Outcome<T = ()> = Result<T, Stop>;

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { what, expected, actual } | Self::Measured { what, expected, actual } => {
                write!(f, "{what}\n  expected: {expected}\n    actual: {actual}")
            }
            Self::Broken(broken) => write!(f, "{broken}"),
            Self::Suite(why) => write!(f, "the suite is wrong: {why}"),
            Self::Skip(why) | Self::Unknown(why) => f.write_str(why),
        }
    }
}

/// Fails unless the two are equal.
///
/// # Errors
/// A mismatch that shows both.
pub fn expect_eq<T: PartialEq + Debug>(what: &str, actual: T, expected: T) -> Outcome {
    if actual == expected { Ok(()) } else { mismatch(what, &format!("{expected:?}"), &format!("{actual:?}")) }
}

/// Fails unless `holds`.
///
/// # Errors
/// A mismatch with these words.
pub fn expect(holds: bool, what: &str, expected: &str, actual: impl Debug) -> Outcome {
    if holds { Ok(()) } else { mismatch(what, expected, &format!("{actual:?}")) }
}

/// A mismatch.
///
/// # Errors
/// Always.
pub fn mismatch<T>(what: &str, expected: &str, actual: &str) -> Outcome<T> {
    Err(Stop::Mismatch { what: what.to_owned(), expected: shorten(expected), actual: shorten(actual) })
}

/// What of a case binds nobody, beside what a core clause demands: there a mismatch is what was measured.
///
/// # Errors
/// As `outcome`, a mismatch as [`Stop::Measured`].
pub fn measured<T>(outcome: Outcome<T>) -> Outcome<T> {
    outcome.map_err(|stop| match stop {
        Stop::Mismatch { what, expected, actual } => Stop::Measured { what, expected, actual },
        stop => stop,
    })
}

/// Long values help nobody: keeps the two ends.
fn shorten(text: &str) -> String {
    const KEEP: usize = 200;
    let count = text.chars().count();
    if count <= 2 * KEEP + 40 {
        return text.to_owned();
    }
    let head: String = text.chars().take(KEEP).collect();
    let tail: String = text.chars().skip(count - KEEP).collect();
    format!("{head} ... {} more ... {tail}", count - 2 * KEEP)
}

/// What a report says of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It ran and the clause holds.
    Pass,
    /// It ran and the clause does not hold.
    Fail,
    /// It did not run; the reason says why.
    Skip,
    /// It failed, as the host's list of known failures says.
    Xfail,
    /// It passed although that list says it fails.
    Xpass,
    /// It passed and failed in one run.
    Flaky,
    /// It ran and nobody can tell.
    Unknown,
    /// It could not be judged: the suite or the set-up broke.
    Error,
    /// It ran, however it ended: it is new in this minor version of the suite, and counts from the next one on.
    Provisional,
}

impl Verdict {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Fail,
        Self::Skip,
        Self::Xfail,
        Self::Xpass,
        Self::Flaky,
        Self::Unknown,
        Self::Error,
        Self::Provisional,
    ];

    /// The word that reports print.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Flaky => "flaky",
            Self::Unknown => "unknown",
            Self::Error => "error",
            Self::Provisional => "provisional",
        }
    }
}

impl From<&Outcome> for Verdict {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Ok(()) | Err(Stop::Measured { .. }) => Self::Pass,
            Err(Stop::Mismatch { .. }) => Self::Fail,
            // A trap, a dead host and a hang are the host's: they are failures, not excuses.
            Err(Stop::Broken(Broken::Trap(_) | Broken::HostDied(_) | Broken::Hung(_))) => Self::Fail,
            Err(Stop::Broken(Broken::Protocol(_) | Broken::Setup(_)) | Stop::Suite(_)) => Self::Error,
            Err(Stop::Skip(_)) => Self::Skip,
            Err(Stop::Unknown(_)) => Self::Unknown,
        }
    }
}
