//! `pingpong`: the same bytes on every pair of a host with messages and a host with a key-value store.

mod table;

use super::{
    process::{self, Timeouts},
    tell::bar,
};
use crate::{
    catalogue::{Case, deployment::deployment},
    clauses::Law,
    event::{Event, Mismatch, Record, Summary},
    host::Altitude,
    language::Language,
    mutants::{self, Seam},
    outcome::Verdict,
    pattern::Patterns,
    plan::{self, Plan, Selection},
    runner::{self, Options, Panics, Rules},
    subject::{Prepared, altitudes, hosts, prepare},
    today::today,
    transcript::normal,
};
use anstream::AutoStream;
use anyhow::{anyhow, ensure};
use clap::Args;
use serde::Serialize;
use std::{collections::BTreeMap, io};
use tokio::runtime::Handle;

/// What runs: the classic guest, which counts in key-value what it answers by message.
const SCENARIO: &str = "messaging/pingpong/**";

/// How much of a value a line of the table shows, in characters.
const LONGEST: usize = 60;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Pingpong {
    /// Only pairs of these, as `run --host` knows them [default: all that this build has and this machine can start; the
    /// others are listed as not run].
    #[arg(long = "host", value_name = "HOST", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Only guests of these languages [default: all of which this build has guests].
    #[arg(long, value_name = "LANG", value_delimiter = ',')]
    lang: Vec<Language>,
    /// Cases at the same time [default: four per core, since they mostly wait].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    timeouts: Timeouts,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance pingpong
  cloud-conformance pingpong --host redis,sqlite --lang rust
  cloud-conformance pingpong --json | jq -r '.pairs[] | select(.failed != []) | .messaging'

Exit codes:
  0  every case passed on every pair, and showed the same
  1  a case failed, or showed something else than on another pair or in another language
  2  a case could not be decided
  3  nothing could run, or a host that was named did not start";

/// What all pairs showed.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown {
    pairs: Vec<Pair>,
    not_run: Vec<NotRun>,
}

/// One language on one pair.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Pair {
    messaging: String,
    keyvalue: String,
    language: String,
    passed: usize,
    /// What the pair does not offer.
    skipped: usize,
    /// The cases that did not pass, and why.
    failed: BTreeMap<String, String>,
    /// The cases that passed and showed something else than elsewhere.
    different: BTreeMap<String, String>,
}

/// A host that could not be started.
#[derive(Debug, Serialize)]
struct NotRun {
    host: String,
    why: String,
}

/// The first that was seen of each case: where, and what.
type First = BTreeMap<String, (String, Vec<String>)>;

impl Pingpong {
    pub(super) fn execute(&self, cases: &[Case], law: &Law, color: anstream::ColorChoice) -> anyhow::Result<u8> {
        let jobs = self.jobs.map_or_else(process::default_jobs, usize::from);
        let (control, workers) = (process::control()?, process::workers(jobs)?);
        let done = control.block_on(async {
            let (ready, not_run) = self.ready(workers.handle()).await?;
            let ran = self.pairs(&ready, cases, law, &self.options(jobs, workers.handle().clone())).await;
            for host in ready {
                host.stop().await;
            }
            ran.map(|(pairs, exits)| (Shown { pairs, not_run }, exits))
        });
        workers.shutdown_background();
        let (shown, exits) = done?;
        if self.json {
            serde_json::to_writer_pretty(io::stdout().lock(), &shown)?;
            println!();
        } else {
            table::print(&mut AutoStream::new(io::stdout(), color), &shown)?;
        }
        let differs = shown.pairs.iter().any(|pair| !pair.different.is_empty());
        Ok(worst(exits.into_iter().chain([u8::from(differs)])))
    }

    /// The hosts that started, and those that did not. One that was named must.
    async fn ready(&self, workers: &Handle) -> anyhow::Result<(Vec<Prepared>, Vec<NotRun>)> {
        let named = !self.hosts.is_empty();
        let all = if named { self.hosts.clone() } else { hosts().map(Into::into).collect() };
        let (mut ready, mut not_run) = (Vec::new(), Vec::new());
        for host in all {
            ensure!(of_a_backend(&host)?, "--host {host}: only a mutant of a backend shows in a pair");
            match workers.spawn(prepare(host.clone(), None)).await? {
                Ok(prepared) => ready.push(prepared),
                Err(why) if named => return Err(why.context(format!("--host {host}"))),
                Err(why) => not_run.push(NotRun { host, why: format!("{why:#}") }),
            }
        }
        Ok((ready, not_run))
    }

    fn options(&self, jobs: usize, cases: Handle) -> Options {
        Options {
            run: process::unique(),
            seed: process::seed(),
            jobs,
            deadlines: self.timeouts.deadlines(),
            deployment,
            command: "cloud-conformance pingpong".to_owned(),
            stop: process::stop(),
            cases,
            panics: Panics::of_this_process(),
            rules: Rules::default(),
        }
    }

    async fn pairs(
        &self,
        ready: &[Prepared],
        cases: &[Case],
        law: &Law,
        options: &Options,
    ) -> anyhow::Result<(Vec<Pair>, Vec<u8>)> {
        let with = |capability| ready.iter().filter(move |host| host.serves(capability));
        let pairs: Vec<_> = with("messaging").flat_map(|one| with("keyvalue").map(move |two| (one, two))).collect();
        ensure!(!pairs.is_empty(), "no pair of these hosts has messages and a key-value store: add `--host memory`");
        let bar = bar(pairs.len() as u64);
        let (mut shown, mut exits, mut first) = (Vec::new(), Vec::new(), First::new());
        for (number, (messaging, keyvalue)) in pairs.into_iter().enumerate() {
            let (one, two) = (&*messaging.spelled, &*keyvalue.spelled);
            bar.set_message(format!("messages of {one}, key-value of {two}"));
            let plans = self.plans(&messaging.with_keyvalue_of(keyvalue), cases, law)?;
            let options = Options { run: format!("{}x{number}", options.run), ..options.clone() };
            let secrets: Vec<_> = messaging.secrets.iter().chain(&keyvalue.secrets).collect();
            let mut records = Vec::new();
            let summary = runner::run(&plans, &options, |event| records.extend(ended(event, &secrets))).await;
            let whole = problems(&summary);
            exits.push(summary.exit);
            for plan in &plans {
                let Altitude::Embedded(language) = plan.host.describe().altitude else { continue };
                let here = records.iter().filter(|record| record.altitude == plan.host.describe().altitude.to_string());
                let mut pair = pair((one, two, language.name()), here, &mut first);
                pair.failed.extend(whole.clone());
                shown.push(pair);
            }
            bar.inc(1);
            if *options.stop.borrow() {
                break;
            }
        }
        bar.finish_and_clear();
        Ok((shown, exits))
    }

    fn plans(&self, host: &Prepared, cases: &[Case], law: &Law) -> anyhow::Result<Vec<Plan>> {
        let ids = plan::ids(cases);
        let run = Patterns::read(&[SCENARIO.to_owned()], ids.iter().map(String::as_str)).map_err(|why| anyhow!(why))?;
        let selection = Selection { run, ..Selection::default() };
        let asked = |altitude: &Altitude| match altitude {
            Altitude::Embedded(language) => self.lang.is_empty() || self.lang.contains(language),
            _ => false,
        };
        let planned = |altitude| {
            let host = host.at(altitude, self.timeouts.deadlines())?;
            plan::plan(host, cases, law, &selection, None, &today()).map_err(|why| anyhow!(why))
        };
        let plans: Vec<_> = altitudes(false)?.into_iter().filter(asked).map(planned).collect::<anyhow::Result<_>>()?;
        ensure!(!plans.is_empty(), "this build has no guests in these languages");
        Ok(plans)
    }
}

/// Whether the host is no mutant, or one whose defect a pair keeps.
fn of_a_backend(host: &str) -> anyhow::Result<bool> {
    let Some(name) = host.strip_prefix("mutant:") else { return Ok(true) };
    Ok(mutants::all()?.iter().all(|mutant| mutant.name != name || mutant.seam == Seam::Backend))
}

fn ended(event: Event, secrets: &[&String]) -> Option<Record> {
    let Event::Ended(mut record) = event else { return None };
    record.scrub(|text| secrets.iter().for_each(|secret| *text = text.replace(*secret, "***")));
    (!record.check).then_some(*record)
}

/// What is wrong with a run as a whole, where no case says it.
fn problems(summary: &Summary) -> BTreeMap<String, String> {
    let problems = summary.problems.iter().enumerate();
    problems.map(|(number, problem)| (format!("the run ({})", number + 1), problem.clone())).collect()
}

fn pair<'a>(
    (messaging, keyvalue, language): (&str, &str, &str),
    records: impl Iterator<Item = &'a Record>,
    first: &mut First,
) -> Pair {
    let place = format!("{messaging} and {keyvalue} in {language}");
    let (messaging, keyvalue, language) = (messaging.to_owned(), keyvalue.to_owned(), language.to_owned());
    let (failed, different) = (BTreeMap::new(), BTreeMap::new());
    let mut pair = Pair { messaging, keyvalue, language, passed: 0, skipped: 0, failed, different };
    for record in records {
        match record.verdict {
            Verdict::Pass => {
                pair.passed += 1;
                let seen = normal::normalise(&record.transcript, normal::Rules::ALL);
                let (at, before) = first.entry(record.id.clone()).or_insert_with(|| (place.clone(), seen.clone()));
                if *before != seen {
                    pair.different.insert(record.id.clone(), format!("not what was seen on {at}"));
                }
            }
            Verdict::Skip => pair.skipped += 1,
            verdict => {
                pair.failed.insert(record.id.clone(), format!("{}: {}", verdict.word(), why(record)));
            }
        }
    }
    pair
}

fn why(record: &Record) -> String {
    let said = record.why.as_ref().map_or("", |why| why.lines().next().unwrap_or_default());
    record.mismatch.as_ref().map_or_else(
        || said.to_owned(),
        |Mismatch { what, expected, actual }| format!("{what}: expected {}, not {}", short(expected), short(actual)),
    )
}

/// Enough to see what it is about; `run` shows all of it.
fn short(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() == text.len() { short } else { short + "..." }
}

/// Where several are true, the first of 3, 1, 2 counts.
fn worst(exits: impl Iterator<Item = u8>) -> u8 {
    let order = |exit: &u8| [3, 1, 2].iter().position(|known| known == exit).unwrap_or(usize::MAX);
    exits.min_by_key(order).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(verdict: &str, seen: &str) -> Record {
        let line = json!({ "who": "0", "group": null, "op": "\"Get\"", "seen": seen, "at": { "secs": 0, "nanos": 0 } });
        serde_json::from_value(json!({
            "id": "a/b/c", "altitude": "embedded-rust", "verdict": verdict, "level": "core", "clauses": [], "why": "a\nb",
            "attempts": 1, "millis": 1, "seed": 1, "transcript": [line],
        }))
        .expect("a record")
    }

    #[test]
    fn what_a_pair_shows_is_held_against_the_first() {
        let mut first = First::new();
        let mut of = |record: Record| pair(("one", "two", "c"), std::iter::once(&record), &mut first);
        assert_eq!(of(record("pass", "1")).different, BTreeMap::new());
        assert_eq!(of(record("pass", "1")).different, BTreeMap::new());
        let other = of(record("pass", "2"));
        assert_eq!((other.passed, &*other.different["a/b/c"]), (1, "not what was seen on one and two in c"));
        let failed = of(record("fail", "3"));
        assert_eq!((failed.passed, &*failed.failed["a/b/c"], failed.different.len()), (0, "fail: a", 0));
        assert_eq!(of(record("skip", "4")).skipped, 1);
    }

    #[test]
    fn the_worst_exit_counts() {
        assert_eq!(worst([0, 2, 1].into_iter()), 1);
        assert_eq!(worst([1, 3].into_iter()), 3);
        assert_eq!(worst([0, 2].into_iter()), 2);
        assert_eq!(worst([0].into_iter()), 0);
    }
}
