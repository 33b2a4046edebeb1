use super::{
    Failure,
    guest::{Guest, Judged, Operation, ask},
};
use crate::{
    catalogue::deployment::{DEFAULT, MISSING},
    outcome::Outcome,
    wire::messaging::{Op, Request as WireRequest, Seen},
};
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_cloud_core::Kind;

impl Operation for Op {
    type Seen = Seen;

    fn interface(&self) -> &'static str {
        match self {
            Self::Request(_) | Self::Reply(_) => "request-reply",
            _ => "producer",
        }
    }

    fn feature(&self) -> Option<&'static str> {
        match self {
            Self::Connect((_, label)) if label == MISSING => Some("broker-names"),
            Self::Connect((_, label)) if label != DEFAULT => Some("brokers"),
            Self::Request(WireRequest { expected_replies: Some(0 | 2..), .. }) => Some("several-replies"),
            _ => None,
        }
    }

    fn judge(seen: Seen) -> Judged<Seen> {
        match seen {
            Seen::Failed(failure) => Judged::Failed(failure.into()),
            Seen::Misused(why) => Judged::Misused(why),
            answer => Judged::Answer(answer),
        }
    }
}

/// A guest that drives `wasi:messaging`.
#[derive(Clone)]
pub struct Messaging {
    guest: Guest,
}

/// A connected client of a guest.
pub struct Client {
    guest: Guest,
    slot: u32,
}

/// A message of a guest.
pub struct Message {
    guest: Guest,
    slot: u32,
    /// Whether it has more than its bytes: to carry that, a case must need it.
    laden: AtomicBool,
}

/// The options of a request, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The topic.
    pub topic: &'a str,
    /// `timeout-ms`.
    pub timeout_ms: Option<u32>,
    /// `expected-replies`.
    pub expected: Option<u32>,
}

/// Replies that one request may put into slots. Who says that it has more made them up.
const MAX_REPLIES: u32 = 64;

impl Messaging {
    pub(super) const fn new(guest: Guest) -> Self {
        Self { guest }
    }

    /// `client.connect`.
    pub async fn connect(&self, label: &str) -> Outcome<Client> {
        let slot = self.guest.slot();
        ask!(self.guest, Op::Connect((slot, label.into())), Seen::Done => Client { guest: self.guest.clone(), slot })
    }

    /// `client.connect`, which must fail.
    pub async fn connect_fails(&self, label: &str) -> Outcome<Failure> {
        self.guest.failure(&Op::Connect((self.guest.slot(), label.into()))).await
    }

    /// A new message.
    pub async fn message(&self, data: impl AsRef<[u8]>) -> Outcome<Message> {
        let slot = self.guest.slot();
        let op = Op::Message((slot, data.as_ref().into()));
        ask!(self.guest, op, Seen::Done => Message::new(&self.guest, slot))
    }
}

impl Client {
    /// `disconnect`.
    pub async fn disconnect(&self) -> Outcome {
        ask!(self.guest, Op::Disconnect(self.slot), Seen::Done => ())
    }

    /// Drops the client.
    pub async fn close(self) -> Outcome {
        ask!(self.guest, Op::Close(self.slot), Seen::Done => ())
    }

    /// `send`.
    pub async fn send(&self, topic: &str, message: Message) -> Outcome {
        message.is_carried()?;
        ask!(self.guest, Op::Send((self.slot, topic.into(), message.slot)), Seen::Done => ())
    }

    /// `send` to a topic that the host may refuse: whether it took the message.
    pub async fn offer(&self, topic: &str, message: Message) -> Outcome<bool> {
        message.is_carried()?;
        match self.guest.attempt(&Op::Send((self.slot, topic.into(), message.slot))).await? {
            Ok(_) => Ok(true),
            Err(failure) => failure.is(&format!("send to {topic:?}"), &[Kind::Other]).map(|()| false),
        }
    }

    /// `send`, which must fail.
    pub async fn send_fails(&self, topic: &str, message: Message) -> Outcome<Failure> {
        message.is_carried()?;
        self.guest.failure(&Op::Send((self.slot, topic.into(), message.slot))).await
    }

    /// `request`: the replies.
    pub async fn request(&self, message: &Message, request: Request<'_>) -> Outcome<Vec<Message>> {
        let op = self.requesting(message, request)?;
        let first = self.first_reply(&op);
        let count = ask!(self.guest, op, Seen::Replies(count @ 0..=MAX_REPLIES) => count)?;
        Ok((0..count).map(|i| Message::new(&self.guest, first + i)).collect())
    }

    /// `request`, which must fail.
    pub async fn request_fails(&self, message: &Message, request: Request<'_>) -> Outcome<Failure> {
        self.guest.failure(&self.requesting(message, request)?).await
    }

    fn requesting(&self, message: &Message, request: Request<'_>) -> Outcome<Op> {
        message.is_carried()?;
        Ok(Op::Request(WireRequest {
            client: self.slot,
            topic: request.topic.into(),
            message: message.slot,
            timeout_ms: request.timeout_ms,
            expected_replies: request.expected,
            replies: self.guest.slots(MAX_REPLIES),
        }))
    }

    fn first_reply(&self, op: &Op) -> u32 {
        match op {
            Op::Request(request) => request.replies,
            _ => 0,
        }
    }
}

impl Message {
    fn new(guest: &Guest, slot: u32) -> Self {
        Self { guest: guest.clone(), slot, laden: AtomicBool::new(false) }
    }

    fn is_carried(&self) -> Outcome {
        if self.laden.load(Ordering::Relaxed) { self.guest.needs("carried-metadata") } else { Ok(()) }
    }

    /// `topic`.
    pub async fn topic(&self) -> Outcome<Option<String>> {
        ask!(self.guest, Op::Topic(self.slot), Seen::Text(text) => text)
    }

    /// `content-type`.
    pub async fn content_type(&self) -> Outcome<Option<String>> {
        ask!(self.guest, Op::ContentType(self.slot), Seen::Text(text) => text)
    }

    /// `set-content-type`.
    pub async fn set_content_type(&self, text: &str) -> Outcome {
        self.laden.store(true, Ordering::Relaxed);
        ask!(self.guest, Op::SetContentType((self.slot, text.into())), Seen::Done => ())
    }

    /// `data`.
    pub async fn data(&self) -> Outcome<Vec<u8>> {
        ask!(self.guest, Op::Data(self.slot), Seen::Bytes(bytes) => bytes)
    }

    /// `set-data`.
    pub async fn set_data(&self, data: impl AsRef<[u8]>) -> Outcome {
        ask!(self.guest, Op::SetData((self.slot, data.as_ref().into())), Seen::Done => ())
    }

    /// `metadata`, sorted.
    pub async fn metadata(&self) -> Outcome<Option<Vec<(String, String)>>> {
        let pairs: Option<Vec<_>> = ask!(self.guest, Op::Metadata(self.slot), Seen::Pairs(pairs) => pairs)?;
        Ok(pairs.map(|mut pairs| {
            pairs.sort();
            pairs
        }))
    }

    /// `add-metadata`.
    pub async fn add_metadata(&self, key: &str, value: &str) -> Outcome {
        self.laden.store(true, Ordering::Relaxed);
        ask!(self.guest, Op::AddMetadata((self.slot, key.into(), value.into())), Seen::Done => ())
    }

    /// `set-metadata`.
    pub async fn set_metadata(&self, pairs: &[(&str, &str)]) -> Outcome {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.laden.store(true, Ordering::Relaxed);
        ask!(self.guest, Op::SetMetadata((self.slot, pairs)), Seen::Done => ())
    }

    /// `remove-metadata`.
    pub async fn remove_metadata(&self, key: &str) -> Outcome {
        ask!(self.guest, Op::RemoveMetadata((self.slot, key.into())), Seen::Done => ())
    }

    /// Replies to this message, which must be a received one.
    pub async fn reply(&self, message: Self) -> Outcome {
        message.is_carried()?;
        ask!(self.guest, Op::Reply((self.slot, message.slot)), Seen::Done => ())
    }

    /// Drops it.
    pub async fn close(self) -> Outcome {
        ask!(self.guest, Op::Drop(self.slot), Seen::Done => ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Stop;

    async fn replies(answer: &'static str) -> Outcome<usize> {
        let guest = Guest::answering(answer);
        let client = Client { guest: guest.clone(), slot: 0 };
        let request = Request { topic: "ask", timeout_ms: None, expected: None };
        Ok(client.request(&Message::new(&guest, 1), request).await?.len())
    }

    #[tokio::test]
    async fn more_replies_than_there_are_slots_are_no_answer() {
        assert_eq!(replies(r#"{"Replies":64}"#).await, Ok(64));
        for too_many in [r#"{"Replies":65}"#, r#"{"Replies":4294967295}"#] {
            assert!(matches!(replies(too_many).await, Err(Stop::Broken(_))), "{too_many}");
        }
    }
}
