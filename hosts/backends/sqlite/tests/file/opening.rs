//! Files that are there already, or cannot be.

use crate::{
    support::{foreign, get, open, set, try_open},
    tests,
};
use rusqlite::Connection;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::Url;
use wasi_cloud_core::{Clock, Error, Kind, Provider, keyvalue::Condition, provider::EnvSecrets};
use wasi_cloud_sqlite::Sqlite;

tests![
    an_empty_file_becomes_a_store,
    a_file_is_its_owners_alone,
    a_newer_schema_is_refused_and_left_alone,
    a_file_of_another_program_is_refused_and_left_alone,
    what_can_be_no_file_is_unavailable,
    a_damaged_file_is_an_error_and_no_panic,
    tables_that_are_gone_are_an_error,
    many_stores_make_one_file_at_once,
    memory_is_one_store_per_opening,
];

/// A connection to a file without a log, once the store that was dropped is closed.
fn alone(path: &Path) -> Connection {
    let (raw, began) = (foreign(path), Instant::now());
    while raw.execute_batch("pragma journal_mode = delete").is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "the store does not close");
        std::thread::yield_now();
    }
    raw
}

async fn refused(path: &Path) -> Error {
    try_open(path, "?busy-timeout=100", &Clock::default()).await.err().expect("it is refused")
}

async fn an_empty_file_becomes_a_store() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("100% of it?.db");
    fs::write(&path, "").unwrap();
    set(&open(&path).await, "k", "v").await;
    assert_eq!(get(&open(&path).await, "k").await.as_deref(), Some(&b"v"[..]));
}

async fn a_file_is_its_owners_alone() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("a.db")).await;
    set(&store, "k", "v").await;
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert_eq!(files.len(), 3, "the file, its log, and the log's index: {files:?}");
    #[cfg(unix)]
    for file in files {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    drop(open(&path).await);
    alone(&path).execute_batch("pragma user_version = 2").unwrap();
    let before = fs::read(&path).unwrap();
    let error = refused(&path).await;
    assert!(error.kind == Kind::Unsupported && error.message.contains("schema 2"), "{error}");
    assert!(fs::read(&path).unwrap() == before);
}

async fn a_file_of_another_program_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("theirs.db");
    Connection::open(&database).unwrap().execute_batch("create table theirs (a)").unwrap();
    let stamped = folder.path().join("stamped.db");
    Connection::open(&stamped).unwrap().execute_batch("pragma application_id = 7").unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database. ".repeat(100)).unwrap();
    for (path, kind) in [(database, Kind::Invalid), (stamped, Kind::Invalid), (text, Kind::Other)] {
        let before = fs::read(&path).unwrap();
        assert_eq!(refused(&path).await.kind, kind, "{}", path.display());
        assert!(fs::read(&path).unwrap() == before);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
}

async fn what_can_be_no_file_is_unavailable() {
    let folder = TempDir::new().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("no/such/folder/a.db")] {
        let error = refused(&path).await;
        assert_eq!(error.kind, Kind::Unavailable, "{}: {error}", path.display());
    }
}

async fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    let pairs: Vec<_> = (0..500).map(|i| (format!("k{i}"), vec![b'v'; 500])).collect();
    store.set_many("b", &pairs).await.unwrap();
    drop(store);
    drop(alone(&path));
    let whole = fs::read(&path).unwrap();
    let page = 4096;
    for damage in ["middle", "end", "header"] {
        let mut bytes = whole.clone();
        match damage {
            "middle" => bytes[page * 2..].fill(0xa5),
            "end" => bytes.truncate(whole.len() / 2 + 1),
            _ => bytes[..page].reverse(),
        }
        fs::write(&path, &bytes).unwrap();
        let mut errors = Vec::new();
        match try_open(&path, "", &Clock::default()).await {
            Err(error) => errors.push(error),
            Ok(store) => {
                for (key, _) in &pairs {
                    errors.extend(store.get("b", key).await.err());
                }
                errors.extend(store.list("b", "", None, Some(1000)).await.err());
                errors.extend(store.increment("b", "n", 1).await.err());
                errors.extend(store.delete("b", "k7", &Condition::Always).await.err());
                errors.extend(store.set_many("b", &pairs).await.err());
            }
        }
        let kinds: Vec<_> = errors.iter().map(|e| e.kind).collect();
        assert!(!kinds.is_empty() && kinds.iter().all(|k| [Kind::Other, Kind::Unavailable].contains(k)), "{errors:?}");
    }
}

async fn tables_that_are_gone_are_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    foreign(&path).execute_batch("drop table keyvalue").unwrap();
    assert_eq!(store.get("b", "k").await.expect_err("no table").kind, Kind::Other);
    assert_eq!(store.increment("b", "k", 1).await.expect_err("no table").kind, Kind::Other);
}

async fn many_stores_make_one_file_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let stores = (0..8).map(|_| {
        let path = path.clone();
        tokio::spawn(async move { open(&path).await })
    });
    for store in stores.collect::<Vec<_>>() {
        store.await.unwrap().increment("b", "n", 1).await.unwrap();
    }
    assert_eq!(get(&open(&path).await, "n").await.as_deref(), Some(&b"8"[..]));
}

async fn memory_is_one_store_per_opening() {
    let url = Url::parse("sqlite::memory:").unwrap();
    let open = || async { Sqlite::new().open(&url, &EnvSecrets).await.unwrap().keyvalue.unwrap() };
    let (one, other) = (open().await, open().await);
    set(&one, "k", "v").await;
    assert_eq!((get(&one, "k").await.as_deref(), get(&other, "k").await), (Some(&b"v"[..]), None));
}
