//! Cursors: the last key of a page, spelled so that nothing else looks like one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use wasi_cloud_core::{Error, Kind, Result};

const PREFIX: &str = "after:";

/// The cursor of a page that ends with this key.
pub(super) fn encode(last: &str) -> String {
    format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(last))
}

/// The key that a page ended with; `invalid` for what [`encode`] cannot have made (KVX-48).
pub(super) fn decode(cursor: &str) -> Result<String> {
    cursor
        .strip_prefix(PREFIX)
        .and_then(|code| BASE64_URL_SAFE_NO_PAD.decode(code).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::new(Kind::Invalid, "this cursor was not made by this store"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn every_key_comes_back_and_garbage_is_invalid() {
        for h in hostile() {
            assert_eq!(decode(&encode(&h.text)).expect(h.name), h.text);
        }
        for bad in ["", "0", "garbage", "after", "after:=", "after:a", "after:_w", "before:YQ", "YQ"] {
            assert_eq!(decode(bad).expect_err(bad).kind, Kind::Invalid);
        }
    }
}
