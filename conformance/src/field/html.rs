//! The table as one page.

use super::{Cell, Field, Standing, short};
use crate::page::page;
use maud::{Markup, html};

/// The page.
#[must_use]
pub fn render(field: &Field<'_>) -> String {
    page(
        "Hosts and clauses",
        &html! {
            p { "What each host makes of each clause of wasi-cloud, as cloud-conformance saw it. A run shows what one "
                "version of a host did, with its settings, on the machine of whoever ran it. Open a clause to read it." }
            (legend())
            (hosts(field))
            (capabilities(field))
        },
    )
}

fn legend() -> Markup {
    let about = |standing| match standing {
        Standing::Broken => "a case that proves the clause fails",
        Standing::Known => "it fails, and the host's file says so",
        Standing::Provisional => "a case fails that is new, and counts from the next minor version on",
        Standing::Flaky => "a case passed only when it ran again",
        Standing::Partly => "cases pass, and others that prove the clause did not run, or break another clause",
        Standing::Holds => "all cases that prove the clause pass",
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
        Standing::Known | Standing::Flaky | Standing::Provisional => "stand known",
        Standing::Holds => "stand holds",
        Standing::Partly | Standing::Skipped => "stand skipped",
        Standing::Inapplicable => "stand inapplicable",
        Standing::Untested => "stand untested",
    };
    html! { span class=(class) { (standing.word()) } }
}
