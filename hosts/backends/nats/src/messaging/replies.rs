//! Replies: plain messages on a subject that the requester alone listens to.

use super::{envelope, lost};
use crate::{connection::Server, error::Why};
use async_nats::{Subscriber, client::PublishErrorKind};
use async_trait::async_trait;
use futures::StreamExt;
use tokio::time::timeout;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// One who waits.
pub(super) struct ReplyInbox {
    address: String,
    listener: Subscriber,
}

impl ReplyInbox {
    /// Listens to what is sent after what this connection does next.
    pub(super) async fn new(server: &Server) -> Result<Self> {
        server.live()?;
        let address = server.client.new_inbox();
        let listener = server.client.subscribe(address.clone()).await.map_err(|_| lost(server))?;
        Ok(Self { address, listener })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        match self.listener.next().await {
            Some(message) => Ok(envelope::payload(message.payload.into(), message.headers.as_ref()).0),
            None => Err(Error::new(Kind::Unavailable, "the connection that waits for replies was lost")),
        }
    }
}

/// Sends a reply. A requester that has left is no error (MSG-M15).
pub(super) async fn reply(server: &Server, address: &str, message: &Payload) -> Result<()> {
    server.live()?;
    let headers = envelope::headers(message, None);
    let data = message.data.clone().into();
    let sent = server.client.publish_with_headers(address.to_owned(), headers, data).await;
    sent.map_err(|error| {
        let why = if error.kind() == PublishErrorKind::MaxPayloadExceeded { Why::TooLarge } else { Why::Lost };
        why.write(&server.url)
    })?;
    match timeout(server.timing.response, server.client.flush()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Why::Lost.write(&server.url)),
        Err(_) => Err(Why::Late.write(&server.url)),
    }
}
