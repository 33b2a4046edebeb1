//! Messaging: messages are rows, groups are queues of them, and a notification wakes whoever waits.

mod claim;
mod headers;
mod hub;
mod listener;
mod reader;
mod replies;
mod retention;
mod statements;

pub(crate) use retention::trim;

use crate::{
    connection::{Params, Server},
    error::Effect,
    schema::Part,
};
use async_trait::async_trait;
use hub::Hub;
use listener::Listener;
use reader::Reader;
use replies::ReplyInbox;
use statements as sql;
use std::{collections::BTreeSet, sync::Arc};
use tokio_postgres::Row;
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Replies, Subscription},
};

/// Its tables.
pub(crate) const PART: Part = Part { name: "messaging", version: 1, script: include_str!("messaging/schema.sql") };

/// Largest payload, in bytes. As in the memory backend.
const MAX_PAYLOAD: u64 = 1 << 20;
/// Longest name of a scope or group, in bytes: both are in one entry of an index, with a topic.
const MAX_NAME: usize = 1024;

/// A broker whose messages stay until about `maxlen` newer ones of their topic came.
pub(crate) struct Broker {
    offered: Description,
    server: Arc<Server>,
    hub: Arc<Hub>,
    maxlen: u32,
}

impl Broker {
    pub(crate) fn new(server: Arc<Server>, maxlen: u32) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::GROUPS, feature::BROADCAST, feature::REDELIVERY, feature::REQUEST_REPLY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        let hub = Arc::new(Hub::new(server.clone()));
        Self { offered, server, hub, maxlen }
    }

    /// After a message was inserted.
    fn sent(&self, scope: &str, topic: &str, row: &Row) {
        retention::sent(&self.server, scope, topic, row.get(0), self.maxlen);
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, scope: &str) -> Result<()> {
        is_name(scope, "scope")?;
        self.server.row(Effect::Read, "select 1", &[]).await.map(drop)
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let headers = headers::write(message);
        let params: Params<'_> = &[&scope.as_bytes(), &topic.as_bytes(), &&*message.data, &headers];
        if let Some(row) = self.server.row(Effect::Write, sql::PUBLISH, params).await? {
            self.sent(scope, topic, &row);
        }
        Ok(())
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        is_name(scope, "scope")?;
        let topics: BTreeSet<&str> = subscription.topics.iter().map(|topic| &**topic).collect();
        if topics.is_empty() {
            return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
        }
        Ok(match &subscription.group {
            None => Box::new(Listener::new(&self.server, &self.hub, scope, &topics).await?),
            Some(group) => {
                is_name(group, "group")?;
                let most = subscription.max_deliveries;
                Box::new(Reader::new(&self.server, &self.hub, scope, &topics, group, most).await?)
            }
        })
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(self.server.clone(), &self.hub).await?;
        let (headers, address) = (headers::write(message), replies.address());
        let params: Params<'_> = &[&scope.as_bytes(), &topic.as_bytes(), &&*message.data, &headers, &address];
        let Some(row) = self.server.row(Effect::Write, sql::REQUEST, params).await? else {
            return Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"));
        };
        self.sent(scope, topic, &row);
        Ok(Box::new(replies))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        replies::reply(&self.server, reply_to, message).await
    }
}

/// The channels of topics, in their order.
async fn channels(server: &Server, scope: &str, topics: &BTreeSet<&str>) -> Result<Vec<String>> {
    let mut channels = Vec::with_capacity(topics.len());
    for topic in topics {
        let found = server.row(Effect::Read, sql::CHANNEL, &[&scope.as_bytes(), &topic.as_bytes()]).await?;
        channels.extend(found.map(|row| row.get::<_, String>(0)));
    }
    Ok(channels)
}

fn is_name(name: &str, what: &str) -> Result<()> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let why = format!("the name of a {what} has at most {MAX_NAME} bytes; this one has {}", name.len());
    Err(Error::new(Kind::Invalid, why))
}

/// A topic as it was published: what is no UTF-8 is another program's, and nobody can subscribe to it.
fn topic(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
