//! Messaging in memory: every subscription is a group with queues of its own, and a broadcast is a group of one.

mod inbox;
mod queues;
mod replies;

use crate::lock;
use async_trait::async_trait;
use inbox::GroupInbox;
use queues::Queues;
use replies::{ReplyInbox, Requesters};
use std::sync::{Arc, Mutex};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Replies, Subscription},
};

/// Largest payload, in bytes. As NATS has it by default, so that what fits here fits there.
const MAX_PAYLOAD: u64 = 1 << 20;
/// The limit on what waits unread: messages of one topic for one group, replies for one requester. Not declared, since no
/// case could exercise it in a reasonable time. Over it a `publish` or `reply` is `quota` and reaches nobody: a message that was accepted is never
/// dropped to make room for another.
const BACKLOG: usize = 10_000;

/// A broker without messages or groups, at first.
///
/// A group exists from its first subscription to the end of the broker, and collects messages while nobody reads.
/// A message that was not handled goes back to its place in the queue at once, until it has been delivered
/// `max_deliveries` times; then it is dropped with a warning, for there are no dead letters.
pub(crate) struct Broker {
    offered: Description,
    queues: Arc<Mutex<Queues>>,
    requesters: Arc<Mutex<Requesters>>,
}

impl Default for Broker {
    fn default() -> Self {
        let offered = Description::new(
            Durability::Process,
            [
                feature::GROUPS,
                feature::BROADCAST,
                feature::REDELIVERY,
                feature::REQUEST_REPLY,
                feature::SLASH_WILDCARDS,
            ],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, queues: Arc::default(), requesters: Arc::default() }
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        lock(&self.queues).publish(scope, topic, message, None)
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        Ok(Box::new(GroupInbox::new(self.queues.clone(), scope, subscription)))
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(self.requesters.clone());
        let mut queues = lock(&self.queues);
        // A group that nobody reads would keep the message, but not answer in time.
        if !queues.is_read(scope, topic) {
            return Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"));
        }
        queues.publish(scope, topic, message, Some(replies.address()))?;
        Ok(Box::new(replies))
    }

    /// Addresses are unique across scopes and brokers, so a link that was switched cannot lead a reply astray.
    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        lock(&self.requesters).reply(reply_to, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use wasi_cloud_core::messaging::{Delivery, Disposition};

    fn text(data: &str) -> Payload {
        Payload { data: data.as_bytes().to_vec(), ..Payload::default() }
    }

    async fn inbox(broker: &Broker, group: Option<&str>, max_deliveries: u32) -> Box<dyn Inbox> {
        let group = group.map(str::to_owned);
        let subscription = Subscription { topics: vec!["t".to_owned()], group, max_deliveries, dead_letter: None };
        broker.subscribe("s", &subscription).await.expect("subscribed")
    }

    /// What is there already.
    fn ready(inbox: &mut dyn Inbox) -> Option<Delivery> {
        inbox.next().now_or_never().map(|next| next.expect("this broker has no errors"))
    }

    fn data(delivery: Option<&Delivery>) -> Option<&str> {
        delivery.map(|d| std::str::from_utf8(&d.payload.data).expect("text"))
    }

    #[tokio::test]
    async fn a_group_shares_and_a_broadcast_copies() {
        let broker = Broker::default();
        let (mut a, mut b) = (inbox(&broker, Some("g"), 1).await, inbox(&broker, Some("g"), 1).await);
        let (mut x, mut y) = (inbox(&broker, None, 1).await, inbox(&broker, None, 1).await);
        for message in ["1", "2"] {
            broker.publish("s", "t", &text(message)).await.expect("accepted");
        }
        broker.publish("elsewhere", "t", &text("3")).await.expect("accepted");
        assert_eq!(data(ready(&mut *a).as_ref()), Some("1"));
        let two = ready(&mut *b).expect("the second");
        assert_eq!(data(Some(&two)), Some("2"));
        two.settle.settle(Disposition::Ack).await.expect("settled");
        assert!(ready(&mut *a).is_none() && ready(&mut *b).is_none());
        for own in [&mut x, &mut y] {
            assert_eq!(data(ready(&mut **own).as_ref()), Some("1"));
            assert_eq!(data(ready(&mut **own).as_ref()), Some("2"));
        }
    }

    #[tokio::test]
    async fn a_cancelled_next_loses_nothing() {
        let broker = Broker::default();
        let (mut a, mut b) = (inbox(&broker, Some("g"), 1).await, inbox(&broker, Some("g"), 1).await);
        let mut waiting = a.next();
        let mut other = b.next();
        assert!((&mut waiting).now_or_never().is_none() && (&mut other).now_or_never().is_none());
        broker.publish("s", "t", &text("1")).await.expect("accepted");
        // It has been woken, and is dropped before it runs.
        drop(waiting);
        let delivery = other.await.expect("a message");
        assert_eq!(data(Some(&delivery)), Some("1"));
        assert_eq!(delivery.attempt, 1);
    }

    #[tokio::test]
    async fn what_was_not_handled_comes_again_in_its_place_up_to_the_limit() {
        let broker = Broker::default();
        let mut inbox = inbox(&broker, Some("g"), 3).await;
        for message in ["1", "2"] {
            broker.publish("s", "t", &text(message)).await.expect("accepted");
        }
        let first = ready(&mut *inbox).expect("the first");
        first.settle.settle(Disposition::Nack).await.expect("settled");
        drop(ready(&mut *inbox).filter(|d| d.attempt == 2).expect("the first again"));
        let third = ready(&mut *inbox).expect("and again");
        assert_eq!((data(Some(&third)), third.attempt), (Some("1"), 3));
        third.settle.settle(Disposition::Nack).await.expect("settled");
        let second = ready(&mut *inbox).expect("the second");
        assert_eq!((data(Some(&second)), second.attempt), (Some("2"), 1));
        second.settle.settle(Disposition::Ack).await.expect("settled");
        assert!(ready(&mut *inbox).is_none());
    }

    #[tokio::test]
    async fn a_group_outlives_its_inboxes_and_refuses_what_it_cannot_keep() {
        let broker = Broker::default();
        drop(inbox(&broker, Some("g"), 1).await);
        let mut own = inbox(&broker, None, 1).await;
        for i in 0..BACKLOG {
            broker.publish("s", "t", &text(&i.to_string())).await.expect("accepted");
            drop(ready(&mut *own).expect("read at once"));
        }
        let full = broker.publish("s", "t", &text("more")).await.expect_err("the group is full");
        assert_eq!(full.kind, Kind::Quota);
        assert!(ready(&mut *own).is_none(), "what was refused reached nobody");
        let mut again = inbox(&broker, Some("g"), 1).await;
        assert_eq!(data(ready(&mut *again).as_ref()), Some("0"));
        broker.publish("s", "t", &text("more")).await.expect("there is room");
    }

    #[tokio::test]
    async fn a_request_is_answered_or_refused() {
        let broker = Broker::default();
        drop(inbox(&broker, Some("g"), 1).await);
        let nobody = broker.request("s", "t", &text("?")).await.err().expect("nobody reads");
        assert_eq!(nobody.kind, Kind::Unavailable);
        let mut inbox = inbox(&broker, Some("g"), 1).await;
        assert!(ready(&mut *inbox).is_none(), "what was refused was not queued");
        let mut replies = broker.request("s", "t", &text("?")).await.expect("sent");
        let to = ready(&mut *inbox).and_then(|d| d.reply_to).expect("an address");
        assert!(replies.next().now_or_never().is_none());
        broker.reply("s", &to, &text("!")).await.expect("taken");
        assert_eq!(replies.next().await.expect("a reply"), text("!"));
        drop(replies);
        broker.reply("s", &to, &text("late")).await.expect("late is no error");
        assert!(lock(&broker.requesters).is_empty());
    }
}
