//! JUnit's XML, as CI systems read it. What it has no word for is told so that nothing looks better than it is: a known
//! failure is skipped, and so is what does not count yet, an unexpected pass is a failure, and what nobody can tell is an error.

use super::whole::Run;
use crate::{event::Record, outcome::Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

/// Writes the run, a suite for each interface at each altitude.
///
/// # Errors
/// What cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let host = run.started.hosts.first().map_or("", |host| host.name.as_str());
    let mut report = Report::new(format!("cloud-conformance {host}"));
    report.set_time(Duration::from_millis(run.summary.millis));
    let mut suites: BTreeMap<(&str, &str), TestSuite> = BTreeMap::new();
    let told = run.told();
    for record in &told {
        let key = (record.suite(), record.altitude.as_str());
        let suite = suites.entry(key).or_insert_with(|| TestSuite::new(format!("{} ({})", key.0, key.1)));
        suite.add_test_case(case(record));
    }
    report.add_test_suites(suites.into_values());
    let mut whole = TestSuite::new("the run as a whole");
    whole.add_property(("claim", run.claim().as_str()));
    for what in run.summary.missing.iter().chain(&run.summary.problems) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(what.as_str());
        whole.add_test_case(TestCase::new(what.as_str(), status));
    }
    report.add_test_suite(whole);
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn case(record: &Record) -> TestCase {
    let why = why(record);
    let mut status = match record.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Flaky => {
            let mut status = TestCaseStatus::success();
            for _ in 1..record.attempts {
                let mut rerun = TestRerun::new(NonSuccessKind::Failure);
                rerun.set_message(why.as_str());
                status.add_rerun(rerun);
            }
            status
        }
        Verdict::Skip | Verdict::Xfail | Verdict::Provisional => TestCaseStatus::skipped(),
        Verdict::Fail | Verdict::Xpass => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Unknown | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if record.verdict != Verdict::Pass {
        status.set_message(format!("{}: {why}", record.verdict.word()));
        let repro = Some(&record.repro).filter(|repro| !repro.is_empty());
        status.set_description(repro.map_or(why.clone(), |repro| format!("{why}\nrepro: {repro}")));
    }
    let mut case = TestCase::new(record.id.as_str(), status);
    case.set_classname(format!("{}.{}", record.suite().replace('/', "."), record.altitude));
    case.set_time(Duration::from_millis(record.millis));
    case
}

/// Why a case did not simply pass, with the clauses it is about.
pub(super) fn why(record: &Record) -> String {
    let mismatch = record.mismatch.as_ref();
    let mismatch = mismatch.map(|m| format!("{}; expected: {}; actual: {}", m.what, m.expected, m.actual));
    let said: Vec<_> = record.why.iter().cloned().chain(mismatch).collect();
    let clauses: Vec<_> = record.clauses.iter().map(|clause| clause.id.as_str()).collect();
    match (said.is_empty(), clauses.is_empty()) {
        (_, true) => said.join("; "),
        (true, _) => clauses.join(" "),
        _ => format!("{}: {}", clauses.join(" "), said.join("; ")),
    }
}
