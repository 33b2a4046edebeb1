//! A certificate in a line: a picture, and a row of a table. Both are for those that are verified, and say until when.

use super::statement::Certificate;
use crate::{event::plain::one_line, levels::Level, report::markdown::text};
use maud::{Markup, html};

/// The width of a character, and of what is beside a text: no font is asked, each text is made to fit.
const CHARACTER: usize = 7;
const BESIDE: usize = 7;
/// A longer name of a host is cut in the picture. Its description has all of it.
const LONGEST: usize = 40;

/// The picture, as SVG. It has a ground of its own and an edge, so it can be read on light pages and on dark ones.
#[must_use]
pub fn svg(certificate: &Certificate) -> String {
    let (host, held) = (host(certificate), one_line(&held(certificate)));
    let left = shortened(&format!("wasi-cloud {host}"));
    let about = format!("wasi-cloud, {host}: {held}");
    let right_is = match certificate.levels.overall {
        Level::Full => "#1b7f3b",
        Level::Core => "#1c5fa8",
        Level::None => "#b3261e",
    };
    let (beside, width) = (wide(&left), wide(&left) + wide(&held));
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height="20" viewBox={ "0 0 " (width) " 20" } role="img"
            aria-labelledby="title desc" font-family="ui-monospace, monospace" font-size="11" fill="#fff" {
            title id="title" { (about) }
            desc id="desc" {
                "Level " (certificate.levels.overall) " as a whole, issued on " (one_line(day(&certificate.issued)))
                " by cloud-conformance " (one_line(&certificate.suite)) "."
            }
            rect width=(width) height="20" rx="3" fill="#333" {}
            rect x=(beside) width=(width - beside) height="20" rx="3" fill=(right_is) {}
            rect x="0.5" y="0.5" width=(width - 1) height="19" rx="3" fill="none" stroke="#888" {}
            (line(&left, 0))
            (line(&held, beside))
        }
    };
    picture.into_string() + "\n"
}

/// The row, in Markdown: the host, its levels, and the day on which they end.
#[must_use]
pub fn row(certificate: &Certificate) -> String {
    let (host, levels) = (text(&host(certificate)), text(&levels(certificate)));
    format!("| {host} | {levels} | {} |\n", text(day(&certificate.expires)))
}

fn line(text: &str, from: usize) -> Markup {
    let length = CHARACTER * text.chars().count();
    html! { text x=(from + BESIDE) y="14" textLength=(length) lengthAdjust="spacingAndGlyphs" { (text) } }
}

fn wide(text: &str) -> usize {
    CHARACTER * text.chars().count() + 2 * BESIDE
}

fn host(certificate: &Certificate) -> String {
    let host = certificate.hosts.first();
    host.map(|host| one_line(&format!("{} {}", host.name, host.version))).unwrap_or_default()
}

fn levels(certificate: &Certificate) -> String {
    let level = |(word, attained): (&String, &crate::levels::Attained)| format!("{word} {}", attained.level);
    certificate.levels.capabilities.iter().map(level).collect::<Vec<_>>().join(", ")
}

fn held(certificate: &Certificate) -> String {
    format!("{}, until {}", levels(certificate), day(&certificate.expires))
}

/// Of a time in RFC 3339.
pub(super) fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}
