//! The Redis backend of wasi-cloud: key-value and messaging on Redis 6 or later, or Valkey.
//!
//! # URLs
//!
//! `redis://[user[:password]@]host[:port][/db]`, or `redis+unix:///path/to/socket` with `db` and `user` in the query.
//! Options: `secret=NAME` takes the password from the host's secrets, so that the URL need not hold it;
//! `delivery=pubsub` uses plain channels for messages instead of streams; `maxlen=N` sets about how many messages a
//! stream keeps (10,000). Redis Cluster is out of scope: the names would suit it, the connection and the batches do not.
//!
//! # Key-value
//!
//! The value of key `k` of bucket `b` is the string `b:k`, byte for byte; counters are decimal text. Beside it,
//! `{b:k}:version` counts our writes, and expires with it. A version is that count and the SHA-1 of the value, so it
//! changes with every write of ours, and with one of another program that changes bytes; of a key that only others
//! wrote, the count is 0. `get` and `get-many` are a bare `GET` and `MGET`. The price of versions, measured on loopback
//! against a bare `SET`: a `put` takes 1.5 to 2 times as long with values of 100 bytes and about 3 times from 10 kB on
//! (the digest, and copies in the script), and the companion takes 50 to 60 bytes of the server's memory besides its
//! name. A clock of the server that is set back far enough, in the very second in which a key was deleted and written
//! anew with the same bytes, could repeat a version. A key of a bucket is listed if it is a string and its name is one
//! that we would write; `SCAN` looks at the whole database, so give a large bucket a database of its own.
//!
//! Writes are as durable as the server's persistence is configured to be.
//!
//! # Messaging
//!
//! By default a topic is the stream `{scope:topic}:stream`. Subscribers with a group are a consumer group, from their
//! first subscription on; others read for themselves. A stream keeps about `maxlen` messages: a group that falls behind
//! by more loses the oldest. A message that was not handled is appended anew, for its group alone and with its attempt
//! counted, up to the subscription's `max_deliveries`; what a host that died left pending comes back after
//! [`Timing::reclaim`]. An entry has the fields `data`, `content-type`, `metadata` (a JSON object), `reply-to`,
//! `attempt` and `group`, all but `data` optional, so any program can `XADD`.
//!
//! With `delivery=pubsub` a topic is the channel `scope:topic`, for interoperation with programs that `PUBLISH` and
//! `SUBSCRIBE`: at-most-once and without groups. A message of bytes alone is published as these bytes; one with a content
//! type, metadata or a reply address has a first line before them: `wasi-cloud:1 ` and a JSON object.
//!
//! Replies are published on a channel that the requester alone subscribes to.

mod connection;
mod error;
mod keyvalue;
mod messaging;
mod names;
mod options;

use async_trait::async_trait;
use connection::Server;
use options::Delivery;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Provider, Result, Services,
    messaging::Messaging,
    provider::{Secrets, Timing},
};

/// The provider of `redis:` and `redis+unix:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Redis {
    timing: Timing,
}

impl Redis {
    /// With the default timing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another timing.
    #[must_use]
    pub const fn with_timing(timing: Timing) -> Self {
        Self { timing }
    }
}

#[async_trait]
impl Provider for Redis {
    fn schemes(&self) -> &'static [&'static str] {
        &["redis", "redis+unix"]
    }

    /// Connects, logs in and asks for a sign of life. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let options = options::parse(url, secrets)?;
        let client = redis::Client::open(options.connection)
            .map_err(|_| Error::new(Kind::Invalid, format!("{} is no address of a server", options.shown)))?;
        let server = Arc::new(Server::new(client, options.shown, self.timing));
        server.ping().await?;
        let messaging: Arc<dyn Messaging> = match options.delivery {
            Delivery::Streams => Arc::new(messaging::Streams::new(server.clone(), options.maxlen)),
            Delivery::Channels => Arc::new(messaging::Channels::new(server.clone())),
        };
        let keyvalue = Arc::new(keyvalue::Store::new(server));
        Ok(Services { keyvalue: Some(keyvalue), messaging: Some(messaging), config: None })
    }
}
