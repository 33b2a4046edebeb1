//! `list`.

mod markdown;

use crate::{
    catalogue::{Case, about::Sentences},
    clauses::Law,
    pattern::Patterns,
};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Only these: globs over ids, or `@FILE`.
    #[arg(value_name = "GLOB|@FILE")]
    globs: Vec<String>,
    /// The mutants and their defects instead: hosts that `run --host mutant:NAME` knows.
    #[arg(long, conflicts_with_all = ["globs", "json"])]
    mutants: bool,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    /// Print a page with what each case shows, as in `docs/catalogue`.
    #[arg(long, conflicts_with_all = ["json", "mutants"])]
    markdown: bool,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance list
  cloud-conformance list 'keyvalue/**' --json
  cloud-conformance list 'config/**' --markdown > config.md";

/// One case, as all forms print it.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    #[serde(skip)]
    family: String,
    level: String,
    needs: Vec<String>,
    clauses: &'static [&'static str],
    about: String,
    /// The version that it is new in, of a case that is provisional.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'static str>,
}

impl List {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<()> {
        if self.mutants {
            return mutants(&mut io::stdout().lock());
        }
        let ids: Vec<_> = cases.iter().map(Case::id).collect();
        let globs = Patterns::read(&self.globs, ids.iter().map(String::as_str)).map_err(|why| anyhow!(why))?;
        if globs.is_empty() && !self.globs.is_empty() {
            bail!("there is no pattern in {}", self.globs.join(", "));
        }
        let picked = cases.iter().filter(|case| globs.is_empty() || globs.matches(&case.id()));
        let sentences = Sentences::read();
        let rows: Vec<_> = picked.map(|case| row(case, law, &sentences)).collect::<anyhow::Result<_>>()?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        if self.json {
            serde_json::to_writer_pretty(&mut out, &rows).map_err(io::Error::from)?;
            writeln!(out)?;
        } else if self.markdown {
            markdown::page(&mut out, &rows)?;
        } else {
            table(&mut out, &rows)?;
        }
        Ok(out.flush()?)
    }
}

fn mutants(out: &mut impl Write) -> anyhow::Result<()> {
    for mutant in crate::mutants::all()? {
        writeln!(out, "{}: {}", mutant.name, mutant.bug)?;
    }
    Ok(())
}

fn row(case: &Case, law: &Law, sentences: &Sentences) -> anyhow::Result<Row> {
    let first = case.clauses.first().and_then(|id| law.get(id));
    let level = first.with_context(|| format!("{} cites no clause of the law", case.id()))?.level.to_string();
    let needs = case.needs.iter().map(|need| need.word()).collect();
    let (about, since) = (sentences.of(case).to_owned(), case.since.filter(|_| case.is_provisional()));
    Ok(Row { id: case.id(), family: case.family(), level, needs, clauses: case.clauses, about, since })
}

fn table(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let width = |column: fn(&Row) -> usize| rows.iter().map(column).max().unwrap_or_default();
    let (id, level) = (width(|row| row.id.len()), width(|row| row.level.len()));
    let clauses = width(|row| row.clauses.join(" ").len());
    for row in rows {
        let since = row.since.map(|since| format!("  provisional since {since}")).unwrap_or_default();
        let line = format!(
            "{:id$}  {:level$}  {:clauses$}  {}{since}",
            row.id,
            row.level,
            row.clauses.join(" "),
            row.needs.join(" ")
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{self, MINOR};

    #[test]
    fn what_is_new_says_so() {
        let (law, case) = (Law::embedded().expect("the law"), catalogue::all()[0]);
        let rows = [None, Some("0.0"), Some(MINOR)]
            .map(|since| row(&case.dated(since), &law, &Sentences::read()).expect("a row"));
        let mut text = Vec::new();
        table(&mut text, &rows).expect("written");
        let text = String::from_utf8(text).expect("UTF-8");
        let told: Vec<_> = text.lines().map(|line| line.ends_with(&format!("provisional since {MINOR}"))).collect();
        assert_eq!(told, [false, false, true], "{text}");
        assert_eq!(serde_json::to_value(&rows[2]).expect("JSON")["since"], MINOR);
    }
}
