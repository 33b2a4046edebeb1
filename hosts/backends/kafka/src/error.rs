//! What Kafka, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the name of a refusal, never its wording: brokers quote names.

use krafka::{KrafkaError, ProtocolErrorKind, error::ErrorCode};
use wasi_cloud_core::{Error, Kind};

/// What is known of a question that changes nothing: every failure is definite.
pub(crate) fn read(why: &KrafkaError, url: &str) -> Error {
    let (kind, text) = told(why);
    Error::new(kind, format!("{url}: {text}"))
}

/// What is known of a write that the broker was told of: without an answer it may have happened.
pub(crate) fn write(why: &KrafkaError, url: &str) -> Error {
    let error = read(why, url);
    let is_definite = match why {
        KrafkaError::Broker { code, .. } => !is_indefinite(*code),
        KrafkaError::DeliveryTimeout { possibly_written, .. } => !possibly_written,
        KrafkaError::Config { .. } | KrafkaError::Serialization { .. } => true,
        _ => false,
    };
    if is_definite { error } else { error.maybe_applied() }
}

/// Some replicas have it, or the broker does not know.
const fn is_indefinite(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::RequestTimedOut
            | ErrorCode::NotEnoughReplicasAfterAppend
            | ErrorCode::NetworkException
            | ErrorCode::UnknownServerError
            | ErrorCode::KafkaStorageException
    )
}

fn told(why: &KrafkaError) -> (Kind, String) {
    match why {
        KrafkaError::Broker { code, .. } => refusal(*code),
        KrafkaError::Timeout { .. } | KrafkaError::DeliveryTimeout { .. } => {
            (Kind::Timeout, "no answer in time".to_owned())
        }
        KrafkaError::Network(_) => (Kind::Unavailable, "no connection to a broker".to_owned()),
        KrafkaError::Auth { .. } => (Kind::Unavailable, "it refused the connection".to_owned()),
        KrafkaError::Protocol { kind: ProtocolErrorKind::UnknownApiVersion, .. } => {
            (Kind::Unsupported, "the broker is too old: groups need Kafka 4.0 or later".to_owned())
        }
        KrafkaError::Protocol { .. } => (Kind::Other, "the broker's answer makes no sense".to_owned()),
        KrafkaError::UnknownTopic { .. } => (Kind::NotFound, "there is no such topic; somebody removed it".to_owned()),
        _ => (Kind::Unavailable, "the client gave up; try again".to_owned()),
    }
}

/// The kind of a refusal, and what to say of it.
fn refusal(code: ErrorCode) -> (Kind, String) {
    let (kind, hint) = match code {
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => {
            (Kind::Quota, "the message, with its metadata, is larger than the topic takes (`max.message.bytes`)")
        }
        ErrorCode::ThrottlingQuotaExceeded => (Kind::Quota, "it has no room for that now"),
        ErrorCode::RequestTimedOut => (Kind::Timeout, "its replicas did not answer in time"),
        ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId => {
            (Kind::NotFound, "there is no such topic; somebody removed it")
        }
        ErrorCode::TopicAuthorizationFailed
        | ErrorCode::GroupAuthorizationFailed
        | ErrorCode::ClusterAuthorizationFailed => {
            (Kind::Unavailable, "this host may not do that there; look at the cluster's ACLs")
        }
        ErrorCode::InvalidReplicationFactor => {
            (Kind::Unavailable, "a topic cannot be made: it has fewer brokers than replicas are wanted")
        }
        ErrorCode::PolicyViolation => {
            (Kind::Unavailable, "the cluster's policy forbids to make the topic; make it there")
        }
        ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend => {
            (Kind::Unavailable, "too few replicas are there (`min.insync.replicas`)")
        }
        ErrorCode::UnknownMemberId | ErrorCode::FencedMemberEpoch | ErrorCode::StaleMemberEpoch => {
            (Kind::Unavailable, "the group gave this host's messages to another one")
        }
        code if code.is_retriable() => (Kind::Unavailable, "it is not ready for that; try again"),
        _ => (Kind::Other, "it refused"),
    };
    (kind, format!("{hint} ({code:?})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::Applied;

    #[test]
    fn every_refusal_has_a_kind() {
        let expected = [
            (Kind::Quota, ErrorCode::MessageTooLarge),
            (Kind::Timeout, ErrorCode::RequestTimedOut),
            (Kind::NotFound, ErrorCode::UnknownTopicOrPartition),
            (Kind::Unavailable, ErrorCode::TopicAuthorizationFailed),
            (Kind::Unavailable, ErrorCode::NotLeaderForPartition),
            (Kind::Unavailable, ErrorCode::CoordinatorLoadInProgress),
            (Kind::Other, ErrorCode::InvalidRecord),
        ];
        for (kind, code) in expected {
            let error = read(&KrafkaError::broker(code, "named hunter2"), "u");
            assert_eq!(error.kind, kind, "{code:?}");
            assert!(error.message.contains(&format!("{code:?}")) && !error.message.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_a_write_without_an_answer_may_have_happened() {
        let lost = KrafkaError::timeout("produce");
        assert_eq!((read(&lost, "u").applied, write(&lost, "u").applied), (Applied::No, Applied::Maybe));
        for (why, applied) in [
            (KrafkaError::delivery_timeout(false, ""), Applied::No),
            (KrafkaError::delivery_timeout(true, ""), Applied::Maybe),
            (KrafkaError::broker(ErrorCode::MessageTooLarge, ""), Applied::No),
            (KrafkaError::broker(ErrorCode::NotEnoughReplicasAfterAppend, ""), Applied::Maybe),
        ] {
            assert_eq!(write(&why, "u").applied, applied, "{why}");
        }
    }
}
