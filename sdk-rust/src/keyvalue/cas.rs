use super::Bucket;
use crate::{Error, Result, sys};
use std::fmt;

/// What a key held at one moment, and one chance to replace it. [`Bucket::update`] is the loop around it.
///
/// ```
/// # use wasi_cloud_sdk::keyvalue::{Bucket, Cas};
/// # fn main() -> Result<(), wasi_cloud_sdk::keyvalue::SwapError> {
/// let bucket = Bucket::open("default")?;
/// let cas = Cas::new(&bucket, "owner")?;
/// if cas.current()?.is_none() {
///     cas.swap("me")?; // fails if somebody else was faster
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Cas(sys::keyvalue::Cas);

impl From<sys::keyvalue::Cas> for Cas {
    fn from(inner: sys::keyvalue::Cas) -> Self {
        Self(inner)
    }
}

impl Cas {
    /// Takes the snapshot, of an absent key too (KV-ATOM-08). It takes a slot in the host's table until it is swapped
    /// or dropped; dropping it changes nothing.
    ///
    /// # Errors
    /// Those of the standard package, never `Applied::Maybe`.
    pub fn new(bucket: &Bucket, key: &str) -> Result<Self> {
        sys::keyvalue::Cas::new(&bucket.0, key).map(Self)
    }

    /// The value of the snapshot, `None` if the key was absent (KV-ATOM-09). May be asked any number of times.
    ///
    /// # Errors
    /// Those of the standard package, never `Applied::Maybe`.
    pub fn current(&self) -> Result<Option<Vec<u8>>> {
        self.0.current()
    }

    /// Writes the value if nobody wrote the key since the snapshot (KV-ATOM-10, KV-ATOM-11). Uses up the handle.
    ///
    /// # Errors
    /// See [`SwapError`].
    pub fn swap(self, value: impl AsRef<[u8]>) -> Result<(), SwapError> {
        self.0.swap(value.as_ref())
    }
}

/// Why a swap did not take place, or may not have.
#[derive(Debug)]
pub enum SwapError {
    /// The store failed (KV-ATOM-13); after `Other` the write may have been applied.
    Store(Error),
    /// Another write came first, and nothing was written. The handle holds a fresh snapshot (KV-ATOM-12).
    Failed(Cas),
}

impl From<Error> for SwapError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for SwapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Failed(_) => f.write_str("another write came first"),
        }
    }
}

impl std::error::Error for SwapError {}
