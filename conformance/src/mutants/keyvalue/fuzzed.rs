//! What no case was written for until `fuzz` found it: functions that disagree about what another one has done.

use super::*;
use std::collections::BTreeSet;

type Key = (String, String);

fn named(bucket: &str, key: &str) -> Key {
    (bucket.to_owned(), key.to_owned())
}

rows! {
    CountsOn { left: Shared<BTreeMap<Key, i64>> } "delete-many-leaves-counts" ["KV-BATCH-08"]
        "A counter that `delete-many` removed goes on from where it was.";
    StaleIndex { gone: Shared<BTreeSet<Key>> } "set-many-misses-the-index" ["KV-STORE-12"]
        "What `delete-many` took off an index `set-many` does not bring back to it.";
    EmptyIsUnseen { empty: Shared<BTreeSet<Key>> } "set-many-hides-empty" ["KV-STORE-10"]
        "`exists` passes over an empty value that `set-many` wrote.";
}

#[async_trait]
impl Defect for CountsOn {
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let left = lock(&self.left).remove(&named(bucket, key)).unwrap_or_default();
        kv.increment(bucket, key, delta.saturating_add(left)).await
    }
    async fn delete_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<()> {
        for key in keys {
            let value = kv.get(bucket, key).await?;
            let number = value.and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok());
            number.and_then(|number| lock(&self.left).insert(named(bucket, key), number));
        }
        kv.delete_many(bucket, keys).await
    }
}

#[async_trait]
impl Defect for StaleIndex {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        lock(&self.gone).remove(&named(b, k));
        kv.put(b, k, v, options).await
    }
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        lock(&self.gone).remove(&named(bucket, key));
        kv.increment(bucket, key, delta).await
    }
    async fn delete_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<()> {
        lock(&self.gone).extend(keys.iter().map(|key| named(bucket, key)));
        kv.delete_many(bucket, keys).await
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        page.keys.retain(|key| !lock(&self.gone).contains(&named(b, key)));
        Ok(page)
    }
}

#[async_trait]
impl Defect for EmptyIsUnseen {
    async fn exists(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<bool> {
        Ok(kv.exists(bucket, key).await? && !lock(&self.empty).contains(&named(bucket, key)))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        lock(&self.empty).remove(&named(b, k));
        kv.put(b, k, v, options).await
    }
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        for (key, value) in pairs {
            let (mut empty, key) = (lock(&self.empty), named(bucket, key));
            if value.is_empty() {
                empty.insert(key)
            } else {
                empty.remove(&key)
            };
        }
        kv.set_many(bucket, pairs).await
    }
}
