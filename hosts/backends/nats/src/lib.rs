//! The NATS backend of wasi-cloud: key-value and messaging on JetStream, of nats-server 2.10 or later.
//!
//! # URLs
//!
//! `nats://[user:password@]host[:port]`, or `nats://token@host`; `tls://` insists on TLS, with the system's roots. Options:
//! `secret=NAME` takes the password, or without a user the token, from the host's secrets, so that the URL need not hold
//! it; `maxlen=N` sets how many messages of a topic are kept (10,000); `replicas=N` sets in how many servers of a cluster
//! what is made here is kept (1). Servers of a cluster are found by themselves.
//!
//! # Key-value
//!
//! A bucket is a JetStream key-value bucket, made when it is first used, with a history of 1; a bucket that keeps more,
//! one whose values have a time to live, and a mirror are refused. So `nats kv get sessions user/1` shows the value of
//! key `user/1` of bucket `sessions`, byte for byte; counters are decimal text. NATS restricts names. In a key, ASCII
//! letters, digits, `-`, `_`, `/`, and a `.` between two characters that are no `.`, stand for themselves; every other
//! byte of its UTF-8 is written as `=` and two upper-case hex digits. The empty key is `=`. In a bucket, letters,
//! digits and `-` stand for themselves; other bytes follow a `_`.
//!
//! A version is the revision: the sequence number of the write in its bucket. It changes with every write, also with one of
//! another program, and never comes back while the bucket exists. Reads ask the leader of the bucket's stream, so a write is
//! seen by every later read. An increment is a write on condition, tried again while others are faster, for
//! [`Timing::response`] at most. A removed key leaves a marker of about 100 bytes, as NATS has it; `nats kv compact`
//! removes them. NATS counts lifetimes in whole seconds and looks for what has expired once a second, which is later than
//! KVX-34 allows: `ttl` is not offered.
//!
//! # Messaging
//!
//! The messages of topic `t` of scope `s` have the subject `wasi-cloud.msg.s.t`, and are kept by the stream `MSG_s`:
//! scopes are written as buckets are, and topics as keys. Subscribers with a group are a durable consumer, from their
//! first subscription on; others listen to the subject, at-most-once. What a host that died left unsettled comes back
//! after [`Timing::reclaim`], and counts as delivered. A host that stops handles what is on its way to it, and waits two
//! seconds for that: the server cannot take back what it has sent without counting it. A content type is the header
//! `Content-Type`; the metadata `k` is the header `Meta-k`, its name written as a key is and its value with control
//! characters and `%` as `%XX`. Any program can publish so.
//!
//! A request is such a message with the header `Wasi-Cloud-Reply-To`, which names the subject for replies; it begins
//! with `_INBOX.`, and others are not replied to. Whoever subscribes to a topic answers empty messages on
//! `wasi-cloud.on.s.t`; where NATS knows nobody there, a request has no responders.

mod connection;
mod error;
mod keyvalue;
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

/// The provider of `nats:` and `tls:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nats {
    timing: Timing,
}

impl Nats {
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
impl Provider for Nats {
    fn schemes(&self) -> &'static [&'static str] {
        &["nats", "tls"]
    }

    /// Connects, logs in and asks JetStream for a sign of life. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let options = options::parse(url, secrets)?;
        let (maxlen, replicas) = (options.maxlen, options.replicas);
        let server = Arc::new(Server::connect(options, self.timing).await?);
        let keyvalue = Arc::new(keyvalue::Store::new(server.clone(), replicas));
        let messaging = Arc::new(messaging::Broker::new(server, maxlen, replicas));
        Ok(Services { keyvalue: Some(keyvalue), messaging: Some(messaging), config: None })
    }
}
