use super::{Bucket, Page};
use crate::Result;
use std::time::Duration;

/// A name for one state of one key: compare it for equality with other versions of that key, and nothing else
/// (KVX-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// A version that was kept as text, for instance in an `ETag`. Text that was never a version is a conflict where
    /// it is used (KVX-13).
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to keep.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value and its version, both of the same moment (KVX-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Vec<u8>,
    /// Its version.
    pub version: Version,
}

/// What must be true of the key for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// Nothing (KVX-10).
    #[default]
    Always,
    /// It is absent (KVX-11).
    Absent,
    /// It has this version (KVX-12).
    Version(Version),
}

/// How to [`put`](Bucket::put): by default under no condition and for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PutOptions {
    condition: Condition,
    ttl_ms: Option<u64>,
}

impl PutOptions {
    /// Under no condition and for ever.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Under this condition, instead of the last one given.
    #[must_use]
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Only if the key is absent.
    #[must_use]
    pub fn if_absent(self) -> Self {
        self.condition(Condition::Absent)
    }

    /// Only if the key has this version.
    #[must_use]
    pub fn if_version(self, version: &Version) -> Self {
        self.condition(Condition::Version(version.clone()))
    }

    /// For this long from the write on, in whole milliseconds: what is left of one counts as one, so that a key never
    /// expires early (KVX-30). Zero is `Invalid` at the host (KVX-35). More than 2^64 - 1 ms are taken as that.
    #[must_use]
    pub fn ttl(mut self, lifetime: Duration) -> Self {
        self.ttl_ms = Some(u64::try_from(whole_ms(lifetime)).unwrap_or(u64::MAX));
        self
    }
}

/// Milliseconds, rounded up: a wait or a lifetime is never shorter than what was asked for.
pub(crate) fn whole_ms(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000)
}

/// `wasi-cloud:keyvalue/extension`: versions, conditions, lifetimes, listing by prefix, and all nine kinds of errors.
/// A component that calls one of these runs only on hosts that have this package.
impl Bucket {
    /// Reads a value and its version; `None` if the key is absent (KVX-01, KVX-02).
    ///
    /// # Errors
    /// Any kind but `Conflict`; never `Applied::Maybe`.
    pub fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        self.0.get_entry(key)
    }

    /// Writes a value if the condition holds, and says its version (KVX-10 to KVX-16).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wasi_cloud_sdk::{Kind, keyvalue::{Bucket, PutOptions}};
    /// # fn main() -> wasi_cloud_sdk::Result<()> {
    /// let bucket = Bucket::open("default")?;
    /// let lease = PutOptions::new().if_absent().ttl(Duration::from_secs(30));
    /// let version = bucket.put("leader", "me", lease.clone())?;
    /// assert_eq!(bucket.put("leader", "you", lease).map_err(|e| e.kind), Err(Kind::Conflict));
    /// bucket.put("leader", "me again", PutOptions::new().if_version(&version))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Any kind. `Conflict` if the condition does not hold: nothing was written (KVX-13). Only `Timeout`,
    /// `Unavailable` and `Other` can be `Applied::Maybe` (KVX-62).
    pub fn put(&self, key: &str, value: impl AsRef<[u8]>, options: PutOptions) -> Result<Version> {
        self.0.put(key, value.as_ref(), &options.condition, options.ttl_ms)
    }

    /// Removes a key if the condition holds, and says whether there was one (KVX-20 to KVX-23).
    ///
    /// # Errors
    /// As [`put`](Self::put). [`Condition::Absent`] is `Invalid` (KVX-24).
    pub fn delete_if(&self, key: &str, condition: Condition) -> Result<bool> {
        self.0.delete_if(key, &condition)
    }

    /// Lists keys that begin with `prefix`, at most `limit` a page: start with `None`, go on with the cursor of the
    /// last page, stop when it is `None` (KVX-40 to KVX-44).
    ///
    /// # Errors
    /// Any kind; never `Applied::Maybe`. A `limit` of 0 and a cursor that the host never gave out are `Invalid`
    /// (KVX-42, KVX-48).
    pub fn list_page_prefix(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
        self.0.list_page_prefix(prefix, cursor, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_never_shortened() {
        let ms = |ttl| PutOptions::new().ttl(ttl).ttl_ms;
        assert_eq!(ms(Duration::ZERO), Some(0));
        assert_eq!(ms(Duration::from_nanos(1)), Some(1));
        assert_eq!(ms(Duration::from_millis(7)), Some(7));
        assert_eq!(ms(Duration::new(1, 1)), Some(1001));
        assert_eq!(ms(Duration::MAX), Some(u64::MAX));
        assert_eq!(PutOptions::new().ttl_ms, None);
    }
}
