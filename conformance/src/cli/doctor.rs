//! `doctor`.

use super::process;
use crate::{
    bench::Deadlines,
    catalogue::{Case, deployment::deployment},
    corpus::Corpus,
    host::{Altitude, Driver, Host, HostDescription},
    plan,
    session::Broken,
    subject::{self, Foreign, Target, altitudes, foreign_hosts, hosts, is_foreign},
    toolchain,
    wire::{config, keyvalue, messaging},
};
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};
use tokio::time::timeout;

/// Something is missing that a run needs.
const LACKS: u8 = 1;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// What is to be judged, in the words of `run --host`.
    #[arg(long, value_name = "HOST", default_value = "memory")]
    host: String,
    /// Where its backend is, instead of a private server.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Longest wait for the host, and for a guest on it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = process::seconds)]
    timeout: Duration,
    /// Print JSON: ready, and of each of the checks: name, ok, needed (by a run on this host), and said (what was found, or what
    /// to do).
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance doctor
  cloud-conformance doctor --host redis
  cloud-conformance doctor --host redis --url redis://127.0.0.1:6379
  cloud-conformance doctor --host my-host.toml --json

It starts the host as `run` does, and a guest in each language, and judges nothing.

Exit code 0 if what `run` needs for this host is here, also where other things are missing; 1 if
not.";

/// One thing that is here or is not.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    ok: bool,
    /// Whether the run needs it that was asked about.
    needed: bool,
    /// What was found, or what is missing and what to do about it.
    said: String,
}

#[derive(Debug, Serialize)]
struct Findings {
    ready: bool,
    checks: Vec<Check>,
}

impl Check {
    fn needed(name: impl Into<String>, found: Result<String, String>) -> Self {
        let ok = found.is_ok();
        Self { name: name.into(), ok, needed: true, said: found.unwrap_or_else(|why| why) }
    }

    fn aside(name: impl Into<String>, found: Result<String, String>) -> Self {
        Self { needed: false, ..Self::needed(name, found) }
    }
}

impl Doctor {
    pub(super) fn execute(&self, cases: &[Case], color: anstream::ColorChoice) -> anyhow::Result<u8> {
        let (ids, mut checks) = (plan::ids(cases), vec![Check::needed("guests", guests())]);
        let runtime = process::workers(1)?;
        if let Err(why) = runtime.block_on(self.host(&ids, &mut checks)) {
            checks.push(Check::needed("host", Err(why)));
        }
        runtime.shutdown_background();
        checks.extend(others(&self.host, &ids)?);
        checks.push(Check::aside("build", tools()));
        let ready = checks.iter().all(|check| check.ok || !check.needed);
        let mut out = AutoStream::new(io::stdout(), color);
        self.write(&mut out, &Findings { ready, checks })?;
        Ok(if ready { 0 } else { LACKS })
    }

    /// The host that is to be judged, until something is missing without which it cannot be started.
    async fn host(&self, ids: &BTreeSet<String>, checks: &mut Vec<Check>) -> Result<(), String> {
        let is_foreign = is_foreign(&self.host);
        if is_foreign {
            checks.extend(program(&Foreign::here(&self.host, ids).map_err(|why| shown(&why))?));
        }
        let prepared = timeout(self.timeout, Target::prepare(self.host.clone(), self.url.clone(), ids));
        let target = prepared.await.map_err(|_| self.late())?.map_err(|why| shown(&why))?;
        let worked = self.at_work(&target, is_foreign, checks).await;
        target.stop().await;
        worked
    }

    /// What the host says of itself, and a guest on it in each language.
    async fn at_work(&self, target: &Target, is_foreign: bool, checks: &mut Vec<Check>) -> Result<(), String> {
        let altitudes = altitudes(is_foreign).map_err(|why| shown(&why))?;
        for (number, altitude) in altitudes.into_iter().enumerate() {
            let host = target.at(altitude, Deadlines::default()).map_err(|why| shown(&why))?;
            if number == 0 {
                checks.push(Check::needed("host", Ok(about(host.describe()))));
            }
            if let Altitude::Embedded(language) | Altitude::Command(language) = altitude {
                let answered = timeout(self.timeout, answers(&*host)).await.unwrap_or_else(|_| Err(self.late()));
                let hide = |why| target.secrets().iter().fold(why, |why: String, secret| why.replace(secret, "***"));
                checks.push(Check::needed(format!("guest in {language}"), answered.map_err(hide)));
            }
        }
        Ok(())
    }

    fn late(&self) -> String {
        format!(
            "no answer within {}: start it, or give it longer with --timeout",
            humantime::format_duration(self.timeout)
        )
    }

    fn write(&self, out: &mut impl Write, findings: &Findings) -> anyhow::Result<()> {
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(findings)?)?;
            return Ok(());
        }
        let width = findings.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
        for Check { name, ok, needed, said } in &findings.checks {
            let (style, mark) = match (ok, needed) {
                (true, _) => (GOOD, '✓'),
                (false, true) => (BAD, '✗'),
                (false, false) => (Style::new(), '-'),
            };
            writeln!(out, "{style}{mark}{style:#} {name:width$}  {said}")?;
        }
        let host = subject::shown(&self.host);
        match findings.ready {
            true => writeln!(out, "\nready to run on `{host}`")?,
            false => writeln!(out, "\nnot ready to run on `{host}`: see to what has a ✗")?,
        }
        Ok(())
    }
}

fn shown(why: &anyhow::Error) -> String {
    format!("{why:#}")
}

fn about(host: &HostDescription) -> String {
    let words = [format!("{} {}", host.name, host.version)].into_iter().chain(host.notes.clone());
    words.collect::<Vec<_>>().join("; ")
}

/// That they are those of this build: who reads them compares their digests.
fn guests() -> Result<String, String> {
    let corpus = Corpus::load().map_err(|why| format!("{why:#}: this program is damaged, install it again"))?;
    Ok(format!("{} components, with the digests of this build", corpus.names().count()))
}

/// The program of a host, and the files that its arguments name. One that is deployed has none.
fn program(files: &[PathBuf]) -> Option<Check> {
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    (!files.is_empty()).then(|| Check::needed("program", Ok(files.join(", "))))
}

/// Of a capability: its driver, an operation that stores nothing, and whether a line is an answer to it.
type Probe = (&'static str, Driver, &'static str, fn(&str) -> bool);

/// Whether a guest can be started on the host, and answers.
async fn answers(host: &dyn Host) -> Result<String, String> {
    let offers = &host.describe().capabilities;
    // The first that the host offers.
    let probes: [Probe; 3] = [
        ("config", Driver::Config, r#""GetAll""#, reads::<config::Seen>),
        ("keyvalue", Driver::Keyvalue, r#"{"Close":3}"#, reads::<keyvalue::Seen>),
        ("messaging", Driver::Messaging, r#"{"Close":3}"#, reads::<messaging::Seen>),
    ];
    let offered = probes.into_iter().find(|(word, ..)| offers.contains_key(*word));
    let (_, driver, op, is_answer) = offered
        .ok_or("the host declares nothing that could be tested: write `[capabilities.keyvalue]` into its file")?;
    let line = exchange(host, driver, op).await.map_err(|why| why.to_string())?;
    match is_answer(&line) {
        true => Ok("was started, and answers".to_owned()),
        false => Err(format!("what it printed is no answer of a guest of the suite: {}", cut(&line))),
    }
}

async fn exchange(host: &dyn Host, driver: Driver, op: &str) -> Result<String, Broken> {
    let environment = host.deploy(&deployment(&process::unique())).await?;
    let said = match environment.guest(driver).await {
        Ok(mut guest) => guest.exec(op).await,
        Err(why) => Err(why),
    };
    let cleaned = environment.clean().await;
    // What a guest says of a host that is gone says more than that it cannot be cleaned.
    let line = said?;
    cleaned.map(|()| line)
}

fn reads<T: DeserializeOwned>(line: &str) -> bool {
    serde_json::from_str::<T>(line).is_ok()
}

fn cut(line: &str) -> String {
    line.chars().take(100).collect()
}

/// The other hosts that come with the suite.
fn others(asked: &str, ids: &BTreeSet<String>) -> anyhow::Result<Vec<Check>> {
    let others = hosts().chain(foreign_hosts()).filter(|name| *name != asked);
    let check = |name| {
        let missing = subject::missing(name, ids)?;
        Ok(Check::aside(name, missing.map_or(Ok(format!("`run --host {name}`")), Err)))
    };
    others.map(check).collect()
}

/// What `build` runs.
fn tools() -> Result<String, String> {
    let missing: Vec<_> = toolchain::missing().collect();
    if missing.is_empty() {
        return Ok("rustup, zig and Go, with which maintainers build the guests".to_owned());
    }
    Err(format!("no {}: not needed to run, the guests come prebuilt", missing.join(", no ")))
}
