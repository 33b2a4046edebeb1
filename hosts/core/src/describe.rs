//! What a backend says of itself. The suite holds it to every word.

use std::collections::{BTreeMap, BTreeSet};

/// Names of optional features. What is not declared must answer `unsupported`.
pub mod feature {
    /// Key-value: `ttl-ms` in the extension's `put`.
    pub const TTL: &str = "ttl";
    /// Key-value: a successful write is seen by every later read of the same component.
    pub const READ_YOUR_WRITES: &str = "read-your-writes";
    /// Key-value: versions differ across A -> B -> A, deletion and re-creation.
    pub const ABA_SAFE: &str = "aba-safe";
    /// Key-value: without concurrent writes no listing names a key twice.
    pub const EXACT_LISTING: &str = "exact-listing";
    /// Key-value: a component that watches a bucket is told of its changes.
    pub const WATCHER: &str = "watcher";
    /// Key-value: no change is left out, however fast they come (KV-WATCH-S05).
    pub const WATCH_EVERY: &str = "watch-every";
    /// Messaging: subscribers of one group compete for messages.
    pub const GROUPS: &str = "groups";
    /// Messaging: subscribers without a group each get every message.
    pub const BROADCAST: &str = "broadcast";
    /// Messaging: an unacknowledged message is delivered again.
    pub const REDELIVERY: &str = "redelivery";
    /// Messaging: `request` and `reply`.
    pub const REQUEST_REPLY: &str = "request-reply";
    /// Messaging: a subscription may name patterns of topics: levels are separated by `/`, `+` stands for one level, and `#`
    /// at the end for all that follow, also for none.
    pub const SLASH_WILDCARDS: &str = "slash-wildcards";
}

/// Names of declared limits.
pub mod limit {
    /// Longest key or topic, in bytes of UTF-8.
    pub const MAX_KEY_SIZE: &str = "max-key-size";
    /// Longest value or payload, in bytes.
    pub const MAX_VALUE_SIZE: &str = "max-value-size";
    /// Longest payload that an operator allows, in bytes; no backend's own.
    pub const MAX_MESSAGE_SIZE: &str = "max-message-size";
}

/// How long a successful write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// As long as the host process: a restart of the process loses it.
    Process,
    /// A restart of the host keeps it.
    Durable,
}

impl Durability {
    /// The word that descriptions and reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Durable => "durable",
        }
    }
}

/// One capability of one backend, as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Optional features that it offers.
    pub features: BTreeSet<&'static str>,
    /// Limits, inclusive; none declared means none known.
    pub limits: BTreeMap<&'static str, u64>,
    /// How long a successful write survives.
    pub durability: Durability,
}

impl Description {
    /// A description with these features and limits.
    pub fn new(
        durability: Durability,
        features: impl IntoIterator<Item = &'static str>,
        limits: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Self {
        Self { features: features.into_iter().collect(), limits: limits.into_iter().collect(), durability }
    }

    /// Whether an optional feature is offered.
    #[must_use]
    pub fn offers(&self, feature: &str) -> bool {
        self.features.contains(feature)
    }

    /// Whether `size` is within the declared limit of that name.
    #[must_use]
    pub fn admits(&self, limit: &str, size: usize) -> bool {
        self.limits.get(limit).is_none_or(|max| size as u64 <= *max)
    }
}
