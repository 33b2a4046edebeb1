//! The PostgreSQL backend of wasi-cloud: key-value and messaging in tables.
//!
//! # URLs
//!
//! `postgres://user[:password]@host[:port]/database`, also spelled `postgresql://`; without a database, the one that is
//! called like the user. Options: `secret=NAME` takes the password from the host's secrets, so that the URL need not hold
//! it; `schema=NAME` sets the schema in which everything is (`wasi_cloud`), so that several hosts can share a database
//! and not their data; `connections=N` sets how many connections a host makes at most (8; a call waits for one);
//! `maxlen=N` sets how many messages of a topic are kept (10,000); `sslmode=verify-full` insists on TLS, with the system's roots, and `sslmode=disable`, the default, does without.
//!
//! The schema and its tables are made when they are first used. Where the user may not do that, the schema's owner runs a
//! host once. The database's encoding is UTF8. A pooler between host and server has to keep sessions (`pool_mode =
//! session` of PgBouncer). Tested with PostgreSQL 15.
//!
//! A call takes `Timing::response` at most, on both sides: the server gives up then (`statement_timeout`), and says that
//! nothing changed. A connection that is lost in the middle of a write leaves open whether it has happened, and the error
//! says so; nothing is sent twice.
//!
//! # Key-value
//!
//! One row per key in the table `keyvalue`. Bucket and key are the bytes of their UTF-8, compared byte by byte, so that
//! every name is one, and values are the bytes that were written; counters are decimal text. ASCII can be written as it
//! is, and `bytea_output` shows it so:
//!
//! ```sql
//! set bytea_output = 'escape';
//! select bucket, key, value, expires_at from wasi_cloud.keyvalue where bucket = 'sessions';
//! insert into wasi_cloud.keyvalue (bucket, key, value) values ('sessions', 'user/1', 'hello')
//!     on conflict (bucket, key) do update set value = excluded.value, expires_at = null;
//! ```
//!
//! Versions are numbers of one sequence. A trigger gives every row that is written a new one, also where another program
//! writes, and the same bytes; none comes back, whatever is deleted. An older copy of the database has an older sequence,
//! too; restart what holds versions after bringing one back. Each call is one statement, and so one transaction at `read
//! committed`; up to 32 MiB of a batch are all or nothing.
//!
//! `expires_at` is when a key's life ends, by the server's clock; set forward, that ends lives early. An expired key is
//! absent at once. Each host removes the rows of such keys when it starts and once a minute, a thousand at a time.
//!
//! # Messaging
//!
//! A message is a row of the table `message`, and every program can send one:
//!
//! ```sql
//! insert into wasi_cloud.message (scope, topic, data, headers)
//!     values ('shop', 'orders', 'hello', '{"content-type": "text/plain", "metadata": {"k": "v"}}');
//! ```
//!
//! A trigger queues it for each group that its topic has, in `message_delivery`, and notifies who waits. Groups are made
//! by their first subscriber and stay (`message_group`); their members take messages one by one, the oldest of a topic first, and
//! lease them (`for update skip locked`). A host that lives prolongs the lease; what one that died left unsettled goes to
//! another after `Timing::reclaim` and a few seconds, and counts as delivered, unless it was on its way. Subscribers
//! without a group read what they are notified of, at-most-once, and miss what comes while their connection is made anew.
//! Nobody misses a wake-up for long: groups look every five seconds.
//!
//! About the newest `maxlen` messages of a topic are kept, whether they were handled or not; older ones are removed while
//! newer ones come, and once a minute. One row of traffic is one commit, and another one each for taking and settling.
//! PostgreSQL lets one transaction with a notification commit at a time.
//!
//! A request is a message with `reply_to`, an address of the waiting host; replies are rows of `message_reply`, which the
//! requester removes when it reads them, and the hosts after ten minutes. Who subscribes to a topic holds an advisory lock
//! for it, on the one connection with which a host listens; where nobody does, a request has no responders.

mod connection;
mod error;
mod keyvalue;
mod messaging;
mod options;
mod schema;
mod tls;
mod upkeep;

use async_trait::async_trait;
use connection::Server;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    provider::{Secrets, Timing},
};

/// The provider of `postgres:` and `postgresql:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Postgres {
    timing: Timing,
}

impl Postgres {
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
impl Provider for Postgres {
    fn schemes(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    /// Connects, logs in, and makes the tables if there are none. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let options = options::parse(url, secrets)?;
        let maxlen = options.maxlen;
        let server = Arc::new(Server::new(options, self.timing)?);
        schema::make(&server, &[keyvalue::PART, messaging::PART]).await?;
        upkeep::begin(&server, maxlen);
        let keyvalue = Arc::new(keyvalue::Store::new(server.clone()));
        let messaging = Arc::new(messaging::Broker::new(server, maxlen));
        Ok(Services { keyvalue: Some(keyvalue), messaging: Some(messaging), config: None })
    }
}
