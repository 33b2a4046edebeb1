//! Configuration that the operator gives to the component. Read only, and no place for secrets.
//!
//! Calls block until the host answers, at most for the host's own call timeout. Keys that work everywhere are
//! lower-case words joined by `_`.
//!
//! # Errors
//! [`Kind::Unavailable`](crate::Kind::Unavailable) if the configuration could not be reached or read,
//! [`Kind::Other`](crate::Kind::Other) for all else, a missing grant included (CFG-STORE-05).
//!
//! ```
//! use wasi_cloud_sdk::{config, testing::Cloud};
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! let _cloud = Cloud::builder().config("greeting", "hello").start()?;
//! assert_eq!(config::get("greeting")?.as_deref(), Some("hello"));
//! assert_eq!(config::get("farewell")?, None);
//! # Ok(()) }
//! ```

use crate::{Result, sys};

/// Reads one value; `None` if the key is not configured (CFG-STORE-01, CFG-STORE-02).
///
/// # Errors
/// See the [module](self).
pub fn get(key: &str) -> Result<Option<String>> {
    sys::config::get(key)
}

/// Reads all pairs at once, in any order (CFG-STORE-03). Collect them into a map if you need one.
///
/// # Errors
/// See the [module](self).
pub fn get_all() -> Result<Vec<(String, String)>> {
    sys::config::get_all()
}
