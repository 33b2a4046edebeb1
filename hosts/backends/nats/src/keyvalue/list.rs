//! Listing: a bucket has one message for each key, so keys are read in the order of their last writes.

use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use wasi_cloud_core::{Error, Kind, Result, keyvalue::Page};

/// How many messages are asked for at once, without their values.
const STEP: usize = 1000;
/// After that long without a key, the page is empty and has a cursor: a call has to end.
const ENOUGH: Duration = Duration::from_secs(1);
/// After that long the server forgets a reader that its owner left.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// Where a listing is. It keeps no state in the server or here, so it lives as long as the listing likes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// Which bucket, as a mark: another one's revisions mean nothing here.
    bucket: u64,
    /// The revision from which to go on.
    next: u64,
}

impl Position {
    fn encode(&self) -> Result<String> {
        let json = serde_json::to_vec(self).map_err(|_| Error::new(Kind::Other, "a cursor could not be written"))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// `invalid` for what [`encode`](Self::encode) cannot have made for this bucket (KVX-48, KV-STORE-21).
    fn decode(cursor: &str, bucket: &str) -> Result<Self> {
        BASE64_URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|json| serde_json::from_slice::<Self>(&json).ok())
            .filter(|position| position.bucket == mark(bucket) && position.next > 1)
            .ok_or_else(|| Error::new(Kind::Invalid, "this cursor was not made by this bucket"))
    }
}

/// The same in every process of one build, which is longer than a listing lasts.
fn mark(bucket: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    bucket.hash(&mut hasher);
    hasher.finish()
}

/// One page. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list).
pub(super) async fn page(
    server: &Server,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let start = Position { bucket: mark(bucket), next: 1 };
    let mut at = cursor.map_or(Ok(start), |cursor| Position::decode(cursor, bucket))?;
    let stream = server.stream(&super::stream_name(bucket)).await?;
    let subjects = format!("$KV.{}.", names::token(bucket));
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: at.next },
        ack_policy: AckPolicy::None,
        filter_subject: format!("{subjects}>"),
        headers_only: true,
        memory_storage: true,
        num_replicas: 1,
        inactive_threshold: FORGOTTEN,
        ..pull::Config::default()
    };
    let lost = |_: &dyn std::error::Error| Why::Lost.read(&server.url);
    let reader = stream.create_consumer(config).await.map_err(|why| Why::from(why).read(&server.url))?;
    let mut left = reader.cached_info().num_pending;
    let (began, wanted) = (Instant::now(), limit.unwrap_or(STEP));
    let mut keys = Vec::new();
    while left > 0 && keys.len() < wanted && (keys.is_empty() || limit.is_some()) && began.elapsed() < ENOUGH {
        let step = if prefix.is_empty() { wanted - keys.len() } else { STEP };
        let asking = async {
            let mut batch = reader.fetch().max_messages(step.min(STEP)).messages().await.map_err(|why| lost(&why))?;
            let mut some = false;
            while keys.len() < wanted
                && let Some(message) = batch.next().await
            {
                let message = message.map_err(|why| lost(&*why))?;
                let info = message.info().map_err(|why| lost(&*why))?;
                (left, at.next, some) = (info.pending, info.stream_sequence + 1, true);
                if message.headers.as_ref().is_some_and(super::is_removed) {
                    continue;
                }
                let key = message.subject.strip_prefix(&*subjects).and_then(names::read_key);
                // What is longer than a key may be is another program's: reading it would be refused.
                let is_key = |key: &String| key.starts_with(prefix) && key.len() as u64 <= super::MAX_KEY_SIZE;
                keys.extend(key.filter(is_key));
            }
            Ok::<_, Error>(some)
        };
        let some =
            timeout(server.timing.response, asking).await.unwrap_or_else(|_| Err(Why::Late.read(&server.url)))?;
        if !some {
            // What was left has been written anew or removed since, and was shown or will not be.
            left = 0;
        }
    }
    // It ends by itself too, later.
    let _ = stream.delete_consumer(&reader.cached_info().name).await;
    Ok(Page { keys, cursor: if left > 0 { Some(at.encode()?) } else { None } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        let at = Position { bucket: mark("b"), next: u64::MAX };
        let cursor = at.encode().expect("a cursor");
        assert_eq!(Position::decode(&cursor, "b").expect("ours"), at);
        assert_eq!(Position::decode(&cursor, "c").expect_err("another bucket's").kind, Kind::Invalid);
        let start = Position { bucket: mark("b"), next: 1 };
        for bad in ["", "0", "17", "garbage", "e30", "bnVsbA", &cursor[1..], &start.encode().expect("a text")] {
            assert_eq!(Position::decode(bad, "b").expect_err(bad).kind, Kind::Invalid);
        }
    }
}
