//! Key-value: JetStream's key-value buckets.

mod fit;
mod list;
mod watch;

use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::{
    message::{PublishMessage, StreamMessage},
    stream::{Config, DiscardPolicy},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::time::Instant;
use wasi_cloud_core::{
    Applied, Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Changes, Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter},
};

/// Longest key, in bytes before escaping, as in the memory backend. Escaped it is up to three times as long, and a server
/// takes 4096 bytes of a command without its payload.
const MAX_KEY_SIZE: u64 = 1024;
/// Largest value, in bytes: the `max_payload` of a server as it comes, 1 MiB, less room for headers.
const MAX_VALUE_SIZE: u64 = (1 << 20) - (64 << 10);
/// Longest name of a bucket, in bytes after escaping: a stream's name has at most 255.
const MAX_BUCKET: usize = 240;
/// How many keys of a batch are under way at once.
const AT_ONCE: usize = 32;

/// What NATS marks a removed key with.
const OPERATION: &str = "KV-Operation";
const REMOVED: [&str; 2] = ["DEL", "PURGE"];
/// What it marks a key with that it removed by itself.
const MARKER: &str = "Nats-Marker-Reason";

/// A store on a server.
pub(crate) struct Store {
    offered: Description,
    server: Arc<Server>,
    replicas: u32,
    /// Buckets that were seen there.
    known: Mutex<HashSet<String>>,
}

/// What is known of a key.
enum Last {
    /// Never written, or forgotten.
    Nothing,
    /// Removed, by the write of that revision.
    Removed(u64),
    There(u64, Bytes),
}

fn subject(bucket: &str, key: &str) -> String {
    format!("$KV.{}.{}", names::token(bucket), names::key(key))
}

fn stream_name(bucket: &str) -> String {
    format!("KV_{}", names::token(bucket))
}

fn is_removed(headers: &async_nats::HeaderMap) -> bool {
    let removed = headers.get(OPERATION).is_some_and(|operation| REMOVED.contains(&operation.as_str()));
    removed || headers.get(MARKER).is_some()
}

fn message(value: impl Into<Bytes>) -> PublishMessage {
    PublishMessage::build().payload(value.into())
}

impl Store {
    pub(crate) fn new(server: Arc<Server>, replicas: u32) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::READ_YOUR_WRITES, feature::ABA_SAFE, feature::EXACT_LISTING, feature::WATCHER],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, server.max_payload(MAX_VALUE_SIZE))],
        );
        Self { offered, server, replicas, known: Mutex::default() }
    }

    /// Makes the bucket unless it is known to be there.
    async fn made(&self, bucket: &str) -> Result<()> {
        let is_known = self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(bucket);
        if is_known {
            return Ok(());
        }
        let token = names::token(bucket);
        if token.len() > MAX_BUCKET {
            let why =
                format!("the name of a bucket has at most {MAX_BUCKET} bytes, escaped; this one has {}", token.len());
            return Err(Error::new(Kind::Invalid, why));
        }
        // As NATS's own clients make one.
        let config = Config {
            name: stream_name(bucket),
            description: Some("a bucket of wasi-cloud".to_owned()),
            subjects: vec![format!("$KV.{token}.>")],
            max_messages: -1,
            max_bytes: -1,
            max_messages_per_subject: 1,
            max_message_size: -1,
            max_consumers: -1,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            discard: DiscardPolicy::New,
            num_replicas: usize::try_from(self.replicas).unwrap_or(1),
            ..Config::default()
        };
        let there = self.server.stream_made(config).await?;
        fit::is_fit(&there)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned());
        Ok(())
    }

    /// With a bucket that somebody removed made anew by the next call.
    fn noticed<T>(&self, bucket: &str, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && error.kind == Kind::NotFound
        {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(bucket);
        }
        result
    }

    async fn last(&self, bucket: &str, key: &str) -> Result<Last> {
        self.made(bucket).await?;
        let stream = self.server.stream(&stream_name(bucket)).await?;
        // From the leader: another server of a cluster may not know of the last write.
        let found = stream.get_last_raw_message_by_subject(&subject(bucket, key)).await.map_err(Why::from);
        let found: Result<Last> = match found {
            Ok(StreamMessage { sequence, headers, .. }) if is_removed(&headers) => Ok(Last::Removed(sequence)),
            Ok(StreamMessage { sequence, payload, .. }) => Ok(Last::There(sequence, payload)),
            Err(why) if why.is(async_nats::jetstream::ErrorCode::NO_MESSAGE_FOUND) => Ok(Last::Nothing),
            Err(why) => Err(why.read(&self.server.url)),
        };
        self.noticed(bucket, found)
    }

    /// Writes, on condition that the key's last revision is `expected`, if that is given; 0 stands for none.
    async fn write(&self, bucket: &str, key: &str, message: PublishMessage, expected: Option<u64>) -> Result<u64> {
        self.made(bucket).await?;
        let message = match expected {
            Some(revision) => message.expected_last_subject_sequence(revision),
            None => message,
        };
        let written = self.server.store(subject(bucket, key), message).await;
        self.noticed(bucket, written)
    }

    /// Once: `conflict` where another writer came in between, and `None` where the key is there.
    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<Option<u64>> {
        let first = self.write(bucket, key, message(value.clone()), Some(0)).await.map(Some);
        if !first.as_ref().is_err_and(is_disturbed) {
            return first;
        }
        match self.last(bucket, key).await? {
            Last::There(..) => Ok(None),
            Last::Removed(at) => self.write(bucket, key, message(value), Some(at)).await.map(Some),
            Last::Nothing => first,
        }
    }

    async fn created(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64> {
        let tries = self.tries();
        loop {
            if let Some(ended) = tries.ended(self.create(bucket, key, value.clone()).await) {
                return ended?.ok_or_else(|| Error::new(Kind::Conflict, "the key is already there"));
            }
        }
    }

    async fn set(&self, bucket: &str, key: &str, value: &[u8]) -> Result<()> {
        self.write(bucket, key, message(Bytes::copy_from_slice(value)), None).await.map(drop)
    }

    /// Writes over the value of that version. The revision of a removal is none.
    async fn replace(&self, bucket: &str, key: &str, message: PublishMessage, seen: &Version) -> Result<u64> {
        let seen = revision(seen).ok_or_else(conflict)?;
        match self.last(bucket, key).await? {
            Last::There(at, _) if at == seen => self.write(bucket, key, message, Some(at)).await.map_err(reworded),
            _ => Err(conflict()),
        }
    }

    async fn remove(&self, bucket: &str, key: &str) -> Result<bool> {
        match self.last(bucket, key).await? {
            Last::There(at, _) => self.write(bucket, key, removal(), Some(at)).await.map(|_| true),
            _ => Ok(false),
        }
    }

    async fn add(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let (at, stored) = match self.last(bucket, key).await? {
            Last::Nothing => (0, None),
            Last::Removed(at) => (at, None),
            Last::There(at, value) => (at, Some(value)),
        };
        let sum = add_to_counter(stored.as_deref(), delta)?;
        self.write(bucket, key, message(sum.to_string()), Some(at)).await.map(|_| sum)
    }

    fn tries(&self) -> Tries {
        Tries(Instant::now() + self.server.timing.response)
    }
}

/// Until when to try again what other writers disturb: for as long as one answer may take.
struct Tries(Instant);

impl Tries {
    /// What an attempt ended with, unless another writer came between its reading and its writing.
    fn ended<T>(&self, attempt: Result<T>) -> Option<Result<T>> {
        if !attempt.as_ref().is_err_and(is_disturbed) {
            return Some(attempt);
        }
        let late = || Err(Error::new(Kind::Timeout, "other writers of this key were faster each time"));
        (Instant::now() > self.0).then(late)
    }
}

fn is_disturbed(error: &Error) -> bool {
    error.kind == Kind::Conflict
}

fn removal() -> PublishMessage {
    message(Bytes::new()).header(OPERATION, REMOVED[0])
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, bucket: &str) -> Result<()> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(bucket) {
            return self.server.is_there().await;
        }
        self.made(bucket).await
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.entry(bucket, key).await?.map(|entry| entry.value))
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(match self.last(bucket, key).await? {
            Last::There(revision, value) => Some(Entry { value: value.into(), version: version(revision) }),
            _ => None,
        })
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        if options.ttl.is_some() {
            return Err(Error::new(Kind::Unsupported, "this store does not declare `ttl`"));
        }
        let value = Bytes::copy_from_slice(value);
        let written = match &options.condition {
            Condition::Always => self.write(bucket, key, message(value), None).await?,
            Condition::Version(seen) => self.replace(bucket, key, message(value), seen).await?,
            Condition::Absent => self.created(bucket, key, value).await?,
        };
        Ok(version(written))
    }

    async fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        if let Condition::Version(seen) = condition {
            return self.replace(bucket, key, removal(), seen).await.map(|_| true);
        }
        let tries = self.tries();
        loop {
            if let Some(ended) = tries.ended(self.remove(bucket, key).await) {
                return ended;
            }
        }
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        self.made(bucket).await?;
        let page = list::page(&self.server, bucket, prefix, cursor, limit).await;
        self.noticed(bucket, page)
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let tries = self.tries();
        loop {
            if let Some(ended) = tries.ended(self.add(bucket, key, delta).await) {
                return ended;
            }
        }
    }

    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let values: Vec<_> = keys.iter().map(|key| self.get(bucket, key)).collect();
        stream::iter(values).buffered(AT_ONCE).try_collect().await
    }

    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let written: Vec<_> = pairs.iter().map(|(key, value)| self.set(bucket, key, value)).collect();
        all(&stream::iter(written).buffered(AT_ONCE).collect::<Vec<_>>().await)
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let removed: Vec<_> = keys.iter().map(|key| self.delete(bucket, key, &Condition::Always)).collect();
        all(&stream::iter(removed).buffered(AT_ONCE).collect::<Vec<_>>().await)
    }

    async fn watch(&self, bucket: &str) -> Result<Box<dyn Changes>> {
        self.made(bucket).await?;
        let watching = watch::Watching::new(self.server.clone(), bucket).await;
        Ok(Box::new(self.noticed(bucket, watching)?))
    }
}

/// The first failure of a batch; where others succeeded or may have, something may have changed.
fn all<T>(done: &[Result<T>]) -> Result<()> {
    let failed = done.iter().find_map(|done| done.as_ref().err().cloned());
    match failed {
        None => Ok(()),
        Some(error) if done.iter().any(|done| done.as_ref().err().is_none_or(|e| e.applied != Applied::No)) => {
            Err(error.maybe_applied())
        }
        Some(error) => Err(error),
    }
}

fn version(revision: u64) -> Version {
    Version(revision.to_string())
}

/// `None` for what is no version of ours. 0 would be the condition that the key was never written.
fn revision(version: &Version) -> Option<u64> {
    version.0.parse().ok().filter(|revision: &u64| *revision > 0 && revision.to_string() == version.0)
}

fn conflict() -> Error {
    Error::new(Kind::Conflict, "the key has been written or removed since")
}

fn reworded(error: Error) -> Error {
    if error.kind == Kind::Conflict { conflict() } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_changed_something_says_so() {
        let failed = || Err(Error::new(Kind::Quota, "full"));
        assert!(all(&[Ok(()), Ok(())]).is_ok());
        assert_eq!(all(&[failed(), failed()]).expect_err("failed").applied, Applied::No);
        assert_eq!(all(&[failed(), Ok(())]).expect_err("failed").applied, Applied::Maybe);
        let lost = failed().map_err(Error::maybe_applied);
        assert_eq!(all(&[failed(), lost]).expect_err("failed").applied, Applied::Maybe);
    }

    #[test]
    fn only_revisions_are_versions() {
        assert_eq!(revision(&version(u64::MAX)), Some(u64::MAX));
        for bad in ["", "0", "-1", "+1", "01", "x", "18446744073709551616"] {
            assert_eq!(revision(&Version(bad.to_owned())), None, "{bad}");
        }
    }
}
