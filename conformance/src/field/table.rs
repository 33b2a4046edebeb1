//! The table in Markdown.

use super::{Cell, Field, short};
use crate::report::markdown::text;
use std::io::{self, Write};

/// Writes the hosts, and a table of clauses for each capability.
///
/// # Errors
/// What cannot be written.
pub fn render(field: &Field<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| host | version | executed | conformant | |\n| --- | --- | --- | --- | --- |")?;
    for column in &field.columns {
        let (executed, planned) = column.executed;
        let notes: Vec<_> = column.notes.iter().map(|note| text(note)).collect();
        let (host, version, yes) = (text(&column.host), text(&column.version), yes(column.conformant));
        writeln!(out, "| {host} | {version} | {executed} of {planned} | {yes} | {} |", notes.join("; "))?;
    }
    let hosts: Vec<_> = field.columns.iter().map(|column| text(&column.host)).collect();
    let mut capability = "";
    for row in &field.rows {
        if row.clause.capability() != capability {
            capability = row.clause.capability();
            writeln!(out, "\n## {capability}\n\n| clause | level | {} | |", hosts.join(" | "))?;
            writeln!(out, "| --- | --- |{} --- |", " --- |".repeat(hosts.len()))?;
        }
        let cells: Vec<_> = row.cells.iter().map(cell).collect();
        let (id, level, said) = (&row.clause.id, &row.clause.level, text(&row.clause.text));
        writeln!(out, "| {id} | {level} | {} | {said} |", cells.join(" | "))?;
    }
    Ok(())
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// One word where all altitudes agree.
fn cell(cell: &Cell) -> String {
    match &short(cell)[..] {
        [(standing, _)] => standing.word().to_owned(),
        several => {
            let part =
                |(standing, at): &(super::Standing, Vec<&str>)| format!("{}: {}", at.join(", "), standing.word());
            several.iter().map(part).collect::<Vec<_>>().join("; ")
        }
    }
}
