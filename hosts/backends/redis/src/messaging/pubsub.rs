//! Plain channels, for programs that `PUBLISH` and `SUBSCRIBE`.

use super::{
    MAX_PAYLOAD, envelope,
    replies::{self, ReplyInbox},
    topics,
};
use crate::{connection::Server, error::Effect, names};
use async_trait::async_trait;
use futures::StreamExt;
use redis::{
    aio::{PubSubSink, PubSubStream},
    cmd,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::timeout;
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Delivery, Disposition, Inbox, MAX_TOPIC, Messaging, Payload, Replies, Settle, Subscription},
};

/// After so long without a message, a listener asks whether the server is still there.
const QUIET: Duration = Duration::from_secs(15);

/// A broker that keeps nothing.
pub(crate) struct Channels {
    offered: Description,
    server: Arc<Server>,
}

impl Channels {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        let offered = Description::new(
            Durability::Process,
            [feature::BROADCAST, feature::REQUEST_REPLY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, server }
    }

    /// How many heard it.
    async fn send(&self, scope: &str, topic: &str, message: &Payload, reply_to: Option<&str>) -> Result<u64> {
        let mut command = cmd("PUBLISH");
        command.arg(names::plain(scope, topic)).arg(envelope::encode(message, reply_to));
        self.server.command(Effect::Write, &command).await
    }
}

#[async_trait]
impl Messaging for Channels {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        self.server.is_there().await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.send(scope, topic, message, None).await.map(drop)
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        if subscription.group.is_some() {
            return Err(Error::new(Kind::Unsupported, "channels have no groups; use `delivery=streams`"));
        }
        let topics = topics(subscription)?.into_iter().map(|t| (names::plain(scope, t), t.to_owned())).collect();
        let live = Some(listen(&self.server, &topics).await?);
        Ok(Box::new(ChannelInbox { server: self.server.clone(), topics, live }))
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(&self.server, scope).await?;
        if self.send(scope, topic, message, Some(replies.address())).await? == 0 {
            return Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"));
        }
        Ok(Box::new(replies))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        replies::reply(&self.server, reply_to, message).await
    }
}

/// Topics by channel.
type Topics = BTreeMap<String, String>;
type Listener = (PubSubSink, PubSubStream);

async fn listen(server: &Server, topics: &Topics) -> Result<Listener> {
    let channels: Vec<_> = topics.keys().cloned().collect();
    Ok(server.listen(&channels).await?.split())
}

/// Listens to channels on a connection of its own, and to the same again after it was lost.
struct ChannelInbox {
    server: Arc<Server>,
    topics: Topics,
    live: Option<Listener>,
}

impl ChannelInbox {
    fn lost(&mut self) -> Error {
        self.live = None;
        Error::new(Kind::Unavailable, "the connection was lost, and with it what was published since")
    }
}

#[async_trait]
impl Inbox for ChannelInbox {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            let (sink, messages) = match &mut self.live {
                Some(live) => live,
                // Nothing is lost if this is cancelled, for nothing was heard yet.
                gone => gone.insert(listen(&self.server, &self.topics).await?),
            };
            match timeout(QUIET, messages.next()).await {
                Ok(Some(message)) => {
                    let Some(topic) = self.topics.get(message.get_channel_name()) else { continue };
                    let (payload, reply_to) = envelope::decode(message.get_payload_bytes());
                    let settle = Box::new(Unsettled);
                    return Ok(Delivery { topic: topic.clone(), payload, reply_to, attempt: 1, settle });
                }
                Ok(None) => return Err(self.lost()),
                Err(_) => {
                    let asked = timeout(self.server.timing.response, sink.ping::<redis::Value>()).await;
                    if !matches!(asked, Ok(Ok(_))) {
                        return Err(self.lost());
                    }
                }
            }
        }
    }
}

/// At-most-once: there is nothing to settle.
pub(super) struct Unsettled;

#[async_trait]
impl Settle for Unsettled {
    async fn settle(self: Box<Self>, _: Disposition) -> Result<()> {
        Ok(())
    }
}
