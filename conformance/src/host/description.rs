//! What a host says of itself.

use super::Altitude;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a host says of one capability.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Declared {
    /// Optional features and profiles that it offers.
    #[serde(default)]
    pub features: BTreeSet<String>,
    /// Limits by name.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// `process` or `durable`.
    #[serde(default)]
    pub durability: String,
}

/// What a suite can do to a host from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Change grants while guests run.
    Grant,
    /// Switch a label to an empty store while guests run.
    Switch,
    /// End the host and start it again; data lives as long as `durability` says.
    Restart,
    /// Move the clock that times-to-live follow.
    Time,
    /// Run a program that handles messages.
    Serve,
    /// Inject faults before the backend.
    Fault,
    /// Write past the host, as another program would.
    Foreign,
    /// See in the host's own trace how it settled what it delivered.
    Trace,
}

impl Control {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Grant, Self::Switch, Self::Restart, Self::Time, Self::Serve, Self::Fault, Self::Foreign, Self::Trace];

    /// The word of the need that it meets.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Switch => "switch",
            Self::Restart => "restart",
            Self::Time => "time",
            Self::Serve => "serve",
            Self::Fault => "fault",
            Self::Foreign => "foreign",
            Self::Trace => "trace",
        }
    }
}

/// What a host says of itself.
#[derive(Debug, Clone)]
pub struct HostDescription {
    /// Its name on the command line.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the suite stands.
    pub altitude: Altitude,
    /// By capability word.
    pub capabilities: BTreeMap<String, Declared>,
    /// What the suite can do to it.
    pub controls: BTreeSet<Control>,
    /// What cannot be put to it at all, by the word of the need, interface or capability, with the reason: its dialect has no
    /// words for that, it has one store, or there is no driver.
    pub lacks: BTreeMap<String, String>,
    /// What it calls the suite's labels of key-value stores, where that is something else.
    pub labels: BTreeMap<String, String>,
    /// Notes for the report's header, such as which capability comes from which backend.
    pub notes: Vec<String>,
}

impl HostDescription {
    /// A host that offers nothing so far, and over which the suite has no control.
    #[must_use]
    pub fn new(name: &str, version: &str, altitude: Altitude) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            altitude,
            capabilities: BTreeMap::new(),
            controls: BTreeSet::new(),
            lacks: BTreeMap::new(),
            labels: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Whether it declares a feature of a capability.
    #[must_use]
    pub fn declares(&self, capability: &str, feature: &str) -> bool {
        self.capabilities.get(capability).is_some_and(|declared| declared.features.contains(feature))
    }

    /// With a capability and features of it.
    #[must_use]
    pub fn with(mut self, capability: &str, features: &[&str]) -> Self {
        let features = features.iter().map(|&feature| feature.to_owned()).collect();
        self.capabilities.insert(capability.to_owned(), Declared { features, ..Declared::default() });
        self
    }
}
