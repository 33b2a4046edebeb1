//! Listing: all names of a bucket at once, for Vault has no pages; then, name by name, whether the key is there.

use super::{AT_ONCE, MAX_KEY_SIZE, SHAPE, Store};
use crate::{names, wire::Held};
use futures::{StreamExt, TryStreamExt, stream};
use std::time::Duration;
use tokio::time::Instant;
use wasi_cloud_core::{
    Result,
    keyvalue::{Page, cursor},
};

/// How many keys a page has where the caller set no limit; as in the memory backend.
const PAGE: usize = 256;
/// How many names are looked at before the clock is.
const STEP: usize = 64;
/// After that long a page ends as it is, even empty: a call has to end.
const ENOUGH: Duration = Duration::from_secs(1);

/// One page. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list). A cursor is the last key that was looked at.
pub(super) async fn page(
    store: &Store,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let after = cursor.map(|cursor| cursor::decode(bucket, cursor, |key| Some(key.to_owned()))).transpose()?;
    let is_next = |key: &String| {
        // What is longer than a key may be is another program's: reading it would be refused.
        let is_key = key.starts_with(prefix) && key.len() as u64 <= MAX_KEY_SIZE;
        is_key && after.as_ref().is_none_or(|after| key > after)
    };
    let mut keys: Vec<_> =
        store.names(bucket).await?.iter().filter_map(|name| names::read(name)).filter(is_next).collect();
    keys.sort_unstable();
    let (most, began) = (limit.unwrap_or(PAGE).max(1), Instant::now());
    let (mut found, mut rest) = (Vec::new(), &*keys);
    loop {
        let (now, later) = rest.split_at(rest.len().min(STEP).min(most - found.len()));
        found.extend(there(store, bucket, now).await?);
        let last = if later.is_empty() { None } else { now.last() };
        if last.is_none() || found.len() == most || began.elapsed() > ENOUGH {
            return Ok(Page { keys: found, cursor: last.map(|key| cursor::encode(bucket, key)) });
        }
        rest = later;
    }
}

/// Those of the keys that are there.
async fn there(store: &Store, bucket: &str, keys: &[String]) -> Result<Vec<String>> {
    let looked: Vec<_> = keys.iter().map(|key| store.held(SHAPE, bucket, key)).collect();
    let held: Vec<Held> = stream::iter(looked).buffered(AT_ONCE).try_collect().await?;
    Ok(keys.iter().zip(held).filter(|(_, held)| held.is_there()).map(|(key, _)| key.clone()).collect())
}
