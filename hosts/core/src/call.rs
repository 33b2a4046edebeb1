//! One operation, reified: all that a grant, a layer or a trace may look at. Values are not among it.

use std::fmt;

/// What an operation does to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Obtains a handle and touches no data. Any grant on the label allows it.
    Open,
    /// Reads.
    Read,
    /// Writes, or sends.
    Write,
}

impl Access {
    /// The word that grants use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// One operation of one capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// The capability word: `keyvalue`, `messaging`, `config`.
    pub capability: &'static str,
    /// The operation, by its WIT name: `get`, `list-keys`, `send`.
    pub op: &'static str,
    /// What it does.
    pub access: Access,
    /// The label that the guest named.
    pub label: &'a str,
    /// The key or topic; empty where the operation has none, or several.
    pub key: &'a str,
    /// Whether running it twice equals running it once.
    pub idempotent: bool,
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.capability, self.label, self.op)
    }
}
