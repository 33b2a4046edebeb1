//! Key-value: znodes.

mod list;
mod node;

use crate::{error::Effect, names, server::Server};
use async_trait::async_trait;
use futures::future::try_join_all;
use node::{Node, Seen};
use std::collections::BTreeMap;
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter, steps},
};

/// Longest key, in bytes, as in the memory backend.
const MAX_KEY_SIZE: u64 = 1024;
/// Largest value, in bytes. A server as it comes takes 1,048,575 with the names of key and bucket.
const MAX_VALUE_SIZE: u64 = 1_000_000;
/// Most keys that are written at once, and most bytes of values unless it is a single one.
const BATCH: usize = 100;
const BATCH_BYTES: usize = 1 << 20;
/// Most keys of a request that reads: its answer is held in memory.
const READ_BATCH: usize = 32;

/// A store on servers.
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

    fn bucket(&self, bucket: &str) -> String {
        names::bucket(&self.server.options.root, bucket)
    }

    fn node(&self, bucket: &str, key: &str) -> Node {
        Node::new(self.bucket(bucket), key, self.server.kept())
    }

    async fn values(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let bucket = self.bucket(bucket);
        let paths: Vec<_> = keys.iter().map(|key| names::key(&bucket, key)).collect();
        let zk = self.server.session().await?;
        let read = node::all_data(&zk, paths.iter().map(|path| &**path));
        let found = self.server.outcome(Effect::Read, read).await?;
        Ok(found.into_iter().map(|found| found.map(|(value, _)| value)).collect())
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, _: &str) -> Result<()> {
        let zk = self.server.session().await?;
        self.server.outcome(Effect::Read, async { Ok(zk.sync("/").await?) }).await
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.entry(bucket, key).await?.map(|entry| entry.value))
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let node = self.node(bucket, key);
        let zk = self.server.session().await?;
        let found = self.server.outcome(Effect::Read, node.entry(&zk)).await?;
        Ok(found.map(|(value, seen)| Entry { value, version: version(seen) }))
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        let node = self.node(bucket, key);
        let zk = self.server.session().await?;
        self.server.outcome(Effect::Read, node.exists(&zk)).await
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        if options.ttl.is_some() {
            return Err(Error::new(Kind::Unsupported, "this store does not declare `ttl`"));
        }
        let node = self.node(bucket, key);
        let zk = self.server.session().await?;
        let put = async {
            let written = match &options.condition {
                Condition::Always => Some(node.put(&zk, value).await?),
                Condition::Absent => node.create(&zk, value).await?,
                Condition::Version(given) => node.swap(&zk, seen(given)?, value).await?,
            };
            Ok(written.ok_or_else(|| conflict(&options.condition))?)
        };
        self.server.outcome(Effect::Write, put).await.map(version)
    }

    async fn delete(&self, bucket: &str, key: &str, when: &Condition) -> Result<bool> {
        let node = self.node(bucket, key);
        let zk = self.server.session().await?;
        let delete = async {
            let Condition::Version(given) = when else { return node.delete(&zk).await };
            let is_done = node.delete_if(&zk, seen(given)?).await?;
            is_done.then_some(true).ok_or_else(|| conflict(when).into())
        };
        self.server.outcome(Effect::Write, delete).await
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let zk = self.server.session().await?;
        let path = self.bucket(bucket);
        let nodes = self.server.outcome(Effect::Read, node::children(&zk, &path)).await?;
        list::page(nodes, bucket, prefix, cursor, limit)
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let node = self.node(bucket, key);
        let zk = self.server.session().await?;
        let add = async {
            loop {
                let found = node.read(&zk).await?;
                let sum = add_to_counter(found.as_ref().map(|(value, _)| &**value), delta)?;
                let text = sum.to_string();
                let written = match found {
                    None => node.create(&zk, text.as_bytes()).await?,
                    Some((_, at)) => node.write(&zk, at, text.as_bytes()).await?,
                };
                if written.is_some() {
                    return Ok(sum);
                }
            }
        };
        self.server.outcome(Effect::Write, add).await
    }

    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut values = Vec::with_capacity(keys.len());
        for keys in keys.chunks(READ_BATCH) {
            values.extend(self.values(bucket, keys).await?);
        }
        Ok(values)
    }

    /// The last of several values for one key is written: what is sent at once arrives in any order.
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let pairs: BTreeMap<&str, &[u8]> = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
        let pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (self.node(bucket, key), value)).collect();
        let mut rest = &*pairs;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch(rest));
            let zk = self.server.session().await.map_err(|e| steps::after(pairs.len() - rest.len(), e))?;
            let put = try_join_all(now.iter().map(|(node, value)| node.put(&zk, value)));
            self.server.outcome(Effect::Write, put).await.map_err(|e| among(pairs.len(), e))?;
            rest = later;
        }
        Ok(())
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let nodes: Vec<_> = keys.iter().map(|key| self.node(bucket, key)).collect();
        for (i, now) in nodes.chunks(BATCH).enumerate() {
            let zk = self.server.session().await.map_err(|e| steps::after(i, e))?;
            let delete = try_join_all(now.iter().map(|node| node.delete(&zk)));
            self.server.outcome(Effect::Write, delete).await.map_err(|e| among(nodes.len(), e))?;
        }
        Ok(())
    }
}

/// Why a batch failed of which one request did: the others may have changed something.
fn among(count: usize, error: Error) -> Error {
    steps::after(count - 1, error)
}

fn version(Seen { created, writes }: Seen) -> Version {
    Version(format!("{created}-{writes}"))
}

/// `conflict` for what is no version of ours.
fn seen(given: &Version) -> Result<Seen> {
    let parse = || {
        let (created, writes) = given.0.split_once('-')?;
        let seen = Seen { created: created.parse().ok()?, writes: writes.parse().ok()? };
        // To the server, a negative number is any.
        (seen.writes >= 0 && version(seen) == *given).then_some(seen)
    };
    parse().ok_or_else(|| conflict(&Condition::Version(given.clone())))
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
fn batch(pairs: &[(Node, &[u8])]) -> usize {
    steps::next(pairs.iter().map(|(_, value)| value.len()), BATCH, BATCH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_of_ours_are_versions() {
        let read = |text: &str| seen(&Version(text.to_owned()));
        assert_eq!(read("4294967298-7").expect("a version"), Seen { created: 4_294_967_298, writes: 7 });
        for bad in ["", "7", "-", "1-", "-1", "1--1", "1-01", "1-2147483648", "+1-1", "1-1-1", "x-1"] {
            assert_eq!(read(bad).expect_err(bad).kind, Kind::Conflict);
        }
    }
}
