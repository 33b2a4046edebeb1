//! What etcd says when it refuses, as one of the nine kinds. Texts hold the code of a refusal, never its wording.

use wasi_cloud_core::{Error, Kind};

/// Codes of gRPC that etcd refuses with.
pub(crate) const INVALID_ARGUMENT: u64 = 3;
pub(crate) const DEADLINE_EXCEEDED: u64 = 4;
pub(crate) const PERMISSION_DENIED: u64 = 7;
pub(crate) const RESOURCE_EXHAUSTED: u64 = 8;
pub(crate) const FAILED_PRECONDITION: u64 = 9;
pub(crate) const UNAVAILABLE: u64 = 14;
pub(crate) const UNAUTHENTICATED: u64 = 16;

/// How a request failed.
#[derive(Debug, Clone)]
pub(crate) enum Why {
    /// The server answered: no.
    Refused(u64),
    /// What came is no answer of etcd, with this status.
    Nonsense(u16),
    /// There was no answer.
    Failed(Error),
}

/// Whether a request may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Why {
    pub(crate) fn is(&self, code: u64) -> bool {
        matches!(self, Self::Refused(refused) if *refused == code)
    }

    pub(crate) fn error(self, effect: Effect, url: &str) -> Error {
        let error = match self {
            Self::Failed(error) => error,
            Self::Refused(code) => refusal(code, effect, url),
            Self::Nonsense(404) => Error::new(
                Kind::Unavailable,
                format!("{url}: no gateway of etcd there; was it started with `--enable-grpc-gateway=false`?"),
            ),
            Self::Nonsense(status) => {
                Error::new(Kind::Unavailable, format!("{url}: no answer of etcd, but one of HTTP status {status}"))
                    .maybe_applied()
            }
        };
        if effect == Effect::Write { error } else { Error::new(error.kind, error.message) }
    }
}

fn refusal(code: u64, effect: Effect, url: &str) -> Error {
    let (kind, text) = match code {
        // A server that takes less than it does as it comes: nothing else in our requests is an argument of its choice.
        INVALID_ARGUMENT if effect == Effect::Write => (Kind::Quota, "larger than the server's `--max-request-bytes`"),
        DEADLINE_EXCEEDED => (Kind::Timeout, "the cluster did not agree in time"),
        PERMISSION_DENIED | UNAUTHENTICATED => (Kind::Unavailable, "the URL's user may not do that there"),
        RESOURCE_EXHAUSTED => (Kind::Quota, "the store is full, or too much was sent; see `etcdctl alarm list`"),
        UNAVAILABLE => (Kind::Unavailable, "the cluster has no leader, or is too slow"),
        _ => (Kind::Other, "etcd refused"),
    };
    let error = Error::new(kind, format!("{url}: {text} (code {code})"));
    // Both are also said of what was proposed to the cluster and may yet be agreed on.
    if matches!(code, DEADLINE_EXCEEDED | UNAVAILABLE) { error.maybe_applied() } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::Applied;

    #[test]
    fn a_refusal_is_definite_and_a_lost_answer_is_not() {
        let lost = || Error::new(Kind::Timeout, "late").maybe_applied();
        let expected = [
            (Why::Refused(INVALID_ARGUMENT), Kind::Quota, Applied::No),
            (Why::Refused(DEADLINE_EXCEEDED), Kind::Timeout, Applied::Maybe),
            (Why::Refused(PERMISSION_DENIED), Kind::Unavailable, Applied::No),
            (Why::Refused(RESOURCE_EXHAUSTED), Kind::Quota, Applied::No),
            (Why::Refused(UNAVAILABLE), Kind::Unavailable, Applied::Maybe),
            (Why::Refused(2), Kind::Other, Applied::No),
            (Why::Nonsense(404), Kind::Unavailable, Applied::No),
            (Why::Nonsense(200), Kind::Unavailable, Applied::Maybe),
            (Why::Failed(lost()), Kind::Timeout, Applied::Maybe),
        ];
        for (why, kind, applied) in expected {
            let (read, write) =
                (why.clone().error(Effect::Read, "etcd://h"), why.clone().error(Effect::Write, "etcd://h"));
            assert_eq!((write.kind, write.applied), (kind, applied), "{why:?}");
            assert_eq!(read.applied, Applied::No, "{why:?}");
        }
    }
}
