//! Stores that tell of changes wrongly.

use super::{Cut, Defect};
use crate::mutants::{Row, Shared, lock, rows};
use async_trait::async_trait;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};
use wasi_cloud_core::{
    Result,
    keyvalue::{Change, Changes, Condition, KeyValue, PutOptions, Version},
};

rows! {
    MissesSets "watcher-misses-sets" ["KV-WATCH-01"] "What overwrites a value is not told.";
    OldValues "watcher-tells-old-values" ["KV-WATCH-01"] "A change is told with the value that was there before.";
    EmptyIsDeleted "watcher-takes-empty-for-deleted" ["KV-WATCH-01"] "A value without bytes is told as a removal.";
    MissesDeletes "watcher-misses-deletes" ["KV-WATCH-02"] "A removal is not told.";
    CannotWrite "watcher-cannot-write" ["KV-WATCH-03"] "What a watcher writes by its handle is lost.";
    TellsTwice "watcher-tells-twice" ["KV-WATCH-S01"] "A removal is told twice.";
    Coalesces "watcher-coalesces" ["KV-WATCH-S05"] "Of three changes of a key the second is left out.";
    StopsAtTrap "watcher-stops-at-a-trap" ["KV-WATCH-S02"] "After a handler that trapped nothing is told.";
    AllBuckets "watcher-tells-of-all" ["KV-WATCH-S03"] "A watcher is told of another bucket.";
    BinaryCounters "watcher-tells-binary-counters" ["KV-WATCH-S04"] "A number is told as eight bytes.";
    MissesConditions { silent: Shared<BTreeSet<(String, String)>> } "watcher-misses-conditional-deletes" ["KV-WATCH-S04"]
        "A removal on condition is a transaction, and no trigger sees it.";
}

/// Makes of each change those that are told.
struct Telling<F> {
    inner: Box<dyn Changes>,
    tell: F,
    left: VecDeque<Change>,
}

#[async_trait]
impl<F: FnMut(Change) -> Vec<Change> + Send> Changes for Telling<F> {
    async fn next(&mut self) -> Result<Change> {
        loop {
            if let Some(change) = self.left.pop_front() {
                return Ok(change);
            }
            self.left = (self.tell)(self.inner.next().await?).into();
        }
    }
}

async fn telling(
    kv: &dyn KeyValue,
    bucket: &str,
    tell: impl FnMut(Change) -> Vec<Change> + Send + 'static,
) -> Result<Box<dyn Changes>> {
    Ok(Box::new(Telling { inner: kv.watch(bucket).await?, tell, left: VecDeque::new() }))
}

#[async_trait]
impl Defect for MissesSets {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        let mut known = HashMap::new();
        telling(kv, bucket, move |change| {
            let is_set = matches!(change, Change::Set { .. });
            let overwrites = known.insert(change.key().to_owned(), is_set).unwrap_or_default();
            if is_set && overwrites { Vec::new() } else { vec![change] }
        })
        .await
    }
}

#[async_trait]
impl Defect for OldValues {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        let mut old = HashMap::new();
        telling(kv, bucket, move |change| match change {
            Change::Set { key, value } => {
                let before = old.insert(key.clone(), value.clone());
                vec![Change::Set { key, value: before.unwrap_or(value) }]
            }
            deleted => vec![deleted],
        })
        .await
    }
}

#[async_trait]
impl Defect for EmptyIsDeleted {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        telling(kv, bucket, |change| match change {
            Change::Set { key, value } if value.is_empty() => vec![Change::Deleted { key }],
            other => vec![other],
        })
        .await
    }
}

#[async_trait]
impl Defect for MissesDeletes {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        telling(kv, bucket, |change| match change {
            Change::Deleted { .. } => Vec::new(),
            set => vec![set],
        })
        .await
    }
}

/// Nobody but the suite's watcher writes this key.
#[async_trait]
impl Defect for CannotWrite {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let key = if k == "copied" { "lost" } else { k };
        kv.put(b, key, v, options).await
    }
}

#[async_trait]
impl Defect for TellsTwice {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        telling(kv, bucket, |change| match change {
            Change::Deleted { .. } => vec![change.clone(), change],
            set => vec![set],
        })
        .await
    }
}

#[async_trait]
impl Defect for Coalesces {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        telling(kv, bucket, move |change| {
            let count = counts.entry(change.key().to_owned()).or_default();
            *count += 1;
            if *count % 3 == 2 && *count > 3 { Vec::new() } else { vec![change] }
        })
        .await
    }
}

/// The suite's watcher traps when it is told of this key.
struct UntilTrap(Box<dyn Changes>, bool);

#[async_trait]
impl Changes for UntilTrap {
    async fn next(&mut self) -> Result<Change> {
        if self.1 {
            std::future::pending().await
        }
        let change = self.0.next().await?;
        self.1 = change.key() == "trap";
        Ok(change)
    }
}

#[async_trait]
impl Defect for StopsAtTrap {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        Ok(Box::new(UntilTrap(kv.watch(bucket).await?, false)))
    }
}

struct Both(Box<dyn Changes>, Box<dyn Changes>);

#[async_trait]
impl Changes for Both {
    async fn next(&mut self) -> Result<Change> {
        tokio::select! {
            biased;
            change = self.0.next() => change,
            change = self.1.next() => change,
        }
    }
}

#[async_trait]
impl Defect for AllBuckets {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        let other = bucket.replace("default", "other");
        Ok(Box::new(Both(kv.watch(&other).await?, kv.watch(bucket).await?)))
    }
}

#[async_trait]
impl Defect for BinaryCounters {
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        telling(kv, bucket, |change| match change {
            Change::Set { key, value } => {
                let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse::<i64>().ok());
                vec![Change::Set { key, value: number.map_or(value, |number| number.to_le_bytes().into()) }]
            }
            deleted => vec![deleted],
        })
        .await
    }
}

#[async_trait]
impl Defect for MissesConditions {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        if matches!(condition, Condition::Version(_)) {
            lock(&self.silent).insert((bucket.to_owned(), key.to_owned()));
        }
        kv.delete(bucket, key, condition).await
    }
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        let (silent, place) = (self.silent.clone(), bucket.to_owned());
        telling(kv, bucket, move |change| match &change {
            Change::Deleted { key } if lock(&silent).remove(&(place.clone(), key.clone())) => Vec::new(),
            _ => vec![change],
        })
        .await
    }
}
