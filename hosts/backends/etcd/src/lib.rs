//! The etcd backend of wasi-cloud: key-value on etcd 3.4 or later, by its HTTP gateway.
//!
//! # URLs
//!
//! `etcd://[user:password@]host[:port]`; `etcd+tls://` insists on TLS, with the system's roots. Option: `secret=NAME` takes
//! the password from the host's secrets, so that the URL need not hold it. The gateway is at the port of etcd's own
//! clients, 2379, unless the server was started with `--enable-grpc-gateway=false`. One URL names one server: of a cluster,
//! any member or a load balancer before them.
//!
//! # Key-value
//!
//! The value of key `k` of bucket `b` is that of etcd's key `b/k`, so `etcdctl get sessions/user/1` shows the value of key
//! `user/1` of bucket `sessions`, byte for byte; counters are decimal text. In a bucket, `%` and `/` are written as `%25`
//! and `%2F`; keys are not escaped. Keys that are no UTF-8, or longer than 1,024 bytes, are another program's and not listed.
//!
//! A version is the revision of the whole store at which the key was written last (`mod_revision`). It changes with every
//! write, also with one of another program, and never comes back, whatever is deleted; to put an older snapshot of the store
//! in its place turns the revision back, so restart what holds versions then. Reads and writes go through the leader:
//! each sees all that was written before. An increment is a transaction on condition, tried again while others are faster,
//! for [`Timing::response`] at most. Batches go in steps of up to 100 keys, and each step is all or nothing. A listing is in
//! the order of the keys' bytes and needs no state in the server.
//!
//! A lease has a lifetime of whole seconds, of two at least, and etcd ends it late, so `ttl` is not offered (KVX-31). A key
//! that another program put under a lease can be read; what is written here is under none.
//!
//! A value of 1 MiB fits the `--max-request-bytes` of a server as it comes (1.5 MiB).

mod error;
mod keyvalue;
mod names;
mod options;
mod server;
mod wire;

use async_trait::async_trait;
use server::Server;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    keyvalue::KeyValue,
    provider::{Secrets, Timing},
};

/// The provider of `etcd:` and `etcd+tls:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Etcd {
    timing: Timing,
}

impl Etcd {
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
impl Provider for Etcd {
    fn schemes(&self) -> &'static [&'static str] {
        &["etcd", "etcd+tls"]
    }

    /// Connects, logs in and asks for a sign of life. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let server = Server::new(options::parse(url, secrets)?, self.timing)?;
        server.ping().await?;
        let keyvalue: Arc<dyn KeyValue> = Arc::new(keyvalue::Store::new(server));
        Ok(Services { keyvalue: Some(keyvalue), ..Services::default() })
    }
}
