//! What is made of a certificate for people to look at: whatever it says stays where it belongs.

use super::good;
use crate::{
    certificate::{
        badge,
        registry::{Entry, render},
        statement::Certificate,
    },
    levels::Level,
};

const HOSTILE: &str = "<script>alert(1)</script> | \"x\" & 'y' ]]> \u{0}\u{1b}[31m\u{202e}\u{200b}\n# z";

fn certificate(name: &str, version: &str) -> Certificate {
    let mut certificate = good().predicate.certificate;
    for host in &mut certificate.hosts {
        (host.name, host.version) = (name.to_owned(), version.to_owned());
    }
    certificate
}

fn entry(file: &str, found: Result<Certificate, &str>) -> Entry {
    let found = found.map(|certificate| (certificate, "the-key".to_owned())).map_err(str::to_owned);
    Entry { file: file.to_owned(), found }
}

#[test]
fn a_badge_says_the_levels_and_until_when() {
    let mut certificate = certificate("memory", "1.0");
    let held = "config full, keyvalue full, messaging full, until 2027-12-01";
    let picture = badge::svg(&certificate);
    for part in ["wasi-cloud memory 1.0", held, "<title", "<desc", "role=\"img\"", "#1b7f3b"] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    assert_eq!(badge::row(&certificate), "| memory 1.0 | config full, keyvalue full, messaging full | 2027-12-01 |\n");
    certificate.levels.overall = Level::Core;
    certificate.levels.capabilities.get_mut("config").expect("a capability").level = Level::Core;
    let picture = badge::svg(&certificate);
    assert!(picture.contains("config core, keyvalue full") && !picture.contains("#1b7f3b"), "{picture}");
}

/// No text of a certificate turns the letters around it, or is told from another by what nobody sees.
fn can_be_seen(shown: &str) -> bool {
    !shown.contains(['\u{202e}', '\u{200b}', '\u{1b}'])
}

#[test]
fn a_badge_holds_whatever_a_host_is_called() {
    let picture = badge::svg(&certificate(HOSTILE, HOSTILE));
    assert!(!picture.contains("<script") && picture.contains("&lt;script&gt;"), "{picture}");
    assert!(picture.contains("&amp; ") && !picture.trim_end().contains(char::is_control), "{picture}");
    let row = badge::row(&certificate(HOSTILE, "1"));
    assert!(can_be_seen(&picture) && can_be_seen(&row), "{picture} {row}");
    assert_eq!((row.lines().count(), row.replace("\\|", "").matches('|').count()), (1, 4), "{row}");
    assert!(!row.contains("<script"), "{row}");
    // A name that is too long for a picture is there as a whole for whoever asks what it shows.
    let long = "long".repeat(50);
    let picture = badge::svg(&certificate(&long, "1"));
    assert_eq!(picture.matches(&long).count(), 1, "{picture}");
    assert!(picture.contains('\u{2026}'), "{picture}");
}

#[test]
fn a_registry_shows_what_holds_and_what_is_refused_and_why() {
    let found = [
        entry("b.json", Ok(certificate("zebra", "2"))),
        entry("old.json", Err("it expired at 2025-01-01T00:00:00Z")),
        entry("a.json", Ok(certificate("aardvark", "1"))),
    ];
    let page = render(&found, "2026-12-01");
    for part in [
        "<b>2</b> hold and <b>1</b> are refused",
        "counted again on 2026-12-01",
        "<th>keyvalue</th>",
        "c, go, rust",
        "<time>2026-12-01</time></td><td><time>2027-12-01</time>",
        "<code>the-key</code>",
        "old.json",
        "it expired at 2025-01-01",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.find("aardvark") < page.find("zebra"), "in the order of names");
    let none = render(&found[1..2], "2026-12-01");
    assert!(none.contains("<b>0</b> hold") && !none.contains("signed by"), "{none}");
}

#[test]
fn nothing_in_a_folder_can_leave_its_place_on_the_page() {
    let mut hostile = certificate(HOSTILE, HOSTILE);
    (hostile.issued, hostile.expires) = (HOSTILE.into(), HOSTILE.into());
    let config = hostile.levels.capabilities.remove("config").expect("a capability");
    hostile.levels.capabilities.insert(HOSTILE.into(), config);
    let mut signed = entry(HOSTILE, Ok(hostile));
    if let Ok((_, key)) = &mut signed.found {
        *key = HOSTILE.into();
    }
    let page = render(&[signed, entry(HOSTILE, Err(HOSTILE))], "2026-12-01");
    assert!(!page.contains("<script") && can_be_seen(&page), "{page}");
    assert_eq!(page.matches("&lt;script&gt;").count(), 9, "{page}");
}
