//! The table as one page that needs nothing else: no script, no font, no picture. Narrow screens scroll the table, not the page.

use super::{Cell, Field, Standing, short};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --known: #b26a00; --good: #1b7f3b; --none: #777; }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 75rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { white-space: nowrap; }
tbody th { position: sticky; left: 0; background: Canvas; font-weight: 400; min-width: 11rem; max-width: 22rem; }
tbody tr:last-child > * { border-bottom: 0; }
summary { cursor: pointer; } summary code { font-weight: 600; }
details p { margin: .3rem 0 0; }
.level { color: var(--none); font-size: .8rem; }
.stand { white-space: nowrap; font-weight: 600; }
.broken { color: var(--bad); } .known { color: var(--known); } .holds { color: var(--good); }
.skipped, .inapplicable, .untested { color: var(--none); font-weight: 400; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --known: #e3a54a; --good: #56d27b; --none: #999; } }
";

/// The page.
#[must_use]
pub fn render(field: &Field<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "wasi-cloud: hosts and clauses" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Hosts and clauses" }
                p { "What each host makes of each clause of wasi-cloud, as cloud-conformance saw it. A run shows what one "
                    "version of a host did, with its settings, on the machine of whoever ran it. Open a clause to read it." }
                (legend())
                (hosts(field))
                (capabilities(field))
            }
        }
    };
    page.into_string()
}

fn legend() -> Markup {
    let about = |standing| match standing {
        Standing::Broken => "a case that proves the clause fails",
        Standing::Known => "it fails, and the host's file says so",
        Standing::Provisional => "a case fails that is new, and counts from the next minor version on",
        Standing::Holds => "all cases that ran pass",
        Standing::Skipped => "cases were skipped, none ran",
        Standing::Inapplicable => "it cannot be put to this host",
        Standing::Untested => "no case of the suite proves it",
    };
    html! {
        p { @for standing in Standing::ALL { (shown(standing)) " " (about(standing)) ". " } }
    }
}

fn hosts(field: &Field<'_>) -> Markup {
    html! {
        ul { @for column in &field.columns {
            li {
                b { (column.host) } " " (column.version) ": "
                @if column.conformant { "conformant, " }
                (column.executed.0) " of " (column.executed.1) " cases executed"
                @for note in &column.notes { "; " span.level { (note) } }
            }
        } }
    }
}

fn capabilities(field: &Field<'_>) -> Markup {
    let groups = field.rows.chunk_by(|one, other| one.clause.capability() == other.clause.capability());
    html! {
        @for rows in groups {
            h2 { (rows[0].clause.capability()) }
            div.scroll { table {
                thead { tr { th { "clause" } @for column in &field.columns { th { (column.host) } } } }
                tbody { @for row in rows {
                    tr id=(row.clause.id) {
                        th scope="row" { details {
                            summary { code { (row.clause.id) } " " span.level { (row.clause.level) } }
                            p { (row.clause.text) }
                        } }
                        @for cell in &row.cells { td { (told(cell)) } }
                    }
                } }
            } }
        }
    }
}

/// One word where all altitudes agree.
fn told(cell: &Cell) -> Markup {
    let parts = short(cell);
    html! {
        @if let [(standing, _)] = &parts[..] { (shown(*standing)) }
        @else { @for (standing, altitudes) in &parts {
            div { (shown(*standing)) " " span.level { (altitudes.join(", ")) } }
        } }
    }
}

fn shown(standing: Standing) -> Markup {
    let class = match standing {
        Standing::Broken => "stand broken",
        Standing::Known | Standing::Provisional => "stand known",
        Standing::Holds => "stand holds",
        Standing::Skipped => "stand skipped",
        Standing::Inapplicable => "stand inapplicable",
        Standing::Untested => "stand untested",
    };
    html! { span class=(class) { (standing.word()) } }
}
