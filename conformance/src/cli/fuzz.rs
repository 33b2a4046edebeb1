//! `fuzz`.

use super::{
    process::{self, Timeouts},
    tell::bar,
};
use crate::{
    catalogue::Case,
    fuzz::{Effort, Find, case, fuzz, play},
    host::{Altitude, Host},
    language::Language,
    plan,
    subject::{Target, altitudes, is_foreign},
};
use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use std::{
    io::{self, Write},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::runtime::Handle;

/// A host does something else than the model.
const DIFFERS: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Fuzz {
    /// What to try, as for `run`. May be repeated: each host gets the same sequences, as far as they can be put to it.
    #[arg(long, value_name = "HOST", required = true)]
    host: Vec<String>,
    /// With guests of this language; without it our hosts are tried without guests, and others with guests in Rust.
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
    /// Decides everything random [default: random, printed].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many sequences to try.
    #[arg(long, value_name = "N", default_value = "300", value_parser = clap::value_parser!(u32).range(1..))]
    sequences: u32,
    /// Operations in the longest of them.
    #[arg(long, value_name = "N", default_value = "40", value_parser = clap::value_parser!(u16).range(1..=1000))]
    length: u16,
    /// With one handle on the bucket, opened once: what else differs of a host whose handles do not see each other's writes.
    #[arg(long)]
    one_handle: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    timeouts: Timeouts,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance fuzz --host memory --host redis --host wasmtime
  cloud-conformance fuzz --host sqlite --lang go --seed 7 --sequences 1000
  cloud-conformance fuzz --host mutant:folds-case --json
  cloud-conformance fuzz --host wasmtime --one-handle

Key-value operations at random are held against a model of the law. What differs is shrunk to the
shortest sequence that shows it, and printed as a case for the catalogue. This is no proof of
anything and earns no word: a host may pass all that comes up by chance.

Exit code 1 where a host differs from the model, 3 where it could not be tried.

What the JSON holds, a line a host: host, altitude, seed, sequences, and find, which is null or
{operations, expected, actual, case}.";

#[derive(Serialize)]
struct Told<'a> {
    host: &'a str,
    altitude: String,
    seed: u64,
    sequences: u32,
    find: Option<ToldFind>,
}

#[derive(Serialize)]
struct ToldFind {
    operations: usize,
    expected: String,
    actual: String,
    case: String,
}

impl Fuzz {
    /// The exit code.
    pub(super) fn execute(&self, cases: &[Case]) -> anyhow::Result<u8> {
        let effort = Effort {
            seed: self.seed.unwrap_or_else(process::seed),
            sequences: self.sequences,
            length: self.length.into(),
            handles: if self.one_handle { 1 } else { 2 },
            patience: self.timeouts.deadlines().op,
        };
        let workers = process::workers(1)?;
        let mut code = 0;
        for host in &self.host {
            let ids = plan::ids(cases);
            let ready = Target::prepare(host.clone(), None, &ids);
            let target = workers.block_on(ready).with_context(|| format!("`{host}`"))?;
            let found = self.try_host(host, &target, &effort, workers.handle());
            workers.block_on(target.stop());
            if found? {
                code = DIFFERS;
            }
        }
        workers.shutdown_background();
        Ok(code)
    }

    /// Whether the host differs.
    fn try_host(&self, name: &str, target: &Target, effort: &Effort, workers: &Handle) -> anyhow::Result<bool> {
        let host = {
            let _inside = workers.enter();
            target.at(self.altitude(name)?, self.timeouts.deadlines())?
        };
        if !host.describe().capabilities.contains_key("keyvalue") {
            bail!("`{name}` has no key-value store, and there is nothing else to try");
        }
        workers.block_on(host.warm(&["keyvalue/store/fuzz"]));
        let (run, number, bar) = (process::unique(), AtomicU64::new(0), bar(effort.sequences.into()));
        let play = |steps: &[_]| {
            let scope = format!("{run}-{}", number.fetch_add(1, Ordering::Relaxed));
            workers.block_on(play(&*host, &scope, steps, effort))
        };
        let found = fuzz(&*host, effort, play, || bar.inc(1)).with_context(|| format!("`{name}`"))?;
        bar.finish_and_clear();
        self.tell(name, &*host, effort, found.as_ref())?;
        Ok(found.is_some())
    }

    fn altitude(&self, name: &str) -> anyhow::Result<Altitude> {
        let fits = |altitude: &Altitude| match (altitude, self.lang) {
            (Altitude::Direct, None) => true,
            (Altitude::Command(language), None) => *language == Language::Rust,
            (Altitude::Command(language) | Altitude::Embedded(language), Some(wanted)) => *language == wanted,
            _ => false,
        };
        let found = altitudes(is_foreign(name))?.into_iter().find(fits);
        found.with_context(|| format!("`{name}` cannot be tried with guests in this language"))
    }

    fn tell(&self, name: &str, host: &dyn Host, effort: &Effort, found: Option<&Find>) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        let altitude = host.describe().altitude.to_string();
        let (seed, sequences) = (effort.seed, effort.sequences);
        if self.json {
            let find = found.map(|find| ToldFind {
                operations: find.steps.len(),
                expected: find.difference.expected.clone(),
                actual: find.difference.actual.clone(),
                case: case(find),
            });
            serde_json::to_writer(&mut out, &Told { host: name, altitude, seed, sequences, find })?;
            return Ok(writeln!(out)?);
        }
        match found {
            None => writeln!(out, "{name} ({altitude}): {sequences} sequences, no difference; seed {seed}")?,
            Some(find) => {
                let operations = find.steps.len();
                writeln!(
                    out,
                    "{name} ({altitude}): differs from the model after {operations} operations; seed {seed}"
                )?;
                write!(
                    out,
                    "  expected: {}\n  actual:   {}\n\n{}",
                    find.difference.expected,
                    find.difference.actual,
                    case(find)
                )?;
            }
        }
        Ok(())
    }
}
