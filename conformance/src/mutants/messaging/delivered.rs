//! Brokers that deliver to the wrong ones, or too often.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Result,
    messaging::{DEAD_LETTER_SOURCE, Delivery, Messaging, Payload, Subscription},
};

rows! {
    GroupGetsAll "group-gets-all" ["MSG-HAND-01"] "Each member of a group gets every message.";
    BroadcastToOne "broadcast-to-one" ["MSG-HAND-01"] "Subscribers without a group share the messages.";
    GroupsAreOne "groups-are-one" ["MSG-HAND-01"] "All groups share the messages, whatever their names.";
    OnceMore "redelivers-once-more" ["MSG-M05"] "A message is delivered once more than it may be.";
    RedeliveryIsEmpty "redelivery-is-empty" ["MSG-M05"] "What comes again has lost its payload.";
    CountsLess "counts-deliveries-short" ["MSG-M05"] "A message that comes again says of one delivery less.";
    DropsDeadLetters "drops-dead-letters" ["MSG-M05"] "Dead letters are thrown away.";
}

impl Defect for GroupGetsAll {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        Subscription { group: None, ..asked.clone() }
    }
}

impl Defect for BroadcastToOne {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        Subscription { group: asked.group.clone().or_else(|| Some("all".into())), ..asked.clone() }
    }
}

impl Defect for GroupsAreOne {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        Subscription { group: asked.group.as_ref().map(|_| "all".into()), ..asked.clone() }
    }
}

impl Defect for OnceMore {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        Subscription { max_deliveries: asked.max_deliveries.saturating_add(1), ..asked.clone() }
    }
}

impl Defect for RedeliveryIsEmpty {
    fn delivery(&self, _: &str, mut delivery: Delivery) -> Delivery {
        if delivery.attempt > 1 {
            delivery.payload.data.clear();
        }
        delivery
    }
}

impl Defect for CountsLess {
    fn delivery(&self, _: &str, delivery: Delivery) -> Delivery {
        Delivery { attempt: delivery.attempt.saturating_sub(1).max(1), ..delivery }
    }
}

#[async_trait]
impl Defect for DropsDeadLetters {
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        if message.metadata.iter().any(|(key, _)| key == DEAD_LETTER_SOURCE) {
            return Ok(());
        }
        broker.publish(scope, topic, message).await
    }
}
