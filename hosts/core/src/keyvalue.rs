//! Key-value: the driver trait of backends and the portable `Bucket` and `Cas` of guests.

mod bucket;
mod cas;
pub mod cursor;
pub mod steps;
mod watch;

pub use bucket::Bucket;
pub use cas::{Cas, SwapError};
pub use watch::{Change, Changes};

use crate::{
    describe::Description,
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use std::time::Duration;

/// Most keys that one page of [`Bucket::list_prefix`] may ask for; a larger limit is lowered to it.
pub const MAX_PAGE: usize = 1000;

/// An opaque mark of one write; compare it for equality only (KVX-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(pub String);

/// A value and the version that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Vec<u8>,
    /// Its version.
    pub version: Version,
}

/// When a write takes place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// Whatever is there.
    #[default]
    Always,
    /// Only if the key is absent.
    Absent,
    /// Only if the key is present with this version.
    Version(Version),
}

/// How to put a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PutOptions {
    /// When to write.
    pub condition: Condition,
    /// How long the key lives from now; `None` is for ever, also for a key that had a time to live.
    pub ttl: Option<Duration>,
}

/// Some keys of a listing, and how to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The keys, in any order; a page may be empty and yet not be the last.
    pub keys: Vec<String>,
    /// Opaque; `None` ends the listing.
    pub cursor: Option<String>,
}

/// What a backend must do to be a key-value store.
///
/// Buckets are disjoint (KV-STORE-21), names and keys never alias (KV-STORE-S05) up to the declared limits, and every
/// method is all-or-nothing unless it says otherwise. Errors are never `access-denied`; a failed write is
/// [`Applied::No`](crate::Applied::No) only if nothing changed and nothing will. Sizes, `ttl` and cursors' generations
/// are checked by [`Bucket`], so a backend sees only what it declared.
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// What this backend offers. Constant while it lives.
    fn describe(&self) -> &Description;

    /// Makes sure that the bucket can be used; buckets need not be created first (KV-STORE-01).
    async fn open(&self, bucket: &str) -> Result<()>;

    /// The value, or `None` for an absent key (KV-STORE-04, KV-STORE-05).
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>>;

    /// The value with its version (KVX-01).
    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>>;

    /// Whether the key is present; exactly when `get` is `Some` (KV-STORE-10).
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        Ok(self.get(bucket, key).await?.is_some())
    }

    /// Writes the whole value if the condition holds at that instant, else `conflict`, and says the new version.
    /// Never the same version twice for one key, also across deletion.
    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version>;

    /// Removes the key if the condition holds at that instant; whether it was there.
    /// [`Condition::Absent`] never reaches a backend.
    async fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<bool>;

    /// Up to about `limit` keys that start with `prefix`; exactly at most `limit` where one is given. `cursor` is one
    /// that this backend made, or garbage: that is `invalid`. A key untouched during the whole listing is yielded.
    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page>;

    /// Adds to a counter, absent counting as 0, in one step. Counters are decimal text to `get`. A value that is no
    /// counter, and an overflow, are `other` and change nothing (KV-ATOM-06, KV-ATOM-07).
    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64>;

    /// One result per key, in order (KV-BATCH-03). Override it where one round trip can do.
    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(self.get(bucket, key).await?);
        }
        Ok(values)
    }

    /// Writes all pairs, not atomically: on an error some may be written (KV-BATCH-07).
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        for (i, (key, value)) in pairs.iter().enumerate() {
            self.put(bucket, key, value, &PutOptions::default()).await.map_err(|e| partly(i, e))?;
        }
        Ok(())
    }

    /// Removes all keys, not atomically; absent ones are no error (KV-BATCH-08).
    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        for (i, key) in keys.iter().enumerate() {
            self.delete(bucket, key, &Condition::Always).await.map_err(|e| partly(i, e))?;
        }
        Ok(())
    }

    /// Tells what changes in the bucket, whoever changes it. When this returns, every later change is told.
    async fn watch(&self, bucket: &str) -> Result<Box<dyn Changes>> {
        let _ = bucket;
        Err(Error::new(Kind::Unsupported, "this store does not offer `watcher`"))
    }
}

/// A batch that failed after `done` of its parts has changed something.
fn partly(done: usize, error: Error) -> Error {
    if done == 0 { error } else { error.maybe_applied() }
}

/// The number that `delta` makes of a stored counter, for backends that add by themselves.
///
/// # Errors
/// `other` if the bytes are not a decimal `i64`, or if the sum is none.
pub fn add_to_counter(stored: Option<&[u8]>, delta: i64) -> Result<i64> {
    let current = match stored {
        None => 0,
        Some(bytes) => parse_counter(bytes)
            .ok_or_else(|| Error::new(Kind::Other, "the value is not a counter: decimal text of a 64-bit integer"))?,
    };
    current.checked_add(delta).ok_or_else(|| Error::new(Kind::Other, "the counter would overflow 64 bits"))
}

/// Canonical decimal only, so that every backend agrees on what a counter is: no `+`, no spaces, no leading zeros.
fn parse_counter(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_canonical_decimal_text() {
        assert_eq!(add_to_counter(None, -3).ok(), Some(-3));
        assert_eq!(add_to_counter(Some(b"41"), 1).ok(), Some(42));
        let min = i64::MIN.to_string();
        assert_eq!(add_to_counter(Some(min.as_bytes()), 0).ok(), Some(i64::MIN));
        for bad in [&b""[..], b"+1", b" 1", b"01", b"-0", b"1.0", b"9223372036854775808", b"\xff", b"one"] {
            assert_eq!(add_to_counter(Some(bad), 1).expect_err("no counter").kind, Kind::Other, "{bad:?}");
        }
        assert!(add_to_counter(Some(b"9223372036854775807"), 1).is_err());
        assert!(add_to_counter(Some(min.as_bytes()), -1).is_err());
    }
}
