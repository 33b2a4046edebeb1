//! Listing: `SCAN`, and cursors that carry what a page had no room for.

use crate::{connection::Server, error::Effect, names};
use redis::cmd;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Page, cursor},
};

/// How much of the keyspace the first `SCAN` of a page looks at, in keys: at most, and for pages with a limit at least.
/// Redis returns some more where a hash bucket holds several.
const STEP: usize = 1000;
const LEAST_STEP: usize = 100;
/// Where a step finds nothing the next one is twice as long, up to this, for which the server needs some milliseconds: a
/// bucket may be a small part of a large keyspace, and each step is a round trip.
const LONGEST_STEP: usize = 16_000;
/// After that long without a key, the page is empty and has a cursor: a call has to end.
const ENOUGH: Duration = Duration::from_secs(1);

/// Where a listing is. It keeps no state in the server or here, so it lives as long as the listing likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// The server's cursor; `None` once it has shown everything.
    scan: Option<u64>,
    /// Keys that were found and not yet listed.
    waiting: Vec<String>,
}

impl Position {
    fn start() -> Self {
        Self { scan: Some(0), waiting: Vec::new() }
    }

    fn is_end(&self) -> bool {
        self.scan.is_none() && self.waiting.is_empty()
    }

    fn encode(&self, bucket: &str) -> Result<String> {
        let json = serde_json::to_string(self).map_err(|_| Error::new(Kind::Other, "a cursor could not be written"))?;
        Ok(cursor::encode(bucket, &json))
    }

    fn decode(bucket: &str, cursor: &str) -> Result<Self> {
        cursor::decode(bucket, cursor, |json| serde_json::from_str(json).ok().filter(|at: &Self| !at.is_end()))
    }
}

/// One page. See [`KeyValue::list`](wasi_cloud_core::keyvalue::KeyValue::list).
pub(super) async fn page(
    server: &Server,
    bucket: &str,
    prefix: &str,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<Page> {
    let mut at = cursor.map_or_else(|| Ok(Position::start()), |cursor| Position::decode(bucket, cursor))?;
    at.waiting.retain(|key| key.starts_with(prefix));
    at.waiting = still_there(server, bucket, at.waiting).await?;
    let mut step = limit.unwrap_or(STEP).clamp(LEAST_STEP, STEP);
    let began = Instant::now();
    while let (true, Some(from)) = (at.waiting.is_empty() && began.elapsed() < ENOUGH, at.scan) {
        (at.scan, at.waiting) = scan(server, bucket, prefix, from, step).await?;
        step = (2 * step).min(LONGEST_STEP);
    }
    let rest = at.waiting.split_off(at.waiting.len().min(limit.unwrap_or(usize::MAX)));
    let keys = std::mem::replace(&mut at.waiting, rest);
    let cursor = if at.is_end() { None } else { Some(at.encode(bucket)?) };
    Ok(Page { keys, cursor })
}

/// One step through the keyspace: where to go on, and the keys, each once.
async fn scan(
    server: &Server,
    bucket: &str,
    prefix: &str,
    from: u64,
    step: usize,
) -> Result<(Option<u64>, Vec<String>)> {
    let mut command = cmd("SCAN");
    command.arg(from).arg("MATCH").arg(names::pattern(bucket, prefix)).arg("COUNT").arg(step);
    // What is no string is no key of ours.
    command.arg("TYPE").arg("string");
    let (next, found): (u64, Vec<Vec<u8>>) = server.command(Effect::Read, &command).await?;
    let keys = found.iter().filter_map(|plain| names::key(bucket, plain));
    // A name that is longer than a key may be is another program's: reading the key would be refused.
    let keys = keys.filter(|key| key.starts_with(prefix) && key.len() as u64 <= super::MAX_KEY_SIZE);
    let mut keys: Vec<String> = keys.map(Into::into).collect();
    keys.sort_unstable();
    keys.dedup();
    Ok(((next != 0).then_some(next), keys))
}

/// Without the keys that were deleted or expired while they waited (KVX-36).
async fn still_there(server: &Server, bucket: &str, mut keys: Vec<String>) -> Result<Vec<String>> {
    if keys.is_empty() {
        return Ok(keys);
    }
    let mut asked = redis::pipe();
    for key in &keys {
        asked.cmd("EXISTS").arg(names::plain(bucket, key));
    }
    let answers: Vec<bool> = server.pipeline(Effect::Read, &asked).await?;
    let mut answers = answers.into_iter();
    keys.retain(|_| answers.next().unwrap_or_default());
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        let waiting: Vec<_> = hostile().into_iter().map(|h| h.text).collect();
        let at = Position { scan: Some(u64::MAX), waiting };
        let cursor = at.encode("b").expect("a cursor");
        assert_eq!(Position::decode("b", &cursor).expect("ours"), at);
        assert_eq!(Position::decode("c", &cursor).expect_err("another bucket's").kind, Kind::Invalid);
        let end = Position { scan: None, waiting: Vec::new() }.encode("b").expect("a text");
        for bad in ["", "garbage", &cursor[1..], &cursor::encode("b", "{}"), &end] {
            assert_eq!(Position::decode("b", bad).expect_err(bad).kind, Kind::Invalid);
        }
    }
}
