//! What a host counts. Labels are names of the manifest and closed sets: no guest can make up a series.

use async_trait::async_trait;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use wasi_cloud_core::{
    Description, Result,
    layer::Metrics,
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Replies, Settle, Subscription},
};

/// The numbers of a host. Clones are the same numbers.
#[derive(Clone)]
pub struct Meters {
    registry: Arc<Mutex<Registry>>,
    calls: Metrics,
    messages: Family<Handled, Counter>,
    seconds: Family<Of, Histogram>,
    in_flight: Family<Of, Gauge>,
    instances: Family<Component, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Component {
    component: String,
}

/// One link of a component.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    component: String,
    label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handled {
    component: String,
    label: String,
    outcome: &'static str,
}

impl Meters {
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let (calls, _) = Metrics::register(&mut registry);
        let messages = Family::default();
        let seconds =
            Family::<Of, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(1e-3, 4.0, 9)));
        let (in_flight, instances) = (Family::default(), Family::default());
        let counted = "Messages by what became of them: handled (or moved to the dead letters), failed, lost (the broker was not told), given-up";
        registry.register("wasi_cloud_messages", counted, messages.clone());
        registry.register("wasi_cloud_message_seconds", "Duration from a delivery to its end", seconds.clone());
        registry.register("wasi_cloud_messages_in_flight", "Messages that are being handled", in_flight.clone());
        registry.register("wasi_cloud_instances", "Instances that live now", instances.clone());
        Self { registry: Arc::new(Mutex::new(registry)), calls, messages, seconds, in_flight, instances }
    }

    /// A layer that counts the calls of a component.
    pub fn calls(&self, component: &str) -> Metrics {
        self.calls.of(component)
    }

    /// A broker whose deliveries are counted.
    pub fn messages(&self, broker: Arc<dyn Messaging>, component: &str, label: &str) -> Arc<dyn Messaging> {
        let of = Of { component: component.to_owned(), label: label.to_owned() };
        Arc::new(Counted { broker, meters: self.clone(), of })
    }

    /// Everything in the OpenMetrics text format, with so many instances of each component.
    pub fn encode(
        &self,
        instances: impl IntoIterator<Item = (String, usize)>,
    ) -> std::result::Result<String, fmt::Error> {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are gone have none.
        self.instances.clear();
        for (component, count) in instances {
            self.instances.get_or_create(&Component { component }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// A broker, and who counts.
struct Counted {
    broker: Arc<dyn Messaging>,
    meters: Meters,
    of: Of,
}

#[async_trait]
impl Messaging for Counted {
    fn describe(&self) -> &Description {
        self.broker.describe()
    }

    async fn connect(&self, scope: &str) -> Result<()> {
        self.broker.connect(scope).await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.broker.publish(scope, topic, message).await
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let inbox = self.broker.subscribe(scope, subscription).await?;
        Ok(Box::new(Tap { inbox, meters: self.meters.clone(), of: self.of.clone() }))
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        self.broker.request(scope, topic, message).await
    }

    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        self.broker.reply(scope, reply_to, message).await
    }
}

/// Where deliveries come from.
struct Tap {
    inbox: Box<dyn Inbox>,
    meters: Meters,
    of: Of,
}

#[async_trait]
impl Inbox for Tap {
    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.inbox.next().await?;
        Ok(self.counted(delivery))
    }

    fn ready_for(&mut self, messages: usize) {
        self.inbox.ready_for(messages);
    }

    async fn close(&mut self) {
        self.inbox.close().await;
    }

    async fn remaining(&mut self) -> Option<Delivery> {
        let delivery = self.inbox.remaining().await?;
        Some(self.counted(delivery))
    }
}

impl Tap {
    fn counted(&self, mut delivery: Delivery) -> Delivery {
        self.meters.in_flight.get_or_create(&self.of).inc();
        let count =
            Count { meters: self.meters.clone(), of: self.of.clone(), start: Instant::now(), outcome: "given-up" };
        delivery.settle = Box::new(Settled { inner: delivery.settle, count });
        delivery
    }
}

struct Settled {
    inner: Box<dyn Settle>,
    count: Count,
}

#[async_trait]
impl Settle for Settled {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        // If this is never done, the broker was not told.
        self.count.outcome = "lost";
        self.inner.settle(disposition).await?;
        self.count.outcome = match disposition {
            Disposition::Ack => "handled",
            Disposition::Nack => "failed",
        };
        Ok(())
    }
}

/// Counts one delivery when it is over, however that comes.
struct Count {
    meters: Meters,
    of: Of,
    start: Instant,
    outcome: &'static str,
}

impl Drop for Count {
    fn drop(&mut self) {
        let Of { component, label } = self.of.clone();
        let handled = Handled { component, label, outcome: self.outcome };
        self.meters.in_flight.get_or_create(&self.of).dec();
        self.meters.seconds.get_or_create(&self.of).observe(self.start.elapsed().as_secs_f64());
        self.meters.messages.get_or_create(&handled).inc();
    }
}
