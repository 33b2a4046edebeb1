//! One operation in, one observation out.

use super::{Op, Page, Seen};
use driver::{Slots, Stop};
use wasi_cloud_sdk::keyvalue::{Bucket, Cas, SwapError};

#[derive(Default)]
pub(super) struct State {
    buckets: Slots<Bucket>,
    cas: Slots<Cas>,
}

pub(super) fn step(state: &mut State, op: Op) -> Result<Seen, Stop> {
    let State { buckets, cas } = state;
    Ok(match op {
        Op::Open((slot, label)) => done(buckets.put(slot, Bucket::open(&label)?)),
        Op::Close(slot) => done(drop(buckets.take(slot)?)),
        Op::Get((slot, key)) => Seen::Value(buckets.get(slot)?.get(&key)?),
        Op::Set((slot, key, value)) => done(buckets.get(slot)?.set(&key, &value)?),
        Op::Delete((slot, key)) => done(buckets.get(slot)?.delete(&key)?),
        Op::Exists((slot, key)) => Seen::Flag(buckets.get(slot)?.exists(&key)?),
        Op::ListKeys((slot, cursor)) => {
            let page = buckets.get(slot)?.list_page(cursor.as_deref())?;
            Seen::Page(Page { keys: page.keys, cursor: page.cursor })
        }
        Op::Increment((slot, key, delta)) => Seen::Number(buckets.get(slot)?.increment(&key, delta)?),
        Op::CasNew((slot, bucket, key)) => done(cas.put(slot, Cas::new(buckets.get(bucket)?, &key)?)),
        Op::CasCurrent(slot) => Seen::Value(cas.get(slot)?.current()?),
        Op::CasSwap((slot, value)) => match cas.take(slot)?.swap(&value) {
            Ok(()) => Seen::Done,
            Err(SwapError::Store(error)) => return Err(error.into()),
            Err(SwapError::Failed(fresh)) => {
                cas.put(slot, fresh);
                Seen::Lost
            }
        },
        Op::CasDrop(slot) => done(drop(cas.take(slot)?)),
        Op::GetMany((slot, keys)) => Seen::Values(buckets.get(slot)?.get_many(&keys)?),
        Op::SetMany((slot, pairs)) => done(buckets.get(slot)?.set_many(&pairs)?),
        Op::DeleteMany((slot, keys)) => done(buckets.get(slot)?.delete_many(&keys)?),
        Op::AllKeys(slot) => Seen::Keys(buckets.get(slot)?.keys().collect::<Result<_, _>>()?),
        Op::Append((slot, key, more)) => {
            buckets.get(slot)?.update(&key, |old| Some([old.unwrap_or_default(), more.clone()].concat()))?;
            Seen::Done
        }
    })
}

fn done((): ()) -> Seen {
    Seen::Done
}
