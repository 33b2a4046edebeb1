//! The PostgreSQL backend of wasi-cloud: key-value in a table.
//!
//! # URLs
//!
//! `postgres://user[:password]@host[:port]/database`, also spelled `postgresql://`; without a database, the one that is
//! called like the user. Options: `secret=NAME` takes the password from the host's secrets, so that the URL need not hold
//! it; `schema=NAME` sets the schema in which everything is (`wasi_cloud`), so that several hosts can share a database
//! and not their data; `connections=N` sets how many connections a host makes at most (8; a call waits for one);
//! `sslmode=verify-full` insists on TLS, with the system's roots, and `sslmode=disable`, the default, does without.
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

mod connection;
mod error;
mod keyvalue;
mod options;
mod schema;
mod tls;

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
        let server = Arc::new(Server::new(options::parse(url, secrets)?, self.timing)?);
        schema::make(&server, &[keyvalue::PART]).await?;
        keyvalue::sweep(&server);
        let keyvalue = Arc::new(keyvalue::Store::new(server));
        Ok(Services { keyvalue: Some(keyvalue), ..Services::default() })
    }
}
