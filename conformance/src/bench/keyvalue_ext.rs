use super::{
    Failure,
    guest::{Guest, Judged, Operation, ask},
};
use crate::{
    outcome::{Outcome, mismatch},
    wire::keyvalue_ext::{Condition, Entry, Listing, Op, Page, Put, Seen},
};
use std::time::Duration;

impl Operation for Op {
    type Seen = Seen;

    fn interface(&self) -> &'static str {
        match self {
            Self::Open(_)
            | Self::Close(_)
            | Self::PlainGet(_)
            | Self::PlainSet(_)
            | Self::PlainDelete(_)
            | Self::PlainExists(_) => "store",
            Self::PlainIncrement((_, _, ..0)) => "decrement",
            Self::PlainIncrement(_) => "atomics",
            Self::Get(_) | Self::Put(_) | Self::Delete(_) | Self::ListKeys(_) => "extension",
        }
    }

    fn label(&self) -> Option<&str> {
        if let Self::Open((_, label)) = self { Some(label) } else { None }
    }

    /// That a lifetime of nothing is refused binds every host.
    fn feature(&self) -> Option<&'static str> {
        match self {
            Self::Put((_, put)) if put.ttl_ms.is_some_and(|ttl| ttl > 0) => Some("ttl"),
            _ => None,
        }
    }

    fn judge(seen: Seen) -> Judged<Seen> {
        match seen {
            Seen::Failed(failure) => Judged::Failed(failure.into()),
            Seen::Misused(why) => Judged::Misused(why),
            answer => Judged::Answer(answer),
        }
    }
}

/// A guest that drives `wasi-cloud:keyvalue`.
#[derive(Clone)]
pub struct KeyvalueExt {
    guest: Guest,
}

/// An open bucket of such a guest. Clones are the same handle.
#[derive(Clone)]
pub struct ExtBucket {
    guest: Guest,
    slot: u32,
}

/// A put of these bytes, on a condition and for ever.
#[must_use]
pub fn put(key: &str, value: impl AsRef<[u8]>, condition: Condition) -> Put {
    Put { key: key.into(), value: value.as_ref().into(), condition, ttl_ms: None }
}

impl KeyvalueExt {
    pub(super) const fn new(guest: Guest) -> Self {
        Self { guest }
    }

    /// Opens a label.
    pub async fn open(&self, label: &str) -> Outcome<ExtBucket> {
        let slot = self.guest.slot();
        ask!(self.guest, Op::Open((slot, self.guest.label(label))), Seen::Done => ExtBucket { guest: self.guest.clone(), slot })
    }
}

impl ExtBucket {
    /// `get`.
    pub async fn get(&self, key: &str) -> Outcome<Option<Entry>> {
        ask!(self.guest, Op::Get((self.slot, key.into())), Seen::Entry(entry) => entry)
    }

    /// `get` of a key that must be present.
    pub async fn entry(&self, key: &str) -> Outcome<Entry> {
        match self.get(key).await? {
            Some(entry) => Ok(entry),
            None => mismatch(&format!("get({key:?})"), "an entry", "none"),
        }
    }

    /// `put` for ever; the new version.
    pub async fn put(&self, key: &str, value: impl AsRef<[u8]>, condition: Condition) -> Outcome<String> {
        ask!(self.guest, Op::Put((self.slot, put(key, value, condition))), Seen::Version(version) => version)
    }

    /// `put` with a time to live; the new version.
    pub async fn put_for(&self, key: &str, value: impl AsRef<[u8]>, ttl: Duration) -> Outcome<String> {
        let ttl_ms = Some(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let put = Put { ttl_ms, ..put(key, value, Condition::Always) };
        ask!(self.guest, Op::Put((self.slot, put)), Seen::Version(version) => version)
    }

    /// `delete`; whether it was there.
    pub async fn delete(&self, key: &str, condition: Condition) -> Outcome<bool> {
        ask!(self.guest, Op::Delete((self.slot, key.into(), condition)), Seen::Flag(flag) => flag)
    }

    /// `list-keys`: one page.
    pub async fn page(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Outcome<Page> {
        let listing = Listing { prefix: prefix.into(), cursor: cursor.map(Into::into), limit };
        ask!(self.guest, Op::ListKeys((self.slot, listing)), Seen::Page(page) => page)
    }

    /// Every page of a prefix.
    pub async fn pages(&self, prefix: &str, limit: u32) -> Outcome<Vec<Page>> {
        const MAX: usize = 1_000;
        let mut pages = vec![self.page(prefix, None, limit).await?];
        while let Some(cursor) = pages.last().and_then(|page| page.cursor.clone()) {
            if pages.len() == MAX {
                return mismatch("following the cursor", "an end", &format!("{MAX} pages and no end"));
            }
            pages.push(self.page(prefix, Some(&cursor), limit).await?);
        }
        Ok(pages)
    }

    /// All keys, sorted, by following the cursor: a page may be short, or empty and not the last (KVX-47).
    pub async fn keys(&self) -> Outcome<Vec<String>> {
        let mut keys: Vec<_> = self.pages("", 10).await?.into_iter().flat_map(|page| page.keys).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    /// `get` of the standard package.
    pub async fn plain_get(&self, key: &str) -> Outcome<Option<Vec<u8>>> {
        ask!(self.guest, Op::PlainGet((self.slot, key.into())), Seen::Value(value) => value)
    }

    /// `set` of the standard package.
    pub async fn plain_set(&self, key: &str, value: impl AsRef<[u8]>) -> Outcome {
        ask!(self.guest, Op::PlainSet((self.slot, key.into(), value.as_ref().into())), Seen::Done => ())
    }

    /// `delete` of the standard package.
    pub async fn plain_delete(&self, key: &str) -> Outcome {
        ask!(self.guest, Op::PlainDelete((self.slot, key.into())), Seen::Done => ())
    }

    /// `exists` of the standard package.
    pub async fn plain_exists(&self, key: &str) -> Outcome<bool> {
        ask!(self.guest, Op::PlainExists((self.slot, key.into())), Seen::Flag(flag) => flag)
    }

    /// `increment` of the standard package.
    pub async fn plain_increment(&self, key: &str, delta: i64) -> Outcome<i64> {
        ask!(self.guest, Op::PlainIncrement((self.slot, key.into(), delta)), Seen::Number(number) => number)
    }

    /// One operation on this bucket's slot that must fail.
    pub async fn fails(&self, op: impl FnOnce(u32) -> Op) -> Outcome<Failure> {
        self.guest.failure(&op(self.slot)).await
    }

    /// One operation on this bucket's slot, whatever comes of it.
    pub async fn attempt(&self, op: impl FnOnce(u32) -> Op) -> Outcome<Result<Seen, Failure>> {
        self.guest.attempt(&op(self.slot)).await
    }
}
