//! Messaging: a topic of a scope is a topic of Kafka's, a group is a consumer group.

mod envelope;
mod lanes;
mod listener;
mod member;
mod reader;

use crate::{cluster::Cluster, names};
use async_trait::async_trait;
use listener::Listener;
use reader::Reader;
use std::{collections::HashMap, sync::Arc};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Subscription},
};

/// Largest payload, in bytes: a broker takes 1 MiB, and 64 KiB of that are left for metadata.
const MAX_PAYLOAD: u64 = (1 << 20) - (64 << 10);

/// A broker that keeps messages.
pub(crate) struct Broker {
    offered: Description,
    cluster: Arc<Cluster>,
}

impl Broker {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::GROUPS, feature::BROADCAST, feature::REDELIVERY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, cluster }
    }

    async fn produce(&self, topic: &String, message: &Payload) -> Result<()> {
        self.cluster.make([topic]).await?;
        self.cluster.produce(envelope::record(topic, message)).await
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        self.cluster.ping().await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let topic = names::topic(scope, topic);
        match self.produce(&topic, message).await {
            // Somebody removed the topic.
            Err(e) if e.kind == Kind::NotFound => {
                self.cluster.forget([&topic]);
                self.produce(&topic, message).await
            }
            // That it was removed may be why: the next call makes it anew.
            Err(e) if e.kind == Kind::Timeout => {
                self.cluster.forget([&topic]);
                Err(e)
            }
            published => published,
        }
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let named = subscription.topics.iter().map(|topic| (names::topic(scope, topic), topic.clone()));
        let topics: HashMap<String, String> = named.collect();
        if topics.is_empty() {
            return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
        }
        Ok(match &subscription.group {
            None => Box::new(Listener::new(self.cluster.clone(), topics).await?),
            Some(group) => {
                let group = names::group(scope, group);
                Box::new(Reader::new(self.cluster.clone(), topics, &group, subscription.max_deliveries).await?)
            }
        })
    }
}
