use super::{
    Failure,
    guest::{Guest, Judged, Operation, ask, unexpected},
};
use crate::{
    outcome::{Outcome, expect_eq, mismatch},
    wire::keyvalue::{Op, Page, Seen},
};
use std::collections::BTreeSet;

impl Operation for Op {
    type Seen = Seen;

    fn interface(&self) -> &'static str {
        match self {
            Self::Open(_)
            | Self::Close(_)
            | Self::Get(_)
            | Self::Set(_)
            | Self::Delete(_)
            | Self::Exists(_)
            | Self::ListKeys(_)
            | Self::AllKeys(_) => "store",
            Self::Increment((_, _, ..0)) => "decrement",
            Self::Increment(_) => "atomics",
            Self::CasNew(_) | Self::CasCurrent(_) | Self::CasSwap(_) | Self::CasDrop(_) | Self::Append(_) => "cas",
            Self::GetMany(_) | Self::SetMany(_) | Self::DeleteMany(_) => "batch",
        }
    }

    fn label(&self) -> Option<&str> {
        if let Self::Open((_, label)) = self { Some(label) } else { None }
    }

    fn judge(seen: Seen) -> Judged<Seen> {
        match seen {
            Seen::Failed(failure) => Judged::Failed(failure.into()),
            Seen::Misused(why) => Judged::Misused(why),
            answer => Judged::Answer(answer),
        }
    }
}

/// A guest that drives `wasi:keyvalue`.
#[derive(Clone)]
pub struct Keyvalue {
    guest: Guest,
}

/// An open bucket of a guest. Clones are the same handle.
#[derive(Clone)]
pub struct Bucket {
    guest: Guest,
    slot: u32,
}

/// A `cas` of a guest.
pub struct Cas {
    guest: Guest,
    slot: u32,
}

/// How a swap ended.
pub enum Swap {
    /// The value was written.
    Swapped,
    /// `cas-failed`, with the refreshed handle.
    Lost(Cas),
}

/// Most pages that a listing loop follows before it calls the cursor endless.
const MAX_PAGES: usize = 1_000;

impl Keyvalue {
    pub(super) const fn new(guest: Guest) -> Self {
        Self { guest }
    }

    /// Opens a label.
    pub async fn open(&self, label: &str) -> Outcome<Bucket> {
        let slot = self.guest.slot();
        ask!(self.guest, Op::Open((slot, self.guest.label(label))), Seen::Done => Bucket { guest: self.guest.clone(), slot })
    }

    /// Opens a label, which must fail.
    pub async fn open_fails(&self, label: &str) -> Outcome<Failure> {
        self.guest.failure(&Op::Open((self.guest.slot(), self.guest.label(label)))).await
    }

    /// Opens a label, whatever comes of it.
    pub async fn try_open(&self, label: &str) -> Outcome<Result<Bucket, Failure>> {
        let slot = self.guest.slot();
        let tried = self.guest.attempt(&Op::Open((slot, self.guest.label(label)))).await?;
        Ok(tried.map(|_| Bucket { guest: self.guest.clone(), slot }))
    }
}

impl Bucket {
    /// `get`.
    pub async fn get(&self, key: &str) -> Outcome<Option<Vec<u8>>> {
        ask!(self.guest, Op::Get((self.slot, key.into())), Seen::Value(value) => value)
    }

    /// `set`.
    pub async fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Outcome {
        ask!(self.guest, Op::Set((self.slot, key.into(), value.as_ref().into())), Seen::Done => ())
    }

    /// `delete`.
    pub async fn delete(&self, key: &str) -> Outcome {
        ask!(self.guest, Op::Delete((self.slot, key.into())), Seen::Done => ())
    }

    /// `exists`.
    pub async fn exists(&self, key: &str) -> Outcome<bool> {
        ask!(self.guest, Op::Exists((self.slot, key.into())), Seen::Flag(flag) => flag)
    }

    /// `list-keys`: one page.
    pub async fn page(&self, cursor: Option<&str>) -> Outcome<Page> {
        ask!(self.guest, Op::ListKeys((self.slot, cursor.map(Into::into))), Seen::Page(page) => page)
    }

    /// Every key, by following the cursor; keys may repeat.
    pub async fn pages(&self) -> Outcome<Vec<Page>> {
        let mut pages = vec![self.page(None).await?];
        while let Some(cursor) = pages.last().and_then(|page| page.cursor.clone()) {
            if pages.len() == MAX_PAGES {
                return mismatch("following the cursor", "an end", &format!("{MAX_PAGES} pages and no end"));
            }
            pages.push(self.page(Some(&cursor)).await?);
        }
        Ok(pages)
    }

    /// The set of all keys, by following the cursor.
    pub async fn keys(&self) -> Outcome<BTreeSet<String>> {
        Ok(self.pages().await?.into_iter().flat_map(|page| page.keys).collect())
    }

    /// The SDK's iterator over all keys.
    pub async fn all_keys(&self) -> Outcome<Vec<String>> {
        ask!(self.guest, Op::AllKeys(self.slot), Seen::Keys(keys) => keys)
    }

    /// The SDK's compare-and-swap loop: appends to the value.
    pub async fn append(&self, key: &str, bytes: impl AsRef<[u8]>) -> Outcome {
        ask!(self.guest, Op::Append((self.slot, key.into(), bytes.as_ref().into())), Seen::Done => ())
    }

    /// `increment`.
    pub async fn increment(&self, key: &str, delta: i64) -> Outcome<i64> {
        ask!(self.guest, Op::Increment((self.slot, key.into(), delta)), Seen::Number(number) => number)
    }

    /// `cas.new`.
    pub async fn cas(&self, key: &str) -> Outcome<Cas> {
        let slot = self.guest.slot();
        ask!(self.guest, Op::CasNew((slot, self.slot, key.into())), Seen::Done => Cas { guest: self.guest.clone(), slot })
    }

    /// `get-many`.
    pub async fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Outcome<Vec<Option<(String, Vec<u8>)>>> {
        let keys = keys.iter().map(|key| key.as_ref().to_owned()).collect();
        ask!(self.guest, Op::GetMany((self.slot, keys)), Seen::Values(values) => values)
    }

    /// `set-many`.
    pub async fn set_many<K: AsRef<str>, V: AsRef<[u8]>>(&self, pairs: &[(K, V)]) -> Outcome {
        let pairs = pairs.iter().map(|(key, value)| (key.as_ref().to_owned(), value.as_ref().to_vec())).collect();
        ask!(self.guest, Op::SetMany((self.slot, pairs)), Seen::Done => ())
    }

    /// `delete-many`.
    pub async fn delete_many<K: AsRef<str>>(&self, keys: &[K]) -> Outcome {
        let keys = keys.iter().map(|key| key.as_ref().to_owned()).collect();
        ask!(self.guest, Op::DeleteMany((self.slot, keys)), Seen::Done => ())
    }

    /// Drops the handle.
    pub async fn close(self) -> Outcome {
        ask!(self.guest, Op::Close(self.slot), Seen::Done => ())
    }

    /// One operation on this bucket's slot that must fail.
    pub async fn fails(&self, op: impl FnOnce(u32) -> Op) -> Outcome<Failure> {
        self.guest.failure(&op(self.slot)).await
    }

    /// One operation on this bucket's slot, whatever comes of it.
    pub async fn attempt(&self, op: impl FnOnce(u32) -> Op) -> Outcome<Result<Seen, Failure>> {
        self.guest.attempt(&op(self.slot)).await
    }

    /// Fails unless the key holds exactly these bytes.
    pub async fn expect(&self, key: &str, value: impl AsRef<[u8]>) -> Outcome {
        expect_eq(&format!("get({key:?})"), self.get(key).await?, Some(value.as_ref().to_vec()))
    }

    /// Fails unless `get` says that the key is absent.
    pub async fn expect_missing(&self, key: &str) -> Outcome {
        expect_eq(&format!("get({key:?})"), self.get(key).await?, None)
    }
}

impl Cas {
    /// `current`.
    pub async fn current(&self) -> Outcome<Option<Vec<u8>>> {
        ask!(self.guest, Op::CasCurrent(self.slot), Seen::Value(value) => value)
    }

    /// `swap`, whatever comes of it but a failure of the store.
    pub async fn swap(self, value: impl AsRef<[u8]>) -> Outcome<Swap> {
        let op = Op::CasSwap((self.slot, value.as_ref().into()));
        match self.guest.answer(&op).await? {
            Seen::Done => Ok(Swap::Swapped),
            Seen::Lost => Ok(Swap::Lost(self)),
            seen => unexpected(&op, &seen),
        }
    }

    /// `swap`, which must succeed.
    pub async fn wins(self, value: impl AsRef<[u8]>) -> Outcome {
        match self.swap(value).await? {
            Swap::Swapped => Ok(()),
            Swap::Lost(_) => mismatch("swap", "ok", "cas-failed"),
        }
    }

    /// `swap`, which must end in `cas-failed`: the refreshed handle.
    pub async fn loses(self, value: impl AsRef<[u8]>) -> Outcome<Self> {
        match self.swap(value).await? {
            Swap::Lost(cas) => Ok(cas),
            Swap::Swapped => mismatch("swap", "cas-failed", "ok"),
        }
    }

    /// `swap`, which must end in `store-error`.
    pub async fn fails(self, value: impl AsRef<[u8]>) -> Outcome<Failure> {
        let op = Op::CasSwap((self.slot, value.as_ref().into()));
        match self.guest.attempt(&op).await? {
            Err(failure) => Ok(failure),
            Ok(Seen::Lost) => mismatch("swap", "store-error", "cas-failed"),
            Ok(seen) => mismatch("swap", "store-error", &format!("{seen:?}")),
        }
    }

    /// Drops it without a swap.
    pub async fn close(self) -> Outcome {
        ask!(self.guest, Op::CasDrop(self.slot), Seen::Done => ())
    }
}
