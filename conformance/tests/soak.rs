//! The honest hosts pass everything, every time: in any order, however many cases run at once, on however many threads,
//! and however slow the way to the server is (F27, F54). Verdicts and transcripts must not depend on any of it.
//!
//! This takes minutes, so it runs where `CLOUD_CONFORMANCE_REQUIRE` lists `soak`: before a release (CONTRIBUTING.md).

mod slow;
mod support;
mod transcripts;

use cloud_conformance::{
    bench::Deadlines, event::Record, host::Altitude, plan::Plan, service::Service, subject::altitudes,
    transcript::normal::Rules,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{collections::BTreeMap, process::ExitCode, thread, time::Duration};
use support::{Sitting, deadlines, missing, pinned, planned, ready, required, sit, threads};
use transcripts::{Transcripts, comparable, differences};

/// How many threads a run has, and how many cases run at a time. What one of these has seen, the next must see. A run is
/// every altitude and language, so each case is tried often all the same.
const SHAPES: [usize; 2] = [1, 8];

fn main() -> ExitCode {
    let trial = |name, service: Option<&'static str>, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(name, move || {
            if !required("soak") {
                return Ok(Completion::ignored_with("takes minutes; CLOUD_CONFORMANCE_REQUIRE=soak runs it"));
            }
            match service.and_then(|word| missing(word, &format!("{word}-server"))) {
                Some(why) => Ok(Completion::ignored_with(why)),
                None => test().map(|()| Completion::Completed),
            }
        })
    };
    let trials = vec![
        trial("memory_on_one_thread_and_on_eight", None, || runs("memory", None, &SHAPES, deadlines())),
        trial("sqlite_on_one_thread_and_on_eight", None, || runs("sqlite", None, &SHAPES, deadlines())),
        trial("redis_on_one_thread_and_on_eight", Some("redis"), || runs("redis", None, &SHAPES, deadlines())),
        trial("memory_and_redis_side_by_side", Some("redis"), side_by_side),
        trial("redis_with_slow_answers", Some("redis"), slow_answers),
    ];
    // One at a time: each of them is to have the machine as it says.
    libtest_mimic::run(&Arguments { test_threads: Some(1), ..Arguments::from_args() }, trials).exit_code()
}

/// Runs of the whole catalogue at all altitudes, each in another order and of another shape.
fn runs(host: &str, url: Option<&str>, shapes: &[usize], deadlines: Deadlines) -> Result<(), Failed> {
    let mut first = None;
    for &count in shapes {
        let workers = threads(count);
        let (prepared, altitudes) = (ready(&workers, host, url)?, altitudes(false)?);
        let plans: Vec<Plan> =
            altitudes.iter().map(|altitude| planned(&workers, &prepared, *altitude, &[])).collect::<Result<_, _>>()?;
        let sitting = Sitting { seed: rand::random::<u32>().into(), jobs: count, whole: true, deadlines };
        let ran = sit(&workers, &plans, &sitting, |_| ())?;
        let about = format!("{host}, --jobs {count} --seed {}", sitting.seed);
        if ran.summary.exit != 0 {
            let failed: Vec<_> = ran.records.iter().filter(|record| record.is_bad()).map(told).collect();
            return Err(format!("{about}: {:?}\n{}", ran.summary, failed.join("\n")).into());
        }
        let seen = by_altitude(ran.records, host, &altitudes)?;
        let different = first.get_or_insert_with(|| seen.clone()).iter().zip(&seen);
        let different: Vec<_> = different.flat_map(|(one, other)| differences(one, other, Rules::ALL)).collect();
        if !different.is_empty() {
            return Err(format!("{about}: not as in the first run:\n{}", different.join("\n")).into());
        }
    }
    Ok(())
}

/// A bad record, with the last lines of its transcript.
fn told(record: &Record) -> String {
    let Record { id, altitude, why, mismatch, transcript, .. } = record;
    let last = transcript.iter().rev().take(4).rev();
    let short = |text: &str| text.chars().take(200).collect::<String>();
    let last: Vec<_> =
        last.map(|line| format!("\n    {} -> {} @{:?}", short(&line.op), short(&line.seen), line.at)).collect();
    format!("{id} at {altitude}: {why:?} {mismatch:?}{}", last.concat())
}

/// What can be compared, an entry per altitude. Fewer cases than are pinned were judged by nobody.
fn by_altitude(records: Vec<Record>, host: &str, altitudes: &[Altitude]) -> Result<Vec<Transcripts>, Failed> {
    let mut sorted: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in records {
        sorted.entry(record.altitude.clone()).or_default().push(record);
    }
    let mut all = Vec::new();
    for &altitude in altitudes {
        let records = sorted.remove(&altitude.to_string()).unwrap_or_default();
        let judged = records.iter().filter(|record| record.attempts > 0 && !record.check).count();
        if judged != pinned(host, altitude).1 {
            return Err(format!("{judged} cases were judged on {host} at {altitude}: see `pinned`").into());
        }
        let mut comparable = comparable(records, true)?;
        // Their operations come from the seed, and their names say so.
        comparable.retain(|id, _| !id.contains("random"));
        all.push(comparable);
    }
    Ok(all)
}

/// Two runs share the machine, as on a busy CI machine: deadlines must hold for both.
fn side_by_side() -> Result<(), Failed> {
    thread::scope(|scope| {
        let memory = scope.spawn(|| runs("memory", None, &[8], deadlines()));
        let redis = scope.spawn(|| runs("redis", None, &[8], deadlines()));
        let ended = |run: thread::ScopedJoinHandle<'_, _>| run.join().unwrap_or_else(|_| Err("it panicked".into()));
        ended(memory).and(ended(redis))
    })
}

/// Every answer of the server comes 50 ms late: no case may take a slow host for a wrong one. Some cases write 600 keys,
/// one after the other, so they have more time; one operation has no more than always.
fn slow_answers() -> Result<(), Failed> {
    let proxies = threads(1);
    let service = proxies.block_on(Service::redis())?;
    let url = proxies.block_on(slow::proxy(service.url(), Duration::from_millis(50)))?;
    runs("redis", Some(&url), &[32], Deadlines { case: Duration::from_secs(240), ..deadlines() })
}
