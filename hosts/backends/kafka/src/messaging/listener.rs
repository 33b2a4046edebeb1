//! Subscribers without a group: each reads all partitions, from where they ended when it came.

use super::envelope;
use crate::{cluster::Cluster, error::read};
use async_trait::async_trait;
use krafka::consumer::{AutoOffsetReset, Consumer};
use std::{collections::HashMap, sync::Arc};
use tokio::runtime::Handle;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Disposition, Inbox, Settle},
};

/// Reads when it is asked to; the crate makes lost connections anew, and goes on where it was.
pub(super) struct Listener {
    cluster: Arc<Cluster>,
    /// What guests call the topics.
    topics: HashMap<String, String>,
    /// `None` when it was closed.
    consumer: Option<Consumer>,
    /// To close it from where there is no runtime.
    runtime: Handle,
}

impl Listener {
    pub(super) async fn new(cluster: Arc<Cluster>, topics: HashMap<String, String>) -> Result<Self> {
        let names: Vec<String> = topics.keys().cloned().collect();
        let ends = cluster.ends(&names).await?;
        let failed = |why| read(&why, cluster.url());
        // Partitions that are added later are read from their beginning.
        let consumer = cluster.connect_again().await?.consumer_without_group().initial_offsets(ends);
        let consumer = consumer.auto_offset_reset(AutoOffsetReset::Earliest).metrics_push(false);
        let consumer = consumer.build().await.map_err(failed)?;
        if let Err(why) = consumer.subscribe(&names).await {
            let _ = consumer.close().await;
            return Err(failed(why));
        }
        Ok(Self { cluster, topics, consumer: Some(consumer), runtime: Handle::current() })
    }
}

#[async_trait]
impl Inbox for Listener {
    async fn next(&mut self) -> Result<Delivery> {
        let closed = || Error::new(Kind::Unavailable, "this subscription was closed");
        let consumer = self.consumer.as_ref().ok_or_else(closed)?;
        loop {
            let record = consumer.recv().await.map_err(|why| read(&why, self.cluster.url()))?.ok_or_else(closed)?;
            let Some(topic) = self.topics.get(&*record.topic).cloned() else { continue };
            let payload = envelope::payload(&record);
            return Ok(Delivery { topic, payload, reply_to: None, attempt: 1, settle: Box::new(Unsettled) });
        }
    }

    async fn close(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            // There is nothing to give back.
            let _ = consumer.close().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            self.runtime.spawn(async move { consumer.close().await });
        }
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
