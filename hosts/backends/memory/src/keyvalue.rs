//! Key-value in memory. Every operation is one step under one lock that is never held across an `await`.

mod cursor;
mod data;
mod watch;

use crate::lock;
use async_trait::async_trait;
use data::{Data, Slot};
use std::sync::{Mutex, MutexGuard};
use wasi_cloud_core::{
    Clock, Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Changes, Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter},
};

/// Longest key, in bytes. As in S3, so that keys which fit here fit almost anywhere, and small enough that the largest
/// page of a listing stays near 1 MiB.
const MAX_KEY_SIZE: u64 = 1024;
/// Largest value, in bytes: what most systems take, far below what exhausts a host, and small enough for the suite to
/// test at its edge.
const MAX_VALUE_SIZE: u64 = 1 << 20;
/// Keys on a page for which the caller set no limit: few, so that paging is exercised in earnest.
const PAGE: usize = 256;

/// Buckets of keys, empty at first.
///
/// `increment` keeps the time to live of its key; a swap, being a `put` without one, clears it (KVX-39).
pub(crate) struct Store {
    offered: Description,
    clock: Clock,
    data: Mutex<Data>,
}

impl Store {
    pub(crate) fn new(clock: Clock) -> Self {
        let offered = Description::new(
            Durability::Process,
            [
                feature::TTL,
                feature::READ_YOUR_WRITES,
                feature::ABA_SAFE,
                feature::EXACT_LISTING,
                feature::WATCHER,
                feature::WATCH_EVERY,
            ],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        Self { offered, clock, data: Mutex::default() }
    }

    /// The data without what has expired. All access comes through here, so no operation can see an expired key
    /// (KVX-36), and none stays for longer than until the next operation.
    fn data(&self) -> MutexGuard<'_, Data> {
        let mut data = lock(&self.data);
        data.sweep(&self.clock);
        data
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.data().get(bucket, key).map(|slot| slot.entry.value.clone()))
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(self.data().get(bucket, key).map(|slot| slot.entry.clone()))
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        Ok(self.data().get(bucket, key).is_some())
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        let mut data = self.data();
        holds(&options.condition, data.get(bucket, key))?;
        let deadline = match options.ttl {
            None => None,
            // Refused rather than shortened (KVX-37); no clock of ours gets there.
            Some(ttl) => Some(
                self.clock
                    .now()
                    .checked_add(ttl)
                    .ok_or_else(|| Error::new(Kind::Quota, "the time to live ends later than the clock can count"))?,
            ),
        };
        Ok(data.put(bucket, key, value, deadline))
    }

    async fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let mut data = self.data();
        holds(condition, data.get(bucket, key))?;
        Ok(data.remove(bucket, key))
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let after = cursor.map(cursor::decode).transpose()?;
        let limit = limit.unwrap_or(PAGE);
        // One key more than the page holds tells whether there is another page.
        let mut keys = self.data().keys(bucket, prefix, after.as_deref(), limit.saturating_add(1));
        let more = keys.len() > limit;
        keys.truncate(limit);
        let cursor = keys.last().filter(|_| more).map(|last| cursor::encode(last));
        Ok(Page { keys, cursor })
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let mut data = self.data();
        let slot = data.get(bucket, key);
        let sum = add_to_counter(slot.map(|s| &*s.entry.value), delta)?;
        let deadline = slot.and_then(|s| s.deadline);
        data.put(bucket, key, sum.to_string().as_bytes(), deadline);
        Ok(sum)
    }

    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let data = self.data();
        Ok(keys.iter().map(|key| data.get(bucket, key).map(|slot| slot.entry.value.clone())).collect())
    }

    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let mut data = self.data();
        for (key, value) in pairs {
            data.put(bucket, key, value, None);
        }
        Ok(())
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let mut data = self.data();
        for key in keys {
            data.remove(bucket, key);
        }
        Ok(())
    }

    async fn watch(&self, bucket: &str) -> Result<Box<dyn Changes>> {
        Ok(Box::new(self.data().watch(bucket)))
    }
}

/// Whether the condition holds of what is stored, as `conflict` if not.
fn holds(condition: &Condition, stored: Option<&Slot>) -> Result<()> {
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => stored.is_none(),
        Condition::Version(version) => stored.is_some_and(|slot| slot.entry.version == *version),
    };
    if holds {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        match (condition, stored) {
            (Condition::Absent, _) => "the key is already there",
            (_, None) => "the key is not there",
            _ => "the key has been written since",
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TTL: Duration = Duration::from_secs(10);

    async fn put(store: &Store, condition: Condition, ttl: Option<Duration>) -> Result<Version> {
        store.put("b", "k", b"1", &PutOptions { condition, ttl }).await
    }

    #[tokio::test]
    async fn a_key_lives_exactly_as_long_as_asked_and_is_then_gone_everywhere() {
        let clock = Clock::new_virtual();
        let store = Store::new(clock.clone());
        let old = put(&store, Condition::Always, Some(TTL)).await.expect("a put");
        clock.advance(TTL - Duration::from_nanos(1));
        assert!(store.exists("b", "k").await.expect("an answer"));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(store.get("b", "k").await.expect("an answer"), None);
        assert_eq!(store.list("b", "", None, None).await.expect("a page"), Page::default());
        let stale = put(&store, Condition::Version(old.clone()), None).await.expect_err("expired");
        assert_eq!(stale.kind, Kind::Conflict);
        let new = put(&store, Condition::Absent, None).await.expect("the key is absent");
        assert_ne!(old, new);
    }

    #[tokio::test]
    async fn increment_keeps_a_lifetime_and_set_clears_it() {
        let clock = Clock::new_virtual();
        let store = Store::new(clock.clone());
        put(&store, Condition::Always, Some(TTL)).await.expect("a put");
        assert_eq!(store.increment("b", "k", 1).await.expect("a counter"), 2);
        clock.advance(TTL);
        assert_eq!(store.increment("b", "k", 1).await.expect("a counter"), 1);
        put(&store, Condition::Always, Some(TTL)).await.expect("a put");
        put(&store, Condition::Always, None).await.expect("a put");
        clock.advance(TTL);
        assert!(store.exists("b", "k").await.expect("an answer"));
        let endless = put(&store, Condition::Always, Some(Duration::MAX)).await.expect_err("too long");
        assert_eq!(endless.kind, Kind::Quota);
    }

    #[tokio::test]
    async fn a_listing_survives_the_deletion_of_the_key_it_stopped_at() {
        let store = Store::new(Clock::default());
        let pairs: Vec<_> = (0..PAGE * 2).map(|i| (format!("p{i:04}"), Vec::new())).collect();
        store.set_many("b", &pairs).await.expect("written");
        store.set_many("b", &[("o".to_owned(), Vec::new()), ("q".to_owned(), Vec::new())]).await.expect("written");
        let first = store.list("b", "p", None, None).await.expect("a page");
        assert_eq!(first.keys.len(), PAGE);
        let second = store.list("b", "p", first.cursor.as_deref(), None).await.expect("a page");
        store.delete_many("b", &first.keys).await.expect("deleted");
        assert_eq!(store.list("b", "p", first.cursor.as_deref(), None).await.expect("a page"), second);
        assert_eq!(second.keys.first().map(String::as_str), Some("p0256"));
        assert_eq!((second.keys.len(), second.cursor), (PAGE, None));
    }
}
