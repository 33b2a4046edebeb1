use super::{Slots, Stopped, session, standard};
use crate::{
    host::stage::Live,
    wire::keyvalue::{Op, Page, Seen},
};
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind,
    keyvalue::{Bucket, Cas, SwapError},
};

pub(super) struct Driven {
    live: Arc<Live>,
    buckets: Slots<Bucket>,
    cas: Slots<Cas>,
}

/// A failure of a read.
fn read(error: Error) -> Stopped {
    Stopped::Failed(standard(error, false))
}

/// A failure of a write.
fn write(error: Error) -> Stopped {
    Stopped::Failed(standard(error, true))
}

fn done((): ()) -> Seen {
    Seen::Done
}

session!();

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { live: live.clone(), buckets: Slots::default(), cas: Slots::default() }
    }

    pub fn bucket(&self, slot: u32) -> Result<&Bucket, Stopped> {
        self.buckets.get(slot)
    }

    pub async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        Ok(match op {
            Op::Open((slot, label)) => {
                let link = self.live.links.keyvalue.link(&label, &self.live.grants);
                done(self.buckets.put(slot, Bucket::open(link).await.map_err(read)?))
            }
            Op::Close(slot) => done(drop(self.buckets.take(slot)?)),
            Op::Get((slot, key)) => Seen::Value(self.bucket(slot)?.get(&key).await.map_err(read)?),
            Op::Set((slot, key, value)) => done(self.bucket(slot)?.set(&key, &value).await.map_err(write)?),
            Op::Delete((slot, key)) => done(self.bucket(slot)?.delete(&key).await.map_err(write)?),
            Op::Exists((slot, key)) => Seen::Flag(self.bucket(slot)?.exists(&key).await.map_err(read)?),
            Op::ListKeys((slot, cursor)) => {
                let page = self.bucket(slot)?.list_keys(cursor.as_deref()).await.map_err(read)?;
                Seen::Page(Page { keys: page.keys, cursor: page.cursor })
            }
            Op::AllKeys(slot) => Seen::Keys(all_keys(self.bucket(slot)?).await.map_err(read)?),
            Op::Increment((slot, key, delta)) => {
                Seen::Number(self.bucket(slot)?.increment(&key, delta).await.map_err(write)?)
            }
            Op::CasNew((slot, bucket, key)) => {
                let bucket = self.bucket(bucket)?.clone();
                done(self.cas.put(slot, Cas::new(bucket, &key).await.map_err(read)?))
            }
            Op::CasCurrent(slot) => Seen::Value(self.cas.get(slot)?.current().map(Into::into)),
            Op::CasSwap((slot, value)) => match self.cas.take(slot)?.swap(&value).await {
                Ok(()) => Seen::Done,
                Err(SwapError::Store(error)) => return Err(write(error)),
                Err(SwapError::Failed(fresh)) => {
                    self.cas.put(slot, fresh);
                    Seen::Lost
                }
            },
            Op::CasDrop(slot) => done(drop(self.cas.take(slot)?)),
            Op::Append((slot, key, bytes)) => append(self.bucket(slot)?.clone(), &key, &bytes).await?,
            Op::GetMany((slot, keys)) => {
                let values = self.bucket(slot)?.get_many(&keys).await.map_err(read)?;
                Seen::Values(keys.into_iter().zip(values).map(|(key, value)| value.map(|v| (key, v))).collect())
            }
            Op::SetMany((slot, pairs)) => done(self.bucket(slot)?.set_many(&pairs).await.map_err(write)?),
            Op::DeleteMany((slot, keys)) => done(self.bucket(slot)?.delete_many(&keys).await.map_err(write)?),
        })
    }
}

/// No case lists as many pages: a listing that is longer goes round in circles.
const MAX_PAGES: usize = 10_000;
/// As in the SDK.
const MAX_UPDATES: usize = 1_000;

/// What the SDK's iterator does. A listing without an end must fill no memory, and not keep the thread from the deadline.
async fn all_keys(bucket: &Bucket) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    let mut last = bucket.list_keys(None).await?;
    for _ in 0..MAX_PAGES {
        tokio::task::yield_now().await;
        keys.extend_from_slice(&last.keys);
        let Some(cursor) = &last.cursor else { return Ok(keys) };
        let page = bucket.list_keys(Some(cursor)).await?;
        if page == last {
            break;
        }
        last = page;
    }
    Err(Error::new(Kind::Other, "the listing goes round in circles"))
}

/// What the SDK's compare-and-swap loop does.
async fn append(bucket: Bucket, key: &str, bytes: &[u8]) -> Result<Seen, Stopped> {
    let mut cas = Cas::new(bucket, key).await.map_err(read)?;
    for _ in 0..MAX_UPDATES {
        let value = [cas.current().unwrap_or_default(), bytes].concat();
        match cas.swap(&value).await {
            Ok(()) => return Ok(Seen::Done),
            Err(SwapError::Store(error)) => return Err(write(error)),
            Err(SwapError::Failed(fresh)) => cas = fresh,
        }
    }
    Err(write(Error::new(Kind::Conflict, "others came first every time")))
}
