//! Every clause that binds hosts is cited by a case, and every core clause by one that runs on every host.
//!
//! What is excepted stands in a list with its reason; an exception that is no longer needed fails.

#![allow(clippy::expect_used, reason = "a test")]

use cloud_conformance::{
    catalogue,
    clauses::{Clause, Law, Level},
    mutants,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// A clause, and why it is excepted.
type Exception = (&'static str, &'static str);

/// Clauses without a case.
const UNCITED: &[Exception] = &[
    ("KV-WATCH-01", "watchers are parsed and linked, and no host delivers to them yet"),
    ("KV-WATCH-02", "as KV-WATCH-01"),
    ("KV-WATCH-03", "as KV-WATCH-01"),
    ("KVX-07", "needs a writer past the host: the Redis backend's own tests have one"),
    (
        "KVX-63",
        "no control deletes a bucket that is open; a label that leads nowhere fails in `open`, as the standard says",
    ),
    ("KVX-71", "`other` is what is left: there is nothing that must be it"),
    ("MSG-M11", "a guest cannot see whether its host has one instance or several"),
];

/// Core clauses that only cases of a profile cite.
const WITHOUT_A_CORE_CASE: &[Exception] = &[];

fn law() -> Law {
    Law::embedded().expect("the law reads")
}

/// Fails unless `missing` is what `exceptions` says.
fn excepted(missing: BTreeSet<String>, exceptions: &[Exception]) {
    let listed: BTreeSet<String> = exceptions.iter().map(|(clause, _)| (*clause).to_owned()).collect();
    let uncovered: Vec<_> = missing.difference(&listed).collect();
    assert!(uncovered.is_empty(), "without a case: {uncovered:?}");
    let stale: Vec<_> = listed.difference(&missing).collect();
    assert!(stale.is_empty(), "covered, and still excepted: {stale:?}");
}

fn ids<'a>(clauses: impl Iterator<Item = &'a Clause>) -> BTreeSet<String> {
    clauses.map(|clause| clause.id.clone()).collect()
}

#[test]
fn every_binding_clause_has_a_case() {
    let law = law();
    let cited: BTreeSet<_> = catalogue::all().iter().flat_map(|case| case.clauses).copied().collect();
    let binding = law.iter().filter(|clause| matches!(clause.level, Level::Core | Level::Profile(_)));
    excepted(ids(binding.filter(|clause| !cited.contains(&*clause.id))), UNCITED);
}

/// A case that needs a profile does not run on a host without it, and then proves nothing of the core.
#[test]
fn every_core_clause_has_a_core_case() {
    let law = law();
    let core = |id: &str| law.get(id).is_some_and(|clause| clause.level == Level::Core);
    let cases = catalogue::all();
    let proven: BTreeSet<_> =
        cases.iter().filter(|case| core(case.clauses[0])).flat_map(|case| case.clauses).copied().collect();
    let uncited: BTreeSet<_> = UNCITED.iter().map(|(clause, _)| *clause).collect();
    let without = law.iter().filter(|clause| core(&clause.id) && !uncited.contains(&*clause.id));
    excepted(ids(without.filter(|clause| !proven.contains(&*clause.id))), WITHOUT_A_CORE_CASE);
}

/// That the cases of these would notice a defect is not shown by a mutant yet. The list may only get shorter.
#[test]
fn core_clauses_without_a_mutant() {
    let law = law();
    let broken: BTreeSet<String> =
        mutants::all().expect("the mutants").into_iter().flat_map(|mutant| mutant.clauses).collect();
    let core = law.iter().filter(|clause| clause.level == Level::Core && !broken.contains(&clause.id));
    let by_place = core.fold(BTreeMap::<&str, Vec<&str>>::new(), |mut places, clause| {
        places.entry(&clause.place).or_default().push(&clause.id);
        places
    });
    let mut text = String::new();
    for (place, clauses) in by_place {
        let _ = writeln!(text, "{place}: {}", clauses.join(" "));
    }
    insta::assert_snapshot!("core_clauses_without_a_mutant", text);
}
