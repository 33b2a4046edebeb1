//! Cursors that are a bucket and a position in its listing, so that a listing needs no state anywhere.
//!
//! ```
//! use wasi_cloud_core::{Kind, keyvalue::cursor};
//!
//! let after = cursor::encode("sessions", "user/17");
//! let key = |text: &str| Some(text.to_owned());
//! assert_eq!(cursor::decode("sessions", &after, key)?, "user/17");
//! assert_eq!(cursor::decode("carts", &after, key).map_err(|e| e.kind), Err(Kind::Invalid));
//! # Ok::<(), wasi_cloud_core::Error>(())
//! ```

use crate::error::{Error, Kind, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The cursor of a page of `bucket` after which the listing goes on at `position`, in the backend's own terms. It can
/// be read by whoever holds it: it is encoded, not encrypted.
#[must_use]
pub fn encode(bucket: &str, position: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{bucket}{position}", bucket.len()))
}

/// The position in a cursor, as `read` understands it.
///
/// # Errors
/// `invalid` for what [`encode`] cannot have made for this bucket (KVX-48, KV-STORE-21), and where `read` says `None`.
pub fn decode<T>(bucket: &str, cursor: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let mark = format!("{}:{bucket}", bucket.len());
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| read(text.strip_prefix(&mark)?))
        .ok_or_else(|| Error::new(Kind::Invalid, "this cursor was not made by this bucket"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escape::hostile;

    fn key(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn every_position_of_every_bucket_comes_back_there_and_nowhere_else() {
        for bucket in hostile() {
            for position in hostile() {
                let cursor = encode(&bucket.text, &position.text);
                assert_eq!(decode(&bucket.text, &cursor, key).expect(position.name), position.text);
                let other = format!("{}x", bucket.text);
                assert_eq!(decode(&other, &cursor, key).expect_err(position.name).kind, Kind::Invalid);
            }
        }
    }

    #[test]
    fn garbage_is_invalid() {
        for bad in ["", "0", "17", "garbage", "MTpi=", "_w", "after:YQ"] {
            assert_eq!(decode("b", bad, key).expect_err(bad).kind, Kind::Invalid);
        }
        let number = |text: &str| text.parse::<u64>().ok();
        assert_eq!(decode("b", &encode("b", "x"), number).expect_err("no number").kind, Kind::Invalid);
    }
}
