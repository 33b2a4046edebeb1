//! Every mutant is killed, for the right reason: by a case that cites a clause which the mutant breaks. The kill matrix,
//! both ways, is a snapshot, so that a case that got weaker shows in review.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use cloud_conformance::{
    catalogue::{self, Case},
    host::Altitude,
    mutants::{self, Mutant, Seam},
    outcome::Verdict,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::atomic::{AtomicUsize, Ordering},
};
use support::{judge, ready, workers};

/// The capability that a mutant is about: what its clauses bind. The cases of the others cannot tell it from an honest
/// host, and running them would take most of the time.
fn capability(mutant: &Mutant) -> &'static str {
    match mutant.clauses[0].split('-').next() {
        Some("MSG") => "messaging/**",
        Some("CFG") => "config/**",
        _ => "keyvalue/**",
    }
}

/// The cases that a mutant fails.
type Kills = BTreeMap<String, Vec<String>>;

/// Most of the time goes by in waiting for what a mutant never does, so several are judged at a time.
const AT_ONCE: usize = 6;

fn kills(mutants: &[Mutant]) -> Kills {
    let next = AtomicUsize::new(0);
    let judge_some = || {
        let mut kills = Kills::new();
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            kills.insert(mutant.name.clone(), killers(mutant));
        }
        kills
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(judge_some)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a verdict")).collect()
    })
}

/// The cases that a mutant fails.
fn killers(mutant: &Mutant) -> Vec<String> {
    let workers = workers();
    let host = ready(&workers, &format!("mutant:{}", mutant.name), None).expect("a host");
    let altitude = match mutant.seam {
        Seam::Backend | Seam::Link => Altitude::Direct,
        Seam::Glue | Seam::Sdk => Altitude::Embedded,
    };
    let ran = judge(&workers, &host, altitude, &[capability(mutant)], |_| ()).expect("a run");
    let errors: Vec<_> = ran.records.iter().filter(|r| r.verdict == Verdict::Error).map(|r| (&r.id, &r.why)).collect();
    assert!(errors.is_empty(), "{} is not judged but breaks the suite: {errors:?}", mutant.name);
    let failed = ran.failed();
    let few = failed.len() * 3 <= catalogue::all().len();
    assert!(mutant.crude || few, "{} fails {} cases", mutant.name, failed.len());
    failed
}

/// Each clause that a mutant breaks, without a case that cites it and fails.
fn survivors(mutants: &[Mutant], kills: &Kills) -> Vec<String> {
    let cases: BTreeMap<String, Case> = catalogue::all().into_iter().map(|case| (case.id(), case)).collect();
    let cited = |id: &String, clause: &String| cases[id].clauses.contains(&clause.as_str());
    mutants
        .iter()
        .flat_map(|mutant| mutant.clauses.iter().map(move |clause| (mutant, clause)))
        .filter(|(mutant, clause)| !kills[&mutant.name].iter().any(|id| cited(id, clause)))
        .map(|(mutant, clause)| format!("{} breaks {clause} and no case that cites it fails", mutant.name))
        .collect()
}

#[test]
fn every_mutant_is_killed() {
    let mutants = mutants::all().expect("the mutants");
    let kills = kills(&mutants);
    let survivors = survivors(&mutants, &kills);
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    insta::assert_snapshot!("kill_matrix", matrix(&mutants, &kills));
}

/// Cases in which guests race. Whether they see a defect is chance, so the matrix leaves them out; that a mutant is
/// killed they may decide all the same.
const RACES: [&str; 7] = [
    "keyvalue/atomics/append-of-the-sdk-loses-nothing",
    "keyvalue/atomics/concurrent-increments-all-count",
    "keyvalue/atomics/concurrent-increments-of-four-guests-all-count",
    "keyvalue/atomics/one-of-two-racing-creations-wins",
    "keyvalue/atomics/one-of-two-racing-swaps-wins",
    "keyvalue/extension/one-of-many-puts-of-an-absent-key-wins",
    "keyvalue/extension/one-of-many-puts-with-one-version-wins",
];

fn matrix(mutants: &[Mutant], kills: &Kills) -> String {
    let mut text = String::from("Each mutant, and the cases that kill it\n");
    for mutant in mutants {
        let cases = &kills[&mutant.name];
        let _ = writeln!(text, "\n{} ({:?}): {}", mutant.name, mutant.seam, mutant.bug);
        for id in cases.iter().filter(|id| !RACES.contains(&id.as_str())) {
            let _ = writeln!(text, "  {id}");
        }
    }
    text.push_str("\nEach case, and how many mutants it kills\n\n");
    for case in catalogue::all().into_iter().filter(|case| !RACES.contains(&case.id().as_str())) {
        let count = kills.values().filter(|cases| cases.contains(&case.id())).count();
        let _ = writeln!(text, "{count:3}  {}", case.id());
    }
    text
}

#[test]
fn the_races_are_cases() {
    let ids: BTreeSet<_> = catalogue::all().iter().map(Case::id).collect();
    assert!(RACES.iter().all(|race| ids.contains(*race)), "the list of races is stale");
}

#[test]
fn mutants_are_told_apart() {
    let mutants = mutants::all().expect("the mutants");
    let names: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.name).collect();
    assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    for seam in [Seam::Backend, Seam::Link, Seam::Glue, Seam::Sdk] {
        assert!(mutants.iter().any(|mutant| mutant.seam == seam), "{seam:?} has no mutant");
    }
}

/// A crude defect: the suite survives it and calls it a failure.
#[test]
fn a_mutant_that_panics_fails_one_case_and_no_more() {
    let workers = workers();
    let host = ready(&workers, "mutant:panics-on-text", None).expect("a host");
    let ran = judge(&workers, &host, Altitude::Direct, &["keyvalue/atomics/**"], |_| ()).expect("a run");
    assert_eq!(ran.summary.exit, 1);
    assert!(ran.records.iter().any(|record| record.verdict == Verdict::Pass));
}
