//! A host whose versions are counted in rows, which a `delete` of the standard drops: seen by the extension alone, for a
//! snapshot holds something else. Where a call comes from is known to the glue, and what it does to a version to the backend.

use super::{Defect, Defective};
use crate::{
    host::{embedded::Linker, stage::Tamper},
    mutants::{
        Row, Shared,
        glue::{ATOMICS, STORE, shadow, told},
        lock,
    },
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};
use wasi_cloud_core::{
    Result,
    keyvalue::{Bucket, Condition, Entry, KeyValue, PutOptions, Version},
};
use wasi_cloud_wasmtime::bindings::wasi::keyvalue::{atomics::HostCas, store::HostBucket};
use wasmtime::component::Resource;

pub(in crate::mutants) fn rows() -> Vec<Row> {
    vec![Row {
        name: "glue-plain-delete-drops-versions",
        bug: "A standard `delete` drops the row that versions are counted in, and the next row begins with the first again.",
        clauses: &["KVX-06"],
        tamper: Arc::new(DropsRows::default()),
    }]
}

tokio::task_local! {
    /// Set while a standard `delete` runs.
    static PLAIN: ();
    /// Set while a snapshot is taken.
    static SNAPSHOT: ();
}

/// The rows that a key had.
#[derive(Default)]
struct Rows {
    /// What the honest backend calls the first version of each.
    firsts: Vec<Version>,
    /// Whether the last one is still there.
    is_there: bool,
}

#[derive(Clone, Default)]
struct DropsRows(Shared<BTreeMap<(String, String), Rows>>);

impl Tamper for DropsRows {
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(Defective::new(honest, self.clone()))
    }
    fn linker(&self, linker: &mut Linker) -> wasmtime::Result<()> {
        linker.allow_shadowing(true);
        shadow!(linker, STORE, "[method]bucket.delete", host, (bucket: Resource<Bucket>, key: String) => {
            let deleted = PLAIN.scope((), HostBucket::delete(&mut host, bucket, key)).await;
            told(&mut host, deleted)
        })?;
        shadow!(linker, ATOMICS, "[static]cas.new", host, (bucket: Resource<Bucket>, key: String) => {
            let taken = SNAPSHOT.scope((), HostCas::new(&mut host, bucket, key)).await;
            told(&mut host, taken)
        })
    }
}

impl DropsRows {
    fn with<T>(&self, bucket: &str, key: &str, work: impl FnOnce(&mut Rows) -> T) -> T {
        work(lock(&self.0).entry((bucket.to_owned(), key.to_owned())).or_default())
    }
    fn shown(&self, bucket: &str, key: &str, version: Version) -> Version {
        let is_first = self.with(bucket, key, |rows| rows.firsts.contains(&version));
        if is_first { Version("first".into()) } else { version }
    }
    /// The condition as the honest backend knows it.
    async fn meant(&self, kv: &dyn KeyValue, bucket: &str, key: &str, asked: &Condition) -> Result<Condition> {
        Ok(match (asked, kv.entry(bucket, key).await?) {
            (Condition::Version(version), Some(now)) if *version == self.shown(bucket, key, now.version.clone()) => {
                Condition::Version(now.version)
            }
            (asked, _) => asked.clone(),
        })
    }
}

#[async_trait]
impl Defect for DropsRows {
    async fn entry(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let entry = kv.entry(bucket, key).await?;
        if SNAPSHOT.try_with(|()| ()).is_ok() {
            return Ok(entry);
        }
        Ok(entry.map(|entry| Entry { version: self.shown(bucket, key, entry.version), value: entry.value }))
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let condition = self.meant(kv, b, k, &options.condition).await?;
        let version = kv.put(b, k, v, &PutOptions { condition, ttl: options.ttl }).await?;
        self.with(b, k, |rows| {
            if !std::mem::replace(&mut rows.is_there, true) {
                rows.firsts.push(version.clone());
            }
        });
        Ok(self.shown(b, k, version))
    }
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        if PLAIN.try_with(|()| ()).is_ok() {
            self.with(bucket, key, |rows| rows.is_there = false);
        }
        kv.delete(bucket, key, &self.meant(kv, bucket, key, condition).await?).await
    }
}
