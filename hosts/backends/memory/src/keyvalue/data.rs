//! What the lock of a store guards.

use crate::unique::Unique;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::Duration,
};
use wasi_cloud_core::keyvalue::{Entry, Version};

/// One key.
pub(super) struct Slot {
    pub(super) entry: Entry,
    /// When the key is absent, by the store's clock; `None` is never.
    pub(super) deadline: Option<Duration>,
}

/// All buckets, and one source of versions for them all: a version never comes back, whatever happens to the key.
#[derive(Default)]
pub(super) struct Data {
    buckets: BTreeMap<String, BTreeMap<String, Slot>>,
    /// The deadline of each slot that has one, with its bucket and key, so that expired ones are found without a scan.
    deadlines: BTreeSet<(Duration, String, String)>,
    versions: Unique,
}

impl Data {
    pub(super) fn get(&self, bucket: &str, key: &str) -> Option<&Slot> {
        self.buckets.get(bucket)?.get(key)
    }

    pub(super) fn put(&mut self, bucket: &str, key: &str, value: Vec<u8>, deadline: Option<Duration>) -> Version {
        self.remove(bucket, key);
        let version = Version(self.versions.next());
        if let Some(at) = deadline {
            self.deadlines.insert((at, bucket.to_owned(), key.to_owned()));
        }
        let slot = Slot { entry: Entry { value, version: version.clone() }, deadline };
        self.buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), slot);
        version
    }

    /// Whether the key was there.
    pub(super) fn remove(&mut self, bucket: &str, key: &str) -> bool {
        let Some(keys) = self.buckets.get_mut(bucket) else { return false };
        let Some(slot) = keys.remove(key) else { return false };
        if keys.is_empty() {
            self.buckets.remove(bucket);
        }
        if let Some(at) = slot.deadline {
            self.deadlines.remove(&(at, bucket.to_owned(), key.to_owned()));
        }
        true
    }

    /// Removes what has expired. A key is swept once, so over time this costs no more than deleting it would have.
    pub(super) fn sweep(&mut self, now: Duration) {
        while self.deadlines.first().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, bucket, key)) = self.deadlines.pop_first() {
                self.remove(&bucket, &key);
            }
        }
    }

    /// Up to `limit` keys with the prefix, in byte order, from behind `after` on.
    pub(super) fn keys(&self, bucket: &str, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let Some(keys) = self.buckets.get(bucket) else { return Vec::new() };
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        keys.range::<str, _>((start, Bound::Unbounded))
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .take(limit)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_behind_an_expired_or_overwritten_key() {
        let mut data = Data::default();
        for second in 1..=3 {
            data.put("b", "k", Vec::new(), Some(Duration::from_secs(second)));
        }
        assert_eq!(data.deadlines.len(), 1);
        data.sweep(Duration::from_secs(2));
        assert!(data.get("b", "k").is_some());
        data.sweep(Duration::from_secs(3));
        assert!(data.buckets.is_empty() && data.deadlines.is_empty());
    }
}
