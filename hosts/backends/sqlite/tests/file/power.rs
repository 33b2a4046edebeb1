//! Power loss, as far as a program can see it: a writer is killed at any point, many times, on one file.
//!
//! A kill does not lose what the system has in its memory, so that every commit is synced is asserted where it is set.

use crate::{
    support::{Process, argument, open, when},
    tests,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rusqlite::Connection;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use wasi_cloud_core::{
    Result,
    keyvalue::{Condition, KeyValue},
};

tests![no_acknowledged_write_is_lost];

const KILLS: usize = 200;
/// Each has its own keys and its own sequence of writes.
const WRITERS: usize = 3;

/// What a writer does at one point of its sequence.
enum Step {
    Set(String, String),
    Increment(String, i64),
    SetMany(Vec<(String, String)>),
    Swap(String, String),
    Delete(String),
}

type Data = BTreeMap<String, String>;

/// The same in both processes.
fn step(seed: u64, writer: usize, at: u64) -> Step {
    let mut random = StdRng::seed_from_u64(seed ^ (writer as u64) << 32 ^ at);
    let key = format!("w{writer}-{}", random.random_range(0..5));
    // Some values need pages of their own.
    let value = format!("{at}:{}", "x".repeat(if random.random_ratio(1, 4) { 6000 } else { 10 }));
    match random.random_range(0..5) {
        0 => Step::Set(key, value),
        1 => Step::Increment(format!("w{writer}-n"), random.random_range(1..100)),
        2 => Step::SetMany((0..4).map(|i| (format!("w{writer}-{i}"), format!("{i}{value}"))).collect()),
        3 => Step::Swap(key, value),
        _ => Step::Delete(key),
    }
}

impl Step {
    async fn run(&self, store: &dyn KeyValue) -> Result<()> {
        match self {
            Self::Set(key, value) => {
                store.put("b", key, value.as_bytes(), &when(Condition::Always)).await?;
            }
            Self::Increment(key, by) => {
                store.increment("b", key, *by).await?;
            }
            Self::SetMany(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.clone(), v.clone().into_bytes())).collect();
                store.set_many("b", &pairs).await?;
            }
            Self::Swap(key, value) => {
                let current = store.entry("b", key).await?.map(|entry| Condition::Version(entry.version));
                store.put("b", key, value.as_bytes(), &when(current.unwrap_or(Condition::Absent))).await?;
            }
            Self::Delete(key) => {
                store.delete("b", key, &Condition::Always).await?;
            }
        }
        Ok(())
    }

    fn apply(self, data: &mut Data) {
        match self {
            Self::Set(key, value) | Self::Swap(key, value) => drop(data.insert(key, value)),
            Self::Increment(key, by) => {
                let sum = by + data.get(&key).map_or(0, |n| n.parse::<i64>().unwrap());
                data.insert(key, sum.to_string());
            }
            Self::SetMany(pairs) => data.extend(pairs),
            Self::Delete(key) => drop(data.remove(&key)),
        }
    }
}

/// A child: writes without end, and says of each write that it is done. Its argument is the seed, where each writer
/// begins, and the file.
pub async fn load() -> ExitCode {
    let argument = argument();
    let mut parts = argument.splitn(WRITERS + 2, ' ');
    let mut number = || parts.next().expect("a number").parse::<u64>().expect("a number");
    let (seed, starts) = (number(), [(); WRITERS].map(|()| number()));
    let store = open(Path::new(parts.next().expect("a path"))).await;
    let writers = starts.into_iter().enumerate().map(|(writer, start)| {
        let store = store.clone();
        tokio::spawn(async move {
            for at in start.. {
                step(seed, writer, at).run(&*store).await.expect("a write");
                let mut out = std::io::stdout().lock();
                writeln!(out, "{writer} {at}").and_then(|()| out.flush()).expect("somebody listens");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic");
    }
    ExitCode::FAILURE
}

/// What is in the file, which is whole.
fn stored(path: &Path) -> Data {
    let raw = Connection::open(path).unwrap();
    let check: String = raw.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    if raw.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        return Data::new();
    }
    let ahead = "select next > (select coalesce(max(version), 0) from keyvalue) from keyvalue_versions";
    assert!(raw.query_row(ahead, [], |row| row.get::<_, bool>(0)).unwrap(), "a version would come again");
    let mut rows = raw.prepare("select key, cast(value as text) from keyvalue where bucket = 'b'").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

async fn no_acknowledged_write_is_lost() {
    let seed: u64 = rand::random::<u32>().into();
    println!("power loss with seed {seed}");
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(seed);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let mut done = [0u64; WRITERS];
    let mut expected = [(); WRITERS].map(|()| Data::new());
    for round in 0..KILLS {
        let starts = done.map(|at| at.to_string()).join(" ");
        let mut child = Process::start("load", &format!("{seed} {starts} {}", path.to_str().unwrap()));
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let mut acknowledged = |line: String| {
            let (writer, at) = line.split_once(' ').expect("two numbers");
            let (writer, at) = (writer.parse::<usize>().unwrap(), at.parse::<u64>().unwrap());
            assert_eq!(at, done[writer], "seed {seed}, round {round}: out of order");
            step(seed, writer, at).apply(&mut expected[writer]);
            done[writer] += 1;
        };
        let wait = random.random_range(0..10);
        lines.by_ref().take(wait).for_each(|line| acknowledged(line.unwrap()));
        // The point in between is chance, too.
        std::thread::sleep(Duration::from_micros(random.random_range(0..8000)));
        assert!(child.0.try_wait().unwrap().is_none(), "seed {seed}, round {round}: it ended by itself");
        child.0.kill().unwrap();
        lines.for_each(|line| acknowledged(line.unwrap()));
        child.0.wait().unwrap();

        let stored = stored(&path);
        for writer in 0..WRITERS {
            let mine = |(key, value): (&String, &String)| {
                key.starts_with(&format!("w{writer}-")).then(|| (key.clone(), value.clone()))
            };
            let found: Data = stored.iter().filter_map(mine).collect();
            if found != expected[writer] {
                // The one write that was not acknowledged is there wholly.
                step(seed, writer, done[writer]).apply(&mut expected[writer]);
                done[writer] += 1;
                assert!(found == expected[writer], "seed {seed}, round {round}: writer {writer} lost a write");
            }
        }
    }
    assert!(done.iter().sum::<u64>() > KILLS as u64, "the load wrote too little to prove anything: {done:?}");
    println!("{KILLS} kills, {} writes, {:?}", done.iter().sum::<u64>(), began.elapsed());
}
