//! Messaging: an exchange for each scope, a queue for each group and topic or for each subscriber without a group.

mod group;
mod listener;
mod receipt;
mod replies;

use crate::{connection::Server, envelope, names};
use async_trait::async_trait;
use group::Reader;
use lapin::{
    Channel,
    options::QueueBindOptions,
    types::{FieldTable, ShortString},
};
use listener::Listener;
use replies::ReplyInbox;
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Delivery, Inbox, MAX_TOPIC, Messaging, Payload, Replies, Settle, Subscription},
};

/// Largest payload, in bytes. As in the memory backend; a server takes 128 MiB unless it is told otherwise.
const MAX_PAYLOAD: u64 = 1 << 20;

/// A broker that keeps what groups have not handled yet.
pub(crate) struct Broker {
    offered: Description,
    server: Arc<Server>,
}

impl Broker {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::GROUPS, feature::BROADCAST, feature::REDELIVERY, feature::REQUEST_REPLY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, server }
    }
}

/// What somebody subscribed to.
#[derive(Clone)]
struct Wanted {
    server: Arc<Server>,
    scope: String,
    topics: BTreeSet<String>,
    most: u32,
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, scope: &str) -> Result<()> {
        names::exchange(scope)?;
        let live = self.server.live().await?;
        self.server.channel(&live).await.map(drop)
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let (exchange, key) = (names::exchange(scope)?, names::routing_key(topic)?);
        let live = self.server.live().await?;
        let properties = envelope::properties(message, live.frame())?;
        self.server.exchange(&live, &exchange).await?;
        self.server.publish(&live, &exchange, key, &message.data, properties).await
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let topics: BTreeSet<String> = subscription.topics.iter().cloned().collect();
        if topics.is_empty() {
            return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
        }
        let (server, scope, most) = (self.server.clone(), scope.to_owned(), subscription.max_deliveries);
        let wanted = Wanted { server, scope, topics, most };
        Ok(match &subscription.group {
            None => Box::new(Listener::new(wanted).await?),
            Some(group) => Box::new(Reader::new(wanted, group.clone()).await?),
        })
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let (exchange, key) = (names::exchange(scope)?, names::routing_key(topic)?);
        Ok(Box::new(ReplyInbox::ask(self.server.clone(), &exchange, key, message).await?))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        replies::reply(&self.server, reply_to, message).await
    }
}

impl Wanted {
    /// A channel of its own, and the exchange.
    async fn begin(&self) -> Result<(Channel, ShortString)> {
        let exchange = names::exchange(&self.scope)?;
        let live = self.server.live().await?;
        self.server.exchange(&live, &exchange).await?;
        Ok((self.server.channel(&live).await?, exchange))
    }

    /// Has a queue get the messages of a topic.
    async fn bind(&self, channel: &Channel, queue: &ShortString, exchange: &ShortString, topic: &str) -> Result<()> {
        let (queue, exchange, key) = (queue.clone(), exchange.clone(), names::routing_key(topic)?);
        let bound = channel.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default());
        self.server.ask(bound).await
    }
}

/// What to hand out for a message.
fn delivery(
    topic: String,
    payload: Payload,
    reply_to: Option<String>,
    attempt: u32,
    settle: impl Settle + 'static,
) -> Delivery {
    Delivery { topic, payload, reply_to, attempt, settle: Box::new(settle) }
}
