//! Every clause is cited by a case, and every core clause by one that runs on every host.

#![allow(clippy::expect_used, reason = "a test")]

use cloud_conformance::{
    catalogue,
    clauses::{Law, Level},
    coverage::Coverage,
    matrix::Matrix,
    mutants,
    waivers::Waivers,
};
use std::collections::BTreeSet;

fn law() -> Law {
    Law::embedded().expect("the law reads")
}

/// Clauses without a case, cases without a clause, core clauses and cases without a mutant: what is excepted stands in
/// `waivers.toml` with its reason, and an exception that is no longer needed fails, as does a mutant that was not measured.
#[test]
fn what_is_missing_has_a_reason() {
    let waivers = Waivers::embedded().expect("the waivers read");
    let mutants = mutants::all().expect("the mutants");
    let coverage = Coverage::of(&catalogue::all(), &law(), &mutants, &Matrix::embedded(), &waivers);
    for (word, part) in &coverage.capabilities {
        for (what, lacks) in part.lists() {
            let gaps: Vec<_> = lacks.iter().filter(|lack| lack.reason.is_none()).map(|lack| &lack.id).collect();
            assert!(gaps.is_empty(), "{word}, {what}: {gaps:?}");
        }
    }
    assert!(coverage.stale.is_empty(), "{:?}", coverage.stale);
    assert_eq!(coverage.gaps(), 0);
}

/// That its cases would notice a defect is shown for each core clause.
#[test]
fn every_core_clause_is_broken_by_a_mutant() {
    let broken: BTreeSet<String> =
        mutants::all().expect("the mutants").into_iter().flat_map(|mutant| mutant.clauses).collect();
    let law = law();
    let whole: Vec<_> =
        law.iter().filter(|clause| clause.level == Level::Core && !broken.contains(&clause.id)).collect();
    assert!(whole.is_empty(), "{whole:?}");
}
