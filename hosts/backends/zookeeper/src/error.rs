//! What went wrong with a request, as one of the nine kinds.

use wasi_cloud_core::{Error, Kind};
use zookeeper_client as zk;

/// Why a call failed.
#[derive(Debug, Clone)]
pub(crate) enum Why {
    /// The crate's word: a refusal of the server, or that there was no answer.
    Client(zk::Error),
    /// There was no answer in time.
    Late,
    /// What this backend itself found.
    Found(Error),
}

impl From<zk::Error> for Why {
    fn from(error: zk::Error) -> Self {
        Self::Client(error)
    }
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Self::Found(error)
    }
}

/// Whether a request may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Why {
    pub(crate) fn error(self, effect: Effect, url: &str) -> Error {
        let error = match self {
            Self::Found(error) => error,
            Self::Late => Error::new(Kind::Timeout, format!("{url}: no answer in time")).maybe_applied(),
            Self::Client(error) => refusal(&error, url),
        };
        if effect == Effect::Write { error } else { Error::new(error.kind, error.message) }
    }
}

fn refusal(error: &zk::Error, url: &str) -> Error {
    use zk::Error as E;
    let (kind, text) = match error {
        E::NoAuth | E::AuthFailed | E::InvalidAcl => (Kind::Unavailable, "the URL's user may not do that there"),
        E::QuotaExceeded => (Kind::Quota, "more than the znode's quota; see `zkCli.sh listquota`"),
        E::Throttled => (Kind::Unavailable, "the server has too much to do"),
        E::NotReadOnly => (Kind::Unavailable, "the server has no quorum"),
        E::SessionMoved => (Kind::Unavailable, "the session is at another server"),
        E::NoHosts => (Kind::Unavailable, "no server answers"),
        E::BadArguments(_) => (Kind::Invalid, "ZooKeeper takes no such name"),
        E::NotEmpty => (Kind::Other, "the key's znode has others below it, which another program made"),
        E::NoChildrenForEphemerals => (Kind::Other, "the bucket is another program's ephemeral znode"),
        E::NoNode | E::NodeExists | E::BadVersion => (Kind::Other, "another program changes the same znodes"),
        E::Unimplemented => (Kind::Other, "the server is older than ZooKeeper 3.6"),
        E::MarshallingError | E::ReconfigDisabled => (Kind::Other, "the server does not understand the request"),
        // Codes without a name also stand for what was proposed and may yet be agreed on.
        E::UnexpectedErrorCode(_) | E::UnmarshalError { .. } => {
            return Error::new(Kind::Other, format!("{url}: {error}")).maybe_applied();
        }
        _ => {
            let text = format!("{url}: the connection was lost before the answer came");
            return Error::new(Kind::Unavailable, text).maybe_applied();
        }
    };
    Error::new(kind, format!("{url}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::Applied;

    #[test]
    fn a_refusal_is_definite_and_a_lost_answer_is_not() {
        let expected = [
            (Why::Client(zk::Error::NoAuth), Kind::Unavailable, Applied::No),
            (Why::Client(zk::Error::QuotaExceeded), Kind::Quota, Applied::No),
            (Why::Client(zk::Error::NoHosts), Kind::Unavailable, Applied::No),
            (Why::Client(zk::Error::NotEmpty), Kind::Other, Applied::No),
            (Why::Client(zk::Error::ConnectionLoss), Kind::Unavailable, Applied::Maybe),
            (Why::Client(zk::Error::SessionExpired), Kind::Unavailable, Applied::Maybe),
            (Why::Client(zk::Error::UnexpectedErrorCode(-7)), Kind::Other, Applied::Maybe),
            (Why::Late, Kind::Timeout, Applied::Maybe),
            (Why::Found(Error::new(Kind::Conflict, "")), Kind::Conflict, Applied::No),
        ];
        for (why, kind, applied) in expected {
            let (read, write) =
                (why.clone().error(Effect::Read, "zookeeper://h"), why.clone().error(Effect::Write, "zookeeper://h"));
            assert_eq!((write.kind, write.applied), (kind, applied), "{why:?}");
            assert_eq!(read.applied, Applied::No, "{why:?}");
        }
    }
}
