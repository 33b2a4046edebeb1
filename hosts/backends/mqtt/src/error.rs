//! What the server, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the code of a refusal, never its wording: servers quote names.

use rumqttc::v5::{
    ConnectionError, StateError,
    mqttbytes::v5::{PubAckReason, SubscribeReasonCode},
};
use wasi_cloud_core::{Error, Kind, Result};

/// Whether the server knew anybody for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Somebody, or the server does not say.
    Maybe,
    Nobody,
}

/// What an acknowledgement says.
pub(crate) fn heard(reason: PubAckReason, url: &str) -> Result<Heard> {
    let kind = match reason {
        PubAckReason::Success => return Ok(Heard::Maybe),
        PubAckReason::NoMatchingSubscribers => return Ok(Heard::Nobody),
        PubAckReason::QuotaExceeded => Kind::Quota,
        // For the operator's credentials.
        PubAckReason::NotAuthorized => Kind::Unavailable,
        _ => Kind::Other,
    };
    Err(refused(kind, "the message", &reason, url))
}

/// Whether every subscription was made.
pub(crate) fn subscribed(codes: &[SubscribeReasonCode], url: &str) -> Result<()> {
    for code in codes {
        let kind = match code {
            SubscribeReasonCode::Success(_) => continue,
            SubscribeReasonCode::SharedSubscriptionsNotSupported
            | SubscribeReasonCode::WildcardSubscriptionsNotSupported => Kind::Unsupported,
            SubscribeReasonCode::QuotaExceeded => Kind::Quota,
            SubscribeReasonCode::TopicFilterInvalid => Kind::Invalid,
            SubscribeReasonCode::NotAuthorized => Kind::Unavailable,
            _ => Kind::Other,
        };
        return Err(refused(kind, "the subscription", code, url));
    }
    Ok(())
}

fn refused(kind: Kind, what: &str, code: &dyn std::fmt::Debug, url: &str) -> Error {
    Error::new(kind, format!("{url}: the server refused {what} ({code:?})"))
}

/// Why there is no connection, or none any more. Whatever the reason, it is not the guest's doing.
pub(crate) fn unreachable(why: &ConnectionError, url: &str) -> Error {
    let why = match why {
        ConnectionError::ConnectionRefused(code) => format!("the server refused it ({code:?})"),
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => {
            format!("the server ended it ({reason_code:?})")
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => "it was closed".to_owned(),
        ConnectionError::Timeout(_) => "no answer in time".to_owned(),
        ConnectionError::Io(why) | ConnectionError::MqttState(StateError::Io(why)) => why.to_string(),
        ConnectionError::NotConnAck(_) => "what answers there is no server of MQTT 5".to_owned(),
        // What else there is may quote what came.
        _ => "what came makes no sense, or the way was lost".to_owned(),
    };
    Error::new(Kind::Unavailable, format!("no connection to {url}: {why}"))
}

/// The connection was lost, or never there.
pub(crate) fn lost(url: &str) -> Error {
    Error::new(Kind::Unavailable, format!("the connection to {url} was lost; it is being made anew"))
}

/// No answer in time.
pub(crate) fn late(url: &str) -> Error {
    Error::new(Kind::Timeout, format!("{url}: no answer in time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rumqttc::v5::mqttbytes::{
        QoS,
        v5::{ConnectReturnCode, DisconnectReasonCode},
    };

    #[test]
    fn an_acknowledgement_above_127_is_an_error() {
        assert_eq!(heard(PubAckReason::Success, "u").expect("accepted"), Heard::Maybe);
        assert_eq!(heard(PubAckReason::NoMatchingSubscribers, "u").expect("accepted"), Heard::Nobody);
        let refused = [
            (PubAckReason::QuotaExceeded, Kind::Quota),
            (PubAckReason::NotAuthorized, Kind::Unavailable),
            (PubAckReason::UnspecifiedError, Kind::Other),
            (PubAckReason::TopicNameInvalid, Kind::Other),
        ];
        for (reason, kind) in refused {
            assert_eq!(heard(reason, "u").expect_err("refused").kind, kind, "{reason:?}");
        }
    }

    #[test]
    fn one_refused_filter_refuses_the_subscription() {
        let granted = SubscribeReasonCode::Success(QoS::AtLeastOnce);
        assert!(subscribed(&[granted, granted], "u").is_ok());
        let refused = [
            (SubscribeReasonCode::SharedSubscriptionsNotSupported, Kind::Unsupported),
            (SubscribeReasonCode::WildcardSubscriptionsNotSupported, Kind::Unsupported),
            (SubscribeReasonCode::NotAuthorized, Kind::Unavailable),
            (SubscribeReasonCode::QuotaExceeded, Kind::Quota),
            (SubscribeReasonCode::Unspecified, Kind::Other),
        ];
        for (code, kind) in refused {
            assert_eq!(subscribed(&[granted, code], "u").expect_err("refused").kind, kind, "{code:?}");
        }
    }

    #[test]
    fn what_a_server_says_in_words_is_not_repeated() {
        let said = StateError::ServerDisconnect {
            reason_code: DisconnectReasonCode::SessionTakenOver,
            reason_string: Some("hunter2".to_owned()),
        };
        let error = unreachable(&said.into(), "mqtt://h");
        assert_eq!((error.kind, error.message.contains("hunter2")), (Kind::Unavailable, false));
        assert!(error.message.contains("SessionTakenOver"), "{error}");
        let refused = ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized);
        assert!(unreachable(&refused, "mqtt://h").message.contains("NotAuthorized"));
    }
}
