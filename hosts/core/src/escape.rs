//! Reversible names for systems that cannot hold every string, and the strings that prove it.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What [`escape`] always encodes: its own marker, so that the result can be decoded.
pub const MARKER: &AsciiSet = &AsciiSet::EMPTY.add(b'%');

/// Control characters and the marker: for systems with printable names.
pub const PRINTABLE: &AsciiSet = &CONTROLS.add(b'%');

/// Writes each byte of `reserved` as `%XX`. With `%` in `reserved`, no two names become one. Bytes that are not ASCII
/// are always written so, whatever `reserved` says: percent-encoding knows no others.
///
/// ```
/// use wasi_cloud_core::escape::{MARKER, escape, unescape};
/// const BUCKET: &percent_encoding::AsciiSet = &MARKER.add(b':');
/// assert_eq!(escape("a:b%", BUCKET), "a%3Ab%25");
/// assert_eq!(unescape("a%3Ab%25").as_deref(), Some("a:b%"));
/// ```
#[must_use]
pub fn escape(name: &str, reserved: &'static AsciiSet) -> String {
    debug_assert!(utf8_percent_encode("%", reserved).to_string() == "%25", "the marker itself must be reserved");
    utf8_percent_encode(name, reserved).to_string()
}

/// Undoes [`escape`]; `None` if somebody else wrote this name and it does not decode to UTF-8.
#[must_use]
pub fn unescape(name: &str) -> Option<String> {
    percent_decode_str(name).decode_utf8().ok().map(Into::into)
}

/// One string that breaks naive systems, and what it is called in reports.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// Its short name.
    pub name: &'static str,
    /// The string.
    pub text: String,
}

/// The strings that every key, bucket and topic must survive: pairwise distinct, none empty.
#[must_use]
pub fn hostile() -> Vec<Hostile> {
    let fixed = [
        ("one-byte", "a"),
        ("upper-twin", "A"),
        ("prefix-of-another", "prefix"),
        ("extends-another", "prefix-longer"),
        ("nul", "nul\0inside"),
        ("newline", "two\nlines\r\n"),
        ("slash", "a/b"),
        ("double-slash", "a//b"),
        ("leading-slash", "/a"),
        ("trailing-slash", "a/"),
        ("dot", "."),
        ("dot-dot", ".."),
        ("dot-segment", "./a"),
        ("climb", "../../etc/passwd"),
        ("backslash", "a\\b"),
        ("colon", "a:b"),
        ("double-colon", "a::b"),
        ("braces", "{a}b"),
        ("open-brace", "{"),
        ("close-brace", "}"),
        ("lone-percent", "100%"),
        ("percent-escape", "a%2Fb"),
        ("percent-lower", "a%2fb"),
        ("glob", "*?[a-z]"),
        ("space", " lead and trail "),
        ("quote", "it's \"quoted\""),
        ("semicolon", "'; DROP TABLE kv; --"),
        ("dollar", "${HOME}$(id)"),
        ("nfc", "caf\u{e9}"),
        ("nfd", "cafe\u{301}"),
        ("ligature", "\u{fb01}"),
        ("sharp-s", "stra\u{df}e"),
        ("rtl", "\u{202e}\u{5d0}\u{5d1}"),
        ("emoji", "\u{1f469}\u{200d}\u{1f680}"),
        ("bom", "\u{feff}a"),
        ("replacement", "\u{fffd}"),
        ("last-scalar", "\u{10ffff}"),
        ("unit-separator", "a\u{1f}b"),
        ("del", "a\u{7f}b"),
    ];
    fixed.into_iter().map(|(name, text)| Hostile { name, text: text.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const EVERYTHING: &AsciiSet = &percent_encoding::NON_ALPHANUMERIC.add(b'%');

    #[test]
    fn the_corpus_is_distinct_and_survives_every_escape() {
        for reserved in [MARKER, PRINTABLE, EVERYTHING] {
            let mut seen = BTreeSet::new();
            for h in hostile() {
                let escaped = escape(&h.text, reserved);
                assert_eq!(unescape(&escaped).as_deref(), Some(&*h.text), "{}", h.name);
                assert!(seen.insert(escaped), "{} aliases another name", h.name);
            }
        }
    }

    #[test]
    fn a_foreign_name_that_is_not_utf8_is_refused() {
        assert_eq!(unescape("%ff"), None);
    }
}
