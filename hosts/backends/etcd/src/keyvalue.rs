//! Key-value: transactions on etcd's keys.

mod list;

use crate::{
    error::Effect,
    names,
    server::Server,
    wire::{self, Done, Pair, Range, Step},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::time::Instant;
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter, steps},
};

/// Longest key, in bytes, and largest value, in bytes. Both as in the memory backend, so that what fits there fits here.
const MAX_KEY_SIZE: u64 = 1024;
const MAX_VALUE_SIZE: u64 = 1 << 20;
/// Most keys of a transaction that writes: a server as it comes takes 128.
const BATCH: usize = 100;
/// Most bytes of values in it, unless it is a single pair.
const BATCH_BYTES: usize = 1 << 20;
/// Most keys of a transaction that reads: its answer is held in memory, in Base64 and without.
const READ_BATCH: usize = 32;

/// A store on a server.
pub(crate) struct Store {
    offered: Description,
    server: Server,
}

impl Store {
    pub(crate) fn new(server: Server) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::READ_YOUR_WRITES, feature::ABA_SAFE, feature::EXACT_LISTING],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        Self { offered, server }
    }

    async fn pair(&self, bucket: &str, key: &str) -> Result<Option<Pair>> {
        let asked = json!({ "key": wire::bytes(names::name(bucket, key)) });
        let mut found: Range = self.server.call(Effect::Read, "kv/range", &asked).await?;
        Ok(found.kvs.pop())
    }

    /// Does `then` if what `when` says holds at that instant, and `otherwise` if not.
    async fn transact(&self, when: Option<Value>, then: Vec<Value>, otherwise: Option<Value>) -> Result<Done> {
        let message = json!({
            "compare": Vec::from_iter(when),
            "success": then,
            "failure": Vec::from_iter(otherwise),
        });
        self.server.call(Effect::Write, "kv/txn", &message).await
    }

    /// Once: the sum, or what another writer put there in between.
    async fn add(&self, name: &str, seen: Option<&Pair>, delta: i64) -> Result<Result<i64, Option<Pair>>> {
        let sum = add_to_counter(seen.map(|pair| &*pair.value), delta)?;
        let when = wire::at(name, seen.map_or(0, |pair| pair.mod_revision));
        let put = vec![wire::put(name, sum.to_string().as_bytes())];
        let done = self.transact(Some(when), put, Some(wire::get(name))).await?;
        Ok(if done.succeeded { Ok(sum) } else { Err(found(done.responses.into_iter().next())) })
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, _: &str) -> Result<()> {
        self.server.ping().await
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pair(bucket, key).await?.map(|pair| pair.value))
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let entry = |pair: Pair| Entry { version: version(pair.mod_revision), value: pair.value };
        Ok(self.pair(bucket, key).await?.map(entry))
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        let asked = json!({ "key": wire::bytes(names::name(bucket, key)), "count_only": true });
        let found: Range = self.server.call(Effect::Read, "kv/range", &asked).await?;
        Ok(found.count > 0)
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        if options.ttl.is_some() {
            return Err(Error::new(Kind::Unsupported, "this store does not declare `ttl`"));
        }
        let name = names::name(bucket, key);
        let when = condition(&name, &options.condition)?;
        let done = self.transact(when, vec![wire::put(&name, value)], None).await?;
        if done.succeeded { Ok(version(done.header.revision)) } else { Err(conflict(&options.condition)) }
    }

    async fn delete(&self, bucket: &str, key: &str, when: &Condition) -> Result<bool> {
        let name = names::name(bucket, key);
        let done = self.transact(condition(&name, when)?, vec![wire::delete(&name)], None).await?;
        if !done.succeeded {
            return Err(conflict(when));
        }
        let deleted = done.responses.into_iter().next().and_then(|step| step.response_delete_range);
        Ok(deleted.is_some_and(|range| range.deleted > 0))
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        list::page(&self.server, bucket, prefix, cursor, limit).await
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let name = names::name(bucket, key);
        let end = Instant::now() + self.server.timing.response;
        let mut seen = self.pair(bucket, key).await?;
        loop {
            match self.add(&name, seen.as_ref(), delta).await? {
                Ok(sum) => return Ok(sum),
                Err(_) if Instant::now() > end => {
                    return Err(Error::new(Kind::Timeout, "other writers of this key were faster each time"));
                }
                Err(other) => seen = other,
            }
        }
    }

    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut values = Vec::with_capacity(keys.len());
        for keys in keys.chunks(READ_BATCH) {
            let asked: Vec<_> = keys.iter().map(|key| wire::get(&names::name(bucket, key))).collect();
            let done: Done = self.server.call(Effect::Read, "kv/txn", &json!({ "success": asked })).await?;
            if done.responses.len() != keys.len() {
                return Err(Error::new(Kind::Other, "the server answered for another number of keys than asked"));
            }
            values.extend(done.responses.into_iter().map(|step| found(Some(step)).map(|pair| pair.value)));
        }
        Ok(values)
    }

    /// The last of several values for one key is written: a transaction can write a key once.
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let pairs: BTreeMap<&str, &[u8]> = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
        let pairs: Vec<_> = pairs.into_iter().collect();
        let mut rest = &*pairs;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch(rest));
            let puts = now.iter().map(|(key, value)| wire::put(&names::name(bucket, key), value)).collect();
            self.transact(None, puts, None).await.map_err(|e| steps::after(pairs.len() - rest.len(), e))?;
            rest = later;
        }
        Ok(())
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        for (i, keys) in keys.chunks(BATCH).enumerate() {
            let deletes = keys.iter().map(|key| wire::delete(&names::name(bucket, key))).collect();
            self.transact(None, deletes, None).await.map_err(|e| steps::after(i, e))?;
        }
        Ok(())
    }
}

fn found(step: Option<Step>) -> Option<Pair> {
    step?.response_range?.kvs.pop()
}

fn version(revision: i64) -> Version {
    Version(revision.to_string())
}

/// `conflict` for what is no version of ours. 0 would be the condition that the key is not there.
fn condition(name: &str, condition: &Condition) -> Result<Option<Value>> {
    Ok(match condition {
        Condition::Always => None,
        Condition::Absent => Some(wire::at(name, 0)),
        Condition::Version(seen) => {
            let revision = seen.0.parse().ok().filter(|revision: &i64| *revision > 0 && version(*revision) == *seen);
            Some(wire::at(name, revision.ok_or_else(|| conflict(condition))?))
        }
    })
}

fn conflict(condition: &Condition) -> Error {
    Error::new(
        Kind::Conflict,
        match condition {
            Condition::Absent => "the key is already there",
            _ => "the key has been written or removed since",
        },
    )
}

/// How many of these pairs, at least one, make the next step.
fn batch(pairs: &[(&str, &[u8])]) -> usize {
    steps::next(pairs.iter().map(|(_, value)| value.len()), BATCH, BATCH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_by_count_and_by_bytes() {
        let value = vec![0; BATCH_BYTES + 1];
        assert_eq!(batch(&vec![("", &value[..1]); BATCH + 1]), BATCH);
        assert_eq!(batch(&[("", &value[..BATCH_BYTES / 2]); 3]), 2);
        assert_eq!(batch(&[("", &value[..]); 2]), 1);
    }

    #[test]
    fn only_revisions_are_versions() {
        let when = |text: &str| condition("b/k", &Condition::Version(Version(text.to_owned())));
        assert_eq!(when("7").expect("a revision"), Some(wire::at("b/k", 7)));
        for bad in ["", "0", "-1", "+1", "01", "x", "9223372036854775808"] {
            assert_eq!(when(bad).expect_err(bad).kind, Kind::Conflict);
        }
    }
}
