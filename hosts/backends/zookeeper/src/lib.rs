//! The ZooKeeper backend of wasi-cloud: key-value on ZooKeeper 3.6 or later.
//!
//! # URLs
//!
//! `zookeeper://[user:password@]host[,host...][:port][/path]`. The port is that of each host, 2181 if there is none; a host
//! that has another one is written with it, `:` as `%3A`: `zookeeper://a%3A2182,b%3A2183`. The path is the znode under which
//! the buckets are, the root if there is none; it is made when it is needed. With a login the session authenticates by
//! ZooKeeper's scheme `digest`, and what it creates is for that user alone; without one it is for everybody. Option:
//! `secret=NAME` takes the password from the host's secrets, so that the URL need not hold it. There is no TLS.
//!
//! # Key-value
//!
//! The value of key `k` of bucket `b` is the data of the znode `/path/b/k`, so `zkCli.sh get /sessions/user` shows the value of
//! key `user` of bucket `sessions`, byte for byte; counters are decimal text. In names, `%`, `/`, control characters and what
//! is not ASCII are written as `%XX` for each byte, `.` and `..` as `%2E` and `%2E%2E`, the empty key as `%`, and the bucket
//! `zookeeper`, whose name ZooKeeper keeps for itself, as `%7Aookeeper`. Znodes with other names, and keys longer than 1,024
//! bytes, are another program's and not listed.
//!
//! A version is the transaction that created the znode and the number of writes since (`czxid` and `version`). It changes
//! with every write, also with one of another program, and never comes back. ZooKeeper itself compares only the number, which
//! begins anew with each creation. So each removal also writes the bucket's znode, always without data, and a write on condition
//! looks at key and bucket, and then writes if the bucket is still as it was. It looks again where another key was removed in
//! between, for [`Timing::response`] at most. What remains is another program that removes and creates the key between
//! the look and the write: it does not write the bucket. To put an older snapshot in the store's place turns transactions back, so restart
//! what holds versions then.
//!
//! A server of an ensemble answers reads by itself and may be behind. Each read goes out together with a `sync`, which
//! makes it wait until the server has what the leader had, so it sees all that was written before: that costs no round trip
//! to this server, but one from there to the leader, and the read waits there as long as a write does. Batches are many requests at once, of which each stands for itself. A
//! listing asks for the names of the whole bucket for each page of up to 256, for ZooKeeper has no other: it suits buckets of
//! thousands of keys. Java's clients cannot list a bucket whose names are together larger than their `jute.maxbuffer`.
//!
//! A value is at most 1,000,000 bytes, so that it fits the `jute.maxbuffer` of a server as it comes (1 MiB) together with its
//! names; a server that takes less closes the connection, and the call is `unavailable`. TTL nodes have to be turned on in a
//! server and end late by up to a minute, so `ttl` is not offered (KVX-31).
//!
//! A session that is lost is replaced by the next call; until a server answers, calls are `unavailable`.

mod error;
mod keyvalue;
mod names;
mod options;
mod server;

use async_trait::async_trait;
use server::Server;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    keyvalue::KeyValue,
    provider::{Secrets, Timing},
};

/// The provider of `zookeeper:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZooKeeper {
    timing: Timing,
}

impl ZooKeeper {
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
impl Provider for ZooKeeper {
    fn schemes(&self) -> &'static [&'static str] {
        &["zookeeper"]
    }

    /// Opens a session. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let server = Server::connect(options::parse(url, secrets)?, self.timing).await?;
        let keyvalue: Arc<dyn KeyValue> = Arc::new(keyvalue::Store::new(server));
        Ok(Services { keyvalue: Some(keyvalue), ..Services::default() })
    }
}
