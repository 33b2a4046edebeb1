//! What a subscriber reads from: every delivery passes [`Link::run`] before anybody sees it.

use super::{Delivery, Disposition, Inbox, Messaging, client::call};
use crate::{
    call::Access,
    error::{Kind, Result},
    link::Link,
};
use async_trait::async_trait;

/// A backend's inbox behind the subscriber's grant. Each delivery is the operation `receive` on its topic.
pub(super) struct Guarded {
    link: Link<dyn Messaging>,
    inner: Box<dyn Inbox>,
    /// Taken from the backend and not handed over yet: a cancelled `next`, or a layer that failed, loses nothing.
    pending: Option<Delivery>,
}

impl Guarded {
    pub(super) fn new(link: Link<dyn Messaging>, inner: Box<dyn Inbox>) -> Self {
        Self { link, inner, pending: None }
    }
}

#[async_trait]
impl Inbox for Guarded {
    async fn next(&mut self) -> Result<Delivery> {
        let Self { link, inner, pending } = self;
        loop {
            let Some(held) = pending.as_ref() else {
                // Who may not read takes nothing, so only what was waited for during a revocation loses a delivery.
                // The waiting itself is no call: it has no deadline.
                link.check(&call(link, "receive", Access::Read, "", true))?;
                *pending = Some(inner.next().await?);
                continue;
            };
            let receive = call(link, "receive", Access::Read, &held.topic, true);
            if let Err(e) = link.run(receive, |_| async { Ok(()) }).await {
                if e.kind == Kind::AccessDenied {
                    give_back(pending.take()).await;
                }
                return Err(e);
            }
            if let Some(delivery) = pending.take() {
                return Ok(delivery);
            }
        }
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
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
        let subscription = Subscription { topics: vec!["t".into()], group: None, max_deliveries: 1 };
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

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_message_has_no_deadline() {
        let mut b = bench(Arc::new([Arc::new(Timeout(Duration::from_secs(1))) as _])).await;
        assert!(tokio::time::timeout(Duration::from_secs(3600), b.inbox.next()).await.is_err());
        b.send.send("one").expect("sent");
        assert_eq!(b.inbox.next().await.expect("a message").topic, "one");
    }
}
