//! What a subscriber reads from: every delivery passes [`Link::run`] before anybody sees it.

use super::{
    Delivery, Disposition, Inbox, Messaging,
    client::call,
    dead_letter::{Come, DeadLetters},
    size::admitted,
};
use crate::{
    call::Access,
    error::{Error, Kind, Result},
    link::{Link, Route},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::sync::Arc;

/// A backend's inbox behind the subscriber's grant. Each delivery is the operation `receive` on its topic.
pub(super) struct Guarded {
    link: Link<dyn Messaging>,
    inner: Box<dyn Inbox>,
    letters: Option<Arc<DeadLetters>>,
    /// That of the subscription.
    route: Arc<Route<dyn Messaging>>,
    /// On its way elsewhere: a cancelled `next` does not begin it anew.
    moving: Option<BoxFuture<'static, Result<()>>>,
    /// Taken from the backend and not handed over yet: a cancelled `next`, or a layer that failed, loses nothing.
    pending: Option<Delivery>,
}

impl Guarded {
    pub(super) fn new(
        link: Link<dyn Messaging>,
        inner: Box<dyn Inbox>,
        letters: Option<Arc<DeadLetters>>,
        route: Arc<Route<dyn Messaging>>,
    ) -> Self {
        Self { link, inner, letters, route, moving: None, pending: None }
    }

    async fn moved(&mut self) -> Result<()> {
        let Some(moving) = &mut self.moving else { return Ok(()) };
        let moved = moving.await;
        self.moving = None;
        moved
    }

    /// Decides what becomes of what has just come.
    fn take(&mut self, delivery: Delivery) {
        let too_large = admitted(self.route.backend.describe(), &delivery.payload).err();
        let come = match (&self.letters, too_large) {
            (Some(letters), None) => letters.sort(delivery),
            (Some(letters), Some(_)) => letters.bury(delivery),
            (None, None) => Come::Deliver(delivery),
            (None, Some(why)) => Come::Move(Box::pin(dropped(delivery, why))),
        };
        match come {
            Come::Deliver(delivery) => self.pending = Some(delivery),
            Come::Move(begun) => self.moving = Some(begun),
        }
    }

    /// What was taken, if there is something, and its subscriber may have it.
    async fn hand_over(&mut self) -> Result<Option<Delivery>> {
        let Some(held) = &self.pending else { return Ok(None) };
        let receive = call(&self.link, "receive", Access::Read, &held.topic, true);
        if let Err(e) = self.link.run(receive, |_| async { Ok(()) }).await {
            if e.kind == Kind::AccessDenied {
                give_back(self.pending.take()).await;
            }
            return Err(e);
        }
        Ok(self.pending.take())
    }
}

#[async_trait]
impl Inbox for Guarded {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            self.moved().await?;
            if let Some(delivery) = self.hand_over().await? {
                return Ok(delivery);
            }
            // Who may not read takes nothing, so only what was waited for during a revocation loses a delivery.
            // The waiting itself is no call: it has no deadline.
            self.link.check(&call(&self.link, "receive", Access::Read, "", true))?;
            let delivery = self.inner.next().await?;
            self.take(delivery);
        }
    }

    fn ready_for(&mut self, messages: usize) {
        self.inner.ready_for(messages.saturating_sub(usize::from(self.pending.is_some())));
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }

    /// What waited for a layer's leave is not given back: no broker could tell that from a handler that failed.
    async fn remaining(&mut self) -> Option<Delivery> {
        loop {
            if let Err(e) = self.moved().await {
                tracing::warn!(kind = e.kind.name(), "{e}");
            }
            match self.hand_over().await {
                Ok(Some(delivery)) => return Some(delivery),
                Ok(None) => {}
                Err(e) => {
                    tracing::warn!(kind = e.kind.name(), "a message stays with the broker: {e}");
                    self.pending = None;
                }
            }
            let delivery = self.inner.remaining().await?;
            self.take(delivery);
        }
    }
}

/// Nobody gets it.
async fn dropped(delivery: Delivery, why: Error) -> Result<()> {
    tracing::warn!(topic = delivery.topic, "a message is dropped: {}", why.message);
    delivery.settle.settle(Disposition::Ack).await
}

/// To the broker, so that others of the group may have it.
async fn give_back(denied: Option<Delivery>) {
    let Some(Delivery { topic, settle, .. }) = denied else { return };
    if let Err(e) = settle.settle(Disposition::Nack).await {
        tracing::warn!(topic, kind = e.kind.name(), "a denied message could not be given back: {e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grants, Layers, SharedGrants,
        describe::{Description, Durability, feature},
        layer::{Fault, FaultPlan, FaultRule, Moment, Timeout},
        link::Table,
        messaging::{Payload, Settle, Subscription, subscribe},
    };
    use futures::FutureExt;
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };
    use tokio::sync::mpsc;

    type Settled = Arc<Mutex<Vec<Disposition>>>;

    /// A broker with one inbox that hands over what the test sends, and remembers what was settled.
    struct Broker(Description, Mutex<Option<mpsc::UnboundedReceiver<&'static str>>>, Settled);
    struct Topics(mpsc::UnboundedReceiver<&'static str>, Settled);
    struct Receipt(Settled);

    #[async_trait]
    impl Messaging for Broker {
        fn describe(&self) -> &Description {
            &self.0
        }
        async fn connect(&self, _: &str) -> Result<()> {
            Ok(())
        }
        async fn publish(&self, _: &str, _: &str, _: &Payload) -> Result<()> {
            Ok(())
        }
        async fn subscribe(&self, _: &str, _: &Subscription) -> Result<Box<dyn Inbox>> {
            let messages = self.1.lock().expect("lock").take().expect("one subscription");
            Ok(Box::new(Topics(messages, self.2.clone())))
        }
    }

    #[async_trait]
    impl Inbox for Topics {
        async fn next(&mut self) -> Result<Delivery> {
            let topic = self.0.recv().await.expect("the test goes on").to_owned();
            let settle = Box::new(Receipt(self.1.clone()));
            Ok(Delivery { topic, payload: Payload::default(), reply_to: None, attempt: 1, settle })
        }
    }

    #[async_trait]
    impl Settle for Receipt {
        async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
            self.0.lock().expect("lock").push(disposition);
            Ok(())
        }
    }

    struct Bench {
        send: mpsc::UnboundedSender<&'static str>,
        settled: Settled,
        grants: SharedGrants,
        inbox: Box<dyn Inbox>,
    }

    fn reader() -> Grants {
        Grants::parse(["messaging:in:read"]).expect("parses")
    }

    async fn bench(layers: Layers) -> Bench {
        let (send, messages) = mpsc::unbounded_channel();
        let (settled, grants) = (Settled::default(), reader().shared());
        let offered = Description::new(Durability::Process, [feature::BROADCAST], []);
        let broker: Arc<dyn Messaging> = Arc::new(Broker(offered, Mutex::new(Some(messages)), settled.clone()));
        let table = Table::new("messaging");
        table.set("in", broker, "", layers);
        let subscription = Subscription { topics: vec!["t".into()], group: None, max_deliveries: 1, dead_letter: None };
        let inbox = subscribe(&table.link("in", &grants), &subscription).await.expect("subscribed");
        Bench { send, settled, grants, inbox }
    }

    #[tokio::test]
    async fn a_revoked_grant_ends_delivery_at_once_and_a_new_one_resumes_it() {
        let mut b = bench([].into()).await;
        b.send.send("one").expect("sent");
        assert_eq!(b.inbox.next().await.expect("granted").topic, "one");

        // Revoked while it waits: what comes then goes back.
        let mut waiting = b.inbox.next();
        assert!((&mut waiting).now_or_never().is_none());
        b.grants.store(Arc::new(Grants::default()));
        b.send.send("two").expect("sent");
        assert_eq!(waiting.await.expect_err("revoked").kind, Kind::AccessDenied);
        assert_eq!(*b.settled.lock().expect("lock"), [Disposition::Nack]);

        // Revoked before it waits: nothing is taken, nothing is settled.
        b.send.send("three").expect("sent");
        for _ in 0..3 {
            assert_eq!(b.inbox.next().await.expect_err("revoked").kind, Kind::AccessDenied);
        }
        assert_eq!(b.settled.lock().expect("lock").len(), 1);
        b.grants.store(Arc::new(reader()));
        assert_eq!(b.inbox.next().await.expect("granted again").topic, "three");
    }

    #[tokio::test]
    async fn what_a_cancelled_or_failed_next_had_taken_comes_with_the_following_one() {
        let plan = FaultPlan::default();
        for moment in [Moment::Hang, Moment::Before] {
            plan.push(FaultRule { capability: "messaging".into(), op: "receive".into(), nth: 0, moment });
        }
        let mut b = bench(Arc::new([Arc::new(Fault { plan }) as _])).await;
        b.send.send("one").expect("sent");
        assert!(b.inbox.next().now_or_never().is_none(), "it hangs in a layer and is cancelled");
        assert_eq!(b.inbox.next().await.expect_err("a layer fails").kind, Kind::Unavailable);
        assert_eq!(b.inbox.next().await.expect("the same message").topic, "one");
        assert!(b.settled.lock().expect("lock").is_empty());
    }

    #[tokio::test]
    async fn what_waits_for_a_layer_when_its_inbox_is_closed_is_handed_over_all_the_same() {
        let plan = FaultPlan::default();
        plan.push(FaultRule { capability: "messaging".into(), op: "receive".into(), nth: 0, moment: Moment::Hang });
        let mut b = bench(Arc::new([Arc::new(Fault { plan }) as _])).await;
        b.send.send("one").expect("sent");
        assert!(b.inbox.next().now_or_never().is_none());
        b.inbox.close().await;
        let left = b.inbox.remaining().await.expect("it was taken");
        assert_eq!((&*left.topic, left.attempt), ("one", 1));
        assert!(b.inbox.remaining().await.is_none() && b.settled.lock().expect("lock").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_message_has_no_deadline() {
        let mut b = bench(Arc::new([Arc::new(Timeout(Duration::from_secs(1))) as _])).await;
        assert!(tokio::time::timeout(Duration::from_secs(3600), b.inbox.next()).await.is_err());
        b.send.send("one").expect("sent");
        assert_eq!(b.inbox.next().await.expect("a message").topic, "one");
    }
}
