//! How large a message a component may send and get: what its operator says, beside what the broker takes.

use super::{Inbox, Messaging, Payload, Replies, Subscription};
use crate::{
    describe::{Description, limit},
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use std::sync::Arc;

/// A broker that says of itself what the operator allows. Who uses it keeps to that.
struct AtMost {
    broker: Arc<dyn Messaging>,
    offered: Description,
}

/// The broker, for messages with a body of at most so many bytes; metadata does not count.
///
/// A larger one that the component sends is `quota`, and not sent (MSG-M08); so is a larger reply to its request, which may
/// have been handled. A larger one that comes for it is not handed over: it is moved to the subscription's dead letters,
/// where there are some, and else acknowledged with a warning in the log, since it would be as large the next time.
#[must_use]
pub fn at_most(broker: Arc<dyn Messaging>, bytes: u64) -> Arc<dyn Messaging> {
    let mut offered = broker.describe().clone();
    offered.limits.insert(limit::MAX_MESSAGE_SIZE, bytes);
    Arc::new(AtMost { broker, offered })
}

/// Whether the operator lets the component have it.
pub(super) fn admitted(offered: &Description, message: &Payload) -> Result<()> {
    let Some(most) = offered.limits.get(limit::MAX_MESSAGE_SIZE) else { return Ok(()) };
    if message.data.len() as u64 <= *most {
        return Ok(());
    }
    let why = format!("a message of {} bytes exceeds the {most} that this component may use", message.data.len());
    Err(Error::new(Kind::Quota, why))
}

#[async_trait]
impl Messaging for AtMost {
    fn describe(&self) -> &Description {
        &self.offered
    }
    async fn connect(&self, scope: &str) -> Result<()> {
        self.broker.connect(scope).await
    }
    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.broker.publish(scope, topic, message).await
    }
    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        self.broker.subscribe(scope, subscription).await
    }
    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        self.broker.request(scope, topic, message).await
    }
    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        self.broker.reply(scope, reply_to, message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grants,
        describe::{Durability, feature},
        error::Applied,
        link::{Link, Table},
        messaging::{Client, Delivery, Disposition, Message, RequestOptions, Settle, subscribe},
    };
    use std::sync::Mutex;

    /// What a broker was told, in the order of it.
    type Log = Arc<Mutex<Vec<String>>>;

    /// A broker on which three messages wait, the second one large, and whose requests are answered by a large reply.
    struct Broker(Description, Log);
    struct Waiting(Vec<&'static str>, Log);
    struct Receipt(&'static str, Log);
    struct Large;

    fn text(data: &str) -> Payload {
        Payload { data: data.as_bytes().to_vec(), ..Payload::default() }
    }

    #[async_trait]
    impl Messaging for Broker {
        fn describe(&self) -> &Description {
            &self.0
        }
        async fn connect(&self, _: &str) -> Result<()> {
            Ok(())
        }
        async fn publish(&self, _: &str, topic: &str, message: &Payload) -> Result<()> {
            self.1.lock().expect("lock").push(format!("{topic} {}", String::from_utf8_lossy(&message.data)));
            Ok(())
        }
        async fn subscribe(&self, _: &str, _: &Subscription) -> Result<Box<dyn Inbox>> {
            Ok(Box::new(Waiting(vec!["four", "large", "1234"], self.1.clone())))
        }
        async fn request(&self, _: &str, _: &str, _: &Payload) -> Result<Box<dyn Replies>> {
            Ok(Box::new(Large))
        }
        async fn reply(&self, scope: &str, _: &str, message: &Payload) -> Result<()> {
            self.publish(scope, "reply", message).await
        }
    }

    #[async_trait]
    impl Inbox for Waiting {
        async fn next(&mut self) -> Result<Delivery> {
            let data = self.0.remove(0);
            let settle = Box::new(Receipt(data, self.1.clone()));
            Ok(Delivery { topic: "t".into(), payload: text(data), reply_to: Some("to".into()), attempt: 1, settle })
        }
    }

    #[async_trait]
    impl Settle for Receipt {
        async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
            self.1.lock().expect("lock").push(format!("{disposition:?} {}", self.0));
            Ok(())
        }
    }

    #[async_trait]
    impl Replies for Large {
        async fn next(&mut self) -> Result<Payload> {
            Ok(text("large"))
        }
    }

    /// For messages of four bytes.
    fn link() -> (Link<dyn Messaging>, Log) {
        let features = [feature::GROUPS, feature::REDELIVERY, feature::REQUEST_REPLY];
        let (offered, log) = (Description::new(Durability::Process, features, []), Log::default());
        let table = Table::new("messaging");
        table.set("default", at_most(Arc::new(Broker(offered, log.clone())), 4), "", [].into());
        (table.link("default", &Grants::parse(["messaging:default"]).expect("parses").shared()), log)
    }

    fn did(log: &Log) -> Vec<String> {
        std::mem::take(&mut *log.lock().expect("lock"))
    }

    #[tokio::test]
    async fn what_is_too_large_is_not_sent() {
        let (link, log) = link();
        let client = Client::connect(link.clone()).await.expect("connects");
        let message = |data: &str| Message::new(data.as_bytes().to_vec());
        client.send("t", message("four")).await.expect("sent");
        assert_eq!(did(&log), ["t four"]);
        let (large, options) = (message("large"), RequestOptions::default());
        let received = Delivery {
            topic: "t".into(),
            payload: text(""),
            reply_to: Some("to".into()),
            attempt: 1,
            settle: Box::new(Receipt("", log.clone())),
        };
        let refused = [
            client.send("t", large.clone()).await.err(),
            client.request("t", &large, options).await.err(),
            Message::received(link, &received).reply(large).await.err(),
        ];
        for why in refused {
            let why = why.expect("too large");
            assert_eq!((why.kind, why.applied), (Kind::Quota, Applied::No));
            assert!(why.message.contains("5 bytes") && why.message.contains("the 4 that"), "{why}");
        }
        assert!(did(&log).is_empty());
        // A question that fits, whose answer does not.
        let why = client.request("t", &message("four"), options).await.expect_err("too large");
        assert_eq!((why.kind, why.applied), (Kind::Quota, Applied::Maybe));
    }

    #[tokio::test]
    async fn what_comes_too_large_is_a_dead_letter_or_dropped() {
        for dead_letter in [None, Some("dead".to_owned())] {
            let (link, log) = link();
            let moved = dead_letter.iter().map(|topic| format!("{topic} large")).collect::<Vec<_>>();
            let wanted =
                Subscription { topics: vec!["t".into()], group: Some("g".into()), max_deliveries: 3, dead_letter };
            let mut inbox = subscribe(&link, &wanted).await.expect("subscribed");
            assert_eq!(inbox.next().await.expect("it fits").payload.data, b"four");
            assert_eq!(inbox.next().await.expect("it fits").payload.data, b"1234");
            assert_eq!(did(&log), [moved, vec!["Ack large".to_owned()]].concat());
        }
    }
}
