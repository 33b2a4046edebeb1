//! From a URL to backends: providers, the registry, and what a URL says and what may be said of it.

mod answered;
pub mod options;

pub use answered::Answered;
pub use options::UrlOptions;

use crate::{
    config::Config,
    error::{Error, Kind, Result},
    keyvalue::KeyValue,
    messaging::Messaging,
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Mutex, OnceCell};
use url::Url;

/// What one URL offers: a backend per capability.
#[derive(Clone, Default)]
pub struct Services {
    /// Key-value, if the system can be one.
    pub keyvalue: Option<Arc<dyn KeyValue>>,
    /// Messaging, if the system can be one.
    pub messaging: Option<Arc<dyn Messaging>>,
    /// Config, if the system can be one.
    pub config: Option<Arc<dyn Config>>,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("keyvalue", &self.keyvalue.is_some())
            .field("messaging", &self.messaging.is_some())
            .field("config", &self.config.is_some())
            .finish()
    }
}

/// A secret. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where credentials come from, so that URLs need not hold them.
pub trait Secrets: Send + Sync {
    /// The secret of that name.
    fn get(&self, name: &str) -> Option<Secret>;
}

/// Secrets from environment variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvSecrets;

impl Secrets for EnvSecrets {
    fn get(&self, name: &str) -> Option<Secret> {
        std::env::var(name).ok().map(Secret)
    }
}

/// How long a backend on the network may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// To connect and log in; after it, `unavailable`. 2 s by default.
    pub connect: Duration,
    /// From a request to its answer; after it, `timeout`. 5 s by default.
    pub response: Duration,
    /// Until a delivery that a vanished host left unsettled goes to another. 30 s by default. A host that lives keeps
    /// what it is handling, however long that takes. Of no effect without messaging.
    pub reclaim: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), response: Duration::from_secs(5), reclaim: Duration::from_secs(30) }
    }
}

/// One kind of system, reached by URL scheme.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The schemes, without `://`.
    fn schemes(&self) -> &'static [&'static str];

    /// Connects. Unknown query keys are `invalid`; a system that does not answer is `unavailable`.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services>;
}

/// The providers of a host, and one set of [`Services`] per URL.
pub struct Registry {
    providers: BTreeMap<&'static str, Arc<dyn Provider>>,
    elsewhere: BTreeMap<&'static str, String>,
    secrets: Arc<dyn Secrets>,
    open: Mutex<HashMap<String, Arc<OnceCell<Services>>>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("schemes", &self.schemes()).finish_non_exhaustive()
    }
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { providers: BTreeMap::new(), elsewhere: BTreeMap::new(), secrets, open: Mutex::default() }
    }

    /// Adds a provider.
    ///
    /// # Errors
    /// `invalid` if another provider already serves one of its schemes.
    pub fn with(mut self, provider: impl Provider) -> Result<Self> {
        let provider = Arc::new(provider);
        for scheme in provider.schemes() {
            if self.providers.insert(scheme, provider.clone()).is_some() {
                return Err(Error::new(Kind::Invalid, format!("two providers serve `{scheme}:`")));
            }
        }
        Ok(self)
    }

    /// Names schemes that another build serves, and `how` a user gets that one: errors say so.
    #[must_use]
    pub fn without(mut self, schemes: &[&'static str], how: &str) -> Self {
        self.elsewhere.extend(schemes.iter().map(|scheme| (*scheme, how.to_owned())));
        self
    }

    /// Why a scheme is not served and what to do, if another build would serve it. No text of a user is in it but a scheme that
    /// was named to [`without`](Self::without).
    #[must_use]
    pub fn elsewhere(&self, scheme: &str) -> Option<String> {
        let (scheme, how) = self.elsewhere.get_key_value(scheme)?;
        Some(format!("no backend serves `{scheme}:` in this build; {how}"))
    }

    /// The schemes it knows, sorted.
    #[must_use]
    pub fn schemes(&self) -> Vec<&'static str> {
        self.providers.keys().copied().collect()
    }

    /// The services behind a URL; the same text gives the same services, connected once.
    ///
    /// # Errors
    /// `invalid` for a URL that no provider can read, `unavailable` if the system does not answer.
    pub async fn services(&self, url: &str) -> Result<Services> {
        let parsed = self.parse(url)?;
        let provider = self.providers.get(parsed.scheme()).cloned().ok_or_else(|| self.unknown(parsed.scheme()))?;
        let cell = self.open.lock().await.entry(url.to_owned()).or_default().clone();
        cell.get_or_try_init(|| provider.open(&parsed, &*self.secrets)).await.cloned()
    }

    fn parse(&self, url: &str) -> Result<Url> {
        // A bare word is the scheme alone: `memory`.
        let is_scheme = self.providers.contains_key(url) || self.elsewhere.contains_key(url);
        let spelled = if is_scheme { format!("{url}://") } else { url.to_owned() };
        Url::parse(&spelled).map_err(|why| {
            let known = self.schemes().join(", ");
            Error::new(Kind::Invalid, format!("not a backend URL ({why}); write `scheme://...` with one of: {known}"))
        })
    }

    fn unknown(&self, scheme: &str) -> Error {
        let why = self.elsewhere(scheme).unwrap_or_else(|| {
            let known = self.schemes().join(", ");
            format!("no backend serves `{scheme}:`; this build has: {known}")
        });
        Error::new(Kind::Invalid, why)
    }
}

/// A URL as it may be printed: without user, password and query values. Of one without `//` only the scheme is shown,
/// for `user:secret@host` is such a URL.
#[must_use]
pub fn redact(url: &Url) -> String {
    if url.cannot_be_a_base() {
        return format!("{}:{}", url.scheme(), if url.path().is_empty() { "" } else { "..." });
    }
    let mut shown = url.clone();
    // Both fail only for URLs that cannot hold a user or password at all.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_url_holds_no_secret() {
        let url = Url::parse("redis://user:hunter2@host:1/0?password=hunter2#hunter2").expect("a URL");
        assert_eq!(redact(&url), "redis://host:1/0");
        let url = Url::parse("user:hunter2@host").expect("a URL");
        assert_eq!(redact(&url), "user:...");
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[tokio::test]
    async fn an_unknown_scheme_lists_the_known_ones() {
        struct Nothing;
        #[async_trait]
        impl Provider for Nothing {
            fn schemes(&self) -> &'static [&'static str] {
                &["nothing"]
            }
            async fn open(&self, _: &Url, _: &dyn Secrets) -> Result<Services> {
                Ok(Services::default())
            }
        }
        let registry = Registry::new(Arc::new(EnvSecrets)).with(Nothing).expect("one provider");
        let registry = registry.without(&["void"], "the feature `void` adds it");
        assert!(registry.services("nothing").await.is_ok());
        for bad in ["carrier-pigeon://x", "no url"] {
            let error = registry.services(bad).await.expect_err(bad);
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.message.contains("nothing"), "{error}");
        }
        for absent in ["void", "void://user:hunter2@h"] {
            let error = registry.services(absent).await.expect_err(absent);
            assert_eq!(error.kind, Kind::Invalid);
            assert_eq!(error.message, "no backend serves `void:` in this build; the feature `void` adds it");
        }
        assert_eq!(registry.elsewhere("nothing"), None, "it is served");
        let twice = Registry::new(Arc::new(EnvSecrets)).with(Nothing).and_then(|r| r.with(Nothing));
        assert_eq!(twice.expect_err("a duplicate").kind, Kind::Invalid);
    }
}
