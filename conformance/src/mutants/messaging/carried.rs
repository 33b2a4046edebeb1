//! Brokers that carry something else than what was sent.

use super::{Cut, Defect, Shared, lock};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Messaging, Payload, Subscription},
};

rows! {
    LosesContentType "loses-content-type" ["MSG-TYPES-06"] "The content type does not survive the broker.";
    ContentTypeIsMetadata "content-type-is-metadata" ["MSG-M10"] "The content type shows among the metadata.";
    MetadataTwice "metadata-comes-twice" ["MSG-TYPES-11"] "Each pair arrives twice.";
    FoldsNames "folds-metadata-names" ["MSG-TYPES-11"] "Names of metadata are folded to lower case.";
    LosesEmpty "loses-empty-metadata" ["MSG-TYPES-11"] "A pair without a value is lost.";
    PayloadIsText "payload-is-text" ["MSG-PROD-04"] "What is not UTF-8 in a payload is replaced.";
    CutsLarge "cuts-large-messages" ["MSG-PROD-04"] "A payload is cut after 128 KiB.";
    RefusesUnheard { heard: Shared<BTreeSet<(String, String)>> } "refuses-unheard" ["MSG-PROD-02"] "A topic without subscribers is an error.";
    ShortTopics "short-topics" ["MSG-M07"] "A topic over 200 bytes is refused.";
    FoldsTopics "folds-topics" ["MSG-HAND-02"] "Topics are folded to lower case.";
    TrimsTopics "trims-topics" ["MSG-M07"] "Spaces around a topic are cut off.";
    HearsBelow "hears-topics-below" ["MSG-HAND-02"] "A subscription gets the topics below its own too.";
    HearsTwins "hears-topics-of-one-look" ["MSG-M07", "MSG-HAND-02"] "A subscription gets the topics that look like its own too.";
}

#[async_trait]
impl Defect for LosesContentType {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.content_type = None;
        delivery
    }
}

#[async_trait]
impl Defect for ContentTypeIsMetadata {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        let typed = delivery.payload.content_type.clone();
        delivery.payload.metadata.extend(typed.map(|text| ("content-type".to_owned(), text)));
        delivery
    }
}

#[async_trait]
impl Defect for MetadataTwice {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.metadata.extend(delivery.payload.metadata.clone());
        delivery
    }
}

#[async_trait]
impl Defect for FoldsNames {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.metadata.iter_mut().for_each(|(name, _)| *name = name.to_lowercase());
        delivery
    }
}

#[async_trait]
impl Defect for LosesEmpty {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.metadata.retain(|(_, value)| !value.is_empty());
        delivery
    }
}

#[async_trait]
impl Defect for PayloadIsText {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.data = String::from_utf8_lossy(&delivery.payload.data).into_owned().into_bytes();
        delivery
    }
}

#[async_trait]
impl Defect for CutsLarge {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        delivery.payload.data.truncate(128 << 10);
        delivery
    }
}

#[async_trait]
impl Defect for RefusesUnheard {
    fn subscription(&self, scope: &str, asked: &Subscription) -> Subscription {
        lock(&self.heard).extend(asked.topics.iter().map(|topic| (scope.to_owned(), topic.clone())));
        asked.clone()
    }
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        if lock(&self.heard).contains(&(scope.to_owned(), topic.to_owned())) {
            return broker.publish(scope, topic, message).await;
        }
        Err(Error::new(Kind::NotFound, "nobody is subscribed to this topic"))
    }
}

#[async_trait]
impl Defect for ShortTopics {
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        if topic.len() <= 200 {
            return broker.publish(scope, topic, message).await;
        }
        Err(Error::new(Kind::Invalid, "this topic is longer than 200 bytes"))
    }
}

/// The subscription with each of its topics changed.
fn renamed(asked: &Subscription, rename: impl Fn(&str) -> String) -> Subscription {
    Subscription { topics: asked.topics.iter().map(|topic| rename(topic)).collect(), ..asked.clone() }
}

#[async_trait]
impl Defect for FoldsTopics {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        renamed(asked, str::to_lowercase)
    }
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        broker.publish(scope, &topic.to_lowercase(), message).await
    }
}

#[async_trait]
impl Defect for TrimsTopics {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        renamed(asked, |topic| topic.trim().to_owned())
    }
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        broker.publish(scope, topic.trim(), message).await
    }
}

/// The subscription with one more topic for each of those.
fn and(asked: &Subscription, more: impl Fn(&str) -> String) -> Subscription {
    let added = renamed(asked, more).topics;
    Subscription { topics: asked.topics.iter().cloned().chain(added).collect(), ..asked.clone() }
}

impl Defect for HearsBelow {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        and(asked, |topic| if topic.contains(['+', '#']) { topic.to_owned() } else { format!("{topic}/#") })
    }
}

impl Defect for HearsTwins {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        let composed = and(asked, |topic| topic.replace("e\u{301}", "\u{e9}"));
        and(&composed, |topic| topic.replace('\u{e9}', "e\u{301}"))
    }
}
