//! Messaging: JetStream keeps the messages of a scope in one stream.

mod envelope;
mod listener;
mod presence;
mod reader;
mod receipt;
mod replies;

use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::{
    message::PublishMessage,
    stream::{Config, DiscardPolicy},
};
use async_trait::async_trait;
use futures::future::try_join_all;
use listener::Listener;
use presence::Presence;
use reader::Reader;
use replies::ReplyInbox;
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Replies, Subscription},
};

/// Largest payload, in bytes: as that of values.
const MAX_PAYLOAD: u64 = (1 << 20) - (64 << 10);
/// Longest name of a scope, in bytes after escaping: a stream's name has at most 255.
const MAX_SCOPE: usize = 240;

/// A broker that keeps messages.
pub(crate) struct Broker {
    offered: Description,
    server: Arc<Server>,
    maxlen: u32,
    replicas: u32,
    /// Scopes whose stream was seen there.
    known: Mutex<HashSet<String>>,
}

fn stream_name(scope: &str) -> String {
    format!("MSG_{}", names::token(scope))
}

/// What the messages of a topic are published on.
fn subject(scope: &str, topic: &str) -> String {
    format!("wasi-cloud.msg.{}.{}", names::token(scope), names::key(topic))
}

impl Broker {
    pub(crate) fn new(server: Arc<Server>, maxlen: u32, replicas: u32) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::GROUPS, feature::BROADCAST, feature::REDELIVERY, feature::REQUEST_REPLY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, server.max_payload(MAX_PAYLOAD))],
        );
        Self { offered, server, maxlen, replicas, known: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the stream of a scope unless it is known to be there.
    async fn made(&self, scope: &str) -> Result<()> {
        let is_known = self.known().contains(scope);
        if is_known {
            return Ok(());
        }
        let token = names::token(scope);
        if token.len() > MAX_SCOPE {
            let why =
                format!("the name of a scope has at most {MAX_SCOPE} bytes, escaped; this one has {}", token.len());
            return Err(Error::new(Kind::Invalid, why));
        }
        let config = Config {
            name: stream_name(scope),
            description: Some("messages of wasi-cloud".to_owned()),
            subjects: vec![format!("wasi-cloud.msg.{token}.>")],
            max_messages_per_subject: i64::from(self.maxlen),
            discard: DiscardPolicy::Old,
            num_replicas: usize::try_from(self.replicas).unwrap_or(1),
            ..Config::default()
        };
        self.server.stream_made(config).await?;
        self.known().insert(scope.to_owned());
        Ok(())
    }

    /// Has a message kept. A stream that somebody removed is made anew: at once, or by the next call where the answer is
    /// silence, because somebody listens to the subject.
    async fn keep(&self, scope: &str, topic: &str, message: &Payload, reply_to: Option<&str>) -> Result<()> {
        match self.store(scope, topic, message, reply_to).await {
            Err(e) if e.kind == Kind::NotFound => {
                self.known().remove(scope);
                self.store(scope, topic, message, reply_to).await
            }
            Err(e) if e.kind == Kind::Timeout => {
                self.known().remove(scope);
                Err(e)
            }
            kept => kept,
        }
    }

    async fn store(&self, scope: &str, topic: &str, message: &Payload, reply_to: Option<&str>) -> Result<()> {
        self.made(scope).await?;
        let headers = envelope::headers(message, reply_to);
        let message = PublishMessage::build().payload(message.data.clone().into()).headers(headers);
        self.server.store(subject(scope, topic), message).await.map(drop)
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        self.server.is_there().await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.keep(scope, topic, message, None).await
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let topics: BTreeSet<&str> = subscription.topics.iter().map(|topic| &**topic).collect();
        if topics.is_empty() {
            return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
        }
        // A stream that somebody removed has to be there for consumers.
        self.known().remove(scope);
        self.made(scope).await?;
        // Together: one after the other, many topics would be as many round trips.
        let present = try_join_all(topics.iter().map(|topic| Presence::new(&self.server, scope, topic))).await?;
        Ok(match &subscription.group {
            None => Box::new(Listener::new(&self.server, scope, &topics, present).await?),
            Some(group) => {
                let most = subscription.max_deliveries;
                Box::new(Reader::new(self.server.clone(), scope, &topics, group, most, present).await?)
            }
        })
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(&self.server).await?;
        if !presence::is_anybody(&self.server, scope, topic).await? {
            return Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"));
        }
        self.keep(scope, topic, message, Some(replies.address())).await?;
        Ok(Box::new(replies))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        replies::reply(&self.server, reply_to, message).await
    }
}

/// The failure of what the crate only says to have failed.
fn lost(server: &Server) -> Error {
    Why::Lost.read(&server.url)
}
