//! Counters and snapshots that go wrong.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version},
};

rows! {
    StartsAtOne "starts-at-one" ["KV-ATOM-01"] "The first increment makes a 1, whatever was to be added.";
    ReturnsTheOld "returns-the-old" ["KV-ATOM-01", "KV-ATOM-02"] "Increment returns the number before it.";
    Concatenates "concatenates" ["KV-ATOM-02"] "1 and 1 are 11.";
    CountsInFloats "counts-in-floats" ["KV-ATOM-02"] "A counter is a float, and from 2^53 on it is rounded.";
    RefusesNegative "refuses-negative" ["KV-ATOM-05"] "A counter counts up only.";
    ZeroCreatesNothing "zero-creates-nothing" ["KV-ATOM-S05"] "An increment by 0 writes nothing.";
    Wraps "wraps" ["KV-ATOM-04", "KV-ATOM-07"] "A counter that overflows goes on from the other end.";
    OverflowLeavesTheBound "overflow-leaves-the-bound" ["KV-ATOM-04"] "A refused increment leaves the bound behind.";
    KeepsDeletedCounters "keeps-deleted-counters" ["KV-ATOM-01", "KV-ATOM-04"]
        "Counters are kept beside the values, and neither `delete` nor `set` reaches them.";
    HidesCounters "hides-counters" ["KV-ATOM-S07"] "A listing leaves counters out.";
    CountsInBytes "counts-in-bytes" ["KV-ATOM-S03"] "A counter is stored as eight bytes.";
    SnapshotCreates "snapshot-creates" ["KV-ATOM-08", "KVX-02"] "A snapshot of an absent key makes an empty one.";
    SnapshotNeedsAKey "snapshot-needs-a-key" ["KV-ATOM-08", "KVX-02"] "A snapshot of an absent key is an error.";
    AbsentIsEmpty "absent-is-empty" ["KV-ATOM-09", "KV-ATOM-14"] "A snapshot shows an absent key as an empty value.";
    SwapIsTwoSteps "swap-is-two-steps" ["KV-ATOM-11"] "A swap compares, waits, and writes.";
    CreationIsTwoSteps "creation-is-two-steps" ["KV-ATOM-15", "KVX-16"] "A creation looks, waits, and writes.";
}

fn always(options: &PutOptions) -> PutOptions {
    PutOptions { condition: Condition::Always, ttl: options.ttl }
}

fn conflict() -> Error {
    Error::new(Kind::Conflict, "another writer came first")
}

/// The number behind a key, 0 if there is none.
async fn number(kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<i64>> {
    let text = kv.get(bucket, key).await?.map(String::from_utf8);
    let refused = || Error::new(Kind::Other, "the value is not a counter");
    text.map(|text| text.ok().and_then(|text| text.parse().ok()).ok_or_else(refused)).transpose()
}

async fn store(kv: &dyn KeyValue, bucket: &str, key: &str, number: i64) -> Result<i64> {
    kv.put(bucket, key, number.to_string().as_bytes(), &PutOptions::default()).await.map(|_| number)
}

#[async_trait]
impl Defect for StartsAtOne {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let delta = if kv.exists(bucket, key).await? { delta } else { 1 };
        kv.increment(bucket, key, delta).await
    }
}

#[async_trait]
impl Defect for ReturnsTheOld {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        Ok(kv.increment(bucket, key, delta).await?.wrapping_sub(delta))
    }
}

#[async_trait]
impl Defect for Concatenates {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let Some(old) = number(kv, bucket, key).await?.filter(|_| delta >= 0) else {
            return kv.increment(bucket, key, delta).await;
        };
        let long = || Error::new(Kind::Other, "the number is too long");
        store(kv, bucket, key, format!("{old}{delta}").parse().map_err(|_| long())?).await
    }
}

#[async_trait]
impl Defect for CountsInFloats {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let exact = kv.increment(bucket, key, delta).await?;
        let rounded = exact as f64 as i64;
        if rounded == exact { Ok(exact) } else { store(kv, bucket, key, rounded).await }
    }
}

#[async_trait]
impl Defect for RefusesNegative {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        if delta < 0 {
            return Err(Error::new(Kind::Other, "a counter cannot count down"));
        }
        kv.increment(bucket, key, delta).await
    }
}

#[async_trait]
impl Defect for ZeroCreatesNothing {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        if delta == 0 && !kv.exists(bucket, key).await? {
            return Ok(0);
        }
        kv.increment(bucket, key, delta).await
    }
}

#[async_trait]
impl Defect for Wraps {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        match number(kv, bucket, key).await? {
            Some(old) if old.checked_add(delta).is_none() => store(kv, bucket, key, old.wrapping_add(delta)).await,
            _ => kv.increment(bucket, key, delta).await,
        }
    }
}

#[async_trait]
impl Defect for OverflowLeavesTheBound {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let done = kv.increment(bucket, key, delta).await;
        if done.is_err() && number(kv, bucket, key).await.is_ok() {
            store(kv, bucket, key, 0).await?;
        }
        done
    }
}

#[async_trait]
impl Defect for KeepsDeletedCounters {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let sum = kv.increment(&format!("{bucket}~counters"), key, delta).await?;
        store(kv, bucket, key, sum).await
    }
}

#[async_trait]
impl Defect for HidesCounters {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        store(kv, &format!("{bucket}~counters"), key, 0).await?;
        kv.increment(bucket, key, delta).await
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        let counters = kv.get_many(&format!("{b}~counters"), &page.keys).await?;
        let mut counters = counters.into_iter();
        page.keys.retain(|_| counters.next().flatten().is_none());
        Ok(page)
    }
}

#[async_trait]
impl Defect for CountsInBytes {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let refused = |why: &str| Error::new(Kind::Other, why);
        let old = match kv.get(bucket, key).await? {
            Some(bytes) => i64::from_be_bytes(bytes.try_into().map_err(|_| refused("the value is not a counter"))?),
            None => 0,
        };
        let sum = old.checked_add(delta).ok_or_else(|| refused("the counter would overflow"))?;
        kv.put(bucket, key, &sum.to_be_bytes(), &PutOptions::default()).await.map(|_| sum)
    }
}

#[async_trait]
impl Defect for SnapshotCreates {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        if !kv.exists(bucket, key).await? {
            kv.put(bucket, key, b"", &PutOptions::default()).await?;
        }
        kv.entry(bucket, key).await
    }
}

#[async_trait]
impl Defect for SnapshotNeedsAKey {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let entry = kv.entry(bucket, key).await?;
        entry.map(Some).ok_or_else(|| Error::new(Kind::Other, "the key was not found"))
    }
}

#[async_trait]
impl Defect for AbsentIsEmpty {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let entry = kv.entry(bucket, key).await?;
        Ok(Some(entry.unwrap_or_else(|| Entry { value: Vec::new(), version: Version("0".into()) })))
    }
}

#[async_trait]
impl Defect for SwapIsTwoSteps {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let Condition::Version(asked) = &options.condition else { return kv.put(b, k, v, options).await };
        let now = kv.entry(b, k).await?;
        tokio::task::yield_now().await;
        if now.is_none_or(|entry| entry.version != *asked) {
            return Err(conflict());
        }
        kv.put(b, k, v, &always(options)).await
    }
}

#[async_trait]
impl Defect for CreationIsTwoSteps {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if options.condition != Condition::Absent {
            return kv.put(b, k, v, options).await;
        }
        let there = kv.exists(b, k).await?;
        tokio::task::yield_now().await;
        if there { Err(conflict()) } else { kv.put(b, k, v, &always(options)).await }
    }
}
