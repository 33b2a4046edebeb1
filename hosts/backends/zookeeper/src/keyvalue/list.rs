//! Listing: pages of a bucket's names, in the order of the keys' bytes.

use crate::names;
use wasi_cloud_core::{
    Result,
    keyvalue::{Page, cursor},
};

/// How many keys a page has where the caller set no limit; as in the memory backend.
const PAGE: usize = 256;

/// One page of what the `nodes` of a bucket stand for. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list).
pub(super) fn page(
    nodes: Vec<String>,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let after = cursor.map(|cursor| cursor::decode(bucket, cursor, |key| Some(key.to_owned()))).transpose()?;
    let is_next = |key: &String| key.starts_with(prefix) && after.as_ref().is_none_or(|after| key > after);
    let mut keys: Vec<_> = nodes.iter().filter_map(|node| names::read(node)).filter(is_next).collect();
    // What is longer than a key may be is another program's: reading it would be refused.
    keys.retain(|key| key.len() as u64 <= super::MAX_KEY_SIZE);
    keys.sort_unstable();
    let limit = limit.unwrap_or(PAGE);
    let is_last = keys.len() <= limit;
    keys.truncate(limit);
    let cursor = keys.last().filter(|_| !is_last).map(|last| cursor::encode(bucket, last));
    Ok(Page { keys, cursor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_on_after_the_last_key() {
        let nodes: Vec<_> = ["b", "%C3%BC", "a", "%", "c", "ü", "%2f"].map(str::to_owned).into();
        let page = |prefix: &str, cursor: Option<&str>, limit| {
            super::page(nodes.clone(), "bucket", prefix, cursor, limit).expect("a page")
        };
        assert_eq!(
            page("", None, None),
            Page { keys: ["", "a", "b", "c", "ü"].map(str::to_owned).into(), cursor: None }
        );
        let first = page("", None, Some(2));
        assert_eq!(first.keys, ["", "a"]);
        let second = page("", first.cursor.as_deref(), Some(3));
        assert_eq!((second.keys, second.cursor), (["b", "c", "ü"].map(str::to_owned).into(), None));
        assert_eq!(page("c", first.cursor.as_deref(), Some(1)).keys, ["c"]);
        assert!(super::page(nodes.clone(), "other", "", first.cursor.as_deref(), None).is_err());
    }

    #[test]
    fn a_key_that_is_too_long_is_another_programs() {
        let nodes = vec!["k".repeat(1024), "k".repeat(1025)];
        assert_eq!(page(nodes.clone(), "b", "", None, None).expect("a page").keys, nodes[..1]);
    }
}
