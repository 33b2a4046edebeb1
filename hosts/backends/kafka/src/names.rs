//! Names as Kafka can hold them: ASCII letters, digits, `.`, `_` and `-`, 249 at most.
//!
//! Kafka takes `.` and `_` for one where it names metrics, and refuses a topic that differs from another one in nothing
//! else. So there is no `_` in any name here.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use wasi_cloud_core::escape::escape;

/// Longest name of a topic.
const MAX: usize = 249;
/// What names of topics hold as they are, besides letters and digits.
const TOPIC: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.');
/// Stands between the beginning of a long name and its digest. An escape never makes it.
const CUT: &str = "--";

/// Each byte that is not plain as `-` and two hex digits, `-` itself included: no two names become one.
fn escaped(name: &str, reserved: &'static AsciiSet) -> String {
    // `%` is no plain byte, so what is one now is the marker of an escape.
    escape(name, reserved).replace('%', "-")
}

/// Where the messages of a topic are. A name that would be too long is cut, and told from others by its SHA-256.
pub(crate) fn topic(scope: &str, topic: &str) -> String {
    let mut name = format!("{}.{}", escaped(scope, NON_ALPHANUMERIC), escaped(topic, TOPIC));
    if name.len() > MAX {
        let digest = Sha256::digest(&name);
        name.truncate(MAX - CUT.len() - 2 * digest.len());
        name.push_str(CUT);
        for byte in digest {
            // It cannot fail: a `String` takes everything.
            let _ = write!(name, "{byte:02x}");
        }
    }
    name
}

/// What a group is called. Kafka takes long names there.
pub(crate) fn group(scope: &str, group: &str) -> String {
    format!("{}.{}", escaped(scope, NON_ALPHANUMERIC), escaped(group, TOPIC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(topic("shop", "orders.created"), "shop.orders.created");
        assert_eq!(topic("my-shop", "a_b/c"), "my-2Dshop.a-5Fb-2Fc");
        assert_eq!(group("a.b", "workers"), "a-2Eb.workers");
    }

    #[test]
    fn every_name_is_one_that_kafka_takes_and_none_collides_with_another() {
        let mut names: Vec<String> = hostile().into_iter().map(|hostile| hostile.text).collect();
        names.extend(["t".repeat(255), "u".repeat(255), "\u{e9}".repeat(100), "\u{e9}".repeat(101)]);
        names.extend(["a.b", "a_b", "a-b", "a--b", "a-2Eb", "a%2Eb", "a\u{2e}b2"].map(str::to_owned));
        names.sort();
        names.dedup();
        let mut seen = HashSet::new();
        for scope in &names {
            for name in &names {
                let made = topic(scope, name);
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
                assert!(made.len() <= MAX && made.chars().all(plain), "{made}");
                assert!(seen.insert(made), "{scope:?} {name:?}");
            }
        }
    }
}
