//! What NATS, or the way to it, says when it fails, as one of the nine kinds.
//!
//! Texts hold the code of a refusal, never its wording: servers quote names.

use async_nats::{
    client,
    jetstream::{
        self, ErrorCode,
        context::{CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind, PublishError},
        context::{PublishErrorKind, RequestError, RequestErrorKind},
        stream::{ConsumerError, ConsumerErrorKind, RawMessageError, RawMessageErrorKind},
    },
};
use std::error::Error as StdError;
use wasi_cloud_core::{Applied, Error, Kind};

/// How a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The server answered: no, with an HTTP-like status and a code of JetStream.
    Refused(usize, u64),
    /// The server answered: there is nobody who could do that.
    Nobody,
    /// It was never sent.
    TooLarge,
    /// No answer in time.
    Late,
    /// The way to the server was lost, or what came makes no sense.
    Lost,
}

impl Why {
    pub(crate) fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Refused(_, refused) if *refused == code.0)
    }

    /// As an error of something that changes nothing.
    pub(crate) fn read(&self, url: &str) -> Error {
        let mut error = self.write(url);
        error.applied = Applied::No;
        error
    }

    /// As an error of a write, which has happened or not where no answer came.
    pub(crate) fn write(&self, url: &str) -> Error {
        let (kind, text) = match self {
            Self::Refused(status, code) => {
                (refusal(*status, ErrorCode(*code)), format!("JetStream refused (error code {code})"))
            }
            Self::Nobody => (Kind::Unavailable, "no JetStream there; is the server started with `-js`?".to_owned()),
            Self::TooLarge => (Kind::Quota, "larger than the server's `max_payload`".to_owned()),
            Self::Late => (Kind::Timeout, "no answer in time".to_owned()),
            Self::Lost => (Kind::Unavailable, "the connection was lost, or the answer makes no sense".to_owned()),
        };
        let error = Error::new(kind, format!("{url}: {text}"));
        if matches!(self, Self::Late | Self::Lost) { error.maybe_applied() } else { error }
    }
}

/// The kind of a refusal.
fn refusal(status: usize, code: ErrorCode) -> Kind {
    match code {
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => Kind::Conflict,
        ErrorCode::STREAM_NOT_FOUND => Kind::NotFound,
        ErrorCode::ACCOUNT_RESOURCES_EXCEEDED
        | ErrorCode::MAXIMUM_CONSUMERS_LIMIT
        | ErrorCode::MAXIMUM_STREAMS_LIMIT
        | ErrorCode::MEMORY_RESOURCES_EXCEEDED
        | ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM
        | ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM
        | ErrorCode::STREAM_STORE_FAILED => Kind::Quota,
        // Not now, or not for the operator's account.
        _ if status == 503 => Kind::Unavailable,
        _ => Kind::Other,
    }
}

impl From<&jetstream::Error> for Why {
    fn from(error: &jetstream::Error) -> Self {
        Self::Refused(error.code(), error.error_code().0)
    }
}

impl From<&RequestError> for Why {
    fn from(error: &RequestError) -> Self {
        match error.kind() {
            RequestErrorKind::NoResponders => Self::Nobody,
            RequestErrorKind::TimedOut => Self::Late,
            _ => Self::Lost,
        }
    }
}

impl From<&client::RequestError> for Why {
    fn from(error: &client::RequestError) -> Self {
        match error.kind() {
            client::RequestErrorKind::NoResponders => Self::Nobody,
            client::RequestErrorKind::TimedOut => Self::Late,
            client::RequestErrorKind::MaxPayloadExceeded => Self::TooLarge,
            _ => Self::Lost,
        }
    }
}

/// The first cause that says more than that something failed.
fn cause(error: &(dyn StdError + 'static)) -> Why {
    let mut next = Some(error);
    let mut why = Why::Lost;
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<jetstream::Error>() {
            return error.into();
        }
        if let Some(error) = error.downcast_ref::<RequestError>() {
            why = error.into();
        }
        if let Some(error) = error.downcast_ref::<client::RequestError>() {
            return error.into();
        }
        next = error.source();
    }
    why
}

impl From<RawMessageError> for Why {
    fn from(error: RawMessageError) -> Self {
        match error.kind() {
            RawMessageErrorKind::NoMessageFound => Self::Refused(404, ErrorCode::NO_MESSAGE_FOUND.0),
            RawMessageErrorKind::JetStream(refusal) => (&refusal).into(),
            _ => cause(&error),
        }
    }
}

impl From<GetStreamError> for Why {
    fn from(error: GetStreamError) -> Self {
        match error.kind() {
            GetStreamErrorKind::JetStream(refusal) => (&refusal).into(),
            _ => cause(&error),
        }
    }
}

impl From<CreateStreamError> for Why {
    fn from(error: CreateStreamError) -> Self {
        match error.kind() {
            CreateStreamErrorKind::JetStream(refusal) => (&refusal).into(),
            CreateStreamErrorKind::TimedOut => Self::Late,
            CreateStreamErrorKind::JetStreamUnavailable => Self::Nobody,
            _ => cause(&error),
        }
    }
}

impl From<ConsumerError> for Why {
    fn from(error: ConsumerError) -> Self {
        match error.kind() {
            ConsumerErrorKind::JetStream(refusal) => (&refusal).into(),
            ConsumerErrorKind::TimedOut => Self::Late,
            _ => cause(&error),
        }
    }
}

impl From<PublishError> for Why {
    fn from(error: PublishError) -> Self {
        match error.kind() {
            // No stream has this subject.
            PublishErrorKind::StreamNotFound => Self::Refused(404, ErrorCode::STREAM_NOT_FOUND.0),
            PublishErrorKind::WrongLastSequence => Self::Refused(400, ErrorCode::STREAM_WRONG_LAST_SEQUENCE.0),
            PublishErrorKind::TimedOut => Self::Late,
            PublishErrorKind::MaxPayloadExceeded => Self::TooLarge,
            _ => cause(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_definite_and_a_lost_answer_is_not() {
        let expected = [
            (Why::Refused(400, 10071), Kind::Conflict, Applied::No),
            (Why::Refused(404, 10059), Kind::NotFound, Applied::No),
            (Why::Refused(500, 10047), Kind::Quota, Applied::No),
            (Why::Refused(503, 10077), Kind::Quota, Applied::No),
            (Why::Refused(503, 10008), Kind::Unavailable, Applied::No),
            (Why::Refused(400, 1), Kind::Other, Applied::No),
            (Why::Nobody, Kind::Unavailable, Applied::No),
            (Why::TooLarge, Kind::Quota, Applied::No),
            (Why::Late, Kind::Timeout, Applied::Maybe),
            (Why::Lost, Kind::Unavailable, Applied::Maybe),
        ];
        for (why, kind, applied) in expected {
            let (read, write) = (why.read("nats://h"), why.write("nats://h"));
            assert_eq!((read.kind, read.applied), (kind, Applied::No), "{why:?}");
            assert_eq!((write.kind, write.applied), (kind, applied), "{why:?}");
        }
    }

    #[test]
    fn causes_are_found_behind_what_the_crate_says() {
        let late = RequestError::new(RequestErrorKind::TimedOut);
        assert_eq!(Why::from(RawMessageError::with_source(RawMessageErrorKind::Other, late)), Why::Late);
        let nobody = RequestError::new(RequestErrorKind::NoResponders);
        assert_eq!(Why::from(GetStreamError::with_source(GetStreamErrorKind::Request, nobody)), Why::Nobody);
        assert_eq!(Why::from(PublishError::new(PublishErrorKind::BrokenPipe)), Why::Lost);
    }
}
