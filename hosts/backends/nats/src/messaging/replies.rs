//! Replies: plain messages on a subject that the requester alone listens to.

use super::{envelope, lost};
use crate::{connection::Server, error::Why};
use async_nats::{Subscriber, client::PublishErrorKind};
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::atomic::Ordering;
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
    let connects = || server.client.statistics().connects.load(Ordering::Relaxed);
    let before = connects();
    server.live()?;
    let headers = envelope::headers(message, None);
    let data = message.data.clone().into();
    let sent = server.client.publish_with_headers(address.to_owned(), headers, data).await;
    sent.map_err(|error| match error.kind() {
        PublishErrorKind::InvalidSubject => Error::new(Kind::Invalid, "the requester named no subject for replies"),
        PublishErrorKind::MaxPayloadExceeded => Why::TooLarge.write(&server.url),
        _ => Why::Lost.write(&server.url),
    })?;
    // The answer to a later question on the same connection says that the server has the reply.
    server.ping().await.map_err(Error::maybe_applied)?;
    if connects() == before { Ok(()) } else { Err(Why::Lost.write(&server.url)) }
}
