//! Listing: a bucket has one message for each key, so keys are read in the order of their last writes.

use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wasi_cloud_core::{
    Error, Result,
    keyvalue::{Page, cursor},
};

/// How many messages are asked for at once, without their values.
const STEP: usize = 1000;
/// After that long without a key, the page is empty and has a cursor: a call has to end.
const ENOUGH: Duration = Duration::from_secs(1);
/// After that long the server forgets a reader that its owner left.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The revision from which a listing goes on, as its cursor has it.
fn revision(text: &str) -> Option<u64> {
    text.parse().ok().filter(|next| *next > 1)
}

/// One page. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list).
pub(super) async fn page(
    server: &Server,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let mut next = cursor.map_or(Ok(1), |cursor| cursor::decode(bucket, cursor, revision))?;
    let stream = server.stream(&super::stream_name(bucket)).await?;
    let subjects = format!("$KV.{}.", names::token(bucket));
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next },
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
                (left, next, some) = (info.pending, info.stream_sequence + 1, true);
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
    Ok(Page { keys, cursor: (left > 0).then(|| cursor::encode(bucket, &next.to_string())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_goes_on_only_where_a_page_can_have_ended() {
        assert_eq!(revision(&u64::MAX.to_string()), Some(u64::MAX));
        for bad in ["", "0", "1", "-2", "x", "18446744073709551616"] {
            assert_eq!(revision(bad), None, "{bad}");
        }
    }
}
