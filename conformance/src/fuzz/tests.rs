use super::*;
use crate::{
    bench::{Bench, Deadlines},
    catalogue::{self, Case, Need, deployment::deployment},
    host::Altitude,
    outcome::{Outcome, Stop},
    plan,
    subject::Target,
};
use futures::future::BoxFuture;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::runtime::{Builder, Runtime};

/// What was printed, as a case of the catalogue would have it.
mod printed {
    use crate::{
        bench::Bench,
        catalogue::{deployment::DEFAULT, keyvalue::support::set},
        outcome::{Outcome, expect_eq},
    };
    use futures::future::BoxFuture;

    include!("tests/printed.rs");

    pub fn run(bench: &mut Bench) -> BoxFuture<'_, Outcome> {
        Box::pin(found_by_fuzz(bench))
    }
}

/// The same of a host that answers `get-many` in any order.
mod printed_unordered {
    use crate::{
        bench::Bench,
        catalogue::deployment::DEFAULT,
        outcome::{Outcome, expect_eq},
    };
    use futures::future::BoxFuture;
    use std::collections::BTreeSet;

    include!("tests/printed_unordered.rs");

    pub fn run(bench: &mut Bench) -> BoxFuture<'_, Outcome> {
        Box::pin(found_by_fuzz(bench))
    }
}

/// A host without guests, and what it runs on.
fn direct(host: &str) -> (Runtime, Target, Arc<dyn Host>) {
    let workers = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let ids = plan::ids(&catalogue::all());
    let target = workers.block_on(Target::prepare(host.into(), None, &ids)).expect("a host");
    let host = {
        let _inside = workers.enter();
        target.at(Altitude::Direct, Deadlines::default()).expect("an altitude")
    };
    (workers, target, host)
}

/// What is found on a host within this effort.
fn found(host: &str, seed: u64, sequences: u32) -> Option<Find> {
    let (workers, target, host) = direct(host);
    let effort = Effort { seed, sequences, length: 40, handles: 2, patience: Duration::from_secs(10) };
    let number = AtomicU64::new(0);
    let run = |steps: &[Step]| {
        let scope = format!("fuzz{:08x}-{}", rand::random::<u32>(), number.fetch_add(1, Ordering::Relaxed));
        workers.block_on(play(&*host, &scope, steps, &effort))
    };
    let found = fuzz(&*host, &effort, run, || ()).expect("sequences");
    workers.block_on(target.stop());
    found
}

#[test]
fn an_honest_host_is_as_the_model() {
    assert_eq!(found("memory", 7, 200), None);
    assert_eq!(found("sqlite", 8, 20), None);
}

#[test]
fn what_differs_is_shrunk_to_its_core() {
    for (mutant, most) in [("folds-case", 2), ("delete-empties", 3), ("deleted-for-ever", 4), ("trims-values", 2)] {
        let find = found(&format!("mutant:{mutant}"), 7, 300).unwrap_or_else(|| panic!("{mutant} looks honest"));
        assert!(find.steps.len() <= most, "{mutant}: {find:?}");
        assert_eq!(find.difference.at + 1, find.steps.len());
        // From the same seed the same.
        assert_eq!(found(&format!("mutant:{mutant}"), 7, 300).map(|find| find.steps), Some(find.steps), "{mutant}");
    }
}

/// These passed every case until they were found so: see `mutants/keyvalue/fuzzed.rs`.
#[test]
fn what_no_case_was_written_for_is_found() {
    for mutant in ["delete-many-leaves-counts", "set-many-misses-the-index", "set-many-hides-empty"] {
        let find = found(&format!("mutant:{mutant}"), 7, 1_000).unwrap_or_else(|| panic!("{mutant} looks honest"));
        assert!(find.steps.len() <= 6, "{mutant}: {find:?}");
        println!("{mutant}\n{}", case(&find));
    }
}

/// Every operation, with lists of no length and of several, and with what a Rust string has to escape.
fn every_operation() -> Find {
    let (key, keys) = (str::to_owned, |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>());
    let whats = [
        What::Set(key("A"), vec![0, b'"', b'\\', 255, b' ']),
        What::Get(key("A")),
        What::Get(key("a")),
        What::SetMany(vec![(key("b"), b"x".to_vec()), (key("\u{e9}\""), b"yy".to_vec())]),
        What::SetMany(Vec::new()),
        What::GetMany(keys(&["\u{e9}\"", "gone", "b"])),
        What::GetMany(Vec::new()),
        What::Increment(key("n"), 2),
        What::Increment(key("n"), -3),
        What::List,
        What::Exists(key("n")),
        What::DeleteMany(keys(&["n", "b"])),
        What::DeleteMany(Vec::new()),
        What::Exists(key("n")),
        What::Swap(key("c"), b"swapped".to_vec()),
        What::LateSwap(key("c"), Vec::new()),
        What::Reopen,
        What::Get(key("c")),
        What::Delete(key("A")),
        What::Delete(key("c")),
        What::Delete(key("\u{e9}\"")),
        What::List,
    ];
    let steps = (0..).zip(whats).map(|(number, what)| Step { handle: number % 2, what }).collect();
    let difference = Difference { at: 21, expected: "Keys({})".into(), actual: "Keys([\"A\"])".into() };
    Find { steps, difference, handles: 2, positions: true }
}

fn unordered() -> Find {
    let key = str::to_owned;
    let whats =
        [What::Set(key("a"), b"x".to_vec()), What::GetMany(vec![key("gone"), key("a")]), What::GetMany(Vec::new())];
    let steps = whats.map(|what| Step { handle: 0, what }).into();
    let difference = Difference { at: 2, expected: "Pairs([])".into(), actual: "Values([None])".into() };
    Find { steps, difference, handles: 1, positions: false }
}

/// These files are compiled with the tests above, and run below.
#[test]
fn a_find_is_printed_as_a_case_that_compiles() {
    assert_eq!(case(&every_operation()), include_str!("tests/printed.rs"));
    assert_eq!(case(&unordered()), include_str!("tests/printed_unordered.rs"));
}

/// How a case ends there.
fn judged(host: &str, run: fn(&mut Bench) -> BoxFuture<'_, Outcome>) -> Outcome {
    let (workers, target, host) = direct(host);
    let needs =
        &[Need::Interface("atomics"), Need::Interface("batch"), Need::Interface("cas"), Need::Interface("decrement")];
    let (suite, function, clauses) = ("keyvalue/store", "found_by_fuzz", &["KV-STORE-05"]);
    let case = Case { suite, function, axes: &[], point: [0; 2], clauses, needs, since: None, run };
    let outcome = workers.block_on(async {
        let deployed = host.deploy(&deployment(&format!("fuzz{:08x}", rand::random::<u32>()))).await?;
        let environment: Arc<dyn crate::host::Environment> = deployed.into();
        let description = Arc::new(host.describe().clone());
        let outcome = run(&mut Bench::new(case, description, environment.clone(), Deadlines::default(), 7)).await;
        environment.clean().await?;
        outcome
    });
    workers.block_on(target.stop());
    outcome
}

/// What it expects is the law, so it tells hosts apart as the fuzzer did.
#[test]
fn a_printed_case_passes_where_the_model_agrees_and_fails_where_it_does_not() {
    assert_eq!(judged("memory", printed::run), Ok(()));
    assert_eq!(judged("memory", printed_unordered::run), Ok(()));
    for mutant in ["folds-case", "trims-values"] {
        let outcome = judged(&format!("mutant:{mutant}"), printed::run);
        assert!(matches!(outcome, Err(Stop::Mismatch { .. })), "{mutant}: {outcome:?}");
    }
}

/// A second handle would be one that sees other data, on a host whose handles are copies.
#[test]
fn one_handle_is_opened_once() {
    let (workers, target, host) = direct("memory");
    let reopens = |handles| {
        let seen = RefCell::new(false);
        let effort = Effort { seed: 7, sequences: 50, length: 20, handles, patience: Duration::from_secs(10) };
        let run = |steps: &[Step]| {
            *seen.borrow_mut() |= steps.iter().any(|step| step.handle > 0 || step.what == What::Reopen);
            Ok(())
        };
        assert_eq!(fuzz(&*host, &effort, run, || ()).expect("sequences"), None);
        seen.into_inner()
    };
    assert_eq!([1, 2].map(reopens), [false, true]);
    workers.block_on(target.stop());
}

/// It says nothing of the host, and what was not tried did not pass.
#[test]
fn a_sequence_that_cannot_be_played_is_no_difference() {
    let (workers, target, host) = direct("memory");
    let effort = Effort { seed: 7, sequences: 20, length: 5, handles: 1, patience: Duration::from_secs(10) };
    let number = AtomicU64::new(0);
    let run = |steps: &[Step]| match number.fetch_add(1, Ordering::Relaxed) {
        0 => workers.block_on(play(&*host, "fuzz-first", steps, &effort)),
        _ => Err(Halt::Untried("no room".into())),
    };
    let why = fuzz(&*host, &effort, run, || ()).expect_err("nothing was tried").to_string();
    assert_eq!((why.as_str(), number.into_inner()), ("it could not be tried: no room", 2));
    workers.block_on(target.stop());
}
