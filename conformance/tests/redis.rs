//! What only a real server can show: transcripts equal to memory's, and a server that dies in the middle of a run.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::{
    catalogue, host::Altitude, mutants, outcome::Verdict, service::Service, transcript::normal::Rules,
};
use compare::{as_memory, passed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{process::ExitCode, time::Instant};
use support::{ON_A_SERVER, deadlines, judge, missing, ready, workers};
use transcripts::differences;

fn main() -> ExitCode {
    let trial = |name, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(name, move || match missing("redis", "redis-server") {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => test().map(|()| Completion::Completed),
        })
    };
    let trials = vec![
        trial("transcripts_are_equal", || as_memory("redis")),
        trial("every_rule_of_the_normal_form_is_needed", every_rule_is_needed),
        trial("mutants_that_only_a_server_shows_are_killed", mutants_on_a_server),
        trial("a_server_that_dies_passes_nothing_more", a_dead_server),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// On real transcripts too: without any one rule, memory and Redis differ.
fn every_rule_is_needed() -> Result<(), Failed> {
    let picked = ["keyvalue/**"];
    let memory = passed("memory", Altitude::Direct, &picked)?;
    let redis = passed("redis", Altitude::Direct, &picked)?;
    let without = [
        ("listings", Rules { listings: false, ..Rules::ALL }),
        ("tokens", Rules { tokens: false, ..Rules::ALL }),
        ("texts", Rules { texts: false, ..Rules::ALL }),
        ("times", Rules { times: false, ..Rules::ALL }),
    ];
    // Concurrency is missing here because its order is chance: a test of the normal form itself fixes it.
    for (rule, rules) in without {
        if differences(&memory, &redis, rules).is_empty() {
            return Err(format!("without the rule `{rule}` nothing differs").into());
        }
    }
    Ok(())
}

/// Killed in the middle, the server turns the rest into failures, in time, and the run into no success.
fn a_dead_server() -> Result<(), Failed> {
    const BEFORE: usize = 10;
    let workers = workers();
    let service = workers.block_on(Service::redis())?;
    let prepared = ready(&workers, "redis", Some(service.url()))?;
    let mut service = Some(service);
    let mut seen = 0;
    let (mut after, began) = (Vec::new(), Instant::now());
    let ran = judge(&workers, &prepared, Altitude::Direct, &["keyvalue/store/**"], |record| {
        seen += usize::from(!record.check && record.verdict != Verdict::Skip);
        if seen > BEFORE + 4 {
            after.push((record.id.clone(), record.verdict));
        }
        if seen >= BEFORE {
            drop(service.take());
        }
    })?;
    let passes: Vec<_> = after.iter().filter(|(_, verdict)| *verdict == Verdict::Pass).collect();
    let in_time = began.elapsed() < deadlines().case;
    match (ran.summary.exit, passes.is_empty() && after.len() > BEFORE, in_time) {
        (1 | 3, true, true) => Ok(()),
        (exit, _, _) => Err(format!("exit {exit} after {:?}; {passes:?}", began.elapsed()).into()),
    }
}

/// Each by a case that cites every clause which it breaks.
fn mutants_on_a_server() -> Result<(), Failed> {
    let workers = workers();
    let service = workers.block_on(Service::redis())?;
    for mutant in mutants::all()?.into_iter().filter(|mutant| ON_A_SERVER.contains(&&*mutant.name)) {
        let prepared = ready(&workers, &format!("mutant:{}", mutant.name), Some(service.url()))?;
        let failed = judge(&workers, &prepared, Altitude::Direct, &["keyvalue/extension/**"], |_| ())?.failed();
        let cases: Vec<_> = catalogue::all().into_iter().filter(|case| failed.contains(&case.id())).collect();
        for clause in &mutant.clauses {
            if !cases.iter().any(|case| case.clauses.contains(&&**clause)) {
                return Err(format!("{} breaks {clause}, and of {failed:?} none cites it", mutant.name).into());
            }
        }
    }
    Ok(())
}
