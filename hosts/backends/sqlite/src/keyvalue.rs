//! Key-value: one row per key.

mod rows;

use crate::{
    error::Stop,
    time::{end_ms, now_ms},
    worker::Workers,
};
use async_trait::async_trait;
use rusqlite::Transaction;
use std::sync::Arc;
use wasi_cloud_core::{
    Applied, Clock, Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter, cursor},
};

/// Longest key and largest value, in bytes. Both as in the memory backend, so that what fits there fits here; SQLite
/// itself takes 1 GB of each.
const MAX_KEY_SIZE: u64 = 1024;
const MAX_VALUE_SIZE: u64 = 1 << 20;
/// Keys on a page for which the caller set no limit.
const PAGE: usize = 256;

/// A store in one database.
pub(crate) struct Store {
    offered: Description,
    clock: Clock,
    workers: Workers,
}

impl Store {
    pub(crate) fn new(workers: Workers, durability: Durability, clock: Clock) -> Self {
        let offered = Description::new(
            durability,
            [feature::TTL, feature::READ_YOUR_WRITES, feature::ABA_SAFE, feature::EXACT_LISTING],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        Self { offered, clock, workers }
    }

    /// Runs `work` in a transaction, at a time that it is given, and sweeps on the way.
    ///
    /// Where there is no room, what has expired goes first: step by step, since work that fails takes its sweep back.
    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Transaction<'_>, i64) -> Result<T, Stop> + Send + Sync + 'static,
    ) -> Result<T> {
        let work = Arc::new(work);
        loop {
            let (clock, again) = (self.clock.clone(), work.clone());
            let done = self.workers.write(move |on| {
                let now = now_ms(&clock);
                rows::sweep(on, now)?;
                again(on, now)
            });
            match done.await {
                Err(e) if e.kind == Kind::Quota && e.applied == Applied::No && self.sweep().await? > 0 => {}
                done => return done,
            }
        }
    }

    async fn sweep(&self) -> Result<usize> {
        let clock = self.clock.clone();
        self.workers.write(move |on| rows::sweep(on, now_ms(&clock))).await
    }

    /// Work outlives the call that asked for it if the caller goes away, so it owns what it needs.
    fn owned(&self, bucket: &str, key: &str) -> (Clock, String, String) {
        (self.clock.clone(), bucket.to_owned(), key.to_owned())
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, bucket: &str) -> Result<()> {
        self.exists(bucket, "").await.map(drop)
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let (clock, bucket, key) = self.owned(bucket, key);
        self.workers.read(move |on| Ok(rows::get(on, &bucket, &key, now_ms(&clock))?.map(|row| row.value))).await
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let (clock, bucket, key) = self.owned(bucket, key);
        let entry = |row: rows::Row| Entry { value: row.value, version: Version(row.version.to_string()) };
        self.workers.read(move |on| Ok(rows::get(on, &bucket, &key, now_ms(&clock))?.map(entry))).await
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        let (clock, bucket, key) = self.owned(bucket, key);
        self.workers.read(move |on| Ok(rows::version(on, &bucket, &key, now_ms(&clock))?.is_some())).await
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        let (clock, bucket, key) = self.owned(bucket, key);
        let (value, PutOptions { condition, ttl }) = (value.to_vec(), options.clone());
        self.write(move |on, now| {
            if condition != Condition::Always {
                holds(&condition, rows::version(on, &bucket, &key, now)?)?;
            }
            let expires = ttl.map(|ttl| end_ms(&clock, ttl)).transpose()?;
            rows::put(on, &bucket, &key, &value, expires)
        })
        .await
    }

    async fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let (bucket, key, condition) = (bucket.to_owned(), key.to_owned(), condition.clone());
        self.write(move |on, now| {
            let stored = rows::version(on, &bucket, &key, now)?;
            holds(&condition, stored)?;
            rows::delete(on, &bucket, &key)?;
            Ok(stored.is_some())
        })
        .await
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let after = cursor.map(|cursor| cursor::decode(bucket, cursor, |last| Some(last.to_owned()))).transpose()?;
        let limit = limit.unwrap_or(PAGE);
        let (clock, bucket, prefix) = self.owned(bucket, prefix);
        self.workers
            .read(move |on| {
                // One key more than the page holds tells whether there is another page.
                let most = limit.saturating_add(1);
                let mut keys = rows::keys(on, &bucket, &prefix, after.as_deref(), most, now_ms(&clock))?;
                let more = keys.len() > limit;
                keys.truncate(limit);
                let cursor = keys.last().filter(|_| more).map(|last| cursor::encode(&bucket, last));
                Ok(Page { keys, cursor })
            })
            .await
    }

    /// Keeps the time to live of its key; a swap, being a `put` without one, clears it (KVX-39).
    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.write(move |on, now| {
            let row = rows::get(on, &bucket, &key, now)?;
            let sum = add_to_counter(row.as_ref().map(|row| &*row.value), delta)?;
            let expires = row.and_then(|row| row.expires);
            rows::put(on, &bucket, &key, sum.to_string().as_bytes(), expires)?;
            Ok(sum)
        })
        .await
    }

    /// From one snapshot. A statement per key and no list of keys in one: there is no round trip to save.
    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let (clock, bucket, keys) = (self.clock.clone(), bucket.to_owned(), keys.to_vec());
        self.workers
            .read(move |on| {
                let (now, on) = (now_ms(&clock), on.unchecked_transaction()?);
                keys.iter().map(|key| Ok(rows::get(&on, &bucket, key, now)?.map(|row| row.value))).collect()
            })
            .await
    }

    /// All or nothing, which is more than it has to be (KV-BATCH-07).
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let (bucket, pairs) = (bucket.to_owned(), pairs.to_vec());
        self.write(move |on, _| {
            pairs.iter().try_for_each(|(key, value)| rows::put(on, &bucket, key, value, None).map(drop))
        })
        .await
    }

    /// All or nothing, too.
    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let (bucket, keys) = (bucket.to_owned(), keys.to_vec());
        self.write(move |on, _| keys.iter().try_for_each(|key| rows::delete(on, &bucket, key))).await
    }
}

/// Whether the condition holds of the stored version, as `conflict` if not.
fn holds(condition: &Condition, stored: Option<i64>) -> Result<(), Stop> {
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => stored.is_none(),
        // As text: what we did not write so is no version of ours.
        Condition::Version(version) => stored.is_some_and(|stored| stored.to_string() == version.0),
    };
    if holds {
        return Ok(());
    }
    let why = match (condition, stored) {
        (Condition::Absent, _) => "the key is already there",
        (_, None) => "the key is not there",
        _ => "the key has been written since",
    };
    Err(Error::new(Kind::Conflict, why).into())
}
