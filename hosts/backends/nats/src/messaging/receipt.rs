//! Settling what was delivered.

use crate::{connection::Server, error::Why};
use async_nats::jetstream::{AckKind, message::Acker};
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
    held: Mutex<Held>,
    ticking: AbortHandle,
}

#[derive(Default)]
struct Held {
    last: u64,
    ackers: HashMap<u64, Arc<Acker>>,
}

impl Keeper {
    /// For messages that others take over after this time.
    pub(super) fn new(reclaim: Duration) -> Arc<Self> {
        // Thrice within it.
        let every = (reclaim / 3).max(Duration::from_millis(1));
        Arc::new_cyclic(|keeper: &Weak<Self>| {
            let keeper = keeper.clone();
            let ticking = tokio::spawn(async move {
                let mut ticks = interval_at(Instant::now() + every, every);
                loop {
                    ticks.tick().await;
                    let Some(held) = keeper.upgrade().map(|keeper| keeper.all()) else { return };
                    for acker in held {
                        // If that is lost, the next one may not be.
                        let _ = acker.ack_with(AckKind::Progress).await;
                    }
                }
            });
            Self { held: Mutex::default(), ticking: ticking.abort_handle() }
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Acker>> {
        self.held().ackers.values().cloned().collect()
    }

    fn hold(&self, acker: Acker) -> u64 {
        let mut held = self.held();
        held.last += 1;
        let number = held.last;
        held.ackers.insert(number, Arc::new(acker));
        number
    }

    fn release(&self, number: u64) -> Option<Arc<Acker>> {
        self.held().ackers.remove(&number)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.ticking.abort();
    }
}

/// Settles one delivery, or gives it back when it is dropped. Until then it is kept.
pub(super) struct Receipt {
    server: Arc<Server>,
    keeper: Arc<Keeper>,
    number: u64,
    /// Whether a message that was not handled is delivered again.
    again: bool,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    pub(super) fn new(server: Arc<Server>, keeper: &Arc<Keeper>, acker: Acker, again: bool) -> Self {
        let number = keeper.hold(acker);
        Self { server, keeper: keeper.clone(), number, again, runtime: Handle::current() }
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
        let Some(acker) = self.keeper.release(self.number) else { return Ok(()) };
        let kind = match disposition {
            Disposition::Ack => AckKind::Ack,
            Disposition::Nack => refusal(self.again),
        };
        // While the connection is made anew it waits for that. What the server was not told comes back in time.
        match timeout(self.server.timing.response, acker.double_ack_with(kind)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Why::Lost.write(&self.server.url)),
            Err(_) => Err(Why::Late.write(&self.server.url)),
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(acker) = self.keeper.release(self.number) {
            let kind = refusal(self.again);
            self.runtime.spawn(async move { acker.ack_with(kind).await });
        }
    }
}
