//! `matrix` and `diff`: finished runs side by side.

use crate::{
    catalogue::Case,
    clauses::Law,
    field::{self, Field, changes, html, table, worsened},
};
use clap::{Args, ValueEnum};
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// Something got worse.
const WORSE: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = MATRIX)]
pub(super) struct Matrix {
    /// What `run --format json` printed, one file a host.
    #[arg(required = true, value_name = "RUN.json")]
    runs: Vec<PathBuf>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables in Markdown.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

const MATRIX: &str = "\
Examples:
  cloud-conformance run --host memory --report json=memory.json
  cloud-conformance run --host wasmtime --report json=wasmtime.json
  cloud-conformance matrix memory.json wasmtime.json --format html > matrix.html";

impl Matrix {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<()> {
        let runs = self.runs.iter().map(|path| field::read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let field = Field::of(&runs, cases, law)?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self.format {
            Format::Markdown => table::render(&field, &mut out)?,
            Format::Html => writeln!(out, "{}", html::render(&field))?,
        }
        Ok(out.flush()?)
    }
}

#[derive(Debug, Args)]
#[command(after_help = DIFF)]
pub(super) struct Diff {
    /// What `run --format json` printed before.
    #[arg(value_name = "BEFORE.json")]
    before: PathBuf,
    /// What it printed after.
    #[arg(value_name = "AFTER.json")]
    after: PathBuf,
    /// Print the cases as JSON; what got worse of the run as a whole is told on stderr.
    #[arg(long)]
    json: bool,
}

const DIFF: &str = "\
Examples:
  cloud-conformance diff before.json after.json

Exit code 1 where something got worse: what passed does not pass any more, or is not there;
the run is not called conformant any more, ends with a worse exit code, or has a new reason
to prove nothing.";

impl Diff {
    /// The exit code.
    pub(super) fn execute(&self) -> anyhow::Result<u8> {
        let (before, after) = (field::read(&self.before)?, field::read(&self.after)?);
        let (changes, whole) = (changes(&before, &after), worsened(&before.summary, &after.summary));
        let mut out = io::BufWriter::new(io::stdout().lock());
        let worse = changes.iter().filter(|change| change.is_worse()).count() + whole.len();
        if self.json {
            serde_json::to_writer(&mut out, &changes)?;
            writeln!(out)?;
            whole.iter().for_each(|line| anstream::eprintln!("worse: {line}"));
        } else {
            for change in &changes {
                writeln!(out, "{}{change}", if change.is_worse() { "worse: " } else { "" })?;
            }
            whole.iter().try_for_each(|line| writeln!(out, "worse: {line}"))?;
            writeln!(out, "{} changed, {worse} for the worse", changes.len() + whole.len())?;
        }
        out.flush()?;
        Ok(if worse > 0 { WORSE } else { 0 })
    }
}
