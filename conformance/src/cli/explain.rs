//! `explain`.

use crate::{
    catalogue::Case,
    clauses::{Clause, Law},
    pattern::nearest,
};
use anyhow::bail;
use clap::Args;
use std::io::{self, Write};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// A case or a clause.
    #[arg(value_name = "ID")]
    id: String,
}

const EXAMPLES: &str = "\
Examples:
  cloud-conformance explain KV-STORE-05
  cloud-conformance explain keyvalue/store/get-missing-key";

impl Explain {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        if let Some(clause) = law.get(&self.id.to_ascii_uppercase()) {
            explain_clause(&mut out, clause, cases)?;
        } else if let Some(case) = cases.iter().find(|case| case.id() == self.id) {
            explain_case(&mut out, case, law)?;
        } else {
            let ids: Vec<_> = cases.iter().map(Case::id).chain(law.iter().map(|clause| clause.id.clone())).collect();
            let near = nearest(&self.id, ids.iter().map(String::as_str));
            bail!("there is no case and no clause `{}`{near}", self.id);
        }
        Ok(out.flush()?)
    }
}

fn explain_clause(out: &mut impl Write, clause: &Clause, cases: &[Case]) -> io::Result<()> {
    paragraph(out, clause)?;
    let mut proving = cases.iter().filter(|case| case.clauses.contains(&&*clause.id)).peekable();
    writeln!(out, "\n{}", if proving.peek().is_some() { "proved by" } else { "no case proves it" })?;
    proving.try_for_each(|case| writeln!(out, "  {}", case.id()))
}

fn explain_case(out: &mut impl Write, case: &Case, law: &Law) -> io::Result<()> {
    let needs: Vec<_> = case.needs.iter().map(|need| need.word()).collect();
    writeln!(out, "{}\n", case.id())?;
    writeln!(out, "needs: {}", if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") })?;
    for id in case.clauses {
        writeln!(out)?;
        match law.get(id) {
            Some(clause) => paragraph(out, clause)?,
            None => writeln!(out, "{id}: not in the law")?,
        }
    }
    writeln!(out, "\nrun it: cloud-conformance run --host memory --run '{}'", case.id())
}

fn paragraph(out: &mut impl Write, clause: &Clause) -> io::Result<()> {
    writeln!(out, "{} ({}) of {}\n  {}", clause.id, clause.level, clause.place, clause.text)?;
    if !clause.context.is_empty() {
        writeln!(out, "\nabout {}", clause.place)?;
    }
    clause.context.iter().try_for_each(|text| writeln!(out, "  {text}"))
}
