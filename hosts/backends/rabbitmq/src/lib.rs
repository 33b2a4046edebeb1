//! The RabbitMQ backend of wasi-cloud: messaging over AMQP 0-9-1, with RabbitMQ 3.10 or later.
//!
//! # URLs
//!
//! `amqp://[user[:password]@]host[:port][/vhost]`; without a user `guest`, without a vhost `/`. `secret=NAME` takes the
//! password from the host's secrets, so that the URL need not hold it. `amqps:` is refused: this build has no TLS for AMQP.
//!
//! # Messages
//!
//! The messages of topic `t` of scope `s` are published to the durable topic exchange `wasi-cloud.s`, with the routing key
//! `t`, persistent, and are accepted once the server has confirmed them. In the name of an exchange control characters, `%`
//! and what is not ASCII are written as `%XX`; routing keys are topics as they are. A content type is the message's own. The
//! metadata `k` is the header `k`, a text; the keys that cannot be headers (longer than 255 bytes, `CC`, `BCC`, and those
//! that begin with `x-`, which are the server's) follow each other with their values in the header
//! `x-wasi-cloud-metadata`. Headers that are no text are no metadata. What is beside the payload fits into one frame, which
//! is 128 KiB unless the server says otherwise. Any program can publish so, and bind queues of its own.
//!
//! # Subscribers
//!
//! A group has a durable quorum queue for each of its topics, `wasi-cloud.s/group/t`, from its first subscription on: what
//! `/` would be in a scope or group is `%2F`, and a name of more than 255 bytes is `wasi-cloud.` and its SHA-256 (the binding
//! still shows the topic). It stays until somebody deletes it. Quorum queues count deliveries themselves, so that a message
//! which ends its hosts does not come for ever. Every return counts, also of what was on its way to a host that stopped; to
//! keep that rare, a subscriber takes a message ahead only when it is asked for one. So a policy should not set a
//! `delivery-limit` below `max_deliveries`. What has been delivered often enough is rejected, and an operator's policy with a
//! `dead-letter-exchange` catches it. A delivery that is handled for longer than the server's `consumer_timeout` (30 minutes)
//! is taken back.
//!
//! Others have a queue of their own, which goes with their connection: they hear what is published while they are
//! connected. Such a queue has one reader, so a message that was not handled stays with it, unacknowledged, and is delivered
//! again from there.
//!
//! # Requests
//!
//! Replies come by the server's direct reply-to. A request to a topic that no queue is bound to has no responders; a group
//! whose hosts are all away still is bound. A reply goes to the `reply_to` of a request, with its `correlation_id`, if it is a
//! direct one or a queue that the server has named; others are not replied to.

mod connection;
mod envelope;
mod error;
mod messaging;
mod names;
mod options;

use async_trait::async_trait;
use connection::Server;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    provider::{Secrets, Timing},
};

/// The provider of `amqp:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rabbitmq {
    timing: Timing,
}

impl Rabbitmq {
    /// With the default timing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another timing. RabbitMQ itself notices a host that is gone, so [`Timing::reclaim`] has no effect.
    #[must_use]
    pub const fn with_timing(timing: Timing) -> Self {
        Self { timing }
    }
}

#[async_trait]
impl Provider for Rabbitmq {
    fn schemes(&self) -> &'static [&'static str] {
        &["amqp", "amqps"]
    }

    /// Connects and logs in. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let server = Server::new(options::parse(url, secrets)?, self.timing);
        server.live().await?;
        let messaging = Arc::new(messaging::Broker::new(Arc::new(server)));
        Ok(Services { keyvalue: None, messaging: Some(messaging), config: None })
    }
}
