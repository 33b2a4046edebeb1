//! What each standard package can tell of a failure, and the error that this SDK makes of it. The wasm side and the
//! native twin share this, so that a native test sees exactly what a guest sees.

use crate::{Applied, Error, Kind};

/// What a call does to its target: decides what an open failure may have left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    fn open(self, kind: Kind, message: String) -> Error {
        let applied = match self {
            Self::Read => Applied::No,
            Self::Write => Applied::Maybe,
        };
        Error { kind, applied, message }
    }
}

/// `wasi:keyvalue/store.error`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyValue {
    NoSuchStore,
    AccessDenied,
    Other(String),
}

impl KeyValue {
    pub(crate) fn of(self, access: Access) -> Error {
        match self {
            Self::NoSuchStore => Error::new(Kind::NotFound, "no such store: nothing is linked to this label"),
            Self::AccessDenied => Error::new(Kind::AccessDenied, "no grant allows this"),
            Self::Other(text) => access.open(Kind::Other, text),
        }
    }
}

/// `wasi:messaging/types.error`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Messaging {
    Timeout,
    Connection(String),
    PermissionDenied(String),
    Other(String),
}

impl Messaging {
    pub(crate) fn of(self, access: Access) -> Error {
        match self {
            Self::Timeout => access.open(Kind::Timeout, "no answer in time".to_owned()),
            Self::Connection(text) => access.open(Kind::Unavailable, text),
            Self::PermissionDenied(text) => Error::new(Kind::AccessDenied, text),
            Self::Other(text) => access.open(Kind::Other, text),
        }
    }
}

/// `wasi:config/store.error`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Config {
    Upstream(String),
    Io(String),
}

impl From<Config> for Error {
    fn from(case: Config) -> Self {
        match case {
            Config::Upstream(text) => Self::new(Kind::Other, text),
            Config::Io(text) => Self::new(Kind::Unavailable, text),
        }
    }
}

/// What the host gets to see of a handler's error: the text, and the kind if it tells more than the text.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "natively the test gets the error itself"))]
pub(crate) fn text(error: Error) -> String {
    match error.kind {
        Kind::Other => error.message,
        _ => error.to_string(),
    }
}
