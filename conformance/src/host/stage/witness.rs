//! The host's own word on what it did: the calls that reached a link, and how deliveries were settled.

use crate::host::HostCall;
use async_trait::async_trait;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use wasi_cloud_core::{
    Call, Description, Layer, Result,
    layer::Next,
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Replies, Settle, Subscription},
};

/// What a deployment's host did so far. Clones are the same one.
#[derive(Clone)]
pub(super) struct Trace {
    began: Instant,
    calls: Arc<Mutex<VecDeque<HostCall>>>,
}

/// The calls that are kept: the last ones, many times what an honest case makes. One that calls in circles must not
/// fill the memory until its deadline.
const KEPT: usize = 20_000;

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}

impl Trace {
    pub fn new() -> Self {
        Self { began: Instant::now(), calls: Arc::default() }
    }

    pub fn calls(&self) -> Vec<HostCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, start: Instant, call: &Call<'_>, result: &Result<()>) {
        let call = HostCall {
            at_us: micros(start - self.began),
            capability: call.capability.to_owned(),
            op: call.op.to_owned(),
            label: call.label.to_owned(),
            key: call.key.chars().take(80).collect(),
            outcome: result.as_ref().map_or_else(|e| e.kind.name(), |()| "ok").to_owned(),
            took_us: micros(start.elapsed()),
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Layer for Trace {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let start = Instant::now();
        let result = next.run(call).await;
        self.push(start, call, &result);
        result
    }
}

/// A broker whose settlements are traced, as the operations `ack` and `nack` on their topic.
pub(super) struct Witnessed {
    pub honest: Arc<dyn Messaging>,
    pub trace: Trace,
}

struct WitnessedInbox {
    inner: Box<dyn Inbox>,
    trace: Trace,
}

struct WitnessedSettle {
    inner: Box<dyn Settle>,
    topic: String,
    trace: Trace,
}

#[async_trait]
impl Settle for WitnessedSettle {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        let start = Instant::now();
        let result = self.inner.settle(disposition).await;
        let op = match disposition {
            Disposition::Ack => "ack",
            Disposition::Nack => "nack",
        };
        let access = wasi_cloud_core::Access::Read;
        let call = Call { capability: "messaging", op, access, label: "", key: &self.topic, idempotent: false };
        self.trace.push(start, &call, &result);
        result
    }
}

#[async_trait]
impl Inbox for WitnessedInbox {
    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.inner.next().await?;
        Ok(self.witnessed(delivery))
    }

    fn ready_for(&mut self, messages: usize) {
        self.inner.ready_for(messages);
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }

    async fn remaining(&mut self) -> Option<Delivery> {
        let delivery = self.inner.remaining().await?;
        Some(self.witnessed(delivery))
    }
}

impl WitnessedInbox {
    fn witnessed(&self, delivery: Delivery) -> Delivery {
        let (topic, trace) = (delivery.topic.clone(), self.trace.clone());
        let settle = Box::new(WitnessedSettle { inner: delivery.settle, topic, trace });
        Delivery { settle, ..delivery }
    }
}

#[async_trait]
impl Messaging for Witnessed {
    fn describe(&self) -> &Description {
        self.honest.describe()
    }
    async fn connect(&self, scope: &str) -> Result<()> {
        self.honest.connect(scope).await
    }
    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.honest.publish(scope, topic, message).await
    }
    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let inner = self.honest.subscribe(scope, subscription).await?;
        Ok(Box::new(WitnessedInbox { inner, trace: self.trace.clone() }))
    }
    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        self.honest.request(scope, topic, message).await
    }
    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        self.honest.reply(scope, reply_to, message).await
    }
}
