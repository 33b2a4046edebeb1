//! The cases as a page, a family in one row.

use super::Row;
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// A table for each suite, in the order of the catalogue.
pub(super) fn page(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let families: Vec<_> = rows.chunk_by(|one, other| one.family == other.family).collect();
    let words: BTreeSet<_> = rows.iter().filter_map(|row| row.id.split('/').next()).collect();
    let words = words.into_iter().collect::<Vec<_>>().join(", ");
    writeln!(out, "# The cases of {words}\n")?;
    writeln!(
        out,
        "{} cases in {} rows: a family is one row, with the number of its cases. `cloud-conformance explain` has the sentences of a\n\
         clause, and the cases of a family; the words of needs are those of what a host declares, and of what the suite can do to it.",
        rows.len(),
        families.len()
    )?;
    let mut suites: Vec<(&str, Vec<&[Row]>)> = Vec::new();
    for family in families {
        let suite = suite(&family[0].family);
        match suites.iter_mut().find(|(name, _)| *name == suite) {
            Some((_, rows)) => rows.push(family),
            None => suites.push((suite, vec![family])),
        }
    }
    suites.iter().try_for_each(|(suite, families)| table(out, suite, families))
}

fn suite(family: &str) -> &str {
    family.rsplit_once('/').map_or(family, |(suite, _)| suite)
}

fn table(out: &mut impl Write, suite: &str, families: &[&[Row]]) -> io::Result<()> {
    writeln!(out, "\n## {suite}\n\n| case | level | clauses | needs | what it shows |\n|---|---|---|---|---|")?;
    for family in families {
        let Row { id, family: name, level, needs, clauses, about, since } = &family[0];
        let name = name.strip_prefix(suite).map_or(&**name, |rest| rest.trim_start_matches('/'));
        let cases = if id.ends_with(name) { format!("`{name}`") } else { format!("`{name}/*`, {}", family.len()) };
        let (needs, clauses, about) = (needs.join(", "), clauses.join(" "), about.replace('|', "\\|"));
        let since = since.map(|since| format!(", provisional since {since}")).unwrap_or_default();
        writeln!(out, "| {cases} | {level}{since} | {clauses} | {needs} | {about} |")?;
    }
    Ok(())
}
