//! Cursors: the bucket and the last key of a page, so that a listing needs no state here.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use wasi_cloud_core::{Error, Kind, Result};

/// The cursor of a page that ends with this key.
pub(super) fn encode(bucket: &str, last: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{bucket}{last}", bucket.len()))
}

/// The key that a page of this bucket ended with; `invalid` for what [`encode`] cannot have made for it (KVX-48).
pub(super) fn decode(bucket: &str, cursor: &str) -> Result<String> {
    let mark = format!("{}:{bucket}", bucket.len());
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(&mark).map(str::to_owned))
        .ok_or_else(|| Error::new(Kind::Invalid, "this cursor was not made by this bucket"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn every_key_of_every_bucket_comes_back_there_and_nowhere_else() {
        for bucket in hostile() {
            for key in hostile() {
                let cursor = encode(&bucket.text, &key.text);
                assert_eq!(decode(&bucket.text, &cursor).expect(key.name), key.text);
                let other = format!("{}x", bucket.text);
                assert_eq!(decode(&other, &cursor).expect_err(key.name).kind, Kind::Invalid);
            }
        }
        for bad in ["", "0", "17", "garbage", "MTpi=", "_w", "after:YQ"] {
            assert_eq!(decode("b", bad).expect_err(bad).kind, Kind::Invalid);
        }
    }
}
