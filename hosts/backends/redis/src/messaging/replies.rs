//! Replies: published on a channel that the requester alone listens to.

use super::{envelope, unique};
use crate::{connection::Server, error::Effect, names};
use async_trait::async_trait;
use futures::StreamExt;
use redis::{aio::PubSub, cmd};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// One who waits, on a connection of its own.
pub(super) struct ReplyInbox {
    address: String,
    listener: PubSub,
}

impl ReplyInbox {
    /// Listens from now on.
    pub(super) async fn new(server: &Server, scope: &str) -> Result<Self> {
        let address = names::beside(&names::plain(scope, ""), &format!("reply:{}", unique()));
        let listener = server.listen(std::slice::from_ref(&address)).await?;
        Ok(Self { address, listener })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        match self.listener.on_message().next().await {
            Some(message) => Ok(envelope::decode(message.get_payload_bytes()).0),
            None => Err(Error::new(Kind::Unavailable, "the connection that waits for replies was lost")),
        }
    }
}

/// Sends a reply. A requester that has left is no error (MSG-M15).
pub(super) async fn reply(server: &Server, address: &str, message: &Payload) -> Result<()> {
    let mut command = cmd("PUBLISH");
    command.arg(address).arg(envelope::encode(message, None));
    let _listeners: u64 = server.command(Effect::Write, &command).await?;
    Ok(())
}
