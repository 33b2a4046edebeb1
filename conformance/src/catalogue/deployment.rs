//! What every case finds when it begins.

use crate::host::Deployment;

/// The labels of a case that has both a grant and a store of its own.
pub const DEFAULT: &str = "default";
/// A second store, disjoint from the first.
pub const OTHER: &str = "other";
/// Configured and not granted.
pub const UNGRANTED: &str = "ungranted";
/// Granted and not configured.
pub const MISSING: &str = "missing";

/// What is linked.
pub const LINKS: &[(&str, &str)] =
    &[("keyvalue", DEFAULT), ("keyvalue", OTHER), ("keyvalue", UNGRANTED), ("messaging", DEFAULT), ("config", DEFAULT)];

/// What is granted. A case that changes the grants starts from these.
pub const GRANTS: &[&str] = &[
    "keyvalue:default",
    "keyvalue:other",
    "keyvalue:missing",
    "messaging:default",
    "messaging:missing",
    "config:default",
];

/// What is configured: all of it, so that a case can tell what must *not* be there.
pub const CONFIG: &[(&str, &str)] = &[
    ("greeting", "hello"),
    ("empty", ""),
    ("unicode", "\u{e9}\u{1f600}"),
    ("multi_line", "a\nb"),
    ("spaces", " around "),
    ("large", LARGE),
];

/// 4 KiB, which every source of configuration can hold.
const LARGE: &str = match std::str::from_utf8(&[b'x'; 4096]) {
    Ok(text) => text,
    Err(_) => "",
};

/// The deployment that every case gets, whatever it tests: two disjoint stores, one that is out of reach, one that
/// does not exist, a broker and some configuration. `scope` is unique to the case and the run: see
/// [`Deployment::scope`].
#[must_use]
pub fn deployment(scope: &str) -> Deployment {
    Deployment {
        scope: scope.to_owned(),
        links: LINKS.to_vec(),
        grants: GRANTS.iter().map(|&rule| rule.to_owned()).collect(),
        config: CONFIG.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
    }
}
