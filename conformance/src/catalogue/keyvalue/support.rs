//! What several files of cases share.

use crate::{
    bench::{Bench, Bucket, ExtBucket, Failure},
    outcome::{Outcome, expect},
    wire::{keyvalue::Op, keyvalue_ext::Op as ExtOp},
};
use std::collections::BTreeSet;
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};

/// So many keys do not fit on one page of most hosts. No case relies on that.
pub const MANY: usize = 600;

/// So many keys are more than most backends answer at once: they end at a thousand, and say how to go on.
pub const THOUSANDS: usize = 2_100;

/// A batch of so many keys is refused by no host.
pub const PART: usize = 20;

/// No listing of that many keys has so many pages, however short they are: one that has never ends.
pub const PAGES: usize = 1_000;

/// `prefix-0000`, `prefix-0001` and so on.
pub fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number:04}")).collect()
}

/// The same strings without order and repetition.
pub fn set<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> BTreeSet<String> {
    keys.into_iter().map(|key| key.as_ref().to_owned()).collect()
}

/// Writes each key with its own name as its value.
pub async fn fill<S: AsRef<str>>(bucket: &Bucket, keys: &[S]) -> Outcome {
    for key in keys {
        bucket.set(key.as_ref(), key.as_ref()).await?;
    }
    Ok(())
}

/// The same by batches.
pub async fn fill_by_parts(bucket: &Bucket, keys: &[String]) -> Outcome {
    for part in keys.chunks(PART) {
        bucket.set_many(&part.iter().map(|key| (key, key)).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// The same through the driver of the extension.
pub async fn fill_ext<S: AsRef<str>>(bucket: &ExtBucket, keys: &[S]) -> Outcome {
    for key in keys {
        bucket.plain_set(key.as_ref(), key.as_ref()).await?;
    }
    Ok(())
}

/// The next key-value call of the deployment meets this fault, whatever it is.
pub async fn fault(bench: &Bench, moment: Moment) -> Outcome {
    bench.fault(FaultRule { capability: "keyvalue".into(), op: "*".into(), nth: 0, moment }).await
}

/// Operations on the key `k` of the bucket in a slot.
pub type Ops = &'static [fn(u32) -> Op];

/// Every function of `store` that reads.
pub const READS: Ops =
    &[|slot| Op::Get((slot, "k".into())), |slot| Op::Exists((slot, "k".into())), |slot| Op::ListKeys((slot, None))];

/// Every function of `store` that writes.
pub const WRITES: Ops = &[|slot| Op::Set((slot, "k".into(), b"new".to_vec())), |slot| Op::Delete((slot, "k".into()))];

/// Every function of `store` that names this key.
pub fn naming(key: &str) -> Vec<impl Fn(u32) -> Op + use<>> {
    (0..4)
        .map(|number| {
            let key = key.to_owned();
            move |slot| match number {
                0 => Op::Get((slot, key.clone())),
                1 => Op::Exists((slot, key.clone())),
                2 => Op::Set((slot, key.clone(), b"new".to_vec())),
                _ => Op::Delete((slot, key.clone())),
            }
        })
        .collect()
}

/// Fails unless each of these fails with this kind.
pub async fn all_fail(bucket: &Bucket, ops: &[impl Fn(u32) -> Op], kind: Kind) -> Outcome {
    for op in ops {
        bucket.fails(op).await?.is(&format!("{:?}", op(0)), &[kind])?;
    }
    Ok(())
}

/// Fails unless this operation of the extension is refused: with this kind, `applied: no` and words for people
/// (KVX-60, KVX-61).
pub async fn refused(bucket: &ExtBucket, op: impl FnOnce(u32) -> ExtOp, kind: Kind) -> Outcome {
    let mut what = String::new();
    let failure = bucket
        .fails(|slot| {
            let op = op(slot);
            what = format!("{op:?}").chars().take(200).collect();
            op
        })
        .await?;
    failure.is(&what, &[kind])?;
    failure.is_definite(&what)?;
    speaks(&what, &failure)
}

/// Fails unless the failure says something.
pub fn speaks(what: &str, failure: &Failure) -> Outcome {
    expect(!failure.message.is_empty(), what, "a message", failure)
}
