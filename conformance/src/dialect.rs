//! What hosts link that do not link our packages. A bridge is a component that gives a guest ours and takes theirs: it is
//! composed under the driver, and what it cannot express is not applicable, never passed.

use serde::Deserialize;

/// A package that a bridge stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Dialect {
    /// wasmtime's and wasmCloud's: cursors are numbers, `increment` adds, and there is no compare-and-swap.
    #[serde(rename = "wasi:keyvalue@0.2.0-draft")]
    KeyvalueDraft,
}

impl Dialect {
    /// The package, as hosts' files name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyvalueDraft => "wasi:keyvalue@0.2.0-draft",
        }
    }

    /// The component in the corpus.
    #[must_use]
    pub const fn bridge(self) -> &'static str {
        match self {
            Self::KeyvalueDraft => "bridge/keyvalue-draft",
        }
    }

    /// What it cannot express, by the words of needs.
    #[must_use]
    pub const fn lacks(self) -> &'static [&'static str] {
        match self {
            Self::KeyvalueDraft => &["cas", "decrement", "extension", "overflow", "watcher"],
        }
    }
}
