//! Every mutant is killed, for the right reason: by a case that cites a clause which the mutant breaks; and every case kills
//! one. The kill matrix, both ways, is a snapshot, so that a case that got weaker shows in review. To measure it takes
//! minutes: a plain `cargo test` takes from it a killer of each mutant and clause, and a mutant for each case, and tries these.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use cloud_conformance::{
    catalogue::{self, Case},
    clauses::{Law, Level},
    host::Altitude,
    matrix::Matrix,
    mutants::{self, Mutant, Seam},
    outcome::Verdict,
    pattern::Patterns,
    waivers::Waivers,
};
use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
};
use support::{ON_A_SERVER, Ran, judge, ready, required, workers};

fn main() -> ExitCode {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let matrix = Trial::ignorable_test("kill_matrix_is_as_measured", || {
        if !required("matrix") {
            return Ok(Completion::ignored_with("takes minutes; CLOUD_CONFORMANCE_REQUIRE=matrix runs it"));
        }
        kill_matrix_is_as_measured();
        // A part is no verdict on the whole.
        let is_part = std::env::var(SOME).is_ok_and(|some| !some.is_empty());
        Ok(if is_part { Completion::ignored_with("measured in part") } else { Completion::Completed })
    });
    let trials = vec![
        trial("every_mutant_is_killed_and_every_case_kills", every_mutant_is_killed_and_every_case_kills),
        matrix,
        trial("no_death_is_left_to_chance", no_death_is_left_to_chance),
        trial("mutants_are_told_apart", mutants_are_told_apart),
        trial("a_mutant_that_panics_fails_one_case_and_no_more", a_mutant_that_panics_fails_one_case_and_no_more),
    ];
    // One after the other: each uses all cores.
    libtest_mimic::run(&Arguments { test_threads: Some(1), ..Arguments::from_args() }, trials).exit_code()
}

/// The capabilities that a mutant is about: what its clauses bind. The cases of the others cannot tell it from an honest
/// host, and running them would take most of the time.
fn capabilities(mutant: &Mutant) -> Vec<String> {
    let glob = |clause: &String| match clause.split('-').next() {
        Some("MSG") => "messaging/**",
        Some("CFG") => "config/**",
        _ => "keyvalue/**",
    };
    let globs: BTreeSet<_> = mutant.clauses.iter().map(glob).collect();
    globs.into_iter().map(Into::into).collect()
}

/// A case that cites the clause and is known to see the mutant whatever the timing.
fn known_killer(mutant: &Mutant, clause: &str, matrix: &Matrix) -> Option<String> {
    let cases = catalogue::all();
    let mut citing = cases.iter().filter(|case| case.clauses.contains(&clause));
    citing.find(|case| matrix.has(&mutant.name, &case.id())).map(Case::id)
}

/// One for each clause that the mutant breaks; all cases where one is not known.
fn known_killers(mutant: &Mutant, matrix: &Matrix) -> Vec<String> {
    let each = mutant.clauses.iter().map(|clause| known_killer(mutant, clause, matrix));
    each.collect::<Option<_>>().unwrap_or_else(|| capabilities(mutant))
}

/// For each case that is known to kill, the mutant that it is tried on: of those that it kills the one that fails the fewest
/// cases, since that one proves the most about it.
fn tried_on<'a>(mutants: &'a [Mutant], matrix: &Matrix) -> BTreeMap<String, &'a str> {
    let ids: Vec<_> = catalogue::all().iter().map(Case::id).collect();
    let fails = |mutant: &Mutant| ids.iter().filter(|id| matrix.has(&mutant.name, id)).count();
    let mut precise: Vec<_> = mutants.iter().map(|mutant| (fails(mutant), &*mutant.name)).collect();
    precise.sort_unstable();
    let tried = |id: &String| precise.iter().map(|(_, name)| *name).find(|name| matrix.has(name, id));
    ids.iter().filter_map(|id| Some((id.clone(), tried(id)?))).collect()
}

fn no_death_is_left_to_chance() {
    let (mutants, matrix) = (shown(), Matrix::embedded());
    let broken = mutants.iter().flat_map(|mutant| mutant.clauses.iter().map(move |clause| (mutant, clause)));
    let unsure: Vec<_> = broken
        .filter(|(mutant, clause)| known_killer(mutant, clause, &matrix).is_none())
        .map(|(mutant, clause)| format!("{}: {clause}", mutant.name))
        .collect();
    assert!(unsure.is_empty(), "killed by races alone, if at all: {unsure:?}");
}

/// Most of the time goes by in waiting for what a mutant never does, so several are judged at a time.
const AT_ONCE: usize = 6;

/// What cases showed of mutants.
#[derive(Default)]
struct Kills {
    /// Those that told the mutant from an honest host, if only by what they measured.
    seen: Matrix,
    /// Those that did not pass.
    failed: Matrix,
}

fn kills(mutants: &[Mutant], picks: impl Fn(&Mutant) -> Vec<String> + Sync) -> Kills {
    let next = AtomicUsize::new(0);
    let judge_some = || {
        let mut kills = Vec::new();
        // The last ones first: they have guests, and take longest.
        while let Some(mutant) = mutants.iter().rev().nth(next.fetch_add(1, Ordering::Relaxed)) {
            kills.push((mutant, tried(mutant, &picks(mutant))));
        }
        kills
    };
    let mut kills = Kills::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(judge_some)).collect();
        for (mutant, ran) in threads.into_iter().flat_map(|thread| thread.join().expect("a verdict")) {
            kills.seen.insert(&mutant.name, &about(mutant), ran.seen());
            kills.failed.insert(&mutant.name, &about(mutant), ran.failed());
        }
    });
    kills
}

fn about(mutant: &Mutant) -> String {
    format!("({:?}): {}", mutant.seam, mutant.bug)
}

/// Tries these cases on a mutant.
fn tried(mutant: &Mutant, picks: &[String]) -> Ran {
    let workers = workers();
    let host = ready(&workers, &format!("mutant:{}", mutant.name), None).expect("a host");
    let altitude = match mutant.seam {
        Seam::Backend | Seam::Link | Seam::Description => Altitude::Direct,
        Seam::Glue | Seam::Sdk => Altitude::Embedded(mutant.language),
    };
    let picks: Vec<_> = picks.iter().map(String::as_str).collect();
    let ran = judge(&workers, &host, altitude, &picks, |_| ()).expect("a run");
    let errors: Vec<_> = ran.records.iter().filter(|r| r.verdict == Verdict::Error).map(|r| (&r.id, &r.why)).collect();
    assert!(errors.is_empty(), "{} is not judged but breaks the suite: {errors:?}", mutant.name);
    let failed = ran.failed();
    let few = failed.len() * 3 <= catalogue::all().len();
    assert!(mutant.crude || few, "{} fails {} cases", mutant.name, failed.len());
    ran
}

/// Each clause that a mutant breaks, without a case that cites it and fails; or that measures it, where it binds nobody.
fn survivors(mutants: &[Mutant], kills: &Kills) -> Vec<String> {
    let (cases, law) = (catalogue::all(), Law::embedded().expect("the law"));
    let is_soft = |clause: &str| matches!(law.get(clause).expect("a clause").level, Level::Probe | Level::May);
    let killed = |mutant: &Mutant, clause: &str| {
        let kills = if is_soft(clause) { &kills.seen } else { &kills.failed };
        cases.iter().any(|case| case.clauses.contains(&clause) && kills.has(&mutant.name, &case.id()))
    };
    mutants
        .iter()
        .flat_map(|mutant| mutant.clauses.iter().map(move |clause| (mutant, clause)))
        .filter(|(mutant, clause)| !killed(mutant, clause))
        .map(|(mutant, clause)| format!("{} breaks {clause} and no case that cites it fails", mutant.name))
        .collect()
}

/// The mutants that memory can show.
fn shown() -> Vec<Mutant> {
    let mut mutants = mutants::all().expect("the mutants");
    mutants.retain(|mutant| !ON_A_SERVER.contains(&&*mutant.name));
    mutants
}

fn every_mutant_is_killed_and_every_case_kills() {
    let (mutants, matrix) = (shown(), Matrix::embedded());
    let owed = tried_on(&mutants, &matrix);
    let kills = kills(&mutants, |mutant| {
        let for_it = owed.iter().filter(|(_, name)| **name == mutant.name).map(|(id, _)| id.clone());
        known_killers(mutant, &matrix).into_iter().chain(for_it).collect()
    });
    let mut problems = survivors(&mutants, &kills);
    let spared = owed.iter().filter(|(id, name)| !kills.seen.has(name, id));
    problems.extend(spared.map(|(id, name)| format!("{id} does not fail on {name} any more")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Which mutants to measure: patterns of names, separated by commas. The rows of the others stay as they were measured last.
const SOME: &str = "CLOUD_CONFORMANCE_MUTANTS";

fn measured(mutants: &[Mutant]) -> Kills {
    let asked: Vec<_> = std::env::var(SOME).unwrap_or_default().split_terminator(',').map(str::to_owned).collect();
    let names = mutants.iter().map(|mutant| &*mutant.name);
    let asked = Patterns::read(&asked, names).unwrap_or_else(|why| panic!("{SOME}: {why}"));
    let (last, cases) = (Matrix::embedded(), catalogue::all());
    // What is new, or said otherwise, was not measured yet.
    let is_new = |mutant: &Mutant| last.about(&mutant.name) != Some(&*about(mutant));
    let is_asked = |mutant: &Mutant| asked.is_empty() || asked.matches(&mutant.name) || is_new(mutant);
    let (again, before): (Vec<_>, Vec<_>) = mutants.iter().cloned().partition(is_asked);
    let mut kills = kills(&again, capabilities);
    for mutant in before {
        let known: Vec<_> = cases.iter().map(Case::id).filter(|id| last.has(&mutant.name, id)).collect();
        kills.seen.insert(&mutant.name, &about(&mutant), known.clone());
        kills.failed.insert(&mutant.name, &about(&mutant), known);
    }
    kills
}

/// Whether a race sees a defect is chance, so the matrix has only what `waivers.toml` says it sees whatever the timing;
/// that a mutant is killed it may decide all the same.
fn kill_matrix_is_as_measured() {
    let (mutants, waivers) = (shown(), Waivers::embedded().expect("the waivers"));
    let kills = measured(&mutants);
    let mut problems = survivors(&mutants, &kills);
    let mut sure = kills.seen.filtered(|mutant, case| !waivers.is_chance(mutant, case));
    for name in ON_A_SERVER {
        sure.insert(name, "shows on a server only: tests/redis.rs judges it", []);
    }
    // The program carries it.
    insta::with_settings!({ snapshot_path => "../mutants", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("kills", sure.to_string()) });
    let cases = catalogue::all();
    let owed = cases.iter().map(Case::id).filter(|id| waivers.is_owed(id, &sure));
    problems.extend(owed.map(|id| format!("{id} kills no mutant, and conformance/waivers.toml has no reason for it")));
    problems.extend(waivers.stale(&cases, &sure));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn mutants_are_told_apart() {
    let mutants = mutants::all().expect("the mutants");
    let names: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.name).collect();
    assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    for seam in [Seam::Backend, Seam::Link, Seam::Description, Seam::Glue, Seam::Sdk] {
        assert!(mutants.iter().any(|mutant| mutant.seam == seam), "{seam:?} has no mutant");
    }
}

/// A crude defect: the suite survives it and calls it a failure.
fn a_mutant_that_panics_fails_one_case_and_no_more() {
    let workers = workers();
    let host = ready(&workers, "mutant:panics-on-text", None).expect("a host");
    let ran = judge(&workers, &host, Altitude::Direct, &["keyvalue/atomics/**"], |_| ()).expect("a run");
    assert_eq!(ran.summary.exit, 1);
    assert!(ran.records.iter().any(|record| record.verdict == Verdict::Pass));
}
