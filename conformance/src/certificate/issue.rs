//! From runs to a statement.

use super::{
    NOT_PROVEN, VALIDITY, sha256,
    statement::{Certificate, Judged, PREDICATE, Predicate, Resource, Run, STATEMENT, Statement, TestResult, VERSION},
};
use crate::{
    catalogue::{Case, about::sources},
    clauses::{self, Law},
    corpus::Corpus,
    event::{HostInfo, Record},
    levels::{Levels, Verdicts},
    outcome::Verdict,
    plan::{Declaration, Plan},
    report::whole,
    transcript::normal::{Rules, normalise},
};
use humantime::format_rfc3339_seconds;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

/// What a statement is about, besides the runs.
pub struct About<'a> {
    /// The program that was tested, and the files that it was told to run.
    pub subject: Vec<Resource>,
    /// The host's declaration.
    pub declaration: &'a Declaration,
    /// The plans of all altitudes.
    pub plans: &'a [Plan],
    /// The issuer's nonce.
    pub nonce: Option<String>,
    /// What leads to the host.
    pub command: String,
}

/// The statement of whole runs, at all altitudes, that ended now.
///
/// # Errors
/// If the guests of this build cannot be read.
pub fn statement(
    about: About<'_>,
    runs: &[whole::Run],
    (cases, law): (&[Case], &Law),
    now: SystemTime,
) -> anyhow::Result<Statement> {
    let About { subject, declaration, plans, nonce, command } = about;
    let runs: Vec<Run> = runs.iter().map(run).collect();
    let derived = Derived::of(plans, &runs);
    Ok(Statement {
        kind: STATEMENT.to_owned(),
        subject,
        predicate_type: PREDICATE.to_owned(),
        predicate: Predicate {
            result: derived.result,
            configuration: configuration(declaration.text(), cases, law)?,
            passed_tests: derived.passed,
            warned_tests: derived.warned,
            failed_tests: derived.failed,
            certificate: Certificate {
                version: VERSION,
                suite: env!("CARGO_PKG_VERSION").to_owned(),
                issued: format_rfc3339_seconds(now).to_string(),
                expires: format_rfc3339_seconds(now + VALIDITY).to_string(),
                nonce,
                command,
                declaration: declaration.text().to_owned(),
                hosts: plans.iter().map(|plan| HostInfo::from(plan.host.describe())).collect(),
                runs,
                levels: derived.levels,
                not_proven: NOT_PROVEN.map(str::to_owned).into(),
            },
        },
    })
}

/// What was tested with, and what decides it.
///
/// # Errors
/// If the guests of this build cannot be read.
pub(super) fn configuration(declaration: &str, cases: &[Case], law: &Law) -> anyhow::Result<Vec<Resource>> {
    let catalogue = catalogue(cases, &sources());
    let clause =
        |clause: &clauses::Clause| format!("{} {} {} {}\n", clause.id, clause.level, clause.place, clause.text);
    let law: String = law.iter().map(clause).collect();
    let texts = [("declaration", declaration), ("law", &law), ("catalogue", &catalogue)];
    let texts = texts.map(|(name, text)| Resource::new(name, sha256(text.as_bytes())));
    let guests = Corpus::digests()?.into_iter().map(|(name, digest)| Resource::new(format!("guest {name}"), digest));
    Ok(texts.into_iter().chain(guests).collect())
}

/// What cases there are, and what they do: the same ids over weaker cases are another catalogue.
pub(super) fn catalogue(cases: &[Case], sources: &[&str]) -> String {
    let row = |case: &Case| format!("{} {:?} {:?} {:?}\n", case.id(), case.clauses, case.needs, case.since);
    let rows: String = cases.iter().map(row).collect();
    // Checkouts end lines in ways of their own, and what is said of a case changes nothing that it does.
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let lines = sources.iter().flat_map(|text| text.lines().filter(code).chain(["\u{c}"]));
    rows + &lines.map(|line| format!("{line}\n")).collect::<String>()
}

fn run(run: &whole::Run) -> Run {
    let mut cases: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
    for record in &run.records {
        cases.entry(record.altitude.clone()).or_default().push(judged(record));
    }
    Run {
        run: run.started.run.clone(),
        seed: run.started.seed,
        planned: run.summary.planned,
        executed: run.summary.executed,
        verdicts: run.summary.verdicts.clone(),
        millis: run.summary.millis,
        traces: cases.keys().map(|altitude| (altitude.clone(), trace(&run.records, altitude))).collect(),
        cases,
    }
}

fn judged(record: &Record) -> Judged {
    let mismatch = |m: &crate::event::Mismatch| format!("{}: expected {}, actual {}", m.what, m.expected, m.actual);
    // What passes and was observed to be unlike others needs no excuse.
    let why: Vec<_> = record.why.iter().cloned().chain(record.mismatch.as_ref().map(mismatch)).collect();
    Judged {
        id: record.id.clone(),
        verdict: record.verdict,
        why: Some(why.join("; ")).filter(|why| record.verdict != Verdict::Pass && !why.is_empty()),
        shown: record.shown.clone(),
        millis: record.millis,
    }
}

fn trace(records: &[Record], altitude: &str) -> String {
    let here = records.iter().filter(|record| record.altitude == altitude);
    let lines = here.flat_map(|record| normalise(&record.transcript, Rules::ALL));
    let digest = lines.fold(Sha256::new(), |digest, line| digest.chain_update(line).chain_update("\n"));
    format!("{:x}", digest.finalize())
}

/// All of a statement that follows from the plans and from how each case ended: made here for those who issue and for
/// those who recount.
pub(super) struct Derived {
    pub result: TestResult,
    pub passed: Vec<String>,
    pub warned: Vec<String>,
    pub failed: Vec<String>,
    pub levels: Levels,
}

impl Derived {
    pub fn of(plans: &[Plan], runs: &[Run]) -> Self {
        let runs: Vec<Verdicts> = runs.iter().map(verdicts).collect();
        let (mut passed, mut warned, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let seats: BTreeSet<_> = runs.iter().flat_map(BTreeMap::keys).collect();
        for seat @ (altitude, id) in seats {
            let name = format!("{id} ({altitude})");
            let all: BTreeSet<_> = runs.iter().map(|run| run.get(seat)).collect();
            if all == [Some(&Verdict::Pass)].into() {
                passed.push(name);
            } else if all.iter().any(|verdict| {
                matches!(verdict, None | Some(Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error))
            }) {
                failed.push(name);
            } else if !all.iter().flatten().all(|verdict| matches!(verdict, Verdict::Skip | Verdict::Provisional)) {
                warned.push(name);
            }
        }
        let result = match (failed.is_empty(), warned.is_empty()) {
            (false, _) => TestResult::Failed,
            (true, false) => TestResult::Warned,
            (true, true) => TestResult::Passed,
        };
        Self { result, passed, warned, failed, levels: Levels::of(plans, &runs, true) }
    }
}

/// The verdicts of a run.
pub(crate) fn verdicts(run: &Run) -> Verdicts {
    let at = |(altitude, cases): (&String, &Vec<Judged>)| {
        let altitude = altitude.clone();
        cases.iter().map(move |case| ((altitude.clone(), case.id.clone()), case.verdict)).collect::<Vec<_>>()
    };
    run.cases.iter().flat_map(at).collect()
}
