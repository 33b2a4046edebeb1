//! Config: the driver trait of backends and the portable `Store` of guests.

use crate::{
    call::{Access, Call},
    error::Result,
    link::Link,
};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// What a backend must do to be a source of configuration.
#[async_trait]
pub trait Config: Send + Sync + 'static {
    /// The value of a key, or `None` (CFG-STORE-01, CFG-STORE-02). The empty string is a value (CFG-STORE-06).
    async fn get(&self, scope: &str, key: &str) -> Result<Option<String>> {
        Ok(self.get_all(scope).await?.remove(key))
    }

    /// Every pair (CFG-STORE-03).
    async fn get_all(&self, scope: &str) -> Result<BTreeMap<String, String>>;
}

/// Fixed pairs, as a manifest or a command line gives them.
#[derive(Debug, Clone, Default)]
pub struct Fixed(pub BTreeMap<String, String>);

#[async_trait]
impl Config for Fixed {
    async fn get_all(&self, _: &str) -> Result<BTreeMap<String, String>> {
        Ok(self.0.clone())
    }
}

/// What a guest sees of its configuration.
#[derive(Debug, Clone)]
pub struct Store {
    link: Link<dyn Config>,
}

impl Store {
    /// The configuration behind a link. `wasi:config` has no `open`, so this never fails; its calls may.
    #[must_use]
    pub const fn new(link: Link<dyn Config>) -> Self {
        Self { link }
    }

    fn call<'a>(&'a self, op: &'static str, key: &'a str) -> Call<'a> {
        Call { capability: "config", op, access: Access::Read, label: self.link.label(), key, idempotent: true }
    }

    /// The value of a key, or `None`.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        self.link.run(self.call("get", key), |at| async move { at.backend.get(&at.scope, key).await }).await
    }

    /// Every pair, sorted by key.
    pub async fn get_all(&self) -> Result<BTreeMap<String, String>> {
        self.link.run(self.call("get-all", ""), |at| async move { at.backend.get_all(&at.scope).await }).await
    }
}
