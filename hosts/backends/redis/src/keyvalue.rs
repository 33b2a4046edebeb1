//! Key-value: a plain string per key, and beside it a counter of our writes.

mod list;
mod scripts;

use crate::{connection::Server, error::Effect, names};
use async_trait::async_trait;
use redis::{Script, ScriptInvocation, cmd};
use scripts::Scripts;
use sha1_smol::Sha1;
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Applied, Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, steps},
};

/// Longest key, in bytes before escaping, and largest value, in bytes. Both as in the memory backend, so that what fits
/// there fits here; Redis itself takes 512 MiB of each.
const MAX_KEY_SIZE: u64 = 1024;
const MAX_VALUE_SIZE: u64 = 1 << 20;
/// Longest lifetime, in milliseconds: 142,000 years. From there on the scripts would not count exactly.
const MAX_TTL: u128 = 1 << 52;
/// Most keys of a batch that are one step of the server: other clients wait for it.
const BATCH: usize = 1000;
/// Most bytes of values in such a step, unless it is a single pair.
const BATCH_BYTES: usize = 32 << 20;

/// A store on a server.
pub(crate) struct Store {
    offered: Description,
    server: Arc<Server>,
    scripts: Scripts,
}

impl Store {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::TTL, feature::READ_YOUR_WRITES, feature::ABA_SAFE],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        Self { offered, server, scripts: Scripts::default() }
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, _: &str) -> Result<()> {
        self.server.is_there().await
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.server.command(Effect::Read, cmd("GET").arg(names::plain(bucket, key))).await
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let script = on_key(&self.scripts.entry, bucket, key);
        let found: Option<(Vec<u8>, String)> = self.server.script(Effect::Read, &script).await?;
        Ok(found.map(|(value, counter)| Entry { version: version(&counter, &value), value }))
    }

    /// Asks for the type: a key that holds something else than a string is an error here as it is for `get`.
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        let kind: String = self.server.command(Effect::Read, cmd("TYPE").arg(names::plain(bucket, key))).await?;
        match &*kind {
            "string" => Ok(true),
            "none" => Ok(false),
            _ => Err(Error::new(Kind::Other, "the key holds something that is no string; another program wrote it")),
        }
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(milliseconds).transpose()?.unwrap_or_default();
        let (word, seen) = condition(&options.condition);
        let mut script = on_key(&self.scripts.put, bucket, key);
        script.arg(value).arg(word).arg(seen).arg(ttl);
        let counter: Option<String> = self.server.script(Effect::Write, &script).await?;
        counter.map(|counter| version(&counter, value)).ok_or_else(|| conflict(&options.condition))
    }

    async fn delete(&self, bucket: &str, key: &str, when: &Condition) -> Result<bool> {
        let (word, seen) = condition(when);
        let mut script = on_key(&self.scripts.delete, bucket, key);
        script.arg(word).arg(seen);
        let there: Option<bool> = self.server.script(Effect::Write, &script).await?;
        there.ok_or_else(|| conflict(when))
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        list::page(&self.server, bucket, prefix, cursor, limit).await
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let mut script = on_key(&self.scripts.increment, bucket, key);
        script.arg(delta);
        let sum: Result<Option<i64>> = self.server.script(Effect::Write, &script).await;
        let refused = || Error::new(Kind::Other, "the value is no counter, or the sum is past 64 bits");
        match sum {
            Ok(sum) => sum.ok_or_else(refused),
            Err(e) if e.kind == Kind::Other && e.applied == Applied::No => Err(refused()),
            Err(e) => Err(e),
        }
    }

    /// A key that holds something else than a string is absent here, as `MGET` has it.
    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut values = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let mut command = cmd("MGET");
            for key in keys {
                command.arg(names::plain(bucket, key));
            }
            let found: Vec<Option<Vec<u8>>> = self.server.command(Effect::Read, &command).await?;
            if found.len() != keys.len() {
                return Err(Error::new(Kind::Other, "the server answered for another number of keys than asked"));
            }
            values.extend(found);
        }
        Ok(values)
    }

    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let mut rest = pairs;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch(rest));
            let mut script = self.scripts.set_many.prepare_invoke();
            for (key, value) in now {
                add_key(&mut script, bucket, key);
                script.arg(&**value);
            }
            let done: Result<()> = self.server.script(Effect::Write, &script).await;
            done.map_err(|e| steps::after(pairs.len() - rest.len(), e))?;
            rest = later;
        }
        Ok(())
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        for (i, keys) in keys.chunks(BATCH).enumerate() {
            let mut script = self.scripts.delete_many.prepare_invoke();
            for key in keys {
                add_key(&mut script, bucket, key);
            }
            let done: Result<()> = self.server.script(Effect::Write, &script).await;
            done.map_err(|e| steps::after(i, e))?;
        }
        Ok(())
    }
}

fn on_key<'a>(script: &'a Script, bucket: &str, key: &str) -> ScriptInvocation<'a> {
    let mut invocation = script.prepare_invoke();
    add_key(&mut invocation, bucket, key);
    invocation
}

fn add_key(script: &mut ScriptInvocation<'_>, bucket: &str, key: &str) {
    let plain = names::plain(bucket, key);
    script.key(&plain).key(names::beside(&plain, "version"));
}

/// The counter says which write of ours, the digest whether another program wrote since.
fn version(counter: &str, value: &[u8]) -> Version {
    Version(format!("{counter}-{}", Sha1::from(value).digest()))
}

/// A condition as the scripts take it: a word, and the version for one of them.
fn condition(condition: &Condition) -> (&'static str, &str) {
    match condition {
        Condition::Always => ("always", ""),
        Condition::Absent => ("absent", ""),
        Condition::Version(version) => ("version", &version.0),
    }
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

/// Rounded up, for a key never expires early; `quota` rather than shortened (KVX-37).
fn milliseconds(ttl: Duration) -> Result<String> {
    let millis = ttl.as_nanos().div_ceil(1_000_000);
    if millis > MAX_TTL {
        return Err(Error::new(Kind::Quota, "the time to live is longer than this store can count"));
    }
    Ok(millis.to_string())
}

/// How many of these pairs, at least one, make the next step.
fn batch(pairs: &[(String, Vec<u8>)]) -> usize {
    steps::next(pairs.iter().map(|(_, value)| value.len()), BATCH, BATCH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_never_shortened() {
        assert_eq!(milliseconds(Duration::from_nanos(1)).expect("kept"), "1");
        assert_eq!(milliseconds(Duration::from_micros(1001)).expect("kept"), "2");
        assert_eq!(milliseconds(Duration::MAX).expect_err("too long").kind, Kind::Quota);
    }

    #[test]
    fn batches_are_bounded_by_count_and_by_bytes() {
        let pairs = |count, size| vec![(String::new(), vec![0; size]); count];
        assert_eq!(batch(&pairs(BATCH + 1, 1)), BATCH);
        assert_eq!(batch(&pairs(3, BATCH_BYTES / 2)), 2);
        assert_eq!(batch(&pairs(2, BATCH_BYTES + 1)), 1);
    }
}
