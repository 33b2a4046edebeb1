//! Requests by direct reply-to: a pseudo-queue of the channel that asks.

use crate::{
    connection::{Server, confirming},
    envelope,
};
use async_trait::async_trait;
use futures::StreamExt;
use lapin::{
    Consumer,
    options::{BasicConsumeOptions, BasicPublishOptions},
    types::{FieldTable, ShortString},
};
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// What the server replaces by the channel's own address.
const DIRECT: &str = "amq.rabbitmq.reply-to";

/// One who waits. It holds the channel, on which nothing else is done.
pub(super) struct ReplyInbox {
    server: Arc<Server>,
    replies: Consumer,
}

impl ReplyInbox {
    /// Sends a request.
    pub(super) async fn ask(
        server: Arc<Server>,
        exchange: &ShortString,
        routing_key: ShortString,
        message: &Payload,
    ) -> Result<Self> {
        let live = server.live().await?;
        let properties = envelope::properties(message, live.frame())?.with_reply_to(DIRECT.into());
        server.exchange(&live, exchange).await?;
        let channel = server.channel(&live).await?;
        // It has to listen before it asks.
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let listening = channel.basic_consume(DIRECT.into(), ShortString::default(), no_ack, FieldTable::default());
        let replies = server.ask(listening).await?;
        let channel = server.ask(confirming(channel)).await?;
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let published = async {
            let (exchange, data) = (exchange.clone(), &message.data);
            channel.basic_publish(exchange, routing_key, mandatory, data, properties).await?.await
        };
        if server.accepted(published).await? {
            return Ok(Self { server, replies });
        }
        Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"))
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        match self.replies.next().await {
            Some(Ok(reply)) => Ok(envelope::payload(reply.data, &reply.properties)),
            _ => Err(self.server.lost()),
        }
    }
}

/// Sends a reply. For a requester that has left the server drops it (MSG-M15).
pub(super) async fn reply(server: &Server, address: &str, message: &Payload) -> Result<()> {
    let live = server.live().await?;
    let (queue, properties) = envelope::reply(address, envelope::properties(message, live.frame())?)?;
    // The default exchange has a binding for each queue.
    server.publish(&live, &ShortString::default(), queue, &message.data, properties).await
}
