use super::{decode, encode, standard};
use crate::{
    host::stage::Live,
    session::{Broken, Session},
    wire::keyvalue::{Op, Page, Seen},
};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Arc};
use wasi_cloud_core::{
    Error,
    keyvalue::{Bucket, Cas, SwapError},
};

pub(super) struct Driven {
    live: Arc<Live>,
    buckets: HashMap<u32, Bucket>,
    cas: HashMap<u32, Cas>,
}

enum Stopped {
    Failed(Error, bool),
    Misused(&'static str),
}

/// A failure of a read.
fn read(error: Error) -> Stopped {
    Stopped::Failed(error, false)
}

/// A failure of a write.
fn write(error: Error) -> Stopped {
    Stopped::Failed(error, true)
}

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { live: live.clone(), buckets: HashMap::new(), cas: HashMap::new() }
    }

    fn bucket(&self, slot: u32) -> Result<&Bucket, Stopped> {
        self.buckets.get(&slot).ok_or(Stopped::Misused("no bucket in that slot"))
    }

    fn take_cas(&mut self, slot: u32) -> Result<Cas, Stopped> {
        self.cas.remove(&slot).ok_or(Stopped::Misused("no cas in that slot"))
    }

    async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        Ok(match op {
            Op::Open((slot, label)) => {
                let link = self.live.links.keyvalue.link(&label, &self.live.grants);
                self.buckets.insert(slot, Bucket::open(link).await.map_err(read)?);
                Seen::Done
            }
            Op::Close(slot) => {
                self.bucket(slot)?;
                self.buckets.remove(&slot);
                Seen::Done
            }
            Op::Get((slot, key)) => Seen::Value(self.bucket(slot)?.get(&key).await.map_err(read)?),
            Op::Set((slot, key, value)) => {
                self.bucket(slot)?.set(&key, &value).await.map_err(write)?;
                Seen::Done
            }
            Op::Delete((slot, key)) => {
                self.bucket(slot)?.delete(&key).await.map_err(write)?;
                Seen::Done
            }
            Op::Exists((slot, key)) => Seen::Flag(self.bucket(slot)?.exists(&key).await.map_err(read)?),
            Op::ListKeys((slot, cursor)) => {
                let page = self.bucket(slot)?.list_keys(cursor.as_deref()).await.map_err(read)?;
                Seen::Page(Page { keys: page.keys, cursor: page.cursor })
            }
            Op::AllKeys(slot) => Seen::Keys(all_keys(self.bucket(slot)?).await.map_err(read)?),
            op => self.atomics(op).await?,
        })
    }

    async fn atomics(&mut self, op: Op) -> Result<Seen, Stopped> {
        Ok(match op {
            Op::Increment((slot, key, delta)) => {
                Seen::Number(self.bucket(slot)?.increment(&key, delta).await.map_err(write)?)
            }
            Op::CasNew((slot, bucket, key)) => {
                let bucket = self.bucket(bucket)?.clone();
                self.cas.insert(slot, Cas::new(bucket, &key).await.map_err(read)?);
                Seen::Done
            }
            Op::CasCurrent(slot) => {
                let cas = self.cas.get(&slot).ok_or(Stopped::Misused("no cas in that slot"))?;
                Seen::Value(cas.current().map(Into::into))
            }
            Op::CasSwap((slot, value)) => match self.take_cas(slot)?.swap(&value).await {
                Ok(()) => Seen::Done,
                Err(SwapError::Store(error)) => return Err(write(error)),
                Err(SwapError::Failed(cas)) => {
                    self.cas.insert(slot, cas);
                    Seen::Lost
                }
            },
            Op::CasDrop(slot) => {
                self.take_cas(slot)?;
                Seen::Done
            }
            Op::Append((slot, key, bytes)) => append(self.bucket(slot)?.clone(), &key, &bytes).await?,
            op => self.batch(op).await?,
        })
    }

    async fn batch(&mut self, op: Op) -> Result<Seen, Stopped> {
        Ok(match op {
            Op::GetMany((slot, keys)) => {
                let values = self.bucket(slot)?.get_many(&keys).await.map_err(read)?;
                Seen::Values(keys.into_iter().zip(values).map(|(key, value)| value.map(|v| (key, v))).collect())
            }
            Op::SetMany((slot, pairs)) => {
                self.bucket(slot)?.set_many(&pairs).await.map_err(write)?;
                Seen::Done
            }
            Op::DeleteMany((slot, keys)) => {
                self.bucket(slot)?.delete_many(&keys).await.map_err(write)?;
                Seen::Done
            }
            _ => return Err(Stopped::Misused("not an operation of this driver")),
        })
    }
}

/// What the SDK's iterator does.
async fn all_keys(bucket: &Bucket) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    let mut cursor = None;
    loop {
        let page = bucket.list_keys(cursor.as_deref()).await?;
        // A listing without an end must not keep the thread from the deadline.
        tokio::task::yield_now().await;
        keys.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(keys);
        }
    }
}

/// What the SDK's compare-and-swap loop does.
async fn append(bucket: Bucket, key: &str, bytes: &[u8]) -> Result<Seen, Stopped> {
    let mut cas = Cas::new(bucket, key).await.map_err(read)?;
    loop {
        let value = [cas.current().unwrap_or_default(), bytes].concat();
        match cas.swap(&value).await {
            Ok(()) => return Ok(Seen::Done),
            Err(SwapError::Store(error)) => return Err(write(error)),
            Err(SwapError::Failed(fresh)) => cas = fresh,
        }
    }
}

#[async_trait]
impl Session for Driven {
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        let op = decode(line)?;
        encode(&match self.step(op).await {
            Ok(seen) => seen,
            Err(Stopped::Failed(error, write)) => Seen::Failed(standard(error, write).into()),
            Err(Stopped::Misused(why)) => Seen::Misused(why.into()),
        })
    }
}
