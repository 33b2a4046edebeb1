//! What `--link` takes: `capability:label=url`, with `#bucket` after the URL to name the bucket.

use std::str::FromStr;
use wasi_cloud_core::{Access, CAPABILITIES, Error, Kind, Layers, Links, Registry, Result, Rule};

/// One link, as a user writes it: `keyvalue:default=redis://localhost/0#sessions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSpec {
    /// The capability word.
    pub capability: &'static str,
    /// What the guest names.
    pub label: String,
    /// Where the backend is. May hold a password: not for logs.
    pub url: String,
    /// What separates this link's data inside the backend: for key-value, the bucket. The label by default.
    pub bucket: String,
}

impl FromStr for LinkSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::new(Kind::Invalid, format!("{why}; write `capability:label=url`"));
        let (left, url) = text.split_once('=').ok_or_else(|| bad("no `=` before a URL"))?;
        let (capability, label) = left.split_once(':').ok_or_else(|| bad("no `:` between capability and label"))?;
        let known = CAPABILITIES
            .iter()
            .find(|word| **word == capability)
            .ok_or_else(|| bad(&format!("`{capability}` is no capability; there are {}", CAPABILITIES.join(", "))))?;
        let (url, bucket) = url.split_once('#').unwrap_or((url, label));
        if label.is_empty() || url.is_empty() || bucket.is_empty() {
            return Err(bad("label, URL and bucket cannot be empty"));
        }
        if Rule::for_label(known, label, Access::Open).is_none() {
            return Err(bad("a label cannot hold `:` or control characters, for no grant could name it"));
        }
        Ok(Self { capability: known, label: label.into(), url: url.into(), bucket: bucket.into() })
    }
}

impl LinkSpec {
    /// Connects to the backend and links the label to it.
    ///
    /// # Errors
    /// `invalid` for a URL that no backend of the registry reads, `unavailable` if the backend does not answer,
    /// `unsupported` if it lacks the capability.
    pub async fn open(&self, registry: &Registry, links: &Links, layers: Layers) -> Result<()> {
        let services = registry.services(&self.url).await?;
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
            (spec.capability, &*spec.label, &*spec.url, &*spec.bucket),
            ("keyvalue", "a", "redis://h/0?x=y", "b")
        );
        let spec: LinkSpec = "messaging:events=memory".parse().expect("parses");
        assert_eq!((&*spec.bucket, spec.grant().as_deref()), ("events", Some("messaging:events")));
        let spec: LinkSpec = "keyvalue:a*=memory".parse().expect("parses");
        assert_eq!(spec.grant().as_deref(), Some("keyvalue:a\\*"));
    }

    #[test]
    fn a_bad_link_says_how_to_write_a_good_one() {
        let empty = ["", "keyvalue:=memory", "keyvalue:a=", "keyvalue:a=m#"];
        let wrong = ["memory", "keyvalue=memory", "kv:a=memory", "keyvalue:a:read=memory", "keyvalue:a\n=memory"];
        for bad in empty.into_iter().chain(wrong) {
            let error = bad.parse::<LinkSpec>().expect_err(bad);
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.message.contains("capability:label=url"), "{error}");
        }
        // What follows the URL's `=` may be a secret.
        let error = "keyvalue=redis://u:hunter2@h".parse::<LinkSpec>().expect_err("no label");
        assert!(!error.message.contains("hunter2"));
    }
}
