//! Key-value storage: buckets of keys and values, counters, compare-and-swap.
//!
//! Methods on [`Bucket`] and [`Cas`] are the functions of `wasi:keyvalue` and `wasi-cloud:keyvalue`, one to one: they
//! check nothing, drop nothing and retry nothing. The helpers at the end of the list ([`keys`](Bucket::keys),
//! [`update`](Bucket::update), JSON) are made of them.
//!
//! Keys are UTF-8 text and values are bytes. The host declares the largest of each, in bytes, and which keys it takes;
//! lower-case ASCII words joined by `.`, `-` or `_` work everywhere.
//!
//! # Blocking
//! Every call blocks until the host answers, at most for the host's own call timeout. That time does not count towards
//! the component's deadline.
//!
//! # Errors
//! Functions of the standard package can tell three cases only: [`Kind::NotFound`] (the label was granted, but nothing
//! is linked to it), [`Kind::AccessDenied`], and [`Kind::Other`] for all else; after `Other` a write may have been
//! applied (KV-STORE-22, KV-STORE-S17). Those of the extension tell all nine, and whether the write was applied
//! (KVX-60). A host that lacks the extension cannot run a component that calls it; what a component does not call it
//! does not import.
//!
//! ```
//! use wasi_cloud_sdk::keyvalue::Bucket;
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! let bucket = Bucket::open("default")?;
//! bucket.set("greeting", "hello")?;
//! assert_eq!(bucket.get("greeting")?.as_deref(), Some(&b"hello"[..]));
//! assert_eq!(bucket.increment("visits", 1)?, 1);
//! # Ok(()) }
//! ```
//!
//! [`Kind::NotFound`]: crate::Kind::NotFound
//! [`Kind::AccessDenied`]: crate::Kind::AccessDenied
//! [`Kind::Other`]: crate::Kind::Other

mod cas;
mod ext;
mod helpers;
#[cfg(feature = "json")]
mod json;
mod watcher;

pub use cas::{Cas, SwapError};
pub(crate) use ext::whole_ms;
pub use ext::{Condition, Entry, PutOptions, Version};
pub use helpers::{Keys, MAX_UPDATES};
pub use watcher::Watcher;

use crate::{Result, sys};

/// Some keys of a listing, and how to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The keys, in any order (KV-STORE-15). A page may be empty and yet not be the last (KV-STORE-S11).
    pub keys: Vec<String>,
    /// Where to go on; opaque. `None` ends the listing.
    pub cursor: Option<String>,
}

/// What [`Bucket::get_many`] says of one key: the key and its value, or `None` if it is absent.
pub type Found = Option<(String, Vec<u8>)>;

/// An open bucket. Dropping it leaves the data as it is (KV-STORE-23).
///
/// A handle takes a slot in the host's table; a full table is an error of `open` (KV-STORE-24).
#[derive(Debug)]
pub struct Bucket(pub(crate) sys::keyvalue::Bucket);

/// `wasi:keyvalue/store`
impl Bucket {
    /// Opens the bucket behind a label: the name of a link that the operator configures, not the bucket's name in the
    /// backend. May connect, or put that off to the first use.
    ///
    /// # Errors
    /// `NotFound` if the label was granted but nothing is linked to it (KV-STORE-02), `AccessDenied` if it was not
    /// granted, whether it exists or not (KV-STORE-03), else `Other`.
    pub fn open(label: &str) -> Result<Self> {
        sys::keyvalue::Bucket::open(label).map(Self)
    }

    /// Reads a value; `None` if the key is absent, which is no error (KV-STORE-04, KV-STORE-05).
    ///
    /// # Errors
    /// See the [module](self); never `Applied::Maybe`.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(key)
    }

    /// Writes a value, whatever was there (KV-STORE-06, KV-STORE-07). An empty value is a value (KV-STORE-S06). Clears
    /// the lifetime that the key may have had (KVX-33).
    ///
    /// # Errors
    /// See the [module](self); `Other` may have been applied.
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<()> {
        self.0.set(key, value.as_ref())
    }

    /// Removes a key; an absent one is no error (KV-STORE-08, KV-STORE-09).
    ///
    /// # Errors
    /// See the [module](self); `Other` may have been applied.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.0.delete(key)
    }

    /// Whether the key has a value, without fetching it (KV-STORE-10).
    ///
    /// # Errors
    /// See the [module](self); never `Applied::Maybe`.
    pub fn exists(&self, key: &str) -> Result<bool> {
        self.0.exists(key)
    }

    /// Lists keys, a page at a time: start with `None`, go on with the cursor of the last page, stop when it is `None`.
    /// The host chooses the page size, and a key may come twice (KV-STORE-12, KV-STORE-S11). [`keys`](Self::keys)
    /// follows the cursor for you.
    ///
    /// # Errors
    /// See the [module](self). A cursor that the host never gave out is `Other` or yields some page (KV-STORE-S08).
    pub fn list_page(&self, cursor: Option<&str>) -> Result<Page> {
        self.0.list_page(cursor)
    }
}

/// `wasi:keyvalue/atomics`; see also [`Cas`]
impl Bucket {
    /// Adds to a counter in one step and says the sum; an absent key counts as 0 (KV-ATOM-01, KV-ATOM-03). Do not mix
    /// counters with `get` and `set`: how one is stored differs by host.
    ///
    /// # Errors
    /// See the [module](self). A value that is no counter and a sum outside of `i64` are `Other` and change nothing
    /// (KV-ATOM-06, KV-ATOM-07); after another `Other` the counter may have been raised.
    pub fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.0.increment(key, delta)
    }
}

/// `wasi:keyvalue/batch`: many keys in one call, to save round trips. Not a transaction.
impl Bucket {
    /// Reads many values: as many results as keys, `None` for an absent one (KV-BATCH-01, KV-BATCH-02). Where the host
    /// offers `batch-positions`, result i belongs to key i (KV-BATCH-03); elsewhere go by the key in the result.
    ///
    /// # Errors
    /// See the [module](self). An error says nothing about any key.
    pub fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Found>> {
        self.0.get_many(&borrowed(keys))
    }

    /// Writes many pairs, in any order; of a key given twice one value stays (KV-BATCH-05, KV-BATCH-06).
    ///
    /// # Errors
    /// See the [module](self). Some pairs may have been written (KV-BATCH-07); writing all again is safe.
    pub fn set_many<K: AsRef<str>, V: AsRef<[u8]>>(&self, pairs: &[(K, V)]) -> Result<()> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect();
        self.0.set_many(&pairs)
    }

    /// Removes many keys and passes over absent ones (KV-BATCH-08).
    ///
    /// # Errors
    /// See the [module](self). Some keys may have been removed (KV-BATCH-07); repeating the call is safe.
    pub fn delete_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<()> {
        self.0.delete_many(&borrowed(keys))
    }
}

fn borrowed<K: AsRef<str>>(keys: &[K]) -> Vec<&str> {
    keys.iter().map(AsRef::as_ref).collect()
}
