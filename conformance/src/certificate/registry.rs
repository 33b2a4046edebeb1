//! A folder of certificates as a page: those that are verified, and those that are refused, with the reason.

use super::{badge::day, statement::Certificate};
use crate::{event::plain::plain, host::Altitude, levels::Level, page::page};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// A file of the folder.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub file: String,
    /// What it says and the id of the key that signed it, or why it is refused. Nothing is shown of what is refused.
    pub found: Result<(Certificate, String), String>,
}

/// What of an entry is verified.
#[derive(Debug, Clone, Copy)]
struct Held<'a> {
    file: &'a str,
    certificate: &'a Certificate,
    key: &'a str,
}

impl<'a> Held<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let (certificate, key) = entry.found.as_ref().ok()?;
        Some(Self { file: &entry.file, certificate, key })
    }
}

/// The page, of what was found on this day.
#[must_use]
pub fn render(entries: &[Entry], today: &str) -> String {
    let mut held: Vec<Held<'_>> = entries.iter().filter_map(Held::of).collect();
    held.sort_by_key(|held| (host(held.certificate), held.file));
    let refused: Vec<_> = entries.iter().filter_map(|entry| Some((&entry.file, entry.found.as_ref().err()?))).collect();
    let mut page = page(
        "Certificates",
        &html! {
            p { "Hosts, and the level that each capability has attained. All was counted again on " (today)
                " by cloud-conformance " (env!("CARGO_PKG_VERSION")) ": " b { (held.len()) } " hold and "
                b { (refused.len()) } " are refused. Whoever signed a certificate ran it: that the host was the one that is "
                "named is their word." }
            @if !held.is_empty() { (table(&held)) }
            @if !refused.is_empty() {
                h2 { "Refused" }
                p { "Nothing that these files say is believed." }
                div.scroll { table {
                    thead { tr { th { "file" } th { "why" } } }
                    tbody { @for (file, why) in &refused {
                        tr { th scope="row" { (file) } td.broken { (why) } }
                    } }
                } }
            }
        },
    );
    plain(&mut page);
    page
}

fn table(held: &[Held<'_>]) -> Markup {
    let words: BTreeSet<&String> = held.iter().flat_map(|held| held.certificate.levels.capabilities.keys()).collect();
    html! {
        div.scroll { table {
            thead { tr {
                th { "host" } th { "version" }
                @for word in &words { th { (word) } }
                th { "languages" } th { "issued" } th { "expires" } th { "signed by" } th { "file" }
            } }
            tbody { @for Held { file, certificate, key } in held {
                tr {
                    @let (name, version) = host(certificate);
                    th scope="row" { (name) }
                    td { (version) }
                    @for word in &words {
                        td { (level(certificate.levels.capabilities.get(*word).map(|attained| attained.level))) }
                    }
                    td { (languages(certificate)) }
                    td { time { (day(&certificate.issued)) } }
                    td { time { (day(&certificate.expires)) } }
                    td { code { (key) } }
                    td { (file) }
                }
            } }
        } }
    }
}

fn level(level: Option<Level>) -> Markup {
    let class = match level {
        Some(Level::Full) => "stand holds",
        Some(Level::Core) => "stand",
        Some(Level::None) => "stand broken",
        None => "stand untested",
    };
    html! { span class=(class) { (level.map_or("-", Level::word)) } }
}

fn host(certificate: &Certificate) -> (&str, &str) {
    certificate.hosts.first().map(|host| (&*host.name, &*host.version)).unwrap_or_default()
}

/// Those of its guests.
fn languages(certificate: &Certificate) -> String {
    let language = |altitude: &String| match altitude.parse() {
        Ok(Altitude::Embedded(language) | Altitude::Command(language)) => Some(language.to_string()),
        _ => None,
    };
    let languages: BTreeSet<_> = certificate.hosts.iter().filter_map(|host| language(&host.altitude)).collect();
    languages.into_iter().collect::<Vec<_>>().join(", ")
}
