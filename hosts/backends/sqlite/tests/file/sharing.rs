//! Several programs on one file.

use crate::{
    support::{Process, argument, foreign, get, open, set, try_open},
    tests,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use wasi_cloud_core::{Applied, Clock, Kind};

tests![
    processes_lose_no_increment,
    busy_processes_let_others_write,
    a_file_that_stays_in_use_is_a_bounded_timeout,
    a_queue_does_not_add_up_the_waits,
    a_call_that_is_given_up_leaves_nothing_open,
];

const PROCESSES: usize = 4;
const TIMES: usize = 50;

/// A child: counts, from several tasks.
pub async fn increment() -> ExitCode {
    let store = open(Path::new(&argument())).await;
    let tasks = (0..TIMES).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.increment("b", "n", 1).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic").expect("a counter");
    }
    ExitCode::SUCCESS
}

async fn processes_lose_no_increment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let start = |_| Process::start("increment", path.to_str().unwrap());
    for mut process in (0..PROCESSES).map(start).collect::<Vec<_>>() {
        assert!(process.0.wait().unwrap().success());
    }
    let counter = get(&open(&path).await, "n").await.expect("a counter");
    assert_eq!(String::from_utf8_lossy(&counter), (PROCESSES * TIMES).to_string());
}

/// A child: writes without a pause, from several tasks, until it is killed. Says so when it has begun.
pub async fn hog() -> ExitCode {
    let store = open(Path::new(&argument())).await;
    println!("{}", store.increment("b", "hog", 1).await.expect("a counter"));
    let tasks = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { while store.increment("b", "hog", 1).await.is_ok() {} })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    ExitCode::FAILURE
}

async fn busy_processes_let_others_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    let hogs: Vec<_> = (0..3).map(|_| begun(Process::start("hog", path.to_str().unwrap()))).collect();
    let mut longest = Duration::ZERO;
    for i in 1..=30 {
        let began = Instant::now();
        assert_eq!(store.increment("b", "n", 1).await.expect("its turn comes"), i);
        longest = longest.max(began.elapsed());
    }
    println!("beside {} busy processes, a write waits {longest:?} at most", hogs.len());
}

fn begun(mut hog: Process) -> Process {
    let mut said = String::new();
    BufReader::new(hog.0.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(!said.is_empty(), "it has ended");
    hog
}

async fn a_file_that_stays_in_use_is_a_bounded_timeout() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = try_open(&path, "?busy-timeout=100", &Clock::default()).await.unwrap();
    set(&store, "k", "1").await;
    let raw = foreign(&path);
    raw.execute_batch("begin immediate; update keyvalue set value = '2'").unwrap();
    let error = store.increment("b", "k", 1).await.expect_err("the file is in use");
    assert_eq!((error.kind, error.applied), (Kind::Timeout, Applied::No));
    // Readers wait for nobody.
    assert_eq!(get(&store, "k").await.as_deref(), Some(&b"1"[..]));
    raw.execute_batch("commit").unwrap();
    assert_eq!(store.increment("b", "k", 1).await.unwrap(), 3);
    let impatient = try_open(&path, "?busy-timeout=0", &Clock::default()).await.unwrap();
    assert_eq!(impatient.increment("b", "k", 1).await.unwrap(), 4, "who does not wait can still write");
    raw.execute_batch("begin immediate").unwrap();
    assert_eq!(impatient.increment("b", "k", 1).await.expect_err("the file is in use").kind, Kind::Timeout);
}

async fn a_queue_does_not_add_up_the_waits() {
    const CALLS: u32 = 20;
    const WAIT: Duration = Duration::from_millis(500);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = try_open(&path, "?busy-timeout=500", &Clock::default()).await.unwrap();
    let raw = foreign(&path);
    raw.execute_batch("begin immediate").unwrap();
    let began = Instant::now();
    let calls = (0..CALLS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.increment("b", "n", 1).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().expect_err("the file is in use").kind, Kind::Timeout);
    }
    assert!(began.elapsed() < WAIT * CALLS / 2, "{:?}", began.elapsed());
    drop(raw);
    assert_eq!(get(&store, "n").await, None, "what timed out did not happen later");
}

async fn a_call_that_is_given_up_leaves_nothing_open() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let store = try_open(&path, "?busy-timeout=60000", &Clock::default()).await.unwrap();
    let raw = foreign(&path);
    raw.execute_batch("begin immediate").unwrap();
    // The first waits for the lock, the others for the first.
    for _ in 0..10 {
        let call = tokio::time::timeout(Duration::from_millis(20), store.increment("b", "given-up", 1));
        assert!(call.await.is_err());
    }
    raw.execute_batch("rollback").unwrap();
    assert_eq!(store.increment("b", "n", 1).await.unwrap(), 1);
    let begun = get(&store, "given-up").await;
    assert!(begun.as_deref().is_none_or(|n| n == b"1"), "what had not begun was not begun any more: {begun:?}");
    raw.busy_timeout(Duration::ZERO).unwrap();
    raw.execute_batch("begin exclusive; rollback").expect("nobody holds the file");
}
