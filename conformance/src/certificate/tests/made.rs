//! Certificates as an honest suite makes them, and as a vendor would who knows how it is counted.

use super::{MEMORY, NONCE, now, world};
use crate::{
    catalogue::Case,
    certificate::{
        DEPLOYED, NOT_PROVEN, VALIDITY,
        issue::{Derived, configuration},
        recount, seeded, sha256,
        statement::{
            Certificate, Judged, PREDICATE, Predicate, Resource, Run, STATEMENT, Statement, TestResult, VERSION,
        },
    },
    clauses::Law,
    event::HostInfo,
    host::{Altitude, HostDescription},
    outcome::Verdict,
    plan::{self, Declaration, Plan},
    subject,
};
use humantime::format_rfc3339_seconds;
use std::collections::BTreeMap;

/// Of somebody else's host, which offers what memory does, through an adapter that has all the controls.
pub(super) fn program() -> String {
    format!("{}\n[launch]\nadapter = ['adapter']\n", MEMORY.replacen("\"memory\"", "\"mine\"", 1))
}

/// Of somebody else's host, which offers what can be shown without controls, and is started so.
pub(super) fn launched(launch: &str) -> String {
    let config = "[capabilities.config]\nfeatures = ['exact-config']\ndurability = 'durable'\n";
    format!("name = 'mine'\n{config}[launch]\n{launch}\n")
}

/// What the host of a declaration says of itself.
fn hosts(declaration: &Declaration) -> Vec<HostInfo> {
    let launch = declaration.launch.as_ref();
    let has_controls = launch.is_none_or(|launch| !launch.adapter.is_empty());
    let host = |altitude| HostDescription {
        name: declaration.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        altitude,
        capabilities: declaration.capabilities.clone(),
        controls: if has_controls { subject::controls(false) } else { [].into() },
        lacks: launch.map(|launch| launch.lacks()).unwrap_or_default(),
        labels: launch.map(|launch| launch.labels.clone()).unwrap_or_default(),
        notes: match (launch, altitude) {
            (Some(launch), Altitude::Command(language)) => launch.notes(language),
            _ => Vec::new(),
        },
    };
    let altitudes = subject::altitudes(declaration.is_of_a_program()).expect("guests").into_iter();
    altitudes.map(|altitude| HostInfo::from(&host(altitude))).collect()
}

/// All passes that had to run, and went to every edge.
fn run(plans: &[Plan], run: String, seed: u64) -> Run {
    let mut made = Run {
        run,
        seed,
        planned: 0,
        executed: 0,
        verdicts: BTreeMap::new(),
        millis: 1,
        cases: BTreeMap::new(),
        traces: BTreeMap::new(),
    };
    for plan in plans {
        let judged = |id: &str, verdict: Verdict, why: Option<String>| Judged {
            id: id.to_owned(),
            verdict,
            why,
            shown: plan
                .edges
                .iter()
                .filter_map(|edge| Some(edge.strip_prefix(id.split('/').next()?)?[2..].to_owned()))
                .collect(),
            millis: 1,
        };
        let entries = plan.entries.iter().map(|entry| match &entry.skip {
            Some(why) => judged(&entry.id, Verdict::Skip, Some(why.clone())),
            None if entry.case.is_provisional() => {
                judged(&entry.id, Verdict::Provisional, Some("it would be `pass`".to_owned()))
            }
            None => judged(&entry.id, Verdict::Pass, None),
        });
        let checks = plan.checks.iter().map(|check| judged(&check.id, Verdict::Pass, None));
        made.cases.insert(plan.host.describe().altitude.to_string(), entries.chain(checks).collect());
    }
    made
}

/// Whatever the hosts are called and offer: what they may be is for the recount to say.
pub(crate) fn plans(certificate: &Certificate, (cases, law): (&[Case], &Law)) -> Vec<Plan> {
    let declaration = Declaration::parse(&certificate.declaration, &plan::ids(cases)).expect("a declaration");
    let hosts = certificate.hosts.iter().map(|host| HostDescription::try_from(host.clone()).expect("a host"));
    recount::plans(hosts.collect(), &declaration, now(), (cases, law)).expect("plans")
}

/// Makes again what follows from the runs.
pub(super) fn consistent(statement: &mut Statement, (cases, law): (&[Case], &Law)) {
    let certificate = &mut statement.predicate.certificate;
    let plans = plans(certificate, (cases, law));
    for run in &mut certificate.runs {
        let all = || run.cases.values().flatten();
        run.planned = plans.iter().map(|plan| plan.runnable() + plan.checks.len()).sum();
        run.executed = all().filter(|case| case.verdict != Verdict::Skip).count();
        let mut verdicts = BTreeMap::new();
        all().for_each(|case| *verdicts.entry(case.verdict).or_default() += 1);
        run.verdicts = verdicts;
    }
    let Derived { result, passed, warned, failed, levels } = Derived::of(&plans, &certificate.runs);
    certificate.levels = levels;
    let predicate = &mut statement.predicate;
    (predicate.result, predicate.passed_tests) = (result, passed);
    (predicate.warned_tests, predicate.failed_tests) = (warned, failed);
}

pub(crate) fn good() -> Statement {
    good_of(&world().0)
}

/// By another catalogue.
pub(super) fn good_of(cases: &[Case]) -> Statement {
    of(MEMORY, (cases, &world().1))
}

/// Of another declaration.
pub(super) fn made_of(text: &str) -> Statement {
    let (cases, law) = world();
    of(text, (&cases, &law))
}

fn of(text: &str, (cases, law): (&[Case], &Law)) -> Statement {
    let declaration = Declaration::parse(text, &plan::ids(cases)).expect("a declaration");
    of_hosts(text, hosts(&declaration), (cases, law))
}

/// Of these hosts, in all of which all passed that this declaration lets run.
pub(super) fn of_hosts(text: &str, hosts: Vec<HostInfo>, (cases, law): (&[Case], &Law)) -> Statement {
    let is_deployed = text.contains("\nurl = ");
    let ran = format!("{} {}", hosts[0].name, hosts[0].version);
    let subject = match is_deployed {
        true => Resource::new(ran + DEPLOYED, sha256(text.as_bytes())),
        false => Resource::new(ran, sha256(b"a program")),
    };
    let mut certificate = Certificate {
        version: VERSION,
        suite: env!("CARGO_PKG_VERSION").into(),
        issued: format_rfc3339_seconds(now()).to_string(),
        expires: format_rfc3339_seconds(now() + VALIDITY).to_string(),
        nonce: Some(NONCE.into()),
        command: "cloud-conformance run --host memory".into(),
        declaration: text.into(),
        hosts,
        runs: Vec::new(),
        levels: Derived::of(&[], &[]).levels,
        not_proven: NOT_PROVEN.map(str::to_owned).into(),
    };
    let plans = plans(&certificate, (cases, law));
    let runs = seeded(Some(NONCE), 0).into_iter().map(|seeded| run(&plans, seeded.run, seeded.seed));
    certificate.runs = runs.collect();
    let mut statement = Statement {
        kind: STATEMENT.into(),
        subject: vec![subject],
        predicate_type: PREDICATE.into(),
        predicate: Predicate {
            result: TestResult::Passed,
            configuration: configuration(text, cases, law).expect("guests"),
            passed_tests: Vec::new(),
            warned_tests: Vec::new(),
            failed_tests: Vec::new(),
            certificate,
        },
    };
    consistent(&mut statement, (cases, law));
    statement
}
