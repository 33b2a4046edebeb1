//! Brokers that lose replies, lead them astray, or make some up.

use super::{Cut, Defect, Shared, lock};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use futures::future::select_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use wasi_cloud_core::{
    Kind, Result,
    messaging::{Delivery, Messaging, Payload, Replies},
};

rows! {
    ToAll { asked: Askers } "replies-to-all" ["MSG-RR-07"] "A reply reaches everybody who ever asked.";
    ToTheFirst { asked: Askers } "replies-to-the-first" ["MSG-RR-07"] "All replies go to who asked first.";
    UsesAgain { left: Left } "reply-inboxes-are-used-again" ["MSG-RR-01"] "What one request leaves over answers the next.";
    LosesReplies "loses-replies" ["MSG-RR-07", "MSG-RR-01"] "Accepted replies are thrown away.";
    AnswersOnce { answered: Shared<BTreeSet<String>> } "answers-once" ["MSG-RR-08"] "The second reply to a message is lost.";
    EmptyReplies "replies-are-empty" ["MSG-RR-01"] "A reply loses its payload.";
    ConfirmationIsReply "confirmation-is-a-reply" ["MSG-RR-01", "MSG-RR-02"] "That the broker has the request counts as a reply.";
    NobodyIsReply "no-responders-is-a-reply" ["MSG-M04"] "That nobody can answer comes as an empty reply.";
}

/// The addresses that replies were asked for at, by scope.
type Askers = Shared<BTreeMap<String, Vec<String>>>;

fn remember(asked: &Askers, scope: &str, delivery: &Delivery) {
    let mut asked = lock(asked);
    let known = asked.entry(scope.to_owned()).or_default();
    known.extend(delivery.reply_to.clone().filter(|address| !known.contains(address)));
}

fn askers(asked: &Askers, scope: &str) -> Vec<String> {
    lock(asked).get(scope).cloned().unwrap_or_default()
}

#[async_trait]
impl Defect for ToAll {
    fn delivery(&self, scope: &str, delivery: Delivery) -> Delivery {
        remember(&self.asked, scope, &delivery);
        delivery
    }
    async fn reply(&self, broker: &dyn Messaging, scope: &str, _: &str, message: &Payload) -> Result<()> {
        for address in askers(&self.asked, scope) {
            broker.reply(scope, &address, message).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Defect for ToTheFirst {
    fn delivery(&self, scope: &str, delivery: Delivery) -> Delivery {
        remember(&self.asked, scope, &delivery);
        delivery
    }
    async fn reply(&self, broker: &dyn Messaging, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        let first = askers(&self.asked, scope).into_iter().next();
        broker.reply(scope, first.as_deref().unwrap_or(reply_to), message).await
    }
}

#[async_trait]
impl Defect for LosesReplies {
    async fn reply(&self, _: &dyn Messaging, _: &str, _: &str, _: &Payload) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Defect for AnswersOnce {
    async fn reply(&self, broker: &dyn Messaging, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        if lock(&self.answered).insert(reply_to.to_owned()) {
            return broker.reply(scope, reply_to, message).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Defect for EmptyReplies {
    async fn reply(&self, broker: &dyn Messaging, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        broker.reply(scope, reply_to, &Payload { data: Vec::new(), ..message.clone() }).await
    }
}

/// Inboxes of requests that ended, by scope.
type Left = Shared<BTreeMap<String, Vec<Box<dyn Replies>>>>;

/// All of a scope's that nobody else reads, and this request's own.
struct Inherited {
    inboxes: Vec<Box<dyn Replies>>,
    left: Left,
    scope: String,
}

#[async_trait]
impl Replies for Inherited {
    async fn next(&mut self) -> Result<Payload> {
        select_all(self.inboxes.iter_mut().map(|inbox| inbox.next())).await.0
    }
}

impl Drop for Inherited {
    fn drop(&mut self) {
        lock(&self.left).entry(self.scope.clone()).or_default().append(&mut self.inboxes);
    }
}

#[async_trait]
impl Defect for UsesAgain {
    async fn request(&self, broker: &dyn Messaging, scope: &str, topic: &str, m: &Payload) -> Result<Box<dyn Replies>> {
        let own = broker.request(scope, topic, m).await?;
        let mut inboxes = lock(&self.left).remove(scope).unwrap_or_default();
        inboxes.push(own);
        Ok(Box::new(Inherited { inboxes, left: self.left.clone(), scope: scope.to_owned() }))
    }
}

/// An empty reply, and then the honest ones.
struct After(bool, Option<Box<dyn Replies>>);

#[async_trait]
impl Replies for After {
    async fn next(&mut self) -> Result<Payload> {
        if std::mem::take(&mut self.0) {
            return Ok(Payload::default());
        }
        match &mut self.1 {
            Some(honest) => honest.next().await,
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Defect for ConfirmationIsReply {
    async fn request(&self, broker: &dyn Messaging, scope: &str, topic: &str, m: &Payload) -> Result<Box<dyn Replies>> {
        let honest = broker.request(scope, topic, m).await?;
        Ok(Box::new(After(true, Some(honest))))
    }
}

#[async_trait]
impl Defect for NobodyIsReply {
    async fn request(&self, broker: &dyn Messaging, scope: &str, topic: &str, m: &Payload) -> Result<Box<dyn Replies>> {
        match broker.request(scope, topic, m).await {
            Err(error) if error.kind == Kind::Unavailable => Ok(Box::new(After(true, None))),
            asked => asked,
        }
    }
}
