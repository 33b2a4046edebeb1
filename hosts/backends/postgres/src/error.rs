//! What PostgreSQL, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the SQLSTATE of a refusal, never its wording: servers quote names and values.

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::error::SqlState;
use wasi_cloud_core::{Error, Kind};

/// What a statement does, and so what is known when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: every failure is definite.
    Read,
    /// It changes something: a failure without an answer is indefinite.
    Write,
}

impl Effect {
    fn lost(self, error: Error) -> Error {
        match self {
            Self::Read => error,
            Self::Write => error.maybe_applied(),
        }
    }
}

/// A connection that was not had. Whatever the reason, nothing was sent on it.
pub(crate) fn unreachable(why: &PoolError, url: &str) -> Error {
    let (kind, text) = match why {
        PoolError::Timeout(TimeoutType::Wait) => {
            (Kind::Timeout, "every connection was in use; raise the option `connections`".to_owned())
        }
        PoolError::Timeout(_) => (Kind::Unavailable, "no connection in time".to_owned()),
        PoolError::Backend(why) | PoolError::PostCreateHook(HookError::Backend(why)) => {
            return not_connected(why, url);
        }
        _ => (Kind::Unavailable, "no connection".to_owned()),
    };
    Error::new(kind, format!("{url}: {text}"))
}

/// A connection that was not made.
pub(crate) fn not_connected(why: &tokio_postgres::Error, url: &str) -> Error {
    let text = match why.code() {
        Some(code) => refusal(code).1,
        // Of the operating system, or of TLS: neither knows what is secret.
        None => std::error::Error::source(why).map_or_else(|| why.to_string(), ToString::to_string),
    };
    Error::new(Kind::Unavailable, format!("no connection to {url}: {text}"))
}

/// A statement that failed. Each is a transaction of its own, so a refusal took everything back.
pub(crate) fn failed(why: &tokio_postgres::Error, effect: Effect, url: &str) -> Error {
    match why.code() {
        Some(code) => {
            let (kind, text) = refusal(code);
            let error = Error::new(kind, format!("{url}: {text}"));
            // Said to a connection that ends, which the commit may have been faster than.
            if is_farewell(code) { effect.lost(error) } else { error }
        }
        None if why.is_closed() || std::error::Error::source(why).is_some_and(|why| why.is::<std::io::Error>()) => {
            effect.lost(Error::new(Kind::Unavailable, format!("{url}: the connection was lost")))
        }
        None => effect.lost(Error::new(Kind::Other, format!("{url}: the server's answer makes no sense"))),
    }
}

/// Whether the connection is as good as before: its statements were made of tables that may no longer be as they were
/// where a refusal is none that we know.
pub(crate) fn is_plain_refusal(why: &tokio_postgres::Error) -> bool {
    why.code().is_some_and(|code| !is_farewell(code) && refusal(code).0 != Kind::Other)
}

/// No answer in time, though the server was told to give up by then.
pub(crate) fn late(effect: Effect, url: &str) -> Error {
    effect.lost(Error::new(Kind::Timeout, format!("{url}: no answer in time")))
}

fn is_farewell(code: &SqlState) -> bool {
    code.code().starts_with("57P") || code.code().starts_with("08") || code.code().starts_with("XX")
}

/// The kind of a refusal, and what to say of it.
fn refusal(code: &SqlState) -> (Kind, String) {
    let (kind, hint) = match code.code() {
        "57014" => (Kind::Timeout, "it took too long, and nothing changed"),
        "55P03" => (Kind::Timeout, "another transaction held it for too long"),
        "40001" | "40P01" => (Kind::Unavailable, "another transaction was in the way; try again"),
        "25006" => (Kind::Unavailable, "this server takes no writes; name the primary"),
        "28000" | "28P01" => (Kind::Unavailable, "it refused the login; look at user and password"),
        "3D000" => (Kind::Unavailable, "there is no such database; `create database` makes one"),
        "42501" => (Kind::Unavailable, "the user may not do that; it needs its schema, or the right to create one"),
        "53100" => (Kind::Quota, "its disk is full"),
        "53300" => (Kind::Unavailable, "it has too many connections; raise `max_connections` there"),
        code => match &code[..code.len().min(2)] {
            "08" | "57" | "58" | "XX" => (Kind::Unavailable, "it is not there for that"),
            "53" | "54" => (Kind::Quota, "it has no room for that"),
            _ => (Kind::Other, "it refused; another program may have changed the tables"),
        },
    };
    (kind, format!("{hint} ({})", code.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_kind() {
        let expected = [
            (Kind::Timeout, &["57014", "55P03"][..]),
            (Kind::Unavailable, &["40001", "40P01", "25006", "28P01", "3D000", "42501", "57P01", "57P03", "08006"]),
            (Kind::Quota, &["53100", "54000", "53200"]),
            (Kind::Other, &["42P01", "22000", "0A000"]),
        ];
        for (kind, codes) in expected {
            for code in codes {
                let (said, text) = refusal(&SqlState::from_code(code));
                assert_eq!(said, kind, "{code}");
                assert!(text.contains(code), "{text}");
            }
        }
        for farewell in ["57P01", "57P02", "57P05", "08006"] {
            assert!(is_farewell(&SqlState::from_code(farewell)), "{farewell}");
        }
        assert!(!is_farewell(&SqlState::QUERY_CANCELED));
    }

    #[test]
    fn only_a_write_without_an_answer_may_have_happened() {
        use wasi_cloud_core::Applied;
        assert_eq!((late(Effect::Read, "u").applied, late(Effect::Write, "u").applied), (Applied::No, Applied::Maybe));
        let wait = unreachable(&PoolError::Timeout(TimeoutType::Wait), "u");
        assert_eq!((wait.kind, wait.applied), (Kind::Timeout, Applied::No));
    }
}
