//! Values and entries that are lost, changed, kept or invented.

use super::*;
use std::collections::BTreeSet;
use wasi_cloud_core::keyvalue::MAX_PAGE;

rows! {
    RepairsText "repairs-text" ["KV-STORE-04"] "A value passes through a string, which repairs what is not UTF-8.";
    TrimsValues "trims-values" ["KV-STORE-04"] "White space at a value's ends is trimmed.";
    ReadsNumbers "reads-numbers" ["KV-STORE-04"] "A value that looks like a number is stored as one.";
    LosesWholeBlocks "loses-whole-blocks" ["KV-STORE-04"] "A value of whole blocks of 64 KiB loses the last of them.";
    DropsMark "drops-mark" ["KV-STORE-04"] "A byte order mark is no part of a value.";
    ReformatsJson "reformats-json" ["KV-STORE-04"] "A value that is JSON is parsed and written anew.";
    UnescapesValues "unescapes-values" ["KV-STORE-04"] "Values are decoded as if they came in a URL.";
    WritesInPlace "writes-in-place" ["KV-STORE-07"] "A value has no more room than the one that it replaces.";
    KeysAreFiles "keys-are-files" ["KV-STORE-06"] "A key is a file, and what stands before its slash is a folder.";
    MissingIsError "missing-is-error" ["KV-STORE-05"] "To read an absent key is an error.";
    Buried { graves: Shared<BTreeSet<(String, String)>> } "deleted-for-ever" ["KV-STORE-06"]
        "A key that was deleted cannot be written again: its grave is newer.";
    OneDocument "one-document" ["KV-STORE-06"]
        "A bucket is one document, read and written back as a whole: what others write in between is lost.";
    DeleteEmpties "delete-empties" ["KV-STORE-08"] "A deleted key keeps an empty value.";
    CacheForgetsDelete { cache: Shared<BTreeMap<(String, String), Vec<u8>>> } "cache-forgets-delete"
        ["KV-STORE-08", "KV-STORE-17", "KV-STORE-18"] "Values are cached, and a delete does not reach the cache.";
    WritesInHalves "writes-in-halves" ["KV-STORE-20"] "A long value is written in two steps, and readers see the first.";
    ExpiresUnasked "expires-unasked" ["KV-STORE-S13"] "Every key goes after a second, as from a cache.";
}

#[async_trait]
impl Defect for RepairsText {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, String::from_utf8_lossy(v).as_bytes(), options).await
    }
}

#[async_trait]
impl Defect for TrimsValues {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, v.trim_ascii(), options).await
    }
}

#[async_trait]
impl Defect for DropsMark {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, v.strip_prefix(b"\xef\xbb\xbf").unwrap_or(v), options).await
    }
}

#[async_trait]
impl Defect for ReformatsJson {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let json = serde_json::from_slice::<serde_json::Value>(v).map(|json| json.to_string().into_bytes());
        kv.put(b, k, json.as_deref().unwrap_or(v), options).await
    }
}

#[async_trait]
impl Defect for UnescapesValues {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, &percent_encoding::percent_decode(v).collect::<Vec<_>>(), options).await
    }
}

#[async_trait]
impl Defect for WritesInPlace {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let room = kv.get(b, k).await?.map_or(v.len(), |old| old.len());
        kv.put(b, k, &v[..v.len().min(room)], options).await
    }
}

#[async_trait]
impl Defect for KeysAreFiles {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let is_folder = !kv.list(b, &format!("{k}/"), None, Some(1)).await?.keys.is_empty();
        for (at, _) in k.match_indices('/') {
            if kv.exists(b, &k[..at]).await? {
                return Err(Error::new(Kind::Other, "not a folder"));
            }
        }
        if is_folder { Err(Error::new(Kind::Other, "is a folder")) } else { kv.put(b, k, v, options).await }
    }
}

#[async_trait]
impl Defect for ReadsNumbers {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let number = |value: &[u8]| std::str::from_utf8(value).ok()?.parse::<f64>().ok();
        let value = kv.get(bucket, key).await?;
        Ok(value.map(|value| number(&value).map_or(value, |number| number.to_string().into_bytes())))
    }
}

#[async_trait]
impl Defect for LosesWholeBlocks {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let mut value = kv.get(bucket, key).await?;
        if let Some(value) = value.as_mut().filter(|value| value.len() % (64 << 10) == 0) {
            value.truncate(value.len().saturating_sub(64 << 10));
        }
        Ok(value)
    }
}

#[async_trait]
impl Defect for MissingIsError {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        kv.get(bucket, key).await?.map(Some).ok_or_else(|| Error::new(Kind::Other, "no such key"))
    }
}

#[async_trait]
impl Defect for Buried {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let was_there = kv.delete(bucket, key, condition).await?;
        lock(&self.graves).insert((bucket.to_owned(), key.to_owned()));
        Ok(was_there)
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if lock(&self.graves).contains(&(b.to_owned(), k.to_owned())) {
            return Ok(Version("grave".into()));
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for OneDocument {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let document = kv.list(b, "", None, Some(MAX_PAGE)).await?.keys;
        tokio::task::yield_now().await;
        for key in kv.list(b, "", None, Some(MAX_PAGE)).await?.keys {
            if !document.contains(&key) {
                kv.delete(b, &key, &Condition::Always).await?;
            }
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for DeleteEmpties {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let options = PutOptions { condition: condition.clone(), ttl: None };
        let was_there = kv.exists(bucket, key).await?;
        if was_there {
            kv.put(bucket, key, b"", &options).await?;
        }
        Ok(was_there)
    }
}

#[async_trait]
impl Defect for CacheForgetsDelete {
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let cached = lock(&self.cache).get(&(bucket.to_owned(), key.to_owned())).cloned();
        if cached.is_some() { Ok(cached) } else { kv.get(bucket, key).await }
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let version = kv.put(b, k, v, options).await?;
        lock(&self.cache).insert((b.to_owned(), k.to_owned()), v.to_vec());
        Ok(version)
    }
}

#[async_trait]
impl Defect for WritesInHalves {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if v.len() >= 4096 && options.condition == Condition::Always {
            kv.put(b, k, &v[..v.len() / 2], options).await?;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for ExpiresUnasked {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let ttl = options.ttl.or(Some(Duration::from_secs(1)));
        kv.put(b, k, v, &PutOptions { ttl, ..options.clone() }).await
    }
}
