//! The Kafka backend of wasi-cloud: messaging, on Apache Kafka 4.0 or later.
//!
//! # URLs
//!
//! `kafka://host[:port]` names one broker of a cluster, by a listener of the protocol PLAINTEXT; the others are found by
//! themselves. Options: `partitions=N` sets how many partitions a topic gets that is made here (8): of each, one message is
//! handled at a time, so it is how many hosts, and handlers in them, a group can have at work. `replicas=N` sets how many
//! brokers keep each of them (what the cluster says, `default.replication.factor`). Topics are made when they are first used,
//! by publishing or subscribing; those that are there are taken as they are. For how long messages are kept is the topic's
//! own matter (`retention.ms`).
//!
//! # Names
//!
//! Topic `t` of scope `s` is the topic `s.t` of Kafka, and group `g` is the consumer group `s.g`. ASCII letters and digits
//! stand for themselves, and so does `.`, but not in a scope; every other byte of the name's UTF-8 is written as `-` and two
//! upper-case hex digits. Where that is longer than Kafka's 249 bytes, the name of a topic is its first 183, `--`, and the
//! SHA-256 of all of it.
//!
//! # Messages
//!
//! A message is a record whose value is the data. Metadata are headers of the same names, and the content type is the
//! header `content-type`; metadata that is itself called so is marked with a `+`. The metadata `partition-key` is the
//! record's key besides: messages with one key stay in their order, also when they are delivered again. Messages without one
//! are spread over the partitions. Any program can publish so, and a key of its own arrives as `partition-key`.
//!
//! To publish is to wait for all replicas in sync (`acks=all`), by an idempotent producer.
//!
//! # Subscribers
//!
//! With a group they are members of a consumer group of the protocol of KIP-848. A group begins where each partition ended
//! when it was first subscribed to: these offsets are committed before the subscription is there. A message is committed
//! when it is handled, and nothing behind it before that: at-least-once. One that was not handled is delivered again at once
//! by the same host, before the partition goes on. Kafka does not count deliveries: the count is the host's, and begins
//! anew where the partition goes to another host or the host is started again. A partition that is to move is handed
//! over when its message is settled; what another member has by then is not committed any more.
//!
//! When a host dies, the group gives its partitions to others after the session timeout, which the cluster sets
//! (`group.consumer.session.timeout.ms`, 45 s), and not after `Timing::reclaim`. A group without members keeps its offsets
//! for `offsets.retention.minutes`, a week.
//!
//! Subscribers without a group read from the ends that the partitions had when they subscribed, at-most-once.
//!
//! Kafka has no replies, and so requests are refused.

mod cluster;
mod error;
mod messaging;
mod names;
mod options;

use async_trait::async_trait;
use cluster::Cluster;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    provider::{Secrets, Timing},
};

/// The provider of `kafka:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kafka {
    timing: Timing,
}

impl Kafka {
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
impl Provider for Kafka {
    fn schemes(&self) -> &'static [&'static str] {
        &["kafka"]
    }

    /// Connects. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, _: &dyn Secrets) -> Result<Services> {
        let cluster = Arc::new(Cluster::connect(options::parse(url)?, self.timing).await?);
        let messaging = Arc::new(messaging::Broker::new(cluster));
        Ok(Services { keyvalue: None, messaging: Some(messaging), config: None })
    }
}
