//! `explain`.

use crate::{
    catalogue::{Case, about::Sentences},
    clauses::{Clause, Law},
    matrix::Matrix,
    mutants,
    pattern::nearest,
    waivers::Waivers,
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
        explain(&mut out, &self.id, cases, law)?;
        Ok(out.flush()?)
    }
}

fn explain(out: &mut impl Write, id: &str, cases: &[Case], law: &Law) -> anyhow::Result<()> {
    if let Some(clause) = law.get(&id.to_ascii_uppercase()) {
        return Ok(explain_clause(out, clause, cases, &Waivers::embedded()?)?);
    }
    if let Some(case) = cases.iter().find(|case| case.id() == id) {
        return Ok(explain_case(out, case, law)?);
    }
    let family: Vec<_> = cases.iter().filter(|case| !case.axes.is_empty() && case.family() == id).collect();
    if let Some(case) = family.first() {
        return Ok(explain_family(out, case, &family, law)?);
    }
    let ids: Vec<_> = cases.iter().map(Case::id).chain(law.iter().map(|clause| clause.id.clone())).collect();
    let near = nearest(id, ids.iter().map(String::as_str));
    bail!("there is no case and no clause `{id}`{near} (see `cloud-conformance list`)")
}

fn explain_clause(out: &mut impl Write, clause: &Clause, cases: &[Case], waivers: &Waivers) -> io::Result<()> {
    paragraph(out, clause)?;
    let mut proving = cases.iter().filter(|case| case.clauses.contains(&&*clause.id)).peekable();
    match (proving.peek(), waivers.untested(&clause.id)) {
        (_, Some(reason)) => writeln!(out, "\nnot tested: {reason}")?,
        (Some(_), None) => writeln!(out, "\nproved by")?,
        (None, None) => writeln!(out, "\nno case proves it")?,
    }
    proving.try_for_each(|case| writeln!(out, "  {}", case.id()))
}

fn explain_case(out: &mut impl Write, case: &Case, law: &Law) -> io::Result<()> {
    writeln!(out, "{}\n  {}\n", case.id(), Sentences::read().of(case))?;
    needs_and_clauses(out, case, law)?;
    causes(out, &case.id())?;
    writeln!(out, "\nrun it: cloud-conformance run --host memory --run '{}'", case.id())
}

fn explain_family(out: &mut impl Write, case: &Case, members: &[&Case], law: &Law) -> io::Result<()> {
    let about = Sentences::read();
    writeln!(out, "{}: a family of {} cases\n  {}\n", case.family(), members.len(), about.of(case))?;
    needs_and_clauses(out, case, law)?;
    writeln!(out, "\nits cases")?;
    members.iter().try_for_each(|case| writeln!(out, "  {}", case.id()))?;
    writeln!(out, "\nrun it: cloud-conformance run --host memory --run '{}/**'", case.family())
}

fn needs_and_clauses(out: &mut impl Write, case: &Case, law: &Law) -> io::Result<()> {
    let needs: Vec<_> = case.needs.iter().map(|need| need.word()).collect();
    writeln!(out, "needs: {}", if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") })?;
    if case.is_provisional() {
        let since = case.since.unwrap_or_default();
        writeln!(
            out,
            "provisional: new in {since}; it runs and is reported, and counts from the next minor version on"
        )?;
    }
    for id in case.clauses {
        writeln!(out)?;
        match law.get(id) {
            Some(clause) => paragraph(out, clause)?,
            None => writeln!(out, "{id}: not in the law")?,
        }
    }
    Ok(())
}

/// Of what is wrong with a host that fails it: the defects that are known to make it fail, and mostly it alone.
fn causes(out: &mut impl Write, id: &str) -> io::Result<()> {
    let (matrix, mutants) = (Matrix::embedded(), mutants::all().map_err(io::Error::other)?);
    let named = |name: &str| mutants.iter().find(|mutant| mutant.name == name);
    let mut found = matrix.found_by(id).into_iter().filter_map(named).take(CAUSES).peekable();
    if found.peek().is_some() {
        writeln!(out, "\ncauses of a failure, from hosts that have them")?;
    }
    found.try_for_each(|mutant| writeln!(out, "  {} (`--host mutant:{}`)", mutant.bug, mutant.name))
}

/// More of them say less.
const CAUSES: usize = 5;

fn paragraph(out: &mut impl Write, clause: &Clause) -> io::Result<()> {
    writeln!(out, "{} ({}) of {}\n  {}", clause.id, clause.level, clause.place, clause.text)?;
    if !clause.context.is_empty() {
        writeln!(out, "\nabout {}", clause.place)?;
    }
    clause.context.iter().try_for_each(|text| writeln!(out, "  {text}"))?;
    match Law::source(&clause.id) {
        Some((file, line)) => writeln!(out, "  {file}:{line}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    fn explained(id: &str) -> anyhow::Result<String> {
        let mut out = Vec::new();
        explain(&mut out, id, &catalogue::all(), &Law::embedded()?)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn every_case_and_every_clause_is_explained() {
        let (cases, law) = (catalogue::all(), Law::embedded().expect("the law reads"));
        let sentence = |id: &str| law.get(id).expect("a clause").text.clone();
        for case in &cases {
            let mut out = Vec::new();
            explain(&mut out, &case.id(), &cases, &law).expect("an explanation");
            let text = String::from_utf8(out).expect("UTF-8");
            assert!(case.clauses.iter().all(|id| text.contains(&sentence(id))), "{text}");
        }
        for clause in law.iter() {
            let mut out = Vec::new();
            explain(&mut out, &clause.id, &cases, &law).expect("an explanation");
            let text = String::from_utf8(out).expect("UTF-8");
            let proving = cases.iter().filter(|case| case.clauses.contains(&&*clause.id));
            assert!(proving.map(Case::id).all(|id| text.contains(&id)), "{text}");
            let (file, line) = Law::source(&clause.id).expect("a place in the specification");
            assert!(text.contains(&format!("  {file}:{line}\n")), "{text}");
        }
    }

    /// The most precise first: hosts that fail nearly everything explain nothing.
    #[test]
    fn a_case_is_explained_by_what_makes_it_fail() {
        let text = explained("keyvalue/batch/get-many-answers-a-key-twice").expect("found");
        let cause =
            "  A key that is asked for twice is answered at its first place. (`--host mutant:many-answers-once`)\n";
        assert!(text.contains(&format!("from hosts that have them\n{cause}")), "{text}");
        let many = explained("keyvalue/extension/strange-keys-are-deleted-alone");
        assert_eq!(many.expect("found").matches("`--host mutant:").count(), CAUSES);
    }

    #[test]
    fn what_nothing_tests_is_not_called_proved() {
        let text = explained("KV-ATOM-S06").expect("found");
        assert!(text.contains("not tested: a guest cannot tell contention") && !text.contains("proved"), "{text}");
    }

    #[test]
    fn a_family_is_explained_with_its_cases() {
        let text = explained("keyvalue/store/value-is-kept").expect("a family");
        assert!(text.contains("\n  keyvalue/store/value-is-kept/64-kib-and-1-under-unicode-key\n"), "{text}");
        assert!(text.contains("--run 'keyvalue/store/value-is-kept/**'"), "{text}");
    }

    #[test]
    fn what_is_new_says_so() {
        let cases = catalogue::all();
        let text = |since| {
            let mut out = Vec::new();
            explain_case(&mut out, &cases[0].dated(since), &Law::embedded().expect("the law")).expect("written");
            String::from_utf8(out).expect("UTF-8")
        };
        let is_told = |since| text(since).contains("\nprovisional: new in ");
        assert_eq!([None, Some("0.0"), Some(catalogue::MINOR)].map(is_told), [false, false, true]);
    }

    #[test]
    fn an_id_in_any_case_is_found_and_a_wrong_one_names_the_nearest() {
        assert_eq!(explained("kv-store-05").expect("found"), explained("KV-STORE-05").expect("found"));
        let error = explained("KV-STOR-05").expect_err("not found").to_string();
        assert!(error.contains("did you mean `KV-STORE-05`?"), "{error}");
    }
}
