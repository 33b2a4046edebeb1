//! Reading from a group, and settling what was read.

use super::queues::{GroupId, Item, Queues};
use crate::lock;
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tokio::sync::Notify;
use wasi_cloud_core::{
    Result,
    messaging::{Delivery, Disposition, Inbox, Settle, Subscription},
};

/// A live reader of a group.
pub(super) struct GroupInbox {
    queues: Arc<Mutex<Queues>>,
    group: GroupId,
    arrived: Arc<Notify>,
    topics: BTreeSet<String>,
    max_deliveries: u32,
}

impl GroupInbox {
    pub(super) fn new(queues: Arc<Mutex<Queues>>, scope: &str, subscription: &Subscription) -> Self {
        let topics = subscription.topics.iter().cloned().collect();
        let (group, arrived) = lock(&queues).join(scope, subscription.group.as_deref(), &topics);
        Self { queues, group, arrived, topics, max_deliveries: subscription.max_deliveries }
    }

    fn take(&self) -> Option<Delivery> {
        let item = lock(&self.queues).take(&self.group, &self.topics)?;
        Some(Delivery {
            topic: item.topic.to_string(),
            payload: (*item.payload).clone(),
            reply_to: item.reply_to.clone(),
            attempt: item.attempt,
            settle: Box::new(Receipt {
                queues: self.queues.clone(),
                group: self.group.clone(),
                item: Some(item),
                max_deliveries: self.max_deliveries,
            }),
        })
    }
}

#[async_trait]
impl Inbox for GroupInbox {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            // Listening starts before looking, so a message that comes in between is not missed; and nothing is
            // awaited between taking a message and returning it, so a cancelled `next` has taken none.
            let arrived = self.arrived.notified();
            if let Some(delivery) = self.take() {
                return Ok(delivery);
            }
            arrived.await;
        }
    }
}

impl Drop for GroupInbox {
    fn drop(&mut self) {
        lock(&self.queues).leave(&self.group, &self.topics);
    }
}

/// Keeps a delivered message until it is settled. Dropped unsettled (the handler trapped, or its host is gone), it
/// counts as not handled.
struct Receipt {
    queues: Arc<Mutex<Queues>>,
    group: GroupId,
    item: Option<Item>,
    max_deliveries: u32,
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        match disposition {
            Disposition::Ack => self.item = None,
            Disposition::Nack => drop(self),
        }
        Ok(())
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let Some(item) = self.item.take() else { return };
        if item.attempt < self.max_deliveries {
            lock(&self.queues).put_back(&self.group, item);
        } else {
            tracing::warn!(topic = &*item.topic, deliveries = item.attempt, "a message was never handled; dropped");
        }
    }
}
