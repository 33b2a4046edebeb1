use super::{Bucket, Condition, Entry, PutOptions};
use crate::error::{Error, Kind, Result};

/// Compare-and-swap on one key: a snapshot taken by [`Cas::new`] (KV-ATOM-S01), and one chance to replace it.
#[derive(Debug, Clone)]
pub struct Cas {
    bucket: Bucket,
    key: String,
    seen: Option<Entry>,
}

/// Why a swap did not take place, or may not have.
#[derive(Debug)]
pub enum SwapError {
    /// The store failed; nothing is known of other writers.
    Store(Error),
    /// Another writer came first. The handle holds a fresh snapshot (KV-ATOM-12).
    Failed(Cas),
}

impl Cas {
    /// Takes the snapshot, of an absent key too.
    pub async fn new(bucket: Bucket, key: &str) -> Result<Self> {
        let seen = bucket.entry(key).await?;
        Ok(Self { bucket, key: key.to_owned(), seen })
    }

    /// The value of the snapshot. Does not block.
    #[must_use]
    pub fn current(&self) -> Option<&[u8]> {
        self.seen.as_ref().map(|entry| &*entry.value)
    }

    /// Writes the value if nobody wrote or deleted the key since the snapshot, even to the same bytes.
    pub async fn swap(self, value: &[u8]) -> Result<(), SwapError> {
        let condition = match &self.seen {
            Some(entry) => Condition::Version(entry.version.clone()),
            None => Condition::Absent,
        };
        match self.bucket.put(&self.key, value, &PutOptions { condition, ttl: None }).await {
            Ok(_) => Ok(()),
            Err(e) if e.kind == Kind::Conflict => {
                let fresh = Self::new(self.bucket, &self.key).await.map_err(SwapError::Store)?;
                Err(SwapError::Failed(fresh))
            }
            Err(e) => Err(SwapError::Store(e)),
        }
    }
}
