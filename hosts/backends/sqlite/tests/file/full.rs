//! No room: the store's own limit, and a disk that is full.

use crate::support::{Store, block_on, foreign, get, set, try_open};
use std::{fs, path::Path, process::Command, time::Duration};
use tempfile::TempDir;
use wasi_cloud_core::{
    Applied, Clock, Error, Kind,
    keyvalue::{Condition, PutOptions},
};

pub fn tests() -> Vec<crate::Test> {
    vec![
        ("file::full::a_full_store_is_quota_and_goes_on", || {
            block_on(a_full_store_is_quota_and_goes_on());
            None
        }),
        ("file::full::what_has_expired_makes_room", || {
            block_on(what_has_expired_makes_room());
            None
        }),
        ("file::full::a_full_disk_is_quota_and_goes_on", || {
            Disk::mount().map(|disk| block_on(a_full_disk_is_quota_and_goes_on(&disk))).err()
        }),
    ]
}

const VALUE: [u8; 8000] = [b'v'; 8000];

fn key(i: usize) -> String {
    format!("k{i:04}")
}

/// Writes keys until there is no room; how many there are, and what the first refused write was told.
async fn fill(store: &Store) -> (usize, Error) {
    for i in 0..10_000 {
        if let Err(error) = store.put("b", &key(i), &VALUE, &PutOptions::default()).await {
            return (i, error);
        }
    }
    panic!("it is never full");
}

/// The first `there` keys and no other are there, and the file is whole.
async fn holds(path: &Path, store: &Store, there: usize) {
    for i in 0..there {
        assert_eq!(get(store, &key(i)).await.as_deref(), Some(&VALUE[..]), "{i}");
    }
    assert_eq!(get(store, &key(there)).await, None);
    let check: String = foreign(path).query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

async fn a_full_store_is_quota_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let (limit, clock) = ("?max-size=1000000", Clock::default());
    let store = try_open(&path, limit, &clock).await.unwrap();
    let (there, error) = fill(&store).await;
    assert_eq!((error.kind, error.applied), (Kind::Quota, Applied::No));
    assert!((80..125).contains(&there), "{there} values of 8 kB in 1 MB");
    holds(&path, &store, there).await;
    let batch = [(key(0), b"small".to_vec()), (key(there), VALUE.repeat(20))];
    let error = store.set_many("b", &batch).await.expect_err("no room for the second");
    assert_eq!((error.kind, error.applied), (Kind::Quota, Applied::No));
    holds(&path, &store, there).await;
    drop(store);
    let store = try_open(&path, limit, &clock).await.expect("a full store opens");
    assert!(store.delete("b", &key(there - 1), &Condition::Always).await.unwrap());
    holds(&path, &store, there - 1).await;
    store.put("b", &key(there - 1), &VALUE, &PutOptions::default()).await.expect("there is room again");
    holds(&path, &store, there).await;
    assert!(fs::metadata(&path).unwrap().len() <= 1_000_000);
}

async fn what_has_expired_makes_room() {
    let folder = TempDir::new().unwrap();
    let (path, clock) = (folder.path().join("a.db"), Clock::new_virtual());
    let store = try_open(&path, "?max-size=200000", &clock).await.unwrap();
    let ttl = Duration::from_secs(1);
    let short = PutOptions { ttl: Some(ttl), ..PutOptions::default() };
    let mut written = 0;
    while store.put("b", &key(written), &[b'v'; 200], &short).await.is_ok() {
        written += 1;
    }
    assert!(written > 128, "more than two sweeps: {written}");
    clock.advance(ttl);
    set(&store, "large", [b'v'; 100_000]).await;
}

/// A small disk.
struct Disk(TempDir);

impl Disk {
    /// # Errors
    /// Why there can be none: mounting needs rights that few have.
    fn mount() -> Result<Self, String> {
        let folder = TempDir::new().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(folder.path()).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(folder)),
            Ok(output) => Err(format!("no small disk: {}", String::from_utf8_lossy(&output.stderr).trim())),
            Err(error) => Err(format!("no small disk: `mount` cannot be run: {error}")),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The folder below cannot be removed before; what stays mounted is 2 MB of memory.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

async fn a_full_disk_is_quota_and_goes_on(disk: &Disk) {
    let path = disk.0.path().join("a.db");
    let other = disk.0.path().join("other");
    fs::write(&other, [0; 200_000]).unwrap();
    let store = try_open(&path, "", &Clock::default()).await.unwrap();
    let (there, error) = fill(&store).await;
    assert_eq!((error.kind, error.applied), (Kind::Quota, Applied::No));
    holds(&path, &store, there).await;
    // Even a delete needs room in the log. Whether there is some left is chance, but it is told.
    let there = match store.delete("b", &key(there - 1), &Condition::Always).await {
        Ok(deleted) => there - usize::from(deleted),
        Err(error) => {
            assert_eq!((error.kind, error.applied), (Kind::Quota, Applied::No));
            there
        }
    };
    holds(&path, &store, there).await;
    fs::remove_file(&other).unwrap();
    assert!(store.delete("b", &key(there - 1), &Condition::Always).await.expect("there is room"));
    store.put("b", &key(there - 1), &VALUE, &PutOptions::default()).await.expect("there is room");
    holds(&path, &store, there).await;
    drop(store);
    let store = try_open(&path, "", &Clock::default()).await.expect("it opens");
    holds(&path, &store, there).await;
}
