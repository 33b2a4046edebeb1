//! Settling what a group was delivered.

use crate::{
    connection::Server,
    error::{late, read},
};
use async_trait::async_trait;
use lapin::{
    Acker, Channel,
    options::{BasicAckOptions, BasicNackOptions},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{runtime::Handle, time::timeout};
use wasi_cloud_core::{
    Result,
    messaging::{Disposition, Settle},
};

/// Settles one delivery, or gives it back when it is dropped.
pub(super) struct Receipt {
    server: Arc<Server>,
    acker: Option<Acker>,
    /// Whether a message that was not handled is delivered again.
    again: bool,
    /// How many of the queue are being handled.
    busy: Arc<AtomicUsize>,
    /// On which it came, and which has to be there until it is settled.
    channel: Channel,
    /// To give it back from where there is no runtime.
    runtime: Handle,
}

impl Receipt {
    pub(super) fn new(
        server: Arc<Server>,
        channel: Channel,
        acker: Acker,
        again: bool,
        busy: &Arc<AtomicUsize>,
    ) -> Self {
        busy.fetch_add(1, Ordering::Relaxed);
        let runtime = Handle::current();
        Self { server, acker: Some(acker), again, busy: busy.clone(), channel, runtime }
    }
}

/// Back to the queue, or to where the operator's policy has what nobody could handle.
pub(super) fn refusal(again: bool) -> BasicNackOptions {
    if !again {
        tracing::warn!("a message was never handled; rejected");
    }
    BasicNackOptions { requeue: again, ..BasicNackOptions::default() }
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Some(acker) = self.acker.take() else { return Ok(()) };
        settled(&self.server, &acker, disposition, self.again).await
    }
}

/// Tells the server. What it was not told comes back when it notices that the connection is gone.
pub(super) async fn settled(server: &Server, acker: &Acker, disposition: Disposition, again: bool) -> Result<()> {
    let told = async {
        match disposition {
            Disposition::Ack => acker.ack(BasicAckOptions::default()).await,
            Disposition::Nack => acker.nack(refusal(again)).await,
        }
    };
    match timeout(server.timing.response, told).await {
        Ok(Ok(true)) => Ok(()),
        // Its channel is gone, and the message with it.
        Ok(Ok(false)) => Err(server.lost()),
        Ok(Err(error)) => Err(read(server.url(), &error).maybe_applied()),
        Err(_) => Err(late(server.url()).maybe_applied()),
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
        if let Some(acker) = self.acker.take() {
            let (channel, again) = (self.channel.clone(), self.again);
            self.runtime.spawn(async move {
                let _ = acker.nack(refusal(again)).await;
                drop(channel);
            });
        }
    }
}
