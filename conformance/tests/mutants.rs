//! Every mutant is killed, for the right reason: by a case that cites a clause which the mutant breaks. The kill matrix,
//! both ways, is a snapshot, so that a case that got weaker shows in review.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use cloud_conformance::{
    catalogue::{self, Case},
    host::Altitude,
    matrix::Matrix,
    mutants::{self, Mutant, Seam},
    outcome::Verdict,
    waivers::Waivers,
};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};
use support::{ON_A_SERVER, judge, ready, workers};

/// The capability that a mutant is about: what its clauses bind. The cases of the others cannot tell it from an honest
/// host, and running them would take most of the time.
fn capability(mutant: &Mutant) -> &'static str {
    match mutant.clauses[0].split('-').next() {
        Some("MSG") => "messaging/**",
        Some("CFG") => "config/**",
        _ => "keyvalue/**",
    }
}

/// Most of the time goes by in waiting for what a mutant never does, so several are judged at a time.
const AT_ONCE: usize = 6;

fn kills(mutants: &[Mutant]) -> Matrix {
    let next = AtomicUsize::new(0);
    let judge_some = || {
        let mut kills = Vec::new();
        // The last ones first: they have guests, and take longest.
        while let Some(mutant) = mutants.iter().rev().nth(next.fetch_add(1, Ordering::Relaxed)) {
            kills.push((mutant, killers(mutant)));
        }
        kills
    };
    let mut matrix = Matrix::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(judge_some)).collect();
        for (mutant, cases) in threads.into_iter().flat_map(|thread| thread.join().expect("a verdict")) {
            matrix.insert(&mutant.name, &format!("({:?}): {}", mutant.seam, mutant.bug), cases);
        }
    });
    matrix
}

/// The cases that a mutant fails.
fn killers(mutant: &Mutant) -> Vec<String> {
    let workers = workers();
    let host = ready(&workers, &format!("mutant:{}", mutant.name), None).expect("a host");
    let altitude = match mutant.seam {
        Seam::Backend | Seam::Link | Seam::Description => Altitude::Direct,
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
fn survivors(mutants: &[Mutant], kills: &Matrix) -> Vec<String> {
    let cases = catalogue::all();
    let killed = |mutant: &Mutant, clause: &str| {
        cases.iter().any(|case| case.clauses.contains(&clause) && kills.has(&mutant.name, &case.id()))
    };
    mutants
        .iter()
        .flat_map(|mutant| mutant.clauses.iter().map(move |clause| (mutant, clause)))
        .filter(|(mutant, clause)| !killed(mutant, clause))
        .map(|(mutant, clause)| format!("{} breaks {clause} and no case that cites it fails", mutant.name))
        .collect()
}

/// Whether a race sees a defect is chance, so the matrix has only what `waivers.toml` says it sees whatever the timing;
/// that a mutant is killed it may decide all the same.
#[test]
fn every_mutant_is_killed() {
    let (mut mutants, waivers) = (mutants::all().expect("the mutants"), Waivers::embedded().expect("the waivers"));
    mutants.retain(|mutant| !ON_A_SERVER.contains(&&*mutant.name));
    let kills = kills(&mutants);
    let mut problems = survivors(&mutants, &kills);
    let sure = kills.filtered(|mutant, case| !waivers.is_chance(mutant, case));
    // The program carries it.
    insta::with_settings!({ snapshot_path => "../mutants", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("kills", sure.to_string()) });
    let cases = catalogue::all();
    let owed = cases.iter().map(Case::id).filter(|id| waivers.is_owed(id, &sure));
    problems.extend(owed.map(|id| format!("{id} kills no mutant, and conformance/waivers.toml has no reason for it")));
    problems.extend(waivers.stale(&cases, &sure));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn mutants_are_told_apart() {
    let mutants = mutants::all().expect("the mutants");
    let names: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.name).collect();
    assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    for seam in [Seam::Backend, Seam::Link, Seam::Description, Seam::Glue, Seam::Sdk] {
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
