//! The languages that guests are written in, each on an SDK of its own.

use clap::{ValueEnum, builder::PossibleValue};
use std::fmt;

/// A language with an SDK. One more is a variant, its name, and its guests in the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// `sdk-rust`.
    Rust,
    /// `sdk-c`.
    C,
    /// `bindgen-go/go`.
    Go,
}

impl Language {
    /// All of them, whether this build has guests in them or not.
    pub const ALL: [Self; 3] = [Self::Rust, Self::C, Self::Go];

    /// The name on the command line, and of the folder in the corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Go => "go",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
