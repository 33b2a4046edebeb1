//! Lifetimes that go wrong. What a mutant must remember of a key stands in a second bucket, so that it expires, or not,
//! as the honest backend lets it.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version},
};

rows! {
    TtlIgnored "ttl-ignored" ["KVX-31", "KVX-36"] "A lifetime is taken and forgotten.";
    TtlLate "ttl-late" ["KVX-31"] "What has expired is swept every two seconds.";
    TtlInWholeSeconds "ttl-in-whole-seconds" ["KVX-30", "KVX-31"]
        "Lifetimes are cut to whole seconds, and less than one is none.";
    TtlOf32Bits "ttl-of-32-bits" ["KVX-37"] "Only the low 32 bits of a lifetime count.";
    SetKeepsTtl "set-keeps-ttl" ["KVX-33"] "A write without a lifetime keeps the old one.";
    BatchKeepsTtl "batch-keeps-ttl" ["KVX-33"] "`set-many` keeps lifetimes.";
    TtlOutlivesKey "ttl-outlives-key" ["KVX-33"] "A key that is written anew inherits the lifetime it was deleted with.";
    FirstTtlStays "first-ttl-stays" ["KVX-34"] "A key that has a lifetime gets no other.";
    ReadingExtends "reading-extends" ["KVX-32"] "Each read begins the lifetime anew.";
    RefusedPutExtends "refused-put-extends" ["KVX-13"] "A lifetime is set before the condition is looked at.";
    ExpiredIsListed "expired-is-listed" ["KVX-36"] "A listing shows keys until they are swept.";
    ExpiredExists "expired-exists" ["KVX-36"] "`exists` is true until a key is swept.";
    ExpiredIsInTheWay "expired-is-in-the-way" ["KVX-36"] "`absent` does not hold until a key is swept.";
}

/// Remembers the lifetime of a key, for as long as it lasts or for ever.
async fn remember(kv: &dyn KeyValue, bucket: &str, key: &str, ttl: Duration, for_ever: bool) -> Result<()> {
    let options = PutOptions { ttl: (!for_ever).then_some(ttl), ..PutOptions::default() };
    kv.put(&format!("{bucket}~ttl"), key, ttl.as_millis().to_string().as_bytes(), &options).await.map(drop)
}

/// What is remembered.
async fn remembered(kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Duration>> {
    let text = kv.get(&format!("{bucket}~ttl"), key).await?;
    Ok(text.and_then(|text| String::from_utf8(text).ok()?.parse().ok()).map(Duration::from_millis))
}

/// A put that remembers its lifetime.
async fn noted(
    kv: &dyn KeyValue,
    (b, k, v): (&str, &str, &[u8]),
    options: &PutOptions,
    for_ever: bool,
) -> Result<Version> {
    let version = kv.put(b, k, v, options).await?;
    if let Some(ttl) = options.ttl {
        remember(kv, b, k, ttl, for_ever).await?;
    }
    Ok(version)
}

#[async_trait]
impl Defect for TtlIgnored {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, v, &PutOptions { ttl: None, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for TtlLate {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(|ttl| ttl.saturating_add(Duration::from_secs(2)));
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for TtlInWholeSeconds {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(|ttl| Duration::from_secs(ttl.as_secs())).filter(|ttl| !ttl.is_zero());
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for TtlOf32Bits {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.map(|ttl| Duration::from_millis(ttl.as_millis() as u64 & u64::from(u32::MAX)));
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}

#[async_trait]
impl Defect for SetKeepsTtl {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.or(remembered(kv, b, k).await?);
        noted(kv, (b, k, v), &PutOptions { ttl, ..options.clone() }, false).await
    }
}

#[async_trait]
impl Defect for BatchKeepsTtl {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        noted(kv, (b, k, v), options, false).await
    }
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        for (key, value) in pairs {
            let ttl = remembered(kv, bucket, key).await?;
            kv.put(bucket, key, value, &PutOptions { ttl, ..PutOptions::default() }).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Defect for TtlOutlivesKey {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let inherited = if kv.exists(b, k).await? { None } else { remembered(kv, b, k).await? };
        noted(kv, (b, k, v), &PutOptions { ttl: options.ttl.or(inherited), ..options.clone() }, false).await
    }
}

#[async_trait]
impl Defect for FirstTtlStays {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let first = if options.ttl.is_some() { remembered(kv, b, k).await? } else { None };
        noted(kv, (b, k, v), &PutOptions { ttl: first.or(options.ttl), ..options.clone() }, false).await
    }
}

#[async_trait]
impl Defect for ReadingExtends {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let found = kv.get(bucket, key).await?;
        if let (Some(value), Some(ttl)) = (&found, remembered(kv, bucket, key).await?) {
            let options = PutOptions { ttl: Some(ttl), ..PutOptions::default() };
            noted(kv, (bucket, key, value), &options, false).await?;
        }
        Ok(found)
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        noted(kv, (b, k, v), options, false).await
    }
}

#[async_trait]
impl Defect for RefusedPutExtends {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if let (Some(_), Some(Entry { value, version })) = (options.ttl, kv.entry(b, k).await?) {
            let condition = Condition::Version(version);
            let touched = kv.put(b, k, &value, &PutOptions { condition: condition.clone(), ttl: options.ttl }).await?;
            if options.condition == condition {
                let options = PutOptions { condition: Condition::Version(touched), ttl: options.ttl };
                return kv.put(b, k, v, &options).await;
            }
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for ExpiredIsListed {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        noted(kv, (b, k, v), options, true).await
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        let unswept = kv.list(&format!("{b}~ttl"), p, None, limit).await?.keys;
        page.keys.extend(unswept.into_iter().filter(|_| c.is_none()));
        page.keys.sort();
        page.keys.dedup();
        Ok(page)
    }
}

#[async_trait]
impl Defect for ExpiredExists {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        noted(kv, (b, k, v), options, true).await
    }
    async fn exists(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<bool> {
        Ok(kv.exists(bucket, key).await? || remembered(kv, bucket, key).await?.is_some())
    }
}

#[async_trait]
impl Defect for ExpiredIsInTheWay {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if options.condition == Condition::Absent && remembered(kv, b, k).await?.is_some() {
            return Err(Error::new(Kind::Conflict, "the key is already there"));
        }
        noted(kv, (b, k, v), options, true).await
    }
}
