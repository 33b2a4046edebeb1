//! Key-value backends with one defect each, named after the bug they were seen as.

mod atomics;
mod batch;
pub(super) mod defect;
pub(super) mod errors;
mod fuzzed;
pub(super) mod glue;
mod listing;
mod names;
mod paging;
pub(super) mod plain;
pub(super) mod snapshot;
mod store;
pub(super) mod switch;
mod time;
mod versions;
mod watcher;

pub(super) use defect::{Defect, Defective};

use super::{Row, Shared, lock, rows};
use crate::host::stage::Tamper;
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version},
};

/// Every table of this seam.
pub(super) fn backends() -> Vec<Row> {
    let own = [rows(), store::rows(), names::rows(), paging::rows(), batch::rows()];
    let tables = [atomics::rows(), time::rows(), versions::rows(), listing::rows(), watcher::rows(), fuzzed::rows()];
    own.into_iter().chain(tables).flatten().collect()
}

struct Cut<D>(D);

impl<D: Defect + Clone + 'static> Tamper for Cut<D> {
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(Defective::new(honest, self.0.clone()))
    }
}

rows! {
    EmptyIsMissing "empty-is-missing" ["KV-STORE-S06"] "An empty value reads as an absent key.";
    KeepsTail "keeps-tail" ["KV-STORE-07"] "A shorter value leaves the tail of the longer one.";
    CutsAtNul "cuts-at-nul" ["KV-STORE-04"] "A value ends at its first NUL.";
    Cuts64KiB "cuts-64-kib" ["KV-STORE-04"] "A value is cut after 64 KiB.";
    DeleteMissingFails "delete-missing-fails" ["KV-STORE-09"] "Deleting an absent key is an error.";
    ExistsForgetsDelete "exists-forgets-delete" ["KV-STORE-10"] "Every key that was ever asked for exists.";
    LastPageMissing "last-page-missing" ["KV-STORE-12"] "The last page of several is lost.";
    EchoesCursor "echoes-cursor" ["KV-STORE-12"] "A listing answers a cursor with the same cursor, for ever.";
    IgnoresBucket "ignores-bucket" ["KV-STORE-21"] "All buckets are one.";
    FoldsCase "folds-case" ["KV-STORE-S04"] "Keys are folded to lower case.";
    TidiesPaths "tidies-paths" ["KV-STORE-S05"] "Keys are tidied as if they were paths.";
    LosesIncrement "loses-increment" ["KV-ATOM-03"] "Increment reads, waits, and writes.";
    CountsFromZero "counts-from-zero" ["KV-ATOM-06"] "A value that is not a counter counts as zero.";
    Saturates "saturates" ["KV-ATOM-07"] "A counter stops at its bounds without an error.";
    PanicsOnText "panics-on-text" ["KV-ATOM-06"] "A value that is not a counter panics the host.";
    SwapIgnoresVersion "swap-ignores-version" ["KV-ATOM-11"] "A swap writes whatever happened since.";
    SwapOverwritesNew "swap-overwrites-new" ["KV-ATOM-15"] "A key created meanwhile is overwritten.";
    BlindToAba "blind-to-aba" ["KV-ATOM-S02", "KVX-06"] "A version is a digest of the value alone.";
    ManyDropsMissing "many-drops-missing" ["KV-BATCH-02"] "Absent keys leave no place in the result.";
    ManyReversed "many-reversed" ["KV-BATCH-03"] "Results come in the opposite order.";
    SetManyOnlyFirst "set-many-only-first" ["KV-BATCH-05"] "Only the first pair is written.";
    TtlInSeconds "ttl-in-seconds" ["KVX-31"] "Milliseconds are taken for seconds.";
    TtlTooShort "ttl-too-short" ["KVX-30"] "Keys live half as long as asked.";
    ConflictIsOther "conflict-is-other" ["KVX-13"] "A condition that does not hold is `other`.";
    PrefixAnywhere "prefix-anywhere" ["KVX-40"] "A prefix matches in the middle of a key as well.";
    IgnoresLimit "ignores-limit" ["KVX-41"] "A page is longer than its limit.";
}

#[async_trait]
impl Defect for EmptyIsMissing {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(kv.get(bucket, key).await?.filter(|value| !value.is_empty()))
    }
}

#[async_trait]
impl Defect for KeepsTail {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let mut whole = kv.get(b, k).await?.unwrap_or_default();
        whole.splice(..v.len().min(whole.len()), v.iter().copied());
        kv.put(b, k, &whole, options).await
    }
}

#[async_trait]
impl Defect for CutsAtNul {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let text = v.split(|byte| *byte == 0).next().unwrap_or_default();
        kv.put(b, k, text, options).await
    }
}

#[async_trait]
impl Defect for Cuts64KiB {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, &v[..v.len().min(64 << 10)], options).await
    }
}

#[async_trait]
impl Defect for DeleteMissingFails {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        if kv.delete(bucket, key, condition).await? { Ok(true) } else { Err(Error::new(Kind::Other, "no such key")) }
    }
}

#[async_trait]
impl Defect for ExistsForgetsDelete {
    async fn exists(&self, _: &dyn KeyValue, _: &str, _: &str) -> Result<bool> {
        Ok(true)
    }
}

#[async_trait]
impl Defect for LastPageMissing {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        Ok(if c.is_some() && page.cursor.is_none() { Page::default() } else { page })
    }
}

#[async_trait]
impl Defect for EchoesCursor {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        Ok(Page { cursor: c.map(Into::into).or(page.cursor), ..page })
    }
}

#[async_trait]
impl Defect for IgnoresBucket {
    fn bucket<'a>(&self, bucket: &'a str) -> &'a str {
        // Deployments stay apart; the buckets of one do not.
        bucket.rsplit_once('-').map_or(bucket, |(deployment, _)| deployment)
    }
}

#[async_trait]
impl Defect for FoldsCase {
    fn key(&self, key: &str) -> String {
        key.to_lowercase()
    }
}

#[async_trait]
impl Defect for TidiesPaths {
    fn key(&self, key: &str) -> String {
        key.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
    }
}

#[async_trait]
impl Defect for LosesIncrement {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let stored = kv.get(bucket, key).await?;
        let sum = wasi_cloud_core::keyvalue::add_to_counter(stored.as_deref(), delta)?;
        tokio::task::yield_now().await;
        kv.put(bucket, key, sum.to_string().as_bytes(), &PutOptions::default()).await?;
        Ok(sum)
    }
}

#[async_trait]
impl Defect for CountsFromZero {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        match kv.increment(bucket, key, delta).await {
            Err(e) if e.kind == Kind::Other && e.message.contains("not a counter") => {
                kv.put(bucket, key, delta.to_string().as_bytes(), &PutOptions::default()).await.map(|_| delta)
            }
            done => done,
        }
    }
}

#[async_trait]
impl Defect for Saturates {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let current = kv.increment(bucket, key, 0).await?;
        kv.increment(bucket, key, current.saturating_add(delta).saturating_sub(current)).await
    }
}

#[async_trait]
impl Defect for PanicsOnText {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let stored = kv.get(bucket, key).await?.unwrap_or_else(|| b"0".into());
        assert!(stored.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'), "a counter has 8 bytes");
        kv.increment(bucket, key, delta).await
    }
}

#[async_trait]
impl Defect for SwapIgnoresVersion {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        match options.condition {
            Condition::Version(_) => kv.put(b, k, v, &PutOptions { ttl: options.ttl, ..PutOptions::default() }).await,
            _ => kv.put(b, k, v, options).await,
        }
    }
}

#[async_trait]
impl Defect for SwapOverwritesNew {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        match options.condition {
            Condition::Absent => kv.put(b, k, v, &PutOptions { ttl: options.ttl, ..PutOptions::default() }).await,
            _ => kv.put(b, k, v, options).await,
        }
    }
}

#[async_trait]
impl Defect for BlindToAba {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let entry = kv.entry(bucket, key).await?;
        Ok(entry.map(|entry| Entry { version: digest(&entry.value), ..entry }))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let condition = match (&options.condition, kv.entry(b, k).await?) {
            (Condition::Version(asked), Some(now)) if digest(&now.value) == *asked => Condition::Version(now.version),
            (asked, _) => asked.clone(),
        };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await.map(|_| digest(v))
    }
}

fn digest(value: &[u8]) -> Version {
    Version(format!("{:?}", value.iter().take(64).collect::<Vec<_>>()))
}

#[async_trait]
impl Defect for ManyDropsMissing {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        Ok(kv.get_many(bucket, keys).await?.into_iter().filter(Option::is_some).collect())
    }
}

#[async_trait]
impl Defect for ManyReversed {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        Ok(kv.get_many(bucket, keys).await?.into_iter().rev().collect())
    }
}

#[async_trait]
impl Defect for SetManyOnlyFirst {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        kv.set_many(bucket, &pairs[..pairs.len().min(1)]).await
    }
}

#[async_trait]
impl Defect for TtlInSeconds {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(|ttl| ttl.saturating_mul(1000));
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for TtlTooShort {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(|ttl| (ttl / 2).max(Duration::from_millis(1)));
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for ConflictIsOther {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, v, options).await.map_err(|error| match error.kind {
            Kind::Conflict => Error::new(Kind::Other, error.message),
            _ => error,
        })
    }
}

#[async_trait]
impl Defect for PrefixAnywhere {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, "", c, limit).await?;
        page.keys.retain(|key| key.contains(p));
        Ok(page)
    }
}

#[async_trait]
impl Defect for IgnoresLimit {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, _: Option<usize>) -> Result<Page> {
        kv.list(b, p, c, None).await
    }
}
