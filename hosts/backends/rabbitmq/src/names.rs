//! What exchanges and queues are called. The server takes line breaks out of names, and both have at most 255 bytes.

use lapin::types::ShortString;
use percent_encoding::AsciiSet;
use sha2::{Digest, Sha256};
use wasi_cloud_core::{
    Error, Kind, Result,
    escape::{PRINTABLE, escape},
};

/// What all names of ours begin with.
const OURS: &str = "wasi-cloud.";
/// What is no part of a scope or group in the name of a queue.
const PART: &AsciiSet = &PRINTABLE.add(b'/');

/// A short text of the protocol, if it is one.
pub(crate) fn short(text: &str) -> Option<ShortString> {
    ShortString::try_new(text).ok()
}

/// The exchange of a scope.
pub(crate) fn exchange(scope: &str) -> Result<ShortString> {
    let name = format!("{OURS}{}", escape(scope, PRINTABLE));
    short(&name).ok_or_else(|| {
        let why =
            format!("the exchange `wasi-cloud.<scope>` has at most 255 bytes, escaped; this one has {}", name.len());
        Error::new(Kind::Invalid, why)
    })
}

/// The queue of a group for one of its topics.
pub(crate) fn queue(scope: &str, group: &str, topic: &str) -> Result<ShortString> {
    let name = format!("{}/{}/{}", escape(scope, PART), escape(group, PART), escape(topic, PRINTABLE));
    // A digest has no `/`, so it is no other queue's name.
    let digest = || Sha256::digest(&name).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    short(&format!("{OURS}{name}"))
        .or_else(|| short(&format!("{OURS}{}", digest())))
        .ok_or_else(|| Error::new(Kind::Invalid, "the name of a queue is too long"))
}

/// A topic as a routing key. [`Client`](wasi_cloud_core::messaging::Client) has checked its length.
pub(crate) fn routing_key(topic: &str) -> Result<ShortString> {
    short(topic).ok_or_else(|| Error::new(Kind::Invalid, "a topic has at most 255 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one() {
        let mut seen = BTreeSet::new();
        let long = ["t".repeat(255), "u".repeat(255)];
        for text in hostile().into_iter().map(|h| h.text).chain([String::new()]) {
            assert!(seen.insert(exchange(&text).expect("short").as_str().to_owned()), "{text}");
            for (scope, group, topic) in
                [(&*text, "g", "t"), ("s", &text, "t"), ("s", "g", &text), (&text, "g", &long[0])]
            {
                let name = queue(scope, group, topic).expect("a name");
                assert!(name.as_str().bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}");
                assert!(seen.insert(name.as_str().to_owned()), "{name}");
            }
        }
        for topic in &long {
            assert!(seen.insert(queue("no other's", "g", topic).expect("a name").as_str().to_owned()), "{topic}");
        }
    }

    #[test]
    fn names_are_readable_where_they_can_be() {
        assert_eq!(exchange("orders").expect("short").as_str(), "wasi-cloud.orders");
        assert_eq!(queue("orders", "a/b", "new/é").expect("short").as_str(), "wasi-cloud.orders/a%2Fb/new/%C3%A9");
        let long = queue("s", "g", &"t".repeat(255)).expect("hashed");
        assert!(long.as_str().len() == 75 && !long.as_str().contains('/'), "{long}");
        assert_eq!(exchange(&"s".repeat(245)).expect_err("too long").kind, Kind::Invalid);
    }
}
