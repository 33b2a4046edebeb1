//! One operation in, one observation out.

use super::{Condition, Entry, Listing, Op, Page, Seen};
use driver::{Slots, Stop};
use std::time::Duration;
use wasi_cloud_sdk::keyvalue::{self, Bucket, PutOptions, Version};

#[derive(Default)]
pub(super) struct State {
    buckets: Slots<Bucket>,
}

pub(super) fn step(State { buckets }: &mut State, op: Op) -> Result<Seen, Stop> {
    Ok(match op {
        Op::Open((slot, label)) => done(buckets.put(slot, Bucket::open(&label)?)),
        Op::Close(slot) => done(drop(buckets.take(slot)?)),
        Op::Get((slot, key)) => {
            let entry = buckets.get(slot)?.get_entry(&key)?;
            Seen::Entry(entry.map(|entry| Entry { value: entry.value, version: entry.version.as_str().to_owned() }))
        }
        Op::Put((slot, put)) => {
            let version = buckets.get(slot)?.put(&put.key, put.value, options(put.condition, put.ttl_ms))?;
            Seen::Version(version.as_str().to_owned())
        }
        Op::Delete((slot, key, when)) => Seen::Flag(buckets.get(slot)?.delete_if(&key, condition(when))?),
        Op::ListKeys((slot, Listing { prefix, cursor, limit })) => {
            let page = buckets.get(slot)?.list_page_prefix(&prefix, cursor.as_deref(), limit)?;
            Seen::Page(Page { keys: page.keys, cursor: page.cursor })
        }
        Op::PlainGet((slot, key)) => Seen::Value(buckets.get(slot)?.get(&key)?),
        Op::PlainSet((slot, key, value)) => done(buckets.get(slot)?.set(&key, &value)?),
        Op::PlainDelete((slot, key)) => done(buckets.get(slot)?.delete(&key)?),
        Op::PlainExists((slot, key)) => Seen::Flag(buckets.get(slot)?.exists(&key)?),
        Op::PlainIncrement((slot, key, delta)) => Seen::Number(buckets.get(slot)?.increment(&key, delta)?),
    })
}

fn options(when: Condition, ttl_ms: Option<u64>) -> PutOptions {
    let options = PutOptions::new().condition(condition(when));
    match ttl_ms {
        Some(ms) => options.ttl(Duration::from_millis(ms)),
        None => options,
    }
}

fn condition(condition: Condition) -> keyvalue::Condition {
    match condition {
        Condition::Always => keyvalue::Condition::Always,
        Condition::Absent => keyvalue::Condition::Absent,
        Condition::Version(version) => keyvalue::Condition::Version(Version::new(version)),
    }
}

fn done((): ()) -> Seen {
    Seen::Done
}
