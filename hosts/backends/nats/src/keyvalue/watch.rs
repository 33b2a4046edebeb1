//! Watching: a consumer of the bucket's stream, which tells of messages as they are stored.
//!
//! A bucket keeps the last message of a key alone, so of changes that come faster than they are told the earlier ones are
//! left out (KV-WATCH-S05 is not declared).

use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::{
    Message,
    consumer::{
        DeliverPolicy,
        push::{Ordered, OrderedConfig},
    },
};
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::Arc;
use wasi_cloud_core::{
    Result,
    keyvalue::{Change, Changes},
};

/// What changes in one bucket.
pub(super) struct Watching {
    from: From,
    /// `None` after it failed: then it is made anew.
    told: Option<Ordered>,
}

impl Watching {
    /// Begins now: what is written after this returned is told.
    pub(super) async fn new(server: Arc<Server>, bucket: &str) -> Result<Self> {
        let from = From { server, bucket: bucket.to_owned(), next: None };
        let told = Some(from.begin().await?);
        Ok(Self { from, told })
    }
}

/// Where changes are read.
struct From {
    server: Arc<Server>,
    bucket: String,
    /// The revision behind the last one that was told.
    next: Option<u64>,
}

impl From {
    /// The crate goes on by itself where a connection was lost, from the last message that it has seen.
    async fn begin(&self) -> Result<Ordered> {
        let config = OrderedConfig {
            deliver_subject: self.server.client.new_inbox(),
            filter_subject: format!("{}>", self.subjects()),
            deliver_policy: match self.next {
                Some(start_sequence) => DeliverPolicy::ByStartSequence { start_sequence },
                None => DeliverPolicy::New,
            },
            ..OrderedConfig::default()
        };
        let refused = |why: Why| why.read(&self.server.url);
        let stream = self.server.stream(&super::stream_name(&self.bucket)).await?;
        let consumer = stream.create_consumer(config).await.map_err(|why| refused(why.into()))?;
        consumer.messages().await.map_err(|_| refused(Why::Lost))
    }

    fn subjects(&self) -> String {
        format!("$KV.{}.", names::token(&self.bucket))
    }

    /// `None` for what no key of ours is called.
    fn change(&self, message: &Message) -> Option<Change> {
        let key = message.subject.strip_prefix(&*self.subjects()).and_then(names::read_key)?;
        let key = Some(key).filter(|key| key.len() as u64 <= super::MAX_KEY_SIZE)?;
        if message.headers.as_ref().is_some_and(super::is_removed) {
            return Some(Change::Deleted { key });
        }
        Some(Change::Set { key, value: message.payload.to_vec() })
    }
}

#[async_trait]
impl Changes for Watching {
    async fn next(&mut self) -> Result<Change> {
        loop {
            let told = match &mut self.told {
                Some(told) => told,
                None => self.told.insert(self.from.begin().await?),
            };
            let Some(Ok(message)) = told.next().await else {
                self.told = None;
                return Err(Why::Lost.read(&self.from.server.url));
            };
            if let Ok(info) = message.info() {
                self.from.next = Some(info.stream_sequence + 1);
            }
            if let Some(change) = self.from.change(&message) {
                return Ok(change);
            }
        }
    }
}
