//! A page about one run: what was tested, what failed and how, what was not tested and why.

use super::whole::Run;
use crate::{
    event::{HostInfo, Mismatch, Record},
    outcome::Verdict,
    transcript::Entry,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// How many operations of a case are shown, the last ones.
const LAST: usize = 10;

/// What a run proves, and what it does not.
const PROVES: &str =
    "A run shows what this version of the host did, with these settings, on the machine of whoever ran it.";

/// Writes the page.
///
/// # Errors
/// What cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    header(run, out)?;
    interfaces(run, out)?;
    let failed = |record: &&Record| record.is_bad();
    section(out, "Failures", run.records.iter().filter(failed))?;
    section(out, "Known failures", run.records.iter().filter(|record| record.verdict == Verdict::Xfail))?;
    section(out, "Provisional: they would not pass", run.records.iter().filter(|record| record.is_bad_for_now()))?;
    untested(run, out)
}

fn header(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let HostInfo { name, version, notes, .. } = run.started.hosts.first().cloned().unwrap_or_default();
    writeln!(out, "# {} {}\n", text(&name), text(&version))?;
    let (suite, summary) = (&run.started.suite, &run.summary);
    let word = match (summary.exit, summary.conformant) {
        (0, true) => "**Conformant.**",
        (0, false) => "As expected; no claim of conformance.",
        (1, _) => "**Not conformant.**",
        (2, _) => "Undecided.",
        (4, _) => "Cases that are listed as failing pass: no claim of conformance.",
        _ => "This run proves nothing.",
    };
    writeln!(
        out,
        "{word} {} of {} cases executed by cloud-conformance {suite}, seed {}.",
        summary.executed, summary.planned, run.started.seed
    )?;
    writeln!(out, "{PROVES}\n")?;
    for note in &notes {
        writeln!(out, "- {}", text(note))?;
    }
    for (word, attained) in summary.levels.iter().flat_map(|levels| &levels.capabilities) {
        writeln!(out, "- {word}: level {}", attained.level)?;
    }
    for wrong in summary.missing.iter().chain(&summary.problems) {
        writeln!(out, "- problem: {}", text(wrong))?;
    }
    Ok(())
}

/// A row for each interface, a column for each altitude.
fn interfaces(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let altitudes: Vec<_> = run.started.hosts.iter().map(|host| host.altitude.as_str()).collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, BTreeMap<Verdict, usize>>> = BTreeMap::new();
    for record in &run.records {
        let row = rows.entry(record.suite()).or_default().entry(&record.altitude).or_default();
        *row.entry(record.verdict).or_default() += 1;
    }
    writeln!(out, "\n## Interfaces\n\n| interface | {} |", altitudes.join(" | "))?;
    writeln!(out, "| --- |{}", " --- |".repeat(altitudes.len()))?;
    for (suite, cells) in rows {
        let cell = |altitude: &&str| cells.get(altitude).map_or_else(|| "-".to_owned(), counts);
        writeln!(out, "| {suite} | {} |", altitudes.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
}

fn counts(verdicts: &BTreeMap<Verdict, usize>) -> String {
    verdicts.iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect::<Vec<_>>().join(", ")
}

/// Cases that differ only in the altitude are told once.
fn section<'a>(out: &mut dyn Write, title: &str, records: impl Iterator<Item = &'a Record>) -> io::Result<()> {
    let mut cases: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    records.for_each(|record| cases.entry(&record.id).or_default().push(record));
    if cases.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {title}")?;
    for (id, records) in cases {
        let altitudes: Vec<_> = records.iter().map(|record| record.altitude.as_str()).collect();
        writeln!(out, "\n### `{id}`\n\nat {}\n", altitudes.join(", "))?;
        if let Some(first) = records.first() {
            case(out, first)?;
        }
    }
    Ok(())
}

fn case(out: &mut dyn Write, record: &Record) -> io::Result<()> {
    for clause in &record.clauses {
        writeln!(out, "- **{}** {}", clause.id, text(&clause.text))?;
    }
    writeln!(out, "\n```text")?;
    if let Some(Mismatch { what, expected, actual }) = &record.mismatch {
        writeln!(out, "{what}\n  expected: {expected}\n    actual: {actual}")?;
    }
    record.why.iter().try_for_each(|why| writeln!(out, "{why}"))?;
    let first = record.transcript.len().saturating_sub(LAST);
    if !record.transcript.is_empty() {
        writeln!(out, "operations ({} of {}):", record.transcript.len() - first, record.transcript.len())?;
    }
    for Entry { who, op, seen, .. } in &record.transcript[first..] {
        writeln!(out, "  {who} > {op}\n  {who} < {seen}")?;
    }
    log(out, &record.log)?;
    writeln!(out, "```\n\n`{}`", record.repro)
}

/// The end of what the host said in its own words.
fn log(out: &mut dyn Write, log: &[String]) -> io::Result<()> {
    let first = log.len().saturating_sub(LAST);
    if !log.is_empty() {
        writeln!(out, "log of the host ({} of {}):", log.len() - first, log.len())?;
    }
    log[first..].iter().try_for_each(|line| writeln!(out, "  {}", line.replace("```", "` ` `")))
}

/// What was not tested, by the reason.
fn untested(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for case in &run.started.inapplicable {
        reasons.entry(format!("not applicable: {}", case.reason)).or_default().insert(&case.id);
    }
    for record in run.records.iter().filter(|record| record.verdict == Verdict::Skip) {
        let why = record.why.as_deref().unwrap_or("no reason given");
        reasons.entry(format!("skipped: {why}")).or_default().insert(&record.id);
    }
    for clause in &run.started.untested {
        reasons.entry(format!("no case: {}", clause.reason)).or_default().insert(&clause.clause);
    }
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Not tested\n\n| why | how many | such as |\n| --- | --- | --- |")?;
    for (reason, ids) in reasons {
        writeln!(out, "| {} | {} | {} |", text(&reason), ids.len(), ids.first().unwrap_or(&""))?;
    }
    Ok(())
}

/// Text in which nothing is Markdown's but what is between backticks, on one line. No tag begins and no cell ends there either.
pub(crate) fn text(plain: &str) -> String {
    let part = |(number, part): (usize, &str)| match number % 2 {
        0 => part.replace('\\', "\\\\").replace('*', "\\*").replace('_', "\\_").replace('[', "\\["),
        _ => part.to_owned(),
    };
    let parts: Vec<_> = plain.split('`').enumerate().map(part).collect();
    parts.join("`").replace(['\n', '\r'], " ").replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn nothing_is_markdown_but_code() {
        for (plain, written) in [
            ("a_b *c* [d](e)", "a\\_b \\*c\\* \\[d](e)"),
            ("`some_key` of a_b", "`some_key` of a\\_b"),
            ("a|b `c|d`", "a\\|b `c\\|d`"),
            ("a\\|b", "a\\\\\\|b"),
            ("<b>\r\n`<i>", "&lt;b>  `&lt;i>"),
        ] {
            assert_eq!(text(plain), written);
        }
    }
}
