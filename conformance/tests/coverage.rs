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
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

fn law() -> Law {
    Law::embedded().expect("the law reads")
}

/// What is excepted stands in `waivers.toml` with its reason; an exception that is no longer needed fails.
#[test]
fn every_clause_has_a_case_or_a_reason() {
    let waivers = Waivers::embedded().expect("the waivers read");
    let mutants = mutants::all().expect("the mutants");
    let coverage = Coverage::of(&catalogue::all(), &law(), &mutants, &Matrix::embedded(), &waivers);
    for (word, part) in coverage.capabilities {
        for lacks in [part.clauses_without_a_case, part.cases_without_a_clause] {
            let gaps: Vec<_> = lacks.iter().filter(|lack| lack.reason.is_none()).map(|lack| &lack.id).collect();
            assert!(gaps.is_empty(), "{word}: {gaps:?}");
        }
    }
    let stale: Vec<_> = coverage.stale.iter().filter(|text| text.contains("is excepted")).collect();
    assert!(stale.is_empty(), "{stale:?}");
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
