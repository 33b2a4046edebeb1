//! What the lock of a store guards.

use super::watch::{Waiting, Watchers};
use crate::unique::Unique;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::Duration,
};
use wasi_cloud_core::{
    Clock,
    keyvalue::{Entry, Version},
};

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
    /// Who watches a bucket.
    watchers: Watchers,
}

impl Data {
    pub(super) fn get(&self, bucket: &str, key: &str) -> Option<&Slot> {
        self.buckets.get(bucket)?.get(key)
    }

    pub(super) fn put(&mut self, bucket: &str, key: &str, value: &[u8], deadline: Option<Duration>) -> Version {
        let version = Version(self.versions.next());
        // Most writes are to a key that is there, and its value seldom changes much in size: nothing is allocated then.
        if let Some(slot) = self.buckets.get_mut(bucket).and_then(|keys| keys.get_mut(key)) {
            if let Some(at) = slot.deadline {
                self.deadlines.remove(&(at, bucket.to_owned(), key.to_owned()));
            }
            replace(&mut slot.entry.value, value);
            slot.entry.version.0.clone_from(&version.0);
            slot.deadline = deadline;
        } else {
            let slot = Slot { entry: Entry { value: value.to_vec(), version: version.clone() }, deadline };
            self.buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), slot);
        }
        if let Some(at) = deadline {
            self.deadlines.insert((at, bucket.to_owned(), key.to_owned()));
        }
        self.watchers.set(bucket, key, value);
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
        self.watchers.deleted(bucket, key);
        true
    }

    /// Removes what has expired; looks at the clock only if something can. A key is swept once, so over time this costs no more than deleting it would have.
    pub(super) fn sweep(&mut self, clock: &Clock) {
        if self.deadlines.is_empty() {
            return;
        }
        let now = clock.now();
        while self.deadlines.first().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, bucket, key)) = self.deadlines.pop_first() {
                self.remove(&bucket, &key);
            }
        }
    }

    pub(super) fn watch(&mut self, bucket: &str) -> Waiting {
        self.watchers.add(bucket)
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

/// Writes the new value into the room of the old one, unless that is too small, or more than twice what is needed.
fn replace(old: &mut Vec<u8>, new: &[u8]) {
    if (new.len()..=new.len().saturating_mul(2)).contains(&old.capacity()) {
        old.clear();
        old.extend_from_slice(new);
    } else {
        *old = new.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_value_is_whole_and_keeps_no_more_than_twice_its_room() {
        let mut value = vec![1; 1000];
        for size in [1000, 999, 500, 499, 1, 0, 1, 3, 1000] {
            let new: Vec<_> = (0..size).map(|i| i as u8).collect();
            replace(&mut value, &new);
            assert_eq!(value, new);
            assert!(value.capacity() <= 2 * size, "{} for {size}", value.capacity());
        }
    }

    #[test]
    fn nothing_stays_behind_an_expired_or_overwritten_key() {
        let clock = Clock::new_virtual();
        let mut data = Data::default();
        for second in 1..=3 {
            data.put("b", "k", &[], Some(Duration::from_secs(second)));
        }
        assert_eq!(data.deadlines.len(), 1);
        clock.advance(Duration::from_secs(2));
        data.sweep(&clock);
        assert!(data.get("b", "k").is_some());
        clock.advance(Duration::from_secs(1));
        data.sweep(&clock);
        assert!(data.buckets.is_empty() && data.deadlines.is_empty());
    }
}
