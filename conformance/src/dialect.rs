//! What hosts link that do not link our packages. A bridge is a component that gives a guest ours and takes theirs: it is
//! composed under the driver, and what it cannot express is not applicable, never passed.

use crate::host::Driver;
use serde::Deserialize;

/// A package that a bridge stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Dialect {
    /// wasmtime's and wasmCloud's: cursors are numbers, `increment` adds, and there is no compare-and-swap.
    #[serde(rename = "wasi:keyvalue@0.2.0-draft")]
    KeyvalueDraft,
    /// Spin's: `get-many` answers with other types under the name of ours, so the name says whose it is.
    #[serde(rename = "wasi:keyvalue@0.2.0-draft2+spin")]
    KeyvalueSpin,
    /// wasmCloud's: a message is a topic and bytes, an error is a text, and a request has one reply.
    #[serde(rename = "wasmcloud:messaging@0.2.0")]
    MessagingWasmcloud,
    /// That of wasmCloud 1: ours by another name.
    #[serde(rename = "wasi:config@0.2.0-draft")]
    ConfigDraft,
    /// Spin's: ours by another name.
    #[serde(rename = "wasi:config@0.2.0-draft-2024-09-27")]
    ConfigSpin,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::KeyvalueDraft, Self::KeyvalueSpin, Self::MessagingWasmcloud, Self::ConfigDraft, Self::ConfigSpin];

    /// The package, as hosts' files name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyvalueDraft => "wasi:keyvalue@0.2.0-draft",
            Self::KeyvalueSpin => "wasi:keyvalue@0.2.0-draft2+spin",
            Self::MessagingWasmcloud => "wasmcloud:messaging@0.2.0",
            Self::ConfigDraft => "wasi:config@0.2.0-draft",
            Self::ConfigSpin => "wasi:config@0.2.0-draft-2024-09-27",
        }
    }

    /// The component in the corpus that stands under a guest.
    #[must_use]
    pub const fn bridge(self) -> &'static str {
        match self {
            Self::KeyvalueDraft => "bridge/keyvalue-draft",
            Self::KeyvalueSpin => "bridge/keyvalue-spin",
            Self::MessagingWasmcloud => "bridge/messaging-wasmcloud",
            Self::ConfigDraft => "bridge/config-draft",
            Self::ConfigSpin => "bridge/config-spin",
        }
    }

    /// The component in the corpus that stands before a guest which the host calls.
    #[must_use]
    pub const fn handler(self) -> Option<&'static str> {
        match self {
            Self::MessagingWasmcloud => Some("bridge/handler-wasmcloud"),
            Self::KeyvalueDraft | Self::KeyvalueSpin | Self::ConfigDraft | Self::ConfigSpin => None,
        }
    }

    /// Whether this driver's package is the one that the bridge stands for.
    #[must_use]
    pub const fn concerns(self, driver: Driver) -> bool {
        match self {
            Self::KeyvalueDraft | Self::KeyvalueSpin => matches!(driver, Driver::Keyvalue | Driver::KeyvalueExt),
            Self::MessagingWasmcloud => matches!(driver, Driver::Messaging),
            Self::ConfigDraft | Self::ConfigSpin => matches!(driver, Driver::Config),
        }
    }

    /// What it cannot express, by the words of needs.
    #[must_use]
    pub const fn lacks(self) -> &'static [&'static str] {
        match self {
            Self::KeyvalueDraft => &["cas", "decrement", "extension", "overflow", "watcher"],
            Self::KeyvalueSpin => &["extension", "watcher"],
            Self::MessagingWasmcloud => &["brokers", "carried-metadata", "error-kinds", "several-replies"],
            Self::ConfigDraft | Self::ConfigSpin => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_names_them_as_reports_do() {
        for dialect in Dialect::ALL {
            let name = toml::Value::String(dialect.name().to_owned());
            assert_eq!(name.try_into::<Dialect>(), Ok(dialect));
        }
    }
}
