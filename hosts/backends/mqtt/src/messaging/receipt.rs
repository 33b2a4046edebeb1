//! Settling what was delivered.

use super::session::{Arrival, Session};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::runtime::Handle;
use wasi_cloud_core::{
    Result,
    messaging::{Disposition, Settle},
};

/// Settles one delivery, or has it handled anew when it is dropped.
pub(super) struct Receipt {
    session: Arc<Session>,
    arrival: Option<Arrival>,
    /// Whether a message that was not handled is delivered again.
    again: bool,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    /// Must be called in a tokio runtime.
    pub(super) fn new(session: Arc<Session>, arrival: Arrival, again: bool) -> Self {
        Self { session, arrival: Some(arrival), again, runtime: Handle::current() }
    }
}

async fn refuse(session: Arc<Session>, arrival: Arrival, again: bool) -> Result<()> {
    if again {
        return session.again(&arrival, arrival.attempt.saturating_add(1)).await;
    }
    tracing::warn!(topic = arrival.topic, "a message was not handled; dropped");
    session.acknowledge(&arrival);
    Ok(())
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Some(arrival) = self.arrival.take() else { return Ok(()) };
        match disposition {
            Disposition::Ack => self.session.acknowledge(&arrival),
            Disposition::Nack => refuse(self.session.clone(), arrival, self.again).await?,
        }
        Ok(())
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(arrival) = self.arrival.take() {
            self.runtime.spawn(refuse(self.session.clone(), arrival, self.again));
        }
    }
}
