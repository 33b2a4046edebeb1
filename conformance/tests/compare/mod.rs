//! Runs whole hosts and compares their transcripts.

use crate::{
    support::{judge, pinned, ready, workers},
    transcripts::{Transcripts, comparable, differences},
};
use cloud_conformance::{host::Altitude, transcript::normal::Rules};
use libtest_mimic::Failed;

/// All cases that passed on a host.
pub fn passed(host: &str, altitude: Altitude, picked: &[&str]) -> Result<Transcripts, Failed> {
    let workers = workers();
    let prepared = ready(&workers, host, None)?;
    let ran = judge(&workers, &prepared, altitude, picked, |_| ())?;
    let failed = ran.failed();
    if !failed.is_empty() {
        return Err(format!("on {host} at {altitude}: {}", failed.join(", ")).into());
    }
    let counts = (ran.summary.planned, ran.summary.executed);
    if picked.is_empty() && counts != pinned(host, altitude) {
        return Err(format!("{host} at {altitude} planned and executed {counts:?}: see `pinned`").into());
    }
    Ok(comparable(ran.records, picked.is_empty())?)
}

/// That every case which ran on both has the same transcript there.
pub fn equal(what: &str, one: &Transcripts, other: &Transcripts) -> Result<(), Failed> {
    let shared = one.keys().filter(|id| other.contains_key(*id)).count();
    // A transcript that nothing is compared with proves nothing.
    if shared * 100 < one.len() * 99 {
        return Err(format!("{what}: only {shared} of {} cases ran on both", one.len()).into());
    }
    let different = differences(one, other, Rules::ALL);
    if different.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", different.join("\n")).into()) }
}
