//! Messaging backends with one defect each.

mod carried;
mod defect;
mod delivered;
pub(super) mod glue;
pub(super) mod glue_request;
pub(super) mod link;
mod requests;
pub(super) mod serving;

use super::{Row, Shared, lock, rows};
use crate::host::stage::Tamper;
use async_trait::async_trait;
use defect::{Defect, Defective};
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Disposition, Messaging, Payload, Settle, Subscription},
};

/// Every table of this seam.
pub(super) fn backends() -> Vec<Row> {
    [rows(), carried::rows(), delivered::rows(), requests::rows()].into_iter().flatten().collect()
}

struct Cut<D>(D);

impl<D: Defect + Clone + 'static> Tamper for Cut<D> {
    fn messaging(&self, honest: Arc<dyn Messaging>) -> Arc<dyn Messaging> {
        Arc::new(Defective::new(honest, self.0.clone()))
    }
}

/// What is done with each settlement before the broker hears of it.
struct Settling<F>(Box<dyn Settle>, F);

#[async_trait]
impl<F: Fn(Disposition) -> Disposition + Send + Sync> Settle for Settling<F> {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        self.0.settle((self.1)(disposition)).await
    }
}

fn settling(delivery: Delivery, change: impl Fn(Disposition) -> Disposition + Send + Sync + 'static) -> Delivery {
    Delivery { settle: Box::new(Settling(delivery.settle, change)), ..delivery }
}

rows! {
    DropsMessages "drops-messages" ["MSG-HAND-01", "MSG-PROD-01"] "Accepted messages are thrown away.";
    CrossesTopics "crosses-topics" ["MSG-HAND-02"] "A subscription gets a topic that it did not ask for.";
    WidensPatterns "widens-patterns" ["MSG-HAND-02"] "A pattern for one level gets all that follow too.";
    LosesMetadata "loses-metadata" ["MSG-TYPES-11"] "Metadata does not survive the broker.";
    NackIsAck "nack-is-ack" ["MSG-M05", "MSG-M06"] "A message whose handler failed is not delivered again.";
    CutsPayload "cuts-payload" ["MSG-PROD-04"] "A payload ends at its first NUL.";
    OneConnection { scopes: Shared<BTreeSet<String>> } "one-connection-only" ["MSG-TYPES-01"] "A second connection is refused.";
    ForgetsTopic "forgets-topic" ["MSG-TYPES-12"] "A message does not say on which topic it came.";
}

#[async_trait]
impl Defect for DropsMessages {
    async fn publish(&self, _: &dyn Messaging, _: &str, _: &str, _: &Payload) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Defect for CrossesTopics {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        let mut topics = asked.topics.clone();
        topics.extend(asked.topics.iter().map(|topic| format!("{topic}-not")));
        Subscription { topics, ..asked.clone() }
    }
}

#[async_trait]
impl Defect for WidensPatterns {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        let widened =
            asked.topics.iter().map(|topic| topic.split_once('+').map_or(topic.clone(), |(up, _)| format!("{up}#")));
        Subscription { topics: widened.collect(), ..asked.clone() }
    }
}

#[async_trait]
impl Defect for LosesMetadata {
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let metadata = message.metadata.iter().filter(|(key, _)| key == "script").cloned().collect();
        broker.publish(scope, topic, &Payload { metadata, ..message.clone() }).await
    }
}

#[async_trait]
impl Defect for NackIsAck {
    fn delivery(&self, _: &str, delivery: Delivery) -> Delivery {
        settling(delivery, |_| Disposition::Ack)
    }
}

#[async_trait]
impl Defect for CutsPayload {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        let end = delivery.payload.data.iter().position(|byte| *byte == 0);
        delivery.payload.data.truncate(end.unwrap_or(usize::MAX));
        delivery
    }
}

#[async_trait]
impl Defect for ForgetsTopic {
    fn delivery(&self, _: &str, delivery: Delivery) -> Delivery {
        Delivery { topic: "topic".into(), ..delivery }
    }
}

#[async_trait]
impl Defect for OneConnection {
    async fn connect(&self, broker: &dyn Messaging, scope: &str) -> Result<()> {
        if lock(&self.scopes).insert(scope.to_owned()) {
            return broker.connect(scope).await;
        }
        Err(Error::new(Kind::Quota, "this client's name is in use"))
    }
}
