//! Key-value: secrets of a KV engine of version 2, written on condition.

mod list;

use crate::{
    api::Api,
    names,
    wire::{self, Held, Names, Written},
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::ready,
    hash::{DefaultHasher, Hash, Hasher},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version, add_to_counter, steps},
};

/// Longest key and largest value, in bytes. Vault encrypts names in a time that grows with the square of their length.
const MAX_KEY_SIZE: u64 = 512;
pub(crate) const MAX_VALUE_SIZE: u64 = 512 << 10;
/// How many requests of one call may be on their way at once.
const AT_ONCE: usize = 16;
/// Among how many locks counters are shared out.
const TURNS: usize = 32;

/// Where a secret is read: as a whole, or the names of its fields alone.
const WHOLE: &str = "data";
const SHAPE: &str = "subkeys";

/// A store on a server.
pub(crate) struct Store {
    offered: Description,
    api: Api,
    /// The path that the URL names.
    path: String,
    mount: String,
    /// What comes before a bucket in the mount: nothing, or a folder and a `/`.
    folder: String,
    /// Who increments a counter waits for others of this host: in a race some would lose every time.
    turns: [Mutex<()>; TURNS],
}

impl Store {
    /// At a path that begins with that of a mount.
    pub(crate) async fn connect(api: Api, path: String) -> Result<Self> {
        let offered = Description::new(
            Durability::Durable,
            [feature::READ_YOUR_WRITES, feature::ABA_SAFE, feature::EXACT_LISTING],
            [(limit::MAX_KEY_SIZE, MAX_KEY_SIZE), (limit::MAX_VALUE_SIZE, MAX_VALUE_SIZE)],
        );
        let (mount, folder) = api.mount(&path).await?;
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let turns = std::array::from_fn(|_| Mutex::default());
        Ok(Self { offered, mount: mount.to_owned(), folder, path, api, turns })
    }

    /// A path of the engine.
    fn at(&self, part: &str, bucket: &str, key: &str) -> String {
        format!("{}/{part}/{}{}/{}", self.mount, self.folder, names::write(bucket), names::write(key))
    }

    async fn held(&self, part: &str, bucket: &str, key: &str) -> Result<Held> {
        Ok(self.api.get(&self.at(part, bucket, key)).await?.data()?.unwrap_or_default())
    }

    /// What programs called in this bucket, deleted or not, and folders.
    async fn names(&self, bucket: &str) -> Result<Vec<String>> {
        let folder = format!("{}/metadata/{}{}/?list=true", self.mount, self.folder, names::write(bucket));
        let found: Option<Names> = self.api.get(&folder).await?.data()?;
        Ok(found.map(|names| names.keys).unwrap_or_default())
    }

    /// Writes the fields whatever is there, or only if the last write had this number. Otherwise says what is there.
    async fn write(&self, bucket: &str, key: &str, fields: Value, seen: Option<u64>) -> Result<Result<Written, Held>> {
        let mut message = json!({ "data": fields });
        if let Some(number) = seen {
            message["options"] = json!({ "cas": number });
        }
        let answer = self.api.post(&self.at(WHOLE, bucket, key), &message).await?;
        // Vault refuses a wrong number as it does a wrong request, so that only looking tells.
        if let (Some(number), 400) = (seen, answer.status) {
            let held = self.held(WHOLE, bucket, key).await?;
            return if held.written.number == number { Err(answer.refused()) } else { Ok(Err(held)) };
        }
        answer.data()?.map(Ok).ok_or_else(|| answer.nonsense())
    }

    /// Makes a key that is not there, maybe because it was deleted: then the number goes on.
    async fn create(&self, bucket: &str, key: &str, value: &[u8]) -> Result<Written> {
        let end = self.end();
        let mut seen = 0;
        loop {
            match self.write(bucket, key, wire::fields(value), Some(seen)).await? {
                Ok(written) => return Ok(written),
                Err(held) if held.is_there() => return Err(conflict("the key is already there")),
                Err(_) if Instant::now() > end => return Err(outrun()),
                Err(held) => seen = held.written.number,
            }
        }
    }

    /// Writes where this version is.
    async fn replace(&self, bucket: &str, key: &str, fields: Value, version: &Version) -> Result<Written> {
        let changed = || conflict("the key has been written or removed since");
        // Others delete without a new number, so the number alone does not say that the key is there.
        let held = self.held(SHAPE, bucket, key).await?;
        if !held.is_version(version) {
            return Err(changed());
        }
        self.write(bucket, key, fields, Some(held.written.number)).await?.map_err(|_| changed())
    }

    fn turn(&self, bucket: &str, key: &str) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        &self.turns[hasher.finish() as usize % TURNS]
    }

    fn end(&self) -> Instant {
        Instant::now() + self.api.timing.response
    }
}

#[async_trait]
impl KeyValue for Store {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn open(&self, _: &str) -> Result<()> {
        self.api.mount(&self.path).await.map(drop)
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.held(WHOLE, bucket, key).await?.value()
    }

    async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let held = self.held(WHOLE, bucket, key).await?;
        Ok(held.value()?.map(|value| Entry { value, version: held.written.version() }))
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool> {
        Ok(self.held(SHAPE, bucket, key).await?.is_there())
    }

    async fn put(&self, bucket: &str, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        if options.ttl.is_some() {
            return Err(Error::new(Kind::Unsupported, "this store does not declare `ttl`"));
        }
        let written = match &options.condition {
            Condition::Always => {
                let written = self.write(bucket, key, wire::fields(value), None).await?;
                written.map_err(|_| conflict("the key has been written since"))?
            }
            Condition::Absent => self.create(bucket, key, value).await?,
            Condition::Version(version) => self.replace(bucket, key, wire::fields(value), version).await?,
        };
        Ok(written.version())
    }

    async fn delete(&self, bucket: &str, key: &str, when: &Condition) -> Result<bool> {
        let nothing = || json!({});
        if let Condition::Version(version) = when {
            return self.replace(bucket, key, nothing(), version).await.map(|_| true);
        }
        let end = self.end();
        let mut held = self.held(SHAPE, bucket, key).await?;
        while held.is_there() {
            match self.write(bucket, key, nothing(), Some(held.written.number)).await? {
                Ok(_) => return Ok(true),
                Err(_) if Instant::now() > end => return Err(outrun()),
                Err(other) => held = other,
            }
        }
        Ok(false)
    }

    async fn list(&self, bucket: &str, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        list::page(self, bucket, prefix, cursor, limit).await
    }

    async fn increment(&self, bucket: &str, key: &str, delta: i64) -> Result<i64> {
        let end = self.end();
        let _turn = timeout_at(end, self.turn(bucket, key).lock()).await.map_err(|_| outrun())?;
        let mut held = self.held(WHOLE, bucket, key).await?;
        loop {
            let sum = add_to_counter(held.value()?.as_deref(), delta)?;
            let fields = wire::fields(sum.to_string().as_bytes());
            match self.write(bucket, key, fields, Some(held.written.number)).await? {
                Ok(_) => return Ok(sum),
                Err(_) if Instant::now() > end => return Err(outrun()),
                Err(other) => held = other,
            }
        }
    }

    async fn get_many(&self, bucket: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let values: Vec<_> = keys.iter().map(|key| self.get(bucket, key)).collect();
        stream::iter(values).buffered(AT_ONCE).try_collect().await
    }

    /// The last of several values for one key is written.
    async fn set_many(&self, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let pairs: BTreeMap<&str, &[u8]> = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
        let options = PutOptions::default();
        all(pairs.into_iter().map(|(key, value)| self.put(bucket, key, value, &options)).collect()).await
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let keys: BTreeSet<&String> = keys.iter().collect();
        all(keys.into_iter().map(|key| self.delete(bucket, key, &Condition::Always)).collect()).await
    }
}

/// Does all of a batch, some at once, until one fails: then any of the others may have been done.
async fn all<T>(calls: Vec<impl Future<Output = Result<T>>>) -> Result<()> {
    let others = calls.len().saturating_sub(1);
    let done = stream::iter(calls).buffer_unordered(AT_ONCE).try_for_each(|_| ready(Ok(()))).await;
    done.map_err(|why| steps::after(others, why))
}

fn conflict(why: &str) -> Error {
    Error::new(Kind::Conflict, why)
}

fn outrun() -> Error {
    Error::new(Kind::Timeout, "other writers of this key were faster each time")
}
