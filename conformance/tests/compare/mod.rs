//! Runs whole hosts and compares their transcripts.

#![allow(dead_code, reason = "each test file uses what it needs")]

use crate::{
    support::{judge, pinned, ready, workers},
    transcripts::{Transcripts, comparable, differences},
};
use cloud_conformance::{host::Altitude, subject::altitudes, transcript::normal::Rules};
use libtest_mimic::Failed;

/// All cases that passed on a host.
pub fn passed(host: &str, altitude: Altitude, picked: &[&str]) -> Result<Transcripts, Failed> {
    let workers = workers();
    let prepared = ready(&workers, host, None)?;
    let ran = judge(&workers, &prepared, altitude, picked, |_| ())?;
    let failed = ran.seen();
    if !failed.is_empty() {
        return Err(format!("on {host} at {altitude}: {}", failed.join(", ")).into());
    }
    let counts = (ran.summary.planned, ran.summary.executed);
    if picked.is_empty() && counts != pinned(host, altitude) {
        return Err(format!("{host} at {altitude} planned and executed {counts:?}: see `pinned`").into());
    }
    Ok(comparable(ran.records, picked.is_empty())?)
}

/// All cases that passed on a host, by altitude, once each altitude has the transcripts of the one before: guests see what
/// the portable types show, and those of one language what those of another see.
pub fn alike(host: &str) -> Result<Vec<(Altitude, Transcripts)>, Failed> {
    let mut all: Vec<(Altitude, Transcripts)> = Vec::new();
    for altitude in altitudes(false)? {
        let transcripts = passed(host, altitude, &[])?;
        if let Some((before, expected)) = all.last() {
            equal(&format!("{host} at {before} and at {altitude}"), expected, &transcripts)?;
        }
        all.push((altitude, transcripts));
    }
    Ok(all)
}

/// What not every host tells; one that tells any is held to all.
const WATCHERS: &str = "keyvalue/watcher/";

/// That a host has memory's transcripts, at every altitude.
pub fn as_memory(host: &str) -> Result<(), Failed> {
    let (memory, other) = (alike("memory")?, alike(host)?);
    memory.into_iter().zip(&other).try_for_each(|((altitude, mut expected), (_, transcripts))| {
        let is_watcher = |id: &String| id.starts_with(WATCHERS);
        if !transcripts.keys().any(is_watcher) {
            expected.retain(|id, _| !is_watcher(id));
        }
        equal(&format!("memory and {host} at {altitude}"), &expected, transcripts)
    })
}

/// That every case which ran on both has the same transcript there.
pub fn equal(what: &str, one: &Transcripts, other: &Transcripts) -> Result<(), Failed> {
    let shared = one.keys().filter(|id| other.contains_key(*id)).count();
    // A transcript that nothing is compared with proves nothing.
    if shared * 100 < one.len() * 99 {
        return Err(format!("{what}: only {shared} of {} cases ran on both", one.len()).into());
    }
    equal_where_both_ran(what, one, other)
}

/// For a host that offers less than the other: how many cases it runs is pinned.
pub fn equal_where_both_ran(what: &str, one: &Transcripts, other: &Transcripts) -> Result<(), Failed> {
    let different = differences(one, other, Rules::ALL);
    if different.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", different.join("\n")).into()) }
}
