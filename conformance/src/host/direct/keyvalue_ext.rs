use super::{decode, encode, standard};
use crate::{
    host::stage::Live,
    session::{Broken, Session},
    wire::keyvalue_ext::{Condition as WireCondition, Entry, Op, Page, Seen},
};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Arc, time::Duration};
use wasi_cloud_core::{
    Error,
    keyvalue::{Bucket, Condition, PutOptions, Version},
};

pub(super) struct Driven {
    live: Arc<Live>,
    buckets: HashMap<u32, Bucket>,
}

enum Stopped {
    Failed(Error),
    Misused(&'static str),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn condition(wire: WireCondition) -> Condition {
    match wire {
        WireCondition::Always => Condition::Always,
        WireCondition::Absent => Condition::Absent,
        WireCondition::Version(version) => Condition::Version(Version(version)),
    }
}

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { live: live.clone(), buckets: HashMap::new() }
    }

    fn bucket(&self, slot: u32) -> Result<&Bucket, Stopped> {
        self.buckets.get(&slot).ok_or(Stopped::Misused("no bucket in that slot"))
    }

    async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        Ok(match op {
            Op::Get((slot, key)) => {
                let entry = self.bucket(slot)?.entry(&key).await?;
                Seen::Entry(entry.map(|e| Entry { value: e.value, version: e.version.0 }))
            }
            Op::Put((slot, put)) => {
                let ttl = put.ttl_ms.map(Duration::from_millis);
                let options = PutOptions { condition: condition(put.condition), ttl };
                Seen::Version(self.bucket(slot)?.put(&put.key, &put.value, &options).await?.0)
            }
            Op::Delete((slot, key, when)) => Seen::Flag(self.bucket(slot)?.delete_if(&key, &condition(when)).await?),
            Op::ListKeys((slot, listing)) => {
                let bucket = self.bucket(slot)?;
                let limit = usize::try_from(listing.limit).unwrap_or(usize::MAX);
                let page = bucket.list_prefix(&listing.prefix, listing.cursor.as_deref(), limit).await?;
                Seen::Page(Page { keys: page.keys, cursor: page.cursor })
            }
            op => self.plain(op).await?,
        })
    }

    async fn plain(&mut self, op: Op) -> Result<Seen, Stopped> {
        let (read, write) = (|e| Stopped::Failed(standard(e, false)), |e| Stopped::Failed(standard(e, true)));
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
            Op::PlainGet((slot, key)) => Seen::Value(self.bucket(slot)?.get(&key).await.map_err(read)?),
            Op::PlainSet((slot, key, value)) => {
                self.bucket(slot)?.set(&key, &value).await.map_err(write)?;
                Seen::Done
            }
            Op::PlainDelete((slot, key)) => {
                self.bucket(slot)?.delete(&key).await.map_err(write)?;
                Seen::Done
            }
            Op::PlainExists((slot, key)) => Seen::Flag(self.bucket(slot)?.exists(&key).await.map_err(read)?),
            Op::PlainIncrement((slot, key, delta)) => {
                Seen::Number(self.bucket(slot)?.increment(&key, delta).await.map_err(write)?)
            }
            _ => return Err(Stopped::Misused("not an operation of this driver")),
        })
    }
}

#[async_trait]
impl Session for Driven {
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        let op = decode(line)?;
        encode(&match self.step(op).await {
            Ok(seen) => seen,
            Err(Stopped::Failed(error)) => Seen::Failed(error.into()),
            Err(Stopped::Misused(why)) => Seen::Misused(why.into()),
        })
    }
}
