//! A member of a consumer group, which everybody who deals with its deliveries shares.

use super::lanes::{Lanes, Settled, Ticket};
use crate::{
    cluster::Cluster,
    error::{read, write},
};
use async_trait::async_trait;
use krafka::{
    ConsumerRecord, KrafkaError,
    consumer::{Consumer, ConsumerRebalanceListener, TopicPartition},
};
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Disposition, Settle},
};

/// How long a poll lasts where nothing comes: so late a member learns of a change of the group, at most.
pub(super) const TICK: Duration = Duration::from_millis(500);

/// A member.
pub(super) struct Member {
    cluster: Arc<Cluster>,
    max_deliveries: u32,
    /// Set when it is made, and gone with this.
    consumer: OnceLock<Consumer>,
    lanes: Mutex<Lanes>,
    /// What the broker said last, until somebody is told.
    failed: Mutex<Option<Error>>,
    /// Tells of every change of what stands above.
    changed: Notify,
    /// Commits go one after the other.
    committing: tokio::sync::Mutex<()>,
    /// Once the group was left.
    left: Notify,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Member {
    pub(super) fn new(cluster: Arc<Cluster>, max_deliveries: u32) -> Self {
        Self {
            cluster,
            max_deliveries,
            consumer: OnceLock::new(),
            lanes: Mutex::default(),
            failed: Mutex::default(),
            changed: Notify::new(),
            committing: tokio::sync::Mutex::default(),
            left: Notify::new(),
        }
    }

    /// With this consumer, which tells of changes of the group. There is one for good.
    pub(super) fn set(&self, consumer: Consumer) {
        let _ = self.consumer.set(consumer);
    }

    pub(super) fn consumer(&self) -> Option<&Consumer> {
        self.consumer.get()
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        locked(&self.lanes)
    }

    pub(super) fn take_failure(&self) -> Option<Error> {
        locked(&self.failed).take()
    }

    /// Waits until `ready` has something, looking when anything changes.
    pub(super) async fn until<T>(&self, mut ready: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(found) = ready(self) {
                return found;
            }
            changed.await;
        }
    }

    /// Takes what was fetched.
    pub(super) async fn take(&self, consumer: &Consumer, records: Vec<ConsumerRecord>) {
        let (full, room) = {
            let mut lanes = self.lanes();
            records.into_iter().for_each(|record| lanes.push(record));
            (lanes.full(), lanes.with_room())
        };
        self.changed.notify_waiters();
        for place in full {
            consumer.pause(&place.topic, &[place.partition]).await;
        }
        for place in room {
            consumer.resume(&place.topic, &[place.partition]).await;
        }
    }

    /// Fetches, and takes part in the group, until it is closed and nothing is being handled. Then it leaves.
    pub(super) async fn run(self: Arc<Self>) {
        let Some(consumer) = self.consumer.get() else { return };
        loop {
            {
                let lanes = self.lanes();
                if lanes.is_closed() && !lanes.is_any_busy() {
                    break;
                }
            }
            match consumer.poll(TICK).await {
                Ok(records) => {
                    self.take(consumer, records).await;
                    // What could not be told before.
                    if let Err(e) = self.commit().await {
                        tracing::warn!(
                            kind = e.kind.name(),
                            "what was handled could not be committed; trying again: {e}"
                        );
                    }
                }
                Err(KrafkaError::Wakeup) => self.take(consumer, Vec::new()).await,
                Err(why) => {
                    *locked(&self.failed) = Some(read(&why, self.cluster.url()));
                    self.changed.notify_waiters();
                    sleep(TICK).await;
                }
            }
        }
        if let Err(why) = consumer.close().await {
            let e = read(&why, self.cluster.url());
            tracing::warn!(kind = e.kind.name(), "the group could not be left; it will notice: {e}");
        }
        self.left.notify_one();
    }

    /// Hands out nothing more, and leaves when nothing is being handled.
    pub(super) fn close(&self) {
        self.lanes().close();
        if let Some(consumer) = self.consumer.get() {
            consumer.wakeup();
        }
    }

    /// Waits until the group was left, for no longer than an answer may take: what is being handled may take longer.
    pub(super) async fn until_left(&self) {
        let _ = timeout(self.cluster.timing().response, self.left.notified()).await;
    }

    /// Tells the broker of everything that is over.
    async fn commit(&self) -> Result<()> {
        let _turn = self.committing.lock().await;
        let offsets = self.lanes().untold();
        let Some(consumer) = self.consumer.get().filter(|_| !offsets.is_empty()) else { return Ok(()) };
        let told = consumer.commit_offsets(offsets.iter().map(|(place, offset)| (place, offset))).await;
        told.map_err(|why| write(&why, self.cluster.url()))?;
        self.lanes().told(&offsets);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Whether the broker has to be told of it.
    fn settle(&self, ticket: &Ticket, disposition: Disposition) -> Settled {
        let (settled, is_closed, has_room) = {
            let mut lanes = self.lanes();
            let settled = lanes.settle(ticket, disposition, self.max_deliveries);
            (settled, lanes.is_closed(), lanes.has_room(ticket))
        };
        if settled == (Settled::Over { dropped: true }) {
            tracing::warn!("a message was never handled; dropped");
        }
        self.changed.notify_waiters();
        if let Some(consumer) = self.consumer.get().filter(|_| is_closed || has_room) {
            consumer.wakeup();
        }
        settled
    }
}

/// Settles one delivery, or gives it back when it is dropped.
pub(super) struct Receipt {
    member: Arc<Member>,
    ticket: Option<Ticket>,
}

impl Receipt {
    pub(super) const fn new(member: Arc<Member>, ticket: Ticket) -> Self {
        Self { member, ticket: Some(ticket) }
    }
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Some(ticket) = self.ticket.take() else { return Ok(()) };
        match self.member.settle(&ticket, disposition) {
            Settled::Again => Ok(()),
            Settled::Over { .. } => self.member.commit().await,
            Settled::Moved => {
                let why = "the group gave the partition to another host, which gets the message again";
                Err(Error::new(Kind::Unavailable, why))
            }
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // If that is its end, the broker is told with what is over next.
        if let Some(ticket) = self.ticket.take() {
            self.member.settle(&ticket, Disposition::Nack);
        }
    }
}

/// Hears of changes of the group.
pub(super) struct Changes(pub(super) Weak<Member>);

impl ConsumerRebalanceListener for Changes {
    async fn on_partitions_assigned(&self, places: &[TopicPartition]) {
        let Some(member) = self.0.upgrade() else { return };
        let mut lanes = member.lanes();
        places.iter().for_each(|place| lanes.assign(place));
    }

    /// Another member gets them when this returns: so what is being handled is settled first, and what is over is told.
    async fn on_partitions_revoked(&self, places: &[TopicPartition]) {
        let Some(member) = self.0.upgrade() else { return };
        {
            let mut lanes = member.lanes();
            places.iter().for_each(|place| lanes.leave(place));
        }
        member.until(|member| (!member.lanes().is_busy(places)).then_some(())).await;
        if let Err(e) = member.commit().await {
            tracing::warn!(kind = e.kind.name(), "what was handled could not be committed and comes again: {e}");
        }
        let mut lanes = member.lanes();
        places.iter().for_each(|place| lanes.remove(place));
    }

    async fn on_partitions_lost(&self, places: &[TopicPartition]) {
        let Some(member) = self.0.upgrade() else { return };
        {
            let mut lanes = member.lanes();
            places.iter().for_each(|place| lanes.remove(place));
        }
        member.changed.notify_waiters();
    }
}
