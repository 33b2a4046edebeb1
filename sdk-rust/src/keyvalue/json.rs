use super::Bucket;
use crate::{Error, Kind, Result};
use serde::{Serialize, de::DeserializeOwned};

/// Helpers with the feature `json`
impl Bucket {
    /// [`get`](Self::get), read as JSON.
    ///
    /// # Errors
    /// Those of `get`; `Other` if the value is not JSON of this type.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value = self.get(key)?;
        value.map(|bytes| serde_json::from_slice(&bytes).map_err(Error::other)).transpose()
    }

    /// [`set`](Self::set), written as JSON.
    ///
    /// # Errors
    /// Those of `set`; `Invalid` if the value cannot be written as JSON: then nothing was written.
    pub fn set_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        let text = serde_json::to_vec(value).map_err(|why| Error::new(Kind::Invalid, why.to_string()))?;
        self.set(key, text)
    }
}
