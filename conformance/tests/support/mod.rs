//! Runs the suite in this process, as `cloud-conformance run` does, and keeps what it said.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use cloud_conformance::{
    bench::Deadlines,
    catalogue::{self, deployment::deployment},
    clauses::Law,
    event::{Event, Record, Summary},
    host::Altitude,
    pattern::Patterns,
    plan::{Plan, Selection, ids, plan},
    runner::{Options, Panics, Rules, run},
    subject::{Prepared, prepare},
};
use std::{path::PathBuf, time::Duration};
use tokio::{runtime, sync::watch};

/// A finished run.
pub struct Ran {
    pub summary: Summary,
    pub records: Vec<Record>,
}

impl Ran {
    /// The ids of the cases that did not pass, whether that counts or not, sorted; checks of the declaration are none.
    pub fn failed(&self) -> Vec<String> {
        self.ids(|record| record.is_bad() || record.is_bad_for_now())
    }

    /// The same, and of those that saw what they see on no honest host of ours, and passed since nothing forbids it.
    pub fn seen(&self) -> Vec<String> {
        self.ids(|record| record.is_bad() || record.is_bad_for_now() || record.observed)
    }

    fn ids(&self, pick: impl Fn(&Record) -> bool) -> Vec<String> {
        let picked = self.records.iter().filter(|record| !record.check && pick(record));
        let mut ids: Vec<_> = picked.map(|record| record.id.clone()).collect();
        ids.sort();
        ids
    }
}

/// Planned and executed cases per host and altitude: as many in one language as in another. More is a reason to raise the
/// number, fewer a reason to look.
pub fn pinned(host: &str, altitude: Altitude) -> (usize, usize) {
    match (host, altitude) {
        ("memory", Altitude::Direct) => (483, 483),
        ("memory", Altitude::Embedded(_)) => (493, 493),
        ("sqlite", Altitude::Direct) => (481, 481),
        ("sqlite", Altitude::Embedded(_)) => (491, 491),
        ("redis", Altitude::Direct) => (479, 479),
        ("redis", Altitude::Embedded(_)) => (489, 489),
        // SQLite's, without patterns.
        ("postgres", altitude) => fewer(1, pinned("sqlite", altitude)),
        // The rest is memory's.
        ("mqtt", altitude) => pinned("memory", altitude),
        // The rest is memory's; without patterns.
        ("rabbitmq", altitude) => fewer(1, pinned("memory", altitude)),
        // Memory's, with other programs, and without lifetimes and watchers.
        ("etcd" | "vault" | "zookeeper", altitude) => fewer(23, pinned("memory", altitude)),
        // Memory's, with exact listings and other programs, and without lifetimes and patterns, and changes that come too fast.
        ("nats", altitude) => fewer(15, pinned("memory", altitude)),
        // Memory's, without patterns, and without requests but for the one that is refused.
        ("kafka", altitude) => fewer(19, pinned("memory", altitude)),
        _ => panic!("nothing is pinned for {host}"),
    }
}

fn fewer(by: usize, (planned, executed): (usize, usize)) -> (usize, usize) {
    (planned - by, executed - by)
}

/// Mutants that memory cannot show, because nothing writes past it: `tests/redis.rs` judges them on a server.
pub const ON_A_SERVER: [&str; 1] = ["counts-own-writes"];

/// How long the tests wait: less than a user would, since mutants hang on purpose.
pub fn deadlines() -> Deadlines {
    Deadlines { op: Duration::from_secs(10), case: Duration::from_secs(60) }
}

/// The same, where each key of many is a request that takes milliseconds on a busy machine.
fn deadlines_of(host: &Prepared) -> Deadlines {
    match &*host.spelled {
        "vault" => Deadlines { op: Duration::from_secs(60), case: Duration::from_secs(240) },
        _ => deadlines(),
    }
}

/// A runtime that the cases run on.
pub fn workers() -> runtime::Runtime {
    threads(4)
}

/// A runtime of so many threads.
pub fn threads(count: usize) -> runtime::Runtime {
    runtime::Builder::new_multi_thread().worker_threads(count).enable_all().build().expect("a runtime")
}

/// Makes a host ready. The runtime must live as long as the host.
pub fn ready(workers: &runtime::Runtime, host: &str, url: Option<&str>) -> anyhow::Result<Prepared> {
    workers.block_on(prepare(host.into(), url.map(Into::into)))
}

/// Runs the picked cases, all if none are picked, and calls `seen` after each.
pub fn judge(
    workers: &runtime::Runtime,
    prepared: &Prepared,
    altitude: Altitude,
    picked: &[&str],
    seen: impl FnMut(&Record),
) -> anyhow::Result<Ran> {
    let plan = planned(workers, prepared, altitude, picked)?;
    let deadlines = deadlines_of(prepared);
    sit(workers, &[plan], &Sitting { seed: 7, jobs: 4, whole: picked.is_empty(), deadlines }, seen)
}

/// What is to run on a host at an altitude: the picked cases, all if none are picked.
pub fn planned(
    workers: &runtime::Runtime,
    prepared: &Prepared,
    altitude: Altitude,
    picked: &[&str],
) -> anyhow::Result<Plan> {
    let cases = catalogue::all();
    let all = ids(&cases);
    let globs: Vec<String> = picked.iter().map(|glob| (*glob).to_owned()).collect();
    let patterns = Patterns::read(&globs, all.iter().map(String::as_str)).map_err(|why| anyhow::anyhow!("{why}"))?;
    let selection = Selection { run: patterns, ..Selection::default() };
    let host = {
        let _inside = workers.enter();
        prepared.at(altitude, deadlines_of(prepared))?
    };
    plan(host, &cases, &Law::embedded()?, &selection, None, "1970-01-01").map_err(anyhow::Error::msg)
}

/// How plans are run.
pub struct Sitting {
    pub seed: u64,
    pub jobs: usize,
    /// Whether every case is planned.
    pub whole: bool,
    pub deadlines: Deadlines,
}

/// Runs what is planned, and calls `seen` after each case.
pub fn sit(
    workers: &runtime::Runtime,
    plans: &[Plan],
    sitting: &Sitting,
    mut seen: impl FnMut(&Record),
) -> anyhow::Result<Ran> {
    let (_going_on, stop) = watch::channel(false);
    let options = Options {
        run: format!("test{:08x}", rand::random::<u32>()),
        seed: sitting.seed,
        jobs: sitting.jobs,
        deadlines: sitting.deadlines,
        deployment,
        command: "cloud-conformance run".into(),
        stop,
        cases: workers.handle().clone(),
        panics: Panics::default(),
        rules: Rules { whole: sitting.whole, ..Rules::default() },
    };
    let control = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut records = Vec::new();
    let summary = control.block_on(run(plans, &options, |event| {
        if let Event::Ended(record) = event {
            seen(&record);
            records.push(*record);
        }
    }));
    Ok(Ran { summary, records })
}

/// Whether `CLOUD_CONFORMANCE_REQUIRE` has this word: then what it stands for has to run.
pub fn required(word: &str) -> bool {
    let words = std::env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
    words.split(',').any(|listed| listed.trim() == word)
}

/// Why a tool of that name cannot be used, unless `CLOUD_CONFORMANCE_REQUIRE` names it under `word`: then the test has
/// to run, and to fail without it.
pub fn missing(word: &str, tool: &str) -> Option<String> {
    if required(word) {
        return None;
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(tool).is_file());
    (!found).then(|| format!("`{tool}` is not on the PATH; install it, or see CONTRIBUTING.md"))
}

/// A program that `cargo` puts beside the tests, two folders above this one.
pub fn beside(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("this program");
    this.ancestors().nth(2).expect("two folders").join(name)
}

/// Why it cannot be used, as [`missing`].
pub fn unbuilt(name: &str) -> Option<String> {
    let is_here = beside(name).is_file() || required(name);
    (!is_here).then(|| format!("needs the program `{name}` beside this one: `cargo build --bins`"))
}
