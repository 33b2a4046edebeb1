//! What a subscriber reads from.

use super::{
    envelope,
    receipt::Receipt,
    session::{Arrival, Session},
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::{runtime::Handle, sync::mpsc};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// Reads what arrives in a session.
pub(super) struct SessionInbox {
    /// Until it is closed.
    open: Option<Open>,
    max_deliveries: u32,
    /// To close it from where there is no runtime.
    runtime: Handle,
}

struct Open {
    session: Arc<Session>,
    arrivals: mpsc::Receiver<Result<Arrival>>,
}

impl SessionInbox {
    /// Must be called in a tokio runtime.
    pub(super) fn new(session: Arc<Session>, arrivals: mpsc::Receiver<Result<Arrival>>, max_deliveries: u32) -> Self {
        Self { open: Some(Open { session, arrivals }), max_deliveries, runtime: Handle::current() }
    }
}

impl Open {
    /// Takes nothing more, and gives back what was not handed out. What a host is to find again stays where it is.
    async fn close(mut self) {
        if self.session.is_lasting() {
            return;
        }
        self.session.unsubscribe().await;
        self.arrivals.close();
        while let Some(arrived) = self.arrivals.recv().await {
            let Ok(arrival) = arrived else { continue };
            if let Err(why) = self.session.again(&arrival, arrival.attempt).await {
                tracing::warn!(topic = arrival.topic, "a message could not be given back: {why}");
            }
        }
    }
}

#[async_trait]
impl Inbox for SessionInbox {
    async fn next(&mut self) -> Result<Delivery> {
        let closed = || Error::new(Kind::Unavailable, "this inbox is closed");
        let open = self.open.as_mut().ok_or_else(closed)?;
        let arrival = open.arrivals.recv().await.ok_or_else(closed)??;
        let (payload, reply_to) = envelope::payload(&arrival.publish);
        let (topic, attempt) = (arrival.topic.clone(), arrival.attempt);
        let is_last = attempt >= self.max_deliveries || !open.session.has_group();
        let settle = Box::new(Receipt::new(open.session.clone(), arrival, !is_last));
        Ok(Delivery { topic, payload, reply_to, attempt, settle })
    }

    async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.close().await;
        }
    }
}

impl Drop for SessionInbox {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.runtime.spawn(open.close());
        }
    }
}
