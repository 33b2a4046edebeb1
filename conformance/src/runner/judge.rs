//! From outcomes to records: the user's lists and denials are applied here and nowhere else.

use super::{Options, Seat, attempt::Attempt};
use crate::{
    catalogue::Need,
    event::{Cited, Mismatch, Record},
    host::Host,
    outcome::{Outcome, Stop, Verdict},
    plan::{Binding, Check, Entry, Expect, Plan},
};
use std::time::Duration;

/// The records of what is decided without running: checks of the declaration, and skips.
pub(super) fn decided(plan: &Plan, options: &Options) -> Vec<Record> {
    let checks = plan.checks.iter().map(|check| checked(check, plan, options));
    let skips = plan.entries.iter().filter_map(|entry| {
        let why = entry.skip.clone()?;
        Some(finish(record(&entry.id, &*plan.host, options), entry.into(), Err(Stop::Skip(why)), options))
    });
    checks.chain(skips).collect()
}

/// The record of a case that ran.
pub(super) fn ran(
    seat: &Seat<'_>,
    attempt: Attempt,
    attempts: u32,
    seed: u64,
    took: Duration,
    options: &Options,
) -> Record {
    let record = Record {
        attempts,
        seed,
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        leak: attempt.leak,
        shown: attempt.shown.edges().into_iter().collect(),
        calls: attempt.calls,
        log: attempt.log,
        transcript: attempt.transcript,
        ..record(&seat.entry.id, &*seat.plan.host, options)
    };
    let mut about = About::from(seat.entry);
    let relies = |need: &Need| matches!(need, Need::Feature(_) | Need::Without(_));
    about.measures &= !attempt.shown.asked() && !seat.entry.case.needs.iter().any(relies);
    about.undeclared = seat.entry.case.needs.iter().find_map(|need| match need {
        Need::Without(name) => Some(format!("{}: {name}", seat.entry.case.capability())),
        _ => None,
    });
    finish(record, about, attempt.outcome, options)
}

/// What is known of a case or check besides its outcome.
struct About {
    level: String,
    clauses: Vec<Cited>,
    expect: Expect,
    /// The clause that it is known to break.
    breaks: Option<String>,
    /// It cites nothing that binds the host, and has asked nothing of the declaration: it cannot contradict the host's word.
    measures: bool,
    /// What the host does not declare, and the case proves to be refused.
    undeclared: Option<String>,
    /// It counts for nothing yet, so no list of the user's is about it.
    provisional: bool,
}

impl From<&Entry> for About {
    fn from(entry: &Entry) -> Self {
        let (level, clauses) = (entry.level.clone(), entry.clauses.clone());
        let measures = entry.binding == Binding::Nothing;
        let provisional = entry.case.is_provisional();
        let (expect, breaks) = (entry.expect, entry.breaks.clone());
        Self { level, clauses, expect, breaks, measures, undeclared: None, provisional }
    }
}

fn checked(check: &Check, plan: &Plan, options: &Options) -> Record {
    let (level, clauses, expect) = ("core".to_owned(), Vec::new(), check.expect);
    let about = About { level, clauses, expect, breaks: None, measures: false, undeclared: None, provisional: false };
    let record = Record { check: true, attempts: 1, ..record(&check.id, &*plan.host, options) };
    finish(record, about, check.outcome.clone(), options)
}

fn record(id: &str, host: &dyn Host, options: &Options) -> Record {
    let altitude = host.describe().altitude;
    let flags = Some(altitude.flags()).filter(|flags| !flags.is_empty()).map(|flags| format!(" {flags}"));
    let repro = format!("{}{} --run '{id}' --seed {}", options.command, flags.unwrap_or_default(), options.seed);
    Record { seed: options.seed, repro, ..Record::new(id, &altitude.to_string()) }
}

fn finish(mut record: Record, about: About, outcome: Outcome, options: &Options) -> Record {
    let mismatch = matches!(outcome, Err(Stop::Mismatch { .. }));
    record.observed = (mismatch && about.measures) || matches!(outcome, Err(Stop::Measured { .. }));
    let judged = if record.observed { Verdict::Pass } else { Verdict::from(&outcome) };
    record.warning = about.undeclared.filter(|_| mismatch).map(|what| {
        format!("undeclared capability: {what} is not declared and not refused: declare it, or answer `unsupported`")
    });
    record.would_be = Some(judged).filter(|judged| about.provisional && *judged != Verdict::Skip);
    let verdict = match (judged, about.expect) {
        _ if record.would_be.is_some() => Verdict::Provisional,
        (Verdict::Fail, Expect::Failure) => Verdict::Xfail,
        (Verdict::Pass, Expect::Failure) => Verdict::Xpass,
        (Verdict::Pass, Expect::Flake) if record.attempts > 1 => Verdict::Flaky,
        (verdict, _) => verdict,
    };
    record.why = match outcome {
        Ok(()) if verdict == Verdict::Xpass => Some("it is listed as failing and passes: take it off the list".into()),
        Ok(()) if verdict == Verdict::Flaky => Some(format!("it failed {} times and then passed", record.attempts - 1)),
        Ok(()) => None,
        Err(Stop::Mismatch { what, expected, actual } | Stop::Measured { what, expected, actual }) => {
            record.mismatch = Some(Mismatch { what, expected, actual });
            None
        }
        Err(stop) => Some(stop.to_string()),
    };
    if let Some(would_be) = record.would_be {
        let said = [Some(format!("it would be `{}`", would_be.word())), record.why.take()];
        record.why = Some(said.into_iter().flatten().collect::<Vec<_>>().join(": "));
    }
    let rules = &options.rules;
    match about.expect {
        Expect::Pass => {}
        Expect::Failure => record.repro.push_str(&format!(" --known-failing '{}'", record.id)),
        Expect::Flake => record.repro.push_str(&format!(" --known-flaky '{}'", record.id)),
    }
    let denies = (verdict == Verdict::Skip && rules.deny_skip) || (verdict == Verdict::Flaky && rules.deny_flaky);
    let denied = denies && !about.provisional;
    if denied {
        let why = record.why.take().unwrap_or_default();
        record.why = Some(format!("--deny {}: {why}", verdict.word()));
        record.repro.push_str(&format!(" --deny {}", verdict.word()));
    }
    record.verdict = if denied { Verdict::Fail } else { verdict };
    record.breaks = about.breaks.filter(|_| record.verdict == Verdict::Xfail);
    record.level = about.level;
    record.clauses = about.clauses;
    record
}
