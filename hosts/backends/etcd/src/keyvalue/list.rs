//! Listing: ranges of names, in the order of their bytes.

use crate::{
    error::Effect,
    names,
    server::Server,
    wire::{self, Range},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;
use wasi_cloud_core::{
    Result,
    keyvalue::{Page, cursor},
};

/// How many names are asked for at once, without their values, where the caller set no limit; as in the memory backend.
const PAGE: usize = 256;
/// After that long without a key, the page is empty and has a cursor: a call has to end.
const ENOUGH: Duration = Duration::from_secs(1);

/// One page. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list).
pub(super) async fn page(
    server: &Server,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let first = names::name(bucket, prefix);
    let end = names::end(&first);
    let mut from = first.into_bytes();
    if let Some(cursor) = cursor {
        // With another prefix it may be a place before this one.
        from = from.max(cursor::decode(bucket, cursor, position)?);
    }
    let began = Instant::now();
    loop {
        if from >= end {
            return Ok(Page::default());
        }
        let asked = json!({
            "key": wire::bytes(&from),
            "range_end": wire::bytes(&end),
            "limit": limit.unwrap_or(PAGE).to_string(),
            "keys_only": true,
        });
        let found: Range = server.call(Effect::Read, "kv/range", &asked).await?;
        if let Some(last) = found.kvs.last() {
            // The next name that there can be.
            from = [&*last.key, b"\0"].concat();
        }
        let keys = found.kvs.iter().filter_map(|pair| names::key(bucket, &pair.key));
        // What is longer than a key may be is another program's: reading it would be refused.
        let keys: Vec<_> = keys.filter(|key| key.len() as u64 <= super::MAX_KEY_SIZE).collect();
        if !keys.is_empty() || !found.more || began.elapsed() > ENOUGH {
            let cursor = found.more.then(|| cursor::encode(bucket, &BASE64_URL_SAFE_NO_PAD.encode(from)));
            return Ok(Page { keys, cursor });
        }
    }
}

/// The name from which to go on. It need not be UTF-8: another program may have written the last one.
fn position(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|name| name.ends_with(b"\0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_goes_on_only_after_a_name() {
        let name = b"b/\xff\0";
        assert_eq!(position(&BASE64_URL_SAFE_NO_PAD.encode(name)).as_deref(), Some(&name[..]));
        for bad in ["", "!", &BASE64_URL_SAFE_NO_PAD.encode("b/a")] {
            assert_eq!(position(bad), None, "{bad}");
        }
    }
}
