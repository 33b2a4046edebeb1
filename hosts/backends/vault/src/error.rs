//! What Vault says when it refuses, as one of the nine kinds. Texts hold the status of a refusal, never its wording.

use wasi_cloud_core::{Error, Kind};

/// Whether a request may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Effect {
    /// A read has no effect that could be in doubt.
    pub(crate) fn of(self, error: Error) -> Error {
        if self == Self::Write { error } else { Error::new(error.kind, error.message) }
    }
}

/// A refusal by this status.
pub(crate) fn refused(status: u16, effect: Effect, url: &str) -> Error {
    let (kind, text) = match status {
        400 if effect == Effect::Write => {
            (Kind::Other, "Vault refused the write; `cas_required` of the mount or the key may be the reason")
        }
        403 => (Kind::Unavailable, "the token may not do that there, or it has ended, or there is none"),
        404 => (Kind::NotFound, "nothing is mounted there any more"),
        413 => (Kind::Quota, "larger than the server's `max_request_size`"),
        412 => (Kind::Unavailable, "this server does not know yet what another one wrote"),
        429 => (Kind::Unavailable, "more requests than a quota allows"),
        307 => (Kind::Unavailable, "this server leads elsewhere, to the active one: name that one"),
        503 => (Kind::Unavailable, "the server is sealed, or has too much to do"),
        500..=599 => (Kind::Unavailable, "the server failed"),
        _ => (Kind::Other, "Vault refused"),
    };
    let error = Error::new(kind, format!("{url}: {text} (status {status})"));
    // Something between us and Vault may have said so of what Vault did all the same.
    effect.of(if status >= 500 { error.maybe_applied() } else { error })
}

/// What came is no answer of Vault.
pub(crate) fn nonsense(status: u16, effect: Effect, url: &str) -> Error {
    let text = format!("{url}: no answer of a KV engine of version 2, but one of HTTP status {status}");
    effect.of(Error::new(Kind::Unavailable, text).maybe_applied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::Applied;

    #[test]
    fn a_refusal_is_definite_and_a_failure_is_not() {
        let expected = [
            (400, Kind::Other, Applied::No),
            (403, Kind::Unavailable, Applied::No),
            (404, Kind::NotFound, Applied::No),
            (413, Kind::Quota, Applied::No),
            (429, Kind::Unavailable, Applied::No),
            (500, Kind::Unavailable, Applied::Maybe),
            (503, Kind::Unavailable, Applied::Maybe),
            (302, Kind::Other, Applied::No),
        ];
        for (status, kind, applied) in expected {
            let write = refused(status, Effect::Write, "vault://h");
            assert_eq!((write.kind, write.applied), (kind, applied), "{status}");
            assert_eq!(refused(status, Effect::Read, "vault://h").applied, Applied::No, "{status}");
        }
        assert_eq!(nonsense(204, Effect::Write, "vault://h").applied, Applied::Maybe);
    }
}
