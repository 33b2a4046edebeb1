//! The statements. They see nothing that has expired at `now`, and cut nothing short.

use crate::error::Stop;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use wasi_cloud_core::keyvalue::Version;

/// How many expired keys a write removes at most on its way, so that none of them waits for all of them. More than one,
/// so that they become fewer while keys are written.
const SWEEP: u32 = 64;

/// Without a limit: rows are computed one by one, and most of a page's are wanted.
const KEYS: &str = "select key from keyvalue
    where bucket = ?1 and key >= ?2 and (expires is null or expires > ?3) order by key";

/// What a key holds: its value, version and end.
pub(super) struct Row {
    pub(super) value: Vec<u8>,
    pub(super) version: i64,
    pub(super) expires: Option<i64>,
}

type Found<T> = Result<T, Stop>;

/// A foreign program may have written a text or a number; its bytes are the value then.
pub(super) fn get(on: &Connection, bucket: &str, key: &str, now: i64) -> Found<Option<Row>> {
    let mut statement = on.prepare_cached(
        "select cast(value as blob), version, expires from keyvalue
         where bucket = ?1 and key = ?2 and (expires is null or expires > ?3)",
    )?;
    let row = statement.query_row(params![bucket, key, now], |row| {
        Ok(Row { value: row.get(0)?, version: row.get(1)?, expires: row.get(2)? })
    });
    Ok(row.optional()?)
}

/// The version of a key, without reading its value.
pub(super) fn version(on: &Connection, bucket: &str, key: &str, now: i64) -> Found<Option<i64>> {
    let mut statement = on.prepare_cached(
        "select version from keyvalue where bucket = ?1 and key = ?2 and (expires is null or expires > ?3)",
    )?;
    Ok(statement.query_row(params![bucket, key, now], |row| row.get(0)).optional()?)
}

/// Writes the whole row, and says its version.
pub(super) fn put(on: &Connection, bucket: &str, key: &str, value: &[u8], expires: Option<i64>) -> Found<Version> {
    let mut statement = on.prepare_cached(
        "insert into keyvalue (bucket, key, version, expires, value)
         values (:bucket, :key, (select next from keyvalue_versions), :expires, :value)
         on conflict do update set version = excluded.version, expires = excluded.expires, value = excluded.value
         returning version",
    )?;
    let row = named_params! { ":bucket": bucket, ":key": key, ":expires": expires, ":value": value };
    let version: i64 = statement.query_row(row, |row| row.get(0))?;
    Ok(Version(version.to_string()))
}

pub(super) fn delete(on: &Connection, bucket: &str, key: &str) -> Found<()> {
    on.prepare_cached("delete from keyvalue where bucket = ?1 and key = ?2")?.execute([bucket, key])?;
    Ok(())
}

/// Removes some of what has expired, and says how many.
pub(super) fn sweep(on: &Connection, now: i64) -> Found<usize> {
    let mut statement = on.prepare_cached(
        "delete from keyvalue where rowid in (select rowid from keyvalue where expires <= ?1 order by expires limit ?2)",
    )?;
    Ok(statement.execute(params![now, SWEEP])?)
}

/// Up to `limit` keys with the prefix, in byte order, from behind `after` on. What is no key of ours, being no UTF-8 or
/// too long, is another program's, and reading it would be refused.
pub(super) fn keys(
    on: &Connection,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
    now: i64,
) -> Found<Vec<String>> {
    let mut statement = on.prepare_cached(KEYS)?;
    let start = after.map_or(prefix, |after| after.max(prefix));
    let mut rows = statement.query(params![bucket, start, now])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(key) = row.get_ref(0)?.as_str() else { continue };
        if !key.starts_with(prefix) || keys.len() == limit {
            break;
        }
        if Some(key) != after && key.len() as u64 <= super::MAX_KEY_SIZE {
            keys.push(key.to_owned());
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::KEYS;
    use crate::{
        database::writer,
        options::{Options, Place},
    };
    use std::time::Duration;

    #[test]
    fn a_listing_goes_along_the_index_and_sorts_nothing() {
        let options = Options { place: Place::Memory, patience: Duration::ZERO, max_size: None };
        let connection = writer(&options).expect("opens");
        let mut plan = connection.prepare(&format!("explain query plan {KEYS}")).expect("a plan");
        let steps = plan.query_map(("b", "k", 1), |row| row.get("detail")).and_then(Iterator::collect);
        let steps: Vec<String> = steps.expect("its steps");
        assert!(steps.len() == 1 && steps[0].contains("(bucket=? AND key>?)"), "{steps:?}");
    }
}
