//! Subscribers without a group: each hears everything while it listens, at-most-once.

use super::{envelope, lost, presence::Presence, subject};
use crate::connection::Server;
use async_nats::Subscriber;
use async_trait::async_trait;
use futures::{StreamExt, stream::SelectAll};
use std::collections::{BTreeSet, HashMap};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Disposition, Inbox, Settle},
};

/// Listens to subjects; the crate listens to them again after a connection was lost.
pub(super) struct Listener {
    heard: SelectAll<Subscriber>,
    /// Topics by subject.
    topics: HashMap<String, String>,
    _present: Vec<Presence>,
}

impl Listener {
    pub(super) async fn new(
        server: &Server,
        scope: &str,
        topics: &BTreeSet<&str>,
        present: Vec<Presence>,
    ) -> Result<Self> {
        let topics: HashMap<_, _> = topics.iter().map(|topic| (subject(scope, topic), (*topic).to_owned())).collect();
        let mut heard = SelectAll::new();
        for subject in topics.keys() {
            heard.push(server.client.subscribe(subject.clone()).await.map_err(|_| lost(server))?);
        }
        // What is published from now on is heard.
        server.ping().await?;
        Ok(Self { heard, topics, _present: present })
    }
}

#[async_trait]
impl Inbox for Listener {
    async fn next(&mut self) -> Result<Delivery> {
        while let Some(message) = self.heard.next().await {
            // The message's own reply subject is where JetStream acknowledges it to the publisher.
            let Some(topic) = self.topics.get(message.subject.as_str()).cloned() else { continue };
            let (payload, reply_to) = envelope::payload(message.payload.into(), message.headers.as_ref());
            return Ok(Delivery { topic, payload, reply_to, attempt: 1, settle: Box::new(Unsettled) });
        }
        Err(Error::new(Kind::Unavailable, "the connection to the server was closed"))
    }
}

/// At-most-once: there is nothing to settle.
struct Unsettled;

#[async_trait]
impl Settle for Unsettled {
    async fn settle(self: Box<Self>, _: Disposition) -> Result<()> {
        Ok(())
    }
}
