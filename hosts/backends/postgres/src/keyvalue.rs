//! Key-value: one row per key, and one statement per call.

mod statements;

use crate::{connection::Server, error::Effect, schema::Part};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use statements as sql;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio_postgres::{Row, types::ToSql};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, cursor},
};

/// Its tables.
pub(crate) const PART: Part = Part { name: "keyvalue", version: 1, script: include_str!("keyvalue/schema.sql") };

/// Longest key and largest value, in bytes. Both as in the memory backend, so that what fits there fits here. An entry of
/// an index has 2,704 bytes, with bucket and key in it; a value could have 1 GB.
const MAX_KEY_SIZE: u64 = 1024;
const MAX_VALUE_SIZE: u64 = 1 << 20;
/// Longest name of a bucket, in bytes.
const MAX_BUCKET: usize = 1024;
/// Longest lifetime, in microseconds: 285 years. Up to there the server's arithmetic is exact.
const MAX_TTL: u128 = 1 << 53;
/// Keys on a page for which the caller set no limit.
const PAGE: usize = 256;
/// Most bytes of values in one statement of a batch, unless it is a single pair.
const BATCH_BYTES: usize = 32 << 20;

/// A store in a database.
pub(crate) struct Store {
    offered: Description,
    server: Arc<Server>,
}

impl Store {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::TTL, feature::READ_YOUR_WRITES, feature::ABA_SAFE, feature::EXACT_LISTING],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        Self { offered, server }
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, bucket: &str) -> Result<()> {
        if bucket.len() > MAX_BUCKET {
            let why = format!("the name of a bucket has at most {MAX_BUCKET} bytes; this one has {}", bucket.len());
            return Err(Error::new(Kind::Invalid, why));
        }
        self.exists(bucket, "").await.map(drop)
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.entry(bucket, key).await?.map(|entry| entry.value))
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let found = self.server.row(Effect::Read, sql::GET, &[&bucket.as_bytes(), &key.as_bytes()]).await?;
        Ok(found.map(|row| Entry { value: row.get(0), version: version(&row, 1) }))
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        let found = self.server.row(Effect::Read, sql::EXISTS, &[&bucket.as_bytes(), &key.as_bytes()]).await?;
        Ok(found.is_some())
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(microseconds).transpose()?;
        let (bucket, key) = (bucket.as_bytes(), key.as_bytes());
        let written = match &options.condition {
            Condition::Always => self.server.row(Effect::Write, sql::PUT, &[&bucket, &key, &value, &ttl]).await?,
            Condition::Absent => {
                let put = self.server.row(Effect::Write, sql::PUT_ABSENT, &[&bucket, &key, &value, &ttl]).await?;
                return put.map(|row| version(&row, 0)).ok_or_else(|| conflict("the key is already there"));
            }
            Condition::Version(seen) => {
                let seen = number(seen)?;
                self.server.row(Effect::Write, sql::PUT_VERSION, &[&bucket, &key, &value, &ttl, &seen]).await?
            }
        };
        written.map(|row| version(&row, 0)).ok_or_else(changed)
    }

    async fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let (bucket, key) = (bucket.as_bytes(), key.as_bytes());
        if let Condition::Version(seen) = condition {
            let seen = number(seen)?;
            let deleted = self.server.row(Effect::Write, sql::DELETE_VERSION, &[&bucket, &key, &seen]).await?;
            return deleted.map(|_| true).ok_or_else(changed);
        }
        let deleted = self.server.row(Effect::Write, sql::DELETE, &[&bucket, &key]).await?;
        Ok(deleted.is_some_and(|row| row.get(0)))
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let after = cursor.map(|given| cursor::decode(bucket, given, bytes)).transpose()?;
        let limit = limit.unwrap_or(PAGE);
        let (from, to) = range(prefix.as_bytes(), after);
        // One more than the page holds tells whether there is another page.
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let rows = self.server.rows(Effect::Read, sql::LIST, &[&bucket.as_bytes(), &from, &to, &most]).await?;
        let last = if rows.len() > limit { rows.get(limit.saturating_sub(1)) } else { None };
        let cursor = last.map(|row| cursor::encode(bucket, &BASE64_URL_SAFE_NO_PAD.encode(row.get::<_, &[u8]>(0))));
        Ok(Page { keys: rows.iter().take(limit).filter_map(key).collect(), cursor })
    }

    /// Keeps the lifetime of its key; a swap, being a `put` without one, clears it (KVX-39).
    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let sum =
            self.server.row(Effect::Write, sql::INCREMENT, &[&bucket.as_bytes(), &key.as_bytes(), &delta]).await?;
        sum.map(|row| row.get(0)).ok_or_else(|| {
            let why = "the value is not a counter, which is decimal text of a 64-bit integer, or the sum would be none";
            Error::new(Kind::Other, why)
        })
    }

    /// From one snapshot.
    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let wanted: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        let rows = self.server.rows(Effect::Read, sql::GET_MANY, &[&bucket.as_bytes(), &wanted]).await?;
        let found: HashMap<&[u8], &[u8]> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(wanted.iter().map(|key| found.get(key).map(|value| value.to_vec())).collect())
    }

    /// Up to 32 MiB are all or nothing.
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        // Each key once, and in one order, so that two batches do not wait for each other.
        let pairs: BTreeMap<&[u8], &[u8]> = pairs.iter().map(|(key, value)| (key.as_bytes(), &**value)).collect();
        let mut partly = false;
        for (keys, values) in batches(pairs) {
            let params: [&(dyn ToSql + Sync); 3] = [&bucket.as_bytes(), &keys, &values];
            let put = self.server.rows(Effect::Write, sql::PUT_MANY, &params).await;
            put.map_err(|error| if partly { error.maybe_applied() } else { error })?;
            partly = true;
        }
        Ok(())
    }

    /// All or nothing.
    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        self.server.rows(Effect::Write, sql::DELETE_MANY, &[&bucket.as_bytes(), &keys]).await.map(drop)
    }
}

/// Removes the rows of keys that have expired.
pub(crate) async fn sweep(server: &Server) -> Result<()> {
    while server.row(Effect::Read, sql::SWEEP, &[]).await?.is_some() {}
    Ok(())
}

fn version(row: &Row, column: usize) -> Version {
    Version(row.get::<_, i64>(column).to_string())
}

/// A version that could be one of ours.
fn number(version: &Version) -> Result<i64> {
    version.0.parse().ok().filter(|number: &i64| number.to_string() == version.0).ok_or_else(changed)
}

fn conflict(why: &str) -> Error {
    Error::new(Kind::Conflict, why)
}

fn changed() -> Error {
    conflict("the key has been written or removed since")
}

/// Rounded up, for nothing expires early; `quota` rather than shortened (KVX-37).
fn microseconds(ttl: Duration) -> Result<f64> {
    let micros = ttl.as_nanos().div_ceil(1000);
    if micros > MAX_TTL {
        return Err(Error::new(Kind::Quota, "the time to live is longer than 285 years, which is the most"));
    }
    Ok(micros as f64)
}

/// From which key on, and up to which, keys with the prefix can be that come behind `after`. No text has the byte 0xff, so
/// the last one of a prefix can be counted up.
fn range(prefix: &[u8], after: Option<Vec<u8>>) -> (Vec<u8>, Vec<u8>) {
    let mut to = prefix.to_vec();
    match to.last_mut() {
        Some(last) => *last = last.saturating_add(1),
        None => to.push(0xff),
    }
    let behind = after.map(|mut after| {
        after.push(0);
        after
    });
    (behind.unwrap_or_default().max(prefix.to_vec()), to)
}

/// What is no key of ours, being no UTF-8 or too long, is another program's, and reading it would be refused.
fn key(row: &Row) -> Option<String> {
    let key = std::str::from_utf8(row.get(0)).ok()?;
    (key.len() as u64 <= MAX_KEY_SIZE).then(|| key.to_owned())
}

type Batch<'a> = (Vec<&'a [u8]>, Vec<&'a [u8]>);

/// Keys and values for one statement each.
fn batches<'a>(pairs: BTreeMap<&'a [u8], &'a [u8]>) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch<'a>> = Vec::new();
    let mut bytes = BATCH_BYTES;
    for (key, value) in pairs {
        bytes += key.len() + value.len();
        match batches.last_mut().filter(|_| bytes <= BATCH_BYTES) {
            Some((keys, values)) => {
                keys.push(key);
                values.push(value);
            }
            None => {
                batches.push((vec![key], vec![value]));
                bytes = key.len() + value.len();
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_the_keys_with_the_prefix_and_no_others() {
        for prefix in ["", "a", "a/", "\u{7f}", "\u{e9}", "\u{10ffff}", "\0"] {
            let (from, to) = range(prefix.as_bytes(), None);
            for key in
                ["", "\0", "a", "a\0", "a/", "a/b", "a0", "b", "\u{7f}x", "\u{80}", "\u{e9}", "\u{ea}", "\u{10ffff}"]
            {
                let bytes = key.as_bytes();
                let inside = *from <= *bytes && *bytes < *to;
                assert_eq!(inside, key.starts_with(prefix), "{prefix:?} {key:?}");
            }
        }
        let (from, _) = range(b"a", Some(b"ab".to_vec()));
        assert_eq!(from, b"ab\0");
        // A cursor of another prefix's listing goes no further back than this prefix.
        assert_eq!(range(b"b", Some(b"a".to_vec())).0, b"b");
    }

    #[test]
    fn lifetimes_are_never_shortened() {
        assert_eq!(microseconds(Duration::from_nanos(1001)).expect("kept"), 2.0);
        assert_eq!(microseconds(Duration::from_micros(1 << 53)).expect("kept"), (1_u64 << 53) as f64);
        assert_eq!(microseconds(Duration::from_micros((1 << 53) + 1)).expect_err("too long").kind, Kind::Quota);
        assert_eq!(microseconds(Duration::MAX).expect_err("too long").kind, Kind::Quota);
    }

    #[test]
    fn only_numbers_are_versions() {
        assert_eq!(number(&Version("17".to_owned())).expect("a version"), 17);
        for bad in ["", "+1", "01", "x", "9223372036854775808"] {
            assert_eq!(number(&Version(bad.to_owned())).expect_err(bad).kind, Kind::Conflict);
        }
    }

    #[test]
    fn a_batch_has_a_size() {
        let (large, keys) = (vec![0; BATCH_BYTES / 2], [[1], [2], [3]]);
        let pairs = keys.iter().map(|key| (&key[..], &large[..])).collect();
        let sizes: Vec<_> = batches(pairs).iter().map(|(keys, values)| (keys.len(), values.len())).collect();
        assert_eq!(sizes, [(1, 1), (1, 1), (1, 1)]);
        let pairs = keys.iter().map(|key| (&key[..], &large[..10])).collect();
        assert_eq!(batches(pairs).len(), 1);
        assert!(batches(BTreeMap::new()).is_empty());
    }
}
