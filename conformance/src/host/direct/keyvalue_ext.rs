use super::{Stopped, keyvalue, session};
use crate::{
    host::stage::Live,
    wire::{
        keyvalue::{Op as Plain, Seen as PlainSeen},
        keyvalue_ext::{Condition as WireCondition, Entry, Op, Page, Seen},
    },
};
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Error,
    keyvalue::{Condition, PutOptions, Version},
};

pub(super) struct Driven {
    /// Has the buckets, and does what is not of the extension.
    plain: keyvalue::Driven,
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

session!();

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { plain: keyvalue::Driven::new(live) }
    }

    async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        let plain = match op {
            Op::Get((slot, key)) => {
                let entry = self.plain.bucket(slot)?.entry(&key).await?;
                return Ok(Seen::Entry(entry.map(|e| Entry { value: e.value, version: e.version.0 })));
            }
            Op::Put((slot, put)) => {
                let ttl = put.ttl_ms.map(Duration::from_millis);
                let options = PutOptions { condition: condition(put.condition), ttl };
                let version = self.plain.bucket(slot)?.put(&put.key, &put.value, &options).await?;
                return Ok(Seen::Version(version.0));
            }
            Op::Delete((slot, key, when)) => {
                return Ok(Seen::Flag(self.plain.bucket(slot)?.delete_if(&key, &condition(when)).await?));
            }
            Op::ListKeys((slot, listing)) => {
                let bucket = self.plain.bucket(slot)?;
                let limit = usize::try_from(listing.limit).unwrap_or(usize::MAX);
                let page = bucket.list_prefix(&listing.prefix, listing.cursor.as_deref(), limit).await?;
                return Ok(Seen::Page(Page { keys: page.keys, cursor: page.cursor }));
            }
            Op::Open(label) => Plain::Open(label),
            Op::Close(slot) => Plain::Close(slot),
            Op::PlainGet(key) => Plain::Get(key),
            Op::PlainSet(pair) => Plain::Set(pair),
            Op::PlainDelete(key) => Plain::Delete(key),
            Op::PlainExists(key) => Plain::Exists(key),
            Op::PlainIncrement(key) => Plain::Increment(key),
        };
        Ok(match self.plain.step(plain).await? {
            PlainSeen::Value(value) => Seen::Value(value),
            PlainSeen::Flag(flag) => Seen::Flag(flag),
            PlainSeen::Number(number) => Seen::Number(number),
            _ => Seen::Done,
        })
    }
}
