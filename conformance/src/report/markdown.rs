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
    let said = said(record);
    let fence = fence(&said);
    writeln!(out, "\n{fence}text\n{said}{fence}\n\n`{}`", record.repro)
}

/// What the host did, and what it said in its own words at the end.
fn said(record: &Record) -> String {
    let mismatch = record
        .mismatch
        .iter()
        .map(|Mismatch { what, expected, actual }| format!("{what}\n  expected: {expected}\n    actual: {actual}"));
    let Record { transcript, log, .. } = record;
    let operations = last(transcript);
    let heading = |what: &str, shown: usize, all: usize| (shown > 0).then(|| format!("{what} ({shown} of {all}):"));
    let lines = mismatch
        .chain(record.why.clone())
        .chain(heading("operations", operations.len(), transcript.len()))
        .chain(operations.iter().map(|Entry { who, op, seen, .. }| format!("  {who} > {op}\n  {who} < {seen}")))
        .chain(heading("log of the host", last(log).len(), log.len()))
        .chain(last(log).iter().map(|line| format!("  {line}")));
    lines.map(|line| line + "\n").collect()
}

fn last<T>(all: &[T]) -> &[T] {
    &all[all.len().saturating_sub(LAST)..]
}

/// Longer than any in the text, so that nothing in it ends the block.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
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
    let (mut written, mut rest) = (String::new(), plain);
    while let Some(begin) = rest.find('`') {
        let (before, from) = rest.split_at(begin);
        let ticks = from.len() - from.trim_start_matches('`').len();
        written.push_str(&escaped(before));
        rest = match code(from, ticks) {
            Some((code, after)) => {
                written.push_str(code);
                after
            }
            // Nothing closes it.
            None => {
                written.push_str(&"\\`".repeat(ticks));
                &from[ticks..]
            }
        };
    }
    written.push_str(&escaped(rest));
    written.replace(['\n', '\r'], " ").replace('|', "\\|").replace('<', "&lt;")
}

/// The code that the text begins with, up to as many backticks as open it, and what follows.
fn code(text: &str, ticks: usize) -> Option<(&str, &str)> {
    let mut at = ticks;
    while let Some(next) = text[at..].find('`') {
        let begin = at + next;
        let run = text[begin..].len() - text[begin..].trim_start_matches('`').len();
        at = begin + run;
        if run == ticks {
            return Some(text.split_at(at));
        }
    }
    None
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*").replace('_', "\\_").replace('[', "\\[")
}

#[cfg(test)]
mod tests {
    use super::{fence, text};

    #[test]
    fn nothing_in_a_text_ends_its_block() {
        for (text, ticks) in [("", 3), ("a `b`", 3), ("```\n# mine", 4), ("`````` ```", 7)] {
            assert_eq!(fence(text), "`".repeat(ticks));
        }
    }

    #[test]
    fn nothing_is_markdown_but_code() {
        for (plain, written) in [
            ("a_b *c* [d](e)", "a\\_b \\*c\\* \\[d](e)"),
            ("`some_key` of a_b", "`some_key` of a\\_b"),
            ("a|b `c|d`", "a\\|b `c\\|d`"),
            ("a\\|b", "a\\\\\\|b"),
            ("<b>\r\n`<i>", "&lt;b>  \\`&lt;i>"),
            ("`a` ` *b*", "`a` \\` \\*b\\*"),
            ("``a`*b*`` *c*", "``a`*b*`` \\*c\\*"),
            ("a``*b*`c", "a\\`\\`\\*b\\*\\`c"),
        ] {
            assert_eq!(text(plain), written);
        }
    }
}
