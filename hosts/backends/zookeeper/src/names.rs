//! What znodes are called. Names are escaped, for ZooKeeper takes neither every character nor every name.

use percent_encoding::{AsciiSet, CONTROLS};
use wasi_cloud_core::escape::{escape, unescape};

/// With what is not ASCII, which is always escaped, all that ZooKeeper refuses.
const RESERVED: &AsciiSet = &CONTROLS.add(b'%').add(b'/');
/// The empty key: `%` alone is no escape.
const EMPTY: &str = "%";

/// The path of a bucket under `root`, which is empty or a path.
pub(crate) fn bucket(root: &str, bucket: &str) -> String {
    let name = match bucket {
        "zookeeper" => "%7Aookeeper".to_owned(),
        bucket => name(bucket),
    };
    format!("{root}/{name}")
}

/// The path of a key, under that of its bucket.
pub(crate) fn key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{}", name(key))
}

/// The key that a znode of a bucket stands for, or `None`: another program's name that no key of ours has.
pub(crate) fn read(node: &str) -> Option<String> {
    let key = if node == EMPTY { String::new() } else { unescape(node)? };
    (name(&key) == node).then_some(key)
}

/// Whether ZooKeeper takes this for the name of a znode, as it is.
pub(crate) fn is_plain(node: &str) -> bool {
    // Those beyond the first plane are two of Java's characters, and refused as such.
    let refused = |c: char| c.is_control() || c == '/' || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..);
    !matches!(node, "" | "." | "..") && !node.contains(refused)
}

fn name(text: &str) -> String {
    match text {
        "" => EMPTY.to_owned(),
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        text => escape(text, RESERVED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one_and_each_comes_back() {
        let mut texts: Vec<_> = hostile().into_iter().map(|hostile| hostile.text).collect();
        texts.extend(["", "%", "zookeeper", "%7Aookeeper"].map(str::to_owned));
        let mut seen = BTreeSet::new();
        for text in &texts {
            let node = name(text);
            assert_eq!(read(&node).as_deref(), Some(&**text), "{node}");
            assert!(is_plain(&node) && seen.insert(node.clone()), "{node}");
        }
        let buckets: BTreeSet<_> = texts.iter().map(|text| bucket("/a", text)).collect();
        assert_eq!(buckets.len(), texts.len());
        assert!(!buckets.contains("/a/zookeeper"));
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(key(&bucket("/apps", "sessions"), "user-17 {x}.y"), "/apps/sessions/user-17 {x}.y");
        assert_eq!(key(&bucket("", "a/b"), "ü%"), "/a%2Fb/%C3%BC%25");
    }

    #[test]
    fn another_programs_name_is_no_key() {
        for node in ["ü", "%2f", "%41", "%C3", "%FF", "a%", "%2E%2e"] {
            assert_eq!(read(node), None, "{node}");
        }
    }

    #[test]
    fn what_zookeeper_refuses_is_not_plain() {
        for node in ["", ".", "..", "a/b", "\0", "\u{7f}", "\u{85}", "\u{e000}", "\u{fff0}", "\u{1f600}"] {
            assert!(!is_plain(node), "{node:?}");
        }
        assert!(["...", "ü", "\u{3000}"].into_iter().all(is_plain));
    }
}
