//! Messaging: the driver trait of backends and the portable `Client` and `Message` of guests.

mod client;
mod dead_letter;
mod inbox;
mod message;
mod pattern;
mod size;

pub use client::{Client, RequestOptions, subscribe};
pub use dead_letter::{DEAD_LETTER_DELIVERY_COUNT, DEAD_LETTER_GROUP, DEAD_LETTER_SOURCE};
pub use message::Message;
pub use pattern::stands_for;
pub use size::at_most;

use crate::{
    describe::Description,
    error::{Error, Kind, Result},
};
use async_trait::async_trait;

/// Longest topic, in bytes (MSG-M07).
pub const MAX_TOPIC: usize = 255;

/// A message as backends store and forward it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// The bytes.
    pub data: Vec<u8>,
    /// What the bytes are, as a media type. Never among the metadata (MSG-M10).
    pub content_type: Option<String>,
    /// Pairs with distinct, case-sensitive keys; their order is not kept (MSG-M09).
    pub metadata: Vec<(String, String)>,
}

/// Who gets which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Topics, and patterns of topics where [`SLASH_WILDCARDS`](crate::describe::feature::SLASH_WILDCARDS) is declared.
    pub topics: Vec<String>,
    /// Subscribers of one group share the messages; without a group each gets all.
    pub group: Option<String>,
    /// How often one message is delivered at most when handlers fail, the first time included.
    pub max_deliveries: u32,
    /// The topic, in the same scope, that a message is moved to that was delivered so often and not handled: its payload,
    /// content type and metadata, with [`DEAD_LETTER_SOURCE`] and its like, but not where replies go. It needs a group.
    /// `None` drops such a message. [`subscribe`] sees to it: a backend always finds `None`, and then `max_deliveries` is
    /// [`u32::MAX`], which means until it is acknowledged.
    pub dead_letter: Option<String>,
}

/// What the handler made of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Handled: never deliver it again.
    Ack,
    /// Not handled: deliver it again, up to `max_deliveries`, where redelivery is declared; else drop it.
    Nack,
}

/// Settles one delivery, once.
#[async_trait]
pub trait Settle: Send + Sync {
    /// Tells the broker.
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()>;
}

/// One message on its way to a handler.
pub struct Delivery {
    /// The topic that it was received on (MSG-TYPES-12).
    pub topic: String,
    /// The message.
    pub payload: Payload,
    /// Where replies go, if the sender asked for some.
    pub reply_to: Option<String>,
    /// 1 for the first delivery. Counts also those whose host died over them.
    pub attempt: u32,
    /// Dropping it unsettled leaves the message to the broker: redelivered where that is declared.
    pub settle: Box<dyn Settle>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("topic", &self.topic).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// A live subscription. Dropping it ends it.
#[async_trait]
pub trait Inbox: Send {
    /// The next message; waits for ever if none comes. Cancel-safe. An error leaves the inbox usable: the caller may
    /// ask again after a pause, and a backend that lost its connection reconnects by then. What [`subscribe`] returns
    /// says `access-denied` while the subscriber's grant is revoked, and goes on once there is one again.
    async fn next(&mut self) -> Result<Delivery>;

    /// For how many messages there is room now, those that `next` has not handed over among them. A backend may take as many
    /// from the broker ahead of `next`; without a word it takes one at a time. Room that was told once is not taken back.
    fn ready_for(&mut self, messages: usize) {
        let _ = messages;
    }

    /// Takes nothing more, and returns once what was taken and not handed over is with the broker again, but for what
    /// [`remaining`](Self::remaining) then has: a process that ends would otherwise keep it until others take over. What was
    /// handed over can still be settled.
    async fn close(&mut self) {}

    /// After [`close`](Self::close): what was taken, and cannot be given back as if it never had been, because the broker
    /// counts it as delivered. It is for a handler like any other. `None` once there is no more.
    async fn remaining(&mut self) -> Option<Delivery> {
        None
    }
}

/// Replies to one request. Dropping it ends the wait.
#[async_trait]
pub trait Replies: Send {
    /// The next reply; waits for ever if none comes. Cancel-safe.
    async fn next(&mut self) -> Result<Payload>;
}

/// What a backend must do to carry messages. Topics, sizes and counts are checked by [`Client`].
#[async_trait]
pub trait Messaging: Send + Sync + 'static {
    /// What this backend offers. Constant while it lives.
    fn describe(&self) -> &Description;

    /// Makes sure that the broker answers (MSG-TYPES-01).
    async fn connect(&self, scope: &str) -> Result<()>;

    /// Returns once the broker has accepted the message, whether anybody subscribed or not (MSG-PROD-01, MSG-PROD-02).
    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()>;

    /// Subscribes. When this returns, every later message is seen.
    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>>;

    /// Sends a message that asks for replies. When nobody can answer, an error rather than silence, if the broker
    /// knows (MSG-M04).
    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let _ = (scope, topic, message);
        Err(Error::new(Kind::Unsupported, "this broker does not offer `request-reply`"))
    }

    /// Sends a reply. A requester that has left is no error.
    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        let _ = (scope, reply_to, message);
        Err(Error::new(Kind::Unsupported, "this broker does not offer `request-reply`"))
    }
}
