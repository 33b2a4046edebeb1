//! What `--link` takes: `capability:label=url`, with `#bucket` after the URL to name the bucket, or `capability:label` for
//! what this machine keeps by itself.

use crate::durable;
use std::str::FromStr;
use url::Url;
use wasi_cloud_core::provider::redact;
use wasi_cloud_core::{Access, CAPABILITIES, Error, Kind, Layers, Links, Registry, Result, Rule, Services};

/// One link, as a user writes it: `keyvalue:default=redis://localhost/0#sessions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSpec {
    /// The capability word.
    pub capability: &'static str,
    /// What the guest names.
    pub label: String,
    /// Where the backend is. May hold a password: not for logs. `None` is a store that outlives the host, in the folder
    /// `.wasi-cloud` of the current folder, which key-value alone has.
    pub url: Option<String>,
    /// What separates this link's data inside the backend: for key-value, the bucket. The label by default.
    pub bucket: String,
}

impl FromStr for LinkSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::new(Kind::Invalid, format!("{why}; write `capability:label=url`"));
        let (left, url) = text.split_once('=').map_or((text, None), |(left, url)| (left, Some(url)));
        let (capability, label) = left.split_once(':').ok_or_else(|| bad("no `:` between capability and label"))?;
        let known = CAPABILITIES
            .iter()
            .find(|word| **word == capability)
            .ok_or_else(|| bad(&format!("`{capability}` is no capability; there are {}", CAPABILITIES.join(", "))))?;
        let (url, bucket) = match url.map(|url| url.split_once('#').unwrap_or((url, label))) {
            Some((url, bucket)) => (Some(url), bucket),
            None if label.contains('#') => return Err(bad("a bucket is named after a URL")),
            None => (None, label),
        };
        if label.is_empty() || url.is_some_and(str::is_empty) || bucket.is_empty() {
            return Err(bad("label, URL and bucket cannot be empty"));
        }
        if Rule::for_label(known, label, Access::Open).is_none() {
            return Err(bad("a label cannot hold `:` or control characters, for no grant could name it"));
        }
        if url.is_none() {
            durable::url(known)?;
        }
        Ok(Self { capability: known, label: label.into(), url: url.map(Into::into), bucket: bucket.into() })
    }
}

impl LinkSpec {
    /// Connects to the backend and links the label to it. Without a URL, makes the folder `.wasi-cloud` if it is not there
    /// and logs where the data is.
    ///
    /// # Errors
    /// `invalid` for a URL that no backend of the registry reads, `unavailable` if the backend does not answer or the
    /// folder cannot be made, `unsupported` if it lacks the capability.
    pub async fn open(&self, registry: &Registry, links: &Links, layers: Layers) -> Result<()> {
        let services = self.connect(registry).await?;
        self.set(services, links, layers)
    }

    /// Connects to the backend and links nothing yet. Without a URL as [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open), but for a backend that lacks the capability.
    pub async fn connect(&self, registry: &Registry) -> Result<Services> {
        match &self.url {
            Some(url) => registry.services(url).await,
            None => self.keep(registry).await,
        }
    }

    /// Links the label to a backend that was [connected](Self::connect) to; a label that is linked is switched.
    ///
    /// # Errors
    /// `unsupported` if the backend lacks the capability: then nothing has changed.
    pub fn set(&self, services: Services, links: &Links, layers: Layers) -> Result<()> {
        let (label, bucket) = (&*self.label, &*self.bucket);
        let lacking = || {
            let why = format!("what is linked to `{}:{label}` offers no {0}", self.capability);
            Error::new(Kind::Unsupported, why)
        };
        match self.capability {
            "keyvalue" => links.keyvalue.set(label, services.keyvalue.ok_or_else(lacking)?, bucket, layers),
            "messaging" => links.messaging.set(label, services.messaging.ok_or_else(lacking)?, bucket, layers),
            "config" => links.config.set(label, services.config.ok_or_else(lacking)?, bucket, layers),
            _ => return Err(lacking()),
        }
        Ok(())
    }

    async fn keep(&self, registry: &Registry) -> Result<Services> {
        let url = durable::url(self.capability)?;
        durable::prepare()?;
        let services = registry.services(url).await?;
        tracing::info!("`{}:{}` has no URL and is kept in `{url}`", self.capability, self.label);
        Ok(services)
    }

    /// What the URL begins with. Not for logs: of what is no URL it may be a user's name.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.url.as_deref()?.split(':').next()
    }

    /// `keyvalue:default`, as grants and people name it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.capability, self.label)
    }

    /// The URL as it may be printed: without user, password and query.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        // Of what is no URL, only what stands in the place of the scheme: `memory`.
        let scheme = || url.split(':').next().unwrap_or_default().to_owned();
        Some(Url::parse(url).map_or_else(|_| scheme(), |url| redact(&url)))
    }

    /// What traces call the system: what OpenTelemetry's conventions call it, or else the scheme of its URL.
    #[must_use]
    pub fn system(&self) -> &str {
        let Some(url) = &self.url else { return "sqlite" };
        match url.split([':', '+']).next().unwrap_or_default() {
            "postgres" => "postgresql",
            "amqp" | "amqps" => "rabbitmq",
            "tls" => "nats",
            scheme => scheme,
        }
    }

    /// Whether it links the same label, be it to something else.
    #[must_use]
    pub fn names_same(&self, other: &Self) -> bool {
        (self.capability, &self.label) == (other.capability, &other.label)
    }

    /// The grant that lets a component use the link in full, and no other; `None` if no grant can name its label, which
    /// is never so of a link that was parsed.
    #[must_use]
    pub fn grant(&self) -> Option<String> {
        Rule::for_label(self.capability, &self.label, Access::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_capability_label_url_and_bucket() {
        let spec: LinkSpec = "keyvalue:a=redis://h/0?x=y#b".parse().expect("parses");
        assert_eq!(
            (spec.capability, &*spec.label, spec.url.as_deref(), &*spec.bucket),
            ("keyvalue", "a", Some("redis://h/0?x=y"), "b")
        );
        let spec: LinkSpec = "messaging:events=memory".parse().expect("parses");
        assert_eq!((&*spec.bucket, spec.grant().as_deref()), ("events", Some("messaging:events")));
        let spec: LinkSpec = "keyvalue:a*=memory".parse().expect("parses");
        assert_eq!(spec.grant().as_deref(), Some("keyvalue:a\\*"));
    }

    #[test]
    fn a_system_is_named_without_what_the_url_holds() {
        let urls =
            ["redis+unix://u:hunter2@h/s", "memory", "postgres://u:hunter2@h", "amqps://h", "tls://h", "nats://h"];
        let systems =
            urls.map(|url| format!("keyvalue:a={url}").parse::<LinkSpec>().expect("parses").system().to_owned());
        assert_eq!(systems, ["redis", "memory", "postgresql", "rabbitmq", "nats", "nats"]);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn without_a_url_keyvalue_alone_is_kept_by_us() {
        let spec: LinkSpec = "keyvalue:sessions".parse().expect("parses");
        assert_eq!((&*spec.label, spec.url, &*spec.bucket), ("sessions", None, "sessions"));
        for bad in ["messaging:default", "config:default"] {
            let error = bad.parse::<LinkSpec>().expect_err(bad);
            assert!(error.message.contains("without a URL"), "{error}");
        }
    }

    #[test]
    fn a_bad_link_says_how_to_write_a_good_one() {
        let empty = ["", "keyvalue:=memory", "keyvalue:", "keyvalue:a=", "keyvalue:a=m#", "keyvalue:a#b"];
        let wrong = ["memory", "keyvalue=memory", "kv:a=memory", "keyvalue:a:read=memory", "keyvalue:a\n=memory"];
        for bad in empty.into_iter().chain(wrong) {
            let error = bad.parse::<LinkSpec>().expect_err(bad);
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.message.contains("capability:label=url"), "{error}");
        }
        // What follows the URL's `=` may be a secret.
        for secret in ["keyvalue=redis://u:hunter2@h", "redis://u:hunter2@h", "keyvalue:redis://u:hunter2@h"] {
            let error = secret.parse::<LinkSpec>().expect_err("no label");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
