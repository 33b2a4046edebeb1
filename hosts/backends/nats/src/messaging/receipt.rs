//! Settling what was delivered.

use crate::{connection::Server, error::Why};
use async_nats::{Request, RequestErrorKind, Subject, jetstream::AckKind};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{Instant, interval_at, timeout},
};
use wasi_cloud_core::{
    Result,
    messaging::{Disposition, Settle},
};

/// Tells the server of all that is being handled that it is, until it is settled: it would hand it to others otherwise.
pub(super) struct Keeper {
    server: Arc<Server>,
    held: Mutex<Held>,
    ticking: AbortHandle,
}

#[derive(Default)]
struct Held {
    last: u64,
    /// Where the server is told what became of each message.
    subjects: HashMap<u64, Subject>,
}

impl Keeper {
    /// For messages of this server.
    pub(super) fn new(server: Arc<Server>) -> Arc<Self> {
        // Thrice within the time after which others take over.
        let every = (server.timing.reclaim / 3).max(Duration::from_millis(1));
        Arc::new_cyclic(|keeper: &Weak<Self>| {
            let keeper = keeper.clone();
            let ticking = tokio::spawn(async move {
                let mut ticks = interval_at(Instant::now() + every, every);
                loop {
                    ticks.tick().await;
                    let Some(keeper) = keeper.upgrade() else { return };
                    for subject in keeper.all() {
                        keeper.tell(subject, AckKind::Progress).await;
                    }
                }
            });
            Self { server, held: Mutex::default(), ticking: ticking.abort_handle() }
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Subject> {
        self.held().subjects.values().cloned().collect()
    }

    fn hold(&self, subject: Subject) -> u64 {
        let mut held = self.held();
        held.last += 1;
        let number = held.last;
        held.subjects.insert(number, subject);
        number
    }

    fn release(&self, number: u64) -> Option<Subject> {
        self.held().subjects.remove(&number)
    }

    /// Without asking whether it arrived: what the server was not told comes back in time.
    pub(super) async fn tell(&self, subject: Subject, kind: AckKind) {
        let _ = self.server.client.publish(subject, kind.into()).await;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.ticking.abort();
    }
}

/// Settles one delivery, or gives it back when it is dropped. Until then it is kept.
pub(super) struct Receipt {
    keeper: Arc<Keeper>,
    number: u64,
    /// Whether a message that was not handled is delivered again.
    again: bool,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    /// Of a message whose settling the server wants to hear of on this subject.
    pub(super) fn new(keeper: &Arc<Keeper>, subject: Subject, again: bool) -> Self {
        let number = keeper.hold(subject);
        Self { keeper: keeper.clone(), number, again, runtime: Handle::current() }
    }
}

fn refusal(again: bool) -> AckKind {
    if again {
        return AckKind::Nak(None);
    }
    tracing::warn!("a message was never handled; dropped");
    AckKind::Term
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Some(subject) = self.keeper.release(self.number) else { return Ok(()) };
        let kind = match disposition {
            Disposition::Ack => AckKind::Ack,
            Disposition::Nack => refusal(self.again),
        };
        let Server { client, timing, url, .. } = &*self.keeper.server;
        // The crate's own `double_ack` subscribes for each answer, which costs the server more than the message. While the
        // connection is made anew this waits for that. What the server was not told comes back in time.
        let told = client.send_request(subject, Request::new().payload(kind.into()));
        match timeout(timing.response, told).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) if why.kind() != RequestErrorKind::TimedOut => Err(Why::Lost.write(url)),
            _ => Err(Why::Late.write(url)),
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(subject) = self.keeper.release(self.number) {
            let (keeper, kind) = (self.keeper.clone(), refusal(self.again));
            self.runtime.spawn(async move { keeper.tell(subject, kind).await });
        }
    }
}
