//! What keys and channels are called.
//!
//! The value of key `k` of bucket `b` is `b:k`, so that `redis-cli GET b:k` shows it. Of the characters that we give a
//! meaning, `%`, `{` and `}` are written as `%25`, `%7B` and `%7D`, and in a bucket `:` as `%3A`; so two names never
//! become one, and no name of ours holds a brace. Whatever belongs to a name has it in braces and a word behind:
//! `{b:k}:version`. Braces are a hash tag, so both are in one slot of a cluster, and no bucket's pattern matches it.

use wasi_cloud_core::escape::unescape;

const BUCKET: &[char] = &['%', '{', '}', ':'];
const KEY: &[char] = &['%', '{', '}'];

/// Unlike `core::escape`, this leaves what is not ASCII as it is: Redis takes any bytes, and people read them.
fn escape(name: &str, reserved: &[char]) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        if reserved.contains(&c) {
            escaped.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Where the value of a key is, and which channel a topic is.
pub(crate) fn plain(scope: &str, name: &str) -> String {
    format!("{}:{}", escape(scope, BUCKET), escape(name, KEY))
}

/// Where something is that belongs to a plain name.
pub(crate) fn beside(plain: &str, what: &str) -> String {
    format!("{{{plain}}}:{what}")
}

/// The key that a plain name stands for, or `None`: another program's name that no key of ours has.
pub(crate) fn key<'a>(bucket: &str, plain: &'a [u8]) -> Option<std::borrow::Cow<'a, str>> {
    let written = std::str::from_utf8(plain).ok()?.strip_prefix(&*escape(bucket, BUCKET))?.strip_prefix(':')?;
    let key = unescape(written)?;
    // `%2F` is how nobody here writes `/`: reading the key would not find it.
    (escape(&key, KEY) == written).then(|| key.into())
}

/// The glob pattern of all keys that start with `prefix`.
pub(crate) fn pattern(bucket: &str, prefix: &str) -> String {
    let mut pattern = String::new();
    for c in plain(bucket, prefix).chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '^' | '-') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one_and_each_comes_back() {
        let mut seen = BTreeSet::new();
        for bucket in hostile() {
            for k in hostile() {
                let name = plain(&bucket.text, &k.text);
                assert_eq!(key(&bucket.text, name.as_bytes()).as_deref(), Some(&*k.text), "{name}");
                assert!(!name.contains(['{', '}']));
                assert!(seen.insert(beside(&name, "version")) && seen.insert(name));
            }
        }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(plain("sessions", "user:caf\u{e9}/1"), "sessions:user:caf\u{e9}/1");
        assert_eq!(beside(&plain("a:b", "{c}%"), "version"), "{a%3Ab:%7Bc%7D%25}:version");
    }

    #[test]
    fn names_that_no_key_has_are_no_keys() {
        for foreign in [&b"b:\xff"[..], b"b:a%2Fb", b"b:a%", b"b:{a}", b"b", b"bb:a", b"{b:a}:version", b""] {
            assert_eq!(key("b", foreign), None, "{foreign:?}");
        }
        assert_eq!(key("b", b"b:").as_deref(), Some(""));
    }

    #[test]
    fn a_pattern_has_no_wildcard_but_its_last() {
        assert_eq!(pattern("b", "*?[a-z]^\\"), "b:\\*\\?\\[a\\-z\\]\\^\\\\*");
    }
}
