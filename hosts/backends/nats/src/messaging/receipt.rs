//! Settling what was delivered.

use crate::{connection::Server, error::Why};
use async_nats::jetstream::{AckKind, message::Acker};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{Instant, interval_at, timeout},
};
use wasi_cloud_core::{
    Result,
    messaging::{Disposition, Settle},
};

/// Settles one delivery, or gives it back when it is dropped. Until then the server is told that it is being handled.
pub(super) struct Receipt {
    server: Arc<Server>,
    acker: Option<Arc<Acker>>,
    /// Whether a message that was not handled is delivered again.
    again: bool,
    holding: AbortHandle,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    pub(super) fn new(server: Arc<Server>, acker: Acker, again: bool) -> Self {
        let acker = Arc::new(acker);
        let held = acker.clone();
        // Thrice within the time after which others take over.
        let every = (server.timing.reclaim / 3).max(std::time::Duration::from_millis(1));
        let holding = tokio::spawn(async move {
            let mut ticks = interval_at(Instant::now() + every, every);
            loop {
                ticks.tick().await;
                // If that is lost, the next one may not be.
                let _ = held.ack_with(AckKind::Progress).await;
            }
        });
        Self { server, acker: Some(acker), again, holding: holding.abort_handle(), runtime: Handle::current() }
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
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        self.holding.abort();
        let Some(acker) = self.acker.take() else { return Ok(()) };
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
        self.holding.abort();
        if let Some(acker) = self.acker.take() {
            let kind = refusal(self.again);
            self.runtime.spawn(async move { acker.ack_with(kind).await });
        }
    }
}
