//! Hosts that make the wrong thing of a handler's end, or serve other messages than they should. Judged with guests: what
//! serves them is the glue.

use super::{Cut, Defect, settling};
use crate::{
    host::stage::Tamper,
    mutants::{Row, Shared, lock, rows},
};
use async_trait::async_trait;
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Result,
    messaging::{Delivery, Disposition, Inbox, Messaging, Subscription},
};

rows! {
    StopsAtFailure { failed: Shared<BTreeSet<String>> } "serve-stops-at-failure" ["MSG-HAND-04"] "A handler that failed gets no more messages.";
    NeverAcks "serve-never-acks" ["MSG-M06"] "A message that was handled is not acknowledged.";
    NoneOfItsOwn "serve-none-of-its-own" ["MSG-M13"] "A component is not handed what it sends itself.";
    GroupIsAlone "serve-groups-alone" ["MSG-HAND-01"] "Each instance has a group of its own.";
}

/// Every table of this file.
pub(in crate::mutants) fn all() -> Vec<Row> {
    let row = |name, clauses, bug, tamper| Row { name, bug, clauses, tamper };
    let others = [
        row(
            "serve-keeps-revoked-grants",
            &["MSG-TYPES-13"] as &[_],
            "A changed grant reaches no guest that runs.",
            Arc::new(KeepsGrants) as Arc<dyn Tamper>,
        ),
        row(
            "serve-reads-no-topics",
            &["MSG-M12"],
            "The topics that a component records are not read.",
            Arc::new(NoTopics),
        ),
    ];
    rows().into_iter().chain(others).collect()
}

struct KeepsGrants;
impl Tamper for KeepsGrants {
    fn controls_reach_guests(&self) -> bool {
        false
    }
}

struct NoTopics;
impl Tamper for NoTopics {
    fn recorded(&self, _: Vec<String>) -> Vec<String> {
        vec!["messages".into()]
    }
}

/// An inbox that ends with the first failure in its scope.
struct UntilFailure {
    honest: Box<dyn Inbox>,
    failed: Shared<BTreeSet<String>>,
    scope: String,
}

#[async_trait]
impl Inbox for UntilFailure {
    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.honest.next().await?;
        if lock(&self.failed).contains(&self.scope) {
            std::future::pending().await
        }
        let (failed, scope) = (self.failed.clone(), self.scope.clone());
        Ok(settling(delivery, move |disposition| {
            if disposition == Disposition::Nack {
                lock(&failed).insert(scope.clone());
            }
            disposition
        }))
    }
}

#[async_trait]
impl Defect for StopsAtFailure {
    async fn subscribe(&self, broker: &dyn Messaging, scope: &str, to: &Subscription) -> Result<Box<dyn Inbox>> {
        let honest = broker.subscribe(scope, to).await?;
        Ok(Box::new(UntilFailure { honest, failed: self.failed.clone(), scope: scope.to_owned() }))
    }
}

impl Defect for NeverAcks {
    fn delivery(&self, _: &str, delivery: Delivery) -> Delivery {
        settling(delivery, |_| Disposition::Nack)
    }
}

/// Pingpong is the one that sends: it hears pings, and to `pong` it sends.
impl Defect for NoneOfItsOwn {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        let mut topics = asked.topics.clone();
        if topics.iter().any(|topic| topic == "ping") {
            topics.retain(|topic| topic != "pong");
        }
        Subscription { topics, ..asked.clone() }
    }
}

impl Defect for GroupIsAlone {
    fn subscription(&self, _: &str, asked: &Subscription) -> Subscription {
        Subscription { group: None, ..asked.clone() }
    }
}
