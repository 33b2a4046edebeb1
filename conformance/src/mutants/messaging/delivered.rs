//! Brokers that deliver to the wrong ones, or too often.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use std::sync::Arc;
use wasi_cloud_core::messaging::{Delivery, Subscription};

rows! {
    GroupGetsAll "group-gets-all" ["MSG-HAND-01"] "Each member of a group gets every message.";
    BroadcastToOne "broadcast-to-one" ["MSG-HAND-01"] "Subscribers without a group share the messages.";
    OnceMore "redelivers-once-more" ["MSG-M05"] "A message is delivered once more than it may be.";
    RedeliveryIsEmpty "redelivery-is-empty" ["MSG-M05"] "What comes again has lost its payload.";
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
