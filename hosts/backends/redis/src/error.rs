//! What Redis, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the code of a refusal, never its wording: servers quote arguments, and with them keys and values.

use redis::{ErrorKind, RedisError};
use wasi_cloud_core::{Error, Kind};

/// What a command does, and so what is known when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: every failure is definite.
    Read,
    /// It changes something: a failure without an answer is indefinite.
    Write,
}

/// A connection that was not made. Whatever the reason, it is definite, and it is not the guest's doing.
pub(crate) fn unreachable(why: &RedisError, url: &str) -> Error {
    Error::new(Kind::Unavailable, format!("no connection to {url}: {}", reason(why)))
}

/// A command that failed on a connection that had been made.
///
/// A refusal is an answer, and nothing we send is refused half way: our scripts refuse before they write.
pub(crate) fn failed(why: &RedisError, effect: Effect, url: &str) -> Error {
    let (kind, answered) = match (why.kind(), why.code()) {
        (ErrorKind::Server(_) | ErrorKind::Extension, Some(code)) => (refusal(code), true),
        (ErrorKind::AuthenticationFailed, _) => (Kind::Unavailable, true),
        (ErrorKind::Io, _) if why.is_timeout() => (Kind::Timeout, false),
        (ErrorKind::Io, _) => (Kind::Unavailable, false),
        _ => (Kind::Other, false),
    };
    let error = Error::new(kind, format!("{url}: {}", reason(why)));
    if answered { error } else { lost(error, effect) }
}

/// An answer of a form that the command cannot have.
pub(crate) fn unexpected(effect: Effect, url: &str) -> Error {
    lost(Error::new(Kind::Other, format!("{url}: the server's answer makes no sense; is it Redis 6 or later?")), effect)
}

fn lost(error: Error, effect: Effect) -> Error {
    match effect {
        Effect::Read => error,
        Effect::Write => error.maybe_applied(),
    }
}

/// The kind of a refusal, by its code: the first word of the protocol's error reply.
fn refusal(code: &str) -> Kind {
    match code {
        // Not now, not here, or not for the operator's credentials.
        "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "MISCONF" | "NOREPLICAS"
        | "MOVED" | "ASK" | "NOAUTH" | "WRONGPASS" | "NOPERM" => Kind::Unavailable,
        "OOM" => Kind::Quota,
        _ => Kind::Other,
    }
}

fn reason(why: &RedisError) -> String {
    if why.is_io_error() {
        return why.to_string();
    }
    match why.code() {
        Some("WRONGTYPE") => {
            "the key holds something that is no string (WRONGTYPE); another program wrote it".to_owned()
        }
        Some(code) => format!("the server refused ({code})"),
        None => why.category().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use wasi_cloud_core::Applied;

    fn refused(code: &str) -> Error {
        let why = redis::make_extension_error(code.to_owned(), Some("about hunter2".to_owned()));
        failed(&why, Effect::Write, "redis://h")
    }

    #[test]
    fn a_refusal_is_definite_and_its_wording_is_not_repeated() {
        let expected = [
            (Kind::Unavailable, &["LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "NOAUTH", "WRONGPASS"][..]),
            (Kind::Quota, &["OOM"]),
            (Kind::Other, &["WRONGTYPE", "ERR", "NOSUCHCODE"]),
        ];
        for (kind, codes) in expected {
            for code in codes {
                let error = refused(code);
                assert_eq!((error.kind, error.applied), (kind, Applied::No), "{code}");
                assert!(error.message.contains(code) && !error.message.contains("hunter2"), "{error}");
            }
        }
    }

    #[test]
    fn a_lost_answer_is_indefinite_for_a_write_only() {
        let expected = [
            (io::ErrorKind::TimedOut, Kind::Timeout),
            (io::ErrorKind::BrokenPipe, Kind::Unavailable),
            (io::ErrorKind::ConnectionReset, Kind::Unavailable),
            (io::ErrorKind::InvalidData, Kind::Unavailable),
        ];
        for (io, kind) in expected {
            let why = RedisError::from(io::Error::from(io));
            let (read, write) = (failed(&why, Effect::Read, "u"), failed(&why, Effect::Write, "u"));
            assert_eq!((read.kind, read.applied), (kind, Applied::No));
            assert_eq!((write.kind, write.applied), (kind, Applied::Maybe));
            let dial = unreachable(&why, "u");
            assert_eq!((dial.kind, dial.applied), (Kind::Unavailable, Applied::No));
        }
    }

    #[test]
    fn nonsense_is_other() {
        let why = RedisError::from((ErrorKind::Parse, "junk", "hunter2".to_owned()));
        let error = failed(&why, Effect::Write, "u");
        assert_eq!((error.kind, error.applied), (Kind::Other, Applied::Maybe));
        assert!(!error.message.contains("hunter2"));
        assert_eq!(unexpected(Effect::Read, "u").applied, Applied::No);
    }
}
