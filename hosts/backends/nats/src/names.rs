//! What buckets, keys, streams and subjects are called: NATS restricts all of them.
//!
//! Names of ours are canonical: each stands for one text, and another program's name that no text of ours has is no name.

/// A token that a bucket, a stream and a subject can have: letters, digits and `-`, other bytes behind a `_`.
pub(crate) fn token(name: &str) -> String {
    if name.is_empty() {
        return "_".to_owned();
    }
    let mut written = String::with_capacity(name.len());
    for byte in name.bytes() {
        write(&mut written, byte, b'_', byte.is_ascii_alphanumeric() || byte == b'-');
    }
    written
}

/// A key as buckets have it, and a topic as a part of subjects.
pub(crate) fn key(name: &str) -> String {
    if name.is_empty() {
        return "=".to_owned();
    }
    let bytes = name.as_bytes();
    let is_token = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| *byte != b'.');
    let mut written = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        // No part of a subject may be empty.
        let is_dot = byte == b'.' && is_token(at.checked_sub(1)) && is_token(Some(at + 1));
        write(&mut written, byte, b'=', is_dot || byte.is_ascii_alphanumeric() || b"-_/".contains(&byte));
    }
    written
}

fn write(written: &mut String, byte: u8, escape: u8, is_plain: bool) {
    if is_plain {
        written.push(char::from(byte));
    } else {
        written.push_str(&format!("{}{byte:02X}", char::from(escape)));
    }
}

/// The text that a written key stands for, or `None`: another program's name that no key of ours has.
pub(crate) fn read_key(written: &str) -> Option<String> {
    if written == "=" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'=' => digit(rest.next()?)? * 16 + digit(rest.next()?)?,
            plain => plain,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    // `=61` is how nobody here writes `a`: reading the key would not find it.
    (key(&text) == written).then_some(text)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one_and_each_key_comes_back() {
        let (mut keys, mut tokens) = (BTreeSet::new(), BTreeSet::new());
        let more = ["", "=", "_", "a.b", ".a", "a.", "a..b", "...", "=41", "_41"].map(str::to_owned);
        let texts: BTreeSet<String> = hostile().into_iter().map(|h| h.text).chain(more).collect();
        for text in texts {
            let written = key(&text);
            assert_eq!(read_key(&written).as_deref(), Some(&*text), "{written}");
            assert!(written.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/=.".contains(&b)), "{written}");
            assert!(written.split('.').all(|part| !part.is_empty()), "{written}");
            assert!(keys.insert(written));
            let written = token(&text);
            assert!(written.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{written}");
            assert!(tokens.insert(written));
        }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(key("orders.new/a_b-1"), "orders.new/a_b-1");
        assert_eq!(key("a:b..caf\u{e9}."), "a=3Ab=2E=2Ecaf=C3=A9=2E");
        assert_eq!(token("my-bucket"), "my-bucket");
        assert_eq!(token("a_b.c"), "a_5Fb_2Ec");
    }

    #[test]
    fn names_that_no_key_has_are_no_keys() {
        for foreign in ["", "=4", "=zz", "=3a", "=61", "=FF", "a=", "a*", "=2E=", "a=2Eb"] {
            assert_eq!(read_key(foreign), None, "{foreign}");
        }
    }
}
