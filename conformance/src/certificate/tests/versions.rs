//! Certificates across versions of the suite: they expire with the minor version, and what is new in one does not count in it.

use super::{CORE, Forgery, consistent, good, good_of, now, of_core, told, world};
use crate::{
    catalogue::{Case, MINOR},
    certificate::{
        VALIDITY,
        recount::{Demands, recount},
        statement::{Statement, TestResult},
    },
    levels::Level,
    outcome::Verdict,
};

#[test]
fn it_expires() {
    let (cases, law) = world();
    let recounted = |now, level| recount(&good(), Demands { now, nonce: None, level }, (&cases, &law));
    assert!(recounted(now(), Level::Full).is_ok());
    let why = recounted(now() + VALIDITY, Level::None).expect_err("too late").to_string();
    assert!(why.contains("it expired at 2027-12-01"), "{why}");
}

/// A catalogue in which a core case is new, as it came with some minor version.
fn with_a_case_since(since: &'static str) -> Vec<Case> {
    let is_it = |case: &Case| case.id() == CORE;
    world().0.into_iter().map(|case| if is_it(&case) { case.dated(Some(since)) } else { case }).collect()
}

/// It failed in every run, in every language.
fn failed(statement: &mut Statement, verdict: Verdict, why: &str) {
    let runs = statement.predicate.certificate.runs.iter_mut();
    let cases = runs.flat_map(|run| run.cases.values_mut().flatten()).filter(|case| case.id == CORE);
    cases.for_each(|case| (case.verdict, case.why) = (verdict, Some(why.to_owned())));
}

#[test]
fn a_certificate_holds_in_the_minor_version_that_made_it() {
    let of = |suite: &str| {
        let mut statement = good();
        statement.predicate.certificate.suite = suite.into();
        // Our host is a part of it.
        statement.predicate.certificate.hosts.iter_mut().for_each(|host| host.version = suite.into());
        statement.subject[0].name = format!("memory {suite}");
        told(&statement, &world().0)
    };
    assert_eq!(of(&format!("{MINOR}.999")), Ok(()));
    for suite in ["0.0.9", "9.1.0", "0.10.0", "1.0.0", "0", ""] {
        let why = of(suite).expect_err(suite);
        assert!(why.starts_with(&format!("it expired with the suite {suite}: this is {MINOR}.")), "{why}");
    }
}

#[test]
fn a_provisional_case_that_failed_costs_nothing() {
    let cases = with_a_case_since(MINOR);
    let mut statement = good_of(&cases);
    failed(&mut statement, Verdict::Provisional, "it would be `fail`: get of `a`: expected None, actual Some([1])");
    consistent(&mut statement, (&cases, &world().1));
    assert_eq!(told(&statement, &cases), Ok(()));
    let predicate = &statement.predicate;
    assert_eq!((predicate.certificate.levels.overall, predicate.result), (Level::Full, TestResult::Passed));
    let lists = [&predicate.passed_tests, &predicate.warned_tests, &predicate.failed_tests];
    assert!(lists.into_iter().flatten().all(|name| !name.starts_with(CORE)), "it is in no list of what counts");
    assert!(predicate.certificate.runs[0].verdicts[&Verdict::Provisional] > 1, "it is counted apart");
    // Whoever has another catalogue cannot be shown it.
    let why = told(&statement, &world().0).expect_err("another catalogue");
    assert!(why.contains("`catalogue` is not that of this suite"), "{why}");
}

/// In the next minor version nobody has to do anything for it to count.
#[test]
fn what_came_with_an_earlier_version_counts() {
    let cases = with_a_case_since("0.0");
    let mut statement = good_of(&cases);
    assert_eq!(told(&statement, &cases), Ok(()));
    failed(&mut statement, Verdict::Provisional, "it would be `fail`");
    consistent(&mut statement, (&cases, &world().1));
    let why = told(&statement, &cases).expect_err("it counts");
    assert!(why.contains("it counts in the suite") && why.contains("ends as `provisional`"), "{why}");
}

const FORGERIES: [Forgery; 3] = [
    (
        "a counted failure is called provisional",
        |s| failed(s, Verdict::Provisional, "it would be `fail`"),
        true,
        "it counts in the suite",
    ),
    (
        "in one run, and what follows from it is kept",
        |s| {
            let case = of_core(s, CORE);
            (case.verdict, case.why) = (Verdict::Provisional, Some("it would be `fail`".into()));
        },
        false,
        "it counts in the suite",
    ),
    ("it does not even say how it ended", |s| of_core(s, CORE).verdict = Verdict::Provisional, true, "it counts"),
];

#[test]
fn a_failure_cannot_be_called_provisional() {
    let (cases, law) = world();
    for (name, forge, recounted, reason) in FORGERIES {
        let mut forged = good();
        forge(&mut forged);
        if recounted {
            consistent(&mut forged, (&cases, &law));
        }
        let why = told(&forged, &cases).expect_err(name);
        assert!(why.contains(reason), "{name}: {why}");
    }
    // And what is provisional is not sold as something that passed.
    let cases = with_a_case_since(MINOR);
    let mut forged = good_of(&cases);
    let case = of_core(&mut forged, CORE);
    (case.verdict, case.why) = (Verdict::Pass, None);
    consistent(&mut forged, (&cases, &law));
    let why = told(&forged, &cases).expect_err("it is no pass");
    assert!(why.contains("it is provisional in the suite") && why.contains("ends as `pass`"), "{why}");
}
