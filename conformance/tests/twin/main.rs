//! The certified fakes: the SDKs' native twins, which users run their tests against, run the cases that hosts run, driven
//! by the same sources as the guests. That in Go needs `go`: without it its tests are ignored, and fail where
//! `CLOUD_CONFORMANCE_REQUIRE` lists `go`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::unit_arg, reason = "`done(bucket.set(..)?)` is how drivers read")]

// To the drivers' sources this crate is the crate `driver`, which lies in the guests' workspace.
extern crate self as driver;
#[path = "../../guests/rust/driver/src/lib.rs"]
mod common;
use common::{Slots, Stop};

mod bug;
mod c;
#[path = "../../../sdk-c/tests/cc/mod.rs"]
mod cc;
mod cloud;
mod defect;
mod drivers;
mod go;
mod host;
mod process;
mod rust;
#[path = "../support/mod.rs"]
mod support;
#[path = "../transcripts/mod.rs"]
mod transcripts;

use bug::{BUGS, GO_BUGS, Seen};
use c::Parts;
use cloud_conformance::{
    catalogue::{self, Case},
    clauses::Law,
    event::Record,
    host::{Altitude, Control, HostDescription},
    pattern::Patterns,
    plan::{Plan, Selection, ids, plan},
};
use defect::Defect;
use go::Sources;
use host::{Begin, Twin};
use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};
use support::{Ran, Sitting, deadlines, missing, planned, ready, sit, workers};
use tokio::runtime::Runtime;
use transcripts::{Transcripts, comparable, differences};

fn main() -> ExitCode {
    let plain = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let of_go = |name: &str, test: fn()| {
        Trial::ignorable_test(name, move || {
            if let Some(why) = missing("go", "go") {
                return Ok(Completion::ignored_with(why));
            }
            test();
            Ok(Completion::Completed)
        })
    };
    let trials = vec![
        plain("a_twin_runs_what_memory_runs", a_twin_runs_what_memory_runs),
        plain("the_twin_in_rust_passes_with_the_transcripts_of_memory", the_twin_in_rust_passes),
        plain("the_twin_in_c_passes_with_the_transcripts_of_memory", the_twin_in_c_passes),
        of_go("the_fakes_in_go_pass_with_the_transcripts_of_memory", the_fakes_in_go_pass),
        plain("a_twin_in_rust_with_a_defect_is_refused", a_twin_in_rust_with_a_defect_is_refused),
        plain("a_twin_in_c_with_a_bug_is_refused", a_twin_in_c_with_a_bug_is_refused),
        of_go("fakes_in_go_with_a_bug_are_refused", fakes_in_go_with_a_bug_are_refused),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Features of the memory broker that only a program that handles messages can show, which the twin has no broker for.
const BROKER: [&str; 10] = [
    "at-least-once",
    "broadcast",
    "groups",
    "late-reply",
    "redelivery",
    "reply-limits",
    "self-delivery",
    "slash-wildcards",
    "subscriptions",
    "trap-isolation",
];

/// What the twin is: all that the memory host is, but for a broker that calls handlers.
fn description(memory: &HostDescription) -> HostDescription {
    let mut twin = HostDescription { name: "twin".into(), altitude: Altitude::Native, ..memory.clone() };
    twin.controls.remove(&Control::Serve);
    let messaging = twin.capabilities.get_mut("messaging").expect("the memory host has messaging");
    messaging.features.retain(|feature| !BROKER.contains(&feature.as_str()));
    // Nor has it anything that tells of changes.
    let keyvalue = twin.capabilities.get_mut("keyvalue").expect("the memory host has key-value");
    keyvalue.features.retain(|feature| !feature.starts_with("watch"));
    twin
}

/// The plan of a twin: the picked cases, all if none are picked.
fn plan_of(memory: &Plan, begin: Begin, defect: Option<Defect>, picked: &[&str]) -> Plan {
    let call_timeout = deadlines().op / 2;
    let twin = Twin { description: description(memory.host.describe()), call_timeout, defect, begin };
    let cases = catalogue::all();
    let globs: Vec<String> = picked.iter().map(|&glob| glob.to_owned()).collect();
    let run = Patterns::read(&globs, ids(&cases).iter().map(String::as_str)).expect("patterns");
    let selection = Selection { run, ..Selection::default() };
    plan(Arc::new(twin), &cases, &Law::embedded().expect("the law"), &selection, None, "1970-01-01").expect("a plan")
}

fn in_rust(defect: Option<Defect>) -> Begin {
    Arc::new(move |start| rust::begin(start, defect))
}

/// In C or Go.
fn in_process(program: PathBuf) -> Begin {
    Arc::new(move |start| process::begin(&program, &start))
}

fn memory(workers: &Runtime) -> Plan {
    let prepared = ready(workers, "memory", None).expect("a host");
    planned(workers, &prepared, Altitude::Direct, &[]).expect("a plan")
}

fn run(workers: &Runtime, plan: Plan, whole: bool) -> Ran {
    sit(workers, &[plan], &Sitting { seed: 7, jobs: 4, whole, deadlines: deadlines() }, |_| ()).expect("a run")
}

/// The ids of the cases that a plan runs.
fn running(plan: &Plan) -> BTreeSet<String> {
    plan.entries.iter().filter(|entry| entry.skip.is_none()).map(|entry| entry.id.clone()).collect()
}

/// Why a plan does not run what it does not run.
fn reasons(plan: &Plan) -> BTreeMap<&str, &str> {
    let skipped = plan.entries.iter().filter_map(|entry| Some((&*entry.id, entry.skip.as_deref()?)));
    skipped.chain(plan.inapplicable.iter().map(|case| (&*case.id, &*case.reason))).collect()
}

/// What memory runs without wasm and a twin does not is listed, and none of it is of key-value or config.
fn a_twin_runs_what_memory_runs() {
    let workers = workers();
    let memory = memory(&workers);
    let twin = plan_of(&memory, in_rust(None), None, &[]);
    let (here, there) = (running(&twin), running(&memory));
    assert_eq!(here.difference(&there).collect::<Vec<_>>(), [""; 0], "these run on the twin alone");
    let missing: Vec<_> = there.difference(&here).collect();
    assert!(
        missing.iter().all(|id| ["messaging/", "keyvalue/watcher/"].iter().any(|part| id.starts_with(part))),
        "{missing:?}"
    );
    let reasons = reasons(&twin);
    let list: Vec<_> = missing.iter().map(|id| format!("{id}: {}", reasons[id.as_str()])).collect();
    insta::assert_snapshot!("not_run", list.join("\n"));
}

/// Every case passes, every planned case is run, and a transcript says what memory's says.
fn certify(begin: Begin) {
    let workers = workers();
    let memory = memory(&workers);
    let twin = plan_of(&memory, begin, None, &[]);
    let here = running(&twin);
    let ran = run(&workers, twin, true);
    assert_eq!(ran.seen(), [""; 0]);
    assert_eq!(ran.summary.problems, [""; 0]);
    assert_eq!((ran.summary.planned, ran.summary.executed, ran.summary.exit), (here.len(), here.len(), 0));
    let comparable =
        |records: Vec<Record>| -> Transcripts { comparable(records, true).expect("the list is not stale") };
    let (twin, memory) = (comparable(ran.records), comparable(run(&workers, memory, true).records));
    assert!(twin.keys().all(|id| memory.contains_key(id)), "a transcript that nothing is compared with proves nothing");
    let different = differences(&twin, &memory, cloud_conformance::transcript::normal::Rules::ALL);
    assert!(different.is_empty(), "the twin and memory:\n{}", different.join("\n"));
}

fn the_twin_in_rust_passes() {
    certify(in_rust(None));
}

fn the_twin_in_c_passes() {
    let parts = Parts::new();
    certify(in_process(parts.honest()));
}

fn the_fakes_in_go_pass() {
    certify(in_process(Sources::new().honest()));
}

/// The cases that cite a clause, run on a twin that breaks it.
fn judged(workers: &Runtime, memory: &Plan, begin: Begin, defect: Option<Defect>, clause: &str) -> Ran {
    let citing: Vec<_> = catalogue::all().iter().filter(|case| case.clauses.contains(&clause)).map(Case::id).collect();
    let picked: Vec<_> = citing.iter().map(String::as_str).collect();
    run(workers, plan_of(memory, begin, defect, &picked), false)
}

/// The certificate can be refused: each defect fails a case that cites the clause which it breaks.
fn a_twin_in_rust_with_a_defect_is_refused() {
    let workers = workers();
    let memory = memory(&workers);
    for (defect, clause) in Defect::ALL {
        let ran = judged(&workers, &memory, in_rust(Some(defect)), Some(defect), clause);
        assert!(!ran.failed().is_empty(), "{defect:?} breaks {clause}, and no case that cites it fails");
        assert_eq!(ran.summary.exit, 1, "{defect:?} is not judged but breaks the suite");
    }
}

/// A bug in the C sources fails such a case, or the program that has it says so in the end.
fn a_twin_in_c_with_a_bug_is_refused() {
    let workers = workers();
    let memory = memory(&workers);
    let parts = Parts::new();
    for (number, bug) in BUGS.iter().enumerate() {
        if matches!(bug.seen, Seen::Sanitizers(_)) && !cc::sanitizers() {
            continue;
        }
        let ran = judged(&workers, &memory, in_process(parts.with(number, bug)), None, bug.clause);
        let seen = match bug.seen {
            Seen::Case => !ran.failed().is_empty(),
            Seen::Sanitizers(says) | Seen::Program(says) => {
                ran.records.iter().filter_map(|record| record.leak.as_deref()).any(|end| end.contains(says))
            }
        };
        assert!(seen && ran.summary.exit != 0, "{bug:?} is not seen: {:?}", ran.summary);
    }
}

fn fakes_in_go_with_a_bug_are_refused() {
    let workers = workers();
    let memory = memory(&workers);
    let sources = Sources::new();
    for (number, bug) in GO_BUGS.iter().enumerate() {
        let ran = judged(&workers, &memory, in_process(sources.with(number, bug)), None, bug.clause);
        assert!(!ran.failed().is_empty() && ran.summary.exit == 1, "{bug:?} is not seen: {:?}", ran.summary);
    }
}
