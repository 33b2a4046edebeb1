//! The in-process backend of wasi-cloud: key-value, messaging and config.
//!
//! A [`Memory`] is the server: it holds the data, and everything that was opened from it, or from a clone of it, sees
//! the same. The data lives as long as the last clone, so a host that is rebuilt around a clone finds it again.
//!
//! ```
//! # async fn example() -> wasi_cloud_core::Result<()> {
//! use std::sync::Arc;
//! use wasi_cloud_core::{Registry, provider::EnvSecrets};
//! use wasi_cloud_memory::Memory;
//!
//! let memory = Memory::new();
//! let registry = Registry::new(Arc::new(EnvSecrets)).with(memory.clone())?;
//! let services = registry.services("memory://sessions").await?;
//! # let _ = services;
//! # Ok(()) }
//! ```

mod keyvalue;
mod messaging;
mod unique;

use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::Url;
use wasi_cloud_core::{
    Clock, Error, Kind, Provider, Result, Services,
    config::{Config, Fixed},
    keyvalue::KeyValue,
    messaging::Messaging,
    provider::Secrets,
};

/// The provider of `memory://` and `memory://name`. Clones share their data; two instances share nothing.
#[derive(Clone)]
pub struct Memory {
    clock: Clock,
    config: Option<Arc<Fixed>>,
    stores: Arc<Mutex<BTreeMap<String, Store>>>,
}

/// What one name stands for.
#[derive(Clone)]
struct Store {
    keyvalue: Arc<dyn KeyValue>,
    messaging: Arc<dyn Messaging>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = lock(&self.stores).keys().cloned().collect();
        f.debug_struct("Memory").field("stores", &names).finish_non_exhaustive()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An empty instance on the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::default())
    }

    /// An empty instance whose keys expire by `clock`.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self { clock, config: None, stores: Arc::default() }
    }

    /// The same data, with these pairs as the configuration of whatever is opened from now on. Without them the
    /// instance offers no config.
    #[must_use]
    pub fn with_config(mut self, pairs: BTreeMap<String, String>) -> Self {
        self.config = Some(Arc::new(Fixed(pairs)));
        self
    }

    /// What `memory://` opens, without a URL. Does not block, and the data is the same every time.
    #[must_use]
    pub fn services(&self) -> Services {
        self.named("")
    }

    fn named(&self, name: &str) -> Services {
        let store = lock(&self.stores)
            .entry(name.to_owned())
            .or_insert_with(|| Store {
                keyvalue: Arc::new(keyvalue::Store::new(self.clock.clone())),
                messaging: Arc::new(messaging::Broker::default()),
            })
            .clone();
        Services {
            keyvalue: Some(store.keyvalue),
            messaging: Some(store.messaging),
            config: self.config.clone().map(|fixed| fixed as Arc<dyn Config>),
        }
    }
}

#[async_trait]
impl Provider for Memory {
    fn schemes(&self) -> &'static [&'static str] {
        &["memory"]
    }

    async fn open(&self, url: &Url, _: &dyn Secrets) -> Result<Services> {
        Ok(self.named(name(url)?))
    }
}

/// The store that a URL names: its host part, as it is spelled. What has no meaning here is refused, not ignored.
fn name(url: &Url) -> Result<&str> {
    let invalid = |why: String| Err(Error::new(Kind::Invalid, format!("{why}; write `memory://` or `memory://name`")));
    if let Some((key, _)) = url.query_pairs().next() {
        return invalid(format!("`memory:` has no option `{key}`"));
    }
    if url.cannot_be_a_base() || !matches!(url.path(), "" | "/") {
        return invalid("a `memory:` URL has no path".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.port().is_some() || url.fragment().is_some() {
        return invalid("a `memory:` URL has no user, password, port or fragment".to_owned());
    }
    Ok(url.host_str().unwrap_or_default())
}

/// Locks, also after a panic elsewhere: nothing under our locks can panic half way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::{keyvalue::PutOptions, provider::EnvSecrets};

    async fn open(memory: &Memory, url: &str) -> Result<Services> {
        memory.open(&Url::parse(url).expect("a URL"), &EnvSecrets).await
    }

    async fn shares(a: &Services, b: &Services) -> bool {
        let (a, b) = (a.keyvalue.as_ref().expect("a store"), b.keyvalue.as_ref().expect("a store"));
        a.put("b", "k", b"v", &PutOptions::default()).await.expect("a put");
        let shared = b.exists("b", "k").await.expect("an answer");
        a.delete("b", "k", &Default::default()).await.expect("a delete");
        shared
    }

    #[tokio::test]
    async fn a_name_is_one_store_of_one_instance() {
        let memory = Memory::new();
        let named = open(&memory, "memory://Name").await.expect("opens");
        let again = open(&memory.clone(), "memory://Name/").await.expect("opens");
        assert!(shares(&named, &again).await);
        let unnamed = open(&memory, "memory://").await.expect("opens");
        assert!(shares(&unnamed, &memory.services()).await);
        assert!(!shares(&named, &unnamed).await);
        assert!(!shares(&named, &open(&memory, "memory://name").await.expect("opens")).await);
        assert!(!shares(&named, &open(&Memory::new(), "memory://Name").await.expect("opens")).await);
    }

    #[tokio::test]
    async fn what_a_url_cannot_mean_is_invalid() {
        let bad = [
            "memory:name",
            "memory:///path",
            "memory://name/path",
            "memory://name?ttl=1",
            "memory://name:1",
            "memory://u:p@name",
            "memory://name#f",
        ];
        for url in bad {
            assert_eq!(open(&Memory::new(), url).await.expect_err(url).kind, Kind::Invalid, "{url}");
        }
    }

    #[tokio::test]
    async fn config_is_offered_only_if_it_was_given() {
        let memory = Memory::new();
        assert!(memory.services().config.is_none());
        let memory = memory.with_config([("a".to_owned(), String::new())].into());
        let config = memory.services().config.expect("a config");
        assert_eq!(config.get("", "a").await.expect("an answer").as_deref(), Some(""));
        assert_eq!(config.get("", "b").await.expect("an answer"), None);
    }
}
