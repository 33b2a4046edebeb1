//! Where a message goes that was delivered as often as it may be and never handled.
//!
//! The host moves it, and not the broker, so that every broker that redelivers has dead letters and all have the same. It
//! publishes first and acknowledges then: a host that dies in between leaves a dead letter twice, and never none.

use super::{
    Delivery, Disposition, Message, Messaging, Settle, Subscription,
    client::{call, well_formed},
    pattern::stands_for,
};
use crate::{
    call::Access,
    describe::{Description, feature},
    error::{Error, Kind, Result},
    link::{Link, Route},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Metadata of a dead letter: the topic that the message came on.
pub const DEAD_LETTER_SOURCE: &str = "dead-letter-source";
/// Metadata of a dead letter: the group that did not handle the message.
pub const DEAD_LETTER_GROUP: &str = "dead-letter-group";
/// Metadata of a dead letter: how often the message was delivered to the group, in decimal.
pub const DEAD_LETTER_DELIVERY_COUNT: &str = "dead-letter-delivery-count";

/// The dead letters of one subscription.
pub(super) struct DeadLetters {
    link: Link<dyn Messaging>,
    /// That of the subscription, also once the link is switched: a message stays with its broker.
    route: Arc<Route<dyn Messaging>>,
    topic: String,
    group: String,
    max_deliveries: u32,
}

/// What becomes of a message that has come.
pub(super) enum Come {
    Deliver(Delivery),
    /// Not handed over, but moved to where it belongs: it was delivered too often already, by a host that died over it or
    /// could not move it, or it is too large.
    Move(BoxFuture<'static, Result<()>>),
}

/// What a broker is asked for instead of a subscription with dead letters: each message until it is acknowledged. Who
/// counts is the host.
///
/// # Errors
/// As [`subscribe`](super::subscribe).
pub(super) fn without_end(offered: &Description, asked: &Subscription) -> Result<Subscription> {
    let Some(topic) = &asked.dead_letter else { return Ok(asked.clone()) };
    well_formed(topic)?;
    if asked.topics.iter().any(|pattern| stands_for(pattern, topic)) {
        let why = format!("dead letters cannot go to `{topic}`, from where they would come again; name another topic");
        return Err(Error::new(Kind::Invalid, why));
    }
    if asked.group.is_none() {
        let why = "dead letters need a group: what one without a group does not handle is not delivered to it again";
        return Err(Error::new(Kind::Invalid, why));
    }
    if !offered.offers(feature::REDELIVERY) {
        let why = "this broker does not declare `redelivery`, without which there are no dead letters; leave the \
                   dead-letter topic out, or link another broker";
        return Err(Error::new(Kind::Unsupported, why));
    }
    Ok(Subscription { max_deliveries: u32::MAX, dead_letter: None, ..asked.clone() })
}

impl DeadLetters {
    /// `None` for a subscription without.
    pub(super) fn of(
        link: &Link<dyn Messaging>,
        route: &Arc<Route<dyn Messaging>>,
        asked: &Subscription,
    ) -> Option<Arc<Self>> {
        Some(Arc::new(Self {
            link: link.clone(),
            route: route.clone(),
            topic: asked.dead_letter.clone()?,
            group: asked.group.clone()?,
            max_deliveries: asked.max_deliveries,
        }))
    }

    /// Decides by how often the message was delivered. The last time, its payload is kept until it is settled.
    pub(super) fn sort(self: &Arc<Self>, delivery: Delivery) -> Come {
        if delivery.attempt < self.max_deliveries {
            return Come::Deliver(delivery);
        }
        if delivery.attempt > self.max_deliveries {
            return self.bury(delivery);
        }
        let (letters, letter) = (self.clone(), self.letter(&delivery));
        let settle = Box::new(Last { letters, letter, inner: delivery.settle });
        Come::Deliver(Delivery { settle, ..delivery })
    }

    /// Nobody is to handle it.
    pub(super) fn bury(self: &Arc<Self>, delivery: Delivery) -> Come {
        let (letters, letter) = (self.clone(), self.letter(&delivery));
        Come::Move(Box::pin(async move { letters.move_to(&letter, delivery.settle).await }))
    }

    /// The sender's metadata stays, but for these names.
    fn letter(&self, delivery: &Delivery) -> Message {
        let mut letter = Message::from_payload(delivery.payload.clone());
        letter.add_metadata(DEAD_LETTER_SOURCE.into(), delivery.topic.clone());
        letter.add_metadata(DEAD_LETTER_GROUP.into(), self.group.clone());
        let count = delivery.attempt.min(self.max_deliveries).to_string();
        letter.add_metadata(DEAD_LETTER_DELIVERY_COUNT.into(), count);
        letter
    }

    /// Publishes, and then acknowledges. What could not be published stays with the broker and comes again.
    async fn move_to(&self, letter: &Message, settle: Box<dyn Settle>) -> Result<()> {
        // The operator names the topic, so that the component needs no grant to write. Twice does no harm.
        let moving = call(&self.link, "dead-letter", Access::Read, &self.topic, true);
        let publish = |_| self.route.backend.publish(&self.route.scope, &self.topic, letter.payload());
        let Err(why) = self.link.run(moving, publish).await else {
            return settle.settle(Disposition::Ack).await;
        };
        let text = format!(
            "a message that was never handled stays with the broker, because it could not be moved to `{}`: {}",
            self.topic, why.message
        );
        settle.settle(Disposition::Nack).await?;
        Err(Error::new(why.kind, text))
    }
}

/// Settles the last delivery that a message may have.
struct Last {
    letters: Arc<DeadLetters>,
    letter: Message,
    inner: Box<dyn Settle>,
}

#[async_trait]
impl Settle for Last {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Self { letters, letter, inner } = *self;
        match disposition {
            Disposition::Ack => inner.settle(Disposition::Ack).await,
            Disposition::Nack => letters.move_to(&letter, inner).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grants, SharedGrants,
        describe::Durability,
        link::Table,
        messaging::{Inbox, Payload, subscribe},
    };
    use futures::FutureExt;
    use std::sync::Mutex;
    use tokio::sync::mpsc;

    const REDELIVERS: &[&str] = &[feature::GROUPS, feature::BROADCAST, feature::REDELIVERY];

    #[derive(Debug, PartialEq, Eq)]
    enum Did {
        Publish(String, Payload),
        Settle(Disposition),
    }
    use Did::{Publish, Settle as Settled};

    type Log = Arc<Mutex<Vec<Did>>>;

    /// A broker that says which attempt a delivery is as the test has it, and remembers what it was told.
    struct Broker {
        offered: Description,
        attempts: Mutex<Option<mpsc::UnboundedReceiver<u32>>>,
        /// What publishing comes to, one after the other: then it hangs.
        publishes: tokio::sync::Mutex<mpsc::UnboundedReceiver<Result<()>>>,
        asked: Arc<Mutex<Option<Subscription>>>,
        log: Log,
    }
    struct Deliveries(mpsc::UnboundedReceiver<u32>, Log);
    struct Receipt(Log);

    #[async_trait]
    impl Messaging for Broker {
        fn describe(&self) -> &Description {
            &self.offered
        }
        async fn connect(&self, _: &str) -> Result<()> {
            Ok(())
        }
        async fn publish(&self, _: &str, topic: &str, message: &Payload) -> Result<()> {
            self.publishes.lock().await.recv().await.expect("the test goes on")?;
            self.log.lock().expect("lock").push(Publish(topic.to_owned(), message.clone()));
            Ok(())
        }
        async fn subscribe(&self, _: &str, asked: &Subscription) -> Result<Box<dyn Inbox>> {
            *self.asked.lock().expect("lock") = Some(asked.clone());
            let attempts = self.attempts.lock().expect("lock").take().expect("one subscription");
            Ok(Box::new(Deliveries(attempts, self.log.clone())))
        }
    }

    #[async_trait]
    impl Inbox for Deliveries {
        async fn next(&mut self) -> Result<Delivery> {
            let attempt = self.0.recv().await.expect("the test goes on");
            let payload = Payload { metadata: vec![("own".into(), "1".into())], ..Payload::default() };
            let settle = Box::new(Receipt(self.1.clone()));
            Ok(Delivery { topic: "work".into(), payload, reply_to: None, attempt, settle })
        }
    }

    #[async_trait]
    impl Settle for Receipt {
        async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
            self.0.lock().expect("lock").push(Settled(disposition));
            Ok(())
        }
    }

    struct Bench {
        attempts: mpsc::UnboundedSender<u32>,
        publishes: mpsc::UnboundedSender<Result<()>>,
        asked: Arc<Mutex<Option<Subscription>>>,
        log: Log,
        link: Link<dyn Messaging>,
        grants: SharedGrants,
    }

    fn bench(features: &[&'static str]) -> Bench {
        let ((attempts, come), (publishes, published)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let (asked, log) = (Arc::<Mutex<_>>::default(), Log::default());
        // To read is enough.
        let grants = Grants::parse(["messaging:in:read"]).expect("parses").shared();
        let broker: Arc<dyn Messaging> = Arc::new(Broker {
            offered: Description::new(Durability::Process, features.iter().copied(), []),
            attempts: Mutex::new(Some(come)),
            publishes: tokio::sync::Mutex::new(published),
            asked: asked.clone(),
            log: log.clone(),
        });
        let table = Table::new("messaging");
        table.set("in", broker, "", [].into());
        Bench { attempts, publishes, asked, log, link: table.link("in", &grants), grants }
    }

    fn wanted() -> Subscription {
        Subscription {
            topics: vec!["work".into()],
            group: Some("g".into()),
            max_deliveries: 3,
            dead_letter: Some("dead".into()),
        }
    }

    fn letter(count: &str) -> Did {
        let pairs =
            [("own", "1"), (DEAD_LETTER_SOURCE, "work"), (DEAD_LETTER_GROUP, "g"), (DEAD_LETTER_DELIVERY_COUNT, count)];
        let metadata = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        Publish("dead".into(), Payload { metadata, ..Payload::default() })
    }

    impl Bench {
        async fn inbox(&self) -> Box<dyn Inbox> {
            subscribe(&self.link, &wanted()).await.expect("subscribed")
        }
        fn come(&self, attempt: u32) {
            self.attempts.send(attempt).expect("sent");
        }
        fn publish(&self, result: Result<()>) {
            self.publishes.send(result).expect("sent");
        }
        fn did(&self) -> Vec<Did> {
            std::mem::take(&mut *self.log.lock().expect("lock"))
        }
    }

    async fn fail(inbox: &mut dyn Inbox) -> Result<()> {
        inbox.next().await?.settle.settle(Disposition::Nack).await
    }

    #[tokio::test]
    async fn the_last_failure_publishes_and_then_acknowledges() {
        let bench = bench(REDELIVERS);
        let mut inbox = bench.inbox().await;
        let asked = bench.asked.lock().expect("lock").clone().expect("asked");
        assert_eq!((asked.max_deliveries, asked.dead_letter), (u32::MAX, None));
        for attempt in 1..3 {
            bench.come(attempt);
            fail(&mut *inbox).await.expect("settled");
            assert_eq!(bench.did(), [Settled(Disposition::Nack)]);
        }
        bench.come(3);
        bench.publish(Ok(()));
        fail(&mut *inbox).await.expect("settled");
        assert_eq!(bench.did(), [letter("3"), Settled(Disposition::Ack)]);
        // Handled at last is handled.
        bench.come(3);
        inbox.next().await.expect("it comes").settle.settle(Disposition::Ack).await.expect("settled");
        assert_eq!(bench.did(), [Settled(Disposition::Ack)]);
    }

    #[tokio::test]
    async fn what_killed_its_host_each_time_is_moved_and_not_handed_over() {
        let bench = bench(REDELIVERS);
        let mut inbox = bench.inbox().await;
        bench.come(4);
        bench.come(1);
        // Whoever waits is cancelled again and again meanwhile: the letter is sent once all the same.
        for _ in 0..5 {
            assert!(inbox.next().now_or_never().is_none());
        }
        bench.publish(Ok(()));
        assert_eq!(inbox.next().await.expect("the next message").attempt, 1);
        assert_eq!(bench.did(), [letter("3"), Settled(Disposition::Ack)]);
        bench.come(9);
        assert!(inbox.next().now_or_never().is_none());
        bench.publish(Ok(()));
        inbox.close().await;
        assert!(inbox.remaining().await.is_none());
        assert_eq!(bench.did(), [letter("3"), Settled(Disposition::Ack)]);
    }

    #[tokio::test]
    async fn what_cannot_be_moved_stays_with_the_broker_and_is_moved_later() {
        let bench = bench(REDELIVERS);
        let mut inbox = bench.inbox().await;
        let away = || Err(Error::new(Kind::Unavailable, "away"));
        bench.come(3);
        bench.publish(away());
        let why = fail(&mut *inbox).await.expect_err("not settled");
        assert!(why.kind == Kind::Unavailable && why.message.contains("`dead`"), "{why}");
        bench.come(4);
        bench.publish(away());
        assert_eq!(inbox.next().await.expect_err("away").kind, Kind::Unavailable);
        assert_eq!(bench.did(), [Settled(Disposition::Nack), Settled(Disposition::Nack)]);
        bench.come(5);
        bench.come(1);
        bench.publish(Ok(()));
        assert_eq!(inbox.next().await.expect("the next message").attempt, 1);
        assert_eq!(bench.did(), [letter("3"), Settled(Disposition::Ack)]);
        // What the component may no longer read, no host may move for it.
        bench.come(3);
        let last = inbox.next().await.expect("it comes");
        bench.grants.store(Arc::new(Grants::default()));
        let why = last.settle.settle(Disposition::Nack).await.expect_err("revoked");
        assert_eq!((why.kind, bench.did()), (Kind::AccessDenied, vec![Settled(Disposition::Nack)]));
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_at_the_start() {
        let once = &[feature::GROUPS, feature::BROADCAST];
        let patterns = &[feature::GROUPS, feature::REDELIVERY, feature::SLASH_WILDCARDS];
        let refusals = [
            (REDELIVERS, Subscription { group: None, ..wanted() }, Kind::Invalid, "need a group"),
            (REDELIVERS, Subscription { dead_letter: Some("work".into()), ..wanted() }, Kind::Invalid, "come again"),
            (REDELIVERS, Subscription { dead_letter: Some("a*".into()), ..wanted() }, Kind::Invalid, "a wildcard"),
            (patterns, Subscription { topics: vec!["#".into()], ..wanted() }, Kind::Invalid, "come again"),
            (once, wanted(), Kind::Unsupported, "`redelivery`"),
        ];
        for (features, subscription, kind, text) in refusals {
            let bench = bench(features);
            let why = subscribe(&bench.link, &subscription).await.err().expect("refused");
            assert!(why.kind == kind && why.message.contains(text), "{why}");
            assert_eq!(*bench.asked.lock().expect("lock"), None);
        }
    }
}
