//! The Vault backend of wasi-cloud: key-value on a KV engine of version 2, Vault 1.10 or later, by its HTTP API.
//!
//! # URLs
//!
//! `vault://[:token@]host[:port][/mount[/folder]]`; `vault+tls://` insists on TLS, with the system's roots. Option:
//! `secret=NAME` takes the token from the host's secrets, so that the URL need not hold it. The port is 8200 and the path
//! `secret` if they are left out. Where the mount's own path ends is asked of Vault. Without a token the server must know
//! who asks, as a Vault Agent does. A token is not renewed here: one that ends has to be renewed by another program.
//!
//! The token's policy, for the mount `secret` without a folder:
//!
//! ```text
//! path "secret/data/*"     { capabilities = ["create", "read", "update"] }
//! path "secret/subkeys/*"  { capabilities = ["read"] }
//! path "secret/metadata/*" { capabilities = ["list"] }
//! ```
//!
//! # Key-value
//!
//! Key `k` of bucket `b` is the secret `b/k` of the mount, with what is written in the field `value` if it is text, and in
//! Base64 in the field `base64` if it is not: so `vault kv get -field=value secret/sessions/user:1` shows the value of key
//! `user:1` of bucket `sessions`, and `vault kv put` writes one. Text that JSON would make larger than the largest value in
//! Base64 is in Base64 too. Counters are decimal text. In both names all but letters, digits, `-`, `_`, `:`, `@` and a `.`
//! between others is written as `=XX`, byte by byte: a bucket is one folder, and a `/` in a key makes none. Names that are
//! written otherwise are another program's and not listed. Of a secret with other fields the value cannot be read, which is
//! `other`; a write replaces all fields.
//!
//! A version is the number that Vault gave the write, with its time. A delete is a write too, of a secret without fields, at
//! the number that was seen: Vault's own deletes know no condition. So numbers only grow, a condition holds at the very
//! instant, and a version never comes back. What stays of a deleted key is that empty secret, with as many old versions as
//! the mount keeps (`max_versions`, 10 as it comes); `vault kv metadata delete` removes them, and is safe as long as nothing
//! writes that key at the same time. A key that another program deleted is absent, though its number stays: a delete of
//! theirs in the middle of a conditional write of ours is undone by it.
//!
//! An increment is a write on condition, tried again while other hosts are faster, for [`Timing::response`] at most. Batches
//! are requests for each key, some at once, and not atomic. A listing reads all names of the bucket for each page, in the
//! order of the keys' bytes, and asks of each whether it is there; it needs no state in the server.
//!
//! `ttl` is not offered (KVX-31): Vault takes a lifetime for all later versions of a key, in a request of its own, so that
//! another writer in between would get it. A mount with `delete_version_after` ends what is written there by itself. A
//! mount or key with `cas_required` refuses plain writes.
//!
//! Values of 512 KiB, in Base64, fit the 1 MiB that integrated storage and JSON limits allow as they come. A key of 512
//! bytes fits integrated storage too; `file` and `consul` hold shorter names only.

mod api;
mod error;
mod field;
mod keyvalue;
mod names;
mod options;
mod wire;

use api::Api;
use async_trait::async_trait;
use std::sync::Arc;
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    keyvalue::KeyValue,
    provider::{Secret, Secrets, Timing},
};

/// The provider of `vault:` and `vault+tls:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vault {
    timing: Timing,
}

impl Vault {
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

    /// The text in one field of a secret, whose path begins with that of its mount: `password` of `secret/app/db`. The URL
    /// has no path. Must be called in a tokio runtime; takes as long as two requests.
    ///
    /// # Errors
    /// `invalid` for a URL or a path that is none, `not-found` if there is no such secret or field, or if it is no text,
    /// `unavailable` if Vault does not answer or refuses the token.
    pub async fn field(&self, url: &Url, secrets: &dyn Secrets, path: &str, field: &str) -> Result<Secret> {
        let options = options::of_server(url, secrets)?;
        field::read(&Api::new(options, self.timing)?, path, field).await
    }
}

#[async_trait]
impl Provider for Vault {
    fn schemes(&self) -> &'static [&'static str] {
        &["vault", "vault+tls"]
    }

    /// Connects, and asks what is mounted there. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let (options, path) = options::of_store(url, secrets)?;
        let store = keyvalue::Store::connect(Api::new(options, self.timing)?, path).await?;
        let keyvalue: Arc<dyn KeyValue> = Arc::new(store);
        Ok(Services { keyvalue: Some(keyvalue), ..Services::default() })
    }
}
