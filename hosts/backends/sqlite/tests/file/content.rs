//! What stands in the file, and what other programs may write there.

use crate::{
    support::{Store, foreign, get, open, set, try_open, when},
    tests,
};
use rusqlite::Connection;
use std::time::Duration;
use tempfile::TempDir;
use wasi_cloud_core::{
    Applied, Clock, Kind,
    escape::hostile,
    keyvalue::{Condition, PutOptions, Version},
};

tests![
    names_and_values_stand_there_as_they_are,
    a_foreign_write_changes_the_version,
    a_foreign_row_gets_a_version,
    no_version_comes_back_after_deletion_and_reopening,
    versions_of_another_file_mean_nothing,
    a_foreign_text_or_number_is_its_bytes,
    a_foreign_name_that_is_no_key_is_not_listed,
    lifetimes_end_for_every_store_and_outlive_a_restart,
    expired_rows_go_step_by_step,
];

async fn store() -> (TempDir, Store, Connection) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    (folder, store, foreign(&path))
}

async fn names_and_values_stand_there_as_they_are() {
    let (_folder, store, raw) = store().await;
    let names: Vec<_> = hostile().into_iter().map(|h| h.text).collect();
    for bucket in &names {
        let pairs: Vec<_> = names.iter().map(|key| (key.clone(), format!("{bucket}={key}").into_bytes())).collect();
        store.set_many(bucket, &pairs).await.unwrap();
    }
    store.increment("counters", "n", -42).await.unwrap();
    let mut rows = raw.prepare("select bucket, key, value from keyvalue where bucket <> 'counters'").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let mut found: Vec<(String, String, Vec<u8>)> = rows.collect::<Result<_, _>>().unwrap();
    found.sort();
    let mut expected = Vec::new();
    for bucket in &names {
        expected.extend(names.iter().map(|k| (bucket.clone(), k.clone(), format!("{bucket}={k}").into_bytes())));
    }
    expected.sort();
    assert!(found == expected);
    let counter: Vec<u8> = raw.query_row("select value from keyvalue where key = 'n'", [], |row| row.get(0)).unwrap();
    assert_eq!(counter, b"-42");
}

async fn refuses(store: &Store, version: &Version) {
    let error = store.put("b", "k", b"x", &when(Condition::Version(version.clone()))).await.expect_err("written since");
    assert_eq!((error.kind, error.applied), (Kind::Conflict, Applied::No));
}

async fn a_foreign_write_changes_the_version() {
    let (_folder, store, raw) = store().await;
    let writes = [
        // Bytes that differ, the same ones, and a row that is as it was in every column.
        "update keyvalue set value = 'theirs'",
        "update keyvalue set value = value",
        "update keyvalue set version = version",
        "update keyvalue set expires = null",
        "replace into keyvalue (bucket, key, value) values ('b', 'k', 'theirs')",
        "replace into keyvalue select * from keyvalue",
        "delete from keyvalue; insert into keyvalue (bucket, key, value) values ('b', 'k', 'ours')",
        "create temp table copy as select * from keyvalue; delete from keyvalue; insert into keyvalue select * from copy",
    ];
    for write in writes {
        let ours = set(&store, "k", "ours").await;
        raw.execute_batch(write).expect(write);
        refuses(&store, &ours).await;
        let entry = store.entry("b", "k").await.unwrap().expect("it is there");
        store.put("b", "k", b"ours", &when(Condition::Version(entry.version))).await.expect(write);
    }
    let ours = set(&store, "k", "ours").await;
    set(&store, "another", "key").await;
    raw.execute_batch("update keyvalue set value = value where key = 'another'").unwrap();
    store
        .put("b", "k", b"ours", &when(Condition::Version(ours)))
        .await
        .expect("another key's write is none of this one's");
}

async fn a_foreign_row_gets_a_version() {
    let (_folder, store, raw) = store().await;
    raw.execute_batch("insert into keyvalue (bucket, key, value) values ('b', 'k', 'v'), ('b', 'l', 'v')").unwrap();
    let k = store.entry("b", "k").await.unwrap().expect("it is there");
    let l = store.entry("b", "l").await.unwrap().expect("it is there");
    assert_ne!(k.version, l.version);
    store.put("b", "k", b"w", &when(Condition::Version(k.version.clone()))).await.expect("undisturbed");
    refuses(&store, &k.version).await;
}

async fn no_version_comes_back_after_deletion_and_reopening() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let mut seen = Vec::new();
    for _ in 0..5 {
        let store = open(&path).await;
        for _ in 0..3 {
            let Version(version) = set(&store, "k", "v").await;
            assert!(!seen.contains(&version), "{version} comes back");
            seen.push(version);
            assert!(store.delete("b", "k", &Condition::Always).await.unwrap());
        }
    }
}

async fn versions_of_another_file_mean_nothing() {
    let (_one, one, _) = store().await;
    let (_other, other, _) = store().await;
    let version = set(&one, "k", "v").await;
    set(&other, "k", "v").await;
    refuses(&other, &version).await;
}

async fn a_foreign_text_or_number_is_its_bytes() {
    let (_folder, store, raw) = store().await;
    set(&store, "k", "1").await;
    for (value, bytes) in [("'text'", "text"), ("x'6279746573'", "bytes"), ("41", "41"), ("-1.5", "-1.5"), ("''", "")] {
        raw.execute_batch(&format!("update keyvalue set value = {value}")).unwrap();
        assert_eq!(get(&store, "k").await.as_deref(), Some(bytes.as_bytes()), "{value}");
        let many = store.get_many("b", &["k".to_owned(), "l".to_owned()]).await.unwrap();
        assert_eq!(many, [Some(bytes.as_bytes().to_vec()), None]);
    }
    set(&store, "k", "41").await;
    raw.execute_batch("update keyvalue set value = value + 1").unwrap();
    assert_eq!(store.increment("b", "k", 1).await.unwrap(), 43);
}

async fn a_foreign_name_that_is_no_key_is_not_listed() {
    let (_folder, store, raw) = store().await;
    set(&store, "a", "v").await;
    set(&store, "z", "v").await;
    let insert = "insert into keyvalue (bucket, key, value) values ('b', ?1, 'v')";
    raw.execute(insert, ["m".repeat(1025)]).unwrap();
    raw.execute(&insert.replace("?1", "cast(x'6dff' as text)"), []).unwrap();
    assert_eq!(store.list("b", "", None, None).await.unwrap().keys, ["a", "z"]);
    // A page is full of keys, whatever else is between them.
    let first = store.list("b", "", None, Some(1)).await.unwrap();
    let second = store.list("b", "", first.cursor.as_deref(), Some(1)).await.unwrap();
    assert_eq!((first.keys, second.keys, second.cursor), (vec!["a".to_owned()], vec!["z".to_owned()], None));
}

const TTL: Duration = Duration::from_secs(10);

fn lasting(ttl: Duration) -> PutOptions {
    PutOptions { ttl: Some(ttl), ..PutOptions::default() }
}

async fn lifetimes_end_for_every_store_and_outlive_a_restart() {
    let folder = TempDir::new().unwrap();
    let (path, clock) = (folder.path().join("a.db"), Clock::new_virtual());
    let one = try_open(&path, "", &clock).await.unwrap();
    one.put("b", "k", b"41", &lasting(TTL)).await.unwrap();
    drop(one);
    let (one, other) = (try_open(&path, "", &clock).await.unwrap(), try_open(&path, "", &clock).await.unwrap());
    assert_eq!(one.increment("b", "k", 1).await.unwrap(), 42);
    clock.advance(TTL - Duration::from_millis(1));
    for store in [&one, &other] {
        assert!(store.exists("b", "k").await.unwrap());
    }
    clock.advance(Duration::from_millis(1));
    for store in [&one, &other] {
        assert!(!store.exists("b", "k").await.unwrap() && get(store, "k").await.is_none());
        assert_eq!(store.list("b", "", None, None).await.unwrap().keys, [""; 0]);
        assert!(!store.delete("b", "k", &Condition::Always).await.unwrap());
    }
    let real = open(&path).await;
    real.put("b", "k", b"v", &lasting(Duration::from_secs(3600))).await.unwrap();
    assert_eq!(get(&real, "k").await.as_deref(), Some(&b"v"[..]));
}

async fn expired_rows_go_step_by_step() {
    const MANY: i64 = 200;
    let folder = TempDir::new().unwrap();
    let (path, clock) = (folder.path().join("a.db"), Clock::new_virtual());
    let store = try_open(&path, "", &clock).await.unwrap();
    let raw = foreign(&path);
    for i in 0..MANY {
        let row = "insert into keyvalue (bucket, key, expires, value) values ('b', ?1, 1, 'v')";
        raw.execute(row, [format!("k{i}")]).unwrap();
    }
    clock.advance(TTL);
    let rows = || raw.query_row("select count(*) from keyvalue", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(store.list("b", "", None, None).await.unwrap().keys, [""; 0]);
    assert_eq!(rows(), MANY, "a read writes nothing");
    set(&store, "a", "v").await;
    assert_eq!(rows(), MANY - 64 + 1, "no write pays for all of them");
    for _ in 0..3 {
        set(&store, "a", "v").await;
    }
    assert_eq!(rows(), 1);
}
