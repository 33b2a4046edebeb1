//! Taking a message from a group's queue, and settling it.

use super::{headers, statements as sql, topic};
use crate::{
    connection::{Params, Server},
    error::Effect,
};
use async_trait::async_trait;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{Instant, interval_at},
};
use wasi_cloud_core::{
    Result,
    messaging::{Delivery, Disposition, Payload, Settle},
};

/// The topics of one group.
pub(super) struct Queue {
    pub(super) server: Arc<Server>,
    /// By topic: the number of the group there, and where it is told of messages.
    pub(super) groups: Vec<(i64, String)>,
    pub(super) max_deliveries: u32,
    /// Which topic comes first next time, so that a busy one does not keep the others waiting.
    pub(super) first: AtomicUsize,
}

impl Queue {
    /// Takes the oldest message of a topic that nobody has; `None` if there is none.
    pub(super) async fn claim(self: Arc<Self>) -> Result<Option<Claimed>> {
        let first = self.first.fetch_add(1, Ordering::Relaxed) % self.groups.len().max(1);
        let (before, from) = self.groups.split_at(first);
        for (group, channel) in from.iter().chain(before) {
            while let Some(row) = self.server.row(Effect::Read, sql::CLAIM, &[group, &self.lease()]).await? {
                let place = Place {
                    queue: self.clone(),
                    group: *group,
                    channel: channel.clone(),
                    message: row.get(0),
                    attempts: row.get(1),
                };
                if place.attempt() > self.max_deliveries {
                    place.refuse().await?;
                    continue;
                }
                let (topic, payload) = (topic(row.get(2)), headers::read(row.get(3), row.get(4)));
                return Ok(Some(Claimed { receipt: Receipt::new(place), topic, payload, reply_to: row.get(5) }));
            }
        }
        Ok(None)
    }

    /// In milliseconds.
    fn lease(&self) -> f64 {
        self.server.timing.reclaim.as_secs_f64() * 1000.0
    }
}

/// A message that is held until it is handed out or given back.
pub(super) struct Claimed {
    receipt: Receipt,
    topic: String,
    payload: Payload,
    reply_to: Option<String>,
}

impl Claimed {
    pub(super) fn deliver(self) -> Delivery {
        let Self { receipt, topic, payload, reply_to } = self;
        Delivery { topic, payload, reply_to, attempt: receipt.place.attempt(), settle: Box::new(receipt) }
    }

    /// Gives it back as if nobody had taken it.
    pub(super) async fn give_back(self) {
        let place = self.receipt.close();
        // What the server was not told comes back in time.
        let _ = place.again(place.attempts - 1).await;
    }
}

/// A message of a group, and which attempt at it this is.
#[derive(Clone)]
struct Place {
    queue: Arc<Queue>,
    group: i64,
    channel: String,
    message: i64,
    attempts: i32,
}

impl Place {
    fn attempt(&self) -> u32 {
        u32::try_from(self.attempts).unwrap_or_default()
    }

    async fn run(&self, sql: &str) -> Result<()> {
        let params: Params<'_> = &[&self.group, &self.message, &self.attempts];
        self.queue.server.rows(Effect::Write, sql, params).await.map(drop)
    }

    async fn hold(&self) -> Result<()> {
        let lease = self.queue.lease();
        let params: Params<'_> = &[&self.group, &self.message, &self.attempts, &lease];
        self.queue.server.rows(Effect::Write, sql::HOLD, params).await.map(drop)
    }

    async fn again(&self, attempts: i32) -> Result<()> {
        let params: Params<'_> = &[&self.group, &self.message, &self.attempts, &attempts, &self.channel];
        self.queue.server.rows(Effect::Write, sql::AGAIN, params).await.map(drop)
    }

    /// Leaves it to the next, unless it was delivered often enough.
    async fn refuse(&self) -> Result<()> {
        if self.attempt() < self.queue.max_deliveries {
            return self.again(self.attempts).await;
        }
        tracing::warn!(message = self.message, "a message was never handled; dropped");
        self.run(sql::DONE).await
    }
}

/// Settles one delivery, or refuses it when it is dropped. Until then nobody else gets it.
struct Receipt {
    place: Place,
    open: bool,
    holding: AbortHandle,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    fn new(place: Place) -> Self {
        // Thrice within the time after which others take over.
        let every = (place.queue.server.timing.reclaim / 3).max(Duration::from_millis(1));
        let held = place.clone();
        let holding = tokio::spawn(async move {
            let mut ticks = interval_at(Instant::now() + every, every);
            loop {
                ticks.tick().await;
                // If that is lost, the next one may not be.
                let _ = held.hold().await;
            }
        });
        Self { place, open: true, holding: holding.abort_handle(), runtime: Handle::current() }
    }

    /// From here on dropping it does nothing.
    fn close(mut self) -> Place {
        self.open = false;
        self.place.clone()
    }
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        let place = self.close();
        match disposition {
            Disposition::Ack => place.run(sql::DONE).await,
            Disposition::Nack => place.refuse().await,
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.holding.abort();
        if self.open {
            let place = self.place.clone();
            self.runtime.spawn(async move { place.refuse().await });
        }
    }
}
