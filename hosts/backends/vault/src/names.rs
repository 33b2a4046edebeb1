//! What buckets and keys are called: one part of a path each. Vault takes no control characters, cleans `//` and `..` away,
//! and lists what is behind a `/` as a folder, so of each name only what is plain stays as it is.
//!
//! Names of ours are canonical: each stands for one text, and another program's name that no text of ours has is no name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Of a part of a path that another program named: all that a URL need not have.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A bucket or a key as a part of a path: all but the plain bytes is written in hex behind a `=`.
pub(crate) fn write(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    let bytes = text.as_bytes();
    let is_other = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| *byte != b'.');
    let mut name = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        // Neither `.` nor `..` may stand alone.
        let is_dot = byte == b'.' && is_other(at.checked_sub(1)) && is_other(Some(at + 1));
        if is_dot || byte.is_ascii_alphanumeric() || b"-_:@".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("={byte:02X}"));
        }
    }
    name
}

/// The text that a name stands for, or `None`: another program's name, or a folder.
pub(crate) fn read(name: &str) -> Option<String> {
    if name == "=" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'=' => digit(rest.next()?)? * 16 + digit(rest.next()?)?,
            plain => plain,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    // `=61` is how nobody here writes `a`: reading the key would not find it.
    (write(&text) == name).then_some(text)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A path that people write, as a request has it; `None` if a part of it is empty or leads elsewhere.
pub(crate) fn path(text: &str) -> Option<String> {
    let parts: Vec<_> = text.split('/').collect();
    let is_sound = parts.iter().all(|part| !["", ".", ".."].contains(part));
    is_sound.then(|| parts.iter().map(|part| utf8_percent_encode(part, PART).to_string()).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one_and_each_comes_back() {
        let more = ["", "=", "a.b", ".a", "a.", "a..b", "...", "=41"].map(str::to_owned);
        let texts: BTreeSet<String> = hostile().into_iter().map(|h| h.text).chain(more).collect();
        let mut names = BTreeSet::new();
        for text in texts {
            let name = write(&text);
            assert_eq!(read(&name).as_deref(), Some(&*text), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:@=.".contains(&b)), "{name}");
            assert!(!name.contains("..") && !name.starts_with('.') && !name.ends_with('.'), "{name}");
            assert!(names.insert(name));
        }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(write("user:1_a-b.c@d"), "user:1_a-b.c@d");
        assert_eq!(write("a/b caf\u{e9}."), "a=2Fb=20caf=C3=A9=2E");
    }

    #[test]
    fn names_that_no_key_has_are_no_keys() {
        for foreign in ["", "=4", "=zz", "=3A", "=2f", "=61", "=FF", "a=", "a*", "a/", "a.", "a=2Eb"] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_path_leads_where_it_says() {
        assert_eq!(path("secret/my app/a%b").as_deref(), Some("secret/my%20app/a%25b"));
        for bad in ["", "/secret", "secret/", "a//b", "a/../b", "."] {
            assert_eq!(path(bad), None, "{bad}");
        }
    }
}
