//! Versions and conditions that go wrong.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Condition, Entry, KeyValue, PutOptions, Version},
};

rows! {
    VersionOfBucket "version-of-bucket" ["KVX-03", "KVX-12", "KVX-22"]
        "A version is the bucket's: a write of any key ends it.";
    SameBytesSameVersion "same-bytes-same-version" ["KVX-05", "KVX-51"] "A write of the same bytes is left out.";
    ReadingChangesVersion "reading-changes-version" ["KVX-03", "KVX-08", "KV-ATOM-10"]
        "Each look at a version makes a new one.";
    RefusedPutChangesVersion "refused-put-changes-version" ["KVX-13"] "A put that is refused makes a new version.";
    PutSaysTheOldVersion "put-says-the-old-version" ["KVX-15"] "`put` returns the version that it replaced.";
    IncrementKeepsVersion "increment-keeps-version" ["KVX-51"] "An increment leaves the version as it was.";
    TrimsVersions "trims-versions" ["KVX-04", "KVX-13"] "Blanks around a version do not count.";
    VersionCreates "version-creates" ["KVX-14"] "An absent key has every version.";
    DeleteIgnoresVersion "delete-ignores-version" ["KVX-23"] "`delete` takes no notice of its condition.";
    DeleteAlwaysTrue "delete-always-true" ["KVX-21"] "`delete` says that there was a key.";
    DeleteAlwaysFalse "delete-always-false" ["KVX-20", "KVX-22"] "`delete` says that there was no key.";
    AlwaysMeansAbsent "always-means-absent" ["KVX-10"] "`put` does not replace a value.";
    AbsentFails "absent-fails" ["KVX-11"] "`put` of an absent key with `absent` is refused.";
    TearsEntries "tears-entries" ["KVX-01"] "Value and version are read one after the other.";
    CountsOwnWrites "counts-own-writes" ["KVX-07"] "A version counts the host's own writes and nothing else.";
}

fn conflict() -> Error {
    Error::new(Kind::Conflict, "the condition does not hold")
}

const EVERY: &str = "every key";

#[async_trait]
impl Defect for VersionOfBucket {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let last = kv.entry(&format!("{bucket}~version"), EVERY).await?;
        let entry = kv.entry(bucket, key).await?;
        Ok(entry.zip(last).map(|(entry, last)| Entry { version: last.version, ..entry }))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let all = format!("{b}~version");
        let condition = match (&options.condition, kv.entry(&all, EVERY).await?, kv.entry(b, k).await?) {
            (Condition::Version(asked), Some(last), Some(now)) if *asked == last.version => {
                Condition::Version(now.version)
            }
            (asked, ..) => asked.clone(),
        };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await?;
        kv.put(&all, EVERY, b"", &PutOptions::default()).await
    }
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let last = kv.entry(&format!("{bucket}~version"), EVERY).await?;
        match condition {
            Condition::Version(asked) if last.is_none_or(|last| last.version != *asked) => Err(conflict()),
            _ => kv.delete(bucket, key, &Condition::Always).await,
        }
    }
}

#[async_trait]
impl Defect for SameBytesSameVersion {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        match (&options.condition, kv.entry(b, k).await?) {
            (Condition::Always, Some(entry)) if entry.value == v && options.ttl.is_none() => Ok(entry.version),
            _ => kv.put(b, k, v, options).await,
        }
    }
}

#[async_trait]
impl Defect for ReadingChangesVersion {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let Some(entry) = kv.entry(bucket, key).await? else { return Ok(None) };
        let condition = Condition::Version(entry.version.clone());
        let version = kv.put(bucket, key, &entry.value, &PutOptions { condition, ttl: None }).await?;
        Ok(Some(Entry { version, ..entry }))
    }
}

#[async_trait]
impl Defect for RefusedPutChangesVersion {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let done = kv.put(b, k, v, options).await;
        if let (Err(_), Some(entry)) = (&done, kv.entry(b, k).await?) {
            kv.put(b, k, &entry.value, &PutOptions::default()).await?;
        }
        done
    }
}

#[async_trait]
impl Defect for PutSaysTheOldVersion {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let old = kv.entry(b, k).await?;
        let new = kv.put(b, k, v, options).await?;
        Ok(old.map_or(new, |old| old.version))
    }
}

#[async_trait]
impl Defect for IncrementKeepsVersion {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let old = self.entry(kv, bucket, key).await?;
        let sum = kv.increment(bucket, key, delta).await?;
        if let (Some(old), Some(new)) = (old, kv.entry(bucket, key).await?) {
            let names = format!("{bucket}~version");
            kv.put(&names, &new.version.0, old.version.0.as_bytes(), &PutOptions::default()).await?;
        }
        Ok(sum)
    }
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let Some(entry) = kv.entry(bucket, key).await? else { return Ok(None) };
        let kept = kv.get(&format!("{bucket}~version"), &entry.version.0).await?;
        let version = kept.and_then(|kept| String::from_utf8(kept).ok()).map_or(entry.version, Version);
        Ok(Some(Entry { version, ..entry }))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let condition = match (&options.condition, self.entry(kv, b, k).await?, kv.entry(b, k).await?) {
            (Condition::Version(asked), Some(shown), Some(now)) if *asked == shown.version => {
                Condition::Version(now.version)
            }
            (asked, ..) => asked.clone(),
        };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await
    }
}

#[async_trait]
impl Defect for TrimsVersions {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let condition = match &options.condition {
            Condition::Version(version) => Condition::Version(Version(version.0.trim().to_owned())),
            other => other.clone(),
        };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await
    }
}

#[async_trait]
impl Defect for VersionCreates {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let creates = matches!(options.condition, Condition::Version(_)) && !kv.exists(b, k).await?;
        let condition = if creates { Condition::Absent } else { options.condition.clone() };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await
    }
}

#[async_trait]
impl Defect for DeleteIgnoresVersion {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, _: &Condition) -> Result<bool> {
        kv.delete(bucket, key, &Condition::Always).await
    }
}

#[async_trait]
impl Defect for DeleteAlwaysTrue {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        kv.delete(bucket, key, condition).await.map(|_| true)
    }
}

#[async_trait]
impl Defect for DeleteAlwaysFalse {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        kv.delete(bucket, key, condition).await.map(|_| false)
    }
}

#[async_trait]
impl Defect for AlwaysMeansAbsent {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        match (&options.condition, kv.entry(b, k).await?) {
            (Condition::Always, Some(old)) => Ok(old.version),
            _ => kv.put(b, k, v, options).await,
        }
    }
}

#[async_trait]
impl Defect for AbsentFails {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if options.condition == Condition::Absent { Err(conflict()) } else { kv.put(b, k, v, options).await }
    }
}

#[async_trait]
impl Defect for TearsEntries {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let early = kv.entry(bucket, key).await?;
        tokio::task::yield_now().await;
        let late = kv.entry(bucket, key).await?;
        Ok(early.zip(late).map(|(early, late)| Entry { value: early.value, version: late.version }))
    }
}

/// The version without the digest of the value that some stores put behind the count.
fn count(version: &Version) -> Version {
    let is_digest = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let counted = version.0.rsplit_once('-').filter(|(_, digest)| is_digest(digest));
    Version(counted.map_or(&*version.0, |(count, _)| count).to_owned())
}

#[async_trait]
impl Defect for CountsOwnWrites {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(kv.entry(bucket, key).await?.map(|entry| Entry { version: count(&entry.version), ..entry }))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let condition = match (&options.condition, kv.entry(b, k).await?) {
            (Condition::Version(asked), Some(now)) if *asked == count(&now.version) => Condition::Version(now.version),
            (asked, _) => asked.clone(),
        };
        kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await.map(|version| count(&version))
    }
}
