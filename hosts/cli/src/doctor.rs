//! `wasi-cloud doctor`: what this machine has for building and running, and what to do about the rest.

mod tools;

use crate::{
    args::doctor::{Doctor, Language},
    inspect::{escaped, plain},
};
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use serde::Serialize;
use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
    sync::Arc,
};
use tokio::{runtime::Builder, time::timeout};
use wasi_cloud_core::{Clock, Kind, Links};

const SHAPE: u32 = 1;
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// One thing that is there or is not. `args::doctor` tells users what the fields mean.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    ok: bool,
    found: String,
    hint: Option<String>,
    /// What cannot be built without it.
    #[serde(skip)]
    language: Option<Language>,
    /// Whether it was asked for by itself.
    #[serde(skip)]
    asked: bool,
}

#[derive(Debug, Serialize)]
struct Findings {
    shape: u32,
    ready: bool,
    checks: Vec<Check>,
}

/// Looks, and prints what was found. 1 says that something is missing that was asked for.
pub fn doctor(job: &Doctor) -> anyhow::Result<ExitCode> {
    let mut checks = tools::checks(job.timeout);
    checks.push(backends()?);
    checks.push(registries());
    checks.extend(links(job)?);
    let findings = Findings { shape: SHAPE, ready: ready(&checks, &job.languages), checks };
    let mut out = AutoStream::auto(std::io::stdout().lock());
    let written = if job.json {
        writeln!(out, "{}", escaped(&serde_json::to_string_pretty(&findings)?))
    } else {
        report(&mut out, &findings)
    };
    match written {
        // Whoever reads has seen enough.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => return Err(e).context("cannot print"),
        _ => {}
    }
    Ok(ExitCode::from(u8::from(!findings.ready)))
}

impl Check {
    fn found(name: impl Into<String>, found: impl Into<String>) -> Self {
        let (name, found) = (name.into(), found.into());
        Self { name, ok: true, found, hint: None, language: None, asked: false }
    }

    fn missing(name: impl Into<String>, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { ok: false, hint: Some(hint.into()), ..Self::found(name, found) }
    }

    fn of(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }
}

/// Whether a language has all it needs.
fn can_build(checks: &[Check], language: Language) -> bool {
    checks.iter().all(|check| check.ok || check.language != Some(language))
}

fn ready(checks: &[Check], languages: &[Language]) -> bool {
    let asked = checks.iter().all(|check| check.ok || !check.asked);
    let all = [Language::Rust, Language::C, Language::Go];
    asked
        && match languages {
            [] => all.into_iter().any(|language| can_build(checks, language)),
            some => some.iter().all(|language| can_build(checks, *language)),
        }
}

fn backends() -> anyhow::Result<Check> {
    let known = wasi_cloud::registry(&Clock::default())?.schemes();
    let hint = "build with a feature for each: `cargo install --path hosts/cli --features ...`";
    Ok(match known.is_empty() {
        true => Check::missing("backends", "none in this build", hint),
        false => Check::found("backends", known.join(", ")),
    })
}

fn registries() -> Check {
    if cfg!(feature = "oci") {
        Check::found("registries", "push, pull and run oci://")
    } else {
        let hint = "`cargo install --path hosts/cli --features oci`";
        Check::missing("registries", "this build has no push, pull and run oci://", hint)
    }
}

/// Connects as `run` does. What a backend says of itself has no secrets in it.
fn links(job: &Doctor) -> anyhow::Result<Vec<Check>> {
    if job.links.is_empty() {
        return Ok(Vec::new());
    }
    let tokio = Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let registry = wasi_cloud::registry(&Clock::default())?;
    let links = Links::default();
    let checks = tokio.block_on(async {
        let mut checks = Vec::new();
        for link in &job.links {
            let name = format!("{}:{}", link.capability, link.label);
            let opened = timeout(job.timeout, link.open(&registry, &links, Arc::from([]))).await;
            let check = match opened {
                Ok(Ok(())) => Check::found(name, "answers"),
                Ok(Err(why)) => {
                    let is_elsewhere = link.scheme().and_then(|scheme| registry.elsewhere(scheme)).is_some();
                    let what = remedy(why.kind, is_elsewhere);
                    Check::missing(name, why.message, format!("{what}; `run` needs the same --link"))
                }
                Err(_) => {
                    let limit = humantime::format_duration(job.timeout);
                    Check::missing(
                        name,
                        format!("no answer within {limit}"),
                        "start it, or give it longer with --timeout",
                    )
                }
            };
            checks.push(Check { asked: true, ..check });
        }
        checks
    });
    // A connection that hangs must not keep the process.
    tokio.shutdown_background();
    Ok(checks)
}

/// What to do about a link that does not open.
fn remedy(kind: Kind, is_elsewhere: bool) -> &'static str {
    match kind {
        _ if is_elsewhere => "install it so, or link another backend",
        Kind::Invalid => "correct the URL",
        Kind::Unsupported => "link a backend that does",
        _ => "start it, or correct the URL",
    }
}

/// A line for each check, and what to do below those that failed.
fn report(out: &mut impl Write, findings: &Findings) -> std::io::Result<()> {
    let width = findings.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for Check { name, ok, found, hint, .. } in &findings.checks {
        let (style, mark) = if *ok { (GOOD, "ok     ") } else { (BAD, "missing") };
        writeln!(out, "{style}{mark}{style:#}  {:width$}  {}", plain(name), plain(found))?;
        if let Some(hint) = hint {
            writeln!(out, "{:9}{:width$}  {}", "", "", plain(hint))?;
        }
    }
    let list = |can: bool| {
        let all = [("Rust", Language::Rust), ("C", Language::C), ("Go", Language::Go)];
        let some = all.into_iter().filter(|(_, language)| can_build(&findings.checks, *language) == can);
        some.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    };
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    writeln!(out, "\nlanguages that build here: {}; that do not: {}", or_none(list(true)), or_none(list(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_start_what_this_build_cannot_reach() {
        let nats = remedy(Kind::Invalid, true);
        assert!(nats.contains("install") && !nats.contains("start"), "{nats}");
        assert!(!remedy(Kind::Invalid, false).contains("start"));
        assert!(remedy(Kind::Unavailable, false).contains("start"));
    }

    #[test]
    fn ready_is_what_was_asked_for() {
        let rust = || Check::found("rust", "").of(Language::Rust);
        let no_go = || Check::missing("go", "", "").of(Language::Go);
        let link = |ok| Check { ok, asked: true, ..Check::found("keyvalue:a", "") };
        let unasked = || Check::missing("registries", "", "");
        let no_c = || Check::missing("c", "", "").of(Language::C);
        assert!(ready(&[rust(), no_go(), no_c(), link(true), unasked()], &[]));
        assert!(ready(&[rust(), no_go()], &[Language::Rust]));
        assert!(!ready(&[rust(), no_go()], &[Language::Rust, Language::Go]));
        assert!(!ready(&[rust(), link(false)], &[]));
        let no_rust = Check::missing("target", "", "").of(Language::Rust);
        assert!(!ready(&[rust(), no_rust, no_go(), no_c()], &[]));
    }
}
