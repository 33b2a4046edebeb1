use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Description, Result,
    keyvalue::{Changes, Condition, Entry, KeyValue, Page, PutOptions, Version},
};

/// One defect: whatever is not overridden is honest.
#[async_trait]
pub(in crate::mutants) trait Defect: Send + Sync {
    /// What is said to be offered.
    fn offers(&self, honest: &Description) -> Description {
        honest.clone()
    }
    /// Which bucket is meant.
    fn bucket<'a>(&self, bucket: &'a str) -> &'a str {
        bucket
    }
    /// Which key is meant.
    fn key(&self, key: &str) -> String {
        key.to_owned()
    }
    async fn open(&self, kv: &dyn KeyValue, bucket: &str) -> Result<()> {
        kv.open(bucket).await
    }
    async fn get(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        kv.get(bucket, key).await
    }
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        kv.entry(bucket, key).await
    }
    async fn exists(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<bool> {
        kv.exists(bucket, key).await
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        kv.put(b, k, v, options).await
    }
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        kv.delete(bucket, key, condition).await
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        kv.list(b, p, c, limit).await
    }
    async fn increment(&self, kv: &dyn KeyValue, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        kv.increment(bucket, key, delta).await
    }
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        kv.get_many(bucket, keys).await
    }
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        kv.set_many(bucket, pairs).await
    }
    async fn delete_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<()> {
        kv.delete_many(bucket, keys).await
    }
    async fn watch(&self, kv: &dyn KeyValue, bucket: &str) -> Result<Box<dyn Changes>> {
        kv.watch(bucket).await
    }
}

/// An honest backend behind one defect.
pub(in crate::mutants) struct Defective<D> {
    honest: Arc<dyn KeyValue>,
    defect: D,
    offered: Description,
}

impl<D: Defect> Defective<D> {
    pub fn new(honest: Arc<dyn KeyValue>, defect: D) -> Self {
        let offered = defect.offers(honest.describe());
        Self { honest, defect, offered }
    }

    fn keys(&self, keys: &[String]) -> Vec<String> {
        keys.iter().map(|key| self.defect.key(key)).collect()
    }
}

#[async_trait]
impl<D: Defect + 'static> KeyValue for Defective<D> {
    fn describe(&self) -> &Description {
        &self.offered
    }
    async fn open(&self, b: &str) -> Result<()> {
        self.defect.open(&*self.honest, self.defect.bucket(b)).await
    }
    async fn get(&self, b: &str, k: &str) -> Result<Option<Vec<u8>>> {
        self.defect.get(&*self.honest, self.defect.bucket(b), &self.defect.key(k)).await
    }
    async fn entry(&self, b: &str, k: &str) -> Result<Option<Entry>> {
        self.defect.entry(&*self.honest, self.defect.bucket(b), &self.defect.key(k)).await
    }
    async fn exists(&self, b: &str, k: &str) -> Result<bool> {
        self.defect.exists(&*self.honest, self.defect.bucket(b), &self.defect.key(k)).await
    }
    async fn put(&self, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        self.defect.put(&*self.honest, self.defect.bucket(b), &self.defect.key(k), v, options).await
    }
    async fn delete(&self, b: &str, k: &str, condition: &Condition) -> Result<bool> {
        self.defect.delete(&*self.honest, self.defect.bucket(b), &self.defect.key(k), condition).await
    }
    async fn list(&self, b: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        self.defect.list(&*self.honest, self.defect.bucket(b), prefix, cursor, limit).await
    }
    async fn increment(&self, b: &str, k: &str, delta: i64) -> Result<i64> {
        self.defect.increment(&*self.honest, self.defect.bucket(b), &self.defect.key(k), delta).await
    }
    async fn get_many(&self, b: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        self.defect.get_many(&*self.honest, self.defect.bucket(b), &self.keys(keys)).await
    }
    async fn set_many(&self, b: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (self.defect.key(key), value.clone())).collect();
        self.defect.set_many(&*self.honest, self.defect.bucket(b), &pairs).await
    }
    async fn delete_many(&self, b: &str, keys: &[String]) -> Result<()> {
        self.defect.delete_many(&*self.honest, self.defect.bucket(b), &self.keys(keys)).await
    }
    async fn watch(&self, b: &str) -> Result<Box<dyn Changes>> {
        self.defect.watch(&*self.honest, self.defect.bucket(b)).await
    }
}
