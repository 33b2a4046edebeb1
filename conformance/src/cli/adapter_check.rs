//! `adapter-check`.

use super::process;
use crate::{
    adapter_check::{Checkup, Subject, Verdict, check, label},
    catalogue::Case,
    corpus::Corpus,
    host::{
        Driver,
        command::{Launch, guests::Guests},
    },
    language::Language,
    plan::{self, Declaration},
};
use anstream::AutoStream;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// A check failed.
const BREAKS: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AdapterCheck {
    /// The adapter and its arguments.
    #[arg(value_name = "ARGV", required_unless_present = "host", trailing_var_arg = true)]
    argv: Vec<String>,
    /// The host's file, which names the adapter, and the dialects and labels that guests need.
    #[arg(long, value_name = "FILE", conflicts_with = "argv")]
    host: Option<PathBuf>,
    /// Longest wait for one answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = process::seconds)]
    timeout: Duration,
    /// Print JSON, a line a check: check, about, verdict (pass, fail or skip), and why where it did not pass.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance adapter-check python3 my_adapter.py
  cloud-conformance adapter-check --host my-host.toml
  cloud-conformance adapter-check --timeout 30 --json -- ./my-adapter --verbose

Each check starts the adapter anew. What it writes to standard error is shown as it comes. The
protocol is in docs/adapter-protocol.md.

Exit code 1 where a check failed, 3 where none could be made.";

impl AdapterCheck {
    /// The exit code.
    pub(super) fn execute(&self, cases: &[Case], color: anstream::ColorChoice) -> anyhow::Result<u8> {
        let launch = self.launch(cases)?;
        let (argv, label) = (launch.adapter(), label(&launch.labels));
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let guests = Arc::new(Guests::new(launch, corpus, Language::Rust).context("no folder for the guests")?);
        let mut out = AutoStream::new(io::stdout(), color);
        let (mut all, mut failed) = (0, 0);
        let runtime = process::control()?;
        let written = runtime.block_on(async {
            let component = guests.driver(Driver::Keyvalue).await.map_err(|why| anyhow!("{why}"))?.component();
            let subject = Subject { argv, component, label, patience: self.timeout };
            let mut written = Ok(());
            check(&subject, |checkup| {
                all += 1;
                failed += usize::from(checkup.verdict == Verdict::Fail);
                if written.is_ok() {
                    written = self.write(&mut out, &checkup);
                }
            })
            .await;
            anyhow::Ok(written?)
        });
        runtime.shutdown_background();
        written?;
        if !self.json {
            let keeps = if failed == 0 { "the adapter keeps the protocol" } else { "the adapter breaks the protocol" };
            writeln!(out, "{keeps}: {failed} of {all} checks failed")?;
        }
        Ok(if failed == 0 { 0 } else { BREAKS })
    }

    fn launch(&self, cases: &[Case]) -> anyhow::Result<Launch> {
        let Some(file) = &self.host else {
            return Ok(Launch { adapter: self.argv.clone(), ..Launch::default() });
        };
        let shown = file.display();
        let text = std::fs::read_to_string(file).with_context(|| format!("`{shown}` cannot be read"))?;
        let declaration = Declaration::parse(&text, &plan::ids(cases)).map_err(|why| anyhow!("{shown}: {why}"))?;
        match declaration.launch {
            Some(mut launch) if !launch.adapter.is_empty() => {
                launch.beside(file);
                Ok(launch)
            }
            _ => bail!("{shown}: there is no `adapter` in a table `launch`"),
        }
    }

    fn write(&self, out: &mut impl Write, checkup: &Checkup) -> io::Result<()> {
        if self.json {
            return writeln!(out, "{}", serde_json::to_string(checkup)?);
        }
        let Checkup { check, about, verdict, why } = checkup;
        let word = match verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Skip => "skip",
        };
        writeln!(out, "{word}  {check}: {about}")?;
        why.iter().try_for_each(|why| writeln!(out, "      {why}"))
    }
}
