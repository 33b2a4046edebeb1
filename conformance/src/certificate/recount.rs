//! Whether a certificate says what its runs have shown. Nothing in it is believed that can be made again.

use super::{
    NOT_PROVEN, VALIDITY, identity,
    issue::{Derived, configuration},
    seeded,
    statement::{Certificate, Judged, PREDICATE, Run, STATEMENT, Statement, VERSION},
};
use crate::{
    bench::limit::may_skip,
    catalogue::Case,
    clauses::Law,
    event::plain::one_line,
    host::{Deployment, Environment, Host, HostDescription},
    levels::Level,
    outcome::Verdict,
    plan::{self, Declaration, Entry, Expect, Plan, Selection},
    session::Broken,
    today::date,
};
use anyhow::{Context, anyhow, bail, ensure};
use async_trait::async_trait;
use humantime::parse_rfc3339;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(300);

/// What the verifier knows.
#[derive(Debug, Clone, Copy)]
pub struct Demands<'a> {
    /// What time it is.
    pub now: SystemTime,
    /// The nonce that was given to whoever ran it.
    pub nonce: Option<&'a str>,
    /// What the host must have attained as a whole.
    pub level: Level,
}

/// Makes a statement's plans, counts, lists and levels again.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn recount(statement: &Statement, demands: Demands<'_>, (cases, law): (&[Case], &Law)) -> anyhow::Result<()> {
    let predicate = &statement.predicate;
    let certificate = &predicate.certificate;
    let kind = (&*statement.kind, &*statement.predicate_type, certificate.version);
    ensure!(kind == (STATEMENT, PREDICATE, VERSION), "it is a statement of another kind: {kind:?}");
    in_time(certificate, demands.now)?;
    let configured = configuration(&certificate.declaration, cases, law)?;
    let differing = configured.iter().find(|part| !predicate.configuration.contains(part));
    if let Some(part) = differing {
        bail!("`{}` is not that of this suite, {}", part.name, env!("CARGO_PKG_VERSION"));
    }
    ensure!(predicate.configuration.len() == configured.len(), "its configuration lists more than there is");
    of_the_nonce(certificate, demands.nonce)?;
    let declaration = declaration(certificate, cases)?;
    let plans = plans(identity::hosts(certificate, &declaration)?, &declaration, demands.now, (cases, law))?;
    identity::is_its_subject(statement, &declaration)?;
    for run in &certificate.runs {
        count(run, &plans).with_context(|| format!("the run with the seed {}", run.seed))?;
    }
    skipped_alike(&certificate.runs, &plans)?;
    let Derived { result, passed, warned, failed, levels } = Derived::of(&plans, &certificate.runs);
    ensure!(predicate.result == result, "its result is {result:?} and it says {:?}", predicate.result);
    let lists =
        [(&predicate.passed_tests, passed), (&predicate.warned_tests, warned), (&predicate.failed_tests, failed)];
    ensure!(lists.iter().all(|(said, is)| *said == is), "its lists of tests are not what the runs say");
    ensure!(
        certificate.levels == levels,
        "its levels are not what the runs have shown: {} as a whole, and it says {}",
        levels.overall,
        certificate.levels.overall
    );
    ensure!(certificate.not_proven == NOT_PROVEN, "it does not say what every certificate says that it does not prove");
    ensure!(levels.overall >= demands.level, "the host has attained `{}` and not `{}`", levels.overall, demands.level);
    Ok(())
}

fn in_time(certificate: &Certificate, now: SystemTime) -> anyhow::Result<()> {
    let minor = |version: &str| version.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
    let ours = env!("CARGO_PKG_VERSION");
    ensure!(
        minor(&certificate.suite) == minor(ours),
        "it expired with the suite {}: this is {ours}, which has other cases",
        one_line(&certificate.suite)
    );
    let time = |text: &str| parse_rfc3339(text).map_err(|why| anyhow!("{:?} is no time: {why}", text));
    let (issued, expires) = (time(&certificate.issued)?, time(&certificate.expires)?);
    ensure!(issued <= now + SKEW, "it was issued at {}, which is not yet", certificate.issued);
    ensure!(
        issued.checked_add(VALIDITY) == Some(expires),
        "it does not expire {} days after it was issued",
        VALIDITY.as_secs() / 86_400
    );
    ensure!(now < expires, "it expired at {}", certificate.expires);
    Ok(())
}

fn of_the_nonce(certificate: &Certificate, demanded: Option<&str>) -> anyhow::Result<()> {
    if let Some(nonce) = demanded {
        ensure!(certificate.nonce.as_deref() == Some(nonce), "it was not made for this nonce");
    }
    let runs: Vec<_> = certificate.runs.iter().map(|run| (&*run.run, run.seed)).collect();
    let first = runs.first().context("it has no run")?.1;
    let seeded = seeded(certificate.nonce.as_deref(), first);
    let expected: Vec<_> = seeded.iter().map(|seeded| (&*seeded.run, seeded.seed)).collect();
    ensure!(runs == expected, "its runs are not those of its nonce or first seed: {runs:?} where {expected:?} belong");
    Ok(())
}

/// A host that is known by its description alone.
struct Described(HostDescription);

#[async_trait]
impl Host for Described {
    fn describe(&self) -> &HostDescription {
        &self.0
    }

    async fn deploy(&self, _: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Err(Broken::Setup("it is not here".into()))
    }
}

fn declaration(certificate: &Certificate, cases: &[Case]) -> anyhow::Result<Declaration> {
    Declaration::parse(&certificate.declaration, &plan::ids(cases)).map_err(|why| anyhow!("its declaration: {why}"))
}

/// What has to run on these hosts, whoever they are.
pub(super) fn plans(
    hosts: Vec<HostDescription>,
    declaration: &Declaration,
    now: SystemTime,
    (cases, law): (&[Case], &Law),
) -> anyhow::Result<Vec<Plan>> {
    let today = date(now);
    let plan = |host: HostDescription| {
        plan::plan(Arc::new(Described(host)), cases, law, &Selection::default(), Some(declaration), &today)
            .map_err(|why| anyhow!(why))
    };
    hosts.into_iter().map(plan).collect()
}

/// What a plan says of a case.
struct Planned<'a> {
    skip: Option<&'a str>,
    /// The case, unless it is a check.
    entry: Option<&'a Entry>,
    /// Decided while planning.
    verdict: Option<Verdict>,
    expect: Expect,
    /// It does not count, by the catalogue of this suite, whatever the certificate says.
    provisional: bool,
}

fn places(plan: &Plan) -> BTreeMap<&str, Planned<'_>> {
    let cases = plan.entries.iter().map(|entry| {
        let (skip, expect, provisional) = (entry.skip.as_deref(), entry.expect, entry.case.is_provisional());
        (&*entry.id, Planned { skip, entry: Some(entry), verdict: skip.map(|_| Verdict::Skip), expect, provisional })
    });
    let checks = plan.checks.iter().map(|check| {
        let (verdict, expect) = (Some(Verdict::from(&check.outcome)), check.expect);
        (&*check.id, Planned { skip: None, entry: None, verdict, expect, provisional: false })
    });
    cases.chain(checks).collect()
}

/// Whether every case that had to run did, and no other, and all is as expected.
fn count(run: &Run, plans: &[Plan]) -> anyhow::Result<()> {
    let altitudes: Vec<String> = plans.iter().map(|plan| plan.host.describe().altitude.to_string()).collect();
    let known = |altitude: &&String| altitudes.contains(altitude);
    if let Some(other) = run.cases.keys().chain(run.traces.keys()).find(|altitude| !known(altitude)) {
        bail!("it has cases at {}, where nothing was to run", one_line(other));
    }
    let (mut executed, mut edges, mut verdicts) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let mut counted = 0;
    for (plan, altitude) in plans.iter().zip(&altitudes) {
        let mut planned = places(plan);
        for case in run.cases.get(altitude).map(Vec::as_slice).unwrap_or_default() {
            let place = || format!("{} ({altitude})", one_line(&case.id));
            let Some(about) = planned.remove(&*case.id) else {
                bail!("{}: it was not to run there, or stands there twice", place());
            };
            as_planned(case, &about, plan.host.describe()).with_context(place)?;
            *verdicts.entry(case.verdict).or_default() += 1;
            if case.verdict != Verdict::Skip {
                counted += 1;
                if !plan.checks.iter().any(|check| check.id == case.id) {
                    executed.insert(case.id.clone());
                }
                let capability = case.id.split('/').next().unwrap_or_default();
                edges.extend(case.shown.iter().map(|edge| format!("{capability}: {edge}")));
            }
        }
        if let Some((id, _)) = planned.first_key_value() {
            bail!("{} cases are missing at {altitude}, such as {id}", planned.len());
        }
    }
    let to_run: usize = plans.iter().map(|plan| plan.runnable() + plan.checks.len()).sum();
    let counts = (run.planned, run.executed, &run.verdicts);
    ensure!(counts == (to_run, counted, &verdicts), "its counts are wrong: {counts:?}");
    let idle = plan::unexercised(plans, &executed, &edges);
    ensure!(idle.is_empty(), "{}", idle.join("; "));
    Ok(())
}

/// Whether a case ended as the plan allows, and as no failure.
fn as_planned(case: &Judged, planned: &Planned<'_>, host: &HostDescription) -> anyhow::Result<()> {
    let Judged { verdict, why, .. } = case;
    if let Some(decided) = planned.verdict {
        ensure!(*verdict == decided, "it was decided before it ran to be `{}`", decided.word());
        ensure!(planned.skip.is_none() || planned.skip == why.as_deref(), "it was to be skipped for another reason");
    } else if *verdict == Verdict::Skip {
        let why = why.as_deref().unwrap_or_default();
        let declared = |case: &Case| host.capabilities.get(case.capability());
        let may = |entry: &Entry| declared(&entry.case).is_some_and(|declared| may_skip(&entry.case, declared, why));
        ensure!(planned.entry.is_some_and(may), "it was to run, and ends as `skip` for no limit of the host: {why}");
    }
    if (*verdict == Verdict::Provisional) != planned.provisional && *verdict != Verdict::Skip {
        let is = if planned.provisional { "is provisional" } else { "counts" };
        bail!("it {is} in the suite {}, and ends as `{}`", env!("CARGO_PKG_VERSION"), verdict.word());
    }
    let agrees = match verdict {
        Verdict::Pass => planned.expect == Expect::Pass && why.is_none(),
        Verdict::Skip | Verdict::Provisional => why.is_some(),
        Verdict::Xfail => planned.expect == Expect::Failure,
        // No list that is known to whoever verifies allows for a flake.
        Verdict::Flaky | Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error => false,
    };
    ensure!(
        agrees,
        "nothing is certified of which a case ends as `{}`: {}",
        verdict.word(),
        why.as_deref().unwrap_or("")
    );
    Ok(())
}

/// What a case makes of a declared limit is the same everywhere, and so is its skip.
fn skipped_alike(runs: &[Run], plans: &[Plan]) -> anyhow::Result<()> {
    let mut ended: BTreeMap<&str, BTreeSet<Verdict>> = BTreeMap::new();
    for plan in plans {
        let to_run = plan.entries.iter().filter(|entry| entry.skip.is_none());
        let to_run: BTreeSet<&str> = to_run.map(|entry| &*entry.id).collect();
        let altitude = plan.host.describe().altitude.to_string();
        let cases = runs.iter().filter_map(|run| run.cases.get(&altitude)).flatten();
        for case in cases.filter(|case| to_run.contains(&*case.id)) {
            ended.entry(&case.id).or_default().insert(case.verdict);
        }
    }
    let unlike = ended.iter().find(|(_, all)| all.contains(&Verdict::Skip) && all.contains(&Verdict::Pass));
    ensure!(unlike.is_none(), "{}: it is skipped at one place and passes at another", unlike.map_or("", |(id, _)| id));
    Ok(())
}
