//! `coverage`.

use crate::{
    catalogue::Case,
    clauses::Law,
    coverage::{Coverage, Lack, Part},
    matrix::Matrix,
    mutants,
    pattern::nearest,
    shapes::{Cell, Line, SHAPES, Shapes},
    waivers::Waivers,
};
use anyhow::bail;
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// There are gaps.
const GAPS: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Only these capabilities.
    #[arg(value_name = "CAPABILITY")]
    capabilities: Vec<String>,
    /// Every operation and the situations in which cases meet it, instead.
    #[arg(long)]
    shape: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance coverage
  cloud-conformance coverage keyvalue config --json
  cloud-conformance coverage --shape keyvalue

Nothing runs: which case fails on which mutant is what this build's own tests measured. Exit code
1 where something is missing without a written reason, or excepted without need.";

impl Show {
    /// The exit code.
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<u8> {
        let mut coverage = Coverage::of(cases, law, &mutants::all()?, &Matrix::embedded(), &Waivers::embedded()?);
        for word in &self.capabilities {
            if !coverage.capabilities.contains_key(word) {
                let near = nearest(word, coverage.capabilities.keys().map(String::as_str));
                bail!("there is no capability `{word}`{near}");
            }
        }
        let picked = |word: &String| self.capabilities.is_empty() || self.capabilities.contains(word);
        coverage.capabilities.retain(|word, _| picked(word));
        let mut out = io::BufWriter::new(io::stdout().lock());
        if self.shape {
            let mut lines = Shapes::embedded()?.lines(law)?;
            lines.retain(|line| picked(&line.capability));
            if self.json {
                json(&mut out, &lines)?
            } else {
                table(&mut out, &lines)?
            }
            out.flush()?;
            return Ok(if lines.iter().all(|line| line.gaps().is_empty()) { 0 } else { GAPS });
        }
        if self.json {
            json(&mut out, &coverage)?;
        } else {
            write(&mut out, &coverage)?;
        }
        out.flush()?;
        Ok(if coverage.gaps() > 0 { GAPS } else { 0 })
    }
}

fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn table(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", line.operation)?;
        for shape in SHAPES {
            match line.shapes.get(shape) {
                Some(Cell::Cases(ids)) => writeln!(out, "  {shape:10}  {}", ids.join(", "))?,
                Some(Cell::None(reason)) => writeln!(out, "  {shape:10}  none: {reason}")?,
                None => writeln!(out, "  {shape:10}  GAP")?,
            }
        }
    }
    let gaps: usize = lines.iter().map(|line| line.gaps().len()).sum();
    writeln!(out, "\n{} operations, {gaps} gaps", lines.len())
}

fn write(out: &mut impl Write, coverage: &Coverage) -> io::Result<()> {
    for (word, part) in &coverage.capabilities {
        let Part { clauses, cases, .. } = part;
        writeln!(out, "{word}: {clauses} clauses, {cases} cases")?;
        part.lists().iter().try_for_each(|(what, lacks)| list(out, what, lacks))?;
        writeln!(out)?;
    }
    coverage.stale.iter().try_for_each(|what| writeln!(out, "stale: {what}"))?;
    match coverage.gaps() {
        0 => writeln!(out, "no gaps; what is missing has a reason"),
        1 => writeln!(out, "1 gap"),
        gaps => writeln!(out, "{gaps} gaps"),
    }
}

fn list(out: &mut impl Write, what: &str, lacks: &[Lack]) -> io::Result<()> {
    let gaps = lacks.iter().filter(|lack| lack.reason.is_none()).count();
    match (lacks.len(), gaps) {
        (0, _) => writeln!(out, "  {what}: none")?,
        (all, 0) => writeln!(out, "  {what}: {all}, not tested for a reason")?,
        (all, gaps) => writeln!(out, "  {what}: {all}, {gaps} without a reason")?,
    }
    let id = lacks.iter().map(|lack| lack.id.len()).max().unwrap_or_default();
    let level = lacks.iter().map(|lack| lack.level.len()).max().unwrap_or_default();
    for lack in lacks {
        let reason = lack.reason.as_deref().map_or_else(|| "GAP".to_owned(), |reason| format!("not tested: {reason}"));
        writeln!(out, "    {:id$}  {:level$}  {reason}", lack.id, lack.level)?;
    }
    Ok(())
}
