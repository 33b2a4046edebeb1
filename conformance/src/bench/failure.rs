use crate::{
    outcome::{Outcome, expect, mismatch},
    wire,
};
use wasi_cloud_core::{Applied, Kind};

/// A failure that a guest saw, the same for every driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub kind: Kind,
    /// Whether the call may have taken effect.
    pub applied: Applied,
    /// For people; cases never look at it.
    pub message: String,
}

impl Failure {
    /// Fails unless the kind is one of these.
    pub fn is(&self, what: &str, kinds: &[Kind]) -> Outcome {
        if kinds.contains(&self.kind) {
            return Ok(());
        }
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        mismatch(what, &format!("failure {}", names.join(" or ")), &self.to_string())
    }

    /// Fails unless the guest was told that the write may have happened.
    pub fn is_open(&self, what: &str) -> Outcome {
        expect(self.applied == Applied::Maybe, what, "applied: maybe", self)
    }

    /// Fails unless the guest was told that nothing changed.
    pub fn is_definite(&self, what: &str) -> Outcome {
        expect(self.applied == Applied::No, what, "applied: no", self)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let applied = if self.applied == Applied::Maybe { ", maybe applied" } else { "" };
        write!(f, "failure {}{applied} ({})", self.kind, self.message)
    }
}

macro_rules! failures {
    ($($wire:ident)*) => {$(
        impl From<wire::$wire::Failure> for Failure {
            fn from(failure: wire::$wire::Failure) -> Self {
                use wire::$wire::{Applied as A, Kind as K};
                Self {
                    kind: match failure.kind {
                        K::NotFound => Kind::NotFound,
                        K::AccessDenied => Kind::AccessDenied,
                        K::Invalid => Kind::Invalid,
                        K::Conflict => Kind::Conflict,
                        K::Unsupported => Kind::Unsupported,
                        K::Quota => Kind::Quota,
                        K::Timeout => Kind::Timeout,
                        K::Unavailable => Kind::Unavailable,
                        K::Other => Kind::Other,
                    },
                    applied: match failure.applied {
                        A::No => Applied::No,
                        A::Maybe => Applied::Maybe,
                    },
                    message: failure.message,
                }
            }
        }

        impl From<wasi_cloud_core::Error> for wire::$wire::Failure {
            fn from(error: wasi_cloud_core::Error) -> Self {
                use wire::$wire::{Applied as A, Kind as K};
                Self {
                    kind: match error.kind {
                        Kind::NotFound => K::NotFound,
                        Kind::AccessDenied => K::AccessDenied,
                        Kind::Invalid => K::Invalid,
                        Kind::Conflict => K::Conflict,
                        Kind::Unsupported => K::Unsupported,
                        Kind::Quota => K::Quota,
                        Kind::Timeout => K::Timeout,
                        Kind::Unavailable => K::Unavailable,
                        Kind::Other => K::Other,
                    },
                    applied: match error.applied {
                        Applied::No => A::No,
                        Applied::Maybe => A::Maybe,
                    },
                    message: error.message,
                }
            }
        }
    )*};
}
failures! { keyvalue keyvalue_ext messaging config }
