//! What RabbitMQ, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the code of a refusal, never its wording: servers quote names.

use lapin::ErrorKind;
use wasi_cloud_core::{Error, Kind};

const PRECONDITION_FAILED: u16 = 406;

/// A failure of something that changes nothing.
pub(crate) fn read(url: &str, error: &lapin::Error) -> Error {
    let (kind, text) = match error.kind() {
        ErrorKind::ProtocolError(refusal) => refused(refusal.get_id()),
        ErrorKind::ChannelsLimitReached => {
            (Kind::Quota, "no channel is free; raise the server's `channel_max`, or subscribe and ask less".to_owned())
        }
        _ => (Kind::Unavailable, "the connection was lost, or the answer makes no sense".to_owned()),
    };
    Error::new(kind, format!("{url}: {text}"))
}

/// A failure of a message that is published, on a channel where nothing else is done.
pub(crate) fn publish(url: &str, error: &lapin::Error) -> Error {
    match error.kind() {
        ErrorKind::ProtocolError(refusal) if refusal.get_id() == PRECONDITION_FAILED => {
            Error::new(Kind::Quota, format!("{url}: larger than the server's `max_message_size`"))
        }
        ErrorKind::ProtocolError(_) | ErrorKind::ChannelsLimitReached => read(url, error),
        _ => read(url, error).maybe_applied(),
    }
}

/// The codes of AMQP 0-9-1, as RabbitMQ uses them.
fn refused(code: u16) -> (Kind, String) {
    let (kind, what) = match code {
        // Also where the server shuts down.
        320 => (Kind::Unavailable, "the server ended the connection"),
        311 => (Kind::Quota, "larger than the server takes"),
        403 => (Kind::Unavailable, "the user may not do that, or the login is wrong; see the user's permissions"),
        404 => (Kind::NotFound, "an exchange or a queue is gone; it is made anew by the next call"),
        405 => (Kind::Conflict, "the queue is another connection's own"),
        PRECONDITION_FAILED => (Kind::Conflict, "an exchange or a queue is there with other properties"),
        506 => (Kind::Quota, "the server lacks resources"),
        530 => (Kind::Unavailable, "there is no such vhost, or a limit of the server is reached"),
        541 => (Kind::Unavailable, "the server failed"),
        _ => (Kind::Other, "the server refused"),
    };
    (kind, format!("{what} (AMQP code {code})"))
}

/// No answer in time.
pub(crate) fn late(url: &str) -> Error {
    Error::new(Kind::Timeout, format!("{url}: no answer in time"))
}

/// There is no connection any more, whatever the reason was.
pub(crate) fn lost(url: &str) -> Error {
    Error::new(Kind::Unavailable, format!("{url}: the connection was lost; it is made anew"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::protocol::AMQPError;
    use std::io;
    use wasi_cloud_core::Applied;

    #[test]
    fn a_failure_has_a_kind_and_no_wording_of_the_server() {
        let expected = [
            (320, Kind::Unavailable),
            (311, Kind::Quota),
            (403, Kind::Unavailable),
            (404, Kind::NotFound),
            (405, Kind::Conflict),
            (406, Kind::Conflict),
            (506, Kind::Quota),
            (530, Kind::Unavailable),
            (541, Kind::Unavailable),
            (503, Kind::Other),
        ];
        for (code, kind) in expected {
            let refusal = AMQPError::from_id(code, "hunter2".into()).expect("a code of AMQP");
            let error = read("amqp://h", &ErrorKind::ProtocolError(refusal).into());
            assert_eq!(error.kind, kind, "{code}");
            assert!(error.message.contains(&code.to_string()) && !error.message.contains("hunter2"), "{error}");
        }
        assert_eq!(read("amqp://h", &ErrorKind::ChannelsLimitReached.into()).kind, Kind::Quota);
    }

    #[test]
    fn a_refusal_is_definite_and_a_lost_answer_is_not() {
        let refusal = AMQPError::from_id(406, "hunter2".into()).expect("a code of AMQP");
        let refused = publish("amqp://h", &ErrorKind::ProtocolError(refusal).into());
        assert_eq!((refused.kind, refused.applied), (Kind::Quota, Applied::No));
        let broken = io::Error::other("hunter2").into();
        for (error, applied) in
            [(publish("amqp://h", &broken), Applied::Maybe), (read("amqp://h", &broken), Applied::No)]
        {
            assert_eq!((error.kind, error.applied), (Kind::Unavailable, applied));
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
