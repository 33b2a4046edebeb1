//! Messaging: topics are topics, groups are shared subscriptions.

mod client_id;
mod envelope;
mod inbox;
mod receipt;
mod replies;
mod session;
mod window;

use crate::{error::Heard, names, sender::Sender};
use async_trait::async_trait;
use client_id::ClientIds;
use inbox::SessionInbox;
use replies::ReplyInbox;
use session::Session;
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Replies, Subscription},
};

/// Largest payload, in bytes. As in the memory backend.
const MAX_PAYLOAD: u64 = 1 << 20;

/// A broker that keeps messages for sessions.
pub(crate) struct Broker {
    offered: Description,
    sender: Arc<Sender>,
    client_ids: Arc<ClientIds>,
}

impl Broker {
    pub(crate) fn new(sender: Arc<Sender>, client_id: Option<String>) -> Self {
        let durability = if client_id.is_some() { Durability::Durable } else { Durability::Process };
        let offered = Description::new(
            durability,
            [
                feature::GROUPS,
                feature::BROADCAST,
                feature::REDELIVERY,
                feature::REQUEST_REPLY,
                feature::SLASH_WILDCARDS,
            ],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, sender, client_ids: Arc::new(ClientIds::new(client_id)) }
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        self.sender.ready().await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let properties = envelope::properties(message)?;
        self.sender.publish(names::topic(scope, topic), message.data.clone(), properties).await.map(drop)
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let topics: BTreeSet<&str> = subscription.topics.iter().map(|topic| &**topic).collect();
        if topics.is_empty() {
            return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
        }
        let filters: Vec<_> = topics.iter().map(|topic| names::filter(scope, topic)).collect();
        let client_id = self.client_ids.of(scope, subscription.group.as_deref(), &filters);
        let group = subscription.group.clone();
        let (session, arrivals) = Session::open(self.sender.clone(), client_id, scope, group, filters).await?;
        Ok(Box::new(SessionInbox::new(session, arrivals, subscription.max_deliveries)))
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(self.sender.ask().await?);
        let properties = replies.asking(envelope::properties(message)?);
        match self.sender.publish(names::topic(scope, topic), message.data.clone(), properties).await? {
            Heard::Maybe => Ok(Box::new(replies)),
            Heard::Nobody => Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic")),
        }
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        let (topic, properties) = envelope::reply(message, reply_to)?;
        self.sender.publish(topic, message.data.clone(), properties).await.map(drop)
    }
}
