//! What a vendor could try by calling a failure a skip. A case that runs is skipped for a limit of the host, and for nothing else.

use super::{
    CORE, consistent, counted, good,
    made::{made_of, program},
    told_of, world,
};
use crate::{certificate::statement::Statement, levels::Level, outcome::Verdict};

/// Its clauses are a profile and a core clause: where it does not run, no core case is missing.
const MIXED: &str = "keyvalue/atomics/overflow-is-refused";
const LONGEST_KEY: &str = "keyvalue/store/longest-key-works";
const UNDECLARED: &str = "the host declares no `max-key-size`";

/// All of it follows from the skips, in every run, at the places whose name ends so.
fn skipped(mut statement: Statement, id: &str, places: &str, why: &str) -> Statement {
    let runs = statement.predicate.certificate.runs.iter_mut();
    let cases = runs.flat_map(|run| &mut run.cases).filter(|(altitude, _)| altitude.ends_with(places));
    let found: Vec<_> = cases.flat_map(|(_, cases)| cases).filter(|case| case.id == id).collect();
    assert!(!found.is_empty(), "{id} is no case at {places:?}");
    for case in found {
        (case.verdict, case.why) = (Verdict::Skip, Some(why.to_owned()));
    }
    let (cases, law) = world();
    consistent(&mut statement, (&cases, &law));
    statement
}

/// Of a host that declares no limits of its key-value stores.
fn without_limits() -> Statement {
    let limits = "limits = { max-key-size = 1_024, max-value-size = 1_048_576 }\n";
    let text = program().replacen(limits, "", 1);
    assert_ne!(text, program());
    made_of(&text)
}

#[test]
fn a_case_that_runs_is_skipped_for_a_limit_of_the_host_alone() {
    let forgeries = [
        ("a core case in two languages", skipped(good(), CORE, "-go", "late"), "late"),
        ("a core case everywhere", skipped(good(), CORE, "", "late"), "late"),
        ("a core clause that is cited second", skipped(good(), MIXED, "", "late"), "late"),
        ("a limit that is declared", skipped(good(), LONGEST_KEY, "", UNDECLARED), UNDECLARED),
        ("a limit that the case does not go to", skipped(without_limits(), MIXED, "", UNDECLARED), UNDECLARED),
        ("a limit that the core case does not go to", skipped(without_limits(), CORE, "-c", UNDECLARED), UNDECLARED),
    ];
    for (name, forged, reason) in forgeries {
        let why = counted(&forged).expect_err(name);
        assert!(why.contains(&format!("ends as `skip` for no limit of the host: {reason}")), "{name}: {why}");
    }
}

/// Where it goes to a limit, it does so everywhere.
#[test]
fn a_case_is_not_skipped_in_the_language_where_it_fails() {
    let of_a_limit = "keyvalue/store/value-is-kept/empty-under-short-key";
    let why = counted(&skipped(without_limits(), of_a_limit, "-c", UNDECLARED)).expect_err("in one language");
    assert!(why.contains("is skipped at one place and passes at another") && why.contains(of_a_limit), "{why}");
}

#[test]
fn a_case_that_finds_no_limit_is_skipped_and_the_level_says_so() {
    let honest = skipped(without_limits(), LONGEST_KEY, "", UNDECLARED);
    assert_eq!(counted(&honest), Ok(()));
    let (levels, cases) = (&honest.predicate.certificate.levels, world().0);
    assert_eq!(levels.capabilities["keyvalue"].level, Level::Core, "{levels:#?}");
    assert_eq!(told_of(&honest, &cases, Level::Core), Ok(()));
    assert!(told_of(&honest, &cases, Level::Full).is_err());
}
